"""One run from config to exit code: bindings, engine, output and supervisor put together."""

import _thread
import time

from jsnpy import bindings, supervisor
from jsnpy.bindings.timers import Timers
from jsnpy.engine import MEMORY_LIMIT, Ending, Engine
from jsnpy.errors import ExitCode
from jsnpy.output import NORMAL, STDERR, VERBOSE, Output, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from jsnpy import smtp
    from jsnpy.config import RunConfig
    from jsnpy.dryrun import DryRun
    from jsnpy.outbox import Outbox
    from jsnpy.redaction import Redactor
    from jsnpy.smtp.pool import Sessions

_LAST_FLUSH = 0.5
"""Seconds a run that is being ended may still take to write its output."""


class Options:
    """What the command line, or a caller from Python, decides about a run.

    Attributes:
        timeout: seconds of wall time after which the run ends, 0 for never.
        memory_limit: bytes of the engine's heap, 0 for no limit.
        dry_run: mails go to a server inside jsnpy.
        mailbox: folder for the mails of a dry run, or None.
        insecure: TLS certificates are not verified.
        fail_on_send_error: exit 3 if any send failed.
        level: QUIET, NORMAL or VERBOSE.
        log_json: host messages as JSON objects.
        outbox: folder where mails that fail for a passing reason are kept, or None.
        max_age: seconds after which a mail kept there is given up, None for the outbox's own default.
    """

    __slots__ = (
        "dry_run",
        "fail_on_send_error",
        "insecure",
        "level",
        "log_json",
        "mailbox",
        "max_age",
        "memory_limit",
        "outbox",
        "timeout",
    )

    def __init__(self) -> None:
        self.timeout: float = 0
        self.memory_limit = MEMORY_LIMIT
        self.dry_run = False
        self.mailbox: str | None = None
        self.insecure = False
        self.fail_on_send_error = False
        self.level = NORMAL
        self.log_json = False
        self.outbox: str | None = None
        self.max_age: float | None = None


