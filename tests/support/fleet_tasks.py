"""Carries tasks out as a worker's process does, but without a worker."""

from __future__ import annotations

import base64
import contextlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis

from jsnpy import config, smtp
from jsnpy.fleet import runs
from jsnpy.fleet.mails import Queue, Task
from jsnpy.options import Options
from support.mail import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from support.brokers import Redis


KEPT: dict[str, Any] = json.loads((Path(__file__).parent.parent / "fleet" / "kept_tasks.json").read_text())
AWAY = "redis://127.0.0.1:1/0"


class Tasks:
    """The app of `jsnpy.celery` with a broker, and another Redis for state and results."""

    def __init__(self, app: Any, broker: Redis, state: Redis, folder: Path) -> None:
        self.module = app
        self.broker = broker
        self.queue: Any = redis.Redis.from_url(broker.url)
        self.kept: Any = redis.Redis.from_url(state.url)
        self.folder = folder

    def submit(
        self, script: str = "console.log(1)", arg: object = None, encoding: str | None = None, **options: Any
    ) -> dict[str, Any]:
        """Submit a run, and return its task as the broker hands it out."""
        (self.folder / "run.js").write_text(script)
        (self.folder / "run.json").write_text(json.dumps({"scriptfile": "run.js", "arg": arg}))
        loaded = config.load("run.json", keep_references=True, encoding=encoding)
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
        self.shown = done.retstr
        return (done.info.state, done.info.retval) if done.info else ("SUCCESS", done.retval)


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


def begins_with(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, before: Callable[[], None]) -> None:
    """Let something happen right before a worker carries out what it has claimed."""
    real = getattr(where, name)

    def begun(*given: Any) -> Any:
        before()
        return real(*given)

    monkeypatch.setattr(where, name, begun)


def kept_attempt(tasks: Tasks, server: Any) -> dict[str, Any]:
    """Keep a mail that is due, and return its next attempt's task."""
    tasks.keep("m", server)
    tasks.send_due()
    return tasks.next()
