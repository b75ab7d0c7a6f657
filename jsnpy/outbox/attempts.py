"""One attempt to send a mail that is kept somewhere, and what is noted of it there."""

from __future__ import annotations

import time

from jsnpy.errors import OutboxError
from jsnpy.outbox import kept_mail, schedule
from jsnpy.outbox.rows import DIED_EARLY, FAILED, UNKNOWN, WAITING, Row, Standing, new_id
from jsnpy.record import as_dict
from jsnpy.smtp.outcome import Code, SendFailure, SendResult
from jsnpy.smtp.sending import Sending
from jsnpy.smtp.settings import Settings
from jsnpy.smtp.tokens import MECHANISMS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jsnpy.outbox.keeper import Keeper
    from jsnpy.smtp.addresses import Address
    from jsnpy.smtp.sending import Mail

_UNREACHABLE = (Code.CONNECT, Code.TIMEOUT)


class _Attempt:
    """An attempt whose decisive moments are noted (a Journal of its sending).

    Args:
        keeper: where the mail is kept.
        settings: the host's.
        clock: returns the seconds since 1970.
        keeps_log: whether anybody will read the log.
    """

    def __init__(self, keeper: Keeper, settings: Settings, clock: Callable[[], float], *, keeps_log: bool) -> None:
        self.keeper = keeper
        self.sending = Sending(settings, self, keeps_log=keeps_log)
        self.row: Row | None = None
        self.marked = False
        self.trouble: OutboxError | None = None
        self.now = clock

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
        try:
            self.keeper.mark(self.row)
        except OutboxError as trouble:
            what = f"stopped before the final dot, as the mail might arrive twice: {trouble.message}"
            raise SendFailure(Code.PROTOCOL, self.sending.details.stage, what) from None
        self.marked = True

    def refused(self) -> None:
        """Note that a mail whose final dot was sent was not accepted."""
        if self.row is not None and self.marked:
            try:
                self.keeper.unmark(self.row)
                self.marked = False
            except OutboxError:
                pass  # what is noted in the end says it again

    def by_refusal(self, mail: Mail) -> tuple[list[Address], list[Address]]:
        """Return the recipients that were refused for a passing reason, and those refused for good."""
        refusals = {each["email"]: each for each in self.sending.details.rejected}
        refused = [each for each in mail.envelope.recipients if each.email in refusals]
        later = [each for each in refused if schedule.refusal_may_pass(refusals[each.email])]
        return later, without(refused, later)

    def unclear(self, result: SendResult) -> bool:
        """Return whether the mail may have been delivered although no answer said so."""
        return result.code == Code.UNKNOWN or (self.marked and result.details["smtpCode"] is None)

    def wait(self, row: Row, error: str, recipients: list[Address]) -> float:
        """Let the mail wait for its next attempt, and return the seconds until then."""
        pause = schedule.pause(row.tries)
        self.settle(row, WAITING, error, recipients, next_try=self.now() + pause)
        return pause

    def settle(
        self, row: Row, state: str, error: str, recipients: list[Address], *, next_try: float | None = None
    ) -> None:
        """Note how it stands with the mail."""
        row.state = state
        row.error = self.sending.redactor.scrub(error)
        row.recipients = kept_mail.addresses_text(recipients)
        row.next_try = row.next_try if next_try is None else next_try
        self.keeper.settle(row)


