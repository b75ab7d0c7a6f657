"""smtplib, with what it imports for methods that nobody here calls left for whoever asks for it first.

Importing smtplib takes three times as long as starting Python, as it loads the email package, ssl and hmac. A session
uses none of them but ssl, and that for TLS only.
"""

from __future__ import annotations

import email
import importlib
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
else:
    ModuleType = type(sys)

_LATER = ("copy", "datetime", "email.generator", "email.message", "email.utils", "hmac", "ssl")


class _Later(ModuleType):
    """A module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            sys.modules.pop(self.__name__, None)  # another thread may have done so just now
        return getattr(importlib.import_module(self.__name__), name)


def _put_off() -> list[_Later]:
    """Let the next imports of these modules, where they are not loaded yet, load nothing."""
    later = [_Later(name) for name in _LATER if name not in sys.modules]
    for each in later:
        sys.modules[each.__name__] = each
        package, _, name = each.__name__.rpartition(".")
        if package and not hasattr(email, name):
            setattr(email, name, each)  # as importing does
    return later


_put = _put_off()
try:
    import smtplib
finally:
    for _each in _put:
        if sys.modules.get(_each.__name__) is _each:
            del sys.modules[_each.__name__]

__all__ = ["smtplib"]
