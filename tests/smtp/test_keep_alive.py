"""keep_alive: what later mails of a run may use of an earlier one's session, and what they may not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from support.command import jsnpy
from support.mail import fields, log_lines
from support.scripted import CLOSE, HANG, POLITE, RESET

from jsnpy import smtp
from jsnpy.redaction import Redactor
from jsnpy.smtp import pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.mailserver import MailServer
    from support.scripted import Connection, ScriptedServer

    Scripted = Callable[..., ScriptedServer]

CODES = smtp.Code
MAIL = ["MAIL", "RCPT", "DATA"]
STALE_ENDS = [
    pytest.param({"MAIL": [b"250 ok\r\n", (b"421 4.4.2 idle too long\r\n", CLOSE)]}, id="421 at MAIL"),
    pytest.param({"MAIL": [b"250 ok\r\n", CLOSE]}, id="closed at MAIL"),
    pytest.param({"MAIL": [b"250 ok\r\n", RESET]}, id="reset at MAIL"),
    pytest.param({"RCPT": [b"250 ok\r\n", CLOSE]}, id="closed at RCPT"),
    pytest.param({"DATA": [b"354 go\r\n", CLOSE]}, id="closed at DATA"),
]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the present second."""
        return self.now


class Run:
    """What a run has for its mails: one redactor, one pool of sessions."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.sessions = pool.Sessions(self.clock)
        self.redactor = Redactor()

    def send(self, server: Any, *, insecure: bool = False, **changes: object) -> smtp.SendResult:
        """Send a mail with keep_alive."""
        settings = smtp.Settings(insecure=insecure, redactor=self.redactor, sessions=lambda: self.sessions)
        return smtp.send(fields(server, **{"keep_alive": True, "helo": "me.test", **changes}), settings)


@pytest.fixture(params=["one by one", "pipelining"])
def scripted(request: pytest.FixtureRequest, scripted: Scripted) -> Scripted:
    """Return what starts a scripted server; each test is run with one that takes many commands in one go, too."""
    if request.param == "one by one":
        return scripted
    return lambda **steps: scripted(**{"EHLO": b"250-mail.test\r\n250 PIPELINING\r\n", **steps})


@pytest.fixture
def run() -> Iterator[Run]:
    """Return a run, which ends with the test."""
    run = Run()
    yield run
    run.sessions.close()


def once(first: Any, later: Any) -> Callable[[Connection], Any]:
    """Return a step that is `first` for the server's first use of it, whichever the connection, and then `later`."""
    steps = iter([first])
    return lambda _: next(steps, later)


def test_three_mails_go_over_one_session(scripted: Scripted, run: Run) -> None:
    """The second and third mail continue the first one's session, without greeting, logging in or QUIT."""
    server = scripted()
    assert [0, 0, 0] == [run.send(server).code for _ in range(3)]
    assert [["EHLO", *MAIL, *MAIL, *MAIL]] == [
        [line.split(b" ")[0].decode() for line in each.commands] for each in server.connections
    ]
    assert 3 == len(server.messages)


def test_without_the_field_each_mail_has_a_session_of_its_own(scripted: Scripted, run: Run) -> None:
    """A mail without keep_alive uses no kept session and leaves none."""
    server = scripted()
    for keep_alive in (True, False, None, True):
        assert 0 == run.send(server, keep_alive=keep_alive).code
    assert [2, 1, 1] == [len(each.messages) for each in server.connections]
    assert ["EHLO", *MAIL, "QUIT"] == [line.split(b" ")[0].decode() for line in server.connections[1].commands]


def test_without_a_run_nothing_is_kept(scripted: Scripted) -> None:
    """Where the caller has no pool, keep_alive changes nothing."""
    server = scripted()
    assert 0 == smtp.send(fields(server, keep_alive=True)).code
    assert "QUIT" == server.verbs[-1]


