"""The SMTP server inside jsnpy that catches every mail of a dry run and shows it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from jsnpy.dryrun.caught import CaughtMail
from jsnpy.dryrun.dialogue import Dialogue
from jsnpy.dryrun.mailbox import Mailbox
from jsnpy.dryrun.reader import visible
from jsnpy.dryrun.report import report
from jsnpy.errors import JsnpyError, UsageError
from jsnpy.text import how_to_install

try:
    from aiosmtpd.smtp import MISSING, SMTP, AuthResult

    from jsnpy.dryrun.certificates import Certificates
except ImportError as missing:
    raise UsageError(
        f"--dry-run needs parts that are not installed ({missing.name})",
        f"Install them: {how_to_install('dry-run')}",
    ) from missing

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from jsnpy import smtp
    from jsnpy.smtp.request import Request

_NAME = "jsnpy dry run"
_SIZE_LIMIT = 35 * 1024 * 1024
_COMMAND_LIMIT = 16384  # RFC 4954 section 4: 12288 bytes in base64 for AUTH, tokens need them
_LINE_LIMIT = 1001  # RFC 5321 section 4.5.3.1.6, with the dot that is stuffed
_START_SECONDS = 10
_LAST_REFRESH = 1.0  # seconds at most; it mostly takes a hundredth
_CLOSING_TURNS = 10  # of the loop; TLS, and the connection below it, take one after the other


class DryRun:
    """A real SMTP server on loopback that keeps what it is given, for one run.

    Args:
        show: called with the readable text of each caught mail, without a last line end; in the server's thread
            and before the mail is confirmed: the text is out when the send returns.
        mailbox: a folder to write the mails to as well, with a page to look at them.
        watched: whether further runs follow, for whose mails an open page is to look.
    """

    def __init__(self, show: Callable[[str], None], mailbox: str | None = None, *, watched: bool = False) -> None:
        self.count = 0
        self._show = show
        self._certificates = Certificates()
        self._server_named = ""
        self._sessions: set[_Session] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._ports = (0, 0)
        self._trouble: Exception | None = None
        self._broken = False
        self._refreshing = False
        self._mailbox = Mailbox(mailbox, watched=watched) if mailbox is not None else None

    def start(self) -> None:
        """Open the ports and serve in a thread of its own; does nothing when it serves already.

        Raises:
            JsnpyError: no port on loopback could be opened, or the mailbox cannot be written.
        """
        if self._thread is not None:
            return
        if self._mailbox is not None:
            self._broken = True
            self._mailbox.open()
            self._broken = False
        logging.getLogger("mail").addHandler(logging.NullHandler())  # else aiosmtpd's warnings go to stderr
        ready = threading.Event()
        failures: list[OSError] = []
        self._thread = threading.Thread(target=self._serve, args=(ready, failures), name="jsnpy-dry-run", daemon=True)
        self._thread.start()
        ready.wait(_START_SECONDS)
        if failures or not self._ports[0]:
            self._thread = None
            reason = failures[0] if failures else "no answer"
            raise JsnpyError(f"the dry run's server could not be started on 127.0.0.1: {reason}")

    def stop(self) -> None:
        """End the server and its sessions; does nothing when it does not serve.

        Raises:
            Exception: what `show` or the mailbox raised while a mail was caught, the first such.
        """
        thread, self._thread = self._thread, None
        if thread is not None and self._loop is not None and self._ending is not None:
            self._loop.call_soon_threadsafe(self._ending.set)
            thread.join()
        if thread is not None and self._mailbox is not None:
            self._refresh_page()
        trouble, self._trouble = self._trouble, None
        self._broken = trouble is not None
        if trouble is not None:
            raise trouble

    def leave(self) -> None:
        """Bring the page up to date for a run that is ended early, within a moment; called in another thread."""
        if self._mailbox is not None:
            refreshing = threading.Thread(target=self._refresh_page, daemon=True)
            refreshing.start()
            refreshing.join(_LAST_REFRESH)

    def _refresh_page(self) -> None:
        self._refreshing = False
        try:
            if self._mailbox is not None:
                self._mailbox.refresh()
        except UsageError as error:
            self._trouble = self._trouble or error

    def summary(self) -> str:
        """Return how many mails were caught and where to look at them, "" where some could not be kept or shown."""
        if self._broken:
            return ""
        if not self.count:
            return "no mail was sent in this dry run"
        caught = f"{self.count} mail{'s' * (self.count > 1)} caught"
        if self._mailbox is None:
            return f"{caught}, none left this machine; --mailbox DIR keeps them with a page to look at them"
        return f"{caught}; look at {'them' if self.count > 1 else 'it'}: {visible(self._mailbox.page_path)}"

    def route(self, request: Request) -> smtp.Route:
        """Return where a send really connects to: here, with a certificate for the name the script verifies.

        Args:
            request: the checked mail.
        """
        from jsnpy import smtp

        server = request.server
        self._server_named = server.place
        self._certificates.add(server.tls_name)
        port = self._ports[1] if server.security == "ssl" else self._ports[0]
        return smtp.Route("127.0.0.1", port, self._certificates.ca_pem)

    def _serve(self, ready: threading.Event, failures: list[OSError]) -> None:
        try:
            asyncio.run(self._until_stopped(ready))
        except OSError as error:
            failures.append(error)
            ready.set()

    async def _until_stopped(self, ready: threading.Event) -> None:
        loop = self._loop = asyncio.get_running_loop()
        # A client that hangs up in a handshake is the script's business and in its log; not for stderr.
        loop.set_exception_handler(lambda _loop, _context: None)
        self._ending = asyncio.Event()
        plain = await loop.create_server(lambda: self._session(self._certificates.context), "127.0.0.1", 0)
        tls = await loop.create_server(lambda: self._session(None), "127.0.0.1", 0, ssl=self._certificates.context)
        self._ports = (plain.sockets[0].getsockname()[1], tls.sockets[0].getsockname()[1])
        ready.set()
        await self._ending.wait()
        plain.close()
        tls.close()
        for session in list(self._sessions):
            session.end()
        for _ in range(_CLOSING_TURNS):
            await asyncio.sleep(0)

    def _session(self, starttls: ssl.SSLContext | None) -> _Session:
        return _Session(_Catcher(self), self._sessions, starttls)

    def catch(self, mail: CaughtMail) -> None:
        """Keep and show one mail; trouble with that is raised by `stop`, as the script must see a success."""
        self.count += 1
        kept_as = ""
        try:
            if self._mailbox is not None:
                kept_as = self._mailbox.add(mail)
                due = self._mailbox.page_due
                if due is not None and not self._refreshing and self._loop is not None:
                    self._refreshing = True
                    self._loop.call_later(due, self._refresh_page)
        except UsageError as error:
            self._trouble = self._trouble or error
        try:
            self._show(report(mail, kept_as))
        except Exception as error:  # noqa: BLE001 - whatever it is, stop() raises it
            self._trouble = self._trouble or error

    def server_named(self) -> str:
        """Return HOST:PORT of the latest route."""
        return self._server_named


class _Session(SMTP):
    """One connection: aiosmtpd's protocol, overheard."""

    line_length_limit = _COMMAND_LIMIT  # what the reader takes; a message's lines are held to the RFC below

    def __init__(self, catcher: _Catcher, sessions: set[_Session], starttls: ssl.SSLContext | None) -> None:
        super().__init__(
            catcher,
            data_size_limit=_SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="jsnpy.invalid",
            ident=_NAME,
            tls_context=starttls,
            auth_require_tls=False,
            authenticator=catcher.sign_in,
            loop=asyncio.get_running_loop(),
        )
        self.line_length_limit = _LINE_LIMIT
        self.command_size_limits = defaultdict(lambda: _COMMAND_LIMIT)
        self._catcher = catcher
        self._all = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._all.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._all.discard(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        self._catcher.dialogue.received(data)
        super().data_received(data)

    async def push(self, status: Any) -> None:
        self._catcher.dialogue.sent(status if isinstance(status, bytes) else status.encode())
        await super().push(status)

    def tls_version(self) -> str:
        """Return "TLSv1.3" or the like, "" for clear text."""
        connection = self.transport.get_extra_info("ssl_object") if self.transport else None
        return connection.version() or "" if connection else ""

    def end(self) -> None:
        """Drop the connection."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


def _is_a_strangers(theirs: int, ours: int) -> bool:
    """Return whether the ends of a loopback connection, told by their ports, are not of one account."""
    owners = _owners()
    ends = [owners.get(each) for each in ((theirs, ours), (ours, theirs))]
    return None not in ends and ends[0] != ends[1]


def _owners() -> dict[tuple[int, int], str]:
    """Return whose each end of an IPv4 connection is, by its own port and the other's; only Linux tells."""
    try:
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in list(table)[1:]]
        return {(int(row[1][-4:], 16), int(row[2][-4:], 16)): row[7] for row in rows}
    except (OSError, ValueError, IndexError):
        return {}


