"""What natives know of the run they belong to; for type checkers alone."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.bindings.clock import Timers
    from jsnpy.mailer import Mailer
    from jsnpy.output import Output
    from jsnpy.redaction import Redactor
    from jsnpy.state import State


class Host(Protocol):
    """What natives use of the run they belong to."""

    @property
    def insecure(self) -> bool:
        """Whether TLS certificates go unverified."""

    @property
    def dry_run(self) -> bool:
        """Whether nothing may leave the machine."""

    @property
    def probe(self) -> bool:
        """Whether mails stop before their message, and requests that change something are not sent."""

    @property
    def deadline(self) -> float | None:
        """When the run ends, in `time.monotonic()` seconds, or None."""

    @property
    def output(self) -> Output:
        """Where it prints."""

    @property
    def redactor(self) -> Redactor:
        """What masks its secrets."""

    @property
    def mailer(self) -> Mailer:
        """What its mails go through."""

    @property
    def state(self) -> State | None:
        """What the script keeps between its runs, if its config names a file for it."""

    @property
    def timers(self) -> Timers:
        """Its timers."""
