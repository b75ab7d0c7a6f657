"""Where the milliseconds of a run go: `python profile_run.py SCRIPT`, in an environment that jsnpy is installed in.

Times are medians over several processes; what each step took is measured inside of them, with a clock around the step.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

PROCESSES = 15

INSIDE = """
import sys, time
clock = time.perf_counter
start = clock()
steps = []
def step(name):
    global start
    steps.append((name, clock() - start))
    start = clock()
import jsnpy.__main__; step("import jsnpy.__main__")
import jsnpy.config; step("import jsnpy.config")
import jsnpy.runner; step("import jsnpy.runner (engine, output, supervisor)")
from jsnpy import options, output, config, runner, supervisor
from jsnpy.redaction import Redactor
redactor = Redactor(); streams = output.standard(redactor); step("streams")
loaded = config.load(sys.argv[1]); step("read the config")
run = runner.Run(loaded, options.Options(), streams, redactor); step("make the run")
from jsnpy import engine
made = engine.Engine.__init__
def timed(self, *args, **options):
    step("start the worker")
    made(self, *args, **options)
    step("engine: context, prelude, bindings")
engine.Engine.__init__ = timed
supervisor.supervise(run.work, run.tick, run.deadline); step("run, report, flush")
print("\\n".join(f"{seconds}\\t{name}" for name, seconds in steps), file=sys.stderr)
sys.stderr.flush(); import os; os._exit(0)
"""


def whole(command: list[str]) -> float:
    """Return how many seconds a process takes, as a median."""
    taken = []
    for _ in range(PROCESSES):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def inside(script: str) -> dict[str, float]:
    """Return the seconds of each step inside the process, as medians."""
    steps: dict[str, list[float]] = {}
    for _ in range(PROCESSES):
        command = [sys.executable, "-P", "-c", INSIDE, script]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
        for line in done.stderr.splitlines():
            seconds, name = line.split("\t")
            steps.setdefault(name, []).append(float(seconds))
    return {name: statistics.median(taken) for name, taken in steps.items()}


def imports(script: str) -> list[tuple[int, str]]:
    """Return what the command imports beyond a bare interpreter: microseconds of its own, name."""

    def imported(*arguments: str) -> dict[str, int]:
        command = [sys.executable, "-X", "importtime", *arguments]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
        rows = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()[1:]]
        return {row[2].strip(): int(row[0]) for row in rows if len(row) == 3}

    bare = imported("-c", "pass")
    command = os.path.join(os.path.dirname(sys.executable), "jsnpy")
    return sorted(((own, name) for name, own in imported(command, script).items() if name not in bare), reverse=True)


def show(seconds: float, what: str) -> None:
    """Print a line of the profile."""
    sys.stdout.write(f"{seconds * 1000:8.2f} ms  {what}\n")


def main() -> None:
    """Print the profile."""
    script = sys.argv[1]
    sys.stdout.write(f"\nWhere the time of {os.path.basename(script)} goes\n")
    python = whole([sys.executable, "-c", "pass"])
    command = whole([os.path.join(os.path.dirname(sys.executable), "jsnpy"), script])
    steps = inside(script)
    show(command, "the whole command, of it")
    show(python, "python -c pass (with its teardown of about 2 ms, which the command spares itself)")
    for name, seconds in steps.items():
        show(seconds, name)
    sys.stdout.write("What it imports beyond python -c pass, each by itself:\n")
    for own, name in imports(script):
        show(own / 1e6, name)


if __name__ == "__main__":
    main()
