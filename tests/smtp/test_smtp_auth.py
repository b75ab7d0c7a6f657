"""Authentication: which mechanism, how often, with which bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import PASSWORD, USER, login, send
from support.scripted import CLOSE

from jsnpy import smtp

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.scripted import Connection, ScriptedServer

    Scripted = Callable[..., ScriptedServer]

AUTH = smtp.Code.AUTH
WELCOME = b"235 2.7.0 welcome\r\n"
CHALLENGE = b"<1896.697170952@mail.test>"


def offers(*mechanisms: str) -> bytes:
    """Return an EHLO reply with these mechanisms."""
    return b"250-mail.test\r\n250 AUTH " + " ".join(mechanisms).encode() + b"\r\n"


def dialogue(*replies: bytes) -> Callable[[Connection], None]:
    """Return a step that sends each reply, with a line of the client between them."""

    def play(connection: Connection) -> None:
        for number, reply in enumerate(replies):
            if number:
                connection.line()
            connection.send(reply)

    return play


def said(server: ScriptedServer) -> list[bytes]:
    """Return what the client said from AUTH on, up to MAIL or QUIT."""
    lines = server.commands
    start = next(number for number, line in enumerate(lines) if line.startswith(b"AUTH"))
    rest = [line for line in lines[start:] if not line.startswith((b"MAIL", b"RCPT", b"DATA", b"QUIT"))]
    return [base64.b64decode(line) if number and line != b"*" else line for number, line in enumerate(rest)]


PLAIN = f"\0{USER}\0{PASSWORD}".encode()


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["PLAIN", "LOGIN", "CRAM-MD5"], b"AUTH PLAIN "),
        (["CRAM-MD5", "LOGIN", "PLAIN"], b"AUTH PLAIN "),
        (["CRAM-MD5", "LOGIN"], b"AUTH LOGIN"),
        (["CRAM-MD5", "XOAUTH2"], b"AUTH CRAM-MD5"),
        (["plain"], b"AUTH PLAIN "),
        (["Login"], b"AUTH LOGIN"),
    ],
)
def test_the_best_one_offered_is_used(scripted: Scripted, offered: list[str], chosen: bytes) -> None:
    """PLAIN comes before LOGIN before CRAM-MD5, in whatever order and case they are offered."""
    server = scripted(EHLO=offers(*offered), AUTH=WELCOME)
    assert 0 == login(server).code
    assert server.commands[1].startswith(chosen)


@pytest.mark.parametrize(
    "line",
    [
        b"250 AUTH=PLAIN LOGIN\r\n",
        b"250 auth=plain\r\n",
        b"250-AUTH=LOGIN\r\n250 AUTH PLAIN\r\n",
        b"250 AUTH =PLAIN\r\n",
        b"250 AUTH LOGIN,PLAIN\r\n",
        b"250 AUTH\tLOGIN\tPlain \r\n",
    ],
)
def test_the_old_spelling_with_an_equals_sign_counts(scripted: Scripted, line: bytes) -> None:
    """AUTH=PLAIN is understood, in any case, whatever stands between the names."""
    server = scripted(EHLO=b"250-mail.test\r\n" + line)
    assert 0 == login(server).code
    assert server.commands[1].startswith(b"AUTH PLAIN ")


def test_plain_sends_utf8_at_once(scripted: Scripted) -> None:
    """PLAIN goes out with its initial response, in UTF-8."""
    server = scripted(EHLO=offers("PLAIN"))
    assert 0 == login(server).code
    assert b"AUTH PLAIN " + base64.b64encode(PLAIN) in server.commands


def test_plain_is_said_again_where_it_is_asked_for(scripted: Scripted) -> None:
    """A server that ignores the initial response of PLAIN and asks for it gets it."""
    server = scripted(EHLO=offers("PLAIN"), AUTH=dialogue(b"334 \r\n", WELCOME))
    assert 0 == login(server).code
    assert [PLAIN] == said(server)[1:]


@pytest.mark.parametrize(
    ("first", "second"),
    [(b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6"), (b"", b""), (b"UGFzc3dvcmQ6", b"VXNlcm5hbWU6"), (b"not base64!", b"x")],
)
def test_login_answers_whatever_the_prompts_say(scripted: Scripted, first: bytes, second: bytes) -> None:
    """LOGIN has no initial response and sends user, then password, not looking at the prompts."""
    server = scripted(
        EHLO=offers("LOGIN"), AUTH=dialogue(b"334 " + first + b"\r\n", b"334 " + second + b"\r\n", WELCOME)
    )
    assert 0 == login(server).code
    assert [b"AUTH LOGIN", USER.encode(), PASSWORD.encode()] == said(server)


def test_cram_md5_answers_with_the_digest(scripted: Scripted) -> None:
    """CRAM-MD5 sends user and digest, and the digest is as secret as the password."""
    challenge = b"334 " + base64.b64encode(CHALLENGE) + b"\r\n"
    server = scripted(EHLO=offers("CRAM-MD5"), AUTH=dialogue(challenge, WELCOME))
    result = login(server)
    digest = hmac.new(PASSWORD.encode(), CHALLENGE, hashlib.md5).hexdigest()
    assert 0 == result.code
    assert [b"AUTH CRAM-MD5", f"{USER} {digest}".encode()] == said(server)
    assert digest not in result.log
    assert base64.b64encode(f"{USER} {digest}".encode()).decode() not in result.log


def test_a_challenge_that_is_not_base64_is_cancelled(scripted: Scripted) -> None:
    """CRAM-MD5 with a broken challenge is answered "*", and is -5."""
    server = scripted(EHLO=offers("CRAM-MD5"), AUTH=dialogue(b"334 <not base64>\r\n", b"501 5.7.0 cancelled\r\n"))
    result = login(server)
    assert AUTH == result.code
    assert [b"AUTH CRAM-MD5", b"*"] == said(server)
    assert "not base64" in result.error


def test_without_md5_cram_md5_is_cancelled(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine whose Python has no MD5 (FIPS), CRAM-MD5 is -5 with that reason."""

    def no_md5(*_: object) -> None:
        raise ValueError("unsupported hash type")

    monkeypatch.setattr("hmac.new", no_md5)
    challenge = b"334 " + base64.b64encode(CHALLENGE) + b"\r\n"
    result = login(scripted(EHLO=offers("CRAM-MD5"), AUTH=dialogue(challenge, b"501 ok\r\n")))
    assert AUTH == result.code
    assert "MD5" in result.error


