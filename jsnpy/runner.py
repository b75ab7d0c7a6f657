"""One run from config to exit code: bindings, engine, mails and output put together."""

from __future__ import annotations

import time

from jsnpy import bindings, supervisor
from jsnpy.engine import Ending, Engine
from jsnpy.errors import ExitCode, ScriptError
from jsnpy.mailer import Mailer
from jsnpy.output import STDERR, VERBOSE, Output, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jsnpy.bindings.clock import Timers
    from jsnpy.config import RunConfig
    from jsnpy.mailer import AnyOutbox
    from jsnpy.options import Options
    from jsnpy.redaction import Redactor
    from jsnpy.state import State

_LAST_FLUSH = 0.4
"""Seconds a run that is being ended may still take to write its output."""


class Run:
    """One run: carried out by `work` in a worker, looked after by `tick`, summed up by `exit_code`.

    Args:
        config: what is to be run, or what reads it: in the worker, as a pipe or a dead disk may take for ever.
        options: what the caller decides about it.
        output: where it prints.
        redactor: learns the config's secrets.
        outbox: in place of the one that the options name.
        keeps_results: whether anybody will ask for the mailer's results.

    Attributes:
        config: what is run, once it has been read.
        mailer: what its mails go through.
        deadline: when it is ended, in `time.monotonic()` seconds, or None.
        error: the text of the error that ended the script, or None.
    """

    def __init__(
        self,
        config: RunConfig | Callable[[], RunConfig],
        options: Options,
        output: Output,
        redactor: Redactor,
        *,
        outbox: AnyOutbox | None = None,
        keeps_results: bool = False,
    ) -> None:
        self.config: RunConfig
        self._given = config
        self.options = options
        self.output = output
        self.redactor = redactor
        self._timers: Timers | None = None
        self.deadline = time.monotonic() + options.timeout if options.timeout else None
        self.mailer = Mailer(
            options, output, redactor, deadline=self.deadline, outbox=outbox, keeps_results=keeps_results
        )
        self.error: str | None = None
        self.state: State | None = None
        self._unsaved = False
        self._waits = "its config or script could not be read in that time"
        self._engine: Engine | None = None
        self._ending: Ending | None = None
        self._leaving_at: float | None = None
        self._left_behind = False

    # What natives use of it, besides.

    @property
    def insecure(self) -> bool:
        """Whether TLS certificates go unverified."""
        return self.options.insecure

    @property
    def dry_run(self) -> bool:
        """Whether nothing may leave the machine."""
        return self.options.dry_run

    @property
    def probe(self) -> bool:
        """Whether mails stop before their message."""
        return self.options.probe

    @property
    def timers(self) -> Timers:
        """The script's timers; imported with the first one."""
        if self._timers is None:
            from jsnpy.bindings.clock import Timers

            self._timers = Timers()
        return self._timers

    # The worker's side.

    def work(self, script_stack: int) -> None:
        """Run the script, then try again what is due in the outbox; all output is written when this returns.

        Args:
            script_stack: bytes of stack that JavaScript may use.
        """
        try:
            self._read()
            self._ending = self._script(script_stack)
            self._report(self._ending)
            self._save_state()
            self.mailer.flush_outbox()
        finally:
            try:
                if self.state:
                    self.state.close()
                self.mailer.close()
            finally:
                self.output.finish()

    def _read(self) -> None:
        self.config = self._given() if callable(self._given) else self._given
        for secret in self.config.secrets:
            self.redactor.add(secret)
        self._waits = ""
        for warning in self.config.warnings:
            self.output.warn(warning)
        if self.options.level >= VERBOSE:
            self._say_what_runs()

    def _script(self, script_stack: int) -> Ending:
        config = self.config
        self._open_state()
        self.mailer.open(config)
        engine = self._make_engine(script_stack)
        try:
            return engine.run(config.source, config.script_name, config.arg_json, self._idle, includes=config.includes)
        finally:
            self._engine = None  # exit(n) has done its work: it must not end what follows
            engine.close()
            self.mailer.finish()

    def _open_state(self) -> None:
        if self.config.statefile:
            from jsnpy.state import State

            keeps = not self.options.dry_run and not self.options.probe
            self.state = State(self.config.statefile, deadline=self.deadline, keeps=keeps)
            self._waits = "another run had its state file"
            self.state.open()
            self._waits = ""

    def _save_state(self) -> None:
        """Write the state file after a run that went well, and let others have it.

        Output that cannot be written does not matter: the mails went out, and would again.
        """
        if self.state and self._code() == ExitCode.OK:
            try:
                self.state.save()
            except ScriptError as error:
                self._unsaved = True
                self.error = str(error)
                self.output.error(self.error)
        if self.state:
            self.state.close()

    def _make_engine(self, script_stack: int) -> Engine:
        self._engine = Engine(
            bindings.groups(self),
            bindings.natives(self),
            self.output.write,
            stack_size=script_stack,
            script_size=len(self.config.source) + sum(len(text) for _, text in self.config.includes),
            memory_limit=self.options.memory_limit,
            deadline=self.deadline,
            warn=self.output.warn,
        )
        return self._engine

    def _say_what_runs(self) -> None:
        from jsnpy.engine import version

        config = self.config
        self.output.info(f"config {config.config_path or '(none)'}, script {config.script_path or '(given as text)'}")
        self.output.info(f"engine {version()}")

    def _idle(self) -> int | None:
        self.output.flush()
        return self._timers.wait() if self._timers else None

    def _report(self, ending: Ending) -> None:
        if ending.kind not in ("done", "exit", "late"):
            from jsnpy.engine import traces

            text = traces.describe(ending, self.options.memory_limit)
            # A password that no send_email has seen yet is none to the redactor so far.
            from jsnpy.config.secrets import secret_values

            for secret in secret_values(self.config.arg_json):
                self.redactor.add(secret)
            self.redactor.recall()
            self.error = encode(self.redactor.scrub(text)).decode()
            self.output.uncaught(self.error, {**ending.place(), "stack": ending.stack})

    # The side of who waits for it.

    def tick(self) -> int | None:
        """Do what is due while the worker runs; return the exit code of a script that has ended but does not stop."""
        exit_code = self._engine.exit_code if self._engine else None
        if exit_code is not None:
            # Ended already, but the engine may be in a long task of its own that it does not interrupt.
            now = time.monotonic()
            self._leaving_at = self._leaving_at or now + _LAST_FLUSH
            if now >= self._leaving_at and not self.output.busy:
                self._left_behind = True
                return exit_code
        self.output.flush_aside()
        self.mailer.tick()
        return None

    @property
    def is_late(self) -> bool:
        """Whether the script ended by itself at the deadline, as what it waited for did."""
        return self._ending is not None and self._ending.kind == "late"

    def exit_code(self) -> int:
        """Return the exit code of a run whose worker is done."""
        if self._ending and self._ending.code:
            return self._ending.code  # the script's own, whatever became of its output
        return self.output.exit_code(ExitCode.SCRIPT if self._unsaved else self._code())

    def _code(self) -> int:
        """Return what the script and its mails make of the exit code."""
        ending = self._ending
        if ending is None:
            raise RuntimeError("the worker ended without an ending")
        codes = {"exit": ending.code, "done": ExitCode.OK, "late": ExitCode.TIMEOUT}
        code = codes.get(ending.kind, ExitCode.SCRIPT)
        if code == ExitCode.OK and self.options.fail_on_send_error and self.mailer.failed:
            return ExitCode.SEND_FAILED
        return code

    def why_ended(self, code: int) -> str:
        """End the sending, and return what to say of a run that was ended early: by what, what is known of its mails.

        Args:
            code: the exit code; "" is returned for the one that the script gave to exit().
        """
        if self._left_behind:
            return ""
        after = f" after {self.options.timeout:g} s" if code == ExitCode.TIMEOUT else ""
        text = f"the run was ended{after} ({supervisor.ENDED_BY[code]})"
        return f"{text}; {self._waits or self.mailer.stop()}"

    def end_early(self, code: int) -> None:
        """Write what is left and say what ended the run, but do not wait long for readers that are stuck."""
        text = self.why_ended(code)
        message = self.output.line("error", text) if text else ""
        if supervisor.within(_LAST_FLUSH, self.output.flush) and not message:
            return
        # Past the other stream: its reader may be what the run hangs on.
        supervisor.within(_LAST_FLUSH / 2, lambda: self.output.write_now(STDERR, message))
