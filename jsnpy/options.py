"""What the command line, or a caller from Python, decides about a run."""

from __future__ import annotations

from jsnpy.engine import MEMORY_LIMIT
from jsnpy.output import NORMAL
from jsnpy.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.outbox.rate import Rate


class Options(Record):
    """The decisions about a run.

    Attributes:
        timeout: seconds of wall time after which the run ends, 0 for never.
        memory_limit: bytes of the engine's heap, 0 for no limit.
        dry_run: mails go to a server inside jsnpy.
        mailbox: folder for the mails of a dry run, or None.
        watch: a dry run is made again whenever its files change.
        probe: each mail stops before its message.
        insecure: TLS certificates are not verified.
        fail_on_send_error: exit 3 if any send failed or a recipient was refused.
        level: QUIET, NORMAL or VERBOSE.
        log_json: host messages as JSON objects.
        outbox: folder where mails that fail for a passing reason are kept, or None.
        max_age: seconds after which a mail kept there is given up, None for the outbox's own default.
        rate: how many mails an account may send in a flush, None for any number.
    """

    timeout: float = 0
    memory_limit: int = MEMORY_LIMIT
    dry_run: bool = False
    mailbox: str | None = None
    watch: bool = False
    probe: bool = False
    insecure: bool = False
    fail_on_send_error: bool = False
    level: int = NORMAL
    log_json: bool = False
    outbox: str | None = None
    max_age: float | None = None
    rate: Rate | None = None


class Call(Record):
    """A run as the command line asks for it, or what else is asked for with the same options."""

    target: str
    options: Options
    sets: tuple[str, ...] = ()
    encoding: str | None = None
