"""A session with a server: greeted, over TLS and logged in as the mail wants it, ended whatever happens (RFC 5321)."""

from __future__ import annotations

import smtplib
import socket
import time

from jsnpy.smtp import auth, tokens
from jsnpy.smtp.connection import Connection
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.reply import ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from jsnpy.smtp.server import Server

QUIT_TIME = 2.0

_READY = 220
_LOGGED_IN = 235
_UNKNOWN_COMMAND = (500, 502)
_LABEL_MAX = 63
_DOMAIN_MAX = 255


class LogInRefused(SendFailure):
    """The server refused user and password, or the token."""


class Session(Connection):
    """A session that can carry one mail after another.

    Attributes:
        logged_in: whether the server knows who is there.
        token: the access token it uses, or "".
        remark: what is odd about the access token, or "".
    """

    def __init__(self, server: Server, *, tokens: tokens.Tokens | None = None, **options: Any) -> None:
        super().__init__(server, **options)
        self.tokens = tokens
        self.logged_in = False
        self.token = self.remark = ""
        self._by_token = False

    # --- opening

    def open(self) -> None:
        """Connect, greet, start TLS and log in; with a new token on a new connection where a kept one was refused."""
        server, source = self.server, self.tokens
        if server.security:
            self.tls_context(self.transcript.event)  # what is wrong with it is said before anything is connected
        self._by_token = tokens.wanted(server)
        tokens.check(server, source)
        if not self._by_token or source is None:
            self._open(server.password)
            return
        self.stage = "token"
        token = self._learnt(source.access_token(server.user, self.deadline))
        try:
            self._open(token)
        except LogInRefused as refused:
            if refused.reply is None or refused.reply.transient:
                raise
            self._leave()
            self.stage = "token"
            new = source.renew(server.user, token, self.deadline)
            if new is None:
                raise
            self.transcript.event("the access token was refused: once more with a new one, on a new connection")
            self._open(self._learnt(new))

    def _learnt(self, token: str) -> str:
        """Return a token that is masked from now on, after what is known of it was noted."""
        self.token = token
        self.transcript.redactor.add(token)
        if self.tokens is not None:
            self.remark = self.tokens.remark(self.server.user)
            for line in (self.tokens.event(self.server.user), self.remark):
                if line:
                    self.transcript.event(line)
        return token

    def _open(self, password: str) -> None:
        server, route = self.server, self.route
        host, port = (route.host, route.port) if route else (server.host, server.port)
        self.forget()
        self.logged_in = False
        self.details.attempts += 1
        if route:
            self.transcript.event(f"redirected: {server.place} is {host} port {port} in this run")
        self.connect(host, port)
        if self.last_reply.code != _READY:
            raise self.refuse(self._wanted_code(), f"{server.place} refused the connection")
        self._hello()
        if server.security == "starttls":
            self._start_tls()
        if server.user:
            self._log_in(password)

    def _wanted_code(self) -> int:
        """Return the class of a failure before STARTTLS and authentication: what the script wanted decides."""
        if self.server.security == "starttls" and not self.secure:
            return Code.TLS
        return Code.AUTH if self.server.user else Code.PROTOCOL

    def _hello(self) -> None:
        self.stage = "ehlo"
        name = self.server.helo or own_name(socket.gethostname()) or self._own_address()
        code, _ = self.ehlo(name)
        plain = not self.server.user and self.server.security != "starttls"
        if plain and code in _UNKNOWN_COMMAND:
            self.helo(name)
        if not self.last_reply.positive:
            what = f"{self.server.place} refused the greeting (EHLO {name})"
            raise self.refuse(self._wanted_code(), what)

    def _own_address(self) -> str:
        address = str(self.reader.sock.getsockname()[0]).partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def _start_tls(self) -> None:
        place = self.server.place
        self.stage = "starttls"
        if not self.has_extn("starttls"):
            what = f"{place} does not offer STARTTLS, which starttls: true requires"
            hint = "try ssl: true (usually port 465) or port 587; only inside a trusted network leave out starttls"
            if any(name.startswith("xxxxxxx") for name in self.esmtp_features):  # Cisco's way to hide it
                hint = "a firewall between here and there hides it: have its inspection of SMTP switched off"
            raise SendFailure(Code.TLS, "starttls", what, hint=hint)
        self.starttls()
        if not self.secure:
            raise self.refuse(Code.TLS, f"{place} refused STARTTLS")
        self._hello()

    def _log_in(self, password: str) -> None:
        server = self.server
        self.stage = "auth"
        if not self.has_extn("auth"):
            self.transcript.event(f"{server.place} offers no authentication: the mail is sent without logging in")
            return
        # Some put commas between the names, or an equals sign before them.
        offered = list(dict.fromkeys(self.esmtp_features["auth"].upper().replace(",", " ").replace("=", " ").split()))
        name = auth.choose(offered, server, by_token=self._by_token, tls_offered=self.has_extn("starttls"))
        if not self.secure and name != "CRAM-MD5":  # which sends a digest
            self.transcript.event("WARNING: user and password go over the network in clear text (no TLS)")
        mechanism = auth.mechanism(name, server, password, self.transcript.redactor, lambda: self.last_reply.lines)
        broken_off = ""
        self.hides = True
        try:
            self.auth(name, mechanism, initial_response_ok=mechanism.says_it_at_once)
        except auth.Cancel as cancel:
            broken_off = str(cancel)
            self.docmd("*")
        except smtplib.SMTPAuthenticationError:
            pass  # the last reply tells more
        finally:
            self.hides = False
        if broken_off:
            what = f"the log-in of {server.user} to {server.place} was broken off ({name}): {broken_off}"
            raise SendFailure(Code.AUTH, "auth", what, self.last_reply)
        if self.last_reply.code != _LOGGED_IN:  # smtplib takes 503 for a success
            note = mechanism.note()
            what = f"{server.place} refused the log-in of {server.user} ({name}{'; ' if note else ''}{note})"
            refused = self.refuse(Code.AUTH, what)
            raise LogInRefused(refused.code, refused.stage, what, refused.reply, refused.hint)
        self.transcript.event(f"logged in as {server.user} ({name})")
        self.logged_in = True

    # --- a mail

    @property
    def pipelines(self) -> bool:
        """Whether commands may be sent before earlier ones are answered: never, for a log that reads line by line."""
        return False

    def carry(self, hand_over: Callable[[], None]) -> None:
        """Have a mail handed over."""
        hand_over()

    def refuse(self, code: int, what: str) -> SendFailure:
        """Return the failure that the last reply, a refusal, stands for."""
        from jsnpy.smtp import hints

        hint = hints.reply(
            self.stage,
            self.last_reply,
            self.server,
            logged_in=self.logged_in,
            offered_auth=self.has_extn("auth"),
            remark=self.remark,
        )
        return SendFailure(code, self.stage, what, self.last_reply, hint)

    def failure(self, error: ReplyError) -> SendFailure:
        """Return the failure a broken connection stands for, at the present stage."""
        from jsnpy.smtp import broken

        self.over = True
        return broken.failure(error, self.stage, self.server, self.transcript, dot_sent=self.dot_sent)

    # --- closing

    def finish(self) -> None:
        """End the session once its mail is done; never fails."""
        self._leave()

    def _leave(self) -> None:
        """Say QUIT, which changes nothing any more and waits two seconds at most, and close."""
        if self.sock is not None and self._reader is not None and not self.over:
            deadline, self.deadline = self.deadline, min(self.deadline, time.monotonic() + QUIT_TIME)
            try:
                self.quit()
            except ReplyError as error:
                self.transcript.event(f"no answer to QUIT ({error}), which does not matter")
            self.deadline = deadline
        self.close()


def own_name(hostname: str) -> str:
    """Return this machine's name if a server must take it in EHLO, else "" (RFC 5321 sections 4.1.1.1 and 2.3.5)."""
    labels = hostname.split(".")
    valid = len(hostname) <= _DOMAIN_MAX and all(
        label.replace("-", "").isalnum() and label.strip("-") == label and len(label) <= _LABEL_MAX for label in labels
    )
    # A name without a dot says nothing to a server elsewhere; one that ends in a number is an address.
    return hostname if valid and hostname.isascii() and len(labels) > 1 and not labels[-1].isdigit() else ""
