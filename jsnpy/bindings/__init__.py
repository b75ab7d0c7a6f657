"""What a script can call: per group a file with its JavaScript side and, where it needs one, a file in Python.

A new native is such a file or pair and a line in GROUPS.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from jsnpy.bindings.timers import Timers
    from jsnpy.engine import Native
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


GROUPS: Mapping[str, tuple[str, ...]] = {
    "language/language": ("locale_date", "locale_number", "locale_order"),
    "console/console": (),
    "process": (),
    "state": ("state_read", "state_change"),
    "timers": ("timer_start", "timer_stop", "timer_keep", "timer_overflow"),
    "sleep": ("sleep",),
    "email": ("send_email",),
    "http": ("http_get", "http_post", "http_request"),
}
"""The groups in the order they are loaded, each with the Python functions that its JavaScript calls."""


def groups(host: Host) -> list[str]:
    """Return the groups that a run loads: all, but for `state` where its config names no file."""
    return [group for group in GROUPS if group != "state" or host.state is not None]


def natives(host: Host) -> dict[str, Native]:
    """Return every Python function a script's world can reach, by the name JavaScript calls it."""
    return {op: native for group, ops in GROUPS.items() for op, native in _later(host, group, ops).items()}


def _later(host: Host, group: str, ops: tuple[str, ...]) -> dict[str, Native]:
    """Return natives whose module is imported by their first call: a script that prints a line needs none of them."""
    loaded: dict[str, Native] = {}

    def later(op: str) -> Native:
        def call(value: object) -> object:
            if not loaded:
                loaded.update(
                    __import__(f"jsnpy.bindings.{group.partition('/')[0]}", fromlist=["natives"]).natives(host)
                )
            return loaded[op](value)

        return call

    return {op: later(op) for op in ops}
