"""Paths that begin with `~`: in an account's home folder, which some services and containers do not have."""

import os

from jsnpy.text import printable


def expanded(path: str) -> str:
    """Return a path with the home folder in place of a `~` at its beginning; other paths stay as they are.

    Args:
        path: as somebody wrote it; no shell expands it after "=", and those of Windows never do.

    Raises:
        ValueError: there is no such folder; the text says why.
    """
    if not path.startswith("~"):
        return path
    whole = os.path.expanduser(path)
    mine = path[1:2] in ("", os.sep, os.altsep)
    variable = "USERPROFILE" if os.name == "nt" else "HOME"
    # Python would take an empty one for the root folder, and a relative one for a folder in the current one.
    if mine and (not os.path.isabs(whole) or not os.environ.get(variable, "x")):
        raise ValueError(f"this account has no home folder: {variable} is unset, empty or not a whole path")
    if whole.startswith("~"):
        raise ValueError(f"no user of the name {printable(path[1:].partition('/')[0])} is known here")
    return whole
