"""What a `send_email` of one run goes through: the outbox or not, kept sessions, the dry run's server, the results."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy import smtp
    from jsnpy.config import RunConfig
    from jsnpy.dryrun import DryRun
    from jsnpy.options import Options
    from jsnpy.outbox import Outbox
    from jsnpy.output import Output
    from jsnpy.redaction import Redactor
    from jsnpy.smtp.pool import Sessions

_NAMED = 5
"""Recipients that a message names at most: a run may have thousands."""


class Mailer:
    """The mails of one run; used in the run's worker, but for `tick` and `so_far`.

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
        outbox: Outbox | None = None,
        keeps_results: bool = False,
    ) -> None:
        self._config: RunConfig
        self._options = options
        self._output = output
        self._redactor = redactor
        self._deadline = deadline
        self._outbox = outbox
        self._keeps_results = keeps_results
        self._dry_run: DryRun | None = None
        self._sessions: Sessions | None = None
        self._sent = 0
        self._last: list[str] = []
        self._under_way = False
        self._dot_sent = False
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

    def send(self, fields: object) -> smtp.SendResult:
        """Send one mail, or keep it where that fails for a passing reason and there is an outbox; never raises.

        Args:
            fields: what the script passed.
        """
        # The mail room costs 15 ms: a script that sends nothing does not pay for it.
        from jsnpy import smtp

        self._output.flush()
        self._under_way, self._dot_sent = True, False
        start = time.monotonic()
        outbox, settings = self._opened_outbox(), self._settings()
        result = smtp.send(fields, settings) if outbox is None else outbox.send(fields, settings)
        self._under_way = False
        self._note(result)
        self._output.info(f"send_email returned {result.code} after {time.monotonic() - start:.2f} s")
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
        )

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

            directory = self._options.outbox or ""
            self._outbox = Outbox(directory, max_age=self._options.max_age, secrets=self._config.secrets)
        return self._outbox

    def _note(self, result: smtp.SendResult) -> None:
        """Count a send, and say on stderr what an operator should know of it."""
        if self._keeps_results:
            self.results.append(result)
        for warning in result.warnings:
            self._output.warn(warning)
        if result.code == 0:
            self._sent += 1
            accepted = result.details["accepted"]
            self._last = [*self._last, *accepted][-_NAMED:] if isinstance(accepted, list) else self._last
        else:
            self.failed += 1
            self._output.warn(f"send_email failed with code {result.code}: {result.error}")

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

    def flush_outbox(self) -> None:
        """Try the mails again that are due in the outbox that the options name."""
        outbox = self._opened_outbox() if self._options.outbox is not None else None
        if outbox is None or outbox.is_empty():
            return
        from jsnpy.outbox import command

        self._output.flush()
        command.after_run(outbox, self._settings(), self._output)

    def close(self) -> None:
        """Let go of the outbox."""
        if self._outbox is not None:
            self._outbox.close()

    def tick(self) -> None:
        """Leave the sessions that nobody uses any more; called in another thread, never blocks."""
        if self._sessions:
            self._sessions.close_idle()

    def so_far(self) -> str:
        """Return what is known of the run's mails, for a run that is ended early; "" where there are none."""
        parts = []
        if self._under_way:
            parts.append("a send_email was under way, its mail may or may not have been delivered")
        if self._sent:
            last = ", ".join(self._last)
            count = f"{self._sent} mail{'s' * (self._sent > 1)} sent"
            parts.append(f"{count}, {'to' if len(self._last) == 1 else 'the last to'} {last}")
        return "; ".join(parts)
