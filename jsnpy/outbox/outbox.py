"""Sends mails with a net below: what is not delivered for a passing reason is kept, and tried again when it is due."""

from __future__ import annotations

import os
import time

from jsnpy.errors import OutboxError
from jsnpy.outbox import claims, schedule
from jsnpy.outbox.storage import exists, trouble
from jsnpy.outbox.store import FAILED, UNKNOWN, WAITING, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsnpy.outbox.store import Row
    from jsnpy.smtp.outcome import SendResult
    from jsnpy.smtp.settings import Settings

DIED = (
    "delivery unknown: a process died after the final dot was handed over and before the server's answer was noted; "
    "look for the mail at the recipient's"
)

_LEAST = 1.0
"""Seconds that must be left for a try to begin."""


class Try:
    """How it stands with a kept mail.

    Attributes:
        row: the mail.
        outcome: of a try just made, "sent", "waiting", "failed" (given up) or "unknown" (perhaps delivered); else
            "later", "busy" (another process sends it), "failed" or "unknown".
        text: the same in words.
        news: whether it came about just now.
        warnings: what an operator should hear about besides.
        silent: whether the server did not answer in time.
    """

    __slots__ = ("news", "outcome", "row", "silent", "text", "warnings")

    def __init__(self, row: Row, outcome: str, text: str, *, news: bool = True) -> None:
        self.row = row
        self.outcome = outcome
        self.text = text
        self.news = news
        self.warnings: list[str] = []
        self.silent = False


