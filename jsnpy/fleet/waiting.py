"""The mails that wait for their next attempt: their bytes once in Redis, and when each is due.

What is due becomes a task of Celery's with nothing but the mail's ID, and no more of them at a time than workers
have done soon: neither a worker nor the queue grows with the number of mails that wait, and new runs need not queue
up behind them.
"""

from __future__ import annotations

import json
import time

from jsnpy.fleet.claims import KEPT, OWNED
from jsnpy.outbox.rows import Row, sound
from jsnpy.record import Record, as_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.fleet.state import State

VERSION = 2
"""Of the form in which runs and mails are handed on; 1 had the mail's bytes in the task."""

_AT_A_TIME = 200
"""How many due mails are tasks at a time."""

_LOST = 3600.0
"""Seconds after which a task that nobody has begun is taken for lost by the broker, and made again."""

_KEYS = ("waiting", "sending")
_COLUMNS = tuple(name for name in Row.__fields__ if name not in ("owner", "marked"))

_PUT = """
redis.call('HSET', KEYS[2], 'row', ARGV[4])
redis.call('HINCRBY', KEYS[2], 'attempt', 1)
redis.call('HDEL', KEYS[2], 'slot')
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2])
redis.call('ZREM', KEYS[4], ARGV[2])
return 'yours'
"""

_KEEP = (
    OWNED
    + """
if ARGV[5] ~= '' then
    redis.call('HSET', KEYS[2], 'data', ARGV[5])
    redis.call('HSET', KEYS[1], 'marked', '1')
elseif redis.call('EXISTS', KEYS[2]) == 0 then
    return 'yours'
end
"""
    + _PUT
)

_ADOPT = (
    f"if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', {KEPT}) then return 'done' end;"
    "redis.call('HSET', KEYS[2], 'data', ARGV[5]);" + _PUT
)

_DUE = """
local now, room = tonumber(ARGV[1]), tonumber(ARGV[2])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
    redis.call('ZADD', KEYS[1], now, id)
    redis.call('ZREM', KEYS[2], id)
end
room = room - redis.call('ZCARD', KEYS[2])
local due = {}
if room <= 0 then return due end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, room)) do
    local attempt = redis.call('HGET', 'jsnpy:mail:' .. id, 'attempt')
    redis.call('ZREM', KEYS[1], id)
    if attempt then
        redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), id)
        due[#due + 1] = {id, attempt}
    end
end
return due
"""

_TAKE = "return redis.call('HMGET', KEYS[1], 'row', 'data', 'attempt', 'slot')"

_POSTPONE = """
if redis.call('EXISTS', KEYS[3]) == 0 then return end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[3], 'slot', ARGV[3]) end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
"""

_FORGET = """
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[3])
"""

_LIST = """
local found = {}
for number, key in ipairs(KEYS) do
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
        found[#found + 1] = {tostring(number), redis.call('HGET', 'jsnpy:mail:' .. id, 'row')}
    end
end
return found
"""


class Terms(Record):
    """What a run was told about further attempts with its mails.

    Attributes:
        encoding: of files with passwords that are not Unicode, or None.
        max_age: seconds after which a mail is given up, or None.
    """

    encoding: str | None = None
    max_age: float | None = None


class Kept:
    """A mail as it is kept.

    Attributes:
        row: all of it but its message.
        data: the message.
        attempt: the number of its next attempt; 1 is the first from here.
        slot: whether its account's turn was waited for already.
        version: of the form it is kept in.
        terms: what its run was told about further attempts.
    """

    __slots__ = ("attempt", "data", "row", "slot", "terms", "version")

    def __init__(self, row: str, data: bytes | None, attempt: int = 0, *, slot: bool = False) -> None:
        values = _values(row)
        version, encoding, max_age = values.get("version"), values.get("encoding"), values.get("max_age")
        self.version: int = version if isinstance(version, int) else VERSION
        self.terms = Terms(
            encoding=encoding if isinstance(encoding, str) else None,
            max_age=max_age if isinstance(max_age, int | float) else None,
        )
        self.row = Row(**{name: sound(name, values.get(name, "")) for name in _COLUMNS})
        self.data = data
        self.attempt = attempt
        self.slot = slot


