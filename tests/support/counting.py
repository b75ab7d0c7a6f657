"""A strict SMTP server that counts: what it has accepted, by the token in the message, and what it has refused.

It decides before it answers, as RFC 5321 section 6.1 wants it: once the final dot has come, the mail is counted,
whatever becomes of the connection after that. So its count is the truth a client's result is held against.
"""

from __future__ import annotations

import collections
import contextlib
import re
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Self

from support.certificates import server_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.mailserver import Mode

TOKEN = re.compile(rb"token-(\d+)")
_SENDER = re.compile(rb"MAIL FROM:<[^<>]*>", re.IGNORECASE)
_RECIPIENT = re.compile(rb"RCPT TO:<[^<>]+>", re.IGNORECASE)
EHLO = (
    b"250-mail.test at your service\r\n250-SIZE 10000000\r\n250-8BITMIME\r\n250-PIPELINING\r\n"
    b"250-AUTH PLAIN LOGIN\r\n250 OK\r\n"
)


def _accept(_message: bytes) -> bytes:
    return b"250 2.0.0 queued as 4Zx1\r\n"


class CountingServer:
    """A server on a loopback port, a thread a connection; a context manager.

    Args:
        verdict: takes a whole message, returns the reply to its final dot; only a 2xx counts as accepted.
        recipient: takes the RCPT line, returns its reply.
        say_ehlo: the reply to EHLO.
        mode: "plain", "ssl" (TLS from the first byte) or "starttls" (offered, required before anything else).
    """

    host = "127.0.0.1"

    def __init__(
        self,
        verdict: Callable[[bytes], bytes] = _accept,
        recipient: Callable[[bytes], bytes] = lambda _: b"250 2.1.5 ok\r\n",
        say_ehlo: bytes = EHLO,
        mode: Mode = "plain",
    ) -> None:
        self.mode = mode
        self._verdict = verdict
        self._recipient = recipient
        self._ehlo = say_ehlo
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._quiet = threading.Condition(self._lock)
        self.accepted: collections.Counter[bytes] = collections.Counter()
        self.refused: collections.Counter[bytes] = collections.Counter()
        self.connections = 0
        self._listener = socket.create_server((self.host, 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept_all, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self.settle()

    def settle(self) -> None:
        """Wait until no connection is being served: then the counts are final."""
        with self._quiet:
            if not self._quiet.wait_for(lambda: not self._open, 20):
                raise TimeoutError("a connection is still open")

    def _accept_all(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(sock)
                self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        dialogue = _Dialogue(plain, self)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError, EOFError):
                dialogue.hold()
        finally:
            dialogue.sock.close()
            plain.close()
            with self._quiet:
                self._open.discard(plain)
                self._quiet.notify_all()

    def start_tls(self, sock: socket.socket) -> ssl.SSLSocket:
        """Do the server's side of the handshake."""
        return server_context().wrap_socket(sock, server_side=True)

    def judge(self, message: bytes) -> bytes:
        """Count a message and return the reply to its final dot."""
        reply = self._verdict(message)
        found = TOKEN.search(message)
        with self._lock:
            (self.accepted if reply[:1] == b"2" else self.refused)[found[1] if found else b"?"] += 1
        return reply

    def greet(self, *, secure: bool) -> bytes:
        """Return the reply to EHLO."""
        if self.mode == "starttls" and not secure:
            return b"250-mail.test\r\n250 STARTTLS\r\n"
        return self._ehlo

    def receive(self, line: bytes) -> bytes:
        """Return the reply to a RCPT line."""
        return self._recipient(line)


class _Dialogue:
    """One session: what has been said decides what may be said next."""

    def __init__(self, sock: socket.socket, server: CountingServer) -> None:
        self.sock = sock
        self._server = server
        self._buffer = b""
        self._greeted = self._mail = self._recipients = False

    def _line(self, end: bytes = b"\r\n") -> bytes:
        while end not in self._buffer:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(end)
        return line

    def hold(self) -> None:
        """Hold the session to its end."""
        if self._server.mode == "ssl":
            self.sock = self._server.start_tls(self.sock)
        self.sock.sendall(b"220 mail.test ESMTP\r\n")
        while True:
            line = self._line()
            verb = line.split(b" ")[0].upper()
            if verb == b"QUIT":
                self.sock.sendall(b"221 2.0.0 bye\r\n")
                return
            if verb == b"STARTTLS" and self._server.mode == "starttls" and not isinstance(self.sock, ssl.SSLSocket):
                self.sock.sendall(b"220 2.0.0 ready\r\n")
                self.sock, self._buffer, self._greeted = self._server.start_tls(self.sock), b"", False
                continue
            self.sock.sendall(self._answer(verb, line))

    def _answer(self, verb: bytes, line: bytes) -> bytes:
        if verb == b"EHLO":
            self._greeted, self._mail, self._recipients = True, False, False
            return self._server.greet(secure=isinstance(self.sock, ssl.SSLSocket))
        if verb == b"AUTH":
            return b"235 2.7.0 welcome\r\n"
        if verb in (b"RSET", b"NOOP"):
            if verb == b"RSET":
                self._mail = self._recipients = False
            return b"250 2.0.0 ok\r\n"
        if (
            verb == b"MAIL"
            and self._greeted
            and not self._mail
            and re.match(rb"MAIL FROM:<[^<>]*>", line, re.IGNORECASE)
        ):
            self._mail = True
            return b"250 2.1.0 ok\r\n"
        if verb == b"RCPT" and self._mail and _RECIPIENT.match(line):
            reply = self._server.receive(line)
            self._recipients |= reply[:1] == b"2"
            return reply
        if verb == b"DATA" and self._recipients:
            self.sock.sendall(b"354 go ahead\r\n")
            self._buffer = b"\r\n" + self._buffer
            message = self._line(b"\r\n.\r\n")
            self._mail = self._recipients = False
            return self._server.judge(message)
        return b"503 5.5.1 not now\r\n" if verb in (b"MAIL", b"RCPT", b"DATA") else b"500 5.5.2 what?\r\n"
