"""What surrounds each use of the outbox's file: errors in plain words, changes made as one."""

from __future__ import annotations

import _sqlite3 as sqlite3  # without the conversions of dates around it, which cost 0.4 ms

from jsnpy.outbox import storage


class Troubles:
    """Puts SQLite's and the system's errors into plain words (contextlib would cost each run with an outbox 0.5 ms)."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, (sqlite3.Error, OSError)):
            raise storage.trouble(self._directory, error) from None


class Transaction:
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
