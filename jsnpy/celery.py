"""jsnpy's runs and mails as Celery tasks: `celery -A jsnpy.celery worker` (extra `celery`)."""

from __future__ import annotations

import contextlib
import json
import sys
import time

from jsnpy.errors import JsnpyError, OutboxError, UsageError
from jsnpy.text import how_to_install

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.fleet.claims import Claim
    from jsnpy.fleet.waiting import Kept

try:
    try:
        from celery import Celery, bootsteps, exceptions, signals
        from celery.utils.log import get_task_logger

        from jsnpy.fleet.claims import Claims, new_owner
    except ImportError as error:
        raise UsageError(
            f"the fleet's part of jsnpy is not installed ({error})", f"Install it: {how_to_install('celery')}"
        ) from None
    from jsnpy import smtp
    from jsnpy.fleet import mails, rates, runs
    from jsnpy.fleet.settings import ALLOW, REFUSED, Settings, commands_are_refused
    from jsnpy.fleet.state import State, StateError
    from jsnpy.fleet.waiting import VERSION, Waiting
    from jsnpy.outbox.kept_mail import Damaged
    from jsnpy.text import printable

    settings = Settings()
except UsageError as error:
    if "celery.bin.celery" not in sys.modules:
        raise
    # Celery's command shows a traceback for whatever is raised by an app that it loads, but for this.
    sys.stderr.write(f"jsnpy: error: {error}\n")
    raise SystemExit(error.exit_code) from None

logger = get_task_logger(__name__)

_AGAIN = 10.0
"""Seconds to wait where something that a task needs is away."""

_ELSEWHERE = 60.0
"""Seconds after which another worker may be found that can do what this one cannot."""


_STRANGE = "a mail in the queue is none that jsnpy put there: see who else can write to the broker"


class LostError(JsnpyError):
    """A run of which nobody can tell what was delivered, or that cannot be done here."""


class MailError(JsnpyError):
    """A mail that is not tried again."""


app = Celery("jsnpy", broker=settings.broker, backend=settings.results)
app.conf.update(
    task_default_queue="jsnpy",
    accept_content=["json"],
    # Acknowledged when it is done: what a worker had when it died is handed to another one, which claims it.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # A run goes on when the broker is away for a moment; its claim keeps a second worker from doing it as well.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=(
        {"visibility_timeout": settings.takeover} if settings.redis else {"confirm_publish": True}
    ),
    result_backend_always_retry=True,
    result_backend_max_retries=30,
    result_expires=7 * 86400,
    result_persistent=True,
)
state = State(settings.state)
claims = Claims(state, settings.lease)
waiting = Waiting(state)


def submit(order: dict[str, Any], **publishing: Any) -> Any:
    """Hand over a run that `runs.order` made, and return Celery's word for its result.

    Raises:
        StateError: the fleet's Redis cannot be asked.
    """
    from uuid import uuid4

    id_ = str(uuid4())
    claims.announce(id_)
    # What a task is given may hold passwords: Celery's events and lists get the script's name alone.
    shown = f"({order['config']['script_name']!r})"
    return run.apply_async([order], task_id=id_, argsrepr=shown, **publishing)


