"""What --submit says before any broker answers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from support.brokers import free_port
from support.command import jsnpy

from jsnpy import config
from jsnpy.errors import UsageError
from jsnpy.fleet import runs
from jsnpy.fleet.settings import Rate, Settings
from jsnpy.runner import Options

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A config whose argument refers to a secret."""
    (tmp_path / "a.js").write_text("console.log(arg.pass)")
    path = tmp_path / "a.json"
    path.write_text('{"scriptfile": "a.js", "arg": {"pass": "${ENV:SMTP_PASS}"}}')
    return path


def test_a_broker_that_is_away_is_named_without_its_password(script: Path) -> None:
    """Submitting to nowhere exits 2, names the broker, and shows its password nowhere."""
    url = f"redis://ann:GEHEIM-77@127.0.0.1:{free_port()}/0"
    done = jsnpy(script, "--submit", env={"JSNPY_BROKER_URL": url})
    assert (2, "") == (done.code, done.out)
    assert "the run was not submitted: the broker redis://ann:**@127.0.0.1" in done.err
    assert "GEHEIM-77" not in done.err
    assert "Traceback" not in done.err


def test_without_a_broker_the_variable_is_named(script: Path) -> None:
    """--submit without JSNPY_BROKER_URL exits 2 and says what to set."""
    done = jsnpy(script, "--submit")
    assert 2 == done.code
    assert "JSNPY_BROKER_URL is not set" in done.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--wait"], "--wait is for a run handed over with --submit"),
        (["--submit", "--check"], "--check cannot be used with --submit"),
        (["--submit", "--outbox", "x"], "--outbox cannot be used with --submit"),
        (["--submit", "--dry-run", "--mailbox", "x"], "--mailbox cannot be used with --submit"),
    ],
)
def test_options_that_contradict_each_other(script: Path, options: list[str], words: str) -> None:
    """What makes no sense with --submit exits 2."""
    done = jsnpy(script, *options)
    assert 2 == done.code
    assert words in done.err


def test_without_celery_the_extra_is_named(script: Path) -> None:
    """Without Celery, the module says how to install it, and a plain run does not miss it."""
    import subprocess

    block = "import sys; sys.modules['celery'] = None; from jsnpy.__main__ import main; main()"
    words = [sys.executable, "-c", block, str(script)]
    done = subprocess.run([*words, "--submit"], capture_output=True, text=True, check=False, timeout=60)
    assert 2 == done.returncode
    assert "pip install 'jsnpy[celery]'" in done.stderr
    plain = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=60, env={"SMTP_PASS": "x", "PATH": ""}
    )
    assert (0, "x\n") == (plain.returncode, plain.stdout)


def test_an_order_holds_references_not_secrets(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent has the reference, and the worker's own variable decides."""
    monkeypatch.delenv("SMTP_PASS", raising=False)
    order = runs.order(config.load(str(script), keep_references=True), Options(), None)
    assert '{"pass":"${ENV:SMTP_PASS}"}' == order["config"]["arg_json"].replace(" ", "")
    monkeypatch.setenv("SMTP_PASS", "worker's")
    ordered, _ = runs.ordered(order)
    assert '{"pass":"worker\'s"}' == ordered.arg_json.replace(" ", "")
    assert {"worker's": "${ENV:SMTP_PASS}"} == ordered.secrets


def test_a_secret_in_the_scripts_path_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """References outside `arg` are resolved at once, and their values masked in what is sent."""
    monkeypatch.setenv("FOLDER", "geheim-12")
    (tmp_path / "geheim-12").mkdir()
    (tmp_path / "geheim-12" / "a.js").write_text("1")
    (tmp_path / "a.json").write_text('{"scriptfile": "${ENV:FOLDER}/a.js"}')
    order = runs.order(config.load(str(tmp_path / "a.json"), keep_references=True), Options(), None)
    assert "geheim-12" not in str(order)


@pytest.mark.parametrize("text", ["", "30", "0/m", "-1/m", "x/m", "30/d", "1.5/s", "٣/m"])
def test_a_rate_that_is_none(text: str) -> None:
    """A JSNPY_RATE that cannot be understood is an error that shows how it looks."""
    with pytest.raises(UsageError, match="such as 30/m"):
        Rate(text)


@pytest.mark.parametrize(("text", "count", "period"), [("30/m", 30, 60), ("5/s", 5, 1), (" 1000/H ", 1000, 3600)])
def test_rates(text: str, count: int, period: int) -> None:
    """A rate is a number a second, minute or hour."""
    assert (count, period) == (Rate(text).count, Rate(text).period)


@pytest.mark.parametrize("text", ["soon", "1", "inf", "nan", "-5"])
def test_a_takeover_time_that_is_none(text: str) -> None:
    """A JSNPY_TAKEOVER that is no number of at least ten seconds is an error."""
    with pytest.raises(UsageError, match="JSNPY_TAKEOVER"):
        Settings({"JSNPY_BROKER_URL": "redis://x", "JSNPY_TAKEOVER": text})


@pytest.mark.parametrize(
    ("broker", "results", "expected"),
    [
        ("redis://a/0", "", ("redis://a/0", "redis://a/0")),
        ("amqp://a//", "", ("rpc://", "")),
        ("amqp://a//", "redis://b/1", ("redis://b/1", "redis://b/1")),
        ("redis://a/0", "rpc://", ("rpc://", "redis://a/0")),
    ],
)
def test_where_results_and_state_go(broker: str, results: str, expected: tuple[str, str]) -> None:
    """Results go to Redis where it is the broker, else through RabbitMQ; the state goes to any Redis there is."""
    settings = Settings({"JSNPY_BROKER_URL": broker, "JSNPY_RESULT_URL": results})
    assert expected == (settings.results, settings.state)
