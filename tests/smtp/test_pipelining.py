"""Commands sent ahead of their replies (RFC 2920): where they are, what a refusal means then, what stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.mail import fields, log_lines
from support.scripted import CLOSE, HANG, POLITE

from jsnpy import smtp
from jsnpy.smtp import pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.scripted import Connection, ScriptedServer

    Scripted = Callable[..., ScriptedServer]
    Send = Callable[..., smtp.SendResult]

CODES = smtp.Code
OFFER = b"250-mail.test\r\n250 PIPELINING\r\n"
MAIL = ["MAIL", "RCPT", "DATA"]


@pytest.fixture
def send() -> Iterator[Send]:
    """Return a function that sends a mail of one run, with keep_alive."""
    sessions = pool.Sessions()
    settings = smtp.Settings(sessions=lambda: sessions)

    def send(server: Any, **changes: object) -> smtp.SendResult:
        return smtp.send(fields(server, **{"keep_alive": True, "helo": "me.test", **changes}), settings)

    yield send
    sessions.close()


def all_at_once(replies: bytes, last: bytes = b"DATA\r\n") -> Callable[[Connection], None]:
    """Return a step for MAIL that says nothing before the last command has come."""

    def step(connection: Connection) -> None:
        connection.until(last)
        connection.send(replies)
        if replies.endswith(b"354 go\r\n"):
            connection.message()
            connection.answer("MESSAGE")

    return step


def one_by_one(verb: str) -> Callable[[Connection], Any]:
    """Return a step that hangs when more than one command has come."""

    def step(connection: Connection) -> Any:
        if connection._buffer:
            return HANG
        connection.play(POLITE[verb])
        if verb == "DATA":
            connection.message()
            connection.answer("MESSAGE")
        return None

    return step


def test_a_mail_s_commands_are_sent_in_one_go(scripted: Scripted, send: Send) -> None:
    """Sender, recipients and DATA are there before the server has said a word about the first."""
    server = scripted(EHLO=OFFER, MAIL=all_at_once(b"250 one\r\n250 two\r\n250 three\r\n354 go\r\n"))
    result = send(server, to=["bob@y.test", "eve@y.test"])
    assert (0, "", ["bob@y.test", "eve@y.test"]) == (result.code, result.error, result.details["accepted"])
    own = [line.partition(" ")[0] for line in log_lines(result, "C")]
    marks = [line[0] for line in result.log.split("\n") if not line.startswith("*")]
    start = own.index("MAIL")
    assert ["MAIL", "RCPT", "RCPT", "DATA"] == own[start : start + 4]
    assert "CCCCSSSS" in "".join(marks)


@pytest.mark.parametrize(
    ("offer", "keep_alive"), [(b"250 mail.test\r\n", True), (OFFER, False)], ids=["not offered", "no keep_alive"]
)
def test_else_each_command_waits_for_its_reply(scripted: Scripted, send: Send, offer: bytes, keep_alive: bool) -> None:
    """Without the server's offer, and without keep_alive, a command is sent when the one before it was answered."""
    server = scripted(EHLO=offer, **{verb: one_by_one(verb) for verb in MAIL})
    assert 0 == send(server, keep_alive=keep_alive).code
    assert 1 == len(server.messages)


def test_every_mail_of_a_session_is_sent_so(scripted: Scripted, send: Send) -> None:
    """Later mails of a kept session use what the server offered at its beginning."""
    server = scripted(EHLO=OFFER, MAIL=all_at_once(b"250 ok\r\n250 ok\r\n354 go\r\n"))
    assert [0, 0, 0] == [send(server, subject=f"mail {number}").code for number in range(3)]
    assert [[b"mail 0", b"mail 1", b"mail 2"]] == [
        [message.partition(b"Subject: ")[2].partition(b"\r\n")[0] for message in each.messages]
        for each in server.connections
    ]


def test_some_refused_recipients_do_not_stop_the_others(scripted: Scripted, send: Send) -> None:
    """Each reply belongs to its own recipient."""
    server = scripted(EHLO=OFFER, RCPT=[b"250 ok\r\n", b"550 5.1.1 unknown\r\n", b"250 ok\r\n"])
    result = send(server, to=["a@y.test", "b@y.test", "c@y.test"])
    assert (0, ["a@y.test", "c@y.test"]) == (result.code, result.details["accepted"])
    assert [{"email": "b@y.test", "code": 550, "text": "5.1.1 unknown"}] == result.details["rejected"]


