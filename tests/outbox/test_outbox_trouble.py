"""An outbox that cannot be used: the send's own result stands, and the trouble is told in plain words."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.certificates import ca_pem
from support.command import JSNPY, clean_environment, jsnpy
from support.outbox import TEMPORARY, Clock, CountingServer, fields, keep, write_script

from jsnpy import smtp
from jsnpy.errors import OutboxError
from jsnpy.outbox import Outbox, claims, storage, store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and modes are POSIX's")


@pytest.fixture
def server() -> Iterator[CountingServer]:
    """Return a server that counts the mails it takes."""
    with CountingServer() as running:
        yield running


def sends(tmp_path: Path, server: CountingServer, box: Path, trouble: str) -> None:
    """Check that a run with an outbox in trouble sends, and that a refused mail's error tells the trouble."""
    run = jsnpy(write_script(tmp_path, server, "taken"), "--outbox", box)
    assert (0, '[0,"",null]\n') == (run.code, run.out), run
    assert f"jsnpy: warning: the outbox {box} cannot be used: " in run.err
    assert trouble in run.err
    assert 1 == run.err.count("cannot be used"), run.err
    assert 1 == server.count("taken")
    server.answer = TEMPORARY
    run = jsnpy(write_script(tmp_path, server, "refused"), "--outbox", box)
    assert 0 == run.code, run
    code, error, queued = json.loads(run.out)
    assert (-8, None) == (code, queued)
    assert "451 4.3.0 try again later" in error
    assert f"; not kept in the outbox: the outbox {box} cannot be used: " in error
    assert trouble in error
    assert 1 == run.err.count("\n"), run.err


def chores_fail(box: Path, trouble: str) -> None:
    """Check that flush and list exit 2 and say why."""
    for chore in ("flush", "list"):
        result = jsnpy("outbox", chore, "--outbox", box)
        assert (2, "") == (result.code, result.out), result
        assert result.err.startswith("jsnpy: error: the outbox ")
        assert trouble in result.err
        assert "Traceback" not in result.err


def test_file_in_the_way(tmp_path: Path, server: CountingServer) -> None:
    """A file where the folder should be keeps no mail, and no mail from being sent."""
    box = tmp_path / "box"
    box.write_text("")
    sends(tmp_path, server, box, "it is not a folder")
    chores_fail(box, "it is not a folder")


@posix
def test_folder_that_cannot_be_written(tmp_path: Path, server: CountingServer) -> None:
    """A folder that cannot be written keeps no mail, and no mail from being sent."""
    box = tmp_path / "box"
    box.mkdir(mode=0o500)
    if os.access(box, os.W_OK):
        pytest.skip("this account may write everywhere")
    sends(tmp_path, server, box, "Permission denied")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder where nobody can write")
def test_folder_where_nobody_can_write(tmp_path: Path, server: CountingServer) -> None:
    """A place where no folder can be made keeps no mail, and no mail from being sent."""
    from pathlib import Path as RealPath

    sends(tmp_path, server, RealPath("/proc/self/box"), "cannot be used")


