"""Runs handed to a real worker through a real redis-server."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
import redis
from support.brokers import free_port, wait_until
from support.command import JSNPY, clean_environment, jsnpy
from support.fleet import SCRIPT, SECRET
from support.mail import fields
from support.mailserver import MailServer
from support.scripted import CLOSE, ScriptedServer

from jsnpy import smtp
from jsnpy.fleet.claims import KEPT, Claims
from jsnpy.fleet.mails import Queue, Task
from jsnpy.fleet.rates import slot
from jsnpy.outbox.rate import Rate

if TYPE_CHECKING:
    from support.fleet import Fleet


def test_wait_prints_the_runs_output_and_exits_with_its_code(fleet: Fleet) -> None:
    """Submit --wait prints what the run printed, on both streams, and exits with its code."""
    done = fleet.submit('console.log("out", arg.n); console.error("err"); exit(7)', "--wait", arg={"n": 5})
    assert (7, "out 5\n", "err\n") == (done.code, done.out, done.err)


def test_what_is_set_and_an_encoding_reach_the_run(fleet: Fleet) -> None:
    """--set changes the arg of the run, and --encoding is how the script is read, as in a run here."""
    (fleet.folder / "old.js").write_bytes("console.log(arg.n, 'Größe')".encode("latin-1"))
    env = {"JSNPY_BROKER_URL": fleet.broker.url}
    words = ("submit", "old.js", "--wait", "--set", "n=9", "--encoding", "latin-1")
    assert "9 Größe\n" == jsnpy(*words, cwd=fleet.folder, env=env).out


@pytest.mark.parametrize(
    ("script", "options", "code", "err"),
    [
        ("throw new Error('no disk')", [], 1, "Error: no disk"),
        ("let = = 1", [], 1, "SyntaxError"),
        ("send_email({})", ["--fail-on-send-error"], 3, "send_email failed with code -1: host is missing"),
        ("send_email({})", [], 0, "send_email failed with code -1: host is missing"),
        ("exit(256 + 2)", [], 2, ""),
        ("const a = []; for (;;) a.push(new Array(1000).fill(a.length))", ["--memory-limit", "16MB"], 1, "memory"),
    ],
)
def test_wait_exits_as_a_run_here_would(fleet: Fleet, script: str, options: list[str], code: int, err: str) -> None:
    """A run that throws, does not compile, fails to send or exceeds its memory has the exit code it has here."""
    done = fleet.submit(script, "--wait", *options)
    assert (code, "") == (done.code, done.out)
    assert err in done.err
    assert "Traceback" not in done.err


def test_results_that_cannot_be_kept_are_told(fleet: Fleet) -> None:
    """Where the Redis for results is away nothing is submitted, and it is named, not the broker."""
    (fleet.folder / "never.js").write_text("1")
    results = f"redis://:GEHEIM-9@127.0.0.1:{free_port()}/3"
    env = {"JSNPY_BROKER_URL": fleet.broker.url, "JSNPY_RESULT_URL": results}
    done = jsnpy("submit", "never.js", cwd=fleet.folder, env=env)
    assert (2, "") == (done.code, done.out)
    assert f"the run was not submitted: the Redis {results.replace('GEHEIM-9', '**')} cannot be used: " in done.err
    assert "GEHEIM" not in done.err
    assert 2 == len(done.err.splitlines())


def test_submit_prints_the_id_of_a_run_that_is_then_done(fleet: Fleet) -> None:
    """Submit prints the task's id, and a worker does the run."""
    with MailServer() as server:
        done = fleet.submit(SCRIPT, arg={"port": server.port, "n": 1})
        assert (0, "") == (done.code, done.err)
        wait_until(lambda: len(server.mails) == 1, "the mail")
        wait_until(lambda: f"the run {done.out.strip()} of run.js: exit code 0, 1 mails" in fleet.log(), "the log")


