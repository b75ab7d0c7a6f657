"""Authentication: one mechanism, one attempt (RFC 4954, 4616, 2195; XOAUTH2 as Google and Microsoft define it)."""

from __future__ import annotations

import binascii

from jsnpy import json_text
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.transcript import readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.redaction import Redactor
    from jsnpy.smtp.session import Session

BEST_FIRST = ("PLAIN", "LOGIN", "CRAM-MD5")
ROUNDS = 5

_AGAIN = 334
_WELCOME = 235


class Cancel(Exception):  # noqa: N818 - not an error: the exchange is broken off
    """The exchange cannot go on; its text says why."""


class _Mechanism:
    """One side of an exchange: what is said at first and to each challenge."""

    lasting = True
    """Whether a response works more than once, and so stays a secret."""

    def __init__(self, user: str, password: str, redactor: Redactor) -> None:
        self.user = user
        self.password = password
        self.redactor = redactor
        self.challenges = 0

    def first(self) -> bytes | None:
        """Return the initial response, or None."""
        return None

    def answer(self, challenge: str) -> bytes:
        """Return the response to a challenge, both without base64 around what is returned."""
        raise NotImplementedError

    def note(self) -> str:
        """Return what was learnt on the way and belongs into the error, or ""."""
        return ""


class _Plain(_Mechanism):
    def first(self) -> bytes | None:
        return f"\0{self.user}\0{self.password}".encode()

    def answer(self, challenge: str) -> bytes:
        del challenge  # some servers ignore the initial response and ask for it
        return f"\0{self.user}\0{self.password}".encode()


class _Login(_Mechanism):
    def answer(self, challenge: str) -> bytes:
        del challenge  # prompts are in any language and spelling; only their order counts
        self.challenges += 1
        if self.challenges > len(said := (self.user, self.password)):
            raise Cancel("the server asked for more than user and password")
        return said[self.challenges - 1].encode()


class _CramMd5(_Mechanism):
    lasting = False

    def answer(self, challenge: str) -> bytes:
        try:
            data = binascii.a2b_base64(challenge.encode("ascii"), strict_mode=True)
        except (ValueError, UnicodeError):
            raise Cancel("the server's CRAM-MD5 challenge is not base64") from None
        try:
            import hmac  # which loads OpenSSL, for the few servers that offer nothing better

            digest = hmac.new(self.password.encode(), data, "md5").hexdigest()
        except ValueError:
            raise Cancel("this Python has no MD5 (FIPS mode), which CRAM-MD5 needs") from None
        self.redactor.add_passing(digest)
        return f"{self.user} {digest}".encode()


class _XOAuth2(_Mechanism):
    refusal = ""

    def first(self) -> bytes | None:
        return f"user={self.user}\1auth=Bearer {self.password}\1\1".encode()

    def answer(self, challenge: str) -> bytes:
        if not challenge and not self.challenges:
            self.challenges += 1
            first = self.first()
            return b"" if first is None else first
        try:
            self.refusal = readable(binascii.a2b_base64(challenge.encode("ascii")))
        except (ValueError, UnicodeError):
            self.refusal = challenge
        return b""  # the refusal's acknowledgement; the 535 follows

    def note(self) -> str:
        if not self.refusal:
            return ""
        try:
            said = json_text.loads(self.refusal)
        except (ValueError, RecursionError):
            return self.refusal
        if not isinstance(said, dict):
            return self.refusal
        return ", ".join(f"{key} {value}" for key, value in said.items() if value)


_MECHANISMS: dict[str, type[_Mechanism]] = {
    "PLAIN": _Plain,
    "LOGIN": _Login,
    "CRAM-MD5": _CramMd5,
    "XOAUTH2": _XOAuth2,
}


def choose(offered: list[str], wanted: str, place: str) -> str:
    """Return the mechanism to use.

    Args:
        offered: the server's mechanisms, in upper case.
        wanted: the one the script asks for, or "".
        place: host and port, for the error.

    Raises:
        SendFailure: none fits.
    """
    names = ", ".join(offered) or "none by name"
    if wanted:
        if wanted in offered:
            return wanted
        raise SendFailure(
            Code.AUTH,
            "auth",
            f"{place} does not offer the authentication {wanted} asked for in auth (it offers {names})",
        )
    for name in BEST_FIRST:
        if name in offered:
            return name
    hint = 'for XOAUTH2 set auth: "xoauth2" and give the access token in pass' if "XOAUTH2" in offered else ""
    raise SendFailure(
        Code.AUTH, "auth", f"{place} offers no authentication that jsnpy knows (it offers {names})", hint=hint
    )


def authenticate(session: Session, name: str) -> None:
    """Log in with one mechanism, once.

    Raises:
        SendFailure: the server refused, or the exchange could not go on.
        ReplyError: the connection failed.
    """
    server = session.server
    mechanism = _MECHANISMS[name](server.user, server.password, session.transcript.redactor)
    first = mechanism.first()
    reply = session.secret_command(f"AUTH {name}", None if first is None else _base64(first, mechanism))
    broken_off = ""
    for _ in range(ROUNDS):
        if reply.code != _AGAIN or not reply.consistent:
            break
        try:
            response = _base64(mechanism.answer("".join(reply.lines).strip()), mechanism)
        except Cancel as cancel:
            broken_off = str(cancel)
            break
        reply = session.secret_command("", response)
    if reply.code == _AGAIN and reply.consistent:
        broken_off = broken_off or f"the server went on asking after {ROUNDS} answers"
        reply = session.secret_command("", "*")
    session.check_consistent(reply)
    if reply.code == _WELCOME and not broken_off:
        session.transcript.event(f"logged in as {server.user} ({name})")
        return
    if broken_off:
        what = f"the log-in of {server.user} to {server.place} was broken off ({name}): {broken_off}"
        raise SendFailure(Code.AUTH, "auth", what, reply)
    note = mechanism.note()
    what = f"{server.place} refused the log-in of {server.user} ({name}{'; ' if note else ''}{note})"
    from jsnpy.smtp import hints

    hint = hints.reply("auth", reply, server, logged_in=False, offered_auth=True)
    raise SendFailure(Code.AUTH, "auth", what, reply, hint)


def _base64(data: bytes, mechanism: _Mechanism) -> str:
    text = binascii.b2a_base64(data, newline=False).decode()
    (mechanism.redactor.add_form if mechanism.lasting else mechanism.redactor.add_passing)(text)
    return text
