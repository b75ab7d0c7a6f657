"""Nothing of a script runs past the run's deadline: a native that comes back late does not come back to the script."""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from support.command import jsnpy
from support.running import running
from support.scripted import HANG, ScriptedServer

import jsnpy as library
from jsnpy import supervisor
from jsnpy.config import from_mapping
from jsnpy.engine import Engine
from jsnpy.errors import ExitCode
from jsnpy.mailer import Mailer
from jsnpy.options import Options
from jsnpy.output import Memory, Output
from jsnpy.redaction import Redactor

if TYPE_CHECKING:
    from pathlib import Path

STACK = 4 * 1024 * 1024
SENDS = {
    "in a row": "send_email({}); console.log('past');",
    "in a try": "try { send_email({}) } catch { console.log('caught') } finally { console.log('finally') }",
    "in a loop": "for (;;) { try { send_email({}) } finally { console.log('past') } }",
    "in a promise": "(async () => { await null; send_email({}); console.log('past') })().finally(() => console.log(1))",
    "in a timer": "setTimeout(() => { send_email({}); console.log('past') }, 1); ",
    "in a getter": "send_email({ get host() { send_email({}); console.log('past'); } }); console.log('past')",
    "then exit": "send_email({}); exit(0)",
}


def run_until(deadline: float, script: str, *, slow_reader: bool = False) -> tuple[str, str]:
    """Run a script whose sends return past the deadline only; return what it printed and how it ended.

    Args:
        deadline: in `time.monotonic()` seconds.
        script: its source.
        slow_reader: whether what is printed is taken past the deadline only, too.
    """
    printed: list[str] = []
    timers = iter([1])

    def late(_: object) -> dict[str, object]:
        time.sleep(max(0, deadline - time.monotonic()))
        return {"code": 0, "log": "", "error": "", "details": {}}

    def write(_: int, text: str) -> bool:
        printed.append(text)
        if slow_reader:
            late(None)
        return True

    natives = {"send_email": late, "timer_start": lambda _: 1}
    engine = Engine(
        ("console/console", "process", "timers", "email"),
        natives,
        write,
        stack_size=STACK,
        deadline=deadline,
    )
    try:
        ending = engine.run(script, "a.js", "{}", lambda: next(timers, None))
        return "".join(printed), ending.kind
    finally:
        engine.close()


@pytest.mark.parametrize("name", SENDS)
def test_a_late_send_does_not_return(name: str) -> None:
    """No line after it, no catch, no finally, no further job; and the script is not said to have failed by itself."""
    assert ("", "late") == run_until(time.monotonic() + 0.05, SENDS[name])


def test_nothing_is_printed_past_the_deadline() -> None:
    """A script that does not wait for anything is held as well at its first call of the host."""
    printed, kind = run_until(time.monotonic() + 1, "console.log(1); for (;;) console.debug('')")
    assert printed.startswith("1\n")
    assert kind == "late"
    assert run_until(time.monotonic(), "console.log('past')") == ("", "late")


def test_a_script_whose_last_words_come_too_late_is_late() -> None:
    """A reader that takes them past the deadline only is one that the run waited for."""
    assert ("1\n", "late") == run_until(time.monotonic() + 0.1, "console.log(1)", slow_reader=True)


def test_a_send_that_notices_the_deadline_first_is_still_under_way() -> None:
    """Whoever ends the run is told of its mail, although the send has returned by then."""
    with ScriptedServer(MAIL=HANG) as server:
        output = Output(Memory(), Memory(), Redactor())
        mailer = Mailer(Options(), output, Redactor(), deadline=time.monotonic() + 0.3)
        mailer.open(from_mapping({"scriptfile": __file__}))
        fields = {"host": server.host, "port": server.port, "from": "a@x.test", "to": "b@y.test", "subject": ""}
        assert -3 == mailer.send({**fields, "body": ""}).code
    assert "a send_email to b@y.test was under way, its mail was not delivered; no other mail was sent" == mailer.stop()


def test_a_mail_that_the_deadline_left_in_the_outbox_is_told_as_kept(tmp_path: Path) -> None:
    """Who reads only that it was not delivered might send it by hand, and the next flush again."""
    with ScriptedServer(MAIL=HANG) as server:
        options = Options(outbox=str(tmp_path / "outbox"))
        deadline = time.monotonic() + 0.5
        mailer = Mailer(options, Output(Memory(), Memory(), Redactor()), Redactor(), deadline=deadline)
        mailer.open(from_mapping({"scriptfile": __file__}))
        fields = {"host": server.host, "port": server.port, "from": "a@x.test", "to": "b@y.test", "subject": ""}
        kept = mailer.send({**fields, "body": ""}).details["queued"]
    told = f"a send_email to b@y.test was under way, its mail was not delivered and is kept as {kept}"
    assert f"{told}; no other mail was sent" == mailer.stop()
    mailer.close()


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_a_mail_of_the_outbox_whose_run_is_ended_is_told_as_kept(tmp_path: Path) -> None:
    """A run that is ended while its mail is under way names it as the outbox does: the next flush sends it."""
    reached = threading.Event()
    with ScriptedServer(MAIL=(lambda _: reached.set(), HANG)) as server:
        (tmp_path / "a.js").write_text(
            f"send_email({{ host: '127.0.0.1', port: {server.port}, from: 'a@x.test', to: 'b@y.test', "
            "subject: '', body: '' })"
        )
        with running("a.js", "--outbox", "outbox", cwd=tmp_path) as process:
            assert process.stderr
            assert reached.wait(10)
            process.send_signal(signal.SIGTERM)
            said = process.stderr.read().decode()
    listed = jsnpy("outbox", "list", "--outbox", "outbox", cwd=tmp_path).out
    kept = listed.split(" ")[0]
    assert f"a send_email to b@y.test was under way, its mail was not delivered and is kept as {kept}; " in said


def test_a_send_that_waits_for_the_deadline_is_told_as_one_that_it_ended(tmp_path: Path) -> None:
    """The one error is that of --timeout, whoever notices it first; the script is blamed for nothing."""
    with ScriptedServer(MAIL=HANG) as server:
        (tmp_path / "a.js").write_text(
            f"send_email({{ host: '127.0.0.1', port: {server.port}, from: 'a@x.test', to: 'b@y.test', "
            "subject: '', body: '' })"
        )
        run = jsnpy(tmp_path / "a.js", "--timeout", "0.5", "-q")
        result = library.run(tmp_path / "a.js", timeout=0.5)
    for code, err in ((run.code, run.err), (result.exit_code, result.stderr)):
        assert code == 124
        assert "error: the run was ended after 0.5 s (--timeout); a send_email to b@y.test was under way" in err
        assert "Uncaught" not in err


def test_work_that_ends_late_is_ended_by_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits may notice the end before the deadline, which passed while the work was at its last step."""
    wait = supervisor.Worker.wait
    monkeypatch.setattr(supervisor.Worker, "wait", lambda worker, _=0.0: wait(worker))
    monkeypatch.setattr(supervisor.Signals, "listen", lambda _: None)
    ended = supervisor.supervise(lambda _: time.sleep(0.2), lambda: None, time.monotonic() + 0.1)
    in_time = supervisor.supervise(lambda _: None, lambda: None, time.monotonic() + 20)
    assert (ExitCode.TIMEOUT, None) == (ended, in_time)
