"""Command lines for the fuzzers: whatever the quick reader reads, click must read the same."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any
from unittest import mock

import click

from jsnpy.command import click_commands, options, quick_arguments
from jsnpy.errors import UsageError
from jsnpy.record import as_dict

if TYPE_CHECKING:
    from jsnpy.options import Call

Reading = tuple[str, dict[str, Any], tuple[str, ...], str | None]

_WORDS = b"\0"
_VARIABLES = b"\x01"


def _reading(call: Call) -> Reading:
    """Return a call so that it can be compared."""
    return call.target, as_dict(call.options), call.sets, call.encoding


def quickly(arguments: list[str], variables: dict[str, str]) -> Reading | None:
    """Return what the quick reader reads; None where it leaves it to click."""
    call = quick_arguments.read(arguments, variables)
    return None if call is None else _reading(call)


def by_click(arguments: list[str], variables: dict[str, str]) -> Reading | None:
    """Return the run that click reads; None where it reads something else, or refuses."""
    runs: list[Reading] = []
    with (
        mock.patch.object(click_commands, "run", lambda call: runs.append(_reading(call))),
        mock.patch.dict(os.environ, variables),
        contextlib.suppress(click.ClickException, click.exceptions.Exit, UsageError),
    ):
        click_commands.commands.main(arguments, prog_name="jsnpy", standalone_mode=False)
    return runs[0] if runs else None


def command_lines(data: bytes) -> None:
    """Read words, and after a mark variables as NAME=TEXT; only runs, as commands would be carried out."""
    typed, _, kept = data.partition(_VARIABLES)
    arguments = [word.decode("utf-8", "replace") for word in typed.split(_WORDS)]
    pairs = (text.decode("utf-8", "replace").partition("=") for text in kept.split(_WORDS))
    names = {option.variable for option in options.RUN}
    variables = {name: value for name, _, value in pairs if name in names}
    found = quickly(arguments, variables)
    assert found is None or by_click(arguments, variables) == found


SEEDS = [
    _WORDS.join(line.encode().split()) + _VARIABLES + variables
    for line in (
        "CaEmail.json --outbox box --timeout 60 -q",
        "a.js --set to.email=me@x.test --set n=5 --insecure -v --log-format json",
        "--memory-limit=64MB a.js --dry-run --mailbox=m --max-age 2d",
        "a.js --probe --fail-on-send-error --encoding cp1252",
    )
    for variables in (b"", b"JSNPY_TIMEOUT=5\0JSNPY_QUIET=1", b"JSNPY_SET=a=1\nb=2\0JSNPY_DRY_RUN=on\0JSNPY_OUTBOX=x")
]
