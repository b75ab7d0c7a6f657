"""What `jsnpy outbox list` shows of a fleet: the mails that wait in its Redis."""

from __future__ import annotations

import time

from jsnpy.errors import UsageError
from jsnpy.fleet.settings import Settings
from jsnpy.outbox import actions, schedule
from jsnpy.outbox.rows import Row, Standing
from jsnpy.output import STDOUT
from jsnpy.text import how_to_install

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.output import Output
    from jsnpy.redaction import Redactor


def show(output: Output, redactor: Redactor, *, as_json: bool = False) -> int:
    """Print what waits, a line a mail, and return the exit code: 0 when nothing does, else 3.

    Raises:
        JsnpyError: the fleet's Redis cannot be used.
    """
    settings = Settings()
    settings.hide_passwords(redactor)
    try:
        from jsnpy.fleet.state import State, StateError
        from jsnpy.fleet.waiting import Waiting
    except ImportError as error:
        raise UsageError(
            f"the fleet's part of jsnpy is not installed ({error})", f"Install it: {how_to_install('celery')}"
        ) from None
    try:
        state = State(settings.state)
        state.look()
    except StateError as error:
        hint = "JSNPY_BROKER_URL and JSNPY_RESULT_URL name it; see whether it runs and can be reached from here."
        raise UsageError(error.message, hint) from None
    now = time.time()
    kept = [_standing(row, now, sending=sending) for row, sending in Waiting(state).rows()]
    for each in kept:
        output.write(STDOUT, (actions.json_line if as_json else actions.long_line)(each, now) + "\n")
    if not kept:
        output.show("no mail waits in the fleet")
    output.finish()
    code = output.exit_code(0)
    return code or (actions.LEFT if kept else 0)


def _standing(row: Row, now: float, *, sending: bool) -> Standing:
    if sending:
        return Standing(row, "busy", "handed to a worker", news=False)
    left = row.next_try - now
    return Standing(row, "later", f"next try in {schedule.words(left)}" if left > 0 else "due", news=False)
