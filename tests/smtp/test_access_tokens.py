"""${OAUTH2} as the password: when a token is asked for, with what it is used, what comes of a refusal."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import assert_kept_secret, fields, log_lines

from jsnpy import smtp
from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.pool import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.mailserver import MailServer
    from support.scripted import Connection, ScriptedServer

    Scripted = Callable[..., ScriptedServer]

CODES = smtp.Code
USER = "alerts@x.test"
FIRST, SECOND = "first-token-of-ours", "second-token-of-ours"
XOAUTH2 = b"250-mail.test\r\n250 AUTH XOAUTH2 PLAIN\r\n"
BEARER = b"250-mail.test\r\n250 AUTH PLAIN OAUTHBEARER\r\n"
WELCOME = b"235 2.7.0 welcome\r\n"
NO = b"535 5.7.8 no\r\n"


class Source:
    """Tokens one after another, and what was asked of it.

    Args:
        tokens: what is returned, the first by access_token, the others by renew; an error is raised.
        remark: what is odd about them.
    """

    def __init__(self, *tokens: str | SendFailure | None, remark: str = "") -> None:
        self._tokens = list(tokens)
        self._remark = remark
        self.asked: list[str] = []

    def _next(self) -> str | None:
        token = self._tokens.pop(0)
        if isinstance(token, SendFailure):
            raise token
        return token

    def access_token(self, user: str, deadline: float) -> str:
        """Return the first token."""
        assert deadline > 0
        self.asked.append(f"token for {user}")
        return self._next() or ""

    def renew(self, user: str, refused: str, deadline: float) -> str | None:
        """Return the next token."""
        assert deadline > 0
        self.asked.append(f"in place of {refused} for {user}")
        return self._next()

    def event(self, user: str) -> str:
        """Say where it was from."""
        return f"token: kept for {user}"

    def remark(self, _user: str) -> str:
        """Say what is odd."""
        return self._remark


def send(server: Any, source: Source | None, sessions: Sessions | None = None, **changes: object) -> smtp.SendResult:
    """Send a mail that logs in with a token, and check that no token is shown."""
    settings = smtp.Settings(tokens=source, sessions=None if sessions is None else lambda: sessions)
    result = smtp.send(fields(server, **{"user": USER, "pass": "${OAUTH2}", **changes}), settings)
    for token in (FIRST, SECOND):
        assert_kept_secret(result, token)
    return result


def xoauth2(token: str) -> bytes:
    """Return what XOAUTH2 says."""
    return base64.b64encode(f"user={USER}\1auth=Bearer {token}\1\1".encode())


def test_a_token_is_used_in_place_of_the_password(scripted: Scripted) -> None:
    """XOAUTH2 is used where it is offered, without being asked for in auth, and never PLAIN."""
    server, source = scripted(EHLO=XOAUTH2), Source(FIRST)
    result = send(server, source)
    assert (0, "", 1) == (result.code, result.error, result.details["attempts"])
    assert b"AUTH XOAUTH2 " + xoauth2(FIRST) == server.commands[1]
    assert [f"token for {USER}"] == source.asked
    assert f"token: kept for {USER}" in log_lines(result, "*")


@pytest.mark.parametrize(("ehlo", "auth"), [(BEARER, None), (XOAUTH2[:-2] + b" OAUTHBEARER\r\n", "oauthbearer")])
def test_oauthbearer_where_only_that_is_offered_or_wanted(scripted: Scripted, ehlo: bytes, auth: str | None) -> None:
    """OAUTHBEARER (RFC 7628) names user, host and port; a comma and an equals sign in a user are escaped."""
    server = scripted(EHLO=ehlo)
    assert 0 == send(server, Source(FIRST), user="a=b,c@x.test", auth=auth).code
    said = base64.b64decode(server.commands[1].removeprefix(b"AUTH OAUTHBEARER "))
    expected = f"n,a=a=3Db=2Cc@x.test,\1host={server.host}\1port={server.port}\1auth=Bearer {FIRST}\1\1"
    assert expected.encode() == said


def test_a_refused_oauthbearer_is_acknowledged(scripted: Scripted) -> None:
    """The challenge with the reason is answered with one byte 01 in base64, and shown."""
    why = base64.b64encode(json.dumps({"status": "invalid_token"}).encode())

    def play(connection: Connection) -> None:
        connection.send(b"334 " + why + b"\r\n")
        connection.line()
        connection.send(NO)

    server = scripted(EHLO=BEARER, AUTH=play)
    result = send(server, Source(FIRST, None))
    assert (CODES.AUTH, 535) == (result.code, result.details["smtpCode"])
    assert b"AQ==" == server.commands[2]
    assert "status invalid_token" in result.error


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER", "PLAIN"])
@pytest.mark.parametrize("prompt", [b"334 \r\n", b"334 XOAUTH2 supported\r\n", b"334 eyJ9\r\n"])
@pytest.mark.parametrize("size", [300, 2000, 6000])
def test_a_line_over_512_octets_is_said_after_the_challenge(
    scripted: Scripted, mechanism: str, prompt: bytes, size: int
) -> None:
    """What makes AUTH's line longer than RFC 4954 allows is said after the first 334, whatever its text."""
    said: list[bytes] = []

    def play(connection: Connection) -> None:
        line = connection.commands[-1]
        if b" " not in line.removeprefix(b"AUTH "):
            connection.send(prompt)
            line = connection.line()
        said.append(line.split(b" ")[-1])
        connection.send(WELCOME)

    server = scripted(EHLO=b"250-mail.test\r\n250 AUTH " + mechanism.encode() + b"\r\n", AUTH=play)
    token = "t" * size
    result = smtp.send(fields(server, user=USER, auth=mechanism.lower(), **{"pass": token}))
    assert (0, "") == (result.code, result.error)
    auth = next(line for line in server.commands if line.startswith(b"AUTH"))
    assert len(auth) + 2 <= 512
    assert (size == 300) is (len(auth) > 30)
    assert token.encode() in base64.b64decode(said[0])
    assert_kept_secret(result, token)


