"""smtplib's SMTP over our own socket, deadline and reply reader.

smtplib's methods run the dialogue. Overridden is what of them is wrong or too little for a mail that must not be lost
or sent twice, each with its reason.
"""

from __future__ import annotations

import re
import smtplib
import time

from jsnpy.smtp.connect import connect, resolve
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.reply import (
    ConnectionLost,
    ProtocolError,
    Reader,
    Reply,
    ReplyError,
    TimedOut,
    TlsAlert,
    lost,
    reason,
    remaining,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

    from _typeshed import ReadableBuffer

    from jsnpy.smtp.outcome import Details
    from jsnpy.smtp.server import Route, Server
    from jsnpy.smtp.transcript import Transcript

BEFORE_CLOSE_TIME = 1.0

_CONTROL = r"[\x00-\x1f\x7f]"
_DOT = b".\r\n"
_CHUNK = 128 * 1024
_ONE_GO = 16 * 1000
"""Bytes up to which a message is sent together with its dot: so many fit into one TLS record."""

_AHEAD = 50
"""Commands sent in one go: so few that neither side's buffers fill up while the other one writes too."""

_READY = 220
_AUTH_CHALLENGE = 334
_GO_AHEAD = 354
_CLOSING = 421


class Connection(smtplib.SMTP):
    """smtplib's SMTP, with one deadline for all it does, in `time.monotonic()` seconds, and every byte in a log.

    Attributes:
        last_reply: the latest reply.
        planned: commands that will follow one another, which may be sent before their turn (RFC 2920).
        secure: whether TLS is in use.
        hides: whether what is said is part of a log-in: noted without its secrets.
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
        super().__init__(local_hostname="localhost")
        self.server = server
        self.verifies = verify
        self.route = route
        self._reader: Reader | None = None
        self.begin(transcript, details, deadline, before_dot)
        self.forget()

    def begin(self, transcript: Transcript, details: Details, deadline: float, before_dot: Callable[[], None]) -> None:
        """Serve another mail, with a log and a deadline of its own."""
        self.transcript = transcript
        self.details = details
        self.deadline = deadline
        self.before_dot = before_dot
        self.dot_sent = False
        if self._reader is not None:
            self._reader.transcript = transcript

    def forget(self) -> None:
        """Begin as if nothing had been connected yet."""
        self.sock = self._reader = None
        self.planned: list[str] = []
        self._ahead: list[str] = []
        self._farewell: Reply | None = None
        self.secure = self.hides = self.over = self.dot_sent = False
        self._forget_greeting()

    def _forget_greeting(self) -> None:
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo_resp = self.helo_resp = None

    @property
    def reader(self) -> Reader:
        """What the server says."""
        if self._reader is None:
            raise ConnectionLost("not connected")
        return self._reader

    @property
    def stage(self) -> str:
        """What is being done, by which a failure is told."""
        return self.details.stage

    @stage.setter
    def stage(self, stage: str) -> None:
        self.details.stage = stage

    # --- connecting

    def tls_context(self, note: Callable[[str], None] = lambda _: None) -> ssl.SSLContext:
        """Return the TLS context for the server."""
        from jsnpy.smtp import tls

        ca_pem = self.route.ca_pem if self.route else ""
        return tls.context(self.server, verify=self.verifies, ca_pem=ca_pem, note=note)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Return a connected socket, over TLS where that comes first.

        smtplib's gives each address the whole time, and the look-up of the name as much as it likes.
        """
        del timeout
        place = self.server.place
        self.stage = "resolve"
        found = resolve(host, port, self.deadline, place)
        names = [str(info[4][0]) for info in found]
        if names != [host]:
            self.transcript.event(f"{host} resolved to {', '.join(names)} ({self.transcript.elapsed()})")
        self.stage = "connect"
        sock = connect(found, self.deadline, self.transcript, place)
        if self.server.security == "ssl":
            sock = self._wrap(sock)
        self._reader = Reader(sock, self.transcript)
        self.stage = "greeting"
        return sock

    def _wrap(self, sock: socket.socket) -> ssl.SSLSocket:
        from jsnpy.smtp import tls

        self.stage = "tls"
        wrapped = tls.wrap(sock, self.tls_context(), self.server, self.deadline, self.transcript)
        self.secure = True
        return wrapped

    def starttls(self, *_args: object, **_options: object) -> tuple[int, bytes]:
        """Say STARTTLS and, after a 220, do the handshake.

        smtplib's does not look whether more came in clear text after the 220, has no deadline for the handshake and
        tells nothing of what was agreed.
        """
        reply = self.docmd("STARTTLS")
        if self.last_reply.code != _READY:
            return reply
        reader, self._reader = self.reader, None
        if reader.rest():
            reader.note_rest()
            self.over = True
            place = self.server.place
            what = f"{place} sent more in clear text after its answer to STARTTLS, as somebody in between would"
            raise SendFailure(Code.TLS, "starttls", what)
        self.sock = self._wrap(reader.sock)
        self._reader = Reader(self.sock, self.transcript)
        self._forget_greeting()  # RFC 3207 section 4.2: anybody may have said it
        return reply

    def close(self) -> None:
        """Close the connection at once; smtplib's lets errors of a connection that is lost anyway out."""
        self.over = True
        self._reader = None
        if self.sock is not None:
            try:
                super().close()
            except OSError as error:
                self.transcript.event(f"closing: {reason(error)}")
            self.transcript.event(f"closed ({self.transcript.elapsed()})")

    # --- sending

    def send(self, s: ReadableBuffer | str) -> None:
        """Send bytes before the deadline; smtplib's has none, and hides why it failed."""
        sock = self.reader.sock
        view = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        try:
            while view:  # not sendall(), which over TLS allows the whole time for each of its parts
                sock.settimeout(remaining(self.deadline))
                view = view[sock.send(view) :]
        except TimeoutError:
            raise TimedOut("timed out") from None
        except OSError as error:
            raise lost(error) from None

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command, or nothing where it was sent ahead of its turn already.

        smtplib's writes verbs in lower case, which some servers do not know, and looks for line breaks only.
        """
        if not self.hides:
            keyword, colon, rest = args.partition(":") if cmd in ("mail", "rcpt") else ("", "", args)
            cmd, args = cmd.upper(), f"{keyword.upper()}{colon}{rest}"
        if self._ahead:
            del self._ahead[0]
            return
        lines = self.planned[:_AHEAD] or [f"{cmd} {args}" if args else cmd]
        del self.planned[:_AHEAD]
        self._ahead = lines[1:]
        self._say(lines)

    def _say(self, lines: list[str]) -> None:
        early = self.reader.unasked()
        if early[:3] == b"421":
            return  # it ends the session, and is the reply to whatever is said now
        if early:
            self.reader.note_rest()
            raise ProtocolError("the server sent something nobody had asked for", early)
        for line in lines:
            if not line.isprintable() and re.search(_CONTROL, line):
                raise ProtocolError("a line break or control character in a command")  # requests are checked before
            self.transcript.client((_hidden(line) if self.hides else line).encode("utf-8", "replace"))
        try:
            self.send("\r\n".join((*lines, "")))
        except ConnectionLost as cause:
            self._read_farewell(cause)

    def data(self, msg: ReadableBuffer | str) -> tuple[int, bytes]:
        """Announce the message, and send it if the server goes ahead.

        smtplib's sends the final dot with the message. Here it is a step of its own, told of before: until then a
        mail may be sent again, after it never. And it takes no three copies of a big message.
        """
        reply = self.docmd("DATA")
        if self.last_reply.code != _GO_AHEAD:
            return reply
        self.stage = "message"
        self.over = True  # where this stops, QUIT would be a line of the message
        data = msg.encode("ascii") if isinstance(msg, str) else bytes(msg)
        if b"\r\n." in data:
            data = data.replace(b"\r\n.", b"\r\n..")  # RFC 5321 section 4.5.2; the first line is a header
        self.transcript.message(data)
        ahead, last = (data, _DOT) if len(data) > _ONE_GO else (b"", data + _DOT)
        view = memoryview(ahead)
        try:
            for start in range(0, len(view), _CHUNK):
                self.send(view[start : start + _CHUNK])
        except ConnectionLost as cause:
            self._read_farewell(cause)
            return self.getreply()
        early = self.reader.unasked()
        if early:
            return self._answered_early(early, begun=bool(ahead))
        self.before_dot()
        self.transcript.client(b".")
        try:
            self.send(last)
        except ConnectionLost as cause:  # the bytes that were not taken are the last ones, the dot among them
            self._read_farewell(cause)
            return self.getreply()
        self.over = False
        self.dot_sent = True
        return self.getreply()

    def _answered_early(self, early: bytes, *, begun: bool) -> tuple[int, bytes]:
        """Return a refusal that came before the dot; a yes to what was not said yet is a fault."""
        reply = self.getreply()
        if self.last_reply.negative:
            return reply
        self.dot_sent = begun  # it may deliver what it has: something on the way may have looked like the dot
        raise ProtocolError("the server answered before the message was whole", early)

    @property
    def is_ahead(self) -> bool:
        """Whether the next command was sent already."""
        return bool(self._ahead)

    # --- replies

    def getreply(self) -> tuple[int, bytes]:
        """Return the next reply, which is then the last one.

        smtplib's has no deadline and no limit, and a blank line shifts all further replies.
        """
        reply, self._farewell = self._farewell, None
        if reply is None:
            reply = self.reader.reply(self.deadline)
        self.last_reply = reply
        if reply.code == _CLOSING:
            self.over = True
        if not reply.consistent and not reply.negative:
            raise ProtocolError("the codes within one reply contradict each other", reply.said)
        # What a challenge says is for our mechanisms, which read the last reply: smtplib fails where it is no base64.
        lines = [] if reply.code == _AUTH_CHALLENGE else reply.lines
        return reply.code, "\n".join(lines).encode()

    def _read_farewell(self, cause: ConnectionLost) -> None:
        """Let what a server said before it hung up on us be the next reply, or raise what happened."""
        try:
            reply = self.reader.reply(min(self.deadline, time.monotonic() + BEFORE_CLOSE_TIME))
        except TlsAlert:
            raise
        except ReplyError:
            raise cause from None
        if not reply.negative:
            self.dot_sent = self.stage == "message"  # a yes without our dot: see _answered_early
            raise cause
        self.over = True
        self._farewell = reply

    def settle(self, seconds: float) -> None:
        """Read the replies to what was sent ahead of its turn, so that the session may go on after a refusal."""
        self.planned.clear()
        deadline, self.deadline = self.deadline, min(self.deadline, time.monotonic() + seconds)
        try:
            while self._ahead and not self.over:
                del self._ahead[0]
                if self.getreply()[0] == _GO_AHEAD:
                    self.over = True  # it waits for a message now: any further line would be one
        except ReplyError:
            self.over = True
        finally:
            self.deadline = deadline


def _hidden(line: str) -> str:
    """Return a line of a log-in without what is secret in it."""
    words = line.split(" ")
    if words[0] == "AUTH":
        return " ".join([*words[:2], *["[redacted]" for _ in words[2:]]])
    return line if line in ("", "*") else "[redacted]"
