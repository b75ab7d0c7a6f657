"""`jsnpy check FILE…`: configs and scripts are read and compiled, nothing is run."""

from __future__ import annotations

import os
import time

import click

from jsnpy import config, json_text, supervisor
from jsnpy.command import options
from jsnpy.command.click_parts import GroupedCommand, files, takes
from jsnpy.command.foreground import guarded
from jsnpy.config import text_files
from jsnpy.errors import ConfigError, ExitCode, JsnpyError, UsageError
from jsnpy.output import QUIET, STDERR, STDOUT, Output
from jsnpy.record import Record, field
from jsnpy.text import did_you_mean, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.checking import Checked
    from jsnpy.options import Call
    from jsnpy.redaction import Redactor

_LAST_WORDS = 0.5
"""Seconds that what was found so far may take to be written when a check is ended."""


@click.command("check", cls=GroupedCommand)
@click.argument("targets", nargs=-1, required=True, metavar="FILE…", shell_complete=files)
@takes(options.CHECK)
def command(targets: tuple[str, ...], typed: dict[str, Any]) -> int:
    """Find mistakes in configs and scripts; run nothing.

    A line is printed for each FILE; a folder stands for the configs (*.json) in it. The exit code is the highest of
    all.
    """
    call = options.read("", typed, os.environ, options.CHECK)
    return guarded(
        lambda output, redactor: _supervised(_Check(call=call, output=output, redactor=redactor), targets), call.options
    )


def _supervised(check: _Check, targets: tuple[str, ...]) -> int:
    """Carry a check out, and return the exit code: the highest of all, or that of what ended it."""
    output, timeout = check.output, check.call.options.timeout

    def work(stack_size: int) -> None:
        try:
            for target in targets:
                check.target(target, stack_size)
        finally:
            output.finish()

    def tick() -> None:
        output.flush_aside()

    stopped = supervisor.supervise(work, tick, time.monotonic() + timeout if timeout else None)
    if stopped is None:
        return output.exit_code(check.code)
    told = output.line(
        "error", f"the check was ended ({supervisor.ENDED_BY[stopped]}); the files after are not checked"
    )
    supervisor.within(_LAST_WORDS, output.flush)
    supervisor.within(_LAST_WORDS, lambda: output.write_now(STDERR, told))
    return stopped


class _Check(Record):
    """A check of many files.

    Attributes:
        call: what was asked for.
        output: where it is said.
        redactor: learns the configs' secrets.
        code: the highest exit code so far.
        known: the scripts that were looked at, which many configs may share.
    """

    call: Call
    output: Output
    redactor: Redactor
    code: int = ExitCode.OK
    known: dict[tuple[str, str], Checked] = field(default_factory=dict)

    def target(self, target: str, stack_size: int) -> None:
        """Check one file, or the configs in a folder."""
        if not os.path.lexists(target) and ("*" in target or "?" in target):  # Windows' shells leave that to us
            from glob import glob

            for path in sorted(found := glob(target)):
                self.target(path, stack_size)
            if found:
                return
        if not os.path.isdir(target):
            self._file(target, stack_size)
            return
        try:
            paths = [os.path.normpath(os.path.join(target, name)) for name in sorted(os.listdir(target))]
        except OSError as error:
            self._say(text_files.unreadable(f"the folder {printable(target)}", error))
            return
        configs = [path for path in paths if path.lower().endswith(".json") and _is_config(path)]
        if not configs:
            self._say(ConfigError(f"the folder {printable(target)} has no configs in it (*.json)"))
        for path in configs:
            self._file(path, stack_size)

    def _file(self, target: str, stack_size: int) -> None:
        faults: list[ConfigError] = []
        call = self.call
        count, script, shown = 1, "", text_files.shown_path(target, "")
        try:
            run = config.load(target, sets=call.sets, encoding=call.encoding, lenient=True, faults=faults)
        except (ConfigError, UsageError) as error:
            self._say(error)
        else:
            count = len(faults) + self._run(run, shown, faults, stack_size)
            script = f" ({run.script_name})" if run.config_path or target == "-" else ""
        told = f"{count} {'fault' if count == 1 else 'faults'}" if count else f"ok{script}"
        if count or call.options.level > QUIET:
            self.output.write(STDOUT, f"{shown}: {told}\n")
        self.output.flush()

    def _run(self, run: config.RunConfig, shown: str, faults: list[ConfigError], stack_size: int) -> int:
        """Say what is wrong with a config and its scripts; return how many scripts do not compile."""
        from jsnpy.config.secrets import secret_values

        for secret in (*run.secrets, *secret_values(run.arg_json)):
            self.redactor.add(secret)
        self.output.info(f"config {run.config_path or '(none)'}, script {run.script_path or '(standard input)'}")
        warnings = list(run.warnings)
        if run.oauth2:
            from jsnpy.oauth.settings import literal_secrets

            warnings += [
                f'{shown}: oauth2.{key} stands in the config itself: use "${{ENV:…}}" or "${{FILE:…}}"'
                for key in literal_secrets(run.oauth2)
            ]
        for warning in warnings:
            self.output.warn(warning)
        for fault in faults:
            self._say(fault)
        scripts = [(name, source) for name, source in (*run.includes, (run.script_name, run.source)) if name]
        return sum(bool(self._script(name, source, stack_size).error) for name, source in scripts)

    def _script(self, name: str, source: str, stack_size: int) -> Checked:
        """Look at a script and say what is found, warnings only the first time."""
        from jsnpy import checking

        if (name, source) not in self.known:
            limit = self.call.options.memory_limit
            checked = checking.check(name, source, stack_size=stack_size, memory_limit=limit)
            self.known[name, source] = checked
            for warning in checked.warnings:
                self.output.warn(warning)
        checked = self.known[name, source]
        if checked.error:
            self.output.uncaught(checked.error, checked.ending.place())
            self.code = max(self.code, ExitCode.SCRIPT)
        return checked

    def _say(self, fault: JsnpyError) -> None:
        self.output.error(str(fault))
        self.code = max(self.code, fault.exit_code)


def _is_config(path: str) -> bool:
    """Return whether a JSON file in a folder is a config: one that is none, such as a package.json, is passed over."""
    try:
        found = json_text.loads(text_files.decode(text_files.read(path, path), path))
    except (ConfigError, ValueError, RecursionError):
        return True  # it may be one with a mistake in it
    return isinstance(found, dict) and any(key == "arg" or did_you_mean(key, ["scriptfile"]) for key in found)
