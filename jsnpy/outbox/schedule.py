"""What is tried again, when, and for how long."""

from __future__ import annotations

from jsnpy.smtp.outcome import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsnpy.smtp.outcome import SendResult

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

PAUSES = (1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 1 * HOUR, 4 * HOUR, 12 * HOUR, 1 * DAY)
"""Seconds from the first, second, … failed try to the next; the last one stays."""

SLACK = 2 * HOUR
"""Seconds by which a clock may be put back (a wrong time zone, summer time) before mails stop waiting for it."""

MAX_AGE = 5 * DAY
"""Seconds after which a mail is given up."""

_UNITS = {"s": 1.0, "m": MINUTE, "h": HOUR, "d": DAY}
_EXCEEDED = 552
_MAY_PASS = (Code.CONNECT, Code.TIMEOUT, Code.TLS, Code.PROTOCOL)


def pause(tries: int) -> float:
    """Return the seconds to wait after so many failed tries (the first send is one)."""
    return PAUSES[min(max(tries, 1), len(PAUSES)) - 1]


def seconds_left(next_try: float, tries: int, now: float) -> float:
    """Return the seconds to the next try; none are left where the clock was put back since it was planned."""
    left = next_try - now
    return 0.0 if left > pause(tries) + SLACK else left


def may_pass(result: SendResult) -> bool:
    """Return whether a failure may pass, and the mail can be sent again without arriving twice.

    A server's own words decide before the class of the failure: a 5xx does not pass, but for one that means "too many
    recipients at once"; a 4xx may, and so may a code that is no answer to what was said, as a 354 to MAIL. A token
    that could not be got may be there in time.
    """
    details = result.details
    if result.code in (Code.OK, Code.ARGUMENT, Code.UNKNOWN):
        return False
    if details.get("stage") == "token":
        return True
    code = details["smtpCode"]
    if code is not None:
        at_rcpt = details.get("stage") == "rcpt"
        return code // 100 != 5 or (at_rcpt and _means_too_many(code, str(details["enhancedCode"])))  # noqa: PLR2004 - 5xx
    return result.code in _MAY_PASS


def refusal_may_pass(refusal: Mapping[str, object]) -> bool:
    """Return whether a recipient's refusal (of `details.rejected`) may pass."""
    code, text = refusal["code"], str(refusal["text"])
    return int(str(code)) // 100 != 5 or _means_too_many(code, text)  # noqa: PLR2004 - 5xx


def _means_too_many(code: object, text: str) -> bool:
    """Return whether a refusal means: too many recipients at once (RFC 5321 section 4.5.3.1.10)."""
    return code == _EXCEEDED and text.startswith("5.5.3")


def seconds(text: str) -> float | None:
    """Return the seconds in a text such as "5d", "12h", "30m" or "90s"; None if it is no such text."""
    word = text.strip().lower()
    try:
        count = float(word[:-1])
    except ValueError:
        return None
    if word[-1] not in _UNITS or not 0 <= count < 1e9:  # noqa: PLR2004 - thirty years, to keep the sums finite
        return None
    return count * _UNITS[word[-1]]


def words(duration: float) -> str:
    """Return seconds as a person says them, in one or two units: "3 min", "5 h 21 min", "2 d"."""
    left = max(0, round(duration))
    if left < MINUTE:
        return f"{left} s"
    if left < HOUR:
        return f"{left // 60} min"
    if left < DAY:
        hours, minutes = left // 3600, left % 3600 // 60
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = left // 86400, left % 86400 // 3600
    return f"{days} d {hours} h" if hours else f"{days} d"