class FirstAttempt(_Attempt):
    """The send a script asked for.

    Args:
        keeper: where the mail is kept.
        settings: the host's.
        secrets: each value that came from a reference such as `${ENV:NAME}`, with that reference.
        oauth2: the config's block, its references unresolved, or None.
        clock: returns the seconds since 1970.

    Attributes:
        unusable: why the mail was sent without being kept, or None.
    """

    def __init__(
        self,
        keeper: Keeper,
        settings: Settings,
        *,
        secrets: Mapping[str, str] | None = None,
        oauth2: Mapping[str, object] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(keeper, settings, clock, keeps_log=True)
        self._settings = settings
        self._secrets = secrets or {}
        self._oauth2 = oauth2
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
        what = f"a fault of jsnpy itself in {self.keeper.place}: {type(error).__name__}: {error}"
        text = self.sending.redactor.scrub(f"{what}; please report it")
        log, details = self.sending.transcript.text(), self.sending.details.as_dict()
        return SendResult(code=Code.PROTOCOL, log=log, error=text, details=details)

    def begins(self, mail: Mail) -> None:
        """Have the mail kept before the server hears of it."""
        self._keep(mail, mail.envelope.recipients)
        if self.row is not None and self._settings.at_kept is not None:
            self._settings.at_kept(self.row.id)

    def _keep(self, mail: Mail, recipients: list[Address]) -> None:
        row = self._new_row(mail, recipients)
        try:
            self.keeper.keep(row, mail.message.data)
        except OutboxError as trouble:
            self.unusable = trouble
        else:
            self.unusable = None
            self.row = row

    def _new_row(self, mail: Mail, recipients: list[Address]) -> Row:
        now = self.now()
        return Row(
            id=new_id(now),
            state=WAITING,
            created=now,
            tries=1,
            next_try=now,
            error=DIED_EARLY,
            subject=self.sending.redactor.scrub(mail.subject),
            sender=kept_mail.addresses_text([mail.envelope.sender]),
            recipients=kept_mail.addresses_text(recipients),
            server=kept_mail.server_text(mail.server, self._settings, self._secrets, self._oauth2),
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
        self._note("some recipients were refused for a passing reason")

    def _settle_failure(self, mail: Mail, result: SendResult) -> None:
        if schedule.may_pass(result) and not self.unclear(result):
            _, never = self.by_refusal(mail)
            self._left = without(mail.envelope.recipients, never)
            if self.row is None:
                self._keep(mail, self._left)  # that may be possible by now
        self._note(result.error)

    def _note(self, error: str) -> None:
        if self.row is None:
            return
        try:
            if self._left:
                self.wait(self.row, error, self._left)
            else:
                self.keeper.remove(self.row)
        except OutboxError as trouble:
            self.trouble = trouble

    def _with_words(self, result: SendResult) -> SendResult:
        """Return the result with what became of the mail where it is kept."""
        row, trouble = self.row, self.trouble or self.unusable
        if row is not None and self._left:
            result.details["queued"] = row.id
            words = f"kept in {self.keeper.place} as {row.id}"
            if trouble is not None:
                words = f"{trouble.message}; {words}"
            self._add(result, words)
        elif row is not None and trouble is not None:
            state = "delivery unknown" if self.marked else "not sent"
            result.warnings.append(f"{trouble.message}: {row.id} stays there as {state}")
        elif self._left and trouble is not None:
            self._add(result, f"not kept in {self.keeper.place}: {trouble.message}")
        return result

    def _add(self, result: SendResult, words: str) -> None:
        if result.code:
            result.error = f"{result.error}; {words}"
        else:
            result.warnings.append(f"send_email: for {', '.join(each.email for each in self._left)}: {words}")
        self.sending.transcript.event(words)
        result.log = self.sending.transcript.text()


class FurtherAttempt(_Attempt):
    """A further attempt with a kept mail.

    Args:
        keeper: where it is kept.
        row: the mail, claimed.
        data: its message, None where there is none.
        settings: the host's; its `sessions` let one session carry several mails.
        encoding: of files with passwords that are not Unicode.
        max_age: seconds after which a mail is given up.
        clock: returns the seconds since 1970.

    Raises:
        Damaged: it is no mail.
    """

    def __init__(
        self,
        keeper: Keeper,
        row: Row,
        data: bytes | None,
        settings: Settings,
        *,
        encoding: str | None = None,
        max_age: float = schedule.MAX_AGE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.mail, self.how = kept_mail.mail(row, data)
        self.mail.server.keep_alive = settings.sessions is not None
        insecure = settings.insecure or self.how.insecure
        tokens = None
        if self.how.oauth2 is not None:
            from jsnpy.tokens import Tokens

            where = {"base_dir": self.how.base_dir, "encoding": encoding}
            tokens = Tokens(self.how.oauth2, **where, redactor=settings.redactor, insecure=insecure)  # type: ignore[arg-type]  # by name
        mine = as_dict(settings) | {"insecure": insecure, "tokens": tokens}
        super().__init__(keeper, Settings(**mine), clock, keeps_log=False)
        self.row = self._row = row
        self._encoding = encoding
        self._max_age = max_age
        self._done: Standing | None = None

    @property
    def place(self) -> str:
        """Host and port."""
        return self.mail.server.place

    @property
    def account(self) -> str:
        """What a rate holds for."""
        return account(self.mail.server.host, self.mail.server.user)

    def made(self) -> Standing:
        """Make the attempt and return what came of it.

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
        self._done.unreachable = result.code in _UNREACHABLE and result.details["smtpCode"] is None
        return self._done

    def put_off(self) -> Standing:
        """Return the outcome of an attempt that is not made, as the server was out of reach a moment ago.

        Raises:
            OutboxError: that could not be noted.
        """
        self._row.tries += 1
        what = f"{self.place} did not answer a moment ago, when another mail was to be sent"
        return self._wait_or_give_up(what, self.mail.envelope.recipients, passing=True)

    def begins(self, mail: Mail) -> None:
        """Look up the password where only its reference was kept."""
        self.how.check_oauth2(self._encoding)
        mail.server.password = self.how.password(self._encoding)

    def accepted(self) -> None:
        """Note that the server accepted the mail, before anything else is said to it."""
        later, never = self.by_refusal(self.mail)
        self._row.tries += 1
        try:
            if later or never:
                rejected = self.sending.details.rejected
                words = "; ".join(f"{each['email']}: {each['code']} {each['text']}" for each in rejected)
                # Those whose refusal may pass go on alone; else the refused are left, to be told.
                self._done = self._wait_or_give_up(f"sent, but not to {words}", later or never, passing=bool(later))
            else:
                self.keeper.remove(self._row)
                self._done = Standing(self._row, "sent", "sent")
        except OutboxError as trouble:
            self.trouble = trouble
            self._done = Standing(self._row, "unknown", "sent")

    def _settled(self, result: SendResult) -> Standing:
        recipients = self.mail.envelope.recipients
        if result.details["stage"] == "argument":
            return self._not_attempted(result.error)
        self._row.tries += 1
        if self.unclear(result):
            # An earlier transaction may have served some of them for certain, where they were too many for one.
            served = self.sending.details.accepted
            self.settle(self._row, UNKNOWN, result.error, [each for each in recipients if each.email not in served])
            return Standing(self._row, "unknown", f"delivery unknown: {result.error}")
        passing = schedule.may_pass(result) or self._refused_token(result)
        _, never = self.by_refusal(self.mail)
        left = without(recipients, never) if passing else recipients
        return self._wait_or_give_up(result.error, left, passing=passing)

    def _refused_token(self, result: SendResult) -> bool:
        """Return whether a token was refused: one that was accepted before may be renewed in time."""
        return result.code == Code.AUTH and (self.how.has_token or self.mail.server.mechanism.upper() in MECHANISMS)

    def _not_attempted(self, error: str) -> Standing:
        """Put the mail back as it was: what is wrong is on this side (a password's reference, a file of CAs)."""
        if self._row.state == WAITING and self._too_old():
            return self._wait_or_give_up(error, self.mail.envelope.recipients, passing=True)
        self.settle(self._row, self._row.state, error, self.mail.envelope.recipients)
        return Standing(self._row, self._row.state, f"not tried: {self._row.error}")

    def _too_old(self) -> bool:
        return self.now() - self._row.created >= self._max_age

    def _wait_or_give_up(self, error: str, left: list[Address], *, passing: bool) -> Standing:
        if passing and not self._too_old():
            pause = self.wait(self._row, error, left)
            return Standing(self._row, "waiting", f"next try in {schedule.words(pause)}: {self._row.error}")
        self.settle(self._row, FAILED, error, left)
        why = f" after {schedule.words(self.now() - self._row.created)}" if passing else ""
        return Standing(self._row, "failed", f"given up{why}: {self._row.error}")


def account(host: str, user: str) -> str:
    """Return what a rate holds for."""
    return f"{user}@{host.lower()}"


def without(addresses: list[Address], others: list[Address]) -> list[Address]:
    """Return the addresses that are not among the others."""
    return [each for each in addresses if each not in others]
