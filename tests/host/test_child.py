"""Work in a child process: what comes back, what is raised, and that it never outlives its parent."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Any, cast

import pytest
from support.command import clean_environment

from jsnpy import child, supervisor
from jsnpy.errors import ConfigError, JsnpyError

if TYPE_CHECKING:
    from pathlib import Path

HERE = os.path.dirname(os.path.abspath(__file__))
ENDLESS = """
import sys, jsnpy
jsnpy.run({"scriptfile": sys.argv[1], "arg": {"url": sys.argv[2]}}, timeout=600)
"""

FORKING = """
import os, sys, threading, jsnpy
config = {"scriptfile": sys.argv[1], "arg": {"url": sys.argv[2]}}
threading.Thread(target=jsnpy.run, args=[config], kwargs={"timeout": 600}, daemon=True).start()
sys.stdin.readline()
if os.fork() == 0:
    os.close(1)
    os.read(0, 1)
    os._exit(0)
os.kill(os.getpid(), 9)
"""


def answered(given: Any) -> Any:
    """Return what was given, from the child's side."""
    return {"given": given}


def refused(given: Any) -> Any:
    """Raise what a wrong config does."""
    raise ConfigError(given, "mend it")


def dying(given: Any) -> Any:
    """End without an answer."""
    sys.stderr.write(given)
    sys.stderr.flush()
    os._exit(9)


def sleeping(given: Any) -> Any:
    """Wait longer than the test."""
    import time

    time.sleep(given)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child finds this module as this process does."""
    monkeypatch.syspath_prepend(HERE)


@pytest.mark.parametrize("given", [None, {"a": [1, "é\ud83d\u2028\n"]}, "x" * 3_000_000])
def test_a_value_goes_there_and_back(given: Any) -> None:
    """Text of any size and kind arrives."""
    assert child.call("test_child:answered", given, 60) == {"given": given}


def test_a_timeout_may_be_longer_than_the_system_waits() -> None:
    """Thousands of years, by which somebody means never, are no fault."""
    assert child.call("test_child:answered", 1, 1e12) == {"given": 1}
    assert supervisor.Worker(lambda _: None).wait(1e12)


def test_what_the_function_raises_is_raised_here() -> None:
    """An error of ours keeps its class, message and hint."""
    with pytest.raises(ConfigError) as caught:
        child.call("test_child:refused", "a.json: no", 60)
    assert (caught.value.message, caught.value.hint) == ("a.json: no", "mend it")


def test_a_child_that_dies_is_an_error_with_its_last_words() -> None:
    """Nobody waits for an answer that cannot come; of very many words, the last ones are told."""
    with pytest.raises(JsnpyError, match="died: no memory"):
        child.call("test_child:dying", "no memory", 60)
    with pytest.raises(JsnpyError, match=r"died: x+no memory$"):
        child.call("test_child:dying", "x" * 5000 + "no memory", 60)


def test_a_child_finds_nothing_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a module that is nowhere else: where a run is started, anybody may have put it."""
    (tmp_path / "planted.py").write_text("def work(given): return given")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    with pytest.raises(JsnpyError, match="No module named 'planted'"):
        child.call("planted:work", 1, 60)


def test_a_child_that_does_not_answer_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A while after the work's own time."""
    monkeypatch.setattr(child, "_GRACE", 0.5)
    with pytest.raises(TimeoutError, match="the run was ended"):
        child.call("test_child:sleeping", 600, 0.5)


def test_a_run_ends_with_its_parent_however_that_dies(tmp_path: Any) -> None:
    """A program that is killed leaves no script behind that goes on sending."""
    (tmp_path / "a.js").write_text("for (;;) http_get(arg.url)")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        command = [sys.executable, "-c", ENDLESS, str(tmp_path / "a.js"), url]
        with subprocess.Popen(command, env=clean_environment()) as parent:
            connection, _ = server.accept()
            parent.kill()
    with connection:
        connection.settimeout(20)  # before the request's own end
        while connection.recv(4096):
            pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
def test_a_run_ends_with_its_parent_though_another_process_has_its_pipes(tmp_path: Any) -> None:
    """What the parent forked while the run was under way, as a pool of workers, keeps nothing alive."""
    (tmp_path / "a.js").write_text("for (;;) http_get(arg.url)")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        command = [sys.executable, "-c", FORKING, str(tmp_path / "a.js"), url]
        with subprocess.Popen(command, env=clean_environment(), stdin=subprocess.PIPE) as parent:
            connection, _ = server.accept()
            stdin = cast("IO[bytes]", parent.stdin)
            stdin.write(b"fork\n")
            stdin.flush()
            parent.wait()
            with connection:
                connection.settimeout(20)  # before the request's own end
                while connection.recv(4096):
                    pass
