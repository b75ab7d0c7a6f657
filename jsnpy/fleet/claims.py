"""Which worker has which run or mail, and whether its first mail may be gone: so that nothing is done twice.

A broker hands a task out again when a worker died, but also when it only seemed dead or was slow. So whoever is
handed a task claims it here, keeps the claim alive while working, and asks here before the first final dot: who lost
the claim meanwhile does not send. What is left of a dead worker can be told by that mark: without it the task is
taken over, with it nobody knows what was delivered, and the task is reported as lost. A task that was announced here
and is not known any more is lost too: Redis lost its data, and with it who did what.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading

from jsnpy.fleet.settings import LEASE
from jsnpy.fleet.state import NOW, StateError
from jsnpy.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsnpy.fleet.state import State

KEPT = 7 * 86400
"""Seconds a task is remembered: longer than any mail waits."""

_MOST_CLAIMS = 5
"""How many workers may die of one task before it is reported as lost."""

_ANNOUNCE = "redis.call('HSET', KEYS[1], 'claims', 0); redis.call('EXPIRE', KEYS[1], ARGV[1])"

_CLAIM = (
    NOW
    + """
local h = redis.call('HMGET', KEYS[1], 'owner', 'until', 'marked', 'done', 'claims', 'forgotten')
if h[6] or (ARGV[5] == '1' and not h[5]) then return {'forgotten', ''} end
if h[4] then return {'done', h[4]} end
if h[1] and h[1] ~= ARGV[1] and tonumber(h[2]) > now then return {'busy', tostring(tonumber(h[2]) - now)} end
if h[3] then return {'lost', h[1]} end
if tonumber(h[5] or '0') >= tonumber(ARGV[4]) then return {'deadly', h[5]} end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', now + ARGV[2])
redis.call('HINCRBY', KEYS[1], 'claims', 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {'yours', ''}
"""
)

OWNED = """
local owner = redis.call('HGET', KEYS[1], 'owner')
if not owner then return 'forgotten' end
if owner ~= ARGV[1] then return 'lost' end
"""
"""Begins a script that changes something only for who has the claim on KEYS[1]."""

# Who waits for the result of a run that Redis has forgotten sees that some worker still has it.
_RENEW = (
    NOW
    + """
if redis.call('HEXISTS', KEYS[1], 'owner') == 0 then
    redis.call('HSET', KEYS[1], 'claims', '1', 'forgotten', '1')
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
"""
    + OWNED
    + "redis.call('HSET', KEYS[1], 'until', now + ARGV[2]); return 'yours'"
)
_MARK = OWNED + "redis.call('HSET', KEYS[1], 'marked', '1'); return 'yours'"
_UNMARK = OWNED + "redis.call('HDEL', KEYS[1], 'marked'); return 'yours'"
_FINISH = OWNED + "redis.call('HSET', KEYS[1], 'done', ARGV[2]); return 'yours'"
_SHORTEN = "if redis.call('HEXISTS', KEYS[1], 'done') == 1 then redis.call('HSET', KEYS[1], 'done', '') end"
_STANDING = """
local h = redis.call('HMGET', KEYS[1], 'claims', 'owner', 'forgotten')
if not h[1] then return 'forgotten' end
return (h[2] or h[3]) and 'claimed' or 'announced'
"""


class Claim(Record):
    """What is answered to who was handed a task.

    Attributes:
        verdict: "yours", "busy" (somebody has it), "done", "lost" (its worker died after the mark), "deadly" (too many
            workers died of it) or "forgotten" (it was announced, and Redis has lost its data since).
        text: with "done" what came of it, with "lost" who had it, with "deadly" how many died.
        left: with "busy", seconds until that may have changed.
    """

    verdict: str
    text: str = ""
    left: float = 0.0


def new_owner() -> str:
    """Return a name for who claims: readable, and never the same twice."""
    return f"{socket.gethostname()}/{os.getpid()}/{os.urandom(6).hex()}"


class Claims:
    """The claims of all workers; each method raises StateError where Redis cannot be asked.

    Args:
        state: the shared Redis.
        lease: seconds a claim holds without being kept alive.
    """

    def __init__(self, state: State, lease: float = LEASE) -> None:
        self._state = state
        self._lease = int(lease * 1000)
        self._pause = lease / 3

    def announce(self, task: str) -> None:
        """Note that a task is about to be submitted, so that it can be told when Redis has lost it."""
        self._state.ask(_ANNOUNCE, (task,), KEPT)

    def standing(self, task: str) -> str:
        """Return whether a submitted task is "announced", "claimed" by a worker, or "forgotten"."""
        answer: bytes = self._state.ask(_STANDING, (task,))
        return answer.decode()

    def claim(self, task: str, owner: str, *, announced: bool = False) -> Claim:
        """Claim a task; one that was announced must still be known."""
        values = (owner, self._lease, KEPT, _MOST_CLAIMS, int(announced))
        verdict, text = (part.decode() for part in self._state.ask(_CLAIM, (task,), *values))
        if verdict == "busy":
            return Claim(verdict=verdict, left=float(text) / 1000)
        return Claim(verdict=verdict, text=text)

    def mark(self, task: str, owner: str) -> str:
        """Note that the first mail is about to be delivered, and return "yours".

        Or return why it must not be: the task is another worker's by now ("lost"), or "forgotten".
        """
        return self._change(_MARK, task, owner)

    def unmark(self, task: str, owner: str) -> None:
        """Note that the only mail of a task was not delivered after all."""
        self._change(_UNMARK, task, owner)

    def finish(self, task: str, owner: str, result: object) -> str:
        """Note what came of a task; returns as `mark` does."""
        return self._change(_FINISH, task, owner, json.dumps(result))

    def shorten(self, task: str) -> None:
        """Forget what came of a finished task, as it is kept elsewhere by now, but not that it is done."""
        self._state.ask(_SHORTEN, (task,), patience=0.0)

    @contextlib.contextmanager
    def kept_alive(self, task: str, owner: str) -> Iterator[None]:
        """Keep a claim alive while the block runs."""
        over = threading.Event()

        def work() -> None:
            while not over.wait(self._pause):
                # What could not be said now is said at the next round; the mark is what decides.
                with contextlib.suppress(StateError):
                    self._state.ask(_RENEW, (task,), owner, self._lease, patience=0.0)

        thread = threading.Thread(target=work, name="jsnpy-claim", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _change(self, script: str, task: str, owner: str, *values: object) -> str:
        answer: bytes = self._state.ask(script, (task,), owner, *values)
        return answer.decode()
