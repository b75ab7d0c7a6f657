"""Mails that could not be handed over for a reason that may pass, kept on disk and tried again."""

from jsnpy.outbox.outbox import Outbox
from jsnpy.outbox.rows import Standing

__all__ = ["Outbox", "Standing"]
