"""Access tokens in a fleet: the block travels with its references, the worker fetches, nothing secret is in Redis."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from support.brokers import REDIS, Redis, wait_until
from support.command import jsnpy
from support.fleet import SCRIPT, Fleet, Worker
from support.scripted import ScriptedServer
from support.token_endpoint import TokenEndpoint, good

from jsnpy import config
from jsnpy.errors import ConfigError
from jsnpy.fleet import runs
from jsnpy.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    from support.scripted import Connection

SECRET = "s3cr3t-4711"
TOKEN = "access-t0ken-4711"
COMMAND = {"command": ["printf", "token-of-a-program"]}


@pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")
def test_a_token_is_fetched_by_the_worker_also_for_a_waiting_mail(tmp_path: Path) -> None:
    """A mail that waits goes out with a token; neither that nor the client's secret was ever in Redis."""
    rcpt = [b"451 4.2.2 later\r\n", b"250 2.1.5 ok\r\n"]

    def refuse_once(connection: Connection) -> None:
        connection.send(rcpt.pop(0) if len(rcpt) > 1 else rcpt[0])

    offers = b"250-mail.test\r\n250 AUTH XOAUTH2\r\n"
    with (
        TokenEndpoint(good(TOKEN)) as endpoint,
        ScriptedServer(EHLO=offers, RCPT=refuse_once) as server,
        Redis(tmp_path / "redis") as broker,
        Worker(
            tmp_path, "one", 1, JSNPY_BROKER_URL=broker.url, SMTP_SECRET=SECRET, JSNPY_TOKEN_DIR=f"{tmp_path}/tokens"
        ) as worker,
    ):
        fleet = Fleet(tmp_path, broker, worker)
        block = endpoint.block(client_secret="${ENV:SMTP_SECRET}")
        arg = {"port": server.port, "user": "ann@x.test", "pass": "${OAUTH2}", "n": 1}
        (tmp_path / "run.js").write_text(SCRIPT)
        (tmp_path / "run.json").write_text(json.dumps({"scriptfile": "run.js", "oauth2": block, "arg": arg}))
        done = jsnpy("submit", "run.json", "--wait", cwd=tmp_path, env={"JSNPY_BROKER_URL": broker.url})
        assert "-7 " == done.out[:3], done
        wait_until(lambda: len(server.messages) == 1, "the mail's second attempt")
        wait_until(lambda: not fleet.waiting.rows(), "nothing waits")
        blob = base64.b64encode(f"user=ann@x.test\x01auth=Bearer {TOKEN}\x01\x01".encode())
        assert [b"AUTH XOAUTH2 " + blob] * 2 == [line for line in server.commands if line.startswith(b"AUTH")]
        assert [SECRET] == [form["client_secret"] for form in endpoint.forms]
    written = b"".join(path.read_bytes() for path in broker.folder.rglob("*.aof"))
    assert b"${ENV:SMTP_SECRET}" in written
    for secret in (SECRET, TOKEN, blob.decode()):
        assert secret.encode() not in written
        assert secret not in done.err + fleet.log()


def order(tmp_path: Path, block: object) -> dict[str, object]:
    """Return a run with a block as it is submitted."""
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "a.json").write_text(json.dumps({"scriptfile": "a.js", "oauth2": block}))
    loaded = config.load(str(tmp_path / "a.json"), keep_references=True)
    made: dict[str, object] = json.loads(json.dumps(runs.order(loaded, Options())))
    return made


def test_the_block_travels_as_it_is_written(tmp_path: Path) -> None:
    """References in the block stay references, for the submitter needs neither variable nor file."""
    block = {
        "token_url": "https://x.test/t",
        "client_id": "c",
        "client_secret": "${FILE:/nowhere/secret}",
        "scope": "s",
    }
    made, _ = runs.ordered(order(tmp_path, block))
    assert block == made.oauth2


def test_a_worker_runs_no_program_that_a_task_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block with a command is refused, unless the worker's own environment allows it."""
    made = order(tmp_path, COMMAND)
    for value in ("", "0", "yes"):
        monkeypatch.setenv("JSNPY_ALLOW_COMMANDS", value)
        with pytest.raises(ConfigError, match="a worker runs no program that a task names"):
            runs.ordered(made)
    monkeypatch.setenv("JSNPY_ALLOW_COMMANDS", "1")
    assert COMMAND == runs.ordered(made)[0].oauth2


def test_a_literal_secret_of_the_block_warns(tmp_path: Path) -> None:
    """A secret in the config itself goes through the broker: submit says so."""
    order(tmp_path, {"token_url": "https://x.test/t", "client_id": "c", "client_secret": SECRET, "scope": "s"})
    done = jsnpy("submit", "a.json", cwd=tmp_path, env={"JSNPY_BROKER_URL": "redis://127.0.0.1:1/0"})
    assert 2 == done.code
    assert "oauth2.client_secret stands in the config itself and goes through the broker" in done.err
    assert SECRET not in done.err