def _values(row: str) -> dict[str, Any]:
    """Return what is kept of a mail; of a damaged one nothing, which its attempt reports."""
    try:
        values = json.loads(row)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _number(text: bytes | None) -> int:
    return int(text) if text and text.isdigit() else 0


class Waiting:
    """The waiting mails of all workers; each method raises StateError where Redis cannot be asked.

    Args:
        state: the shared Redis.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def keep(self, row: Row, data: bytes | None, task: str, owner: str, terms: Terms) -> str:
        """Let a mail wait until its `next_try`, and return "yours"; or why not, as `Claims.mark` does.

        Args:
            row: the mail; `tries` counts those made.
            data: the message; None: it is kept already, unless the mail was dropped meanwhile.
            task: whose mail it is: the run that wanted to send it, which must not be done again from here on, or the
                mail's own last attempt.
            owner: who has that task.
            terms: of its run.
        """
        return self._put(_KEEP, task, owner, row, b"" if data is None else data, terms)

    def adopt(self, row: Row, data: bytes) -> None:
        """Keep a mail that came with a task of version 1, however often that is handed out."""
        self._put(_ADOPT, f"adopted:{row.id}", "", row, data, Terms())

    def _put(self, script: str, key: str, owner: str, row: Row, data: bytes, terms: Terms) -> str:
        values = {"version": VERSION} | as_dict(terms) | {name: getattr(row, name) for name in _COLUMNS}
        keys = (key, f"mail:{row.id}", *_KEYS)
        given = (owner, row.id, row.next_try, json.dumps(values), data)
        answer: bytes = self._state.ask(script, keys, *given)
        return answer.decode()

    def due(self) -> list[tuple[str, int]]:
        """Return mails that are due, each with the number of its next attempt; they are now handed to the broker."""
        answer = self._state.ask(_DUE, _KEYS, time.time(), _AT_A_TIME, _LOST, patience=0.0)
        return [(id_.decode("utf-8", "replace"), _number(attempt)) for id_, attempt in answer]

    def take(self, id_: str) -> Kept | None:
        """Return a mail, None where it is not kept any more."""
        row, data, attempt, slot = self._state.ask(_TAKE, (f"mail:{id_}",))
        if row is None:
            return None
        kept = Kept(row.decode("utf-8", "replace"), data, _number(attempt), slot=slot is not None)
        kept.row.id = id_
        return kept

    def postpone(self, id_: str, seconds: float, *, slot: bool = False) -> None:
        """Let a mail that was due wait on; with `slot`, for a turn that its account has been given."""
        self._state.ask(_POSTPONE, (*_KEYS, f"mail:{id_}"), id_, time.time() + seconds, "1" if slot else "")

    def take_back(self, ids: list[str]) -> None:
        """Let mails be due again that the broker did not take."""
        for id_ in ids:
            self._state.ask(_POSTPONE, (*_KEYS, f"mail:{id_}"), id_, time.time(), "", patience=0.0)

    def forget(self, id_: str) -> bool:
        """Forget a mail, and return whether it was kept."""
        return bool(self._state.ask(_FORGET, (*_KEYS, f"mail:{id_}"), id_))

    def rows(self) -> list[tuple[Row, bool]]:
        """Return all that is kept, the oldest first, each with whether it is with the broker or a worker now."""
        found = [(Kept(row.decode("utf-8", "replace"), None).row, where == b"2") for where, row in self._rows() if row]
        return sorted(found, key=lambda each: (each[0].created, each[0].id))

    def _rows(self) -> list[tuple[bytes, bytes | None]]:
        answer: list[tuple[bytes, bytes | None]] = self._state.ask(_LIST, _KEYS)
        return answer
