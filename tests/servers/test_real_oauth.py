"""Tokens of a real OAuth server (npm's oidc-provider) at real mail servers that ask it (Dovecot, Postfix before it).

Run by `make test-servers`; what cannot be had here is skipped, with the reason.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support.command import clean_environment, jsnpy
from support.http_server import HttpServer, Received
from support.kept_tokens import change, read, the_file
from support.oidc_server import MAILBOX, SECRET, OidcServer, Person
from support.postfix_server import Postfix
from support.real_server import DOMAIN, Unavailable
from support.token_endpoint import TokenEndpoint, good, said

from jsnpy import smtp
from jsnpy.oauth import Source, login
from jsnpy.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.servers

SCRIPT = Path(__file__).parents[1] / "seed" / "email_send.js"
SUBMISSIONS = ["plain", "submission"]
LONG = "long-token-"


class Servers:
    """An OAuth server, a mail server, and between them what answers for tokens that are longer than real ones."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self.oauth = OidcServer(key.public_key())
        self.oauth.start()
        self.between = HttpServer(self._answer)
        # Dovecot takes user and password from the URL, percent-encoded once; inside, both are form-encoded (RFC 6749).
        self._password = quote(quote(SECRET, safe=""), safe="")
        self.mail = Postfix(f"http://dovecot:{self._password}@127.0.0.1:{self.between.port}/introspection")
        self.mail.start()

    def _answer(self, request: Received) -> bytes:
        token = parse_qs(request.body.decode()).get("token", [""])[0]
        if token.startswith(LONG):
            return said({"active": True, "email": MAILBOX, "scope": "smtp"})
        headers = {name: request.header(name) or "" for name in ("Authorization", "Content-Type")}
        asked = urllib.request.Request(f"{self.oauth.url}/token/introspection", request.body, headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=20) as answer:
            return said(json.loads(answer.read()))

    def stop(self) -> None:
        """End all three."""
        self.mail.stop()
        self.between.close()
        self.oauth.stop()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """Make the key of the application that signs."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def running(key: rsa.RSAPrivateKey) -> Iterator[Servers]:
    """Start the servers for all tests of the module."""
    try:
        servers = Servers(key)
    except Unavailable as reason:
        pytest.skip(str(reason))
    yield servers
    servers.stop()


@pytest.fixture
def servers(running: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Servers:
    """Return the servers, with no mails in them, and no token kept."""
    monkeypatch.setenv("JSNPY_TOKEN_DIR", str(tmp_path / "tokens"))
    running.mail.clear()
    return running


def fields(servers: Servers, mode: str, **more: object) -> dict[str, Any]:
    """Return a mail."""
    return {
        "host": "127.0.0.1",
        "port": servers.mail.ports[mode],
        "ssl": mode == "ssl",
        "starttls": mode == "starttls",
        "user": MAILBOX,
        "pass": "${OAUTH2}",
        "from": MAILBOX,
        "to": f"bob@{DOMAIN}",
        "subject": "disk full",
        "body": "on db1",
        "tls": {"verify": False},
        **more,
    }


def send(servers: Servers, mode: str, block: dict[str, Any], **more: object) -> smtp.SendResult:
    """Send a mail as a run of its own would; no secret is in what it says."""
    result = smtp.send(fields(servers, mode, **more), smtp.Settings(tokens=Tokens(block)))
    assert SECRET not in result.log + result.error
    for kept in Path(os.environ["JSNPY_TOKEN_DIR"]).glob("*.token"):
        for name in ("access_token", "refresh_token"):
            token = json.loads(kept.read_text())[name]
            assert not token or token not in result.log + result.error
    return result


def facts(result: smtp.SendResult) -> tuple[object, ...]:
    """Return code, stage and SMTP code."""
    return result.code, result.details["stage"], result.details["smtpCode"]


def the_token() -> str:
    """Return the token that is kept."""
    return str(read()["access_token"])


@pytest.mark.parametrize("auth", [None, "xoauth2", "oauthbearer"])
@pytest.mark.parametrize("mode", ["plain", "starttls", "ssl", "submission"])
def test_an_applications_token_is_taken(servers: Servers, mode: str, auth: str | None) -> None:
    """With either mechanism, at either server, and the mail arrives."""
    result = send(servers, mode, servers.oauth.block(), **({"auth": auth} if auth else {}))
    assert (0, "") == (result.code, result.error), result.log
    assert 1 == len(servers.mail.mails(1))


def test_the_unchanged_script_sends(servers: Servers, tmp_path: Path) -> None:
    """The whole command, twice; the second run asks for no token."""
    (tmp_path / "email_send.js").write_bytes(SCRIPT.read_bytes())
    arg = fields(servers, "plain", **{"from": {"email": MAILBOX, "name": "Alerts"}})
    config = {"scriptfile": "email_send.js", "oauth2": servers.oauth.block(), "arg": arg}
    (tmp_path / "CaEmail.json").write_text(json.dumps(config))
    env = {"JSNPY_TOKEN_DIR": os.environ["JSNPY_TOKEN_DIR"]}
    for how in ("fetched from 127.0.0.1", "kept, good for 60 min"):
        done = jsnpy("CaEmail.json", "--fail-on-send-error", cwd=tmp_path, env=env)
        assert 0 == done.code, done
        assert how in done.out
    assert 2 == len(servers.mail.mails(2))
    checked = jsnpy("login", "--check", "CaEmail.json", cwd=tmp_path, env=env)
    assert (0, "") == (checked.code, checked.err)
    assert f"log-in:   {MAILBOX} at 127.0.0.1: accepted" in checked.out


@pytest.mark.parametrize("way", ["basic", "certificate"])
def test_each_proof_of_who_asks(servers: Servers, way: str, key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    """A secret with odd characters by Basic, and an assertion signed with a certificate's key."""
    block = servers.oauth.block("basic", client_auth="basic")
    if way == "certificate":
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
        now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
        made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day).sign(key, hashes.SHA256())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (tmp_path / "app.pem").write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
        block = servers.oauth.block("signed", certificate=str(tmp_path / "app.pem"))
        del block["client_secret"]
    assert 0 == send(servers, "plain", block).code


