"""sleep(ms): how long it waits, and what ends it."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.command import jsnpy
from support.running import running, seconds_to_end

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_it_waits_that_long(options: list[str], tmp_path: Path) -> None:
    """Whole and broken milliseconds, as number or text; it returns nothing; a dry run waits too."""
    (tmp_path / "a.js").write_text(
        "const t = Date.now(); console.log(sleep(150), sleep('50'), sleep(0.5)); console.log(Date.now() - t >= 199)"
    )
    assert "undefined undefined undefined\ntrue\n" == jsnpy("a.js", *options, cwd=tmp_path).out


@pytest.mark.parametrize("given", ["NaN", "-1", "-Infinity", "", "undefined", "null", "{}", "'soon'", "[]"])
def test_what_is_no_time_is_not_waited_for(given: str, tmp_path: Path) -> None:
    """Nothing is thrown either."""
    (tmp_path / "a.js").write_text(f"console.log(sleep({given}))")
    start = time.monotonic()
    assert (0, "undefined\n") == ((result := jsnpy("a.js", cwd=tmp_path)).code, result.out)
    assert time.monotonic() - start < 10


def test_timers_and_promises_wait_for_it(tmp_path: Path) -> None:
    """It blocks, as its name says elsewhere too."""
    (tmp_path / "a.js").write_text(
        "setTimeout(() => console.log('timer'), 1); Promise.resolve().then(() => console.log('job'));"
        " sleep(50); console.log('slept')"
    )
    assert "slept\njob\ntimer\n" == jsnpy("a.js", cwd=tmp_path).out


@pytest.mark.parametrize("time_given", ["1e9", "Infinity", "1e300"])
def test_the_deadline_ends_it(time_given: str, tmp_path: Path) -> None:
    """However long it was to wait; nothing of the script runs after it."""
    (tmp_path / "a.js").write_text(f"console.log(1); try {{ sleep({time_given}) }} finally {{ console.log(2) }}")
    result = jsnpy("a.js", "--timeout", "0.5", cwd=tmp_path)
    assert (124, "1\n") == (result.code, result.out)


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_a_signal_ends_it(tmp_path: Path) -> None:
    """What was printed before is there while it waits."""
    (tmp_path / "a.js").write_text("console.log('ready'); sleep(Infinity)")
    with running("a.js", cwd=tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert seconds_to_end(process) < 2
    assert 143 == process.returncode
