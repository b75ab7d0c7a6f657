"""The command's options as its users meet them: by hand, from the environment, and in the wrong way."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from support.command import JSNPY, clean_environment, jsnpy
from support.engines import ORIGINAL

# Fails before anything is connected, at once.
FAILED_SEND = "send_email({});"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the scripts of these tests."""
    (tmp_path / "arg.js").write_text("console.log(JSON.stringify(arg))")
    (tmp_path / "loop.js").write_text("for (;;);")
    (tmp_path / "send.js").write_text(FAILED_SEND)
    (tmp_path / "cp1252.js").write_bytes(b"console.log('\xe9')")
    (tmp_path / "large.js").write_text("const a = []; for (let i = 0; i < 1e6; i++) a.push(i); console.log(a.length)")
    (tmp_path / "mail.js").write_text(
        "console.log(send_email({host: 'mail.test', port: 25, from: 'a@x.test', to: 'b@x.test', subject: 's',"
        " body: 'b'}).code)"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("variables", "script", "code", "out", "err"),
    [
        ({"JSNPY_SET": "subject=Disk is full\nn=5"}, "arg.js", 0, '{"subject":"Disk is full","n":5}\n', ""),
        ({"JSNPY_TIMEOUT": "0.2"}, "loop.js", 124, "", "ended after 0.2 s"),
        ({"JSNPY_MEMORY_LIMIT": "4MB"}, "large.js", 1, "", "4 MB"),
        ({"JSNPY_CHECK": "1", "JSNPY_VERSION": "0.1.0", "JSNPY_SUBMIT": "1"}, "arg.js", 0, "{}\n", ""),
        ({"JSNPY_MAILBOX": "mails"}, "arg.js", 0, "{}\n", ""),
        ({"JSNPY_ENCODING": "cp1252"}, "cp1252.js", 0, "é\n", ""),
        ({"JSNPY_FAIL_ON_SEND_ERROR": "true"}, "send.js", 3, "", "host is missing"),
        ({"JSNPY_QUIET": "1"}, "send.js", 0, "", ""),
        ({"JSNPY_VERBOSE": "1"}, "arg.js", 0, "{}\n", "jsnpy: engine"),
        ({"JSNPY_LOG_FORMAT": "json"}, "send.js", 0, "", '"level":"warning"'),
        ({"JSNPY_DRY_RUN": "yes", "JSNPY_MAILBOX": "mails"}, "mail.js", 0, "0\n", os.path.join("mails", "001.eml")),
        ({"JSNPY_TIMEOUT": "", "JSNPY_DRY_RUN": "", "JSNPY_SET": ""}, "arg.js", 0, "{}\n", ""),
    ],
)
def test_environment_variable(
    variables: dict[str, str], script: str, code: int, out: str, err: str, folder: Path
) -> None:
    """Every option can be given as JSNPY_ and its name; an empty one counts for nothing."""
    result = jsnpy(script, cwd=folder, env=variables)
    assert (code, out) == (result.code, result.out)
    assert err in result.err if err else result.err == ""


def test_bad_value_from_the_environment_is_named(folder: Path) -> None:
    """A bad value that no command line shows is said to come from its variable."""
    result = jsnpy("arg.js", cwd=folder, env={"JSNPY_TIMEOUT": "soon"})
    assert (2, "") == (result.code, result.out)
    assert '"soon" is not a number of seconds (from the environment variable JSNPY_TIMEOUT)' in result.err


@pytest.mark.parametrize(
    ("variables", "options", "code", "said"),
    [
        ({"JSNPY_QUIET": "1"}, ["-v"], 0, "jsnpy: engine"),
        ({"JSNPY_VERBOSE": "1"}, ["-q"], 0, ""),
        ({}, ["-v", "-q"], 2, "contradict"),
        ({"JSNPY_VERBOSE": "1", "JSNPY_QUIET": "1"}, [], 2, "contradict"),
    ],
)
def test_verbose_and_quiet(variables: dict[str, str], options: list[str], code: int, said: str, folder: Path) -> None:
    """What is typed overrules what the environment sets; both from one place is an error."""
    result = jsnpy("arg.js", *options, cwd=folder, env=variables)
    assert code == result.code
    assert said in result.err if said else result.err == ""


