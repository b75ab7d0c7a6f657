"""From a config with `oauth2` to a mail: the unchanged script, the real command, a token endpoint, a mail server."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import ca_pem, server_context
from support.command import Result, jsnpy
from support.http_server import answer
from support.kept_tokens import age
from support.scripted import ScriptedServer
from support.token_endpoint import TokenEndpoint, good, refused

from jsnpy import smtp
from jsnpy.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.scripted import Connection

USER = "alerts@contoso.test"
SCRIPT = Path(__file__).parents[1] / "seed" / "email_send.js"
OFFERS = b"250-mail.test\r\n250 AUTH LOGIN XOAUTH2\r\n"
WELCOME = b"235 2.7.0 welcome\r\n"
REFUSED = b"535 5.7.3 Authentication unsuccessful\r\n"


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """Start an endpoint that numbers its tokens."""
    with TokenEndpoint(*(good(f"access-t0ken-{number}") for number in range(1, 9))) as server:
        yield server


class Mails:
    """What runs the unchanged script with a config."""

    def __init__(self, folder: Path, endpoint: TokenEndpoint) -> None:
        self.folder = folder
        self.endpoint = endpoint
        (folder / "email_send.js").write_bytes(SCRIPT.read_bytes())

    def write(self, server: ScriptedServer | None, block: object = "the endpoint's", **arg: Any) -> Path:
        """Write a config."""
        config: dict[str, Any] = {
            "scriptfile": "email_send.js",
            "oauth2": self.endpoint.block() if block == "the endpoint's" else block,
            "arg": {
                "host": "127.0.0.1",
                "port": server.port if server else 1,
                "ssl": False,
                "starttls": False,
                "user": USER,
                "pass": "${OAUTH2}",
                "from": {"email": USER, "name": "Alerts"},
                "to": {"email": "ops@contoso.test", "name": "Ops"},
                "subject": "disk full",
                "body": "on db1",
                **arg,
            },
        }
        if config["oauth2"] is None:
            del config["oauth2"]
        (self.folder / "CaEmail.json").write_text(json.dumps(config), encoding="utf-8")
        return self.folder / "CaEmail.json"

    def run(self, server: ScriptedServer | None, *options: str, block: object = "the endpoint's", **arg: Any) -> Result:
        """Run it; no secret ever shows."""
        config = self.write(server, block, **arg)
        env = {"JSNPY_TOKEN_DIR": os.environ["JSNPY_TOKEN_DIR"]}
        done = jsnpy(config.name, *options, cwd=self.folder, env=env)
        for secret in ("s3cr3t-value", "access-t0ken", base64.b64encode(b"access-t0ken").decode()[:-2]):
            assert secret not in done.out + done.err
        return done


@pytest.fixture
def mails(tmp_path: Path, endpoint: TokenEndpoint) -> Mails:
    """Return what sends."""
    return Mails(tmp_path, endpoint)


def blob(token: str, user: str = USER) -> bytes:
    """Return what XOAUTH2 says."""
    return base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode())


def said(server: ScriptedServer) -> list[bytes]:
    """Return each token that was given to a server."""
    return [line.split(b" ")[-1] for line in server.commands if line.startswith(b"AUTH ")]


def test_the_unchanged_script_sends_with_a_token(mails: Mails, endpoint: TokenEndpoint) -> None:
    """Only the config changed; the second run has the token of the first."""
    with ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as server:
        for _ in range(2):
            done = mails.run(server, "--fail-on-send-error")
            assert 0 == done.code, done
        assert [blob("access-t0ken-1")] * 2 == said(server)
        assert 2 == len(server.messages)
    assert 1 == len(endpoint.requests)


def test_where_only_oauthbearer_is_offered_that_is_used(mails: Mails) -> None:
    """RFC 7628 says the same in other words."""
    with ScriptedServer(EHLO=b"250-mail.test\r\n250 AUTH PLAIN OAUTHBEARER\r\n", AUTH=WELCOME) as server:
        assert 0 == mails.run(server, "--fail-on-send-error").code
        (line,) = said(server)
    assert b"auth=Bearer access-t0ken-1\x01" in base64.b64decode(line)


@pytest.mark.parametrize("length", [100, 700, 2000, 8000])
def test_long_tokens_arrive_whole(mails: Mails, endpoint: TokenEndpoint, length: int) -> None:
    """Over 512 octets there is no initial response: the token follows the first 334."""
    token = "t" * length
    endpoint.answers = [good(token)]
    got: list[bytes] = []

    def take(connection: Connection) -> None:
        line = connection.commands[-1]
        if line == b"AUTH XOAUTH2":
            connection.send(b"334 \r\n")
            line = connection.line()
        got.append(line.removeprefix(b"AUTH XOAUTH2 "))
        connection.send(WELCOME)

    with ScriptedServer(EHLO=OFFERS, AUTH=take) as server:
        assert 0 == mails.run(server, "--fail-on-send-error").code
        assert all(len(line) <= 510 for line in server.commands if line.startswith(b"AUTH"))
    assert [blob(token)] == got


def test_a_script_never_sees_a_token(mails: Mails) -> None:
    """What it has is the placeholder, in arg, in the log and in the result."""
    (mails.folder / "email_send.js").write_text(
        "const r = send_email(arg); console.log(arg.pass); console.log(JSON.stringify(r), r.details)"
    )
    with ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as server:
        done = mails.run(server)
    assert "${OAUTH2}" == done.out.splitlines()[0]
    assert '"code":0' in done.out


def test_a_run_that_sends_nothing_asks_nobody(mails: Mails, endpoint: TokenEndpoint, tokens: Path) -> None:
    """No mail, no token."""
    (mails.folder / "email_send.js").write_text("console.log('all is well')", encoding="utf-8")
    assert 0 == mails.run(None).code
    assert [] == endpoint.requests
    assert not tokens.exists()


def test_a_dry_run_fetches_none(mails: Mails, endpoint: TokenEndpoint, tokens: Path) -> None:
    """Nothing leaves the machine, and the mail is shown all the same."""
    done = mails.run(None, "--dry-run", host="smtp.office365.com", port=587, starttls=True)
    assert 0 == done.code
    assert "Subject: disk full" in done.err
    assert [] == endpoint.requests
    assert not tokens.exists()


def test_a_probe_fetches_one(mails: Mails, endpoint: TokenEndpoint) -> None:
    """A probe logs in as a mail would, and sends nothing."""
    with ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as server:
        assert 0 == mails.run(server, "--probe", "--fail-on-send-error").code
        assert [blob("access-t0ken-1")] == said(server)
        assert [] == server.messages
    assert 1 == len(endpoint.requests)


@pytest.mark.parametrize(
    ("arg", "block", "code", "words"),
    [
        ({}, None, -1, 'pass is "${OAUTH2}"'),
        ({"auth": "login"}, "the endpoint's", -1, "auth"),
        ({"pass": "${oauth2}"}, "the endpoint's", -1, "pass has ${OAUTH2} in other letters"),
        ({"pass": " ${OAUTH2}"}, "the endpoint's", -1, 'it must be "${OAUTH2}" and nothing else'),
        ({"pass": "Bearer ${OAUTH2}"}, None, -1, 'it must be "${OAUTH2}" and nothing else'),
        ({"user": "a@x.test\x01auth=Bearer x"}, "the endpoint's", -1, "user has a line break or another control"),
        ({"user": "a@x.test\r\n"}, "the endpoint's", -1, "user has a line break or another control"),
        ({"pass": "t0ken\n", "auth": "xoauth2"}, None, -1, "pass has a line break or another control"),
        ({"pass": "t0\x01ken", "auth": "oauthbearer"}, None, -1, "pass has a line break or another control"),
        ({"host": "mail.contoso.test"}, "the endpoint's", -5, "clear text"),
        ({"host": "127.0.0.1.contoso.test"}, "the endpoint's", -5, "clear text"),
    ],
)
def test_what_cannot_be_is_said_before_anybody_is_asked(
    mails: Mails, endpoint: TokenEndpoint, arg: dict[str, Any], block: object, code: int, words: str
) -> None:
    """No block, an auth that contradicts it, no TLS: the token stays where it is."""
    (mails.folder / "email_send.js").write_text(
        "const r = send_email(arg); console.log(r.code, r.error)", encoding="utf-8"
    )
    done = mails.run(None, block=block, **arg)
    assert done.out.startswith(f"{code} ")
    assert words in done.out
    assert [] == endpoint.requests


def test_an_old_kept_token_that_is_refused_is_renewed_once(mails: Mails, endpoint: TokenEndpoint, tokens: Path) -> None:
    """A revoked token costs a second connection, and the mail goes."""
    with ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as server:
        mails.run(server)
        age(tokens, 400)
        revoked = blob("access-t0ken-1")
        server.steps["AUTH"] = lambda each: each.send(REFUSED if revoked in each.commands[-1] else WELCOME)
        assert 0 == mails.run(server, "--fail-on-send-error").code
        assert [revoked, revoked, blob("access-t0ken-2")] == said(server)
        assert [1, 0, 1] == [len(each.messages) for each in server.connections]
    assert 2 == len(endpoint.requests)


@pytest.mark.parametrize("aged", [0, 400])
def test_a_refused_token_is_renewed_no_more_than_once(
    mails: Mails, endpoint: TokenEndpoint, tokens: Path, aged: int
) -> None:
    """A new token that is refused too, or a young one, ends with the server's own words."""
    with ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as server:
        mails.run(server)
        age(tokens, aged)
        server.steps["AUTH"] = REFUSED
        done = mails.run(server, "--fail-on-send-error")
        assert 3 == done.code
        assert "535 5.7.3" in done.err
        assert (2 if aged else 1) == len(said(server)) - 1
    assert (2 if aged else 1) == len(endpoint.requests)


