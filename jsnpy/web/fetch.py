"""A whole fetch: one deadline over everything, redirects, and what may go to which host."""

from __future__ import annotations

import threading
import time
from http import HTTPStatus

from jsnpy.record import Record
from jsnpy.text import seconds, whole
from jsnpy.web import body as bodies
from jsnpy.web.errors import WebError
from jsnpy.web.transfer import FOR_ALL, OF_THE_BODY, Reply, Transfer
from jsnpy.web.url import Url, follow, header, masked, parse, real_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from urllib3 import HTTPHeaderDict

TIMEOUT = 30.0
"""Seconds for one fetch in all."""

REDIRECTS = 10

_MOVED = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND)
_REDIRECTING = frozenset((*_MOVED, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT))
# The body's length is ours to say, whatever the script counted.
_OURS = frozenset(("content-length", "transfer-encoding"))


class Answer(Record):
    """What a fetch brought.

    Attributes:
        status: HTTP code of the last answer.
        body: its text.
        url: where it came from in the end, without user, password and fragment.
        headers: its headers, names in lower case; several of a name joined by ", ", but set-cookie is a list.
    """

    status: int
    body: str
    url: str
    headers: dict[str, str | list[str]]


class Request:
    """A request that a script may make, checked, before anything is sent.

    Args:
        method: in upper case.
        url: as the script wrote it.
        body: text to send, or None.
        headers: "Name: value" lines or pairs of both; no value keeps a header from being sent, as libcurl has it.
        agent: the User-Agent.

    Raises:
        WebError: a URL or a header that cannot be sent.
    """

    def __init__(
        self, method: str, url: str, body: str | None, headers: Sequence[str | tuple[str, str]], agent: str
    ) -> None:
        self.method = method
        self.url = parse(url)
        self.body = None if body is None else whole(body).encode()
        given = [header(*((one,) if isinstance(one, str) else one)) for one in headers]
        names = {name.lower() for name, _ in given}
        usual = [("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"), ("User-Agent", agent)]
        if body is not None:
            usual.append(("Content-Type", "application/x-www-form-urlencoded"))
        if self.url.credentials:
            usual.append(("Authorization", self.url.credentials))
        self.headers = [one for one in usual if one[0].lower() not in names]
        self.headers += [one for one in given if one[0].lower() not in _OURS]

    def redirect(self, status: int, location: str) -> None:
        """Turn this request into the one that a redirection asks for (RFC 9110 section 15.4).

        Raises:
            WebError: the new place is unusable, or the body would leave TLS.
        """
        old, self.url = self.url, follow(self.url, location)
        if status == HTTPStatus.SEE_OTHER or (status in _MOVED and self.method == "POST"):
            self.method, self.body = "HEAD" if self.method == "HEAD" else "GET", None
            self._drop(OF_THE_BODY)
        if self.url.origin != old.origin:
            self.headers = [one for one in self.headers if one[0].lower() in FOR_ALL]
        if self.body is not None and old.scheme == "https" and self.url.scheme == "http":
            raise WebError(
                f"{old.peer} redirects the {self.method} from https to http: its body is not sent in clear text"
            )
        if self.url.credentials:
            self._drop(frozenset(("authorization",)))
            self.headers.append(("Authorization", self.url.credentials))

    def _drop(self, names: frozenset[str]) -> None:
        self.headers = [one for one in self.headers if one[0].lower() not in names]


def fetch(
    request: Request,
    *,
    insecure: bool = False,
    deadline: float | None = None,
    timeout: float | None = None,
    redirects: int = REDIRECTS,
    largest: int | None = None,
) -> Answer:
    """Send a request, follow its redirects, and return the last answer.

    Up to ten redirects are followed. 303 becomes GET, and so does a POST after 301 and 302, as in browsers
    and libcurl; 307 and 308 keep method and body. From https to http is followed too, but never with a body;
    to another scheme, host or port go Accept, Accept-Encoding, Accept-Language, Cache-Control, User-Agent and what is
    said of the body, and no other header.

    Args:
        request: what to send; changed on the way.
        insecure: certificates are not verified.
        deadline: time.monotonic() at which the run ends.
        timeout: seconds that the fetch may take in all, None for 30.
        redirects: how many are followed; with 0, a redirect is an answer like any other.
        largest: bytes of an answer at most, as it comes and decoded; None for 64 MB.

    Raises:
        WebError: no complete answer, or no time. A status such as 404 is an answer.
    """
    begun = time.monotonic()
    end = begun + (TIMEOUT if timeout is None else timeout)
    if deadline is not None:
        end = min(deadline, end)
    if end <= begun:  # nothing is sent whose answer nobody would wait for: it might take effect
        raise WebError("timed out before it could begin: what came before took all the time", "timeout")
    transfer = Transfer(end, insecure=insecure, largest=bodies.LIMIT if largest is None else largest)
    outcome: list[Answer | WebError] = []

    def work() -> None:
        try:
            outcome.append(_follow(request, transfer, redirects))
        except WebError as error:
            outcome.append(error)
        except Exception as error:  # noqa: BLE001 - must reach the thread that waits
            outcome.append(WebError(f"the fetch failed within jsnpy: {type(error).__name__}: {error}"))

    # A thread, as nothing else puts an end to a name look-up or to a server that sends a byte a second.
    worker = threading.Thread(target=work, name="jsnpy-fetch", daemon=True)
    worker.start()
    worker.join(min(max(0.0, end - time.monotonic()), threading.TIMEOUT_MAX))  # which is seven weeks on Windows
    if not outcome or (isinstance(outcome[0], WebError) and time.monotonic() >= end):
        stage = transfer.stage
        transfer.abort()
        waited = f"timed out after {seconds(end - begun)} while {stage}"
        raise WebError(f"{waited}: is the server overloaded or stuck?", "timeout")
    if isinstance(outcome[0], WebError):
        raise outcome[0]
    return outcome[0]


def _follow(request: Request, transfer: Transfer, redirects: int) -> Answer:
    followed = _REDIRECTING if redirects else frozenset[int]()
    for _ in range(redirects + 1):
        reply = transfer.exchange(request.method, request.url, request.headers, request.body, followed)
        location = reply.headers.get("Location", "").strip()
        if reply.status not in followed or not location:
            return _answer(reply, request.url, transfer.largest)
        request.redirect(reply.status, location)
    raise WebError(f"more than {redirects} redirects, the last one to {masked(str(request.url))}")


def _answer(reply: Reply, source: Url, largest: int) -> Answer:
    body = bodies.decompress(reply.body, reply.headers.get("Content-Encoding", ""), largest)
    words = bodies.text(body, reply.headers.get("Content-Type", ""))
    return Answer(status=reply.status, body=words, url=str(source), headers=_headers(reply.headers))


def _headers(headers: HTTPHeaderDict) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for name in headers:
        values = [real_words(value) for value in headers.getlist(name)]
        found[name.lower()] = values if name.lower() == "set-cookie" else ", ".join(values)
    return found
