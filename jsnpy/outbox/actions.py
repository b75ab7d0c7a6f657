"""What `jsnpy outbox …` does: a line a mail on stdout, exit code 0 when nothing is left and 3 when something is."""

from __future__ import annotations

import os
import time

from jsnpy import supervisor
from jsnpy.errors import ExitCode, OutboxError, UsageError
from jsnpy.outbox import schedule
from jsnpy.outbox.storage import exists
from jsnpy.output import QUIET, STDOUT, VERBOSE
from jsnpy.smtp.settings import Settings
from jsnpy.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from typing import Protocol

    from jsnpy.options import Options
    from jsnpy.outbox.outbox import Outbox
    from jsnpy.outbox.rate import Rate
    from jsnpy.outbox.rows import Standing
    from jsnpy.output import Output
    from jsnpy.redaction import Redactor

    class Progress(Protocol):
        """Shows how far a flush has come."""

        def begin(self, count: int) -> None:
            """Show that so many mails are to be tried."""

        def clear(self) -> None:
            """Make room for a line of output."""

        def advance(self) -> None:
            """Show that one more mail was tried."""

        def end(self) -> None:
            """Show nothing any more."""


LEFT = 3
"""The exit code when mails are left."""

RUN_TIME = 30.0
"""Seconds the further attempts at the end of a run may take."""

_LAST_FLUSH = 0.5
_TO_NOTE = 0.5
"""Seconds before a deadline when an attempt is ended, so that its end can still be noted."""

_LONGEST_SUBJECT = 60
_LEFT = {"waiting": ("later", "busy"), "given up": ("failed",), "of unknown delivery": ("unknown",)}
_STATES = {"later": "waiting", "busy": "sending"}


def line(each: Standing) -> str:
    """Return a mail and how it stands with it, as a line."""
    from jsnpy.outbox.kept_mail import emails

    row = each.row
    return printable(f"{row.id} to {', '.join(emails(row.recipients))}: {subject(row.subject)}: {each.text}")


def long_line(each: Standing, now: float) -> str:
    """Return a mail with its age, its tries and its last error, as a line."""
    row = each.row
    count = f"{row.tries} {'try' if row.tries == 1 else 'tries'}"
    last = f"; last: {printable(row.error)}" if row.error else ""
    return f"{line(each)}: {schedule.words(now - row.created)} old, {count}{last}"


def json_line(each: Standing, now: float) -> str:
    """Return the same as a JSON object."""
    from jsnpy import json_text
    from jsnpy.outbox.kept_mail import emails, place

    row = each.row
    waits = each.outcome in ("later", "waiting")
    return json_text.dumps(
        {
            "id": row.id,
            "state": _STATES.get(each.outcome, each.outcome),
            "to": emails(row.recipients),
            "subject": row.subject,
            "age": max(0, round(now - row.created)),
            "tries": row.tries,
            "error": row.error,
            "nextTry": _moment(now + schedule.seconds_left(row.next_try, row.tries, now)) if waits else None,
            "created": _moment(row.created),
            "server": place(row.server),
            "messageId": row.message_id,
        }
    )


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def subject(text: str) -> str:
    """Return a subject, in quotes and not too long for a line."""
    short = text if len(text) <= _LONGEST_SUBJECT else f"{text[:_LONGEST_SUBJECT]}…"
    return f'"{short}"'


def _warnings(each: Standing) -> list[str]:
    told = each.news and each.outcome in ("failed", "unknown")
    return [f"outbox: {line(each)}"] * told + [f"outbox: {each.row.id}: {warning}" for warning in each.warnings]


# --- attempts


def flush(
    outbox: Outbox,
    options: Options,
    output: Output,
    redactor: Redactor,
    *,
    now: bool = False,
    progress: Progress | None = None,
) -> int:
    """Try the mails that are due, or all that wait, and return the exit code; with -q print only what is new.

    With -q nothing is said of mails that merely wait for their time: their run told of them.

    Raises:
        OutboxError: the outbox cannot be used.
    """
    if not exists(outbox.directory):
        output.warn(f"there is no outbox in {outbox.directory}: nothing was ever kept there")

    def attempts(settings: Settings, until: float | None) -> tuple[int, Iterator[Standing]]:
        count = len(outbox.due(now=now)) if progress is not None or until is not None else 0
        return count, outbox.flush(settings, until=until, now=now, rate=options.rate)

    return _try(attempts, outbox, options, output, redactor, progress)


def retry(
    outbox: Outbox,
    options: Options,
    output: Output,
    redactor: Redactor,
    *,
    ids: Sequence[str],
    unknown: bool = False,
    progress: Progress | None = None,
) -> int:
    """Try some mails now, or all of unknown delivery, and return the exit code.

    Raises:
        OutboxError: the outbox cannot be used.
        UsageError: one of the mails is not there.
    """

    def attempts(settings: Settings, until: float | None) -> tuple[int, Iterator[Standing]]:
        return len(ids), outbox.retry(ids, settings, until=until, unknown=unknown, rate=options.rate)

    return _try(attempts, outbox, options, output, redactor, progress, waiting=True)


