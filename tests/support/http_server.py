"""A scripted HTTP server on loopback: it records what it is sent and answers with the bytes it is told."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Self


class Received:
    """One request as it came in."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        self.method, self.target, self.version = first.split(" ", 2)
        self.headers = [tuple(line.split(": ", 1)) for line in lines]
        self.body = body

    def header(self, name: str) -> str | None:
        """Return the value of a header, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Script = Callable[[Received], bytes | Iterable[bytes]]


def answer(body: bytes = b"", status: str = "200 OK", *headers: str) -> bytes:
    """Return a whole, right answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    """Return a redirection."""
    return answer(b"moved", status, f"Location: {location}")


class HttpServer:
    """Answers each connection's one request as `script` says, until closed."""

    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.requests: list[Received] = []
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The server's root."""
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with suppress(OSError, ValueError):
            connection = self._context.wrap_socket(raw, server_side=True) if self._context else raw
            with connection:
                self._connections.append(connection)
                request = self._read(connection)
                self.requests.append(request)
                reply = self.script(request)
                for piece in [reply] if isinstance(reply, bytes) else reply:
                    connection.sendall(piece)

    @staticmethod
    def _read(connection: socket.socket) -> Received:
        plain = not isinstance(connection, ssl.SSLSocket)
        if plain and connection.recv(1, socket.MSG_PEEK) == b"\x16":
            return Received(b"TLS to-a plain-port", b"")
        with connection.makefile("rb") as stream:
            lines = []
            while (line := stream.readline()) not in (b"\r\n", b""):
                lines.append(line.rstrip(b"\r\n"))
            if not lines:
                raise OSError("no request")
            head = b"\r\n".join(lines)
            length = Received(head, b"").header("Content-Length")
            return Received(head, stream.read(int(length or 0)))

    def close(self) -> None:
        """Stop answering."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which else keeps the port open
        self._listener.close()
        for connection in self._connections:
            connection.close()

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Tunnel:
    """A proxy that connects its one client to a port on loopback, whatever was asked for."""

    def __init__(self, target: int, context: ssl.SSLContext | None = None) -> None:
        self.head = b""
        self._target = target
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._listener, suppress(OSError):
            client, _ = self._listener.accept()
            if self._context:
                client = self._context.wrap_socket(client, server_side=True)
            while not self.head.endswith(b"\r\n\r\n"):
                self.head += client.recv(1)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with client, socket.create_connection(("127.0.0.1", self._target)) as server:
                back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
                back.start()
                self._pump(client, server)
                back.join()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
