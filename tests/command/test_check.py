"""`jsnpy check`: all mistakes of many files, and nothing is run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.command import JSNPY, clean_environment, jsnpy
from support.engines import without_warning

from jsnpy.engine.engine import UNSEEN

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, **files: object) -> None:
    """Write files: texts as they are, other values as JSON; `a_js` is a.js."""
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")


def test_a_line_for_each_file(tmp_path: Path) -> None:
    """Configs and scripts without fault are said to be ok, with the script's name; nothing of them is run."""
    write(tmp_path, a_json={"scriptfile": "a.js"}, a_js="console.log('ran'); exit(5)", b_js="#!x\nthrow 1")
    done = jsnpy("check", "a.json", "b.js", os.path.join(".", "a.js"), cwd=tmp_path)
    lines = ["a.json: ok (a.js)", "b.js: ok", f"{os.path.join('.', 'a.js')}: ok"]
    assert (0, lines, "") == (done.code, done.out.splitlines(), done.err)


def test_all_faults_of_each_file_are_told(tmp_path: Path) -> None:
    """Reading goes on after a fault: the config's, those of its includes and of its script are all on stderr."""
    config = {"scriptfile": "a.js", "include": ["gone.js", "lib.js", 5], "statefile": 1, "arg": {}}
    write(tmp_path, a_json=config, a_js="let a = ;", lib_js="if (")
    done = jsnpy("check", "a.json", cwd=tmp_path)
    assert (2, "a.json: 5 faults\n") == (done.code, done.out)
    for told in (
        'the script "gone.js" was not found',
        '"include.2" must be',
        '"statefile" must be',
        "a.js:1",
        "lib.js:1",
    ):
        assert told in done.err
    assert 2 == done.err.count("SyntaxError")


def test_a_fault_far_down_has_its_line(tmp_path: Path) -> None:
    """The host's own code is taken to be below all lines of the script."""
    write(tmp_path, a_js="\n" * 12_000 + "let a = ;")
    assert "a.js:12001\n" in jsnpy("check", "a.js", cwd=tmp_path).err


@pytest.mark.parametrize(
    ("files", "code"),
    [(["ok.js"], 0), (["ok.js", "bad.js"], 1), (["bad.js", "bad.json", "ok.js"], 2), (["bad.json", "bad.js"], 2)],
)
def test_the_highest_exit_code_counts(tmp_path: Path, files: list[str], code: int) -> None:
    """One file with a fault does not hide behind the next one, and the others are looked at all the same."""
    write(tmp_path, ok_js="1", bad_js="let =", bad_json="{")
    done = jsnpy("check", *files, cwd=tmp_path)
    assert (code, len(files)) == (done.code, len(done.out.splitlines()))


def test_the_encoding_holds_for_configs_and_scripts(tmp_path: Path) -> None:
    """What a run reads with --encoding, a check reads with it too."""
    (tmp_path / "a.json").write_bytes('{"scriptfile": "a.js", "arg": "é"}'.encode("cp1252"))
    (tmp_path / "a.js").write_bytes("'é'".encode("cp1252"))
    assert 2 == jsnpy("check", "a.json", cwd=tmp_path).code
    done = jsnpy("check", "a.json", "--encoding", "cp1252", cwd=tmp_path)
    assert (0, "a.json: ok (a.js)\n", "") == (done.code, done.out, done.err)


def test_missing_references_are_warnings(tmp_path: Path) -> None:
    """The machine that checks need not have the secrets of the machine that runs."""
    block = {"token_url": "https://x.test/t", "client_id": "i", "client_secret": "${ENV:NOPE_2}"}
    write(tmp_path, a_json={"scriptfile": "a.js", "arg": ["${ENV:NOPE_1}", "${FILE:nope}"], "oauth2": block}, a_js="1")
    done = jsnpy("check", "a.json", cwd=tmp_path)
    assert (0, "a.json: ok (a.js)\n") == (done.code, done.out)
    assert 3 == done.err.count("jsnpy: warning: ")
    for name in ("NOPE_1", "NOPE_2", "nope"):
        assert name in done.err


def test_a_secret_in_the_config_itself_is_warned_of(tmp_path: Path) -> None:
    """A literal secret of the oauth2 block would lie in an outbox as it is: check says where, and never what."""
    block = {"token_url": "https://x.test/t", "client_id": "i", "client_secret": "GEHEIM-1"}
    write(tmp_path, a_json={"scriptfile": "a.js", "oauth2": block}, a_js="1")
    done = jsnpy("check", "a.json", cwd=tmp_path)
    assert (0, True) == (done.code, "oauth2.client_secret stands in the config itself" in done.err)
    assert "GEHEIM" not in done.err


def test_names_of_other_hosts_are_warned_of_once(tmp_path: Path) -> None:
    """What a script uses that is not here is named with its line and a cure; a script of many configs but once."""
    write(tmp_path, a_json={"scriptfile": "s.js"}, b_json={"scriptfile": "s.js"}, s_js="let a;\nprocess.exit(1)")
    done = jsnpy("check", "a.json", "b.json", cwd=tmp_path)
    assert (0, 2, 1) == (done.code, len(done.out.splitlines()), done.err.count("warning"))
    assert "jsnpy: warning: s.js:2: process.exit" in done.err
    assert "exit(" in done.err


