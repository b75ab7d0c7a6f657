"""`--watch`: a dry run that is made again whenever the script, its config or an include changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from jsnpy import config, supervisor
from jsnpy.child import command
from jsnpy.command.foreground import guarded, run
from jsnpy.config import text_files
from jsnpy.errors import ExitCode, JsnpyError, UsageError
from jsnpy.options import Call, Options
from jsnpy.record import as_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.output import Output

_POLL = 0.2
_GRACE = 2.0
"""Seconds that a run which is ended may take to say so."""


def watch(call: Call) -> int:
    """Run again after each change, until Ctrl-C or SIGTERM; return the exit code."""
    return guarded(lambda streams, _redactor: _Watch(call, streams).until_signal(), call.options)


def child() -> None:
    """Make one run in a process of its own: what its parent gave it as JSON."""
    given = json.loads(sys.argv[1])
    supervisor.ENDED_BY[ExitCode.TERMINATED] = "--watch"  # only its parent ends it, which says why
    supervisor.leave(run(Call(**{**given, "sets": tuple(given["sets"]), "options": Options(**given["options"])})))


class _Watch:
    def __init__(self, call: Call, output: Output) -> None:
        if call.target == "-":
            raise UsageError("--watch needs a file: standard input does not change")
        self._call = call
        self._output = output
        self._files = [call.target]

    def until_signal(self) -> int:
        signals = supervisor.Signals()
        signals.watched = True
        signals.listen()
        while signals.exit_code is None:
            self._find_files()
            before = _states(self._files)
            run = self._begin()
            told = False
            while signals.exit_code is None and _states(self._files) == before:
                time.sleep(_POLL)
                if not told and run.poll() is not None:
                    told = True
                    self._say(f"watching {_names(self._files)}; Ctrl-C ends it")
            _end(run)
            if signals.exit_code is None:
                pairs = zip(self._files, before, _states(self._files), strict=True)
                changed = [path for path, old, new in pairs if old != new]
                self._say(f"{_names(changed or self._files)} changed: here it is again")
        self._settle_page()
        self._output.error(f"the watch was ended ({supervisor.ENDED_BY[signals.exit_code]})")
        self._output.flush()
        return signals.exit_code

    def _say(self, text: str) -> None:
        self._output.show(text)
        self._output.flush()

    def _find_files(self) -> None:
        """Look up what is run; where that cannot be read now, what was known before stays watched."""
        call = self._call
        try:
            read = config.load(call.target, sets=call.sets, encoding=call.encoding, lenient=True)
        except JsnpyError:
            return
        paths = (call.target, read.config_path, read.script_path, *(name for name, _ in read.includes))
        self._files = list(dict.fromkeys(os.path.abspath(path) for path in paths if path))

    def _begin(self) -> subprocess.Popen[bytes]:
        # A process of its own: a script that does not end by itself can be ended.
        call = as_dict(self._call) | {"options": as_dict(self._call.options)}
        return subprocess.Popen([*command("jsnpy.command.watch", "child"), json.dumps(call)])  # noqa: S603 - our own interpreter and code

    def _settle_page(self) -> None:
        """Leave a page that does not look for more mails."""
        if self._call.options.mailbox is not None:
            from jsnpy.dryrun.mailbox import Mailbox

            Mailbox(self._call.options.mailbox).open()


def _names(files: list[str]) -> str:
    here = os.getcwd()
    return ", ".join(text_files.shown_path(path, here) for path in files)


def _states(files: list[str]) -> list[tuple[int, int] | None]:
    return [_state(path) for path in files]


def _state(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _end(run: subprocess.Popen[bytes]) -> None:
    if run.poll() is None:
        run.terminate()
    try:
        run.wait(_GRACE)
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
