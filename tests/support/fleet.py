"""Workers, and many runs for them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from support.brokers import end, wait_until
from support.command import clean_environment

if TYPE_CHECKING:
    from support.mailserver import MailServer

HERE = Path(__file__).parent


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
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            end(self.process)


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

    def submitted(self) -> None:
        """Return when all are at the broker."""
        assert json.loads(self._out.readline()) == {"submitted": self.count}

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


def tally(results: list[dict[str, Any]], server: MailServer) -> dict[str, int]:
    """Return the table of a test: what came of the runs and of their mails."""
    subjects = Counter(str(mail.message["Subject"]) for mail in list(server.mails))
    return {
        "submitted": len(results),
        "done": sum("code" in each for each in results),
        "lost": sum("failed" in each for each in results),
        "no answer": sum("missing" in each for each in results),
        "mails once": sum(count == 1 for count in subjects.values()),
        "mails twice": sum(count > 1 for count in subjects.values()),
    }
