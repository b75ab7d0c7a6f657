"""Where a fleet's mails wait, without a worker: when each is due, for how many at a time, and what is forgotten."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import redis
from support.brokers import REDIS, Redis, wait_until
from support.mail import fields
from support.scripted import ScriptedServer

from jsnpy import smtp
from jsnpy.fleet import waiting as module
from jsnpy.fleet.claims import KEPT, Claims, new_owner
from jsnpy.fleet.mails import Queue, Task
from jsnpy.fleet.state import NOW, State, StateError
from jsnpy.fleet.waiting import VERSION, Kept, Terms, Waiting
from jsnpy.outbox.rows import WAITING, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")


class Place:
    """A Redis with a run that may keep mails."""

    def __init__(self, url: str) -> None:
        self.client: Any = redis.Redis.from_url(url)
        self.client.flushall()
        self.state = State(url)
        self.waiting = Waiting(self.state)
        self.claims = Claims(self.state, lease=0.01)
        self.claims.claim("run", "ann")

    def keep(self, id_: str, data: bytes | None = b"a mail", seconds: float = -1) -> str:
        """Let a mail wait that is due after some seconds."""
        row = Row(
            id=id_,
            state=WAITING,
            created=1.0,
            tries=1,
            next_try=time.time() + seconds,
            error="",
            subject="S",
            sender="a@x.test",
            recipients="b@y.test",
            server="{}",
            message_id=f"<{id_}@x.test>",
        )
        return self.waiting.keep(row, data, "run", "ann", Terms())

    def due(self) -> list[tuple[str, int]]:
        """Return what is due, in the order of the IDs."""
        return sorted(self.waiting.due())


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A redis-server that no worker asks."""
    with Redis(tmp_path_factory.mktemp("waiting") / "redis") as started:
        yield started


@pytest.fixture
def place(broker: Redis) -> Place:
    """An empty one."""
    return Place(broker.url)


def test_a_mail_is_due_once_at_its_time(place: Place) -> None:
    """Neither before its next try, nor again while a worker has it; its next attempt has the next number."""
    place.keep("early", seconds=3600)
    place.keep("now")
    assert [("now", 1)] == place.due()
    assert [] == place.due()
    place.keep("now", None)
    assert 0 == place.client.zcard("jsnpy:sending")
    assert [("now", 2)] == place.due()


def test_what_the_broker_lost_is_due_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail that was handed over an hour ago, and of which nothing was heard since, is handed over anew."""
    monkeypatch.setattr(module, "_AT_A_TIME", 1)  # it does not count as one that workers have
    place.keep("m")
    assert [("m", 1)] == place.due()
    (until,) = (score for _, score in place.client.zrange("jsnpy:sending", 0, -1, withscores=True))
    assert 3500 < until - time.time() <= 3600
    place.client.zadd("jsnpy:sending", {"m": time.time() - 1})
    assert [("m", 1)] == place.due()


def test_so_many_at_a_time(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are due, workers get no more than they do soon: the next when one is done."""
    monkeypatch.setattr(module, "_AT_A_TIME", 2)
    for id_ in "abc":
        place.keep(id_)
    first = place.due()
    assert 2 == len(first)
    assert [] == place.due()
    monkeypatch.setattr(module, "_AT_A_TIME", 1)  # as another version may have it
    assert [] == place.due()
    monkeypatch.setattr(module, "_AT_A_TIME", 2)
    place.waiting.forget(first[0][0])
    assert 1 == len(place.due())


def test_a_forgotten_mail_stays_so(place: Place) -> None:
    """It is not due, cannot be taken, and neither put off nor kept again by who had it."""
    place.keep("m")
    assert place.waiting.forget("m")
    assert [b"jsnpy:run"] == place.client.keys("*")
    place.keep("m")
    place.due()
    assert place.waiting.forget("m")
    assert not place.waiting.forget("m")
    assert place.waiting.take("m") is None
    place.waiting.postpone("m", -1, slot=True)
    assert [b"jsnpy:run"] == place.client.keys("*")
    assert "yours" == place.keep("m", None)
    place.client.zadd("jsnpy:waiting", {"m": 1})
    assert [] == place.due()
    assert [b"jsnpy:run"] == place.client.keys("*")


def test_a_mail_that_could_not_even_be_tried_is_put_off(place: Place) -> None:
    """Where its password's reference leads nowhere, say: it is not due again at once."""
    place.keep("m")
    assert [("m", 1)] == place.due()
    kept = place.waiting.take("m")
    assert kept
    Queue(Task(place.state, "run", "ann")).settle(kept.row)
    assert [] == place.due()
    assert 1 == place.client.zcard("jsnpy:waiting")


def test_a_mail_that_is_put_off_waits_on(place: Place) -> None:
    """It is due at its new time, with the attempt's number that it had, and has no turn of its account's."""
    place.keep("m")
    place.due()
    place.waiting.postpone("m", 60)
    ((id_, at),) = place.client.zrange("jsnpy:waiting", 0, -1, withscores=True)
    assert (b"m", True, 0) == (id_, 59 < at - time.time() <= 60, place.client.zcard("jsnpy:sending"))
    place.waiting.postpone("m", -1)
    assert [("m", 1)] == place.due()
    assert (kept := place.waiting.take("m"))
    assert not kept.slot


