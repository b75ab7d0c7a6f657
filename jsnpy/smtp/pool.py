"""Sessions that stay open between the mails of a run: `keep_alive: true`."""

from __future__ import annotations

import time

from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.reply import ConnectionLost, ReplyError
from jsnpy.smtp.session import QUIT_TIME, Session
from jsnpy.text import seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from jsnpy.smtp.server import Route, Server

IDLE_MAX = 30.0
FRESH = 1.0
CHECK_TIME = 5.0
_CLOSING = 421


class Sessions:
    """The sessions that a run keeps open; used by one thread, but `close_idle` by any."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._kept: dict[tuple[object, ...], tuple[KeptSession, float]] = {}

    def session(self, server: Server, **options: Any) -> KeptSession:
        """Return a session for one mail, to be opened; arguments as for Session."""
        self.close_idle()
        key = _key(server, options["route"], verify=options["verify"])
        kept, since = self._kept.pop(key, (None, 0.0))
        if kept is None:
            return KeptSession(self, key, server, **options)
        kept.go_on(self.clock() - since, options)
        return kept

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


def _key(server: Server, route: Route | None, *, verify: bool) -> tuple[object, ...]:
    """Return all that a connection depends on: two mails with the same may share one."""
    where = (server.host, server.port) if route is None else (server.host, server.port, route.host, route.port)
    who = (server.user, server.password, server.mechanism, server.helo)
    files = (server.ca_file, server.cert_file, server.key_file)
    return (*where, *who, server.security, verify, server.min_version, server.server_name, *files)


class KeptSession(Session):
    """A session that later mails continue.

    One that is dead before a message's final dot is opened again, once; after the dot nothing is ever sent again.
    """

    def __init__(self, sessions: Sessions, key: tuple[object, ...], server: Server, **options: Any) -> None:
        super().__init__(server, **options)
        self.key = key
        self._sessions = sessions
        self._idle: float | None = None
        self._usable = self._refused = False

    def go_on(self, idle: float, options: dict[str, Any]) -> None:
        """Serve another mail, after so many idle seconds; options as for Session, for the same connection."""
        self._idle = idle
        self.tokens = options["tokens"]
        self.begin(options["transcript"], options["details"], options["deadline"], options["before_dot"])
        self.transcript.redactor.add(self.token)

    @property
    def pipelines(self) -> bool:
        """Whether commands may be sent before earlier ones are answered: where the server says so (RFC 2920)."""
        return self.has_extn("pipelining")

    def open(self) -> None:
        """Go on with an open session, or open a new one."""
        if self._idle is None:
            super().open()
            return
        self.details.attempts += 1
        self.transcript.event(
            f"continuing the session with {self.server.place} (keep_alive), idle for {seconds(self._idle)}"
        )
        if self.secure and not self.verifies:
            self.transcript.event("WARNING: its certificate was NOT VERIFIED: anybody could be at the other end")
        if not self._lives(self._idle):
            self._open_again()

    def _lives(self, idle: float) -> bool:
        """Return whether the server still answers as it should; a session used just now is believed to."""
        if not self._refused and idle < FRESH:
            return True
        deadline, self.deadline = self.deadline, min(self.deadline, time.monotonic() + CHECK_TIME)
        self.stage = "connect"
        try:
            self.rset() if self._refused else self.noop()
        except ReplyError as error:
            self.transcript.event(f"the session is over: {error}")
            return False
        finally:
            self.deadline = deadline
        return self.last_reply.positive

    def _open_again(self) -> None:
        self.close()
        self.transcript.event("opening a new session")
        self._idle = None
        self.details.rejected.clear()
        super().open()

    def carry(self, hand_over: Callable[[], None]) -> None:
        """Have a mail handed over; see Session.carry."""
        try:
            self._try(hand_over)
        except (ConnectionLost, SendFailure) as error:
            if self._idle is None or self.dot_sent or not _closed(error):
                raise
            self.transcript.event(f"the session is over: {error}")
            self._open_again()
            self._try(hand_over)

    def _try(self, hand_over: Callable[[], None]) -> None:
        self._usable = self._refused = False
        try:
            hand_over()
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
            self.putcmd("quit")
        except ReplyError as error:  # it may be over already
            self.transcript.event(f"QUIT could not be said: {error}")

    def await_farewell(self) -> None:
        """Wait for the answer to QUIT, but not long, and close."""
        try:
            self.getreply()
        except ReplyError as error:
            self.transcript.event(f"no answer to QUIT: {error}")
        self.close()


def _closed(error: Exception) -> bool:
    """Return whether this is how a server ends a session it had lost patience with."""
    if isinstance(error, SendFailure):
        return error.reply is not None and error.reply.code == _CLOSING
    return isinstance(error, ConnectionLost)
