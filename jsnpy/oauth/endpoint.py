"""One question to an endpoint and its answer: a form goes out, JSON comes back, and everything else is a TokenError."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import urlencode

from jsnpy import __version__, json_text, web
from jsnpy.oauth import hints, urls
from jsnpy.oauth.failure import PROTOCOL, REFUSED, TIMEOUT, TLS, UNREACHABLE, TokenError
from jsnpy.record import Record
from jsnpy.text import printable, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from jsnpy.oauth.client import Client

_CODES = {"connect": UNREACHABLE, "timeout": TIMEOUT, "tls": TLS}
_LARGEST = 1024 * 1024  # bytes of an answer: tokens have a few thousand
_LONGEST_WAIT = 9  # digits of the seconds that it asks to wait
_SHOWN = 300  # characters of the endpoint's own words
_TOO_MANY = 429
_WORDS = ("error_description", "message", "errorSummary", "detail", "title")
_PASSING = ("temporarily_unavailable", "server_error")
_CLOCK_OFF = 60.0  # seconds by which clocks may differ before it is worth a word


class Reply(Record):
    """What came back.

    Attributes:
        status: the HTTP status.
        answer: the JSON object, {} where there was none.
        headers: names in lower case.
        text: what came in an object's place, or "".
    """

    status: int
    answer: dict[str, Any]
    headers: Mapping[str, str | list[str]]
    text: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it is what was asked for; some endpoints refuse with status 200."""
        return self.status // 100 == 2 and not self.answer.get("error")  # noqa: PLR2004 - HTTP's own numbers

    @property
    def error(self) -> str:
        """The error's name, or ""."""
        return _words(self.answer)[0]

    def header(self, name: str) -> str:
        """Return a header's value, or ""."""
        value = self.headers.get(name, "")
        return value if isinstance(value, str) else ""


def ask(client: Client, url: str, fields: Mapping[str, str], headers: Sequence[str], deadline: float) -> dict[str, Any]:
    """Send a form and return the object that came back; a TokenError for anything but success."""
    reply = exchange(client, url, fields, headers, deadline)
    if not reply.succeeded:
        raise refusal(client, url, reply)
    return reply.answer


def exchange(client: Client, url: str, fields: Mapping[str, str], headers: Sequence[str], deadline: float) -> Reply:
    """Send a form and return whatever came back; a success that is no JSON object is a TokenError."""
    lines = ["Accept: application/json", *headers]
    host = urls.host(url)
    try:
        request = web.Request("POST", url, urlencode(fields), lines, f"jsnpy/{__version__}")
        reply = web.fetch(request, insecure=client.insecure, deadline=deadline, redirects=0, largest=_LARGEST)
    except web.WebError as error:
        what = f"no token from {host}: {client.redactor.scrub(str(error))}"
        raise TokenError(_CODES.get(error.kind, PROTOCOL), what) from None
    answer: object = None
    try:
        answer = json_text.loads(reply.body)
    except (ValueError, RecursionError):
        pass
    if isinstance(answer, dict):
        return Reply(status=reply.status, answer=answer, headers=reply.headers)
    if reply.status // 100 == 2:  # noqa: PLR2004 - HTTP's own numbers
        what = f"no token from {host}: its answer (status {reply.status}) is not a whole JSON object"
        raise TokenError(PROTOCOL, what, "is this the token endpoint? Something in between may have answered")
    return Reply(status=reply.status, answer={}, headers=reply.headers, text=reply.body)


def refusal(client: Client, url: str, reply: Reply) -> TokenError:
    """Return what an answer that is no success means."""
    error, words = _words(reply.answer)
    host = urls.host(url)
    plain = ": ".join(filter(None, (f"status {reply.status}", words or _page_words(reply.text))))
    said = shown(client, ": ".join(filter(None, (error, words))) if error else plain)
    if reply.status == _TOO_MANY or reply.status // 100 == 5 or error in _PASSING:  # noqa: PLR2004 - HTTP's own
        wait = _seconds_to_wait(reply.header("retry-after"))
        hint = f"it asks to wait {wait} s" if wait else "it is overloaded or broken: try again later"
        status = "" if said.startswith("status") else f"status {reply.status}, "
        return TokenError(REFUSED, f"no token from {host}: {status}{said}", hint, temporary=True)
    if reply.status // 100 == 3:  # noqa: PLR2004 - HTTP's own numbers
        where = shown(client, urls.host(reply.header("location")) or "another place")
        what = f"no token from {host}: it answers with status {reply.status} and leads to {where}"
        return TokenError(REFUSED, what, "redirects are not followed: give the endpoint's own URL", temporary=False)
    hint = hints.hint(client, error, words, off=_minutes_off(reply.header("date")))
    lasting = error.startswith("invalid_")
    return TokenError(REFUSED, f"no token from {host}: {said}", hint, temporary=False, lasting=lasting)


def shown(client: Client, text: str) -> str:
    """Return an endpoint's words as one line without secrets, not too long."""
    line = " ".join(client.redactor.scrub(whole(text)).split())
    return printable(line if len(line) <= _SHOWN else client.redactor.scrub_cut(line[:_SHOWN]) + " …")


def _words(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Return the error's name and the words that explain it; Google's other services nest them, others rename them."""
    error = answer.get("error")
    words = next((answer[name] for name in _WORDS if isinstance(answer.get(name), str)), "")
    nested = error if isinstance(error, dict) else {}
    if nested:
        error, words = nested.get("status"), nested.get("message")
    text = words if isinstance(words, str) else ""
    # What Microsoft adds is for its own support.
    return error if isinstance(error, str) else "", text.partition("Trace ID:")[0].strip()


def _page_words(text: str) -> str:
    """Return what a text or a page's title says: a proxy, a firewall or a wrong URL answers so."""
    if "<" not in text:
        return text
    start = text.lower().find("<title")
    return unescape(text[start:].partition(">")[2].partition("<")[0]) if start >= 0 else ""


def _seconds_to_wait(text: str) -> str:
    """Return how long a Retry-After asks to wait, "" where it does not say: seconds, or a date (RFC 9110)."""
    if text.isascii() and text.isdecimal():
        return text if len(text) < _LONGEST_WAIT else ""
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return ""
    return f"{seconds:.0f}" if seconds >= 1 else ""


def _minutes_off(date: str) -> float:
    """Return by how many minutes this machine's clock is ahead of the endpoint's; 0 where that is not known."""
    try:
        off = time.time() - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return off / 60 if abs(off) >= _CLOCK_OFF else 0.0
