"""Header fields as bytes that fold, encode and cannot be broken out of (RFC 5322, 2047, 2231).

The `email` package is not asked to: up to Python 3.12.1 it lets encoded line breaks through, and every version so far
loses the quotes of long names.
"""

from __future__ import annotations

import re
from binascii import b2a_base64

from jsnpy.smtp.addresses import ATEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.addresses import Address

LINE = 78
LINE_MAX = 998
_WORD = 75  # RFC 2047 section 2: an encoded word's length
_LONGEST_NAME = 400  # even with each character quoted and no blank to fold at, it stays below 998
_LONGEST_PARAMETER = 57  # with the name before it, a line of 78
_SAFE_FILENAME = r"[A-Za-z0-9 ._+()-]{1,60}\Z"
_ATTRIBUTE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_ENCODED_OVERHEAD = len("=?utf-8?b??=")


def text_header(name: str, value: str, longest: int = LINE_MAX) -> bytes:
    """Return an unstructured header field with its line end.

    Args:
        name: the field's name.
        value: one line of text.
        longest: how long a word may be before it is encoded.
    """
    # A line can be folded where a blank follows a word: a run of blanks stays with the word behind it.
    words = value.split(" ") if "  " not in value else re.findall(" *[^ ]+", value)
    plain = (
        value.isascii()
        and "=?" not in value
        and value == value.strip()
        and all(len(word) < longest - len(name) - 3 for word in words)
    )
    if plain:
        return fold(f"{name}: {value}", len(name) + 2).encode("ascii") + b"\r\n"
    words = encoded_words(value, first=LINE - 2 - len(name) - 2)
    separator = "\r\n "
    start = f"{name}: " if len(name) + 2 + len(words[0]) <= LINE else f"{name}:{separator}"
    return (start + separator.join(words)).encode("ascii") + b"\r\n"


def fold(line: str, start: int) -> str:
    """Return a header field's line folded at 78 before its blanks, which unfolding gives back as they were.

    Args:
        line: the line, without its end.
        start: where the value begins: the line is not broken before.
    """
    lines: list[str] = []
    while len(line) > LINE:
        cut = _last_blank(line, start, LINE)
        if cut < 0:
            cut = _first_blank(line, max(start, LINE))
            if cut < 0:
                break
        lines.append(line[:cut])
        line, start = line[cut:], 1
    return "\r\n".join([*lines, line])


def _last_blank(line: str, start: int, end: int) -> int:
    for cut in range(min(end, len(line) - 2), start, -1):
        if _breaks(line, cut):
            return cut
    return -1


def _first_blank(line: str, start: int) -> int:
    return next((cut for cut in range(start, len(line) - 1) if _breaks(line, cut)), -1)


def _breaks(line: str, cut: int) -> bool:
    return line[cut] == " " and line[cut - 1] != " "


def encoded_words(text: str, first: int = _WORD) -> list[str]:
    """Return text as RFC 2047 encoded words of whole characters.

    Args:
        text: what is encoded; UTF-8 is used.
        first: how long the first word may be; too short for one character counts as a new line.
    """
    data = text.encode("utf-8")
    quoted = sum(1 if byte in _Q_SAFE or byte == 0x20 else 3 for byte in data) < len(data) * 4 / 3  # noqa: PLR2004 - a blank
    words = []
    chunk = b""
    size = 0
    limit = min(first, _WORD) if first > _ENCODED_OVERHEAD + 12 else _WORD
    for char in text:
        raw = char.encode("utf-8")
        grown = size + len(_q(raw)) if quoted else (len(chunk) + len(raw) + 2) // 3 * 4
        if grown > limit - _ENCODED_OVERHEAD and chunk:
            words.append(_encoded(chunk, quoted=quoted))
            chunk, size, limit = b"", 0, _WORD - 1
        chunk += raw
        size += len(_q(raw))
    words.append(_encoded(chunk, quoted=quoted))
    return words


def _q(raw: bytes) -> str:
    return "".join(
        chr(byte) if byte in _Q_SAFE else "_" if byte == 0x20 else f"={byte:02X}"  # noqa: PLR2004 - a blank
        for byte in raw
    )


def _encoded(raw: bytes, *, quoted: bool) -> str:
    return f"=?utf-8?q?{_q(raw)}?=" if quoted else f"=?utf-8?b?{b2a_base64(raw, newline=False).decode()}?="


def address_header(name: str, addresses: list[Address]) -> bytes:
    """Return a header field with one address a line."""
    lines = []
    for number, address in enumerate(addresses):
        start = " " if number else f"{name}: "
        end = "," if number < len(addresses) - 1 else ""
        first, *rest = (start + _mailbox(address, LINE - len(start)) + end).split("\r\n")
        lines += [fold(first, len(start)), *(fold(line, 1) for line in rest)]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n"


def _mailbox(address: Address, room: int) -> str:
    name = address.name
    if not name:
        return address.wire
    if not name.isascii() or "=?" in name or "  " in name or len(name) > _LONGEST_NAME:
        phrase = "\r\n ".join(encoded_words(name, first=room))
    elif all(word and ATEXT.issuperset(word) for word in name.split(" ")):
        phrase = name
    else:
        phrase = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{phrase} <{address.wire}>"


def old_parameter(name: str, value: str) -> str:
    """Return a MIME parameter as readers from before RFC 2231 understand it: in encoded words where it must be."""
    if re.match(_SAFE_FILENAME, value):
        return f'{name}="{value}"'
    words = encoded_words(value, first=LINE - len(f' {name}="";'))
    return f'{name}="' + "\r\n ".join(words) + '"'


def parameter(name: str, value: str) -> str:
    """Return a MIME parameter, on lines of its own where it is long or not ASCII (RFC 2231)."""
    if re.match(_SAFE_FILENAME, value):
        return f'{name}="{value}"'
    parts = [""]
    for byte in value.encode("utf-8"):
        piece = chr(byte) if byte in _ATTRIBUTE else f"%{byte:02X}"
        if len(parts[-1]) + len(piece) > _LONGEST_PARAMETER:
            parts.append("")
        parts[-1] += piece
    if len(parts) == 1:
        return f"{name}*=utf-8''{parts[0]}"
    parts[0] = f"utf-8''{parts[0]}"
    return ";\r\n ".join(f"{name}*{number}*={part}" for number, part in enumerate(parts))
