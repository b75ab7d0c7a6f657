"""A fleet's mails: the outbox's attempts and schedule, with the queue in place of the outbox's file."""

from __future__ import annotations

import base64
import time

from jsnpy import json_text
from jsnpy.errors import OutboxError
from jsnpy.fleet.ledger import LedgerError
from jsnpy.outbox.attempts import FirstAttempt, FurtherAttempt, account
from jsnpy.outbox.rows import WAITING, Row
from jsnpy.record import as_dict
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from jsnpy.fleet.ledger import Ledger
    from jsnpy.fleet.markers import Markers
    from jsnpy.fleet.settings import Rate
    from jsnpy.outbox import Standing
    from jsnpy.smtp.outcome import SendResult
    from jsnpy.smtp.sending import Mail


PLACE = "the fleet's queue"

_AT_MOST = 10.0
"""Seconds a script waits for its account's turn; a mail whose turn is later becomes a task at once."""


class Task:
    """A task that a worker has claimed.

    Args:
        ledger: where.
        id_: the task's id.
        owner: who claimed it.
        publish: called with each mail that is to be sent later, as JSON values.

    Attributes:
        taken_over: whether the task was found to be another worker's by now.
    """

    __slots__ = ("id", "ledger", "owner", "publish", "taken_over")

    def __init__(
        self, ledger: Ledger | Markers, id_: str, owner: str, publish: Callable[[dict[str, Any]], None]
    ) -> None:
        self.ledger = ledger
        self.id = id_
        self.owner = owner
        self.publish = publish
        self.taken_over = False

    def mark(self) -> None:
        """Note that a mail is about to leave this task, which must not be done again from here on.

        Raises:
            OutboxError: it cannot be noted, or the task is another worker's by now.
        """
        try:
            mine = self.ledger.mark(self.id, self.owner)
        except LedgerError as error:
            raise OutboxError(error.message) from None
        if not mine:
            self.taken_over = True
            raise OutboxError("another worker has taken this run over, and sends its mails")

    def queue(self, row: Row, data: bytes) -> None:
        """Hand a mail to the queue, to be sent later.

        Raises:
            OutboxError: the queue does not take it.
        """
        self.mark()
        mail = as_dict(row) | {"data": base64.b64encode(data).decode()}
        try:
            self.publish(mail)
        except Exception as error:  # noqa: BLE001 - each broker's library has errors of its own
            raise OutboxError(f"the broker cannot be reached: {error}") from None


class Queue:
    """The queue as what a run's mails are sent through, and as where their attempts keep them (a Keeper).

    Args:
        task: whose mails they are.
        rate: the mails an account may send, or None for any number.
        secrets: each value that came from a reference, with that reference.
        encoding: of files with passwords that are not Unicode.
        once: whether the task is a single mail, so that its mark can be taken back.
    """

    place = PLACE

    def __init__(
        self,
        task: Task,
        *,
        rate: Rate | None = None,
        secrets: Mapping[str, str] | None = None,
        encoding: str | None = None,
        once: bool = False,
    ) -> None:
        self.task = task
        self.rate = rate
        self.secrets = secrets
        self.encoding = encoding
        self.once = once
        self._data: dict[str, bytes] = {}

    def send(self, fields: object, settings: Settings) -> SendResult:
        """Send one mail; if it fails for a passing reason, it becomes a task of its own."""
        return _First(self, settings).send(fields)

    def close(self) -> None:
        """Do nothing: what is kept is in the queue."""

    def keep(self, row: Row, data: bytes) -> None:
        """Keep a mail in this process: it outlives it as long as its script, or its task, does."""
        self._data[row.id] = data

    def mark(self, row: Row) -> None:
        """Note that the final dot is about to be sent."""
        del row
        self.task.mark()

    def unmark(self, row: Row) -> None:
        """Note that the server did not accept the mail."""
        del row
        if self.once:
            try:
                self.task.ledger.unmark(self.task.id, self.task.owner)
            except LedgerError as error:
                raise OutboxError(error.message) from None

    def settle(self, row: Row) -> None:
        """Hand a mail to the queue for its next attempt; one that is not tried again is reported by its task."""
        data = self._data.pop(row.id)
        if row.state == WAITING:
            self.task.queue(row, data)

    def remove(self, row: Row) -> None:
        """Forget a mail."""
        self._data.pop(row.id, None)


class _First(FirstAttempt):
    """The send a script asked for, when it is its account's turn."""

    def __init__(self, queue: Queue, settings: Settings) -> None:
        super().__init__(queue, settings, secrets=queue.secrets)
        self._queue = queue

    def begins(self, mail: Mail) -> None:
        """Wait for the account's turn.

        Raises:
            SendFailure: it is too far away.
        """
        super().begins(mail)
        queue = self._queue
        if queue.rate is None:
            return
        try:
            pause = queue.task.ledger.slot(account(mail.server.host, mail.server.user), queue.rate, _AT_MOST)
        except LedgerError as error:
            raise SendFailure(Code.TIMEOUT, "connect", error.message) from None
        if pause is None:
            what = (
                f"it is not the turn of {mail.server.user or mail.server.place} to send (JSNPY_RATE {queue.rate.text})"
            )
            raise SendFailure(Code.TIMEOUT, "connect", what)
        time.sleep(pause)


def account_of(mail: dict[str, Any]) -> str:
    """Return the account of a queued mail."""
    kept: Any = json_text.loads(mail["server"])
    server = kept["server"]
    return account(server["host"], server["user"])


def task_id(mail: dict[str, Any]) -> str:
    """Return the id of the task that makes a mail's next try: the same however often it is queued."""
    return f"{mail['id']}-{mail['tries'] + 1}"


def try_again(mail: dict[str, Any], task: Task, encoding: str | None = None) -> Standing:
    """Make the next try to send a queued mail, and return what came of it.

    Raises:
        OutboxError: what is to be noted cannot be.
        Damaged: it is no mail.
    """
    values = dict(mail)
    data = base64.b64decode(values.pop("data"))
    row = Row(**values)
    queue = Queue(task, once=True)
    queue.keep(row, data)
    return FurtherAttempt(queue, row, data, Settings(), encoding=encoding).made()
