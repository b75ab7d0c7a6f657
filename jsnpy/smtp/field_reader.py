"""What reading any field of send_email needs: the log for what nobody reads, texts, paths of files."""

from __future__ import annotations

import os

from jsnpy.smtp.values import SHOWN_MAX, describe, invalid, one_line, scalar_text, shown
from jsnpy.text import did_you_mean, printable, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MEANT = {"secure": "ssl"}
"""What other libraries call a field, where the spelling is no help."""

_MOST_UNKNOWN = 20
_PATH_SHOWN = 200


class FieldReader:
    """Reads fields of a mail.

    Args:
        base_dir: folder that paths are relative to.
        note: called with each line for the log.

    Attributes:
        misspelt: fields that were probably meant, each with what the script calls it.
    """

    def __init__(self, base_dir: str, note: Callable[[str], None]) -> None:
        self.base_dir = base_dir
        self.note = note
        self.misspelt: dict[str, str] = {}

    def unknown(self, prefix: str, fields: dict[object, object], known: tuple[str, ...]) -> None:
        """Name the fields that nobody reads in the log."""
        unknown = [one_line(str(key)[:SHOWN_MAX]) for key in fields if key not in known]
        for name in unknown[:_MOST_UNKNOWN]:
            meant = _MEANT.get(name.lower())
            meant = meant if meant in known else did_you_mean(name, known)
            hint = f'; did you mean "{meant}"?' if meant else ""
            if meant:
                self.misspelt[f"{prefix}{meant}"] = f"{prefix}{name}"
            self.note(f'unknown field "{prefix}{name}" ignored{hint}')
        if len(unknown) > _MOST_UNKNOWN:
            self.note(f"{len(unknown) - _MOST_UNKNOWN} more unknown fields ignored")

    def text(self, fields: dict[object, object], name: str) -> str:
        """Return a text, or a number or boolean as text."""
        value = fields.get(name)
        text = scalar_text(value)
        if text is None:
            raise invalid(name, "is missing" if value is None else f"must be a string, not {describe(value)}")
        return whole(text)

    def path(self, value: str, name: str) -> str:
        """Return the file a path leads to, in either system's spelling."""
        if "\0" in value:
            raise invalid(name, "contains a NUL character")
        value = whole(value)
        path = os.path.join(self.base_dir, value)
        if "\\" in value and not os.path.exists(path):
            path = os.path.join(self.base_dir, value.replace("\\", "/"))
        if not os.path.isfile(path):
            why = "is a folder" if os.path.isdir(path) else "does not exist, or is no regular file"
            # A URL is no path, and its password could not be told any more from one.
            if "://" not in value:
                why += f" (looked for {shown(os.path.abspath(path), _PATH_SHOWN)[1:-1]})"
            raise invalid(name, f"{shown(value, _PATH_SHOWN)} {why}", _backslash_hint(value))
        return path


def _backslash_hint(path: str) -> str:
    """Return what to do about a path whose backslashes JSON, or JavaScript, took for something else."""
    if printable(path) == path:
        return ""
    return r"a backslash and a letter were read as one control character: write C:\\temp or C:/temp"
