"""`statefile`: what a script keeps in `state` between its runs, when it is written, and what can be wrong with it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.command import JSNPY, Result, clean_environment, jsnpy
from support.running import running, seconds_to_end

from jsnpy.errors import ScriptError
from jsnpy.state import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = "disk.state.json"
REFUSED = "send_email({});"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(st.characters()), inner, max_size=5),
    max_leaves=20,
)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Return what runs a script with the state file of this test."""

    def run(script: str, *options: str) -> Result:
        (tmp_path / "a.js").write_text(script, encoding="utf-8")
        (tmp_path / "a.json").write_text(json.dumps({"scriptfile": "a.js", "statefile": FILE}))
        return jsnpy("a.json", *options, cwd=tmp_path)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The state file, which is not there yet."""
    return tmp_path / FILE


def kept(file: Path) -> Any:
    """Return what is in the file."""
    return json.loads(file.read_bytes())


def test_the_next_run_finds_what_this_one_left(run: Callable[..., Result], file: Path) -> None:
    """The first one finds {}; alert once when it goes down, once when it is back."""
    script = "if (%s !== !!state.down) { state.down = %s; console.log('alert', state) }"
    printed = [run(script % (down, down)).out for down in ("false", "true", "true", "false", "false")]
    assert ["", "alert { down: true }\n", "", "alert { down: false }\n", ""] == printed
    assert {"down": False} == kept(file)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("", 0),
        ("exit()", 0),
        ("exit(0)", 0),
        ("exit(256)", 0),
        ("try { exit(0) } finally { state.n = 2 }", 0),
        ("setTimeout(() => {}, 1)", 0),
        ("Promise.resolve().then(() => {})", 0),
        ("exit(1)", 1),
        ("exit(7)", 7),
        ("throw 1", 1),
        ("Promise.reject(1)", 1),
        ("new Promise(() => {})", 1),
        (REFUSED, 3),
        (REFUSED + "exit(0)", 3),
        ("for (;;);", 124),
    ],
)
def test_it_is_written_after_exit_0_alone(end: str, code: int, run: Callable[..., Result], file: Path) -> None:
    """An alert that was not sent is tried again by the next run, which finds the old state."""
    options = ["--fail-on-send-error", *(["--timeout", "0.5"] if code == 124 else [])]
    assert code == run(f"state.n = 1; {end}", *options).code
    assert ({"n": 1} if code == 0 else None) == (kept(file) if file.exists() else None)


def test_changes_of_timers_and_promises_count(run: Callable[..., Result], file: Path) -> None:
    """It is looked at when nothing of the script runs any more."""
    run("setTimeout(async () => { await null; state.late = true }, 5)")
    assert {"late": True} == kept(file)


@pytest.mark.parametrize("script", ["", "state.a; state.b = undefined; delete state.b", "state = { a: [1, 'x'] }"])
def test_it_is_written_only_if_it_changed(script: str, run: Callable[..., Result], file: Path) -> None:
    """What stands there stays as it is to the byte, with the spacing of who wrote it by hand."""
    file.write_text('\ufeff{ "a" : [1.0,\r\n "x"] }\n', encoding="utf-8")
    before = file.read_bytes(), os.stat(file).st_ino
    assert 0 == run(script).code
    assert before == (file.read_bytes(), os.stat(file).st_ino)


def test_what_is_undefined_is_left_out(run: Callable[..., Result], file: Path) -> None:
    """As JSON.stringify leaves it out: the next run finds it undefined, not null; in an array it is null."""
    file.write_text('{"since": 5, "n": 1}', encoding="utf-8")
    assert 0 == run("state.since = undefined; state.list = [undefined, 1]; state.in = { a: undefined, b: null }").code
    assert {"n": 1, "list": [None, 1], "in": {"b": None}} == kept(file)
    assert "undefined false\n" == run("console.log(typeof state.since, 'since' in state)").out


def test_what_is_undefined_is_left_out_of_the_state_alone(run: Callable[..., Result]) -> None:
    """A field that is undefined for want of a value is still told of elsewhere."""
    done = run("state.n = 1; console.log(http_get('http://127.0.0.1:1/', { X: undefined }).error)")
    assert "the header 'X' must be a string, not undefined or null" in done.out


def test_no_file_is_made_for_nothing(run: Callable[..., Result], file: Path) -> None:
    """A script that does not use its state leaves none."""
    assert (0, "{}\n") == ((result := run("console.log(state)")).code, result.out)
    assert not file.exists()


@pytest.mark.parametrize("value", [[1], "text", 5, None, True])
def test_any_json_value_will_do(value: object, run: Callable[..., Result], file: Path) -> None:
    """The whole of it can be replaced."""
    file.write_text(json.dumps(value), encoding="utf-8")
    result = run("console.log(JSON.stringify(state)); state = { was: state }")
    assert (0, json.dumps(value, separators=(",", ":")) + "\n") == (result.code, result.out)
    assert {"was": value} == kept(file)


@given(value=JSON)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_come_back_as_they_were(value: object, run: Callable[..., Result], file: Path) -> None:
    """Text of any characters, numbers, nesting: there and back."""
    file.unlink(missing_ok=True)
    source = json.dumps(value)
    assert 0 == run(f"state = {{ value: JSON.parse({json.dumps(source)}) }}").code
    result = run(f"console.log(JSON.stringify(state.value) === JSON.stringify(JSON.parse({json.dumps(source)})))")
    assert "true\n" == result.out


@pytest.mark.parametrize("script", ["let state = 5; state = 6", "const state = {}; state.x = 1", "class state {}"])
def test_a_scripts_own_state_is_its_own(script: str, run: Callable[..., Result], file: Path) -> None:
    """It may have had the name before."""
    assert (0, "") == ((result := run(script)).code, result.err)
    assert not file.exists()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("state.when = new Date(0)", "state.when is a Date"),
        ("state.a = [1, { f() {} }]", "state.a[1].f is a function"),
        ("state.n = 0 / 0", "state.n is NaN"),
        ("state.m = new Map()", "state.m is a Map"),
        ("state.b = 1n", "state.b is a bigint"),
        ("state.self = state", "state.self is an object that holds itself"),
        ("state = undefined", "state is undefined"),
        ("state = Symbol()", "state is a symbol"),
        (
            "Object.defineProperty(state, 'x', { enumerable: true, get() { throw 'no' } })",
            "state.x is a value that throws",
        ),
        ("Object.defineProperty(globalThis, 'state', { get() { throw 'no' } })", "state is a value that throws"),
    ],
)
@pytest.mark.parametrize("end", ["", "; exit(0)"])
def test_what_json_has_not_is_exit_1(change: str, named: str, end: str, run: Callable[..., Result], file: Path) -> None:
    """It is named, and what was there stays."""
    file.write_text("{}", encoding="utf-8")
    result = run(change + end, "-q")
    assert 1 == result.code
    assert named in result.err
    assert FILE in result.err
    assert "{}" == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("{", "line 1 column 2"),
        ("{} {}", "Extra data"),
        ("nul", "Expecting value"),
        ('{"a": NaN}', "NaN is not JSON"),
        # From 3.14 on, Python reads as deep as the stack goes, and finds what is missing.
        ("[" * 100_000, "it is nested too deeply" if sys.version_info < (3, 14) else "Expecting value"),
        ('{"a": -1e999}', "it holds a number too large for JavaScript"),
        ('{"a": ' + "1" * 400 + "}", "it holds a number too large for JavaScript"),
    ],
)
@pytest.mark.parametrize("options", [[], ["-q"], ["--dry-run"], ["--probe"]])
def test_a_damaged_file_is_exit_2_and_stays(
    text: str, why: str, options: list[str], run: Callable[..., Result], file: Path
) -> None:
    """The script does not run, the words are an administrator's, and nobody's state is overwritten."""
    file.write_text(text, encoding="utf-8")
    result = run("console.log('ran'); state = 1", *options)
    assert (2, "") == (result.code, result.out)
    assert f"the state file {file} is damaged: " in result.err
    assert why in result.err
    assert text == file.read_text(encoding="utf-8")


def test_bytes_of_another_encoding_are_damage(run: Callable[..., Result], file: Path) -> None:
    """Nothing is guessed."""
    file.write_bytes(b'{"a": "\xe9"}')
    assert 2 == (result := run("state = 1")).code
    assert FILE in result.err


@pytest.mark.parametrize("option", ["--dry-run", "--probe"])
def test_a_trial_reads_it_and_does_not_write(
    option: str, run: Callable[..., Result], file: Path, tmp_path: Path
) -> None:
    """Nothing at all is made in its folder."""
    file.write_text('{"n":1}', encoding="utf-8")
    before = sorted(os.listdir(tmp_path))
    result = run("console.log(state.n); state.n = 2", option)
    assert (0, "1\n", '{"n":1}') == (result.code, result.out, file.read_text(encoding="utf-8"))
    assert sorted({*before, "a.js", "a.json"}) == sorted(os.listdir(tmp_path))


def test_a_folder_that_is_not_there_is_told_when_something_is_to_be_kept(tmp_path: Path) -> None:
    """The script runs, its alert goes out; the exit code says that the state was lost."""
    (tmp_path / "a.json").write_text(json.dumps({"scriptfile": "a.js", "statefile": "nowhere/s.json"}))
    (tmp_path / "a.js").write_text("console.log(state)")
    assert (0, "{}\n") == ((result := jsnpy("a.json", cwd=tmp_path)).code, result.out)
    (tmp_path / "a.js").write_text("console.log(state); state.n = 1")
    result = jsnpy("a.json", "-q", cwd=tmp_path)
    assert (1, "{}\n") == (result.code, result.out)
    assert (
        f"the state file {tmp_path / 'nowhere' / 's.json'} cannot be written: No such file or directory" in result.err
    )


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o666])
def test_mode_and_link_stay(mode: int, run: Callable[..., Result], file: Path, tmp_path: Path) -> None:
    """What was shared stays shared, whatever the umask, and a link leads where it led."""
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "real.json").chmod(mode)
    file.symlink_to("real.json")
    assert 0 == run("state.n = 1").code
    assert file.is_symlink()
    assert (mode, {"n": 1}) == (os.stat(file).st_mode & 0o777, kept(tmp_path / "real.json"))


def test_a_disk_that_is_full_leaves_the_file_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is said, and nothing half written is left."""
    file.write_text('{"n":1}')
    state = State(str(file))
    state.open()
    state.change({"n": 2})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ScriptError, match="cannot be written: No space left on device"):
        state.save()
    state.close()
    assert {"n": 1} == kept(file)
    assert [FILE, f"{FILE}.lock"] == sorted(os.listdir(file.parent))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX's locks")
