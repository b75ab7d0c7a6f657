"""What is kept and what is not, when it is tried again, and what is noted of it."""

from __future__ import annotations

import gc
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import ca_pem
from support.outbox import TEMPORARY, Clock, CountingServer, fields, in_turn, keep
from support.scripted import CLOSE, HANG, RESET, ScriptedServer

from jsnpy import smtp
from jsnpy.outbox import Outbox, claims, schedule, storage, store
from jsnpy.outbox.rows import new_id
from jsnpy.redaction import Redactor
from jsnpy.smtp import SendResult
from jsnpy.smtp.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.scripted import Connection

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.fixture
def server() -> Iterator[CountingServer]:
    """Return a server that counts the mails it takes."""
    with CountingServer() as running:
        yield running


def flush(outbox: Outbox, **options: Any) -> list[str]:
    """Flush, and return the outcomes."""
    return [each.outcome for each in outbox.flush(smtp.Settings(), **options)]


def outcomes(outbox: Outbox) -> list[str]:
    """Return how it stands with the kept mails."""
    return [each.outcome for each in outbox.kept()]


SERVERS: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "greeting 421": ({"GREETING": b"421 4.3.2 later\r\n"}, {}, -9),
    "greeting garbage": ({"GREETING": b"HTTP/1.1 400\r\n"}, {}, -9),
    "lost in MAIL": ({"MAIL": CLOSE}, {}, -9),
    "STARTTLS not offered": ({}, {"starttls": True}, -4),
    "silence in DATA": ({"DATA": HANG}, {"timeout": 0.3}, -3),
    "log-in 454": (
        {"EHLO": b"250-x\r\n250 AUTH PLAIN\r\n", "AUTH": b"454 4.7.0 later\r\n"},
        {"user": "u", "pass": "pppp"},
        -5,
    ),
    "MAIL 451": ({"MAIL": b"451 4.3.0 later\r\n"}, {}, -6),
    "RCPT 450": ({"RCPT": b"450 4.2.1 later\r\n"}, {}, -7),
    "no code for a greeting": ({"GREETING": b"354 go\r\n"}, {}, -9),
    "no code for MAIL": ({"MAIL": b"354 go\r\n"}, {}, -6),
    "no code for RCPT": ({"RCPT": b"354 go\r\n"}, {}, -7),
    "no code for DATA": ({"DATA": b"250 2.0.0 ok\r\n"}, {}, -8),
    "dot 452": ({"MESSAGE": b"452 4.3.1 full\r\n"}, {}, -8),
}

FINAL: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "argument": ({}, {"to": "nobody"}, -1),
    "greeting 554": ({"GREETING": b"554 5.7.1 go away\r\n"}, {}, -9),
    "log-in 535": (
        {"EHLO": b"250-x\r\n250 AUTH PLAIN\r\n", "AUTH": b"535 5.7.8 no\r\n"},
        {"user": "u", "pass": "pppp"},
        -5,
    ),
    "no mechanism": ({"EHLO": b"250-x\r\n250 AUTH NTLM\r\n"}, {"user": "u", "pass": "pppp"}, -5),
    "MAIL 550": ({"MAIL": b"550 5.7.1 no\r\n"}, {}, -6),
    "RCPT 550": ({"RCPT": b"550 5.1.1 no\r\n"}, {}, -7),
    "dot 554": ({"MESSAGE": b"554 5.6.0 no\r\n"}, {}, -8),
    "too large": ({"EHLO": b"250-x\r\n250 SIZE 10\r\n"}, {}, -8),
    "lost after the dot": ({"MESSAGE": CLOSE}, {}, -10),
    "silence after the dot": ({"MESSAGE": HANG}, {"timeout": 0.5}, -10),
}


