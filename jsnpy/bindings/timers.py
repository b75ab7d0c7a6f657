"""setTimeout and its family: their side of the clock."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.bindings.host import Host
    from jsnpy.engine import Native


def natives(host: Host) -> dict[str, Native]:
    """Return the functions that timers.js calls."""
    timers = host.timers
    return {
        "timer_start": lambda given: timers.start(given[0], given[1], given[2]),
        "timer_stop": timers.stop,
        "timer_keep": lambda given: timers.keep(given[0], given[1]),
        "timer_overflow": lambda delay: host.output.warn(
            f"a timer's delay of {delay} ms does not fit into 32 bits and was set to 1"
        ),
    }
