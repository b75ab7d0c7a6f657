"""Mails that log in with an OAuth token, kept and tried again: a new token each time, and no secret in the file."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.command import Result, jsnpy
from support.http_server import answer
from support.kept_tokens import age
from support.scripted import ScriptedServer
from support.token_endpoint import TokenEndpoint, good, refused

from jsnpy.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "alerts@contoso.test"
SCRIPT = Path(__file__).parents[1] / "seed" / "email_send.js"
LATER = b"451 4.3.0 later\r\n"
REFUSED = b"535 5.7.3 Authentication unsuccessful\r\n"
SECRET = {"SMTP_SECRET": "s3cr3t-value"}


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """Start an endpoint that numbers its tokens."""
    with TokenEndpoint(*(good(f"access-t0ken-{number}") for number in range(1, 9))) as server:
        yield server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Start a mail server that takes tokens."""
    with ScriptedServer(EHLO=b"250-x\r\n250 AUTH XOAUTH2\r\n", AUTH=b"235 2.7.0 welcome\r\n") as running:
        yield running


class Box:
    """An outbox, and a config whose mails are kept there."""

    def __init__(self, folder: Path, endpoint: TokenEndpoint, server: ScriptedServer) -> None:
        self.folder = folder
        self.tokens = folder / "tokens"
        self.endpoint = endpoint
        self.server = server
        (folder / "email_send.js").write_bytes(SCRIPT.read_bytes())

    def command(self, *words: str, env: dict[str, str] | None = None) -> Result:
        """Run the command; no secret and no token ever shows."""
        env = {"JSNPY_TOKEN_DIR": str(self.tokens), **(SECRET if env is None else env)}
        done = jsnpy(*words, "--outbox", "box", cwd=self.folder, env=env)
        for secret in ("s3cr3t-value", "access-t0ken", base64.b64encode(b"access-t0ken").decode()[:-2]):
            assert secret not in done.out + done.err
        return done

    def keep(self, *, secret: str = "${ENV:SMTP_SECRET}") -> Result:
        """Run the unchanged script."""
        config: dict[str, Any] = {
            "scriptfile": "email_send.js",
            "oauth2": self.endpoint.block(client_secret=secret),
            "arg": {
                "host": "127.0.0.1",
                "port": self.server.port,
                "ssl": False,
                "starttls": False,
                "user": USER,
                "pass": "${OAUTH2}",
                "from": {"email": USER, "name": "Alerts"},
                "to": {"email": "ops@contoso.test", "name": "Ops"},
                "subject": "disk full",
                "body": "on db1",
            },
        }
        (self.folder / "CaEmail.json").write_text(json.dumps(config), encoding="utf-8")
        return self.command("CaEmail.json")

    def states(self) -> list[tuple[str, int]]:
        """Return state and tries of what is kept."""
        outbox = Outbox(str(self.folder / "box"))
        return [(each.row.state, each.row.tries) for each in outbox.kept()]

    def said(self) -> list[str]:
        """Return the tokens that the mail server was given."""
        lines = [line.split(b" ")[-1] for line in self.server.commands if line.startswith(b"AUTH ")]
        return [base64.b64decode(line).decode().partition("Bearer ")[2].strip("\x01") for line in lines]


@pytest.fixture
def box(tmp_path: Path, endpoint: TokenEndpoint, server: ScriptedServer) -> Box:
    """Return an outbox."""
    return Box(tmp_path, endpoint, server)


def test_a_further_attempt_has_a_new_token(box: Box, server: ScriptedServer) -> None:
    """The block is kept with its references, never a secret or a token; a further attempt fetches a new token."""
    server.steps["MAIL"] = LATER
    box.keep()
    data = (box.folder / "box" / "outbox.db").read_bytes()
    assert b"${ENV:SMTP_SECRET}" in data
    assert b"s3cr3t-value" not in data
    assert b"access-t0ken" not in data
    server.steps["MAIL"] = b"250 ok\r\n"
    for path in box.tokens.iterdir():
        os.unlink(path)
    flushed = box.command("outbox", "flush", "--now")
    assert (0, "") == (flushed.code, flushed.err), flushed
    assert ["access-t0ken-1", "access-t0ken-2"] == box.said()


@pytest.mark.parametrize(
    "reply", [refused("invalid_client"), answer(b"", "503 Away"), b"junk\r\n"], ids=["refused", "away", "junk"]
)
def test_every_failure_to_get_a_token_is_kept(
    box: Box, endpoint: TokenEndpoint, server: ScriptedServer, reply: bytes
) -> None:
    """A mail whose token could not be had is kept, waits on while that is so, and is sent when there is one."""
    endpoint.answers = [reply]
    assert "kept in the outbox as" in box.keep().err
    flushed = box.command("outbox", "flush", "--now")
    assert (3, [("waiting", 2)]) == (flushed.code, box.states())
    assert [] == server.connections
    endpoint.answers = [good("access-t0ken-9")]
    for path in box.tokens.iterdir() if box.tokens.exists() else ():
        if path.is_file():
            os.unlink(path)  # an endpoint's refusal is remembered for a minute
    assert 0 == box.command("outbox", "flush", "--now").code
    assert ["access-t0ken-9"] == box.said()


def test_a_first_refusal_is_the_end_and_a_later_one_waits(box: Box, server: ScriptedServer) -> None:
    """A 535 to a token is not kept at the first attempt; at a further one it waits."""
    server.steps["AUTH"] = REFUSED
    assert "kept in the outbox" not in box.keep().err
    server.steps |= {"AUTH": b"235 welcome\r\n", "MAIL": LATER}
    box.keep()
    server.steps["AUTH"] = REFUSED
    flushed = box.command("outbox", "flush", "--now")
    assert (3, [("waiting", 2)]) == (flushed.code, box.states())
    age(box.tokens, 400)
    server.steps |= {"AUTH": b"235 welcome\r\n", "MAIL": b"250 ok\r\n"}
    assert 0 == box.command("outbox", "flush", "--now").code


def test_a_secret_that_is_missing_at_a_flush(box: Box, server: ScriptedServer) -> None:
    """A reference of the block that leads nowhere at a flush uses up no try."""
    server.steps["MAIL"] = LATER
    box.keep()
    before = box.states()
    flushed = box.command("outbox", "flush", "--now", env={})
    assert (3, before) == (flushed.code, box.states())
    assert "SMTP_SECRET" in flushed.out
    assert 1 == len(server.connections)


def test_a_literal_secret(box: Box, server: ScriptedServer) -> None:
    """A secret that stands in the config is kept as it is there, for nobody else to read, and goes with the mail."""
    server.steps["MAIL"] = LATER
    box.keep(secret="s3cr3t-value")
    assert b"s3cr3t-value" in (box.folder / "box" / "outbox.db").read_bytes()
    server.steps["MAIL"] = b"250 ok\r\n"
    assert 0 == box.command("outbox", "flush", "--now", env={}).code
    assert b"s3cr3t-value" not in (box.folder / "box" / "outbox.db").read_bytes()