class Run:
    """One run: what the bindings see of it, and what is left when it is over.

    Args:
        config: what is to be run, or what reads it: in the worker, as a pipe or a dead disk may take for ever.
        options: what the caller decides about it.
        output: where it prints.
        redactor: learns the config's secrets.
        outbox: in place of the one that the options name.

    Attributes:
        config: what is run, once it has been read.
        keeps_sends: whether anybody will ask for `sends`: thousands of results with their logs fill the memory.
        sends: the result of each send_email so far.
        reached: to whom each mail went that a server took.
        failed: how many mails were not sent.
        reading: whether config and script are still being read.
        ending: how the script ended, once it has.
        late: whether it ended only after its deadline.
    """

    def __init__(
        self,
        config: "RunConfig | Callable[[], RunConfig]",
        options: Options,
        output: Output,
        redactor: "Redactor",
        outbox: "Outbox | None" = None,
    ) -> None:
        self.config: RunConfig
        self._given = config
        self.options = options
        self.output = output
        self.redactor = redactor
        self.timers = Timers()
        self.deadline = time.monotonic() + options.timeout if options.timeout else None
        self.keeps_sends = False
        self.sends: list[smtp.SendResult] = []
        self.reached: list[str] = []
        self.failed = 0
        self.reading = True
        self.sending = False
        self.ending: Ending | None = None
        self.failure: BaseException | None = None
        self.error: str | None = None
        self.late = False
        self._dry_run: DryRun | None = None
        self._sessions: Sessions | None = None
        self._outbox = outbox
        self._engine: Engine | None = None
        self._leaving_at: float | None = None

    # What the bindings see.

    @property
    def insecure(self) -> bool:
        """Whether TLS certificates go unverified."""
        return self.options.insecure

    @property
    def dry_run(self) -> bool:
        """Whether nothing may leave the machine."""
        return self.options.dry_run

    def show(self, text: str) -> None:
        """Show a text of several lines on stderr."""
        self.output.show(text)

    def mail_settings(self) -> "smtp.Settings":
        """Return what this run decides for each of its sends."""
        from jsnpy import smtp

        return smtp.Settings(
            base_dir=self.config.base_dir,
            insecure=self.options.insecure,
            route=self._dry_run.route if self._dry_run else None,
            redactor=self.redactor,
            deadline=self.deadline,
            sessions=self._opened_sessions,
        )

    def _opened_sessions(self) -> "Sessions":
        if self._sessions is None:
            from jsnpy.smtp.pool import Sessions

            self._sessions = Sessions()
        return self._sessions

    def send(self, fields: object) -> "smtp.SendResult":
        """Send one mail, with the outbox below if there is one, and keep its result; never raises."""
        # The mail room costs 15 ms: a script that sends nothing does not pay for it.
        from jsnpy import smtp

        outbox = self._opened_outbox()
        settings = self.mail_settings()
        result = smtp.send(fields, settings) if outbox is None else outbox.send(fields, settings)
        self.note_send(result)
        return result

    def _opened_outbox(self) -> "Outbox | None":
        # What a dry run sends has arrived where it should: none of it may be sent again for real.
        if self._outbox is None and self.options.outbox is not None and not self.options.dry_run:
            from jsnpy.outbox import Outbox

            self._outbox = Outbox(self.options.outbox, max_age=self.options.max_age, secrets=self.config.secrets)
        return self._outbox

    def note_send(self, result: "smtp.SendResult") -> None:
        """Keep a send's result and say on stderr what an operator should know of it."""
        if self.keeps_sends:
            self.sends.append(result)
        for warning in result.warnings:
            self.output.warn(warning)
        if result.code == 0:
            accepted = result.details["accepted"]
            self.reached.append(", ".join(accepted) if isinstance(accepted, list) else "")
        if result.code < 0:
            self.failed += 1
            self.output.warn(f"send_email failed with code {result.code}: {result.error}")

    # The way of a run.

    def start(self, task: "Callable[[int], Ending] | None" = None) -> "Any":
        """Begin the run, or another task, in a worker thread; return the lock that is released when it is over."""
        done = _thread.allocate_lock()
        done.acquire()

        def work(script_stack: int) -> None:
            try:
                self._read()
                self.ending = (task or self._script)(script_stack)
                self._report(self.ending)
                if task is None and self.options.outbox is not None:
                    self._flush_outbox()
            except BaseException as error:  # noqa: BLE001 - whatever it is, the main thread says it
                self.failure = error
            finally:
                self.late = self.deadline is not None and time.monotonic() >= self.deadline
                if self._outbox is not None:
                    self._outbox.close()
                self.output.finish()
                done.release()

        supervisor.start_worker(work)
        return done

    def _read(self) -> None:
        self.config = self._given() if callable(self._given) else self._given
        self.reading = False
        for secret in self.config.secrets:
            self.redactor.add(secret)
        for warning in self.config.warnings:
            self.output.warn(warning)

    def _script(self, script_stack: int) -> Ending:
        if self.options.level >= VERBOSE:
            self._say_what_runs()
        if self.options.dry_run:
            from jsnpy.dryrun import DryRun

            self._dry_run = DryRun(self.output.show, self.options.mailbox)
            self._dry_run.start()
        config = self.config
        engine = self._make_engine(script_stack)
        try:
            return engine.run(config.source, config.script_name, config.arg_json, self._idle)
        finally:
            engine.close()
            if self._sessions:
                self._sessions.close()
            if self._dry_run:
                self._dry_run.stop()

    def _flush_outbox(self) -> None:
        outbox = self._opened_outbox()
        if outbox is None or outbox.is_empty():
            return
        from jsnpy.outbox import command

        self._engine = None  # exit(n) has done its work: it must not end this
        self.output.flush()
        command.after_run(outbox, self.mail_settings(), self.output)

    def _check(self, script_stack: int) -> Ending:
        if self.options.level >= VERBOSE:
            self._say_what_runs()
        engine = self._make_engine(script_stack)
        try:
            return engine.check(self.config.source, self.config.script_name)
        finally:
            engine.close()

    def check(self) -> "Any":
        """Begin to compile the script, without running it; return the lock that is released when that is done."""
        return self.start(self._check)

    def _make_engine(self, script_stack: int) -> Engine:
        self._engine = Engine(
            bindings.SCRIPTS,
            bindings.natives(self),
            self._write,
            stack_size=script_stack,
            memory_limit=self.options.memory_limit,
        )
        return self._engine

    def _say_what_runs(self) -> None:
        from jsnpy.engine import version

        config = self.config
        self.output.info(f"config {config.config_path or '(none)'}, script {config.script_path or '(given as text)'}")
        self.output.info(f"engine {version()}")

    def _write(self, stream: int, text: str) -> bool:
        self.output.write(stream, text)
        # A full disk does not end the script: it may be about to send the mail that says so.
        return not self.output.left

    def _idle(self) -> int | None:
        self.output.flush()
        return self.timers.wait()

    def _report(self, ending: Ending) -> None:
        if ending.kind not in ("done", "exit"):
            from jsnpy.engine import traces

            text = traces.describe(ending, self.config, self.options.memory_limit)
            # A password that no send_email has seen yet is none to the redactor so far.
            from jsnpy.config.secrets import secret_values

            for secret in secret_values(self.config.arg_json):
                self.redactor.add(secret)
            self.error = encode(self.redactor.scrub(text)).decode()
            place: dict[str, object] = {"file": self.config.script_name}
            if ending.line:
                place["line"] = ending.line
            if ending.column:
                place["column"] = ending.column
            self.output.uncaught(self.error, {**place, "stack": ending.stack})

    def look(self, signals: supervisor.Signals) -> int | None:
        """Return the exit code of what has come to end the run before it ends itself, or None; never blocks."""
        if signals.exit_code is not None:
            return signals.exit_code
        now = time.monotonic()
        if self.deadline is not None and now >= self.deadline:
            return ExitCode.TIMEOUT
        exit_code = self._engine.exit_code if self._engine else None
        if exit_code is not None:
            # Ended already, but the engine may be in a long task of its own that it does not interrupt.
            self._leaving_at = self._leaving_at or now + _LAST_FLUSH
            if now >= self._leaving_at and not self.output.busy:
                return exit_code
        self.output.flush_aside()
        if self._sessions:
            self._sessions.close_idle()
        return None

    def exit_code(self) -> int:
        """Return the exit code of a run that is over.

        Raises:
            BaseException: what went wrong in jsnpy itself, or with the options.
        """
        if self.failure is not None:
            raise self.failure
        ending = self.ending
        if ending is None:
            raise RuntimeError("the worker ended without an ending")
        codes = {"exit": ending.code, "done": ExitCode.OK}
        code = self.output.exit_code(codes.get(ending.kind, ExitCode.SCRIPT))
        if code == ExitCode.OK and self.options.fail_on_send_error and self.failed:
            return ExitCode.SEND_FAILED
        return code

    def describe_timeout(self) -> str:
        """Return what to say when the deadline ended the run: what is known of its mails."""
        text = f"the run was ended after {self.options.timeout:g} s (--timeout)"
        if self.reading:
            text += "; its config or script could not be read in that time"
        if self.sending:
            text += "; a send_email was under way, its mail may or may not have been delivered"
        reached = list(self.reached)
        if reached:
            text += f"; mails already sent: {len(reached)} (to {'; to '.join(reached)})"
        return text

    def end_early(self, code: int) -> None:
        """Write what is left and say what ended the run, but do not wait long for readers that are stuck."""
        text = self.describe_timeout() if code == ExitCode.TIMEOUT else ""
        message = self.output.line("error", text) if text else ""
        if supervisor.within(_LAST_FLUSH, self.output.flush) and not message:
            return
        # Past the other stream: its reader may be what the run hangs on.
        supervisor.within(_LAST_FLUSH / 2, lambda: self.output.write_now(STDERR, message))


def run_in_foreground(run: Run) -> int:
    """Run to the end, the deadline or a signal, with all output written; return the exit code."""
    return _see_through(run, run.start)


def check(run: Run) -> int:
    """Compile the script without running it; return the exit code."""
    return _see_through(run, run.check)


def _see_through(run: Run, begin: "Callable[[], Any]") -> int:
    signals = supervisor.Signals(supervisor.leave)
    signals.watched = True
    signals.listen()
    stopped = supervisor.wait(begin(), lambda: run.look(signals))
    if stopped is None and run.late:
        stopped = ExitCode.TIMEOUT  # a send gives up at the same moment, and the script might have ended just before us
    if stopped is not None:
        run.end_early(stopped)
        return stopped
    signals.watched = False
    return run.exit_code()
