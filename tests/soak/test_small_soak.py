"""What keeps a run of thousands of mails as small and quick as one of a few; the real soak is `make soak`."""

import os
import subprocess
import sys

from support.command import clean_environment

from jsnpy.config import from_mapping
from jsnpy.output import Memory, Output
from jsnpy.redaction import Redactor
from jsnpy.runner import Options, Run
from jsnpy.smtp import SendResult

SOAK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "soak.py")


def test_the_counts_are_equal_on_both_sides() -> None:
    """Mails of one run and of several, with faults among them, are counted alike by scripts and server."""
    done = subprocess.run(
        [sys.executable, SOAK],
        env=clean_environment(SOAK_MAILS="200", SOAK_RUNS="2"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (0, "nothing lost, nothing doubled, nothing leaked") == (done.returncode, done.stdout.splitlines()[-1])


def test_a_run_keeps_no_results_that_nobody_asks_for() -> None:
    """Logs of mails already sent do not pile up; what the run has to say of its mails stays known."""
    redactor = Redactor()
    run = Run(from_mapping({"scriptfile": SOAK}), Options(), Output(Memory(), Memory(), redactor), redactor)
    run.note_send(SendResult(0, "long log", "", {"accepted": ["ann@x.test"]}))
    run.note_send(SendResult(-9, "long log", "lost", {"accepted": []}))
    assert ([], ["ann@x.test"], 1) == (run.sends, run.reached, run.failed)


def test_passing_secrets_are_forgotten_after_a_few_more() -> None:
    """What a thousand log-ins once sent is not searched for in each text; the latest, and the password, still are."""
    redactor = Redactor()
    redactor.add("Tr0ub4dor&3")
    redactor.add_passing("digest-0")
    before = len(redactor._forms)
    for number in range(1, 1000):
        redactor.add_passing(f"digest-{number}")
    assert "[redacted] [redacted]" == redactor.scrub("Tr0ub4dor&3 digest-999")
    assert len(redactor._forms) < 20 * before
