"""Which engine the tests run on: quickjs-ng, or the original quickjs (`make test-quickjs`)."""

import ctypes
from importlib import metadata

import _quickjs

from jsnpy.engine.engine import UNSEEN


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


ORIGINAL = not _installed("quickjs-ng")
"""True on the original quickjs 1.19.4: an engine of 2021, which gives lines but no columns, has no `cause`, and
may crash when its memory is exhausted."""

TELLS_OF_REJECTIONS = hasattr(ctypes.CDLL(_quickjs.__file__), "JS_SetHostPromiseRejectionTracker")
"""Whether the engine's library exports what a host needs to hear of rejected promises; on Windows it does not."""


def without_warning(err: str) -> str:
    """Return a run's stderr without the one line that says, where the engine does not tell, what went unseen."""
    return err if TELLS_OF_REJECTIONS else err.replace(f"jsnpy: warning: {UNSEEN}\n", "", 1)
