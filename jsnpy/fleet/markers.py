"""The ledger where RabbitMQ is alone: an empty queue that tells of a task that its first mail may be gone.

RabbitMQ says of a task that it was perhaps handed out before: of those a dead worker had, of those that were finished
when the connection broke, and after a crash of its own of all. Such a task may still be done unless its marker is
there. Declaring a queue is atomic, and fails where there is one with other properties: so of two workers with the
same task only the first one to declare the marker may send. Markers go by themselves after a day.
"""

from __future__ import annotations

import contextlib
import time
import zlib

from amqp.exceptions import AMQPError, NotFound, PreconditionFailed

from jsnpy.fleet.ledger import MOST_CLAIMS, PATIENCE, Claim, LedgerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from jsnpy.fleet.settings import Rate

_KEPT = 86400
"""Seconds a marker stays: longer than all workers are away at a time."""


class Markers:
    """The ledger's place where there is no Redis.

    Args:
        connect: returns a connection to RabbitMQ, not yet open.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect

    def claim(self, task: str, owner: str, *, redelivered: bool = False, retries: int = 0) -> Claim:
        """Claim a task.

        Args:
            task: its id.
            owner: who claims it.
            redelivered: whether RabbitMQ says that it may have been handed out before.
            retries: how often it was put back.

        Returns:
            "yours", "again" (put it back and count that: its worker may have died of it), "lost" or "deadly".

        Raises:
            LedgerError: RabbitMQ cannot be asked.
        """
        del owner
        # A task that was put back is a new one for RabbitMQ.
        if (redelivered or retries) and self._asked(lambda channel: channel.queue_declare(_name(task), passive=True)):
            return Claim("lost")
        if not redelivered:
            return Claim("yours")
        return Claim("deadly", str(MOST_CLAIMS)) if retries >= MOST_CLAIMS else Claim("again")

    def mark(self, task: str, owner: str) -> bool:
        """Note that the first mail is about to be delivered; False: another worker was faster.

        Raises:
            LedgerError: RabbitMQ cannot be asked.
        """
        whose = {"x-expires": _KEPT * 1000, "x-max-length": zlib.crc32(owner.encode())}
        declared = {"durable": True, "auto_delete": False, "arguments": whose}
        return self._asked(lambda channel: channel.queue_declare(_name(task), **declared))

    def unmark(self, task: str, owner: str) -> None:
        """Note that the only mail of a task was not delivered after all.

        Raises:
            LedgerError: RabbitMQ cannot be asked.
        """
        del owner
        self._asked(lambda channel: channel.queue_delete(_name(task)))

    def finish(self, task: str, owner: str, result: object) -> bool:
        """Return True: nothing but RabbitMQ's own acknowledgement keeps a task from being handed out again."""
        del task, owner, result
        return True

    def kept_alive(self, task: str, owner: str) -> contextlib.AbstractContextManager[None]:
        """Do nothing while a block runs: the connection does it."""
        del task, owner
        return contextlib.nullcontext()

    def slot(self, account: str, rate: Rate, at_most: float | None = None) -> float | None:
        """Return 0: Celery's own rate limit has to do."""
        del account, rate, at_most
        return 0.0

    def _asked(self, question: Callable[[Any], object]) -> bool:
        """Return whether RabbitMQ did as it was told; it may be away for a moment, as when it starts anew."""
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                with self._connect() as connection:
                    question(connection.channel())
            except (NotFound, PreconditionFailed):
                return False
            except (OSError, AMQPError) as error:
                if time.monotonic() >= give_up:
                    raise LedgerError(f"RabbitMQ cannot be reached: {error}") from None
                time.sleep(0.5)
            else:
                return True


def _name(task: str) -> str:
    return f"jsnpy.began.{task}"
