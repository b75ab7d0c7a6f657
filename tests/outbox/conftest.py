"""Fixtures of the outbox tests."""

from support.mailserver import mailserver
from support.scripted import scripted

__all__ = ["mailserver", "scripted"]
