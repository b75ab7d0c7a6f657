"""Servers that take anything and forget it: the other end of the measurements.

`python sink.py CERT KEY` prints three ports, SMTP (with STARTTLS), SMTP over TLS and HTTP, and serves until its stdin
ends. One thread per connection and no parsing beyond the verb, so that what is measured is the client.
"""

import _thread
import contextlib
import socket
import ssl
import sys
from collections.abc import Callable

_EXTENSIONS = b"250-PIPELINING\r\n250-8BITMIME\r\n250-AUTH PLAIN XOAUTH2\r\n250 SIZE 100000000\r\n"
_ANSWERS = {
    b"EHLO": b"250-sink.test\r\n250-STARTTLS\r\n" + _EXTENSIONS,
    b"AUTH": b"235 2.7.0 welcome\r\n",
    b"STAR": b"220 2.0.0 go\r\n",
    b"DATA": b"354 go\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}
_OK = b"250 2.0.0 ok\r\n"
_DOT = b"\r\n.\r\n"


_TOKEN = b'{"access_token": "' + b"t" * 1200 + b'", "token_type": "Bearer", "expires_in": 3600}'
_PAGE = b'{"status": "ok", "since": "03:12"}'


def serve_http(sock: socket.socket, _: ssl.SSLContext) -> None:
    """Answer one request: a POST, which asks for a token, or a GET."""
    with contextlib.suppress(OSError), sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = sock.recv(65536)
        body = _TOKEN if request.startswith(b"POST") else _PAGE
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        sock.sendall(head % len(body) + body)


def serve_tls(sock: socket.socket, tls: ssl.SSLContext) -> None:
    """Serve a client that speaks TLS from the first byte."""
    with contextlib.suppress(OSError):
        serve(tls.wrap_socket(sock, server_side=True), tls)


def serve(sock: socket.socket, tls: ssl.SSLContext) -> None:
    """Serve one client to its end."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(b"220 sink.test ESMTP\r\n")
        verb = b""
        while verb != b"QUIT" and (commands := sock.recv(65536)):
            lines = commands.split(b"\r\n")[:-1]
            verbs = [line[:4].upper() for line in lines]
            verb = verbs[-1]
            if verb == b"AUTH" and len(lines[-1].split()) == 2:  # without initial response
                sock.sendall(b"334 \r\n")
                sock.recv(65536)
            sock.sendall(b"".join([_ANSWERS.get(each, _OK) for each in verbs]))
            if verb == b"STAR":
                sock = tls.wrap_socket(sock, server_side=True)
            if verb == b"DATA":
                tail = b""
                while not tail.endswith(_DOT):
                    data = sock.recv(1 << 18)
                    if not data:
                        break
                    tail = (tail + data)[-len(_DOT) :]
                sock.sendall(b"250 2.0.0 taken\r\n")
    with contextlib.suppress(OSError):
        sock.close()


def listen(server: Callable[[socket.socket, ssl.SSLContext], None], tls: ssl.SSLContext) -> int:
    """Serve on a free loopback port and return it."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            _thread.start_new_thread(server, (sock, tls))

    _thread.start_new_thread(accept, ())
    port: int = listener.getsockname()[1]
    return port


def main() -> None:
    """Serve until stdin ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    sys.stdout.write(" ".join(str(listen(each, context)) for each in (serve, serve_tls, serve_http)) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
