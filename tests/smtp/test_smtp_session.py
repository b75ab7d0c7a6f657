"""The session: what is said when, and what a server may answer."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import fields, log_lines, login, send
from support.scripted import CLOSE, HANG, RESET, Drip

from jsnpy import smtp
from jsnpy.smtp import session as session_module
from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.mailserver import MailServer
    from support.scripted import Connection, ScriptedServer

    Scripted = Callable[..., ScriptedServer]

CODES = smtp.Code


@pytest.mark.parametrize("mode", ["plain", "ssl", "starttls"])
def test_each_mode_delivers_to_a_real_server(mailserver: Callable[..., MailServer], mode: str) -> None:
    """A mail with authentication arrives over plain, ssl and starttls."""
    server = mailserver(mode, users={"ann@x.test": 'Tr0ub4dor&3 "é" %'})
    result = login(server, ssl=mode == "ssl", starttls=mode == "starttls", tls={"ca_file": server.ca_file})
    assert (0, "") == (result.code, result.error)
    (mail,) = server.mails
    assert ("ann@x.test", ["bob@y.test"], "ann@x.test") == (mail.sender, mail.recipients, mail.user)
    assert (mode != "plain") is mail.tls
    assert "The disk is full" == mail.body.rstrip("\r\n")


def test_the_result_of_a_success_has_all_details(scripted: Scripted) -> None:
    """On success there are code 0, no error, and all eight details."""
    server = scripted()
    result = send(server)
    assert (0, "", []) == (result.code, result.error, result.warnings)
    assert result.details.pop("messageId") in server.messages[0].decode()
    assert {
        "stage": "done",
        "smtpCode": 250,
        "enhancedCode": "2.0.0",
        "temporary": False,
        "accepted": ["bob@y.test"],
        "rejected": [],
        "attempts": 1,
    } == result.details


def test_verbs_are_in_upper_case_and_nothing_more_is_said(scripted: Scripted) -> None:
    """The commands of a success are EHLO, MAIL, RCPT, DATA, QUIT: no RSET, no second EHLO."""
    server = scripted()
    assert 0 == send(server, helo="me.test").code
    size = len(server.messages[0])
    assert [
        b"EHLO me.test",
        b"MAIL FROM:<ann@x.test> SIZE=%d" % size,
        b"RCPT TO:<bob@y.test>",
        b"DATA",
        b"QUIT",
    ] == server.commands


def test_size_is_not_given_where_it_is_not_offered(scripted: Scripted) -> None:
    """MAIL has no SIZE for a server that does not offer it."""
    server = scripted(EHLO=b"250 mail.test\r\n")
    assert 0 == send(server).code
    assert b"MAIL FROM:<ann@x.test>" in server.commands


@pytest.mark.parametrize(("limit", "code"), [(b"100", CODES.MESSAGE), (b"0", 0), (b"", 0), (b"x", 0), (b"9" * 5000, 0)])
def test_a_message_over_the_limit_is_not_even_announced(scripted: Scripted, limit: bytes, code: int) -> None:
    """A SIZE limit that is exceeded is -8 before MAIL; 0, none or nonsense is no limit."""
    server = scripted(EHLO=b"250-mail.test\r\n250 SIZE " + limit + b"\r\n")
    result = send(server)
    assert code == result.code
    if code:
        assert ["EHLO", "QUIT"] == server.verbs
        assert "takes 100 at most" in result.error


@pytest.mark.parametrize(("spare", "code"), [(0, 0), (-1, CODES.MESSAGE)])
def test_a_message_as_large_as_the_limit_is_sent(scripted: Scripted, spare: int, code: int) -> None:
    """The server's SIZE is the size of the largest message that it takes, to the byte."""
    limits: list[int] = []
    server = scripted(EHLO=lambda _: b"250-mail.test\r\n250 SIZE %d\r\n" % limits[0])
    mail = Sending().prepare(fields(server))
    limits.append(len(mail.message.data) + spare)
    assert code == Sending().resend(mail).code


# --- finding the server