def test_the_broker_never_sees_a_secret(fleet: Fleet) -> None:
    """A secret stays a reference that the worker resolves, even where the script prints it or its mail is queued."""
    with MailServer(users={"ann": SECRET}, refuse={"b@y.test": "451 4.7.1 later"}) as server:
        arg = {"port": server.port, "user": "ann", "pass": "${ENV:SMTP_PASS}"}
        done = fleet.submit(f"console.log(arg.pass); {SCRIPT}", "--wait", arg=arg)
        assert [("ann", SECRET)] == server.logins
        assert "kept in the fleet's queue" in done.err
        assert "[redacted]\n-7" in done.out
    written = b"".join(path.read_bytes() for path in fleet.broker.folder.rglob("*.aof"))
    assert b"${ENV:SMTP_PASS}" in written
    for form in (SECRET.encode(), json.dumps(SECRET)[1:-1].encode(), json.dumps(json.dumps(SECRET))[3:-3].encode()):
        assert form not in written


def test_the_broker_never_sees_a_secret_that_a_script_throws(fleet: Fleet) -> None:
    """Neither what it prints on stderr nor the error that it ends with has the secret."""
    done = fleet.submit("console.error('S', arg.pass); throw arg.pass", "--wait", arg={"pass": "${ENV:SMTP_PASS}"})
    assert (1, True, False) == (done.code, "S [redacted]" in done.err, SECRET in done.err)
    written = b"".join(path.read_bytes() for path in fleet.broker.folder.rglob("*.aof"))
    for form in (SECRET.encode(), json.dumps(SECRET)[1:-1].encode(), json.dumps(json.dumps(SECRET))[3:-3].encode()):
        assert form not in written
    assert SECRET not in fleet.log()


def test_a_reference_that_the_worker_lacks_is_told(fleet: Fleet) -> None:
    """A variable that is missing at the worker fails the run with exit 2 and its name."""
    done = fleet.submit("console.log(1)", "--wait", arg={"deep": ["${ENV:NOWHERE}"]})
    assert 2 == done.code
    assert 'arg.deep.0: the environment variable "NOWHERE" is not set' in done.err


def test_a_mail_that_fails_for_a_passing_reason_arrives_later(fleet: Fleet) -> None:
    """A mail refused with 4xx becomes a task of its own and arrives once, with the Message-ID it had."""
    refuse = {"b@y.test": "451 4.7.1 greylisted"}
    with MailServer(refuse=refuse) as server:
        done = fleet.submit(SCRIPT, "--wait", arg={"port": server.port, "n": 2})
        code, details = done.out.split(" ", 1)
        assert "-7" == code
        assert [] == server.mails
        refuse.clear()
        wait_until(lambda: len(server.mails) > 0, "the mail's second try")
        wait_until(lambda: f"the mail {json.loads(details)['queued']} (Run 2): sent" in fleet.log(), "the log")
        assert [json.loads(details)["messageId"]] == [mail.message["Message-ID"] for mail in server.mails]


def test_a_mail_refused_for_good_is_reported_and_not_tried_again(fleet: Fleet) -> None:
    """A queued mail that then gets a 5xx is said in the worker's log as given up."""
    refuse = {"b@y.test": "451 4.7.1 greylisted"}
    with MailServer(refuse=refuse) as server:
        done = fleet.submit(SCRIPT, "--wait", arg={"port": server.port, "n": 3})
        refuse["b@y.test"] = "550 5.1.1 no such user"
        queued = json.loads(done.out.split(" ", 1)[1])["queued"]
        wait_until(lambda: f"the mail {queued} (Run 3): given up" in fleet.log(), "the report")
        assert [] == server.mails


def test_delivery_unknown_is_never_tried_again(fleet: Fleet) -> None:
    """A mail whose connection is lost after the final dot (-10) is not queued."""
    with ScriptedServer(MESSAGE=CLOSE) as server:
        done = fleet.submit(SCRIPT, "--wait", arg={"port": server.port, "n": 4})
    assert "-10" == done.out.split(" ", 1)[0]
    assert "queued" not in done.out
    assert "kept" not in done.err


