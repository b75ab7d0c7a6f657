"""smtplib does the talking: which of its methods run over a session, and that programs beside jsnpy keep their own."""

from __future__ import annotations

import collections
import os
import smtplib
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import fields, login, send

import jsnpy
from jsnpy import smtp
from jsnpy.smtp.pool import Sessions
from jsnpy.smtp.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.mailserver import MailServer
    from support.scripted import ScriptedServer

    Scripted = Callable[..., ScriptedServer]

USERS = {"ann@x.test": 'Tr0ub4dor&3 "é" %'}


@pytest.fixture
def ran() -> Iterator[collections.Counter[str]]:
    """Count the methods of smtplib.SMTP that run in this thread, by their names."""
    counted: collections.Counter[str] = collections.Counter()
    methods = {getattr(each, "__code__", None): name for name, each in vars(smtplib.SMTP).items()}

    def count(frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code in methods:
            counted[methods[frame.f_code]] += 1

    sys.setprofile(count)
    yield counted
    sys.setprofile(None)


def test_a_session_is_smtplib_s() -> None:
    """The session is an smtplib.SMTP, and what of it is our own is what has a reason written at it."""
    assert issubclass(Session, smtplib.SMTP)
    own = {name for each in Session.__mro__[:-2] for name in vars(each) if name in vars(smtplib.SMTP)}
    own = {name for name in own if not name.startswith("__")}
    assert {"_get_socket", "starttls", "close", "send", "putcmd", "data", "getreply"} == own


@pytest.mark.parametrize("mode", ["plain", "ssl", "starttls"])
def test_its_methods_run_the_dialogue(
    mailserver: Callable[..., MailServer], ran: collections.Counter[str], mode: str
) -> None:
    """Over plain, ssl and starttls, with a log-in, each command of the dialogue is said by smtplib's method for it."""
    server = mailserver(mode, users=USERS)
    result = login(
        server, ssl=mode == "ssl", starttls=mode == "starttls", tls={"ca_file": server.ca_file}, bcc="c@z.test"
    )
    assert (0, "") == (result.code, result.error)
    twice = 2 if mode == "starttls" else 1
    expected = {"connect": 1, "ehlo": twice, "auth": 1, "mail": 1, "rcpt": 2, "quit": 1}
    assert expected == {name: ran[name] for name in expected}
    commands = 3 + (mode == "starttls")  # AUTH, DATA, QUIT and STARTTLS
    assert commands == ran["docmd"]


def test_they_run_in_a_kept_session(scripted: Scripted, ran: collections.Counter[str]) -> None:
    """Later mails of a kept session, its check, its reset and its end are said by smtplib too."""
    server = scripted(RCPT=[b"250 ok\r\n", b"550 no\r\n", b"250 ok\r\n"])
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    settings = smtp.Settings(sessions=lambda: sessions)
    for code in (0, -7, 0, 0):
        assert code == smtp.send(fields(server, keep_alive=True), settings).code
        now[0] += 2
    sessions.close()
    assert {"ehlo": 1, "mail": 4, "rcpt": 4, "noop": 2, "rset": 1} == {
        name: ran[name] for name in ("ehlo", "mail", "rcpt", "noop", "rset")
    }
    assert 1 == len(server.connections)


def test_helo_is_smtplib_s(scripted: Scripted, ran: collections.Counter[str]) -> None:
    """Where EHLO is unknown, smtplib says HELO."""
    assert 0 == send(scripted(EHLO=b"502 what?\r\n")).code
    assert (1, 1) == (ran["ehlo"], ran["helo"])


def run(code: str, *args: str) -> str:
    """Return what some code prints in a Python of its own."""
    env = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(jsnpy.__file__))}
    command = [sys.executable, "-S", "-c", f"import sys\n{code}", *args]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout


def mail(port: str) -> str:
    """Return code that sends a mail with jsnpy."""
    return (
        f"from jsnpy import smtp\nresult = smtp.send({{'host': '127.0.0.1', 'port': {port}, 'from': 'a@x.test',"
        " 'to': 'b@x.test', 'subject': 'é', 'body': 'é'})\nassert result.code == 0, result.error\n"
    )


def test_a_program_keeps_its_own_modules(mailserver: Callable[..., MailServer]) -> None:
    """smtplib, ssl, hmac and email in a program that sends a mail with jsnpy are the standard library's, all along."""
    names = ["smtplib", "ssl", "hmac", "email.utils", "email.message", "email.generator", "datetime", "copy"]
    code = (
        f"import importlib\nnames = {names}\nbefore = {{name: importlib.import_module(name) for name in names}}\n"
        "state = {name: dict(vars(before[name])) for name in names}\n"
        f"{mail('int(sys.argv[1])')}"
        "changed = [name for name in names if sys.modules[name] is not before[name]]\n"
        "now = {name: {key: vars(before[name]).get(key) for key in state[name]} for name in names}\n"
        "changed += [name for name in names if now[name] != state[name]]\n"
        "print(changed)"
    )
    assert "[]\n" == run(code, str(mailserver().port))


def test_what_a_program_imports_after_a_mail_is_whole(mailserver: Callable[..., MailServer]) -> None:
    """A program that uses smtplib itself, after jsnpy has sent a mail, finds all of it."""
    code = (
        f"{mail('int(sys.argv[1])')}"
        "import email.message, email.utils, smtplib, ssl\n"
        "print(smtplib.ssl is ssl, type(smtplib).__name__, type(smtplib.hmac).__name__, smtplib.SMTP_SSL.__name__)\n"
        "mail = email.message.EmailMessage()\n"
        "mail['From'], mail['To'], mail['Subject'] = 'a@x.test', 'b@x.test', 'second'\n"
        "with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as server:\n"
        "    print(server.send_message(mail))\n"
    )
    assert "True module module SMTP_SSL\n{}\n" == run(code, str(mailserver().port))


def test_plain_mail_needs_no_ssl(mailserver: Callable[..., MailServer]) -> None:
    """A Python built without OpenSSL sends plain mail."""
    code = f"sys.modules['ssl'] = None\n{mail('int(sys.argv[1])')}print('sent')"
    assert "sent\n" == run(code, str(mailserver().port))


def test_two_threads_do_not_disturb_each_other(scripted: Scripted) -> None:
    """Mails sent at the same time by several threads each have a session and a log of their own."""
    servers = [scripted() for _ in range(4)]
    results: list[smtp.SendResult] = []
    threads = [threading.Thread(target=lambda each=each: results.append(send(each))) for each in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [0] * 4 == [result.code for result in results]
    assert [1] * 4 == [len(server.messages) for server in servers]
