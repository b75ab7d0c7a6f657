"""What `jsnpy submit` does: hands a run to the fleet, prints its id, and with --wait its output and exit code."""

from __future__ import annotations

from jsnpy.errors import ExitCode, JsnpyError, UsageError
from jsnpy.output import STDERR, STDOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.output import Output
    from jsnpy.redaction import Redactor
    from jsnpy.runner import Options

_PUBLISHING = {"max_retries": 2, "interval_start": 0.2, "interval_step": 0.3, "interval_max": 1.0}
"""How often a broker that does not answer is asked: somebody waits at the command line."""

_CONNECT_TIME = 5


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
    from jsnpy.fleet.ledger import Ledger, LedgerError

    hide_passwords(redactor, celery.settings.broker, celery.settings.results)
    loaded = config.load(target, sets=sets, encoding=encoding, keep_references=True)
    for secret in loaded.secrets:
        redactor.add(secret)
    for warning in loaded.warnings:
        output.warn(warning)
    app = celery.app
    app.conf.update(broker_connection_timeout=_CONNECT_TIME, result_backend_always_retry=False)
    if celery.settings.redis:
        app.conf.broker_transport_options = {
            **app.conf.broker_transport_options,
            "socket_connect_timeout": _CONNECT_TIME,
            "socket_timeout": _CONNECT_TIME,
        }
    if isinstance(celery.ledger, Ledger) and celery.settings.state != celery.settings.broker:
        try:
            celery.ledger.look()  # the result backend would wait for it without end
        except LedgerError as error:
            raise _unreachable(celery.settings.state, error, place="the Redis") from None
    try:
        # Asked first, as the result backend would try for twenty seconds where both are away.
        with app.connection_for_write() as connection:
            connection.ensure_connection(**_PUBLISHING)
        # Without --wait nobody asks for the result, but it is kept for a week, where the backend keeps any.
        submitted = celery.run.apply_async([runs.order(loaded, options, encoding)], retry_policy=_PUBLISHING)
    except Exception as error:  # noqa: BLE001 - each broker's library has errors of its own
        raise _unreachable(celery.settings.broker, error) from None
    if not wait:
        output.write(STDOUT, f"{submitted.id}\n")
        output.flush()
        return output.exit_code(ExitCode.OK)
    output.info(f"submitted as {submitted.id}")
    output.flush()
    return _waited(submitted, output, celery.settings.results)


def _waited(submitted: Any, output: Output, results: str) -> int:
    """Print what a run printed, when it is over, and return its exit code.

    Raises:
        JsnpyError: it was lost, or its result cannot be had.
    """
    try:
        result = submitted.get(propagate=False)
    except Exception as error:  # noqa: BLE001 - each broker's library has errors of its own
        what = f"the result of {submitted.id} cannot be had"
        raise _unreachable(results, error, what, place="the result backend") from None
    if isinstance(result, BaseException):
        failed = JsnpyError(str(result))
        failed.exit_code = ExitCode.SCRIPT
        raise failed
    output.write(STDOUT, result["stdout"])
    output.write(STDERR, result["stderr"])
    output.flush()
    return output.exit_code(result["exit_code"])


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


def hide_passwords(redactor: Redactor, *urls: str) -> None:
    """Keep the passwords in URLs out of every message."""
    from urllib.parse import unquote

    from jsnpy.fleet.settings import parts

    for url in urls:
        for each in parts(url):
            redactor.add(each.password or "")
            redactor.add(unquote(each.password or ""))
