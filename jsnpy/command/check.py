"""`jsnpy check FILE…`: configs and scripts are read and compiled, nothing is run."""

from __future__ import annotations

import os

import click

from jsnpy import config, output, supervisor
from jsnpy.command import options
from jsnpy.command.click_parts import GroupedCommand, files, takes
from jsnpy.command.foreground import guarded
from jsnpy.errors import ExitCode
from jsnpy.output import STDOUT, Output
from jsnpy.runner import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.redaction import Redactor


@click.command("check", cls=GroupedCommand)
@click.argument("targets", nargs=-1, required=True, metavar="FILE…", shell_complete=files)
@takes(options.CHECK)
def command(targets: tuple[str, ...], typed: dict[str, Any]) -> int:
    """Find mistakes in configs and scripts; run nothing."""
    code: int = ExitCode.OK
    for target in targets:
        call = options.read(target, typed, os.environ, options.CHECK)
        code = max(code, _check(call))
    return code


def _check(call: options.Call) -> int:
    def read() -> config.RunConfig:
        return config.load(call.target, sets=call.sets, encoding=call.encoding)

    def work(streams: Output, redactor: Redactor) -> int:
        run = Run(read, call.options, streams, redactor)
        stopped = supervisor.supervise(run.compile, run.tick, run.deadline)
        if stopped is not None:
            run.end_early(stopped)
            return stopped
        code = run.exit_code()
        if code == ExitCode.OK and call.options.level > output.QUIET:
            streams.write(STDOUT, f"{call.target}: ok\n")
            streams.finish()
        return streams.exit_code(code)

    return guarded(work, call.options)
