"""smtplib without its costly imports: not loaded for a plain mail, there for whoever asks."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import jsnpy

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.mailserver import MailServer

# Not hmac: newer releases of smtplib try it out when they are imported.
COSTLY = ["email.generator", "email.message", "email.utils", "ssl", "urllib.parse"]


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


def test_a_plain_mail_loads_no_costly_module(mailserver: Callable[..., MailServer]) -> None:
    """Neither TLS nor the email package is loaded for a mail that needs neither."""
    code = f"{mail('int(sys.argv[1])')}print([name for name in {COSTLY} if name in sys.modules])"
    assert "[]\n" == run(code, str(mailserver().port))


def test_smtplib_is_whole_for_others(mailserver: Callable[..., MailServer]) -> None:
    """A program that also uses smtplib itself finds all of it, after jsnpy has sent a mail."""
    code = (
        f"{mail('int(sys.argv[1])')}"
        "import smtplib\n"
        "print(smtplib.email.utils.quote('\"'), smtplib.SMTP_SSL.__name__, smtplib.SMTP.auth_cram_md5.__name__)\n"
        "print(smtplib.ssl.create_default_context().check_hostname, smtplib.hmac.new(b'k', b'', 'sha256').name)\n"
        "import email.utils, email.message, ssl\n"
        "print(smtplib.email.utils is sys.modules['email.utils'], ssl is sys.modules['ssl'])\n"
        "mail = email.message.EmailMessage()\n"
        "mail['From'], mail['To'], mail['Subject'] = 'a@x.test', 'b@x.test', 'second'\n"
        "with smtplib.SMTP('127.0.0.1', int(sys.argv[1])) as server:\n"
        "    print(server.send_message(mail))\n"
    )
    expected = '\\" SMTP_SSL auth_cram_md5\nTrue hmac-sha256\nTrue True\n{}\n'
    assert expected == run(code, str(mailserver().port))


def test_what_is_loaded_already_is_used() -> None:
    """A program that has loaded ssl and the email package keeps its own."""
    code = (
        "import email.utils, ssl\nbefore = email.utils, ssl\nfrom jsnpy.smtp.lean import smtplib\n"
        "print(before == (smtplib.email.utils, smtplib.ssl) == (sys.modules['email.utils'], sys.modules['ssl']))"
    )
    assert "True\n" == run(code)


def test_plain_mail_needs_no_ssl(mailserver: Callable[..., MailServer]) -> None:
    """A Python built without OpenSSL sends plain mail."""
    code = f"sys.modules['ssl'] = None\n{mail('int(sys.argv[1])')}print('sent')"
    assert "sent\n" == run(code, str(mailserver().port))
