"""What went wrong with a transfer, as one sentence for an administrator: what failed and what to do."""

import socket
import ssl
import sys
from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong, RemoteDisconnected

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidChunkLength,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)

from jsnpy import trust

_ON_DEMAND = f". {trust.FETCHED_ON_DEMAND}" if sys.platform == "win32" else ""
_SHOWN = 200  # characters of somebody else's words in one of our sentences


class WebError(Exception):
    """A transfer that failed, or that could not begin; its text is ready to be shown and holds no secret.

    Attributes:
        kind: "connect", "timeout" or "tls" where that is what failed, else "protocol".
    """

    def __init__(self, text: str, kind: str = "protocol") -> None:
        super().__init__(text)
        self.kind = kind


def kind(error: BaseException) -> str:
    """Return what an exception of the transport is to whoever needs no sentence."""
    if isinstance(error, WebError):
        return error.kind
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return "tls"
        if isinstance(cause, NameResolutionError | socket.gaierror) or str(cause).startswith("Tunnel connection"):
            return "connect"
    if isinstance(error, NewConnectionError | ProxyError | ConnectionRefusedError):
        return "connect"
    return "timeout" if isinstance(error, ConnectTimeoutError | ReadTimeoutError | TimeoutError) else "protocol"


def sentence(error: BaseException, peer: str, *, tls: bool, proxy: str = "") -> str:
    """Return what an exception of the transport means.

    Args:
        error: what the connection, TLS or the HTTP parser raised.
        peer: "host:port" the request was for.
        tls: whether the URL is an https one.
        proxy: "host:port" of the proxy the connection was made to, or "".
    """
    if isinstance(error, WebError):
        return str(error)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause, peer)
        if isinstance(cause, ssl.SSLError):
            return _handshake(cause, peer)
        if isinstance(cause, NameResolutionError | socket.gaierror):
            return _unknown_name(cause, peer, proxy)
        if isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed"):
            return _tunnel(_words(cause), peer, proxy)
    if isinstance(error, NewConnectionError | ProxyError | ConnectionRefusedError):
        return _unreachable(error, peer, proxy)
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError | TimeoutError):
        return f"no answer from {proxy or peer} in time: is the machine up, does a firewall drop packets?"
    return _broken(error, peer, tls=tls)


def _causes(error: BaseException) -> list[BaseException]:
    """Return an exception and all that it was raised from or wraps."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or one in found:
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__]
        waiting += [inner for inner in one.args if isinstance(inner, BaseException)]
    return found


def _words(error: BaseException) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return "".join(char if char.isprintable() else " " for char in text)[:_SHOWN]


def _certificate(error: ssl.SSLCertVerificationError, peer: str) -> str:
    reason = error.verify_message or _words(error)
    start = f"the certificate of {peer} was not accepted: {reason}"
    if "mismatch" in reason.lower():
        return f"{start}: use a name that the certificate holds"
    if "expired" in reason or "not yet valid" in reason:
        return f"{start}: have it renewed, and check this machine's clock"
    unreadable = trust.unreadable_file()
    if unreadable:
        return f"{start}: {unreadable}"
    own = f"{start}: if it comes from a CA of your own, name the CA's PEM file in SSL_CERT_FILE"
    return f"{own} (--insecure switches the check off){_ON_DEMAND}"


def _handshake(error: ssl.SSLError, peer: str) -> str:
    reason = (error.reason or _words(error)).replace("_", " ").lower()
    start = f"no TLS session with {peer}: {reason}"
    if error.reason in (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "RECORD_LAYER_FAILURE",
        "PACKET_LENGTH_TOO_LONG",
    ):
        return f"{start}: this port seems to speak plain HTTP, try http:// instead of https://"
    if error.reason in ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION"):
        return f"{start}: the server speaks nothing newer than TLS 1.1, TLS 1.2 is needed"
    return start


def _unknown_name(error: BaseException, peer: str, proxy: str) -> str:
    name = (proxy or peer).rpartition(":")[0]
    words = next((_words(one) for one in _causes(error) if isinstance(one, socket.gaierror)), "not found")
    if proxy:
        return f"cannot resolve the proxy's name {name} ({words}): check http_proxy, https_proxy and no_proxy"
    return f"cannot resolve the name {name} ({words}): check its spelling and this machine's DNS"


def _tunnel(text: str, peer: str, proxy: str) -> str:
    refusal = text.partition(":")[2].strip()
    start = f"the proxy {proxy} does not connect to {peer}: {refusal}"
    if refusal.startswith("407"):
        return f"{start}: put user and password into the proxy's URL in https_proxy"
    return f"{start}: ask for access, or name the host in no_proxy"


def _unreachable(error: BaseException, peer: str, proxy: str) -> str:
    causes = _causes(error)
    reason = next((_words(one) for one in causes if isinstance(one, OSError) and one.strerror), "no connection")
    if proxy:
        return f"cannot connect to the proxy {proxy}: {reason}: check http_proxy, https_proxy and no_proxy"
    return f"cannot connect to {peer}: {reason}: is the service running, does a firewall let this machine in?"


def _broken(error: BaseException, peer: str, *, tls: bool) -> str:
    causes = _causes(error)
    if any(isinstance(one, IncompleteRead | InvalidChunkLength) for one in causes) or "ended prematurely" in str(error):
        return f"the answer of {peer} was cut off: the connection ended before the whole body was there"
    if any(isinstance(one, RemoteDisconnected | ConnectionError) for one in causes):
        return f"{peer} closed the connection without an answer: see the server's log"
    for one in causes:
        if isinstance(one, LineTooLong):
            return f"the answer of {peer} is no usable HTTP: a line in its headers is too long"
        if isinstance(one, BadStatusLine):
            hint = "" if tls else ": a port that wants TLS needs https://"
            return f"{peer} did not answer in HTTP, but {_words(one)!r}{hint}"
    kind = "the answer of {0} is no usable HTTP" if isinstance(error, HTTPException | HTTPError) else "no answer of {0}"
    return f"{kind.format(peer)}: {_words(error)}"
