"""Mails for tests, sent so that each one also proves that the password shows up nowhere."""

from __future__ import annotations

import base64
import html
import json
import quopri
import re
import urllib.parse
from typing import TYPE_CHECKING, Any

from jsnpy import smtp

if TYPE_CHECKING:
    from jsnpy.smtp import SendResult

USER = "ann@x.test"
PASSWORD = 'Tr0ub4dor&3 "é" %'


def fields(server: Any = None, **changes: Any) -> dict[str, Any]:
    """Return a good mail's fields for a server; `from_` and `pass_` stand for from and pass, None leaves one out."""
    mail: dict[str, Any] = {
        "host": "127.0.0.1" if server is None else server.host,
        "port": 25 if server is None else server.port,
        "from": {"email": "ann@x.test", "name": "Ann"},
        "to": {"email": "bob@y.test", "name": "Bob"},
        "subject": "Alert",
        "body": "The disk is full",
        "timeout": 5,
    }
    mail |= {key.removesuffix("_"): value for key, value in changes.items()}
    return {key: value for key, value in mail.items() if value is not None}


def send(server: Any = None, settings: smtp.Settings | None = None, **changes: Any) -> SendResult:
    """Send a mail and return the result, in which the password is nowhere."""
    mail = fields(server, **changes)
    result = smtp.send(mail, settings)
    assert_kept_secret(result, str(mail.get("pass", "")).replace("\ud800", "\ufffd"))
    return result


def login(server: Any = None, settings: smtp.Settings | None = None, **changes: Any) -> SendResult:
    """Send a mail with user and password."""
    return send(server, settings, **{"user": USER, "pass_": PASSWORD, **changes})


def assert_kept_secret(result: SendResult, secret: str) -> None:
    """Fail if a result shows a secret in any encoding."""
    if len(secret) < 4:
        return
    shown = "\n".join([result.log, result.error, repr(result), json.dumps(result.details), *result.warnings])
    # An encoding may break it over two lines; whoever puts them together again must not find it either.
    joined = shown.replace("=\nC: ", "").replace("\nC:  ", "").replace("\nC: ", "")
    assert [] == leaks(shown, secret) + leaks(joined, secret)


def leaks(text: str, secret: str) -> list[str]:
    """Return the forms in which a secret shows in a text: plain, escaped, hex, or inside anything in base64."""
    data = secret.encode()
    forms = {
        secret,
        secret.upper(),
        secret.lower(),
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        html.escape(secret),
        data.hex(),
        data.hex().upper(),
        urllib.parse.quote(secret),
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        quopri.encodestring(data).decode().rstrip("=\n"),
        str(data)[2:-1],
    }
    found = [form for form in forms if form in text]
    for token in re.findall(r"[A-Za-z0-9+/_-]{4,}", text):
        plain = token.replace("-", "+").replace("_", "/")
        for start in range(4):
            part = plain[start:]
            if data in base64.b64decode(part + "A" * (-len(part) % 4)):
                found.append(token)
                break
    return found


def log_lines(result: SendResult, mark: str) -> list[str]:
    """Return the lines of a log with a mark ("S", "C" or "*"), without it."""
    return [line[3:] for line in result.log.split("\n") if line.startswith(f"{mark}: ")]
