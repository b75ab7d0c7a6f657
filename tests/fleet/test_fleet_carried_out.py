"""What a worker makes of a run's options and secrets, without a worker."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import fields
from support.mailserver import MailServer
from support.scripted import ScriptedServer

from jsnpy.errors import ExitCode, JsnpyError
from jsnpy.outbox.rate import Rate

if TYPE_CHECKING:
    from support.fleet_tasks import Tasks

SENDS = "for (const mail of arg.mails) console.log(send_email(mail).code)"


@pytest.mark.parametrize(
    ("error", "code"),
    [(TimeoutError("it did not end"), ExitCode.TIMEOUT), (JsnpyError("its process died"), ExitCode.INTERNAL)],
)
def test_a_run_whose_process_does_not_end_well_is_told(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    """Who waits gets a result with the reason, and the worker goes on."""

    def call(*_: object) -> None:
        raise error

    monkeypatch.setattr("jsnpy.child.call", call)
    state, result = tasks.hand(tasks.submit(timeout=5))
    assert ("SUCCESS", code, "", []) == (state, result["exit_code"], result["stdout"], result["sends"])
    assert (str(error), f"{error}\n") == (result["error"], result["stderr"])


@pytest.mark.parametrize("script", ["console.log(arg.pass)", "console.error(arg.pass)", "throw arg.pass"])
def test_a_secret_is_in_no_result(tasks: Tasks, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Whatever the script does with it."""
    monkeypatch.setenv("SMTP_PASS", "geheim-4711")
    state, result = tasks.hand(tasks.submit(script, {"pass": "${ENV:SMTP_PASS}"}))
    assert "SUCCESS" == state
    assert "[redacted]" in str(result)
    assert "geheim-4711" not in str(result)


def test_a_reference_that_leads_nowhere_is_the_runs_result(tasks: Tasks) -> None:
    """As in a run here: exit 2 and a sentence."""
    _, result = tasks.hand(tasks.submit(arg={"pass": "${ENV:NOWHERE_AT_ALL}"}))
    what = 'arg.pass: the environment variable "NOWHERE_AT_ALL" is not set'
    assert (2, "", True) == (result["exit_code"], result["stdout"], result["error"].startswith(what))
    assert f"jsnpy: error: {result['error']}\n" == result["stderr"]


@pytest.mark.parametrize("options", [{"dry_run": True}, {"probe": True}])
def test_a_run_that_sends_nothing_lets_no_mail_wait(tasks: Tasks, options: dict[str, Any]) -> None:
    """A dry run's and a probe's mails are none, so that such a run may be done again."""
    with ScriptedServer(RCPT=b"451 4.7.1 later\r\n") as server:
        task = tasks.submit(SENDS, {"mails": [fields(server)]}, **options)
        assert "SUCCESS" == tasks.hand(task)[0]
    assert [] == tasks.module.waiting.rows()
    assert tasks.kept.hget(f"jsnpy:{task['headers']['id']}", "marked") is None


def test_a_runs_mails_have_the_fleets_rate(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond it waits."""
    monkeypatch.setattr(tasks.module.settings, "rate", Rate("1/h"))
    with MailServer() as server:
        _, result = tasks.hand(tasks.submit(SENDS, {"mails": [fields(server)] * 2}))
        assert ("0\n-3\n", 1) == (result["stdout"], len(server.mails))


def test_a_runs_mails_wait_with_what_it_was_told(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The age at which they are given up, the encoding of its files, and references in place of passwords."""
    monkeypatch.setenv("SMTP_PASS", "geheim-4711")
    with MailServer(users={"ann": "geheim-4711"}, refuse={"bob@y.test": "451 4.7.1 later"}) as server:
        mail = fields(server, user="ann", pass_="${ENV:SMTP_PASS}")
        _, result = tasks.hand(tasks.submit(SENDS, {"mails": [mail]}, encoding="latin-1", max_age=5.5))
    assert "-7\n" == result["stdout"]
    ((row, _),) = tasks.module.waiting.rows()
    kept = tasks.module.waiting.take(row.id)
    assert ("latin-1", 5.5) == (kept.terms.encoding, kept.terms.max_age)
    assert "${ENV:SMTP_PASS}" in row.server
    assert "geheim-4711" not in str(tasks.kept.hgetall(f"jsnpy:mail:{row.id}"))


def test_a_later_attempt_knows_what_its_run_was_told(tasks: Tasks) -> None:
    """It reads the password's file in the run's encoding, and gives the mail up at the run's age."""
    (tasks.folder / "secret.txt").write_bytes("Größe".encode("latin-1"))
    refuse = {"bob@y.test": "451 4.7.1 later"}
    with MailServer(users={"ann": "Größe"}, refuse=refuse) as server:
        mail = fields(server, user="ann", pass_="${FILE:secret.txt}")
        tasks.hand(tasks.submit(SENDS, {"mails": [mail]}, encoding="latin-1", max_age=3600.0))
        ((row, _),) = tasks.module.waiting.rows()
        kept = json.loads(tasks.kept.hget(f"jsnpy:mail:{row.id}", "row")) | {"created": time.time() - 7200}
        tasks.kept.hset(f"jsnpy:mail:{row.id}", "row", json.dumps(kept))
        tasks.kept.zadd("jsnpy:waiting", {row.id: 0})
        tasks.send_due()
        state, why = tasks.hand(tasks.next())
        assert [("ann", "Größe")] * 2 == server.logins
    assert ("FAILURE", True) == (state, f"the mail {row.id} (Alert): given up after " in str(why))
