"""What a `send_email` of one run goes through: the outbox or not, kept sessions, the dry run's server, the results."""

from __future__ import annotations

import time

from jsnpy.output import VERBOSE
from jsnpy.text import printable, shortened, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from jsnpy import smtp
    from jsnpy.config import RunConfig
    from jsnpy.dryrun import DryRun
    from jsnpy.options import Options
    from jsnpy.outbox import Outbox
    from jsnpy.output import Output
    from jsnpy.redaction import Redactor
    from jsnpy.smtp.pool import Sessions
    from jsnpy.smtp.tokens import Tokens

    class Net(Protocol):
        """What keeps mails that fail for a passing reason: the outbox, or a fleet's queue."""

        def send(self, fields: object, settings: smtp.Settings) -> smtp.SendResult:
            """Send one mail, or keep it; never raises."""

        def close(self) -> None:
            """Let go of what it has open."""


_NAMED = 5
"""Recipients that a message names at most: a run may have thousands."""

_ERROR_SHOWN = 1000
_SUBJECT_SHOWN = 60
_MANY = 10
"""Mails from which on a run's end tells how many there were."""


class Mailer:
    """The mails of one run; used in the run's worker, but for `tick` and `stop`.

    Args:
        options: what the caller decided about it.
        output: where it is said what an operator should know.
        redactor: knows the run's secrets.
        deadline: when the run ends, in `time.monotonic()` seconds, or None.
        outbox: in place of the one that the options name.
        keeps_results: whether anybody will ask for `results`: thousands of them with their logs fill the memory.

    Attributes:
        results: of each send so far.
        failed: how many sends failed.
        refused: how many recipients of mails that were accepted were refused.
    """

    def __init__(
        self,
        options: Options,
        output: Output,
        redactor: Redactor,
        *,
        deadline: float | None = None,
        outbox: Net | None = None,
        keeps_results: bool = False,
    ) -> None:
        self._config: RunConfig
        self._options = options
        self._output = output
        self._redactor = redactor
        self._deadline = deadline
        self._net = outbox
        self._outbox: Outbox | None = None
        self._keeps_results = keeps_results
        self._dry_run: DryRun | None = None
        self._sessions: Sessions | None = None
        self._tokens: Tokens | None = None
        self._sent = 0
        self._last: list[str] = []
        self._under_way = ""
        self._dot_sent = False
        self._stopped = False
        self.results: list[smtp.SendResult] = []
        self.failed = 0
        self.refused = 0

    def open(self, config: RunConfig) -> None:
        """Be ready for the mails of what is run; in a dry run, start its server.

        Raises:
            JsnpyError: the server cannot be started, or its mailbox cannot be written.
        """
        self._config = config
        if self._options.dry_run:
            from jsnpy.dryrun import DryRun

            self._dry_run = DryRun(self._output.show, self._options.mailbox)
            self._dry_run.start()

    def send(self, fields: object, script: str = "", line: int = 0) -> smtp.SendResult:
        """Send one mail, or keep it where that fails for a passing reason and there is an outbox; never raises.

        Args:
            fields: what the script passed.
            script: name of the script that asked for it.
            line: where in it, 0 where that is not known.
        """
        # The mail room costs 15 ms: a script that sends nothing does not pay for it.
        from jsnpy import smtp

        self._output.flush()
        given = fields if isinstance(fields, dict) else {}
        self._dot_sent, self._under_way = False, _named(_recipients(given)) or "nobody"
        start = time.monotonic()
        outbox, settings = self._net or self._opened_outbox(), self._settings()
        result = smtp.send(fields, settings) if outbox is None else outbox.send(fields, settings)
        self._under_way = ""
        facts = {
            "event": "send",
            "code": result.code,
            "host": _host(given),
            "port": given.get("port") if isinstance(given.get("port"), int | str) else None,
            "to": _reached(result) or _recipients(given),
            "subject": _subject(given),
            "stage": result.details["stage"],
            "smtpCode": result.details["smtpCode"],
            "messageId": result.details["messageId"],
            "seconds": round(time.monotonic() - start, 3),
            "config": self._config.config_path or None,
            "script": script or None,
            "line": line or None,
        }
        self._note(result, facts)
        return result

    def _settings(self) -> smtp.Settings:
        from jsnpy import smtp

        return smtp.Settings(
            base_dir=self._config.base_dir,
            insecure=self._options.insecure,
            route=self._dry_run.route if self._dry_run else None,
            redactor=self._redactor,
            deadline=self._deadline,
            sessions=self._opened_sessions,
            probe=self._options.probe,
            listener=self._output.info if self._options.level >= VERBOSE else None,
            at_dot=self._before_dot,
            tokens=self._opened_tokens(),
        )

    def _before_dot(self) -> None:
        """Note that from now on the mail may be delivered; not where the run has said already that it will not be."""
        self._dot_sent = True
        if self._stopped:
            from jsnpy.smtp.outcome import Code, SendFailure

            raise SendFailure(Code.PROTOCOL, "message", "the run was ended before the message's final dot")

    def _opened_tokens(self) -> Tokens | None:
        config = self._config
        if self._tokens is None and config.oauth2 is not None:
            from jsnpy import tokens

            self._tokens = (
                tokens.DryRunTokens()
                if self._options.dry_run
                else tokens.Tokens(
                    config.oauth2,
                    base_dir=config.base_dir,
                    encoding=config.encoding,
                    config=config.config_path,
                    redactor=self._redactor,
                    insecure=self._options.insecure,
                    warn=self._output.warn,
                )
            )
        return self._tokens

    def _opened_sessions(self) -> Sessions:
        if self._sessions is None:
            from jsnpy.smtp.pool import Sessions

            self._sessions = Sessions()
        return self._sessions

    def _opened_outbox(self) -> Outbox | None:
        # A dry run's mails have arrived where they should, and a probe has none: nothing may be sent again for real.
        kept = self._options.outbox is not None and not self._options.dry_run and not self._options.probe
        if self._outbox is None and kept:
            from jsnpy.outbox import Outbox

            config = self._config
            self._outbox = Outbox(
                self._options.outbox or "",
                max_age=self._options.max_age,
                secrets=config.secrets,
                encoding=config.encoding,
                oauth2=config.oauth2,
            )
        return self._outbox

    def _note(self, result: smtp.SendResult, facts: dict[str, Any]) -> None:
        """Count a send, and say on stderr what an operator should know of it."""
        if self._keeps_results:
            self.results.append(result)
        refused = len(result.details["rejected"]) if result.code == 0 else 0
        lost = self._options.fail_on_send_error and (result.code != 0 or refused > 0)
        told = False
        for warning in result.warnings:
            of_refusals = refused > 0 and not told and " refused: " in warning
            told = told or of_refusals
            self._output.warn(warning, facts if of_refusals else None, always=lost)
        if result.code == 0:
            self._sent += 1
            self.refused += refused
            self._last = [*self._last, *result.details["accepted"]][-_NAMED:]
            if not told:
                self._output.info(f"send_email returned 0 after {facts['seconds']:.2f} s", facts)
            return
        self.failed += 1
        error = shortened(result.error, _ERROR_SHOWN)
        self._output.warn(f"send_email failed with code {result.code}: {error} ({_about(facts)})", facts, always=lost)

    # What ends a run, or comes after its script.

    def finish(self) -> None:
        """End what the script's mails had open: kept sessions, the dry run's server.

        Raises:
            JsnpyError: the dry run's mailbox could not be written.
        """
        if self._sessions:
            self._sessions.close()
        if self._dry_run:
            self._dry_run.stop()
        mails = self._sent + self.failed
        sent = "would be accepted" if self._options.probe else "sent"
        text = f"{mails} mail{'s' * (mails != 1)}: {self._sent} {sent}, {self.failed} failed"
        if self.refused:
            text += f", {self.refused} recipient{'s' * (self.refused > 1)} refused"
        if self._options.probe:
            self._output.show(f"{text}; nothing was sent (--probe)")
        elif mails >= _MANY:
            say = self._output.warn if self.failed or self.refused else self._output.info
            say(text)

    def flush_outbox(self) -> None:
        """Try the mails again that are due in the outbox that the options name."""
        outbox = self._opened_outbox() if self._options.outbox is not None else None
        if outbox is None or outbox.is_empty():
            return
        from jsnpy.outbox import command

        self._output.flush()
        command.after_run(outbox, self._settings(), self._output)

    def close(self) -> None:
        """Let go of the outbox; in a dry run, say in the end what was caught."""
        if self._dry_run and (summary := self._dry_run.summary()):
            self._output.show(summary)
        for each in (self._net, self._outbox):
            if each is not None:
                each.close()

    def tick(self) -> None:
        """Leave the sessions that nobody uses any more; called in another thread, never blocks."""
        if self._sessions:
            self._sessions.close_idle()

    def stop(self) -> str:
        """Send nothing more past the next final dot, and return what is known of the mails; "" where there are none.

        Called in another thread, for a run that is ended early.
        """
        self._stopped = True  # before it is looked at how far the mail under way has come
        parts = []
        if self._under_way:
            fate = "may have been delivered" if self._dot_sent else "was not delivered"
            parts.append(f"a send_email to {self._under_way} was under way; its mail {fate}")
        if self._dry_run:
            self._dry_run.leave()
            parts.append(self._dry_run.summary())
        elif self._sent and not self._options.probe:
            count = f"{self._sent} mail{'s' * (self._sent > 1)} sent"
            parts.append(f"{count}, {'the last ' * (self._sent > 1)}to {', '.join(self._last)}")
        return "; ".join(part for part in parts if part)


