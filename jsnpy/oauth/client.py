"""Who asks an endpoint, and what it gave."""

from __future__ import annotations

import os
import stat

from jsnpy.oauth.failure import REFUSED, TokenError
from jsnpy.record import Record
from jsnpy.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.oauth.settings import Settings
    from jsnpy.redaction import Redactor

USUAL_LIFETIME = 3600.0
"""Seconds a token is good for where the endpoint does not say."""


class Answer(Record):
    """What an endpoint gave.

    Attributes:
        access_token: the token.
        lifetime: seconds it is good for.
        refresh_token: what the next one is got with, or "".
        scope: what it is good for, as the endpoint says, or "".
        doubt: how it differs from what was asked for, or "".
    """

    access_token: str
    lifetime: float = USUAL_LIFETIME
    refresh_token: str = ""
    scope: str = ""
    doubt: str = ""


class Client(Record):
    """Who asks, for whom, and what must not be shown.

    Attributes:
        settings: what the block says.
        user: the mailbox.
        redactor: knows the secrets.
        base_dir: the folder that paths are relative to.
        config: the config as hints name it.
        insecure: whether the endpoint's certificate goes unverified.
    """

    settings: Settings
    user: str
    redactor: Redactor
    base_dir: str
    config: str
    insecure: bool

    @property
    def account(self) -> str:
        """The person who logs in."""
        return printable(self.settings.account or self.user)

    def read(self, key: str, *, largest: int = 256 * 1024) -> bytes:
        """Return the bytes of the file that a key of the block names."""
        name = getattr(self.settings, key)
        data, why = b"", ""
        try:
            with open(absolute(self.base_dir, name), "rb", opener=_without_waiting) as file:
                if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    data = file.read(largest)
                else:
                    why = "it is no regular file"
        except OSError as error:
            why = error.strerror or str(error)
        if why:
            what = f'oauth2.{key}: "{printable(name)}" cannot be read: {why}'
            raise TokenError(REFUSED, what, "paths are relative to the config's folder", temporary=False)
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # as PowerShell writes
            data = data.decode("utf-16", "replace").encode()
        return data.removeprefix(b"\xef\xbb\xbf")


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to would hold up a mail past its time."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def absolute(base_dir: str, file: str) -> str:
    """Return the absolute path of a file that a block names."""
    path = os.path.abspath(os.path.join(base_dir, file))
    if os.sep == "/" and "\\" in file and not os.path.exists(path):  # a config from Windows
        path = os.path.abspath(os.path.join(base_dir, file.replace("\\", "/")))
    return path
