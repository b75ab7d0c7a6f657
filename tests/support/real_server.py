"""What the real servers have in common: where they are, who may log in, whom they refuse, what they have delivered."""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import EmailMessage

CACHE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), ".cache", "servers")

USER = "ann"
PASSWORD = 'Tr0ub4dor&3 päß "x"'
DOMAIN = "ok.test"
UNKNOWN = f"unknown@{DOMAIN}"
GREYLISTED = f"grey@{DOMAIN}"
REFUSED_SUBJECT = "refuse me"
SIZE = 200_000

PATIENCE = 20.0


class Unavailable(Exception):  # noqa: N818 - a reason to skip
    """A server cannot be had here; the text says why."""


class RealServer:
    """A server that runs in a folder of its own, on loopback ports of its own.

    Attributes:
        name: as the tests show it.
        ports: the port of each mode: "plain", "ssl", "starttls".
        mail_folder: where it delivers, a file a mail.
        log_file: what the server says.
    """

    name = ""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.ports: dict[str, int] = {}
        self.mail_folder = os.path.join(folder, "mail")
        self.log_file = os.path.join(folder, "server.log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until all its ports answer."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the server and every session with it."""
        process, self._process = self._process, None
        if process is not None:
            # Sessions may be processes of their own; the group is ours alone, as launch() made it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            end(process)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # Exim's sessions wait for their clients' next line

    def queued(self) -> int:
        """Return how many accepted mails are not delivered yet."""
        return 0

    def mails(self, count: int) -> list[EmailMessage]:
        """Return all delivered mails, once there are `count` and no accepted one is still on its way."""
        deadline = time.monotonic() + PATIENCE
        while self.queued() or len(self._files()) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not deliver {count} mails\n{self.log()}")
            time.sleep(0.02)
        found = []
        for path in self._files():
            with open(path, "rb") as file:
                found.append(email.message_from_binary_file(file, policy=email.policy.default))
        return found

    def clear(self) -> None:
        """Forget the delivered mails."""
        self.mails(0)
        for path in self._files():
            os.unlink(path)

    def log(self) -> str:
        """Return the end of what the server said."""
        if not os.path.exists(self.log_file):
            return ""
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def _files(self) -> list[str]:
        return sorted(
            os.path.join(folder, name)
            for folder, _, names in os.walk(self.mail_folder)
            for name in names
            if os.path.basename(folder) != "tmp"
        )

    def launch(self, command: list[str]) -> None:
        """Start a process that lives as long as the server, and wait for the ports."""
        with open(self.log_file, "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_for_ports()

    def wait_for_ports(self) -> None:
        """Wait until all ports answer."""
        deadline = time.monotonic() + PATIENCE
        for port in set(self.ports.values()):
            while not _listens(port):
                if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                    self.stop()
                    raise AssertionError(f"{self.name} does not listen on port {port}\n{self.log()}")
                time.sleep(0.02)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process we started, with TERM and, should that not do, KILL."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port on loopback that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def run(*command: str, cwd: str | None = None) -> str:
    """Run a command and return its output; where it fails, a server cannot be had."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Unavailable(f"{' '.join(command[:3])} … failed: {' '.join(last)}")
    return done.stdout


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
