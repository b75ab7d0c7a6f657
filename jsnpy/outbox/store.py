"""The outbox's file: mails and what became of them, in SQLite, safe on disk when a method returns.

A mail is claimed by the process that sends it and then settled: removed, or waiting again, or given up. How far the
sending came in between stands in the owner's file (`claims`), so that what a killed process leaves behind can be told.

SQLite keeps a rollback journal here, not a write-ahead log: before 3.51.3, two processes that write at the same time
can damage a database that has one.
"""

from __future__ import annotations

import _sqlite3 as sqlite3  # without the conversions of dates around it, which cost 0.4 ms
import os

from jsnpy.errors import OutboxError
from jsnpy.outbox import schedule, storage
from jsnpy.outbox.rows import UNKNOWN, WAITING, Row, sound
from jsnpy.outbox.transaction import Transaction, Troubles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from jsnpy.outbox.claims import Notes

    Made = TypeVar("Made")

PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""

_APPLICATION = 0x6A736E70
_VERSION = 2
_READABLE = (1, 2)
"""Version 1 is the same but for its write-ahead log and its marks, which it has in a column."""

_LOOSE_PAGES = 64
"""Free pages that are not worth to be given back to the disk while mails are kept."""

_PAUSE = " ".join(f"WHEN {tries} THEN {pause:g}" for tries, pause in enumerate(schedule.PAUSES, 1))
_FAR = f"next_try > ? + CASE tries {_PAUSE} ELSE {schedule.PAUSES[-1]:g} END"
_DUE = f"state = ? AND owner IS NULL AND (next_try <= ? OR next_try > ? AND {_FAR} OR created <= ?)"
"""A mail whose next try is further ahead than any is planned is due, too: the clock was put back since.

The plain comparison before that one is answered by the index, which has no `tries`: few rows are read for it.
"""

_SCHEMA = (
    """CREATE TABLE mails (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    created REAL NOT NULL,
    tries INTEGER NOT NULL,
    next_try REAL NOT NULL,
    owner TEXT,
    marked REAL,
    error TEXT NOT NULL,
    subject TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    server TEXT NOT NULL,
    message_id TEXT NOT NULL
) WITHOUT ROWID""",
    # Apart, as SQLite writes a whole row anew when one of its columns changes.
    "CREATE TABLE messages (id TEXT PRIMARY KEY, data BLOB NOT NULL)",
)

_INDEX = "CREATE INDEX IF NOT EXISTS standing ON mails (state, owner, next_try, created)"
"""With it, who looks for what is due reads a few bytes of each mail: there may be ten thousands."""

_COLUMNS = tuple(Row.__fields__)


