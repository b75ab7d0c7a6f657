"""Prints runs per second through Celery with one and two workers: `make bench-fleet`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support.brokers import RABBITMQ, REDIS, Broker, RabbitMQ, Redis
from support.fleet import Many, Worker, environment
from support.mailserver import MailServer

_COUNT = 500

_PRINTS = "console.log('n', arg.n);"
_SENDS = """
send_email({ host: "127.0.0.1", port: arg.port, from: "a@x.test", to: "b@y.test", subject: `${arg.n}`, body: "full" });
"""

_NOTHING = f"""
import time
from support.fleet_worker import nothing
begun = time.monotonic()
for each in [nothing.delay() for _ in range({_COUNT})]:
    each.get(timeout=300)
print({_COUNT} / (time.monotonic() - begun))
"""


def measure(broker: Broker, workers: int, script: str, folder: Path) -> float:
    """Return runs per second, from the first one submitted to the last answer; without a script, empty tasks."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(MailServer())
        (folder / "run.js").write_text(script)
        (folder / "run.json").write_text(json.dumps({"scriptfile": "run.js", "arg": {"port": server.port}}))
        variables = {"JSNPY_BROKER_URL": broker.url}
        if isinstance(broker, RabbitMQ):
            variables["JSNPY_RESULT_URL"] = stack.enter_context(Redis(folder / f"state{workers}")).url
        for number in range(workers):
            stack.enter_context(Worker(folder, f"worker{number}", 1, **variables))
        if not script:
            command = [sys.executable, "-P", "-c", _NOTHING]
            done = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, check=True)
            return float(done.stdout)
        many = Many(folder / "run.json", _COUNT, 300, **variables)
        begun = many.submitted()
        results = many.results()
        taken = time.monotonic() - begun
        if sum(each.get("code") == 0 for each in results) != _COUNT:
            sys.exit("not every run was done")
        return _COUNT / taken


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure each broker that is there."""
    brokers = ([Redis] if REDIS else []) + ([RabbitMQ] if RABBITMQ and REDIS else [])
    if not brokers:
        sys.exit("neither redis-server nor rabbitmq-server is installed: apt-get install redis-server rabbitmq-server")
    say(f"runs a second, {_COUNT} runs, workers of one process each, on this machine together with the broker")
    for kind in brokers:
        with tempfile.TemporaryDirectory() as name, kind(Path(name) / "broker") as broker:
            for what, script in (("an empty task", ""), ("prints a line", _PRINTS), ("sends a mail", _SENDS)):
                for workers in (1, 2):
                    rate = measure(broker, workers, script, Path(name))
                    say(f"  {broker.name:9} {what:14} {workers} worker{'s' * (workers > 1):1} {rate:6.1f}")


if __name__ == "__main__":
    main()
