"""What `jsnpy submit` does: hands a run to the fleet, prints its id, and with --wait its output and exit code."""

from __future__ import annotations

import time

from jsnpy.errors import ExitCode, JsnpyError, UsageError
from jsnpy.output import STDERR, STDOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.config import RunConfig
    from jsnpy.options import Options
    from jsnpy.output import Output
    from jsnpy.redaction import Redactor

_PUBLISHING = {"max_retries": 2, "interval_start": 0.2, "interval_step": 0.3, "interval_max": 1.0}
"""How often a broker that does not answer is asked: somebody waits at the command line."""

_CONNECT_TIME = 5

_FIRST_LOOK = 5.0
"""Seconds after which it is asked whether any worker is there."""

_LOOK = 2.0
"""Seconds between two further looks whether the run is still known."""

_MOST_MISSING = 4
"""Looks in a row that find a run unknown: a worker that has it makes it known again before."""

_LONGER = 5.0
"""Seconds that are waited beyond the run's own timeout, so that the worker's word for it arrives."""

_WHERE = {"announced": "no worker has begun it", "claimed": "a worker is at it", "forgotten": "it is not known"}


def submit(
    target: str,
    options: Options,
    output: Output,
    redactor: Redactor,
    *,
    sets: tuple[str, ...] = (),
    encoding: str | None = None,
    wait: bool = False,
) -> int:
    """Hand a run to the fleet and return the exit code: 0 when it was taken, with `wait` the run's own.

    Args:
        target: path of a config or a script, or "-".
        options: for the run.
        output: the command's.
        redactor: learns the broker's password.
        sets: `KEY=VALUE` texts for values under `arg`.
        encoding: of files that are not Unicode.
        wait: wait for the run to end.

    Raises:
        JsnpyError: the config, or the broker, cannot be used.
    """
    from jsnpy import celery, config
    from jsnpy.fleet import runs
    from jsnpy.fleet.state import StateError

    celery.settings.hide_passwords(redactor)
    loaded = config.load(target, sets=sets, encoding=encoding, keep_references=True, lenient=options.dry_run)
    for secret in loaded.secrets:
        redactor.add(secret)
    for warning in (*loaded.warnings, *_literal_secrets(loaded)):
        output.warn(warning)
    if code := _compiled(loaded, options, output):
        return code
    app = celery.app
    app.conf.update(broker_connection_timeout=_CONNECT_TIME, result_backend_always_retry=False)
    if celery.settings.redis:
        app.conf.broker_transport_options = {
            **app.conf.broker_transport_options,
            "socket_connect_timeout": _CONNECT_TIME,
            "socket_timeout": _CONNECT_TIME,
        }
    if celery.settings.state != celery.settings.broker:
        try:
            celery.state.look()  # the result backend would wait for it without end
        except StateError as error:
            raise _unreachable(celery.settings.state, error, place="the Redis") from None
    try:
        # Asked first, as the result backend would try for twenty seconds where both are away.
        with app.connection_for_write() as connection:
            # And no longer than it takes once, where it is not refused but hangs.
            connection.ensure_connection(**_PUBLISHING, timeout=_CONNECT_TIME)
        # Without --wait nobody asks for the result, but it is kept for a week, where the backend keeps any.
        submitted = celery.submit(runs.order(loaded, options), retry_policy=_PUBLISHING)
    except Exception as error:  # noqa: BLE001 - each broker's library has errors of its own
        raise _unreachable(celery.settings.broker, error) from None
    if not wait:
        output.write(STDOUT, f"{submitted.id}\n")
        output.flush()
        return output.exit_code(ExitCode.OK)
    output.info(f"submitted as {submitted.id}")
    output.flush()
    result = _result(submitted, output, time.monotonic() + options.timeout + _LONGER if options.timeout else None)
    output.write(STDOUT, result["stdout"])
    output.write(STDERR, result["stderr"])
    output.flush()
    return output.exit_code(result["exit_code"])