class Store:
    """An open outbox, made if need be; to be used in one thread.

    Args:
        directory: its folder.
        patience: seconds to wait for another process that is writing.
        reading: whether it is only read: nothing is made or changed then.

    Attributes:
        remark: what an operator should know about it, or "".

    Raises:
        OutboxError: it cannot be made, opened or read.
    """

    def __init__(self, directory: str, *, patience: float = PATIENCE, reading: bool = False) -> None:
        self.directory = directory
        self.remark = ""
        self._troubles = Troubles(directory)
        path = os.path.join(directory, storage.FILE)
        with self._troubles:
            if not reading:
                storage.make(directory)
            self._db = sqlite3.connect(path, timeout=patience, isolation_level=None)
            self._which = (os.stat(path).st_dev, os.stat(path).st_ino)
        try:
            with self._troubles:
                if reading:
                    self._look_only(path)
                else:
                    self._prepare()
        except OutboxError:
            self._db.close()
            raise
        self._transaction = Transaction(self._db)

    def _look_only(self, path: str) -> None:
        try:
            version = self._version()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            # A write-ahead log of an earlier version on a disk that takes no write.
            self._db.close()
            place = path.replace("\\", "/").replace("%", "%25").replace("?", "%3f").replace("#", "%23")
            root = "///" if os.name == "nt" else ""
            self._db = sqlite3.connect(f"file:{root}{place}?immutable=1", uri=True, isolation_level=None)
            version = self._version()
        if not version:  # a process died before its first mail was in it
            self._db.close()
            self._db = sqlite3.connect(":memory:", isolation_level=None)
            for statement in _SCHEMA:
                self._db.execute(statement)

    def _prepare(self) -> None:
        db = self._db
        version = self._version()  # a stranger's file is left exactly as it is
        if not version or os.name != "nt":  # Windows is asked by a program of its own, once
            self.remark = storage.close_to_others(self.directory)
        self._give_up_log()
        # EXTRA: a commit is on the disk when it returns, not only in the right order (macOS needs the second word).
        db.execute("PRAGMA synchronous = EXTRA")
        db.execute("PRAGMA fullfsync = ON")
        db.execute("PRAGMA secure_delete = ON")
        if version == _VERSION:
            return
        if version:
            self._vacuum()  # an earlier version left what it removed in free pages
        with Transaction(db):
            version = self._version()
            if version == _VERSION:
                return  # another process was faster
            if not version:
                for statement in _SCHEMA:
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {_APPLICATION}")
            db.execute(_INDEX)
            db.execute(f"PRAGMA user_version = {_VERSION}")

    def _version(self) -> int:
        """Return the version of what is in the file, 0 for nothing.

        Raises:
            OutboxError: it is not ours.
        """
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if application == _APPLICATION:
            if version not in _READABLE:
                what = f"the outbox {self.directory} was made by another version of jsnpy"
                raise OutboxError(what, "Use that version for it, or name another folder.")
            return int(version)
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application or version or tables:
            what = os.path.join(self.directory, storage.FILE)
            raise OutboxError(f"{what} is a database, but no outbox of jsnpy", "Name another folder.")
        return 0

    def _give_up_log(self) -> None:
        """Have a rollback journal; an earlier version's write-ahead log can go when nobody else has the file open."""
        (mode,) = self._db.execute("PRAGMA journal_mode").fetchone()
        if mode == "wal":
            # Until then nothing is moved from the log to the file but by the last one to close it, who is alone.
            self._db.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            self._db.execute("PRAGMA journal_mode = TRUNCATE")
        except sqlite3.OperationalError as error:
            if mode != "wal" or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise

    def set_patience(self, seconds: float) -> None:
        """Wait that long for another process that is writing."""
        self._db.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def close(self) -> None:
        """Close the file."""
        try:
            self.set_patience(0)
            self._db.execute("PRAGMA journal_mode = DELETE")  # which removes the empty journal
        except sqlite3.Error:
            pass  # another process uses it
        try:
            self._db.close()
        except sqlite3.Error:
            pass  # all that counts is on the disk already

    # --- one mail's way

    def add(self, row: Row, data: bytes) -> None:
        """Keep a new mail."""
        with self._troubles, self._transaction:
            values = [getattr(row, name) for name in _COLUMNS]
            self._db.execute(f"INSERT INTO mails VALUES ({_marks(values)})", values)  # noqa: S608 - only question marks
            self._db.execute("INSERT INTO messages VALUES (?, ?)", (row.id, data))

    def claim(self, ids: Iterable[str], owner: str, now: float | None = None, max_age: float = 0) -> list[Row]:
        """Claim those of some mails that nobody claims, and return them.

        Args:
            ids: the mails.
            owner: who claims them.
            now: only those that are due at this moment; None: whatever their state.
            max_age: as for `due`.
        """
        condition, values = ("owner IS NULL", ()) if now is None else (_DUE, _due(now, max_age))
        change = f"UPDATE mails SET owner = ? WHERE id = ? AND {condition}"  # noqa: S608 - fixed texts

        def work() -> list[Row]:
            mine = [id_ for id_ in ids if self._db.execute(change, (owner, id_, *values)).rowcount]
            rows = {row.id: row for row in self._select(f"WHERE id IN ({_marks(mine)})", tuple(mine))}
            return [rows[id_] for id_ in mine]

        return self._changed(work)

    def write(self, settled: Sequence[Row], removed: Sequence[str]) -> None:
        """Note what became of claimed mails, whose claim ends.

        Args:
            settled: mails that stay, as they are now.
            removed: mails that nobody needs any more.
        """
        try:
            self._changed(lambda: self._write(settled, removed))
        except storage.FullError:
            if not removed:
                raise
            # To wipe a long message takes more room than there is: `tidy` does it when there is some.
            self._changed(lambda: self._write(settled, removed, wipe=False))

    def _write(self, settled: Sequence[Row], removed: Iterable[str], *, wipe: bool = True) -> None:
        self._db.executemany(
            "UPDATE mails SET state = ?, error = ?, recipients = ?, next_try = ?, tries = ?, owner = NULL, "
            "marked = NULL WHERE id = ?",
            [(row.state, _storable(row.error), row.recipients, row.next_try, row.tries, row.id) for row in settled],
        )
        gone = [(id_,) for id_ in removed]
        if wipe:
            self._db.executemany("DELETE FROM messages WHERE id = ?", gone)
        self._db.executemany("DELETE FROM mails WHERE id = ?", gone)

    # --- all mails

    def rows(self, *, waiting: bool = True) -> list[Row]:
        """Return what is kept, the oldest first.

        Args:
            waiting: those too that wait for their next try and that nobody claims; there may be thousands.
        """
        some = "WHERE id IN (SELECT id FROM mails WHERE state != ? OR owner IS NOT NULL)"
        others, values = ("", ()) if waiting else (some, (WAITING,))
        with self._troubles:
            return self._select(f"{others} ORDER BY created, id", values)

    def is_empty(self) -> bool:
        """Return whether no mail is kept."""
        with self._troubles:
            return self._db.execute("SELECT 1 FROM mails LIMIT 1").fetchone() is None

    def row(self, id_: str) -> Row | None:
        """Return a mail, None if it is not kept (any more)."""
        with self._troubles:
            return next(iter(self._select("WHERE id = ?", (id_,))), None)

    def data(self, id_: str) -> bytes | None:
        """Return a mail's message; None: there is none, which only a damage explains."""
        with self._troubles:
            found = self._db.execute("SELECT data FROM messages WHERE id = ?", (id_,)).fetchone()
            return found[0] if found is not None and isinstance(found[0], bytes) else None

    def there(self) -> bool:
        """Return whether the file is still the one in the folder: writing to one that was removed keeps nothing."""
        try:
            now = os.stat(os.path.join(self.directory, storage.FILE))
        except OSError:
            return False
        return (now.st_dev, now.st_ino) == self._which

    def due(self, now: float, max_age: float) -> list[str]:
        """Return the ids of the mails that are due and that nobody claims, the first one first.

        Args:
            now: a mail is due when its time has come, or when it is too old to wait for that.
            max_age: seconds a mail may be old.
        """
        with self._troubles:
            found = self._db.execute(f"SELECT id FROM mails WHERE {_DUE} ORDER BY next_try, id", _due(now, max_age))  # noqa: S608 - fixed texts
            return [id_ for (id_,) in found]

    def recover(self, found: Sequence[str], read: Callable[[str], Notes], error: str) -> list[str]:
        """Take the claims of dead processes back: by their notes mails are gone, unknown, or waiting again.

        Args:
            found: the tokens of owners that have a file.
            read: returns what an owner noted.
            error: noted with mails that are unknown from now on.

        Returns:
            The tokens whose owners are dead, and whose notes are not needed any more.
        """
        claimed = "SELECT DISTINCT owner FROM mails WHERE owner IS NOT NULL"
        with self._troubles:
            if not found and self._db.execute(f"{claimed} LIMIT 1").fetchone() is None:
                return []

        def work() -> list[str]:
            dead = []
            self._db.execute("UPDATE mails SET owner = NULL WHERE typeof(owner) NOT IN ('text', 'null')")  # a damage
            # Looked at inside of the transaction: nobody can claim a mail between the look and the change.
            for token in {*found, *(owner for (owner,) in self._db.execute(claimed).fetchall())}:
                notes = read(token)
                if not notes.lives:
                    dead.append(token)
                    self._write((), notes.accepted)
                    self._db.execute(
                        "UPDATE mails SET state = ?, owner = NULL, error = ? WHERE owner = ? "
                        "AND (marked IS NOT NULL OR id = ?)",
                        (UNKNOWN, error, token, notes.marked),
                    )
                    self._db.execute("UPDATE mails SET owner = NULL WHERE owner = ?", (token,))
            return dead

        return self._changed(work)

    def tidy(self) -> None:
        """Give room back to the disk, and set some aside while mails are kept; never raises."""
        try:
            self.set_patience(0.1)
            kept = self._number("SELECT count(*) FROM mails")
            if self._number("SELECT count(*) FROM messages") != kept:
                with self._transaction:
                    self._db.execute("DELETE FROM messages WHERE id NOT IN (SELECT id FROM mails)")
            free, pages = self._number("PRAGMA freelist_count"), self._number("PRAGMA page_count")
            if free > (_LOOSE_PAGES if kept else 0) and free * 4 > pages:
                self._vacuum()
        except sqlite3.Error:
            return  # the next one may be able to
        if kept:
            storage.make_spare(self.directory)
        else:
            storage.give_up_spare(self.directory)

    # --- SQLite

    def _vacuum(self) -> None:
        try:
            self._db.execute("VACUUM")
        except sqlite3.Error:
            pass  # another process uses the file, or the disk is full: it works as it is

    def _changed(self, work: Callable[[], Made]) -> Made:
        """Return what some work returns, its changes made as one; a full disk gets the room that was set aside."""
        try:
            with self._troubles, self._transaction:
                return work()
        except storage.FullError:
            if not storage.give_up_spare(self.directory):
                raise
            with self._troubles, self._transaction:
                return work()

    def _number(self, statement: str) -> int:
        return int(self._db.execute(statement).fetchone()[0])

    def _select(self, condition: str, values: tuple[object, ...] = ()) -> list[Row]:
        columns = ", ".join(_COLUMNS)
        found = self._db.execute(f"SELECT {columns} FROM mails {condition}", values)  # noqa: S608 - fixed texts
        return [Row(**{name: sound(name, value) for name, value in zip(_COLUMNS, each, strict=True)}) for each in found]


def _due(now: float, max_age: float) -> tuple[object, ...]:
    """Return the values for `_DUE`."""
    later = now + schedule.SLACK
    return WAITING, now, later, later, now - max_age


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _storable(text: str) -> str:
    """Return text without what SQLite refuses: an error may name a path with bytes that are no UTF-8."""
    return text.encode("utf-8", "replace").decode()
