"""The one kept token of a test, read and changed as the room itself does it (on Windows it is encrypted)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsnpy.oauth.folder import Slot

if TYPE_CHECKING:
    from collections.abc import Callable


def the_file(folder: Path | None = None) -> Path:
    """Return its file."""
    (path,) = (folder or Path(os.environ["JSNPY_TOKEN_DIR"])).glob("*.token")
    return path


def _slot(folder: Path | None) -> Slot:
    path = the_file(folder)
    return Slot(str(path.parent), path.stem)


def read(folder: Path | None = None) -> dict[str, Any]:
    """Return what is kept."""
    kept: dict[str, Any] = json.loads(_slot(folder).read() or "")
    return kept


def change(folder: Path | None = None, **changes: Callable[[Any], Any]) -> None:
    """Change what is kept."""
    kept = read(folder)
    for name, new in changes.items():
        kept[name] = new(kept[name])
    _slot(folder).write(json.dumps(kept))


def age(folder: Path | None, seconds: float) -> None:
    """Let time pass for it."""
    change(folder, fetched=lambda then: then - seconds)