class Outbox:
    """An outbox; to be used in one thread. It is opened, and made, when there is a mail to keep.

    Args:
        directory: its folder.
        max_age: seconds after which a mail is given up, None for five days.
        secrets: each value that came from a reference such as `${ENV:NAME}`, with that reference.
        encoding: of files with passwords that are not Unicode.
        clock: returns the seconds since 1970.

    Attributes:
        place: what it is called.
        said: whether a send has already told that the outbox cannot be used.
    """

    place = "the outbox"

    def __init__(
        self,
        directory: str,
        *,
        max_age: float | None = None,
        secrets: Mapping[str, str] | None = None,
        encoding: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.directory = os.path.abspath(directory)
        self.max_age = schedule.MAX_AGE if max_age is None else max_age
        self.secrets = secrets or {}
        self.encoding = encoding
        self.now = clock
        self._store: Store | None = None
        self._owner: claims.Owner | None = None
        self.said = False

    def close(self) -> None:
        """Let go of files and claims."""
        store, self._store = self._store, None
        owner, self._owner = self._owner, None
        if store is not None:
            store.close()
        if owner is not None:
            owner.leave()

    @property
    def store(self) -> Store:
        """The open file, made if need be.

        Raises:
            OutboxError: it cannot be used.
        """
        if self._store is None:
            self._store = Store(self.directory)
        return self._store

    @property
    def owner(self) -> str:
        """What this process claims mails with.

        Raises:
            OutboxError: the folder takes no lock.
        """
        if self._owner is None:
            directory = self.store.directory  # which is made now, if it was not there
            try:
                self._owner = claims.Owner(directory)
            except OSError as error:
                why = error.strerror or str(error)
                raise OutboxError(f"the outbox {self.directory} cannot be used: no lock can be had: {why}") from None
        return self._owner.token

    def send(self, fields: object, settings: Settings) -> SendResult:
        """Send one mail and keep it if it fails for a passing reason; never raises.

        It is on the disk before the session begins, so that it outlives this process.

        Args:
            fields: send_email's argument.
            settings: the run's settings.

        Returns:
            What `smtp.send` would; a mail that is kept has its ID in `details["queued"]`.
        """
        from jsnpy.outbox.attempts import FirstAttempt

        if self._store is not None and not self._store.there():
            self.close()  # somebody removed the folder while the script runs: it is made anew
        first = FirstAttempt(self, settings)
        try:
            result = first.send(fields)
        except Exception as error:  # noqa: BLE001 - a script's alert must never see an exception
            return first.fault(error)
        if first.unusable is None:
            return result
        said, self.said = self.said, True
        if not said and first.unusable.message not in result.error:
            result.warnings.append(f"{first.unusable.message}: mails of this run may not be kept")
        return result

    def flush(
        self, settings: Settings, *, until: float | None = None, resend_unknown: bool = False, waiting: bool = True
    ) -> Iterator[Try]:
        """Try the mails that are due, and yield what came of each; then how it stands with the others.

        Args:
            settings: `redactor` and `insecure` are used.
            until: when to stop, in `time.monotonic()` seconds, or None.
            resend_unknown: send the mails again that may have been delivered.
            waiting: also yield those that just wait for their next try.

        Raises:
            OutboxError: the outbox cannot be used.
        """
        if not exists(self.directory):
            return
        store = self.store
        unknown = {row.id for row in store.rows(waiting=False) if row.state == UNKNOWN}
        try:
            claims.sweep(self.directory)
        except OSError as error:
            raise trouble(self.directory, error) from None
        store.recover(lambda owner: claims.lives(self.directory, owner), DIED)
        if resend_unknown:
            store.resend_unknown(self.now())
        passed: set[str] = set()
        yield from self._due(settings, until, passed)
        for each in self.kept(waiting=waiting):
            if each.row.id not in passed:
                each.news = each.outcome == "unknown" and each.row.id not in unknown
                yield each

    def _due(self, settings: Settings, until: float | None, passed: set[str]) -> Iterator[Try]:
        """Try the mails that are due, over one session for each server and account; note their IDs in `passed`."""
        claims = self._claims(until, passed)
        row = next(claims, None)
        if row is None:
            return
        # The mail room costs 15 ms: only who has a mail to send pays for it.
        from jsnpy.outbox import attempts, kept_mail
        from jsnpy.smtp.pool import Sessions

        sessions = Sessions()
        silent: set[str] = set()
        try:
            while row is not None:
                try:
                    further = attempts.FurtherAttempt(self, row, settings, until, sessions)
                    # A hundred mails to a server that hangs would else wait for it a hundred times.
                    done = further.put_off() if further.place in silent else further.made()
                    if done.silent:
                        silent.add(further.place)
                except kept_mail.Damaged as damage:
                    self.store.give_up(row.id, FAILED, str(damage), row.recipients)
                    done = Try(row, "failed", f"given up: {damage}")
                yield done
                row = next(claims, None)
        finally:
            sessions.close()

    def _claims(self, until: float | None, passed: set[str]) -> Iterator[Row]:
        """Claim the mails that are due one by one, each when it is asked for; note their IDs in `passed`."""
        # Sorted once for all of them, and again for those that are due by then: there may be ten thousands.
        while due := [id_ for id_ in self.store.due(self.now(), self.max_age) if id_ not in passed]:
            for id_ in due:
                if until is not None and until - time.monotonic() <= _LEAST:
                    return
                row = self.store.claim(id_, self.owner, self.now(), self.max_age)
                if row is not None:
                    passed.add(id_)
                    yield row

    def is_empty(self) -> bool:
        """Return whether nothing is kept, so that a flush, which costs more, has nothing to do; never raises."""
        try:
            return (self._store is None and not exists(self.directory)) or not self.store.count()
        except OutboxError:
            return False  # the flush will say why

    def kept(self, *, waiting: bool = True) -> list[Try]:
        """Return how it stands with each mail that is kept, the oldest first; changes nothing.

        Args:
            waiting: also with those that just wait for their next try.

        Raises:
            OutboxError: the outbox cannot be read.
        """
        if self._store is None and not exists(self.directory):
            return []
        standing = [self._standing(row) for row in self.store.rows(waiting=waiting)]
        return [each for each in standing if each is not None]

    def _standing(self, row: Row) -> Try | None:
        """Return how it stands with a mail that was read just now, None if it is not kept any more."""
        while row.owner is not None:
            if claims.lives(self.directory, row.owner):
                dot = ": final dot handed over" if row.marked else ""
                return Try(row, "busy", f"being sent{dot}", news=False)
            again = self.store.row(row.id)
            if again is None:
                return None  # its owner finished with it and left since
            died, row = again.owner == row.owner, again
            if died and row.marked:
                row.error = DIED
                return Try(row, "unknown", "delivery unknown", news=False)
            if died:
                break
        if row.state == WAITING:
            left = row.next_try - self.now()
            return Try(row, "later", f"next try in {schedule.words(left)}" if left > 0 else "due", news=False)
        words = "delivery unknown" if row.state == UNKNOWN else "given up"
        return Try(row, row.state, words, news=False)

    def drop(self, id_: str) -> bool:
        """Forget a mail, and return whether there was one.

        Raises:
            OutboxError: the outbox cannot be used, or a process is sending that mail.
        """
        for each in self.kept():
            if each.row.id == id_:
                if each.outcome == "busy":
                    raise OutboxError(f"the mail {id_} is being sent just now")
                return self.store.remove(id_)
        return False
