"""Shows the line of a config that has a mistake in it, and none of its secrets."""

from __future__ import annotations

import re
import unicodedata

from jsnpy.config.json_places import LINE_END, line_and_column
from jsnpy.secret_names import looks_secret, url_password

_BESIDE = 60  # columns shown on each side of the caret
_MASK = "***"
_HARMLESS = frozenset(
    (
        *("scriptfile", "$schema", "include", "statefile", "host", "port", "ssl", "starttls", "auth", "timeout"),
        *("to", "from", "cc", "bcc", "reply_to", "email", "name", "subject", "provider", "tenant", "cloud", "login"),
    )
)
"""Keys whose values are shown: what they hold is in the mail, or helps to find the mistake."""

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\\r\n]|\\.)*+"|'[^'\r\n]*')
      | (?P<plain>(?:[-+]?(?:0x[0-9a-f]+|[0-9.]+(?:e[-+]?[0-9]+)?)
            |true|false|null|none|nil|nan|-?infinity|undefined)(?!\w))
      | (?P<mark>[{}\[\],:=;\s#\u200b-\u200f\u2060\ufeff]|//|/\*|\*/)
      | (?P<rest>["'][^\r\n]*|[^\s{}\[\],:=;"']+)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_KEY_FOLLOWS = re.compile(r"\s*[:=]")
_CLEAN_END = re.compile(r"""[ \t]*(?:[}\]\r\n]|\Z|,\s*(?:["}\]]|\Z))""")


def excerpt(text: str, position: int, key_end: int = -1) -> str:
    """Return the line of a position with a caret below; its string values are masked, but harmless ones.

    Args:
        text: the whole config, which is JSON up to the position.
        position: where the mistake is.
        key_end: where a key ends that has no colon, or -1.
    """
    start = position - line_and_column(text, position)[1] + 1
    line_end = LINE_END.search(text, position)
    pieces: list[str] = []
    caret = -1
    for at, end, shown in _masked(text, line_end.start() if line_end else len(text), position, key_end):
        if end <= start:
            continue
        if caret < 0 and position < end:
            caret = sum(map(len, pieces)) + (position - at if shown != _MASK else 0)
        pieces.append(shown)
    line = "".join(pieces)
    if caret < 0:
        caret = len(line)
    left = max(caret - _BESIDE, 0)
    before, behind = line[left:caret], line[caret : caret + _BESIDE]
    if left:
        before = "…" + before
    if caret + _BESIDE < len(line):
        behind += "…"
    indent = "".join(map(_blank, before))
    return f"  {_printable(before)}{_printable(behind)}\n  {indent}^"


def _masked(text: str, end: int, position: int, key_end: int) -> list[tuple[int, int, str]]:
    """Return the pieces of a text with their places: as they are, or as masks."""
    pieces: list[tuple[int, int, str]] = []
    key, before = "", ""  # the last key; the last piece that is no blank
    openers: list[str] = []
    at = 0
    while at < end:
        match = _TOKEN.match(text, at, end)
        if match is None:  # cannot be: each character begins a piece
            break
        piece, at = match[0], match.end()
        kind = match.lastgroup
        may_be_key = before not in (":", "=") if kind == "string" else kind == "rest" and before in ("", "{", ",")
        in_array = openers[-1:] == ["["]
        is_key = may_be_key and not in_array and (at == key_end or _KEY_FOLLOWS.match(text, at))
        shown = piece
        if is_key:
            key = piece.strip("\"'“”").lower()  # curly quotes are one of the mistakes
        elif kind == "plain":
            shown = _MASK if looks_secret(key) and piece[-1].isalnum() and not piece.isalpha() else piece
        elif kind == "mark":
            key = "" if piece == "}" else key
            if piece in "{[":
                openers.append(piece)
            elif piece in "}]":
                del openers[-1:]
        else:
            clean = at <= position or (kind == "string" and _CLEAN_END.match(text, at))
            if key not in _HARMLESS or url_password(piece) or not clean:
                shown = _MASK
                at = at if clean else end  # the mistake may have put another piece of the value anywhere
        if not piece.isspace() and piece.isprintable():
            before = piece
        pieces.append((match.start(), at, shown))
    return pieces


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text)


def _blank(char: str) -> str:
    """Return what is as wide as a character in a terminal."""
    if char == "\t":
        return char
    if unicodedata.combining(char):
        return ""
    return "  " if unicodedata.east_asian_width(char) in "WF" else " "
