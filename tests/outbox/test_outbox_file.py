"""The outbox's file: no write-ahead log, nothing of what is gone, room given back, a stranger's left alone."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.command import jsnpy
from support.outbox import TEMPORARY, CountingServer, fields, keep

from jsnpy import smtp
from jsnpy.errors import OutboxError
from jsnpy.outbox import Outbox, storage

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE = Path(__file__).parent / "kept_before" / "outbox.db"


@pytest.fixture
def server() -> Iterator[CountingServer]:
    """Return a server that counts the mails it takes."""
    with CountingServer(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n") as running:
        yield running


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a folder with an outbox of an earlier version, which has a write-ahead log."""
    box = tmp_path / "old"
    box.mkdir()
    shutil.copy(BEFORE, box)
    return box


def has_log(box: Path) -> bool:
    """Return whether the file says that it has a write-ahead log."""
    return (box / "outbox.db").read_bytes()[18:20] == b"\2\2"


def contents(box: Path) -> bytes:
    """Return all that stands in the files of an outbox."""
    return b"".join(path.read_bytes() for path in sorted(box.iterdir()))


def test_no_log(tmp_path: Path, server: CountingServer) -> None:
    """A new outbox has no write-ahead log, while a mail is sent neither."""
    names: set[str] = set()

    def look(connection: object) -> bytes:
        del connection
        names.update(os.listdir(tmp_path / "box"))
        return TEMPORARY

    server.steps["MESSAGE"] = look
    outbox = Outbox(str(tmp_path / "box"))
    outbox.send(fields(server), smtp.Settings())
    assert "outbox.db" in names
    assert not [name for name in names if name.endswith(("-wal", "-shm"))]
    assert not has_log(tmp_path / "box")


def test_old_log_is_given_up(old: Path) -> None:
    """The first flush of an old outbox turns its write-ahead log into a journal."""
    assert has_log(old)
    outbox = Outbox(str(old), clock=lambda: 1764000000.0)
    list(outbox.flush(smtp.Settings()))
    outbox.close()
    assert not has_log(old)


def test_old_log_stays_while_another_uses_it(old: Path, server: CountingServer) -> None:
    """An old outbox that another process has open is used as it is, and turned by the next to open it alone."""
    other = sqlite3.connect(old / "outbox.db")
    other.execute("SELECT count(*) FROM mails").fetchone()
    server.answer = TEMPORARY
    outbox = Outbox(str(old))
    assert "queued" in outbox.send(fields(server, "new"), smtp.Settings()).details
    assert has_log(old)
    outbox.close()
    other.close()
    outbox = Outbox(str(old))
    outbox.send(fields(server, "newer"), smtp.Settings())
    assert {"new", "newer"} <= {each.row.subject for each in outbox.kept()}
    outbox.close()
    assert not has_log(old)


def test_what_an_old_outbox_delivered_is_wiped(old: Path, server: CountingServer) -> None:
    """The texts that an earlier version left in free pages are gone once this one has the file."""
    assert b"secret text" in contents(old)
    outbox = Outbox(str(old))
    outbox.send(fields(server, "new"), smtp.Settings())
    outbox.close()
    assert b"secret text" not in contents(old)


