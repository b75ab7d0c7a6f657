"""Bytes to text: content encodings undone within a limit, then the charset."""

import codecs
import re
import zlib

from jsnpy.web.errors import WebError

LIMIT = 64 * 1024 * 1024
"""Bytes of a body taken for a script, decoded."""

_SLICE = 64 * 1024
_MEMBERS = 10_000  # gzip streams in one body; block-wise gzip of the largest body has a tenth of that
_CHARSET = re.compile(r";\s*charset\s*=\s*(?:\"([^\"]*)\"|([^\s;]*))", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Python's own inventions, of which some are slow or raise where they should replace.
_NO_CHARSETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}
_UNREADABLE = {"br", "zstd", "compress", "x-compress"}


def check_size(body: bytes | bytearray, largest: int) -> None:
    """Raise a WebError for a body over the limit."""
    if len(body) > largest:
        raise WebError(f"the answer is larger than {largest // (1024 * 1024)} MB")


def decompress(body: bytes, encodings: str, largest: int | None = None) -> bytes:
    """Undo the Content-Encoding of a body (RFC 9110 section 8.4).

    Args:
        body: the bytes that came.
        encodings: the header's value: names with commas between, in the order they were applied.
        largest: bytes that may come out, None for `LIMIT`.

    Raises:
        WebError: more come out, the data is broken or cut, or the encoding is another one.
    """
    largest = LIMIT if largest is None else largest
    names = [name.strip().lower() for name in encodings.split(",")]
    for name in reversed(names[:4]):
        if name in _UNREADABLE:
            raise WebError(f"the answer is compressed with {name}, which was not asked for and cannot be read")
        if name in ("gzip", "x-gzip", "deflate") and body:
            try:
                body = _inflate(body, largest, gzip=name != "deflate")
            except zlib.error:
                raise WebError(f"the answer is broken: what it calls {name} is none") from None
    return body


def _inflate(body: bytes, largest: int, *, gzip: bool) -> bytes:
    """Inflate gzip members (RFC 1952), or "deflate" in both meanings found in the wild: zlib, raw."""
    out = bytearray()
    position = 0
    for _ in range(_MEMBERS):
        decoder = zlib.decompressobj(31 if gzip else 15 if _has_zlib_header(body) else -15)
        while not decoder.eof:
            piece = body[position : position + _SLICE]
            if not piece:
                raise WebError("the answer was cut off in the middle of its compressed data")
            position += len(piece)
            out += decoder.decompress(piece, largest + 1 - len(out))
            check_size(out, largest)
        position -= len(decoder.unused_data)
        # Padding after the last member is none of ours.
        if not gzip or body[position : position + 2] != b"\x1f\x8b":
            return bytes(out)
    raise WebError(f"the answer is broken: more than {_MEMBERS} gzip members")


def _has_zlib_header(body: bytes) -> bool:
    # RFC 1950 section 2.2: method 8 in the low four bits, and a check over both bytes.
    return body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0  # noqa: PLR2004 - the RFC's numbers


def text(body: bytes, content_type: str) -> str:
    """Return a body as text: its byte order mark decides, else the charset of Content-Type, else UTF-8.

    What does not decode becomes U+FFFD; an unknown charset is read as UTF-8.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    found = _CHARSET.search(content_type)
    charset = (found[1] or found[2] or "") if found else ""
    try:
        if codecs.lookup(charset).name.replace("_", "-") not in _NO_CHARSETS:
            return body.decode(charset, "replace")
    except (LookupError, ValueError):
        pass  # a name nobody knows, or one of Python's codecs that are no charset
    return body.decode("utf-8", "replace")
