"""jsnpy from Python: runs and sends as values, without printing, exiting or sharing state."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from support.command import clean_environment
from support.mailserver import MailServer, mailserver

import jsnpy

__all__ = ["mailserver"]


def test_public_names_are_complete() -> None:
    """Every public name can be had, and each is in __all__."""
    assert all(getattr(jsnpy, name) is not None for name in jsnpy.__all__)
    assert sorted(jsnpy.__all__) == sorted(dir(jsnpy))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = jsnpy.nothing


def test_importing_costs_nothing() -> None:
    """Importing jsnpy alone loads neither smtplib nor the engine."""
    probe = "import sys, jsnpy; print(sorted({'smtplib', '_quickjs', 'json', 're'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-S", "-c", probe], capture_output=True, text=True, check=True, cwd="/",
                          env=clean_environment(PYTHONPATH=str(Path(jsnpy.__file__).parents[1])))  # fmt: skip
    assert "[]\n" == done.stdout


def test_run_of_a_script(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run's output is in the result, not on the process's own streams."""
    script = tmp_path / "hello.js"
    script.write_text("console.log('hello', arg.name); console.error('to stderr'); setTimeout(() => exit(3), 1)")
    result = jsnpy.run(script, arg={"name": "wörld"})
    assert (3, "hello wörld\n", "to stderr\n", None, []) == (
        result.exit_code,
        result.stdout,
        result.stderr,
        result.error,
        result.sends,
    )
    assert ("", "") == capfd.readouterr()


def test_run_of_a_mapping(tmp_path: Path) -> None:
    """A mapping with a config's keys serves as a config."""
    (tmp_path / "s.js").write_text("console.log(JSON.stringify(arg))")
    result = jsnpy.run({"scriptfile": str(tmp_path / "s.js"), "arg": [1, {"a": None}]})
    assert '[1,{"a":null}]\n' == result.stdout


def test_error_is_text_that_can_be_printed(tmp_path: Path) -> None:
    """Half a character that a script throws is U+FFFD in the error, as it is on stderr."""
    (tmp_path / "s.js").write_text(r"throw new Error('a\ud83d')")
    result = jsnpy.run(tmp_path / "s.js")
    assert result.error is not None
    assert "Error: a\ufffd\n" in result.error
    assert result.error + "\n" == result.stderr


def test_run_that_fails_is_a_result(tmp_path: Path) -> None:
    """A script that throws is a result with its error's text, not an exception."""
    (tmp_path / "s.js").write_text("\nthrow new TypeError('no')")
    result = jsnpy.run(tmp_path / "s.js")
    assert 1 == result.exit_code
    assert result.error is not None
    assert "TypeError: no" in result.error
    assert "s.js:2" in result.error


def test_sends_are_recorded(mailserver: Callable[..., MailServer], tmp_path: Path) -> None:
    """Each send_email leaves its code, error, log and details; the password in none of them."""
    server = mailserver(users={"u": "s3cret-word"})
    fields = {"host": server.host, "port": server.port, "user": "u", "pass": "s3cret-word", "from": "a@x.test",
              "to": "b@x.test", "subject": "s", "body": "b"}  # fmt: skip
    (tmp_path / "s.js").write_text("send_email(arg); send_email({...arg, to: 'nobody'})")
    result = jsnpy.run(tmp_path / "s.js", arg=fields)
    assert [0, -1] == [send.code for send in result.sends]
    assert ["b@x.test"] == result.sends[0].details["accepted"]
    assert "250" in result.sends[0].log
    assert "to" in result.sends[1].error
    assert "s3cret-word" not in repr(result) + "".join(send.log + send.error for send in result.sends)
    assert 1 == len(server.mails)


def test_send_email_without_javascript(mailserver: Callable[..., MailServer]) -> None:
    """send_email sends a mail from Python, and a failure is a result too."""
    server = mailserver()
    fields = {
        "host": server.host,
        "port": server.port,
        "from": "a@x.test",
        "to": "b@x.test",
        "subject": "é",
        "body": "",
    }
    assert 0 == jsnpy.send_email(MappingProxyType(fields)).code
    assert "é" == server.mails[0].message["Subject"]
    assert -1 == jsnpy.send_email({**fields, "port": 0}).code


