"""Which worker has which run or mail, and whether its first mail may be gone: so that nothing is done twice.

A broker hands a task out again when a worker died, but also when it only seemed dead or was slow. So whoever is
handed a task claims it here, keeps the claim alive while working, and asks here before the first final dot: who lost
the claim meanwhile does not send. What is left of a dead worker can be told by that mark: without it the task is
taken over, with it nobody knows what was delivered, and the task is reported as lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import threading
import time

import redis

from jsnpy.errors import JsnpyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from jsnpy.fleet.settings import Rate

LEASE = 15.0
"""Seconds a claim holds without being kept alive."""

KEPT = 7 * 86400
"""Seconds the ledger remembers a task: longer than any mail waits."""

MOST_CLAIMS = 5
"""How many workers may die of one task before it is reported as lost."""

PATIENCE = 20.0
"""Seconds that a Redis which is away is waited for, as when it starts anew."""

_NOW = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000); "

_CLAIM = (
    _NOW
    + """
local h = redis.call('HMGET', KEYS[1], 'owner', 'until', 'marked', 'done', 'claims')
if h[4] then return {'done', h[4]} end
if h[1] and h[1] ~= ARGV[1] and tonumber(h[2]) > now then return {'busy', tostring(tonumber(h[2]) - now)} end
if h[3] then return {'lost', h[1] or ''} end
if tonumber(h[5] or '0') >= tonumber(ARGV[4]) then return {'deadly', h[5]} end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', now + ARGV[2])
redis.call('HINCRBY', KEYS[1], 'claims', 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {'yours', ''}
"""
)

_RENEW = (
    _NOW
    + """
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', now + ARGV[2])
return 1
"""
)

_MARK = """
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'marked', '1')
return 1
"""

_UNMARK = """
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'marked')
return 1
"""

_FINISH = """
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'done', ARGV[2])
return 1
"""

# The moments of the last mails, newest first: a new one is at least a period after the one so many before it.
_SLOT = (
    _NOW
    + """
local count = tonumber(ARGV[1])
local at = now
local newest = redis.call('LINDEX', KEYS[1], 0)
if newest and tonumber(newest) > at then at = tonumber(newest) end
local before = redis.call('LINDEX', KEYS[1], count - 1)
if before and tonumber(before) + ARGV[2] > at then at = tonumber(before) + ARGV[2] end
if ARGV[3] ~= '' and at - now > tonumber(ARGV[3]) then return {0, tostring(at - now)} end
redis.call('LPUSH', KEYS[1], at)
redis.call('LTRIM', KEYS[1], 0, count - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(at - now + ARGV[2]))
return {1, tostring(at - now)}
"""
)


class LedgerError(JsnpyError):
    """The ledger cannot be asked."""


class Claim:
    """What the ledger said to who was handed a task.

    Args:
        verdict: "yours", "busy" (somebody has it), "again" (it must be counted first), "done", "lost" (its worker died
            after the mark) or "deadly" (too many workers died of it).
        text: with "done" what came of it, with "lost" who had it.
        left: with "busy", seconds until that may have changed.
    """

    __slots__ = ("left", "text", "verdict")

    def __init__(self, verdict: str, text: str = "", left: float = 0) -> None:
        self.verdict = verdict
        self.text = text
        self.left = left


def new_owner() -> str:
    """Return a name for who claims: readable, and never the same twice."""
    return f"{socket.gethostname()}/{os.getpid()}/{os.urandom(6).hex()}"


class Ledger:
    """The ledger in Redis.

    Args:
        url: of the Redis.
        lease: seconds a claim holds without being kept alive.
    """

    def __init__(self, url: str, lease: float = LEASE) -> None:
        # Celery's URLs say three things in words of its own.
        url = url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
        url = re.sub("=CERT_[A-Z]+", lambda word: f"={word[0][6:].lower()}", url)
        self._client: Any = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
        self._lease = int(lease * 1000)
        self._pause = lease / 3

    def look(self) -> None:
        """See whether it can be asked, without waiting for a Redis that is away.

        Raises:
            LedgerError: it cannot.
        """
        self._ask("return 1", "", patience=0.0)

    def claim(self, task: str, owner: str, *, redelivered: bool = False, retries: int = 0) -> Claim:
        """Claim a task.

        Args:
            task: its id.
            owner: who claims it.
            redelivered: not needed here.
            retries: likewise.

        Raises:
            LedgerError: the ledger cannot be asked.
        """
        del redelivered, retries
        verdict, text = self._ask(_CLAIM, task, owner, self._lease, KEPT, MOST_CLAIMS)
        if verdict == b"busy":
            return Claim("busy", left=float(text) / 1000)
        return Claim(verdict.decode(), text.decode())

    def mark(self, task: str, owner: str) -> bool:
        """Note that the first mail is about to be delivered; False: the task is another worker's by now.

        Raises:
            LedgerError: the ledger cannot be asked.
        """
        return bool(self._ask(_MARK, task, owner))

    def unmark(self, task: str, owner: str) -> None:
        """Note that the only mail of a task was not delivered after all.

        Raises:
            LedgerError: the ledger cannot be asked.
        """
        self._ask(_UNMARK, task, owner)

    def finish(self, task: str, owner: str, result: object) -> bool:
        """Note what came of a task; False: it is another worker's by now.

        Raises:
            LedgerError: the ledger cannot be asked.
        """
        return bool(self._ask(_FINISH, task, owner, json.dumps(result)))

    @contextlib.contextmanager
    def kept_alive(self, task: str, owner: str) -> Iterator[None]:
        """Keep a claim alive while the block runs."""
        over = threading.Event()

        def work() -> None:
            while not over.wait(self._pause):
                # What could not be said now is said at the next round; the mark is what decides.
                with contextlib.suppress(LedgerError):
                    self._ask(_RENEW, task, owner, self._lease, patience=0.0)

        thread = threading.Thread(target=work, name="jsnpy-claim", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def slot(self, account: str, rate: Rate, at_most: float | None = None) -> float | None:
        """Reserve the next moment an account may send a mail at, and return the seconds until then.

        Args:
            account: who sends.
            rate: how much it may send.
            at_most: seconds; if the moment is further away, nothing is reserved and None returned.

        Raises:
            LedgerError: the ledger cannot be asked.
        """
        limit = "" if at_most is None else int(at_most * 1000)
        granted, left = self._ask(_SLOT, f"rate:{account}", rate.count, int(rate.period * 1000), limit)
        return float(left) / 1000 if granted else None

    def _ask(self, script: str, key: str, *values: object, patience: float = PATIENCE) -> Any:
        give_up = time.monotonic() + patience
        while True:
            try:
                return self._client.eval(script, 1, f"jsnpy:{key}", *values)
            except (redis.ConnectionError, redis.TimeoutError) as error:
                if time.monotonic() >= give_up:
                    raise LedgerError(f"the fleet's state in Redis cannot be reached: {error}") from None
                time.sleep(0.25)
            except redis.RedisError as error:
                raise LedgerError(f"the fleet's state in Redis cannot be used: {error}") from None
