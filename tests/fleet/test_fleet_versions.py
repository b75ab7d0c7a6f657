"""Tasks of other versions: those of the version before are done, those of a newer one are refused with a sentence."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from support.brokers import REDIS, Redis, wait_until
from support.command import jsnpy
from support.fleet import Worker
from support.mailserver import MailServer

from jsnpy.fleet.claims import Claims
from jsnpy.fleet.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")

KEPT: dict[str, Any] = json.loads((Path(__file__).parent / "kept_tasks.json").read_text())
"""A task of each name, as version 1 put it into the queue: a run, a mail that is due, a mail that waits."""


class Queue:
    """A worker whose queue can be filled by hand."""

    def __init__(self, broker: Redis, worker: Worker) -> None:
        self.url = broker.url
        self.worker = worker
        self.client: Any = redis.Redis.from_url(broker.url)

    def put(self, task: dict[str, Any], port: int) -> str:
        """Put a kept task into the queue, for a mail server on a port, and return its id."""
        body = json.dumps(task["body"]).replace("2525", str(port)).encode()
        self.client.lpush("jsnpy", json.dumps(task | {"body": base64.b64encode(body).decode()}))
        return str(task["headers"]["id"])

    def logged(self, words: str) -> None:
        """Return when the worker has logged something."""
        wait_until(lambda: words in self.worker.log.read_text(), words)


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queue]:
    """A redis-server and a worker that knows ann's password."""
    folder = tmp_path_factory.mktemp("versions")
    with (
        Redis(folder / "redis") as broker,
        Worker(folder, "one", 1, JSNPY_BROKER_URL=broker.url, SMTP_PASS="pw") as worker,
    ):
        yield Queue(broker, worker)


def test_a_run_of_the_version_before_is_done(queue: Queue) -> None:
    """A queued run that has neither a version nor an announcement is done, in a child process as it has a timeout."""
    with MailServer(users={"ann": "pw"}) as server:
        id_ = queue.put(KEPT["jsnpy.run"], server.port)
        queue.logged(f"the run {id_} of run.js: exit code 0, 1 mails")
        assert [("ann", "pw")] == server.logins


def test_a_run_that_another_worker_has_is_put_off_as_long_as_that_takes(queue: Queue) -> None:
    """A run that is handed out again while it still goes on is no failure, however often it is looked at."""
    claims = Claims(State(queue.url), lease=0.5)
    task = json.loads(json.dumps(KEPT["jsnpy.run"]))
    task["headers"]["id"] = task["properties"]["correlation_id"] = "long"
    claims.claim("long", "another")
    with MailServer(users={"ann": "pw"}) as server, claims.kept_alive("long", "another"):
        queue.put(task, server.port)
        wait_until(lambda: queue.worker.log.read_text().count("Task jsnpy.run[long] retry") > 4, "it is put off")
        assert "yours" == claims.finish("long", "another", {"exit_code": 0})
        wait_until(lambda: not queue.client.hlen("unacked") and not queue.client.llen("jsnpy"), "it is done")
        assert [] == server.mails
    assert "Can't retry" not in queue.worker.log.read_text()


@pytest.mark.parametrize("name", ["jsnpy.mail", "jsnpy.wait"])
def test_a_mail_of_the_version_before_is_sent_once(queue: Queue, name: str) -> None:
    """A queued mail that has its bytes with it is sent with them, and once, even if its task is handed out twice."""
    queue.client.flushall()
    with MailServer(users={"ann": "pw"}) as server:
        queue.put(KEPT[name], server.port)
        wait_until(lambda: len(server.mails) == 1, "the mail")
        assert "<18eba901705764ca.61250f459e19bdb1@x.test>" == server.mails[0].message["Message-ID"]
        wait_until(lambda: not queue.client.exists("jsnpy:mail:7ebb3f70e7"), "the mail is forgotten")
        id_ = queue.put(KEPT[name], server.port)
        done = f"Task {name}[{id_}]"  # is logged when it is received, and when it is done
        wait_until(lambda: queue.worker.log.read_text().count(done) == 4, "the second task is done")
        assert not queue.client.exists("jsnpy:mail:7ebb3f70e7")
        assert 1 == len(server.mails)


def test_a_run_that_is_handed_out_again_keeps_its_result(queue: Queue) -> None:
    """What a broker hands out once more is neither done again nor does it take the place of what came of it."""
    task = json.loads(json.dumps(KEPT["jsnpy.run"]))
    task["headers"]["id"] = task["properties"]["correlation_id"] = "again"
    with MailServer(users={"ann": "pw"}) as server:
        queue.put(task, server.port)
        wait_until(lambda: queue.client.hget("jsnpy:again", "done") == b"", "its result is stored")
        result = queue.client.get("celery-task-meta-again")
        queue.put(task, server.port)
        queue.logged("Task jsnpy.run[again] ignored")
        assert result == queue.client.get("celery-task-meta-again")
        assert 1 == len(server.mails)


def test_a_run_of_a_newer_version_is_refused_with_a_sentence(queue: Queue) -> None:
    """An older worker does not guess what a newer run means: one sentence, and a result for who waits."""
    task = json.loads(json.dumps(KEPT["jsnpy.run"]))
    task["body"][0][0] = {"version": 99, "what": "nobody knows yet"}
    task["headers"]["id"] = task["properties"]["correlation_id"] = "newer"
    queue.put(task, 1)
    queue.logged("the run newer was submitted by a newer jsnpy than this worker has: update the worker")
    wait_until(lambda: queue.client.exists("celery-task-meta-newer") == 1, "the result")
    assert b"update the worker" in queue.client.get("celery-task-meta-newer")
    assert "Traceback" not in queue.worker.log.read_text()