def _try(
    attempts: Callable[[Settings, float | None], tuple[int, Iterator[Standing]]],
    outbox: Outbox,
    options: Options,
    output: Output,
    redactor: Redactor,
    progress: Progress | None,
    *,
    waiting: bool = False,
) -> int:
    """Make attempts, print a line a mail, and return the exit code; `waiting` is that of `_code`."""
    told: set[str] = set()
    deadline = time.monotonic() + options.timeout if options.timeout else None
    until = None if deadline is None else deadline - _TO_NOTE
    settings = Settings(insecure=options.insecure, redactor=redactor)
    if options.level >= VERBOSE:
        settings.listener = output.info

    def work() -> int:
        try:
            missed, made = attempts(settings, until)
            if progress is not None:
                progress.begin(missed)
            for each in made:
                missed -= each.news
                if progress is not None:
                    progress.clear()
                if each.news or options.level > QUIET:
                    output.write(STDOUT, redactor.scrub(line(each)) + "\n")
                    told.add(each.row.id)
                for warning in _warnings(each):
                    output.warn(warning)
                output.flush()
                if progress is not None and each.news:
                    progress.advance()
            if missed > 0:
                _say_what_was_missed(missed, until, options, output)
            return _code(outbox, output, told, waiting=waiting)
        except LookupError as missing:
            raise _not_there(outbox, str(missing.args[0])) from None
        finally:
            if progress is not None:
                progress.end()
            outbox.close()
            for remark in outbox.remarks:
                output.warn(remark)

    return _supervised(work, output, deadline)


def _say_what_was_missed(count: int, until: float | None, options: Options, output: Output) -> None:
    from jsnpy.outbox.flush import is_over

    if is_over(until):
        words = "1 mail was" if count == 1 else f"{count} mails were"
        output.warn(f"{words} not tried: --timeout {options.timeout:g} left no time for it", always=True)


def _code(outbox: Outbox, output: Output, told: Collection[str], *, waiting: bool) -> int:
    """Return the exit code, and say why it is not 0 where no line did.

    Args:
        outbox: what was worked on.
        output: where it is said, with -q too.
        told: the mails that a line was printed for.
        waiting: whether to speak of mails that merely wait for their time.
    """
    if outbox.is_empty():
        return ExitCode.OK
    left = [each.outcome for each in outbox.kept(waiting=waiting) if each.row.id not in told]
    if left:
        counts = {words: sum(outcome in outcomes for outcome in left) for words, outcomes in _LEFT.items()}
        each = ", ".join(f"{count} {words}" for words, count in counts.items() if count)
        output.warn(f"left in {outbox.directory}: {each}; jsnpy outbox list shows them", always=True)
    return LEFT


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


def after_run(outbox: Outbox, settings: Settings, output: Output) -> None:
    """Try the mails that are due at the end of a run, for at most 30 seconds.

    Args:
        outbox: the run's.
        settings: the run's; its deadline holds too.
        output: where what an operator should know is said.
    """
    until = time.monotonic() + RUN_TIME
    if settings.deadline is not None:
        until = min(until, settings.deadline - _TO_NOTE)
    try:
        for each in outbox.flush(settings, until=until, waiting=False, rate=_usual_rate(output)):
            warnings = _warnings(each)
            for warning in warnings:
                output.warn(warning)
            if each.news and not warnings:
                output.info(f"outbox: {line(each)}")
    except OutboxError as trouble:
        if not outbox.said:
            output.warn(trouble.message)


def _usual_rate(output: Output) -> Rate | None:
    """Return the rate that the environment names for every flush."""
    text = os.environ.get("JSNPY_RATE", "").strip()
    if not text:
        return None
    from jsnpy.outbox.rate import Rate

    try:
        return Rate(text)
    except ValueError as error:
        output.warn(f"JSNPY_RATE is not a rate: {error}; kept mails are sent without one")
        return None


# --- a look, and a clearing


def list_(outbox: Outbox, output: Output, *, as_json: bool = False) -> int:
    """Print what is kept, and return the exit code.

    Raises:
        OutboxError: the outbox cannot be read.
    """
    try:
        kept = outbox.kept()
    finally:
        outbox.close()
    now = outbox.now()
    for each in kept:
        output.write(STDOUT, (json_line if as_json else long_line)(each, now) + "\n")
    if not kept:
        output.show(f"nothing is kept in {printable(outbox.directory)}")
    output.finish()
    return output.exit_code(LEFT if kept else ExitCode.OK)


def show(outbox: Outbox, id_: str, output: Output, *, as_eml: bool = False) -> int:
    """Print a mail as a person reads it, or its message as it is, and return the exit code.

    Raises:
        OutboxError: the outbox cannot be read.
        UsageError: there is no such mail.
    """
    try:
        each, data = outbox.look(id_)
    except LookupError:
        raise _not_there(outbox, id_) from None
    finally:
        outbox.close()
    if data is None:
        raise OutboxError(f"what is kept of the mail {id_} is damaged: its message is missing")
    if as_eml:
        output.write(STDOUT, data.decode("utf-8", "replace"))
    else:
        from jsnpy.outbox.show import text

        output.write(STDOUT, text(each, data, outbox.now()))
    output.finish()
    return output.exit_code(ExitCode.OK)


def drop(outbox: Outbox, ids: Sequence[str], output: Output) -> int:
    """Forget mails by ID, and return the exit code.

    Raises:
        OutboxError: the outbox cannot be used.
        UsageError: there is no such mail; none is forgotten.
    """
    try:
        outbox.drop(ids)
        for id_ in ids:
            output.write(STDOUT, f"{id_} dropped\n")
        code = _code(outbox, output, frozenset(), waiting=True)
        output.finish()
        return output.exit_code(code)
    except LookupError as missing:
        raise _not_there(outbox, str(missing.args[0])) from None
    finally:
        outbox.close()


def _not_there(outbox: Outbox, id_: str) -> UsageError:
    return UsageError(f"no mail {printable(id_)} in {printable(outbox.directory)}", "jsnpy outbox list shows the IDs.")
