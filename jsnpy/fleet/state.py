"""The fleet's state in Redis, changed by scripts that Redis carries out in one piece."""

from __future__ import annotations

import re
import time

import redis

from jsnpy.errors import ExitCode, JsnpyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PATIENCE = 20.0
"""Seconds that a Redis which is away is waited for, as when it is restarted."""

NOW = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000); "
"""Begins a script that needs the time, in milliseconds: Redis's own, as the clocks of workers differ."""


class StateError(JsnpyError):
    """The fleet's state cannot be read or changed."""

    exit_code = ExitCode.USAGE


class State:
    """The Redis that all workers and submitters share.

    Args:
        url: as Celery writes it.
    """

    def __init__(self, url: str) -> None:
        # Celery's URLs say three things in words of its own.
        url = url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
        url = re.sub("=CERT_[A-Z]+", lambda word: f"={word[0][6:].lower()}", url)
        try:
            self._client: Any = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
        except ValueError as error:
            raise _unusable(error) from None

    def look(self) -> None:
        """See whether it answers, without waiting for a Redis that is away.

        Raises:
            StateError: it does not.
        """
        self.ask("return 1", (), patience=0.0)

    def ask(self, script: str, keys: tuple[str, ...], *values: object, patience: float = PATIENCE) -> Any:
        """Return what a script answers; `keys` are given without the fleet's prefix.

        Raises:
            StateError: it cannot be carried out.
        """
        give_up = time.monotonic() + patience
        names = [f"jsnpy:{key}" for key in keys]
        while True:
            try:
                return self._client.eval(script, len(names), *names, *values)
            except (redis.ConnectionError, redis.TimeoutError) as error:
                if time.monotonic() >= give_up:
                    raise StateError(f"the fleet's state in Redis cannot be reached: {error}") from None
                time.sleep(0.25)
            except (redis.RedisError, TypeError, ValueError) as error:  # the last two: a URL that says odd things
                raise _unusable(error) from None


def _unusable(error: Exception) -> StateError:
    return StateError(f"the fleet's state in Redis cannot be used: {error}")
