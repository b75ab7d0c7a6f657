"""Runs as a worker carries them out, and what a broker or a Redis that is away does to tasks."""

from __future__ import annotations

import base64
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from kombu.asynchronous.timer import Timer
from support.brokers import wait_until
from support.fleet_tasks import AWAY, KEPT, Tasks, begins_with, full, kept_attempt, said
from support.mail import fields
from support.mailserver import MailServer
from support.scripted import ScriptedServer

from jsnpy.fleet.claims import KEPT as KEPT_FOR
from jsnpy.fleet.claims import Claims
from jsnpy.fleet.state import State


def test_a_run_is_carried_out(tasks: Tasks) -> None:
    """What came of it is in Celery's result, for as long as its claim tells that it is done, which forgets the rest."""
    task = tasks.submit("console.log('out'.padEnd(2000)); exit(3)")
    state, result = tasks.hand(task)
    assert ("SUCCESS", 3, "out", []) == (state, result["exit_code"], result["stdout"].strip(), result["sends"])
    id_ = task["headers"]["id"]
    assert len(tasks.shown) <= 150  # in the worker's log, where it has no place
    assert b"" == tasks.kept.hget(f"jsnpy:{id_}", "done")
    assert KEPT_FOR - 60 < tasks.kept.ttl(f"celery-task-meta-{id_}") <= KEPT_FOR


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("name", ["jsnpy.run", "jsnpy.mail", "jsnpy.wait"])
def test_a_task_waits_for_the_fleets_state(tasks: Tasks, name: str) -> None:
    """Where it cannot be asked, each kind of task is put back into the queue for later; a mail of version 1 too."""
    state, why = tasks.hand(KEPT[name] | {"headers": KEPT[name]["headers"] | {"retries": 1000}})
    assert ("RETRY", 10.0) == (state, why.when)
    assert "the fleet's state in Redis cannot be reached" in str(why.exc)
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


@pytest.mark.parametrize("kind", ["run", "mail"])
def test_what_a_worker_has_claimed_it_keeps(tasks: Tasks, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Its claim is kept alive as long as it is at it."""
    monkeypatch.setattr(tasks.module, "claims", Claims(tasks.module.state, lease=0.05))
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        task = tasks.submit() if kind == "run" else kept_attempt(tasks, server)
        key = f"jsnpy:{task['headers']['id']}"

        def wait() -> None:
            first = tasks.kept.hget(key, "until")
            wait_until(lambda: tasks.kept.hget(key, "until") != first, "it is kept alive", 5)

        where, name = (tasks.module.runs, "carry_out") if kind == "run" else (tasks.module.mails, "try_again")
        begins_with(monkeypatch, where, name, wait)
        assert "SUCCESS" == tasks.hand(task)[0]


@pytest.mark.parametrize("finish", [True, False])
def test_a_run_that_another_worker_has_by_now_is_let_be(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, finish: bool
) -> None:
    """Its mail is not sent, and its result is the other's to tell, whether or not its end can be noted."""
    if not finish:
        monkeypatch.setattr(tasks.module.claims, "finish", Claims(State(AWAY)).finish)
    with MailServer() as server:
        task = tasks.submit(f"send_email({json.dumps(fields(server))})")
        key = f"jsnpy:{task['headers']['id']}"
        begins_with(monkeypatch, tasks.module.runs, "carry_out", lambda: tasks.kept.hset(key, "owner", "another"))
        assert "IGNORED" == tasks.hand(task)[0]
        assert [] == server.mails
    assert f"the run {task['headers']['id']} of run.js was taken over by another worker meanwhile" in caplog.text


def test_a_run_that_redis_forgot_has_its_result_unless_a_mail_was_held_back(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows whether another worker sends that mail, so the run is lost, with what was said of the mail."""
    with MailServer() as server:
        for script in ("console.log('done')", f"send_email({json.dumps(fields(server))})"):
            task = tasks.submit(script)
            with monkeypatch.context() as patch:
                begins_with(patch, tasks.module.runs, "carry_out", tasks.kept.flushall)
                state, came = tasks.hand(task)
            if "done" in script:
                assert ("SUCCESS", "done\n") == (state, came["stdout"])
                assert {"exit_code", "stdout", "stderr", "error", "sends"} == came.keys()
        assert [] == server.mails
    assert "FAILURE" == state
    assert " is lost: the fleet's Redis lost its data while it ran, and mails were not sent" in str(came)
    assert "\n" in str(came)
    assert "the fleet's Redis has lost its data, and with it whether another worker sends this mail" in str(came)
