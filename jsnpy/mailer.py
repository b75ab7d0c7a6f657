"""What a `send_email` of one run goes through: the outbox or not, kept sessions, the dry run's server, the results."""

from __future__ import annotations

import time

from jsnpy.output import VERBOSE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from jsnpy import smtp
    from jsnpy.config import RunConfig
    from jsnpy.dryrun import DryRun
    from jsnpy.mail_report import MailReport
    from jsnpy.options import Options
    from jsnpy.outbox import Outbox
    from jsnpy.output import Output
    from jsnpy.redaction import Redactor
    from jsnpy.smtp.pool import Sessions
    from jsnpy.smtp.tokens import Tokens

    class AnyOutbox(Protocol):
        """What keeps mails that fail for a passing reason: the outbox, or a fleet's queue."""

        def send(self, fields: object, settings: smtp.Settings) -> smtp.SendResult:
            """Send one mail, or keep it; never raises."""

        def close(self) -> None:
            """Let go of what it has open."""


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
    """

    def __init__(
        self,
        options: Options,
        output: Output,
        redactor: Redactor,
        *,
        deadline: float | None = None,
        outbox: AnyOutbox | None = None,
        keeps_results: bool = False,
    ) -> None:
        self._config: RunConfig
        self._options = options
        self._output = output
        self._redactor = redactor
        self._deadline = deadline
        self._given_outbox = outbox
        self._outbox: Outbox | None = None
        self._keeps_results = keeps_results
        self._dry_run: DryRun | None = None
        self._sessions: Sessions | None = None
        self._tokens: Tokens | None = None
        self._stopped = False
        self._report: MailReport | None = None
        self._calls: dict[str, list[tuple[int, int]]] = {}  # by script: where its calls of send_email begin and end
        self.results: list[smtp.SendResult] = []

    @property
    def report(self) -> MailReport:
        """What counts the mails, and says what is to be said of them; imported with the first one."""
        if self._report is None:
            from jsnpy.mail_report import MailReport

            self._report = MailReport(self._options, self._output)
        return self._report

    @property
    def failed(self) -> bool:
        """Whether a send failed, or a recipient of an accepted mail was refused."""
        return self._report is not None and self._report.failed + self._report.refused > 0

    def open(self, config: RunConfig) -> None:
        """Be ready for the mails of what is run; in a dry run, start its server.

        Raises:
            JsnpyError: the server cannot be started, or its mailbox cannot be written.
        """
        self._config = config
        if self._options.dry_run:
            from jsnpy.dryrun import DryRun

            self._dry_run = DryRun(self._output.show, self._options.mailbox, watched=self._options.watch)
            self._dry_run.start()

    def send(self, fields: object, script: str = "", line: int = 0) -> smtp.SendResult:
        """Send one mail, or keep it where that fails for a passing reason and there is an outbox; never raises.

        Args:
            fields: what the script passed.
            script: name of the script that asked for it.
            line: where in it, 0 where that is not known.
        """
        # The mail room costs 15 ms: a script that sends nothing does not pay for it.
        from jsnpy import mail_report, smtp

        self._output.flush()
        self.report.begin(fields)
        start = time.monotonic()
        outbox, settings = self._given_outbox or self._opened_outbox(), self._settings()
        result = smtp.send(fields, settings) if outbox is None else outbox.send(fields, settings)
        if self._keeps_results:
            self.results.append(result)
        if result.code != 0 and self._deadline is not None and time.monotonic() >= self._deadline:
            self.report.kept_as = str(result.details.get("queued", ""))
            return result  # still under way for who ends the run and tells of it, whichever thread noticed first
        if result.code != 0 or result.details["rejected"] or self._options.level >= VERBOSE:  # else nobody reads of it
            line = self._first_line(script, line)
        about = mail_report.facts(
            fields,
            result,
            seconds=round(time.monotonic() - start, 3),
            config=self._config.config_path or None,
            script=script or None,
            line=line or None,
        )
        self.report.end(result, about)
        return result

    def _first_line(self, script: str, line: int) -> int:
        """Return the line in which a send_email begins whose last argument stands in `line`."""
        if not line:
            return 0
        from jsnpy.engine import calls

        if script not in self._calls:
            sources = {**dict(self._config.includes), self._config.script_name: self._config.source}
            self._calls[script] = calls.spans(sources.get(script, ""), "send_email")
        return calls.first_line(self._calls[script], line)

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
            at_kept=None if self._given_outbox else self._at_kept,  # a fleet's queue keeps it in this process alone
            at_dot=self._before_dot,
            at_answer=self._after_dot,
            tokens=self._opened_tokens(),
        )

    def _at_kept(self, id_: str) -> None:
        self.report.kept_as = id_

    def _before_dot(self) -> None:
        """Note that from now on the mail may be delivered; not where the run has said already that it will not be."""
        self.report.dot_sent = True
        if self._stopped:
            from jsnpy.smtp.outcome import Code, SendFailure

            raise SendFailure(Code.PROTOCOL, "message", "the run was ended before the message's final dot")

    def _after_dot(self, delivered: bool) -> None:
        self.report.delivered = delivered

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
        if self._report or self._options.probe:
            self.report.sum_up()

    def flush_outbox(self) -> None:
        """Try the mails again that are due in the outbox that the options name."""
        outbox = self._opened_outbox() if self._options.outbox is not None else None
        if outbox is None or outbox.is_empty():
            return
        from jsnpy.outbox import actions

        self._output.flush()
        actions.after_run(outbox, self._settings(), self._output)

    def close(self) -> None:
        """Let go of the outbox; in a dry run, say in the end what was caught."""
        if self._dry_run and (summary := self._dry_run.summary()):
            self._output.show(summary)
        for each in (self._given_outbox, self._outbox):
            if each is not None:
                each.close()

    def tick(self) -> None:
        """Leave the sessions that nobody uses any more; called in another thread, never blocks."""
        if self._sessions:
            self._sessions.close_idle()

    def stop(self) -> str:
        """Send no final dot any more, and return what is known of the mails.

        Called in another thread, for a run that is ended early.
        """
        self._stopped = True  # before it is looked at how far the mail under way has come
        if self._dry_run:
            self._dry_run.leave()
        from jsnpy.mail_report import MailReport

        # Where there is none yet the worker may be making it just now, so this one is nobody else's.
        report = self._report or MailReport(self._options, self._output)
        return report.so_far(self._dry_run.summary() if self._dry_run else "")