def test_a_timeout_ends_an_endless_run(fleet: Fleet) -> None:
    """--timeout holds at the worker: an endless script ends with 124, and what it printed arrives."""
    done = fleet.submit('console.log("begun"); for (;;);', "--wait", "--timeout", "1")
    assert (124, "begun\n") == (done.code, done.out)
    assert "the run was ended after 1 s" in done.err


def test_a_run_with_a_timeout_queues_its_mails_too(fleet: Fleet) -> None:
    """A run in a child process hands a mail that may be sent later to the queue as any other."""
    with ScriptedServer(RCPT=b"452 4.2.2 full\r\n") as server:
        done = fleet.submit(SCRIPT, "--wait", "--timeout", "20", arg={"port": server.port, "n": 6})
    assert "kept in the fleet's queue" in done.err


def test_a_claim_is_one_workers(fleet: Fleet) -> None:
    """While a worker has a task, no other gets it; once done, everybody is told what came of it."""
    claims = fleet.claims
    assert "yours" == claims.claim("t1", "ann").verdict
    assert "yours" == claims.claim("t1", "ann").verdict  # asked again, as when the answer was lost
    assert ("busy", True) == ((busy := claims.claim("t1", "bob")).verdict, 0 < busy.left <= 15)
    assert "lost" == claims.finish("t1", "bob", {})
    assert "yours" == claims.finish("t1", "ann", {"exit_code": 3})
    assert ("done", '{"exit_code": 3}') == ((done := claims.claim("t1", "bob")).verdict, done.text)


def test_a_dead_workers_run_is_taken_over_before_its_first_mail(fleet: Fleet) -> None:
    """A claim that nobody keeps alive goes to the next, and who lost it cannot send any more."""
    claims = Claims(fleet.state, lease=0.05)
    assert "yours" == claims.claim("t2", "ann").verdict
    wait_until(lambda: claims.claim("t2", "bob").verdict == "yours", "the takeover")
    assert "lost" == claims.mark("t2", "ann")
    assert "yours" == claims.mark("t2", "bob")


def test_a_dead_workers_run_is_lost_after_its_first_mail(fleet: Fleet) -> None:
    """A run whose worker died after the mark is reported as lost, however often it is handed out."""
    claims = Claims(fleet.state, lease=0.05)
    claims.claim("t3", "ann")
    assert "yours" == claims.mark("t3", "ann")
    wait_until(lambda: claims.claim("t3", "bob").verdict != "busy", "the end of the claim")
    assert [("lost", "ann")] * 2 == [(one.verdict, one.text) for one in (claims.claim("t3", "bob") for _ in "12")]


def test_a_run_that_kills_its_workers_is_given_up(fleet: Fleet) -> None:
    """A task that five workers died of is not handed to a sixth."""
    claims = Claims(fleet.state, lease=0.001)
    for worker in "abcde":
        wait_until(lambda name=worker: claims.claim("t4", name).verdict == "yours", "the claim")  # type: ignore[misc]
    wait_until(lambda: claims.claim("t4", "f").verdict != "busy", "the end of the fifth claim")
    assert ("deadly", "5") == ((sixth := claims.claim("t4", "f")).verdict, sixth.text)
    assert "lost" == claims.mark("t4", "f")


def test_a_claim_is_kept_alive(fleet: Fleet) -> None:
    """A claim outlasts its lease as long as its holder lives."""
    claims = Claims(fleet.state, lease=0.3)
    claims.claim("t5", "ann")
    with claims.kept_alive("t5", "ann"):
        time.sleep(0.6)
        assert "busy" == claims.claim("t5", "bob").verdict


def test_a_rate_holds_in_every_period(fleet: Fleet) -> None:
    """However slots are asked for, no period has more than the rate allows; accounts do not bear on each other."""
    slots = [slot(fleet.state, "ann@x", Rate("3/m")) for _ in range(7)]
    assert [0, 0, 0, 60, 60, 60, 120] == [round(slot or 0) for slot in slots]
    assert 0 == slot(fleet.state, "bob@x", Rate("3/m"))