class _Periodic(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """What each worker looks after as long as it is connected to the broker: due mails, and what dead workers had."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    _entries: Any = ()  # stopped without a start where the broker goes away meanwhile

    def start(self, consumer: Any) -> None:
        self._entries = [consumer.timer.call_repeatedly(1.0, self._send_due)]
        if settings.redis:
            self._entries.append(consumer.timer.call_repeatedly(settings.sweep, self._take_over, (consumer,)))

    def stop(self, consumer: Any) -> None:
        del consumer
        for each in self._entries:
            each.cancel()

    def _send_due(self) -> None:
        due: list[tuple[str, int]] = []
        try:
            due = waiting.due()
            while due:
                id_, attempt = due[0]
                mail = {"version": VERSION, "id": id_, "attempt": attempt}
                send.apply_async([mail], task_id=f"{id_}-{attempt}", retry=False)
                del due[0]
        except Exception as error:  # noqa: BLE001 - each broker's library has errors of its own
            logger.warning("the mails that are due cannot be handed to workers now: %s", error)
            with contextlib.suppress(StateError):
                waiting.take_back([id_ for id_, _ in due])

    def _take_over(self, consumer: Any) -> None:
        # kombu looks each hundred seconds only, however short the takeover time.
        channel = consumer.task_consumer.channel
        try:
            channel.qos.restore_visible(num=channel.unacked_restore_limit, interval=1)
        except Exception as error:  # noqa: BLE001 - away, full, or it cannot write to its disk
            logger.debug("what dead workers had cannot be looked for now: %s", error)


app.steps["consumer"].add(_Periodic)


def _claimed(task: Any, owner: str, *, announced: bool = False) -> Claim:
    """Claim the task that this worker was handed, or put it off.

    Raises:
        Retry: another worker has it, or Redis cannot be asked.
    """
    try:
        claim = claims.claim(task.request.id, owner, announced=announced)
    except StateError as error:
        raise _again(task, _AGAIN, error) from None
    if claim.verdict == "busy":
        raise _again(task, claim.left + 0.5)
    return claim


def _again(task: Any, seconds: float, error: Exception | None = None) -> Exception:
    """Put a task off, and return what ends it for now."""
    try:
        # What is shown of its arguments has to be said again: Celery would show all.
        put_off: Exception = task.retry(countdown=seconds, exc=error, throw=False, argsrepr=task.request.argsrepr)
    except exceptions.Reject as rejected:
        # The broker takes nothing now, as when it is full: it shall keep what it has, which Celery would let go of.
        return exceptions.Reject(rejected.reason, requeue=True)  # type: ignore[no-any-return]  # Celery has no types
    return put_off


def _lost(what: str, claim: Claim) -> str:
    if claim.verdict == "deadly":
        return f"{what} is lost: {claim.text} workers died of it before it sent a mail"
    if claim.verdict == "forgotten":
        return f"{what} is lost: the fleet's Redis has lost its data since it was submitted; it is not done (again)"
    return f"{what} is lost: its worker ({claim.text}) died after a mail may have gone; it is not done again"


@app.task(name="jsnpy.run", bind=True, throws=(LostError,), resultrepr_maxsize=100, max_retries=None)
def run(self: Any, order: dict[str, Any]) -> dict[str, Any]:
    """Run a script.

    Args:
        self: the task.
        order: as `fleet.runs.order` made it.

    Returns:
        exit_code, stdout, stderr, error and sends.

    Raises:
        LostError: another worker died over it, after its first mail or again and again.
    """
    id_, owner = self.request.id, new_owner()
    if not runs.is_order(order):
        raise _failed(f"the task {id_} is no run that jsnpy submitted: see who else can write to the broker")
    if order.get("version", 1) > VERSION:
        raise _failed(f"the run {id_} was submitted by a newer jsnpy than this worker has: update the worker")
    claim = _claimed(self, owner, announced="version" in order)
    name = f"the run {id_} of {printable(order['config']['script_name'])}"
    if claim.verdict == "done":
        if not claim.text:  # its result is where results are kept
            raise exceptions.Ignore
        return dict(json.loads(claim.text))
    if claim.verdict != "yours":
        raise _failed(_lost(name, claim))
    with claims.kept_alive(id_, owner):
        result = runs.carry_out(order, mails.Task(state, id_, owner), settings)
        ended = result.pop("ended") or _finished(id_, owner, result)
    if ended == "lost":
        logger.warning("%s was taken over by another worker meanwhile", name)
        raise exceptions.Ignore
    failed = [send["error"] for send in result["sends"] if send["code"]]
    if ended == "forgotten" and failed:
        what = "the fleet's Redis lost its data while it ran, and mails were not sent as they might arrive twice"
        raise _failed("\n".join([f"{name} is lost: {what}", *failed]))
    say = logger.warning if result["exit_code"] or failed else logger.info
    say("%s: exit code %s, %d mails%s", name, result["exit_code"], len(result["sends"]) - len(failed),
        "".join(f"\n{text}" for text in [result["error"] or "", *failed] if text))  # fmt: skip
    return result


@signals.task_success.connect(sender=run)
def keep_results_once(sender: Any, **_: object) -> None:
    """Forget what a claim says of a run's result, which Celery has stored by now."""
    try:
        claims.shorten(sender.request.id)
    except StateError as error:
        logger.debug("%s", error)


def _finished(id_: str, owner: str, result: object) -> str:
    """Note what came of a task, and return what `Claims.finish` does."""
    try:
        return claims.finish(id_, owner, result)
    except StateError as error:
        # It is done all the same; should the broker hand it out again, the mark tells that it must not be repeated.
        logger.warning("%s", error)
        return "yours"


def _failed(text: str) -> LostError:
    logger.error("%s", text)
    return LostError(text)


@app.task(name="jsnpy.wait", bind=True, throws=(MailError,), max_retries=None)
def wait(self: Any, mail: dict[str, Any]) -> None:
    """Keep a mail that an older version let wait as a task of its own."""
    try:
        _adopt(mail)
    except StateError as error:
        raise _again(self, _AGAIN, error) from None


def _adopt(mail: dict[str, Any]) -> None:
    try:
        mails.adopt(mail, state)
    except (TypeError, ValueError, LookupError, AttributeError):
        raise _reported(_STRANGE) from None


@app.task(name="jsnpy.mail", bind=True, throws=(MailError,), max_retries=None)
def send(self: Any, mail: dict[str, Any]) -> str:
    """Try again to send a mail.

    Args:
        self: the task.
        mail: its ID and the attempt's number; of an older version, the mail itself.

    Returns:
        What came of it, in words.

    Raises:
        MailError: it is not tried again: refused, given up or perhaps delivered.
    """
    try:
        return _sent(self, mail)
    except (StateError, OutboxError) as error:
        raise _again(self, _AGAIN, error) from None


def _sent(task: Any, mail: dict[str, Any]) -> str:
    if not isinstance(mail, dict):
        raise _reported(_STRANGE)
    if "data" in mail:
        _adopt(mail)
        raise exceptions.Ignore
    id_, owner = task.request.id, new_owner()
    if not isinstance(mail.get("id"), str) or not isinstance(mail.get("attempt"), int):
        raise _reported(_STRANGE)
    kept = waiting.take(mail["id"])
    # It was dropped, or this is an old attempt that was handed out again.
    if kept is None or kept.attempt != mail["attempt"]:
        raise exceptions.Ignore
    if why := _not_here(kept):
        waiting.postpone(mail["id"], _ELSEWHERE)
        logger.error("the mail %s waits for another worker: %s", mail["id"], why)
        raise exceptions.Ignore
    if settings.rate is not None and not kept.slot:
        pause = rates.slot(state, mails.account_of(kept.row), settings.rate) or 0.0
        if pause > 1:
            waiting.postpone(mail["id"], pause, slot=True)
            raise exceptions.Ignore
        time.sleep(pause)
    claim = _claimed(task, owner)
    if claim.verdict == "done":  # since it was taken
        raise exceptions.Ignore
    name = printable(f"the mail {mail['id']} ({kept.row.subject})")
    if claim.verdict != "yours":
        waiting.forget(mail["id"])
        raise _reported(_lost(name, claim))
    with claims.kept_alive(id_, owner):
        try:
            tried = mails.try_again(kept, mails.Task(state, id_, owner), smtp.Settings())
        except Damaged as error:
            waiting.forget(mail["id"])
            raise _reported(f"{name}: {error}") from None
        _finished(id_, owner, f"{tried.outcome}: {tried.text}")
    if tried.outcome in ("sent", "waiting"):
        logger.info("%s: %s", name, tried.text)
        return f"{tried.outcome}: {tried.text}"
    raise _reported(f"{name}: {tried.text}")


def _not_here(kept: Kept) -> str:
    """Return why this worker cannot send a mail, "" if it can."""
    if kept.version > VERSION:
        return "it was kept by a newer jsnpy than this worker has; update the worker"
    if commands_are_refused(mails.oauth2_of(kept.row)):
        return f"oauth2.command: {REFUSED}. {ALLOW}"
    return ""


def _reported(text: str) -> MailError:
    logger.error("%s", text)
    return MailError(text)