@pytest.mark.parametrize("spare", [0, 1])
def test_512_octets_are_not_too_many(scripted: Scripted, spare: int) -> None:
    """The limit holds for the whole line with its end, and no shorter line waits for a challenge."""
    room = (512 - len("AUTH PLAIN \r\n")) // 4 * 3
    password = "p" * (room - len("\0u\0") + spare)

    def play(connection: Connection) -> None:
        if connection.commands[-1] == b"AUTH PLAIN":
            connection.send(b"334 \r\n")
            connection.line()
        connection.send(WELCOME)

    server = scripted(EHLO=b"250-mail.test\r\n250 AUTH PLAIN\r\n", AUTH=play)
    assert 0 == smtp.send(fields(server, user="u", **{"pass": password})).code
    assert (spare == 1) is (server.commands[1] == b"AUTH PLAIN")


# --- what is refused before anything is connected


def test_without_a_source_it_is_an_argument(scripted: Scripted) -> None:
    """Where nothing gives tokens, ${OAUTH2} is -1 before any connection, and never a password."""
    server = scripted(EHLO=XOAUTH2)
    result = send(server, None)
    assert (CODES.ARGUMENT, "argument", 0) == (result.code, result.details["stage"], result.details["attempts"])
    assert '"oauth2" block' in result.error
    assert [] == server.connections


@pytest.mark.parametrize("auth", ["plain", "login", "cram-md5"])
def test_a_contradicting_auth_is_an_argument(scripted: Scripted, auth: str) -> None:
    """A mechanism that takes a password is -1, and no token is asked for."""
    server, source = scripted(EHLO=XOAUTH2), Source(FIRST)
    result = send(server, source, auth=auth)
    assert (CODES.ARGUMENT, [], []) == (result.code, source.asked, server.connections)
    assert f'auth is "{auth}"' in result.error


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("::1", True),
        ("[::1]", True),
        ("mail.x.test", False),
        ("127.0.0.1.x.test", False),
        ("localhost.x.test", False),
        ("10.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("127.x.0.1", False),
        ("127.1", False),
        ("127.0.0.1.1", False),
    ],
)
def test_a_token_never_goes_out_in_clear_text(host: str, allowed: bool) -> None:
    """Without TLS it is -5 before a token is fetched, but for a host that is written as loopback."""
    source = Source(SendFailure(CODES.AUTH, "token", "asked"))
    result = send(None, source, host=host, port=9)
    assert CODES.AUTH == result.code
    assert allowed is bool(source.asked)
    assert allowed is ("in clear text" not in result.error)
    assert ("token" if allowed else "auth") == result.details["stage"]


def test_with_tls_any_host_gets_it(mailserver: Callable[..., MailServer]) -> None:
    """Over TLS a token goes to any host."""
    server = mailserver("starttls")
    source = Source(FIRST)
    result = send(server, source, host="localhost", starttls=True, tls={"ca_file": server.ca_file})
    assert [f"token for {USER}"] == source.asked
    assert "in clear text" not in result.error


def test_without_a_user_there_is_no_token(scripted: Scripted) -> None:
    """A mail that does not log in asks for none, whatever pass says."""
    source = Source()
    assert (0, []) == (send(scripted(EHLO=XOAUTH2), source, user="").code, source.asked)


# --- refusals


def test_no_token_is_the_failure_of_the_send(scripted: Scripted) -> None:
    """A token that cannot be had is the source's own failure, at the stage token, before any connection."""
    server = scripted(EHLO=XOAUTH2)
    for temporary in (True, False):
        failure = SendFailure(CODES.AUTH, "token", "login.x.test refused", hint="ask again", temporary=temporary)
        result = send(server, Source(failure))
        assert (CODES.AUTH, "token", temporary) == (
            result.code,
            result.details["stage"],
            result.details["temporary"],
        )
        assert "login.x.test refused; ask again" == result.error
        assert (None, 0) == (result.details["smtpCode"], result.details["attempts"])
    assert [] == server.connections


