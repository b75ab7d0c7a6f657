"""Deadlines and signals: a run ends in time whatever its script is doing, with all it printed before."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support.command import jsnpy
from support.engines import ORIGINAL
from support.mailserver import MailServer
from support.running import running, seconds_to_end
from support.scripted import HANG, ScriptedServer

from jsnpy.config import RunConfig
from jsnpy.mailer import Mailer
from jsnpy.options import Options
from jsnpy.output import Memory, Output
from jsnpy.redaction import Redactor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

BUSY = {
    "endless loop": "for (;;);",
    "endless loop that catches": "for (;;) { try { for (;;) null.x } catch { } }",
    "endless microtasks": "function f() { Promise.resolve().then(f) } f();",
    "endless async": "(async () => { for (;;) await 1 })();",
    "endless interval": "setInterval(() => {}, 1);",
    "endless printing": "setInterval(() => { for (let i = 0; i < 1000; i++) console.debug('') }, 1);",
    "a timer far off": "setTimeout(() => {}, 2 ** 31 - 1);",
    "regular expression": "/^(a+)+$/.test('a'.repeat(40) + 'b');",
    "long built-in": "new Array(2 ** 32 - 1).indexOf(1);",
    "endless getter of an error": "throw { get message() { for (;;); }, get stack() { for (;;); } };",
    "exit in a long built-in": "const a = new Array(2 ** 32 - 1); a[0] = 1; setTimeout(() => {}, 1e9); a.includes(2);",
}  # fmt: skip


WORDS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


def _slow_config(folder: Path, port: int) -> None:
    (folder / "a.js").write_text(
        "console.log('ready');"
        f"send_email({{ host: '127.0.0.1', port: {port}, from: 'a@x.test', to: 'b@x.test', subject: '', body: '' }})"
    )


@pytest.mark.parametrize("name", BUSY)
def test_timeout_ends_the_run(name: str, tmp_path: Path) -> None:
    """--timeout is wall time: whatever the engine is at, the run ends with 124 and says so."""
    (tmp_path / "a.js").write_text("console.log('ready');" + BUSY[name])
    result = jsnpy("--timeout", "0.5", "a.js", cwd=tmp_path, timeout=10)
    assert (124, "ready") == (result.code, result.out.partition("\n")[0]), result
    assert "--timeout" in result.err


@pytest.mark.parametrize("name", ["endless loop", "endless microtasks", "a timer far off", "regular expression"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_the_run(name: str, number: signal.Signals, code: int, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM end a run within a second, with what it printed; the second signal changes nothing."""
    (tmp_path / "a.js").write_text("console.log('ready'); console.error('too');" + BUSY[name])
    with running("a.js", cwd=tmp_path) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        process.send_signal(number)
        took = seconds_to_end(process)
        said = f"too\njsnpy: error: the run was ended ({WORDS[number]}); no mail was sent\n"
        assert (code, said) == (process.returncode, process.stderr.read().decode())
        assert took < 2


