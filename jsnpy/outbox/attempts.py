"""One try to send a mail that is on the disk, and what is noted of it."""

from __future__ import annotations

import os

from jsnpy.errors import OutboxError
from jsnpy.outbox import kept_mail, schedule
from jsnpy.outbox.outbox import Try
from jsnpy.outbox.store import FAILED, UNKNOWN, WAITING, Row
from jsnpy.smtp.outcome import Code, SendFailure, SendResult
from jsnpy.smtp.sending import Sending
from jsnpy.smtp.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.outbox.outbox import Outbox
    from jsnpy.smtp.addresses import Address
    from jsnpy.smtp.pool import Sessions
    from jsnpy.smtp.sending import Mail

_SILENT = ("resolve", "connect", "greeting", "tls", "ehlo")
_DIED = "the process that was sending it died before the final dot"


class _Noted:
    """A try whose decisive moments are noted on the disk.

    Args:
        outbox: where.
        settings: the host's.
    """

    def __init__(self, outbox: Outbox, settings: Settings) -> None:
        self.outbox = outbox
        self.sending = Sending(settings, self)
        self.row: Row | None = None
        self.trouble: OutboxError | None = None

    def begins(self, mail: Mail) -> None:
        """Note that the mail is built."""
        raise NotImplementedError

    def accepted(self) -> None:
        """Note that the server accepted the mail, before anything else is said to it."""
        raise NotImplementedError

    def before_dot(self) -> None:
        """Note it: after this, only the server knows whether the mail was delivered.

        Raises:
            SendFailure: it cannot be noted; a mail sent now might be sent again.
        """
        if self.row is None:
            return
        now = self.outbox.now()
        try:
            self.outbox.store.mark(self.row.id, now)
        except OutboxError as trouble:
            what = f"stopped before the final dot, as the mail might arrive twice: {trouble.message}"
            raise SendFailure(Code.PROTOCOL, self.sending.details.stage, what) from None
        self.row.marked = now

    def refused(self) -> None:
        """Note that a mail whose final dot was sent was not taken."""
        if self.row is not None and self.row.marked:
            try:
                self.outbox.store.mark(self.row.id, None)
                self.row.marked = None
            except OutboxError:
                pass  # what is noted in the end says it again

    def by_refusal(self, mail: Mail) -> tuple[list[Address], list[Address]]:
        """Return the recipients that were refused for a passing reason, and those refused for good."""
        codes = {each["email"]: int(str(each["code"])) for each in self.sending.details.rejected}
        refused = [each for each in mail.envelope.recipients if each.email in codes]
        later = [each for each in refused if codes[each.email] // 100 == 4]  # noqa: PLR2004 - 4xx
        return later, without(refused, later)

    def unclear(self, result: SendResult) -> bool:
        """Return whether the mail may have been delivered although no answer said so."""
        marked = self.row is not None and self.row.marked is not None
        return result.code == Code.UNKNOWN or (marked and result.details["smtpCode"] is None)

    def wait(self, row: Row, error: str, recipients: list[Address]) -> float:
        """Let the mail wait for its next try, and return the seconds until then."""
        pause = schedule.pause(row.tries)
        error = self.sending.redactor.scrub(error)
        self.outbox.store.wait(row.id, self.outbox.now() + pause, error, kept_mail.addresses_text(recipients))
        return pause


class FirstAttempt(_Noted):
    """The send a script asked for.

    Attributes:
        unusable: why the mail was sent without being on the disk, or None.
    """

    def __init__(self, outbox: Outbox, settings: Settings) -> None:
        super().__init__(outbox, settings)
        self.settings = settings
        self.unusable: OutboxError | None = None
        self._left: list[Address] = []

    def send(self, fields: object) -> SendResult:
        """Check, keep and send the mail, and return what came of it; never raises.

        Args:
            fields: send_email's argument.
        """
        result = self.sending.send(fields)
        mail = self.sending.mail
        if mail is None:
            return result
        if result.code:
            self._settle_failure(mail, result)
        return self._with_words(result)

    def fault(self, error: Exception) -> SendResult:
        """Return the result of a send that ended in a fault of jsnpy itself."""
        what = f"a fault of jsnpy itself in the outbox: {type(error).__name__}: {error}"
        text = self.sending.redactor.scrub(f"{what}; please report it")
        return SendResult(Code.PROTOCOL, self.sending.transcript.text(), text, self.sending.details.as_dict())

    def begins(self, mail: Mail) -> None:
        """Have the mail on the disk before the server hears of it."""
        self._keep(mail, mail.envelope.recipients)

    def _keep(self, mail: Mail, recipients: list[Address]) -> None:
        self.sending.redactor.add(mail.server.password)
        try:
            row = self._new_row(mail, recipients)
            self.outbox.store.add(row, mail.message.data)
        except OutboxError as trouble:
            self.unusable = trouble
        else:
            self.unusable = None
            self.row = row

    def _new_row(self, mail: Mail, recipients: list[Address]) -> Row:
        now = self.outbox.now()
        return Row(
            id=os.urandom(5).hex(),
            state=WAITING,
            created=now,
            tries=1,
            next_try=now,
            owner=self.outbox.owner,
            marked=None,
            error=_DIED,
            subject=self.sending.redactor.scrub(mail.subject),
            sender=kept_mail.addresses_text([mail.envelope.sender]),
            recipients=kept_mail.addresses_text(recipients),
            server=kept_mail.server_text(mail.server, self.settings, self.outbox.secrets),
            message_id=mail.message.message_id,
        )

    def accepted(self) -> None:
        """Note that the server accepted the mail, before anything else is said to it."""
        mail = self.sending.mail
        if mail is None:
            return
        self._left, _ = self.by_refusal(mail)
        if self._left and self.row is None:
            self._keep(mail, self._left)
        self._settle("some recipients were refused for a passing reason")

    def _settle_failure(self, mail: Mail, result: SendResult) -> None:
        if schedule.may_pass(result) and not self.unclear(result):
            _, never = self.by_refusal(mail)
            self._left = without(mail.envelope.recipients, never)
            if self.row is None:
                self._keep(mail, self._left)  # the outbox may be usable by now
        self._settle(result.error)

    def _settle(self, error: str) -> None:
        if self.row is None:
            return
        try:
            if self._left:
                self.wait(self.row, error, self._left)
            else:
                self.outbox.store.remove(self.row.id)
        except OutboxError as trouble:
            self.trouble = trouble

    def _with_words(self, result: SendResult) -> SendResult:
        """Return the result with what became of the mail in the outbox."""
        row, trouble = self.row, self.trouble or self.unusable
        if row is not None and self._left:
            result.details["queued"] = row.id
            words = f"kept in {self.outbox.place} as {row.id}"
            if trouble is not None:
                words = f"{trouble.message}; {words}"
            self._add(result, words)
        elif row is not None and trouble is not None:
            state = "delivery unknown" if row.marked else "not sent"
            result.warnings.append(f"{trouble.message}: {row.id} stays there as {state}")
        elif self._left and trouble is not None:
            self._add(result, f"not kept in {self.outbox.place}: {trouble.message}")
        return result

    def _add(self, result: SendResult, words: str) -> None:
        if result.code:
            result.error = f"{result.error}; {words}"
        else:
            result.warnings.append(f"send_email: for {', '.join(each.email for each in self._left)}: {words}")
        self.sending.transcript.event(words)
        result.log = self.sending.transcript.text()


class FurtherAttempt(_Noted):
    """A try with a mail from the disk.

    Args:
        outbox: where it is.
        row: the mail, claimed.
        settings: the host's.
        until: when the try must be over, in `time.monotonic()` seconds, or None.
        sessions: where its session is continued and left open for the next mail, or None.

    Raises:
        OutboxError: the mail cannot be read.
        Damaged: what was read is no mail.
    """

    def __init__(
        self, outbox: Outbox, row: Row, settings: Settings, until: float | None, sessions: Sessions | None = None
    ) -> None:
        self.mail, self.how = kept_mail.mail(row, outbox.store.data(row.id))
        self.mail.server.keep_alive = sessions is not None
        insecure = settings.insecure or self.how.insecure
        kept = None if sessions is None else lambda: sessions
        super().__init__(outbox, Settings(insecure=insecure, redactor=settings.redactor, deadline=until, sessions=kept))
        self.row = self._row = row
        self._done: Try | None = None

    def made(self) -> Try:
        """Make the try and return what came of it.

        Raises:
            OutboxError: that could not be noted.
        """
        result = self.sending.resend(self.mail)
        if self._done is None:
            self._done = self._settled(result)
        if self.trouble is not None:
            what = f"the mail {self._row.id} was delivered, and stays there as delivery unknown"
            raise OutboxError(f"{self.trouble.message}; {what}", self.trouble.hint)
        self._done.warnings = result.warnings
        if result.code == Code.TIMEOUT and result.details["stage"] in _SILENT:
            self._done.silent = True
        return self._done

    def put_off(self) -> Try:
        """Return the outcome of a try that is not made, as the server was silent a moment ago.

        Raises:
            OutboxError: that could not be noted.
        """
        what = f"{self.place} did not answer a moment ago, when another mail was to be sent"
        return self._wait_or_stop(what, self.mail.envelope.recipients, passing=True)

    @property
    def place(self) -> str:
        """Host and port."""
        return self.mail.server.place

    def begins(self, mail: Mail) -> None:
        """Look up the password where only its reference was kept."""
        mail.server.password = self.how.password(self.outbox.encoding)

    def accepted(self) -> None:
        """Note that the server accepted the mail, before anything else is said to it."""
        later, never = self.by_refusal(self.mail)
        try:
            if later or never:
                rejected = self.sending.details.rejected
                words = "; ".join(f"{each['email']}: {each['code']} {each['text']}" for each in rejected)
                # Those whose refusal may pass go on alone; else the refused are left, to be told.
                self._done = self._wait_or_stop(f"sent, but not to {words}", later or never, passing=bool(later))
            else:
                self.outbox.store.remove(self._row.id)
                self._done = Try(self._row, "sent", "sent")
        except OutboxError as trouble:
            self.trouble = trouble
            self._done = Try(self._row, "unknown", "sent")

    def _settled(self, result: SendResult) -> Try:
        recipients = self.mail.envelope.recipients
        if self.unclear(result):
            self.outbox.store.give_up(self._row.id, UNKNOWN, result.error, self._row.recipients)
            return Try(self._row, "unknown", f"delivery unknown: {result.error}")
        # What is wrong on this side (a password's reference, a file of CAs) may be mended in time.
        passing = schedule.may_pass(result) or result.details["stage"] == "argument"
        _, never = self.by_refusal(self.mail)
        return self._wait_or_stop(result.error, without(recipients, never) if passing else recipients, passing=passing)

    def _wait_or_stop(self, error: str, left: list[Address], *, passing: bool) -> Try:
        error = self.sending.redactor.scrub(error)
        age = self.outbox.now() - self._row.created
        if passing and age < self.outbox.max_age:
            pause = self.wait(self._row, error, left)
            return Try(self._row, "waiting", f"next try in {schedule.words(pause)}: {error}")
        self.outbox.store.give_up(self._row.id, FAILED, error, kept_mail.addresses_text(left))
        why = f" after {schedule.words(age)}" if passing else ""
        return Try(self._row, "failed", f"given up{why}: {error}")


def without(addresses: list[Address], others: list[Address]) -> list[Address]:
    """Return the addresses that are not among the others."""
    return [each for each in addresses if each not in others]
