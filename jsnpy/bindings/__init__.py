"""What a script can call: per group a file with plain Python functions and one with their JavaScript side.

A new native is a new pair of files here and its name in the two lines below.
"""

SCRIPTS = ("console", "process", "timers", "email", "http")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.engine import Native
    from jsnpy.runner import Run


def natives(run: "Run") -> "dict[str, Native]":
    """Return every Python function a script's world can reach, by the name JavaScript calls it."""
    from jsnpy.bindings import email, http, timers

    return {**timers.natives(run), **email.natives(run), **http.natives(run)}
