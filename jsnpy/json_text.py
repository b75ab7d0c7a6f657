"""JSON text to values and back, without what `import json` costs a short run.

`json` imports `re` (together about 6 ms, more than the engine needs for a whole script). The C scanner and
encoder that do its work can be had without it; where this Python has none, `json` itself serves.
"""

try:
    from _json import encode_basestring_ascii, make_encoder, make_scanner

    _ACCELERATED = True
except ImportError:  # another Python, or one without the accelerator
    _ACCELERATED = False

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_SPACE = " \t\n\r"
_ALWAYS_FINITE = 308
"""Digits up to which a whole number is below 1e308, and so no Infinity in JavaScript."""


def _whole(digits: str) -> int | float:
    """Return a whole number; one that is too large for JavaScript is Infinity, as 1e999 is."""
    whole = int(digits)  # which refuses thousands of digits itself
    return float(digits) if len(digits) > _ALWAYS_FINITE and abs(float(digits)) == float("inf") else whole


class _Rules:
    """What the C scanner asks of its caller: json.JSONDecoder's attributes."""

    strict = True
    object_hook = None
    parse_float = float
    parse_int = staticmethod(_whole)
    memo: dict[str, str]

    def __init__(self, object_pairs_hook: "Callable[[list[tuple[str, object]]], object] | None" = None) -> None:
        self.object_pairs_hook = object_pairs_hook
        self.memo = {}

    @staticmethod
    def parse_constant(name: str) -> object:
        raise ValueError(f"{name} is not JSON")


def loads(text: str, object_pairs_hook: "Callable[[list[tuple[str, object]]], object] | None" = None) -> object:
    """Return the value of a JSON text (RFC 8259); NaN and Infinity are refused.

    Args:
        text: the whole JSON text.
        object_pairs_hook: called with the (key, value) pairs of each object, its result taken for the object.

    Raises:
        ValueError: the text is not JSON; where the scanner knows the place, it is a json.JSONDecodeError.
        RecursionError: the text is nested too deeply.
    """
    rules = _Rules(object_pairs_hook)
    if not _ACCELERATED:
        import json

        return json.loads(
            text, object_pairs_hook=object_pairs_hook, parse_constant=rules.parse_constant, parse_int=_whole
        )
    start = len(text) - len(text.lstrip(_SPACE))
    try:
        scan = make_scanner(rules)  # type: ignore[arg-type]  # it asks for these attributes, not for the class
        value, end = scan(text, start)
    except StopIteration as stop:
        raise _decode_error("Expecting value", text, stop.value) from None
    except SystemError:  # the scanner wants to raise json's error, and fails so where json is not imported yet
        import json

        return json.loads(
            text, object_pairs_hook=object_pairs_hook, parse_constant=rules.parse_constant, parse_int=_whole
        )
    after = text[end:].lstrip(_SPACE)
    if after:
        raise _decode_error("Extra data", text, len(text) - len(after))
    return value


def _decode_error(message: str, text: str, position: int) -> ValueError:
    import json

    return json.JSONDecodeError(message, text, position)


def dumps(value: object) -> str:
    """Return a value as compact JSON in ASCII; raises ValueError or TypeError for what JSON has not."""
    if not _ACCELERATED:
        import json

        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    encode = make_encoder({}, _refuse, encode_basestring_ascii, None, ":", ",", False, False, False)
    return "".join(encode(value, 0))


def _refuse(value: object) -> object:
    raise TypeError(f"a {type(value).__name__} has no JSON")
