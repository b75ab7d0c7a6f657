"""A mail's bytes read as a mail reader would: headers, text, HTML, attachments; made safe to print."""

from __future__ import annotations

import email
import email.policy
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import idna

from jsnpy.record import Record, field
from jsnpy.text import escaped

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

# Bidirectional controls can make "exe.fdp" of "pdf.exe", and other invisible characters hide words of their own; the
# marks and joiners that scripts and emoji need stay.
_BIDI = "\u202a-\u202e\u2066-\u2069"
_HIDDEN = "\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
_OBEYED = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_BIDI}{_HIDDEN}]")
BODY = "\n\t\xad\u200b"
"""What a text of several lines keeps of them: line ends, and where long words of Thai or German may be broken."""

_SKIPPED = frozenset({"script", "style", "head", "title", "template"})
_KB, _MB = 1000, 1_000_000
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "blockquote",
        "div",
        "dl",
        "dt",
        "dd",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    }
    | {"header", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"}
)


class Attachment(Record):
    """A part of a mail that is no text to read: name ("" for none), type, decoded bytes, Content-ID."""

    name: str
    content_type: str
    data: bytes
    cid: str = ""


class ReadMail(Record):
    """What a person sees of a mail.

    Attributes:
        headers: all, in order, decoded.
        text: the first text/plain part, None where there is none.
        html: the first text/html part, None where there is none.
        attachments: all other parts.
        people: the names and addresses of headers that hold such, by the header's name in lower case.
    """

    headers: list[tuple[str, str]] = field(default_factory=list)
    text: str | None = None
    html: str | None = None
    attachments: list[Attachment] = field(default_factory=list)
    people: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """Return the first header of that name (in any letter case), decoded, or ""."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def read(raw: bytes) -> ReadMail:
    """Read a mail as received; whatever the bytes are, this gives something to show.

    Args:
        raw: the message (RFC 5322, MIME), with any line ends.
    """
    message = email.message_from_bytes(raw)
    mail = ReadMail(headers=[(name, _header_text(name, value)) for name, value in message.raw_items()])
    for part in _leaves(message):
        _place(part, mail)
    for name, value in message.raw_items():
        if name.lower() in {"from", "to", "cc", "reply-to"}:
            addresses = getattr(_parsed(name, _unfolded(value)), "addresses", ())
            people = [(address.display_name, address.addr_spec) for address in addresses if address.addr_spec != "<>"]
            mail.people.setdefault(name.lower(), people)
    return mail


def named_recipient(address: str, mail: ReadMail) -> bool:
    """Return whether a recipient of the envelope is named in To or Cc; one who is not is a blind copy."""
    return _comparable(address) in (_comparable(each) for name in ("to", "cc") for _, each in mail.people.get(name, ()))


def _comparable(address: str) -> str:
    local, _, domain = address.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        domain = domain.lower()
    return f"{local}@{domain}"


def _leaves(message: Message[str, str]) -> list[Message[str, str]]:
    """The parts that hold content; a mail inside a mail counts as one."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        return [message]
    return [leaf for part in message.get_payload() for leaf in _leaves(part)]  # type: ignore[arg-type]


def _place(part: Message[str, str], mail: ReadMail) -> None:
    kind = part.get_content_type()
    data = _payload(part)
    filename, charset = _said(part.get_filename), _said(part.get_content_charset)
    attached = part.get_content_disposition() == "attachment" or filename is not None
    if kind == "text/plain" and not attached and mail.text is None:
        mail.text = _decoded(data, charset)
    elif kind == "text/html" and not attached and mail.html is None:
        mail.html = _decoded(data, charset)
    else:
        name = _header_text("Subject", filename or "")
        cid = str(part.get("Content-ID", "")).strip(" <>")
        mail.attachments.append(Attachment(name=name, content_type=kind, data=data, cid=cid))


def _said(ask: Callable[[], str | None]) -> str | None:
    """Return what a part says of itself, "" where the library fails at it (RFC 2231, a charset with a NUL in it)."""
    try:
        return ask()
    except ValueError:
        return ""


def _payload(part: Message[str, str]) -> bytes:
    if part.is_multipart():  # a message/* part, parsed already
        return b"".join(inner.as_bytes() for inner in part.get_payload())  # type: ignore[union-attr]
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _decoded(data: bytes, charset: str | None) -> str:
    try:
        text = data.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def _header_text(name: str, value: object) -> str:
    unfolded = _unfolded(value)
    parsed = _parsed(name, unfolded)
    return unfolded if parsed is None else str(parsed)


def _unfolded(value: object) -> str:
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub("[\r\n]+", "", text)


def _parsed(name: str, unfolded: str) -> object:
    try:
        return email.policy.default.header_factory(name, unfolded)
    except Exception:  # noqa: BLE001 - the header parser fails in many ways on headers made to break it
        return None


def visible(text: str, keep: str = "") -> str:
    r"""Return the text with control and bidirectional characters as `\x1b`: nothing a terminal would obey.

    Args:
        text: any text.
        keep: control characters that may stay.
    """
    return _OBEYED.sub(lambda found: found[0] if found[0] in keep else escaped(found[0]), text)


def readable_size(count: int) -> str:
    """Return a number of bytes as a person writes it: "812 bytes", "34.2 KB", "1.5 MB"."""
    if count < _KB:
        return "1 byte" if count == 1 else f"{count} bytes"
    return f"{count / _KB:.1f} KB" if count < _MB else f"{count / _MB:.1f} MB"


def html_as_text(html: str) -> str:
    """Return what an HTML text says: tags gone, a line a block, links' targets in angle brackets."""
    reader = _HtmlText()
    reader.feed(html)
    reader.close()
    lines = [re.sub(r"[ \t\r\f\v]+", " ", line).strip() for line in "".join(reader.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


class _HtmlText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._skipping: list[str] = []
        self._target = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipping.append(tag)
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in {"td", "th"}:
            self.pieces.append("  ")
        elif tag in _BLOCKS:
            self._new_line()
            self.pieces.append("- " if tag == "li" else "")
        elif tag == "a":
            self._target = dict(attrs).get("href") or ""
        elif tag == "img":
            self.pieces.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._skipping:
            del self._skipping[self._skipping.index(tag) :]
        elif tag in _BLOCKS:
            self._new_line()
            self.pieces.append("\n" if tag == "p" else "")
        elif tag == "a":
            if self._target.startswith(("http:", "https:")) and self._target not in self.pieces[-1:]:
                self.pieces.append(f" <{self._target}>")
            self._target = ""

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.pieces.append(re.sub("[ \t\r\n\f]+", " ", data))

    def _new_line(self) -> None:
        written = "".join(self.pieces[-3:]).rstrip(" ")
        if written and not written.endswith("\n"):
            self.pieces.append("\n")