def test_every_address_is_tried(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first address of a name refuses, the next one is used."""
    server = scripted()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = closed.getsockname()[1]
    kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    _resolve(monkeypatch, [(*kind, ("127.0.0.1", dead)), (*kind, ("127.0.0.1", server.port))])
    result = send(server, host="mail.test")
    assert 0 == result.code
    assert "mail.test resolved to 127.0.0.1, 127.0.0.1" in result.log


def test_an_address_that_swallows_everything_leaves_time_for_the_next(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that neither answers nor refuses costs its share of the time, not all of it."""
    server = scripted()
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # its queue is full now: further connections wait
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        _resolve(monkeypatch, [(*kind, full.getsockname()), (*kind, ("127.0.0.1", server.port))])
        result = send(server, host="mail.test", timeout=1)
    assert (0, "") == (result.code, result.error)


def test_a_dead_first_address_holds_up_the_next_for_a_few_seconds(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the timeout, an address that swallows everything costs seconds; and it gets its time if none answers."""
    server = scripted()
    tried: list[tuple[str, float]] = []

    class Sock:
        def __init__(self, *_: object) -> None:
            self.real: socket.socket | None = None

        def settimeout(self, seconds: float) -> None:
            self.seconds = seconds

        def connect(self, address: tuple[str, int]) -> None:
            tried.append((address[0], self.seconds))
            raise TimeoutError

        def close(self) -> None:
            pass

    kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    dead = [(*kind, (f"192.0.2.{number}", 25)) for number in (1, 2)]
    monkeypatch.setattr("jsnpy.smtp.connect.socket.socket", Sock)
    _resolve(monkeypatch, dead)
    result = send(host="mail.test", timeout=60)
    monkeypatch.undo()
    assert (CODES.TIMEOUT, "connect") == (result.code, result.details["stage"])
    assert ["192.0.2.1", "192.0.2.2"] * 2 == [address for address, _ in tried]
    assert all(seconds <= 3 for _, seconds in tried[:2])
    assert 25 < tried[2][1] < tried[3][1] <= 60
    assert 0 == send(server).code


def test_a_host_that_never_answers_is_3() -> None:
    """A connection that is not made in time is -3 at the stage "connect"."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        result = send(port=full.getsockname()[1], timeout=0.3)
    assert (CODES.TIMEOUT, "connect") == (result.code, result.details["stage"])


def test_a_host_that_no_address_answers_for_is_named() -> None:
    """-2 names host and port and why each address failed."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    result = send(host="localhost", port=port)
    assert (CODES.CONNECT, "connect") == (result.code, result.details["stage"])
    assert f"localhost:{port}" in result.error
    assert "refused" in result.error.lower()


def test_a_name_that_does_not_resolve_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """-2 says that the name does not resolve, which is another trouble than a server that is down."""
    _resolve(monkeypatch, socket.gaierror(-2, "Name or service not known"))
    result = send(host="no.such.test", port=25)
    assert (CODES.CONNECT, "resolve") == (result.code, result.details["stage"])
    assert 'the host name "no.such.test" does not resolve' in result.error
    assert "Name or service not known" in result.error


@pytest.mark.parametrize(
    ("number", "words"),
    [(11001, "no such host is known"), (11002, "the name server did not answer"), (1, "getaddrinfo failed")],
)
def test_windows_says_why_a_name_does_not_resolve(monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    """Windows' own text, "getaddrinfo failed", is said in words where its number is known."""
    _resolve(monkeypatch, socket.gaierror(number, "getaddrinfo failed"))
    assert f"({words})" in send(host="no.such.test").error


def test_a_slow_name_server_is_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that hangs is -3 at the stage "resolve"."""
    release = threading.Event()

    def hang() -> None:
        release.wait(10)
        raise socket.gaierror(-3, "no answer")

    _resolve(monkeypatch, hang)
    started = time.monotonic()
    result = send(host="slow.test", timeout=0.3)
    release.set()
    assert (CODES.TIMEOUT, "resolve") == (result.code, result.details["stage"])
    assert "looking up the name" in result.error
    assert time.monotonic() - started < 5


def _resolve(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        if options.get("flags") == socket.AI_NUMERICHOST:
            return real(host, *args, **options)
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


# --- time


@pytest.mark.parametrize(
    ("stage", "steps"),
    [
        ("greeting", {"GREETING": HANG}),
        ("greeting", {"GREETING": Drip(b"220 " + b"x" * 1000)}),
        ("greeting", {"GREETING": Drip(b"220-x\r\n" * 1000)}),
        ("ehlo", {"EHLO": HANG}),
        ("mail", {"MAIL": HANG}),
        ("rcpt", {"RCPT": HANG}),
        ("data", {"DATA": HANG}),
    ],
)
def test_one_deadline_holds_for_all(scripted: Scripted, stage: str, steps: dict[str, Any]) -> None:
    """Whatever hangs or drips, the send ends in time with -3 and names the stage."""
    started = time.monotonic()
    result = send(scripted(**steps), timeout=0.3)
    assert (CODES.TIMEOUT, stage) == (result.code, result.details["stage"])
    assert re.search(r"timed out after \d\.\d\d? s while", result.error), result.error
    assert time.monotonic() - started < 5


def test_the_deadline_is_one_for_the_whole_send(scripted: Scripted) -> None:
    """Replies that each come in time do not add up to more than the timeout."""
    slow = {verb: Drip(reply, 0.05) for verb, reply in {"GREETING": b"220 hi\r\n", "EHLO": b"250 hi\r\n"}.items()}
    result = send(scripted(**slow, MAIL=Drip(b"250 2.1.0 " + b"o" * 400 + b"\r\n", 0.05)), timeout=3)
    assert (CODES.TIMEOUT, "mail") == (result.code, result.details["stage"])


def test_the_end_of_the_run_ends_a_send(scripted: Scripted) -> None:
    """The run's deadline holds where it comes before the mail's own."""
    settings = smtp.Settings(deadline=time.monotonic() + 0.3)
    assert CODES.TIMEOUT == send(scripted(GREETING=HANG), settings, timeout=60).code


def test_a_server_that_does_not_read_is_within_the_deadline(scripted: Scripted) -> None:
    """A message the server does not take off the line is -3."""

    def stop_reading(connection: Connection) -> None:
        connection.send(b"354 go\r\n")
        connection.server.stopping.wait(10)

    result = send(scripted(DATA=stop_reading, EHLO=b"250 hi\r\n"), body="x" * 12_000_000, timeout=3)
    assert (CODES.TIMEOUT, "message") == (result.code, result.details["stage"])


def test_a_greeting_that_never_comes_may_be_a_port_for_tls(scripted: Scripted) -> None:
    """A plain client at a port that waits for TLS is told to try ssl: true."""
    result = send(scripted(ssl=True), timeout=0.3)
    assert CODES.TIMEOUT == result.code
    assert "try ssl: true" in result.error


# --- greeting and EHLO


def test_helo_is_the_ehlo_name(scripted: Scripted) -> None:
    """The name in `helo` is the one given to EHLO."""
    server = scripted()
    send(server, helo="büro.test")
    assert b"EHLO xn--bro-hoa.test" == server.commands[0]


@pytest.mark.parametrize(
    ("hostname", "name"),
    [
        ("pc.corp.test", b"pc.corp.test"),
        ("PC-1.corp.test", b"PC-1.corp.test"),
        ("xn--bro-hoa.test", b"xn--bro-hoa.test"),
        ("4.b.test", b"4.b.test"),
        ("pc", b"[127.0.0.1]"),
        ("dot.", b"[127.0.0.1]"),
        ("web_app_1.my_net", b"[127.0.0.1]"),
        ("host.corp.local.", b"[127.0.0.1]"),
        ("-x.corp", b"[127.0.0.1]"),
        ("x.corp-", b"[127.0.0.1]"),
        ("a..b", b"[127.0.0.1]"),
        (".a.b", b"[127.0.0.1]"),
        ("10.0.0.5", b"[127.0.0.1]"),
        ("x" * 64 + ".corp", b"[127.0.0.1]"),
        (".".join(["x" * 60] * 5), b"[127.0.0.1]"),
        ("", b"[127.0.0.1]"),
        ("bü.ro", b"[127.0.0.1]"),
        ("a.b c", b"[127.0.0.1]"),
    ],
)
def test_the_ehlo_name_needs_no_look_up(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, hostname: str, name: bytes
) -> None:
    """Without `helo` it is the host name if that is a valid domain with a dot, else the address; never a look-up."""

    def no_look_up(*_: object) -> str:
        raise AssertionError("a reverse look-up")

    monkeypatch.setattr(socket, "getfqdn", no_look_up)
    monkeypatch.setattr(socket, "gethostbyaddr", no_look_up)
    monkeypatch.setattr(socket, "gethostname", lambda: hostname)
    server = scripted()
    assert 0 == send(server).code
    assert b"EHLO " + name == server.commands[0]


@pytest.mark.parametrize("refusal", [b"500 what?\r\n", b"502 5.5.1 no\r\n"])
def test_helo_follows_an_ehlo_that_is_unknown(scripted: Scripted, refusal: bytes) -> None:
    """A server that does not know EHLO gets HELO, and the mail."""
    server = scripted(EHLO=refusal)
    assert 0 == send(server).code
    assert ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "QUIT"] == server.verbs


@pytest.mark.parametrize(
    ("steps", "changes", "code"),
    [
        ({"EHLO": b"550 5.7.1 go away\r\n"}, {}, CODES.PROTOCOL),
        ({"EHLO": b"501 5.5.4 bad name\r\n"}, {}, CODES.PROTOCOL),
        ({"EHLO": b"421 4.3.2 busy\r\n"}, {}, CODES.PROTOCOL),
        ({"EHLO": b"502 no\r\n"}, {"starttls": True}, CODES.TLS),
        ({"EHLO": b"502 no\r\n"}, {"user": "u", "pass_": "some-pass"}, CODES.AUTH),
        ({"EHLO": b"502 no\r\n", "HELO": b"550 no\r\n"}, {}, CODES.PROTOCOL),
        ({"GREETING": b"554 5.7.1 blocked\r\n"}, {}, CODES.PROTOCOL),
        ({"GREETING": b"421 busy\r\n"}, {}, CODES.PROTOCOL),
        ({"GREETING": b"554 no\r\n"}, {"starttls": True}, CODES.TLS),
        ({"GREETING": b"554 no\r\n"}, {"user": "u", "pass_": "some-pass"}, CODES.AUTH),
        ({"GREETING": b"250 hello\r\n"}, {}, CODES.PROTOCOL),
    ],
)
def test_a_refused_greeting_has_the_class_of_what_was_wanted(
    scripted: Scripted, steps: dict[str, Any], changes: dict[str, Any], code: int
) -> None:
    """A refused greeting or EHLO is -9, -4 where STARTTLS, -5 where authentication was wanted; no mail goes out."""
    server = scripted(**steps)
    result = send(server, **changes)
    assert code == result.code
    assert "MAIL" not in server.verbs
    assert ("HELO" in server.verbs) is ("HELO" in steps)
    assert str(result.details["smtpCode"]) in result.error


# --- replies


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "web server"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH server"),
        (b"* OK IMAP4rev1 ready\r\n", "IMAP server"),
        (b"+OK POP3 ready\r\n", "POP3 server"),
        (b"\x15\x03\x01\x00\x02\x02\x0a\r\n", "ssl: true"),
        (b"hello there\r\n", "usual ports"),
        (b"2200 hello\r\n", "usual ports"),
        (b"999 hello\r\n", "usual ports"),
    ],
)
def test_what_is_no_smtp_greeting_is_quoted(scripted: Scripted, line: bytes, what: str) -> None:
    """A first line that is no SMTP is -9, quoted, and recognised where it is well known."""
    result = send(scripted(GREETING=line))
    assert (CODES.PROTOCOL, "greeting") == (result.code, result.details["stage"])
    assert what in result.error
    assert "does not answer like an SMTP server" in result.error
    if line.isascii() and line[0] > 32:
        assert line.decode().strip() in result.error


@pytest.mark.parametrize(
    "steps",
    [
        {"GREETING": b"220-one\r\n220-two\r\n220 three\r\n"},
        {"GREETING": b"220\r\n"},
        {"GREETING": b"\r\n\r\n220 blank lines first\r\n"},
        {"EHLO": b"250-hi\r\n\r\n250-\r\n250 SIZE\r\n"},
        {"MAIL": b"250 ok\n"},
        {"MAIL": b"250 ok\r\n\r\n"},
        {"MAIL": b"250-a\n250-b\n250 c\n"},
        {"MAIL": b"250 2.1.0 caf\xe9 \xff\r\n"},
        {"MAIL": b"250 " + "für dich".encode() + b"\r\n"},
        {"RCPT": b"250 \x00\x1b[31m\r\n"},
        {"RCPT": b"250 " + b"x" * 5000 + b"\r\n"},
        {"MAIL": Drip(b"250 ok\r\n", 0.01)},
    ],
)
def test_odd_but_honest_replies_are_understood(scripted: Scripted, steps: dict[str, Any]) -> None:
    """Many lines, blank lines, LF alone, no text, any bytes: the mail is sent."""
    assert (0, "") == ((result := send(scripted(**steps))).code, result.error)


@pytest.mark.parametrize(
    "reply",
    [
        b"250 " + b"x" * 10_000 + b"\r\n",
        b"x" * 10_000,
        b"250-more\r\n" * 1000,
        b"250-" + b"x" * 5000 + b"\r\n" + (b"250-" + b"x" * 5000 + b"\r\n") * 20,
        b"\r\n" * 2000,
        b"250 ok\r\n250 and more\r\n",
        b"550-no\r\n250 yes\r\n",
        b"354-no\r\n250 yes\r\n",
        b"25 ok\r\n",
        b"ok\r\n",
    ],
)
def test_a_lying_or_endless_reply_is_no_success(scripted: Scripted, reply: bytes) -> None:
    """Replies too long, contradictory, or more than was asked for end the send with -9."""
    server = scripted(MAIL=reply)
    result = send(server, timeout=3)
    assert CODES.PROTOCOL == result.code
    assert [] == server.messages
    assert len(result.log) < 100_000


@pytest.mark.parametrize(
    ("steps", "code", "words"),
    [
        ({"GREETING": b"554-busy\r\n220 hello\r\n"}, CODES.PROTOCOL, '"554 busy 220 hello"'),
        ({"MAIL": b"550-no\r\n250 well\r\n"}, CODES.PROTOCOL, '"550 no 250 well"'),
        ({"MESSAGE": b"550-no\r\n250 well\r\n"}, CODES.UNKNOWN, '"550 no 250 well"'),
        ({"MESSAGE": b"354 more\r\n"}, CODES.UNKNOWN, '"354 more"'),
        ({"MESSAGE": b"Sorry, try later\r\n"}, CODES.UNKNOWN, '"Sorry, try later"'),
    ],
)
def test_an_answer_that_says_neither_yes_nor_no_is_quoted_whole(
    scripted: Scripted, steps: dict[str, bytes], code: int, words: str
) -> None:
    """Who has to find out what became of the mail reads all the server said, after the final dot too."""
    result = send(scripted(**steps))
    assert code == result.code
    assert words in result.error


def test_the_last_of_differing_codes_counts_as_a_refusal(scripted: Scripted) -> None:
    """A reply that begins with 250 and ends with 550 is a refusal."""
    result = send(scripted(MAIL=b"250-well\r\n550 no\r\n"))
    assert (CODES.SENDER, 550) == (result.code, result.details["smtpCode"])


@pytest.mark.parametrize(("size", "code"), [(100, CODES.PROTOCOL), (100_000, CODES.UNKNOWN)])
@pytest.mark.parametrize("reply", [b"354 go\r\n250 queued\r\n", b"354 go\r\n\r\n250 queued\r\n"])
def test_a_yes_before_the_message_is_no_success(scripted: Scripted, reply: bytes, size: int, code: int) -> None:
    """After a 250 that came before the message was whole no dot is sent; delivery is unknown if any of it was sent."""
    received: list[bytes] = []

    def answer(connection: Connection) -> None:
        connection.send(reply)
        while True:
            received.append(connection.recv())

    result = send(scripted(DATA=answer), body="x" * size)
    assert code == result.code
    assert b"\r\n.\r\n" not in b"".join(received)


def test_a_refusal_in_the_middle_of_the_message_is_one(scripted: Scripted) -> None:
    """A server that refuses and closes while the message still goes out is quoted, not reported as lost."""

    def refuse(connection: Connection) -> str:
        connection.send(b"354 go\r\n")
        connection.recv()
        connection.send(b"552 5.3.4 too big\r\n")
        return CLOSE

    result = send(scripted(DATA=refuse, EHLO=b"250 hi\r\n"), body="x" * 8_000_000)
    assert CODES.MESSAGE == result.code or (CODES.PROTOCOL == result.code and "reset" in result.error)
    assert [] == result.details["accepted"]


def test_a_stop_before_the_dot_says_nothing_more(scripted: Scripted) -> None:
    """A journal that stops the mail before its dot leaves neither a dot nor QUIT: either would end the message."""
    received = bytearray()

    def listen(connection: Connection) -> None:
        connection.send(b"354 go\r\n")
        while True:
            received.extend(connection.recv())

    class Journal:
        def begins(self, mail: object) -> None:
            pass

        def before_dot(self) -> None:
            raise SendFailure(CODES.PROTOCOL, "message", "stopped by the journal")

        def accepted(self) -> None:
            raise AssertionError("it was not")

        def refused(self) -> None:
            pass

    with scripted(DATA=listen) as server:
        result = Sending(smtp.Settings(), Journal()).send(fields(server, body="x" * 20_000))
    assert (CODES.PROTOCOL, "stopped by the journal") == (result.code, result.error)
    assert b"x" * 20 in received
    assert b"QUIT" not in received
    assert not received.endswith(b"\r\n.\r\n")


# --- the transaction


@pytest.mark.parametrize("code", [b"200", b"250", b"251", b"252", b"299"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "MESSAGE"])
def test_any_2xx_accepts(scripted: Scripted, verb: str, code: bytes) -> None:
    """MAIL, RCPT and the final dot are accepted by any 2xx."""
    assert 0 == send(scripted(**{verb: code + b" fine\r\n"})).code


@pytest.mark.parametrize(
    ("verb", "reply", "code", "stage"),
    [
        ("MAIL", b"550 5.7.1 no\r\n", CODES.SENDER, "mail"),
        ("MAIL", b"451 4.3.0 later\r\n", CODES.SENDER, "mail"),
        ("MAIL", b"354 what\r\n", CODES.SENDER, "mail"),
        ("RCPT", b"550 5.1.1 unknown\r\n", CODES.RECIPIENTS, "rcpt"),
        ("RCPT", b"450 4.2.0 greylisted\r\n", CODES.RECIPIENTS, "rcpt"),
        ("DATA", b"554 5.5.1 no\r\n", CODES.MESSAGE, "data"),
        ("DATA", b"250 ok\r\n", CODES.MESSAGE, "data"),
        ("DATA", b"451 4.3.0 later\r\n", CODES.MESSAGE, "data"),
        ("MESSAGE", b"554 5.6.0 spam\r\n", CODES.MESSAGE, "message"),
        ("MESSAGE", b"452 4.3.1 full\r\n", CODES.MESSAGE, "message"),
    ],
)
def test_each_refusal_has_its_class(scripted: Scripted, verb: str, reply: bytes, code: int, stage: str) -> None:
    """A refused command has its own code, with the server's words, its codes and whether it may pass."""
    server = scripted(**{verb: reply})
    result = send(server)
    number, text = reply.decode().strip().split(" ", 1)
    enhanced = text.split()[0] if text[1:2] == "." else None
    assert (code, stage) == (result.code, result.details["stage"])
    assert (int(number), enhanced) == (result.details["smtpCode"], result.details["enhancedCode"])
    assert (number[0] == "4") is result.details["temporary"]
    assert f'"{number} {text}"' in result.error
    assert [] == result.details["accepted"]
    assert "QUIT" == server.verbs[-1]


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        ("GREETING", CODES.PROTOCOL),
        ("EHLO", CODES.PROTOCOL),
        ("MAIL", CODES.SENDER),
        ("RCPT", CODES.RECIPIENTS),
        ("DATA", CODES.MESSAGE),
        ("MESSAGE", CODES.MESSAGE),
    ],
)
@pytest.mark.parametrize("closes", [True, False])
def test_421_ends_the_session_with_the_class_of_what_it_answers(
    scripted: Scripted, verb: str, code: int, closes: bool
) -> None:
    """After 421 nothing more is said, not even QUIT, and the code is that of the command."""
    server = scripted(**{verb: (b"421 4.7.0 closing\r\n", CLOSE) if closes else b"421 4.7.0 closing\r\n"})
    if verb == "MESSAGE" or not closes:
        server.steps[verb] = b"421 4.7.0 closing\r\n"
    result = send(server)
    assert (code, 421) == (result.code, result.details["smtpCode"])
    assert "QUIT" not in server.verbs
    assert "421 4.7.0 closing" in result.error


