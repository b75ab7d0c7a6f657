"""Who is sending a mail just now, how far that came, and whether that process still lives.

A process holds a lock on a file of its own as long as it claims mails. The kernel lets go of the lock when the
process dies, however it dies, which no process number can tell: numbers are used again, and containers that share
a folder have numbers of their own.

In the same file stands what must be noted between two bytes to a server: the mail whose final dot is about to be
sent, and mails that were accepted but are not yet taken out of the database. The file has its full size from the
start, so that a note needs no room on the disk, and one write.
"""

from __future__ import annotations

import os
import sys

from jsnpy.outbox.storage import make_file, sync, sync_folder

PREFIX = "claim-"
_SLOT = 16
"""Bytes of a note: a mail's ID."""

_SIZE = 4096
_ATTEMPTS = 100
_LONGEST = 64  # characters of a token, which has 16
ROOM = _SIZE // _SLOT - 1
"""How many accepted mails can be noted."""


class Owner:
    """This process (or thread) as the owner of claims in an outbox, until `leave`.

    Args:
        directory: the outbox's folder.

    Raises:
        OSError: the file cannot be made or locked.
    """

    def __init__(self, directory: str) -> None:
        self.marked: str | None = None
        self.accepted: list[str] = []
        for _ in range(_ATTEMPTS):
            self.token = os.urandom(8).hex()
            self._path = _path(directory, self.token)
            self._file = make_file(directory, PREFIX + self.token)
            try:
                _lock(self._file, wait=True)
                os.write(self._file, bytes(_SIZE))
                # Between making and locking it, another process may have taken it for a dead one's.
                if _same(self._path, self._file):
                    sync_folder(directory)  # what is in it, the first mark has on the disk
                    return
            except BaseException:
                os.close(self._file)
                _unlink(self._path)
                raise
            os.close(self._file)
        raise OSError("another process removes the file of each claim")

    def mark(self, id_: str) -> None:
        """Note, safely on the disk, that a mail's final dot is about to be sent.

        Raises:
            OSError: that is not possible.
        """
        self._write(0, id_)
        sync(self._file)
        self.marked = id_

    def unmark(self) -> None:
        """Note that the server did not accept the mail after all.

        Raises:
            OSError: that is not possible.
        """
        self._write(0, "")
        self.marked = None

    def note_accepted(self, id_: str) -> None:
        """Note that the server accepted a mail; the next mark makes it safe against a loss of power too.

        Raises:
            OSError: that is not possible.
        """
        if len(self.accepted) == ROOM:
            raise OSError("no more accepted mails can be noted")
        self._write(len(self.accepted) + 1, id_)
        self.accepted.append(id_)

    def forget_accepted(self) -> None:
        """Make room for other notes, when the database knows what was noted; what stands there does no harm."""
        self.accepted.clear()
        if self.marked is not None:
            self.unmark()

    def leave(self, *, notes_needed: bool = False) -> None:
        """Give the lock up; what is still claimed counts as a dead process's, whose notes may still be needed."""
        if os.name == "nt":
            os.close(self._file)
        if not notes_needed:
            _unlink(self._path)
        if os.name != "nt":
            os.close(self._file)

    def _write(self, slot: int, id_: str) -> None:
        os.lseek(self._file, slot * _SLOT, os.SEEK_SET)
        os.write(self._file, id_.encode().ljust(_SLOT, b"\0"))


class Notes:
    """What the owner of a token noted.

    Attributes:
        lives: whether it still sends; its notes may change at any moment then.
        marked: the mail whose final dot it was about to send, or "".
        accepted: mails that were accepted.
    """

    __slots__ = ("accepted", "lives", "marked")

    def __init__(self, data: bytes = b"", *, lives: bool = False) -> None:
        slots = [data[at : at + _SLOT].rstrip(b"\0").decode("ascii", "replace") for at in range(0, len(data), _SLOT)]
        self.lives = lives
        self.marked = slots[0] if slots else ""
        self.accepted = frozenset(filter(None, slots[1:]))


def read(directory: str, token: str) -> Notes:
    """Return what the owner of a token noted; changes nothing."""
    if not _is_name(token):
        return Notes()
    try:
        file = os.open(_path(directory, token), os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except FileNotFoundError:
        return Notes()
    except PermissionError:
        return Notes(lives=True)  # another account's: only that one can tell
    try:
        lives = not _lock(file, wait=False)
        os.lseek(file, 0, os.SEEK_SET)
        return Notes(os.read(file, _SIZE), lives=lives)
    finally:
        os.close(file)


def tokens(directory: str) -> list[str]:
    """Return the tokens of all owners, living or dead, that have a file.

    Raises:
        OSError: the folder cannot be read.
    """
    return [name.removeprefix(PREFIX) for name in os.listdir(directory) if name.startswith(PREFIX)]


def remove(directory: str, token: str) -> None:
    """Remove the file of a dead owner whose notes are not needed any more."""
    if not _is_name(token):
        return
    path = _path(directory, token)
    if os.name == "nt":  # which does not remove what its owner has open
        _unlink(path)
        return
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        # Under the lock: who has made the file just now and waits for the lock sees then that it is gone.
        if _lock(file, wait=False):
            _unlink(path)
    finally:
        os.close(file)


def _is_name(token: str) -> bool:
    """Return whether a file can be named so: a damaged database may have anything in a token's place."""
    return token.isascii() and token.isalnum() and len(token) <= _LONGEST


def _path(directory: str, token: str) -> str:
    return os.path.join(directory, PREFIX + token)


def _same(path: str, file: int) -> bool:
    if os.name == "nt":  # an open file cannot be removed there, and its two kinds of numbers may differ
        return True
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
        os.lseek(file, _SIZE, os.SEEK_SET)  # behind the notes: what is locked cannot be read there
        try:
            msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            if wait:
                raise
            return False
        finally:
            os.lseek(file, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _lock(file: int, *, wait: bool) -> bool:
        try:
            # flock, not fcntl's locks: those cannot tell two threads of one process apart. Who only looks takes a
            # shared lock, so that two who look at the same moment do not take each other for the owner.
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            if wait:
                raise
            return False
        return True
