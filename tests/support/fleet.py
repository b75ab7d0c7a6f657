"""Workers, and many runs for them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from jsnpy.fleet.claims import Claims
from jsnpy.fleet.state import State
from jsnpy.fleet.waiting import Waiting
from support.brokers import end, wait_until
from support.command import Result, clean_environment, jsnpy

if TYPE_CHECKING:
    from support.brokers import Redis

HERE = Path(__file__).parent
SECRET = "Geheim-4711-äöü"
SCRIPT = """
const r = send_email({ host: "127.0.0.1", port: arg.port, user: arg.user, pass: arg.pass, from: "a@x.test",
                       to: "b@y.test", subject: `Run ${arg.n}`, body: "full", timeout: 5 });
console.log(r.code, JSON.stringify(r.details));
console.error(r.error);
"""


def environment(**extra: str) -> dict[str, str]:
    """Return what workers and submitters find in their environment."""
    return clean_environment(PYTHONPATH=f"{HERE.parent}", PYTHONWARNINGS="ignore", **extra)


class Worker:
    """A worker with its pool; a context manager.

    Args:
        folder: where its log goes.
        name: its name.
        processes: how many runs it does at a time.
        variables: its environment, with the broker's URL.
    """

    def __init__(self, folder: Path, name: str, processes: int = 2, **variables: str) -> None:
        self.folder = folder
        self.name = name
        self.processes = processes
        self.variables = variables
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / f"{name}.log"

    def start(self, *, ready: bool = True) -> None:
        """Start it."""
        before = self.log.stat().st_size if self.log.exists() else 0
        words = [sys.executable, "-P", "-m", "celery", "-A", "support.fleet_worker", "worker", "-l", "INFO"]
        words += ["-c", str(self.processes), "-n", f"{self.name}@%h", "--without-mingle", "--without-gossip"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                words,
                env=environment(**self.variables),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if ready:
            wait_until(lambda: b" ready." in self.log.read_bytes()[before:], f"{self.name} starts; see {self.log}")

    def kill(self) -> None:
        """End it and its pool at once, as when its machine dies."""
        assert self.process is not None
        end(self.process, signal.SIGKILL)
        self.process = None

    def kill_children(self) -> None:
        """End the processes of its pool at once."""
        for child in self._children():
            os.kill(child, signal.SIGKILL)

    def memory(self) -> list[int]:
        """Return the megabytes that each of its processes takes."""
        assert self.process is not None
        found = []
        for each in (self.process.pid, *self._children()):
            fields = dict(
                line.split(":", 1) for line in Path(f"/proc/{each}/status").read_text(encoding="utf-8").splitlines()
            )
            found.append(int(fields["VmRSS"].split()[0]) // 1024)
        return found

    def _children(self) -> list[int]:
        assert self.process is not None
        return [
            int(child)
            for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            .read_text(encoding="utf-8")
            .split()
        ]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            end(self.process)


class Fleet:
    """A broker with a worker.

    Args:
        folder: where scripts go.
        broker: the broker.
        worker: the worker.
    """

    def __init__(self, folder: Path, broker: Redis, worker: Worker) -> None:
        self.folder = folder
        self.broker = broker
        self.worker = worker
        self.state = State(broker.url)
        self.claims = Claims(self.state)
        self.waiting = Waiting(self.state)

    def submit(self, script: str, *options: str, arg: object = None) -> Result:
        """Submit a script and return what the command said."""
        (self.folder / "run.js").write_text(script)
        (self.folder / "run.json").write_text(json.dumps({"scriptfile": "run.js", "arg": arg}))
        env = {"JSNPY_BROKER_URL": self.broker.url}
        return jsnpy("submit", "run.json", *options, cwd=self.folder, env=env)

    def log(self) -> str:
        """Return what the worker said."""
        return self.worker.log.read_text()


class Many:
    """Many runs that were submitted, in a process of its own.

    Args:
        config: the config; `arg.n` becomes each run's number.
        count: how many.
        seconds: how long to wait for their results.
        variables: the environment, with the broker's URL.
    """

    def __init__(self, config: Path, count: int, seconds: float, **variables: str) -> None:
        self.count = count
        self._process = subprocess.Popen(
            [sys.executable, "-P", f"{HERE / 'fleet_driver.py'}", str(config), str(count), str(seconds)],
            env=environment(**variables),
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self._out = self._process.stdout

    def submitted(self) -> float:
        """Return, when all are at the broker, the moment of `time.monotonic()` that the first one was handed over."""
        said = json.loads(self._out.readline())
        assert self.count == said["submitted"]
        return float(said["begun"])

    def results(self) -> list[dict[str, Any]]:
        """Return what came of each, when that is known of all."""
        lines = [json.loads(line) for line in self._out]
        assert 0 == self._process.wait()
        self._out.close()
        return lines

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._out.close()