def test_send_email_takes_its_options(mailserver: Callable[..., MailServer], tmp_path: Path) -> None:
    """With insecure any certificate is good enough, and attachments are found from base_dir."""
    server = mailserver("starttls")
    (tmp_path / "report.csv").write_text("a,b")
    fields = {"host": server.host, "port": server.port, "starttls": True, "from": "a@x.test", "to": "b@x.test",
              "subject": "s", "body": "b", "attachments": [{"path": "report.csv"}]}  # fmt: skip
    assert -4 == jsnpy.send_email(fields, base_dir=str(tmp_path)).code
    assert -1 == jsnpy.send_email(fields, insecure=True).code
    assert 0 == jsnpy.send_email(fields, base_dir=str(tmp_path), insecure=True).code
    assert b"a,b" == server.mails[0].message.get_payload(1).get_payload(decode=True)  # type: ignore[union-attr]


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_run_takes_its_options(mailserver: Callable[..., MailServer], tmp_path: Path, timeout: float | None) -> None:
    """Each option of run() does what the command's does, in this process and in a child."""
    server = mailserver("starttls")
    fields = {"host": server.host, "port": server.port, "starttls": True, "from": "a@x.test", "to": "b@x.test",
              "subject": "s", "body": "b"}  # fmt: skip
    (tmp_path / "s.js").write_text("send_email(arg)")
    refused = jsnpy.run(
        tmp_path / "s.js", arg=fields, timeout=timeout, fail_on_send_error=True, outbox=tmp_path / "box"
    )
    assert (3, [-4]) == (refused.exit_code, [send.code for send in refused.sends])
    assert refused.sends[0].details["queued"]
    taken = jsnpy.run(tmp_path / "s.js", arg=fields, timeout=timeout, fail_on_send_error=True, insecure=True)
    assert (0, [0]) == (taken.exit_code, [send.code for send in taken.sends])
    (tmp_path / "big.js").write_text("const big = []; for (;;) big.push(new Array(1000).fill(big.length))")
    full = jsnpy.run(tmp_path / "big.js", timeout=timeout, memory_limit=8 * 2**20)
    assert (1, True) == (full.exit_code, "8 MB" in str(full.error))


def test_timeout_ends_an_endless_script(tmp_path: Path) -> None:
    """A timeout ends a script that never would, keeps what it printed before, and the next run works."""
    (tmp_path / "s.js").write_text("console.log('before'); for (;;);")
    result = jsnpy.run(tmp_path / "s.js", timeout=0.5)
    assert (124, "before\n") == (result.exit_code, result.stdout)
    assert result.error is not None
    assert "0.5 s" in result.error
    (tmp_path / "t.js").write_text("console.log('in time')")
    assert "in time\n" == jsnpy.run(tmp_path / "t.js", timeout=30).stdout


@pytest.mark.parametrize("timeout", [None, 30])
def test_bad_config_raises(timeout: float | None, tmp_path: Path) -> None:
    """A config that cannot be used raises ConfigError, with a timeout too."""
    (tmp_path / "c.json").write_text('{"scriptfile": 1}')
    with pytest.raises(jsnpy.ConfigError, match="scriptfile"):
        jsnpy.run(tmp_path / "c.json", timeout=timeout)
    with pytest.raises(jsnpy.ConfigError, match="was not found"):
        jsnpy.run(tmp_path / "nothing.json", timeout=timeout)


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), True, "5"])
def test_bad_timeout_raises(timeout: Any) -> None:
    """A timeout that is no number of seconds above 0 raises UsageError."""
    with pytest.raises(jsnpy.UsageError, match="timeout"):
        jsnpy.run({"scriptfile": "x.js"}, timeout=timeout)


def test_arg_without_json_form_raises(tmp_path: Path) -> None:
    """An arg that JSON cannot hold raises ConfigError."""
    (tmp_path / "s.js").write_text("")
    for value in ({1, 2}, b"x", float("nan"), [10**400], [-(10**5000)]):
        with pytest.raises(jsnpy.ConfigError, match="arg cannot be written as JSON"):
            jsnpy.run(tmp_path / "s.js", arg=value)


def test_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Runs in several threads at once each get their own globals, output and exit code."""
    (tmp_path / "s.js").write_text(
        "let n = 0; for (let i = 0; i < 20000; i++) n += arg; console.log(n); var mine = arg; exit(mine)"
    )
    results: dict[int, jsnpy.RunResult] = {}

    def work(number: int) -> None:
        results[number] = jsnpy.run(tmp_path / "s.js", arg=number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: (n, f"{n * 20000}\n") for n in range(8)} == {n: (r.exit_code, r.stdout) for n, r in results.items()}
