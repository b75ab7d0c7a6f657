"""Who a certificate is for, from whom, until when: read from its DER, as `ssl` only tells of verified ones."""

from __future__ import annotations

import time

_NAMES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
}
_CONTEXT_0 = 0xA0
_UTC_TIME = 0x17
_BMP_STRING = 0x1E
_LONG_LENGTH = 0x80


def facts(der: bytes) -> str:
    """Return subject, issuer and expiry of a certificate (RFC 5280 section 4.1)."""
    try:
        subject, issuer, expires = _read(der)
    except (IndexError, UnicodeError, ValueError):
        return f"{len(der)} bytes that cannot be read"
    return f"subject {subject}, issuer {issuer}, expires {expires}"


def expired(chain: list[bytes]) -> str:
    """Return which certificate of a chain has expired and when, as the end of a sentence, or ""."""
    now = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    for number, der in enumerate(chain):
        try:
            subject, _, expires = _read(der)
        except (IndexError, UnicodeError, ValueError):
            continue
        if expires < now:
            whose = f", that of {subject}," if number else ":"
            return f"{whose} it expired on {expires[:10]}"
    return ""


def missing_issuer(chain: list[bytes]) -> str:
    """Return the name of who signed the last certificate of a chain, where that is nobody in the chain, or ""."""
    try:
        read = [_read(der) for der in chain]
    except (IndexError, UnicodeError, ValueError):
        return ""
    known = {subject for subject, _, _ in read}
    return next((issuer for _, issuer, _ in read if issuer not in known), "")


def _read(der: bytes) -> tuple[str, str, str]:
    signed = _children(_children(_children(der)[0][1])[0][1])
    fields = signed[1:] if signed[0][0] == _CONTEXT_0 else signed  # the version is optional
    return _name(fields[4][1]), _name(fields[2][1]), _time(*_children(fields[3][1])[1])


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """Return the (tag, content) pairs in DER-encoded data."""
    children = []
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & _LONG_LENGTH:
            size = length & 0x7F
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        if position + length > len(data):
            raise ValueError("cut short")
        children.append((tag, data[position : position + length]))
        position += length
    return children


def _name(data: bytes) -> str:
    parts = []
    for _, attributes in _children(data):
        for _, attribute in _children(attributes):
            (_, oid), (tag, value) = _children(attribute)
            text = value.decode("utf-16-be" if tag == _BMP_STRING else "utf-8", "replace")
            parts.append(f"{_NAMES.get(oid, 'OID ' + oid.hex())}={text}")
    return ", ".join(parts) or "(empty)"


def _time(tag: int, data: bytes) -> str:
    text = data.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    return f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]} UTC"
