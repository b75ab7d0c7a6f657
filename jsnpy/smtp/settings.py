"""What a host decides about sending, beside what the script asks for."""

from __future__ import annotations

from jsnpy.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jsnpy.redaction import Redactor
    from jsnpy.smtp.pool import Sessions
    from jsnpy.smtp.request import Request
    from jsnpy.smtp.server import Route
    from jsnpy.smtp.tokens import Tokens


class Settings(Record):
    """A host's settings for sending.

    Args:
        base_dir: folder that the paths of attachments and CA files are relative to.
        insecure: True: certificates are not verified, whatever the script says.
        route: called with each Request; returns where its connection really goes.
        redactor: knows the run's secrets; learns the passwords of the mails.
        deadline: when the run ends, in `time.monotonic()` seconds, or None.
        sessions: returns what keeps the sessions of mails with `keep_alive: true` open for later ones; None: nothing
            does.
        probe: True: each send stops before its message, with RSET and QUIT.
        listener: called with each line of a log as it is noted, its secrets masked.
        at_kept: called with a mail's ID in an outbox, once it is kept there and before its server hears of it.
        at_dot: called right before each final dot is sent: from then on a mail may have been delivered.
        at_answer: called with whether a mail was delivered, once the server has said so and before it is left.
        tokens: where a token comes from for the password "${OAUTH2}"; None: such a mail cannot be sent.
    """

    base_dir: str = "."
    insecure: bool = False
    route: Callable[[Request], Route] | None = None
    redactor: Redactor | None = None
    deadline: float | None = None
    sessions: Callable[[], Sessions] | None = None
    probe: bool = False
    listener: Callable[[str], None] | None = None
    at_kept: Callable[[str], None] | None = None
    at_dot: Callable[[], None] | None = None
    at_answer: Callable[[bool], None] | None = None
    tokens: Tokens | None = None