@pytest.mark.parametrize("mode", SUBMISSIONS)
@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_a_revoked_token_is_replaced_once_it_is_old(servers: Servers, mode: str, auth: str) -> None:
    """A young one is refused for good; an old one costs one fetch and one connection more."""
    block = servers.oauth.block()
    assert 0 == send(servers, mode, block).code
    servers.oauth.revoke(the_token())
    refused = send(servers, mode, block, auth=auth)
    assert (-5, "auth", 535) == facts(refused), refused.log
    change(fetched=lambda then: then - 301)
    renewed = send(servers, mode, block, auth=auth)
    assert (0, 2) == (renewed.code, renewed.details["attempts"]), renewed.log


@pytest.mark.parametrize("mode", SUBMISSIONS)
def test_an_expired_token_is_replaced(servers: Servers, mode: str) -> None:
    """Renewed before its end; and where our clock did not see the end, after the refusal."""
    block = servers.oauth.block("short")
    assert 0 == send(servers, mode, block).code
    first = the_token()
    change(fetched=lambda then: then - 2)
    assert 0 == send(servers, mode, block).code
    assert first != the_token()
    time.sleep(3.5)
    change(fetched=lambda then: then - 400, lifetime=lambda _: 3600)
    result = send(servers, mode, block)
    assert (0, 2) == (result.code, result.details["attempts"]), result.log


@pytest.mark.parametrize("mode", SUBMISSIONS)
@pytest.mark.parametrize(
    "block", [{"client": "other"}, {"scope": "other"}, {"scope": "smtp", "user": "eve@ok.test"}], ids=str
)
def test_a_token_of_another_mailbox_or_scope_is_refused(servers: Servers, mode: str, block: dict[str, str]) -> None:
    """Whoever it is for, the servers say the same: 535, without a second fetch."""
    user = {"user": block["user"]} if "user" in block else {}
    result = send(servers, mode, servers.oauth.block(**{name: block[name] for name in block if name != "user"}), **user)
    assert (-5, "auth", 535) == facts(result), result.log
    assert 1 == result.details["attempts"]


