"""Processes killed in the middle: nothing is lost, nothing arrives twice but what is reported as unknown.

`make test-kills` kills at every system call that changes or asks for something; the normal suite at some of them.
Where strace is missing, at moments spread over the run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.command import JSNPY, clean_environment, jsnpy
from support.outbox import TEMPORARY, CountingServer, keep, write_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what these tests are about")

CALLS = (
    "pwrite64,write,fdatasync,fsync,ftruncate,fallocate,mkdir,unlink,rename,flock,fcntl,fchown,pread64,"
    "socket,connect,sendto,recvfrom,poll,shutdown"
)
STRACE = shutil.which("strace") if sys.platform == "linux" else None
FULL = os.environ.get("OUTBOX_KILLS") == "all"
SOME = 8
"""Kills of each kind in the normal suite."""


class Tally:
    """How many kills ended how."""

    def __init__(self) -> None:
        self.kills = self.early = self.delivered = self.unknown = self.lost = self.doubled = 0
        self.faults: list[str] = []

    def __str__(self) -> str:
        return (
            f"{self.kills} kills: {self.delivered} mails delivered once, {self.unknown} reported as unknown, "
            f"{self.early} killed before the mail was there, {self.lost} lost, {self.doubled} doubled"
        )

    def note(self, where: str, *, taken: int, unknown: bool, existed: bool) -> None:
        """Note how a mail fared."""
        if taken > 1:
            self.doubled += 1
            self.faults.append(f"doubled at {where}")
        elif unknown:
            self.unknown += 1
        elif taken:
            self.delivered += 1
        elif existed:
            self.lost += 1
            self.faults.append(f"lost at {where}")
        else:
            self.early += 1


@pytest.fixture
def server() -> Iterator[CountingServer]:
    """Return a server that counts the mails it takes."""
    with CountingServer() as running:
        yield running


def _strace_works(folder: Path) -> bool:
    if STRACE is None:
        return False
    log = str(folder / "probe")
    tried = subprocess.run([STRACE, "-f", "-o", log, "true"], capture_output=True, check=False, timeout=60)
    return tried.returncode == 0


def _run(command: list[str]) -> int:
    done = subprocess.run(command, env=clean_environment(), capture_output=True, timeout=60, check=False)
    return done.returncode


def killed_at_each_call(folder: Path, prepare: Callable[[], list[str]]) -> Iterator[str]:
    """Yield after each kill of the command that `prepare` returns, at one call after the other."""
    assert STRACE is not None
    log = folder / "strace"
    trace = [STRACE, "-f", "-o", str(log), "-e", f"trace={CALLS}"]
    assert _run([*trace, *prepare()]) in (0, 3)
    yield "no call"  # the command ran to its end
    calls = _calls(log)
    for name, number in calls if FULL else calls[:: max(1, len(calls) // SOME)]:
        code = _run([*trace, "-e", f"inject={name}:signal=SIGKILL:when={number}", *prepare()])
        if code in (-signal.SIGKILL, 128 + signal.SIGKILL):
            yield f"{name} {number}"


def _calls(log: Path) -> list[tuple[str, int]]:
    """Return the calls of the thread that made most of them, each with how often it had been made then."""
    threads: dict[str, list[str]] = {}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        thread, _, rest = line.partition(" ")
        name, bracket, _ = rest.strip().partition("(")
        if bracket and name.isalnum():
            threads.setdefault(thread, []).append(name)
    busiest = max(threads.values(), key=len)
    return [(name, busiest[:place].count(name) + 1) for place, name in enumerate(busiest)]


def killed_now_and_then(prepare: Callable[[], list[str]]) -> Iterator[str]:
    """Yield after each kill of the command that `prepare` returns, at moments spread over its run."""
    lengths = []
    for _ in range(3):
        start = time.monotonic()
        assert _run(prepare()) in (0, 3)
        lengths.append(time.monotonic() - start)
        yield "no moment"
    length = min(lengths)  # on a busy machine, one may take twice as long as most
    count = 100 if FULL else SOME
    for number in range(count):
        child = subprocess.Popen(
            prepare(), env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            child.wait(length * (0.5 + number / count / 2))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            yield f"moment {number}"


def killed(folder: Path, method: str, prepare: Callable[[], list[str]]) -> Iterator[str]:
    """Yield after each kill, made by strace or by the clock."""
    if method == "clock":
        return killed_now_and_then(prepare)
    if not _strace_works(folder):
        pytest.skip("strace is not there or may not trace")
    return killed_at_each_call(folder, prepare)


METHODS = pytest.mark.parametrize("method", ["strace", "clock"])
ANSWERS = pytest.mark.parametrize("answer", [b"250 2.0.0 taken\r\n", TEMPORARY], ids=["taken", "refused"])


@METHODS
@ANSWERS
def test_killed_send(
    tmp_path: Path, server: CountingServer, method: str, answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """A send that is killed at any moment loses no mail that was begun, and doubles none."""
    if method == "clock" and answer == TEMPORARY and not FULL:
        pytest.skip("a matter of make test-kills")
    tally = Tally()
    number = seen = 0

    def box() -> Path:
        return tmp_path / f"box{number}"

    def prepare() -> list[str]:
        nonlocal number, seen
        number += 1
        seen = len(server.connections)
        server.answer = answer
        script = write_script(tmp_path, server, f"mail {number}")
        return [*JSNPY, str(script), "--outbox", str(box())]

    for where in killed(tmp_path, method, prepare):
        server.wait_idle()
        reached = len(server.connections) > seen
        server.answer = b"250 2.0.0 taken\r\n"
        first = _flush_all(box())
        unknown = "delivery unknown" in first
        tally.kills += where[:2] != "no"
        tally.note(where, taken=server.count(f"mail {number}"), unknown=unknown, existed=reached)
        shutil.rmtree(box(), ignore_errors=True)
    with capsys.disabled():
        if FULL:
            print(f"\nsend, {method}, {answer[:3].decode()}: {tally}")
    assert [] == tally.faults
    assert tally.kills >= SOME // 3, tally


@METHODS
def test_killed_flush(tmp_path: Path, server: CountingServer, method: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A flush that is killed at any moment loses none of the kept mails, and doubles none."""
    tally = Tally()
    number = 0

    def box() -> Path:
        return tmp_path / f"box{number}"

    def subjects() -> list[str]:
        return [f"first {number}", f"second {number}"]

    def prepare() -> list[str]:
        nonlocal number
        number += 1
        keep(box(), server, *subjects())
        return [*JSNPY, "outbox", "flush", "--outbox", str(box())]

    for where in killed(tmp_path, method, prepare):
        server.wait_idle()
        lines = _flush_all(box()).splitlines()
        tally.kills += where[:2] != "no"
        for subject in subjects():
            unknown = any(subject in line and "delivery unknown" in line for line in lines)
            tally.note(where, taken=server.count(subject), unknown=unknown, existed=True)
        shutil.rmtree(box(), ignore_errors=True)
    with capsys.disabled():
        if FULL:
            print(f"\nflush, {method}: {tally}")
    assert [] == tally.faults
    assert tally.kills >= SOME // 3, tally


