"""What the environment says about the fleet: broker, results, the shared state, the rate, the time to a takeover."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from jsnpy.errors import UsageError
from jsnpy.outbox.rate import Rate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

    from jsnpy.redaction import Redactor

_REDIS = ("redis://", "rediss://", "redis+socket://")
_RABBITMQ = ("amqp://", "amqps://", "pyamqp://")

TAKEOVER = 300.0
"""Seconds until Redis hands on what a dead worker had, if JSNPY_TAKEOVER does not say."""

LEASE = 15.0
"""Seconds a claim holds without being kept alive, at most."""

_SWEEP = 10.0
"""Seconds between two looks for what dead workers had, at most."""

_SHORTEST_TAKEOVER = 10.0

REFUSED = "a worker runs no program that a task names"
ALLOW = "JSNPY_ALLOW_COMMANDS=1 in the worker's environment allows it."


class Settings:
    """The fleet's settings.

    Args:
        environ: the environment.

    Attributes:
        broker: URL of the broker.
        results: URL of the result backend: by default the broker, where that is Redis.
        state: URL of the Redis that knows which run is whose.
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
        if not self.broker.startswith((*_REDIS, *_RABBITMQ)):
            raise UsageError(
                "JSNPY_BROKER_URL names no broker that the fleet can use",
                "It begins with redis:// or rediss:// (Redis), or with amqp:// or amqps:// (RabbitMQ).",
            )
        _check("JSNPY_BROKER_URL", self.broker)
        results = environ.get("JSNPY_RESULT_URL", "").strip()
        _check("JSNPY_RESULT_URL", results or self.broker)
        self.results = results or self.broker
        self.state = next((url for url in (self.results, self.broker) if url.startswith(_REDIS)), "")
        if not self.state:
            raise UsageError(
                "RabbitMQ needs a Redis beside it, which knows what worker has which run: "
                "set JSNPY_RESULT_URL, for example to redis://queue.example.com:6379/0"
            )
        rate = environ.get("JSNPY_RATE", "").strip()
        try:
            self.rate = Rate(rate) if rate else None
        except ValueError as error:
            raise UsageError(f"JSNPY_RATE is {rate!r}: {error}") from None
        self.takeover = _seconds(environ.get("JSNPY_TAKEOVER", "").strip())

    @property
    def redis(self) -> bool:
        """Whether the broker is Redis."""
        return self.broker.startswith(_REDIS)

    @property
    def lease(self) -> float:
        """Seconds a claim holds without being kept alive: over before what a dead worker had is handed on."""
        return min(LEASE, self.takeover / 2)

    @property
    def sweep(self) -> float:
        """Seconds between two looks for what dead workers had."""
        return min(_SWEEP, self.takeover / 5)

    def hide_passwords(self, redactor: Redactor) -> None:
        """Keep the passwords in its URLs out of every message."""
        for url in (self.broker, self.results):
            for each in parts(url):
                redactor.add(each.password or "")
                redactor.add(unquote(each.password or ""))


def commands_are_refused(oauth2: Mapping[str, object] | None) -> bool:
    """Return whether a task's `oauth2` block names a program, and this worker's environment does not allow that."""
    return oauth2 is not None and "command" in oauth2 and os.environ.get("JSNPY_ALLOW_COMMANDS") != "1"


def parts(url: str) -> list[SplitResult]:
    """Return the URLs in a text where several brokers are divided by semicolons, each taken apart.

    Raises:
        ValueError: one is no URL.
    """
    return [urlsplit(each) for each in url.split(";")]


def _check(name: str, text: str) -> None:
    """Look for what the brokers' libraries would stumble over, with parts of the password in their words.

    Raises:
        UsageError: there is such a thing.
    """
    try:
        urls = parts(text)
        good = "://" in text and all(url.scheme and (url.port is None or url.port) for url in urls)
    except ValueError:
        urls, good = [], False
    if not good or any("@" in url.path + url.query + url.fragment for url in urls):
        raise UsageError(
            f"{name} is no URL: perhaps its port is wrong, or its password has a character that ends it too early",
            "In user and password write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A, ; as %3B, % as %25.",
        )
    database = urls[0].path.strip("/") if text.startswith(("redis://", "rediss://")) else ""
    if database and not database.isdecimal():
        raise UsageError(f"{name} names a database that Redis cannot have: after the host comes its number, as in /0")
    if len(urls) > 1 and text.startswith(_REDIS):
        raise UsageError(f"{name} names several Redis servers: which run is whose must be known to one")


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
