"""A run as a task: what is sent to the workers, and how a worker carries it out."""

from __future__ import annotations

from jsnpy import child, json_text
from jsnpy.api import RunResult, run_here
from jsnpy.config import RunConfig, references
from jsnpy.errors import ConfigError, ExitCode, JsnpyError
from jsnpy.fleet.mails import Queue, Task
from jsnpy.fleet.settings import ALLOW, REFUSED, Settings, commands_are_refused
from jsnpy.fleet.state import State
from jsnpy.fleet.waiting import VERSION, Terms
from jsnpy.options import Options
from jsnpy.record import as_dict
from jsnpy.redaction import Redactor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TEXTS = ("source", "script_path", "script_name", "arg_json", "base_dir", "config_path")  # what every version sends
_LARGEST = 1e15


def order(config: RunConfig, options: Options) -> dict[str, Any]:
    """Return a run as JSON values, without the value of any secret.

    Args:
        config: loaded with `keep_references`.
        options: the command line's.
    """

    def shown(text: str) -> str:
        for value, reference in config.secrets.items():
            text = text.replace(value, reference)
        return text

    # References may also be in the paths of the scripts, which are only shown from here on, and of the state file.
    values = as_dict(config) | {
        "script_path": shown(config.script_path),
        "script_name": shown(config.script_name),
        "includes": [(shown(name), text) for name, text in config.includes],
        "statefile": shown(config.statefile),
        "secrets": {},
        "warnings": [],
    }
    return {"version": VERSION, "config": values, "options": as_dict(options)}


def is_order(order: object) -> bool:
    """Return whether what came as a run is one: whoever can write to the broker can put anything there."""
    if not isinstance(order, dict) or not isinstance(order.get("version", 1), int):
        return False
    if order.get("version", 1) > VERSION:
        return True  # of another shape, perhaps
    config, options = order.get("config"), order.get("options")
    if not isinstance(config, dict) or not isinstance(options, dict):
        return False
    numbers = [options.get(name) for name in ("timeout", "memory_limit")]
    includes = config.get("includes", [])
    return (
        all(isinstance(each, int | float) and 0 <= each < _LARGEST for each in numbers)
        and isinstance(options.get("level", 0), int)
        and all(isinstance(config.get(name), str) for name in _TEXTS)
        and isinstance(config.get("statefile", ""), str)
        and isinstance(config.get("encoding", order.get("encoding")), str | None)
        and isinstance(config.get("oauth2"), dict | None)
        and isinstance(includes, list)
        and all(isinstance(each, list) and [type(part) for part in each] == [str, str] for each in includes)
        and _is_json(config["arg_json"])
    )


def _is_json(text: str) -> bool:
    try:
        json_text.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def ordered(order: dict[str, Any]) -> tuple[RunConfig, Options]:
    """Return the run of an order, its references resolved with this machine's variables and files.

    Raises:
        ConfigError: a reference leads nowhere here, or the run asks for what workers do not do.
    """
    # Orders of other versions may have names that this one has not; those that it has more have defaults.
    config = RunConfig(**{name: value for name, value in order["config"].items() if name in RunConfig.__fields__})
    options = Options(**{name: value for name, value in order["options"].items() if name in Options.__fields__})
    # The folders of a worker are not for whoever submits; nor has `submit` such options.
    options.mailbox = options.outbox = None
    config.secrets, config.warnings = {}, []
    config.encoding = order.get("encoding", config.encoding)  # where version 1 had it
    if commands_are_refused(config.oauth2):
        raise ConfigError(f"oauth2.command: {REFUSED}", ALLOW)

    def resolved(text: str, linked: tuple[object, ...]) -> str:
        where = ".".join(map(str, references.unlinked(linked)))

        def missing(error: ConfigError) -> None:
            if not options.dry_run:
                raise ConfigError(f"{where}: {error.message}", error.hint)
            config.warnings.append(f"{where}: {error.message}; it stays as it is")

        return references.substitute(text, config.base_dir, config.encoding, config.secrets, missing, linked[-1])

    holder: dict[str, object] = {"statefile": config.statefile}
    if "${" in config.arg_json:
        holder["arg"] = json_text.loads(config.arg_json)
    references.substitute_all(holder, resolved)
    config.statefile = str(holder["statefile"])
    if "arg" in holder:
        config.arg_json = json_text.dumps(holder["arg"])
    return config, options


def carry_out(order: dict[str, Any], task: Task, settings: Settings) -> dict[str, Any]:
    """Run a script, in a child process where it has a timeout, and return what came of it as JSON values.

    Its secrets are masked, in its own output too: the result goes through the broker.
    """
    if not order["options"]["timeout"]:
        return _carry_out_here(order, task, settings)
    # A child process can be ended at its timeout, and ends with this one.
    given = {"order": order, "task": task.id, "owner": task.owner}
    try:
        done: dict[str, Any] = child.call("jsnpy.fleet.runs:carry_out_given", given, order["options"]["timeout"])
    except (JsnpyError, TimeoutError) as error:
        code = ExitCode.TIMEOUT if isinstance(error, TimeoutError) else ExitCode.INTERNAL
        text = str(error)
        done = {"exit_code": code, "stdout": "", "stderr": f"{text}\n", "error": text, "sends": [], "ended": ""}
    return done


def carry_out_given(given: dict[str, Any]) -> dict[str, Any]:
    """Do in a child process what `carry_out` ordered."""
    settings = Settings()
    return _carry_out_here(given["order"], Task(State(settings.state), given["task"], given["owner"]), settings)


def _carry_out_here(order: dict[str, Any], task: Task, settings: Settings) -> dict[str, Any]:
    redactor = Redactor()
    try:
        config, options = ordered(order)
        for secret in config.secrets:
            redactor.add(secret)
        queue = None
        if not options.dry_run and not options.probe:
            queue = Queue(
                task,
                rate=settings.rate,
                secrets=config.secrets,
                terms=Terms(encoding=config.encoding, max_age=options.max_age),
                oauth2=config.oauth2,
            )
        result = run_here(config, options, outbox=queue)
    except JsnpyError as error:
        text = redactor.scrub(str(error))
        result = RunResult(error.exit_code, "", f"jsnpy: error: {text}\n", text)
    return {
        "exit_code": result.exit_code,
        "stdout": redactor.scrub(result.stdout),
        "stderr": redactor.scrub(result.stderr),
        "error": result.error and redactor.scrub(result.error),
        "ended": task.ended,
        "sends": [{"code": send.code, "error": send.error, "details": send.details} for send in result.sends],
    }
