"""From a host name to a connected socket, every address tried, within one deadline."""

from __future__ import annotations

import _thread
import socket

from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.reply import ConnectionLost, TimedOut, remaining

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.smtp.transcript import Transcript

    AddressInfo = tuple[int, int, int, str, Any]

_PATIENCE = 3.0
_LONGEST = 1e7

_WINDOWS_WORDS = {
    11001: "no such host is known",
    11002: "the name server did not answer",
    11003: "the name server failed",
    11004: "the name has no address",
}


def connect(found: list[AddressInfo], deadline: float, transcript: Transcript, place: str) -> socket.socket:
    """Return a connected socket."""
    failures: dict[str, OSError] = {}
    # One that does not answer holds up the next for a few seconds; where none answers so soon, each has longer.
    for patience in (_PATIENCE, _LONGEST) if len(found) > 1 else (_LONGEST,):
        slow = []
        for number, info in enumerate(found):
            left = min(patience, remaining(deadline) / (len(found) - number))
            sock = _try(info, left, transcript, failures)
            if sock is not None:
                return sock
            if isinstance(failures[_shown(info)], TimeoutError):
                slow.append(info)
        found = slow
        if not slow:
            break
    if all(isinstance(error, TimeoutError) for error in failures.values()):
        raise TimedOut("timed out")
    if all(isinstance(error, ConnectionResetError) for error in failures.values()):
        raise ConnectionLost("reset by the server")  # accepted and hung up so soon that it shows here already
    what = f"cannot connect to {place} ({'; '.join(f'{shown}: {_words(error)}' for shown, error in failures.items())})"
    hint = "check host and port, that the server runs, and that no firewall is in between"
    raise SendFailure(Code.CONNECT, "connect", what, hint=hint)


def _try(
    info: AddressInfo, seconds: float, transcript: Transcript, failures: dict[str, OSError]
) -> socket.socket | None:
    """Return a socket connected to an address, or None with the error in `failures`."""
    family, kind, protocol, _, address = info
    transcript.event(f"connecting to {address[0]} port {address[1]}")
    sock = None
    try:
        sock = socket.socket(family, kind, protocol)  # fails where there is no IPv6 on this machine, say
        sock.settimeout(seconds)
        sock.connect(address)
        # Else the final dot, a packet of its own, waits for the acknowledgement of the message before it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        if sock is not None:
            sock.close()
        failures[_shown(info)] = error
        transcript.event(f"{address[0]}: {_words(error)}")
        return None
    transcript.event(f"connected to {address[0]} port {address[1]} ({transcript.elapsed()})")
    return sock


def _shown(info: AddressInfo) -> str:
    return str(info[4][0])


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if error.strerror == "getaddrinfo failed":  # which is all that Windows says
        return _WINDOWS_WORDS.get(error.errno or 0, error.strerror)
    return error.strerror or str(error)


def resolve(host: str, port: int, deadline: float, place: str) -> list[AddressInfo]:
    """Return the addresses of a host."""
    name = host.encode("ascii")  # else Python imports its IDNA codec, for a name that needs none
    try:
        return list(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    except OSError:
        pass
    # getaddrinfo knows no timeout: a thread may wait for it longer than the send does.
    answer: list[list[AddressInfo]] = []
    failure: list[OSError] = []
    over = _thread.allocate_lock()
    over.acquire()

    def look_up() -> None:
        try:
            answer.append(list(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)))
        except OSError as error:
            failure.append(error)
        finally:
            over.release()

    _thread.start_new_thread(look_up, ())
    over.acquire(timeout=min(remaining(deadline), _thread.TIMEOUT_MAX))
    if answer and answer[0]:
        return answer[0]
    if not failure and not answer:
        raise TimedOut("timed out")
    why = _words(failure[0]) if failure else "it has no address"
    what = f'the host name "{host}" does not resolve, so {place} cannot be reached ({why})'
    hint = "check how host is spelled, and this machine's DNS"
    raise SendFailure(Code.CONNECT, "resolve", what, hint=hint)
