"""What goes wrong around a fleet: no worker, dead ones, a Redis that loses its data; and what Redis holds of a run."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import redis
from support.brokers import REDIS, Redis, wait_until
from support.command import JSNPY, clean_environment, jsnpy
from support.fleet import SCRIPT, Fleet, Worker
from support.mailserver import MailServer

from jsnpy.fleet.claims import Claims
from jsnpy.fleet.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")


BUSY = "const end = Date.now() + 3000; while (Date.now() < end);"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Redis]:
    """A redis-server that no worker asks yet."""
    with Redis(tmp_path / "redis") as started:
        yield started


def client_of(broker: Redis) -> Any:
    """Return a connection to the redis-server itself."""
    return redis.Redis.from_url(broker.url)


def holders(broker: Redis, text: bytes) -> list[str]:
    """Return the keys of Redis whose values hold some text, as what the keys' kind keeps."""
    client, found = client_of(broker), []
    for key in client.scan_iter():
        kind = client.type(key)
        read = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"list": lambda name: client.lrange(name, 0, -1),
            b"set": client.smembers,
            b"zset": lambda name: client.zrange(name, 0, -1),
            b"none": lambda _: None,  # gone since it was listed
        }[kind]
        if text in repr(read(key)).encode():
            found.append(key.decode())
    return sorted(found)


