"""A send from the script's fields to the result: check, build, hand over, put into words."""

from __future__ import annotations

import time

from jsnpy.record import Record
from jsnpy.redaction import Redactor
from jsnpy.smtp import message as messages
from jsnpy.smtp import request as requests
from jsnpy.smtp import tokens
from jsnpy.smtp.envelope import Envelope
from jsnpy.smtp.outcome import Code, Details, SendFailure, SendResult, refusals
from jsnpy.smtp.reply import ReplyError
from jsnpy.smtp.session import Session
from jsnpy.smtp.settings import Settings
from jsnpy.smtp.transaction import Transaction
from jsnpy.smtp.transcript import Transcript, Unread
from jsnpy.smtp.values import credential_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from jsnpy.smtp.message import Message
    from jsnpy.smtp.server import Route, Server


class Mail(Record):
    """A mail ready to be handed over, now or later, as often as needed: always with the same Message-ID."""

    server: Server
    envelope: Envelope
    message: Message
    route: Route | None = None
    subject: str = ""


if TYPE_CHECKING:

    class Journal(Protocol):
        """Told of the moments of an attempt that decide whether its mail may be sent again.

        A SendFailure that `begins` or `before_dot` raises stops the attempt.
        """

        def begins(self, mail: Mail) -> None:
            """Note that the mail is built, and that the server knows nothing of it."""

        def before_dot(self) -> None:
            """Note that the server has all of the message but the final dot."""

        def accepted(self) -> None:
            """Note that the server accepted the mail; the session is still open."""

        def refused(self) -> None:
            """Note that the server did not accept the mail, for certain; the session is still open."""


class _NoJournal:
    """The journal of a mail that nobody sends again."""

    def begins(self, mail: Mail) -> None:
        pass

    def before_dot(self) -> None:
        pass

    def accepted(self) -> None:
        pass

    def refused(self) -> None:
        pass


class Sending:
    """One attempt to send a mail, from the check of its fields to its result; used once.

    Args:
        settings: the host's.
        journal: what is told of its decisive moments.
        keeps_log: whether anybody will read the result's `log`, which is "" if not.

    Attributes:
        mail: the mail as it was handed over, once it was built: what can be kept and sent again.
    """

    def __init__(
        self, settings: Settings | None = None, journal: Journal | None = None, *, keeps_log: bool = True
    ) -> None:
        self._journal: Journal = _NoJournal() if journal is None else journal
        self.settings = Settings() if settings is None else settings
        self.redactor = Redactor(self.settings.redactor)
        read = keeps_log or self.settings.listener is not None
        self.transcript = (Transcript if read else Unread)(self.redactor, self.settings.listener)
        self.details = Details()
        self.warnings: list[str] = []
        self.mail: Mail | None = None
        self._start = time.monotonic()

    def send(self, fields: object) -> SendResult:
        """Check, build and hand over a mail; never raises."""
        return self._result_of(lambda: self.deliver(self.prepare(fields)))

    def resend(self, mail: Mail) -> SendResult:
        """Hand over a mail that was built before; never raises."""
        return self._result_of(lambda: self.deliver(mail))

    def log_in(self, fields: object) -> SendResult:
        """Open a mail's session and leave it, before any mail; never raises."""

        def work() -> None:
            session = self.session(self.prepare(fields))
            try:
                session.open()
            except ReplyError as error:
                raise session.failure(error) from None
            finally:
                session.finish()

        return self._result_of(work)

    def prepare(self, fields: object) -> Mail:
        """Return the checked and built mail."""
        if isinstance(fields, dict):
            self._hide(credential_text(fields.get("pass")) or "")
        request = requests.parse(fields, self.settings.base_dir, self.transcript.event)
        tokens.check(request.server, self.settings.tokens)
        route = self.settings.route(request) if self.settings.route is not None else None
        return Mail(
            server=request.server,
            envelope=Envelope.of(request),
            message=messages.build(request),
            route=route,
            subject=request.subject,
        )

    def deliver(self, mail: Mail) -> None:
        """Hand a mail over."""
        self.mail = mail
        before = time.monotonic()
        self._journal.begins(mail)
        self._start += time.monotonic() - before  # what a journal waits for is not the mail's time
        self._hide(mail.server.password)
        self.details.message_id = None if self.settings.probe else mail.message.message_id
        session = self.session(mail)
        transaction = Transaction(session, mail.envelope, mail.message, probe=self.settings.probe)
        try:
            session.open()
            session.carry(transaction.run)
            self._journal.accepted()
            self._answered(delivered=not self.settings.probe)
        except (SendFailure, ReplyError) as error:
            failure = error if isinstance(error, SendFailure) else session.failure(error)
            if failure.code != Code.UNKNOWN:
                self._journal.refused()
                self._answered(delivered=False)
            raise failure from None
        finally:
            session.finish()

    def session(self, mail: Mail) -> Session:
        """Return a session for a mail, not yet open."""
        server, deadline = mail.server, self._start + mail.server.timeout
        if self.settings.deadline is not None:
            deadline = min(deadline, self.settings.deadline)
        if self.settings.insecure and server.security:
            self.warnings.append(f"certificates are not verified (--insecure): {server.place} could be anybody")
        kept = self.settings.sessions if server.keep_alive else None
        make = Session if kept is None else kept().session
        return make(
            server,
            verify=server.verify and not self.settings.insecure,
            route=mail.route,
            transcript=self.transcript,
            details=self.details,
            deadline=deadline,
            before_dot=self._before_dot,
            tokens=self.settings.tokens,
        )

    def _hide(self, password: str) -> None:
        if password.strip().lower() != tokens.OAUTH2_REFERENCE.lower():
            self.redactor.add(password)

    def _answered(self, *, delivered: bool) -> None:
        if self.settings.at_answer is not None:
            self.settings.at_answer(delivered)

    def _before_dot(self) -> None:
        self._journal.before_dot()
        if self.settings.at_dot is not None:
            self.settings.at_dot()

    def _result_of(self, work: Callable[[], None]) -> SendResult:
        try:
            work()
        except SendFailure as failure:
            return self._failed(failure)
        except Exception as error:  # noqa: BLE001 - a script's alert never meets an exception, not even from a fault of ours
            stage = self.details.stage
            what = f"a fault of jsnpy itself while sending ({stage}): {type(error).__name__}: {error}"
            return self._failed(SendFailure(Code.PROTOCOL, stage, what, hint="please report it"))
        finally:
            # It knows this attempt: all of the mail would wait for the collector of such circles.
            self._journal = _NoJournal()
        rejected = self.details.rejected
        if len(rejected) == 1:
            each = rejected[0]
            self.warnings.append(
                f"send_email: recipient {each['email']} refused: {each['code']} {each['text']}".rstrip()
            )
        elif rejected:
            self.warnings.append(f"send_email: {len(rejected)} recipients refused: {refusals(rejected)}")
        return self._result(Code.OK, "")

    def _failed(self, failure: SendFailure) -> SendResult:
        sentence = failure.sentence(self.redactor.scrub)
        self.details.stage = failure.stage
        self.details.decide(failure.reply, failure.temporary)
        self.transcript.event(f"failed: {sentence}")
        return self._result(failure.code, sentence)

    def _result(self, code: int, error: str) -> SendResult:
        scrub = self.redactor.scrub
        details = self.details.as_dict()
        details["rejected"] = [{**each, "text": scrub(str(each["text"]))} for each in self.details.rejected]
        return SendResult(
            code=code,
            log=self.transcript.text(),
            error=scrub(error),
            details=details,
            warnings=[scrub(line) for line in self.warnings],
        )