def test_a_disk_without_locks_is_read_and_told_when_something_is_to_be_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a lock that cannot be had: the script runs, and what it changes is not kept, with a word."""
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    file.write_text('{"n":1}')
    monkeypatch.setattr(fcntl, "flock", refuse)
    state = State(str(file), deadline=time.monotonic() + 20)
    state.open()
    assert {"n": 1} == state.value
    state.save()
    state.change({"n": 2})
    with pytest.raises(ScriptError, match="cannot be written: No locks available"):
        state.save()
    state.close()
    assert {"n": 1} == kept(file)


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_the_new_file_is_safe_before_it_takes_the_place_of_the_old(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text is on the disk by then, and it was never readable for more than the old one, not for a moment."""
    file.write_text("{}")
    file.chmod(0o600)
    seen: list[object] = []

    def noting(what: Callable[..., object], real: Callable[..., object]) -> Callable[..., object]:
        def noted(*given: object) -> object:
            seen.append(what(*given))
            return real(*given)

        return noted

    monkeypatch.setattr(os, "chmod", noting(lambda path, _: os.stat(path).st_mode & 0o777, os.chmod))
    monkeypatch.setattr(os, "fsync", noting(lambda handle: os.fstat(handle).st_size, os.fsync))
    monkeypatch.setattr(os, "replace", noting(lambda *_: "replaced", os.replace))
    state = State(str(file))
    state.open()
    state.change({"n": 2})
    state.save()
    state.close()
    assert [0o600, len('{"n":2}\n'), "replaced"] == seen
    assert {"n": 2} == kept(file)