@pytest.mark.parametrize("length", [700, 2000, 8000])
@pytest.mark.parametrize("mode", SUBMISSIONS)
@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_long_tokens_are_taken(servers: Servers, mode: str, length: int, auth: str) -> None:
    """Whatever a server's longest AUTH line is: the token does not stand in it."""
    # Dovecot's own server takes 8,192 bytes of a line, which are three quarters of that as base64.
    token = (LONG + "t" * length)[: min(length, 5900) if mode == "submission" else length]
    with TokenEndpoint(good(token)) as endpoint:
        result = send(servers, mode, endpoint.block(), auth=auth)
    assert (0, "") == (result.code, result.error), result.log


def by_device(text: str) -> None:
    """Type a code in elsewhere."""
    found = re.search(r"Open (\S+) .*the code (\S+)", text)
    assert found
    threading.Thread(target=Person(MAILBOX).visit, args=(found[1],), kwargs={"user_code": found[2]}).start()


def by_browser(text: str) -> None:
    """Open the URL on this machine."""
    threading.Thread(target=Person(MAILBOX).visit, args=(text.splitlines()[1],)).start()


@pytest.mark.parametrize(("how", "do"), [("device", by_device), ("browser", by_browser)])
def test_a_person_logs_in_and_tokens_rotate(servers: Servers, how: str, do: Callable[[str], None]) -> None:
    """After one log-in mails go, and each renewal brings a new refresh token, which is the only good one."""
    block = servers.oauth.person(how)
    login.log_in(Source(block), MAILBOX, do, time.monotonic() + 60)
    seen = set()
    for _ in range(3):
        assert 0 == send(servers, "plain", block).code
        seen.add(the_token())
        change(fetched=lambda then: then - 4000)
    assert 3 == len(seen)


CHILD = """
import time
from jsnpy.oauth import Source
print(Source({block!r}).access_token({user!r}, time.monotonic() + 60).text)
"""


def test_twelve_processes_at_once_do_not_end_the_grant(servers: Servers) -> None:
    """This server ends a grant whose refresh token comes twice: twelve processes ask once."""
    block = servers.oauth.person("device")
    login.log_in(Source(block), MAILBOX, by_device, time.monotonic() + 60)
    change(fetched=lambda then: then - 4000)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD.format(block=block, user=MAILBOX)],
            env=clean_environment(JSNPY_TOKEN_DIR=os.environ["JSNPY_TOKEN_DIR"]),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(12)
    ]
    assert {f"{the_token_of(each)}" for each in children} == {the_token()}
    change(fetched=lambda then: then - 4000)
    assert 0 == send(servers, "plain", block).code


def the_token_of(child: subprocess.Popen[str]) -> str:
    """Return what a process printed."""
    out, _ = child.communicate(timeout=120)
    return out.strip()


def test_a_refresh_token_used_twice_ends_the_log_in(servers: Servers) -> None:
    """Said as what it is, with the command that begins anew."""
    block = servers.oauth.person("device")
    login.log_in(Source(block), MAILBOX, by_device, time.monotonic() + 60)
    before = the_file().read_bytes()
    change(fetched=lambda then: then - 4000)
    assert 0 == send(servers, "plain", block).code
    the_file().write_bytes(before)
    change(fetched=lambda then: then - 4000)
    result = send(servers, "plain", block)
    assert (-5, "token", None) == facts(result)
    assert "invalid_grant" in result.error
    assert "jsnpy login CONFIG" in result.error


def test_a_wrong_secret(servers: Servers) -> None:
    """The real server's own refusal, in one line."""
    result = send(servers, "plain", servers.oauth.block(client_secret="wrong"))
    assert (-5, "token", None, False) == (*facts(result), result.details["temporary"])
    assert "invalid_client" in result.error


@pytest.mark.parametrize(("mode", "code", "temporary"), [("plain", 535, False), ("submission", 454, True)])
def test_a_mail_server_whose_oauth_server_is_away(
    servers: Servers, mode: str, code: int, temporary: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postfix cannot tell that from a refusal, Dovecot's own server can."""
    block = servers.oauth.block()
    assert 0 == send(servers, mode, block).code
    monkeypatch.setattr(servers.between, "script", lambda _: b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n")
    result = send(servers, mode, block)
    assert (-5, "auth", code) == facts(result), result.log
    assert temporary == result.details["temporary"]