class _Catcher:
    """What one session says and gives: aiosmtpd's hooks."""

    def __init__(self, run: DryRun) -> None:
        self.dialogue = Dialogue()
        self._run = run
        self._server = run.server_named()
        self._user = ""
        self._mechanism = ""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: _Session, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        here = server.transport.get_extra_info("sockname") if server.transport else None
        if here and _is_a_strangers(session.peer[1], here[1]):
            return f"550 5.7.1 This {_NAME} is another account's"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server: _Session, _session: Any, envelope: Any) -> str:  # noqa: N802
        number = self._run.count + 1
        reply = f"250 2.0.0 Ok: kept by the {_NAME} as mail {number}"
        self._run.catch(
            CaughtMail(
                number=number,
                sender=envelope.mail_from,
                recipients=list(envelope.rcpt_tos),
                raw=bytes(envelope.original_content),
                server=self._server,
                tls=server.tls_version(),
                user=self._user,
                mechanism=self._mechanism,
                dialogue=self.dialogue.take(reply),
            )
        )
        return reply

    def sign_in(self, _server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return self._welcome(mechanism, data.login)

    async def auth_CRAM__MD5(self, server: SMTP, _args: list[str]) -> AuthResult:  # noqa: N802
        answer = await server.challenge_auth(b"<1.dry-run@jsnpy.invalid>")
        if answer is MISSING:
            return AuthResult(success=False, handled=True)
        return self._welcome("CRAM-MD5", answer.rpartition(b" ")[0])

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        return await self._take_token(server, args, b"user=", b"\x01")

    async def auth_OAUTHBEARER(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        return await self._take_token(server, args, b"a=", b",")

    async def _take_token(self, server: SMTP, args: list[str], before: bytes, after: bytes) -> AuthResult:
        from base64 import b64decode

        answer = b64decode(args[1]) if len(args) > 1 else await server.challenge_auth(b"")
        if answer is MISSING:
            return AuthResult(success=False, handled=True)
        return self._welcome(args[0], answer.partition(before)[2].partition(after)[0])

    def _welcome(self, mechanism: str, user: bytes) -> AuthResult:
        self._mechanism = mechanism
        self._user = user.decode("utf-8", "replace")
        return AuthResult(success=True, auth_data=self._user)
