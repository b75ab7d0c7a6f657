"""Files that go with a mail: their bytes, their type, their place in the html."""

from __future__ import annotations

import os
import re

from jsnpy.smtp.values import clean, describe, invalid, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = ("filename", "content", "encoding", "content_type", "cid", "path")

_PARAMETER_MAX = 255
_TOKEN = r"[A-Za-z0-9!#$&^_.+-]+"  # noqa: S105 - a pattern of RFC 2045
# Compiled when first used: most mails have no attachment.
_CONTENT_TYPE = rf'{_TOKEN}/{_TOKEN}(?: *; *{_TOKEN}=(?:{_TOKEN}|"[ !#-\[\]-~]*"))*\Z'
_CID = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]+\Z"


class Attachment:
    """A file that goes with the mail.

    Args:
        filename: its name for the receiver.
        data: its bytes.
        content_type: its MIME type, with parameters.
        cid: the Content-ID that `html` shows it by, or "".
    """

    __slots__ = ("cid", "content_type", "data", "filename")

    def __init__(self, filename: str, data: bytes, content_type: str, cid: str = "") -> None:
        self.filename = filename
        self.data = data
        self.content_type = content_type
        self.cid = cid


def parse(given: dict[object, object], field: str, locate: Callable[[str, str], str]) -> Attachment:
    """Return what an element of `attachments` stands for, its file read.

    Args:
        given: the element.
        field: its name.
        locate: returns the file for a path and the name of its field.

    Raises:
        SendFailure: with Code.ARGUMENT; names the field.
    """
    strings: dict[str, str | None] = {}
    for name in FIELDS:
        each = given.get(name)
        if each is not None and not isinstance(each, str):
            hint = '; give bytes as base64 text with encoding: "base64"' if name == "content" else ""
            raise invalid(f"{field}.{name}", f"must be a string, not {describe(each)}{hint}")
        strings[name] = each
    path, content, filename = strings["path"], strings["content"], strings["filename"]
    if (path is None) == (content is None):
        raise invalid(field, "needs either path or content" + ("" if path is None else ", not both"))
    charset = ""
    if path is not None:
        path = locate(path, f"{field}.path")
        data = read(path, f"{field}.path")
        filename = os.path.basename(path) if filename is None else filename
    else:
        data, charset = decode(content or "", strings["encoding"], field)
    filename = one_line(filename or "").strip(" ")
    if not filename:
        raise invalid(f"{field}.filename", "is missing or empty")
    kind = content_type(strings["content_type"], filename, charset, field)
    return Attachment(filename, data, kind, content_id(strings["cid"], field))


def read(path: str, field: str) -> bytes:
    """Return the bytes of a file; raises SendFailure with Code.ARGUMENT where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise invalid(field, f"cannot be read: {path}: {error.strerror or error}") from None
    except MemoryError:
        raise invalid(field, f"is too large for this machine's memory: {path}") from None


def decode(content: str, encoding: str | None, field: str) -> tuple[bytes, str]:
    """Return the bytes of a text or of base64, and the charset of a text; raises SendFailure for what is neither."""
    kind = (encoding or "utf-8").lower()
    if kind in ("utf-8", "utf8"):
        return clean(content).encode("utf-8"), "utf-8"
    if kind != "base64":
        raise invalid(f"{field}.encoding", f'must be "utf-8" or "base64", not {describe(encoding)}')
    import binascii

    try:
        packed = content.encode("ascii").translate(None, b" \t\r\n")
        packed = packed.rstrip(b"=")
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4), strict_mode=True), ""
    except (UnicodeError, ValueError) as error:
        raise invalid(f"{field}.content", f"is not base64: {error}") from None


def content_type(given: str | None, filename: str, charset: str, field: str) -> str:
    """Return the MIME type given, or the one the file name stands for (RFC 2045 section 5.1)."""
    if given:
        given = one_line(given)
        if len(given) > _PARAMETER_MAX or not re.match(_CONTENT_TYPE, given):
            raise invalid(f"{field}.content_type", f'must be like "text/csv", not {describe(given)}')
        if given.lower().startswith(("multipart/", "message/")):
            raise invalid(f"{field}.content_type", f'cannot be {given}; use "application/octet-stream"')
        return given
    import mimetypes

    guess, packed = mimetypes.guess_type(filename, strict=False)
    if guess is None or packed or guess.startswith(("multipart/", "message/")):
        guess = "text/plain" if charset and guess is None and not packed else "application/octet-stream"
    return f"{guess}; charset={charset}" if charset and guess.startswith("text/") else guess


def content_id(given: str | None, field: str) -> str:
    """Return a Content-ID without its angle brackets (RFC 2392)."""
    if not given:
        return ""
    cid = given[1:-1] if given[0] == "<" and given[-1] == ">" else given
    if len(cid) > _PARAMETER_MAX or not re.match(_CID, cid):
        raise invalid(f"{field}.cid", f"must be ASCII without blanks and brackets, not {describe(given)}")
    return cid
