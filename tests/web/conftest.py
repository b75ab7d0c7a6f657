"""What the tests of fetching share: a clean environment, a CA of their own, scripted servers, a run."""

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from support.http_server import HttpServer, Script


class Redactor:
    """Stands in for the host's one: masks a known word."""

    def scrub(self, text: str) -> str:
        """Mask."""
        return text.replace("hunter2", "[redacted]")


class FakeRun:
    """What the natives know of a run."""

    def __init__(self) -> None:
        self.insecure = False
        self.deadline: float | None = time.monotonic() + 20
        self.dry_run = False
        self.probe = False
        self.redactor = Redactor()
        self.shown: list[str] = []
        self.warned: list[str] = []
        self.output = self
        self.flushed = 0

    def flush(self) -> None:
        """Take note."""
        self.flushed += 1

    def show(self, text: str) -> None:
        """Keep what would be shown."""
        self.shown.append(text)

    def info(self, message: str) -> None:
        """Keep nothing of what -v would say."""

    def warn(self, message: str) -> None:
        """Keep what an operator should know."""
        self.warned.append(message)


@pytest.fixture(autouse=True)
def no_cgi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxy variables count in full."""
    monkeypatch.delenv("REQUEST_METHOD", raising=False)


@pytest.fixture
def run() -> FakeRun:
    """A run without options."""
    return FakeRun()


@pytest.fixture
def serve() -> Iterator[Callable[..., HttpServer]]:
    """Start scripted servers, closed after the test."""
    servers: list[HttpServer] = []

    def start(script: Script, context: ssl.SSLContext | None = None) -> HttpServer:
        servers.append(HttpServer(script, context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """A server's TLS, for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our authority is in the system's store."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
