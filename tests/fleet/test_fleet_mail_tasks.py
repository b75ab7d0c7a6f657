"""Waiting mails as a worker sends them: when they are due, whose turn it is, and what is handed out twice."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.fleet_tasks import AWAY, KEPT, Tasks, full, kept_attempt, said
from support.mail import fields
from support.mailserver import MailServer
from support.scripted import ScriptedServer

from jsnpy import smtp
from jsnpy.fleet.mails import Queue, Task, account_of, oauth2_of
from jsnpy.fleet.rates import slot
from jsnpy.fleet.state import State
from jsnpy.fleet.waiting import Kept, Terms, Waiting
from jsnpy.outbox.rate import Rate

if TYPE_CHECKING:
    from support.scripted import Connection


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


def test_a_mail_of_version_1_is_adopted(tasks: Tasks) -> None:
    """It waits in Redis from then on; the task that it came in has no result, and is nothing when it comes again."""
    assert "SUCCESS" == tasks.hand(KEPT["jsnpy.wait"])[0]
    ((row, _),) = tasks.module.waiting.rows()
    assert "IGNORED" == tasks.hand(KEPT["jsnpy.mail"])[0]
    assert [row.id] == [each.id for each, _ in tasks.module.waiting.rows()]
    assert [] == tasks.kept.keys("celery-task-meta-*")


@pytest.mark.parametrize("name", ["jsnpy.mail", "jsnpy.wait"])
@pytest.mark.parametrize(
    "mail",
    [
        *(None, 5, "data", {}, {"id": {"x": 1}, "attempt": 1}, {"id": "x", "attempt": "y"}, {"data": 5}),
        *(KEPT["jsnpy.wait"]["body"][0][0] | {"data": "x"}, {**KEPT["jsnpy.wait"]["body"][0][0], "data": None}),
        {name: value for name, value in KEPT["jsnpy.wait"]["body"][0][0].items() if name != "data"},
        *({"data": "x", "id": "x"}, {"data": "eA==", "id": 5, "tries": "x"}, {"data": "eA=="}),
    ],
)
def test_what_is_no_mail_is_told(tasks: Tasks, name: str, mail: object) -> None:
    """Whoever put it there, and whatever it is: one sentence, and nothing is kept."""
    state, why = tasks.hand(KEPT[name] | {"body": [[mail], {}, {}]})
    assert ("FAILURE", "MailError") == (state, type(why).__name__)
    assert "a mail in the queue is none that jsnpy put there: see who else can write to the broker" in str(why)
    assert [] == tasks.kept.keys("jsnpy:*")


def test_an_attempt_that_cannot_be_noted_is_put_off(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis went away while a mail was refused: its task comes again, and then sees how far it was."""

    def go_away(connection: Connection) -> None:
        connection.send(b"451 4.7.1 later\r\n")
        if tasks.kept.exists("jsnpy:m-1"):
            monkeypatch.setattr(tasks.module.state, "_client", State(AWAY)._client)

    with ScriptedServer(RCPT=go_away) as server:
        state, why = tasks.hand(kept_attempt(tasks, server))
    assert ("RETRY", 10.0) == (state, why.when)