@pytest.mark.parametrize("name", SERVERS)
def test_kept(name: str, tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A failure that may pass is kept: the code stays negative, the error ends with the ID, details have it."""
    steps, more, code = SERVERS[name]
    outbox = Outbox(str(tmp_path / "box"))
    result = outbox.send(fields(scripted(**steps), **more), smtp.Settings())
    id_ = result.details["queued"]
    assert code == result.code
    assert result.error.endswith(f"; kept in the outbox as {id_}")
    assert [(id_, "later")] == [(each.row.id, each.outcome) for each in outbox.kept()]
    assert f"*: kept in the outbox as {id_}" in result.log.splitlines()[-1]


def test_kept_unreachable(tmp_path: Path, server: CountingServer) -> None:
    """A mail to a server that is not there is kept."""
    server.close()
    outbox = Outbox(str(tmp_path / "box"))
    result = outbox.send(fields(server), smtp.Settings())
    assert -2 == result.code
    assert ["later"] == outcomes(outbox)


@pytest.mark.parametrize("name", FINAL)
def test_not_kept(name: str, tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A failure that does not pass, or may have been a delivery, is not kept, and the result says nothing of it."""
    steps, more, code = FINAL[name]
    outbox = Outbox(str(tmp_path / "box"))
    result = outbox.send(fields(scripted(**steps), **more), smtp.Settings())
    assert code == result.code
    assert "outbox" not in result.error
    assert "queued" not in result.details
    assert [] == outcomes(outbox)


def test_success_leaves_nothing(tmp_path: Path, server: CountingServer) -> None:
    """A mail that was delivered is not kept, and its result is what it is without an outbox."""
    outbox = Outbox(str(tmp_path / "box"))
    result = outbox.send(fields(server), smtp.Settings())
    assert (0, "", []) == (result.code, result.error, result.warnings)
    assert "queued" not in result.details
    assert [] == outcomes(outbox)
    assert 1 == server.count("Disk full")


def test_on_disk_before_the_session(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """The mail is kept before the server hears of it, and marked before the final dot but not before the message."""
    seen: list[tuple[str, bool]] = []

    def look(when: str, answer: bytes) -> Callable[[object], bytes]:
        def step(_connection: object) -> bytes:
            outbox = Outbox(str(tmp_path / "box"))
            seen.extend((when, "final dot" in each.text) for each in outbox.kept())
            outbox.close()
            return answer

        return step

    steps = {
        "GREETING": look("greeting", b"220 x\r\n"),
        "DATA": b"354 go\r\n",
        "MESSAGE": look("dot", b"250 ok\r\n"),
        "QUIT": look("quit", b"221 bye\r\n"),
    }
    result = Outbox(str(tmp_path / "box")).send(fields(scripted(**steps)), smtp.Settings())
    assert 0 == result.code
    assert [("greeting", False), ("dot", True)] == seen


def test_marked_on_the_disk_before_the_dot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripted: Callable[..., ScriptedServer]
) -> None:
    """A loss of power just after the dot finds the mark: the note, and its file's name, are on the disk by then."""
    seen: list[str] = []

    def noting(what: str, real: Callable[[Any], None]) -> Callable[[Any], None]:
        def noted(given: Any) -> None:
            seen.append(what)
            real(given)

        return noted

    monkeypatch.setattr(claims, "sync_folder", noting("folder", storage.sync_folder))
    monkeypatch.setattr(claims, "sync", noting("mark", storage.sync))

    def dot(_connection: object) -> bytes:
        seen.append("dot")
        return b"250 ok\r\n"

    assert 0 == Outbox(str(tmp_path / "box")).send(fields(scripted(MESSAGE=dot)), smtp.Settings()).code
    assert ["folder", "mark", "dot"] == seen


def test_partial_refusal_keeps_the_rest(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """Recipients refused for a passing reason are kept alone; code and error stay those of a success."""
    steps = {"RCPT": [b"250 ok\r\n", b"450 4.2.1 later\r\n", b"550 5.1.1 no\r\n", b"250 ok\r\n"]}
    server = scripted(**steps)
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    result = outbox.send(fields(server, to=["a@x.test", "b@x.test", "c@x.test"]), smtp.Settings())
    assert (0, "") == (result.code, result.error)
    id_ = result.details["queued"]
    assert f"send_email: for b@x.test: kept in the outbox as {id_}" in result.warnings
    clock.now += 2 * MINUTE
    assert ["sent"] == flush(outbox)
    assert b"RCPT TO:<b@x.test>" == server.connections[1].commands[2]
    assert b"DATA" == server.connections[1].commands[3]


@pytest.mark.parametrize(
    ("refusal", "kept"), [(b"552 5.5.3 too many\r\n", True), (b"552 5.2.2 mailbox full\r\n", False)]
)
def test_too_many_recipients_at_once(
    tmp_path: Path, scripted: Callable[..., ScriptedServer], refusal: bytes, *, kept: bool
) -> None:
    """A 552 at RCPT that means "too many recipients" is kept, any other is not; the rest of a mail likewise."""
    outbox = Outbox(str(tmp_path / "box"))
    whole = outbox.send(fields(scripted(RCPT=refusal), "whole"), smtp.Settings())
    assert (-7, kept) == (whole.code, "queued" in whole.details)
    server = scripted(RCPT=in_turn(b"250 ok\r\n", refusal))
    part = outbox.send(fields(server, "part", to=["a@x.test", "b@x.test"]), smtp.Settings())
    assert (0, ["a@x.test"], kept) == (part.code, part.details["accepted"], "queued" in part.details)
    assert [["b@x.test"]] * kept == [
        [one[0] for one in json.loads(each.row.recipients)] for each in outbox.kept() if each.row.subject == "part"
    ]


def test_whole_refusal_drops_who_is_refused_for_good(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """Of recipients that are all refused, those refused for good are not tried again."""
    server = scripted(RCPT=in_turn(b"550 5.1.1 no\r\n", b"450 4.2.1 later\r\n", b"250 ok\r\n"))
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    assert -7 == outbox.send(fields(server, to=["a@x.test", "b@x.test"]), smtp.Settings()).code
    clock.now += 2 * MINUTE
    assert ["sent"] == flush(outbox)
    assert [b"RCPT TO:<b@x.test>"] == [line for line in server.connections[1].commands if b"RCPT" in line]


def test_schedule(tmp_path: Path, server: CountingServer) -> None:
    """A mail is tried after 1, 5, 15 minutes, 1, 4, 12 hours, then daily, never a second earlier, for five days."""
    server.answer = b"451 4.3.0 later\r\n"
    clock = Clock()
    start = clock.now
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    outbox.send(fields(server), smtp.Settings())
    for pause in [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY, DAY, DAY, DAY]:
        clock.now += pause - 1
        assert ["later"] == flush(outbox), pause
        clock.now += 1
        assert ["waiting"] == flush(outbox), pause
    clock.now = start + 5 * DAY - 1
    assert ["later"] == flush(outbox)
    clock.now = start + 5 * DAY
    assert ["failed"] == flush(outbox)
    assert 12 == len(server.messages)
    clock.now += 2 * DAY
    server.answer = b"250 ok\r\n"
    assert ["failed"] == flush(outbox)
    assert [] == server.taken


def test_same_message_id(tmp_path: Path, server: CountingServer) -> None:
    """Each try carries the same bytes, so the same Message-ID, which the first result told."""
    server.answer = b"451 4.3.0 later\r\n"
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    result = outbox.send(fields(server, body=".dots\nand ünïcode"), smtp.Settings())
    for _ in range(3):
        clock.now += DAY
        flush(outbox)
    assert 4 == len(server.messages)
    assert 1 == len(set(server.messages))
    assert str(result.details["messageId"]).encode() in server.messages[0]


def test_refused_for_good_later(tmp_path: Path, server: CountingServer) -> None:
    """A kept mail that is refused for good is given up, and stays to be seen."""
    keep(tmp_path / "box", server, "one")
    server.answer = b"550 5.7.1 no\r\n"
    outbox = Outbox(str(tmp_path / "box"))
    assert ["failed"] == flush(outbox)
    assert "550 5.7.1 no" in outbox.kept()[0].row.error


def test_unknown_later(tmp_path: Path, server: CountingServer) -> None:
    """A further try whose answer to the final dot is lost is unknown, and sent again only if that is asked for."""
    keep(tmp_path / "box", server, "one")
    server.answer = b""
    server.steps["MESSAGE"] = CLOSE
    outbox = Outbox(str(tmp_path / "box"))
    assert ["unknown"] == flush(outbox)
    server.steps["MESSAGE"] = server._count
    server.answer = b"250 ok\r\n"
    assert ["unknown"] == flush(outbox)
    assert 0 == server.count("one")
    assert ["sent"] == [each.outcome for each in outbox.retry([], smtp.Settings(), unknown=True)]
    assert 1 == server.count("one")


def test_a_connection_lost_before_the_dot_was_out(tmp_path: Path) -> None:
    """A mail whose dot was about to be sent, and was not, is undelivered for certain: it is kept, and tried again."""
    gone = threading.Event()

    def reset(connection: Connection) -> str:
        connection.send(b"354 go\r\n")
        gone.wait(20)
        return RESET

    def at_dot() -> None:
        gone.set()
        losing.wait_idle()

    with CountingServer(DATA=reset) as losing:
        clock = Clock()
        outbox = Outbox(str(tmp_path / "box"), clock=clock)
        first = outbox.send(fields(losing, "one"), smtp.Settings(at_dot=at_dot))
        assert (-9, ["later"]) == (first.code, outcomes(outbox))
        gone.clear()
        clock.now += 2 * MINUTE
        assert ["waiting"] == [each.outcome for each in outbox.flush(smtp.Settings(at_dot=at_dot))]
        losing.steps["DATA"] = b"354 go\r\n"
        clock.now += 10 * MINUTE
        assert ["sent"] == flush(outbox)
        assert 1 == losing.count("one")


def test_recipient_refused_for_good_later(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A recipient refused for good in a further try stays to be seen, the others are served."""
    server = scripted(MAIL=in_turn(b"451 later\r\n", b"250 ok\r\n"), RCPT=[b"250 ok\r\n", b"550 5.1.1 no\r\n"])
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    outbox.send(fields(server, to=["a@x.test", "b@x.test"]), smtp.Settings())
    clock.now += 2 * MINUTE
    assert ["failed"] == flush(outbox)
    row = outbox.kept()[0].row
    assert "sent, but not to b@x.test: 550 5.1.1 no" == row.error
    assert "a@x.test" not in row.recipients


def test_time_limit(tmp_path: Path, server: CountingServer) -> None:
    """A flush with a limit ends in time, and leaves what it did not come to for the next one."""
    keep(tmp_path / "box", server, "one", "two", "three")
    server.steps["EHLO"] = HANG
    outbox = Outbox(str(tmp_path / "box"))
    start = time.monotonic()
    found = flush(outbox, until=start + 1.6)
    assert time.monotonic() - start < 10
    assert "waiting" in found
    assert "later" in found


def test_silent_server_is_asked_once(tmp_path: Path, server: CountingServer) -> None:
    """A flush waits once for a server that does not answer: its other mails are put off, those to others are sent."""
    server.steps["GREETING"] = HANG
    keep(tmp_path / "box", server, "one", "two", timeout=0.5)
    server.connections.clear()
    with CountingServer() as other:
        keep(tmp_path / "box", other, "three")
        tries = list(Outbox(str(tmp_path / "box")).flush(smtp.Settings()))
        assert 1 == other.count("three")
    assert 1 == len(server.connections)
    found = {each.row.subject: each for each in tries}
    assert ["sent", "waiting", "waiting"] == sorted(each.outcome for each in found.values())
    assert any("did not answer a moment ago" in each.text for each in found.values())


def test_insecure_is_said(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A further try without verification says so, as the first did."""
    server = scripted(ssl=True, MAIL=in_turn(b"451 later\r\n", b"250 ok\r\n"))
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    outbox.send(fields(server, ssl=True), smtp.Settings(insecure=True))
    clock.now += 2 * MINUTE
    (done,) = outbox.flush(smtp.Settings())
    assert "sent" == done.outcome
    assert ["certificates are not verified"] == [each.partition(" (")[0] for each in done.warnings]


def test_certificates_are_verified_again(tmp_path: Path, server: CountingServer) -> None:
    """A CA file is kept by its absolute path, and one that is gone is a failed try, not a lost mail."""
    server.answer = b"451 later\r\n"
    (tmp_path / "ca.pem").write_text(ca_pem())
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    with ScriptedServer(ssl=True, MAIL=in_turn(b"451 later\r\n", b"250 ok\r\n")) as secure:
        mail = fields(secure, ssl=True, tls={"ca_file": "ca.pem", "server_name": "localhost"})
        assert -6 == outbox.send(mail, smtp.Settings(base_dir=str(tmp_path))).code
        (tmp_path / "ca.pem").rename(tmp_path / "moved.pem")
        clock.now += HOUR
        (done,) = outbox.flush(smtp.Settings())
        assert "waiting" == done.outcome
        assert "tls.ca_file" in done.text
        (tmp_path / "moved.pem").rename(tmp_path / "ca.pem")
        clock.now += HOUR
        assert ["sent"] == flush(outbox)


def test_empty_password_is_not_tried(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A password's reference that is empty for now is a failed try, not a log-in whose refusal gives the mail up."""
    server = scripted(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n", MAIL=b"451 later\r\n")
    path = tmp_path / "password"
    clock = Clock()
    reference = f"${{FILE:{path}}}"
    outbox = Outbox(str(tmp_path / "box"), clock=clock, secrets={"secret-1": reference})
    outbox.send(fields(server, user="u", **{"pass": "secret-1"}), smtp.Settings())
    path.write_text("\n")
    clock.now += HOUR
    (done,) = outbox.flush(smtp.Settings())
    assert ("waiting", f"{reference} is empty") == (done.outcome, done.text.partition("be had: ")[2])
    assert 1 == server.verbs.count("AUTH")


@pytest.mark.parametrize("back", [3 * HOUR, DAY, 30 * DAY])
@pytest.mark.parametrize("tries", [1, 2])
def test_clock_put_back(tmp_path: Path, server: CountingServer, back: float, tries: int) -> None:
    """A clock that was put back does not keep a mail waiting for that time, and the schedule goes on from there."""
    clock = Clock()
    server.answer = b"451 later\r\n"
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    outbox.send(fields(server), smtp.Settings())
    for _ in range(1, tries):
        clock.now += 90
        assert ["waiting"] == flush(outbox)
    clock.now -= back
    assert ["due"] == [each.text for each in outbox.kept()]
    assert ["waiting"] == flush(outbox)
    assert tries + 1 == len(server.messages)
    clock.now += 60
    assert ["later"] == flush(outbox)
    assert tries + 1 == len(server.messages)
    clock.now += 15 * 60
    server.answer = b"250 ok\r\n"
    assert ["sent"] == flush(outbox)


def test_clock_put_back_a_little(tmp_path: Path, server: CountingServer) -> None:
    """A corrected clock is no reason to try before the time."""
    clock = Clock()
    server.answer = b"451 later\r\n"
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    outbox.send(fields(server), smtp.Settings())
    clock.now -= 30
    assert ["later"] == flush(outbox)
    assert 1 == len(server.messages)


def test_settings_are_kept(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A further try uses what the first did: TLS, its CA, the log-in, the EHLO name, --insecure."""
    server = scripted(
        ssl=True,
        EHLO=b"250-x\r\n250 AUTH PLAIN LOGIN\r\n",
        AUTH=in_turn(b"454 later\r\n", b"235 ok\r\n"),
    )
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    more: dict[str, Any] = {"ssl": True, "user": "ann", "pass": "pässwörd", "auth": "plain", "helo": "srv1.test"}
    assert -5 == outbox.send(fields(server, **more), smtp.Settings(insecure=True)).code
    clock.now += 2 * MINUTE
    assert ["sent"] == flush(outbox)
    first, second = server.connections
    assert first.commands[:2] == second.commands[:2]
    assert b"EHLO srv1.test" == second.commands[0]


def test_secrets_stay_out_of_what_is_shown(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A password is neither in the subject nor in the error that a list shows, even where the server echoes it."""
    server = scripted(EHLO=b"250-x\r\n250 AUTH LOGIN\r\n", AUTH=b"454 4.7.0 tr0ub4dor is busy\r\n")
    outbox = Outbox(str(tmp_path / "box"))
    outbox.send(fields(server, "pass is tr0ub4dor", user="ann", **{"pass": "tr0ub4dor"}), smtp.Settings())
    row = outbox.kept()[0].row
    assert "pass is [redacted]" == row.subject
    assert "454 4.7.0 [redacted] is busy" in row.error


def test_secret_echoed_later(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A password that the server echoes in a further try is neither shown nor kept."""
    server = scripted(
        EHLO=b"250-x\r\n250 AUTH PLAIN\r\n",
        AUTH=in_turn(b"454 later\r\n", b"454 tr0ub4dor\r\n", b"235 ok\r\n"),
        RCPT=[b"250 ok\r\n", b"450 tr0ub4dor\r\n"],
    )
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    to = ["a@x.test", "b@x.test"]
    outbox.send(fields(server, user="ann", to=to, **{"pass": "tr0ub4dor"}), smtp.Settings())
    for _ in range(2):
        clock.now += DAY
        shown = [each.text for each in outbox.flush(smtp.Settings(redactor=Redactor()))]
        assert "tr0ub4dor" not in shown[0]
        assert "[redacted]" in shown[0]
        assert "tr0ub4dor" not in outbox.kept()[0].row.error


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5d", 5 * DAY), ("12h", 12 * HOUR), ("30m", 1800), ("90s", 90), ("1.5h", 5400), (" 1D ", DAY), ("0s", 0)],
)
def test_ages(text: str, expected: float) -> None:
    """An age is a number with d, h, m or s."""
    assert expected == schedule.seconds(text)


@pytest.mark.parametrize("text", ["", "d", "5", "-1d", "nand", "1e99d", "5 days", "infd", "5w"])
def test_no_ages(text: str) -> None:
    """Anything else is none."""
    assert schedule.seconds(text) is None


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7260, "2 h 1 min"),
        (7200, "2 h"),
        (100000, "1 d 3 h"),
    ],
)
def test_words(seconds: float, expected: str) -> None:
    """A duration is said in its largest units."""
    assert expected == schedule.words(seconds)


def test_an_answer_counts_more_than_its_class() -> None:
    """5xx does not pass, all else may, whatever class of failure they end in."""

    def result(code: int, smtp_code: int | None) -> SendResult:
        temporary = None if smtp_code is None else smtp_code // 100 == 4
        return SendResult(code=code, log="", error="", details={"smtpCode": smtp_code, "temporary": temporary})

    for code in range(-9, -1):
        assert schedule.may_pass(result(code, 421)), code
        assert schedule.may_pass(result(code, 250)), code
        assert not schedule.may_pass(result(code, 500)), code
    assert [-9, -4, -3, -2] == [code for code in range(-10, 0) if schedule.may_pass(result(code, None))]


def test_tried_once_by_two_flushes(tmp_path: Path, server: CountingServer) -> None:
    """A mail that another flush tried and left waiting in the meantime is not tried again by one that found it due."""
    keep(tmp_path / "box", server, "one", "two")
    before = len(server.messages)
    server.answer = TEMPORARY
    first, second = (Outbox(str(tmp_path / "box")).flush(smtp.Settings()) for _ in range(2))
    assert ["waiting"] == [next(first).outcome]
    assert ["waiting", "later"] == sorted((each.outcome for each in second), reverse=True)
    assert ["later"] == [each.outcome for each in first]
    assert 2 == len(server.messages) - before


def test_flush_finds_what_falls_due_meanwhile(tmp_path: Path, server: CountingServer) -> None:
    """A mail that falls due while a flush goes on is sent by it too, and one that failed is not tried over and over."""
    keep(tmp_path / "box", server, "one")
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    server.answer = TEMPORARY
    outbox.send(fields(server, "two"), smtp.Settings())
    flushing = outbox.flush(smtp.Settings())
    assert ("one", "waiting") == ((done := next(flushing)).row.subject, done.outcome)
    clock.now += 2 * MINUTE
    server.answer = b"250 ok\r\n"
    assert ("two", "sent") == ((done := next(flushing)).row.subject, done.outcome)
    assert [] == [each.outcome for each in flushing if each.news]


def test_flush_without_those_that_wait(tmp_path: Path, server: CountingServer) -> None:
    """The flush at a run's end leaves out what just waits: thousands may, and nobody is told of them there."""
    outbox = Outbox(str(tmp_path / "box"))
    server.answer = TEMPORARY
    outbox.send(fields(server, "waits"), smtp.Settings())
    keep(tmp_path / "box", server, "due")
    server.answer = b"550 5.7.1 no\r\n"
    assert ["failed"] == flush(outbox, waiting=False)
    assert ["failed"] == flush(outbox, waiting=False)
    assert ["failed", "later"] == sorted(flush(outbox))


def test_claims_among_thousands(tmp_path: Path, server: CountingServer) -> None:
    """A claim looks at its own mails alone, however many are kept, and keeps their order."""
    keep(tmp_path / "box", server, "one")
    opened = store.Store(str(tmp_path / "box"))
    copied = ", ".join(store._COLUMNS[1:])
    opened._db.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000) "
        f"INSERT INTO mails SELECT 'copy ' || n, {copied} FROM mails, numbers"
    )
    steps: list[None] = []
    opened._db.set_progress_handler(lambda: steps.append(None), 10)
    due = opened.due(time.time(), DAY)
    for_all = len(steps)
    asked = due[29::-1]
    assert asked == [row.id for row in opened.claim(asked, "me", time.time(), DAY)]
    opened._db.set_progress_handler(None, 10)
    opened.close()
    assert 3001 == len(due)
    assert len(steps) - for_all < for_all


@pytest.mark.parametrize("end", ["sent", "refused", "claimed by a third", "died"])
def test_a_mail_whose_sender_finishes_meanwhile_is_not_unknown(
    end: str, tmp_path: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks while another process finishes with a mail and leaves is told what came of it, not that it died."""
    outbox = Outbox(str(tmp_path / "box"))
    (id_,) = keep(tmp_path / "box", server, "disk full")
    (row,) = outbox.store.claim([id_], "another")

    def read(_directory: str, owner: str) -> claims.Notes:
        if owner == "a third":
            return claims.Notes(lives=True)
        if end == "sent":
            outbox.store.write((), [id_])
        elif end in ("refused", "claimed by a third"):
            row.next_try = outbox.now() + HOUR
            outbox.store.write([row], ())
        if end == "claimed by a third":
            outbox.store.claim([id_], "a third")
        return claims.Notes(id_.encode())

    monkeypatch.setattr("jsnpy.outbox.claims.read", read)
    expected = {"sent": [], "refused": ["later"], "claimed by a third": ["busy"], "died": ["unknown"]}
    assert expected[end] == outcomes(outbox)


def test_a_sent_mail_is_not_left_to_the_collector(tmp_path: Path, server: CountingServer) -> None:
    """A flush of thousands has one mail at a time in memory, however rarely Python looks for circles."""
    keep(tmp_path, server, *"abcdef")
    outbox = Outbox(str(tmp_path))

    def sendings() -> int:
        return sum(isinstance(each, Sending) for each in gc.get_objects())

    gc.collect()
    before = sendings()
    gc.disable()
    try:
        assert ["sent"] * 6 == flush(outbox)
        assert sendings() <= before + 1
    finally:
        gc.enable()
        outbox.close()


SLOT = 16  # bytes of a claim's note


def test_what_an_earlier_version_marked_ends_with_the_claim(tmp_path: Path, server: CountingServer) -> None:
    """A mark speaks of one try: who dies in the next one without a note has not handed over the final dot."""
    opened = Outbox(str(tmp_path / "box")).store
    ids = keep(tmp_path / "box", server, "one")
    opened._db.execute("UPDATE mails SET marked = 1")
    rows = opened.claim(ids, "another")
    opened.write(rows, ())
    assert ([1], [None]) == ([row.marked for row in rows], [row.marked for row in opened.rows()])


def test_ids_of_one_time_are_side_by_side() -> None:
    """A mail's ID begins with its second, differs from all others, and fits into a note of a claim."""
    ids = [new_id(now) for now in (1_764_000_000.9, 1_764_000_000.1, 1_764_000_001.0) for _ in range(500)]
    assert len(set(ids)) == len(ids)
    assert sorted(ids[:1000]) + sorted(ids[1000:]) == sorted(ids)
    assert max(map(len, ids)) <= SLOT
    assert "000001" == new_id(0x6A00_0001)[:-8]  # where it begins again
