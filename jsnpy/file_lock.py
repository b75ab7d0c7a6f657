"""A lock between processes, and threads of one, on an open file; the system lets go of it when the process dies."""

import sys

if sys.platform == "win32":
    import msvcrt

    def try_lock(file: int) -> bool:
        """Take the lock of an open file for as long as it is open; return whether nobody else has it."""
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(file: int) -> bool:
        """Take the lock of an open file for as long as it is open; return whether nobody else has it.

        Raises:
            OSError: this file system has no locks.
        """
        try:
            # flock, not fcntl's locks: those cannot tell two threads of one process apart.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
