"""The log: the whole dialogue, in order, without the password."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import PASSWORD, USER, fields, leaks, log_lines, login, send
from support.scripted import CLOSE, HANG

from jsnpy import smtp
from jsnpy.redaction import Redactor
from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.scripted import Connection, ScriptedServer

    Scripted = Callable[..., ScriptedServer]


def test_the_dialogue_is_in_order(scripted: Scripted) -> None:
    """Each line of both sides is there, marked and in order, multi-line replies whole."""
    server = scripted(EHLO=b"250-mail.test\r\n250-PIPELINING\r\n250 HELP\r\n")
    lines = send(server, helo="me").log.split("\n")
    said = [line for line in lines if not line.startswith("*: ")]
    head = said.index("C: From: Ann <ann@x.test>")
    assert [
        "S: 220 mail.test ESMTP",
        "C: EHLO me",
        "S: 250-mail.test",
        "S: 250-PIPELINING",
        "S: 250 HELP",
        "C: MAIL FROM:<ann@x.test>",
        "S: 250 2.1.0 ok",
        "C: RCPT TO:<bob@y.test>",
        "S: 250 2.1.5 ok",
        "C: DATA",
        "S: 354 go",
    ] == said[:head]
    assert [
        "C: ",
        "C: The disk is full",
        "C: .",
        "S: 250 2.0.0 queued as 42",
        "C: QUIT",
        "S: 221 2.0.0 bye",
    ] == said[-6:]
    assert f"*: connected to 127.0.0.1 port {server.port}" in "\n".join(lines)
    assert any(line.startswith("*: accepted by the server (0.") for line in lines)


def test_a_log_that_nobody_reads_is_not_made(scripted: Scripted) -> None:
    """The attempts of a flush need none; who listens hears each line all the same."""
    given = fields(scripted(), subject="in time")
    unread = Sending(keeps_log=False).send(given)
    assert (0, "") == (unread.code, unread.log)
    heard: list[str] = []
    listened = Sending(smtp.Settings(listener=heard.append), keeps_log=False).send(given)
    assert "\n".join(heard) == listened.log
    assert "C: Subject: in time" in heard


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "MESSAGE"])
@pytest.mark.parametrize("step", [CLOSE, HANG, b"550 5.0.0 no\r\n", b"half a line"])
def test_the_log_is_there_on_every_failure(scripted: Scripted, verb: str, step: Any) -> None:
    """Whatever fails, the log has the dialogue so far and what went wrong."""
    result = send(scripted(**{verb: step}), timeout=0.3)
    assert result.code < 0
    assert f"*: failed: {result.error}" in result.log
    if verb != "GREETING":
        assert "S: 220 mail.test ESMTP" in result.log
    if step == b"half a line":
        assert "S: half a line" in result.log


def test_bytes_that_are_no_text_are_escaped(scripted: Scripted) -> None:
    """UTF-8 is shown, other bytes and what moves a cursor are escaped, and nothing forges a line."""
    reply = b"250 caf\xc3\xa9 \xe9 \x1b[2J \x00 \r250 2\r\n"
    log = send(scripted(MAIL=reply)).log
    assert "S: 250 café \\xe9 \\x1b[2J \\x00 \\x0d250 2\n" in log


def test_a_server_cannot_reorder_or_hide_what_is_read(scripted: Scripted) -> None:
    """Bidirectional and invisible characters are escaped in log, error, details and the lines of -v."""
    heard: list[str] = []
    server = scripted(RCPT="550 5.1.1 \u202eevil\u2066 n\u200bo \U000e0041 عربي می\u200cروم\r\n".encode())
    result = send(server, smtp.Settings(listener=heard.append))
    expected = r"\u202eevil\u2066 n\u200bo \U000e0041 عربي می" + "\u200cروم"
    for text in (result.log, result.error, result.details["rejected"][0]["text"], "\n".join(heard)):
        assert expected in text


def test_long_lines_are_cut(scripted: Scripted) -> None:
    """A very long line of the server is shown in part."""
    log = send(scripted(MAIL=b"250 " + b"x" * 5000 + b"\r\n")).log
    assert max(len(line) for line in log.split("\n")) < 2100
    assert "more characters)" in log


@pytest.mark.parametrize("size", [1000, 20_000, 500_000])
def test_a_message_is_shown_up_to_16_kb(scripted: Scripted, size: int) -> None:
    """Up to 16 KB of the message are in the log, then the number of bytes left out."""
    body = ("x" * 70 + "\n") * (size // 71)
    server = scripted()
    result = send(server, body=body)
    length = len(server.messages[0])
    shown = "\n".join(log_lines(result, "C"))
    if length <= 16 * 1024:
        assert "not shown" not in result.log
    else:
        assert f"({length - 16 * 1024} more bytes of message not shown)" in result.log
        assert 15_000 < len(shown) < 17_000
    assert "C: ." in result.log


def echo(connection: Connection) -> None:
    """Refuse an AUTH line and repeat it, as some servers do, in several ways."""
    line = connection.commands[-1].decode()
    blob = line.split(" ")[-1]
    plain = base64.b64decode(blob + "===").decode("utf-8", "replace") if len(line.split()) > 2 else ""
    text = [
        f"you said {line}",
        f"that is {plain!r}",
        f"or {plain.encode().hex()}",
        f"or {plain[1:]}".replace("\0", " "),
        f"or {blob.rstrip('=')}",
        f"or {base64.urlsafe_b64encode(plain.encode()).decode()}",
    ]
    connection.send("".join(f"535-5.7.8 {each}\r\n" for each in text).encode() + b"535 5.7.8 no\r\n")


def offers(*mechanisms: str) -> bytes:
    """Return an EHLO reply with these mechanisms."""
    return b"250-mail.test\r\n250 AUTH " + " ".join(mechanisms).encode() + b"\r\n"


def parrot(connection: Connection) -> None:
    """Ask, and repeat each answer."""
    connection.send(b"334 " + base64.b64encode(b"<1@mail.test>") + b"\r\n")
    first = connection.line()
    connection.send(b"334 " + first + b"\r\n")
    second = connection.line()
    said = base64.b64decode(second).decode("utf-8", "replace") if second != b"*" else ""
    connection.send(f"535-5.7.8 {first.decode()} {second.decode()}\r\n535 5.7.8 {said}\r\n".encode())


@pytest.mark.parametrize(
    ("mechanism", "step"),
    [
        ("PLAIN", echo),
        ("XOAUTH2", echo),
        ("LOGIN", parrot),
        ("CRAM-MD5", parrot),
        ("PLAIN", parrot),
        ("PLAIN", (b"535 " + PASSWORD.encode() + b"\r\n")),
        ("PLAIN", (b"535 " + PASSWORD.encode("latin-1") + b"\r\n")),
        ("PLAIN", (b"235 hello " + base64.b64encode(PASSWORD.encode()) + b"\r\n")),
        ("PLAIN", (b"garbage " + PASSWORD.encode() + b"\r\n")),
        ("PLAIN", (b"535 half " + PASSWORD.encode(), CLOSE)),
        ("PLAIN", (b"421 " + PASSWORD.encode() + b"\r\n")),
    ],
)
def test_the_password_is_nowhere_even_if_the_server_echoes_it(scripted: Scripted, mechanism: str, step: Any) -> None:
    """Not plain, not in base64, not inside the PLAIN blob, not as a digest: `login` checks every form."""
    server = scripted(EHLO=offers(mechanism), AUTH=step, RCPT=b"550 5.1.1 " + PASSWORD.encode() + b"\r\n")
    result = login(server, auth=mechanism.lower())
    assert any(line.startswith(b"AUTH") for line in server.commands)
    assert "[redacted]" in result.log
    for line in server.commands[1:]:
        blob = line.split(b" ")[-1].decode()
        if len(blob) > 20 and not line.startswith((b"MAIL", b"RCPT")):
            assert blob not in result.log
            digest = base64.b64decode(blob + "==").decode("utf-8", "replace").split(" ")[-1]
            assert digest not in result.log


def test_what_is_said_in_an_authentication_is_not_shown(scripted: Scripted) -> None:
    """Of an authentication only the mechanism is in the log."""
    server = scripted(EHLO=offers("LOGIN"), AUTH=b"334 VXNlcm5hbWU6\r\n", LINE=[b"334 UGFzc3dvcmQ6\r\n", b"235 hi\r\n"])
    said = log_lines(login(server), "C")
    start = said.index("AUTH LOGIN")
    assert ["[redacted]", "[redacted]"] == said[start + 1 : start + 3]
    assert f"*: logged in as {USER} (LOGIN)" in login(server).log


@pytest.mark.parametrize(
    "body",
    [
        PASSWORD,
        f"the password is {PASSWORD}, keep it",
        f"é {PASSWORD} " * 50,
        f"日本語 {PASSWORD} " * 50,
        "x" * 70 + PASSWORD,
        "é" * 36 + PASSWORD,
    ],
)
def test_a_password_in_the_message_is_not_in_the_log(scripted: Scripted, body: str) -> None:
    """A mail that quotes the password is sent whole and logged without it, however it is encoded."""
    server = scripted()
    assert 0 == login(server, body=body, subject=f"new: {PASSWORD}", html=f"<p>{body}").code
    assert 1 == len(server.messages)


def repeat(connection: Connection) -> bytes:
    """Refuse an AUTH PLAIN line and repeat what was in it, in base64 and decoded, as some servers do."""
    if connection.commands[-1] == b"AUTH PLAIN":  # too long for one line with its verb
        connection.send(b"334 \r\n")
        connection.line()
    blob = connection.commands[-1].split(b" ")[-1]
    password = base64.b64decode(blob).split(b"\0")[2]
    shown = b" ".join(password.split(b"\r\n"))
    return b"535-no " + blob + b"\r\n535 no " + shown + b"\r\n"


@pytest.mark.parametrize(
    "secret",
    [
        "Пароль-日本-😀",
        "first line\r\nsecond line",
        "\r\ngeheim-1\r\n",
        "tab\tand\x1bescape",
        "a",
        "é7",
        "5x5",
    ],
)
def test_odd_passwords_are_not_in_the_log(scripted: Scripted, secret: str) -> None:
    """Letters of any script, line ends, a single character: the server's echo shows nothing of it."""
    server = scripted(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n", AUTH=repeat)
    result = send(server, user="u", pass_=secret)
    assert -5 == result.code
    assert f"\0u\0{secret}".encode() == base64.b64decode(server.commands[1].split(b" ")[2])
    for shown in (result.error, result.log):
        for part in secret.split("\r\n"):
            assert not part or re.search(rf"(?<!\w){re.escape(part)}(?!\w)", shown) is None
        assert "[redacted]" in shown


@pytest.mark.parametrize("left", [3, 4, 12])
def test_a_password_that_the_cut_goes_through_is_not_in_the_log(scripted: Scripted, left: int) -> None:
    """A password that begins before the 16 KB that are shown, and ends behind, leaves no beginning in the log."""
    secret = "SuperSecret77"

    def sent(body: str) -> tuple[str, int]:
        server = scripted(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n")
        return send(server, user="u", pass_=secret, body=body).log, len(server.messages[0])

    _, size = sent("")
    fill = 16 * 1024 - left - size
    filled = "z" * 60 + "\n"
    body = (filled * fill)[: fill // 62 * 61] + "z" * (fill % 62)
    log, _ = sent(f"{body}{secret}\n" + filled * 10)
    assert re.search(r"\nC: z*\[redacted\]\n\*: \(", log)
    assert secret[:3] not in log


def test_a_password_that_is_cut_off_by_the_server_is_not_in_the_log(scripted: Scripted) -> None:
    """A server that repeats the password and closes in the middle, or in a line that is too long, shows no part."""
    secret = "SuperSecret77"
    for said in (b"535 " + secret.encode()[:8], b"535 " + b"x" * 8185 + secret.encode()):
        log = send(scripted(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n", AUTH=(said, CLOSE)), user="u", pass_=secret).log
        assert "S: 535 " in log
        assert secret[:3] not in log


def test_a_password_of_10_kb_is_not_in_the_log(scripted: Scripted) -> None:
    """A token of 10 KB is sent whole, and not shown where the server repeats it in a line that is too long."""
    secret = "".join(f"{number:04}" for number in range(2560))
    server = scripted(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n", AUTH=repeat)
    result = send(server, user="u", pass_=secret)
    assert f"\0u\0{secret}".encode() == base64.b64decode(server.commands[2])
    assert "S: 535-no [redacted]\n" in result.log
    assert (
        "S: 535 no [redacted]\n"
        in send(scripted(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n", AUTH=repeat), user="u", pass_=secret[:4000]).log
    )
    assert base64.b64encode(f"\0u\0{secret}".encode())[:20].decode() not in result.error + result.log


def test_a_refused_recipients_text_is_scrubbed(scripted: Scripted) -> None:
    """details.rejected and warnings do not show what a server echoes."""
    server = scripted(RCPT=[b"250 ok\r\n", b"550 no " + PASSWORD.encode() + b"\r\n"])
    result = login(server, bcc="c@y.test")
    assert [] == leaks(repr(result.details["rejected"]), PASSWORD)
    assert "[redacted]" in result.warnings[0]


def test_a_shared_redactor_learns_the_password(scripted: Scripted) -> None:
    """The host's redactor knows the password afterwards, so that its own output can be scrubbed."""
    redactor = Redactor()
    login(scripted(), smtp.Settings(redactor=redactor))
    assert redactor.finds(PASSWORD)


def test_a_fault_of_ours_shows_no_password(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of an internal fault is scrubbed as well."""

    def fault(*_: object) -> None:
        raise RuntimeError(f"broken: {PASSWORD}")

    monkeypatch.setattr("jsnpy.smtp.session.auth.mechanism", fault)
    result = login(scripted(EHLO=offers("PLAIN")))
    assert "broken: [redacted]" in result.error


def test_an_error_is_one_line(scripted: Scripted) -> None:
    """The error is one sentence on one line, whatever the server sends."""
    reply = b"".join(b"550-5.7.1 line %d \x0b\x0c\r\n" % number for number in range(9)) + b"550 5.7.1 end\r\n"
    result = send(scripted(MAIL=reply))
    assert result.error == " ".join(result.error.split())
    assert 1 == result.error.count("5.7.1")
    assert len(result.error) < 1000


@pytest.mark.parametrize("before", [585, 590, 595])
def test_a_long_refusal_is_not_cut_within_a_password(scripted: Scripted, before: int) -> None:
    """What is left of a long reply in the error ends in no half of a password."""
    reply = b"535 " + b"x" * before + b"SuperSecret77" + b"x" * 20 + b"\r\n"
    result = send(scripted(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n", AUTH=reply), user="u", pass_="SuperSecret77")
    assert -5 == result.code
    assert "Supe" not in result.error + result.log


@pytest.mark.parametrize("before", [186, 190, 195])
def test_long_nonsense_is_not_cut_within_a_password(scripted: Scripted, before: int) -> None:
    """Nor does what is quoted of a line that is no reply."""
    line = b"x" * before + b"SuperSecret77" + b"x" * 20 + b"\r\n"
    result = send(scripted(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n", AUTH=line), user="u", pass_="SuperSecret77")
    assert -9 == result.code
    assert "Supe" not in result.error + result.log


def wrapped(text: str, width: int) -> bytes:
    """Return a refusal whose text a server wraps at a width."""
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    return b"".join(f"535-{line}\r\n".encode() for line in lines) + b"535 5.7.8 no\r\n"


@pytest.mark.parametrize("width", [2, 5, 7, 9, 30, 70, 400])
def test_a_secret_that_a_server_wraps_is_in_no_line(scripted: Scripted, width: int) -> None:
    """Log, error and the lines shown as they happen hold no more than a few letters of a wrapped token."""
    token = "".join(f"{number:03x}Q" for number in range(min(200, 20 * width)))
    heard: list[str] = []
    settings = smtp.Settings(listener=heard.append)
    for said in (token, base64.b64encode(f"\0u\0{token}".encode()).decode()):
        server = scripted(EHLO=offers("PLAIN"), AUTH=wrapped(f"you said {said} to me", width))
        result = send(server, settings, user="u", pass_=token)
        assert -5 == result.code
        for text in (result.log, result.error, "\n".join(heard)):
            joined = text.replace("\nS: 535-", "").replace("535-", "").replace(" ", "")
            parts = [said[start : start + 12] for start in range(3, len(said) - 12)]
            assert not [part for part in parts if part in joined]


def test_errors_and_warnings_stay_short(scripted: Scripted) -> None:
    """However much a server says about however many recipients, error and warnings can be read."""
    people = [f"p{number}@y.test" for number in range(40)]
    long = [f"550 5.1.{number} no {'x' * 5000}\r\n".encode() for number in range(40)]
    refused = send(scripted(RCPT=long), to=people)
    assert -7 == refused.code
    assert len(refused.error) < 4000
    assert [f"p{number}@y.test" in refused.error for number in range(7)] == [True] * 5 + [False] * 2
    partly = send(scripted(RCPT=[b"250 ok\r\n", *long]), to=["first@y.test", *people])
    assert 0 == partly.code
    (warning,) = partly.warnings
    assert len(warning) < 4000
    for field in ("body", "subject", "headers", "attachments", "tls", "host", "helo", "to"):
        value: Any = {"x" * 100_000: "y"} if field == "headers" else ["z" * 100_000, 5]
        wrong = smtp.send(fields(None) | {field: value})
        assert len(wrong.error) < 4000


def test_a_long_error_is_not_cut_within_a_password() -> None:
    """An error is scrubbed before it is cut, wherever in its sentence the password stands."""
    redactor = Redactor()
    redactor.add("SuperSecret77")
    for before in (1985, 1990, 1995):
        failure = SendFailure(smtp.Code.PROTOCOL, "mail", "x" * before + "SuperSecret77" + "x" * 100)
        assert "Supe" not in failure.sentence(redactor.scrub)
