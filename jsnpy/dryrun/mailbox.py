"""A folder of caught mails: numbered .eml files, the facts of their sessions, the page that shows them."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jsnpy.dryrun.page import Entry, write
from jsnpy.errors import UsageError
from jsnpy.text import printable

if TYPE_CHECKING:
    from jsnpy.dryrun.caught import CaughtMail

_TEXTS = ("sender", "server", "tls", "user", "mechanism")
_LISTS = ("recipients", "dialogue")
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_LARGEST = 64 * 1024 * 1024  # bytes read of a file, which somebody else may have put there
_BUSY = 20  # the page takes at most one part in so many of the time, however many mails come


class Mailbox:
    """Keeps mails as 001.eml, 002.eml … beside 001.json (envelope and dialogue) and shows them in index.html.

    Several processes may use one folder: a number belongs to who creates the file, and the page is made from
    what the folder holds. All that is written there is for this account alone.

    Args:
        folder: where, created when missing.
        watched: whether an open page is to look for more mails by itself.

    Attributes:
        page_path: the page.
    """

    def __init__(self, folder: str, *, watched: bool = False) -> None:
        self.folder = folder
        self.page_path = os.path.join(folder, "index.html")
        self._watched = watched
        self._next_page = 0.0
        self._stale = False

    def open(self) -> None:
        """Create the folder and its page, to know before the run that they can be.

        Raises:
            UsageError: the folder cannot be created or written.
        """
        try:
            os.makedirs(self.folder, 0o700, exist_ok=True)
            self._write_page()
        except OSError as error:
            raise self._unusable(error) from error

    def add(self, mail: CaughtMail) -> str:
        """Keep a mail under the next free number and return its file's path.

        Raises:
            UsageError: it cannot be written.
        """
        facts = {key: getattr(mail, key) for key in (*_TEXTS, *_LISTS)}
        try:
            number = self._keep(mail.raw)
            self._create(f"{number:03}.json", json.dumps(facts, indent=1).encode())
            self._stale = True
            if time.monotonic() >= self._next_page:
                self._write_page()
        except OSError as error:
            raise self._unusable(error) from error
        return self._path(f"{number:03}.eml")

    @property
    def page_due(self) -> float | None:
        """In how many seconds the page is to be brought up to date, None where it is."""
        return max(0.0, self._next_page - time.monotonic()) if self._stale else None

    def refresh(self) -> None:
        """Bring the page up to date.

        Raises:
            UsageError: it cannot be written.
        """
        if self._stale:
            try:
                self._write_page()
            except OSError as error:
                raise self._unusable(error) from error

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _unusable(self, error: OSError) -> UsageError:
        hint = "--mailbox needs a folder in which this user may create files"
        return UsageError(
            f"the mailbox {printable(self.folder)} cannot be written: {error.strerror or error}",
            "Make room on its disk." if error.errno in _FULL else hint,
        )

    def _keep(self, raw: bytes) -> int:
        taken = [int(found[1]) for name in os.listdir(self.folder) if (found := re.match(r"(\d{3,9})\.\w+$", name))]
        number = max(taken, default=0) + 1
        while True:
            try:
                self._create(f"{number:03}.eml", raw)
            except FileExistsError:  # another process was faster
                number += 1
            else:
                return number

    def _create(self, name: str, data: bytes) -> None:
        """Make a file, whole or not at all."""
        path = self._path(name)
        try:
            with open(path, "xb", opener=_private) as file:
                file.write(data)
        except FileExistsError:
            raise
        except OSError:
            with suppress(OSError):
                os.unlink(path)
            raise

    def _write_page(self) -> None:
        """Show what the folder holds; again when another process added to it meanwhile."""
        began = time.monotonic()
        self._stale = False
        shown = None
        while (held := self._held()) != shown:
            shown = held
            draft = self._path(f".index.{os.urandom(8).hex()}.html")  # a name that nobody can put a link at
            try:
                with open(draft, "x", encoding="utf-8", errors="replace", newline="\n", opener=_private) as file:
                    title = os.path.basename(os.path.abspath(self.folder))
                    write(file, (self._entry(name) for name, _ in held), title, watched=self._watched)
                _replace(draft, self.page_path)
            except OSError:
                with suppress(OSError):
                    os.unlink(draft)
                raise
        now = time.monotonic()
        self._next_page = now + _BUSY * (now - began)

    def _held(self) -> list[tuple[str, object]]:
        """The mails in the folder, newest number first, each with what tells whether it changed."""
        names = [name for name in os.listdir(self.folder) if name.lower().endswith(".eml")]
        names.sort(
            key=lambda name: (int(name[:-4]) if re.fullmatch(r"\d{1,9}", name[:-4]) else 0, name),
            reverse=True,
        )
        return [(name, (self._size(name), self._size(name[:-4] + ".json"))) for name in names]

    def _size(self, name: str) -> int:
        try:
            return os.stat(self._path(name)).st_size
        except OSError:
            return -1

    def _entry(self, name: str) -> Entry:
        try:
            raw = _contents(self._path(name))
        except OSError as error:
            raw = f"Subject: (cannot be read: {error.strerror or error})\r\n\r\n".encode()
        try:
            facts = json.loads(_contents(self._path(name[:-4] + ".json")))
        except (OSError, ValueError, RecursionError):  # none, or not ours: the mail alone is shown
            facts = {}
        if not isinstance(facts, dict):
            facts = {}
        texts = {key: facts[key] for key in _TEXTS if isinstance(facts.get(key), str)}
        lists: dict[str, Any] = {
            key: [v for v in facts[key] if isinstance(v, str)] for key in _LISTS if isinstance(facts.get(key), list)
        }
        return Entry(name=name, raw=raw, **texts, **lists)


def _private(path: str, flags: int) -> int:
    """Make a file that only this account can read."""
    return os.open(path, flags, 0o600)


def _contents(path: str) -> bytes:
    """Return what is in a file, which must be one: a pipe would be waited for, a link may lead to a secret."""

    def opened(path: str, flags: int) -> int:
        return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))

    with open(path, "rb", opener=opened) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError("no regular file")
        return file.read(min(status.st_size, _LARGEST))


def _replace(draft: str, page: str) -> None:
    for pause in (0.02, 0.1, 0.5):
        try:
            os.replace(draft, page)
        except PermissionError:  # Windows, while another process has the page in its hands
            time.sleep(pause)
        else:
            return
    os.replace(draft, page)
