"""Values from a script: as text, as JavaScript would write them, and named in errors."""

from __future__ import annotations

import math
import re

from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.text import kind, printable, whole

SHOWN_MAX = 60
_BREAKS = "\r\n|[\u0000-\u001f\u007f-\u009f\u2028\u2029]"  # compiled when first needed: few texts have any
_USER = ":/+[^/@:]*:"  # of a URL, up to its password
_PLAIN_FROM = 1e-6  # below, JavaScript writes exponents


def invalid(field: str, why: str, hint: str = "") -> SendFailure:
    """Return the failure that names a field."""
    return SendFailure(Code.ARGUMENT, "argument", f"{field} {why}", hint=hint)


def describe(value: object) -> str:
    """Return what kind of value it is, in JavaScript's words, and a string or number itself."""
    if isinstance(value, str):
        return f"the string {shown(value)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"the number {js_number(value)}"
    return kind(value)


def shown(text: str, longest: int = SHOWN_MAX) -> str:
    """Return a text as errors quote it: in quotes, on one line, cut where it is long, a URL without its password."""
    before, at, host = text.rpartition("@")
    if at and (user := re.search(_USER, before)):
        text = f"{before[: user.end()]}***@{host}"
    return f'"{printable(whole(text[:longest]))}{"…" * (len(text) > longest)}"'


def js_number(value: float) -> str:
    """Return a number as JavaScript's String() writes it."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**21 else js_number(as_float(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < 10**21:
        return str(int(value))
    mantissa, e, exponent = repr(value).partition("e")
    if not e:
        return mantissa
    if _PLAIN_FROM <= abs(value) < 1:
        digits = len(mantissa.replace(".", "").lstrip("-"))
        return f"{value:.{digits - 1 - int(exponent)}f}"
    return f"{mantissa}e{int(exponent):+d}"


def as_float(value: int) -> float:
    """Return an integer as JavaScript's only kind of number."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def one_line(text: str) -> str:
    """Return text with line breaks and control characters as blanks."""
    text = whole(text)
    return text if text.isprintable() else re.sub(_BREAKS, " ", text)


def credential_text(value: object) -> str | None:
    """Return a user name or password as text, "" for null; None for what cannot be one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return js_number(value)
    return None


def scalar_text(value: object) -> str | None:
    """Return a string, number or boolean as JavaScript's String() does; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return js_number(value)
    if isinstance(value, dict) and value.get("$foreign") in ("NaN", "Infinity", "-Infinity"):
        return str(value["$foreign"])
    return None
