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


_HELP = """Hand the run of FILE to a fleet of workers, and print its id.

Config, script, includes and arg travel as one task; ${ENV:...} and ${FILE:...} stay references, which the worker
resolves with its own variables and files. A worker: celery -A jsnpy.celery worker

\b
Variables:
  JSNPY_BROKER_URL      redis://..., rediss://... or amqp://... (RabbitMQ)
  JSNPY_RESULT_URL      redis://...; needed beside RabbitMQ

\b
Variables of workers:
  JSNPY_RATE            mails an account may send: 30/m, 5/s, 1000/h
  JSNPY_TAKEOVER        seconds until a dead one's runs are taken over; 300
  JSNPY_ALLOW_COMMANDS  1: programs that an oauth2 block names may be run
"""


@click.command("submit", cls=GroupedCommand, help=_HELP, short_help="Hand a run to a fleet of workers.")
@click.argument("target", metavar="FILE", shell_complete=files)
@takes(options.SUBMIT)
@click.option("--wait", is_flag=True, help="Print the run's output and exit with its code, not its id.")
def command(target: str, typed: dict[str, Any], *, wait: bool) -> int:
    """Hand a run over; `_HELP` says more."""
    call = options.read(target, typed, os.environ, options.SUBMIT)

    def work(output: Output, redactor: Redactor) -> int:
        from jsnpy.fleet.submit import submit

        return submit(target, call.options, output, redactor, sets=call.sets, encoding=call.encoding, wait=wait)

    return guarded(work, call.options)
