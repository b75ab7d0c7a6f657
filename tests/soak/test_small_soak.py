"""What keeps a run of thousands of mails as small and quick as one of a few; the real soak is `make soak`."""

import os
import subprocess
import sys

import pytest
from support.command import clean_environment

from jsnpy.config import from_mapping
from jsnpy.mailer import Mailer
from jsnpy.options import Options
from jsnpy.output import Memory, Output
from jsnpy.redaction import Redactor

SOAK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "soak.py")


@pytest.mark.skipif(sys.platform == "win32", reason="what a process holds is read from /proc")
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
    """Logs of mails already sent do not pile up; how many failed stays known."""
    mailer = Mailer(Options(), Output(Memory(), Memory(), Redactor()), Redactor())
    mailer.open(from_mapping({"scriptfile": SOAK}))
    assert [-1, -1] == [mailer.send({}).code, mailer.send({}).code]
    assert ([], 2) == (mailer.results, mailer.report.failed)


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