def test_a_4xx_at_the_log_in_asks_for_no_new_token(mails: Mails, endpoint: TokenEndpoint, tokens: Path) -> None:
    """The mail server's trouble is not the token's."""
    with ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as server:
        mails.run(server)
        age(tokens, 400)
        server.steps["AUTH"] = b"454 4.7.0 try later\r\n"
        assert 3 == mails.run(server, "--fail-on-send-error").code
        assert 2 == len(said(server))
    assert 1 == len(endpoint.requests)


@pytest.mark.parametrize(
    ("reply", "facts"),
    [
        (refused("invalid_client", "bad secret"), [-5, "token", None, False]),
        (answer(b"", "503 Away"), [-5, "token", None, True]),
        (answer(b"", "429 Slow"), [-5, "token", None, True]),
        (b"junk\r\n", [-9, "token", None, None]),
    ],
)
def test_a_failure_to_get_a_token_is_one_of_the_stage_token(
    mails: Mails, endpoint: TokenEndpoint, reply: bytes, facts: list[object]
) -> None:
    """Code, stage, no SMTP code, whether it may pass; the endpoint's host in the error; no connection to the server."""
    endpoint.answers = [reply]
    (mails.folder / "email_send.js").write_text(
        "const r = send_email(arg), d = r.details;"
        "console.log(JSON.stringify([r.code, d.stage, d.smtpCode, d.temporary])); console.log(r.error)"
    )
    with ScriptedServer(EHLO=OFFERS) as server:
        done = mails.run(server)
        assert [] == server.connections
    first, error = done.out.splitlines()
    assert facts == json.loads(first)
    assert "localhost" in error


