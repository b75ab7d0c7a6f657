"""A checked mail as the bytes that go on the wire (RFC 5322, 2045-2047): CRLF, 7 bit, no line over 998 bytes."""

from __future__ import annotations

import io
import os
import struct
import time
from binascii import b2a_base64, b2a_qp

from jsnpy.record import Record
from jsnpy.smtp.headers import LINE, LINE_MAX, address_header, fold, old_parameter, parameter, text_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.attachment import Attachment
    from jsnpy.smtp.request import Request

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_7BIT = bytes([*b"\t\r\n", *range(0x20, 0x7F)])

# One line of base64, 76 characters, comes of 57 bytes; so many lines are made at once, without a loop over them.
_LINES = 4096
_RAW_LINE = 57
_PIECE = _RAW_LINE * _LINES
_READ = 8 * _PIECE  # of a file at a time: more takes memory, less takes time
_FORMAT = "76s" * _LINES


class Message(Record):
    """A mail ready to be sent, or to be kept and sent later.

    Attributes:
        data: the message's bytes, with CRLF and without dot-stuffing.
        message_id: its Message-ID with angle brackets.
    """

    data: bytes
    message_id: str

    @property
    def needs_8bit(self) -> bool:
        """Whether it has bytes over 127, as only headers with internationalised addresses have (RFC 6532)."""
        return not self.data.isascii()


def build(request: Request) -> Message:
    """Return the message of a request, with a Date and a Message-ID of its own."""
    message_id = f"<{time.time_ns():x}.{os.urandom(8).hex()}@{request.sender.domain}>"
    out = io.BytesIO()
    out.write(address_header("From", [request.sender]))
    if request.to:
        out.write(address_header("To", request.to))
    elif not request.cc:
        out.write(b"To: undisclosed-recipients:;\r\n")  # some servers refuse a mail with neither
    if request.cc:
        out.write(address_header("Cc", request.cc))
    if request.reply_to:
        out.write(address_header("Reply-To", request.reply_to))
    out.write(text_header("Subject", request.subject, LINE))
    out.write(f"Date: {date(time.time())}\r\n".encode())
    out.write(text_header("Message-ID", message_id))
    out.write(b"MIME-Version: 1.0\r\n")
    for name, value in request.headers:
        out.write(text_header(name, value) if isinstance(value, str) else address_header(name, value))
    if not any(name.lower() == "auto-submitted" for name, _ in request.headers):
        out.write(b"Auto-Submitted: auto-generated\r\n")  # RFC 3834: no out-of-office answers an alert
    _content(request).write(out)
    out.seek(-2, io.SEEK_END)
    if out.read() != b"\r\n":
        out.write(b"\r\n")
    return Message(data=out.getvalue(), message_id=message_id)


def date(seconds: float) -> str:
    """Return a moment as a Date field says it, in local time (RFC 5322 section 3.3).

    Args:
        seconds: since 1970.
    """
    now = time.localtime(seconds)
    # Not by strftime, whose names are the locale's; nor by email.utils, whose import costs more than this package.
    day, month = _DAYS[now.tm_wday], _MONTHS[now.tm_mon - 1]
    east, minutes = "-" if now.tm_gmtoff < 0 else "+", abs(now.tm_gmtoff) // 60
    clock = f"{now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02}"
    return f"{day}, {now.tm_mday:02} {month} {now.tm_year:04} {clock} {east}{minutes // 60:02}{minutes % 60:02}"


class _Text:
    def __init__(self, text: str, subtype: str) -> None:
        self.text = text
        self.subtype = subtype

    def write(self, out: io.BytesIO) -> None:
        encoding, data = encode_text(self.text)
        out.write(f"Content-Type: text/{self.subtype}; charset=utf-8\r\n".encode())
        out.write(b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n")
        out.write(data)


class _File:
    def __init__(self, attachment: Attachment, *, inline: bool) -> None:
        self.attachment = attachment
        self.inline = inline

    def write(self, out: io.BytesIO) -> None:
        attachment = self.attachment
        kind = fold(f"Content-Type: {attachment.content_type}", len("Content-Type: "))
        disposition = "inline" if self.inline else "attachment"
        name = parameter("filename", attachment.filename)
        if not attachment.names_itself:
            kind += f";\r\n {old_parameter('name', attachment.filename)}"
        out.write(f"{kind}\r\nContent-Transfer-Encoding: base64\r\n".encode())
        out.write(f"Content-Disposition: {disposition};\r\n {name}\r\n".encode())
        if attachment.cid:
            out.write(f"Content-ID: <{attachment.cid}>\r\n".encode())
        out.write(b"\r\n")
        attachment.hand_over(lambda data: write_base64(data, out), _READ)


class _Multipart:
    def __init__(self, subtype: str, parts: list[_Text | _File | _Multipart]) -> None:
        self.subtype = subtype
        self.parts = parts

    def write(self, out: io.BytesIO) -> None:
        boundary = f"=_{os.urandom(16).hex()}"
        out.write(f'Content-Type: multipart/{self.subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode())
        for part in self.parts:
            out.write(f"--{boundary}\r\n".encode())
            part.write(out)
            if isinstance(part, _Text):
                out.write(b"\r\n")  # the line end before a boundary is the boundary's, not the text's
        out.write(f"--{boundary}--\r\n".encode())


def _content(request: Request) -> _Text | _File | _Multipart:
    shown = [each for each in request.attachments if each.cid and request.html is not None]
    kept: list[_Text | _File | _Multipart] = [
        _File(each, inline=False) for each in request.attachments if each not in shown
    ]
    bodies: list[_Text | _File | _Multipart] = []
    if request.body is not None:
        bodies.append(_Text(request.body, "plain"))
    if request.html is not None:
        html = _Text(request.html, "html")
        bodies.append(_Multipart("related", [html, *(_File(each, inline=True) for each in shown)]) if shown else html)
    content = bodies[0] if len(bodies) == 1 else _Multipart("alternative", bodies)
    return _Multipart("mixed", [content, *kept]) if kept else content


def encode_text(text: str) -> tuple[bytes, bytes]:
    """Return the shortest transfer encoding of a text and the encoded bytes; its line ends become CRLF."""
    data = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode("utf-8")
    if not data.translate(None, _7BIT) and max(map(len, data.split(b"\r\n"))) <= LINE_MAX:
        return b"7bit", data
    quoted = b2a_qp(data, istext=True)
    if b"\n" not in data:  # then its soft line breaks are bare LFs: it copies the kind it finds
        quoted = quoted.replace(b"\n", b"\r\n")
    lines = -(-len(data) // _RAW_LINE)
    if len(quoted) <= -(-len(data) // 3) * 4 + 2 * lines:
        return b"quoted-printable", quoted
    out = io.BytesIO()
    write_base64(data, out)
    return b"base64", out.getvalue()


def write_base64(data: bytes, out: io.BytesIO) -> None:
    """Write data in base64, in lines of 76 characters that end in CRLF."""
    view = memoryview(data)
    for start in range(0, len(data), _PIECE):
        text = b2a_base64(view[start : start + _PIECE], newline=False)
        if len(text) == 76 * _LINES:
            out.write(b"\r\n".join(struct.unpack(_FORMAT, text)))
        else:
            out.write(b"\r\n".join([text[line : line + 76] for line in range(0, len(text), 76)]))
        out.write(b"\r\n")
