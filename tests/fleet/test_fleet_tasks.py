"""Tasks carried out as a worker does, but without one: what a broker or a Redis that is away does to them."""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import json
import logging
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import redis
from kombu.asynchronous.timer import Timer
from support.brokers import REDIS, Redis
from support.mail import fields
from support.mailserver import MailServer
from support.scripted import ScriptedServer

from jsnpy import config, smtp
from jsnpy.fleet import runs
from jsnpy.fleet.claims import KEPT as KEPT_FOR
from jsnpy.fleet.claims import Claims
from jsnpy.fleet.mails import Queue, Task, account_of
from jsnpy.fleet.rates import slot
from jsnpy.fleet.state import State
from jsnpy.fleet.waiting import Waiting
from jsnpy.options import Options
from jsnpy.outbox.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")

KEPT: dict[str, Any] = json.loads((Path(__file__).parent / "kept_tasks.json").read_text())
AWAY = "redis://127.0.0.1:1/0"


class Tasks:
    """The app of `jsnpy.celery` with a broker, and another Redis for state and results."""

    def __init__(self, app: Any, broker: Redis, state: Redis, folder: Path) -> None:
        self.module = app
        self.broker = broker
        self.queue: Any = redis.Redis.from_url(broker.url)
        self.kept: Any = redis.Redis.from_url(state.url)
        self.folder = folder

    def submit(self, script: str = "console.log(1)", arg: object = None, **options: Any) -> dict[str, Any]:
        """Submit a run, and return its task as the broker hands it out."""
        (self.folder / "run.js").write_text(script)
        (self.folder / "run.json").write_text(json.dumps({"scriptfile": "run.js", "arg": arg}))
        loaded = config.load("run.json", keep_references=True)
        self.module.submit(runs.order(loaded, Options(**options)))
        return self.next()

    def keep(self, id_: str, server: Any, *, seconds: float = -1.0) -> None:
        """Let a mail wait that was refused once."""
        run = f"run-{id_}"
        self.module.claims.claim(run, "ann")
        task = Task(self.module.state, run, "ann")
        assert -7 == Queue(task).send(fields(server, subject=id_), smtp.Settings()).code
        ((row, _),) = [found for found in self.module.waiting.rows() if found[0].subject == id_]
        self.kept.rename(f"jsnpy:mail:{row.id}", f"jsnpy:mail:{id_}")
        self.kept.zrem("jsnpy:waiting", row.id)
        self.kept.zadd("jsnpy:waiting", {id_: time.time() + seconds})

    def send_due(self) -> None:
        """Do what a worker does each second."""
        self.module._Periodic(None)._send_due()

    def next(self) -> dict[str, Any]:
        """Take the next task from the broker."""
        task: dict[str, Any] = json.loads(self.queue.rpop("jsnpy"))
        return task

    def hand(self, task: dict[str, Any]) -> tuple[str, Any]:
        """Carry a task out, and return Celery's word for its end, and what came of it or what ended it."""
        from celery.app.trace import build_tracer

        name, headers = task["headers"]["task"], task["headers"]
        body = task["body"]
        given, named, _ = json.loads(base64.b64decode(body)) if isinstance(body, str) else body
        request = headers | {
            "args": given,
            "kwargs": named,
            "delivery_info": task["properties"]["delivery_info"],
            "called_directly": False,
            "is_eager": False,
            "hostname": "one@here",
        }
        done = build_tracer(name, self.module.app.tasks[name], app=self.module.app)(
            headers["id"], given, named, request
        )
        return (done.info.state, done.info.retval) if done.info else ("SUCCESS", done.retval)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tasks]:
    """Two redis-servers, and an app made for them."""
    folder = tmp_path_factory.mktemp("tasks")
    with (
        Redis(folder / "broker") as broker,
        Redis(folder / "state") as state,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("JSNPY_BROKER_URL", broker.url)
        patch.setenv("JSNPY_RESULT_URL", state.url)
        patch.setenv("JSNPY_TAKEOVER", "20")
        patch.delitem(sys.modules, "jsnpy.celery", raising=False)
        module = importlib.import_module("jsnpy.celery")
        yield Tasks(module, broker, state, folder)
        module.app.close()
        gc.collect()  # Celery's results ask their Redis when they are deleted


@pytest.fixture
def tasks(servers: Tasks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Tasks:
    """Both empty; a Redis that is away is not waited for."""
    monkeypatch.setenv("JSNPY_BROKER_URL", servers.module.settings.broker)
    monkeypatch.setenv("JSNPY_RESULT_URL", servers.module.settings.results)
    monkeypatch.setattr(State.ask, "__kwdefaults__", {"patience": 0.0})
    monkeypatch.chdir(servers.folder)
    caplog.set_level(logging.DEBUG, "celery.task")
    servers.queue.delete("jsnpy", "unacked", "unacked_index")  # the binding of the queue is made once
    servers.kept.flushall()
    return servers


@pytest.fixture
def away(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fleet's state cannot be asked."""
    state = State(AWAY)
    monkeypatch.setattr(tasks.module, "state", state)
    for name in ("claims", "waiting"):
        monkeypatch.setattr(getattr(tasks.module, name), "_state", state)


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return what the worker logged, with the level of each."""
    return [(each.levelname, each.message) for each in caplog.records if each.name == "jsnpy.celery"]


@contextlib.contextmanager
def full(broker: Any) -> Iterator[None]:
    """Let a redis-server take nothing more."""
    broker.config_set("maxmemory", 1)
    try:
        yield
    finally:
        broker.config_set("maxmemory", 0)


def test_a_run_is_carried_out(tasks: Tasks) -> None:
    """What came of it is in Celery's result, for as long as its claim tells that it is done, which forgets the rest."""
    task = tasks.submit("console.log('out'); exit(3)")
    state, result = tasks.hand(task)
    assert ("SUCCESS", 3, "out\n", []) == (state, result["exit_code"], result["stdout"], result["sends"])
    id_ = task["headers"]["id"]
    assert b"" == tasks.kept.hget(f"jsnpy:{id_}", "done")
    assert KEPT_FOR - 60 < tasks.kept.ttl(f"celery-task-meta-{id_}") <= KEPT_FOR


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("name", ["jsnpy.run", "jsnpy.mail", "jsnpy.wait"])
def test_a_task_waits_for_the_fleets_state(tasks: Tasks, name: str) -> None:
    """Where it cannot be asked, each kind of task is put back into the queue for later; a mail of version 1 too."""
    state, why = tasks.hand(KEPT[name] | {"headers": KEPT[name]["headers"] | {"retries": 1000}})
    assert ("RETRY", 10.0) == (state, why.when)
    assert (name, 1001) == ((headers := tasks.next()["headers"])["task"], headers["retries"])


@pytest.mark.usefixtures("away")
def test_a_task_that_a_full_broker_does_not_take_back_stays_there(tasks: Tasks) -> None:
    """Celery would have it acknowledged, so that a run was neither done nor reported."""
    with full(tasks.queue):
        state, why = tasks.hand(KEPT["jsnpy.run"])
    assert ("REJECTED", True) == (state, why.requeue)


def test_a_run_that_is_put_off_shows_no_argument(tasks: Tasks) -> None:
    """What Celery shows of it has the script's name alone, also the second time."""
    task = tasks.submit(arg={"pass": "literal-4711"})
    tasks.module.claims.claim(task["headers"]["id"], "another")
    state, why = tasks.hand(task)
    assert ("RETRY", True) == (state, 10 < why.when <= 10.5)
    again = tasks.next()["headers"]
    assert task["headers"]["argsrepr"] == again["argsrepr"]
    assert "literal-4711" not in json.dumps(again)


def test_a_mail_that_the_broker_did_not_take_is_due_again(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    """Mails that were due while the broker was full or away are handed over as soon as it is there."""
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        for id_ in ("m1", "m2"):
            tasks.keep(id_, server)
    with full(tasks.queue):
        tasks.send_due()
    assert "the mails that are due cannot be handed to workers now: " in caplog.text
    assert (2, 0) == (tasks.kept.zcard("jsnpy:waiting"), tasks.kept.zcard("jsnpy:sending"))
    tasks.send_due()
    assert {"m1-1", "m2-1"} == {tasks.next()["headers"]["id"] for _ in "12"}


def test_a_worker_goes_on_where_broker_and_state_go_away_together(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Mails that it could neither hand over nor put back are due again when they are taken for lost."""
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        tasks.keep("m", server)
    monkeypatch.setattr(tasks.module.waiting, "take_back", Waiting(State(AWAY)).take_back)
    with full(tasks.queue):
        tasks.send_due()
    assert "the mails that are due cannot be handed to workers now: " in caplog.text
    assert 1 == tasks.kept.zcard("jsnpy:sending")


@pytest.mark.usefixtures("away")
def test_mails_are_looked_for_again_when_the_state_is_back(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    """A worker goes on where it cannot see which mails are due."""
    tasks.send_due()
    assert "the mails that are due cannot be handed to workers now: the fleet's state in Redis" in caplog.text


def test_what_dead_workers_had_is_looked_for_again_when_redis_is_full(
    tasks: Tasks, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker takes over what is older than the takeover time, and goes on where its Redis takes nothing."""
    task = tasks.submit()
    many = [f"old{number}" for number in range(11)]
    tasks.queue.hset("unacked", mapping=dict.fromkeys(many, json.dumps([task, "jsnpy", "jsnpy"])))
    tasks.queue.zadd("unacked_index", dict.fromkeys(many, time.time() - 21) | {"new": time.time() - 10})
    with tasks.module.app.connection_for_read() as connection:
        consumer = SimpleNamespace(task_consumer=SimpleNamespace(channel=connection.default_channel))
        with full(tasks.queue):
            tasks.module._Periodic(None)._take_over(consumer)
        assert "what dead workers had cannot be looked for now: " in caplog.text
        assert 0 == tasks.queue.llen("jsnpy")
        tasks.module._Periodic(None)._take_over(consumer)
    assert 11 == tasks.queue.llen("jsnpy")
    assert [b"new"] == tasks.queue.zrange("unacked_index", 0, -1)


def test_what_a_worker_does_when_something_is_away_for_long(tasks: Tasks) -> None:
    """It waits for its broker without end, and long for where results go, while runs go on: this takes hours to see.

    And it takes no run that it does not begin: another worker may be free.
    """
    conf = tasks.module.app.conf
    assert conf.broker_connection_retry_on_startup
    assert conf.broker_connection_max_retries is None
    assert (True, 30) == (conf.result_backend_always_retry, conf.result_backend_max_retries)
    assert not conf.worker_cancel_long_running_tasks_on_connection_loss
    assert 1 == conf.worker_prefetch_multiplier
    assert conf.result_persistent  # in RabbitMQ
    assert ["json"] == conf.accept_content


def test_a_worker_looks_after_mails_and_runs_as_long_as_it_is_connected(tasks: Tasks) -> None:
    """Each second for mails, a few times in the takeover time for runs; once only after it has connected again."""
    consumer = SimpleNamespace(timer=Timer())
    step = tasks.module._Periodic(None)
    begun = time.monotonic()
    step.start(consumer)
    assert [1, 4] == sorted(round(at - begun) for at, _, _ in consumer.timer.queue)
    step.stop(consumer)
    assert all(entry.canceled for _, _, entry in consumer.timer.queue)


def test_a_worker_that_is_stopped_before_it_looks_for_mails_stops_well(tasks: Tasks) -> None:
    """Where the broker goes away while a worker connects, all of its parts are stopped, begun or not."""
    tasks.module._Periodic(None).stop(None)


@pytest.mark.parametrize("rate", [None, Rate("1/m")])
@pytest.mark.parametrize("more", [{}, {"version": 99}])
def test_an_old_attempt_changes_nothing(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch, rate: Rate | None, more: dict[str, int]
) -> None:
    """One that is handed out again neither brings the mail's next attempt forward nor takes its account's turn."""
    monkeypatch.setattr(tasks.module.settings, "rate", rate)
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        tasks.keep("m", server)
        tasks.send_due()
        old = tasks.next()
        assert ("SUCCESS", "waiting") == ((done := tasks.hand(old))[0], done[1].split(":")[0])
        row = json.loads(tasks.kept.hget("jsnpy:mail:m", "row")) | more
        tasks.kept.hset("jsnpy:mail:m", "row", json.dumps(row))
        before = {key: tasks.kept.dump(key) for key in tasks.kept.keys("jsnpy:*")}
        assert "IGNORED" == tasks.hand(old)[0]
        assert before == {key: tasks.kept.dump(key) for key in tasks.kept.keys("jsnpy:*")}


def test_a_run_that_is_done_already_is_told(tasks: Tasks) -> None:
    """Handed out again before its result was stored, it is answered from its claim; afterwards it is let be."""
    task = tasks.submit()
    id_ = task["headers"]["id"]
    tasks.module.claims.claim(id_, "ann")
    tasks.module.claims.finish(id_, "ann", {"exit_code": 5})
    assert ("SUCCESS", {"exit_code": 5}) == tasks.hand(task)
    assert "IGNORED" == tasks.hand(task)[0]


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"owner": "ann", "until": 1, "marked": 1}, "its worker (ann) died after a mail may have gone; it is not done"),
        ({"owner": "ann", "until": 1, "claims": 5}, "5 workers died of it before it sent a mail"),
        ({}, "the fleet's Redis has lost its data since it was submitted; it is not done (again)"),
        ({"forgotten": 1}, "the fleet's Redis has lost its data since it was submitted; it is not done (again)"),
    ],
)
def test_a_run_that_is_lost_is_told(
    tasks: Tasks, caplog: pytest.LogCaptureFixture, claim: dict[str, Any], words: str
) -> None:
    """Whatever it was lost by is the run's result, and an error in the log."""
    task = tasks.submit()
    id_ = task["headers"]["id"]
    tasks.kept.hset(f"jsnpy:{id_}", mapping=claim) if claim else tasks.kept.delete(f"jsnpy:{id_}")
    state, why = tasks.hand(task)
    assert "FAILURE" == state
    assert f"the run {id_} of run.js is lost: {words}" in str(why)
    assert [("ERROR", str(why))] == [
        (each.levelname, each.message) for each in caplog.records if "lost" in each.message
    ]


def test_a_run_whose_end_cannot_be_noted_has_its_result(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Redis went away during the run: what came of it arrives, and the log says what could not be noted."""
    task = tasks.submit("console.log('done')")
    gone = Claims(State(AWAY))
    for name in ("finish", "shorten"):
        monkeypatch.setattr(tasks.module.claims, name, getattr(gone, name))
    state, result = tasks.hand(task)
    assert ("SUCCESS", "done\n") == (state, result["stdout"])
    cannot = "the fleet's state in Redis cannot be reached"
    (noted, _, kept) = said(caplog)
    assert ("WARNING", "DEBUG") == (noted[0], kept[0])
    assert cannot in noted[1]
    assert cannot in kept[1]


@pytest.mark.parametrize(
    ("script", "level", "words"),
    [
        ("1", "INFO", "exit code 0, 0 mails"),
        ("exit(3)", "WARNING", "exit code 3, 0 mails"),
        ("throw 'no disk'", "WARNING", "exit code 1, 0 mails\nrun.js:1\nthrow 'no disk'\n\nUncaught no disk"),
        ("send_email({})", "WARNING", "exit code 0, 0 mails\nhost is missing"),
    ],
)
def test_the_log_says_what_came_of_a_run(
    tasks: Tasks, caplog: pytest.LogCaptureFixture, script: str, level: str, words: str
) -> None:
    """One entry for each run: a warning where it or one of its mails failed."""
    task = tasks.submit(script)
    tasks.hand(task)
    assert [(level, f"the run {task['headers']['id']} of run.js: {words}")] == said(caplog)


def test_a_name_from_the_queue_is_logged_in_plain_characters(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    """It comes from whoever can write to the broker, and goes to a terminal."""
    task = tasks.submit()
    given = json.loads(base64.b64decode(task["body"]))
    given[0][0]["config"]["script_name"] = "a\x1b[2J.js"
    tasks.hand(task | {"body": given})
    assert [True] == ["a?[2J.js" in text or "a\\x1b[2J.js" in text for _, text in said(caplog)]


def kept_attempt(tasks: Tasks, server: Any) -> dict[str, Any]:
    """Keep a mail that is due, and return its next attempt's task."""
    tasks.keep("m", server)
    tasks.send_due()
    return tasks.next()


def test_a_mails_turn_is_waited_for_in_redis(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiting mail whose account's turn is later is due then, with that turn; it needs no second one."""
    monkeypatch.setattr(tasks.module.settings, "rate", Rate("1/m"))
    with MailServer(refuse={"bob@y.test": "451 4.7.1 later"}) as server:
        task = kept_attempt(tasks, server)
        ((row, _),) = tasks.module.waiting.rows()
        assert 0 == slot(tasks.module.state, account_of(row), Rate("1/m"))
        assert "IGNORED" == tasks.hand(task)[0]
        ((_, due),) = tasks.kept.zrange("jsnpy:waiting", 0, -1, withscores=True)
        assert 58 < due - time.time() <= 60
        tasks.kept.zadd("jsnpy:waiting", {"m": 0})
        tasks.send_due()
        again = tasks.next()
        assert task["headers"]["id"] == again["headers"]["id"]
        assert "waiting: " == tasks.hand(again)[1][:9]


def test_a_turn_within_a_second_is_waited_for(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not worth a way through Redis."""
    monkeypatch.setattr(tasks.module.settings, "rate", Rate("2/s"))
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        task = kept_attempt(tasks, server)
        ((row, _),) = tasks.module.waiting.rows()
        for _ in "12":
            slot(tasks.module.state, account_of(row), Rate("2/s"))
        begun = time.monotonic()
        assert "SUCCESS" == tasks.hand(task)[0]
        assert time.monotonic() - begun > 0.5


def test_an_attempt_that_was_made_meanwhile_is_not_made_again(tasks: Tasks) -> None:
    """Another worker finished it after this one had read the mail."""
    with ScriptedServer() as server:
        with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as busy:
            task = kept_attempt(tasks, busy)
        tasks.module.claims.claim("m-1", "ann")
        tasks.module.claims.finish("m-1", "ann", None)
        assert "IGNORED" == tasks.hand(task)[0]
        assert [] == server.commands


def test_a_mail_that_another_worker_has_is_put_off(tasks: Tasks) -> None:
    """A mail's attempt that is handed out again while it is made comes back when the claim may be over."""
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        task = kept_attempt(tasks, server)
        tasks.module.claims.claim("m-1", "ann")
        state, why = tasks.hand(task)
    assert ("RETRY", True) == (state, 10 < why.when <= 10.5)


def test_a_mail_that_may_be_delivered_is_forgotten(tasks: Tasks) -> None:
    """Its worker died after the mark: it is reported once, and neither sent again nor kept."""
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        task = kept_attempt(tasks, server)
    tasks.kept.hset("jsnpy:m-1", mapping={"owner": "ann", "until": 1, "marked": 1})
    state, why = tasks.hand(task)
    assert ("FAILURE", True) == (state, "the mail m (m) is lost: its worker (ann) died" in str(why))
    assert [] == tasks.module.waiting.rows()
    assert "IGNORED" == tasks.hand(task)[0]
