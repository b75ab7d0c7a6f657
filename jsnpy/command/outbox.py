"""`jsnpy outbox …`: its options and its progress bar; what is done then is in `jsnpy/outbox/actions.py`."""

from __future__ import annotations

import os
import sys

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

_MANY = 10
"""Mails that take a progress bar."""


@click.group("outbox", no_args_is_help=False, options_metavar=None, subcommand_metavar="COMMAND …")
def commands() -> None:
    """Look after the mails kept in an outbox.

    The outbox is a folder: --outbox DIR, or JSNPY_OUTBOX.

    Exit codes: 0 nothing is left (show: the mail was shown), 3 mails are left, 2 the outbox cannot be used or an ID
    is not there.
    """


class _Bar:
    """A progress bar on stderr, where that is a terminal (an actions.Progress)."""

    def __init__(self) -> None:
        self._bar: Any = None

    def begin(self, count: int) -> None:
        """Show that so many mails are to be tried."""
        if count >= _MANY:
            self._bar = click.progressbar(length=count, label="mails", show_pos=True, file=sys.stderr)
            self._bar.render_progress()

    def clear(self) -> None:
        """Make room for a line of output."""
        if self._bar is not None:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def advance(self) -> None:
        """Show that one more mail was tried."""
        if self._bar is not None:
            self._bar._last_line = None  # noqa: SLF001 - else click draws a line that it believes to be there once only
            self._bar.update(1)

    def end(self) -> None:
        """Show nothing any more."""
        if self._bar is not None:
            self.clear()
            self._bar.render_finish()
            self._bar = None


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


def _progress(wanted: Options) -> _Bar | None:
    from jsnpy.output import NORMAL

    return _Bar() if sys.stderr.isatty() and wanted.level == NORMAL and not wanted.log_json else None


@commands.command("list", cls=GroupedCommand)
@takes(options.LIST)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def list_(typed: dict[str, Any], *, as_json: bool) -> int:
    """Show what is kept, a line a mail.

    The line has recipients, subject, state, age, tries and the last error.

    Without a folder, but with JSNPY_BROKER_URL set: the mails that wait in the fleet.
    """
    from jsnpy.outbox import actions

    call = options.read("", typed, os.environ, options.LIST)
    if call.options.outbox is None and os.environ.get("JSNPY_BROKER_URL", "").strip():
        from jsnpy.fleet import listing

        return guarded(lambda output, redactor: listing.show(output, redactor, as_json=as_json), call.options)
    return _carry_out(typed, options.LIST, lambda box, _, output, __: actions.list_(box, output, as_json=as_json))


@commands.command(cls=GroupedCommand)
@takes(options.FLUSH)
@click.option("--now", is_flag=True, help="Try all that wait, due or not.")
def flush(typed: dict[str, Any], *, now: bool) -> int:
    """Try the mails that are due, a line a mail."""
    from jsnpy.outbox import actions

    def work(outbox: Outbox, wanted: Options, output: Output, redactor: Redactor) -> int:
        return actions.flush(outbox, wanted, output, redactor, now=now, progress=_progress(wanted))

    return _carry_out(typed, options.FLUSH, work)


@commands.command(cls=GroupedCommand)
@click.argument("id_", metavar="ID")
@takes(options.LIST)
@click.option("--eml", is_flag=True, help="Print the message as it is.")
def show(typed: dict[str, Any], *, id_: str, eml: bool) -> int:
    """Show a mail: its state, its headers, its text."""
    from jsnpy.outbox import actions

    return _carry_out(typed, options.LIST, lambda box, _, output, __: actions.show(box, id_, output, as_eml=eml))


@commands.command(cls=GroupedCommand)
@click.argument("ids", nargs=-1, metavar="ID…")
@takes(options.FLUSH)
@click.option("--unknown", is_flag=True, help="Also those that may have been delivered; without an ID: all of those.")
def retry(typed: dict[str, Any], *, ids: tuple[str, ...], unknown: bool) -> int:
    """Try mails now, whatever their age, given up or not."""
    if not ids and not unknown:
        raise UsageError("which mails? Name their IDs, or give --unknown for all of unknown delivery")
    from jsnpy.outbox import actions

    def work(outbox: Outbox, wanted: Options, output: Output, redactor: Redactor) -> int:
        bar = _progress(wanted)
        return actions.retry(outbox, wanted, output, redactor, ids=ids, unknown=unknown, progress=bar)

    return _carry_out(typed, options.FLUSH, work)


@commands.command(cls=GroupedCommand)
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@takes(options.LIST)
def drop(typed: dict[str, Any], *, ids: tuple[str, ...]) -> int:
    """Forget mails."""
    from jsnpy.outbox import actions

    return _carry_out(typed, options.LIST, lambda outbox, _, output, __: actions.drop(outbox, ids, output))
