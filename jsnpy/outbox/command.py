"""What `jsnpy outbox` does: a line a mail on stdout, exit code 0 when nothing is left and 3 when something is."""

from __future__ import annotations

import time

from jsnpy import supervisor
from jsnpy.errors import ExitCode, UsageError
from jsnpy.outbox import schedule
from jsnpy.output import QUIET, STDOUT
from jsnpy.smtp.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jsnpy.options import Options
    from jsnpy.outbox.outbox import Outbox
    from jsnpy.outbox.rows import Standing
    from jsnpy.output import Output
    from jsnpy.redaction import Redactor

LEFT = 3
"""The exit code when mails are left."""

RUN_TIME = 30.0
"""Seconds the further tries at the end of a run may take."""

_LAST_FLUSH = 0.5
_TO_NOTE = 0.5
"""Seconds before a deadline when a try is ended, so that its end can still be noted."""

_LONGEST_SUBJECT = 60


def line(each: Standing) -> str:
    """Return a mail and how it stands with it, as a line."""
    from jsnpy.outbox.kept_mail import emails

    row = each.row
    return f"{row.id} to {', '.join(emails(row.recipients))}: {subject(row.subject)}: {each.text}"


def _warnings(each: Standing) -> list[str]:
    told = each.news and each.outcome in ("failed", "unknown")
    return [f"outbox: {line(each)}"] * told + [f"outbox: {each.row.id}: {warning}" for warning in each.warnings]


def subject(text: str) -> str:
    """Return a subject, in quotes and not too long for a line."""
    short = text if len(text) <= _LONGEST_SUBJECT else f"{text[:_LONGEST_SUBJECT]}…"
    return f'"{short}"'


def flush(outbox: Outbox, options: Options, output: Output, redactor: Redactor, *, resend_unknown: bool = False) -> int:
    """Standing the mails that are due, print a line a mail (with -q only what is new), and return the exit code.

    Raises:
        OutboxError: the outbox cannot be used.
    """
    deadline = time.monotonic() + options.timeout if options.timeout else None
    until = None if deadline is None else deadline - _TO_NOTE
    settings = Settings(insecure=options.insecure, redactor=redactor)

    def work() -> int:
        left = ExitCode.OK
        try:
            for each in outbox.flush(settings, until=until, resend_unknown=resend_unknown):
                if each.news or options.level > QUIET:
                    output.write(STDOUT, redactor.scrub(line(each)) + "\n")
                    output.flush()
                for warning in _warnings(each):
                    output.warn(warning)
                if each.outcome != "sent":
                    left = LEFT
        finally:
            outbox.close()
        return left

    return _supervised(work, output, deadline)


def after_run(outbox: Outbox, settings: Settings, output: Output) -> None:
    """Standing the mails that are due at the end of a run, for 30 seconds at the most.

    Args:
        outbox: the run's.
        settings: the run's; its deadline holds too.
        output: where what an operator should know is said.
    """
    from jsnpy.errors import OutboxError

    until = time.monotonic() + RUN_TIME
    if settings.deadline is not None:
        until = min(until, settings.deadline - _TO_NOTE)
    try:
        for each in outbox.flush(settings, until=until, waiting=False):
            warnings = _warnings(each)
            for warning in warnings:
                output.warn(warning)
            if each.news and not warnings:
                output.info(f"outbox: {line(each)}")
    except OutboxError as trouble:
        if not outbox.said:
            output.warn(trouble.message)


def show(outbox: Outbox, output: Output) -> int:
    """Print what is kept, and return the exit code.

    Raises:
        OutboxError: the outbox cannot be read.
    """
    try:
        tries = outbox.kept()
    finally:
        outbox.close()
    now = outbox.now()
    for each in tries:
        row = each.row
        count = f"{row.tries} {'try' if row.tries == 1 else 'tries'}"
        output.write(STDOUT, f"{line(each)}: {schedule.words(now - row.created)} old, {count}; last: {row.error}\n")
    if not tries:
        output.show(f"nothing is kept in {outbox.directory}")
    output.finish()
    return output.exit_code(LEFT if tries else ExitCode.OK)


def drop(outbox: Outbox, ids: tuple[str, ...], output: Output) -> int:
    """Forget mails by ID, and return the exit code.

    Raises:
        OutboxError: the outbox cannot be used.
        UsageError: there is no such mail.
    """
    try:
        for id_ in ids:
            if not outbox.drop(id_):
                raise UsageError(f"no mail {id_} in {outbox.directory}", "jsnpy outbox list shows their IDs.")
            output.write(STDOUT, f"{id_} dropped\n")
        output.finish()
        return output.exit_code(LEFT if outbox.kept() else ExitCode.OK)
    finally:
        outbox.close()


def _supervised(work: Callable[[], int], output: Output, deadline: float | None) -> int:
    """Return what some work returns, or the exit code of the signal or the timeout that ended it."""
    codes: list[int] = []

    def in_worker(_stack: int) -> None:
        try:
            codes.append(work())
        finally:
            output.finish()

    stopped = supervisor.supervise(in_worker, output.flush_aside, deadline)
    if stopped is None:
        return output.exit_code(codes[0])
    output.error(f"the flush was ended ({supervisor.ENDED_BY[stopped]}); what was not tried is tried by the next")
    supervisor.within(_LAST_FLUSH, output.flush)
    return stopped
