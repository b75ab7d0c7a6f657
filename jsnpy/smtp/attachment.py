"""Files that go with a mail: their bytes, their type, their place in the html."""

from __future__ import annotations

import os
import re

from jsnpy.record import Record
from jsnpy.smtp.values import describe, invalid, one_line
from jsnpy.text import printable, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = ("filename", "content", "encoding", "content_type", "cid", "path")

_PARAMETER_MAX = 255
_TOKEN = r"[A-Za-z0-9!#$&^_.+-]+"  # noqa: S105 - a pattern of RFC 2045
# Compiled when first used: most mails have no attachment.
_CONTENT_TYPE = rf'{_TOKEN}/{_TOKEN}(?: *; *{_TOKEN}=(?:{_TOKEN}|"[ !#-\[\]-~]*"))*\Z'
_CHARSET = r'; *charset *= *"?([^ ";]+)'
_OFFICE = {
    ".docx": "wordprocessingml.document",
    ".xlsx": "spreadsheetml.sheet",
    ".pptx": "presentationml.presentation",
}
"""Types that Python's table has from 3.14 on only."""
_CID = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]+\Z"


class Attachment(Record):
    """A file that goes with the mail.

    Attributes:
        filename: its name for the receiver.
        data: its bytes, where they were given.
        path: the file that holds them, where one was named.
        field: what the script calls that.
        content_type: its MIME type, with parameters.
        cid: the Content-ID that `html` shows it by, or "".
    """

    filename: str
    content_type: str
    data: bytes = b""
    path: str = ""
    field: str = ""
    cid: str = ""

    @property
    def names_itself(self) -> bool:
        """Whether the type holds a file name already, of the script's own."""
        return re.search("; *name *=", self.content_type, re.IGNORECASE) is not None

    def hand_over(self, take: Callable[[bytes], object], size: int) -> None:
        """Hand on its bytes; a file's so many at a time, as a big one is not to be in memory beside its base64."""
        if self.path:
            read(self.path, self.field, take, size)
        else:
            take(self.data)


def parse(given: dict[object, object], field: str, locate: Callable[[str, str], str]) -> Attachment:
    """Return what an element of `attachments` stands for.

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
            hint = 'give bytes as base64 text with encoding: "base64"' if name == "content" else ""
            raise invalid(f"{field}.{name}", f"must be a string, not {describe(each)}", hint)
        strings[name] = each
    path, content, filename = strings["path"], strings["content"], strings["filename"]
    if (path is None) == (content is None):
        raise invalid(field, "needs either path or content" + ("" if path is None else ", not both"))
    if path is not None:
        path = locate(path, f"{field}.path")
        filename = os.path.basename(path) if filename is None else filename
    filename = one_line(filename or "").strip(" ")
    if not filename:
        raise invalid(f"{field}.filename", "is missing or empty")
    encoding = (strings["encoding"] or "utf-8").lower()
    if encoding not in ("utf-8", "utf8", "base64"):
        raise invalid(f"{field}.encoding", f'must be "utf-8" or "base64", not {describe(strings["encoding"])}')
    is_text = path is None and encoding != "base64"
    kind = content_type(strings["content_type"], filename, field, is_text=is_text)
    data = b""
    if path is not None:
        read(path, f"{field}.path", lambda _: None, 0)  # whether it can be read is said in its turn
    elif is_text:
        data = encoded(content or "", kind, field)
    else:
        data = from_base64(content or "", field)
    cid = content_id(strings["cid"], field)
    return Attachment(filename=filename, content_type=kind, data=data, path=path or "", field=f"{field}.path", cid=cid)


def read(path: str, field: str, take: Callable[[bytes], object], size: int) -> None:
    """Hand on the bytes of a file, so many at a time; raises SendFailure with Code.ARGUMENT where it cannot be read."""
    try:
        with open(path, "rb") as file:
            while piece := file.read(size):
                take(piece)
    except OSError as error:
        raise invalid(field, f"cannot be read: {printable(path)}: {error.strerror or error}") from None
    except MemoryError:
        raise invalid(field, f"is too large for this machine's memory: {printable(path)}") from None


def encoded(text: str, kind: str, field: str) -> bytes:
    """Return the bytes of a text in the charset that its type names."""
    charset = re.search(_CHARSET, kind, re.IGNORECASE)
    name = charset[1] if charset else "utf-8"
    try:
        return whole(text).encode(name)
    except (LookupError, UnicodeError):
        why = f'names the charset "{name}", which the text in content cannot be written in'
        raise invalid(f"{field}.content_type", why, "leave the charset out for utf-8") from None


def from_base64(content: str, field: str) -> bytes:
    """Return the bytes of a text in base64, whatever its layout."""
    import binascii

    try:
        packed = content.encode("ascii").translate(None, b" \t\r\n")
        packed = packed.rstrip(b"=")
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4), strict_mode=True)
    except (UnicodeError, ValueError) as error:
        raise invalid(f"{field}.content", f"is not base64: {error}") from None


def content_type(given: str | None, filename: str, field: str, *, is_text: bool) -> str:
    """Return the MIME type given, or the one the file name stands for (RFC 2045 section 5.1).

    Args:
        given: the script's content_type.
        filename: the attachment's name.
        field: the element of `attachments`.
        is_text: whether it is made from a text; such types have a charset, utf-8 if the script names none.
    """
    kind = _checked_type(given, field) if given else _guessed_type(filename, is_text=is_text)
    named = not is_text or not kind.lower().startswith("text/") or re.search(_CHARSET, kind, re.IGNORECASE)
    return kind if named else f"{kind}; charset=utf-8"


def _checked_type(given: str, field: str) -> str:
    kind = one_line(given)
    if len(kind) > _PARAMETER_MAX or not re.match(_CONTENT_TYPE, kind):
        raise invalid(f"{field}.content_type", f'must be like "text/csv", not {describe(kind)}')
    if kind.lower().startswith(("multipart/", "message/")):
        raise invalid(f"{field}.content_type", f'cannot be {kind}; use "application/octet-stream"')
    return kind


def _guessed_type(filename: str, *, is_text: bool) -> str:
    import mimetypes

    # The built-in table alone: this machine's registry may call a .csv a spreadsheet.
    table = mimetypes.MimeTypes()
    for ending, kind in _OFFICE.items():
        table.add_type(f"application/vnd.openxmlformats-officedocument.{kind}", ending)
    guess, packed = table.guess_type(f"./{filename}", strict=False)
    if guess is None and not packed and is_text:
        return "text/plain"
    if guess is None or packed or guess.startswith(("multipart/", "message/")):
        return "application/octet-stream"
    return guess


def content_id(given: str | None, field: str) -> str:
    """Return a Content-ID without its angle brackets (RFC 2392)."""
    if not given:
        return ""
    cid = given[1:-1] if given[0] == "<" and given[-1] == ">" else given
    if len(cid) > _PARAMETER_MAX or not re.match(_CID, cid):
        raise invalid(f"{field}.cid", f"must be ASCII without blanks and brackets, not {describe(given)}")
    return cid
