"""Which of Babel's locales a script means by `fr-FR`, and which digits it has."""

from __future__ import annotations

import re

from babel.core import Locale, UnknownLocaleError

_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_ZEROS = {"arab": 0x660, "arabext": 0x6F0, "beng": 0x9E6, "deva": 0x966, "mymr": 0x1040}


class RangeError(Exception):
    """What JavaScript's functions throw for an argument nobody knows; the text is Node's."""


def find(tags: object) -> Locale:
    """Return the first locale known of a tag or a list of them, English of the United States where there is none."""
    if not isinstance(tags, list):
        tags = [tags] if isinstance(tags, str) else []  # of a number or an object the language makes no list
    for tag in tags:
        if not isinstance(tag, str) or not _TAG.fullmatch(tag):
            raise RangeError("Incorrect locale information provided")
        parts = re.split(r"-[uxt]-", tag, maxsplit=1)[0].split("-")
        while parts:
            try:
                return Locale.parse("_".join(parts))
            except (UnknownLocaleError, ValueError):
                parts.pop()
    return Locale.parse("en_US")


def digits(text: str, locale: Locale) -> str:
    """Return text with the digits that the locale writes by default."""
    zero = _ZEROS.get(locale.default_numbering_system)
    return text if zero is None else text.translate({ord("0") + n: zero + n for n in range(10)})