def test_verbose_says_what_runs_and_each_send(folder: Path) -> None:
    """With -v stderr names script, engine, and each send with its code and time."""
    result = jsnpy("-v", "mail.js", "--dry-run", cwd=folder)
    lines = result.err.splitlines()
    assert f"jsnpy: config (none), script {folder / 'mail.js'}" == lines[0]
    assert lines[1].startswith("jsnpy: engine quickjs")
    assert re.fullmatch(r"jsnpy: send_email returned 0 after \d(\.\d+)? s", lines[-2])
    assert lines[-1].startswith("1 mail caught")
    assert "script " in jsnpy("check", "-v", "mail.js", cwd=folder).err


def test_quiet_keeps_the_script_and_its_error(folder: Path) -> None:
    """With -q the host is silent but for the uncaught error; what the script writes to stderr stays."""
    (folder / "a.js").write_text(f"{FAILED_SEND} console.error('mine');\nthrow new Error('gone')")
    result = jsnpy("-q", "a.js", cwd=folder)
    assert (1, "") == (result.code, result.out)
    assert result.err.startswith("mine\na.js:2\n")
    assert "Error: gone" in result.err
    assert "jsnpy:" not in result.err


@pytest.mark.parametrize(
    "options",
    [
        ["--bogus", "arg.js"],
        ["--timeout", "-1", "arg.js"],
        ["--mailbox", "m", "arg.js"],
        ["--set", "x", "arg.js"],
        ["nothing.json"],
        ["arg.js", "--encoding", "nonsense"],
        [],
    ],
)
@pytest.mark.parametrize("how", ["--log-format json", "--log-format=json", "environment"])
def test_wrong_usage_as_json(options: list[str], how: str, folder: Path) -> None:
    """With --log-format json wrong usage and bad configs are one JSON object, exit code 2, too."""
    if how != "environment":
        options = [*how.split(), *options]
    result = jsnpy(*options, cwd=folder, env={"JSNPY_LOG_FORMAT": "json"} if how == "environment" else {})
    [line] = result.err.splitlines()
    said = json.loads(line)
    assert (2, "", "error") == (result.code, result.out, said["level"])
    assert said["message"]


@pytest.mark.parametrize("size", ["1e30", "-5", "5XB", "", "MB", "nan", "inf"])
def test_impossible_memory_limit(size: str, folder: Path) -> None:
    """A size that is none, or that no machine has, is wrong usage."""
    result = jsnpy("--memory-limit", size, "arg.js", cwd=folder)
    assert (2, "") == (result.code, result.out)
    assert "is not a size such as 64MB or 1GB" in result.err


@pytest.mark.parametrize("option", ["--help", "--version", "types", "schema"])
def test_information_on_a_full_disk(option: str) -> None:
    """What cannot be written is an error in words and exit code 1, no fault of jsnpy."""
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*JSNPY, option], stdout=full, stderr=subprocess.PIPE, env=clean_environment(), text=True, check=False
        )
    assert 1 == done.returncode
    assert done.stderr.startswith("jsnpy: error: output cannot be written: ")


def test_starter_needs_a_folder(folder: Path) -> None:
    """An empty folder name, as an unset variable in a shell gives, is told with an example."""
    result = jsnpy("init", "", cwd=folder)
    assert (2, "") == (result.code, result.out)
    assert "jsnpy init needs the name of a folder" in result.err


def test_syntax_error_reads_as_in_node(folder: Path) -> None:
    """An error without frames is shown as `SyntaxError: ...`, without console.log's brackets."""
    (folder / "a.js").write_text("let x = ;")
    result = jsnpy("a.js", cwd=folder)
    assert 1 == result.code
    caret = "" if ORIGINAL else "        ^\n"  # the original engine tells no columns
    assert result.err.startswith(f"a.js:1\nlet x = ;\n{caret}\nSyntaxError: ")
    assert "]" not in result.err


@pytest.mark.parametrize(
    ("limit", "said"), [("4MB", "4 MB"), ("64KB", "65536 bytes")], ids=["while running", "at the start"]
)
def test_memory_limit_is_named(limit: str, said: str, folder: Path) -> None:
    """A script that meets its limit is told which option set it, and to what."""
    result = jsnpy("large.js", "--memory-limit", limit, cwd=folder)
    assert 1 == result.code
    assert "--memory-limit" in result.err
    assert said in result.err