def _flush_all(box: Path) -> str:
    """Send all that a killed process left, and return what the flush said; a second flush must find no more to do."""
    # A mail that was refused for now waits for a minute: an age of 0 makes every mail due, and is its last chance.
    first = jsnpy("outbox", "flush", "--outbox", box, "--max-age", "0s")
    assert first.code in (0, 3), first
    if FULL:
        second = jsnpy("outbox", "flush", "--outbox", box)
        assert " sent" not in second.out, second
    return first.out


KEEPER = """
import sys
from jsnpy import smtp
from jsnpy.outbox import Outbox

box, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
outbox = Outbox(box)
mail = {"host": "127.0.0.1", "port": port, "from": "a@x.test", "to": "b@x.test", "subject": "s", "body": "b" * 500}
kept = 0
for _ in range(count):
    result = outbox.send(mail, smtp.Settings())
    kept += "queued" in result.details
    if "queued" not in result.details:
        print(result.code, result.error, file=sys.stderr)
outbox.close()
print(kept)
"""


@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
def test_crowd(tmp_path: Path, capsys: pytest.CaptureFixture[str], *, old: bool) -> None:
    """Processes that keep thousands of failing mails at once in one outbox lose none, and leave a sound database."""
    rounds, count = (1 if old else 4, 2500) if FULL else (1, 100)
    with refusing_port() as port:
        for _ in range(rounds):
            box = tmp_path / "box"
            before = 0
            if old:
                box.mkdir()
                shutil.copy(os.path.join(os.path.dirname(__file__), "kept_before", "outbox.db"), box)
                before = 6
            command = [sys.executable, "-c", KEEPER, str(box), str(port), str(count)]
            children = [
                subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, text=True) for _ in range(2)
            ]
            assert [f"{count}\n"] * 2 == [child.communicate(timeout=600)[0] for child in children]
            database = sqlite3.connect(box / "outbox.db")
            assert [("ok",)] == database.execute("PRAGMA integrity_check").fetchall()
            assert [(2 * count + before,)] == database.execute("SELECT count(*) FROM mails").fetchall()
            database.close()
            shutil.rmtree(box)
    with capsys.disabled():
        if FULL:
            print(f"\ncrowd: {rounds} rounds of twice {count} mails, none lost")


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """Return a port that refuses every connection, and that nobody else is given meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
