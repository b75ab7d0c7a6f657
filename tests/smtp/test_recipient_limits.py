"""A server's limit of recipients: the others are served by further transactions, nobody twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import fields, log_lines, send
from support.scripted import CLOSE, HANG

from jsnpy import smtp
from jsnpy.outbox import Outbox
from jsnpy.smtp.pool import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.scripted import Connection, ScriptedServer

    Scripted = Callable[..., ScriptedServer]

CODES = smtp.Code
PIPELINING = b"250-mail.test\r\n250 PIPELINING\r\n"
PEOPLE = [f"r{number}@y.test" for number in range(250)]


class Limited:
    """What a server with a limit of recipients a transaction says, and whom it has served.

    Args:
        most: the limit.
        reply: what the others are answered with.
        refused: addresses that are never accepted, with their reply.
    """

    def __init__(self, most: int, reply: bytes = b"452 4.5.3 too many recipients\r\n", **refused: bytes) -> None:
        self.most = most
        self.reply = reply
        self.refused = {f"{name}@y.test": each for name, each in refused.items()}
        self.served: list[str] = []
        self._now: list[str] = []

    def mail(self, _: Connection) -> bytes:
        """Answer MAIL."""
        self._now = []
        return b"250 ok\r\n"

    def rcpt(self, connection: Connection) -> bytes:
        """Answer RCPT."""
        address = connection.commands[-1].decode()[len("RCPT TO:<") : -1]
        if address in self.refused:
            return self.refused[address]
        if len(self._now) >= self.most:
            return self.reply
        self._now.append(address)
        return b"250 ok\r\n"

    def message(self, _: Connection) -> bytes:
        """Answer the final dot."""
        self.served += self._now
        return b"250 2.0.0 queued\r\n"

    @property
    def steps(self) -> dict[str, Any]:
        """The steps of a scripted server."""
        return {"MAIL": self.mail, "RCPT": self.rcpt, "MESSAGE": self.message}


@pytest.mark.parametrize("ehlo", [b"250 mail.test\r\n", PIPELINING], ids=["one by one", "pipelining"])
@pytest.mark.parametrize(
    "reply",
    [
        b"452 4.5.3 too many recipients\r\n",
        b"452 too many\r\n",
        b"552 5.5.3 Too many recipients\r\n",
        b"451 4.5.3 so many only\r\n",
        b"550 Too many recipients\r\n",
        b"552 Requested mail action aborted: exceeded storage allocation\r\n",
        b"550 Maximum number of recipients reached\r\n",
        b"554 too many RCPTs\r\n",
    ],
)
def test_recipients_beyond_the_limit_get_a_further_transaction(scripted: Scripted, reply: bytes, ehlo: bytes) -> None:
    """250 recipients reach a server that takes 100 at a time: each once, with the same bytes, and not a warning."""
    limited = Limited(100, reply)
    server = scripted(EHLO=ehlo, **limited.steps)
    sessions = Sessions()
    settings = smtp.Settings(sessions=lambda: sessions)
    result = smtp.send(fields(server, to=PEOPLE, keep_alive=True, timeout=30), settings)
    sessions.close()
    assert (0, "", [], []) == (result.code, result.error, result.warnings, result.details["rejected"])
    assert sorted(PEOPLE) == sorted(result.details["accepted"])
    assert sorted(PEOPLE) == sorted(limited.served)
    assert 3 == len(server.messages)
    assert 1 == len(set(server.messages))
    assert 1 == len(server.connections)
    assert "RSET" not in server.verbs


def test_one_by_one_nobody_is_asked_about_in_vain(scripted: Scripted) -> None:
    """After the first that is too many no other recipient is named in that transaction."""
    limited = Limited(2)
    server = scripted(**limited.steps)
    assert 0 == send(server, to=PEOPLE[:5]).code
    assert ["MAIL", *["RCPT"] * 3, "DATA"] * 2 + ["MAIL", "RCPT", "DATA", "QUIT"] == server.verbs[1:]


def test_who_is_refused_in_the_further_transaction_is_named_once(scripted: Scripted) -> None:
    """Where a further transaction ends as all of its recipients are refused, each is in `rejected` once."""
    replies = [b"250 ok\r\n", b"452 4.5.3 too many recipients\r\n", b"550 5.1.1 unknown\r\n"]
    result = send(scripted(RCPT=replies), to=PEOPLE[:3])
    assert (0, ["r0@y.test"]) == (result.code, result.details["accepted"])
    assert ["r1@y.test", "r2@y.test"] == [each["email"] for each in result.details["rejected"]]


def test_a_full_mailbox_is_no_limit(scripted: Scripted) -> None:
    """A mailbox that is full is refused, not asked about again, and stops nobody else."""
    limited = Limited(100, r1=b"452 4.2.2 mailbox full\r\n")
    server = scripted(**limited.steps)
    result = send(server, to=PEOPLE[:4])
    assert (0, ["r0@y.test", "r2@y.test", "r3@y.test"]) == (result.code, result.details["accepted"])
    assert [452] == [each["code"] for each in result.details["rejected"]]
    assert 1 == len(server.messages)


def test_a_refusal_that_looks_like_a_limit_comes_to_an_end(scripted: Scripted) -> None:
    """A recipient that is refused with 452 whenever it is named is refused in the end; the others are served once."""
    limited = Limited(100, r1=b"452 no room\r\n", r3=b"452 no room\r\n")
    server = scripted(**limited.steps)
    result = send(server, to=PEOPLE[:5])
    assert 0 == result.code
    assert ["r0@y.test", "r2@y.test", "r4@y.test"] == sorted(limited.served)
    assert ["r1@y.test", "r3@y.test"] == sorted(each["email"] for each in result.details["rejected"])


def test_the_first_recipient_refused_so_is_refused(scripted: Scripted) -> None:
    """452 before anybody was accepted is no limit of recipients: -7, as before."""
    server = scripted(RCPT=b"452 4.3.1 no storage\r\n")
    result = send(server, to=PEOPLE[:3])
    assert (CODES.RECIPIENTS, 452, True) == (result.code, result.details["smtpCode"], result.details["temporary"])
    assert 1 == server.verbs.count("MAIL")


@pytest.mark.parametrize(
    ("steps", "code", "text"),
    [
        ({"MAIL": [b"250 ok\r\n", b"450 4.7.1 slow down\r\n"]}, 450, "4.7.1 slow down"),
        ({"MAIL": [b"250 ok\r\n", b"550 5.7.1 enough\r\n"]}, 550, "5.7.1 enough"),
        ({"DATA": [b"354 go\r\n", b"451 4.3.0 later\r\n"]}, 451, "4.3.0 later"),
        ({"MESSAGE": [b"250 ok\r\n", b"554 5.6.0 seen it\r\n"]}, 554, "5.6.0 seen it"),
        ({"MESSAGE": [b"250 ok\r\n", (b"421 4.3.2 bye\r\n", CLOSE)]}, 421, "4.3.2 bye"),
        ({"MAIL": [b"250 ok\r\n", CLOSE]}, 452, "4.5.3 too many recipients; then: the connection was lost"),
        ({"MAIL": [b"250 ok\r\n", HANG]}, 452, "4.5.3 too many recipients; then: timed out"),
        ({"DATA": [b"354 go\r\n", CLOSE]}, 452, "4.5.3 too many recipients; then: the connection was lost"),
    ],
)
def test_a_further_transaction_that_fails_leaves_the_others_served(
    scripted: Scripted, steps: dict[str, Any], code: int, text: str
) -> None:
    """Whatever stops a later transaction before its dot is answered, the code is 0 and the rest is in rejected."""
    server = scripted(**{**Limited(2).steps, **steps})
    if "MAIL" in steps:
        server.steps["RCPT"] = [b"250 ok\r\n", b"250 ok\r\n", b"452 4.5.3 too many recipients\r\n"]
    result = send(server, to=PEOPLE[:3], timeout=2)
    assert (0, "", PEOPLE[:2]) == (result.code, result.error, result.details["accepted"])
    (left,) = result.details["rejected"]
    assert ("r2@y.test", code) == (left["email"], left["code"])
    assert str(left["text"]).startswith(text)
    assert 1 == len(result.warnings)
    assert (250, "done") == (result.details["smtpCode"], result.details["stage"])


@pytest.mark.parametrize("end", [CLOSE, HANG, b"nonsense\r\n"])
def test_a_later_dot_without_an_answer_is_delivery_unknown(scripted: Scripted, end: Any) -> None:
    """A later transaction whose dot is not answered makes it -10, and says that the others have it."""
    limited = Limited(2)
    server = scripted(**{**limited.steps, "MESSAGE": [b"250 ok\r\n", end]})
    result = send(server, to=PEOPLE[:3], timeout=2)
    assert (CODES.UNKNOWN, PEOPLE[:2]) == (result.code, result.details["accepted"])
    assert "was delivered to 2 others" in result.error
    assert 2 == len(server.messages)


def test_a_kept_session_goes_on_after_a_further_transaction_failed(scripted: Scripted) -> None:
    """The session is reset, so that the next mail of the run can use it."""
    server = scripted(
        RCPT=[b"250 ok\r\n", b"452 4.5.3 too many\r\n", b"250 ok\r\n"],
        MAIL=[b"250 ok\r\n", b"450 4.7.1 slow down\r\n", b"250 ok\r\n"],
    )
    sessions = Sessions()
    settings = smtp.Settings(sessions=lambda: sessions)
    results = [smtp.send(fields(server, to=PEOPLE[:size], keep_alive=True), settings) for size in (2, 1)]
    sessions.close()
    assert [0, 0] == [result.code for result in results]
    assert (1, 1) == (len(server.connections), server.verbs.count("RSET"))


def test_many_refused_are_one_warning(scripted: Scripted) -> None:
    """However many recipients are refused, stderr gets one line that names five; the log names all."""
    server = scripted(RCPT=[b"250 ok\r\n", b"550 5.1.1 unknown\r\n"])
    result = send(server, to=PEOPLE[:150], timeout=30)
    (warning,) = result.warnings
    assert warning.startswith("send_email: 149 recipients refused: r1@y.test: 550 5.1.1 unknown; r2@y.test: ")
    assert warning.endswith("; and 144 more")
    assert 149 == sum(" refused: 550 5.1.1 unknown" in line for line in log_lines(result, "*"))


def test_each_refusal_is_in_the_error(scripted: Scripted) -> None:
    """Where all are refused with different words, the error has each one's; with the same words, once."""
    result = send(scripted(RCPT=[b"550 5.1.1 unknown\r\n", b"552 5.2.2 full\r\n"]), to=PEOPLE[:2])
    assert "r0@y.test: 550 5.1.1 unknown; r1@y.test: 552 5.2.2 full" in result.error
    same = send(scripted(RCPT=b"550 5.1.1 unknown\r\n"), to=PEOPLE[:2]).error
    assert 1 == same.count("5.1.1 unknown")
    many = [b"550 5.1.1 unknown %d\r\n" % number for number in range(9)]
    assert "and 4 more" in send(scripted(RCPT=many), to=PEOPLE[:9]).error


