"""Log-in mechanisms (RFC 4954, 4616, 2195, 7628; XOAUTH2 as Google and Microsoft define it), for smtplib's `auth`."""

from __future__ import annotations

import binascii

from jsnpy import json_text
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.tokens import MECHANISMS as FOR_TOKENS
from jsnpy.smtp.transcript import readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jsnpy.redaction import Redactor
    from jsnpy.smtp.server import Server

BEST_FIRST = ("PLAIN", "LOGIN", "CRAM-MD5")
ROUNDS = 5
LINE_MAX = 512
"""Bytes of an AUTH line with its line end (RFC 4954 section 4); a longer response waits for the first challenge."""


class Cancel(Exception):  # noqa: N818 - not an error: the exchange is broken off
    """The exchange cannot go on; its text says why."""


class _Utf8(str):
    """A response; smtplib, which would have it in ASCII, gets UTF-8."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return str.encode(self, "utf-8")


class Mechanism:
    """One side of an exchange: smtplib's `auth` calls it for each thing to say."""

    lasting = True
    """Whether a response works more than once, and so stays a secret."""

    def __init__(
        self, name: str, server: Server, password: str, redactor: Redactor, challenge: Callable[[], list[str]]
    ) -> None:
        self.server = server
        self.user = server.user
        self.password = password
        self.redactor = redactor
        self._challenge = challenge
        self._rounds = 0
        opening = binascii.b2a_base64(self.opening().encode(), newline=False)
        self.says_it_at_once = 0 < len(opening) <= LINE_MAX - len(f"AUTH {name} \r\n")

    def __call__(self, challenge: bytes | None = None, /) -> str:
        """Return what is to be said now: an initial response, or the answer to the latest challenge, whatever it is."""
        self._rounds += 1
        if self._rounds > ROUNDS:
            raise Cancel(f"the server went on asking after {ROUNDS} answers")
        said = _Utf8(self.response("" if challenge is None else "".join(self._challenge()).strip()))
        encoded = binascii.b2a_base64(said.encode(), newline=False).decode()
        (self.redactor.add_form if self.lasting else self.redactor.add_passing)(encoded)
        return said

    def opening(self) -> str:
        """Return what may be said before the first challenge, or ""."""
        return ""

    def response(self, challenge: str) -> str:
        """Return the response to a challenge as it came, "" for none; without base64 around it."""
        raise NotImplementedError

    def note(self) -> str:
        """Return what was learnt on the way and belongs into the error, or ""."""
        return ""


class _Plain(Mechanism):
    def opening(self) -> str:
        return f"\0{self.user}\0{self.password}"

    def response(self, challenge: str) -> str:
        del challenge  # some servers ignore the initial response and ask for it
        return self.opening()


class _Login(Mechanism):
    def response(self, challenge: str) -> str:
        del challenge  # prompts are in any language and spelling; only their order counts
        said = (self.user, self.password)
        if self._rounds > len(said):
            raise Cancel("the server asked for more than user and password")
        return said[self._rounds - 1]


class _CramMd5(Mechanism):
    lasting = False

    def response(self, challenge: str) -> str:
        try:
            data = binascii.a2b_base64(challenge.encode("ascii"), strict_mode=True)
        except (ValueError, UnicodeError):
            raise Cancel("the server's CRAM-MD5 challenge is not base64") from None
        try:
            import hmac

            digest = hmac.new(self.password.encode(), data, "md5").hexdigest()
        except ValueError:
            raise Cancel("this Python has no MD5 (FIPS mode), which CRAM-MD5 needs") from None
        self.redactor.add_passing(digest)
        return f"{self.user} {digest}"


class _XOAuth2(Mechanism):
    acknowledgement = ""
    _said = 0
    _refusal = ""

    def opening(self) -> str:
        return f"user={self.user}\1auth=Bearer {self.password}\1\1"

    def response(self, challenge: str) -> str:
        # Before the token was sent, a challenge asks for it, whatever its text. Some ignore an initial response.
        if not self._said or (self._said == 1 and self.says_it_at_once and not challenge):
            self._said += 1
            return self.opening()
        try:
            self._refusal = readable(binascii.a2b_base64(challenge.encode("ascii")))
        except (ValueError, UnicodeError):
            self._refusal = challenge
        return self.acknowledgement  # the 535 follows

    def note(self) -> str:
        try:
            said = json_text.loads(self._refusal)
        except (ValueError, RecursionError):
            return self._refusal
        if not isinstance(said, dict):
            return self._refusal
        return ", ".join(f"{key} {value}" for key, value in said.items() if value)


class _OAuthBearer(_XOAuth2):
    acknowledgement = "\1"

    def opening(self) -> str:
        server, name = self.server, self.user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4
        return f"n,a={name},\1host={server.host}\1port={server.port}\1auth=Bearer {self.password}\1\1"


_MECHANISMS: dict[str, type[Mechanism]] = {
    "PLAIN": _Plain,
    "LOGIN": _Login,
    "CRAM-MD5": _CramMd5,
    "XOAUTH2": _XOAuth2,
    "OAUTHBEARER": _OAuthBearer,
}


def mechanism(
    name: str, server: Server, password: str, redactor: Redactor, challenge: Callable[[], list[str]]
) -> Mechanism:
    """Return a mechanism by its name, for one log-in; arguments as for Mechanism."""
    return _MECHANISMS[name](name, server, password, redactor, challenge)


def choose(offered: list[str], server: Server, *, by_token: bool, tls_offered: bool) -> str:
    """Return the mechanism to use."""
    place = server.place
    names = ", ".join(offered) or "none by name"
    wanted = (server.mechanism,) if server.mechanism else FOR_TOKENS if by_token else BEST_FIRST
    for name in wanted:
        if name in offered:
            return name
    if server.mechanism:
        what = f"{place} does not offer the authentication {server.mechanism} asked for in auth (it offers {names})"
    elif by_token:
        what = f"{place} offers no authentication that takes an access token (it offers {names})"
    else:
        what = f"{place} offers no authentication that jsnpy knows (it offers {names})"
    hint = ""
    if tls_offered:
        hint = "it may offer others after STARTTLS: set starttls: true (usually port 587)"
    elif not server.mechanism and not by_token and any(name in offered for name in FOR_TOKENS):
        hint = 'for XOAUTH2 set auth: "xoauth2" and give the access token in pass'
    raise SendFailure(Code.AUTH, "auth", what, hint=hint)
