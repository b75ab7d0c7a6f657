"""How it stands with kept mails, as who looks at them sees it: other processes may send them just now."""

from __future__ import annotations

from jsnpy.outbox import claims, schedule
from jsnpy.outbox.rows import DIED_EARLY, UNKNOWN, WAITING, Standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.outbox.rows import Row
    from jsnpy.outbox.store import Store

DIED = (
    "delivery unknown: a process died after the final dot was handed over and before the server's answer was noted; "
    "look for the mail at the recipient's"
)


def standing(store: Store, row: Row, now: float) -> Standing | None:
    """Return how it stands with a mail that was read just now, None if it is not kept any more."""
    while row.owner is not None:
        notes = claims.read(store.directory, row.owner)
        if row.id in notes.accepted:
            return None
        marked = row.marked is not None or notes.marked == row.id
        if notes.lives:
            if row.error == DIED_EARLY:  # its first try is under way
                row.error = ""
            dot = ": final dot handed over" if marked else ""
            return Standing(row, "busy", f"being sent{dot}", news=False)
        again = store.row(row.id)
        if again is None:
            return None  # its owner finished with it and left since
        died, row = again.owner == row.owner, again
        if died and marked:
            row.error = DIED
            return Standing(row, "unknown", "delivery unknown", news=False)
        if died:
            break
    return resting(row, now)


def resting(row: Row, now: float) -> Standing:
    """Return how it stands with a mail that nobody sends."""
    if row.state == WAITING:
        left = schedule.seconds_left(row.next_try, row.tries, now)
        return Standing(row, "later", f"next try in {schedule.words(left)}" if left > 0 else "due", news=False)
    words = "delivery unknown" if row.state == UNKNOWN else "given up"
    return Standing(row, row.state, words, news=False)
