"""Tries every fault at every byte of a plain session, and a sample under TLS; prints a table (`make test-faults`)."""

from __future__ import annotations

import collections
import concurrent.futures
import os
import random
import sys
import time
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.fault_runs import KINDS, SCENARIOS, Bench, KeptBench, every_fault
from support.faulty_link import FLIP

if TYPE_CHECKING:
    from support.faulty_link import Fault
    from support.mailserver import Mode

TLS_SAMPLE = 600
KEPT = "kept"
BENCHES = 6
"""Benches at a time in each process: most of a send over a stalled link is waiting."""

Tally = collections.Counter[tuple[str, str]]


def _run(scenario: str, mode: Mode, faults: list[Fault]) -> tuple[Tally, list[str]]:
    tally: Tally = collections.Counter()
    texts = []
    with KeptBench() if scenario == KEPT else Bench(scenario, mode) as bench:
        for fault in faults:
            wrong = bench.judge(fault)
            tally[fault.kind, "cases"] += 1
            tally[fault.kind, "passed"] += not wrong
            for text in wrong:
                tally[fault.kind, text.split(": ")[1]] += 1
                texts.append(f"[{scenario} {mode}] {text}")
    return tally, texts


def _work(parts: list[tuple[str, Mode, list[Fault]]]) -> list[tuple[str, Tally, list[str]]]:
    """Run in one process: a thread for each part."""
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as threads:
        jobs = [(scenario, mode, threads.submit(_run, scenario, mode, faults)) for scenario, mode, faults in parts]
        return [(f"{scenario} {mode}", *job.result()) for scenario, mode, job in jobs]


def _plan() -> list[tuple[str, Mode, list[Fault]]]:
    plan: list[tuple[str, Mode, list[Fault]]] = []
    kinds: list[tuple[str, Mode]] = [(scenario, "plain") for scenario in SCENARIOS]
    for scenario, mode in [*kinds, ("accepted", "ssl"), ("accepted", "starttls")]:
        with Bench(scenario, mode) as bench:
            faults = list(every_fault(bench.lengths()))
        random.Random(1).shuffle(faults)  # so that every part takes about as long
        plan.append((scenario, mode, faults if mode == "plain" else faults[:TLS_SAMPLE]))
    with KeptBench() as kept:
        # Where the server's words were changed, nobody can say what it did.
        faults = [fault for fault in every_fault(kept.lengths()) if fault.kind != FLIP]
    random.Random(1).shuffle(faults)
    plan.append((KEPT, "plain", faults))
    return plan


def main() -> int:
    """Print a line for each fault found and a table; return 1 if there was any."""
    start = time.monotonic()
    processes = os.cpu_count() or 1
    lots: list[list[tuple[str, Mode, list[Fault]]]] = [[] for _ in range(processes)]
    for scenario, mode, faults in _plan():
        for number in range(processes * BENCHES):
            lots[number % processes].append((scenario, mode, faults[number :: processes * BENCHES]))
    tallies: dict[str, Tally] = collections.defaultdict(collections.Counter)
    texts: list[str] = []
    with concurrent.futures.ProcessPoolExecutor(processes) as pool:
        # A scenario at a time in each process, so that no more than BENCHES run there at once.
        batches = [lot[at : at + BENCHES] for lot in lots for at in range(0, len(lot), BENCHES)]
        for results in pool.map(_work, batches):
            for name, tally, found in results:
                tallies[name].update(tally)
                texts += found
    print("\n\n".join(texts[:20]))
    print(f"{'scenario':20}{'fault':8}{'cases':>8}{'passed':>8}{'lost':>8}{'doubled':>8}{'leaked':>8}{'other':>8}")
    for name, tally in tallies.items():
        for kind in (*KINDS, FLIP):
            cases, passed = tally[kind, "cases"], tally[kind, "passed"]
            lost, doubled, leaked = (tally[kind, what] for what in ("lost", "doubled", "leaked"))
            other = sum(count for (each, _), count in tally.items() if each == kind) - cases - passed
            other -= lost + doubled + leaked
            print(f"{name:20}{kind:8}{cases:8}{passed:8}{lost:8}{doubled:8}{leaked:8}{other:8}")
    cases = sum(tally[kind, "cases"] for tally in tallies.values() for kind in (*KINDS, FLIP))
    print(f"{cases} sends over broken links, {len(texts)} untruthful, {time.monotonic() - start:.0f} s")
    return 1 if texts else 0


if __name__ == "__main__":
    sys.exit(main())
