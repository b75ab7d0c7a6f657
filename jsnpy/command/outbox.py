"""`jsnpy outbox …`: what is done with the mails that were kept."""

from __future__ import annotations

import os

import click

from jsnpy.command import options
from jsnpy.command.click_parts import GroupedCommand, takes
from jsnpy.command.foreground import guarded
from jsnpy.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from jsnpy.options import Options
    from jsnpy.outbox import Outbox
    from jsnpy.output import Output
    from jsnpy.redaction import Redactor


@click.group("outbox", no_args_is_help=False)
def commands() -> None:
    """Look after the mails kept in an outbox."""


def _carry_out(
    typed: dict[str, Any],
    known: Iterable[options.Option],
    work: Callable[[Outbox, Options, Output, Redactor], int],
) -> int:
    from jsnpy.outbox import Outbox

    call = options.read("", typed, os.environ, known)
    wanted = call.options
    if wanted.outbox is None:
        raise UsageError("which outbox? Name its folder: --outbox DIR, or set JSNPY_OUTBOX")
    outbox = Outbox(wanted.outbox, max_age=wanted.max_age, encoding=call.encoding)
    return guarded(lambda output, redactor: work(outbox, wanted, output, redactor), wanted)


@commands.command("list", cls=GroupedCommand)
@takes(options.LIST)
def list_(typed: dict[str, Any]) -> int:
    """Show what is kept, a line a mail."""
    from jsnpy.outbox import command

    return _carry_out(typed, options.LIST, lambda outbox, _, output, __: command.show(outbox, output))


@commands.command(cls=GroupedCommand)
@takes(options.FLUSH)
def flush(typed: dict[str, Any]) -> int:
    """Try the mails that are due, a line a mail."""
    from jsnpy.outbox import command

    return _carry_out(typed, options.FLUSH, command.flush)


@commands.command(cls=GroupedCommand)
@takes(options.FLUSH)
@click.option("--unknown", is_flag=True, required=True, help="Send again mails that may have been delivered.")
def retry(typed: dict[str, Any], *, unknown: bool) -> int:
    """Try mails again that are not tried by themselves."""
    from jsnpy.outbox import command

    def work(outbox: Outbox, wanted: Options, output: Output, redactor: Redactor) -> int:
        return command.flush(outbox, wanted, output, redactor, resend_unknown=unknown)

    return _carry_out(typed, options.FLUSH, work)


@commands.command(cls=GroupedCommand)
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@takes(options.LIST)
def drop(typed: dict[str, Any], ids: tuple[str, ...]) -> int:
    """Forget mails."""
    from jsnpy.outbox import command

    return _carry_out(typed, options.LIST, lambda outbox, _, output, __: command.drop(outbox, ids, output))
