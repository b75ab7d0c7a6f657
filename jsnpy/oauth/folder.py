"""Where tokens are kept: files for nobody else to read, written whole or not at all, by one process at a time."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time

from jsnpy.file_lock import try_lock
from jsnpy.home import expanded
from jsnpy.oauth.failure import REFUSED, TIMEOUT, TokenError
from jsnpy.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_OTHERS = 0o077
_LOCK_POLL = 0.02  # seconds; no lock of the kernel's can be waited for up to a deadline
_BUSY_TRIES = 50  # Windows refuses to replace a file while another process reads it
_ROOM = 32 * 1024  # bytes: more than any token with what belongs to it
_LARGEST = 1024 * 1024


def default_folder() -> str:
    """Return the folder that tokens are kept in: `JSNPY_TOKEN_DIR`, `$STATE_DIRECTORY`, else the platform's own.

    It is absolute, or begins with a `~` that stands for no folder.
    """
    named = os.environ.get("JSNPY_TOKEN_DIR")
    if named:
        folder = _at_home(named)
        return folder if folder.startswith("~") else os.path.abspath(folder)
    # systemd lists several with colons between; the folder itself is open to all by its default mode.
    state = os.environ.get("STATE_DIRECTORY", "").partition(os.pathsep)[0]
    if state:
        return os.path.join(os.path.abspath(state), "tokens")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or _at_home(r"~\AppData\Local")
    elif sys.platform == "darwin":
        base = _at_home("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_STATE_HOME", "")
        if not os.path.isabs(base):  # as its specification has it
            base = _at_home("~/.local/state")
    return os.path.join(base, "jsnpy", "tokens")


def _at_home(path: str) -> str:
    try:
        return expanded(path)
    except ValueError:
        return path  # for a Slot to say so


class Unwritable(Exception):  # noqa: N818 - a state of the folder, which some grants can live with
    """The folder or the file cannot be written; the text says why."""


class Slot:
    """The file of one identity.

    Args:
        folder: absolute path of the folder; or what begins with `~` and stands for none, which is never written.
        name: the file's name, without its ending.
    """

    def __init__(self, folder: str, name: str) -> None:
        self.folder = folder
        self.path = os.path.join(folder, f"{name}.token")
        self._new = os.path.join(folder, f"{name}.new")
        self._lock = os.path.join(folder, f"{name}.lock")

    def _insist_on_folder(self) -> None:
        try:
            expanded(self.folder)
        except ValueError as why:
            raise Unwritable(str(why)) from None

    def read(self) -> str | None:
        """Return the file's text, None where there is none.

        Raises:
            TokenError: the file or the folder is a link, another account's, or open to others; or cannot be read.
            Unwritable: the folder cannot be entered.
            ValueError: what is in it is no text.
        """
        self._insist_on_folder()
        try:
            file = os.open(self.path, os.O_RDONLY | _NO_FOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            try:
                _check_unread(self.path)
            except OSError as why:
                raise Unwritable(why.strerror or str(why)) from None
            raise _unreadable(self.path, error) from None
        try:
            _check_private(self.path, os.fstat(file))
            data = _read_all(file)
            _check_folder(self.folder)
        except OSError as error:  # a disk that fails
            raise _unreadable(self.path, error) from None
        finally:
            os.close(file)
        return _opened(data).decode()

    def insist_on_safety(self) -> None:
        """Raise a TokenError for a file or a folder that is a link, another account's, or open to others."""
        try:
            _check_unread(self.path)
            _check_folder(self.folder)
        except OSError:
            pass  # not there yet, or not to be had, which whoever writes finds out

    def lock(self, deadline: float) -> Callable[[], None]:
        """Become the only process that renews this token, and return what gives that up again.

        Args:
            deadline: time.monotonic() up to which another process is waited for; 0: not at all.

        Raises:
            Unwritable: there is no lock to be had in this folder.
            TokenError: another process holds it all the time, or the folder is not safe.
        """
        self._insist_on_folder()
        try:
            _make_folder(self.folder)
            file = os.open(self._lock, os.O_RDWR | os.O_CREAT | _NO_FOLLOW, 0o600)
        except OSError as error:
            raise Unwritable(error.strerror or str(error)) from None
        try:
            _check_folder(self.folder)
            _check_private(self._lock, os.fstat(file))  # another account's could be held for ever
            _wait_for_lock(file, deadline)
        except OSError as error:  # some networks' disks have no locks
            os.close(file)
            raise Unwritable(error.strerror or str(error)) from None
        except BaseException:
            os.close(file)
            raise
        return lambda: os.close(file)

    def prepare(self) -> None:
        """Make sure that there is room for a token, before an endpoint is asked for one; only under the lock.

        Raises:
            Unwritable: there is none.
        """
        try:
            self._write_new(b"\0" * _ROOM)
        except OSError as error:
            self.discard()
            raise Unwritable(error.strerror or str(error)) from None

    def discard(self) -> None:
        """Undo `prepare`."""
        try:
            os.unlink(self._new)
        except OSError:
            pass  # it is gone, or a later one replaces it

    def write(self, text: str) -> None:
        """Put a text in the file's place; it is on the disk when this returns; only under the lock.

        Raises:
            Unwritable: it is not.
        """
        self._insist_on_folder()
        try:
            self._write_new(_sealed(text.encode()))
            _replace(self._new, self.path)
            _sync(self.folder)
        except OSError as error:
            self.discard()
            raise Unwritable(error.strerror or str(error)) from None

    def _write_new(self, data: bytes) -> None:
        self.discard()
        file = os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            os.fsync(file)
        finally:
            os.close(file)


