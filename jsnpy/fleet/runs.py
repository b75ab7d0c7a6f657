"""A run as a task: what is sent to the workers, and how a worker carries it out."""

from __future__ import annotations

from jsnpy import child, json_text
from jsnpy.api import RunResult, run_here
from jsnpy.config import RunConfig, references
from jsnpy.errors import ConfigError, ExitCode, JsnpyError
from jsnpy.fleet.mails import Queue
from jsnpy.options import Options
from jsnpy.record import as_dict
from jsnpy.redaction import Redactor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.fleet.mails import Task
    from jsnpy.fleet.settings import Rate


def order(config: RunConfig, options: Options, encoding: str | None) -> dict[str, Any]:
    """Return a run as JSON values, without the value of any secret.

    Args:
        config: loaded with `keep_references`.
        options: the command line's.
        encoding: of files that are not Unicode.
    """
    values = as_dict(config)
    # References may also be in the path of the script, which is only shown from here on.
    for name in ("script_path", "script_name"):
        for value, reference in config.secrets.items():
            values[name] = values[name].replace(value, reference)
    values |= {"secrets": {}, "warnings": []}
    return {
        "config": values,
        "options": as_dict(options),
        "encoding": encoding,
    }


def ordered(order: dict[str, Any]) -> tuple[RunConfig, Options]:
    """Return the run of an order, its references resolved with this machine's variables and files.

    Raises:
        ConfigError: a reference leads nowhere here.
    """
    config = RunConfig(**order["config"])
    options = Options(**order["options"])
    encoding = order["encoding"]

    def resolved(text: str, linked: tuple[object, ...]) -> str:
        try:
            return references.substitute(text, config.base_dir, encoding, config.secrets)
        except ConfigError as error:
            where = ".".join(map(str, references.unlinked(linked)))
            raise ConfigError(f"{where}: {error.message}", error.hint) from None

    if "${" in config.arg_json:
        holder: dict[str, object] = {"arg": json_text.loads(config.arg_json)}
        references.substitute_all(holder, resolved)
        config.arg_json = json_text.dumps(holder["arg"])
    return config, options


def carry_out(order: dict[str, Any], task: Task, rate: Rate | None) -> dict[str, Any]:
    """Run a script in this process, and return what came of it as JSON values.

    Its secrets are masked, in its own output too: the result goes through the broker.
    """
    redactor = Redactor()
    try:
        config, options = ordered(order)
        for secret in config.secrets:
            redactor.add(secret)
        queue = None
        if not options.dry_run:
            queue = Queue(task, rate=rate, secrets=config.secrets, encoding=order["encoding"])
        result = run_here(config, options, outbox=queue)
    except JsnpyError as error:
        text = redactor.scrub(str(error))
        result = RunResult(error.exit_code, "", f"jsnpy: error: {text}\n", text)
    return {
        "exit_code": result.exit_code,
        "stdout": redactor.scrub(result.stdout),
        "stderr": redactor.scrub(result.stderr),
        "error": result.error and redactor.scrub(result.error),
        "taken_over": task.taken_over,
        "sends": [{"code": send.code, "error": send.error, "details": send.details} for send in result.sends],
    }


def carry_out_in_child(order: dict[str, Any], task: Task) -> dict[str, Any]:
    """Run a script in a child process, which can be ended at its timeout and ends with this one."""
    given = {"order": order, "task": task.id, "owner": task.owner}
    try:
        done: dict[str, Any] = child.call("jsnpy.fleet.runs:carry_out_given", given, order["options"]["timeout"])
    except (JsnpyError, TimeoutError) as error:
        code = ExitCode.TIMEOUT if isinstance(error, TimeoutError) else ExitCode.INTERNAL
        text = str(error)
        done = {"exit_code": code, "stdout": "", "stderr": f"{text}\n", "error": text, "sends": [], "taken_over": False}
    return done


def carry_out_given(given: dict[str, Any]) -> dict[str, Any]:
    """Do in a child process what `carry_out_in_child` ordered."""
    from jsnpy import celery

    return carry_out(given["order"], celery.task_of(given["task"], given["owner"]), celery.settings.rate)
