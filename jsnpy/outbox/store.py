"""The outbox's file: mails and what became of them, in SQLite, safe on disk when a method returns.

A mail is *claimed* by the process that sends it, *marked* when that process is about to send the final dot, and then
settled: removed, or waiting again, or given up. What a killed process leaves behind can be told by these two notes:
claimed without the mark was not delivered; claimed and marked may have been.
"""

from __future__ import annotations

import _sqlite3 as sqlite3  # without the conversions of dates around it, which cost 0.4 ms
import errno
import os
import sys
import time

from jsnpy.errors import OutboxError
from jsnpy.outbox import storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WAITING, FAILED, UNKNOWN = "waiting", "failed", "unknown"

_APPLICATION = 0x6A736E70
_VERSION = 1
_BUSY = 20.0
"""Seconds to wait for another process that is writing."""

_FRAME = 4096 + 24
_ROOM = 48 * 1024
"""Bytes of SQLite's log for what is noted of a mail beside its message."""

_FAR = 2 * 86400
"""Seconds: no next try is planned further ahead, unless the clock was put back since."""

_DUE = "state = ? AND owner IS NULL AND (next_try <= ? OR next_try > ? OR created <= ?)"

_SCHEMA = (
    """CREATE TABLE mails (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,        -- waiting, failed (given up), unknown (perhaps delivered)
    created REAL NOT NULL,      -- seconds since 1970, as all moments here
    tries INTEGER NOT NULL,
    next_try REAL NOT NULL,
    owner TEXT,                 -- who claims it, that is sends it now; NULL: nobody
    marked REAL,                -- when the final dot was about to be sent; NULL: not in this try
    error TEXT NOT NULL,        -- of the last try, without secrets
    subject TEXT NOT NULL,      -- likewise, to be shown
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    server TEXT NOT NULL,
    message_id TEXT NOT NULL
) WITHOUT ROWID""",
    # Apart, as SQLite writes a whole row anew when one of its columns changes.
    "CREATE TABLE messages (id TEXT PRIMARY KEY, data BLOB NOT NULL)",
)

_COLUMNS = (
    "id",
    "state",
    "created",
    "tries",
    "next_try",
    "owner",
    "marked",
    "error",
    "subject",
    "sender",
    "recipients",
    "server",
    "message_id",
)


class Row:
    """A kept mail without its message; the attributes are the table's columns."""

    __slots__ = _COLUMNS

    id: str
    state: str
    created: float
    tries: int
    next_try: float
    owner: str | None
    marked: float | None
    error: str
    subject: str
    sender: str
    recipients: str
    server: str
    message_id: str

    def __init__(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)


def _due(now: float, max_age: float) -> tuple[object, ...]:
    """Return the values for `_DUE`."""
    return WAITING, now, now + _FAR, now - max_age


class _Troubles:
    """Puts SQLite's and the system's errors into plain words (contextlib would cost each run with an outbox 0.5 ms)."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, (sqlite3.Error, OSError)):
            raise storage.trouble(self._directory, error) from None


class _Transaction:
    """Makes the changes in it one, safe on disk at the end; takes them back when one fails."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, failed: type[BaseException] | None, _: object, __: object) -> None:
        try:
            if failed is None:
                self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                try:
                    self._db.execute("ROLLBACK")
                except sqlite3.Error:
                    pass  # what went wrong before is what counts


