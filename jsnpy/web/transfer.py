"""One request and one answer: connection, TLS, status, headers and the bytes of the body."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPResponse as PlainResponse

from urllib3 import HTTPHeaderDict
from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.util import SKIP_HEADER, parse_url

from jsnpy import trust
from jsnpy.record import Record
from jsnpy.web import proxies
from jsnpy.web.body import check_size
from jsnpy.web.errors import WebError, kind, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from urllib3.response import HTTPResponse

    from jsnpy.web.url import Url

_PIECE = 64 * 1024
_SHORTEST_KEY = 6  # characters of a header's value that may be a secret
_READING = frozenset(("GET", "HEAD", "OPTIONS"))  # change nothing
OF_THE_BODY = frozenset(("content-type", "content-encoding", "content-language", "content-location"))
FOR_ALL = frozenset(("accept", "accept-encoding", "accept-language", "cache-control", "user-agent", *OF_THE_BODY))
"""Headers that any server may see: any other may hold a secret, as X-Api-Key does, or be for one host."""

_LIBRARY_HEADERS = ("Accept-Encoding", "User-Agent")  # what urllib3 adds unless it is told not to


class _FinalResponse(PlainResponse):
    """The first answer that is no interim one; the standard library itself passes over 100 only."""

    def begin(self) -> None:
        super().begin()
        while self.status < HTTPStatus.OK:  # RFC 9110 section 15.2
            self.headers = self.msg = None  # type: ignore[assignment]  # as it was before the first begin
            super().begin()


class Reply(Record):
    """What came back for one request.

    Attributes:
        status: HTTP code.
        headers: the answer's headers, values as Latin-1.
        body: bytes as they came, b"" if it was not asked for.
    """

    status: int
    headers: HTTPHeaderDict
    body: bytes


class Transfer:
    """Requests up to one deadline, watched from another thread.

    A blocked name look-up cannot be interrupted and a server may drip bytes, so the deadline is kept by who
    waits for the thread that uses this object, and who may then call `abort`.

    Args:
        deadline: time.monotonic() at which no more may be begun.
        insecure: whether any certificate is good enough.
        largest: bytes of an answer at most.
    """

    def __init__(self, deadline: float, *, insecure: bool, largest: int) -> None:
        self.deadline = deadline
        self.insecure = insecure
        self.largest = largest
        self.stage = "beginning"
        self._context: ssl.SSLContext | None = None
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None

    def exchange(
        self,
        method: str,
        url: Url,
        headers: Sequence[tuple[str, str]],
        body: bytes | None,
        follow: frozenset[int],
    ) -> Reply:
        """Send one request and read its answer.

        Args:
            method: in upper case.
            url: where to.
            headers: name and value; a name may come twice; with an empty value, no such header is sent.
            body: bytes to send, or None.
            follow: status codes whose body is not read where a Location comes with them.

        Raises:
            WebError: no complete answer.
        """
        proxy = proxies.proxy_for(url)
        try:
            return self._exchange(method, url, proxy, headers, body, follow)
        except Exception as error:
            # The libraries below raise a wide mix of OSError, HTTPException, HTTPError, ValueError.
            words = sentence(error, url.peer, tls=url.scheme == "https", proxy=proxy.peer if proxy else "")
            words = _without_secrets(words, [*headers, ("", proxy.credentials)] if proxy else headers)
            if (
                method not in _READING
                and self.stage.startswith(("waiting", "reading"))
                and not isinstance(error, WebError)
            ):
                words += " (the request had been sent: it may have taken effect)"
            raise WebError(words, kind(error)) from error
        finally:
            self._close()

    def _exchange(
        self,
        method: str,
        url: Url,
        proxy: Url | None,
        headers: Sequence[tuple[str, str]],
        body: bytes | None,
        follow: frozenset[int],
    ) -> Reply:
        self.stage = f"connecting to {(proxy or url).peer}"
        connection = self._connection = self._connect_to(url, proxy)
        connection.response_class = _FinalResponse
        connection.connect()
        self._socket = connection.sock
        self.stage = f"sending to {url.peer}"
        forwarded = proxy is not None and url.scheme == "http"
        fields = HTTPHeaderDict()
        fields["Host"] = url.authority
        for name in _LIBRARY_HEADERS:
            fields[name] = SKIP_HEADER
        if forwarded and proxy is not None and proxy.credentials:
            fields["Proxy-Authorization"] = proxy.credentials
        for name, _ in headers:
            fields.pop(name, None)
        for name, value in headers:
            if value:
                fields.add(name, value)
            elif name.lower() in ("host", *(one.lower() for one in _LIBRARY_HEADERS)):
                fields[name] = SKIP_HEADER
        connection.request(
            method,
            str(url) if forwarded else url.target,
            body=body,
            headers=fields,
            preload_content=False,
            decode_content=False,
        )
        self.stage = f"waiting for the answer of {url.peer}"
        response = connection.getresponse()
        self.stage = f"reading the answer of {url.peer}"
        try:
            followed = response.status in follow and response.headers.get("Location", "").strip()
            body = b"" if followed else self._read(response)
            return Reply(status=response.status, headers=response.headers, body=body)
        finally:
            response.close()

    def _connect_to(self, url: Url, proxy: Url | None) -> HTTPConnection:
        timeout = max(0.001, self.deadline - time.monotonic())
        if url.scheme == "http" and (proxy is None or proxy.scheme == "http"):
            first = proxy or url
            return HTTPConnection(first.host, first.port, timeout=timeout)
        context = self._tls()
        if proxy is None:
            return HTTPSConnection(url.host, url.port, timeout=timeout, ssl_context=context)
        connection = HTTPSConnection(
            proxy.host,
            proxy.port,
            timeout=timeout,
            ssl_context=context,
            proxy=parse_url(str(proxy)),
            proxy_config=ProxyConfig(context, False, None, None),
        )
        if url.scheme == "https":
            credentials = {"Proxy-Authorization": proxy.credentials} if proxy.credentials else {}
            connection.set_tunnel(url.bracketed, url.port, credentials, proxy.scheme)
        return connection

    def _tls(self) -> ssl.SSLContext:
        """Return the one context of this transfer: as strict, and as lenient, as the one for mails."""
        if self._context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers("DEFAULT")  # OpenSSL's own: Python's leave out what many an old server is limited to
            if self.insecure:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            else:
                context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a trusted certificate need not be a root
                trust.load(context)
            self._context = context
        return self._context

    def _read(self, response: HTTPResponse) -> bytes:
        body = bytearray()
        for piece in response.stream(_PIECE, decode_content=False):
            body += piece
            check_size(body, self.largest)
            if time.monotonic() > self.deadline:
                raise TimeoutError
        return bytes(body)

    def abort(self) -> None:
        """Cut the connection under a transfer that another thread is stuck in."""
        connection = self._connection
        for sock in (self._socket, connection.sock if connection else None):
            if sock is not None:
                # Already gone, or half made, or TLS within TLS: then its own time limit ends it.
                with suppress(OSError, AttributeError, ValueError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        connection, sock = self._connection, self._socket
        self._connection = self._socket = None
        for one in (connection, sock):
            if one is not None:
                one.close()


def _without_secrets(text: str, headers: Sequence[tuple[str, str]]) -> str:
    """Return a text that may quote a server without what it was told for itself alone: keys, tokens, passwords."""
    from base64 import b64decode

    from jsnpy.redaction import Redactor

    redactor = Redactor()
    for name, value in headers:
        if name.lower() in FOR_ALL:
            continue
        for word in (value, *value.split()):
            redactor.add(word if len(word) >= _SHORTEST_KEY else "")
        if value.startswith("Basic "):
            with suppress(ValueError):
                redactor.add(b64decode(value[6:]).decode().partition(":")[2])
    return redactor.scrub(text)