def test_the_log_says_that_the_session_continues(scripted: Scripted, run: Run) -> None:
    """Each mail's log tells how its session began and that it stays open, and shows its own dialogue alone."""
    server = scripted()
    first, second = run.send(server), run.send(server)
    assert "the session stays open (keep_alive)" == log_lines(first, "*")[-1]
    what = rf"continuing the session with 127\.0\.0\.1:{server.port} \(keep_alive\), idle for \d(\.\d+)? s$"
    assert re.search(what, log_lines(second, "*")[0])
    assert not [line for line in log_lines(second, "C") if line.startswith(("EHLO", "NOOP"))]
    assert 1 == second.log.count("C: MAIL FROM")
    assert 1 == second.details["attempts"]


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
def test_tls_and_log_in_are_done_once(mailserver: Callable[..., MailServer], run: Run, mode: str) -> None:
    """Over TLS with authentication the second mail needs neither handshake nor log-in, and is as safe."""
    server = mailserver(mode, users={"ann@x.test": "a secret"})
    settings: dict[str, Any] = {
        "ssl": mode == "ssl",
        "starttls": mode == "starttls",
        "tls": {"ca_file": server.ca_file},
    }
    results = [run.send(server, user="ann@x.test", pass_="a secret", **settings) for _ in range(2)]
    assert [0, 0] == [result.code for result in results]
    assert [("ann@x.test", True)] * 2 == [(mail.user, mail.tls) for mail in server.mails]
    assert 1 == len(server.logins)


@pytest.mark.parametrize(
    "other",
    [
        {"user": "eve@x.test", "pass": "secret"},
        {"user": "ann@x.test", "pass": "another"},
        {"user": ""},
        {"host": "localhost"},
        {"helo": "you.test"},
        {"auth": "plain"},
        {"tls": {"verify": False}},
        {"tls": {"min_version": "1.3"}},
        {"tls": {"server_name": "mail.test"}},
    ],
)
def test_other_settings_get_another_session(scripted: Scripted, run: Run, other: dict[str, Any]) -> None:
    """A session is shared only by mails with the same host, user, password and TLS settings."""
    server = scripted(EHLO=b"250-mail.test\r\n250 AUTH PLAIN\r\n")
    same: dict[str, Any] = {"user": "ann@x.test", "pass": "secret"}
    assert [0, 0, 0] == [run.send(server, **{**same, **each}).code for each in ({}, other, {})]
    assert [2, 1] == [len(each.messages) for each in server.connections]


def test_an_unverified_session_is_not_used_for_a_verified_mail(mailserver: Callable[..., MailServer], run: Run) -> None:
    """What was opened with --insecure never carries a mail whose certificate is to be verified."""
    server = mailserver("ssl")
    assert 0 == run.send(server, ssl=True, insecure=True).code
    again = run.send(server, ssl=True, insecure=True)
    assert "NOT VERIFIED" in again.log
    assert again.warnings
    assert CODES.TLS == run.send(server, ssl=True).code


def test_after_a_pause_the_session_is_checked(scripted: Scripted, run: Run) -> None:
    """A session that was not used just now is asked with NOOP before it is used."""
    server = scripted()
    run.send(server)
    run.clock.now += 2
    assert 0 == run.send(server).code
    assert ["EHLO", *MAIL, "NOOP", *MAIL] == server.verbs


@pytest.mark.parametrize(
    "answer", [(b"421 4.4.2 idle too long\r\n", CLOSE), CLOSE, RESET, b"500 what?\r\n", b"nonsense\r\n"]
)
def test_a_session_that_fails_the_check_is_opened_anew(scripted: Scripted, run: Run, answer: Any) -> None:
    """Whatever but a yes comes to NOOP, the mail goes over a new session, and the attempts are told."""
    server = scripted(NOOP=answer)
    run.send(server)
    run.clock.now += 2
    result = run.send(server)
    assert (0, 2) == (result.code, result.details["attempts"])
    assert [1, 1] == [len(each.messages) for each in server.connections]
    assert "opening a new session" in log_lines(result, "*")