@pytest.mark.parametrize("damage", ["text", "zeros", "half", "middle"])
def test_damaged_file(tmp_path: Path, server: CountingServer, damage: str) -> None:
    """A damaged file keeps no mail from being sent, and is never taken for an empty outbox."""
    box = tmp_path / "box"
    keep(box, server, *(f"mail {number}" for number in range(20)), body="x" * 5000)
    file = box / "outbox.db"
    data = file.read_bytes()
    file.write_bytes(
        {
            "text": b"this is no database, " * 500,
            "zeros": b"\0" * len(data),
            "half": data[: len(data) // 2],
            "middle": data[:4096] + b"\xa5" * 8192 + data[4096 + 8192 :],
        }[damage]
    )
    sends(tmp_path, server, box, "its file is damaged")
    chores_fail(box, "its file is damaged")


def test_foreign_database(tmp_path: Path, server: CountingServer) -> None:
    """A database of somebody else's is left alone."""
    box = tmp_path / "box"
    box.mkdir()
    database = sqlite3.connect(box / "outbox.db")
    with database:
        database.execute("CREATE TABLE recipes (name TEXT)")
    database.close()
    outbox = Outbox(str(box))
    server.answer = TEMPORARY
    result = outbox.send(fields(server), smtp.Settings())
    assert result.error.endswith("is a database, but no outbox of jsnpy")
    with pytest.raises(OutboxError, match="is a database, but no outbox of jsnpy"):
        outbox.kept()


def test_newer_outbox(tmp_path: Path, server: CountingServer) -> None:
    """An outbox of a later version is left alone."""
    box = tmp_path / "box"
    keep(box, server, "one")
    database = sqlite3.connect(box / "outbox.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(OutboxError, match="was made by another version of jsnpy"):
        Outbox(str(box)).kept()


@pytest.mark.parametrize("what", ["nothing", "a file without tables"])
def test_a_process_that_died_at_the_very_beginning(tmp_path: Path, server: CountingServer, what: str) -> None:
    """The file is there before its first mail: all commands take it for an empty outbox, and the next mail is kept."""
    box = tmp_path / "box"
    box.mkdir()
    (box / "outbox.db").touch()
    if what != "nothing":
        database = sqlite3.connect(box / "outbox.db")
        database.execute("VACUUM")
        database.close()
    listed = jsnpy("outbox", "list", "--outbox", box)
    assert (0, "", f"nothing is kept in {box}\n") == (listed.code, listed.out, listed.err), listed
    assert 2 == jsnpy("outbox", "show", "0123456789", "--outbox", box).code
    assert 0 == jsnpy("outbox", "flush", "--outbox", box).code
    assert 1 == len(keep(box, server, "one"))
    assert 3 == jsnpy("outbox", "list", "--outbox", box).code


@pytest.mark.parametrize(
    ("said", "account"),
    [
        (b'"firma\\ann","S-1-5-21-1-2-3-1001"\r\n', "*S-1-5-21-1-2-3-1001"),
        (b'"b\x81ro\\j\x81rgen","S-1-5-21-1-2-3-1001"\r\n', "*S-1-5-21-1-2-3-1001"),
        ('"büro\\jürgen","S-1-5-21-1-2-3-1001"\r\n'.encode(), "*S-1-5-21-1-2-3-1001"),
        (b'"nt-autorit\x84t\\system","S-1-5-18"\r\n', "*S-1-5-18"),
        (b"FIRMA\\ann\r\n", "FIRMA\\ann"),
    ],
)
def test_an_account_of_windows_is_known_by_its_number(said: bytes, account: str) -> None:
    """Its name comes in the console's code page, and in the language of the system."""
    assert account == storage.account_of(said)


def test_a_disk_without_locks_is_named(tmp_path: Path) -> None:
    """Networks' disks may have none: that is no failing disk."""
    error = sqlite3.OperationalError("disk I/O error")
    for code in (2314, 3850):
        error.sqlite_errorcode = code
        told = storage.trouble(str(tmp_path), error)
        assert "its disk takes no locks" in told.message
        assert not isinstance(told, storage.FullError)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (
            "UPDATE mails SET recipients = '[[' WHERE id = ?",
            'to (damaged): "one": given up: what is kept of it is damaged',
        ),
        ("DELETE FROM messages WHERE id = ?", "what is kept of it is damaged (its message is missing)"),
    ],
)
def test_damaged_mail(damage: str, words: str, tmp_path: Path, server: CountingServer) -> None:
    """One mail that cannot be read, or has no message, is given up and does not hold up the others."""
    box = tmp_path / "box"
    first, _ = keep(box, server, "one", "two")
    database = sqlite3.connect(box / "outbox.db")
    with database:
        database.execute(damage, (first,))
    database.close()
    result = jsnpy("outbox", "flush", "--outbox", box)
    assert 3 == result.code
    assert f"{first} to" in result.out
    assert words in result.out
    assert "given up: what is kept" in result.out
    assert 1 == server.count("two")


