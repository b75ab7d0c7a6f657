"""state: hands the script the state file's value, and takes what became of it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.bindings.host import Host
    from jsnpy.engine import Native


def natives(host: Host) -> dict[str, Native]:
    """Return the functions that state.js calls."""
    state = host.state
    if state is None:
        raise RuntimeError("a run without a state file has no state")
    return {"state_read": lambda _: state.value, "state_change": state.change}