def test_what_cannot_be_seen_is_warned_of(tmp_path: Path) -> None:
    """Where the engine does not tell of rejected promises, check says so of scripts that have any."""
    write(tmp_path, a_js="async function f() { throw 1 }\nf(); 1")
    done = jsnpy("check", "a.js", cwd=tmp_path)
    assert (0, "a.js: ok\n") == (done.code, done.out)
    assert done.err in ("", f"jsnpy: warning: a.js: {UNSEEN}\n")
    assert "" == without_warning(done.err.replace("a.js: ", ""))


def test_a_folder_stands_for_its_configs(tmp_path: Path) -> None:
    """Each config in it is checked; JSON files that are none are passed over, broken ones are not."""
    folder = tmp_path / "configs"
    folder.mkdir()
    write(folder, a_json={"scriptfile": "a.js"}, b_json={"scriptFile": "a.js"}, broken_json='{"x": ', a_js="1")
    write(folder, package_json={"name": "x"}, list_json=[1], state_json={"down": True}, other_js="let")
    done = jsnpy("check", "configs", cwd=tmp_path)
    lines = [os.path.join("configs", f"{line}") for line in ("a.json: ok", "b.json: 1 fault", "broken.json: 1 fault")]
    assert (2, lines) == (done.code, [line.partition(" (")[0] for line in done.out.splitlines()])


def test_a_pattern_stands_for_its_files(tmp_path: Path) -> None:
    """Windows' shells hand patterns on as they are; one that nothing fits is a missing file."""
    write(tmp_path, a_json={"scriptfile": "a.js"}, b_json={"scriptfile": "a.js"}, a_js="1")
    done = jsnpy("check", "?.json", "a.*", cwd=tmp_path)
    assert (0, "") == (done.code, done.err)
    assert ["a.json: ok (a.js)", "b.json: ok (a.js)", "a.js: ok", "a.json: ok (a.js)"] == done.out.splitlines()
    done = jsnpy("check", "*.jsn", cwd=tmp_path)
    assert 2 == done.code
    assert 'the config "*.jsn" was not found' in done.err


def test_a_folder_without_configs_is_a_fault(tmp_path: Path) -> None:
    """Nothing checked is never success."""
    write(tmp_path, package_json={"name": "x"})
    done = jsnpy("check", tmp_path)
    assert (2, "") == (done.code, done.out)
    assert "has no configs in it" in done.err


def test_quiet_leaves_the_faults(tmp_path: Path) -> None:
    """With -q nothing is said of what is well, and no warning."""
    write(tmp_path, a_json={"scriptfile": "a.js", "argument": 1}, a_js="1", b_js="let =")
    done = jsnpy("check", "-q", "a.json", "b.js", cwd=tmp_path)
    assert (1, "b.js: 1 fault\n") == (done.code, done.out)
    assert "SyntaxError" in done.err
    assert "argument" not in done.err


def test_faults_as_json(tmp_path: Path) -> None:
    """With --log-format json each fault is one object, a script's with its place."""
    write(tmp_path, a_json={"scriptfile": "a.js", "statefile": 1}, a_js="\nlet a = ;")
    done = jsnpy("check", "--log-format", "json", "a.json", cwd=tmp_path)
    config, script = map(json.loads, done.err.splitlines())
    assert (2, "error", "error", "a.js", 2) == (
        done.code,
        config["level"],
        script["level"],
        script["file"],
        script["line"],
    )


def test_standard_input_is_checked(tmp_path: Path) -> None:
    """- is a config from standard input here too."""
    write(tmp_path, a_js="1")
    done = jsnpy("check", "-", cwd=tmp_path, input='{"scriptfile": "a.js"}')
    assert (0, "-: ok (a.js)\n", "") == (done.code, done.out, done.err)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names here")
@pytest.mark.parametrize("ended", ["timeout", "signal"])
def test_a_check_that_hangs_is_ended_with_a_word(tmp_path: Path, ended: str) -> None:
    """A pipe that nobody writes into is what --timeout and signals are for; what was found so far is printed."""
    write(tmp_path, a_js="1")
    os.mkfifo(tmp_path / "pipe.json")
    words = [*JSNPY, "check", "a.js", "pipe.json", "--timeout", "1" if ended == "timeout" else "60"]
    with subprocess.Popen(
        words, cwd=tmp_path, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as check:
        assert check.stdout is not None
        assert check.stderr is not None
        assert "a.js: ok\n" == check.stdout.readline()
        if ended == "signal":
            check.send_signal(signal.SIGTERM)
        code = check.wait(30)
        assert (124 if ended == "timeout" else 143) == code
        assert "the check was ended" in check.stderr.read()


@pytest.mark.skipif(not os.path.exists("/dev/full") or sys.platform == "win32", reason="no /dev/full")
def test_output_that_cannot_be_written_is_no_success(tmp_path: Path) -> None:
    """A full disk behind stdout is exit code 1, in words."""
    write(tmp_path, a_js="1")
    with open("/dev/full", "wb") as full:
        words = [*JSNPY, "check", "a.js"]
        done = subprocess.run(
            words, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, env=clean_environment(), check=False
        )
    assert (1, True) == (done.returncode, b"output cannot be written" in done.stderr)


def test_secrets_of_a_config_are_masked_in_faults(tmp_path: Path) -> None:
    """A syntax error in a line that repeats a password does not show it."""
    write(tmp_path, a_json={"scriptfile": "a.js", "arg": {"pass": "hunter2-4711"}}, a_js="let p = 'hunter2-4711' x")
    done = jsnpy("check", "a.json", cwd=tmp_path)
    assert (1, False) == (done.code, "hunter2-4711" in done.err)
