"""Many runs while workers are killed and brokers restarted: each run once, each mail once or reported.

These take minutes and print what came of everything: `make test-fleet`.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support.brokers import RABBITMQ, REDIS, Broker, RabbitMQ, Redis, wait_until
from support.command import jsnpy
from support.fleet import Many, Worker
from support.mailserver import MailServer

from jsnpy.fleet.claims import Claims
from jsnpy.fleet.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.fleet

SCRIPT = """
for (const part of arg.parts) {
    const r = send_email({ host: "127.0.0.1", port: arg.port, from: "a@x.test", to: "b@y.test",
                           subject: `Run ${arg.n} ${part}`, body: "full", timeout: 20 });
    const end = Date.now() + arg.pause;
    while (Date.now() < end);
}
"""


class Storm:
    """A broker, two workers, a mail server.

    Args:
        kind: "redis", or "rabbitmq+redis" (the state in Redis).
        folder: where everything goes.
        stack: ends what was started.
    """

    def __init__(self, kind: str, folder: Path, stack: contextlib.ExitStack) -> None:
        self.kind = kind
        self.folder = folder
        self.broker: Broker = stack.enter_context(
            Redis(folder / "redis") if kind == "redis" else RabbitMQ(folder / "rabbitmq")
        )
        self.variables = {"JSNPY_BROKER_URL": self.broker.url, "JSNPY_TAKEOVER": "10"}
        if kind == "rabbitmq+redis":
            self.variables["JSNPY_RESULT_URL"] = stack.enter_context(Redis(folder / "state")).url
        self.refuse = {"nobody@x.test": "550 5.1.1 nobody"}
        self.server = stack.enter_context(MailServer(refuse=self.refuse))
        self.workers = [stack.enter_context(Worker(folder, name, 2, **self.variables)) for name in ("one", "two")]
        self._stack = stack

    def submit(self, count: int, parts: str, pause: int, seconds: float) -> Many:
        """Submit a script so many times."""
        (self.folder / "run.js").write_text(SCRIPT)
        arg = {"port": self.server.port, "parts": list(parts), "pause": pause}
        (self.folder / "run.json").write_text(json.dumps({"scriptfile": "run.js", "arg": arg}))
        many = Many(self.folder / "run.json", count, seconds, **self.variables)
        self._stack.callback(many.end)
        many.submitted()
        return many

    def arrived(self, count: int) -> None:
        """Return when so many mails have arrived."""
        wait_until(lambda: len(self.server.mails) >= count, f"{count} mails", 180)

    def report(self, what: str, many: Many, parts: str) -> dict[str, Any]:
        """Print and return what came of everything, and check what must hold of each run by itself."""
        results = many.results()
        wait_until(lambda: not self.missing(results, parts), "the mails of each run, or its loss", 180)
        self.settle()
        lost = self.lost()
        subjects = self.subjects()
        table = {
            "submitted": len(results),
            "done": sum("code" in each for each in results),
            "lost (reported)": len(lost),
            "both": sum("code" in each and each["id"] in lost for each in results),
            "no answer": sum("missing" in each for each in results) - len(self.swallowed(results)),
            "swallowed by Redis": len(self.swallowed(results)),
            "failed otherwise": sum("failed" in each and each["id"] not in lost for each in results),
            "mails wanted": len(results) * len(parts),
            "once": sum(count == 1 for count in subjects.values()),
            "twice": sum(count > 1 for count in subjects.values()),
            "missing and not reported": len(self.missing(results, parts)),
        }
        print(f"\n{self.kind}: {what}: {table}")
        assert 0 == table["twice"]
        assert [] == [each for each in results if each.get("code")]
        assert (0, 0) == (table["both"], table["failed otherwise"])
        assert table["swallowed by Redis"] <= len(self.workers)
        return table

    def log(self) -> str:
        """Return what the workers have logged."""
        return "".join(worker.log.read_text() for worker in self.workers)

    def lost(self) -> set[str]:
        """Return the IDs of the runs that were reported as lost."""
        return set(re.findall(r"the run (\S+) of \S+ is lost", self.log()))

    def subjects(self) -> Counter[str]:
        """Return how often each mail has arrived."""
        return Counter(str(mail.message["Subject"]) for mail in list(self.server.mails))

    def swallowed(self, results: list[dict[str, Any]]) -> set[str]:
        """Return the IDs of the runs that no worker ever began, where Redis is the broker.

        Celery takes a task out of Redis in two steps: one that Redis is stopped between is in no queue any more.
        """
        if self.kind != "redis":
            return set()
        claims = Claims(State(self.broker.url))
        missing = [each["id"] for each in results if "missing" in each]
        return {id_ for id_ in missing if claims.standing(id_) == "announced"}

    def missing(self, results: list[dict[str, Any]], parts: str) -> list[dict[str, Any]]:
        """Return the runs that neither were reported as lost nor have sent each of their mails."""
        lost, subjects = self.lost() | self.swallowed(results), self.subjects()
        return [
            each
            for each in results
            if each["id"] not in lost and not all(subjects[f"Run {each['n']} {part}"] for part in parts)
        ]

    def settle(self) -> None:
        """Wait until each mail that was queued has been sent or reported."""

        def over() -> bool:
            log = self.log()
            queued = set(re.findall(r"kept in the fleet's queue as (\w+)", log))
            return queued == {
                each
                for each in queued
                if re.search(rf"the mail {each} \([^\n]*\)(: sent|: given up|: deliv| is lost)", log)
            }

        wait_until(over, "the queued mails", 120)


KINDS = [
    pytest.param("redis", marks=pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")),
    pytest.param(
        "rabbitmq+redis",
        marks=pytest.mark.skipif(REDIS is None or RABBITMQ is None, reason="rabbitmq-server is not installed"),
    ),
]


@pytest.fixture(params=KINDS)
def storm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storm]:
    """Two workers of two processes each, on each kind of fleet."""
    with contextlib.ExitStack() as stack:
        yield Storm(request.param, tmp_path, stack)


def test_two_thousand_runs(storm: Storm) -> None:
    """Of 2,000 runs each is done once and sends its mail once."""
    begun = time.monotonic()
    many = storm.submit(2000, "A", 0, 300)
    table = storm.report("2,000 runs", many, "A")
    print(f"{2000 / (time.monotonic() - begun):.0f} runs a second")
    assert (2000, 2000) == (table["done"], table["once"])


def test_workers_killed_in_mid_run(storm: Storm) -> None:
    """With workers killed again and again, each run is done once or reported as lost, and no mail comes twice."""
    count = 200
    many = storm.submit(count, "AB", 60, 240)
    for at in (30, 120, 210):
        storm.arrived(at)
        worker = storm.workers[at // 30 % 2]
        worker.kill()
        worker.start()
    storm.arrived(260)
    storm.workers[0].kill_children()
    table = storm.report("workers killed", many, "AB")
    assert 0 == table["no answer"]
    assert table["lost (reported)"] >= 1
    assert count == table["done"] + table["lost (reported)"] - table["both"]


@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)])
def test_the_broker_restarted(storm: Storm, number: int) -> None:
    """With the broker stopped and started in between, each run is done once or reported, and no mail comes twice."""
    count = 200
    many = storm.submit(count, "AB", 60, 240)
    storm.arrived(50)
    storm.broker.stop(number)
    time.sleep(2)
    storm.broker.start()
    table = storm.report(f"broker restarted ({signal.Signals(number).name})", many, "AB")
    assert 0 == table["no answer"]


@pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")
@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)])
def test_the_next_run_after_redis_was_restarted(tmp_path: Path, number: int) -> None:
    """A worker outlives the restart of its Redis in the middle of a run, and answers the next run."""
    with Redis(tmp_path / "redis") as broker:
        variables = {"JSNPY_BROKER_URL": broker.url}
        with Worker(tmp_path, "one", 1, **variables) as worker:
            (tmp_path / "slow.js").write_text("const end = Date.now() + 4000; while (Date.now() < end);")
            (tmp_path / "run.json").write_text('{"scriptfile": "slow.js"}')
            many = Many(tmp_path / "run.json", 1, 60, **variables)
            many.submitted()
            wait_until(lambda: b"received" in worker.log.read_bytes(), "the run begins")
            broker.stop(number)
            broker.start()
            assert [0] == [each["code"] for each in many.results()]
            (tmp_path / "next.js").write_text("console.log('here')")
            done = jsnpy("submit", "next.js", "--wait", cwd=tmp_path, env=variables)
            assert (0, "here\n") == (done.code, done.out), worker.log.read_text()
            assert worker.process is not None
            assert worker.process.poll() is None


def test_a_run_longer_than_the_takeover_time(storm: Storm) -> None:
    """A run that the broker hands out again while it still goes on is done once."""
    many = storm.submit(2, "AB", 16_000, 120)
    table = storm.report("runs of 32 s, handed out again after 10 s", many, "AB")
    assert (2, 4) == (table["done"], table["once"])


def test_mails_that_must_wait(storm: Storm) -> None:
    """With a mail server that is away and workers killed, each mail arrives once or is reported."""
    count = 100
    storm.refuse["b@y.test"] = "451 4.7.1 later"
    many = storm.submit(count, "A", 20, 120)
    log = storm.workers[0].log
    wait_until(lambda: log.read_text().count("kept in the fleet's queue") > 10, "the first refusals")
    storm.workers[1].kill()
    storm.workers[1].start()
    storm.refuse.clear()
    storm.report("mails refused for a while, a worker killed", many, "A")
