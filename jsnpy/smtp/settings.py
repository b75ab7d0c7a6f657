"""What a host decides about sending, beside what the script asks for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

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


OAUTH2_REFERENCE = "${OAUTH2}"
"""What stands for an access token in `pass`."""

if TYPE_CHECKING:

    class Tokens(Protocol):
        """Where access tokens come from (OAuth 2.0). Its methods raise SendFailure at stage "token"."""

        def access_token(self, user: str, deadline: float) -> str:
            """Return a token to log in with, kept or fetched now.

            Called once a mail, after its fields are checked and before anything is connected. A session that is kept
            open (`keep_alive`) is logged in already, and no token is asked for.

            Args:
                user: the mail's `user`: the mailbox to log in as.
                deadline: when to give up, in `time.monotonic()` seconds: the end of the send.

            Returns:
                The bare token, as the server gave it, which the session masks from then on.

            Raises:
                SendFailure: there is none; its code says why: AUTH where it was refused, or CONNECT, TIMEOUT, TLS,
                    PROTOCOL.
            """

        def renew(self, user: str, refused: str, deadline: float) -> str | None:
            """Return a new token in place of one that the mail server refused with a 5xx reply, or None.

            Called once a mail at most. The new token is tried on one new connection, and no other one after it.

            Args:
                user: as for `access_token`.
                refused: the token that was refused.
                deadline: as for `access_token`.

            Returns:
                None where asking again is no use: the refused token was fetched less than 300 s ago. The mail fails
                with the server's reply then.

            Raises:
                SendFailure: it was to be fetched, and could not be. The mail fails with this.
            """

        def remark(self, user: str) -> str:
            """Return what is odd about the user's last token, such as a scope that was not asked for, or "".

            It is a line of the log, and part of the hint where the mail server refuses the token: a sentence without
            full stop, as "the token is for the audience https://graph.microsoft.com, not …".
            """


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
        probe: True: each send stops before its message, with RSET and QUIT.
        listener: called with each line of a log as it is noted, its secrets masked.
        tokens: where a token comes from for the password "${OAUTH2}"; None: such a mail cannot be sent.
    """

    __slots__ = ("base_dir", "deadline", "insecure", "listener", "probe", "redactor", "route", "sessions", "tokens")

    def __init__(
        self,
        base_dir: str = ".",
        *,
        insecure: bool = False,
        route: Callable[[Request], Route] | None = None,
        redactor: Redactor | None = None,
        deadline: float | None = None,
        sessions: Callable[[], Sessions] | None = None,
        probe: bool = False,
        listener: Callable[[str], None] | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self.base_dir = base_dir
        self.insecure = insecure
        self.route = route
        self.redactor = redactor
        self.deadline = deadline
        self.sessions = sessions
        self.probe = probe
        self.listener = listener
        self.tokens = tokens