def test_a_mail_of_a_newer_version_waits_for_a_newer_worker(queue: Queue) -> None:
    """An older worker leaves a newer mail where it is, and says so."""
    row = json.dumps({"version": 99, "id": "m99", "created": 1, "tries": 1, "subject": "S", "novelty": True})
    queue.client.hset("jsnpy:mail:m99", mapping={"row": row, "data": "x", "attempt": "2"})
    queue.client.zadd("jsnpy:waiting", {"m99": 0})
    queue.logged(
        "the mail m99 waits for another worker: it was kept by a newer jsnpy than this worker has; update the worker"
    )
    wait_until(lambda: (queue.client.zscore("jsnpy:waiting", "m99") or 0) > 1, "it waits again")
    assert queue.client.exists("jsnpy:mail:m99")
    queue.client.delete("jsnpy:mail:m99")


def test_a_mail_whose_token_comes_from_a_program_waits_for_who_may_run_it(queue: Queue) -> None:
    """A worker that may run no programs leaves such a mail where it is, and says so."""
    kept = json.loads(json.dumps(KEPT["jsnpy.mail"]["body"][0][0]))
    server = json.dumps(json.loads(kept["server"]) | {"oauth2": {"command": ["touch", "/nowhere"]}})
    row = json.dumps(kept | {"version": 2, "server": server, "id": "m98", "data": None})
    queue.client.hset("jsnpy:mail:m98", mapping={"row": row, "data": "x", "attempt": "1"})
    queue.client.zadd("jsnpy:waiting", {"m98": 0})
    queue.logged("the mail m98 waits for another worker: oauth2.command: a worker runs no program that a task names")
    wait_until(lambda: (queue.client.zscore("jsnpy:waiting", "m98") or 0) > 1, "it waits again")
    queue.client.delete("jsnpy:mail:m98")


@pytest.mark.parametrize("server", [None, "", "[]", "{"])
def test_a_damaged_mail_is_reported_and_forgotten(queue: Queue, server: str | None) -> None:
    """What cannot be read is said once, and not looked at again."""
    row = json.dumps({"version": 2, "id": "m97", "created": 1, "tries": 1, "subject": f"S {server}", "server": server})
    queue.client.delete("jsnpy:m97-1")
    queue.client.hset("jsnpy:mail:m97", mapping={"row": row, "data": "x", "attempt": "1"})
    queue.client.zadd("jsnpy:waiting", {"m97": 0})
    queue.logged(f"the mail m97 (S {server}): what is kept of it is damaged")
    wait_until(lambda: not queue.client.exists("jsnpy:mail:m97"), "it is forgotten")
    assert "Traceback" not in queue.worker.log.read_text()


def test_the_waiting_mails_are_listed(queue: Queue) -> None:
    """The command's list without a folder shows what waits in the fleet, as lines or as JSON, and exits with 3 or 0."""
    env = {"JSNPY_BROKER_URL": queue.url}
    queue.client.flushall()
    none = jsnpy("outbox", "list", env=env)
    assert (0, "", "no mail waits in the fleet\n") == (none.code, none.out, none.err)
    kept = KEPT["jsnpy.mail"]["body"][0][0]
    newer = {"id": "1aaaaaaaa1", "created": kept["created"] + 1, "next_try": 1}
    for more in ({"id": "7ebb3f70e7", "next_try": 4e9}, newer):
        row = json.dumps(kept | {"version": 2, "data": None} | more)
        queue.client.hset(f"jsnpy:mail:{more['id']}", mapping={"row": row, "data": "x", "attempt": "1"})
        queue.client.zadd("jsnpy:waiting", {more["id"]: 4e9})
    lines = jsnpy("outbox", "list", env=env)
    assert (3, "") == (lines.code, lines.err)
    older_line, newer_line = lines.out.splitlines()
    assert older_line.startswith('7ebb3f70e7 to b@y.test: "Run 1": next try in ')
    assert newer_line.startswith('1aaaaaaaa1 to b@y.test: "Run 1": due: ')
    assert "451 4.7.1 later" in older_line
    found = jsnpy("outbox", "list", "--json", env=env)
    told = json.loads(found.out.splitlines()[0])
    assert ("7ebb3f70e7", ["b@y.test"], "waiting", 1) == (told["id"], told["to"], told["state"], told["tries"])
    queue.client.flushall()


def test_a_list_says_when_the_fleets_redis_is_away(tmp_path: Path) -> None:
    """A Redis that does not answer is exit 2 with a reason; a folder that is named is listed whatever the broker."""
    env = {"JSNPY_BROKER_URL": "redis://:GEHEIM@127.0.0.1:1/0"}
    begun = time.monotonic()
    away = jsnpy("outbox", "list", env=env)
    assert time.monotonic() - begun < 15  # a worker waits longer
    assert (2, "") == (away.code, away.out)
    assert "the fleet's state in Redis cannot be reached" in away.err
    assert "see whether it runs and can be reached from here" in away.err
    assert "GEHEIM" not in away.err
    assert 0 == jsnpy("outbox", "list", "--outbox", tmp_path, env=env).code


def test_what_is_submitted_says_its_version(queue: Queue, tmp_path: Path) -> None:
    """A run carries a version, and Celery's lists show its script's name in place of what may be a password."""
    queue.worker.kill()
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "a.json").write_text('{"scriptfile": "a.js", "arg": {"pass": "literal-4711"}}')
    assert 0 == jsnpy("submit", "a.json", cwd=tmp_path, env={"JSNPY_BROKER_URL": queue.url}).code
    task = json.loads(queue.client.lindex("jsnpy", 0))
    assert 2 == json.loads(base64.b64decode(task["body"]))[0][0]["version"]
    assert "('a.js')" == task["headers"]["argsrepr"]
    queue.client.delete("jsnpy")
    queue.worker.start()
