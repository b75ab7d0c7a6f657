"""Finds the places of values in JSON text, and where it stops being JSON; imported only when needed."""

import re

from jsnpy.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")
LINE_END = re.compile(r"\r\n|\n|\r")
_MOST_WARNINGS = 20


class BrokenError(Exception):
    """The text is not JSON.

    Args:
        expected: what should come: "value", "key", "colon", "comma" or "end".
        at: where something else comes.
        after: where the token before it ends.
        opener: where the innermost open bracket is, or -1.
    """

    def __init__(self, expected: str, at: int, after: int, opener: int) -> None:
        super().__init__(expected)
        self.expected = expected
        self.at = at
        self.after = after
        self.opener = opener


def members(text: str) -> "Iterator[tuple[list[str | int], int, int]]":
    """Yield (key path, key's position, value's position) of each value in the text, its outermost first.

    The path is one list, changed from value to value. There is no recursion: text of any depth can be walked.

    Raises:
        BrokenError: the text is not JSON.
    """
    import json

    path: list[str | int] = []
    openers: list[int] = []
    after = 0
    at = key_at = _skip(text, 0)
    while True:
        innermost = openers[-1] if openers else -1
        inside = text[at : at + 1] in ("{", "[")
        if not inside and (match := _STRING.match(text, at) or _SCALAR.match(text, at)) is None:
            raise BrokenError("value", at, after, innermost)
        yield path, key_at, at
        if inside:
            openers.append(at)
            path.append(-1)
            after = at + 1
        elif match:
            after = match.end()
        at = _skip(text, after)
        while openers and text.startswith("}" if text[openers[-1]] == "{" else "]", at):
            openers.pop()
            path.pop()
            inside = False
            after = at + 1
            at = _skip(text, after)
        if not openers:
            if at < len(text):
                raise BrokenError("end", at, after, -1)
            return
        if not inside:
            if not text.startswith(",", at):
                raise BrokenError("comma", at, after, openers[-1])
            after = at + 1
            at = _skip(text, after)
        key_at = at
        if text[openers[-1]] == "[":
            path[-1] += 1  # type: ignore[operator]  # an array's last step is a number
            continue
        if (match := _STRING.match(text, at)) is None:
            raise BrokenError("key", at, after, openers[-1])
        path[-1] = json.loads(match.group())
        after = match.end()
        at = _skip(text, after)
        if not text.startswith(":", at):
            raise BrokenError("colon", at, after, openers[-1])
        after = at + 1
        at = _skip(text, after)


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Return a position as line and column, both from 1; CR, LF and CRLF end lines."""
    line, start = 1, 0
    for end in LINE_END.finditer(text, 0, position):
        line, start = line + 1, end.end()
    return line, position - start + 1


def place(text: str, name: str, wanted: "tuple[str | int, ...]", *, of_key: bool = False) -> str:
    """Return `name:line:column` of the value (or key) at a key path; of several the last, which counts."""
    found = -1
    sought = list(wanted)
    for path, key_at, value_at in members(text):
        if path == sought:
            found = key_at if of_key else value_at
    return spot(text, name, found) if found >= 0 else name


def spot(text: str, name: str, position: int) -> str:
    """Return `name:line:column`."""
    line, column = line_and_column(text, position)
    return f"{name}:{line}:{column}"


def repeated_keys(text: str, name: str) -> list[str]:
    """Return a warning for each key that its object already has (of very many, the first ones)."""
    warnings: list[str] = []
    known: list[dict[str | int, int]] = []  # the keys of each open object, with their positions
    for path, key_at, _ in members(text):
        depth = len(path)
        del known[depth:]
        if not depth:
            continue
        if len(known) < depth:
            known.append({})
        first = known[-1].get(path[-1])
        if first is not None:
            if len(warnings) == _MOST_WARNINGS:
                warnings.append(f"{name}: more keys are given twice")
                break
            key, line = quoted(".".join(map(str, path))), line_and_column(text, first)[0]
            warnings.append(f"{spot(text, name, key_at)}: the key {key} is already in line {line}; this one counts")
        known[-1][path[-1]] = key_at
    return warnings
