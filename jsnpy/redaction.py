"""Secrets, in every encoding a server or a traceback may show them in, out of every text."""

from __future__ import annotations

MASK = "[redacted]"

_SHORT = 4
_BEGUN = 3
_MIDDLE = 8
_TOKEN = 40  # characters of a secret that is a token, of which a part is as telling
_PIECE = 16  # characters of such a part
_PASSING = 16
_BETWEEN = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "-._~+/")}


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
            self._learn(_spelt(secret))
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
            self._passing = [*self._passing[1 - _PASSING :], _spelt(secret)]
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
            forms = _spelt(secret)
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


def _spelt(secret: str) -> set[str]:
    from jsnpy import spellings  # which most runs without a mail can do without

    return spellings.with_parts(secret)


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
