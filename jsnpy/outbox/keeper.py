"""Where the mails of attempts are kept, as the attempts see it: the outbox's file, or a fleet's queue."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jsnpy.outbox.rows import Row


class Keeper(Protocol):
    """Where the mails of single attempts are kept.

    Each method has what it says safe when it returns, and raises OutboxError where that is not possible.
    """

    @property
    def place(self) -> str:
        """What it is called in messages: "the outbox"."""

    def keep(self, row: Row, data: bytes) -> None:
        """Keep a new mail with its message; it is being sent now."""

    def mark(self, row: Row) -> None:
        """Note that the mail's final dot is about to be sent."""

    def unmark(self, row: Row) -> None:
        """Note that the server did not accept the mail after all."""

    def settle(self, row: Row) -> None:
        """Note how it stands with the mail after the attempt; `row.state` says whether it is tried again."""

    def remove(self, row: Row) -> None:
        """Forget a mail that was delivered, or that nobody tries again."""


class GroupKeeper(Keeper, Protocol):
    """Where the mails of a flush are kept, which may note what became of several at once."""

    @property
    def encoding(self) -> str | None:
        """Of files with passwords that are not Unicode."""

    @property
    def max_age(self) -> float:
        """Seconds after which a mail is given up."""

    @property
    def now(self) -> Callable[[], float]:
        """What returns the seconds since 1970."""

    def due(self, *, now: bool) -> list[str]:
        """Return the IDs of the mails that are due, or with `now` of all that wait; the first one first."""

    def claim(self, ids: Sequence[str], *, due: bool, now: bool = False) -> list[Row]:
        """Claim those of some mails that nobody claims (and that are due), and return them."""

    def data(self, row: Row) -> bytes | None:
        """Return a mail's message, None where there is none."""

    def begin_group(self) -> None:
        """Note from now on what became of several mails at once, but what cannot wait."""

    def write(self) -> None:
        """Note what became of mails so far."""

    def end_group(self) -> None:
        """Note what became of mails, and from now on each by itself."""
