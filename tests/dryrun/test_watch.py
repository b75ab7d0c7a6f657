"""--watch: a dry run that is made again after each change, while the open page follows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

import pytest
from support.command import clean_environment, jsnpy

from jsnpy.command import watch

if TYPE_CHECKING:
    from pathlib import Path

MAIL = "{ host: 'h', port: 25, from: 'a@x.test', to: 'b@x.test', subject: '', body: '' }"


class Watching:
    """The command as it watches, whose lines are read as they come."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jsnpy", *arguments, "--dry-run", "--watch"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=clean_environment(),
        )
        self.lines: list[str] = []
        self._late = threading.Timer(60, self.process.kill)
        self._late.start()

    def until(self, words: str) -> str:
        """Read on to a line with these words and return it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if words in line:
                return self.lines[-1]
        pytest.fail(f"no line with {words!r} came:\n" + "\n".join(self.lines))

    def end(self) -> int:
        """End it as a service manager would; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._late.cancel()
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config with a script and an include."""
    (tmp_path / "a.json").write_text(json.dumps({"scriptfile": "a.js", "include": ["lib.js"], "arg": {"n": 1}}))
    (tmp_path / "lib.js").write_text("function name() { return 'first' }")
    (tmp_path / "a.js").write_text(f"console.log('ran', name(), arg.n); send_email({MAIL})")
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="a process is ended there without a word")
def test_each_change_runs_again(folder: Path) -> None:
    """Script, config and include count; one mailbox gets the mails of all runs, and its page follows until the end."""
    with Watching(folder, "a.json", "--mailbox", "box") as watching:
        watching.until("ran first 1")
        assert "watching a.json, a.js, lib.js; Ctrl-C ends it" == watching.until("watching")
        assert "data-watched" in (folder / "box/index.html").read_text("utf-8")
        (folder / "lib.js").write_text("function name() { return 'second' }")
        watching.until("ran second 1")
        watching.until("watching")
        (folder / "a.json").write_text('{"scriptfile": "a.js", "include": ["lib.js"], "arg": {"n": 22}}')
        watching.until("ran second 22")
        watching.until("1 mail caught")
        watching.until("watching")
        assert 143 == watching.end()
        assert "jsnpy: error: the watch was ended (SIGTERM)" == watching.until("error")
    assert ["001.eml", "002.eml", "003.eml"] == sorted(path.name for path in (folder / "box").glob("*.eml"))
    page = (folder / "box/index.html").read_text("utf-8")
    assert "3 mails caught" in page
    assert '<html lang="en">' in page


@pytest.mark.skipif(sys.platform == "win32", reason="a process is ended there without a word")
def test_a_script_that_does_not_end_is_ended_by_a_change(folder: Path) -> None:
    """An endless loop, and a config that cannot be read, wait for their correction."""
    (folder / "a.js").write_text("console.log('looping'); while (true);")
    with Watching(folder, "a.json") as watching:
        watching.until("looping")
        (folder / "a.js").write_text("console.log('mended')")
        assert "the run was ended (--watch); no mail" in watching.until("error")
        assert "a.js changed: here it is again" == watching.until("changed")
        watching.until("mended")
        watching.until("watching")
        (folder / "a.json").write_text("{")
        watching.until("a.json:1:")
        watching.until("watching")
        (folder / "a.json").write_text('{"scriptfile": "a.js"}')
        watching.until("mended")
        assert 143 == watching.end()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.json", "--watch"], "--watch is for a --dry-run: add it"),
        (["-", "--watch", "--dry-run"], "--watch needs a file"),
    ],
)
def test_what_cannot_be_watched_is_said(folder: Path, arguments: list[str], said: str) -> None:
    """Without a dry run each change would send real mails; standard input does not change."""
    result = jsnpy(*arguments, cwd=folder)
    assert 2 == result.code
    assert said in result.err


def test_the_environment_does_not_watch_a_real_run(folder: Path) -> None:
    """A variable that does not fit the call is ignored."""
    (folder / "a.js").write_text("1")
    assert 0 == jsnpy("a.json", cwd=folder, env={"JSNPY_WATCH": "1"}).code


def test_a_change_that_keeps_the_size_is_one(tmp_path: Path) -> None:
    """One digit for another is seen, and so is a file that goes away."""
    file = tmp_path / "a.js"
    file.write_text("exit(1)")
    states = [watch._state(str(file))]
    file.write_text("exit(2)")
    os.utime(file, ns=(0, 10**18))
    states.append(watch._state(str(file)))
    file.unlink()
    states.append(watch._state(str(file)))
    assert 3 == len(set(states))
