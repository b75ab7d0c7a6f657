"""What a script keeps between its runs: the JSON file behind its global `state`."""

from __future__ import annotations

import os
import stat
import sys
import time

from jsnpy import json_text
from jsnpy.errors import ConfigError, ScriptError
from jsnpy.text import kind, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_POLL = 0.02
"""Seconds until a lock that another run has is tried again."""

_BUSY_TRIES = 50 if sys.platform == "win32" else 1
"""How often a file is replaced that somebody reads just now, which Windows refuses."""


_LARGEST = 64 << 20
"""Bytes of a state file at most."""


class State:
    """The state file of one run.

    Args:
        path: absolute path of the file.
        deadline: when to stop waiting for another run, in `time.monotonic()` seconds, or None.
        keeps: False: it is read and never written.

    Attributes:
        value: its JSON value, {} where there is no file.
    """

    def __init__(self, path: str, *, deadline: float | None = None, keeps: bool = True) -> None:
        # A link stays one: what it leads to is replaced.
        self._path = os.path.realpath(path)
        self._name = printable(path)
        self._deadline = deadline
        self._keeps = keeps
        self._lock: int | None = None
        self._unlocked = ""
        self._changed: list[object] = []
        self.value: object = {}

    def open(self) -> None:
        """Wait until no other run has the file, and read it.

        Raises:
            ConfigError: it cannot be read, or holds no JSON.
        """
        if self._keeps:
            try:
                self._take_lock()
            except OSError as error:  # the script shall run, and may not change anything
                self._unlocked = error.strerror or str(error)
        try:
            with open(self._path, "rb", opener=_without_waiting) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                    raise ConfigError(f"the state file {self._name} is not a file of at most {_LARGEST >> 20} MB")
                data = file.read()
        except FileNotFoundError:
            return
        except OSError as error:
            raise ConfigError(f"the state file {self._name} cannot be read: {error.strerror or error}") from None
        from jsnpy.config import text_files

        text = text_files.decode(data, self._name)
        try:
            self.value = _value(text)
        except ValueError as error:
            raise ConfigError(
                f"the state file {self._name} is damaged: {error}",
                "It is left as it is: mend it, or remove it to begin anew.",
            ) from None

    def _take_lock(self) -> None:
        from jsnpy.file_lock import try_lock

        # Another account may have put a link there, in a folder that both can write.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        self._lock = os.open(self._path + ".lock", flags, 0o666)
        while not try_lock(self._lock):
            if self._deadline is not None and time.monotonic() >= self._deadline:
                raise ConfigError(f"the state file {self._name} is in use by another run")
            time.sleep(_POLL)

    def change(self, value: object) -> None:
        """Have another value written at the end of the run."""
        self._changed = [value]

    def save(self) -> None:
        """Write the value, if it was changed.

        Raises:
            ScriptError: JSON has no such value, or the file cannot be written.
        """
        if not self._changed or not self._keeps:
            return
        value = self._changed[0]
        _refuse_foreign(value, "state", self._name)
        if self._unlocked:
            self._fail(self._unlocked)
        new = f"{self._path}.{os.urandom(4).hex()}.new"
        try:
            self._write(new, json_text.dumps(value) + "\n")
        except OSError as error:
            import contextlib

            with contextlib.suppress(OSError):  # it may not have been made
                os.unlink(new)
            self._fail(error.strerror or str(error))

    def _write(self, new: str, text: str) -> None:
        try:
            mode = os.stat(self._path).st_mode & 0o777
        except FileNotFoundError:
            mode = None

        def made(path: str, flags: int) -> int:
            return os.open(path, flags, 0o666 if mode is None else mode)  # never readable for more, not for a moment

        with open(new, "x", encoding="utf-8", newline="\n", opener=made) as file:
            if mode is not None:
                os.chmod(new, mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        for left in range(_BUSY_TRIES - 1, -1, -1):
            try:
                os.replace(new, self._path)
            except PermissionError:
                if not left:
                    raise
                time.sleep(_POLL)
            else:
                return

    def _fail(self, why: str) -> NoReturn:
        raise ScriptError(f"the state file {self._name} cannot be written: {why}")

    def close(self) -> None:
        """Let the next run have the file."""
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


def _value(text: str) -> object:
    """Return what a state file's text holds; a ValueError says in words why it holds nothing."""
    if not text.strip():
        raise ValueError("it is empty")
    try:
        value = json_text.loads(text)
        _check_written(value)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _check_written(value: object) -> None:
    try:
        json_text.dumps(value)
    except ValueError:
        raise ValueError("it holds a number too large for JavaScript") from None  # 1e999 is read, as Infinity


def _without_waiting(path: str, flags: int) -> int:
    """Open a file, but do not wait for whoever may write into it: it may be a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _refuse_foreign(value: object, path: str, name: str) -> None:
    """Check that all of a value from a script has JSON; what has none comes as {"$foreign": "Date"}."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_foreign(item, f"{path}[{index}]", name)
    elif isinstance(value, dict):
        if isinstance(value.get("$foreign"), str):
            hint = "Keep numbers, strings, booleans, null, and arrays and objects of these."
            raise ScriptError(f"{printable(path)} is {kind(value)}, which {name} cannot hold", hint)
        for key, member in value.items():
            _refuse_foreign(member, f"{path}.{key}", name)