def test_an_unasked_421_is_the_answer_to_the_next_command(scripted: Scripted) -> None:
    """A server that says goodbye between two commands is quoted."""
    server = scripted(EHLO=b"250 hi\r\n421 4.4.2 idle too long\r\n")
    result = send(server)
    assert (CODES.SENDER, 421) == (result.code, result.details["smtpCode"])
    assert "421 4.4.2 idle too long" in result.error


@pytest.mark.parametrize("end", [CLOSE, RESET, (b"250 half a li", CLOSE)])
@pytest.mark.parametrize(
    ("verb", "code"),
    [
        ("GREETING", CODES.PROTOCOL),
        ("EHLO", CODES.PROTOCOL),
        ("MAIL", CODES.PROTOCOL),
        ("RCPT", CODES.PROTOCOL),
        ("DATA", CODES.PROTOCOL),
        ("MESSAGE", CODES.UNKNOWN),
    ],
)
def test_a_lost_connection_is_9_and_10_after_the_dot(scripted: Scripted, verb: str, end: Any, code: int) -> None:
    """A connection lost is -9; after the final dot it is -10, delivery unknown."""
    result = send(scripted(**{verb: end}))
    assert code == result.code
    assert None is result.details["smtpCode"] is result.details["temporary"] is result.details["enhancedCode"]
    if end not in (CLOSE, RESET):
        assert "250 half a li" in log_lines(result, "S")
    if code == CODES.UNKNOWN:
        assert "may have been delivered" in result.error