@pytest.mark.parametrize("empty_first", [True, False])
def test_xoauth2_sends_the_token(scripted: Scripted, empty_first: bool) -> None:
    """XOAUTH2 takes the token from pass, as initial response, and again where it is asked for."""
    replies = [b"334 \r\n", WELCOME] if empty_first else [WELCOME]
    server = scripted(EHLO=offers("PLAIN", "XOAUTH2"), AUTH=dialogue(*replies))
    assert 0 == login(server, auth="xoauth2").code
    blob = f"user={USER}\1auth=Bearer {PASSWORD}\1\1".encode()
    assert b"AUTH XOAUTH2 " + base64.b64encode(blob) == server.commands[1]
    assert ([blob] if empty_first else []) == said(server)[1:]


def test_xoauth2_says_the_token_twice_at_the_most(scripted: Scripted) -> None:
    """A server that goes on asking with empty challenges gets empty answers, not the token again and again."""
    replies = [b"334 \r\n"] * 3 + [b"535 5.7.8 no\r\n"]
    server = scripted(EHLO=offers("XOAUTH2"), AUTH=dialogue(*replies))
    assert AUTH == login(server, auth="xoauth2").code
    blob = f"user={USER}\1auth=Bearer {PASSWORD}\1\1".encode()
    assert [blob, b"", b""] == said(server)[1:]


def test_xoauth2_shows_why_it_was_refused(scripted: Scripted) -> None:
    """The base64 JSON of a refusal is answered with an empty line and shown decoded."""
    why = base64.b64encode(json.dumps({"status": "400", "schemes": "Bearer", "scope": "https://mail.test/"}).encode())
    server = scripted(
        EHLO=offers("XOAUTH2"),
        AUTH=dialogue(b"334 " + why + b"\r\n", b"535 5.7.8 Username and Password not accepted\r\n"),
    )
    result = login(server, auth="xoauth2")
    assert (AUTH, 535) == (result.code, result.details["smtpCode"])
    assert "status 400, schemes Bearer, scope https://mail.test/" in result.error
    assert b"" == server.commands[2]


@pytest.mark.parametrize("blob", [b"!!!", base64.b64encode(b"[1]"), base64.b64encode(b"{"), base64.b64encode(b"\xff")])
def test_a_broken_xoauth2_refusal_is_one_all_the_same(scripted: Scripted, blob: bytes) -> None:
    """What cannot be decoded is shown as it is."""
    server = scripted(EHLO=offers("XOAUTH2"), AUTH=dialogue(b"334 " + blob + b"\r\n", b"535 no\r\n"))
    assert (AUTH, 535) == ((result := login(server, auth="xoauth2")).code, result.details["smtpCode"])


@pytest.mark.parametrize(
    "reply", [b"535 5.7.8 no\r\n", b"503 5.5.1 already\r\n", b"454 4.7.0 later\r\n", b"504 5.5.4 no\r\n"]
)
def test_a_refusal_ends_it_after_one_attempt(scripted: Scripted, reply: bytes) -> None:
    """After a refusal, 503 too, no other mechanism is tried and nothing is sent."""
    server = scripted(EHLO=offers("PLAIN", "LOGIN", "CRAM-MD5"), AUTH=reply)
    result = login(server)
    assert (AUTH, "auth", int(reply[:3])) == (result.code, result.details["stage"], result.details["smtpCode"])
    assert ["EHLO", "AUTH", "QUIT"] == server.verbs
    assert (reply[:1] == b"4") is result.details["temporary"]