def test_after_a_refusal_one_new_token_gets_one_new_connection(scripted: Scripted) -> None:
    """A 5xx at AUTH asks for a new token; with it the mail goes over a second connection, the first one ended well."""
    server = scripted(EHLO=XOAUTH2)
    server.steps["AUTH"] = lambda connection: NO if connection is server.connections[0] else WELCOME
    source = Source(FIRST, SECOND)
    result = send(server, source)
    assert (0, "", 2) == (result.code, result.error, result.details["attempts"])
    assert [f"token for {USER}", f"in place of {FIRST} for {USER}"] == source.asked
    assert [b"EHLO", b"AUTH", b"QUIT"] == [line.split(b" ")[0] for line in server.connections[0].commands]
    assert b"AUTH XOAUTH2 " + xoauth2(SECOND) == server.connections[1].commands[1]


def test_a_second_refusal_is_the_last(scripted: Scripted) -> None:
    """A new token that is refused too is -5, without a third connection."""
    server, source = scripted(EHLO=XOAUTH2, AUTH=NO), Source(FIRST, SECOND)
    result = send(server, source)
    assert (CODES.AUTH, 535, 2) == (result.code, result.details["smtpCode"], result.details["attempts"])
    assert 2 == len(server.connections) == len(source.asked)


@pytest.mark.parametrize(
    ("reply", "asked"), [(b"454 4.7.0 later\r\n", 1), (b"421 4.7.0 bye\r\n", 1), (b"535 5.7.8 no\r\n", 2)]
)
def test_only_a_lasting_refusal_asks_for_a_new_token(scripted: Scripted, reply: bytes, asked: int) -> None:
    """A 4xx asks for none; where there is no new one to be had the server's refusal stands."""
    server, source = scripted(EHLO=XOAUTH2, AUTH=reply), Source(FIRST, None)
    result = send(server, source)
    assert (CODES.AUTH, "auth", int(reply[:3])) == (result.code, result.details["stage"], result.details["smtpCode"])
    assert (asked, 1) == (len(source.asked), len(server.connections))


def test_a_renewal_that_fails_is_the_failure(scripted: Scripted) -> None:
    """Where a new token cannot be fetched, that is said."""
    source = Source(FIRST, SendFailure(CODES.CONNECT, "token", "login.x.test cannot be reached"))
    result = send(scripted(EHLO=XOAUTH2, AUTH=NO), source)
    assert (CODES.CONNECT, "token", None) == (result.code, result.details["stage"], result.details["smtpCode"])


def test_a_refusal_elsewhere_asks_for_no_token(scripted: Scripted) -> None:
    """A mail refused after the log-in keeps its token."""
    source = Source(FIRST)
    assert CODES.SENDER == send(scripted(EHLO=XOAUTH2, MAIL=b"550 5.7.1 no\r\n"), source).code
    assert 1 == len(source.asked)


def test_a_kept_session_needs_no_further_token(scripted: Scripted) -> None:
    """Mails that continue a session ask for no token; one that opens it anew does. Its log masks the token too."""
    server = scripted(EHLO=XOAUTH2, MESSAGE=[b"250 ok\r\n", b"250 thanks for " + FIRST.encode() + b"\r\n"])
    source, sessions = Source(FIRST, SECOND), Sessions()
    assert [0, 0] == [send(server, source, sessions, keep_alive=True).code for _ in range(2)]
    assert [f"token for {USER}"] == source.asked
    sessions.close()


def test_no_mechanism_for_a_token_is_5(scripted: Scripted) -> None:
    """A server that takes passwords only is -5 and lists what it offers; the token is not tried as one."""
    server = scripted(EHLO=b"250-mail.test\r\n250 AUTH PLAIN LOGIN\r\n")
    result = send(server, Source(FIRST))
    assert CODES.AUTH == result.code
    assert "no authentication that takes an access token (it offers PLAIN, LOGIN)" in result.error
    assert "AUTH" not in server.verbs


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"535 5.7.3 Authentication unsuccessful\r\n", ["Enterprise applications", "jsnpy login --check CONFIG"]),
        (b"535 5.7.8 no\r\n", ["user must be the mailbox", "jsnpy login --check CONFIG"]),
        (
            b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.\r\n",
            ["whole organisation", "Set-TransportConfig", "tokens need it too"],
        ),
        (
            b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.\r\n",
            ["this mailbox", f"Set-CASMailbox {USER} -SmtpClientAuthenticationDisabled $false", "tokens need it too"],
        ),
        (
            b"550 5.7.30 Basic authentication is not supported for Client Submission.\r\n",
            ["a token was used here, no password", "tokens need it too", f"Set-CASMailbox {USER}"],
        ),
        (b"535 5.7.139 Authentication unsuccessful\r\n", ["tokens need it too", f"Set-CASMailbox {USER}"]),
    ],
)
def test_a_refused_token_is_not_spoken_of_as_a_password(scripted: Scripted, reply: bytes, words: list[str]) -> None:
    """The hint knows a token from a password, and holds what is odd about the token."""
    error = send(scripted(EHLO=XOAUTH2, AUTH=reply), Source(FIRST, None, remark="the audience is Graph")).error
    for word in [*words, "the audience is Graph"]:
        assert word in error
    assert "check user and pass" not in error
    assert "basic authentication" not in error
    assert "use OAuth" not in error
