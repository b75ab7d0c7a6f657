"""A mail the dry run caught, with the facts of its session."""

from __future__ import annotations

from jsnpy.record import Record, field


class CaughtMail(Record):
    """A mail the dry run caught; no password is kept.

    Attributes:
        number: 1 for the first mail of the run.
        sender: the envelope's sender, "" for none.
        recipients: the envelope's recipients, as given.
        raw: the message exactly as received, dots unstuffed.
        server: where the script meant to send it, as HOST:PORT.
        tls: the TLS version, "" for clear text.
        user: who signed in, "" for nobody.
        mechanism: how, as "PLAIN".
        dialogue: the session until the message's reply, a line each: "S: …" and "C: …", credentials masked.
    """

    number: int
    sender: str
    recipients: list[str]
    raw: bytes
    server: str = ""
    tls: str = ""
    user: str = ""
    mechanism: str = ""
    dialogue: list[str] = field(default_factory=list)
