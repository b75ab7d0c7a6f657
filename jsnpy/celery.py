"""jsnpy's runs and mails as Celery tasks: `celery -A jsnpy.celery worker` (extra `celery`)."""

from __future__ import annotations

import json
import time

from jsnpy.errors import JsnpyError, UsageError

try:
    from celery import Celery, exceptions, signals
    from celery.utils.log import get_task_logger

    from jsnpy.fleet.ledger import Ledger, LedgerError, new_owner
    from jsnpy.fleet.markers import Markers
except ImportError as error:
    raise UsageError(
        f"the fleet's part of jsnpy is not installed ({error})", "Install it: pip install 'jsnpy[celery]'"
    ) from None

from jsnpy.errors import OutboxError
from jsnpy.fleet import mails, runs
from jsnpy.fleet.settings import Settings
from jsnpy.outbox.kept_mail import Damaged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.fleet.ledger import Claim

logger = get_task_logger(__name__)
settings = Settings()

_AGAIN = 10.0
"""Seconds to wait where something that a task needs is away."""

_PUBLISHING = {"max_retries": 40, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 1.0}
"""How a worker waits for a broker that starts anew: about 30 seconds."""


class LostError(JsnpyError):
    """A run whose worker died after its first mail may have gone: nobody can tell what was delivered."""

    exit_code = 1


class MailError(JsnpyError):
    """A mail that is not tried again."""


app = Celery("jsnpy", broker=settings.broker, backend=settings.results)
app.conf.update(
    task_default_queue="jsnpy",
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    # Acknowledged when it is done: what a worker had when it died is handed to another one, which asks the ledger.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # A run goes on when the broker is away for a moment; the ledger keeps a second worker from doing it as well.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=(
        {"visibility_timeout": settings.takeover} if settings.redis else {"confirm_publish": True}
    ),
    result_backend_always_retry=True,
    result_backend_max_retries=30,
    result_backend_transport_options={"visibility_timeout": settings.takeover},
    result_expires=7 * 86400,
    result_persistent=True,
)
ledger: Ledger | Markers = Ledger(settings.state) if settings.state else Markers(app.connection_for_write)


def task_of(id_: str, owner: str) -> mails.Task:
    """Return a task that was claimed, for who carries it out."""
    return mails.Task(ledger, id_, owner, publish)


def publish(mail: dict[str, Any]) -> None:
    """Queue a mail until its time has come."""
    left = mail["next_try"] - time.time()
    # Redis hands a task on that a worker has for longer than the takeover time, waiting or not: hence in hops.
    if left > 1:
        wait.apply_async([mail], countdown=min(left, settings.hop), retry_policy=_PUBLISHING)
    else:
        send.apply_async([mail], task_id=mails.task_id(mail), retry_policy=_PUBLISHING)


def _claimed(task: Any, owner: str) -> Claim:
    """Claim the task that this worker was handed, or put it off.

    Raises:
        Retry: another worker has it.
    """
    request = task.request
    try:
        redelivered = bool((request.delivery_info or {}).get("redelivered"))
        claim = ledger.claim(request.id, owner, redelivered=redelivered, retries=request.retries)
    except LedgerError as error:
        raise task.retry(countdown=_AGAIN, max_retries=None, exc=error) from None
    if claim.verdict == "busy":
        raise task.retry(countdown=claim.left + 0.5, max_retries=None)
    if claim.verdict == "again":
        raise task.retry(countdown=0, max_retries=None)
    return claim


def _lost(what: str, claim: Claim) -> str:
    if claim.verdict == "deadly":
        return f"{what} is lost: {claim.text} workers died of it before it sent a mail"
    who = f" ({claim.text})" if claim.text else ""
    return f"{what} is lost: its worker{who} died after a mail may have gone; it is not done again"


