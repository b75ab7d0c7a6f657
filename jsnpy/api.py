"""jsnpy from Python: run a script, or send a mail without any JavaScript."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jsnpy import child, json_text, smtp, supervisor
from jsnpy import config as configs
from jsnpy.engine import MEMORY_LIMIT
from jsnpy.errors import ConfigError, ExitCode, UsageError
from jsnpy.options import Options
from jsnpy.output import STDERR, STDOUT, Memory, Output
from jsnpy.record import as_dict
from jsnpy.redaction import Redactor
from jsnpy.runner import Run

if TYPE_CHECKING:
    from jsnpy.config import RunConfig
    from jsnpy.mailer import AnyOutbox

_LONGEST = 1e6
"""Seconds no timeout is longer than: what waits for locks takes no more on some systems."""


@dataclass(frozen=True)
class RunResult:
    """What is left of a run.

    Attributes:
        exit_code: what the command would have exited with.
        stdout: what the script printed.
        stderr: what the script printed as errors, and the host's messages.
        error: the text of the error that ended the run, or None.
        sends: the result of each send_email, in order.
    """

    exit_code: int
    stdout: str
    stderr: str
    error: str | None = None
    sends: list[smtp.SendResult] = field(default_factory=list)


def run(  # noqa: PLR0913 - a keyword for each of the command's options
    config: str | os.PathLike[str] | Mapping[str, object],
    *,
    arg: object = None,
    timeout: float | None = None,
    memory_limit: int | None = None,
    encoding: str | None = None,
    dry_run: bool = False,
    mailbox: str | os.PathLike[str] | None = None,
    probe: bool = False,
    insecure: bool = False,
    fail_on_send_error: bool = False,
    outbox: str | os.PathLike[str] | None = None,
) -> RunResult:
    """Run a script and return what came of it; nothing is printed.

    Args:
        config: path of a config or of a `.js` script, or a mapping with a config's keys.
        arg: the script's global `arg`, in place of the config's; any value with a JSON form.
        timeout: seconds of wall time after which the run is ended, counted once config and script are read. With
            a timeout the script runs in a child process; without one, in a thread of this process, which an
            endless script never leaves.
        memory_limit: bytes of the engine's heap, 0 for no limit; None for the command's default.
        encoding: of config and script when they are not Unicode.
        dry_run: mails go to an SMTP server inside jsnpy.
        mailbox: with dry_run, the folder each caught mail is written to.
        probe: each send_email stops before its message: nothing is sent. Not together with dry_run.
        insecure: TLS certificates are not verified.
        fail_on_send_error: exit_code is 3 if any send failed or a recipient was refused.
        outbox: folder where mails that fail for a passing reason are kept; what is due there is tried again at the
            end of the run, for 30 seconds at the most. Nothing is kept in a dry run.

    Returns:
        The run's result; a script that failed is a result, not an exception.

    Raises:
        ConfigError: the config or the script cannot be found, read, decoded or used.
        UsageError: a wrong argument, or an extra that is not installed.
    """
    if timeout is not None and (type(timeout) not in (int, float) or not 0 < timeout < float("inf")):
        raise UsageError(f"timeout is {timeout!r}: it must be a number of seconds above 0")
    if memory_limit is not None and (type(memory_limit) is not int or not 0 <= memory_limit <= sys.maxsize):
        raise UsageError(f"memory_limit is {memory_limit!r}: it must be a whole number of bytes, 0 for no limit")
    if mailbox is not None and not dry_run:
        raise UsageError("mailbox is for the mails of a dry run: give dry_run=True too")
    if dry_run and probe:
        raise UsageError("dry_run and probe contradict each other: a probe asks the real server")
    if encoding is not None and not isinstance(encoding, str):
        raise UsageError(f"encoding is {encoding!r}: it must be the name of one, as 'cp1252'")
    options = Options(
        timeout=min(timeout or 0, _LONGEST),
        memory_limit=MEMORY_LIMIT if memory_limit is None else memory_limit,
        dry_run=dry_run,
        mailbox=_folder("mailbox", mailbox),
        probe=probe,
        insecure=insecure,
        fail_on_send_error=fail_on_send_error,
        outbox=_folder("outbox", outbox),
    )
    loaded = _load(config, encoding, lenient=dry_run)
    if arg is not None:
        try:
            loaded.arg_json = json_text.dumps(arg)
            json_text.dumps(json_text.loads(loaded.arg_json))  # Python's whole numbers have no end
        except (TypeError, ValueError, RecursionError) as error:
            raise ConfigError(f"arg cannot be written as JSON: {error}") from None
    return _in_child(loaded, options) if timeout is not None else run_here(loaded, options)


def send_email(fields: Mapping[str, object], *, insecure: bool = False, base_dir: str = ".") -> smtp.SendResult:
    """Send one mail, without any JavaScript; blocks until it is sent or has failed, and never raises.

    Args:
        fields: what a script would pass to send_email: host, port, from, to, subject, body, ...
        insecure: TLS certificates are not verified.
        base_dir: folder that the paths of attachments are relative to.

    Returns:
        code 0 or a negative class of failure, the dialogue, a sentence for an administrator, and details.
    """
    try:
        given = dict(fields) if isinstance(fields, Mapping) else fields
    except Exception as error:  # noqa: BLE001 - a mapping of the caller's own may raise anything
        given = {"$foreign": f"throws: {type(error).__name__}: {error}"}
    return smtp.send(given, smtp.Settings(base_dir=base_dir, insecure=insecure))


def _folder(name: str, path: str | os.PathLike[str] | None) -> str | None:
    if path is None:
        return None
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise UsageError(f"{name} is {path!r}: it must be the path of a folder")
    return os.fspath(path)


def _load(config: str | os.PathLike[str] | Mapping[str, object], encoding: str | None, *, lenient: bool) -> RunConfig:
    if isinstance(config, str | os.PathLike):
        if not os.fspath(config):
            raise ConfigError("config is empty", "It must be the path of a config or a script.")
        return configs.load(os.fspath(config), encoding=encoding, lenient=lenient)
    if not isinstance(config, Mapping):
        raise ConfigError(
            f"config is of type {type(config).__name__}", "It must be a path, or a mapping with a config's keys."
        )
    return configs.from_mapping(config, encoding=encoding, lenient=lenient)


def run_here(config: RunConfig, options: Options, outbox: AnyOutbox | None = None) -> RunResult:
    """Run in a thread of this process and return the result; a timeout is kept only where a signal can end the process.

    Raises:
        JsnpyError: something the run needs is missing.
    """
    streams = {STDOUT: Memory(), STDERR: Memory()}
    redactor = Redactor()
    output = Output(streams[STDOUT], streams[STDERR], redactor, level=options.level, as_json=options.log_json)
    one = Run(config, options, output, redactor, outbox=outbox, keeps_results=True)
    worker = supervisor.Worker(one.work)
    try:
        done = worker.wait(options.timeout or -1)
    except BaseException:  # Ctrl-C in the program that called us
        one.mailer.stop()
        raise
    if done:
        worker.check()
    if done and not one.is_late:
        code, error = one.exit_code(), one.error
    else:
        code, error = ExitCode.TIMEOUT, one.why_ended(ExitCode.TIMEOUT)
        one.output.error(error)
        one.output.flush()
    out, err = ("".join(streams[each].parts) for each in (STDOUT, STDERR))
    return RunResult(code, out, err, error, list(one.mailer.results))


def _in_child(config: RunConfig, options: Options) -> RunResult:
    order = {"config": as_dict(config), "options": as_dict(options)}
    try:
        done = child.call("jsnpy.api:run_order", order, options.timeout)
    except TimeoutError as late:
        return RunResult(ExitCode.TIMEOUT, "", f"{late}\n", str(late))
    done["sends"] = [smtp.SendResult(**each) for each in done["sends"]]
    return RunResult(**done)


def run_order(order: dict[str, Any]) -> dict[str, Any]:
    """Do in a child process what `_in_child` ordered."""
    result = run_here(configs.RunConfig(**order["config"]), Options(**order["options"]))
    return {**vars(result), "sends": [as_dict(send) for send in result.sends]}