def _wait_for_lock(file: int, deadline: float) -> None:
    while not try_lock(file):
        if time.monotonic() + _LOCK_POLL > deadline:
            raise TokenError(TIMEOUT, "another jsnpy process has been getting this token all the time")
        time.sleep(_LOCK_POLL)


def _read_all(file: int) -> bytes:
    data = b""
    while len(data) < _LARGEST and (piece := os.read(file, _LARGEST)):
        data += piece
    return data


def _unsafe(path: str, what: str, cure: str) -> TokenError:
    return TokenError(
        REFUSED, f"the kept token is not used: {printable(path)} {what}", f"look who did that, then: {printable(cure)}"
    )


def _unreadable(path: str, error: OSError) -> TokenError:
    what = f"the token file {printable(path)} cannot be read: {error.strerror or error}"
    return TokenError(REFUSED, what, "let the account that runs jsnpy read it")


def _make_folder(folder: str) -> None:
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    if not os.path.exists(parent):
        os.makedirs(parent, exist_ok=True)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        if not os.path.isdir(folder):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None


def _replace(new: str, path: str) -> None:
    for left in range(_BUSY_TRIES, 0, -1):
        try:
            os.replace(new, path)
        except PermissionError:
            if os.name != "nt" or left == 1:
                raise
            time.sleep(_LOCK_POLL)
        else:
            return


if sys.platform == "win32":
    from jsnpy.oauth.dpapi import protect as _sealed
    from jsnpy.oauth.dpapi import unprotect as _opened

    _NO_FOLLOW = os.O_NOINHERIT | os.O_BINARY
    _BINARY = os.O_BINARY

    def _check_private(path: str, found: os.stat_result) -> None:
        del path, found  # what is in the file is for this account alone, whoever can open it

    def _check_unread(path: str) -> None:
        del path

    def _check_folder(folder: str) -> None:
        del folder

    def _sync(folder: str) -> None:
        del folder  # Windows has no such thing
else:
    _NO_FOLLOW = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe would be waited for
    _BINARY = 0

    def _sealed(data: bytes) -> bytes:
        return data

    def _opened(data: bytes) -> bytes:
        return data

    def _check_private(path: str, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise _unsafe(path, "is no regular file", f"rm -r {path}")
        if found.st_uid != os.geteuid():
            raise _unsafe(path, f"belongs to another account (uid {found.st_uid})", f"rm {path}")
        if found.st_mode & _OTHERS:
            raise _unsafe(path, f"is open to others (mode {stat.S_IMODE(found.st_mode):04o})", f"chmod 600 {path}")

    def _check_unread(path: str) -> None:
        """Say why a file could not be opened, if that is nothing that just happens."""
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            raise _unsafe(path, "is a link", f"rm {path}")
        _check_private(path, found)

    def _check_folder(folder: str) -> None:
        """See to it that only this account can put files into the folder.

        One with our files alone that others can read is closed; where they could write, one of our tokens may by now
        have the name of another, and would go to another server.
        """
        found = os.stat(folder)
        if found.st_uid != os.geteuid():
            raise _unsafe(folder, f"belongs to another account (uid {found.st_uid})", f"chown {os.geteuid()} {folder}")
        if not found.st_mode & _OTHERS:
            return
        names = os.listdir(folder)
        if found.st_mode & 0o022 and names:
            mode = stat.S_IMODE(found.st_mode)
            raise _unsafe(folder, f"can be written by others (mode {mode:04o})", f"chmod 700 {folder}")
        if all(name.endswith((".token", ".lock", ".new")) for name in names):
            try:
                os.chmod(folder, 0o700)
            except OSError:
                pass  # on a disk that is only read; the files in it are closed

    def _sync(folder: str) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
