"""A real SMTP server (aiosmtpd) on a loopback port, for the good paths: plain, ssl, starttls, with or without AUTH.

with MailServer("starttls", users={"ann": "secret"}) as server:
    smtp.send({"host": server.host, "port": server.port, "tls": {"ca_file": server.ca_file}, ...})
mail = server.mails[0]
mail.sender, mail.recipients, mail.content, mail.message["Subject"], mail.user
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import os
import tempfile
import threading
from typing import TYPE_CHECKING, Any, Literal, Self

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from support.certificates import ca_pem, server_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage

Mode = Literal["plain", "ssl", "starttls"]


class Mail:
    """One received mail.

    Attributes:
        sender: the address of MAIL FROM.
        recipients: the addresses of RCPT TO.
        options: the parameters of MAIL FROM, such as "SIZE=120".
        content: the message's bytes, unstuffed.
        user: the name of who logged in, or None.
        tls: True if it came over TLS.
        helo: the name in EHLO.
    """

    def __init__(self, session: Any, envelope: Any, *, tls: bool) -> None:
        self.sender: str = envelope.mail_from
        self.recipients: list[str] = list(envelope.rcpt_tos)
        self.options: list[str] = list(envelope.mail_options)
        self.content: bytes = envelope.original_content
        self.user: str | None = session.auth_data.login.decode() if session.auth_data else None
        self.tls = tls or session.ssl is not None
        self.helo: str = session.host_name

    @property
    def message(self) -> EmailMessage:
        """The message, parsed with the modern policy."""
        return email.message_from_bytes(self.content, policy=email.policy.SMTP)

    @property
    def body(self) -> str:
        """The plain text, decoded, with the line ends of the wire."""
        part = self.message.get_body(("plain",))
        assert part is not None
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        return payload.decode("utf-8")


class _Handler:
    def __init__(self, mails: list[Mail], refuse: dict[str, str], *, tls: bool) -> None:
        self.mails = mails
        self.tls = tls
        self.refuse = refuse

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd looks for
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the name aiosmtpd looks for
        self.mails.append(Mail(session, envelope, tls=self.tls))
        return f"250 2.0.0 queued as {len(self.mails)}"


class _Controller(Controller):
    def factory(self) -> SMTP:
        session = SMTP(self.handler, **self.SMTP_kwargs)
        self.sessions = [each for each in getattr(self, "sessions", []) if each.transport is not None]
        self.sessions.append(session)
        return session

    async def end_sessions(self) -> None:
        """Close every connection and wait until it is closed: aiosmtpd itself leaves that to the garbage collector."""
        for session in getattr(self, "sessions", []):
            while session.transport is not None:
                session.transport.abort()
                await asyncio.sleep(0)
        for _ in range(3):  # after STARTTLS, the connection below closes a turn of the loop later
            await asyncio.sleep(0)

    def _trigger_server(self) -> None:
        # The port was 0, "any free one": the real one must be known before aiosmtpd makes its first call to itself.
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailServer:
    """A running server; a context manager.

    Args:
        mode: "plain", "ssl" (TLS from the first byte) or "starttls" (required before MAIL and AUTH).
        users: names and passwords; None: no AUTH is offered; {}: every password is right.
        refuse: recipients' addresses and the reply RCPT gets for them.
        size: the SIZE limit in bytes.
        smtputf8: whether SMTPUTF8 is offered.
        hostname: the name in greeting and EHLO.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        mode: Mode = "plain",
        *,
        users: dict[str, str] | None = None,
        refuse: dict[str, str] | None = None,
        size: int = 50_000_000,
        smtputf8: bool = False,
        hostname: str = "mail.test",
    ) -> None:
        self.mails: list[Mail] = []
        self.logins: list[tuple[str, str]] = []
        self._users = users
        self._lock = threading.Lock()
        self._files: list[str] = []
        options: dict[str, Any] = {
            "server_hostname": hostname,
            "data_size_limit": size,
            "enable_SMTPUTF8": smtputf8,
            "auth_require_tls": False,
        }
        if users is not None:
            options |= {"authenticator": self._authenticate}
        if mode == "starttls":
            options |= {"tls_context": server_context(), "require_starttls": True}
        self._controller = _Controller(
            _Handler(self.mails, refuse or {}, tls=mode == "ssl"),
            hostname=self.host,
            port=0,
            ssl_context=server_context() if mode == "ssl" else None,
            **options,
        )

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        user, password = data.login.decode(), data.password.decode()
        with self._lock:
            self.logins.append((user, password))
        right = not self._users or self._users.get(user) == password
        return AuthResult(success=right, handled=False, auth_data=data)

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._controller.port
        return port

    @property
    def ca_file(self) -> str:
        """The path of a PEM file with the CA of the server's certificate."""
        if not self._files:
            handle, path = tempfile.mkstemp(".pem")
            with os.fdopen(handle, "w") as file:
                file.write(ca_pem())
            self._files.append(path)
        return self._files[0]

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._controller.end_sessions(), self._controller.loop).result(10)
        self._controller.stop()
        for path in self._files:
            os.unlink(path)


@pytest.fixture
def mailserver() -> Iterator[Callable[..., MailServer]]:
    """Return a function that starts a MailServer with the given options; all end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(MailServer(*args, **options))
