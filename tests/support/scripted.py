r"""A scripted SMTP server: it says any bytes at any moment, drips, hangs, closes, resets, injects, starts TLS.

    with ScriptedServer(MAIL=b"550 no\r\n") as server:      # everything else as a polite server would
        smtp.send({"host": server.host, "port": server.port, ...})
    server.commands      # [b"EHLO ...", b"MAIL FROM:<a@x.test>", b"QUIT"]
    server.messages      # what came between DATA and the dot, still dot-stuffed

What a verb is answered with is one step, or a list of steps for its first, second, ... use (the last one stays):

- bytes: sent as they are
- CLOSE: the connection is closed; RESET: it is reset (RST); HANG: no answer until the client goes away
- Drip(bytes, seconds): one byte each so many seconds
- STARTTLS: the usual 220, then the handshake
- a function that takes the Connection and does what it likes; returning CLOSE ends the connection
- a tuple of steps: one after the other

Verbs are keyword arguments in upper case; besides them: GREETING (at connect), MESSAGE (the answer to the final dot),
LINE (what is no known verb: the lines of an authentication).
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any, Self

import pytest

from support.certificates import server_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

CLOSE = "close"
RESET = "reset"
HANG = "hang"
STARTTLS = "starttls"


class Drip:
    """Bytes that arrive one by one.

    Args:
        data: what is sent.
        seconds: the pause before each byte.
    """

    def __init__(self, data: bytes, seconds: float = 0.05) -> None:
        self.data = data
        self.seconds = seconds


POLITE: dict[str, Any] = {
    "GREETING": b"220 mail.test ESMTP\r\n",
    "EHLO": b"250-mail.test\r\n250-SIZE 10000000\r\n250 8BITMIME\r\n",
    "HELO": b"250 mail.test\r\n",
    "STARTTLS": STARTTLS,
    "AUTH": b"235 2.7.0 welcome\r\n",
    "MAIL": b"250 2.1.0 ok\r\n",
    "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 go\r\n",
    "MESSAGE": b"250 2.0.0 queued as 42\r\n",
    "RSET": b"250 2.0.0 ok\r\n",
    "NOOP": b"250 2.0.0 ok\r\n",
    "QUIT": (b"221 2.0.0 bye\r\n", CLOSE),
    "LINE": b"500 5.5.2 what?\r\n",
}


class _GoneError(Exception):
    """The client went away, or a step ended the connection."""


class Connection:
    """One client's connection, as a step's function gets it.

    Attributes:
        received: every byte the client sent, decrypted.
        commands: the lines outside of messages, without their line ends.
        messages: the messages between DATA and the dot, dot-stuffed, without the dot's line.
        tls: the TLS version in use, or None.
        server_name: the name the client asked for in the handshake (SNI), or None.
        closed_by_client: True once the client closed.
    """

    def __init__(self, sock: socket.socket, server: ScriptedServer) -> None:
        self.sock = sock
        self.server = server
        self.received = bytearray()
        self.commands: list[bytes] = []
        self.messages: list[bytes] = []
        self.tls: str | None = None
        self.server_name: str | None = None
        self.closed_by_client = False
        self._buffer = bytearray()
        self._uses: dict[str, int] = {}

    def send(self, data: bytes) -> None:
        """Send bytes at once."""
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise _GoneError from error

    def recv(self) -> bytes:
        """Return the next bytes; the connection ends when there are none."""
        try:
            data = self.sock.recv(65536)
        except OSError as error:
            self.closed_by_client = True
            raise _GoneError from error
        if not data:
            self.closed_by_client = True
            raise _GoneError
        self.received += data
        return data

    def until(self, end: bytes) -> bytes:
        """Return what comes up to and with `end`."""
        while end not in self._buffer:
            self._buffer += self.recv()
        size = self._buffer.index(end) + len(end)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def line(self) -> bytes:
        """Return the next command line without its line end, and note it."""
        line = self.until(b"\n").rstrip(b"\r\n")
        self.commands.append(line)
        return line

    def message(self) -> bytes:
        """Return the next message, dot-stuffed as it came, and note it."""
        data = b"\r\n" + bytes(self._buffer)
        del self._buffer[:]
        while b"\r\n.\r\n" not in data:
            data += self.recv()
        data, _, rest = data.partition(b"\r\n.\r\n")
        self._buffer += rest
        message = (data + b"\r\n")[2:]
        self.messages.append(message)
        return message

    def start_tls(self) -> None:
        """Do the server's side of the handshake."""
        try:
            wrapped = self.server.context.wrap_socket(self.sock, server_side=True)
        except (OSError, ValueError) as error:
            self.closed_by_client = True
            raise _GoneError from error
        self.sock = wrapped
        self.tls = wrapped.version()

    def hang(self) -> None:
        """Say nothing until the client goes away."""
        while True:
            self.recv()

    def play(self, step: Any) -> None:
        """Do one step (see the module's docstring)."""
        if callable(step):
            step = step(self)
        if step is None:
            return
        if isinstance(step, tuple):
            for each in step:
                self.play(each)
        elif isinstance(step, Drip):
            for byte in step.data:
                if self.server.stopping.wait(step.seconds):
                    raise _GoneError
                self.send(bytes([byte]))
        elif step == CLOSE:
            raise _GoneError
        elif step == RESET:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _GoneError
        elif step == HANG:
            self.hang()
        elif step == STARTTLS:
            self.send(b"220 2.0.0 ready\r\n")
            self.start_tls()
        else:
            self.send(step)

    def answer(self, verb: str) -> None:
        """Play the step the server has for a verb."""
        step = self.server.steps[verb]
        if isinstance(step, list):
            number = self._uses.get(verb, 0)
            self._uses[verb] = number + 1
            step = step[min(number, len(step) - 1)]
        self.play(step)
        if verb == "DATA" and isinstance(step, bytes) and step[:3] == b"354":
            self.message()
            self.answer("MESSAGE")

    def serve(self) -> None:
        """Serve the client to its end."""
        if self.server.ssl:
            self.start_tls()
        self.answer("GREETING")
        while True:
            words = self.line().split(None, 1)
            verb = words[0].decode("latin-1").upper() if words else "LINE"
            self.answer(verb if verb in self.server.steps and verb not in {"GREETING", "MESSAGE"} else "LINE")


class ScriptedServer:
    """A server on a loopback port; a context manager.

    Args:
        ssl: TLS from the first byte.
        context: the TLS context to use instead of `server_context()`.
        steps: what each verb is answered with (see the module's docstring).
    """

    host = "127.0.0.1"

    def __init__(self, *, ssl: bool = False, context: ssl.SSLContext | None = None, **steps: Any) -> None:
        self.ssl = ssl
        self._context = context
        self.steps = {**POLITE, **steps}
        self.connections: list[Connection] = []
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def context(self) -> ssl.SSLContext:
        """The server's TLS context."""
        return self._context or server_context()

    @property
    def commands(self) -> list[bytes]:
        """The command lines of all connections."""
        return [line for connection in self.connections for line in connection.commands]

    @property
    def verbs(self) -> list[str]:
        """The first word of each command line."""
        return [line.split(b" ")[0].decode("latin-1") for line in self.commands]

    @property
    def messages(self) -> list[bytes]:
        """The messages of all connections, dot-stuffed."""
        return [message for connection in self.connections for message in connection.messages]

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every connection and wait for the threads."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock, self)
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: Connection) -> None:
        with contextlib.suppress(_GoneError):
            connection.serve()
        connection.sock.close()


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedServer]]:
    """Return a function that starts a ScriptedServer with the given steps; all end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda **steps: stack.enter_context(ScriptedServer(**steps))
