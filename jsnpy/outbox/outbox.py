"""Sends mails with a net below: what is not delivered for a passing reason is kept, and tried again when it is due."""

from __future__ import annotations

import os
import time

from jsnpy.errors import OutboxError
from jsnpy.outbox import claims, schedule, storage
from jsnpy.outbox.rows import UNKNOWN, Standing
from jsnpy.outbox.standing import DIED, standing
from jsnpy.outbox.store import PATIENCE, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from jsnpy.outbox.rate import Rate
    from jsnpy.outbox.rows import Row
    from jsnpy.smtp.outcome import SendResult
    from jsnpy.smtp.settings import Settings

    Made = TypeVar("Made")

_MOMENT = 0.1
"""Seconds to wait for another process once one was waited for in vain."""

_NO_AGE = float("-inf")
"""With this for an age, every mail is too old to wait for its time."""


class Outbox:
    """An outbox; to be used in one thread. It is opened, and made, when there is a mail to keep.

    Args:
        directory: its folder.
        max_age: seconds after which a mail is given up, None for five days.
        secrets: each value that came from a reference such as `${ENV:NAME}`, with that reference.
        encoding: of files with passwords that are not Unicode.
        oauth2: the config's block, its references unresolved, or None.
        clock: returns the seconds since 1970.

    Attributes:
        place: what it is called.
        said: whether a send has already told that the outbox cannot be used.
        remarks: what an operator should know about it; whoever says it empties the list.
    """

    place = "the outbox"

    def __init__(
        self,
        directory: str,
        *,
        max_age: float | None = None,
        secrets: Mapping[str, str] | None = None,
        encoding: str | None = None,
        oauth2: Mapping[str, object] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.directory = os.path.abspath(directory)
        self.max_age = schedule.MAX_AGE if max_age is None else max_age
        self.secrets = secrets or {}
        self.encoding = encoding
        self.oauth2 = oauth2
        self.now = clock
        self.said = False
        self.remarks: list[str] = []
        self._store: Store | None = None
        self._owner: claims.Owner | None = None
        self._patience = PATIENCE
        self._grouping = False
        self._settled: list[Row] = []
        self._removed: list[str] = []

    def close(self) -> None:
        """Let go of files and claims."""
        store, owner = self._store, self._owner
        noted = True
        if store is not None:
            try:
                self.write()
            except OutboxError:
                noted = False
            store.tidy()
            store.close()
        if owner is not None:
            owner.leave(notes_needed=not noted)
        self._store = self._owner = None
        self._settled, self._removed = [], []

    @property
    def store(self) -> Store:
        """The open file, made if need be.

        Raises:
            OutboxError: it cannot be used.
        """
        if self._store is None:
            self._store = self._patiently(lambda: Store(self.directory, patience=self._patience))
            if self._store.remark:
                self.remarks.append(self._store.remark)
        return self._store

    def _patiently(self, work: Callable[[], Made]) -> Made:
        """Return what some work returns; another process that holds the file is waited for once in a run."""
        try:
            return work()
        except storage.BusyError:
            self._patience = _MOMENT
            if self._store is not None:
                self._store.set_patience(_MOMENT)
            raise

    @property
    def owner(self) -> claims.Owner:
        """What this process claims mails with.

        Raises:
            OutboxError: the folder takes no lock.
        """
        if self._owner is None:
            directory = self.store.directory  # which is made now, if it was not there
            try:
                self._owner = claims.Owner(directory)
            except OSError as error:
                if storage.give_up_spare(directory):
                    return self.owner
                why = error.strerror or str(error)
                raise OutboxError(f"the outbox {self.directory} cannot be used: no lock can be had: {why}") from None
        return self._owner

    # --- where attempts keep their mails (a Keeper)

    def keep(self, row: Row, data: bytes) -> None:
        """Keep a new mail with its message; it is claimed by this process."""
        row.owner = self.owner.token
        self._patiently(lambda: self.store.add(row, data))

    def mark(self, row: Row) -> None:
        """Note that the mail's final dot is about to be sent."""
        self._note(lambda: self.owner.mark(row.id))

    def unmark(self, row: Row) -> None:
        """Note that the server did not accept the mail after all."""
        del row
        self._note(self.owner.unmark)

    def _note(self, work: Callable[[], None]) -> None:
        try:
            work()
        except OSError as error:
            raise storage.trouble(self.directory, error) from None

    def settle(self, row: Row) -> None:
        """Note how it stands with the mail after the attempt."""
        self._settled.append(row)
        # There is one mark: the next mail's would overwrite what is known of this one.
        if not self._grouping or self.owner.marked == row.id:
            self.write()

    def remove(self, row: Row) -> None:
        """Forget a mail that was delivered, or that nobody tries again."""
        noted = True
        try:
            self.owner.note_accepted(row.id)
        except OSError:
            noted = False
        self._removed.append(row.id)
        if noted and self._grouping and len(self.owner.accepted) < claims.ROOM:
            return
        try:
            self.write()
        except OutboxError as trouble:
            if not noted:
                raise
            self.remarks.append(f"{trouble.message}: {row.id} is done with, and is taken out of it later")

    def due(self, *, now: bool) -> list[str]:
        """Return the IDs of the mails that a flush would try, or with `now` of all that wait; the first one first."""
        if not storage.exists(self.directory):
            return []
        return self.store.due(self.now(), _NO_AGE if now else self.max_age)

    def claim(self, ids: Sequence[str], *, due: bool, now: bool = False) -> list[Row]:
        """Claim those of some mails that nobody claims (and that are due), and return them."""
        terms = (self.now(), _NO_AGE if now else self.max_age) if due else ()
        return self.store.claim(ids, self.owner.token, *terms)

    def data(self, row: Row) -> bytes | None:
        """Return a mail's message, None where there is none."""
        return self.store.data(row.id)

    def begin_group(self) -> None:
        """Note from now on what became of several mails at once, but what cannot wait."""
        self._grouping = True

    def end_group(self) -> None:
        """Note what became of mails, and from now on each by itself."""
        self._grouping = False
        self.write()

    def write(self) -> None:
        """Have what became of the mails so far in the file."""
        if self._settled or self._removed:
            self._patiently(lambda: self.store.write(self._settled, self._removed))
            self._settled, self._removed = [], []
            self._note(self.owner.forget_accepted)

    # --- the first attempt

    def send(self, fields: object, settings: Settings) -> SendResult:
        """Send one mail, on the disk before its session begins, and keep it if it fails for a passing reason.

        Args:
            fields: send_email's argument.
            settings: the run's settings.

        Returns:
            What `smtp.send` would, as this never raises; a mail that is kept has its ID in `details["queued"]`.
        """
        from jsnpy.outbox.attempts import FirstAttempt

        if self._store is not None and not self._store.there():
            self.close()  # somebody removed the folder while the script runs: it is made anew
        if settings.deadline is not None:
            self._patience = min(self._patience, max(_MOMENT, (settings.deadline - time.monotonic()) / 4))
        first = FirstAttempt(self, settings, secrets=self.secrets, oauth2=self.oauth2, clock=self.now)
        try:
            result = first.send(fields)
        except Exception as error:  # noqa: BLE001 - a script's alert must never see an exception
            return first.fault(error)
        result.warnings += self.remarks
        self.remarks.clear()
        if first.unusable is None:
            return result
        said, self.said = self.said, True
        if not said and first.unusable.message not in result.error:
            result.warnings.append(f"{first.unusable.message}: mails of this run may not be kept")
        return result

    # --- further attempts

    def flush(
        self,
        settings: Settings,
        *,
        until: float | None = None,
        now: bool = False,
        rate: Rate | None = None,
        waiting: bool = True,
    ) -> Iterator[Standing]:
        """Try the mails that are due, and yield what came of each; then how it stands with the others.

        Args:
            settings: `redactor`, `insecure`, `listener` and `at_dot` are used.
            until: when to stop, in `time.monotonic()` seconds, or None.
            now: try all that wait, due or not.
            rate: how many mails an account may send; the others wait. None: any number.
            waiting: also yield those that just wait for their next try.

        Raises:
            OutboxError: the outbox cannot be used.
        """
        if not storage.exists(self.directory):
            return
        unknown = {row.id for row in self.store.rows(waiting=False) if row.state == UNKNOWN}
        self._recover()
        passed: set[str] = set()
        if self.due(now=now):  # the mail room costs 15 ms: only who has a mail to send pays for it
            from jsnpy.outbox.flush import Flush

            yield from Flush(self, settings, until, rate).due(passed, now=now)
        for each in self.kept(waiting=waiting):
            if each.row.id not in passed:
                each.news = each.outcome == "unknown" and each.row.id not in unknown
                yield each

    def retry(
        self,
        ids: Sequence[str],
        settings: Settings,
        *,
        until: float | None = None,
        unknown: bool = False,
        rate: Rate | None = None,
    ) -> Iterator[Standing]:
        """Try some mails now, whatever their age and state, and yield what came of each.

        Args:
            ids: the mails; none: all of unknown delivery.
            settings: as for `flush`.
            until: as for `flush`.
            unknown: also those that may have been delivered.
            rate: as for `flush`.

        Raises:
            LookupError: one of the mails is not there; none is tried.
            OutboxError: the outbox cannot be used.
        """
        if not ids and not storage.exists(self.directory):
            return
        self._check_kept(ids)
        self._recover()
        if not ids:
            ids = [row.id for row in self.store.rows(waiting=False) if row.state == UNKNOWN]
        left = []
        for id_ in ids:
            row = self.store.row(id_)
            if row is not None and row.state == UNKNOWN and not unknown:
                yield Standing(row, "unknown", "delivery unknown: --unknown sends it again", news=False)
            elif row is not None:
                left.append(id_)
        from jsnpy.outbox.flush import Flush

        claimed: set[str] = set()
        yield from Flush(self, settings, until, rate).named(left, claimed)
        for each in self.kept() if len(claimed) < len(left) else ():
            if each.row.id in left and each.row.id not in claimed:
                yield each

    def _check_kept(self, ids: Sequence[str]) -> None:
        missing = [id_ for id_ in ids if not storage.exists(self.directory) or self.store.row(id_) is None]
        if missing:
            raise LookupError(missing[0])

    def _recover(self) -> None:
        """Take back what dead processes claimed."""
        try:
            found = claims.tokens(self.directory)
        except OSError as error:
            raise storage.trouble(self.directory, error) from None
        mine = None if self._owner is None else self._owner.token
        others = [token for token in found if token != mine]
        for token in self.store.recover(others, lambda token: claims.read(self.directory, token), DIED):
            claims.remove(self.directory, token)

    def is_empty(self) -> bool:
        """Return whether nothing is kept, so that a flush, which costs more, has nothing to do; never raises."""
        try:
            return (self._store is None and not storage.exists(self.directory)) or self.store.is_empty()
        except OutboxError:
            return False  # the flush will say why

    # --- a look

    def kept(self, *, waiting: bool = True) -> list[Standing]:
        """Return how it stands with each mail that is kept, the oldest first; changes nothing.

        Args:
            waiting: also with those that just wait for their next try.

        Raises:
            OutboxError: the outbox cannot be read.
        """
        if self._store is None and not storage.exists(self.directory):
            return []
        found = self._read(lambda store: [standing(store, row, self.now()) for row in store.rows(waiting=waiting)])
        return [each for each in found if each is not None]

    def look(self, id_: str) -> tuple[Standing, bytes | None]:
        """Return how it stands with a mail, and its message (None where that is damaged); changes nothing.

        Raises:
            LookupError: it is not there.
            OutboxError: the outbox cannot be read.
        """

        def work(store: Store) -> tuple[Standing | None, bytes | None]:
            row = store.row(id_)
            return (None, None) if row is None else (standing(store, row, self.now()), store.data(id_))

        found, data = self._read(work) if storage.exists(self.directory) else (None, None)
        if found is None:
            raise LookupError(id_)
        return found, data

    def _read(self, work: Callable[[Store], Made]) -> Made:
        """Return what some work reads in the file."""
        if self._store is not None:
            return work(self._store)
        store = self._patiently(lambda: Store(self.directory, patience=self._patience, reading=True))
        try:
            return work(store)
        finally:
            store.close()

    def drop(self, ids: Sequence[str]) -> None:
        """Forget mails.

        Raises:
            LookupError: one is not there; none is forgotten.
            OutboxError: the outbox cannot be used, or a process is sending one of them.
        """
        self._check_kept(ids)
        busy = [each.row.id for each in self.kept() if each.outcome == "busy" and each.row.id in ids]
        if busy:
            raise OutboxError(f"the mail {busy[0]} is being sent just now", "Try again when that is over.")
        self.store.write((), ids)
