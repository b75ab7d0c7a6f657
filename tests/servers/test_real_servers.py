"""Real servers (Exim, Postfix with Dovecot, npm's smtp-server) take the right mails once and give the right codes.

Run by `make test-servers`; a server that cannot be had here is skipped, with the reason.
"""

from __future__ import annotations

import concurrent.futures
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import ca_pem
from support.command import jsnpy
from support.exim_server import Exim
from support.faulty_link import STALL, TO_CLIENT, TO_SERVER, Fault, FaultyLink
from support.node_server import NodeServer
from support.postfix_server import Postfix
from support.real_server import (
    DOMAIN,
    GREYLISTED,
    PASSWORD,
    REFUSED_SUBJECT,
    SIZE,
    UNKNOWN,
    USER,
    RealServer,
    Unavailable,
)

from jsnpy import smtp
from jsnpy.smtp.pool import Sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jsnpy.smtp import SendResult

pytestmark = pytest.mark.servers

MODES = ["plain", "starttls", "ssl"]
BOB = f"bob@{DOMAIN}"


@pytest.fixture(scope="module", params=[Exim, Postfix, NodeServer], ids=lambda server: server.name)
def running(request: pytest.FixtureRequest) -> Iterator[RealServer]:
    """A server that runs for all tests of the module."""
    try:
        server = request.param()
    except Unavailable as reason:
        pytest.skip(f"{request.param.name}: {reason}")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running: RealServer) -> RealServer:
    """The server, with no mails in it."""
    running.clear()
    return running


@pytest.fixture(scope="session")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of the CA's certificate."""
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_text(ca_pem(), encoding="ascii")
    return str(path)


@pytest.fixture
def fields(server: RealServer, ca_file: str) -> dict[str, Any]:
    """What a mail needs besides the mode's fields."""
    del server
    return {
        "host": "127.0.0.1",
        "user": USER,
        "pass": PASSWORD,
        "from": {"email": "mon@x.test", "name": "Monitöring"},
        "to": {"email": BOB},
        "subject": "disk full",
        "body": "on db1\n",
        "tls": {"ca_file": ca_file, "server_name": "mail.test"},
        "timeout": 30,
    }


def way(server: RealServer, mode: str) -> dict[str, object]:
    """Return the fields by which a mail goes to a server in a mode."""
    return {"port": server.ports[mode], "ssl": mode == "ssl", "starttls": mode == "starttls"}


def send(server: RealServer, mode: str, fields: dict[str, Any], **changes: object) -> SendResult:
    """Send one mail in a mode; no result ever shows the password."""
    result = smtp.send({**fields, **way(server, mode), **changes})
    assert PASSWORD not in result.log + result.error + "".join(result.warnings)
    return result


def facts(result: SendResult) -> tuple[object, ...]:
    """Return code, SMTP code and whether it may pass."""
    return result.code, result.details["smtpCode"], result.details["temporary"]


