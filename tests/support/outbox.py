"""What the outbox tests share: a server that counts, mails, a clock that can be turned, outboxes with mails in them."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from jsnpy import smtp
from jsnpy.outbox import Outbox
from support.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.scripted import Connection

TEMPORARY = b"451 4.3.0 try again later\r\n"


class CountingServer(ScriptedServer):
    """A server that answers the final dot as `answer` says, and counts what it took.

    Attributes:
        answer: the reply to each final dot.
        taken: each mail it took, as (subject, Message-ID).
    """

    def __init__(self, **steps: Any) -> None:
        self.answer = b"250 2.0.0 taken\r\n"
        self.taken: list[tuple[str, str]] = []
        super().__init__(MESSAGE=self._count, **steps)

    def _count(self, connection: Connection) -> bytes:
        answer = self.answer
        if answer.startswith(b"2"):
            text = connection.messages[-1].decode()
            self.taken.append((header(text, "Subject"), header(text, "Message-ID")))
        return answer

    def count(self, subject: str) -> int:
        """Return how often a mail with this subject was taken."""
        return sum(each == subject for each, _ in self.taken)

    def wait_idle(self) -> None:
        """Wait until every connection so far is over."""
        for thread in self._threads[1:]:
            thread.join(20)


def header(message: str, name: str) -> str:
    """Return a header's value."""
    found = re.search(rf"^{name}: (.*?)\r$", message, re.MULTILINE)
    assert found, message
    return found[1]


def fields(server: Any, subject: str = "Disk full", **more: Any) -> dict[str, Any]:
    """Return a mail to a server as a script would give it."""
    return {
        "host": server.host,
        "port": server.port,
        "from": "alert@srv1.test",
        "to": "ann@example.com",
        "subject": subject,
        "body": "hello",
        **more,
    }


def in_turn(*answers: bytes) -> Callable[[object], bytes]:
    """Return a server's step that answers one by one, over all its connections; the last answer stays."""
    left = list(answers)
    return lambda _connection: left.pop(0) if len(left) > 1 else left[0]


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def keep(directory: Path, server: CountingServer, *subjects: str, hours_ago: float = 2, **more: Any) -> list[str]:
    """Put mails to a server into an outbox, that are due, and return their IDs."""
    taking, server.answer = server.answer, TEMPORARY
    outbox = Outbox(str(directory), clock=lambda: time.time() - hours_ago * 3600)
    results = [outbox.send(fields(server, subject, **more), smtp.Settings()) for subject in subjects]
    outbox.close()
    server.answer = taking
    return [str(result.details["queued"]) for result in results]


def write_script(folder: Path, server: Any, subject: str, **more: Any) -> Path:
    """Write a script that sends one mail and prints the result, and return its path."""
    path = folder / "alert.js"
    mail = json.dumps(fields(server, subject, **more))
    path.write_text(f"const r = send_email({mail}); console.log(JSON.stringify([r.code, r.error, r.details.queued]));")
    return path
