"""The net must not hold up what it is for: locks held by others, full and read-only disks, references, dead servers."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.command import jsnpy
from support.outbox import TEMPORARY, Clock, CountingServer, fields, in_turn, keep, write_script
from support.scripted import HANG, ScriptedServer

from jsnpy import smtp
from jsnpy.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOUR = 3600


@pytest.fixture
def server() -> Iterator[CountingServer]:
    """Return a server that counts the mails it takes."""
    with CountingServer() as running:
        yield running


@pytest.fixture
def held(tmp_path: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an outbox whose file another program holds; it is waited for half a second."""
    monkeypatch.setattr("jsnpy.outbox.outbox.PATIENCE", 0.5)
    keep(tmp_path / "box", server, "kept before", hours_ago=-1)
    holder = sqlite3.connect(tmp_path / "box" / "outbox.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    yield tmp_path / "box"
    holder.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return the folder of a small file system."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this account may not mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Write until nothing fits on the disk any more."""
    with open(folder / "filler", "ab", buffering=0) as file:
        for size in (4096, 1):
            full = False
            while not full:
                try:
                    file.write(b"x" * size)
                except OSError:
                    full = True


def test_a_held_lock_is_not_the_mails_time(held: Path, server: CountingServer) -> None:
    """The wait for a file that another program holds does not count as the mail's own time."""
    result = Outbox(str(held)).send(fields(server, timeout=0.3), smtp.Settings())
    assert (0, "") == (result.code, result.error)
    assert "another process does not let go of it" in result.warnings[0]
    assert 1 == server.count("Disk full")


def test_a_held_lock_leaves_a_failures_own_result(held: Path, server: CountingServer) -> None:
    """A mail that fails while another program holds the file has its own code and words, and those of the outbox."""
    server.answer = TEMPORARY
    result = Outbox(str(held)).send(fields(server, timeout=0.3), smtp.Settings())
    assert -8 == result.code
    assert "451 4.3.0" in result.error
    assert "; not kept in the outbox: " in result.error


def test_a_held_lock_is_waited_for_once(held: Path, server: CountingServer) -> None:
    """A run with many mails waits once for a file that another program holds, and says so once."""
    outbox = Outbox(str(held))
    start = time.monotonic()
    results = [outbox.send(fields(server, f"mail {number}"), smtp.Settings()) for number in range(4)]
    assert time.monotonic() - start < 2
    assert [0] * 4 == [result.code for result in results]
    assert 1 == sum("another process" in warning for result in results for warning in result.warnings)


def test_a_held_lock_and_a_deadline(held: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that must end soon waits only a part of its time for a file that another program holds."""
    monkeypatch.setattr("jsnpy.outbox.outbox.PATIENCE", 60.0)
    deadline = time.monotonic() + 4
    result = Outbox(str(held)).send(fields(server), smtp.Settings(deadline=deadline))
    assert 0 == result.code
    assert time.monotonic() < deadline


def test_full_disk_at_a_flush(disk: Path, server: CountingServer) -> None:
    """What is delivered while the disk is full is noted: each mail arrives once, and none is left as unknown."""
    subjects = [f"mail {number}" for number in range(5)]
    keep(disk / "box", server, *subjects, body="x" * 40_000)
    fill(disk)
    result = jsnpy("outbox", "flush", "--outbox", disk / "box")
    assert (0, "") == (result.code, result.err), result
    assert [1] * 5 == [server.count(subject) for subject in subjects]
    assert 0 == jsnpy("outbox", "list", "--outbox", disk / "box").code


@pytest.mark.parametrize("size", [100, 40_000, 300_000])
def test_full_disk_at_a_drop(disk: Path, server: CountingServer, size: int) -> None:
    """A mail can be dropped from a disk that is full, and its room comes back."""
    one, two = keep(disk / "box", server, "one", "two", body="x" * size)
    fill(disk)
    for id_, code in ((one, 3), (two, 0)):
        result = jsnpy("outbox", "drop", id_, "--outbox", disk / "box")
        assert (code, f"{id_} dropped\n") == (result.code, result.out), result
        assert id_ not in jsnpy("outbox", "list", "--outbox", disk / "box").out


def test_full_disk_at_a_send(disk: Path, server: CountingServer) -> None:
    """A mail that cannot be kept on a full disk is sent, or says so; what was kept before stays."""
    (id_,) = keep(disk / "box", server, "kept before", hours_ago=-1)
    fill(disk)
    run = jsnpy(write_script(disk.parent, server, "taken", body="x" * 50_000), "--outbox", disk / "box")
    assert '[0,"",null]\n' == run.out, run
    server.answer = TEMPORARY
    run = jsnpy(write_script(disk.parent, server, "refused", body="x" * 50_000), "--outbox", disk / "box")
    code, error, queued = json.loads(run.out)
    assert (-8, None, True) == (code, queued, "not kept in the outbox: " in error)
    assert id_ in jsnpy("outbox", "list", "--outbox", disk / "box").out


@pytest.mark.parametrize("old", [False, True])
def test_read_only_disk(disk: Path, server: CountingServer, *, old: bool) -> None:
    """A disk that takes no write is listed and shown from, also where an earlier version wrote the file."""
    if old:
        (disk / "box").mkdir()
        shutil.copy(os.path.join(os.path.dirname(__file__), "kept_before", "outbox.db"), disk / "box")
        with sqlite3.connect(disk / "box" / "outbox.db") as database:
            (id_,) = database.execute("SELECT id FROM mails WHERE subject LIKE '%attachment%'").fetchone()
        database.close()
    else:
        (id_,) = keep(disk / "box", server, "one")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    result = jsnpy("outbox", "list", "--outbox", disk / "box")
    assert (3, "", 6 if old else 1) == (result.code, result.err, result.out.count("\n")), result
    shown = jsnpy("outbox", "show", id_, "--outbox", disk / "box")
    assert (0, True) == (shown.code, id_ in shown.out)
    flushed = jsnpy("outbox", "flush", "--outbox", disk / "box")
    assert 2 == flushed.code
    assert "Traceback" not in flushed.err


def test_encoding_at_the_end_of_a_run(tmp_path: Path, server: CountingServer) -> None:
    """The mails that are tried at a run's end read their password's file in the run's encoding."""
    server.steps |= {"EHLO": b"250-x\r\n250 AUTH PLAIN\r\n", "AUTH": b"235 ok\r\n"}
    (tmp_path / "password").write_bytes("gehörnt".encode("cp1252"))
    mail = json.dumps({**fields(server, "one"), "user": "ann", "pass": "P"}).replace('"P"', "arg.password")
    (tmp_path / "alert.js").write_text(f"if (arg.send) send_email({mail})", encoding="utf-8")
    config = tmp_path / "alert.json"
    for send, count in ((True, 0), (False, 1)):
        server.answer = TEMPORARY if send else b"250 ok\r\n"
        arg = {"password": "${FILE:password}", "send": send}
        config.write_text(json.dumps({"scriptfile": "alert.js", "arg": arg}), encoding="utf-8")
        assert 0 == jsnpy(config, "--outbox", tmp_path / "box", "--encoding", "cp1252").code
        assert count == server.count("one")
        if send:
            database = sqlite3.connect(tmp_path / "box" / "outbox.db")
            with database:
                database.execute("UPDATE mails SET next_try = created")
            database.close()


def test_encoding_of_a_flush(tmp_path: Path, server: CountingServer) -> None:
    """A flush reads the password's file in the encoding that it is given, and says where it has none."""
    server.steps |= {"EHLO": b"250-x\r\n250 AUTH PLAIN\r\n", "AUTH": b"235 ok\r\n"}
    (tmp_path / "password").write_bytes("gehörnt".encode("cp1252"))
    mail = json.dumps({**fields(server, "one"), "user": "ann", "pass": "P"}).replace('"P"', "arg.password")
    (tmp_path / "alert.js").write_text(f"send_email({mail})", encoding="utf-8")
    arg = {"password": "${FILE:password}"}
    (tmp_path / "alert.json").write_text(json.dumps({"scriptfile": "alert.js", "arg": arg}), encoding="utf-8")
    server.answer = TEMPORARY
    box = ("--outbox", tmp_path / "box")
    assert 0 == jsnpy(tmp_path / "alert.json", *box, "--encoding", "cp1252").code
    server.answer = b"250 ok\r\n"
    assert (3, 0) == (jsnpy("outbox", "flush", "--now", *box).code, server.count("one"))
    assert (0, 1) == (jsnpy("outbox", "flush", "--now", *box, "--encoding", "cp1252").code, server.count("one"))


def kept_with(outbox: Outbox, server: ScriptedServer, **more: Any) -> None:
    """Keep a mail with a log-in."""
    result = outbox.send(fields(server, **more), smtp.Settings())
    assert "queued" in result.details, result


@pytest.mark.parametrize("reference", ["${ENV:NOT_HERE}", "${FILE:/nowhere/password}"])
def test_a_reference_that_leads_nowhere(
    tmp_path: Path, scripted: Callable[..., ScriptedServer], reference: str
) -> None:
    """A password's reference that leads nowhere uses up no try and lengthens no pause, however often."""
    server = scripted(
        EHLO=b"250-x\r\n250 AUTH PLAIN\r\n", AUTH=b"235 ok\r\n", MAIL=in_turn(b"451 later\r\n", b"250 ok\r\n")
    )
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock, secrets={"tr0ub4dor": reference})
    kept_with(outbox, server, user="ann", **{"pass": "tr0ub4dor"})
    clock.now += HOUR
    before = outbox.kept()[0].row
    for _ in range(3):
        (each,) = outbox.flush(smtp.Settings())
        assert ("waiting", True) == (each.outcome, "cannot be had" in each.text)
    after = outbox.kept()[0].row
    assert (before.tries, before.next_try) == (after.tries, after.next_try)
    assert "cannot be had" in after.error
    assert 1 == server.verbs.count("EHLO")


def test_a_reference_that_leads_nowhere_for_too_long(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A mail whose password is missing for five days is given up like any other."""
    server = scripted(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n", AUTH=b"454 later\r\n")
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock, secrets={"tr0ub4dor": "${ENV:NOT_HERE}"})
    kept_with(outbox, server, user="ann", **{"pass": "tr0ub4dor"})
    clock.now += 5 * 24 * HOUR
    (each,) = outbox.flush(smtp.Settings())
    assert ("failed", 1) == (each.outcome, each.row.tries)


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
def test_one_silence_puts_a_server_off(tmp_path: Path, server: CountingServer, stage: str) -> None:
    """A server that falls silent anywhere is waited for once in a flush."""
    server.steps["EHLO"] = b"250-x\r\n250 AUTH PLAIN\r\n"
    log_in: dict[str, Any] = {"user": "ann", "pass": "tr0ub4dor"}
    keep(tmp_path / "box", server, "one", "two", "three", timeout=0.4, **log_in)
    server.steps[stage] = HANG
    before = len(server.connections)
    standings = list(Outbox(str(tmp_path / "box")).flush(smtp.Settings()))
    assert ["waiting"] * 3 == [each.outcome for each in standings]
    assert 1 == len(server.connections) - before


def test_a_refused_token_waits(tmp_path: Path, scripted: Callable[..., ScriptedServer]) -> None:
    """A token that is refused at a further attempt is waited for; at the first one that is the end."""
    server = scripted(EHLO=b"250-x\r\n250 AUTH XOAUTH2\r\n", AUTH=in_turn(b"454 later\r\n", b"535 5.7.8 expired\r\n"))
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    token: dict[str, Any] = {"user": "ann", "pass": "ya29.token", "auth": "xoauth2"}
    kept_with(outbox, server, **token)
    clock.now += HOUR
    (each,) = outbox.flush(smtp.Settings())
    assert ("waiting", True) == (each.outcome, "535" in each.text)
    result = outbox.send(fields(server, "second", **token), smtp.Settings())
    assert (-5, False) == (result.code, "queued" in result.details)


@pytest.mark.skipif(sys.platform == "win32", reason="files have owners and modes there, but not these")
def test_an_outbox_of_another_account_can_be_listed(tmp_path: Path, server: CountingServer) -> None:
    """A look changes nothing: neither modes nor files."""
    (id_,) = keep(tmp_path / "box", server, "one", hours_ago=-1)
    os.chmod(tmp_path / "box", 0o755)
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_mode) for path in (tmp_path / "box").iterdir()}
    assert id_ in jsnpy("outbox", "list", "--outbox", tmp_path / "box").out
    assert 0 == jsnpy("outbox", "show", id_, "--outbox", tmp_path / "box").code
    after = {path.name: (path.stat().st_mtime_ns, path.stat().st_mode) for path in (tmp_path / "box").iterdir()}
    assert before == after
    assert 0o755 == (tmp_path / "box").stat().st_mode & 0o777
