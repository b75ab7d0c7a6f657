"""The command line: one table of options, a quick reader for scheduled runs, click for all else; nothing knows it."""

NAMES = ("check", "init", "types", "schema", "outbox", "submit", "login")
"""The commands: a first word that is one of them is a command; any other is the file to run."""
