"""URLs and header lines from a script, checked and made ready for the wire."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote_to_bytes, urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from jsnpy.record import Record
from jsnpy.text import printable, whole
from jsnpy.web.errors import WebError

PORTS = {"http": 80, "https": 443}

_LONGEST = 8_000_000  # characters of a URL, as in libcurl; what follows takes time with the whole process held up
_PORT_MAX = 65535
_LABEL = 63  # characters between two dots (RFC 1035 section 2.3.4)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SCHEME_ONLY = re.compile(r"([a-z][a-z0-9+.-]*):(?!\d)", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_LONE_PERCENT = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Url(Record):
    """A URL taken apart.

    Attributes:
        scheme: "http" or "https".
        host: name or address as it goes on the wire: IDNA, no brackets.
        port: 1-65535.
        target: path and query, percent-encoded.
        credentials: value of an Authorization header from `user:password@`, or "".
    """

    scheme: str
    host: str
    port: int
    target: str
    credentials: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be the same for a secret to be sent again (RFC 6454 section 4)."""
        return self.scheme, self.host.lower(), self.port

    @property
    def bracketed(self) -> str:
        """The host as URLs write it."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def peer(self) -> str:
        """host:port, for messages."""
        return f"{self.bracketed}:{self.port}"

    @property
    def authority(self) -> str:
        """The Host header's value (RFC 9110 section 7.2)."""
        return self.bracketed if self.port == PORTS[self.scheme] else self.peer

    def __str__(self) -> str:
        """Return the URL without user, password and fragment."""
        return f"{self.scheme}://{self.authority}{self.target}"


def parse(url: str) -> Url:
    """Take a script's URL apart.

    A URL without a scheme is an http one, as libcurl has it. What is not ASCII is encoded: the host in IDNA,
    the rest as percent-encoded UTF-8.

    Raises:
        WebError: no usable http or https URL. The text never shows what stands before an `@`.
    """
    if len(url) > _LONGEST:
        raise WebError(f"the URL is too long: {len(url)} characters")
    url = url.strip(" ")
    control = _CONTROL.search(url)
    if control:
        raise WebError(f"the URL holds the control character U+{ord(control[0]):04X}: write {_escape(control[0])}")
    if not url:
        raise WebError("the URL is empty")
    scheme = _SCHEME.match(url) or _SCHEME_ONLY.match(url)
    if scheme is None:
        url = "http://" + url
    elif scheme[1].lower() not in PORTS:
        raise WebError(f"{scheme[1].lower()}: URLs cannot be fetched, only http:// and https:// ones")
    try:
        # One that encodes nothing would have urllib3 encode those that do once more.
        parts = parse_url(_LONE_PERCENT.sub("%25", whole(url)))
    except (LocationParseError, ValueError):
        raise WebError(f"{masked(url)} is no usable URL: check host name and port") from None
    host = (parts.host or "").removeprefix("[").removesuffix("]")
    if parts.scheme not in PORTS or not host:
        raise WebError(f"{masked(url)} is no usable URL: it names no host")
    if not all(0 < len(label) <= _LABEL for label in host.removesuffix(".").split(".")):
        raise WebError(f"{masked(url)} is no usable URL: a part of the host name is empty or too long")
    port = PORTS[parts.scheme] if parts.port is None else parts.port
    if not 0 < port <= _PORT_MAX:
        raise WebError(f"{masked(url)} is no usable URL: ports go from 1 to 65535")
    return Url(scheme=parts.scheme, host=host, port=port, target=parts.request_uri, credentials=_basic(parts.auth))


def _escape(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())


def _basic(auth: str | None) -> str:
    if not auth:
        return ""
    user, _, password = auth.partition(":")
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return "Basic " + base64.b64encode(pair).decode("ascii")


def follow(base: Url, location: str) -> Url:
    """Return where a Location header leads (RFC 9110 section 10.2.2).

    Raises:
        WebError: it leads to no http or https URL.
    """
    try:
        return parse(urljoin(str(base), real_words(location).strip()))
    except (WebError, ValueError) as error:
        raise WebError(f"{base.peer} redirects to a place that cannot be fetched: {error}") from None


def masked(url: str) -> str:
    """Return a URL without user, password, query and fragment, fit for a message."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "http", url
    shown = rest.rpartition("@")[2]
    return printable(whole(f"{scheme}://{re.split('[?#]', shown, maxsplit=1)[0]}"[:200]))


def header(name: str, value: str | None = None) -> tuple[str, str]:
    """Check a header, or a "Name: value" line.

    Returns:
        Name and value, the value as the HTTP library wants it: UTF-8 bytes as Latin-1.

    Raises:
        WebError: no such line, or one that would smuggle in another (RFC 9110 section 5.5). Only the name
            is shown.
    """
    if value is None:
        name, colon, value = name.partition(":")
        if not colon:
            raise WebError(f"the header {name[:40]!r} has no colon: write it as 'Name: value'")
    shown = repr(name[:40])
    if not _TOKEN.fullmatch(name):
        raise WebError(f"the header name {shown} holds a character that names cannot have")
    if _VALUE_CONTROL.search(value):
        raise WebError(f"the header {shown} holds a line break or control character")
    return name, whole(value).strip(" \t").encode().decode("latin-1")


def real_words(value: str) -> str:
    """Return a header value from the wire as text: UTF-8 where it is, else Latin-1."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
