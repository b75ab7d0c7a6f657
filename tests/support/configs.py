"""A folder of its own for each test, as current folder, with configs and scripts in it."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from jsnpy import config
from jsnpy.errors import JsnpyError


class Folder:
    """The current folder of a test; it holds a script `mail.js`."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = Path(os.path.realpath(path))
        monkeypatch.chdir(self.path)
        self.write("mail.js", "send_email(arg);\n")

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file, with its folders, and return its absolute path."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def load(self, text: str | bytes, *, sets: Sequence[str] = (), encoding: str | None = None) -> config.RunConfig:
        """Load a text as CaEmail.json."""
        self.write("CaEmail.json", text)
        return config.load("CaEmail.json", sets=sets, encoding=encoding)

    def fault(self, text: str | bytes, *, sets: Sequence[str] = (), encoding: str | None = None) -> str:
        """Return what jsnpy says to a text as CaEmail.json."""
        return fault(lambda: self.load(text, sets=sets, encoding=encoding))


def fault(action: Callable[[], object]) -> str:
    """Return the whole text of the error an action ends in, with its class."""
    with pytest.raises(JsnpyError) as caught:
        action()
    return f"{type(caught.value).__name__}: {caught.value}"
