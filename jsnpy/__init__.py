"""jsnpy runs the JavaScript alert scripts written for JsN unchanged, with send_email over smtplib."""

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "ExitCode",
    "JsnpyError",
    "RunResult",
    "SendResult",
    "UsageError",
    "__version__",
    "run",
    "send_email",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.api import RunResult, run, send_email
    from jsnpy.errors import ConfigError, ExitCode, JsnpyError, UsageError
    from jsnpy.smtp import SendResult

_HOMES = {
    "jsnpy.api": ("RunResult", "run", "send_email"),
    "jsnpy.errors": ("ConfigError", "ExitCode", "JsnpyError", "UsageError"),
    "jsnpy.smtp": ("SendResult",),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the command itself needs none of them."""
    for home, names in _HOMES.items():
        if name in names:
            import importlib

            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'jsnpy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
