"""The result of a send over a link that breaks is truthful: a sample here, every byte with `make test-faults`."""

from __future__ import annotations

import os
import random
import sys
from typing import TYPE_CHECKING

import pytest
from support.fault_runs import SCENARIOS, Bench, KeptBench, every_fault
from support.faulty_link import CUT, DELAY, FLIP, HALF, RESET, STALL, TO_CLIENT
from support.scripted import CLOSE, HANG, scripted

from jsnpy import smtp

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.mailserver import Mode
    from support.scripted import Connection, ScriptedServer

__all__ = ["scripted"]  # a fixture

SAMPLE = {CUT: 60, HALF: 60, RESET: 60, FLIP: 160, DELAY: 20, STALL: 4}


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0


def _sample(bench: Bench, kind: str, size: int) -> list[str]:
    faults = [fault for fault in every_fault(bench.lengths()) if fault.kind == kind]
    chosen = random.Random(1).sample(faults, size)
    return [wrong for fault in chosen for wrong in bench.judge(fault)]


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
@pytest.mark.parametrize("kind", sorted(SAMPLE))
def test_a_fault_makes_no_false_result(kind: str, scenario: str) -> None:
    """Whatever byte the link breaks at, the result says what the server did, or that it cannot be known."""
    with Bench(scenario) as bench:
        assert [] == _sample(bench, kind, SAMPLE[kind])


@pytest.mark.parametrize("kind", [CUT, HALF, RESET, STALL, DELAY])
def test_a_fault_in_a_kept_session_makes_no_false_result(kind: str) -> None:
    """With two mails over one session each result is about its own mail, and none is sent twice."""
    with KeptBench() as bench:
        assert [] == _sample(bench, kind, min(SAMPLE[kind], 40))


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
@pytest.mark.parametrize("kind", [CUT, RESET, FLIP])
def test_a_fault_under_tls_makes_no_false_result(kind: str, mode: Mode) -> None:
    """Under TLS the same holds, and a changed byte is never believed."""
    with Bench("accepted", mode) as bench:
        assert [] == _sample(bench, kind, 25)


def test_a_cut_after_the_final_dot_is_an_unknown_delivery() -> None:
    """A connection that ends between the final dot and its answer is -10, once, and the server holds one copy."""
    with Bench() as bench:
        _, _, (whole,), _ = bench.send(None, 10)
        start = bytes(whole.passed[TO_CLIENT]).index(b"354 go ahead\r\n") + len(b"354 go ahead\r\n")
        fault = next(
            fault
            for fault in every_fault(bench.lengths())
            if fault.kind == CUT and fault.direction == TO_CLIENT and fault.position == start
        )
        result, accepted, passages, _ = bench.send(fault, 10)
    assert (smtp.Code.UNKNOWN, 1, 1) == (result.code, accepted, len(passages))


def test_faults_leave_no_files_open() -> None:
    """Sends that fail in every way leave no socket open behind them."""
    with Bench() as bench:
        _sample(bench, CUT, 3)
        before = _open_files()
        for kind in (CUT, RESET, FLIP):
            _sample(bench, kind, 10)
        assert before == _open_files()


def _early_yes(connection: Connection) -> None:
    connection.send(b"354 go ahead\r\n")
    connection.until(b"token-")
    connection.send(b"250 2.0.0 queued as 4Zx1\r\n")


@pytest.mark.parametrize("after", [HANG, CLOSE])
def test_a_yes_before_the_dot_is_an_unknown_delivery(scripted: Callable[..., ScriptedServer], after: str) -> None:
    """A server that says yes in the middle of the message may deliver what it has: that must not look like a no."""
    server = scripted(DATA=(_early_yes, after))
    fields = {"host": server.host, "port": server.port, "from": "mon@x.test", "to": "ann@y.test", "timeout": 5}
    result = smtp.send({**fields, "subject": "token-1", "body": "disk full\n" * 700_000})
    assert smtp.Code.UNKNOWN == result.code
