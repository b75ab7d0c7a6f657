"""Real brokers on loopback ports: redis-server and rabbitmq-server, each with folders of its own, ended by pid."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Self

from support.redis_server import redis_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RABBITMQ = next((path for path in ("/usr/lib/rabbitmq/bin/rabbitmq-server",) if os.access(path, os.X_OK)), None)
REDIS = redis_server()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return when a condition holds; fail when it does not in time."""
    give_up = time.monotonic() + seconds
    while not true():
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.05)


def answers(port: int, question: bytes, answer: bytes) -> bool:
    """Return whether a server answers a question as it should."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(question)
            return connection.recv(100).startswith(answer)
    except OSError:
        return False


def end(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
    """End a process and its children, by the group they were started in."""
    for each in (number, signal.SIGKILL):
        try:
            os.killpg(process.pid, each)
        except ProcessLookupError:
            break
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what outlived its leader


class Broker:
    """A broker that can be stopped and started again with what it kept; a context manager.

    Args:
        folder: where it keeps that.
    """

    name = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The broker's URL."""
        raise NotImplementedError

    def command(self) -> tuple[list[str], dict[str, str]]:
        """Return the command and its variables."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Return whether it serves."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it, and wait until it serves."""
        command, variables = self.command()
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **variables},
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self.ready, f"{self.name} starts; see {self.folder}")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it with a signal."""
        if self.process is not None:
            end(self.process, number)
            self.process = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGKILL)


class Redis(Broker):
    """A redis-server that writes everything to its log, as a broker should."""

    name = "redis"

    @property
    def url(self) -> str:
        """The broker's URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> tuple[list[str], dict[str, str]]:
        """Return the command and its variables."""
        assert REDIS
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes",
        }
        return [REDIS, *(word for name, value in options.items() for word in (f"--{name}", value))], {}

    def ready(self) -> bool:
        """Return whether it serves (it does not while it reads its log)."""
        return answers(self.port, b"PING\r\n", b"+PONG")


class RabbitMQ(Broker):
    """A rabbitmq-server, with an epmd of its own."""

    name = "rabbitmq"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ports = (free_port(), free_port())
        self.epmd: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The broker's URL."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def variables(self) -> dict[str, str]:
        """Return what keeps it apart from any other one on this machine."""
        folder = str(self.folder)
        return {
            "HOME": folder,
            "ERL_EPMD_PORT": str(self.ports[0]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"jsnpy{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.ports[1]),
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/env",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def command(self) -> tuple[list[str], dict[str, str]]:
        """Return the command and its variables."""
        assert RABBITMQ
        return [RABBITMQ], self.variables()

    def start(self) -> None:
        """Start it, and wait until it serves."""
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text("log.console = false\n")
        if self.epmd is None:
            epmd = shutil.which("epmd")
            assert epmd
            self.epmd = subprocess.Popen(
                [epmd, "-port", str(self.ports[0]), "-address", "127.0.0.1"],
                env={**os.environ, **self.variables()},
                start_new_session=True,
            )
        super().start()

    def ready(self) -> bool:
        """Return whether it serves."""
        return answers(self.port, b"AMQP\x00\x00\x09\x01", b"\x01")

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.epmd is not None:
            end(self.epmd, signal.SIGKILL)
