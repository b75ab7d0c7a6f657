"""What a run imports, which is most of the time that a short one takes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.command import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

DEAR = {
    "re", "enum", "typing", "json", "click", "smtplib", "ssl", "email", "http", "dataclasses", "inspect", "pathlib",
    "socket", "urllib", "logging", "threading", "subprocess", "tempfile", "difflib",
}  # fmt: skip

SHOWN = """
import os, sys
leave, before = os._exit, set(sys.modules)
def tell(code):
    sys.stdout.write(" ".join(sorted(set(sys.modules) - before)))
    sys.stdout.flush()
    leave(code)
os._exit = tell
sys.argv[1:] = {!r}
from jsnpy.__main__ import main
main()
"""


def imported(folder: Path, *arguments: str) -> set[str]:
    """Return the modules that a run of the command imports, beyond those that Python itself does."""
    # Without the site's packages, whose .pth files may import anything.
    code = f"import sys; sys.path += {sys.path!r}\n" + SHOWN.format(list(arguments))
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-c", code],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("console.log()", ["a.js"]),
        ("", ["a.json"]),
        ("setTimeout(() => console.log(1), 1)", ["a.json", "--timeout", "60", "-q", "--outbox", "box"]),
        ("exit(0)", ["a.json", "--fail-on-send-error", "--log-format", "json"]),
        ("sleep(1); console.log(state)", ["state.json"]),
    ],
)
def test_a_short_run_imports_nothing_dear(script: str, arguments: list[str], tmp_path: Path) -> None:
    """A run that prints a line takes little more than Python and the engine need."""
    (tmp_path / "a.js").write_text(script)
    (tmp_path / "a.json").write_text('{"scriptfile": "a.js", "arg": {"to": "b@x.test"}}')
    (tmp_path / "state.json").write_text('{"scriptfile": "a.js", "statefile": "s.json"}')
    names = imported(tmp_path, *arguments)
    assert "jsnpy.engine.engine" in names
    assert set() == DEAR & names


def test_what_a_script_does_not_use_is_not_imported(tmp_path: Path) -> None:
    """Timers and reports of mails come with the first of them, what knows home folders with a `~`."""
    (tmp_path / "a.js").write_text("console.log()")
    needless = {"jsnpy.bindings.clock", "jsnpy.mail_report", "jsnpy.spellings", "jsnpy.home"}
    assert set() == needless & imported(tmp_path, "a.js", "--outbox", "box")
