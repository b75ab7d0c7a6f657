"""Who is sending a mail just now, and whether that process still lives.

A process holds a lock on a file of its own as long as it claims mails. The kernel lets go of the lock when the
process dies, however it dies, which no process number can tell: numbers are used again, and containers that share
a folder have numbers of their own.
"""

from __future__ import annotations

import os
import sys

from jsnpy.outbox.storage import make_file

_PREFIX = "claim-"


class Owner:
    """This process (or thread) as the owner of claims in an outbox, until `leave`.

    Args:
        directory: the outbox's folder.

    Raises:
        OSError: the file cannot be made or locked.
    """

    def __init__(self, directory: str) -> None:
        while True:
            self.token = os.urandom(8).hex()
            self._path = _path(directory, self.token)
            self._file = make_file(directory, _PREFIX + self.token)
            try:
                _lock(self._file, wait=True)
                # Between making and locking it, a sweeping process may have taken it for a dead one's.
                if _same(self._path, self._file):
                    return
            except BaseException:
                os.close(self._file)
                _unlink(self._path)
                raise
            os.close(self._file)

    def leave(self) -> None:
        """Give the lock up; what is still claimed counts as a dead process's."""
        if os.name == "nt":
            os.close(self._file)
            _unlink(self._path)
        else:
            _unlink(self._path)
            os.close(self._file)


def lives(directory: str, token: str) -> bool:
    """Return whether the owner of a token still holds its lock; the file of a dead one is removed."""
    path = _path(directory, token)
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True  # another account's: only that one can tell
    try:
        if not _lock(file, wait=False):
            return True
        if os.name != "nt":
            _unlink(path)
    finally:
        os.close(file)
    if os.name == "nt":
        _unlink(path)
    return False


def sweep(directory: str) -> None:
    """Remove the files of dead processes."""
    for name in os.listdir(directory):
        if name.startswith(_PREFIX):
            lives(directory, name.removeprefix(_PREFIX))


def _path(directory: str, token: str) -> str:
    return os.path.join(directory, _PREFIX + token)


def _same(path: str, file: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # another process was faster, or (Windows) still has it open


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, *, wait: bool) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _lock(file: int, *, wait: bool) -> bool:
        try:
            # flock, not fcntl's locks: those cannot tell two threads of one process apart. Who only looks takes a
            # shared lock, so that two who look at the same moment do not take each other for the owner.
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
