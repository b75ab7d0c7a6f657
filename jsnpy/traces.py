"""The place of an error as Node shows it: the file, the source line, a caret."""

_EXCERPT = 120
"""Characters of a source line that are shown at most."""


def headline(name: str, source: str, line: int, column: int) -> str:
    """Return the place of an error and its source line, as Node prints them above the error itself.

    Args:
        name: the script's path as error texts show it.
        source: its text.
        line: counted from 1, 0 where it is not known.
        column: likewise, in UTF-16 units.
    """
    lines = _lines(source) if line else []
    if not 0 < line <= len(lines):
        return name
    text = lines[line - 1]
    text, column = _excerpt(text, _characters(text, column - 1) + 1 if column else 0)
    caret = "\n" + "".join(c if c == "\t" else " " for c in text[: column - 1]) + "^" if column else ""
    return f"{name}:{line}\n{text}{caret}"


def _lines(source: str) -> list[str]:
    """Split as the engine counts: at CR, LF, CRLF, U+2028 and U+2029 only."""
    for end in ("\r\n", "\r", "\u2028", "\u2029"):
        source = source.replace(end, "\n")
    return source.split("\n")


def _characters(text: str, units: int) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace"))


def _excerpt(text: str, column: int) -> tuple[str, int]:
    start = max(0, column - _EXCERPT // 2) if len(text) > _EXCERPT else 0
    return text[start : start + _EXCERPT], max(0, column - start)
