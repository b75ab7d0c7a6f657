"""How many mails an account may send in a period, over all workers."""

from __future__ import annotations

from jsnpy.fleet.state import NOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.fleet.state import State
    from jsnpy.outbox.rate import Rate

# The moments of the last mails, newest first: a new one is at least a period after the one so many before it.
_SLOT = (
    NOW
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


def slot(state: State, who: str, rate: Rate, at_most: float | None = None) -> float | None:
    """Reserve the next moment an account may send a mail at, and return the seconds until then.

    Where that is further away than `at_most` seconds, nothing is reserved and None returned.

    Raises:
        StateError: Redis cannot be asked.
    """
    limit = "" if at_most is None else int(at_most * 1000)
    granted, left = state.ask(_SLOT, (f"rate:{who}",), rate.count, int(rate.period * 1000), limit)
    return float(left) / 1000 if granted else None