def test_a_slot_that_is_too_far_is_not_taken(fleet: Fleet) -> None:
    """Who cannot wait for the next slot gets none and leaves it to others."""
    rate = Rate("1/m")
    assert 0 == slot(fleet.state, "cid@x", rate, at_most=10)
    assert slot(fleet.state, "cid@x", rate, at_most=10) is None
    assert 60 == round(slot(fleet.state, "cid@x", rate) or 0)


def test_a_turn_that_was_given_is_not_overtaken(fleet: Fleet) -> None:
    """Where another worker has a higher rate, its mail comes after those that have their turn already."""
    assert [0, 60] == [round(slot(fleet.state, "fay@x", Rate("1/m")) or 0) for _ in "12"]
    assert 60 == round(slot(fleet.state, "fay@x", Rate("5/m")) or 0)


def test_an_account_leaves_little_in_redis(fleet: Fleet) -> None:
    """No more is kept of it than its rate counts, and that is forgotten a period after its last turn."""
    for _ in range(5):
        slot(fleet.state, "gus@x", Rate("2/m"))
    client: Any = redis.Redis.from_url(fleet.broker.url)
    assert 2 == client.llen("jsnpy:rate:gus@x")
    assert 120 < client.ttl("jsnpy:rate:gus@x") <= 180


def test_a_task_is_remembered_for_a_week(fleet: Fleet) -> None:
    """Neither a run that nobody begins nor one that is done stays in Redis for ever."""
    fleet.claims.announce("t11")
    fleet.claims.claim("t12", "ann")
    client: Any = redis.Redis.from_url(fleet.broker.url)
    for task in ("t11", "t12"):
        assert KEPT - 60 < client.ttl(f"jsnpy:{task}") <= KEPT


def test_of_a_done_run_it_is_only_known_that_it_is_done(fleet: Fleet) -> None:
    """Once Celery has its result; of a task that is not known nothing is kept."""
    fleet.claims.claim("t14", "ann")
    fleet.claims.finish("t14", "ann", {"stdout": "much"})
    fleet.claims.shorten("t14")
    assert ("done", "") == ((done := fleet.claims.claim("t14", "bob")).verdict, done.text)
    fleet.claims.shorten("t15")
    assert "forgotten" == fleet.claims.standing("t15")
    assert "yours" == fleet.claims.claim("t15", "bob").verdict


def test_a_run_that_goes_on_unknown_is_not_begun_again(fleet: Fleet) -> None:
    """Where Redis lost a claim, its holder makes it known that it goes on: nobody else gets it, until it ends."""
    claims = Claims(fleet.state, lease=1)
    with claims.kept_alive("t13", "ann"):
        wait_until(lambda: claims.standing("t13") == "claimed", "the holder says so")
        assert "forgotten" == claims.claim("t13", "bob", announced=True).verdict
        assert "forgotten" == claims.mark("t13", "ann")
    wait_until(lambda: claims.standing("t13") == "forgotten", "the end of it")


def kept_subjects(fleet: Fleet) -> dict[str, str]:
    """Return the last error of each waiting mail by its subject."""
    return {row.subject: row.error for row, _ in fleet.waiting.rows()}


def test_a_mail_out_of_turn_waits(fleet: Fleet) -> None:
    """A mail whose account has had its rate is kept instead of sent; another account's is sent."""
    fleet.claims.claim("t6", "ann")
    queue = Queue(Task(fleet.state, "t6", "ann"), rate=Rate("1/h"))
    with MailServer(users={}) as server:
        codes = [
            queue.send(fields(server, user=user, pass_="x", subject=f"Turn {number}"), smtp.Settings()).code
            for number, user in enumerate(("dora", "dora", "emil"))
        ]
        assert [0, -3, 0] == codes
        assert ["dora", "emil"] == [mail.user for mail in server.mails]
    assert "it is not the turn of dora to send (JSNPY_RATE 1/h)" in kept_subjects(fleet)["Turn 1"]


