"""A run that failed never ends without a word: whatever its exit code, stderr says why, with -q too."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.command import clean_environment, jsnpy
from support.engines import ORIGINAL
from support.running import running, seconds_to_end

if TYPE_CHECKING:
    from pathlib import Path

FAILED_SEND = "send_email({});"

SCRIPTS = {
    "throws": (1, "throw new Error('x')", []),
    "throws nothing": (1, "throw undefined", []),
    "throws an empty text": (1, "throw ''", []),
    "throws what cannot be shown": (1, "throw { get message() { throw 1 }, toString() { throw 2 } }", []),
    "throws in a timer": (1, "setTimeout(() => { throw 1 }, 1)", []),
    "throws after output": (1, "console.log('x'.repeat(1e6)); null.x", []),
    "does not compile": (1, "let = = 1", []),
    "an empty error": (1, "throw new Error()", []),
    "rejects": (1, "Promise.reject(new Error('no'))", []),
    "rejects with nothing": (1, "(async () => { throw undefined })()", []),
    "never settles": (1, "new Promise(() => {})", []),
    "too deep": (1, "(function f() { f() })()", []),
    "too large": (1, "const a = []; for (;;) a.push(new Array(1000).fill(a.length))", ["--memory-limit", "8MB"]),
    "a mail not sent": (3, FAILED_SEND, ["--fail-on-send-error"]),
    "a mail not sent before exit(0)": (3, FAILED_SEND + "exit()", ["--fail-on-send-error"]),
    "its time is up": (124, "for (;;);", ["--timeout", "0.2"]),
    "its time is up in a timer": (124, "setTimeout(() => {}, 1e8)", ["--timeout", "0.2"]),
    "a timeout that is none": (2, "", ["--timeout", "soon"]),
    "an option that is none": (2, "", ["--no-such-option"]),
    "a mailbox without a dry run": (2, "", ["--mailbox", "mails"]),
    "an encoding that is none": (2, "", ["--encoding", "klingon"]),
}
CONFIGS = {
    "missing": None,
    "empty": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "no script": b"{}",
    "a script that is not there": b'{"scriptfile": "nothing.js"}',
    "a script that is a folder": b'{"scriptfile": "."}',
    "a script that is none": b'{"scriptfile": "a.json"}',
    "bytes of another encoding": b'{"scriptfile": "\xe9.js"}',
    "a variable that is not set": b'{"scriptfile": "a.js", "arg": "${ENV:JSNPY_TEST_NOT_SET}"}',
    "a file that is not there": b'{"scriptfile": "a.js", "arg": "${FILE:nothing}"}',
}


@pytest.mark.parametrize("quiet", [[], ["-q"], ["--log-format", "json"]])
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_fails_says_why(name: str, quiet: list[str], tmp_path: Path) -> None:
    """Each way in which a script can fail."""
    if ORIGINAL and name == "too large":
        pytest.skip("the original engine may crash when its memory is exhausted")
    code, script, options = SCRIPTS[name]
    (tmp_path / "a.js").write_text(script)
    result = jsnpy("a.js", *options, *quiet, cwd=tmp_path)
    assert code == result.code
    assert result.err.strip()


@pytest.mark.parametrize("quiet", [[], ["-q"], ["--log-format", "json"]])
@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_that_cannot_be_used_says_why(name: str, quiet: list[str], tmp_path: Path) -> None:
    """Each is exit 2 with a text."""
    (tmp_path / "a.js").write_text("")
    text = CONFIGS[name]
    if text is not None:
        (tmp_path / "a.json").write_bytes(text)
    result = jsnpy("a.json", *quiet, cwd=tmp_path)
    assert 2 == result.code
    assert result.err.strip()


def test_no_file_at_all() -> None:
    """A call without anything is told how to."""
    assert 2 == (result := jsnpy()).code
    assert result.err.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="/dev/full is Linux")
@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_output_that_cannot_be_written(quiet: list[str], tmp_path: Path) -> None:
    """A full disk is an error that is told."""
    (tmp_path / "a.js").write_text("console.log(1)")
    with (
        open("/dev/full", "wb") as full,
        running("a.js", *quiet, cwd=tmp_path, stdout=full.fileno()) as process,
    ):
        assert process.stderr
        seconds_to_end(process)
        assert b"No space left" in process.stderr.read()
    assert 1 == process.returncode


def test_a_code_given_to_exit_needs_no_words(tmp_path: Path) -> None:
    """The script knows why."""
    (tmp_path / "a.js").write_text("exit(5)")
    assert (5, "") == ((result := jsnpy("a.js", cwd=tmp_path)).code, result.err)


FAULTY = """
import sys
from jsnpy import mailer
def fail(self): raise RuntimeError("no idea")
mailer.Mailer.{} = fail
sys.argv[1:] = {!r}
from jsnpy.__main__ import main
main()
"""


@pytest.mark.parametrize("method", ["close", "finish", "tick", "flush_outbox"])
@pytest.mark.parametrize("options", [[], ["-q"], ["-v"]])
def test_a_fault_of_jsnpys_own_is_exit_70(method: str, options: list[str], tmp_path: Path) -> None:
    """Wherever it happens, at the end of a run too, the run ends and asks for a report; -v shows where."""
    (tmp_path / "a.js").write_text("setTimeout(() => console.log('done'), 200)")
    code = FAULTY.format(method, ["a.js", *options])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=clean_environment(PYTHONPATH=os.pathsep.join(sys.path)),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert 70 == done.returncode
    assert "a fault in jsnpy itself, please report it: RuntimeError: no idea" in done.stderr
    assert ("Traceback" in done.stderr) == ("-v" in options)
