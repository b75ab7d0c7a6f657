"""Further attempts with kept mails: some are claimed at a time, and over one session each is sent by itself."""

from __future__ import annotations

import time

from jsnpy.outbox import attempts, kept_mail
from jsnpy.outbox.rate import Pace
from jsnpy.outbox.rows import FAILED, WAITING, Standing
from jsnpy.outbox.standing import resting
from jsnpy.smtp.pool import Sessions
from jsnpy.smtp.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jsnpy.outbox.keeper import GroupKeeper
    from jsnpy.outbox.rate import Rate
    from jsnpy.outbox.rows import Row

_MOST = 128
"""Mails that are claimed, and noted, at once."""

_LEAST = 1.0
"""Seconds that must be left for an attempt to begin."""

_SOON = 0.5
"""Seconds after which it is noted what came of mails that were claimed together, if that takes longer."""


class Flush:
    """Attempts with some mails, over one session for each server and account.

    Args:
        keeper: where they are kept.
        settings: `redactor`, `insecure`, `listener` and `at_dot` are used.
        until: when to stop, in `time.monotonic()` seconds, or None.
        rate: how many mails an account may send, or None for any number.
    """

    def __init__(self, keeper: GroupKeeper, settings: Settings, until: float | None, rate: Rate | None) -> None:
        self._keeper = keeper
        self._until = until
        self._pace = None if rate is None else Pace(rate)
        self._unreachable: set[str] = set()
        self._sessions = Sessions()
        self._settings = Settings(
            insecure=settings.insecure,
            redactor=settings.redactor,
            listener=settings.listener,
            at_dot=settings.at_dot,
            deadline=until,
            sessions=lambda: self._sessions,
        )

    def due(self, passed: set[str], *, now: bool) -> Iterator[Standing]:
        """Make an attempt with each mail that is due, or with all that wait; note their IDs in `passed`."""
        yield from self._attempts(self._due(passed, now=now))

    def named(self, ids: Sequence[str], claimed: set[str]) -> Iterator[Standing]:
        """Make an attempt with some mails, whatever their state; note the IDs of those that can be had in `claimed`."""
        yield from self._attempts(self._named(ids, claimed))

    def _due(self, passed: set[str], *, now: bool) -> Iterator[list[Row]]:
        size = 1
        # Sorted once for all of them, and again for those that are due by then: there may be ten thousands.
        while due := [id_ for id_ in self._keeper.due(now=now) if id_ not in passed]:
            while due and not is_over(self._until):
                some, due = due[:size], due[size:]
                size = min(size * 2, _MOST)
                rows = self._keeper.claim(some, due=True, now=now)
                passed.update(row.id for row in rows)
                yield rows
            if due:
                return

    def _named(self, ids: Sequence[str], claimed: set[str]) -> Iterator[list[Row]]:
        for id_ in dict.fromkeys(ids):
            if not is_over(self._until):
                rows = self._keeper.claim([id_], due=False)
                claimed.update(row.id for row in rows)
                yield rows

    def _attempts(self, groups: Iterable[list[Row]]) -> Iterator[Standing]:
        """Make an attempt with each of the claimed mails, and yield what came of it."""
        self._keeper.begin_group()
        try:
            for rows in groups:
                written = time.monotonic()
                for row in rows:
                    done = self._released(row) if is_over(self._until) else self._attempt(row)
                    if row is rows[-1] or time.monotonic() - written > _SOON:
                        self._keeper.write()
                        written = time.monotonic()
                    yield done
        finally:
            self._sessions.close()
            self._keeper.end_group()

    def _attempt(self, row: Row) -> Standing:
        keeper = self._keeper
        terms = {"encoding": keeper.encoding, "max_age": keeper.max_age, "clock": keeper.now}
        try:
            further = attempts.FurtherAttempt(keeper, row, keeper.data(row), self._settings, **terms)  # type: ignore[arg-type]  # by name
        except kept_mail.Damaged as damage:
            row.state, row.error = FAILED, str(damage)
            keeper.settle(row)
            return Standing(row, "failed", f"given up: {damage}")
        if further.place in self._unreachable:  # a hundred mails would else wait as often for a server that hangs
            return further.put_off()
        if self._pace is not None and not self._pace.allows(further.account):
            done = self._released(row)
            done.text = f"waits for its account's turn ({self._pace.rate.text})"
            return done
        done = further.made()
        if done.unreachable:
            self._unreachable.add(further.place)
        return done

    def _released(self, row: Row) -> Standing:
        """Leave a claimed mail to the next flush, whatever it was before: it is wanted again."""
        if row.state != WAITING:
            row.state, row.next_try = WAITING, self._keeper.now()
        self._keeper.settle(row)
        return resting(row, self._keeper.now())


def is_over(until: float | None) -> bool:
    """Return whether too little time is left for an attempt to begin."""
    return until is not None and until - time.monotonic() <= _LEAST
