"""A fleet on this machine: a redis-server and a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.brokers import REDIS, Redis
from support.fleet import SECRET, Fleet, Worker

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
