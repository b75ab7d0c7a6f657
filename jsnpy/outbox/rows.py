"""A kept mail as the outbox's table holds it, and how it stands with it."""

from __future__ import annotations

import os

from jsnpy.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WAITING, FAILED, UNKNOWN = "waiting", "failed", "unknown"

DIED_EARLY = "the process that was sending it died before the final dot"
"""The error of a mail whose first try is under way, or never came to its end."""

_NUMBERS = ("created", "tries", "next_try", "marked")
_LAST = 253_402_300_799
"""The end of the year 9999: no moment is later."""


class Row(Record):
    """A kept mail without its message; the attributes are the table's columns."""

    id: str
    state: str  # WAITING, FAILED (given up) or UNKNOWN (perhaps delivered)
    created: float  # seconds since 1970, as all moments here
    tries: int
    next_try: float
    owner: str | None = None  # who claims it, that is sends it now
    marked: float | None = None  # only of earlier versions: when the final dot was about to be sent
    error: str  # of the last attempt, without secrets
    subject: str  # likewise, to be shown
    sender: str
    recipients: str
    server: str
    message_id: str


def new_id(now: float) -> str:
    """Return an ID for a mail that is made now.

    It begins with the second (and begins again after half a year), so that mails of one time lie side by side in the
    file: a flush of thousands reads and writes fewer pages then.
    """
    return f"{int(now) & 0xFFFFFF:06x}{os.urandom(4).hex()}"


def sound(name: str, value: Any) -> Any:
    """Return a column's value as the kind that it is of: a damaged file, or a stranger's Redis, may hold any."""
    if value is None and name in ("owner", "marked"):
        return None
    if name in _NUMBERS:
        return value if isinstance(value, int | float) and 0 <= value <= _LAST else 0
    return value if isinstance(value, str) else str(value)


class Standing:
    """How it stands with a kept mail.

    Attributes:
        row: the mail.
        outcome: of an attempt just made, "sent", "waiting", "failed" (given up) or "unknown" (perhaps delivered);
            else "later", "busy" (another process sends it), "failed" or "unknown".
        text: the same in words.
        news: whether it came about just now.
        warnings: what an operator should hear about besides.
        unreachable: whether the server could not be reached or did not answer in time.
    """

    __slots__ = ("news", "outcome", "row", "text", "unreachable", "warnings")

    def __init__(self, row: Row, outcome: str, text: str, *, news: bool = True) -> None:
        self.row = row
        self.outcome = outcome
        self.text = text
        self.news = news
        self.warnings: list[str] = []
        self.unreachable = False
