"""What the environment says about the fleet: broker, results, the shared state, the rate, the time to a takeover."""

from __future__ import annotations

import os

from jsnpy.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_REDIS = ("redis://", "rediss://", "redis+socket://", "unix://")
_PERIODS = {"s": 1.0, "m": 60.0, "h": 3600.0}

TAKEOVER = 300.0
"""Seconds until Redis hands on what a dead worker had, if JSNPY_TAKEOVER does not say."""

_SHORTEST_TAKEOVER = 10.0


class Rate:
    """So many mails in a period, at the most, per account.

    Args:
        text: such as "30/m", "5/s", "1000/h".

    Raises:
        UsageError: it is no such text.
    """

    __slots__ = ("count", "period", "text")

    def __init__(self, text: str) -> None:
        digits, _, unit = text.strip().lower().partition("/")
        if not (digits.isascii() and digits.isdigit() and int(digits) and unit in _PERIODS):
            raise UsageError(f"JSNPY_RATE is {text!r}: it is a number of mails a second, minute or hour, such as 30/m")
        self.count = int(digits)
        self.period = _PERIODS[unit]
        self.text = f"{self.count}/{unit}"


class Settings:
    """The fleet's settings.

    Args:
        environ: the environment.

    Attributes:
        broker: URL of the broker.
        results: URL of the result backend: Redis itself where it is the broker, else RabbitMQ's replies (rpc://).
        state: URL of the Redis that knows which run is whose, "" where there is none.
        rate: the mails an account may send, or None for any number.
        takeover: seconds after which Redis hands on what a dead worker had.

    Raises:
        UsageError: a variable is missing or wrong.
    """

    __slots__ = ("broker", "rate", "results", "state", "takeover")

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.broker = environ.get("JSNPY_BROKER_URL", "").strip()
        if not self.broker:
            raise UsageError(
                "JSNPY_BROKER_URL is not set: it names the broker of the fleet",
                "For example redis://queue.example.com:6379/0 or amqp://user:password@queue.example.com//",
            )
        self.results = environ.get("JSNPY_RESULT_URL", "").strip() or (self.broker if self.redis else "rpc://")
        self.state = next((url for url in (self.results, self.broker) if url.startswith(_REDIS)), "")
        rate = environ.get("JSNPY_RATE", "").strip()
        self.rate = Rate(rate) if rate else None
        self.takeover = _seconds(environ.get("JSNPY_TAKEOVER", "").strip())

    @property
    def redis(self) -> bool:
        """Whether the broker is Redis."""
        return self.broker.startswith(_REDIS)

    @property
    def hop(self) -> float:
        """Seconds a waiting mail is left with one worker: Redis would hand it on after the takeover time."""
        return self.takeover / 2


def _seconds(text: str) -> float:
    if not text:
        return TAKEOVER
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _SHORTEST_TAKEOVER <= seconds < float("inf"):
        raise UsageError(f"JSNPY_TAKEOVER is {text!r}: it is a number of seconds, at least {_SHORTEST_TAKEOVER:g}")
    return seconds