def test_the_log_tells_where_the_token_is_from(mails: Mails) -> None:
    """Fetched, then kept; a doubt too."""
    mails.endpoint.answers = [good("access-t0ken-1", scope="other")]
    with ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as server:
        block = mails.endpoint.block(scope="mail.send")
        first, second = mails.run(server, block=block), mails.run(server, block=block)
    assert re.search(r"token: fetched from localhost in \d(\.\d+)? s[\\\n]", first.out)
    assert "token: kept, good for 60 min" in second.out
    assert r"the token has the scope \"other\", not \"mail.send\"" in second.out


def test_a_doubt_is_part_of_the_hint(mails: Mails) -> None:
    """When the server refuses, what is odd about the token is said at once."""
    mails.endpoint.answers = [good("access-t0ken-1", scope="other")]
    with ScriptedServer(EHLO=OFFERS, AUTH=REFUSED) as server:
        done = mails.run(server, block=mails.endpoint.block(scope="mail.send"))
    assert 'the token has the scope "other", not "mail.send"' in done.err


def test_a_missing_variable_of_the_block_is_a_warning_in_a_dry_run(mails: Mails) -> None:
    """Nothing of it is needed there."""
    block = mails.endpoint.block(client_secret="${ENV:NOT_SET_AT_ALL}")
    done = mails.run(None, "--dry-run", block=block)
    assert (0, True) == (done.code, "NOT_SET_AT_ALL" in done.err)
    assert 2 == mails.run(None, block=block).code