def _literal_secrets(config: RunConfig) -> list[str]:
    """Return a warning for each secret of the `oauth2` block that goes through the broker as it is."""
    if not config.oauth2:
        return []
    from jsnpy.oauth.settings import literal_secrets

    cure = 'use "${ENV:…}" or "${FILE:…}", which the worker resolves'
    return [
        f"oauth2.{key} stands in the config itself and goes through the broker: {cure}"
        for key in literal_secrets(config.oauth2)
    ]


def _compiled(config: RunConfig, options: Options, output: Output) -> int:
    """Compile a run's scripts, say what is wrong with them, and return the exit code: 0 when nothing is."""
    from jsnpy import checking, supervisor

    failed: list[str] = []

    def work(stack_size: int) -> None:
        for name, source in (*config.includes, (config.script_name, config.source)):
            found = checking.check(name, source, stack_size=stack_size, memory_limit=options.memory_limit)
            if found.error:
                output.uncaught(found.error, found.ending.place())
                failed.append(name)

    stopped = supervisor.supervise(work, lambda: None)
    if stopped is not None:
        output.error(f"ended ({supervisor.ENDED_BY[stopped]}); nothing was submitted")
    output.flush()
    return stopped or (ExitCode.SCRIPT if failed else ExitCode.OK)


def _result(submitted: Any, output: Output, give_up: float | None) -> dict[str, Any]:
    """Return what came of a run, when it is over.

    Raises:
        JsnpyError: it was lost, it is not over in time, or its result cannot be had.
    """
    from celery import exceptions

    from jsnpy import celery
    from jsnpy.fleet.state import StateError

    missing = 0
    asked = False
    patience = _FIRST_LOOK
    while True:
        left = patience if give_up is None else min(patience, give_up - time.monotonic())
        patience = _LOOK
        try:
            result = submitted.get(timeout=max(0.1, left), propagate=False)
        except exceptions.TimeoutError:
            pass
        except Exception as error:  # noqa: BLE001 - each broker's library has errors of its own
            what = f"the result of {submitted.id} cannot be had"
            raise _unreachable(celery.settings.results, error, what, place="the result backend") from None
        else:
            if isinstance(result, BaseException):
                raise _ended(ExitCode.SCRIPT, str(result))
            return dict(result)
        try:
            standing = celery.claims.standing(submitted.id)
        except StateError as error:
            raise _unreachable(celery.settings.state, error, place="the Redis") from None
        missing = missing + 1 if standing == "forgotten" else 0
        if missing == _MOST_MISSING:
            text = f"the run {submitted.id} is lost: the fleet's Redis has lost its data since it was submitted"
            raise _ended(ExitCode.SCRIPT, text)
        if give_up is not None and time.monotonic() >= give_up:
            text = f"no result of the run {submitted.id} in time: {_WHERE[standing]}; it is not taken back"
            raise _ended(ExitCode.TIMEOUT, text)
        if standing == "announced" and not asked:
            asked = True
            _say_why_it_waits(submitted.id, output)


def _say_why_it_waits(id_: str, output: Output) -> None:
    from jsnpy import celery

    try:
        workers = celery.app.control.ping(timeout=1)
    except Exception:  # noqa: BLE001 - each broker's library has errors of its own
        workers = []
    if workers:
        busy = "the one worker that answers is busy" if len(workers) == 1 else f"all {len(workers)} workers are busy"
        output.show(f"the run {id_} waits in the queue: {busy}")
    else:
        output.warn(f"no worker answers: the run {id_} waits in the queue until one does")
    output.flush()


def _ended(code: int, text: str) -> JsnpyError:
    error = JsnpyError(text)
    error.exit_code = code
    return error


def _unreachable(
    url: str, error: Exception, what: str = "the run was not submitted", *, place: str = "the broker"
) -> UsageError:
    from kombu.utils.url import maybe_sanitize_url

    reason = " ".join(str(error).split()) or type(error).__name__
    shown = ";".join(maybe_sanitize_url(each) for each in url.split(";"))
    return UsageError(
        f"{what}: {place} {shown} cannot be used: {reason}",
        "JSNPY_BROKER_URL and JSNPY_RESULT_URL name it; see whether it runs and can be reached from here.",
    )
