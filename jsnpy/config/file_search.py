"""Finds a file whose path was written for another machine: backslashes, other letter case."""

import os
import stat

from jsnpy.config.text_files import BACKSLASH_HINT, not_a_file, unreadable
from jsnpy.errors import ConfigError
from jsnpy.text import printable, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INVALID_NAME = 123  # no file of Windows can be called so, as with a tab in the name
_NEAR = 0.75  # of 1: how like the wanted name another one must be to be worth a guess


def find(wanted: str, bases: "Sequence[str]", subject: "Callable[[], str]") -> tuple[str, bool]:
    r"""Return where a file really is.

    Args:
        wanted: the path as somebody wrote it, perhaps with `\` and in another letter case.
        bases: the absolute folders a relative path may start from, the preferred first.
        subject: returns what messages say in front of the path, such as `CaEmail.json:2:17: the script`.

    Returns:
        The path, and whether its letter case differs from what was written.

    Raises:
        ConfigError: nothing fits, several files do, or what fits cannot be read; it lists them.
    """
    spelled = wanted if os.sep == "\\" else wanted.replace("\\", "/")
    tried: list[str] = []
    for base in bases:
        for spelling in dict.fromkeys((wanted, spelled)):
            path = os.path.join(base, spelling)
            if _is_file(path, wanted, subject):
                return path, False
        matches = _in_other_case(base, spelled)
        if len(matches) > 1:
            listing = "".join(f"\n  {printable(match)}" for match in matches)
            raise ConfigError(
                f"{subject()} {quoted(wanted)} fits several files that differ in letter case only:{listing}",
                "Write the path exactly as the file is named.",
            )
        if matches:
            return matches[0], True
        path = os.path.normpath(os.path.join(base, spelled))
        if path not in tried:
            tried.append(path)
    listing = "".join(f"\n  {printable(path)}" for path in tried)
    raise ConfigError(f"{subject()} {quoted(wanted)} was not found; tried:{listing}", _hint(wanted, tried))


def _is_file(path: str, wanted: str, subject: "Callable[[], str]") -> bool:
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if getattr(error, "winerror", 0) == _INVALID_NAME:
            return False
        raise unreadable(f"{subject()} {quoted(wanted)}", error) from None
    except ValueError:  # a NUL, or a character this file system cannot have
        return False
    if stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
        return True
    raise not_a_file(f"{subject()} {quoted(wanted)}", mode)


def _in_other_case(base: str, spelled: str) -> list[str]:
    """Return all files that `spelled` names when letter case is ignored in each of its segments."""
    if spelled.endswith("/"):
        return []
    drive, tail = os.path.splitdrive(spelled)
    found = [drive + os.sep if os.path.isabs(spelled) else base]
    for segment in tail.replace(os.sep, "/").split("/"):
        if segment in ("", "."):
            continue
        found = [path for folder in found for path in _entries(folder, segment)]
    return sorted(path for path in found if os.path.isfile(path))


def _entries(folder: str, segment: str) -> list[str]:
    if segment == "..":
        return [os.path.join(folder, segment)]
    wanted = _folded(segment)
    try:
        return [os.path.join(folder, name) for name in os.listdir(folder) if _folded(name) == wanted]
    except (OSError, ValueError):
        return []


def _folded(name: str) -> str:
    # macOS stores accents apart from their letters: the same name must be found after a copy.
    if name.isascii():
        return name.lower()
    import unicodedata

    return unicodedata.normalize("NFC", name).casefold()


def _hint(wanted: str, tried: list[str]) -> str:
    if any(char < " " for char in wanted):
        return f"The path has a control character in it. {BACKSLASH_HINT}"
    if os.sep == "/" and wanted[1:2] == ":" and wanted[:1].isalpha():
        return "A path with a drive letter exists on Windows only: write it relative to the config."
    if os.sep == "/" and wanted.startswith("\\\\"):
        return "A path that begins with \\\\SERVER exists on Windows only: write it relative to the config."
    import difflib

    ending = os.path.splitext(wanted)[1].lower()
    for path in tried:
        folder, name = os.path.split(path)
        try:
            kin = [one for one in os.listdir(folder) if not ending or one.lower().endswith(ending)]
        except (OSError, ValueError):
            continue
        near = difflib.get_close_matches(name, kin, cutoff=_NEAR)
        if near:
            return "Did you mean " + " or ".join(quoted(one) for one in near) + "?"
    return ""