def flushed(outbox: Outbox) -> list[str]:
    """Flush an outbox and return what came of its mails."""
    return [each.outcome for each in outbox.flush(smtp.Settings())]


def test_an_outbox_sends_the_rest_and_nobody_twice(scripted: Scripted, tmp_path: Path) -> None:
    """Those whom a further transaction did not serve are kept alone; once one is unknown, the served are not in it."""
    limited = Limited(2)
    server = scripted(**{**limited.steps, "MAIL": [b"250 ok\r\n", b"450 4.7.1 slow down\r\n"]})
    server.steps["RCPT"] = [b"250 ok\r\n", b"250 ok\r\n", b"452 4.5.3 too many\r\n"]
    now = [time.time()]
    outbox = Outbox(str(tmp_path / "box"), clock=lambda: now[0])
    result = outbox.send(fields(server, to=PEOPLE[:5]), smtp.Settings())
    assert (0, PEOPLE[:2]) == (result.code, result.details["accepted"])
    assert "queued" in result.details
    now[0] += 120
    server.steps |= {**limited.steps, "MESSAGE": [b"250 ok\r\n", CLOSE]}
    assert ["unknown"] == flushed(outbox)
    (left,) = outbox.kept()
    assert ["r4@y.test"] == [name for name in PEOPLE[:5] if f'"{name}"' in left.row.recipients]
    outbox.close()
