"""Access tokens in place of passwords (OAuth 2.0): which mails want one, and what they must be like to get it."""

from __future__ import annotations

from jsnpy.smtp.outcome import Code, SendFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from jsnpy.smtp.server import Server

OAUTH2_REFERENCE = "${OAUTH2}"
"""What stands for an access token in `pass`."""

MECHANISMS = ("XOAUTH2", "OAUTHBEARER")
"""What takes a token, the better known one first."""

if TYPE_CHECKING:

    class Tokens(Protocol):
        """Where access tokens come from (OAuth 2.0). Its methods raise SendFailure at stage "token"."""

        def access_token(self, user: str, deadline: float) -> str:
            """Return a token to log in with, kept or fetched now.

            Called once a mail, after its fields are checked and before anything is connected. A session that is kept
            open (`keep_alive`) is logged in already, and no token is asked for.

            Args:
                user: the mail's `user`: the mailbox to log in as.
                deadline: when to give up, in `time.monotonic()` seconds: the end of the send.

            Returns:
                The bare token, as the server gave it, which the session masks from then on.

            Raises:
                SendFailure: there is none; its code says why: AUTH where it was refused, or CONNECT, TIMEOUT, TLS,
                    PROTOCOL.
            """

        def renew(self, user: str, refused: str, deadline: float) -> str | None:
            """Return a new token in place of one that the mail server refused with a 5xx reply, or None.

            Called once a mail at most. The new token is tried on one new connection, and no other one after it.

            Args:
                user: as for `access_token`.
                refused: the token that was refused.
                deadline: as for `access_token`.

            Returns:
                None where asking again is no use: the refused token was fetched less than 300 s ago. The mail fails
                with the server's reply then.

            Raises:
                SendFailure: it was to be fetched, and could not be. The mail fails with this.
            """

        def event(self, user: str) -> str:
            """Return how the user's last token was come by, without the token, as a line of the log, or "".

            Asked for after each `access_token` and `renew`: "token: kept, good for 42 min".
            """

        def remark(self, user: str) -> str:
            """Return what is odd about the user's last token, such as a scope that was not asked for, or "".

            It is a line of the log, and part of the hint where the mail server refuses the token: a sentence without
            full stop, as "the token is for the audience https://graph.microsoft.com, not …".
            """


def wanted(server: Server) -> bool:
    """Return whether a mail logs in with a token."""
    return bool(server.user) and server.password == OAUTH2_REFERENCE


def check(server: Server, tokens: Tokens | None) -> None:
    """Check a mail that logs in with a token, before anything is connected or fetched.

    Raises:
        SendFailure: there is nothing to get a token from, `auth` contradicts it, or it would go out in clear text.
    """
    if server.user:
        _check_texts(server)
    if not wanted(server):
        return
    if tokens is None:
        what = f'pass is "{OAUTH2_REFERENCE}", but the config has no "oauth2" block to get an access token with'
        raise SendFailure(Code.ARGUMENT, "argument", what, hint='add the "oauth2" block, or give a password in pass')
    if server.mechanism and server.mechanism not in MECHANISMS:
        what = f'auth is "{server.mechanism.lower()}", which takes a password, but pass is "{OAUTH2_REFERENCE}"'
        raise SendFailure(Code.ARGUMENT, "argument", what, hint="leave out auth: a token's own log-in is used then")
    if not server.security and not _is_loopback(server.host):
        what = f"an access token is not sent to {server.place} in clear text"
        raise SendFailure(Code.AUTH, "auth", what, hint="set starttls: true (usually port 587) or ssl: true (port 465)")


def _check_texts(server: Server) -> None:
    """Check what is said together with a token, which a control character ends (RFC 7628 section 3.1)."""
    if server.password != OAUTH2_REFERENCE and OAUTH2_REFERENCE.lower() in server.password.lower():
        what = f"pass has {OAUTH2_REFERENCE} in other letters, or something around it"
        raise SendFailure(Code.ARGUMENT, "argument", what, hint=f'it must be "{OAUTH2_REFERENCE}" and nothing else')
    if wanted(server) or server.mechanism in MECHANISMS:
        for name, text in (("user", server.user), ("pass", server.password)):
            if any(char < " " or char == "\x7f" for char in text):
                what = f"{name} has a line break or another control character in it, which no log-in by token can have"
                raise SendFailure(Code.ARGUMENT, "argument", what)


def _is_loopback(host: str) -> bool:
    """Return whether a host, as it is written, is this machine: what a name resolves to is anybody's word."""
    if host.lower() in ("localhost", "::1"):
        return True
    parts = host.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(part.isascii() and part.isdigit() for part in parts)  # noqa: PLR2004 - IPv4
