"""How servers, web pages, mails and error texts may write a secret; imported when there is one."""

from __future__ import annotations

from binascii import b2a_base64, b2a_qp

from jsnpy.json_text import dumps
from jsnpy.text import harmless, printable

_SHORT = 4
_SHORTEST_CORE = 5
_ODD = 6  # characters of a secret that is worth a look for what no program does by itself
_LONG = 200  # and of one of which nobody does it by hand
_ALNUM = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_UNRESERVED = _ALNUM | frozenset(b"-._~")
_PRINTABLE = frozenset(range(0x20, 0x7F))


def with_parts(secret: str) -> set[str]:
    """Return how a secret may be written, and each of its parts."""
    forms = _forms(secret)
    # A log shows it in several lines, and not every server keeps the blanks around it.
    for part in (*secret.splitlines(), secret.strip()):
        if len(part) >= _SHORT and part != secret:
            forms |= _forms(part)
    return forms


def _forms(secret: str) -> set[str]:
    """Return a secret as servers, web pages, mails and error texts write it."""
    data = secret.encode("utf-8", "surrogatepass")
    forms = {secret, data.hex(), data.hex().upper(), *_base64(data), *_escaped(secret, data), *_percent(data)}
    if len(secret) >= _SHORT:
        forms |= {secret.upper(), secret.lower(), secret.swapcase()}
    return forms | _rare(secret, data) if _ODD <= len(secret) <= _LONG else forms


def _rare(secret: str, data: bytes) -> set[str]:
    """As dumps, old character sets and jokers write it: each character on its own, or all turned round."""
    none: frozenset[int] = frozenset()
    wide = secret.encode("utf-16", "surrogatepass")[2:]  # which needs no codec's import, as "utf-16-le" does
    return {
        secret[::-1],
        *(data.hex(mark) for mark in " :-"),
        *(data.hex(mark).upper() for mark in " :-"),
        *(_by_byte(data, none, form) for form in ("%{:02x}", "%{:02X}", "={:02X}", "\\x{:02x}", "\\{:03o}")),
        *(_by_byte(data, none, form).strip(" ,") for form in ("0x{:02x} ", "0x{:02x}, ", "{} ", "{}, ", "{},")),
        *(
            "".join(form.format(ord(char)) for char in secret)
            for form in ("&#{};", "&#x{:x};", "&#x{:X};", "\\u{:04x}")
        ),
        " ".join(secret),
        harmless(wide.decode("utf-8", "backslashreplace")),
        *_base64(wide),
        *_base64(secret.encode("latin-1", "replace")),
        *_base64(b2a_base64(data, newline=False)),
    }


def _base64(data: bytes) -> set[str]:
    forms = set()
    for before in range(3):  # how many bytes of a group of three come before the secret
        text = b2a_base64(b"\0" * before + data, newline=False)
        whole = text.rstrip(b"=")
        core = whole[(0, 2, 3)[before] : len(text) // 4 * 4 - (0, 3, 2)[(before + len(data)) % 3]]
        for form in (text, whole, core) if before == 0 else (core,):
            if len(form) >= _SHORTEST_CORE or (before == 0 and form is text):
                forms |= {form.decode(), form.decode().replace("+", "-").replace("/", "_")}
    return forms


def _percent(data: bytes) -> set[str]:
    """As URLs and forms, and, by the same rule, the headers and bodies of mails write it."""
    spared = _by_byte(data, _UNRESERVED, "%{:02X}")
    return {
        _by_byte(data, _ALNUM, "%{:02X}"),
        _by_byte(data, _ALNUM, "%{:02x}"),
        spared,
        _by_byte(data, _UNRESERVED | frozenset(b"!'()*"), "%{:02X}"),  # as JavaScript's encodeURIComponent
        spared.replace("%2F", "/"),
        spared.replace("%20", "+"),
        b2a_qp(data, istext=False).decode().replace("=\n", ""),
        _by_byte(data, _ALNUM, "={:02X}").replace("=20", "_"),
    }


def _escaped(secret: str, data: bytes) -> set[str]:
    """As JSON, JavaScript, Python, logs and HTML write it."""
    markup = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    quoted = markup.replace('"', "&quot;")
    json, plain_json = dumps(secret)[1:-1], secret.replace("\\", "\\\\").replace('"', '\\"')
    return {
        plain_json,
        plain_json.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),  # as Go does
        json,
        json.replace("/", "\\/"),  # as PHP does
        repr(secret)[1:-1],
        harmless(secret),
        printable(secret),
        secret.encode("ascii", "backslashreplace").decode(),
        _by_byte(data, _PRINTABLE, "\\x{:02x}"),
        _by_byte(secret.encode("latin-1", "replace"), _PRINTABLE, "\\x{:02x}"),
        markup,
        quoted,
        quoted.replace("'", "&#x27;"),
        quoted.replace("'", "&#39;"),
        quoted.replace("'", "&apos;"),  # as XML has it
        markup.replace('"', "&#34;").replace("'", "&#39;"),  # as templates of Python and Go do
    }


def _by_byte(data: bytes, kept: frozenset[int], form: str) -> str:
    return data.decode("latin-1").translate({byte: form.format(byte) for byte in set(data) - kept})
