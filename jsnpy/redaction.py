"""Secrets, in every encoding a server or a traceback may show them in, out of every text."""

from __future__ import annotations

from jsnpy.json_text import dumps
from jsnpy.text import harmless, printable

MASK = "[redacted]"

_SHORT = 4
_BEGUN = 3
_MIDDLE = 8
_SHORTEST_CORE = 5
_TOKEN = 40  # characters of a secret that is a token, of which a part is as telling
_PIECE = 16  # characters of such a part
_ODD = 6  # characters of a secret that is worth a look for what no program does by itself
_LONG = 200  # and of one of which nobody does it by hand
_PASSING = 16
_ALNUM = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_UNRESERVED = _ALNUM | frozenset(b"-._~")
_PRINTABLE = frozenset(range(0x20, 0x7F))
_BETWEEN = dict.fromkeys({*range(128)} - _UNRESERVED - {*b"+/"}, " ")


class Redactor:
    """Knows the secrets of a run, or of one mail of it, and masks them.

    A secret under four characters is masked only where it stands alone ("25" is not masked inside "250").

    Args:
        above: the run's, for the one of a mail: a run may send thousands of mails with a password each, and no text of
            a mail is searched for the passwords of all the others.
    """

    def __init__(self, above: Redactor | None = None) -> None:
        self._above = above
        self._known: set[str] = set()
        self._forms: set[str] = set()
        self._passing: list[set[str]] = []
        self._below: dict[str, None] = {}
        self._tokens: list[str] = []
        self._recent: dict[str, set[str]] = {}
        self._searched: tuple[str, ...] | None = ()
        self._searched_above: tuple[str, ...] = ()

    def add(self, secret: str) -> None:
        """Mask `secret` from now on: as it is, in base64 (at any place inside a longer text), escaped, in hex."""
        if not secret or self.knows(secret):
            return
        self._known.add(secret)
        if len(secret) >= _TOKEN:
            self._tokens.append(secret)
        if self._above is None:
            self._learn(_all_forms(secret))
        else:
            self._learn(self._above.note_below(secret))

    def add_form(self, text: str) -> None:
        """Mask `text` exactly as it is: for what is made of a secret, such as a token in base64."""
        self._learn({text})

    def add_passing(self, secret: str) -> None:
        """Mask what is a secret of one log-in only, such as a digest, until a few more of its kind have come.

        A session that is kept open serves later mails too, so it is masked in all mails of the run.
        """
        if self._above is not None:
            self._above.add_passing(secret)
        elif secret:
            self._passing = [*self._passing[1 - _PASSING :], _forms(secret)]
            self._searched = None

    def recall(self) -> None:
        """Mask the passwords of all mails of the run in each form: for a text that may hold any of them."""
        for secret in tuple(self._below):
            self.add(secret)

    def knows(self, secret: str) -> bool:
        """Return whether a secret was added here or above."""
        return secret in self._known or (self._above is not None and self._above.knows(secret))

    def note_below(self, secret: str) -> set[str]:
        """Remember the password of a mail, and return its forms; those of the last few mails are still there."""
        self._below[secret] = None
        forms = self._recent.get(secret)
        if forms is None:
            forms = _all_forms(secret)
            self._recent = dict([*self._recent.items()][1 - _PASSING :])
            self._recent[secret] = forms
        return forms

    def _learn(self, forms: set[str]) -> None:
        self._forms |= forms - {""}
        self._searched = None

    def searched_for(self) -> tuple[str, ...]:
        """Return what texts are searched for, which does not depend on the number of mails there were."""
        above = () if self._above is None else self._above.searched_for()
        if self._searched is None or above is not self._searched_above:
            self._searched, self._searched_above = tuple(self._forms.union(above, *self._passing)), above
        return self._searched

    def finds(self, text: str) -> bool:
        """Return whether a secret is in `text`."""
        return any(len(form) >= _SHORT and form in text for form in (*self.searched_for(), *tuple(self._below)))

    def scrub(self, text: str) -> str:
        """Return `text` with each secret replaced by "[redacted]", and each long piece of a token."""
        text = self._without_secrets(text)
        tokens = self.tokens()
        words = {each.strip(".") for each in text.translate(_BETWEEN).split()} if tokens else set[str]()
        for word in sorted(words, key=len, reverse=True):
            if len(word) >= _PIECE and any(word in token for token in tokens):
                text = text.replace(word, MASK)
        return text

    def tokens(self) -> list[str]:
        """Return the secrets here and above that are as long as tokens."""
        return self._tokens if self._above is None else self._tokens + self._above.tokens()

    def _without_secrets(self, text: str) -> str:
        found = [form for form in (*self.searched_for(), *tuple(self._below)) if form in text]
        if not found:
            return text
        pieces = text.split(MASK)
        # Longest first, so that no part of a long form is left after a short one was masked.
        for form in sorted(found, key=len, reverse=True):
            cut = _split_words if len(form) < _SHORT else str.split
            pieces = [part for piece in pieces for part in cut(piece, form)]
        return MASK.join(pieces)

    def scrub_lines(self, lines: list[str]) -> list[str]:
        """Return the lines of one text scrubbed, also of a secret that goes over the end of a line."""
        whole = "".join(lines).replace(" ", "")  # a server may have put blanks at the ends of its lines
        forms = [form.replace(" ", "") for form in (*self.searched_for(), *tuple(self._below))]
        found = [form for form in forms if len(form) >= _SHORT and form in whole]
        if not found:
            return lines
        places = [number for number, line in enumerate(lines) for char in line if char != " "]
        hidden: set[int] = set()
        for form in found:
            position = whole.find(form)
            while position >= 0:
                first, last = places[position], places[position + len(form) - 1]
                hidden.update(range(first, last + 1) if last > first else ())
                position = whole.find(form, position + 1)
        return [MASK if number in hidden else self.scrub(line) for number, line in enumerate(lines)]

    def scrub_line(self, line: str, before: str, *, is_last: bool) -> str:
        """Return a line of a text scrubbed, also of the part of a secret that stands in it.

        Args:
            line: the line.
            before: the lines before it, put together.
            is_last: whether no line follows that may hold the rest of a secret.
        """
        part = line.strip()
        if len(part) >= _MIDDLE and any(part in form for form in self.searched_for()):
            return MASK
        if before:
            whole = self._without_secrets(before) + self._without_secrets(line)
            if self.finds(whole) or self.finds(whole.replace(" ", "")):
                return MASK
        if is_last:
            return self.scrub(line)
        so_far = (before + line).replace(" ", "")
        if before and self._begun(so_far) < len(before.replace(" ", "")):
            return MASK  # the middle of what began before
        return self.scrub_cut(line)

    def scrub_cut(self, text: str) -> str:
        """Return what `scrub` does of a text that was cut at its end, without what the cut left of a secret there."""
        text = self.scrub(text)
        end = self._begun(text)
        return text if end == len(text) else text[:end] + MASK

    def _begun(self, text: str) -> int:
        """Return where `text` ends in a beginning of a secret, or its length."""
        return min((_begun(text, form) for form in self.searched_for()), default=len(text))


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


def _all_forms(secret: str) -> set[str]:
    """Return a secret's forms, and those of its parts."""
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
    from binascii import b2a_base64

    none: frozenset[int] = frozenset()
    wide = secret.encode("utf-16-le", "surrogatepass")
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


def _percent(data: bytes) -> set[str]:
    """As URLs and forms, and, by the same rule, the headers and bodies of mails write it."""
    from binascii import b2a_qp

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
