"""The Python interface in the hands of somebody in a hurry."""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from support.command import clean_environment
from support.mailserver import MailServer

import jsnpy

PROJECT = str(Path(jsnpy.__file__).parents[1])


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that prints its arg."""
    path = tmp_path / "a.js"
    path.write_text("console.log(JSON.stringify(arg))")
    return path


@pytest.mark.parametrize("config", [None, 5, b"a.js", ["a.js"]])
def test_config_of_another_type(config: Any) -> None:
    """What is neither path nor mapping is a ConfigError that says so."""
    with pytest.raises(jsnpy.ConfigError, match=f"config is of type {type(config).__name__}"):
        jsnpy.run(config)


def test_no_config_at_all() -> None:
    """An empty path is a bad config, too."""
    with pytest.raises(jsnpy.ConfigError, match="config is empty"):
        jsnpy.run("")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"timeout": "5"}, "timeout is '5'"),
        ({"timeout": 0}, "timeout is 0"),
        ({"memory_limit": -1}, "memory_limit is -1"),
        ({"memory_limit": 2**70}, "memory_limit is 1180591620717411303424"),
        ({"memory_limit": "64MB"}, "memory_limit is '64MB'"),
        ({"memory_limit": 1e8}, "memory_limit is 100000000.0"),
        ({"mailbox": "mails"}, "mailbox is for the mails of a dry run"),
        ({"probe": True, "dry_run": True}, "dry_run and probe contradict each other"),
        ({"memory_limit": True}, "memory_limit is True"),
        ({"outbox": ""}, "outbox is ''"),
        ({"outbox": 5}, "outbox is 5"),
        ({"mailbox": "", "dry_run": True}, "mailbox is ''"),
        ({"mailbox": ["m"], "dry_run": True}, "mailbox is ['m']"),
        ({"encoding": 5}, "encoding is 5"),
        ({"encoding": "nonsense"}, 'unknown encoding "nonsense"'),
    ],
)
def test_wrong_argument(wrong: dict[str, Any], words: str, script: Path) -> None:
    """A wrong argument is a UsageError that names it, whatever its type."""
    with pytest.raises(jsnpy.UsageError) as caught:
        jsnpy.run(script, **wrong)
    assert words in str(caught.value)


@pytest.mark.parametrize("timeout", [1e12, 2**62, 30])
def test_long_timeout(timeout: float, script: Path) -> None:
    """A timeout longer than any clock holds is a long one."""
    assert "{}\n" == jsnpy.run(script, timeout=timeout).stdout


@pytest.mark.parametrize("arg", [0, False, "", [], {}, "\ud800"])
@pytest.mark.parametrize("timeout", [None, 30])
def test_arg_that_is_false_still_counts(arg: object, timeout: float | None, script: Path) -> None:
    """Any arg but None replaces the config's, in a child process too."""
    result = jsnpy.run({"scriptfile": str(script), "arg": "the config's"}, arg=arg, timeout=timeout)
    assert arg == json.loads(result.stdout)


@pytest.mark.parametrize("fields", [None, "x", 5, [], b"", ["ab"]])
def test_send_email_never_raises(fields: Any) -> None:
    """What is no mapping of fields is a result with code -1, as from JavaScript."""
    result = jsnpy.send_email(fields)
    assert -1 == result.code
    assert result.error.startswith("send_email needs an object with host, port, ")
    assert ["stage", "smtpCode", "enhancedCode", "temporary", "accepted", "rejected", "messageId", "attempts"] == list(
        result.details
    )


class Unreadable(dict[str, object]):
    """A mapping that fails under whoever reads it."""

    def __iter__(self) -> Any:
        """Fail."""
        raise RuntimeError("gone")

    keys = __iter__


def test_send_email_takes_no_harm_from_a_mapping_that_raises() -> None:
    """A mapping of the caller's own that cannot be read is a result with code -1 that says why."""
    result = jsnpy.send_email(Unreadable(host="h"))
    assert -1 == result.code
    assert result.error.endswith("not a value that throws: RuntimeError: gone")


