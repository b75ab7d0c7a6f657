"""The worker's app for tests: jsnpy's own, with seconds for minutes between the tries, and claims of three seconds."""

from jsnpy.outbox import schedule

schedule.PAUSES = (2.0, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0)

from jsnpy import celery  # noqa: E402 - the schedule comes first
from jsnpy.fleet.claims import Claims  # noqa: E402

celery.claims = Claims(celery.state, lease=3)
app = celery.app


@app.task(name="tests.nothing")  # type: ignore[untyped-decorator]  # Celery has no types
def nothing() -> None:
    """Do nothing: what Celery alone costs, with jsnpy's settings of it."""


__all__ = ["app", "nothing"]
