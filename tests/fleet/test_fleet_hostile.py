"""What lies in the queue and is no task of ours ends in a sentence in the worker's log, and the next run is done."""

from __future__ import annotations

import base64
import itertools
import json
import pickle
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from support.brokers import REDIS, Redis, wait_until
from support.command import jsnpy
from support.fleet import SECRET, Fleet, Worker

from jsnpy.fleet import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")

KEPT: dict[str, Any] = json.loads((Path(__file__).parent / "kept_tasks.json").read_text())


NUMBERS = itertools.count()


class Bomb:
    """Something whose pickle makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A redis-server, and a worker with one process that knows a secret."""
    folder = tmp_path_factory.mktemp("hostile")
    with (
        Redis(folder / "redis") as broker,
        Worker(folder, "one", 1, JSNPY_BROKER_URL=broker.url, SMTP_PASS=SECRET, JSNPY_TAKEOVER="10") as worker,
    ):
        yield Fleet(folder, broker, worker)


def put(fleet: Fleet, body: bytes, name: str = "jsnpy.run", **properties: str) -> None:
    """Put something into the queue."""
    task = json.loads(json.dumps(KEPT["jsnpy.run"] | {"body": base64.b64encode(body).decode()}))
    id_ = f"hostile-{next(NUMBERS)}"
    task["headers"] |= {"task": name, "id": id_}
    task["properties"] |= {"correlation_id": id_, "delivery_tag": id_}
    task |= properties
    redis.Redis.from_url(fleet.broker.url).lpush("jsnpy", json.dumps(task))


