"""Hears from the engine of promises that were rejected, and of those that were handled later.

The binding tells nothing of them, and JavaScript alone cannot see them. The engine's C interface can, where the
library exports it: but its pointers must be read out of the binding's objects, so each is believed only once the
engine itself has confirmed it. The imports here cost a millisecond, and are made only for scripts with promises.
"""

import ctypes
import sys

import _quickjs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_POINTER = 8  # bytes
_HEAD = object.__basicsize__  # what each Python object begins with
_INT, _OBJECT, _UNDEFINED, _EXCEPTION = 0, -1, 3, 6  # tags of values


class _Value(ctypes.Structure):
    """A JSValue, as the engine passes it on 64-bit machines."""

    _fields_ = (("payload", ctypes.c_uint64), ("tag", ctypes.c_int64))


_TRACKER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, _Value, _Value, ctypes.c_int, ctypes.c_void_p)


class Rejections:
    """Passes each rejection on to the driver, as driver(0, promise, reason), and driver(1, promise) when it is handled.

    Attributes:
        lost: promises whose rejection could not be passed on, as no stack or memory was left for it.
    """

    def __init__(self, library: "Any", runtime: int, context: int, driver: _Value) -> None:
        self.lost: list[int] = []
        self._library = library
        self._runtime = runtime
        self._context = context
        self._driver = driver
        self._tracker = _TRACKER(self._note)  # must live as long as the engine may call it
        library.JS_SetHostPromiseRejectionTracker(runtime, self._tracker, None)

    def _note(self, _context: int, promise: _Value, reason: _Value, handled: int, _opaque: int) -> None:
        handled &= 0xFF  # one engine passes a bool, whose upper bits are anything
        if handled and promise.payload in self.lost:
            self.lost.remove(promise.payload)
            return
        values = (_Value * 3)(_Value(handled, _INT), promise, reason)
        answer = self._library.JS_Call(self._context, self._driver, _Value(0, _UNDEFINED), 3, values)
        if answer.tag == _EXCEPTION and not handled:
            self.lost.append(promise.payload)

    def stop(self) -> None:
        """Hear no more; to be called before the context goes."""
        self._library.JS_SetHostPromiseRejectionTracker(self._runtime, _TRACKER(), None)


def listen(context: "Any", driver: "Any") -> Rejections | None:
    """Return what hears of rejections, None where the engine cannot be asked: as on Windows, which exports nothing.

    Args:
        context: the binding's Context.
        driver: the binding's Object of the function that is told.
    """
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_void_p) != _POINTER:
        return None
    if type(context).__basicsize__ < _HEAD + 2 * _POINTER or type(driver).__basicsize__ < _HEAD + 3 * _POINTER:
        return None
    library = _library()
    if library is None:
        return None
    runtime, inner = (_read(context, place) for place in range(2))
    if _read(driver, 0) != id(context) or not runtime or not inner or library.JS_GetRuntime(inner) != runtime:
        return None
    function = _Value.from_address(id(driver) + _HEAD + _POINTER)
    return Rejections(library, runtime, inner, function) if function.tag == _OBJECT else None


def _read(thing: object, place: int) -> int:
    """Return the pointer that stands in that place of a Python object's memory."""
    return ctypes.c_uint64.from_address(id(thing) + _HEAD + place * _POINTER).value


def _library() -> "Any":
    try:
        library = ctypes.CDLL(_quickjs.__file__)
        library.JS_GetRuntime.restype = ctypes.c_void_p
        library.JS_GetRuntime.argtypes = (ctypes.c_void_p,)
        library.JS_Call.restype = _Value
        library.JS_Call.argtypes = (ctypes.c_void_p, _Value, _Value, ctypes.c_int, ctypes.POINTER(_Value))
        library.JS_SetHostPromiseRejectionTracker.restype = None
        library.JS_SetHostPromiseRejectionTracker.argtypes = (ctypes.c_void_p, _TRACKER, ctypes.c_void_p)
    except (AttributeError, OSError):
        return None
    return library