def test_timeout_covers_a_server_that_says_nothing(tmp_path: Path) -> None:
    """A send that hangs is ended with the run, and the message tells that its mail's fate is unknown."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        _slow_config(tmp_path, server.getsockname()[1])
        result = jsnpy("--timeout", "0.7", "a.js", cwd=tmp_path, timeout=10)
    assert (124, "ready\n") == (result.code, result.out)
    assert "--timeout" in result.err


def test_signal_during_a_send(tmp_path: Path) -> None:
    """A native that waits for a server does not keep Ctrl-C from ending the run."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        _slow_config(tmp_path, server.getsockname()[1])
        with running("a.js", cwd=tmp_path) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(signal.SIGINT)
            assert seconds_to_end(process) < 2
            assert process.returncode == 130


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_while_the_config_is_read(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """Also before there is a script a signal ends the command at once, without a traceback."""
    with running("-", cwd=tmp_path) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(b"{")
        process.stdin.flush()
        _until_handled(process.pid, number)
        process.send_signal(number)
        took = seconds_to_end(process)
        assert code == process.returncode
        assert WORDS[number] in process.stderr.read().decode()
        assert took < 2


@pytest.mark.parametrize("way", ["standard input", "config", "script"])
@pytest.mark.parametrize("end", ["timeout", "SIGINT", "SIGTERM"])
def test_pipe_that_nobody_writes_to(way: str, end: str, tmp_path: Path) -> None:
    """--timeout and signals also end a run whose config or script does not come."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.json").write_text('{"scriptfile": "pipe"}')
    target = {"standard input": "-", "config": "pipe", "script": "a.json"}[way]
    options = ["--timeout", "0.5"] if end == "timeout" else []
    with running(*options, target, cwd=tmp_path) as process:
        assert process.stderr
        if end != "timeout":
            number = signal.Signals[end]
            _until_handled(process.pid, number)
            process.send_signal(number)
        assert seconds_to_end(process) < 3
        said = process.stderr.read()
    assert {"timeout": 124, "SIGINT": 130, "SIGTERM": 143}[end] == process.returncode
    words = {"timeout": "--timeout", "SIGINT": "Ctrl-C", "SIGTERM": "SIGTERM"}[end]
    assert f"({words})" in said.decode()
    assert end != "timeout" or "its config or script could not be read in that time" in said.decode()


def _until_handled(pid: int, number: signal.Signals) -> None:
    """Wait until the process has a handler of its own for a signal."""
    for _ in range(500):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt"))
        if caught >> (number - 1) & 1 and (number != signal.SIGINT or caught >> (signal.SIGTERM - 1) & 1):
            return
        time.sleep(0.01)


@pytest.mark.parametrize("how", ["timeout", "signal"])
def test_reader_that_does_not_read(how: str, tmp_path: Path) -> None:
    """A full pipe that nobody reads holds up the script, but neither the deadline nor Ctrl-C."""
    (tmp_path / "a.js").write_text("console.error('started'); for (;;) console.log('x'.repeat(1000))")
    options = ["--timeout", "1"] if how == "timeout" else []
    with running(*options, "a.js", cwd=tmp_path) as process:
        assert process.stderr
        assert process.stderr.readline() == b"started\n"
        if how == "signal":
            process.send_signal(signal.SIGINT)
        took = seconds_to_end(process)
        rest = process.stderr.read()
    assert took < 4
    assert (124, True) == (process.returncode, b"--timeout" in rest) if how == "timeout" else process.returncode == 130


def test_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    """Under nohup-like parents that ignore a signal, so does the run."""
    (tmp_path / "a.js").write_text("console.log('ready'); setTimeout(() => console.log('end'), 300)")
    code = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "os.execv(sys.executable, [sys.executable, '-m', 'jsnpy', 'a.js'])"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert (b"end\n", 0) == (process.stdout.read(), process.wait())


@pytest.mark.skipif(ORIGINAL, reason="the original engine may crash when its memory is exhausted")
def test_memory_limit_is_named(tmp_path: Path) -> None:
    """A script that needs more than --memory-limit fails with exit 1 and words about memory."""
    (tmp_path / "a.js").write_text("const a = []; for (;;) a.push('x'.repeat(1e6) + a.length)")
    result = jsnpy("--memory-limit", "32MB", "a.js", cwd=tmp_path)
    assert 1 == result.code
    assert "memory" in result.err


MANY = """
for (let i = 0; i < 7; i++) send_email({ ...arg, to: `r${i}@x.test` });
console.log("ready");
"""


def _config(folder: Path, server: "MailServer | ScriptedServer", script: str) -> None:
    """Write a config for a script and the server."""
    arg = {"host": server.host, "port": server.port, "from": "a@x.test", "to": "b@x.test", "subject": "s", "body": ""}
    (folder / "a.json").write_text(json.dumps({"scriptfile": "a.js", "arg": arg}))
    (folder / "a.js").write_text(script)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (None, 124)])
def test_what_was_sent_is_told_by_a_run_that_is_ended(number: "int | None", code: int, tmp_path: Path) -> None:
    """--timeout, Ctrl-C and SIGTERM say how many mails went out, as it is not undone, and the last few recipients."""
    with MailServer() as server:
        _config(tmp_path, server, MANY + "for (;;);")
        options = ["--timeout", "3"] if number is None else []
        with running(*options, "a.json", cwd=tmp_path) as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline() == b"ready\n"
            if number is not None:
                process.send_signal(number)
            seconds_to_end(process)
            said = process.stderr.read().decode()
    assert code == process.returncode
    assert "7 mails sent, the last to r2@x.test, r3@x.test, r4@x.test, r5@x.test, r6@x.test\n" in said
    assert "r1@x.test" not in said


@pytest.mark.parametrize(("at", "fate"), [("DATA", "was not delivered"), ("MESSAGE", "may have been delivered")])
@pytest.mark.parametrize("number", [signal.SIGINT, None])
def test_the_fate_of_the_mail_under_way_is_told(number: "int | None", at: str, fate: str, tmp_path: Path) -> None:
    """Only past its final dot can a mail have been delivered whose send was ended with the run."""
    reached = threading.Event()

    steps: dict[str, Any] = {at: (lambda _: reached.set(), HANG)}
    with ScriptedServer(**steps) as server:
        _config(tmp_path, server, "send_email(arg)")
        options = ["--timeout", "3"] if number is None else []
        with running(*options, "a.json", cwd=tmp_path) as process:
            assert process.stderr
            assert reached.wait(10)
            if number is not None:
                process.send_signal(number)
            seconds_to_end(process)
            said = process.stderr.read().decode()
    assert f"a send_email to b@x.test was under way, its mail {fate}; no other mail was sent\n" in said


@pytest.mark.parametrize(("reply", "fate"), [(b"250 ok\r\n", "was delivered"), (b"550 no\r\n", "was not delivered")])
def test_the_fate_of_a_mail_that_was_answered_is_known(reply: bytes, fate: str, tmp_path: Path) -> None:
    """A run that is ended while a server is slow to say goodbye tells what the server has said of the mail."""
    reached = threading.Event()
    with ScriptedServer(MESSAGE=reply, QUIT=(lambda _: reached.set(), HANG)) as server:
        _config(tmp_path, server, "send_email(arg)")
        with running("a.json", cwd=tmp_path) as process:
            assert process.stderr
            assert reached.wait(10)
            process.send_signal(signal.SIGINT)
            seconds_to_end(process)
            said = process.stderr.read().decode()
    assert f"a send_email to b@x.test was under way, its mail {fate}; no other mail was sent\n" in said


def test_no_dot_follows_when_it_was_said_that_none_will() -> None:
    """What a run that is ended has said of its mail stays true while the process still writes its output."""
    with ScriptedServer() as server:
        mailer = Mailer(Options(), Output(Memory(), Memory(), Redactor()), Redactor())
        mailer.open(RunConfig(source="", base_dir="."))
        given = {"host": server.host, "port": server.port, "from": "a@x.test", "subject": "s", "body": ""}
        assert 0 == mailer.send({**given, "to": "b@x.test"}).code
        assert "1 mail sent, to b@x.test" == mailer.stop()
        assert 0 > mailer.send({**given, "to": "c@x.test"}).code
        assert 1 == len(server.messages)
