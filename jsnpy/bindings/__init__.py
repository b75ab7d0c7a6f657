"""What a script can call: per group a file with its JavaScript side and, where it needs one, a file in Python.

A new native is such a file or pair and a line in GROUPS.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsnpy.bindings.host import Host
    from jsnpy.engine import Native

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