def test_insecure_is_said_of_the_endpoint_too(mails: Mails) -> None:
    """An endpoint with any certificate gets the secret only with --insecure, which is said loudly."""
    with TokenEndpoint(context=server_context()) as server, ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as mail_server:
        refused = mails.run(mail_server, block=server.block())
        assert '"code": -4' in refused.out
        done = mails.run(mail_server, "--insecure", block=server.block())
    assert '"code": 0' in done.out
    assert "certificates are not verified (--insecure): localhost could be anybody" in done.err


def test_threads_may_share_tokens(endpoint: TokenEndpoint) -> None:
    """The library's own callers hand the tokens in."""
    tokens = Tokens(endpoint.block())
    with ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as server:
        fields = {"host": "127.0.0.1", "port": server.port, "user": USER, "pass": "${OAUTH2}"}
        fields |= {"from": "a@x.test", "to": "b@x.test", "subject": "", "body": ""}
        assert 0 == smtp.send(fields, smtp.Settings(tokens=tokens)).code
    assert "access-t0ken-1" == tokens.access_token(USER, time.monotonic() + 9)


CHECKED = {"aud": "https://mail.x.test", "roles": ["SMTP.SendAsApp"], "exp": 1800000000, "appid": "client-1"}


def jwt(claims: object) -> str:
    """Return a token that can be read."""
    coded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{coded}.c2ln"


def checked(mails: Mails, server: ScriptedServer | None, **arg: Any) -> Result:
    """Run `jsnpy login --check`."""
    config = mails.write(server, **arg)
    return check(mails, config)


def check(mails: Mails, config: Path, *options: str, **env: str) -> Result:
    """Run it for a config that is there."""
    env |= {"JSNPY_TOKEN_DIR": os.environ["JSNPY_TOKEN_DIR"]}
    return jsnpy("login", "--check", *options, config.name, cwd=mails.folder, env=env)


def test_a_check_shows_what_the_token_says_and_logs_in(mails: Mails, endpoint: TokenEndpoint) -> None:
    """Audience, roles, expiry, and whether the mail server takes it; never the token; a new one each time."""
    endpoint.answers = [good(jwt(CHECKED))]
    with ScriptedServer(EHLO=OFFERS, AUTH=WELCOME) as server:
        for _ in range(2):
            done = checked(mails, server)
            assert (0, "") == (done.code, done.err)
        assert ["EHLO", "AUTH", "QUIT"] * 2 == server.verbs
    assert "audience: https://mail.x.test\n" in done.out
    assert "roles:    SMTP.SendAsApp\n" in done.out
    assert "expires:  2027-01-15 08:00:00 UTC\n" in done.out
    assert f"log-in:   {USER} at 127.0.0.1: accepted\n" in done.out
    assert jwt(CHECKED) not in done.out
    assert 2 == len(endpoint.requests)