def test_a_mails_turn_does_not_count_as_its_time(fleet: Fleet) -> None:
    """A mail that waits for its account's turn for longer than its own timeout is sent then, and not before."""
    fleet.claims.claim("t8", "ann")
    begun = time.monotonic()
    queue = Queue(Task(fleet.state, "t8", "ann"), rate=Rate("1/s"))
    with MailServer() as server:
        results = [queue.send(fields(server, timeout=0.5), smtp.Settings()) for _ in "12"]
        assert [0, 0] == [result.code for result in results], results
        assert time.monotonic() - begun > 0.9
        assert 2 == len(server.mails)


@pytest.mark.parametrize(
    ("task", "words"),
    [("t7", "another worker has taken this run over"), ("never", "the fleet's Redis has lost its data")],
)
def test_who_lost_a_run_sends_nothing(fleet: Fleet, task: str, words: str) -> None:
    """A worker whose run was taken over, or is not known any more, stops before the final dot, and keeps nothing."""
    fleet.claims.claim("t7", "ann")
    queue = Queue(Task(fleet.state, task, "bob"))
    with MailServer() as server:
        result = queue.send(fields(server, subject=f"Lost {task}"), smtp.Settings())
        assert [] == server.mails
    assert -9 == result.code
    assert words in result.error
    assert f"Lost {task}" not in kept_subjects(fleet)
    assert queue.task.ended == ("lost" if task == "t7" else "forgotten")


def test_an_announced_run_that_redis_has_forgotten_is_not_done(fleet: Fleet) -> None:
    """Nobody can claim a run whose announcement is gone: Redis has lost what was done of it."""
    fleet.claims.announce("t9")
    assert "announced" == fleet.claims.standing("t9")
    assert "yours" == fleet.claims.claim("t9", "ann", announced=True).verdict
    assert "claimed" == fleet.claims.standing("t9")
    assert "forgotten" == fleet.claims.claim("t10", "ann", announced=True).verdict
    assert "forgotten" == fleet.claims.standing("t10")


@pytest.mark.parametrize(("number", "code", "word"), [(signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM")])
def test_who_waits_can_leave(fleet: Fleet, number: int, code: int, word: str) -> None:
    """A signal ends --wait at once, while the run goes on."""
    (fleet.folder / "slow.js").write_text("setTimeout(() => {}, 3000); console.log(1)")
    env = clean_environment(JSNPY_BROKER_URL=fleet.broker.url)
    words = [*JSNPY, "submit", "-v", "slow.js", "--wait"]
    with subprocess.Popen(words, cwd=fleet.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as waiting:
        assert waiting.stdout is not None
        assert waiting.stderr is not None
        said = ""
        while "submitted as" not in said:
            said = waiting.stderr.readline().decode()
        waiting.send_signal(number)
        ended = f"jsnpy: error: ended ({word})\n".encode()
        assert (b"", ended) == (waiting.stdout.read(), waiting.stderr.read())
    assert code == waiting.returncode
    id_ = said.split()[-1]
    wait_until(lambda: f"the run {id_} of slow.js: exit code 0" in fleet.log(), "the run's end")


def test_a_lost_run_is_told_to_who_waits(fleet: Fleet) -> None:
    """A run handed out again after its worker died over a mail exits 1 and says so, without a second mail."""
    with MailServer() as server:
        script = SCRIPT + "const end = Date.now() + 60000; if (arg.hang) while (Date.now() < end);"
        done = fleet.submit(script, arg={"port": server.port, "n": 8, "hang": True})
        wait_until(lambda: len(server.mails) == 1, "the first mail")
        fleet.worker.kill_children()  # between the server's 250 and the end of the script
        wait_until(lambda: f"the run {done.out.strip()} of run.js is lost" in fleet.log(), "the report")
        assert 1 == len(server.mails)