def test_a_mail_that_this_worker_cannot_send_waits_for_another(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    """It is due again a minute later, and the log says why."""
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        task = kept_attempt(tasks, server)
        seen = len(server.commands)
        row = json.loads(tasks.kept.hget("jsnpy:mail:m", "row")) | {"version": 99}
        tasks.kept.hset("jsnpy:mail:m", "row", json.dumps(row))
        assert "IGNORED" == tasks.hand(task)[0]
        assert seen == len(server.commands)
    assert [("ERROR", True)] == [(level, "the mail m waits for another worker" in text) for level, text in said(caplog)]
    ((_, at),) = tasks.kept.zrange("jsnpy:waiting", 0, -1, withscores=True)
    assert 58 < at - time.time() <= 60


@pytest.mark.parametrize(
    ("refusal", "state", "came", "level"),
    [
        (b"", "SUCCESS", "sent: ", "INFO"),
        (b"550 5.1.1 no such user\r\n", "FAILURE", "the mail m (m): given up", "ERROR"),
        (b"451 4.7.1 later\r\n", "SUCCESS", "waiting: ", "INFO"),
    ],
)
def test_what_came_of_a_mail_is_told(
    tasks: Tasks, caplog: pytest.LogCaptureFixture, refusal: bytes, state: str, came: str, level: str
) -> None:
    """In its task's result and in the log; it is kept only where it is tried again, and its attempt is over."""
    replies = [b"451 4.7.1 later\r\n", refusal or b"250 2.1.5 ok\r\n"]
    with ScriptedServer(RCPT=lambda connection: connection.send(replies.pop(0))) as server:
        ended, result = tasks.hand(kept_attempt(tasks, server))
        assert bool(refusal) == (not server.messages)
    assert (state, came) == (ended, str(result)[: len(came)])
    ((said_as, text),) = said(caplog)
    assert (level, "the mail m (m): ") == (said_as, text[:16])
    assert (came == "waiting: ") == tasks.kept.exists("jsnpy:mail:m")
    assert "done" == tasks.module.claims.claim("m-1", "another").verdict


def test_a_damaged_mail_is_told_once(tasks: Tasks, caplog: pytest.LogCaptureFixture) -> None:
    """It is forgotten then."""
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        task = kept_attempt(tasks, server)
    tasks.kept.hdel("jsnpy:mail:m", "data")
    state, why = tasks.hand(task)
    assert ("FAILURE", True) == (state, "the mail m (m): what is kept of it is damaged" in str(why))
    assert [("ERROR", str(why))] == said(caplog)
    assert "IGNORED" == tasks.hand(task)[0]


def test_a_mail_whose_token_comes_from_a_program_waits_for_another_worker(tasks: Tasks) -> None:
    """One that may run it."""
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        task = kept_attempt(tasks, server)
    row = json.loads(tasks.kept.hget("jsnpy:mail:m", "row"))
    row["server"] = json.dumps(json.loads(row["server"]) | {"oauth2": {"command": ["touch", "/nowhere"]}})
    tasks.kept.hset("jsnpy:mail:m", "row", json.dumps(row))
    assert "IGNORED" == tasks.hand(task)[0]
    assert 1 == tasks.kept.zcard("jsnpy:waiting")


@pytest.mark.usefixtures("tasks")
def test_a_runs_mail_is_not_sent_where_that_cannot_be_noted() -> None:
    """Its script is told that it was stopped, and goes on."""
    with MailServer() as server:
        result = Queue(Task(State(AWAY), "run", "ann")).send(fields(server), smtp.Settings())
        assert [] == server.mails
    assert -9 == result.code
    assert "the fleet's state in Redis cannot be reached" in result.error


def test_a_runs_mail_is_sent_though_redis_goes_away_with_the_servers_reply(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was accepted needs no further note, and nothing of it stays in the worker's memory."""

    def go_away(connection: Connection) -> None:
        monkeypatch.setattr(tasks.module.state, "_client", State(AWAY)._client)
        connection.send(b"250 2.0.0 ok\r\n")

    tasks.module.claims.claim("run", "ann")
    queue = Queue(Task(tasks.module.state, "run", "ann"))
    with ScriptedServer(MESSAGE=go_away) as server:
        assert 0 == queue.send(fields(server), smtp.Settings()).code
    assert {} == queue._data


def test_a_waiting_mail_keeps_what_its_run_was_told(tasks: Tasks) -> None:
    """The age at which it is given up, and the encoding of the file with its password."""
    tasks.module.claims.claim("run", "ann")
    terms = Terms(encoding="latin-1", max_age=5.5)
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        queue = Queue(Task(tasks.module.state, "run", "ann"), terms=terms)
        queue.send(fields(server), smtp.Settings())
        assert {} == queue._data
        for _ in "12":  # also after an attempt
            ((row, _),) = tasks.module.waiting.rows()
            kept = tasks.module.waiting.take(row.id)
            assert ("latin-1", 5.5) == (kept.terms.encoding, kept.terms.max_age)
            tasks.kept.zadd("jsnpy:waiting", {row.id: 0})
            tasks.send_due()
            tasks.hand(tasks.next())


@pytest.mark.parametrize("user", ["", "ann"])
def test_a_turn_is_the_same_accounts_at_first_and_later(tasks: Tasks, user: str) -> None:
    """A run's mail and its later attempts count together; who is told why it waits sees whose turn it is not."""
    tasks.module.claims.claim("run", "ann")
    queue = Queue(Task(tasks.module.state, "run", "ann"), rate=Rate("1/h"))
    with MailServer(users={} if user else None) as server:
        for _ in "12":
            queue.send(fields(server, user=user, pass_="x" if user else None), smtp.Settings())
        ((row, _),) = tasks.module.waiting.rows()
        assert [f"jsnpy:rate:{account_of(row)}".encode()] == tasks.kept.keys("jsnpy:rate:*")
        assert f"it is not the turn of {user or f'127.0.0.1:{server.port}'} to send (JSNPY_RATE 1/h)" in row.error


def test_a_mail_whose_turn_cannot_be_asked_for_waits(tasks: Tasks) -> None:
    """It is not sent out of turn."""
    tasks.module.claims.claim("run", "ann")
    task = Task(tasks.module.state, "run", "ann")
    task.state = State(AWAY)
    with MailServer() as server:
        assert -3 == Queue(task, rate=Rate("1/h")).send(fields(server), smtp.Settings()).code
        assert [] == server.mails
    ((row, _),) = tasks.module.waiting.rows()
    assert "the fleet's state in Redis cannot be reached" in row.error


@pytest.mark.parametrize("server", [None, "", "{", "[]", "5", '{"server": 5, "oauth2": 5}', '{"server": {"host": 5}}'])
def test_a_damaged_mail_has_an_account_and_no_program(server: Any) -> None:
    """What is kept of it is reported by its attempt, and until then looked at as any other."""
    row = Kept(json.dumps({"server": server}), b"").row
    row.server = server
    assert "@" in account_of(row)
    assert oauth2_of(row) is None