def test_a_check_that_is_refused_is_exit_1(mails: Mails) -> None:
    """With the facts all the same, and the server's words."""
    with ScriptedServer(EHLO=OFFERS, AUTH=REFUSED) as server:
        done = checked(mails, server)
        assert 1 == len(said(server))
    assert 1 == done.code
    assert "good for 60 min" in done.out
    assert "535 5.7.3" in done.err


def test_a_check_without_a_token_is_exit_1(mails: Mails, endpoint: TokenEndpoint) -> None:
    """What the endpoint says, and no log-in; a refusal that is remembered does not count here."""
    endpoint.answers = [refused("invalid_client")]
    with ScriptedServer(EHLO=OFFERS) as server:
        assert [1, 1] == [checked(mails, server).code for _ in range(2)]
        assert [] == server.connections
    assert 2 == len(endpoint.requests)


def test_a_check_verifies_certificates_as_a_mail_does(mails: Mails) -> None:
    """A CA that `tls` names is trusted; without it the server's certificate is refused, and no token goes there."""
    (mails.folder / "ca.pem").write_text(ca_pem())
    offers = OFFERS[:-2].replace(b"250 ", b"250-") + b"\r\n250 STARTTLS\r\n"
    with ScriptedServer(EHLO=offers, AUTH=WELCOME) as server:
        refused = checked(mails, server, starttls=True)
        assert (1, []) == (refused.code, said(server))
        done = checked(mails, server, starttls=True, tls={"ca_file": str(mails.folder / "ca.pem")})
        assert (0, "", 1) == (done.code, done.err, len(said(server)))


def test_a_check_warns_of_a_certificate_that_is_not_verified(mails: Mails) -> None:
    """With --insecure the token goes to whoever answers, which is said."""
    offers = OFFERS[:-2].replace(b"250 ", b"250-") + b"\r\n250 STARTTLS\r\n"
    with ScriptedServer(EHLO=offers, AUTH=WELCOME) as server:
        config = mails.write(server, starttls=True)
        done = check(mails, config, "--insecure")
    assert (0, True) == (done.code, "not verified" in done.err.lower())


@pytest.mark.parametrize("expiry", [1e300, -1e300, "soon", True])
def test_a_check_survives_any_time_of_expiry(mails: Mails, endpoint: TokenEndpoint, expiry: object) -> None:
    """Where a token's own word for it is none, the endpoint's counts; the variable for runs does not end a check."""
    endpoint.answers = [good(jwt({**CHECKED, "exp": expiry}))]
    config = mails.write(None, host=None)
    done = check(mails, config, JSNPY_TIMEOUT="0.001")
    assert (0, "") == (done.code, done.err)
    assert re.search(r"expires:  20\d\d-\d\d-\d\d ", done.out)


def test_a_check_of_a_persons_token_needs_the_person(mails: Mails, endpoint: TokenEndpoint) -> None:
    """Where a log-in is kept for each user, it is asked for whom before anybody else is."""
    config = mails.write(None, endpoint.block(login="device", device_url=f"{endpoint.url}/device"), user=None)
    done = check(mails, config)
    assert (2, "", []) == (done.code, done.out, endpoint.requests)
    assert '"arg.user" is missing' in done.err


def test_a_check_without_a_host_shows_the_facts_alone(mails: Mails) -> None:
    """A script may have its server elsewhere."""
    done = checked(mails, None, host=None)
    assert (0, "") == (done.code, done.err)
    assert "log-in:   not tried" in done.out


def test_a_check_does_not_make_up_how_long_a_programs_token_is_good(mails: Mails) -> None:
    """No endpoint said anything of it; what a token itself says is shown, a claim without a value is not."""
    for token, expires in (("t0ken", "not said"), (jwt({**CHECKED, "scp": None}), "2027-01-15 08:00:00 UTC")):
        config = mails.write(None, {"command": [sys.executable, "-c", f"print({token!r})"]}, host=None)
        done = check(mails, config)
        assert (0, "") == (done.code, done.err)
        assert f"expires:  {expires}\n" in done.out
        assert "good for" not in done.out
        assert "None" not in done.out
