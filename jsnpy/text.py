"""Text for messages: what a terminal may be shown, what kind of value something is, which word was meant."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_JOINERS = "\u200c\u200d"
"""Invisible, but part of Persian words and of emoji."""

_BLANKS = frozenset("\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000")
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Signs over Arabic and other numbers, which Unicode counts among the invisible ones."""

_LIKE = 0.75
"""How alike words must be, as difflib counts; "hsot" and "host" are, "priority" and "port" are not."""

_STEM = 3
"""Letters of the shortest word that a longer one may begin with to mean it: "argument" for "arg"."""

_WHOLE = 10
"""Seconds from which on decimals are of no interest."""

_NOT_JSON = {
    "circular": "an object that holds itself",
    "nested too deeply": "an object nested too deeply",
    "too large": "an object too large to read",
    "undefined": "undefined",
}
"""What the engine's side calls values that JSON has not, where "a ..." would be no English."""


def whole(text: str) -> str:
    """Return text with surrogates that belong to no pair as U+FFFD, so that it has bytes in every Unicode encoding."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def printable(text: str) -> str:
    """Return text with line breaks, control characters and what else cannot be seen escaped as in JavaScript."""
    return text if text.isprintable() else "".join(map(_visible, text))


def harmless(text: str) -> str:
    """Return somebody else's text in one line, escaped where it could move a terminal's cursor, reorder or hide.

    What is written in any script stays: blanks of all kinds, joiners where a letter or an emoji has them.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or _is_written(char, before) else escaped(char)
        for before, char in zip(" " + text, text, strict=False)
    )


def _is_written(char: str, before: str) -> bool:
    """Whether a character that Python holds for unprintable is part of what people write, behind another one."""
    if char in _JOINERS:
        return not before.isascii() and before not in _JOINERS
    return char == "\t" or char in _BLANKS or char in _VISIBLE_FORMATS


def escaped(char: str) -> str:
    r"""Return a character as its number, `\x1b` or `\u202e`."""
    if char < "\x20":
        return f"\\x{ord(char):02x}"  # in one way for all, "\n" too
    return char.encode("unicode_escape", "surrogatepass").decode()


def quoted(text: str) -> str:
    """Return a name in double quotes, printable."""
    return f'"{printable(text)}"'


def _visible(char: str) -> str:
    if char.isprintable() or char in _JOINERS:
        return char
    return char.encode("unicode_escape", "surrogatepass").decode()


def shortened(text: str, most: int) -> str:
    """Return text of so many characters at most, what is beyond taken out of its middle."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} … ({len(text) - 2 * half} characters) … {text[-half:]}"


def seconds(duration: float) -> str:
    """Return a duration in seconds with no more digits than anybody needs: "0.05 s", "2 s", "2.1 s", "61 s"."""
    return f"{duration:.0f} s" if duration >= _WHOLE else f"{float(f'{round(duration, 3):.2g}'):g} s"


def how_to_install(extra: str) -> str:
    """Return the command that adds one of jsnpy's extras where jsnpy runs; no index of packages need know of jsnpy."""
    import sys

    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return f"{python} -m pip install 'jsnpy[{extra}]'"


def kind(value: object) -> str:
    """Return what a value of a script or config is: "a string", "an array", "a Date", "null"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list | tuple):
        return "an array"
    if not isinstance(value, dict):
        return f"a {type(value).__name__}"
    foreign = value.get("$foreign")
    return _foreign(foreign) if isinstance(foreign, str) else "an object"


def _foreign(name: str) -> str:
    if name.endswith(("NaN", "Infinity")):
        return name
    if name.startswith("throws: "):
        return f"a value that {printable(whole(name))}"
    if name.startswith("an array of "):
        return name
    return _NOT_JSON.get(name) or f"{'an' if name[:1] in 'AEIOaeio' else 'a'} {printable(whole(name))}"


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was most likely meant, whatever the letters' case, or None."""
    from difflib import get_close_matches

    by_lower = {one.lower(): one for one in known}
    near = get_close_matches(word.lower(), by_lower, 1, _LIKE)
    near += [one for one in by_lower if len(one) >= _STEM and word.lower().startswith(one)]
    return by_lower[near[0]] if near else None