def test_a_silent_server_does_not_use_up_the_mail_s_time(
    scripted: Scripted, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check without an answer is given up long before the mail's own deadline."""
    monkeypatch.setattr(pool, "CHECK_TIME", 0.1)
    server = scripted(NOOP=HANG)
    run.send(server)
    run.clock.now += 2
    assert 0 == run.send(server).code


@pytest.mark.parametrize("steps", STALE_ENDS)
def test_a_session_lost_before_the_dot_is_opened_anew(scripted: Scripted, run: Run, steps: dict[str, Any]) -> None:
    """A kept session that ends before the message was whole is replaced once, and the mail arrives once."""
    server = scripted(**steps)
    assert 0 == run.send(server, subject="first").code
    result = run.send(server, subject="second")
    assert (0, "", 2) == (result.code, result.error, result.details["attempts"])
    assert 2 == len(server.connections)
    assert ["bob@y.test"] == result.details["accepted"]
    assert 1 == sum(b"Subject: second" in message for message in server.connections[1].messages)
    assert [] == [message for message in server.connections[0].messages if b"Subject: second" in message]


def test_who_was_refused_in_a_lost_session_is_asked_again(scripted: Scripted, run: Run) -> None:
    """What the new session says of each recipient counts, and not what the lost one had said."""
    server = scripted(RCPT=[b"250 ok\r\n", b"550 5.1.1 no\r\n", CLOSE])
    run.send(server)
    result = run.send(server, to=["ann@y.test", "bob@y.test"])
    details = result.details
    assert (0, 2, ["ann@y.test"]) == (result.code, details["attempts"], details["accepted"])
    assert ["bob@y.test"] == [each["email"] for each in details["rejected"]]


def test_a_session_lost_in_a_message_is_opened_anew(scripted: Scripted, run: Run) -> None:
    """A session that ends while a big message is on its way is replaced: the dot was not sent yet."""
    server = scripted(EHLO=b"250 mail.test\r\n", DATA=[b"354 go\r\n", (b"354 go\r\n", RESET)])
    run.send(server)
    result = run.send(server, body="a long line\r\n" * 2**19)
    assert (0, 2) == (result.code, result.details["attempts"])
    assert [1, 1] == [len(each.messages) for each in server.connections]


def test_it_is_opened_anew_only_once(scripted: Scripted, run: Run) -> None:
    """A new session that ends too is a failure, not a further attempt."""
    server = scripted(MAIL=once(b"250 ok\r\n", CLOSE))
    run.send(server)
    result = run.send(server)
    assert (CODES.PROTOCOL, 2) == (result.code, result.details["attempts"])
    assert 2 == len(server.connections)


def test_a_first_session_that_ends_is_not_opened_anew(scripted: Scripted, run: Run) -> None:
    """What is not known to have worked before is not tried twice."""
    server = scripted(MAIL=CLOSE)
    result = run.send(server)
    assert (CODES.PROTOCOL, 1) == (result.code, result.details["attempts"])


@pytest.mark.parametrize("end", [CLOSE, RESET, (b"garbage\r\n", CLOSE)])
def test_nothing_is_sent_again_after_the_dot(scripted: Scripted, run: Run, end: Any) -> None:
    """A session lost after the final dot leaves the delivery unknown; the mail is never sent a second time."""
    server = scripted(MESSAGE=[b"250 ok\r\n", end])
    run.send(server)
    result = run.send(server)
    assert (CODES.UNKNOWN, 1) == (result.code, result.details["attempts"])
    assert [2] == [len(each.messages) for each in server.connections]


def test_a_421_after_the_dot_is_a_refusal_that_is_not_repeated(scripted: Scripted, run: Run) -> None:
    """421 as the answer to the final dot is -8, and the next mail gets a new session."""
    server = scripted(MESSAGE=[b"250 ok\r\n", b"421 4.3.0 closing\r\n"])
    run.send(server)
    assert CODES.MESSAGE == run.send(server).code
    assert [2] == [len(each.messages) for each in server.connections]
    assert 0 == run.send(server).code
    assert [2, 1] == [len(each.messages) for each in server.connections]


@pytest.mark.parametrize(
    ("verb", "code"),
    [("MAIL", CODES.SENDER), ("RCPT", CODES.RECIPIENTS), ("DATA", CODES.MESSAGE), ("MESSAGE", CODES.MESSAGE)],
)
def test_after_a_refusal_the_session_is_reset(
    request: pytest.FixtureRequest, scripted: Scripted, run: Run, verb: str, code: int
) -> None:
    """After a refused mail the next one begins with RSET on the same session."""
    steps: dict[str, Any] = {verb: [POLITE[verb], b"550 5.7.1 no\r\n", POLITE[verb]]}
    if "pipelining" in request.node.name:  # as servers answer what comes too late to be held back
        for later in MAIL[MAIL.index(verb) + 1 if verb in MAIL else 3 :]:
            steps[later] = [POLITE[later], b"503 5.5.1 out of order\r\n", POLITE[later]]
    server = scripted(**steps)
    assert [0, code, 0] == [run.send(server).code for _ in range(3)]
    assert 1 == len(server.connections)
    assert 1 == server.verbs.count("RSET")
    assert server.verbs.index("RSET") > server.verbs.index("MAIL", 2)


def test_a_refused_rset_means_a_new_session(scripted: Scripted, run: Run) -> None:
    """Where RSET fails, the next mail goes over a new session."""
    server = scripted(MAIL=once(b"550 no\r\n", b"250 ok\r\n"), RSET=b"502 what?\r\n")
    assert [CODES.SENDER, 0] == [run.send(server).code for _ in range(2)]
    assert 2 == len(server.connections)


def test_a_message_over_the_limit_does_not_spoil_the_session(scripted: Scripted, run: Run) -> None:
    """A mail refused on our side, before MAIL, leaves a session that still serves."""
    server = scripted(EHLO=b"250-mail.test\r\n250 SIZE 2000\r\n")
    assert [0, CODES.MESSAGE, 0] == [run.send(server, body=body).code for body in ("a", "b" * 3000, "c")]
    assert 1 == len(server.connections)


def test_a_refused_log_in_is_not_kept(scripted: Scripted, run: Run) -> None:
    """A session that never came to be is ended at once, and the next mail begins anew."""
    server = scripted(EHLO=b"250-mail.test\r\n250 AUTH PLAIN\r\n", AUTH=[b"535 5.7.8 no\r\n"])
    who: dict[str, Any] = {"user": "ann@x.test", "pass": "secret"}
    assert [CODES.AUTH] * 2 == [run.send(server, **who).code for _ in range(2)]
    assert 2 == len(server.connections)
    assert 2 == server.verbs.count("QUIT")


def test_a_session_with_contradicting_replies_is_not_kept(scripted: Scripted, run: Run) -> None:
    """After a protocol fault nothing of the session is used again."""
    server = scripted(MAIL=once(b"250-ok\r\n550 ok\r\n250 ok\r\n", b"250 ok\r\n"))
    assert CODES.OK != run.send(server).code
    assert CODES.OK == run.send(server).code
    assert 2 == len(server.connections)


def test_a_session_is_idle_for_30_seconds_at_the_most(scripted: Scripted, run: Run) -> None:
    """After 30 seconds without a mail the session is left with QUIT, and a later mail opens a new one."""
    server = scripted()
    run.send(server)
    run.clock.now += 29.9
    run.sessions.close_idle()
    assert "QUIT" not in server.verbs
    run.clock.now += 0.1
    run.sessions.close_idle()
    assert 0 == run.send(server).code
    server.close()
    assert ["EHLO", *MAIL, "QUIT"] == [line.split(b" ")[0].decode() for line in server.connections[0].commands]
    assert 1 == len(server.connections[1].messages)


def test_a_session_idle_for_too_long_is_not_used(scripted: Scripted, run: Run) -> None:
    """A mail that comes after 30 seconds gets a new session even if nobody looked in between."""
    server = scripted()
    run.send(server)
    run.clock.now += 31
    result = run.send(server)
    assert (0, 1) == (result.code, result.details["attempts"])
    assert [1, 1] == [len(each.messages) for each in server.connections]


def test_closing_says_quit_to_every_server(scripted: Scripted, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end each session ends with QUIT; a server that is gone or silent does not matter."""
    monkeypatch.setattr(pool, "QUIT_TIME", 0.2)
    servers = [scripted(), scripted(QUIT=HANG), scripted(QUIT=CLOSE)]
    for server in servers:
        run.send(server)
    run.sessions.close()
    for server in servers:
        server.close()
    assert ["QUIT"] * 3 == [server.verbs[-1] for server in servers]


def test_the_password_is_in_no_log(scripted: Scripted, run: Run) -> None:
    """A server that tells the password in a continued session is masked as ever."""
    server = scripted(
        EHLO=b"250-mail.test\r\n250 AUTH PLAIN\r\n", MESSAGE=[b"250 ok\r\n", b"250 thanks, Tr0ub4dor&3\r\n"]
    )
    who: dict[str, Any] = {"user": "ann@x.test", "pass": "Tr0ub4dor&3"}
    results = [run.send(server, **who) for _ in range(2)]
    assert [0, 0] == [result.code for result in results]
    assert "Tr0ub4dor&3" not in results[0].log + results[1].log
    assert "S: 250 thanks, [redacted]" in results[1].log


SCRIPT = """
for (let i = 0; i < 3; i++) {
  const result = send_email({
    host: arg.host, port: arg.port, ssl: false, starttls: false, keep_alive: arg.keep_alive,
    from: "ann@x.test", to: "bob@y.test", subject: "mail " + i, body: "hello",
  });
  console.log(result.code, result.details.attempts);
}
if (arg.leave) exit(arg.leave);
if (arg.fail) throw new Error("over");
"""


@pytest.mark.parametrize(("ending", "code"), [({}, 0), ({"leave": 5}, 5), ({"fail": True}, 1)])
def test_the_command_sends_its_mails_over_one_session(
    scripted: Scripted, tmp_path: Path, ending: dict[str, object], code: int
) -> None:
    """In a run three mails with keep_alive share one session, which ends with QUIT however the run ends."""
    server = scripted()
    (tmp_path / "mail.js").write_text(SCRIPT)
    arg = {"host": server.host, "port": server.port, "keep_alive": True, **ending}
    (tmp_path / "mail.json").write_text(json.dumps({"scriptfile": "mail.js", "arg": arg}))
    result = jsnpy("mail.json", cwd=tmp_path)
    assert (code, "0 1\n" * 3) == (result.code, result.out)
    assert ["EHLO", *MAIL, *MAIL, *MAIL, "QUIT"] == server.verbs


def test_a_dry_run_keeps_sessions_too(tmp_path: Path) -> None:
    """With --dry-run the kept session is one with the server inside, and each mail is shown."""
    (tmp_path / "mail.js").write_text(SCRIPT)
    arg = {"host": "mail.x.test", "port": 25, "keep_alive": True}
    (tmp_path / "mail.json").write_text(json.dumps({"scriptfile": "mail.js", "arg": arg}))
    result = jsnpy("mail.json", "--dry-run", cwd=tmp_path)
    assert (0, "0 1\n" * 3) == (result.code, result.out)
    assert all(f"mail {number}" in result.err for number in range(3))