def _recipients(given: dict[str, Any]) -> list[str]:
    """Return to whom a mail should go, as far as what a script passed tells."""
    found = []
    for name in ("to", "cc", "bcc"):
        value = given.get(name)
        for each in value if isinstance(value, list) else [value]:
            email = each.get("email") if isinstance(each, dict) else each
            if isinstance(email, str):
                found += [part.strip() for part in email.replace(";", ",").split(",") if part.strip()]
    return found


def _reached(result: smtp.SendResult) -> list[str]:
    """Return the recipients that the server was asked for."""
    return [*result.details["accepted"], *(each["email"] for each in result.details["rejected"])]


def _host(given: dict[str, Any]) -> str | None:
    host = given.get("host")
    # A URL in its place may hold a password that nobody knows of as one.
    return host if isinstance(host, str) and "@" not in host and "/" not in host else None


def _subject(given: dict[str, Any]) -> str | None:
    subject = given.get("subject")
    return whole(subject) if isinstance(subject, str) else None


def _about(facts: dict[str, Any]) -> str:
    """Return which mail it is: to whom, about what, asked for where."""
    to, subject, line = facts["to"], facts["subject"], facts["line"]
    parts = [f"to {_named(to)}"] if to else []
    if subject is not None:
        parts.append(_quoted(subject))
    return ", ".join([*parts, f"{facts['script']}:{line}" if line else facts["script"] or "send_email"])


def _named(recipients: list[str]) -> str:
    more = len(recipients) - _NAMED
    named = ", ".join(printable(whole(each)) for each in recipients[:_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _quoted(subject: str) -> str:
    return f'"{printable(subject[:_SUBJECT_SHOWN])}{"…" * (len(subject) > _SUBJECT_SHOWN)}"'