@pytest.mark.parametrize(
    "path",
    ["server", "server.host", "server.port", "server.timeout", "server.verify", "password", "base_dir", "oauth2"],
)
def test_a_mail_whose_server_is_none_is_given_up(path: str, tmp_path: Path, server: CountingServer) -> None:
    """Whatever stands where host, port or password should, it is one damaged mail, and the others are sent."""
    box = tmp_path / "box"
    values = [
        "[]",
        "-1",
        '{"a":1}',
        "[[1,2]]",
        '"x"' if path in ("server", "server.port", "server.timeout") else "1e99",
    ]
    ids = keep(box, server, *["bad"] * len(values), "good")
    database = sqlite3.connect(box / "outbox.db")
    with database:
        for id_, value in zip(ids, values, strict=False):
            change = f"UPDATE mails SET server = json_set(server, '$.{path}', json('{value}')) WHERE id = ?"
            database.execute(change, (id_,))
    database.close()
    result = jsnpy("outbox", "flush", "--outbox", box)
    assert 3 == result.code
    known = 1 if path in ("password", "oauth2") else 0  # an empty list is no password, an object may be a block
    assert len(values) - known <= result.out.count("given up: what is kept of it is damaged") <= len(values)
    assert 1 == server.count("good")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no folder whose files are open")
def test_folder_removed_while_a_script_runs(tmp_path: Path, server: CountingServer) -> None:
    """A folder that somebody removed is made anew for the next mail, whose claim is not taken for a dead one's."""
    box = tmp_path / "box"
    server.answer = TEMPORARY
    outbox = Outbox(str(box))
    outbox.send(fields(server, "one"), smtp.Settings())
    shutil.rmtree(box)
    kept = outbox.send(fields(server, "two"), smtp.Settings()).details["queued"]
    assert [kept] == [each.row.id for each in outbox.kept()]
    shutil.move(box, tmp_path / "moved")
    third = outbox.send(fields(server, "three"), smtp.Settings()).details["queued"]
    assert [third] == [each.row.id for each in Outbox(str(box)).kept()]
    claims = {name for name in os.listdir(box) if name.startswith("claim-")}
    assert {f"claim-{outbox.owner.token}"} == claims


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_makes_belongs_to_the_folders_owner(tmp_path: Path, server: CountingServer) -> None:
    """A root who tries the outbox of a service's account does not lock that account out."""
    box = tmp_path / "box"
    box.mkdir(mode=0o700)
    os.chown(box, 12345, 23456)
    server.answer = TEMPORARY
    outbox = Outbox(str(box))
    outbox.send(fields(server), smtp.Settings())
    found = {path.name.partition("-")[0]: path.stat() for path in box.iterdir()}
    assert {"outbox.db", "claim"} <= found.keys()
    assert {(12345, 23456, 0o600)} == {(one.st_uid, one.st_gid, one.st_mode & 0o777) for one in found.values()}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_error_that_names_an_odd_path(tmp_path: Path, server: CountingServer) -> None:
    """A path whose bytes are no UTF-8, in the error of a try, ends neither that flush nor the next ones."""
    base = os.path.join(tmp_path, os.fsdecode(b"b\xfft"))
    os.mkdir(base)
    ca_file = os.path.join(base, "ca.pem")
    with open(ca_file, "w", encoding="ascii") as file:
        file.write(ca_pem())
    clock = Clock()
    outbox = Outbox(os.path.join(base, "box"), clock=clock)
    mail = fields(server, port=1, ssl=True, tls={"ca_file": "ca.pem"})
    assert "queued" in outbox.send(mail, smtp.Settings(base_dir=base)).details
    os.remove(ca_file)
    clock.now += 3600
    (done,) = outbox.flush(smtp.Settings())
    assert "waiting" == done.outcome
    assert "tls.ca_file cannot be used" in outbox.kept()[0].row.error


