"""The outbox's folder and file: made for nobody else to read, on the disk for good, their troubles in plain words."""

from __future__ import annotations

import _sqlite3 as sqlite3  # without the conversions of dates around it, which cost 0.4 ms
import _thread
import os
import stat
import sys

from jsnpy.errors import OutboxError

FILE = "outbox.db"

_making = _thread.allocate_lock()


def exists(directory: str) -> bool:
    """Return whether there is an outbox in a folder.

    Raises:
        OutboxError: that cannot be told.
    """
    try:
        os.stat(os.path.join(directory, FILE))
    except FileNotFoundError:
        _insist_on_folder(directory)
        return False
    except OSError as error:
        _insist_on_folder(directory)
        raise trouble(directory, error) from None
    return True


def _insist_on_folder(directory: str) -> None:
    if os.path.lexists(directory) and not os.path.isdir(directory):
        raise OutboxError(f"the outbox {directory} cannot be used: it is not a folder", "Name another folder.")


def make_private(directory: str) -> None:
    """Make the folder and the file, for nobody else to read; both are on the disk when this returns.

    Raises:
        OutboxError: a file is in the way.
        OSError: the system refuses.
    """
    # One thread at a time: closing a file takes away the locks that SQLite has on it for another thread.
    with _making:
        _make_private(directory)


def _make_private(directory: str) -> None:
    _insist_on_folder(directory)
    path = os.path.join(directory, FILE)
    _make_folder(directory, 0o700)
    # A folder that is also used for something else keeps its mode: the file's own is enough.
    ours = (FILE, "claim-")
    if (
        os.name != "nt"
        and stat.S_IMODE(os.stat(directory).st_mode) & 0o077
        and all(name.startswith(ours) for name in os.listdir(directory))
    ):
        os.chmod(directory, 0o700)
    if not os.path.exists(path):
        # SQLite gives the files beside it (-wal, -shm) the same mode.
        try:
            os.close(make_file(directory, FILE))
        except FileExistsError:
            pass  # another process was faster
        _sync(directory)
    if os.name != "nt" and stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        os.chmod(path, 0o600)


def make_file(directory: str, name: str) -> int:
    """Make a file for nobody else to read, and return its handle.

    What root makes in another account's folder is made that account's, which could not use its outbox any more.

    Raises:
        OSError: there is such a file, or the system refuses.
    """
    file = os.open(os.path.join(directory, name), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    if sys.platform != "win32" and os.geteuid() == 0:
        theirs = os.stat(directory)
        try:
            os.fchown(file, theirs.st_uid, theirs.st_gid)
        except OSError:
            pass  # as on a network's disk, where root is nobody
    return file


def _make_folder(directory: str, mode: int) -> None:
    """Make a folder and those above it, each on the disk when this returns."""
    parent = os.path.dirname(directory)
    if os.path.isdir(directory) or parent == directory:
        return
    _make_folder(parent, 0o777)
    try:
        os.mkdir(directory, mode)
    except FileExistsError:
        pass  # another process was faster
    _sync(parent)


def _sync(directory: str) -> None:
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_HINTS = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Make room on it."),
    sqlite3.SQLITE_READONLY: ("it cannot be written", "Let the account that runs jsnpy write there."),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened or made", "Let the account that runs jsnpy write there."),
    sqlite3.SQLITE_PERM: ("it cannot be written", "Let the account that runs jsnpy write there."),
    sqlite3.SQLITE_BUSY: ("another process does not let go of it", "See which one is holding it."),
    sqlite3.SQLITE_IOERR: ("the disk fails, or is full", "Look at the system's messages about that disk."),
    sqlite3.SQLITE_CORRUPT: (
        "its file is damaged",
        "Move the folder away; what is still readable of it, sqlite3's .recover finds.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "its file is damaged: it is no database",
        "Move the folder away; what is still readable of it, sqlite3's .recover finds.",
    ),
}


def trouble(directory: str, error: Exception) -> OutboxError:
    """Return the error for what SQLite or the system says."""
    if isinstance(error, OSError):
        why = error.strerror or str(error)
        full = "space" in why.lower() or "quota" in why.lower()
        hint = "Make room on its disk." if full else "Let the account that runs jsnpy write there."
        return OutboxError(f"the outbox {directory} cannot be used: {why}", hint)
    code = getattr(error, "sqlite_errorcode", None)
    what, hint = _HINTS.get(code & 0xFF if code is not None else -1, ("", ""))
    reason = f"{what} ({error})" if what else str(error)
    return OutboxError(f"the outbox {directory} cannot be used: {reason}", hint)
