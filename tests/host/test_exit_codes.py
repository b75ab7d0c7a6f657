"""One test per exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import clean_environment, jsnpy

import jsnpy as library

REFUSED = "send_email({ host: '127.0.0.1', port: 1, from: 'a@x.test', to: 'b@x.test', subject: '', body: '' });"


@pytest.mark.parametrize(
    ("code", "script", "options"),
    [
        (0, "console.log('hello')", []),
        (0, REFUSED, []),
        (1, "throw new Error('x')", []),
        (2, "", ["--timeout", "-1"]),
        (2, "", ["--timeout", "soon"]),
        (2, "", ["--timeout", "inf"]),
        (3, REFUSED, ["--fail-on-send-error"]),
        (7, REFUSED + "exit(7)", ["--fail-on-send-error"]),
        (1, REFUSED + "throw 1", ["--fail-on-send-error"]),
        (3, REFUSED + "exit(0)", ["--fail-on-send-error"]),
        (124, "for (;;);", ["--timeout", "0.2"]),
        (9, "exit(9)", []),
    ],
)
def test_exit_code(code: int, script: str, options: list[str], tmp_path: Path) -> None:
    """Each way to end has its exit code; the script's own and 1 win over 3; 130 and 143 are in test_endings.py."""
    (tmp_path / "a.js").write_text(script)
    assert code == jsnpy(*options, "a.js", cwd=tmp_path).code


@pytest.mark.parametrize(("given", "code"), [("256", 0), ("-1", 255), ("300.9", 44), ("2 ** 40 + 5", 5), ("'x'", 1)])
def test_an_exit_code_has_eight_bits(given: str, code: int, tmp_path: Path) -> None:
    """What a script gives to exit() counts modulo 256, for who runs it from Python too; what is no number is 1."""
    (tmp_path / "a.js").write_text(f"exit({given})")
    assert code == library.run(tmp_path / "a.js").exit_code


def test_exit_code_2_missing_file(tmp_path: Path) -> None:
    """A file that is not there is a wrong usage, not a failed script."""
    assert 2 == jsnpy("missing.json", cwd=tmp_path).code


@pytest.mark.parametrize("place", ["jsnpy.bindings.email", "jsnpy.config"])
@pytest.mark.parametrize("options", [[], ["-v"]])
def test_exit_code_70_fault_of_jsnpy(place: str, options: list[str], tmp_path: Path) -> None:
    """A fault of ours is one short text that asks for a report; where it arose is told with -v only."""
    (tmp_path / "a.js").write_text("try { send_email({}) } catch { } finally { console.log('no') }")
    breaking = {
        "jsnpy.bindings.email": "import jsnpy.smtp; jsnpy.smtp.send = lambda *a: 1 / 0",
        "jsnpy.config": "import jsnpy.config; jsnpy.config.load = lambda *a, **k: 1 / 0",
    }[place]
    code = f"import sys; sys.argv[0] = 'jsnpy'; {breaking}; from jsnpy.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *options, "a.js"],
        cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert (70, "") == (done.returncode, done.stdout)
    assert "please report it: ZeroDivisionError" in done.stderr
    assert ("Traceback" in done.stderr) == bool(options)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX only")
def test_library_runs_in_two_threads() -> None:
    """Two runs in two threads do not disturb each other, and leave the signals alone."""
    import signal
    import threading

    before = signal.getsignal(signal.SIGINT)
    results = {}

    def work(number: int, folder: Path) -> None:
        results[number] = library.run(folder)

    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        scripts = [Path(folder, f"{number}.js") for number in range(2)]
        for number, script in enumerate(scripts):
            script.write_text(f"for (let i = 0; i < 20; i++) setTimeout(() => console.log({number}), i); exit")
        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(scripts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert ["0\n" * 20, "1\n" * 20] == [results[0].stdout, results[1].stdout]
    assert before == signal.getsignal(signal.SIGINT)