def test_a_refusal_before_the_connection_closes_is_quoted(scripted: Scripted) -> None:
    """A 535 followed by a close is a refusal, not a lost connection."""
    result = login(scripted(EHLO=offers("PLAIN"), AUTH=(b"535 5.7.8 bad credentials\r\n", CLOSE)))
    assert (AUTH, 535) == (result.code, result.details["smtpCode"])


def test_421_at_authentication_is_5(scripted: Scripted) -> None:
    """421 takes the class of the command it answers."""
    server = scripted(EHLO=offers("PLAIN"), AUTH=b"421 4.7.0 too many\r\n")
    assert AUTH == login(server).code
    assert "QUIT" not in server.verbs


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"])
def test_endless_questions_are_cut_off(scripted: Scripted, mechanism: str) -> None:
    """A server that asks without end is answered five times at the most, then "*"."""
    again = b"334 " + base64.b64encode(b"again") + b"\r\n"
    server = scripted(EHLO=offers(mechanism), AUTH=again, LINE=again)
    result = login(server, auth=mechanism.lower())
    assert AUTH == result.code
    answers = said(server)
    assert b"*" == answers[-1]
    assert len(answers) <= 7


@pytest.mark.parametrize("wanted", ["plain", "login", "cram-md5", "xoauth2", "LOGIN"])
def test_auth_chooses_the_mechanism(scripted: Scripted, wanted: str) -> None:
    """The mechanism named in `auth` is the one that is used."""
    server = scripted(EHLO=offers("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"))
    assert 0 == login(server, auth=wanted).code
    assert server.commands[1].startswith(b"AUTH " + wanted.upper().encode())


def test_a_mechanism_that_is_not_offered_is_5(scripted: Scripted) -> None:
    """A mechanism asked for and not offered is -5 and lists what is offered; no other one is tried."""
    server = scripted(EHLO=offers("PLAIN", "NTLM"))
    result = login(server, auth="login")
    assert AUTH == result.code
    assert "it offers PLAIN, NTLM" in result.error
    assert "AUTH" not in server.verbs


@pytest.mark.parametrize("offered", [["NTLM", "GSSAPI"], ["XOAUTH2"], []])
def test_only_unknown_mechanisms_are_5_and_listed(scripted: Scripted, offered: list[str]) -> None:
    """Where only unknown mechanisms are offered the mail is not sent without."""
    server = scripted(EHLO=offers(*offered))
    result = login(server)
    assert AUTH == result.code
    assert all(name in result.error for name in offered)
    assert "MAIL" not in server.verbs


@pytest.mark.parametrize("changes", [{}, {"auth": "xoauth2"}])
def test_a_server_without_auth_gets_the_mail_without(scripted: Scripted, changes: dict[str, Any]) -> None:
    """A relay that offers no AUTH at all gets the mail without, and the log says so."""
    server = scripted()
    result = login(server, **changes)
    assert 0 == result.code
    assert "offers no authentication: the mail is sent without logging in" in result.log
    assert "AUTH" not in server.verbs


@pytest.mark.parametrize("user", [None, ""])
def test_no_user_means_no_authentication(scripted: Scripted, user: str | None) -> None:
    """Without a user, or with "", nobody logs in, whatever is offered."""
    server = scripted(EHLO=offers("PLAIN"))
    assert 0 == send(server, user=user, pass_=PASSWORD).code
    assert "AUTH" not in server.verbs


def test_numbers_are_credentials(scripted: Scripted) -> None:
    """Numbers as user and password are used as their digits."""
    server = scripted(EHLO=offers("PLAIN"))
    assert 0 == send(server, user=1234, pass_=987654).code
    assert b"AUTH PLAIN " + base64.b64encode(b"\x001234\x00987654") in server.commands


def test_credentials_in_clear_text_are_said_in_the_log(scripted: Scripted) -> None:
    """Without TLS the log warns; with TLS, or where only a digest is sent, it does not."""
    warning = "in clear text (no TLS)"
    assert warning not in login(scripted(EHLO=offers("CRAM-MD5"))).log
    assert warning in login(scripted(EHLO=offers("PLAIN"))).log
    assert warning not in login(scripted(EHLO=offers("PLAIN"), ssl=True), ssl=True, tls={"verify": False}).log


def test_a_half_surrogate_in_a_password_is_no_crash(scripted: Scripted) -> None:
    """A lone surrogate becomes U+FFFD on the wire."""
    server = scripted(EHLO=offers("PLAIN"))
    assert 0 == send(server, user="u", pass_="pass\ud800word").code
    assert b"AUTH PLAIN " + base64.b64encode("\0u\0pass\ufffdword".encode()) in server.commands
