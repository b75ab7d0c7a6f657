"""How many mails an account may send in a period: servers such as Exchange Online refuse what comes faster."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_PERIODS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_MOST_DIGITS = 9


class Rate:
    """At most so many mails in a period, for each account.

    Args:
        text: such as "30/m", "5/s", "1000/h".

    Raises:
        ValueError: it is not such a text.
    """

    __slots__ = ("count", "period", "text")

    def __init__(self, text: str) -> None:
        digits, _, unit = text.strip().lower().partition("/")
        known = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS and unit in _PERIODS
        if not known or not int(digits):
            raise ValueError("it is a number of mails a second, minute or hour, such as 30/m")
        self.count = int(digits)
        self.period = _PERIODS[unit]
        self.text = f"{self.count}/{unit}"


class Pace:
    """Holds the accounts of one flush to a rate.

    Args:
        rate: what each may send.
        clock: returns seconds.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._sent: dict[str, list[float]] = {}

    def allows(self, account: str) -> bool:
        """Return whether an account may send a mail now, which counts from then on."""
        now = self._clock()
        recent = [moment for moment in self._sent.get(account, ()) if now - moment < self.rate.period]
        allowed = len(recent) < self.rate.count
        self._sent[account] = [*recent, now] if allowed else recent
        return allowed
