"""A session with a server: smtplib's, made strict about replies, deadlines and what may follow what (RFC 5321)."""

from __future__ import annotations

import re
import socket
import time

from jsnpy.smtp import auth
from jsnpy.smtp.connect import connect, resolve
from jsnpy.smtp.lean import smtplib
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.reply import (
    ConnectionLost,
    ProtocolError,
    Reader,
    Reply,
    ReplyError,
    TimedOut,
    features,
    reason,
    remaining,
)
from jsnpy.smtp.transaction import Transaction

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from _typeshed import ReadableBuffer

    from jsnpy.smtp.envelope import Envelope
    from jsnpy.smtp.message import Message
    from jsnpy.smtp.outcome import Details
    from jsnpy.smtp.server import Server
    from jsnpy.smtp.settings import Route
    from jsnpy.smtp.transcript import Transcript

QUIT_TIME = 2.0
BEFORE_CLOSE_TIME = 1.0

_CONTROL = r"[\x00-\x1f\x7f]"
_NAME = r"[A-Za-z0-9._-]+\Z"

_CLOSING = 421
_READY = 220
_UNKNOWN_COMMAND = (500, 502)


class Session(smtplib.SMTP):
    """A session that can carry one mail after another.

    Args:
        server: where it goes.
        verify: whether certificates are verified.
        route: where the connection really goes, or None.
        transcript: the log.
        details: the facts of the mail being sent.
        deadline: when to give up, in `time.monotonic()` seconds.
        before_dot: called when the server has all of a message but the final dot.

    Attributes:
        over: whether no command may follow any more.
        dot_sent: whether the final dot was sent: from then on the mail may have been delivered.
    """

    def __init__(
        self,
        server: Server,
        *,
        verify: bool,
        route: Route | None,
        transcript: Transcript,
        details: Details,
        deadline: float,
        before_dot: Callable[[], None],
    ) -> None:
        # A name for ourselves keeps smtplib from a reverse look-up that can take 20 seconds.
        super().__init__(local_hostname="localhost", timeout=QUIT_TIME)
        self.server = server
        self.verifies = verify
        self.route = route
        self.transcript = transcript
        self.details = details
        self.deadline = deadline
        self.features: dict[str, list[str]] = {}
        self.logged_in = False
        self.secure = False
        self._reader: Reader | None = None
        self.over = False
        self.dot_sent = False
        self.before_dot = before_dot

    def begin(self, transcript: Transcript, details: Details, deadline: float) -> None:
        """Use the open session for a further mail, with a log and a deadline of its own."""
        self.transcript = transcript
        self.details = details
        self.deadline = deadline
        self.dot_sent = False
        if self._reader is not None:
            self._reader.transcript = transcript

    # --- the wire

    @property
    def reader(self) -> Reader:
        """What the server says."""
        if self._reader is None:
            raise ConnectionLost("not connected")
        return self._reader

    def send(self, s: ReadableBuffer | str) -> None:
        """Send bytes before the deadline (smtplib sends everything through this method).

        Raises:
            ReplyError: they could not be sent.
        """
        view = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        try:
            while view:  # not sendall(), which over TLS allows the whole time for each of its parts
                self.reader.sock.settimeout(remaining(self.deadline))
                view = view[self.reader.sock.send(view) :]
        except TimeoutError:
            raise TimedOut("timed out") from None
        except OSError as error:
            raise ConnectionLost(reason(error)) from None

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command, its verb in upper case, and note it."""
        self._put(f"{cmd.upper()} {args}" if args else cmd.upper())

    def _put(self, *lines: str, shown: str | None = None) -> None:
        for line in lines:
            if not line.isprintable() and re.search(_CONTROL, line):
                raise ProtocolError(
                    "a line break or control character in a command"
                )  # the last net: requests are checked
            self.transcript.client((line if shown is None else shown).encode("utf-8", "replace"))
        self.send("\r\n".join((*lines, "")))

    def getreply(self) -> tuple[int, bytes]:
        """Return a reply as smtplib's own methods want it."""
        reply = self.answer()
        return reply.code, reply.text.encode("utf-8", "replace")

    def answer(self) -> Reply:
        """Return the next reply.

        Raises:
            ReplyError: there was none.
        """
        reply = self.reader.reply(self.deadline)
        if reply.code == _CLOSING:
            self.over = True
        return reply

    def command(self, verb: str, args: str = "") -> Reply:
        """Send a command and return its reply.

        Raises:
            ReplyError: there was none, or bytes came that nobody asked for.
        """
        return self.exchange(f"{verb.upper()} {args}" if args else verb.upper())

    def secret_command(self, command: str, secret: str | None) -> Reply:
        """Send a line of an authentication; what is secret of it is not noted."""
        line = " ".join(part for part in (command, secret) if part)
        if secret is None or secret in ("", "*"):
            return self.exchange(line)
        return self.exchange(line, shown=f"{command} [redacted]".strip())

    def exchange(self, *lines: str, shown: str | None = None) -> Reply:
        """Send commands in one go and return the reply to the first.

        Args:
            lines: the commands.
            shown: what is noted instead.

        Raises:
            ReplyError: there was none, or bytes came that nobody asked for.
        """
        if self._unasked():
            return self.answer()
        try:
            self._put(*lines, shown=shown)
        except ConnectionLost as lost:
            return self.reply_before_close(lost)
        return self.answer()

    def _unasked(self) -> bool:
        """Return whether the server has said, unasked, that it ends the session; anything else it said is a fault."""
        early = self.reader.unasked()
        if early and early[:3] != b"421":
            self.reader.note_rest()
            raise ProtocolError("the server sent something nobody had asked for", early)
        return bool(early)

    def reply_before_close(self, lost: ConnectionLost) -> Reply:
        """Return what a server said before it hung up on us, or raise what happened."""
        try:
            reply = self.reader.reply(min(self.deadline, time.monotonic() + BEFORE_CLOSE_TIME))
        except ReplyError:
            raise lost from None
        if reply.negative:
            self.over = True
            return reply
        self.dot_sent = self.stage == "message"  # a yes without our dot: see Transaction
        raise lost

    def check_consistent(self, reply: Reply) -> None:
        """Raise ProtocolError for a success that is contradicted within the same reply."""
        if not reply.consistent and not reply.negative:
            raise ProtocolError("the codes within one reply contradict each other", str(reply.code).encode())

    def refuse(self, code: int, what: str, reply: Reply) -> SendFailure:
        """Return the failure a refusing reply stands for."""
        from jsnpy.smtp import hints

        hint = hints.reply(
            self.stage,
            reply,
            self.server,
            logged_in=self.logged_in,
            offered_auth="AUTH" in self.features,
        )
        return SendFailure(code, self.stage, what, reply, hint)

    def failure(self, error: ReplyError) -> SendFailure:
        """Return the failure a broken connection stands for, at the present stage."""
        from jsnpy.smtp import broken

        self.over = True
        return broken.failure(error, self.stage, self.server, self.transcript, dot_sent=self.dot_sent)

    # --- opening

    def open(self) -> None:
        """Connect, greet, start TLS and log in.

        Raises:
            SendFailure: it did not come to that.
            ReplyError: the connection failed.
        """
        server = self.server
        host, port = (self.route.host, self.route.port) if self.route else (server.host, server.port)
        context = None
        if server.security:
            from jsnpy.smtp import tls

            context = tls.context(server, verify=self.verifies, ca_pem=self.route.ca_pem if self.route else "")
        self.details.attempts += 1
        if self.route:
            self.transcript.event(f"redirected: {server.place} is {host} port {port} in this run")
        self.stage = "resolve"
        found = resolve(host, port, self.deadline, server.place)
        names = [str(info[4][0]) for info in found]
        if names != [host]:
            self.transcript.event(f"{host} resolved to {', '.join(names)} ({self.transcript.elapsed()})")
        self.stage = "connect"
        self.sock = connect(found, self.deadline, self.transcript, server.place)
        if server.security == "ssl" and context is not None:
            self.stage = "tls"
            self.sock = self._wrap(self.sock, context)
        self._reader = Reader(self.sock, self.transcript)
        self.stage = "greeting"
        self._greeting()
        self.stage = "ehlo"
        self._hello()
        if server.security == "starttls" and context is not None:
            self.stage = "starttls"
            self._starttls(context)
        if server.user:
            self.stage = "auth"
            self._log_in()

    @property
    def stage(self) -> str:
        """What is being done, by which a failure is told."""
        return self.details.stage

    @stage.setter
    def stage(self, stage: str) -> None:
        self.details.stage = stage

    def _wrap(self, sock: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        from jsnpy.smtp import tls

        self.stage = "tls"
        wrapped = tls.wrap(sock, context, self.server, self.deadline, self.transcript)
        self.secure = True
        return wrapped

    def _wanted_code(self) -> int:
        """Return the class of a failure before STARTTLS and authentication: what the script wanted decides."""
        if self.server.security == "starttls" and not self.secure:
            return Code.TLS
        return Code.AUTH if self.server.user else Code.PROTOCOL

    def _greeting(self) -> None:
        reply = self.answer()
        self.check_consistent(reply)
        if reply.code != _READY:
            raise self.refuse(self._wanted_code(), f"{self.server.place} refused the connection", reply)

    def _hello(self) -> None:
        name = self._own_name()
        reply = self.command("EHLO", name)
        self.check_consistent(reply)
        if reply.positive:
            self.features = features(reply.lines[1:])
            return
        plain = not self.server.user and self.server.security != "starttls"
        if plain and reply.code in _UNKNOWN_COMMAND:
            reply = self.command("HELO", name)
            self.check_consistent(reply)
            if reply.positive:
                return
        raise self.refuse(self._wanted_code(), f"{self.server.place} refused the greeting (EHLO {name})", reply)

    def _own_name(self) -> str:
        if self.server.helo:
            return self.server.helo
        name = socket.gethostname()
        if "." in name.strip(".") and re.match(_NAME, name):
            return name
        address = str(self.reader.sock.getsockname()[0]).partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def _starttls(self, context: ssl.SSLContext) -> None:
        place = self.server.place
        if "STARTTLS" not in self.features:
            raise SendFailure(
                Code.TLS,
                "starttls",
                f"{place} does not offer STARTTLS, which starttls: true requires",
                hint="try ssl: true (usually port 465) or port 587; only inside a trusted network leave out starttls",
            )
        reply = self.command("STARTTLS")
        self.check_consistent(reply)
        if reply.code != _READY:
            raise self.refuse(Code.TLS, f"{place} refused STARTTLS", reply)
        if self.reader.rest():
            self.reader.note_rest()
            self.over = True
            raise SendFailure(
                Code.TLS,
                "starttls",
                f"{place} sent more in clear text after its answer to STARTTLS, as somebody in between would",
            )
        sock, self._reader = self.reader.sock, None
        self.sock = self._wrap(sock, context)
        self._reader = Reader(self.sock, self.transcript)
        self.stage = "ehlo"
        self._hello()

    def _log_in(self) -> None:
        server = self.server
        if "AUTH" not in self.features:
            self.transcript.event(f"{server.place} offers no authentication: the mail is sent without logging in")
            return
        name = auth.choose(self.features["AUTH"], server.mechanism, server.place)
        if not self.secure and name != "CRAM-MD5":  # which sends a digest
            self.transcript.event("WARNING: user and password go over the network in clear text (no TLS)")
        auth.authenticate(self, name)
        self.logged_in = True

    # --- a mail

    @property
    def pipelines(self) -> bool:
        """Whether commands may be sent before earlier ones are answered: never, for a log that reads line by line."""
        return False

    def transact(self, envelope: Envelope, message: Message) -> None:
        """Hand one mail over; returns only if the server took it.

        Raises:
            SendFailure: it did not.
            ReplyError: the connection failed.
        """
        Transaction(self, envelope, message).run()

    # --- closing

    def finish(self) -> None:
        """Say QUIT, which changes nothing any more, waits two seconds at the most and never fails; then close."""
        if self.sock is not None and self._reader is not None and not self.over:
            self.deadline = min(self.deadline, time.monotonic() + QUIT_TIME)
            try:
                self._put("QUIT")
                self.answer()
            except ReplyError as error:
                self.transcript.event(f"no answer to QUIT ({error}), which does not matter")
        self.close()

    def close(self) -> None:
        """Close the connection at once."""
        self.over = True
        self._reader = None
        sock, self.sock = self.sock, None
        if sock is not None:
            try:
                sock.close()
            except OSError as error:
                self.transcript.event(f"closing: {reason(error)}")
            self.transcript.event(f"closed ({self.transcript.elapsed()})")
