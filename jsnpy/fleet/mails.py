"""A fleet's mails: the outbox's attempts and schedule, with Redis in place of the outbox's file."""

from __future__ import annotations

import base64
import time

from jsnpy import json_text
from jsnpy.errors import OutboxError
from jsnpy.fleet import rates
from jsnpy.fleet.claims import Claims
from jsnpy.fleet.state import StateError
from jsnpy.fleet.waiting import Terms, Waiting
from jsnpy.outbox import schedule
from jsnpy.outbox.attempts import FirstAttempt, FurtherAttempt, account
from jsnpy.outbox.rows import WAITING, Row
from jsnpy.smtp.outcome import Code, SendFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from jsnpy.fleet.state import State
    from jsnpy.fleet.waiting import Kept
    from jsnpy.outbox import Standing
    from jsnpy.outbox.rate import Rate
    from jsnpy.smtp.outcome import SendResult
    from jsnpy.smtp.sending import Mail
    from jsnpy.smtp.settings import Settings


PLACE = "the fleet's queue"

_AT_MOST = 10.0
"""Seconds a script waits for its account's turn; a mail whose turn is later waits in Redis."""

_NOT_YOURS = {
    "lost": "another worker has taken this run over, and sends its mails",
    "forgotten": "the fleet's Redis has lost its data, and with it whether another worker sends this mail",
}


class Task:
    """A task that a worker has claimed; its methods raise OutboxError where Redis cannot be asked.

    Args:
        state: the shared Redis.
        id_: the task's id.
        owner: who claimed it.

    Attributes:
        ended: why a mail must not be sent any more, if so: "lost" (the task is another worker's by now) or "forgotten".
    """

    __slots__ = ("_claims", "_waiting", "ended", "id", "owner", "state")

    def __init__(self, state: State, id_: str, owner: str) -> None:
        self.state = state
        self._claims = Claims(state)
        self._waiting = Waiting(state)
        self.id = id_
        self.owner = owner
        self.ended = ""

    def mark(self) -> None:
        """Note that a mail is about to leave this task, which must not be done again from here on.

        Raises:
            OutboxError: it cannot be noted, or the task is not this worker's any more.
        """
        self._change(lambda: self._claims.mark(self.id, self.owner))

    def unmark(self) -> None:
        """Note that the only mail of this task was not delivered after all."""
        self._change(lambda: self._claims.unmark(self.id, self.owner))

    def keep(self, row: Row, data: bytes | None, terms: Terms) -> None:
        """Let a mail wait for its next attempt; `data` and `terms` as for `Waiting.keep`."""
        self._change(lambda: self._waiting.keep(row, data, self.id, self.owner, terms))

    def forget(self, id_: str) -> None:
        """Forget a mail."""
        self._change(lambda: self._waiting.forget(id_))

    def _change(self, change: Callable[[], object]) -> None:
        try:
            verdict = change()
        except StateError as error:
            raise OutboxError(error.message) from None
        if isinstance(verdict, str) and verdict != "yours":
            self.ended = verdict
            raise OutboxError(_NOT_YOURS[verdict])


