"""Sends over a faulty link, one after the other, each judged."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any, Self

from jsnpy import smtp
from jsnpy.smtp.pool import Sessions
from support import truth
from support.certificates import ca_pem
from support.counting import CountingServer
from support.faulty_link import CUT, DELAY, FLIP, HALF, RESET, STALL, TO_CLIENT, TO_SERVER, Fault, FaultyLink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.faulty_link import Passage
    from support.mailserver import Mode

KINDS = (CUT, HALF, RESET, STALL, DELAY)
SLACK = 10.0
"""Seconds a send may take beyond its timeout before it counts as hanging, on a busy machine."""

# Lines that a single changed bit turns into the end of the message, and one that must be stuffed.
BODY = "disk full\n/\n,\nMAIL FROM:<eve@x.test>\n.\nbye"


def _refuse_second(line: bytes) -> bytes:
    return b"451 4.7.1 greylisted\r\n" if b"bob@" in line else b"250 2.1.5 ok\r\n"


SCENARIOS: dict[str, dict[str, Any]] = {
    "accepted": {},
    "refused": {"verdict": lambda _: b"554 5.7.1 no, 250 reasons\r\n"},
    "half": {"recipient": _refuse_second},
}


class Bench:
    """A counting server behind a faulty link; a context manager.

    Args:
        scenario: a name in SCENARIOS.
        mode: "plain", "ssl" or "starttls".
    """

    def __init__(self, scenario: str = "accepted", mode: Mode = "plain") -> None:
        self._mode = mode
        self._tokens = itertools.count(1)
        self.server = CountingServer(**SCENARIOS[scenario], mode=mode)
        self.link = FaultyLink(self.server.port)

    def __enter__(self) -> Self:
        self.server.__enter__()
        self.link.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.link.__exit__()
        self.server.__exit__()

    def send(self, fault: Fault | None, timeout: float) -> tuple[smtp.SendResult, int, list[Passage], float]:
        """Send one mail; return its result, how often the server accepted it, what passed, and the seconds it took."""
        number = next(self._tokens)
        self.link.prepare(fault)
        route = None if self._mode == "plain" else lambda _: smtp.Route(self.link.host, self.link.port, ca_pem())
        start = time.monotonic()
        result = smtp.send(self._fields(number, timeout), smtp.Settings(route=route))
        elapsed = time.monotonic() - start
        for passage in self.link.passages:
            passage.over.wait(SLACK)
        self.server.settle()
        # A changed byte may hit the token: every accepted mail since the last one is this one's.
        accepted = self.server.accepted.total()
        self.server.accepted.clear()
        return result, accepted, self.link.passages, elapsed

    def _fields(self, number: int, timeout: float) -> dict[str, object]:
        return {
            "host": self.link.host,
            "port": self.link.port,
            "user": truth.USER,
            "pass": truth.PASSWORD,
            "from": "mon@x.test",
            "to": ["ann@y.test", "bob@y.test"],
            "subject": f"token-{number}",
            "body": BODY,
            "helo": "c.test",
            "timeout": timeout,
            "ssl": self._mode == "ssl",
            "starttls": self._mode == "starttls",
        }

    def lengths(self) -> dict[str, int]:
        """Return how many bytes pass in each direction when nothing goes wrong."""
        _, _, (passage,), _ = self.send(None, SLACK)
        return {direction: len(passage.passed[direction]) for direction in (TO_CLIENT, TO_SERVER)}

    def judge(self, fault: Fault) -> list[str]:
        """Send over a link with a fault; return what is wrong with the result, in words."""
        timeout = _timeout(fault)
        result, accepted, passages, elapsed = self.send(fault, timeout)
        wrong = truth.complaints(result, accepted, passages, fault, tls=self._mode != "plain")
        if elapsed > timeout + SLACK:
            wrong.append(f"hang: {elapsed:.1f} s")
        return [f"{fault}: {each}\n{result.log}" for each in wrong]


class KeptBench(Bench):
    """The same for two mails over one session, whose commands are sent ahead of their replies."""

    def send_both(self, fault: Fault | None, timeout: float) -> list[tuple[smtp.SendResult, int]]:
        """Send two mails over one session; return their results, each with how often the server accepted it."""
        self.link.prepare(fault)
        sessions = Sessions()
        settings = smtp.Settings(sessions=lambda: sessions)
        numbers = [next(self._tokens), next(self._tokens)]
        results = [smtp.send({**self._fields(each, timeout), "keep_alive": True}, settings) for each in numbers]
        sessions.close()
        for passage in self.link.passages:
            passage.over.wait(SLACK)
        self.server.settle()
        return [(result, self.server.accepted[b"%d" % number]) for result, number in zip(results, numbers, strict=True)]

    def lengths(self) -> dict[str, int]:
        """Return how many bytes pass in each direction when nothing goes wrong."""
        self.send_both(None, SLACK)
        (passage,) = self.link.passages
        return {direction: len(passage.passed[direction]) for direction in (TO_CLIENT, TO_SERVER)}

    def judge(self, fault: Fault) -> list[str]:
        """Send two mails over a link with a fault; return what is wrong with a result, in words."""
        wrong = []
        for number, (result, accepted) in enumerate(self.send_both(fault, _timeout(fault))):
            found = truth.disagreements(result, accepted)
            wrong += [f"{fault}: {each}\nmail {number + 1}\n{result.log}" for each in found]
        return wrong


def _timeout(fault: Fault) -> float:
    return SLACK if fault.kind in (DELAY, CUT, RESET, HALF) else 0.4


def every_fault(lengths: dict[str, int], bits: range = range(8)) -> Iterator[Fault]:
    """Yield every fault at every byte position: cut, half cut, reset, stall, delay, each bit flipped."""
    for direction, length in lengths.items():
        for position in range(length):
            for kind in KINDS:
                yield Fault(kind, direction, position)
            for bit in bits:
                yield Fault(FLIP, direction, position, mask=1 << bit)