@signals.worker_ready.connect
def say_what_is_missing(**_: object) -> None:
    """Say at a worker's start what cannot be done without a Redis."""
    if not settings.state:
        logger.warning(
            "no Redis knows which run is whose: one that ends while RabbitMQ is away is reported as lost, and "
            "JSNPY_RATE holds for each worker by itself; JSNPY_RESULT_URL=redis://... mends both"
        )


@app.task(name="jsnpy.run", bind=True, throws=(LostError,), resultrepr_maxsize=100)
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
    claim = _claimed(self, owner)
    name = f"the run {id_} of {order['config']['script_name']}"
    if claim.verdict == "done":
        return dict(json.loads(claim.text))
    if claim.verdict != "yours":
        text = _lost(name, claim)
        logger.error("%s", text)
        raise LostError(text)
    task = task_of(id_, owner)
    with ledger.kept_alive(id_, owner):
        if order["options"]["timeout"]:
            result = runs.carry_out_in_child(order, task)
        else:
            result = runs.carry_out(order, task, settings.rate)
        mine = not result.pop("taken_over") and _finished(id_, owner, result)
    if not mine:
        logger.warning("%s was taken over by another worker meanwhile", name)
        raise exceptions.Ignore
    failed = [send["error"] for send in result["sends"] if send["code"]]
    say = logger.warning if result["exit_code"] or failed else logger.info
    say("%s: exit code %s, %d mails%s", name, result["exit_code"], len(result["sends"]) - len(failed),
        "".join(f"\n{text}" for text in [result["error"] or "", *failed] if text))  # fmt: skip
    return result


def _finished(id_: str, owner: str, result: object) -> bool:
    try:
        return ledger.finish(id_, owner, result)
    except LedgerError as error:
        # It is done all the same; should the broker hand it out again, the mark tells that it must not be repeated.
        logger.warning("%s", error)
        return True


@app.task(name="jsnpy.wait", ignore_result=True)
def wait(mail: dict[str, Any]) -> None:
    """Pass a waiting mail on, or hand it over to be sent when its time has come."""
    publish(mail)


@app.task(
    name="jsnpy.mail",
    bind=True,
    throws=(MailError,),
    # Without a Redis, this is what is left of a rate per account: a rate per worker.
    rate_limit=settings.rate.text if settings.rate and not settings.state else None,
)
def send(self: Any, mail: dict[str, Any]) -> str:
    """Try again to send a mail.

    Args:
        self: the task.
        mail: as `fleet.mails` queued it.

    Returns:
        What came of it, in words.

    Raises:
        MailError: it is not tried again: refused, given up or perhaps delivered.
    """
    id_, owner = self.request.id, new_owner()
    if settings.rate is not None and settings.state and not mail.get("slot"):
        try:
            pause = ledger.slot(mails.account_of(mail), settings.rate) or 0.0
        except LedgerError as error:
            raise self.retry(countdown=_AGAIN, max_retries=None, exc=error) from None
        mail["slot"] = True
        if pause > 1:
            publish(mail | {"next_try": time.time() + pause})
            raise exceptions.Ignore
        time.sleep(pause)
    claim = _claimed(self, owner)
    name = f"the mail {mail['id']} ({mail['subject']})"
    if claim.verdict == "done":
        return claim.text
    if claim.verdict != "yours":
        raise _reported(_lost(name, claim))
    mail.pop("slot", None)
    with ledger.kept_alive(id_, owner):
        try:
            tried = mails.try_again(mail, task_of(id_, owner))
        except OutboxError as error:
            raise self.retry(countdown=_AGAIN, max_retries=None, exc=error) from None
        except Damaged as error:
            raise _reported(f"{name}: {error}") from None
        _finished(id_, owner, f"{tried.outcome}: {tried.text}")
    if tried.outcome in ("sent", "waiting"):
        logger.info("%s: %s", name, tried.text)
        return f"{tried.outcome}: {tried.text}"
    raise _reported(f"{name}: {tried.text}")


def _reported(text: str) -> MailError:
    logger.error("%s", text)
    return MailError(text)