@pytest.mark.parametrize("mode", MODES)
def test_a_mail_arrives_once(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """An accepted mail arrives once, as it was given."""
    result = send(
        server, mode, fields, subject="Plattenplatz füllt sich 🚨", body="Größe: 97 %\n.\nFrom x\n" + "€" * 999
    )
    assert (0, "") == (result.code, result.error), result.log
    (mail,) = server.mails(1)
    assert "Plattenplatz füllt sich 🚨" == mail["Subject"]
    assert "Monitöring <mon@x.test>" == str(mail["From"])
    assert "Größe: 97 %\n.\nFrom x\n" + "€" * 999 == mail.get_content().replace("\r\n", "\n").removesuffix("\n")
    assert result.details["messageId"] == mail["Message-ID"]
    assert [BOB] == result.details["accepted"]


@pytest.mark.parametrize("mode", MODES)
def test_html_and_attachments_arrive_unharmed(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """Both bodies and every byte of an attachment come out of the real server as they went in."""
    content = "".join(map(chr, range(1, 0x250)))
    attachment = {"filename": 'größe, "x".log', "content": content}
    result = send(server, mode, fields, html="<b>97 %</b>", attachments=[attachment])
    assert 0 == result.code, result.log
    (mail,) = server.mails(1)
    (attached,) = mail.iter_attachments()
    payload = attached.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert content.encode() == payload
    assert 'größe, "x".log' == attached.get_filename()


@pytest.mark.parametrize("mode", MODES)
def test_without_a_user_the_mail_is_sent_without_logging_in(
    server: RealServer, fields: dict[str, Any], mode: str
) -> None:
    """No user means no authentication, as relays inside companies are used."""
    result = send(server, mode, fields, user="", **{"pass": ""})
    assert 0 == result.code, result.log
    assert "AUTH " not in "\n".join(line for line in result.log.splitlines() if line.startswith("C: "))
    assert 1 == len(server.mails(1))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("auth", ["plain", "login", "cram-md5"])
def test_each_mechanism_logs_in(server: RealServer, fields: dict[str, Any], mode: str, auth: str) -> None:
    """Every mechanism the server offers takes a password with blanks, quotes and umlauts."""
    if auth == "cram-md5" and server.name != "postfix":
        assert -5 == send(server, mode, fields, auth=auth).code
        return
    result = send(server, mode, fields, auth=auth)
    assert 0 == result.code, result.log
    assert f"logged in as {USER} ({auth.upper()})" in result.log


@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_password_is_refused_once(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """A wrong password is -5 with 535, after one attempt, and nothing is delivered."""
    result = send(server, mode, fields, **{"pass": "wrong " + PASSWORD})
    assert (-5, 535, False) == facts(result), result.log
    assert 1 == result.log.count("C: AUTH ")
    assert [] == server.mails(0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("to", "codes", "temporary"),
    [(UNKNOWN, {550}, False), (GREYLISTED, {451}, True), ("eve@elsewhere.test", {550, 554}, False)],
    ids=["unknown", "greylisted", "relay"],
)
def test_a_refused_recipient(
    server: RealServer, fields: dict[str, Any], mode: str, to: str, codes: set[int], *, temporary: bool
) -> None:
    """The only recipient refused is -7, with the server's code, and nothing is delivered."""
    result = send(server, mode, fields, to=to)
    assert (-7, temporary) == (result.code, result.details["temporary"]), result.log
    assert result.details["smtpCode"] in codes
    assert [to] == [each["email"] for each in result.details["rejected"]]
    assert [] == server.mails(0)


@pytest.mark.parametrize("mode", MODES)
def test_one_of_two_recipients_refused(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """The recipient that is known gets the mail, once; the other is named."""
    result = send(server, mode, fields, to=[BOB, UNKNOWN])
    assert (0, [BOB]) == (result.code, result.details["accepted"]), result.log
    assert [UNKNOWN] == [each["email"] for each in result.details["rejected"]]
    assert 1 == len(server.mails(1))


@pytest.mark.parametrize("mode", MODES)
def test_mails_over_one_session(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """With keep_alive each mail has its own fate, refused ones between accepted ones, and each arrives once."""
    sessions = Sessions()
    changes: list[tuple[int, dict[str, object]]] = [
        (0, {"subject": "first"}),
        (-7, {"subject": "unknown", "to": UNKNOWN}),
        (0, {"subject": "both", "to": [UNKNOWN, BOB]}),
        (-8, {"subject": REFUSED_SUBJECT}),
        (0, {"subject": "big", "body": "a line of text\n" * 2000}),
        (0, {"subject": "last"}),
    ]
    settings = smtp.Settings(sessions=lambda: sessions)
    same = {**fields, **way(server, mode), "keep_alive": True}
    results = [smtp.send({**same, **each}, settings) for _, each in changes]
    sessions.close()
    assert [code for code, _ in changes] == [result.code for result in results], [result.log for result in results]
    assert "continuing the session" in results[-1].log
    subjects = sorted(mail["Subject"] for mail in server.mails(4))
    assert ["big", "both", "first", "last"] == subjects


@pytest.mark.parametrize("mode", MODES)
def test_a_message_too_large_is_refused(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """More than the server's SIZE is -8, before the message is sent."""
    result = send(server, mode, fields, body="x" * 70 + "\n" + ("y" * 70 + "\n") * (SIZE // 70))
    assert -8 == result.code, result.log
    assert str(SIZE) in result.error
    assert [] == server.mails(0)


@pytest.mark.parametrize("mode", MODES)
def test_a_message_refused_at_the_dot(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """A refusal of the message itself is -8 with the server's words, and nothing is delivered."""
    result = send(server, mode, fields, subject=REFUSED_SUBJECT)
    assert (-8, 550, False) == facts(result), result.log
    assert "5.7.1 not wanted" in result.error
    assert [] == server.mails(0)


@pytest.mark.parametrize("mode", ["starttls", "ssl"])
def test_an_unknown_authority_is_refused(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """A certificate of an authority nobody knows is -4, before any password is sent."""
    result = send(server, mode, fields, tls={"server_name": "mail.test"})
    assert (-4, None) == (result.code, result.details["smtpCode"]), result.log
    assert "C: AUTH" not in result.log
    assert [] == server.mails(0)


@pytest.mark.parametrize("mode", ["starttls", "ssl"])
def test_a_certificate_for_another_name_is_refused(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """A certificate for another name is -4."""
    result = send(server, mode, fields, tls={**fields["tls"], "server_name": "other.test"})
    assert -4 == result.code, result.log
    assert [] == server.mails(0)


def test_tls_against_the_plain_port_says_what_to_do(server: RealServer, fields: dict[str, Any]) -> None:
    """The commonest mistake, ssl on a STARTTLS port, is -4 with a hint."""
    result = send(server, "plain", fields, ssl=True, timeout=10)
    assert -4 == result.code, result.log
    assert "starttls" in result.error


@pytest.mark.parametrize("mode", MODES)
def test_mails_at_the_same_time_arrive_once_each(server: RealServer, fields: dict[str, Any], mode: str) -> None:
    """Forty mails from eight threads are forty mails, none lost, none doubled."""
    subjects = [f"alert {number}" for number in range(40)]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda subject: send(server, mode, fields, subject=subject), subjects))
    assert [0] * 40 == [result.code for result in results], [result.error for result in results]
    assert sorted(subjects) == sorted(str(mail["Subject"]) for mail in server.mails(40))


# Where the server is stopped: what is held back then, and what may come out of it (some say 421 before they go).
STOPS = {
    "before DATA": (TO_SERVER, b"DATA\r\n", {-8, -9}, 0),
    "in the message": (TO_SERVER, b"on db1", {-8, -9, -10}, 0),
    "before the dot": (TO_SERVER, b".\r\nQUIT", {-8, -10}, 0),
    "before the answer": (TO_CLIENT, b"250", {-10}, 1),
}


@pytest.mark.parametrize("stop", STOPS)
def test_a_server_stopped_in_mid_session(server: RealServer, fields: dict[str, Any], stop: str) -> None:
    """A server that is stopped makes no false result; once it is back, mail arrives again."""
    direction, before, codes, copies = STOPS[stop]
    with FaultyLink(server.ports["plain"]) as link:
        through = {**fields, "helo": "c.test", "port": link.port}
        link.prepare(None)
        first = smtp.send({**through, "subject": "first"})
        assert 0 == first.code, first.log
        position = bytes(link.passages[0].passed[direction]).rindex(before)
        link.prepare(Fault(STALL, direction, position))
        results: list[SendResult] = []
        sending = threading.Thread(target=lambda: results.append(smtp.send({**through, "subject": "other"})))
        sending.start()
        while not (link.passages and link.passages[0].struck):
            time.sleep(0.01)
        server.stop()
        sending.join(60)
        server.start()
        last = send(server, "plain", fields, subject="after")
    (result,) = results
    assert result.code in codes, result.log
    assert 0 == last.code, last.log
    # A server that is stopped between delivering a mail and noting that delivers the same mail, its ID says, once more.
    subjects = {str(mail["Message-ID"]): str(mail["Subject"]) for mail in server.mails(2 + copies)}
    assert sorted(["first", "after"] + ["other"] * copies) == sorted(subjects.values()), result.log


@pytest.mark.parametrize("mode", MODES)
def test_a_script_sends_through_it(server: RealServer, fields: dict[str, Any], mode: str, tmp_path: Path) -> None:
    """The whole way, from a config and a script through the command to the server's mailbox."""
    mail = {**fields, "port": server.ports[mode], "ssl": mode == "ssl", "starttls": mode == "starttls"}
    (tmp_path / "alert.js").write_text("const r = send_email(arg); console.log(JSON.stringify([r.code, r.error]));")
    (tmp_path / "alert.json").write_text(json.dumps({"scriptfile": "alert.js", "arg": mail}))
    result = jsnpy(tmp_path / "alert.json")
    assert (0, '[0,""]\n', "") == (result.code, result.out, result.err)
    assert ["disk full"] == [str(mail["Subject"]) for mail in server.mails(1)]
