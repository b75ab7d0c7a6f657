"""What a host decides about sending, beside what the script asks for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jsnpy.redaction import Redactor
    from jsnpy.smtp.pool import Sessions
    from jsnpy.smtp.request import Request


class Route:
    """Where a connection really goes, while names, SNI and verification stay the script's.

    Args:
        host: address to connect to.
        port: TCP port to connect to.
        ca_pem: certificates in PEM that are trusted besides the usual ones, or "".
    """

    __slots__ = ("ca_pem", "host", "port")

    def __init__(self, host: str, port: int, ca_pem: str = "") -> None:
        self.host = host
        self.port = port
        self.ca_pem = ca_pem


class Settings:
    """A host's settings for sending.

    Args:
        base_dir: folder that the paths of attachments and CA files are relative to.
        insecure: True: certificates are not verified, whatever the script says.
        route: called with each Request; returns where its connection really goes.
        redactor: knows the run's secrets; learns the passwords of the mails.
        deadline: when the run ends, in `time.monotonic()` seconds, or None.
        sessions: returns what keeps the sessions of mails with `keep_alive: true` open for later ones; None: nothing
            does.
    """

    __slots__ = ("base_dir", "deadline", "insecure", "redactor", "route", "sessions")

    def __init__(
        self,
        base_dir: str = ".",
        *,
        insecure: bool = False,
        route: Callable[[Request], Route] | None = None,
        redactor: Redactor | None = None,
        deadline: float | None = None,
        sessions: Callable[[], Sessions] | None = None,
    ) -> None:
        self.base_dir = base_dir
        self.insecure = insecure
        self.route = route
        self.redactor = redactor
        self.deadline = deadline
        self.sessions = sessions
