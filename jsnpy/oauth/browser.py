"""A log-in in a browser of this machine, which comes back to a port on loopback (RFC 8252, with PKCE: RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import queue
import socket
import threading
import time
from urllib.parse import parse_qsl, urlencode, urlsplit

from jsnpy.oauth import urls
from jsnpy.oauth.endpoint import shown
from jsnpy.oauth.failure import REFUSED, TIMEOUT, TokenError
from jsnpy.oauth.grants import redeem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from jsnpy.oauth.client import Answer, Client

_PATIENCE = 5.0  # seconds for a request: browsers open connections that they never use
_LARGEST_HEAD = 16 * 1024
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>jsnpy</title>"
    "<body style='font: 1.2em sans-serif; margin: 3em'><p>{}</p></body></html>"
)
_DONE = "You can close this window and go back to jsnpy."
_FAILED = "The log-in failed. You can close this window; jsnpy says why."
_STRANGE = "This is not the log-in that jsnpy waits for."


def log_in(client: Client, say: Callable[[str], None], deadline: float) -> Answer:
    """Show where to log in, wait for the browser to come back, and redeem the code it brings."""
    verifier, state = _random(), _random()
    client.redactor.add(verifier)
    with _Listener(state) as listener:
        # Entra ignores the port of localhost only, Google and RFC 8252 want the address.
        name = "localhost" if client.settings.provider == "microsoft" else "127.0.0.1"
        place = f"http://{name}:{listener.port}"
        say(
            f"Open this in a browser on this machine, and log in as {client.account}:\n"
            f"{_where(client, place, state, verifier)}\n"
            f"(from another machine: ssh -L {listener.port}:127.0.0.1:{listener.port} first)"
        )
        given = listener.wait(deadline)
    if given is None:
        what = f"nobody logged in as {client.account} in time"
        raise TokenError(TIMEOUT, what, f"jsnpy login {client.config}")
    if not given.get("code"):
        raise _refused(client, given)
    client.redactor.add(given["code"])
    fields = {
        "grant_type": "authorization_code",
        "code": given["code"],
        "redirect_uri": place,
        "code_verifier": verifier,
    }
    return redeem(client, fields, min(deadline, time.monotonic() + 60))


def _refused(client: Client, given: dict[str, str]) -> TokenError:
    """Return the failure for a browser that came back with an error."""
    words = ": ".join(filter(None, (given.get("error"), given.get("error_description"))))
    host = urls.host(client.settings.auth_url)
    return TokenError(REFUSED, f"the log-in at {host} failed: {shown(client, words)}", f"jsnpy login {client.config}")


def _random() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()


def _where(client: Client, place: str, state: str, verifier: str) -> str:
    settings = client.settings
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    fields = {
        **settings.params,
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": place,
        "scope": settings.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "login_hint": client.account,
    }
    if settings.provider == "google":  # else there is no refresh token, or only the first time
        fields |= {"access_type": "offline", "prompt": "consent"}
    elif settings.provider != "microsoft" and "offline_access" in settings.scope.split():
        fields["prompt"] = "consent"  # OpenID Connect Core section 11
    joint = "&" if "?" in settings.auth_url else "?"
    return settings.auth_url + joint + urlencode({name: text for name, text in fields.items() if text})


class _Listener:
    """A port on loopback that waits for a browser with the right state.

    Args:
        state: what the browser must bring back (RFC 6749 section 10.12).

    Raises:
        TokenError: no port can be had.
    """

    def __init__(self, state: str) -> None:
        self._state = state
        self._found: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        try:
            self._sockets = [socket.create_server(("127.0.0.1", 0))]
        except OSError as error:
            what = f"no port on loopback can be had: {error.strerror or error}"
            raise TokenError(REFUSED, what, 'use "login": "device" where the provider has it') from None
        self.port: int = self._sockets[0].getsockname()[1]
        try:  # what a browser may take localhost for
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        except OSError:
            pass  # without IPv6

    def __enter__(self) -> Self:
        for each in self._sockets:
            threading.Thread(target=self._accept, args=(each,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)  # wakes accept()
            except OSError:
                pass  # Windows and macOS wake it at close
            each.close()

    def wait(self, deadline: float) -> dict[str, str] | None:
        """Return what the browser brought, None where the time is up."""
        try:
            return self._found.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(_PATIENCE)
                given = self._read(connection)
                status, text = "404 Not Found", _STRANGE
                if given is not None:
                    status, text = "200 OK", _DONE if given.get("code") else _FAILED
                page = _PAGE.format(text).encode()
                head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
                connection.sendall(f"{head}Cache-Control: no-store\r\nConnection: close\r\n\r\n".encode() + page)
        except OSError:
            return  # a browser that changed its mind
        if given is not None:
            self._found.put(given)

    def _read(self, connection: socket.socket) -> dict[str, str] | None:
        """Return what a request brought with the right state, None for any other request."""
        head = b""
        until = time.monotonic() + _PATIENCE
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece or len(head) > _LARGEST_HEAD or time.monotonic() > until:
                return None
            head += piece
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if words[0] != "GET" or len(words) < 2:  # noqa: PLR2004 - method and target
            return None
        try:
            given = dict(parse_qsl(urlsplit(words[1]).query))
        except ValueError:
            return None
        right = hmac.compare_digest(given.get("state", "").encode(), self._state.encode())
        return given if right and (given.get("code") or given.get("error")) else None
