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


def connect(found: list[AddressInfo], deadline: float, transcript: Transcript, place: str) -> socket.socket:
    """Return a connected socket.

    Args:
        found: the addresses to try, in order.
        deadline: when to give up, in `time.monotonic()` seconds.
        transcript: where each step is noted.
        place: host and port as an error shows them.

    Raises:
        SendFailure: nothing answers there.
        ReplyError: the deadline passed, or the server hung up at once.
    """
    failures = []
    timeouts = resets = 0
    for number, (family, kind, protocol, _, address) in enumerate(found):
        left = remaining(deadline)
        transcript.event(f"connecting to {address[0]} port {address[1]}")
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:  # no IPv6 on this machine, say
            failures.append(f"{address[0]}: {error.strerror or error}")
            continue
        try:
            sock.settimeout(left / (len(found) - number))
            sock.connect(address)
            # Else the final dot, a packet of its own, waits for the acknowledgement of the message before it.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            why = "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
            timeouts += isinstance(error, TimeoutError)
            resets += isinstance(error, ConnectionResetError)
            failures.append(f"{address[0]}: {why}")
            transcript.event(f"{address[0]}: {why}")
            continue
        transcript.event(f"connected to {address[0]} port {address[1]} ({transcript.elapsed()})")
        return sock
    if timeouts == len(failures):
        raise TimedOut("timed out")
    if resets == len(failures):  # accepted and hung up so soon that it shows here already
        raise ConnectionLost("reset by the server")
    what = f"cannot connect to {place} ({'; '.join(failures)})"
    hint = "check host and port, that the server runs, and that no firewall is in between"
    raise SendFailure(Code.CONNECT, "connect", what, hint=hint)


def resolve(host: str, port: int, deadline: float, place: str) -> list[AddressInfo]:
    """Return the addresses of a host.

    Raises:
        SendFailure: there are none.
        TimedOut: the deadline passed.
    """
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
    why = failure[0].strerror or str(failure[0]) if failure else "it has no address"
    what = f'the host name "{host}" does not resolve, so {place} cannot be reached ({why})'
    hint = "check how host is spelled, and this machine's DNS"
    raise SendFailure(Code.CONNECT, "resolve", what, hint=hint)