@pytest.mark.parametrize("size", [100, 3000, 200_000])
@pytest.mark.parametrize("way", ["sent", "flushed", "refused", "dropped"])
def test_what_is_gone_is_gone(tmp_path: Path, server: CountingServer, way: str, size: int) -> None:
    """Nothing of a mail stays in any file once it is delivered, refused for good or dropped: no text, no password."""
    box = tmp_path / "box"
    outbox = Outbox(str(box))
    keep(box, server, "stays", hours_ago=-1)
    mail = fields(server, "goes", body="tell-tale " * (size // 10), user="ann", **{"pass": "tr0ub4dor"})
    if way in ("flushed", "dropped"):
        server.answer = TEMPORARY
    if way == "refused":
        server.answer = b"550 5.7.1 no\r\n"
    result = outbox.send(mail, smtp.Settings())
    if way == "dropped":
        outbox.drop([str(result.details["queued"])])
    if way == "flushed":
        assert b"tell-tale" in contents(box)
        server.answer = b"250 ok\r\n"
        outbox.now = lambda: time.time() + 120
        assert "sent" in [each.outcome for each in outbox.flush(smtp.Settings())]
    found = contents(box)
    assert b"tell-tale" not in found
    assert b"tr0ub4dor" not in found
    outbox.close()
    assert ["stays"] == [each.row.subject for each in Outbox(str(box)).kept()]


def test_room_is_given_back(tmp_path: Path, server: CountingServer) -> None:
    """An outbox that held long mails is small again once they are delivered, whoever else waits in it."""
    box = tmp_path / "box"
    keep(box, server, "waits", hours_ago=-1)
    keep(box, server, "one", "two", "three", "four", body="x" * 2_000_000)
    assert (box / "outbox.db").stat().st_size > 8_000_000
    outbox = Outbox(str(box))
    list(outbox.flush(smtp.Settings()))
    outbox.close()
    assert (box / "outbox.db").stat().st_size < 100_000
    outbox.send(fields(server, "five", body="x" * 2_000_000), smtp.Settings())
    outbox.close()
    assert (box / "outbox.db").stat().st_size < 100_000


def test_nothing_but_the_file_is_left(tmp_path: Path, server: CountingServer) -> None:
    """Once nothing is kept any more, the folder holds the file alone."""
    keep(tmp_path / "box", server, "one")
    assert {"outbox.db", "outbox.spare"} == set(os.listdir(tmp_path / "box"))
    outbox = Outbox(str(tmp_path / "box"))
    list(outbox.flush(smtp.Settings()))
    outbox.close()
    assert ["outbox.db"] == os.listdir(tmp_path / "box")


@pytest.mark.parametrize("mode", ["wal", "delete"])
@pytest.mark.parametrize("kind", ["tables", "application", "version"])
def test_a_strangers_database_is_not_touched(tmp_path: Path, server: CountingServer, kind: str, mode: str) -> None:
    """A database of another program is refused before anything of it, or of its folder, is changed."""
    box = tmp_path / "box"
    box.mkdir(mode=0o755)
    database = sqlite3.connect(box / "outbox.db")
    database.execute(f"PRAGMA journal_mode = {mode}")
    statement = {
        "tables": "CREATE TABLE recipes (name TEXT)",
        "application": "PRAGMA application_id = 1",
        "version": "PRAGMA user_version = 7",
    }
    database.execute(statement[kind])
    database.close()
    os.chmod(box / "outbox.db", 0o644)

    def state() -> tuple[object, ...]:
        path = box / "outbox.db"
        return hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode, box.stat().st_mode, os.listdir(box)

    before = state()
    server.answer = TEMPORARY
    outbox = Outbox(str(box))
    result = outbox.send(fields(server), smtp.Settings())
    assert "is a database, but no outbox of jsnpy" in result.error
    with pytest.raises(OutboxError, match="no outbox of jsnpy"):
        list(outbox.flush(smtp.Settings()))
    outbox.close()
    assert before == state()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_spare_is_for_nobody_else(tmp_path: Path, server: CountingServer) -> None:
    """The room that is set aside has the file's mode."""
    keep(tmp_path / "box", server, "one")
    assert {0o600} == {path.stat().st_mode & 0o777 for path in (tmp_path / "box").iterdir()}
    assert storage.give_up_spare(str(tmp_path / "box"))
    assert not storage.give_up_spare(str(tmp_path / "box"))


@pytest.mark.parametrize(
    "column", ["created", "next_try", "tries", "owner", "error", "state", "subject", "recipients", "server"]
)
def test_a_value_that_is_no_such_thing_ends_in_words(tmp_path: Path, server: CountingServer, column: str) -> None:
    """A damaged or planted value shows no control character and is no fault of jsnpy's; the other mails are sent."""
    values = [None, -1, 1e300, "\x1b[2J", b"\xff\x1b", "9" * 40, "9" * 300, "a/../b?"]
    damaged = dict(zip(keep(tmp_path / "box", server, *["bad"] * len(values)), values, strict=True))
    keep(tmp_path / "box", server, "good")
    database = sqlite3.connect(tmp_path / "box" / "outbox.db")
    for each, value in damaged.items():
        with contextlib.suppress(sqlite3.IntegrityError):  # the table itself refuses it
            database.execute(f"UPDATE mails SET {column} = ? WHERE id = ?", (value, each))
    database.commit()
    database.close()
    for words in (["list"], ["list", "--json"], ["flush", "--now"], ["list"]):
        done = jsnpy("outbox", *words, "--outbox", tmp_path / "box")
        assert done.code in (0, 3), done
        assert "\x1b" not in done.out + done.err
    assert 1 == server.count("good")
