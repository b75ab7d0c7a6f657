"""Where and how a mail is handed over."""

from __future__ import annotations

from jsnpy.record import Record

DEFAULT_TIMEOUT = 60.0


class Server(Record):
    """Where and how a mail is handed over: all that a connection depends on.

    Attributes:
        host: name or address, without brackets.
        port: TCP port.
        security: "ssl" (TLS from the first byte), "starttls" (required) or "".
        user: name to log in with, "" for no authentication.
        password: password or access token.
        mechanism: the authentication mechanism asked for, or "" for the best one offered.
        verify: whether certificate and name are verified.
        ca_file: path of the trusted CAs in PEM instead of the system's, or "".
        min_version: "1.2" or "1.3".
        server_name: the name in the certificate, where it is not `host`, or "".
        helo: the name to greet with, or "" for this machine's.
        timeout: seconds for the whole send.
        keep_alive: whether the session may serve later mails of the run.
        cert_file: path of the certificate, in PEM, that this side shows to the server, or "".
        key_file: path of its private key in PEM, or "" where `cert_file` holds it too.
    """

    host: str
    port: int
    security: str = ""
    user: str = ""
    password: str = ""
    mechanism: str = ""
    verify: bool = True
    ca_file: str = ""
    min_version: str = "1.2"
    server_name: str = ""
    helo: str = ""
    timeout: float = DEFAULT_TIMEOUT
    keep_alive: bool = False
    cert_file: str = ""
    key_file: str = ""

    @property
    def place(self) -> str:
        """Host and port as an administrator writes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def tls_name(self) -> str:
        """The name the certificate must have."""
        return self.server_name or self.host.partition("%")[0].rstrip(".")


class Route:
    """Where a connection really goes, while names, SNI and verification stay the script's.

    Args:
        host: address to connect to.
        port: TCP port to connect to.
        ca_pem: certificates in PEM that are trusted as well as the usual ones, or "".
    """

    __slots__ = ("ca_pem", "host", "port")

    def __init__(self, host: str, port: int, ca_pem: str = "") -> None:
        self.host = host
        self.port = port
        self.ca_pem = ca_pem
