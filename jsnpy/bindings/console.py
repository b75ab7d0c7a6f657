"""The script's console: all of it is JavaScript (console.js), it needs no native but the host's write."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def natives(run: "Any") -> "dict[str, Callable[[Any], Any]]":  # noqa: ARG001 -- every binding is given the run
    """Return the console's native operations: none."""
    return {}
