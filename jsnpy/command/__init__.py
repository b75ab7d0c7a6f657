"""The command line: one table of options, a quick reader for scheduled runs, click for all else; nothing knows it."""

from os import path

NAMES = ("check", "init", "types", "schema", "outbox", "submit", "login")
"""The commands: a first word that is one of them is a command; any other is the file to run."""


def may_be_a_command(word: str) -> bool:
    """Return whether a word that names no file looks like a command, known or not."""
    return "." not in word and word not in ("", "-") and not path.lexists(word)
