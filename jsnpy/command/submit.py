"""`jsnpy submit FILE`: hands a run to the task queue."""

from __future__ import annotations

import os

import click

from jsnpy.command import options
from jsnpy.command.click_parts import GroupedCommand, files, takes
from jsnpy.command.foreground import guarded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.output import Output
    from jsnpy.redaction import Redactor


@click.command("submit", cls=GroupedCommand)
@click.argument("target", metavar="FILE", shell_complete=files)
@takes(options.SUBMIT)
@click.option("--wait", is_flag=True, help="Print the run's output and exit with its code, not its id.")
def command(target: str, typed: dict[str, Any], *, wait: bool) -> int:
    """Hand the run of FILE to the task queue (JSNPY_BROKER_URL)."""
    call = options.read(target, typed, os.environ, options.SUBMIT)

    def work(output: Output, redactor: Redactor) -> int:
        from jsnpy.fleet.submit import submit

        return submit(target, call.options, output, redactor, sets=call.sets, encoding=call.encoding, wait=wait)

    return guarded(work, call.options)
