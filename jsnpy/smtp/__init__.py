"""Sending mail: a request is checked, a message built, a session held, the outcome put into words."""

from __future__ import annotations

from jsnpy.smtp.outcome import Code, SendResult
from jsnpy.smtp.server import Route
from jsnpy.smtp.settings import Settings

__all__ = ["Code", "Route", "SendResult", "Settings", "send"]


def send(fields: object, settings: Settings | None = None) -> SendResult:
    """Send one mail; blocks until it is sent or has failed, and never raises.

    Args:
        fields: send_email's argument decoded from JSON: an object with host, port, from, to, subject, body, ...
        settings: the host's settings.

    Returns:
        Code 0, or a class of failure from -1 to -10 with the dialogue and a sentence for an administrator.
    """
    from jsnpy.smtp import sending  # smtplib and what it needs cost 15 ms, which runs without a mail must not pay

    return sending.Sending(settings).send(fields)
