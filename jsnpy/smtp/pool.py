"""Sessions that stay open between the mails of a run: `keep_alive: true`."""

from __future__ import annotations

import time

from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.reply import ConnectionLost, ReplyError
from jsnpy.smtp.session import QUIT_TIME, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from jsnpy.smtp.envelope import Envelope
    from jsnpy.smtp.message import Message
    from jsnpy.smtp.server import Server

IDLE_MAX = 30.0
FRESH = 1.0
CHECK_TIME = 5.0
_CLOSING = 421


class Sessions:
    """The sessions that a run keeps open; used by one thread, but `close_idle` by any.

    Args:
        clock: returns seconds; what is idle is told by it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._kept: dict[tuple[object, ...], tuple[KeptSession, float]] = {}

    def session(self, server: Server, **options: Any) -> KeptSession:
        """Return a session for one mail, not yet open; arguments as for Session."""
        return KeptSession(self, server, **options)

    def take(self, key: tuple[object, ...]) -> tuple[KeptSession, float] | None:
        """Return a kept session with the seconds it was idle; from now on it is the caller's. None: there is none."""
        self.close_idle()
        found = self._kept.pop(key, None)
        return None if found is None else (found[0], self.clock() - found[1])

    def keep(self, session: KeptSession) -> None:
        """Keep a session for later mails."""
        self._kept[session.key] = (session, self.clock())

    def close_idle(self) -> None:
        """Leave the sessions that nobody used for 30 seconds; never blocks."""
        for key, (_, since) in list(self._kept.items()):
            if self.clock() - since >= IDLE_MAX:
                # Two threads may have come here; only one of them gets it.
                found = self._kept.pop(key, None)
                if found is not None:
                    found[0].say_quit(time.monotonic() + FRESH)
                    found[0].close()

    def close(self) -> None:
        """End all sessions with QUIT, within two seconds; never fails."""
        deadline = time.monotonic() + QUIT_TIME
        sessions = []
        while self._kept:
            sessions.append(self._kept.popitem()[1][0])
            sessions[-1].say_quit(deadline)
        for session in sessions:  # a silent server delays no other's QUIT
            session.await_farewell()


class KeptSession(Session):
    """A session that continues an earlier mail's connection where it can, and leaves its own to the next mail.

    A kept session that turns out dead before the message's final dot is opened anew, once; after the dot nothing is
    ever sent again.

    Args:
        sessions: where sessions are kept.
        server: where it goes.
        options: what else a Session takes.
    """

    def __init__(self, sessions: Sessions, server: Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._sessions = sessions
        self._continues = False
        self._usable = False
        self._refused = False

    @property
    def key(self) -> tuple[object, ...]:
        """All that a connection depends on: two mails with the same may share one."""
        server, route = self.server, self.route
        where = (server.host, server.port) if route is None else (server.host, server.port, route.host, route.port)
        who = (server.user, server.password, server.mechanism, server.helo)
        tls = (server.security, self.verifies, server.ca_file, server.min_version, server.server_name)
        return (*where, *who, *tls)

    @property
    def pipelines(self) -> bool:
        """Whether commands may be sent before earlier ones are answered: where the server says so (RFC 2920)."""
        return "PIPELINING" in self.features

    def open(self) -> None:
        """Continue a kept session, or open a new one.

        Raises:
            SendFailure: it did not come to that.
            ReplyError: the connection failed.
        """
        found = self._sessions.take(self.key)
        if found is None:
            super().open()
            self._usable = True
            return
        kept, idle = found
        self.details.attempts += 1
        self._adopt(kept)
        self.transcript.event(f"continuing the session with {self.server.place} (keep_alive), idle for {idle:.1f} s")
        if self.secure and not self.verifies:
            self.transcript.event("WARNING: its certificate was NOT VERIFIED: anybody could be at the other end")
        if self._lives(idle, refused=kept._refused):  # noqa: SLF001 - it is one of us
            self._usable = True
        else:
            self._open_anew()

    def _adopt(self, kept: KeptSession) -> None:
        self._continues = True
        self.sock, kept.sock = kept.sock, None
        self.features, self.secure, self.logged_in = kept.features, kept.secure, kept.logged_in
        self._reader = kept.reader
        self._reader.transcript = self.transcript

    def _lives(self, idle: float, *, refused: bool) -> bool:
        """Return whether the server still answers as it should; a session used just now is believed to."""
        if not refused and idle < FRESH:
            return True
        deadline, self.deadline = self.deadline, min(self.deadline, time.monotonic() + CHECK_TIME)
        self.stage = "connect"
        try:
            reply = self.command("RSET" if refused else "NOOP")
        except ReplyError as error:
            self.transcript.event(f"the session is over: {error}")
            return False
        finally:
            self.deadline = deadline
        return reply.consistent and reply.positive

    def _open_anew(self) -> None:
        self.close()
        self.transcript.event("opening a new session")
        self._continues = self._usable = self.over = self.secure = self.logged_in = False
        self.features = {}
        self.details.rejected.clear()
        super().open()
        self._usable = True

    def transact(self, envelope: Envelope, message: Message) -> None:
        """Hand one mail over; see Session.transact."""
        try:
            self._try(envelope, message)
        except (ConnectionLost, SendFailure) as error:
            if not self._continues or self.dot_sent or not _closed(error):
                raise
            self.transcript.event(f"the session is over: {error}")
            self._open_anew()
            self._try(envelope, message)

    def _try(self, envelope: Envelope, message: Message) -> None:
        self._usable = self._refused = False
        try:
            super().transact(envelope, message)
        except SendFailure:  # the session stands where a command may follow, else it is marked as over
            self._usable = self._refused = True
            raise
        self._usable = True

    def finish(self) -> None:
        """Leave the session to the next mail if it can be used, else end it."""
        if self._usable and not self.over:
            self.transcript.event("the session stays open (keep_alive)")
            self._sessions.keep(self)
        else:
            super().finish()

    def say_quit(self, deadline: float) -> None:
        """Say QUIT without waiting for the answer, before a moment of `time.monotonic()`."""
        self.deadline = deadline
        try:
            self._put("QUIT")
        except ReplyError as error:  # it may be over already
            self.transcript.event(f"QUIT could not be said: {error}")

    def await_farewell(self) -> None:
        """Wait for the answer to QUIT, but not long, and close."""
        try:
            self.answer()
        except ReplyError as error:
            self.transcript.event(f"no answer to QUIT: {error}")
        self.close()


def _closed(error: Exception) -> bool:
    """Return whether this is how a server ends a session it had lost patience with."""
    if isinstance(error, SendFailure):
        return error.reply is not None and error.reply.code == _CLOSING
    return isinstance(error, ConnectionLost)