def arguments(*given: object) -> bytes:
    """Return a task's arguments as Celery writes them."""
    return json.dumps([list(given), {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]).encode()


KEPT_RUN: dict[str, Any] = KEPT["jsnpy.run"]["body"][0][0]


def changed(part: str, **values: object) -> dict[str, Any]:
    """Return a run that is not as jsnpy makes it."""
    return KEPT_RUN | {part: KEPT_RUN[part] | values}


NO_RUNS: list[object] = [
    *(None, "x", 5, [[]], {"version": 2}, {"version": "x"}, {"version": 2, "config": "x", "options": "y"}),
    *(changed("config", source=5), changed("config", script_name=None), changed("options", timeout="x")),
    *(changed("config", includes=each) for each in (5, None, "x", ["x"], [["x"]], [[5, "x"]])),
    *(changed("config", arg_json=each) for each in ("", "{", "\ud800", "[" * 100_000)),
    *(changed("config", **{name: 5}) for name in (*runs._TEXTS, "statefile", "oauth2", "encoding")),
    *(changed("options", level=None), changed("options", memory_limit=-1), changed("options", timeout=1e15)),
    *(changed("options", timeout=-5), changed("options", timeout=float("inf")), changed("options", memory_limit=[])),
]
NO_MAILS: list[object] = [None, 5, {}, {"id": {"x": 1}, "attempt": 1}, {"data": 5}, {"id": "x\x1b[2J", "attempt": "y"}]


def test_a_worker_outlives_whatever_is_in_the_queue(fleet: Fleet, tmp_path: Path) -> None:
    """Pickles are not read, what is no task ends in a sentence, and the next run is done."""
    made = tmp_path / "made"
    put(fleet, pickle.dumps(Bomb(made)), **{"content-type": "application/x-python-serialize"})
    put(fleet, pickle.dumps(Bomb(made)))
    put(fleet, b"!!python/object/apply:os.mkdir ['x']", **{"content-type": "application/x-yaml"})
    for body in (b"[" * 200_000, b"\x80\xff{"):
        put(fleet, body)
    put(fleet, arguments(str(made)), name="os.mkdir")
    for each in NO_RUNS:
        put(fleet, arguments(each))
    for each in NO_MAILS:
        put(fleet, arguments(each), "jsnpy.mail")
        put(fleet, arguments(each), "jsnpy.wait")
    done = fleet.submit("console.log('still here')", "--wait", "--timeout", "60")

    assert "still here" in done.out
    assert not made.exists()
    log = fleet.log()
    assert "Refusing to deserialize untrusted content of type pickle" in log
    assert len(NO_RUNS) == log.count(" is no run that jsnpy submitted: see who else can write to the broker\n")
    assert 2 * len(NO_MAILS) == log.count(": a mail in the queue is none that jsnpy put there")
    assert " raised unexpected: " not in log
    assert "\x1b" not in log


def test_a_run_from_the_queue_gets_no_program_and_no_folder(fleet: Fleet, tmp_path: Path) -> None:
    """Whoever can write to the broker can run scripts, but no program, and have no mails written to a folder."""
    made = tmp_path / "made"
    block = {"command": [sys.executable, "-c", f"open({str(made)!r}, 'w')"]}
    mail = {"host": "x.test", "port": 465, "ssl": True, "user": "u", "pass": "${OAUTH2}", "subject": "", "body": ""}
    source = f"send_email({json.dumps(mail | {'from': 'a@x.test', 'to': 'b@x.test'})})"
    put(fleet, arguments(changed("config", source=source, oauth2=block)))
    put(fleet, arguments(changed("options", mailbox=str(made), outbox=str(made), dry_run=True)))
    assert "still here" in fleet.submit("console.log('still here')", "--wait", "--timeout", "60").out
    assert not made.exists()
    assert "workers run no programs" in fleet.log() or "JSNPY_ALLOW_COMMANDS" in fleet.log()


KEPT_MAIL: dict[str, Any] = KEPT["jsnpy.mail"]["body"][0][0] | {"version": 2, "data": None}
NOWHERE = {"server": 5, "password": [["reference", "${FILE:/etc/hostname}"]], "oauth2": 5}
ROWS: list[object] = [
    *(b"5", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, json.dumps(KEPT_MAIL | {"subject": 5, "recipients": 7})),
    *(json.dumps(KEPT_MAIL | {"version": "x", "server": "{}", "encoding": 5, "max_age": "x", "tries": "many"}),),
    *(json.dumps(KEPT_MAIL | {"created": "x", "next_try": 1e308, "id": "\x1b[2J", "error": "\x1b[2J", "server": "5"}),),
    json.dumps(KEPT_MAIL | {"subject": "\x1b[2J", "server": json.dumps(NOWHERE)}),
]


def test_damaged_mails_in_redis_are_listed_and_reported(fleet: Fleet) -> None:
    """One row that is none keeps no other from being shown; the worker says of each that it is damaged, once."""
    client = redis.Redis.from_url(fleet.broker.url)
    ids = [f"damaged{number}" for number in range(len(ROWS))]
    for number, (id_, row) in enumerate(zip(ids, ROWS, strict=True)):
        attempt = "1" if number % 2 else "many"
        client.hset(f"jsnpy:mail:{id_}", mapping={"row": row, "data": "x", "attempt": attempt})
        client.zadd("jsnpy:waiting", {id_: 4e9})
    env = {"JSNPY_BROKER_URL": fleet.broker.url}
    for more in ([], ["--json"]):
        listed = jsnpy("outbox", "list", *more, env=env)
        assert (3, "", len(ROWS)) == (listed.code, listed.err, len(listed.out.splitlines()))
        assert "\x1b" not in listed.out
    client.zadd("jsnpy:waiting", dict.fromkeys(ids, 0))
    wait_until(lambda: not [id_ for id_ in ids if client.exists(f"jsnpy:mail:{id_}")], "all are reported")
    log = fleet.log()
    assert ids == [
        id_ for id_ in ids if re.search(rf"the mail {id_} \([^\n]*\): (what is kept of it is damaged|given up)", log)
    ]
    assert " raised unexpected: " not in log
    assert "\x1b" not in log
