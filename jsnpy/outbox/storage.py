"""The outbox's folder and file: made for nobody else to read, on the disk for good, their troubles in plain words."""

from __future__ import annotations

import _sqlite3 as sqlite3  # without the conversions of dates around it, which cost 0.4 ms
import _thread
import errno
import os
import stat
import sys

from jsnpy.errors import OutboxError

FILE = "outbox.db"
SPARE = "outbox.spare"
_SPARE_SIZE = 128 * 1024
"""Bytes: what SQLite's journal takes to take out a mail of usual size."""

_OURS = (FILE, SPARE, "claim-")

_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))

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


def _insist_on_own_file(directory: str) -> None:
    """Refuse a file that somebody else may have put there: what is in it is sent in this account's name.

    Raises:
        OutboxError: it is a link, a pipe or another account's.
    """
    path = os.path.join(directory, FILE)
    try:
        found = os.lstat(path)
    except OSError:
        return  # it is not there yet, or cannot be had, which is found out soon
    if not stat.S_ISREG(found.st_mode):
        raise OutboxError(f"the outbox {directory} cannot be used: {FILE} is no regular file", "Look who put it there.")
    if sys.platform != "win32" and found.st_uid != os.geteuid() and os.geteuid() != 0:
        what = f"{FILE} belongs to another account (uid {found.st_uid})"
        raise OutboxError(f"the outbox {directory} cannot be used: {what}", "Each account needs an outbox of its own.")


def make(directory: str) -> None:
    """Make the folder and the file where they are missing, for nobody else to read, and safely on the disk.

    Raises:
        OutboxError: a file is in the way, or not to be trusted.
        OSError: the system refuses.
    """
    # One thread at a time: closing a file takes away the locks that SQLite has on it for another thread.
    with _making:
        _insist_on_folder(directory)
        _make_folder(directory, 0o700)
        _insist_on_own_file(directory)
        if not os.path.exists(os.path.join(directory, FILE)):
            # SQLite gives the journal beside it the same mode.
            try:
                os.close(make_file(directory, FILE))
            except FileExistsError:
                pass  # another process was faster
            sync_folder(directory)


def close_to_others(directory: str) -> str:
    """Let nobody else read the folder and the file, and return what an operator should know about that, or "".

    A folder that is also used for something else is left as it is: the file's own mode is enough.

    Raises:
        OSError: the system refuses.
    """
    path = os.path.join(directory, FILE)
    if os.name == "nt":
        return _close_on_windows(directory, path)
    mode = stat.S_IMODE(os.stat(directory).st_mode)
    if mode & 0o077 and _is_ours_alone(directory):
        os.chmod(directory, 0o700)
        mode = 0o700
    if stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        os.chmod(path, 0o600)
    if mode & 0o022:  # SQLite takes over what a journal beside the file says
        what = f"others may write in the outbox's folder {directory} (mode {mode:04o}), and so change its mails"
        return f"{what}: give the outbox a folder of its own"
    return ""


def _is_ours_alone(directory: str) -> bool:
    return all(name.startswith(_OURS) for name in os.listdir(directory))


def _close_on_windows(directory: str, path: str) -> str:
    """Give the account alone access; modes mean nothing there, and what is above may let everybody in."""
    import subprocess

    target, rights = (directory, "(OI)(CI)F") if _is_ours_alone(directory) else (path, "F")
    system = os.path.join(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32")

    def told(program: str, *arguments: str) -> bytes:
        command = [os.path.join(system, program), *arguments]
        return subprocess.run(command, capture_output=True, check=True, timeout=10).stdout  # noqa: S603 - Windows' own

    try:
        account = account_of(told("whoami.exe", "/user", "/fo", "csv", "/nh"))
        told("icacls.exe", target, "/inheritance:r", "/grant:r", f"{account}:{rights}")
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"the outbox {target} could not be closed to other accounts, which may read its mails ({error})"
    return ""


def account_of(said: bytes) -> str:
    """Return what icacls calls the account that whoami names: by its number, as the name may be in any code page."""
    name, _, number = said.decode("ascii", "replace").strip().strip('"').rpartition('","')
    return f"*{number}" if name else number


def make_spare(directory: str) -> None:
    """Set room aside that `give_up_spare` makes free on a full disk; a disk that is full already has none."""
    try:
        file = make_file(directory, SPARE)
    except OSError:
        return  # there is one, or there cannot be one
    try:
        os.write(file, bytes(_SPARE_SIZE))
    except OSError:
        pass
    finally:
        os.close(file)


def give_up_spare(directory: str) -> bool:
    """Remove the room that was set aside, and return whether there was any."""
    try:
        os.unlink(os.path.join(directory, SPARE))
    except OSError:
        return False
    return True


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
    sync_folder(parent)


def sync(file: int) -> None:
    """Have what was written to a file on the disk; the file keeps its size."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(file, fcntl.F_FULLFSYNC)  # fsync alone leaves it in the disk's own memory
    else:
        getattr(os, "fdatasync", os.fsync)(file)


def sync_folder(directory: str) -> None:
    """Have the names of a folder's files on the disk."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class BusyError(OutboxError):
    """Another process held the file for longer than was waited."""


class FullError(OutboxError):
    """There is no room on the disk, or it fails."""


_HOLDER = "See which one is holding it; some networks' disks say so, too, where they have no locks."
_WRITE = "Let the account that runs jsnpy write there."
_RESCUE = "Move the folder away; what is still readable of it, sqlite3's .recover finds."
_KINDS = {
    sqlite3.SQLITE_FULL: (FullError, "the disk is full", "Make room on it."),
    sqlite3.SQLITE_READONLY: (OutboxError, "it cannot be written", _WRITE),
    sqlite3.SQLITE_CANTOPEN: (OutboxError, "it cannot be opened or made", _WRITE),
    sqlite3.SQLITE_PERM: (OutboxError, "it cannot be written", _WRITE),
    sqlite3.SQLITE_BUSY: (BusyError, "another process does not let go of it", _HOLDER),
    sqlite3.SQLITE_IOERR: (
        FullError,
        "the disk fails, or is full",
        "Look at the system's messages about that disk.",
    ),
    sqlite3.SQLITE_CORRUPT: (OutboxError, "its file is damaged", _RESCUE),
    sqlite3.SQLITE_NOTADB: (OutboxError, "its file is damaged: it is no database", _RESCUE),
}


_NO_LOCKS = {sqlite3.SQLITE_IOERR | number << 8 for number in (8, 9, 14, 15)}
"""SQLite's extended codes for a lock that was refused, not held by another: UNLOCK, RDLOCK, CHECKRESERVEDLOCK, LOCK."""


def trouble(directory: str, error: Exception) -> OutboxError:
    """Return the error for what SQLite or the system says."""
    if isinstance(error, OSError):
        why = error.strerror or str(error)
        full = error.errno in _FULL
        kind, hint = (FullError, "Make room on its disk.") if full else (OutboxError, _WRITE)
        return kind(f"the outbox {directory} cannot be used: {why}", hint)
    code = getattr(error, "sqlite_errorcode", None)
    if code in _NO_LOCKS:
        why = f"its disk takes no locks ({error})"
        return OutboxError(f"the outbox {directory} cannot be used: {why}", "Put it on a disk of this machine.")
    kind, what, hint = _KINDS.get(code & 0xFF if code is not None else -1, (OutboxError, "", ""))
    reason = f"{what} ({error})" if what else str(error)
    return kind(f"the outbox {directory} cannot be used: {reason}", hint)