class Waiter:
    """A submit that waits, in the background."""

    def __init__(self, folder: Path, broker: Redis, script: str, *options: str) -> None:
        (folder / "slow.js").write_text(script)
        self.process = subprocess.Popen(
            [*JSNPY, "submit", "-v", "slow.js", "--wait", *options],
            cwd=folder,
            env=clean_environment(JSNPY_BROKER_URL=broker.url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        self.said = ""
        while "submitted as" not in self.said:
            self.said += self.process.stderr.readline()
        self.id = self.said.split()[-1]

    def result(self) -> tuple[int, str, str]:
        """Return exit code, stdout and stderr when it has ended."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def test_without_a_worker_who_waits_is_told_and_the_timeout_ends_it(tmp_path: Path, broker: Redis) -> None:
    """After five seconds without a worker --wait says so with the id; --timeout ends the waiting, five seconds late."""
    (tmp_path / "a.js").write_text("1")
    begun = time.monotonic()
    env = {"JSNPY_BROKER_URL": broker.url}
    done = jsnpy("submit", "a.js", "--wait", "--timeout", "2", cwd=tmp_path, env=env)
    assert 7 <= time.monotonic() - begun < 20
    assert (124, "") == (done.code, done.out)
    first, last = done.err.splitlines()
    id_ = first.split("the run ")[1].split()[0]
    assert f"jsnpy: warning: no worker answers: the run {id_} waits in the queue until one does" == first
    assert f"jsnpy: error: no result of the run {id_} in time: no worker has begun it; it is not taken back" == last


def test_a_worker_that_comes_late_answers_who_waits(tmp_path: Path, broker: Redis) -> None:
    """A run that waits for a worker is done when one starts."""
    waiter = Waiter(tmp_path, broker, "console.log('at last')")
    assert waiter.process.stderr is not None
    assert "no worker answers" in waiter.process.stderr.readline()
    with Worker(tmp_path, "late", 1, JSNPY_BROKER_URL=broker.url):
        assert (0, "at last\n") == waiter.result()[:2]


def test_who_waits_for_a_busy_worker_is_told(lonely: Fleet) -> None:
    """After five seconds in the queue of a worker that has another run, --wait says what it waits for."""
    lonely.submit(BUSY.replace("3000", "9000"))
    done = lonely.submit("console.log('next')", "--wait")
    assert (0, "next\n") == (done.code, done.out)
    assert "waits in the queue: the one worker that answers is busy" in done.err


def test_a_queued_run_that_redis_has_lost_is_told(tmp_path: Path, broker: Redis) -> None:
    """Who waits for a run that is in no queue any more is told that it is lost."""
    waiter = Waiter(tmp_path, broker, "1")
    client_of(broker).flushall()
    code, out, err = waiter.result()
    assert (1, "") == (code, out)
    assert f"the run {waiter.id} is lost: the fleet's Redis has lost its data since it was submitted" in err


@pytest.fixture
def state(broker: Redis) -> Iterator[State]:
    """One whose connections are closed: what redis raised while it was away keeps them until the next collection."""
    made = State(broker.url)
    yield made
    made._client.close()


def test_a_claim_outlives_a_restart_of_redis(broker: Redis, state: State) -> None:
    """A claim that cannot be kept alive for a moment is kept alive again afterwards."""
    claims = Claims(state, lease=0.03)
    claims.claim("t1", "ann")
    with claims.kept_alive("t1", "ann"):
        broker.stop()
        broker.start()
        client = client_of(broker)
        before = client.hget("jsnpy:t1", "until")
        wait_until(lambda: client.hget("jsnpy:t1", "until") != before, "it is kept alive")


def test_a_redis_that_is_restarted_is_waited_for(broker: Redis, state: State) -> None:
    """Who asks while it is away gets the answer when it is back."""
    claims = Claims(state)
    broker.stop()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(claims.claim, "t1", "ann")
        broker.start()
        assert "yours" == asked.result(30).verdict


@pytest.fixture
def lonely(tmp_path: Path, broker: Redis) -> Iterator[Fleet]:
    """A fleet of one worker for one test."""
    with Worker(tmp_path, "one", 1, JSNPY_BROKER_URL=broker.url, JSNPY_TAKEOVER="10") as worker:
        yield Fleet(tmp_path, broker, worker)


def test_a_run_whose_mail_was_held_back_is_lost(lonely: Fleet) -> None:
    """Redis loses its data while a run goes on: its mail is not sent, as it might come twice, and who waits is told."""
    with MailServer() as server:
        script = BUSY + SCRIPT.replace("arg.port", str(server.port)).replace("arg.n", "1")
        waiter = Waiter(lonely.folder, lonely.broker, script.replace("arg.user", '""').replace("arg.pass", '""'))
        wait_until(lambda: lonely.claims.standing(waiter.id) == "claimed", "the run begins")
        client_of(lonely.broker).flushall()
        code, out, err = waiter.result()
        assert [] == server.mails
    assert (1, "") == (code, out)
    assert f"the run {waiter.id} of slow.js is lost: the fleet's Redis lost its data while it ran" in err
    assert "stopped before the final dot" in err
    assert "Traceback" not in lonely.log()


def test_a_run_without_a_mail_ends_well_when_redis_loses_its_data(lonely: Fleet) -> None:
    """Nothing of a run that sends no mail is lost with Redis's data: its result arrives."""
    waiter = Waiter(lonely.folder, lonely.broker, BUSY + "console.log('done'); exit(4)")
    wait_until(lambda: lonely.claims.standing(waiter.id) == "claimed", "the run begins")
    client_of(lonely.broker).flushall()
    code, out, _ = waiter.result()
    assert (4, "done\n") == (code, out)


def test_a_run_that_was_taken_over_meanwhile_has_no_result(lonely: Fleet) -> None:
    """What came of a run is said by the worker that has it now, not by one that was taken for dead."""
    id_ = lonely.submit(BUSY).out.strip()
    wait_until(lambda: lonely.claims.standing(id_) == "claimed", "the run begins")
    client = client_of(lonely.broker)
    client.hset(f"jsnpy:{id_}", "owner", "another")
    wait_until(lambda: f"{id_} of run.js was taken over by another worker meanwhile" in lonely.log(), "the word for it")
    wait_until(lambda: not client.hlen("unacked"), "the run is acknowledged")
    assert client.get(f"celery-task-meta-{id_}") is None


def test_a_dead_machine_is_noticed_after_the_takeover_time(lonely: Fleet) -> None:
    """What a worker had that died with its pool is begun by another one soon after JSNPY_TAKEOVER."""
    waiter = Waiter(lonely.folder, lonely.broker, BUSY + "console.log('done')")
    wait_until(lambda: lonely.claims.standing(waiter.id) == "claimed", "the run begins")
    lonely.worker.kill()
    with Worker(lonely.folder, "two", 1, JSNPY_BROKER_URL=lonely.broker.url, JSNPY_TAKEOVER="10"):
        begun = time.monotonic()
        code, out, _ = waiter.result()
        assert (0, "done\n") == (code, out)
        assert time.monotonic() - begun < 30  # kombu by itself looks after 85 s at the earliest


def test_a_runs_output_is_once_in_redis(lonely: Fleet) -> None:
    """What a run printed is kept as its result, and nowhere else."""
    done = lonely.submit("console.log('marke-' + (4000 + 711))", "--wait")
    assert "marke-4711\n" == done.out
    wait_until(lambda: len(holders(lonely.broker, b"marke-4711")) == 1, "the claim forgets the output")
    (key,) = holders(lonely.broker, b"marke-4711")
    assert key.startswith("celery-task-meta-")


def test_a_waiting_mail_is_once_in_redis(lonely: Fleet) -> None:
    """A waiting mail's bytes and its literal password are in one place, in no task, queue or list of Celery's."""
    with MailServer(users={"ann": "literal-4711"}, refuse={"b@y.test": "451 4.7.1 later"}) as server:
        arg = {"port": server.port, "user": "ann", "pass": "literal-4711", "n": "Betreff-4711"}
        done = lonely.submit(SCRIPT, arg=arg)
        wait_until(lambda: len(lonely.waiting.rows()) == 1, "the mail waits")
        ((row, _),) = lonely.waiting.rows()
        wait_until(lambda: "4711" not in repr(client_of(lonely.broker).hgetall("unacked")), "the run is acknowledged")
        assert [f"jsnpy:mail:{row.id}"] == holders(lonely.broker, b"Subject: Run Betreff-4711")
        assert [f"jsnpy:mail:{row.id}"] == holders(lonely.broker, b"literal-4711")
        assert 0 == done.code
        lonely.waiting.forget(row.id)


def test_a_waiting_mail_is_given_up_at_the_age_that_its_run_was_told(lonely: Fleet) -> None:
    """A run's --max-age holds for its mails: the next attempt after it is the last, and is reported."""
    with MailServer(refuse={"b@y.test": "451 4.7.1 later"}) as server:
        lonely.submit(SCRIPT, "--wait", "--max-age", "1s", arg={"port": server.port, "n": 1})
        ((row, _),) = lonely.waiting.rows()
        wait_until(lambda: f"the mail {row.id} (Run 1): given up after " in lonely.log(), "the report")
        assert [] == lonely.waiting.rows()


def test_a_rate_holds_for_waiting_mails(tmp_path: Path, broker: Redis) -> None:
    """Mails that wait leave no faster than JSNPY_RATE lets their account, over all processes."""
    refuse = {"b@y.test": "451 4.7.1 later"}
    variables = {"JSNPY_BROKER_URL": broker.url, "JSNPY_RATE": "1/s"}
    with MailServer(refuse=refuse) as server, Worker(tmp_path, "one", 2, **variables) as worker:
        fleet = Fleet(tmp_path, broker, worker)
        sends = SCRIPT.replace("const r", "r")
        script = f"let r; for (const n of [1, 2, 3]) {{ arg.n = n; {sends} }}"
        fleet.submit(script, "--wait", arg={"port": server.port})
        refuse.clear()
        wait_until(lambda: len(server.mails) >= 1, "the first mail")
        first = time.monotonic()
        wait_until(lambda: len(server.mails) == 3, "the mails")
        assert time.monotonic() - first > 1.5
        wait_until(lambda: not fleet.waiting.rows(), "nothing waits")
        assert {"Run 1", "Run 2", "Run 3"} == {str(mail.message["Subject"]) for mail in server.mails}


@pytest.mark.fleet
def test_ten_thousand_waiting_mails(lonely: Fleet) -> None:
    """With 10,000 mails of 100 KB that wait, workers stay under 150 MB, and a run is answered as ever."""
    with MailServer(refuse={"b@y.test": "451 4.7.1 later"}) as server:
        lonely.submit(SCRIPT, arg={"port": server.port, "n": 1}).out.strip()
        wait_until(lambda: len(lonely.waiting.rows()) == 1, "the mail waits")
        ((row, _),) = lonely.waiting.rows()
        client = client_of(lonely.broker)
        kept = client.hgetall(f"jsnpy:mail:{row.id}")
        kept[b"data"] += b"x" * 100_000
        for number in range(10_000):
            client.hset(
                f"jsnpy:mail:m{number}", mapping=kept | {b"row": kept[b"row"].replace(row.id.encode(), b"m%d" % number)}
            )
            client.zadd("jsnpy:waiting", {f"m{number}": time.time() + (0 if number < 300 else 3600)})
        done = lonely.submit("console.log('here')", "--wait")
        assert (0, "here\n") == (done.code, done.out)
        wait_until(lambda: lonely.log().count("next try in") >= 300, "those that were due were tried", 120)
        assert max(lonely.worker.memory()) < 150
        print(f"\nmemory of the worker's processes with 10,000 waiting mails: {lonely.worker.memory()} MB")
