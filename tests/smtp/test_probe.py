"""A probe: all of a send but its message; and who listens to a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.mail import PASSWORD, USER, fields, login, send

from jsnpy import smtp
from jsnpy.smtp.pool import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.mailserver import MailServer
    from support.scripted import ScriptedServer

    Scripted = Callable[..., ScriptedServer]

CODES = smtp.Code


def probe(server: Any, **changes: object) -> smtp.SendResult:
    """Probe a server with a mail."""
    return send(server, smtp.Settings(probe=True), **changes)


def test_a_probe_ends_before_the_message(scripted: Scripted) -> None:
    """After the recipients come RSET and QUIT; the result is a success without a Message-ID."""
    server = scripted(RCPT=[b"250 2.1.5 ok\r\n", b"550 5.1.1 unknown\r\n"])
    result = probe(server, to=["a@y.test", "b@y.test"])
    assert ["EHLO", "MAIL", "RCPT", "RCPT", "RSET", "QUIT"] == server.verbs
    assert (0, "") == (result.code, result.error)
    details = result.details
    assert (None, ["a@y.test"], 1) == (details["messageId"], details["accepted"], details["attempts"])
    assert ["b@y.test"] == [each["email"] for each in details["rejected"]]
    assert "*: a probe: nothing was sent" in result.log


def test_a_probe_does_tls_and_log_in(mailserver: Callable[..., MailServer]) -> None:
    """A real server sees STARTTLS and the log-in, and gets no mail."""
    server = mailserver("starttls", users={USER: PASSWORD})
    result = login(server, smtp.Settings(probe=True), starttls=True, tls={"ca_file": server.ca_file})
    assert (0, "", []) == (result.code, result.error, server.mails)
    assert 1 == len(server.logins)


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ({"EHLO": b"250 x\r\n", "MAIL": b"550 no\r\n"}, CODES.SENDER),
        ({"RCPT": b"550 no\r\n"}, CODES.RECIPIENTS),
        ({"EHLO": b"250-x\r\n250 SIZE 10\r\n"}, CODES.MESSAGE),
        ({"GREETING": b"554 no\r\n"}, CODES.PROTOCOL),
    ],
)
def test_what_fails_before_the_message_fails_in_a_probe(scripted: Scripted, steps: dict[str, Any], code: int) -> None:
    """A refusal has the code that the send would have had."""
    result = probe(scripted(**steps))
    assert (code, None) == (result.code, result.details["messageId"])


def test_a_probe_s_session_is_kept_as_any_other(scripted: Scripted) -> None:
    """With keep_alive, a pipelined probe announces no DATA, and the next one continues."""
    server = scripted(EHLO=b"250-mail.test\r\n250 PIPELINING\r\n")
    sessions = Sessions()
    settings = smtp.Settings(probe=True, sessions=lambda: sessions)
    assert [0, 0] == [smtp.send(fields(server, keep_alive=True), settings).code for _ in range(2)]
    sessions.close()
    assert ["EHLO", *["MAIL", "RCPT", "RSET"] * 2, "QUIT"] == server.verbs


def test_a_listener_hears_each_line_when_it_is_said(scripted: Scripted) -> None:
    """A log's lines are told one by one, before the next command goes out, without the password."""
    heard: list[str] = []
    at_mail: list[str] = []

    def mail(_: object) -> bytes:
        at_mail.extend(heard)
        return b"250 thanks for " + PASSWORD.encode() + b"\r\n"

    server = scripted(EHLO=b"250-mail.test\r\n250 AUTH PLAIN\r\n", MAIL=mail)
    result = login(server, smtp.Settings(listener=heard.append))
    assert 0 == result.code
    assert result.log.split("\n") == heard
    assert "S: 235 2.7.0 welcome" in at_mail
    assert PASSWORD not in "\n".join(heard)
    assert "S: 250 thanks for [redacted]" in heard


def test_the_host_is_told_of_the_dot(scripted: Scripted) -> None:
    """at_dot is called when the server has all of the message but its dot, and not where it came not so far."""
    seen: list[tuple[int, bool]] = []
    server = scripted()
    settings = smtp.Settings(at_dot=lambda: seen.append((len(server.messages), "DATA" in server.verbs)))
    assert 0 == send(server, settings).code
    assert [(0, True)] == seen
    assert CODES.SENDER == send(scripted(MAIL=b"550 no\r\n"), settings).code
    assert [(0, True)] == seen
