"""Secrets, in every encoding a server or a traceback may show them in, out of every text."""

import codecs

from jsnpy.json_text import dumps

MASK = "[redacted]"

_SHORT = 4
_BEGUN = 3
_SHORTEST_CORE = 5
_PASSING = 16
_ALNUM = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_PRINTABLE = frozenset(range(0x20, 0x7F))


class Redactor:
    """Knows the secrets of a run and masks them.

    A secret under four characters is masked only where it stands alone ("25" is not masked inside "250").
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._lasting: set[str] = set()
        self._passing: list[set[str]] = []
        self._forms: list[str] = []

    def add(self, secret: str) -> None:
        """Mask `secret` from now on: as it is, in base64 (at any place inside a longer text), hex, escaped."""
        if not secret or secret in self._known:
            return
        self._known.add(secret)
        forms = {secret, *_encodings(secret)}
        # A log shows it in several lines, and not every server keeps the blanks around it.
        for part in (*secret.splitlines(), secret.strip()):
            if len(part) >= _SHORT and part != secret:
                forms |= {part, *_encodings(part)}
        self._learn(forms)

    def add_form(self, text: str) -> None:
        """Mask `text` exactly as it is: for what is made of a secret, such as a digest."""
        if text and text not in self._known:
            self._known.add(text)
            self._learn({text})

    def add_passing(self, secret: str) -> None:
        """Mask what is a secret of one log-in only, such as a digest, until a few more of its kind have come.

        A run that sends thousands of mails would else search each text for all the digests there ever were.
        """
        if secret:
            self._passing = [*self._passing[1 - _PASSING :], {secret, *_encodings(secret)}]
            self._learn(set())

    def _learn(self, forms: set[str]) -> None:
        self._lasting |= forms
        # Longest first, so that no part of a long form is left over after a short one was masked.
        known = self._lasting.union(*self._passing) - {""}
        self._forms = sorted(known, key=lambda form: (-len(form), form))

    def finds(self, text: str) -> bool:
        """Return whether a secret is in `text`."""
        return any(len(form) >= _SHORT and form in text for form in self._forms)

    def scrub(self, text: str) -> str:
        """Return `text` with each secret replaced by "[redacted]"."""
        if not self._forms or not text:
            return text
        pieces = text.split(MASK)
        for form in self._forms:
            if form in text:
                cut = _split_words if len(form) < _SHORT else str.split
                pieces = [part for piece in pieces for part in cut(piece, form)]
        return MASK.join(pieces)

    def scrub_cut(self, text: str) -> str:
        """Return what `scrub` does of a text that was cut at its end, without what the cut left of a secret there."""
        text = self.scrub(text)
        end = min((_begun(text, form) for form in self._forms), default=len(text))
        return text if end == len(text) else text[:end] + MASK


def _begun(text: str, form: str) -> int:
    """Return where `text` ends in a beginning of `form`, of three characters at least, or its length."""
    head = form[:_BEGUN]
    position = text.find(head, max(0, len(text) - len(form) + 1))
    while position >= 0 and not form.startswith(text[position:]):
        position = text.find(head, position + 1)
    return len(text) if position < 0 else position


def _split_words(text: str, word: str) -> list[str]:
    """Split `text` at `word` where no letter or digit touches it."""
    parts = []
    start = position = 0
    while (found := text.find(word, position)) >= 0:
        end = found + len(word)
        if not text[found - 1 : found].isalnum() and not text[end : end + 1].isalnum():
            parts.append(text[start:found])
            start = end
        position = end
    return [*parts, text[start:]]


def _encodings(secret: str) -> set[str]:
    data = secret.encode("utf-8", "surrogatepass")
    forms = {data.hex(), data.hex().upper()}
    wide, _ = codecs.utf_16_le_encode(secret, "surrogatepass")  # which, unlike encode(), imports no module
    for raw in {data, secret.encode("latin-1", "replace"), wide}:
        forms |= _base64(raw)
    if len(secret) >= _SHORT:
        forms |= {secret.upper(), secret.lower()}
    for escape in _ESCAPES:
        forms.add(escape(secret, data))
    return forms


def _base64(data: bytes) -> set[str]:
    from binascii import b2a_base64  # a library of its own, which a run without secrets spares itself

    forms = set()
    for before in range(3):  # how many bytes of a group of three come before the secret
        text = b2a_base64(b"\0" * before + data, newline=False)
        whole = text.rstrip(b"=")
        core = whole[(0, 2, 3)[before] : len(text) // 4 * 4 - (0, 3, 2)[(before + len(data)) % 3]]
        for form in (text, whole, core) if before == 0 else (core,):
            if len(form) >= _SHORTEST_CORE or (before == 0 and form is text):
                forms |= {form.decode(), form.decode().replace("+", "-").replace("/", "_")}
    return forms


def _percent(_secret: str, data: bytes) -> str:
    return "".join(chr(byte) if byte in _ALNUM else f"%{byte:02X}" for byte in data)


def _percent_lower(_secret: str, data: bytes) -> str:
    return "".join(chr(byte) if byte in _ALNUM else f"%{byte:02x}" for byte in data)


def _percent_sparing(_secret: str, data: bytes) -> str:
    return "".join(chr(byte) if byte in _ALNUM or byte in b"-._~" else f"%{byte:02X}" for byte in data)


def _percent_path(secret: str, data: bytes) -> str:
    return _percent_sparing(secret, data).replace("%2F", "/")


def _percent_form(secret: str, data: bytes) -> str:
    return _percent_sparing(secret, data).replace("%20", "+")


def _xtext(_secret: str, data: bytes) -> str:
    return "".join(chr(byte) if byte in _PRINTABLE and byte not in b" +=" else f"+{byte:02X}" for byte in data)


def _quoted_printable(_secret: str, data: bytes) -> str:
    from binascii import b2a_qp

    return b2a_qp(data, istext=False).decode().replace("=\n", "")


def _q_word(_secret: str, data: bytes) -> str:
    return "".join(chr(byte) if byte in _ALNUM else f"={byte:02X}" for byte in data).replace("=20", "_")


def _bytes_escaped(_secret: str, data: bytes) -> str:
    return "".join(chr(byte) if byte in _PRINTABLE else f"\\x{byte:02x}" for byte in data)


def _latin_escaped(secret: str, _data: bytes) -> str:
    return _bytes_escaped("", secret.encode("latin-1", "replace"))


def _unicode_escaped(secret: str, _data: bytes) -> str:
    return secret.encode("ascii", "backslashreplace").decode()


def _json(secret: str, _data: bytes) -> str:
    return secret.replace("\\", "\\\\").replace('"', '\\"')


def _json_ascii(secret: str, _data: bytes) -> str:
    return dumps(secret)[1:-1]


def _repr(secret: str, _data: bytes) -> str:
    return repr(secret)[1:-1]


def _html(secret: str, _data: bytes) -> str:
    return secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _html_quoted(secret: str, data: bytes) -> str:
    return _html(secret, data).replace('"', "&quot;")


def _html_all_quoted(secret: str, data: bytes) -> str:
    return _html_quoted(secret, data).replace("'", "&#x27;")


def _html_decimal(secret: str, data: bytes) -> str:
    return _html_quoted(secret, data).replace("'", "&#39;")


def _spaced_hex(_secret: str, data: bytes) -> str:
    return data.hex(" ")


_ESCAPES = (
    _percent,
    _percent_lower,
    _percent_sparing,
    _percent_path,
    _percent_form,
    _xtext,
    _quoted_printable,
    _q_word,
    _bytes_escaped,
    _latin_escaped,
    _unicode_escaped,
    _json,
    _json_ascii,
    _repr,
    _html,
    _html_quoted,
    _html_all_quoted,
    _html_decimal,
    _spaced_hex,
)