@pytest.mark.parametrize(
    ("values", "encoding", "max_age"),
    [
        ({"encoding": "latin-1", "max_age": 1.5}, "latin-1", 1.5),
        ({"encoding": 5, "max_age": "x"}, None, None),
        ({}, None, None),
    ],
)
def test_what_a_run_was_told_is_kept(values: dict[str, object], encoding: str | None, max_age: float | None) -> None:
    """The encoding of files with passwords, and the age at which a mail is given up; not what cannot be either."""
    terms = Kept(json.dumps(values), b"").terms
    assert (encoding, max_age) == (terms.encoding, terms.max_age)


def test_a_waiting_mail_says_its_version(place: Place) -> None:
    """So that an older worker leaves it to a newer one."""
    place.keep("m")
    assert VERSION == json.loads(place.client.hget("jsnpy:mail:m", "row"))["version"]


def test_what_waits_is_told_in_one_order(place: Place) -> None:
    """The oldest first, and of one moment by their IDs; not what was dropped by other means."""
    for number, id_ in enumerate(("c", "b", "a")):
        place.keep(id_, seconds=number)
    row = json.loads(place.client.hget("jsnpy:mail:c", "row")) | {"created": 0.5}
    place.client.hset("jsnpy:mail:c", "row", json.dumps(row))
    place.client.zadd("jsnpy:waiting", {"gone": 1})
    assert ["c", "a", "b"] == [row.id for row, _ in place.waiting.rows()]


def test_a_mail_has_the_id_that_it_is_kept_under(place: Place) -> None:
    """Whatever its row says: what came of it is noted there, and no other mail changed."""
    place.client.hset("jsnpy:mail:m", mapping={"row": '{"id": "other"}', "data": "x"})
    kept = place.waiting.take("m")
    assert kept
    assert "m" == kept.row.id


def test_an_id_that_is_none_keeps_no_mail_from_being_due(place: Place) -> None:
    """Whatever was written into Redis, the others are handed over."""
    place.keep("m")
    place.client.hset(b"jsnpy:mail:\xff", "attempt", "1")
    place.client.zadd("jsnpy:waiting", {b"\xff": 1})
    assert [("m", 1), ("\ufffd", 1)] == place.due()


def test_a_worker_does_not_wait_for_a_redis_that_is_away_where_it_asks_again() -> None:
    """Its next look comes soon, and until then it has other things to do."""
    state = State("redis://127.0.0.1:1/0")
    begun = time.monotonic()
    for ask in (Waiting(state).due, lambda: Waiting(state).take_back(["m"]), lambda: Claims(state).shorten("run")):
        with pytest.raises(StateError):
            ask()
    server = socket.create_server(("127.0.0.1", 0))
    claims = Claims(State(f"redis://127.0.0.1:{server.getsockname()[1]}/0"), lease=0.01)
    with claims.kept_alive("run", "ann"):
        asks, _ = server.accept()
        server.close()
        asks.close()
    assert "jsnpy-claim" not in [thread.name for thread in threading.enumerate()]  # a run leaves none behind
    assert time.monotonic() - begun < 15


def test_a_redis_that_refuses_is_told(place: Place) -> None:
    """As one that is full, or cannot write to its disk: with its words, and without waiting for it to come back."""
    with pytest.raises(StateError, match=r"the fleet's state in Redis cannot be used: "):
        place.state.ask("return redis.call('no-such-word')", ())


def test_scripts_count_in_milliseconds(place: Place) -> None:
    """Of Redis's clock, which here is this machine's."""
    before = int(time.time() * 1000)
    assert before <= int(place.state.ask(NOW + "return tostring(now)", ())) <= time.time() * 1000


def test_no_two_claims_have_the_same_owner() -> None:
    """Also those of one process: what it lost to another worker is not its own again."""
    assert new_owner() != new_owner()


def test_that_a_mail_was_adopted_is_remembered_for_a_week(place: Place) -> None:
    """What a broker hands out once more is not adopted again, and not remembered for ever."""
    place.keep("m")
    kept = place.waiting.take("m")
    assert kept
    place.waiting.adopt(kept.row, b"a mail")
    assert KEPT - 60 < place.client.ttl("jsnpy:adopted:m") <= KEPT


def test_a_turn_that_was_waited_for_counts_once(place: Place) -> None:
    """A mail that is put off until its account's turn has it then; after a further failure it needs a new one."""
    place.keep("m")
    place.due()
    place.waiting.postpone("m", -1, slot=True)
    assert [("m", 1)] == place.due()
    assert (kept := place.waiting.take("m"))
    assert kept.slot
    place.keep("m", None)
    assert (kept := place.waiting.take("m"))
    assert (False, 2, b"a mail") == (kept.slot, kept.attempt, kept.data)


def test_a_run_with_a_mail_that_waits_is_not_done_again(place: Place) -> None:
    """Else that mail would be written twice: the run is lost when its worker dies."""
    assert "yours" == place.keep("m")
    wait_until(lambda: place.claims.claim("run", "bob").verdict != "busy", "the end of the claim")
    assert ("lost", "ann") == ((claim := place.claims.claim("run", "bob")).verdict, claim.text)


@pytest.mark.parametrize(("once", "marked"), [(False, b"1"), (True, None)])
def test_only_a_single_mails_mark_is_taken_back(place: Place, once: bool, marked: bytes | None) -> None:
    """What a server refused may be tried again by itself; a run that may have sent others is not done again."""
    with ScriptedServer(MESSAGE=b"554 5.7.1 no\r\n") as server:
        result = Queue(Task(place.state, "run", "ann"), once=once).send(fields(server), smtp.Settings())
    assert -8 == result.code, result
    assert marked == place.client.hget("jsnpy:run", "marked")