class Queue:
    """The waiting mails as what a run's mails are sent through, and as where their attempts keep them (a Keeper).

    Args:
        task: whose mails they are.
        rate: the mails an account may send, or None for any number.
        secrets: each value that came from a reference, with that reference.
        terms: what the run was told about further attempts.
        oauth2: the config's block, its references unresolved, or None.
        once: whether the task is a single mail, which is in Redis already, so that its mark can be taken back.
    """

    place = PLACE

    def __init__(
        self,
        task: Task,
        *,
        rate: Rate | None = None,
        secrets: Mapping[str, str] | None = None,
        terms: Terms | None = None,
        oauth2: Mapping[str, object] | None = None,
        once: bool = False,
    ) -> None:
        self.task = task
        self.rate = rate
        self.secrets = secrets
        self.terms = terms or Terms()
        self.oauth2 = oauth2
        self.once = once
        self._data: dict[str, bytes] = {}

    def send(self, fields: object, settings: Settings) -> SendResult:
        """Send one mail; if it fails for a passing reason, it waits in Redis."""
        return _First(self, settings).send(fields)

    def close(self) -> None:
        """Do nothing: what waits is in Redis."""

    def keep(self, row: Row, data: bytes) -> None:
        """Keep a mail in this process: it outlives it as long as its script does."""
        self._data[row.id] = data

    def mark(self, row: Row) -> None:
        """Note that the final dot is about to be sent."""
        del row
        self.task.mark()

    def unmark(self, row: Row) -> None:
        """Note that the server did not accept the mail."""
        del row
        if self.once:
            self.task.unmark()

    def settle(self, row: Row) -> None:
        """Let a mail wait for its next attempt; one that is not tried again is reported by its task."""
        if row.state != WAITING:
            self.remove(row)
            return
        now = time.time()
        if row.next_try <= now:  # nothing was attempted, as when the password's reference leads nowhere here
            row.next_try = now + schedule.pause(row.tries)
        self.task.keep(row, self._data.pop(row.id, None), self.terms)

    def remove(self, row: Row) -> None:
        """Forget a mail."""
        if self.once:
            self.task.forget(row.id)
        self._data.pop(row.id, None)


class _First(FirstAttempt):
    """The send a script asked for, when it is its account's turn."""

    def __init__(self, queue: Queue, settings: Settings) -> None:
        super().__init__(queue, settings, secrets=queue.secrets, oauth2=queue.oauth2)
        self._queue = queue

    def begins(self, mail: Mail) -> None:
        """Wait for the account's turn.

        Raises:
            SendFailure: it is too far away.
        """
        super().begins(mail)
        queue, server = self._queue, mail.server
        if queue.rate is None:
            return
        try:
            pause = rates.slot(queue.task.state, account(server.host, server.user), queue.rate, _AT_MOST)
        except StateError as error:
            raise SendFailure(Code.TIMEOUT, "connect", error.message) from None
        if pause is None:
            what = f"it is not the turn of {server.user or server.place} to send (JSNPY_RATE {queue.rate.text})"
            raise SendFailure(Code.TIMEOUT, "connect", what)
        time.sleep(pause)


def account_of(row: Row) -> str:
    """Return the account that sends a waiting mail."""
    server = _how(row).get("server")
    server = server if isinstance(server, dict) else {}
    return account(str(server.get("host", "")), str(server.get("user", "")))


def oauth2_of(row: Row) -> dict[str, object] | None:
    """Return the `oauth2` block that a waiting mail's token comes from, None where it needs none."""
    block = _how(row).get("oauth2")
    return block if isinstance(block, dict) else None


def _how(row: Row) -> dict[str, Any]:
    """Return how a waiting mail is handed over; of a damaged one nothing, which its attempt reports."""
    try:
        kept: Any = json_text.loads(row.server)
    except (ValueError, TypeError):
        return {}
    return kept if isinstance(kept, dict) else {}


def try_again(kept: Kept, task: Task, settings: Settings) -> Standing:
    """Make the next attempt to send a waiting mail, and return what came of it.

    Raises:
        OutboxError: what is to be noted cannot be.
        Damaged: it is no mail.
    """
    terms = kept.terms
    max_age = schedule.MAX_AGE if terms.max_age is None else terms.max_age
    queue = Queue(task, terms=terms, once=True)
    further = FurtherAttempt(queue, kept.row, kept.data, settings, encoding=terms.encoding, max_age=max_age)
    return further.made()


def adopt(mail: dict[str, Any], state: State) -> None:
    """Let a mail wait in Redis that comes in a task of version 1, which had its bytes with it.

    Raises:
        StateError: Redis cannot be asked.
    """
    row = Row(**{name: value for name, value in mail.items() if name in Row.__fields__})
    Waiting(state).adopt(row, base64.b64decode(mail["data"]))
