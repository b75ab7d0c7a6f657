"""`make bench-growth`: what a mail costs as mails, kept mails, recipients and bytes grow; flat is within a fifth."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from bench.measure import CACHE, WORK, Bench, Program, machine, measure, running, say

if TYPE_CHECKING:
    from collections.abc import Callable

_FLAT = 1.2
_ROUNDS = 3


def table(title: str, unit: str, sizes: tuple[int, ...], cost: Callable[[int], float]) -> None:
    """Print what a unit costs at each size, beside what it costs at the size before."""
    say(f"\n{title}: milliseconds a {unit}, without the start")
    before = None
    for size in sizes:
        each = cost(size) * 1000
        verdict = "" if before is None or each <= before * _FLAT else "grows"
        say(f"{size:>12,}  {each:10.3f}  {verdict}")
        before = each


def seconds(*programs: Program) -> list[float]:
    """Return the medians of programs that are measured in turn."""
    measure(_ROUNDS, *programs)
    return [program.time for program in programs]


class Growth:
    """The measurements.

    Args:
        bench: what runs the programs.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def mails(self, count: int) -> float:
        """Return the cost of each of so many mails."""
        start, run = seconds(self.bench.mails("g1", 1), self.bench.mails("gn", count + 1))
        return (run - start) / count

    def recipients(self, count: int) -> float:
        """Return the cost of each of a mail's recipients, ten mails to each number of them."""
        run, start = seconds(
            self.bench.mails("gr", 10, recipients=count + 1), self.bench.mails("g1r", 10, recipients=1)
        )
        return (run - start) / count / 10

    def size(self, size: int) -> float:
        """Return the cost of 10 KB of a body of so many bytes."""
        run, start = seconds(self.bench.mails("gs", 1, size=size), self.bench.mails("g0", 1))
        return (run - start) / (size / 10_000)

    def kept(self, count: int) -> float:
        """Return the cost of flushing each of so many kept mails."""
        bench = self.bench
        kept, box = os.path.join(CACHE, "growing"), os.path.join(CACHE, "grown")
        fill = [bench.python, os.path.join(WORK, "keep.py"), kept, str(bench.plain), str(count + 1)]
        subprocess.run(fill, check=True)

        def copy() -> None:
            shutil.rmtree(box, ignore_errors=True)
            shutil.copytree(kept, box)
            os.sync()

        (run,) = seconds(Program([bench.jsnpy, "outbox", "flush", "-q", "--outbox", box], before=copy))
        subprocess.run([*fill[:-1], "1"], check=True)
        (start,) = seconds(Program([bench.jsnpy, "outbox", "flush", "-q", "--outbox", box], before=copy))
        return (run - start) / count


def main() -> None:
    """Measure and print."""
    with running() as bench:
        say(machine(bench))
        growth = Growth(bench)
        table("mails of a run", "mail", (10, 100, 1_000, 10_000), growth.mails)
        table("kept mails flushed", "mail", (100, 1_000, 10_000), growth.kept)
        table("recipients of a mail", "recipient", (10, 100, 1_000), growth.recipients)
        table("bytes of a body", "10 KB", (10_000, 1_000_000, 10_000_000, 30_000_000), growth.size)


if __name__ == "__main__":
    main()
