"""What a script can call: per group a file with plain Python functions and one with their JavaScript side.

A new native is a new pair of files here, its name in SCRIPTS and what JavaScript calls it by in _OPS.
"""

SCRIPTS = ("console/console", "process", "timers", "email", "http")
_OPS = {"email": ("send_email",), "http": ("http_get", "http_post")}

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.engine import Native
    from jsnpy.runner import Run


def natives(run: "Run") -> "dict[str, Native]":
    """Return every Python function a script's world can reach, by the name JavaScript calls it."""
    from jsnpy.bindings import timers

    return {**timers.natives(run), **{op: _later(run, name, op) for name, ops in _OPS.items() for op in ops}}


def _later(run: "Run", name: str, op: str) -> "Native":
    """Return a native whose module is imported by its first call: a script that prints a line needs none of them."""

    def call(value: object) -> object:
        module = __import__(f"jsnpy.bindings.{name}", fromlist=["natives"])
        return module.natives(run)[op](value)

    return call
