"""A fleet on this machine: a redis-server and a worker, or tasks without a worker."""

from __future__ import annotations

import gc
import importlib
import logging
from typing import TYPE_CHECKING

import pytest
from support.brokers import REDIS, Redis
from support.fleet import SECRET, Fleet, Worker
from support.fleet_tasks import AWAY, Tasks

from jsnpy.fleet.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A redis-server and a worker with two processes."""
    if REDIS is None:
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("fleet")
    with (
        Redis(folder / "redis") as broker,
        Worker(folder, "one", 2, JSNPY_BROKER_URL=broker.url, SMTP_PASS=SECRET, JSNPY_TAKEOVER="10") as worker,
    ):
        yield Fleet(folder, broker, worker)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tasks]:
    """Two redis-servers, and an app made for them: one, as Celery gives the tasks of each app to all others."""
    if REDIS is None:
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("tasks")
    with Redis(folder / "broker") as broker, Redis(folder / "state") as state:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JSNPY_BROKER_URL", broker.url)
            patch.setenv("JSNPY_RESULT_URL", state.url)
            patch.setenv("JSNPY_TAKEOVER", "20")
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