@pytest.mark.parametrize(
    ("verb", "replies", "code"),
    [
        ("MAIL", b"550 5.7.1 no\r\n503 no sender\r\n503 no recipients\r\n", CODES.SENDER),
        ("RCPT", b"250 ok\r\n550 5.7.1 no\r\n503 no recipients\r\n", CODES.RECIPIENTS),
        ("DATA", b"250 ok\r\n250 ok\r\n550 5.7.1 no\r\n", CODES.MESSAGE),
    ],
)
def test_after_a_refusal_the_session_goes_on(
    scripted: Scripted, send: Send, verb: str, replies: bytes, code: int
) -> None:
    """The replies to what was sent ahead are read and shown, and the next mail continues with RSET."""
    server = scripted(EHLO=OFFER, MAIL=[all_at_once(replies), b"250 ok\r\n"])
    refused, sent = send(server), send(server)
    assert (code, 550, verb.lower()) == (refused.code, refused.details["smtpCode"], refused.details["stage"])
    assert "5.7.1 no" in refused.error
    assert replies.decode().split("\r\n")[:-1] == log_lines(refused, "S")[-3:]
    assert (0, 1, 1) == (sent.code, len(server.connections), server.verbs.count("RSET"))


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        (b"550 no\r\n503 no sender\r\n354 go\r\n", CODES.SENDER),
        (b"250 ok\r\n550 no\r\n354 go\r\n", CODES.RECIPIENTS),
    ],
)
def test_a_server_that_wants_the_message_all_the_same_gets_nothing(
    scripted: Scripted, send: Send, replies: bytes, code: int
) -> None:
    """After 354 for a mail that was refused neither a dot nor QUIT is sent: either might be delivered."""
    after: list[bytes] = []

    def listen(connection: Connection) -> None:
        connection.until(b"DATA\r\n")
        connection.send(replies)
        while True:
            after.append(connection.recv())

    server = scripted(EHLO=OFFER, MAIL=[listen])
    assert code == send(server).code
    assert [] == after
    server.steps["MAIL"] = b"250 ok\r\n"
    assert 0 == send(server).code
    assert [0, 1] == [len(each.messages) for each in server.connections]


@pytest.mark.parametrize("end", [CLOSE, HANG, b"nonsense\r\n"])
def test_a_refusal_stands_whatever_comes_of_the_rest(
    scripted: Scripted, send: Send, end: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that answers only the refused command changes nothing about the refusal, and is not used again."""
    monkeypatch.setattr("jsnpy.smtp.transaction._SETTLE_TIME", 0.2)

    def refuse(connection: Connection) -> Any:
        connection.until(b"DATA\r\n")
        connection.send(b"550 5.7.1 no\r\n")
        return end

    server = scripted(EHLO=OFFER, MAIL=[refuse])
    result = send(server)
    assert (CODES.SENDER, "mail", 550) == (result.code, result.details["stage"], result.details["smtpCode"])
    server.steps["MAIL"] = b"250 ok\r\n"
    assert 0 == send(server).code
    assert 2 == len(server.connections)


@pytest.mark.parametrize(
    ("replies", "code", "stage"),
    [
        (b"", CODES.PROTOCOL, "mail"),
        (b"250 ok\r\n", CODES.PROTOCOL, "rcpt"),
        (b"250 ok\r\n250 ok\r\n", CODES.PROTOCOL, "data"),
        (b"250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n", CODES.PROTOCOL, "message"),
        (b"250 ok\r\n421 4.3.2 going down\r\n", CODES.RECIPIENTS, "rcpt"),
    ],
)
def test_each_reply_has_its_stage(scripted: Scripted, send: Send, replies: bytes, code: int, stage: str) -> None:
    """A connection that ends or lies is told by the command whose reply was awaited."""

    def step(connection: Connection) -> str:
        connection.until(b"DATA\r\n")
        connection.send(replies)
        return CLOSE

    result = send(scripted(EHLO=OFFER, MAIL=step))
    assert (code, stage) == (result.code, result.details["stage"])
    assert [] == result.details["accepted"]


def test_a_silent_server_is_timed_out(scripted: Scripted, send: Send) -> None:
    """The mail's own deadline holds while replies are awaited."""
    result = send(scripted(EHLO=OFFER, RCPT=HANG), timeout=0.3)
    assert (CODES.TIMEOUT, "rcpt") == (result.code, result.details["stage"])


def test_thousands_of_recipients_fill_no_buffer(scripted: Scripted, send: Send) -> None:
    """Commands are sent so few at a time that a server that reads slowly and answers at length is no deadlock."""
    most = 0

    def wordy(connection: Connection) -> bytes:
        nonlocal most
        most = max(most, connection._buffer.count(b"\r\n"))
        return b"250-" + b"x" * 400 + b"\r\n250 2.1.5 ok\r\n"

    people = [f"person{number}@y.test" for number in range(2000)]
    result = send(scripted(EHLO=OFFER, RCPT=wordy), to=people, timeout=30)
    assert (0, people) == (result.code, result.details["accepted"])
    assert 10 < most <= 50