COUNT = "const n = state.n || 0; sleep(arg.pause || 20); state.n = n + 1; console.log(state.n)"


def test_runs_at_once_lose_nothing(run: Callable[..., Result], file: Path, tmp_path: Path) -> None:
    """Each waits until the one before it has written."""
    run("")
    (tmp_path / "a.js").write_text(COUNT)
    runs = [
        subprocess.Popen([*JSNPY, "a.json"], cwd=tmp_path, env=clean_environment(), stdout=subprocess.PIPE)
        for _ in range(5)
    ]
    printed = sorted(each.communicate(timeout=60)[0] for each in runs)
    assert [b"1\n", b"2\n", b"3\n", b"4\n", b"5\n"] == printed
    assert {"n": 5} == kept(file)


def test_who_waits_too_long_is_ended_and_says_for_what(run: Callable[..., Result], file: Path, tmp_path: Path) -> None:
    """Waiting counts, and the script that did not get its turn did not run."""
    run("")
    (tmp_path / "a.js").write_text("console.log('ready'); sleep(1e6)")
    with running("a.json", cwd=tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        result = jsnpy("a.json", "--timeout", "0.6", cwd=tmp_path)
        assert (124, "") == (result.code, result.out)
        assert "another run had its state file" in result.err
    assert not file.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_a_killed_run_blocks_nobody(run: Callable[..., Result], file: Path, tmp_path: Path) -> None:
    """The lock goes with the process, and what was there is still there."""
    file.write_text('{"n":1}', encoding="utf-8")
    run("")
    (tmp_path / "a.js").write_text("state.n = 2; console.log('ready'); sleep(1e6)")
    with running("a.json", cwd=tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
        seconds_to_end(process)
    assert "1\n" == run("console.log(state.n)").out


def test_without_a_file_there_is_no_state(tmp_path: Path) -> None:
    """The name is the script's."""
    (tmp_path / "a.js").write_text("console.log(typeof state)")
    assert "undefined\n" == jsnpy("a.js", cwd=tmp_path).out


def test_from_python(tmp_path: Path) -> None:
    """A run from Python keeps it too, in a child process as well."""
    import jsnpy as package

    (tmp_path / "a.js").write_text("state.n = (state.n || 0) + 1; console.log(state.n)")
    config = {"scriptfile": str(tmp_path / "a.js"), "statefile": str(tmp_path / FILE)}
    printed = [package.run(config, timeout=timeout).stdout for timeout in (None, 30, None)]
    assert ["1\n", "2\n", "3\n"] == printed
    (tmp_path / "a.js").write_text("state.when = new Date(0)")
    assert "state.when is a Date" in (package.run(config).error or "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(run: Callable[..., Result], tmp_path: Path) -> None:
    """A pipe in the state file's place is refused at once, whether or not anybody writes into it."""
    os.mkfifo(tmp_path / FILE)
    done = run("console.log(1)", "--timeout", "20")
    assert (2, "") == (done.code, done.out)
    assert "is not a file" in done.err


def test_a_huge_file_is_not_read(run: Callable[..., Result], tmp_path: Path) -> None:
    """A file that no script's state can be is refused before it fills the memory."""
    with open(tmp_path / FILE, "wb") as file:
        file.truncate(100 << 20)
    done = run("console.log(1)")
    assert (2, "") == (done.code, done.out)
    assert "at most 64 MB" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_in_the_locks_place_is_not_followed(run: Callable[..., Result], tmp_path: Path) -> None:
    """What another account makes the lock's name lead to is not made; a change is refused with a word."""
    (tmp_path / f"{FILE}.lock").symlink_to(tmp_path / "elsewhere")
    done = run("state.n = 1")
    assert 1 == done.code
    assert "cannot be written" in done.err
    assert not (tmp_path / "elsewhere").exists()
