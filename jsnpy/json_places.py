"""Finds places in JSON text and explains what is wrong with it; imported only when something is."""

import re

from jsnpy.errors import ConfigError
from jsnpy.text_files import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")
_LINE_END = re.compile(r"\r\n|\n|\r")


class Broken(Exception):  # noqa: N818 - a finding on its way up, not an error anybody sees
    """The text is no JSON."""

    def __init__(self, position: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.position = position
        self.message = message
        self.hint = hint


def members(text: str) -> "Iterator[tuple[list[str | int], int, int]]":
    """Yield (key path, key's position, value's position) of each value in the text; the list is reused.

    Raises:
        Broken: the text is no JSON.
    """
    import json

    path: list[str | int] = []
    closers: list[str] = []
    at = _skip(text, 0)
    key_at = at
    while True:
        yield path, key_at, at
        opener = text[at : at + 1]
        if opener in ("{", "["):
            closers.append("}" if opener == "{" else "]")
            path.append(0)
            at = _skip(text, at + 1)
            opened = True
        else:
            match = _STRING.match(text, at) or _SCALAR.match(text, at)
            if match is None:
                raise Broken(at, "a value is expected here")
            at = match.end()
            opened = False
        while True:  # the ends of this value and of all it is the last part of
            at = _skip(text, at)
            if not closers:
                if at < len(text):
                    raise Broken(at, "there is text after the end of the config")
                return
            if text.startswith(closers[-1], at):
                closers.pop()
                path.pop()
                at += 1
                opened = False
                continue
            if not opened:
                if not text.startswith(",", at):
                    raise Broken(at, "a comma is missing here")
                at = _skip(text, at + 1)
            break
        key_at = at
        if closers[-1] == "}":
            match = _STRING.match(text, at)
            if match is None:
                raise Broken(at, "a key in double quotes is expected here")
            path[-1] = json.loads(match.group())
            at = _skip(text, match.end())
            if not text.startswith(":", at):
                raise Broken(at, "a colon is missing here")
            at = _skip(text, at + 1)
        elif not opened:
            path[-1] += 1  # type: ignore[operator]


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Return a position as line and column, both from 1; CR, LF and CRLF end lines."""
    line, start = 1, 0
    for end in _LINE_END.finditer(text, 0, position):
        line, start = line + 1, end.end()
    return line, position - start + 1


def place(text: str, name: str, wanted: "tuple[str | int, ...]", *, of_key: bool = False) -> str:
    """Return `name:line:column` of the value (or key) at a key path; of several, the last, as that one counts."""
    found = -1
    sought = list(wanted)
    for path, key_at, value_at in members(text):
        if path == sought:
            found = key_at if of_key else value_at
    if found < 0:
        return name
    line, column = line_and_column(text, found)
    return f"{name}:{line}:{column}"


def repeated_keys(text: str, name: str) -> list[str]:
    """Return a warning for each key that its object already has."""
    seen: dict[tuple[str | int, ...], int] = {}
    warnings = []
    for path, key_at, _ in members(text):
        key = tuple(path)
        if key in seen and isinstance(key[-1], str):
            line, column = line_and_column(text, key_at)
            first, _ = line_and_column(text, seen[key])
            shown = quoted(".".join(str(part) for part in key))
            warnings.append(f"{name}:{line}:{column}: the key {shown} was already given in line {first}; this one counts")
        seen[key] = key_at
    return warnings


def explain(text: str, name: str, told: str) -> ConfigError:
    """Return the error for text that is no JSON, or not one that can be used; `told` is the parser's own word."""
    try:
        for _ in members(text):
            pass
    except Broken as broken:
        line, column = line_and_column(text, broken.position)
        return ConfigError(f"{name}:{line}:{column}: {broken.message}", broken.hint)
    return ConfigError(f"{name}: {told}")