@pytest.mark.parametrize(
    "answer", [HANG, Drip(b"250 " + b"x" * 1000), b"550-no\r\n250 yes\r\n", b"ok\r\n", b"354 more\r\n"]
)
def test_no_clear_answer_to_the_dot_is_delivery_unknown(scripted: Scripted, answer: Any) -> None:
    """A time-out or nonsense after the final dot is -10: the mail may have been delivered."""
    result = send(scripted(MESSAGE=answer), timeout=0.4)
    assert (CODES.UNKNOWN, "message") == (result.code, result.details["stage"])


@pytest.mark.parametrize("answer", [HANG, CLOSE, RESET, b"500 what?\r\n", b"nonsense\r\n", b"421 bye\r\n"])
def test_quit_changes_nothing(scripted: Scripted, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Whatever happens at QUIT, a mail the server took is sent."""
    monkeypatch.setattr(session_module, "QUIT_TIME", 0.2)
    result = send(scripted(QUIT=answer))
    assert (0, "", []) == (result.code, result.error, result.warnings)
    assert "done" == result.details["stage"]


def test_quit_waits_two_seconds_at_the_most(scripted: Scripted) -> None:
    """A server that never answers QUIT costs two seconds."""
    started = time.monotonic()
    assert 0 == send(scripted(QUIT=HANG), timeout=60).code
    assert 1.5 < time.monotonic() - started < 10


def test_quit_hurts_no_failure(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal stays the result when QUIT fails as well."""
    monkeypatch.setattr(session_module, "QUIT_TIME", 0.2)
    result = send(scripted(MAIL=b"550 no\r\n", QUIT=HANG))
    assert (CODES.SENDER, 550) == (result.code, result.details["smtpCode"])


# --- recipients


def test_some_refused_recipients_do_not_stop_the_others(scripted: Scripted) -> None:
    """With one of three refused the code is 0, and the refused one is in details, log and warnings."""
    server = scripted(RCPT=[b"250 ok\r\n", b"550 5.1.1 no such user\r\n", b"251 forwarded\r\n"])
    result = send(server, to=["a@y.test", "b@y.test"], bcc="c@y.test")
    assert (0, "") == (result.code, result.error)
    assert ["a@y.test", "c@y.test"] == result.details["accepted"]
    assert [{"email": "b@y.test", "code": 550, "text": "5.1.1 no such user"}] == result.details["rejected"]
    assert "*: recipient b@y.test refused: 550 5.1.1 no such user" in result.log
    assert ["send_email: recipient b@y.test refused: 550 5.1.1 no such user"] == result.warnings


def test_all_refused_recipients_are_7(scripted: Scripted) -> None:
    """With all refused there is no DATA; one that may pass makes the failure temporary."""
    server = scripted(RCPT=[b"550 5.1.1 no\r\n", b"450 4.2.1 later\r\n"])
    result = send(server, to=["a@y.test", "b@y.test"])
    assert (CODES.RECIPIENTS, 450, True) == (result.code, result.details["smtpCode"], result.details["temporary"])
    assert "all 2 recipients" in result.error
    assert ["EHLO", "MAIL", "RCPT", "RCPT", "QUIT"] == server.verbs
    assert 2 == len(result.details["rejected"])


def test_each_address_gets_one_rcpt(scripted: Scripted) -> None:
    """An address named several times, with its domain in another case, gets one RCPT; another local part its own."""
    server = scripted()
    send(server, to=["a@y.test", "a@Y.test"], cc=["a@y.test", "A@y.test"], bcc=[{"email": "b@y.test"}, "b@y.test"])
    assert [b"RCPT TO:<a@y.test>", b"RCPT TO:<A@y.test>", b"RCPT TO:<b@y.test>"] == [
        line for line in server.commands if line.startswith(b"RCPT")
    ]


def test_two_thousand_recipients(scripted: Scripted) -> None:
    """Two thousand recipients, some named twice in to, cc and bcc, get one RCPT each, in short header lines."""
    names = [f"r{number}@y.test" for number in range(2000)]
    server = scripted(RCPT=[*[b"250 ok\r\n"] * 1000, b"452 4.5.3 too many\r\n"])
    result = send(server, to=names[:1500], cc=[*names[1000:], "R7@y.test"], bcc=["r7@Y.TEST", *names[:10]], timeout=30)
    assert 0 == result.code
    assert 1001 + 1001 == server.verbs.count("RCPT")  # those it did not take were asked about once more
    assert (1000, 1001) == (len(result.details["accepted"]), len(result.details["rejected"]))
    assert {452} == {each["code"] for each in result.details["rejected"]}
    assert max(len(line) for line in server.messages[0].split(b"\r\n")) <= 78


def test_bcc_is_in_no_header(mailserver: Callable[..., MailServer]) -> None:
    """A bcc recipient gets the mail and is not named in it."""
    server = mailserver()
    send(server, bcc=["secret@z.test"])
    (mail,) = server.mails
    assert ["bob@y.test", "secret@z.test"] == mail.recipients
    assert b"secret@z.test" not in mail.content
    assert b"\nbcc:" not in mail.content.lower()


def test_domains_go_out_in_idna(scripted: Scripted) -> None:
    """Domains that are not ASCII are converted, in the envelope and in the headers."""
    server = scripted()
    assert 0 == send(server, from_="a@bücher.test", to="b@例え.test").code
    assert server.commands[1].startswith(b"MAIL FROM:<a@xn--bcher-kva.test>")
    assert b"RCPT TO:<b@xn--r8jz45g.test>" in server.commands
    assert b"To: b@xn--r8jz45g.test\r\n" in server.messages[0]


def test_a_local_part_in_utf8_needs_smtputf8(scripted: Scripted, mailserver: Callable[..., MailServer]) -> None:
    """A non-ASCII local part goes to a server with SMTPUTF8; to another one it is -1, and nothing is sent."""
    server = scripted()
    result = send(server, to="zoë@y.test")
    assert CODES.ARGUMENT == result.code
    assert "SMTPUTF8" in result.error
    assert "zoë@y.test" in result.error
    assert "MAIL" not in server.verbs
    real = mailserver(smtputf8=True)
    assert 0 == send(real, to="zoë@y.test").code
    (mail,) = real.mails
    assert ["zoë@y.test"] == mail.recipients
    assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(mail.options)
    assert "To: zoë@y.test" in mail.content.decode()


def test_smtputf8_names_8bitmime_only_where_that_is_offered(scripted: Scripted) -> None:
    """A server that forgot 8BITMIME would refuse a parameter it does not know."""
    server = scripted(EHLO=b"250-mail.test\r\n250 SMTPUTF8\r\n")
    assert 0 == send(server, to="zoë@y.test").code
    assert b"MAIL FROM:<ann@x.test> SMTPUTF8" in server.commands


def test_smtputf8_is_not_used_where_it_is_not_needed(mailserver: Callable[..., MailServer]) -> None:
    """An ASCII mail goes out in ASCII even where the server offers more."""
    server = mailserver(smtputf8=True)
    assert 0 == send(server, subject="é", body="é", to={"email": "b@ü.test", "name": "Zoë"}).code
    assert server.mails[0].content.isascii()
    assert [] == [option for option in server.mails[0].options if not option.startswith("SIZE")]


def test_an_open_session_carries_several_mails(scripted: Scripted) -> None:
    """A session can be used for a second mail, with a log of its own."""
    from jsnpy.smtp.transaction import Transaction

    server = scripted()
    first, second = Sending(), Sending()
    mail, other = first.prepare(fields(server)), second.prepare(fields(server, subject="Two"))
    session = first.session(mail)
    session.open()
    Transaction(session, mail.envelope, mail.message).run()
    session.begin(second.transcript, second.details, time.monotonic() + 5, lambda: None)
    Transaction(session, other.envelope, other.message).run()
    session.finish()
    assert 2 == len(server.messages)
    assert 1 == len(server.connections)
    assert "Subject: Two" not in first.transcript.text()
    assert "Subject: Two" in second.transcript.text()


def test_a_prepared_mail_keeps_its_message_id(scripted: Scripted) -> None:
    """A mail handed over twice is the same mail: same bytes, same Message-ID."""
    server = scripted(MAIL=[b"450 4.3.0 later\r\n", b"250 ok\r\n"])
    first = Sending()
    failed = first.send(fields(server))
    assert (CODES.SENDER, True) == (failed.code, failed.details["temporary"])
    assert first.mail is not None
    server.steps["MAIL"] = b"250 ok\r\n"
    results = [Sending().resend(first.mail) for _ in range(2)]
    assert [0, 0] == [result.code for result in results]
    assert 1 == len({result.details["messageId"] for result in [failed, *results]})
    assert server.messages[0] == server.messages[1]


def test_a_fault_of_ours_is_a_result_too(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a bug inside jsnpy is a negative code with a text, not an exception."""

    def fault(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(session_module.Session, "carry", fault)
    result = login(scripted())
    assert CODES.PROTOCOL == result.code
    assert "a bug" in result.error
