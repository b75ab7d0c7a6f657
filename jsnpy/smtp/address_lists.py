"""Texts that hold addresses, as in `Ann <ann@x.test>; bob@y.test`: told apart, and names from addresses."""

from __future__ import annotations

import re

from jsnpy.smtp.addresses import CONTROL, Address, BadAddress, parse_address
from jsnpy.smtp.values import one_line

_ONE_QUOTED = r'"((?:[^"\\]|\\.)*)"\Z'


class BadList(BadAddress):
    """A text one of whose addresses cannot be used.

    Args:
        piece: the part of the text that is meant.
        why: what is wrong with it.
        hint: what to do about it, or "".
    """

    def __init__(self, piece: str, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.piece = piece
        self.hint = hint


def parse_list(text: str) -> list[Address]:
    """Return the addresses of a text, at least one.

    Raises:
        BadList: one of them is not valid.
    """
    pieces = split(text)
    found = []
    for piece in pieces:
        try:
            found.append(_parse_one(piece.strip(" ")))
        except BadAddress as error:
            if not piece.strip(" ") and text.strip(" "):
                raise BadList(text, "has a separator with no address before it") from None
            if len(pieces) == 1:
                raise BadList(piece, str(error)) from None
            unquoted = "@" not in piece or '"' in piece
            hint = 'a name with a comma or semicolon needs quotes: "Doe, Ann" <ann@x.test>' if unquoted else ""
            raise BadList(piece, str(error), hint) from None
    return found


def _parse_one(piece: str) -> Address:
    """Return the address of `ann@x.test`, `Ann <ann@x.test>` or `"Doe, Ann" <ann@x.test>`."""
    if piece[-1:] != ">":
        return parse_address(piece)
    phrase, bracket, email = piece[:-1].rpartition("<")
    if not bracket:
        raise BadAddress("has a > without a <")
    phrase = phrase.strip(" ")
    if one_line(phrase) != phrase:
        raise BadAddress(f"has a {CONTROL} before the <")
    quoted = re.match(_ONE_QUOTED, phrase)
    if quoted:
        phrase = re.sub(r"\\(.)", r"\1", quoted[1])
    elif "<" in phrase or ">" in phrase:
        raise BadAddress("has more than one <")
    return parse_address(email, phrase)


def split(text: str) -> list[str]:
    """Return what stands between commas and semicolons, those in quotes or angle brackets apart."""
    pieces = []
    start = 0
    closer = ""  # what ends the quotes or brackets we are in
    escaped = False
    for position, char in enumerate(text):
        if escaped:
            escaped = False
        elif closer:
            escaped = char == "\\" and closer == '"'
            closer = "" if char == closer else closer
        elif char in '"<':
            closer = '"' if char == '"' else ">"
        elif char in ",;":
            pieces.append(text[start:position])
            start = position + 1
    last = text[start:]
    return [*pieces, last] if last.strip(" ") or not pieces else pieces