class Store:
    """An open outbox, made if need be; to be used in one thread.

    Args:
        directory: its folder.

    Raises:
        OutboxError: it cannot be made, opened or read.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._troubles = _Troubles(directory)
        with self._troubles:
            storage.make_private(directory)
            path = os.path.join(directory, storage.FILE)
            self._db = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
            self._which = (os.stat(path).st_dev, os.stat(path).st_ino)
        self._transaction = _Transaction(self._db)
        try:
            with self._troubles:
                self._prepare()
        except OutboxError:
            self._db.close()
            raise

    def _prepare(self) -> None:
        db = self._db
        self._insist("PRAGMA journal_mode = WAL")
        # FULL: a commit is on the disk when it returns, not only in the right order (macOS needs the second word).
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")
        db.execute("PRAGMA secure_delete = FAST")
        if self._versions() == (_APPLICATION, _VERSION):
            return
        with self._transaction:
            application, version = self._versions()
            if (application, version) == (_APPLICATION, _VERSION):
                return  # another process was faster
            if application == _APPLICATION:
                raise OutboxError(f"the outbox {self.directory} was made by another version of jsnpy")
            if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise OutboxError(f"{os.path.join(self.directory, storage.FILE)} is a database, but no outbox of jsnpy")
            for statement in _SCHEMA:
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {_APPLICATION}")
            db.execute(f"PRAGMA user_version = {_VERSION}")

    def _insist(self, statement: str) -> None:
        """Execute what SQLite does not wait for when another process is opening the same file."""
        give_up = time.monotonic() + _BUSY
        while True:
            try:
                self._db.execute(statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
                time.sleep(0.02)
            else:
                return

    def _versions(self) -> tuple[int, int]:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return application, version

    def close(self) -> None:
        """Close the file."""
        try:
            self._db.close()
        except sqlite3.Error:
            pass  # all that counts is on the disk already

    # --- one mail's way

    def add(self, row: Row, data: bytes) -> None:
        """Keep a new mail."""
        with self._troubles:
            # What is in the log goes where it belongs, so that the log can begin anew.
            _, frames, moved = self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            with self._transaction:
                self._reserve(0 if frames == moved else frames, len(data))
                values = tuple(getattr(row, name) for name in _COLUMNS)
                marks = ", ".join("?" * len(_COLUMNS))
                self._db.execute(f"INSERT INTO mails VALUES ({marks})", values)  # noqa: S608 - only question marks
                self._db.execute("INSERT INTO messages VALUES (?, ?)", (row.id, data))

    def _reserve(self, frames: int, size: int) -> None:
        """Have room on the disk for all that will be noted of a mail, so that a disk full by then is no trouble.

        Inside of a transaction nobody else writes to SQLite's log, and it does not mind bytes behind its end.

        Args:
            frames: pages in the log that must stay.
            size: bytes of the message.
        """
        if sys.platform == "linux":
            log = os.open(os.path.join(self.directory, storage.FILE + "-wal"), os.O_RDWR)
            try:
                os.posix_fallocate(log, frames * _FRAME, size + size // 8 + _ROOM)
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # not every file system can, without glibc
                    raise
            finally:
                os.close(log)

    def mark(self, id_: str, now: float | None) -> None:
        """Note that the final dot is about to be sent; with None, that the server did not take the mail."""
        self._change("UPDATE mails SET marked = ? WHERE id = ?", (now, id_))

    def wait(self, id_: str, next_try: float, error: str, recipients: str) -> None:
        """Note that a try failed, and when to try again for whom."""
        self._change(
            "UPDATE mails SET state = ?, error = ?, recipients = ?, next_try = ?, owner = NULL, marked = NULL "
            "WHERE id = ?",
            (WAITING, _storable(error), recipients, next_try, id_),
        )

    def give_up(self, id_: str, state: str, error: str, recipients: str) -> None:
        """Note that a mail is not tried again."""
        self._change(
            "UPDATE mails SET state = ?, error = ?, recipients = ?, owner = NULL, marked = NULL WHERE id = ?",
            (state, _storable(error), recipients, id_),
        )

    def remove(self, id_: str) -> bool:
        """Forget a mail, and return whether there was one."""
        with self._troubles, self._transaction:
            self._db.execute("DELETE FROM messages WHERE id = ?", (id_,))
            return self._db.execute("DELETE FROM mails WHERE id = ?", (id_,)).rowcount > 0

    # --- all mails

    def rows(self, *, waiting: bool = True) -> list[Row]:
        """Return what is kept, the oldest first.

        Args:
            waiting: those too that wait for their next try and that nobody claims; there may be thousands.
        """
        others, values = ("", ()) if waiting else ("WHERE state != ? OR owner IS NOT NULL", (WAITING,))
        with self._troubles:
            return self._select(f"{others} ORDER BY created, id", values)

    def count(self) -> int:
        """Return how many mails are kept."""
        with self._troubles:
            found = self._db.execute("SELECT count(*) FROM mails").fetchone()
            return int(found[0])

    def row(self, id_: str) -> Row | None:
        """Return a mail, None if it is not kept (any more)."""
        with self._troubles:
            return next(iter(self._select("WHERE id = ?", (id_,))), None)

    def data(self, id_: str) -> bytes | None:
        """Return a mail's message; None: there is none, which only a damage explains."""
        with self._troubles:
            found = self._db.execute("SELECT data FROM messages WHERE id = ?", (id_,)).fetchone()
            return None if found is None else bytes(found[0])

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

    def claim(self, id_: str, owner: str, now: float, max_age: float) -> Row | None:
        """Claim a mail that was due and return it, or None where another process was faster.

        Args:
            id_: the mail.
            owner: who claims it.
            now: as for `due`.
            max_age: as for `due`.
        """
        # Looked at before the change: many processes may go through the same mails, and changes wait for each other.
        with self._troubles:
            rows = self._select(f"WHERE id = ? AND {_DUE}", (id_, *_due(now, max_age)))
        for row in rows:
            # A mail that was claimed and left again in between has one try more.
            change = "UPDATE mails SET owner = ?, tries = ? WHERE id = ? AND state = ? AND owner IS NULL AND tries = ?"
            if self._change(change, (owner, row.tries + 1, id_, WAITING, row.tries)):
                row.owner = owner
                row.tries += 1
                return row
        return None

    def recover(self, lives: Callable[[str], bool], error: str) -> None:
        """Take the claims of dead processes back: unmarked mails wait again, marked ones are unknown.

        Args:
            lives: tells whether an owner still lives.
            error: noted with mails that are unknown from now on.
        """
        with self._troubles:
            if self._db.execute("SELECT 1 FROM mails WHERE owner IS NOT NULL LIMIT 1").fetchone() is None:
                return
            # Looked at inside of the transaction: nobody can claim a mail between the look and the change.
            with self._transaction:
                owners = self._db.execute("SELECT DISTINCT owner FROM mails WHERE owner IS NOT NULL").fetchall()
                for (owner,) in owners:
                    if lives(owner):
                        continue
                    self._db.execute(
                        "UPDATE mails SET state = ?, owner = NULL, error = ? WHERE owner = ? AND marked IS NOT NULL",
                        (UNKNOWN, error, owner),
                    )
                    self._db.execute("UPDATE mails SET owner = NULL WHERE owner = ?", (owner,))

    def resend_unknown(self, now: float) -> None:
        """Let the mails that may have been delivered be tried again."""
        self._change("UPDATE mails SET state = ?, next_try = ?, marked = NULL WHERE state = ?", (WAITING, now, UNKNOWN))

    # --- SQLite

    def _select(self, condition: str, values: tuple[object, ...] = ()) -> list[Row]:
        columns = ", ".join(_COLUMNS)
        found = self._db.execute(f"SELECT {columns} FROM mails {condition}", values)  # noqa: S608 - fixed texts
        return [Row(**dict(zip(_COLUMNS, each, strict=True))) for each in found.fetchall()]

    def _change(self, statement: str, values: tuple[object, ...]) -> int:
        """Change mails, and return how many."""
        with self._troubles, self._transaction:
            return self._db.execute(statement, values).rowcount


def _storable(text: str) -> str:
    """Return text without what SQLite refuses: an error may name a path with bytes that are no UTF-8."""
    return text.encode("utf-8", "replace").decode()
