"""Mail addresses: checked, and with the domain as the wire needs it."""

from __future__ import annotations

import re

from jsnpy.record import Record

# No pattern is compiled, about 0.1 ms each, before an address needs it; most need none.
LETTERS_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ATEXT = frozenset(LETTERS_DIGITS + "!#$%&'*+/=?^_`{|}~-")
_LOCAL = ATEXT | {"."}
_LABEL = frozenset(LETTERS_DIGITS + "_-")
_ATEXT_UTF8 = r"[^\x00-\x20\x7f-\xa0\"(),:;<>@\[\\\]]+\Z"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f-\x9f]|\\[\x20-\x7e])*"\Z'
_LITERAL = r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]+)\]\Z"

ADDRESS_MAX = 254
_DOMAIN_MAX = 253
_LABEL_MAX = 63

CONTROL = "line break or control character"
_UNSEEN = {"Cf": "invisible character", "Zs": "blank", "Cc": CONTROL, "Zl": CONTROL, "Zp": CONTROL}
"""Unicode's categories of what cannot be seen, in words."""

_BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0" + "".join(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""Invisible, although Unicode counts them as letters, signs or marks; the last ones are variation selectors."""

_LOST = "\ufffd"
"""What stands where a character could not be read, as half of a surrogate pair."""


class BadAddress(ValueError):  # noqa: N818 - reads as what it is
    """An address, host or name that cannot be used; its text says why."""


class Address(Record):
    """A checked address.

    Attributes:
        email: the address as it was given.
        local: what is left of the "@", as it goes on the wire.
        domain: what is right of it, in ASCII.
        name: the display name, or "".
    """

    email: str
    local: str
    domain: str
    name: str = ""

    @property
    def wire(self) -> str:
        """The address as it goes on the wire, "" for the empty sender."""
        return f"{self.local}@{self.domain}" if self.domain else ""

    @property
    def needs_utf8(self) -> bool:
        """Whether it can only go to a server that offers SMTPUTF8 (RFC 6531)."""
        return not self.local.isascii()

    @property
    def key(self) -> str:
        """What is equal for two spellings of the same mailbox (RFC 5321 section 2.4: only the domain ignores case)."""
        return f"{self.local}@{self.domain.lower()}"


def parse_address(text: str, name: str = "") -> Address:
    """Return the address in `text`, which must be an address alone.

    Raises:
        BadAddress: it is not one, with the reason.
    """
    refuse_unseen(text)
    text = text.strip(" ")
    if not text:
        raise BadAddress("is empty")
    local, at, domain = text.rpartition("@")
    if not at:
        raise BadAddress("has no @")
    if not local:
        raise BadAddress("has nothing before the @")
    if not domain:
        raise BadAddress("has no domain after the @")
    _check_local(local)
    domain = domain if domain[0] == "[" and re.match(_LITERAL, domain) else ascii_domain(domain)
    # The part before the @ may have more than the 64 bytes of RFC 5321: servers take more, and theirs is the say.
    if len(local.encode()) + 1 + len(domain) > ADDRESS_MAX:
        raise BadAddress(f"is longer than {ADDRESS_MAX} bytes")
    return Address(email=text, local=local, domain=domain, name=name)


def refuse_unseen(text: str) -> None:
    """Check that each character of an address or host name is there and can be seen, but for plain blanks.

    Raises:
        BadAddress: one cannot, which is named: what was pasted along with an address leads to nobody's mailbox.
    """
    if text.isascii() and text.isprintable():
        return
    from unicodedata import category

    if _LOST in text:
        raise BadAddress("has U+FFFD, which stands for a character that was lost")
    for char in text:
        what = _UNSEEN["Cf"] if char in _BLANK_LETTERS else _UNSEEN.get(category(char))
        if what and char != " ":
            raise BadAddress(f"has the {what} U+{ord(char):04X}")


def _check_local(local: str) -> None:
    if local[0] == '"':
        if not re.match(_QUOTED, local):
            raise BadAddress("has a wrongly quoted part before the @")
        return
    if not (_LOCAL.issuperset(local) if local.isascii() else re.match(_ATEXT_UTF8, local)):
        if "<" in local:
            raise BadAddress('must be the address alone, as in { email: "ann@example.com", name: "Ann" }')
        if "," in local or ";" in local:
            raise BadAddress("must be one address; give several as an array")
        bad = next(char for char in local if char in ' "(),:;<>@[\\]')
        several = "; several addresses are separated by , or ;" if "@" in local else ""
        raise BadAddress(f"has a {'blank' if bad == ' ' else bad} before the @{several}")


def ascii_domain(domain: str) -> str:
    """Return a domain in ASCII (IDNA 2008 with the UTS 46 mapping).

    Raises:
        BadAddress: it is not valid.
    """
    if len(domain) > _DOMAIN_MAX:  # in ASCII it gets no shorter; if longer, idna says so
        raise BadAddress("has a domain that is too long")
    refuse_unseen(domain)  # the mapping would drop such characters without a word
    if not domain.isascii():
        import idna

        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError) as error:
            raise BadAddress(f'has a domain that is no internationalised domain name ("{domain}": {error})') from None
    for label in domain.split("."):
        if not 0 < len(label) <= _LABEL_MAX or "-" in (label[0], label[-1]) or not _LABEL.issuperset(label):
            raise BadAddress(f'has a domain that is not valid ("{domain}")')
    return domain