def test_folder_that_cannot_be_listed(tmp_path: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that can be written but not listed is a trouble in words, as any other."""
    box = tmp_path / "box"
    keep(box, server, "one")

    def refuse(path: str) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(OutboxError, match="cannot be used: Permission denied"):
        list(Outbox(str(box)).flush(smtp.Settings()))


def test_locked_by_another(tmp_path: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An outbox that another program holds is waited for, not for ever, and the mail is sent without it."""
    monkeypatch.setattr("jsnpy.outbox.outbox.PATIENCE", 0.2)
    box = tmp_path / "box"
    keep(box, server, "one")
    holder = sqlite3.connect(box / "outbox.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    outbox = Outbox(str(box))
    result = outbox.send(fields(server, "two"), smtp.Settings())
    assert (0, "") == (result.code, result.error)
    assert "another process does not let go of it" in result.warnings[0]
    holder.execute("ROLLBACK")
    holder.close()
    server.answer = TEMPORARY
    assert "kept in the outbox as" in outbox.send(fields(server, "three"), smtp.Settings()).error


def test_usable_again_after_the_send(tmp_path: Path, server: CountingServer) -> None:
    """A mail that could not be kept before its send is kept after it, where that works by then."""
    box = tmp_path / "box"
    box.write_text("")
    server.answer = TEMPORARY

    def make_room(connection: object) -> bytes:
        del connection
        box.unlink(missing_ok=True)
        return b"221 bye\r\n"

    server.steps["QUIT"] = make_room
    outbox = Outbox(str(box))
    result = outbox.send(fields(server), smtp.Settings())
    assert result.error.endswith(f"kept in the outbox as {result.details['queued']}")
    assert ["later"] == [each.outcome for each in outbox.kept()]


class FullDisk:
    """A small file system, or a limit on the size of files.

    Args:
        kind: "tmpfs" or "limit".
        folder: where it is mounted.
        size: bytes.
    """

    def __init__(self, kind: str, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self.mounted = kind == "tmpfs"
        folder.mkdir()
        if self.mounted:
            mount = shutil.which("mount")
            command = [str(mount), "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
            if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
                pytest.skip("this account may not mount")

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the command, under the limit if there is no file system."""
        before = None
        if not self.mounted:

            def before() -> None:
                import resource
                import signal

                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))

        return subprocess.run(
            [*JSNPY, *map(str, arguments)],
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            preexec_fn=before,
        )

    def close(self) -> None:
        """Take the file system away."""
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


@posix
@pytest.mark.parametrize(
    ("kind", "kilobytes"),
    [("tmpfs", size) for size in [4, 16, 32, 48, 64, 76, 80, 96, 128, 200]]
    + [("limit", size) for size in [3, 8, 30, 70, 90]],
)
def test_full_disk(tmp_path: Path, server: CountingServer, kind: str, kilobytes: int) -> None:
    """However full the disk is, a mail that can be sent is sent, one that cannot is kept or said not to be."""
    disk = FullDisk(kind, tmp_path / "disk", kilobytes * 1024)
    try:
        box = disk.folder / "box"
        run = disk.run(write_script(tmp_path, server, "taken", body="x" * 9000), "--outbox", box)
        assert '[0,"",null]\n' == run.stdout, run
        assert 1 == server.count("taken")
        server.answer = TEMPORARY
        run = disk.run(write_script(tmp_path, server, "refused", body="x" * 9000), "--outbox", box)
        code, error, queued = json.loads(run.stdout)
        assert -8 == code
        if queued is None:
            assert "; not kept in the outbox: the outbox " in error
            assert any(why in error for why in ("the disk", "No space", "File too large")), error
        else:
            assert error.endswith(f"kept in the outbox as {queued}")
        server.answer = b"250 ok\r\n"
        flushed = disk.run("outbox", "flush", "--outbox", box, "--max-age", "0s")
        assert flushed.returncode in (0, 2, 3), flushed
        assert (flushed.returncode == 2) == ("jsnpy: error: the outbox " in flushed.stderr), flushed
        assert "Traceback" not in flushed.stderr
        unknown = "delivery unknown" in flushed.stdout
        kept = disk.run("outbox", "list", "--outbox", box).stdout
        assert 1 == server.count("taken"), "sent twice"
        if queued is not None:
            assert 1 == server.count("refused") or queued in kept or unknown
            assert server.count("refused") <= 1
    finally:
        disk.close()


def fail(*_: object) -> None:
    """Fail as the outbox's file does on a full disk."""
    raise storage.FullError("the outbox cannot be used: the disk is full")


def full(*_: object) -> None:
    """Fail as a file does on a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_mark_that_cannot_be_made(tmp_path: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the mark before the final dot fails, the dot is not sent: the mail is kept and arrives once, later."""
    clock = Clock()
    outbox = Outbox(str(tmp_path / "box"), clock=clock)
    with monkeypatch.context() as patch:
        patch.setattr(claims.Owner, "mark", full)
        result = outbox.send(fields(server), smtp.Settings())
    assert -9 == result.code
    assert result.error.startswith("stopped before the final dot, as the mail might arrive twice: the outbox ")
    assert result.error.endswith(f"kept in the outbox as {result.details['queued']}")
    server.wait_idle()
    assert [] == server.taken
    clock.now += 120
    assert ["sent"] == [each.outcome for each in outbox.flush(smtp.Settings())]
    assert 1 == server.count("Disk full")


def test_delivery_that_cannot_be_taken_out(
    tmp_path: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivered mail that cannot be taken out is a success with a warning, and the next flush takes it out."""
    first = Outbox(str(tmp_path / "box"))
    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "write", fail)
        result = first.send(fields(server), smtp.Settings())
        assert (0, "") == (result.code, result.error)
        assert "is done with, and is taken out of it later" in result.warnings[0]
        first.close()
    outbox = Outbox(str(tmp_path / "box"))
    assert [] == outbox.kept()
    assert [] == list(outbox.flush(smtp.Settings()))
    outbox.close()
    assert ["outbox.db"] == os.listdir(tmp_path / "box")
    assert 1 == server.count("Disk full")


def test_further_delivery_that_cannot_be_taken_out(
    tmp_path: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept mails that are delivered but cannot be taken out end the flush with an error, and are not sent again."""
    keep(tmp_path / "box", server, "one", "two")
    outbox = Outbox(str(tmp_path / "box"))
    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "write", fail)
        with pytest.raises(OutboxError, match="the disk is full"):
            list(outbox.flush(smtp.Settings()))
        outbox.close()
    assert ["sent", "sent"] != [each.outcome for each in Outbox(str(tmp_path / "box")).flush(smtp.Settings())]
    assert [1, 1] == [server.count("one"), server.count("two")]


def test_delivery_that_cannot_be_noted(tmp_path: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivered mail of which nothing can be noted any more is reported as unknown, and not sent again."""
    first = Outbox(str(tmp_path / "box"))
    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "write", fail)
        patch.setattr(claims.Owner, "note_accepted", full)
        result = first.send(fields(server), smtp.Settings())
        assert (0, "") == (result.code, result.error)
        assert "stays there as delivery unknown" in result.warnings[0]
        first.close()
    assert ["unknown"] == [each.outcome for each in Outbox(str(tmp_path / "box")).flush(smtp.Settings())]
    assert 1 == server.count("Disk full")


def test_dead_owners_leave_nothing(tmp_path: Path, server: CountingServer) -> None:
    """A flush removes the files of dead processes, and not those of living ones."""
    keep(tmp_path / "box", server, "one")
    living = claims.Owner(str(tmp_path / "box"))
    (tmp_path / "box" / "claim-dead").write_text("")
    assert not claims.read(str(tmp_path / "box"), "dead").lives
    assert claims.read(str(tmp_path / "box"), living.token).lives
    outbox = Outbox(str(tmp_path / "box"))
    list(outbox.flush(smtp.Settings()))
    outbox.close()
    assert {f"claim-{living.token}"} == {name for name in os.listdir(tmp_path / "box") if name.startswith("claim")}
    living.leave()


def test_two_threads_are_two_owners(tmp_path: Path) -> None:
    """An owner in the same process counts as living too, and takes its file with it."""
    one, two = claims.Owner(str(tmp_path)), claims.Owner(str(tmp_path))
    assert one.token != two.token
    two.leave()
    assert claims.read(str(tmp_path), one.token).lives
    assert not claims.read(str(tmp_path), two.token).lives
    one.leave()
    assert [] == os.listdir(tmp_path)


def test_notes_of_an_owner(tmp_path: Path) -> None:
    """What an owner noted can be read while it lives and after it died, and the note of a dot can be taken back."""
    owner = claims.Owner(str(tmp_path))
    owner.mark("one")
    owner.note_accepted("one")
    owner.mark("two")
    notes = claims.read(str(tmp_path), owner.token)
    assert (True, "two", {"one"}) == (notes.lives, notes.marked, set(notes.accepted))
    owner.unmark()
    owner.leave(notes_needed=True)
    notes = claims.read(str(tmp_path), owner.token)
    assert (False, "", {"one"}) == (notes.lives, notes.marked, set(notes.accepted))
    claims.remove(str(tmp_path), owner.token)
    assert [] == os.listdir(tmp_path)


def test_claim_files_that_vanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each claim's file vanishes at once, the claim fails after some attempts instead of trying for ever."""
    monkeypatch.setattr(claims, "_same", lambda *_: False)
    with pytest.raises(OSError, match="removes the file of each claim"):
        claims.Owner(str(tmp_path))
