"""sleep: waits, but not past the run's deadline."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.bindings.host import Host
    from jsnpy.engine import Native


def natives(host: Host) -> dict[str, Native]:
    """Return the function that sleep.js calls."""

    def sleep(milliseconds: float) -> None:
        host.output.flush()
        seconds = milliseconds / 1000
        time.sleep(seconds if host.deadline is None else max(0, min(seconds, host.deadline - time.monotonic())))

    return {"sleep": sleep}