def test_child_finds_what_its_parent_found(script: Path) -> None:
    """A run with a timeout works where the program itself put jsnpy on its path."""
    paths = [PROJECT, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    code = f"import sys; sys.path += {paths!r}; import jsnpy; print(jsnpy.run(sys.argv[1], timeout=30).stdout)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, script],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("{}\n\n", "") == (done.stdout, done.stderr)


def test_child_takes_nothing_from_the_current_folder(script: Path) -> None:
    """Modules that lie where a run is started are not imported by its child process."""
    for name in ("json", "jsnpy", "smtplib", "heapq"):
        (script.parent / f"{name}.py").write_text("raise SystemExit('taken from the current folder')")
    # Where Python is installed without the current folder on its path, as on Windows by a ._pth file, there is no "".
    code = f"import sys; sys.path[:] = [{PROJECT!r}, *filter(None, sys.path)]; from jsnpy import run"
    code += "; sys.path.insert(0, ''); print(run('a.js', timeout=30).stdout)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=script.parent,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("{}\n\n", "") == (done.stdout, done.stderr)


@pytest.mark.parametrize("timeout", [None, 30])
def test_dry_run_and_mailbox(timeout: float | None, tmp_path: Path) -> None:
    """A dry run from Python sends nothing, keeps the mail, and its result is a success like any other."""
    (tmp_path / "m.js").write_text(
        "send_email({host: 'mail.test', port: 587, starttls: true, user: 'u', pass: 'never-seen', from: 'a@x.test',"
        " to: 'b@x.test', subject: 's', body: 'Bonjour'})"
    )
    result = jsnpy.run(tmp_path / "m.js", dry_run=True, mailbox=tmp_path / "mails", timeout=timeout)
    assert (0, None, [0]) == (result.exit_code, result.error, [send.code for send in result.sends])
    assert "Bonjour" in (tmp_path / "mails" / "001.eml").read_text()
    assert "Bonjour" in result.stderr
    kept = "".join(path.read_text(errors="replace") for path in (tmp_path / "mails").iterdir())
    assert "never-seen" not in kept + repr(result) + result.sends[0].log


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_probe_sends_nothing(timeout: float | None, tmp_path: Path) -> None:
    """Its result is what it would have been so far, and who was refused makes exit code 3."""
    (tmp_path / "m.js").write_text("send_email(arg)")
    with MailServer(refuse={"no@x.test": "550 5.1.1 no such user"}) as server:
        arg = {"host": server.host, "port": server.port, "from": "a@x.test", "to": ["b@x.test", "no@x.test"]}
        given = {**arg, "subject": "s", "body": ""}
        result = jsnpy.run(tmp_path / "m.js", arg=given, probe=True, fail_on_send_error=True, timeout=timeout)
        assert [] == server.mails
    [sent] = result.sends
    assert (3, 0, None) == (result.exit_code, sent.code, sent.details["messageId"])
    assert (["b@x.test"], "no@x.test") == (sent.details["accepted"], sent.details["rejected"][0]["email"])


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_dry_run_needs_no_secrets(timeout: float | None, tmp_path: Path) -> None:
    """A reference that leads nowhere stays as it is there; else it raises."""
    (tmp_path / "m.js").write_text("console.log(arg.pass)")
    (tmp_path / "m.json").write_text('{"scriptfile": "m.js", "arg": {"pass": "${ENV:JSNPY_TEST_NOT_SET}"}}')
    result = jsnpy.run(tmp_path / "m.json", dry_run=True, timeout=timeout)
    assert (0, "${ENV:JSNPY_TEST_NOT_SET}\n") == (result.exit_code, result.stdout)
    assert "JSNPY_TEST_NOT_SET" in result.stderr
    with pytest.raises(jsnpy.ConfigError, match="JSNPY_TEST_NOT_SET"):
        jsnpy.run(tmp_path / "m.json", timeout=timeout)


def test_no_script_leaves_the_library(tmp_path: Path) -> None:
    """exit(), endless recursion and a syntax error are exit codes; SystemExit never comes out."""
    codes = {"exit(7)": 7, "exit(0)": 0, "(function f() { f() })()": 1, "let let": 1}
    for number, (source, code) in enumerate(codes.items()):
        path = tmp_path / f"{number}.js"
        path.write_text(source)
        assert code == jsnpy.run(path).exit_code, source
    shutil.rmtree(tmp_path)
    with pytest.raises(jsnpy.ConfigError):
        jsnpy.run(tmp_path / "0.js")
