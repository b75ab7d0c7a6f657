"""What submit says before any broker answers."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.brokers import free_port
from support.command import jsnpy
from support.fleet import environment

from jsnpy import config
from jsnpy.errors import ConfigError, UsageError
from jsnpy.fleet import runs
from jsnpy.fleet.settings import Settings
from jsnpy.fleet.state import State, StateError
from jsnpy.options import Options
from jsnpy.outbox.rate import Rate
from jsnpy.redaction import Redactor

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
    done = jsnpy("submit", script, env={"JSNPY_BROKER_URL": url})
    assert (2, "") == (done.code, done.out)
    assert "the run was not submitted: the broker redis://ann:**@127.0.0.1" in done.err
    assert "GEHEIM-77" not in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "url",
    [
        "rediss://:GEHEIM-77@127.0.0.1:{port}/0?ssl_cert_reqs=CERT_REQUIRED",
        "redis://:GEHEIM%2F77@127.0.0.1:{port}/0",
    ],
)
def test_no_broker_shows_a_password(script: Path, url: str) -> None:
    """Whatever the broker, and of several brokers each, is named without its password, in one sentence."""
    done = jsnpy("submit", script, env={"JSNPY_BROKER_URL": url.format(port=free_port())})
    assert (2, "") == (done.code, done.out)
    assert "the run was not submitted: the broker " in done.err
    assert 2 == len(done.err.splitlines())
    assert not re.search("GEHEIM|HEIMLICH|Traceback", done.err)


@pytest.mark.parametrize("variable", ["JSNPY_BROKER_URL", "JSNPY_RESULT_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "redis://:GE/HEIM@127.0.0.1/0",
        "redis://:GE?HEIM@127.0.0.1/0",
        "redis://:GE#HEIM@127.0.0.1/0",
        "redis://:12/HEIM@127.0.0.1/0",
        "redis://:12?HEIM@127.0.0.1/0",
        "redis://:12#HEIM@127.0.0.1/0",
        "amqp://u:GE/HEIM@127.0.0.1//",
        "amqp://u:GE;HEIM@127.0.0.1//",
        "redis://127.0.0.1:HEIM/0",
        "redis://127.0.0.1:99999/0",
        "redis://127.0.0.1:0/0",
        "redis://[::1/0",
    ],
)
def test_a_url_that_is_none_is_told_without_any_of_it(variable: str, url: str) -> None:
    """A password with characters that end it too early, or a wrong port, is an error; no part of the URL is shown."""
    with pytest.raises(UsageError, match=f"{variable} is no URL") as told:
        Settings({"JSNPY_BROKER_URL": "amqp://127.0.0.1:1//", variable: url})
    assert "%2F" in str(told.value)
    assert not re.search("GE\\b|HEIM|12|99999|127", str(told.value))


def test_a_url_for_results_has_two_slashes() -> None:
    """Else it would be taken for one without a host."""
    with pytest.raises(UsageError, match="JSNPY_RESULT_URL is no URL"):
        Settings({"JSNPY_BROKER_URL": "redis://a/0", "JSNPY_RESULT_URL": "redis:b"})


@pytest.mark.parametrize("variable", ["JSNPY_BROKER_URL", "JSNPY_RESULT_URL"])
def test_a_submit_with_a_url_that_is_none_is_exit_2(script: Path, variable: str) -> None:
    """The command says no more of such a URL, or why it could not be read."""
    env = {"JSNPY_BROKER_URL": "amqp://127.0.0.1:1//", variable: "redis://:12/GE?HEIM@127.0.0.1:99999/0"}
    done = jsnpy("submit", "-v", script, env=env)
    assert (2, "") == (done.code, done.out)
    assert f"{variable} is no URL" in done.err
    assert not re.search("GE\\b|HEIM|12|99999|127", done.err)


@pytest.mark.parametrize("variable", ["JSNPY_BROKER_URL", "JSNPY_RESULT_URL"])
@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/x", "rediss://127.0.0.1:1/0/1", "redis://127.0.0.1:1/-1"])
def test_a_database_is_a_number(script: Path, variable: str, url: str) -> None:
    """Every command refuses what one of the libraries below would take for database 0."""
    env = {"JSNPY_BROKER_URL": "amqp://127.0.0.1:1//", variable: url}
    for words in (["submit", script], ["outbox", "list"]):
        done = jsnpy(*words, env=env)
        assert (2, "") == (done.code, done.out)
        assert f"{variable} names a database that Redis cannot have" in done.err


@pytest.mark.parametrize("query", ["foo=bar", "socket_timeout=x", "ssl_cert_reqs=maybe", "db=x"])
def test_a_url_that_says_odd_things_is_told(script: Path, query: str) -> None:
    """What a library does not understand in a URL is exit 2 in every command, with its words."""
    env = {"JSNPY_BROKER_URL": f"redis://:GEHEIM@127.0.0.1:1/0?{query}"}
    for words in (["submit", script], ["outbox", "list"]):
        done = jsnpy(*words, env=env)
        assert (2, "") == (done.code, done.out)
        assert "cannot be" in done.err
        assert not re.search("GEHEIM|Traceback", done.err)


@pytest.mark.parametrize("url", ["memory://", "http://127.0.0.1/", "queue.test:6379", "unix:///x.sock", "sqs://", "x"])
def test_a_broker_of_another_kind_is_refused(url: str) -> None:
    """What is neither Redis nor RabbitMQ is an error: a run is never handed to what no worker asks."""
    with pytest.raises(UsageError, match="JSNPY_BROKER_URL names no broker that the fleet can use"):
        Settings({"JSNPY_BROKER_URL": url})


@pytest.mark.parametrize(
    ("scheme", "redis"),
    [("redis", True), ("rediss", True), ("redis+socket", True), ("amqp", False), ("amqps", False), ("pyamqp", False)],
)
def test_each_kind_of_broker_is_known(scheme: str, redis: bool) -> None:
    """What only Redis needs is done where the broker is Redis, not where only results and state are."""
    settings = Settings({"JSNPY_BROKER_URL": f"{scheme}://a/0", "JSNPY_RESULT_URL": " redis://b/1 "})
    assert (redis, "redis://b/1") == (settings.redis, settings.results)


def test_one_redis_knows_which_run_is_whose() -> None:
    """Several brokers can be named with RabbitMQ, but not with Redis."""
    both = {"JSNPY_BROKER_URL": "amqp://a//;amqp://b//", "JSNPY_RESULT_URL": "redis://c/0"}
    assert "redis://c/0" == Settings(both).state
    for name in ("JSNPY_BROKER_URL", "JSNPY_RESULT_URL"):
        with pytest.raises(UsageError, match=f"{name} names several Redis servers"):
            Settings({"JSNPY_BROKER_URL": "amqp://a//", name: "redis://a/0;redis://b/0"})


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("JSNPY_RATE", "30/d", "JSNPY_RATE is '30/d': it is a number of mails a second, minute or hour"),
        ("JSNPY_RATE", "9" * 5000 + "/m", "it is a number of mails"),
        ("JSNPY_TAKEOVER", "5", "JSNPY_TAKEOVER is '5': it is a number of seconds, at least 10"),
    ],
)
def test_a_variable_that_is_wrong_is_told(script: Path, variable: str, value: str, words: str) -> None:
    """A setting of the fleet that cannot be understood is exit 2, as any other."""
    done = jsnpy("submit", script, env={"JSNPY_BROKER_URL": "redis://127.0.0.1:1", variable: value})
    assert (2, "") == (done.code, done.out)
    assert words in done.err


def test_the_variables_that_are_not_set_have_defaults() -> None:
    """Without them there is no rate and the takeover time is five minutes; blanks around a value do not count."""
    plain = Settings({"JSNPY_BROKER_URL": " redis://a/0 "})
    assert ("redis://a/0", None, 300.0, 15.0) == (plain.broker, plain.rate, plain.takeover, plain.lease)
    assert 10.0 == plain.sweep
    blank = Settings({"JSNPY_BROKER_URL": "redis://a/0", "JSNPY_RATE": " ", "JSNPY_TAKEOVER": " "})
    assert (None, 300.0) == (blank.rate, blank.takeover)
    told = Settings({"JSNPY_BROKER_URL": "redis://a/0", "JSNPY_RATE": " 5/S ", "JSNPY_TAKEOVER": " 10 "})
    assert ("5/s", 10.0, 5.0, 2.0) == (told.rate and told.rate.text, told.takeover, told.lease, told.sweep)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis+socket:///run/redis.sock?virtual_host=2", {"path": "/run/redis.sock", "db": 2}),
        ("rediss://queue.test/1?ssl_cert_reqs=CERT_REQUIRED", {"host": "queue.test", "ssl_cert_reqs": "required"}),
    ],
)
def test_the_state_understands_celerys_urls(url: str, expected: dict[str, object]) -> None:
    """What Celery says of a socket and of certificates reaches the connection of the fleet's state."""
    assert Settings({"JSNPY_BROKER_URL": url}).state == url
    pool = State(url)._client.connection_pool
    expected |= {"socket_timeout": 5, "socket_connect_timeout": 5}  # a Redis that says nothing is as good as away
    assert expected.items() <= pool.connection_kwargs.items()
    pool.make_connection()  # which refuses words it does not know


def test_a_look_does_not_wait_for_a_redis_that_is_away() -> None:
    """Who stands at the command line is told at once; workers wait for a restart of twenty seconds."""
    begun = time.monotonic()
    with pytest.raises(StateError, match="cannot be reached"):
        State(f"redis://127.0.0.1:{free_port()}/0").look()
    assert time.monotonic() - begun < 15


def test_a_redis_that_says_nothing_is_away() -> None:
    """What takes a connection and does not answer is waited for as one that cannot be reached."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(StateError, match="cannot be reached: Timeout"),
    ):
        State(f"redis://127.0.0.1:{silent.getsockname()[1]}/0?socket_timeout=0.05").look()


AT_ONCE = """
import sys
from jsnpy.fleet import submit
submit._CONNECT_TIME = 0.5
from jsnpy.__main__ import main
sys.argv[1:] = ["submit", sys.argv[1]]
main()
"""


def test_a_broker_that_says_nothing_is_waited_for_once(script: Path) -> None:
    """Who is refused is tried again; who hangs has had its time, as somebody waits at the command line."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        done = subprocess.run(
            [sys.executable, "-c", AT_ONCE, script],
            env=environment(JSNPY_BROKER_URL=url),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert (2, "") == (done.returncode, done.stdout)
    assert "Timeout" in done.stderr


def test_without_a_broker_the_variable_is_named(script: Path) -> None:
    """Submit without JSNPY_BROKER_URL exits 2 and says what to set."""
    done = jsnpy("submit", script)
    assert 2 == done.code
    assert "JSNPY_BROKER_URL is not set" in done.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--outbox", "x"], "No such option '--outbox'"),
        (["--dry-run", "--mailbox", "x"], "No such option '--mailbox'"),
    ],
)
def test_options_that_contradict_each_other(script: Path, options: list[str], words: str) -> None:
    """What makes no sense with submit exits 2."""
    done = jsnpy("submit", script, *options)
    assert 2 == done.code
    assert words in done.err


@pytest.mark.parametrize(
    ("content", "words"), [(None, "was not found"), ("{", "a.json:1:"), ('{"scriptfile": "b.js"}', "b.js")]
)
def test_a_config_is_read_before_a_broker_is_asked(tmp_path: Path, content: str | None, words: str) -> None:
    """A config that cannot be used is exit 2 here, with its own error, whether the broker answers or not."""
    if content is not None:
        (tmp_path / "a.json").write_text(content)
    done = jsnpy("submit", "a.json", cwd=tmp_path, env={"JSNPY_BROKER_URL": "redis://127.0.0.1:1/0"})
    assert (2, "") == (done.code, done.out)
    assert words in done.err
    assert "broker" not in done.err


def test_without_celery_the_extra_is_named(script: Path) -> None:
    """Without Celery, the module says how to install it, and a plain run does not miss it."""
    block = "import sys; sys.modules['celery'] = None; from jsnpy.__main__ import main; main()"
    words = [sys.executable, "-c", block]
    done = subprocess.run([*words, "submit", script], capture_output=True, text=True, check=False, timeout=60)
    assert 2 == done.returncode
    assert "pip install 'jsnpy[celery]'" in done.stderr
    plain = subprocess.run(
        [*words, script], capture_output=True, text=True, check=False, timeout=60, env={"SMTP_PASS": "x", "PATH": ""}
    )
    assert (0, "x\n") == (plain.returncode, plain.stdout)


def test_an_order_holds_references_not_secrets(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent has the reference, and the worker's own variable decides."""
    monkeypatch.delenv("SMTP_PASS", raising=False)
    order = runs.order(config.load(str(script), keep_references=True), Options())
    assert '{"pass":"${ENV:SMTP_PASS}"}' == order["config"]["arg_json"].replace(" ", "")
    monkeypatch.setenv("SMTP_PASS", "worker's")
    ordered, _ = runs.ordered(order)
    assert '{"pass":"worker\'s"}' == ordered.arg_json.replace(" ", "")
    assert {"worker's": "${ENV:SMTP_PASS}"} == ordered.secrets


def test_a_secret_in_the_scripts_path_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """References outside `arg` are resolved at once, and their values masked in what is sent."""
    monkeypatch.setenv("FOLDER", "geheim-12")
    (tmp_path / "geheim-12").mkdir()
    given = {"scriptfile": "a.js", "include": ["lib.js"], "statefile": "s.json"}
    for name in ("a.js", "lib.js"):
        (tmp_path / "geheim-12" / name).write_text("1")
    in_folder = json.dumps(given).replace('": "', '": "${ENV:FOLDER}/').replace('["', '["${ENV:FOLDER}/')
    (tmp_path / "a.json").write_text(in_folder)
    loaded = config.load(str(tmp_path / "a.json"), keep_references=True)
    loaded.warnings.append("something about geheim-12")
    order = runs.order(loaded, Options())
    assert "geheim-12" not in str(order)
    assert str(tmp_path / "geheim-12" / "s.json") == runs.ordered(order)[0].statefile


def test_an_encoding_that_only_the_submitter_has_is_told(script: Path) -> None:
    """As one of Windows: the worker says which file it cannot read, in a sentence."""
    (script.parent / "secret.txt").write_bytes("Größe".encode("latin-1"))
    script.write_text(script.read_text().replace("ENV:SMTP_PASS", "FILE:secret.txt"))
    order = runs.order(config.load(str(script), keep_references=True), Options())
    order["config"]["encoding"] = "oem-of-another-system"
    with pytest.raises(ConfigError, match="cannot be decoded as oem-of-another-system"):
        runs.ordered(order)


def test_all_of_a_password_is_a_secret_for_the_worker(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only a part of it came from a reference, as in a run here."""
    monkeypatch.setenv("SMTP_PASS", "geheim-12")
    script.write_text(script.read_text().replace("${ENV:SMTP_PASS}", "vor-${ENV:SMTP_PASS}-nach"))
    ordered, _ = runs.ordered(runs.order(config.load(str(script), keep_references=True), Options()))
    assert "vor-geheim-12-nach" in ordered.secrets


def test_an_order_of_another_version_is_understood_as_far_as_it_goes(script: Path) -> None:
    """What it has more is left out, what it has less has its default; version 1 had the encoding in another place."""
    order = runs.order(config.load(str(script), keep_references=True), Options(dry_run=True, mailbox="x", outbox="y"))
    order["config"] |= {"novelty": 1}
    order["options"] |= {"novelty": 1}
    del order["config"]["encoding"], order["options"]["max_age"]
    order["encoding"] = "latin-1"
    ordered, options = runs.ordered(order)
    assert ("latin-1", None, True) == (ordered.encoding, options.max_age, options.dry_run)
    assert (None, None) == (options.mailbox, options.outbox)  # a worker's folders are not for whoever submits


def test_an_order_from_the_queue_brings_neither_secrets_nor_warnings(script: Path) -> None:
    """A worker knows those that it resolved itself: what else came is not looked at."""
    order = runs.order(config.load(str(script), keep_references=True), Options(dry_run=True))
    order["config"] |= {"secrets": 5, "warnings": None}
    ordered, _ = runs.ordered(order)
    assert ({}, 1) == (ordered.secrets, len(ordered.warnings))


@pytest.mark.parametrize("text", ["", "30", "0/m", "-1/m", "x/m", "30/d", "1.5/s", "٣/m"])
def test_a_rate_that_is_none(text: str) -> None:
    """A JSNPY_RATE that cannot be understood is an error that shows how it looks."""
    with pytest.raises(ValueError, match="such as 30/m"):
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
        ("amqp://a//", "redis://b/1", ("redis://b/1", "redis://b/1")),
        ("redis://a/0", "rpc://", ("rpc://", "redis://a/0")),
        ("redis://a/0", "redis://b/1", ("redis://b/1", "redis://b/1")),
    ],
)
def test_where_results_and_state_go(broker: str, results: str, expected: tuple[str, str]) -> None:
    """Results go where they are told to, else to the broker; the state goes to the first Redis there is."""
    settings = Settings({"JSNPY_BROKER_URL": broker, "JSNPY_RESULT_URL": results})
    assert expected == (settings.results, settings.state)


def test_the_passwords_of_both_urls_are_masked() -> None:
    """Broker's and results' passwords are kept out of every message, as they are written and as they are meant."""
    redactor = Redactor()
    urls = ("amqp://u:GEHEI%4D%2F77@a//;amqp://u:SECRET-2@b//", "redis://:HEIMLICH%4088@c/0")
    Settings(dict(zip(("JSNPY_BROKER_URL", "JSNPY_RESULT_URL"), urls, strict=True))).hide_passwords(redactor)
    for secret in ("GEHEI%4D%2F77", "GEHEIM%2F77", "GEHEIM/77", "SECRET-2", "HEIMLICH%4088", "HEIMLICH@88"):
        assert secret not in redactor.scrub(f"refused {secret}.")


@pytest.mark.parametrize("results", ["", "rpc://"])
def test_rabbitmq_alone_is_refused(script: Path, results: str) -> None:
    """RabbitMQ without a Redis beside it is exit 2 with one sentence that says what to set."""
    env = {"JSNPY_BROKER_URL": "amqp://u:GEHEIM@127.0.0.1:1//", "JSNPY_RESULT_URL": results}
    done = jsnpy("submit", script, env=env)
    assert (2, "", 1) == (done.code, done.out, len(done.err.splitlines()))
    assert "RabbitMQ needs a Redis beside it" in done.err
    assert "JSNPY_RESULT_URL" in done.err


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "JSNPY_BROKER_URL is not set"),
        ({"JSNPY_BROKER_URL": "amqp://127.0.0.1:1//"}, "RabbitMQ needs a Redis beside it"),
        ({"JSNPY_BROKER_URL": "redis://127.0.0.1:1/0", "JSNPY_RATE": "much"}, "JSNPY_RATE is 'much'"),
    ],
)
def test_a_worker_that_cannot_be_set_up_says_why(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    """Celery's own command says in one error what is wrong with the fleet's variables, without a traceback."""
    words_given = [sys.executable, "-P", "-m", "celery", "-A", "jsnpy.celery", "worker"]
    done = subprocess.run(
        words_given, capture_output=True, text=True, check=False, timeout=60, env=environment(**variables), cwd=tmp_path
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert f"jsnpy: error: {words}" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.js": "let = = 1"}, "a.js:1"),
        ({"a.js": "1", "lib.js": "const x = {\n"}, "lib.js:"),
    ],
)
def test_a_script_is_compiled_before_a_broker_is_asked(tmp_path: Path, files: dict[str, str], words: str) -> None:
    """A script, or one that it includes, that does not compile is exit 1 here and never reaches a worker."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    given = {"scriptfile": "a.js", "include": [name for name in files if name != "a.js"]}
    (tmp_path / "a.json").write_text(json.dumps(given))
    done = jsnpy("submit", "a.json", cwd=tmp_path, env={"JSNPY_BROKER_URL": "redis://127.0.0.1:1/0"})
    assert (1, "") == (done.code, done.out)
    assert words in done.err
    assert "SyntaxError" in done.err
    assert "broker" not in done.err


def test_a_script_without_a_known_line_is_told_without_one(tmp_path: Path) -> None:
    """The engine gives no line for a wrong regular expression: then the JSON message has no line 0 either."""
    (tmp_path / "a.js").write_text("/(/")
    environment = {"JSNPY_BROKER_URL": "redis://127.0.0.1:1/0"}
    done = jsnpy("submit", "a.js", "--log-format", "json", cwd=tmp_path, env=environment)
    message = json.loads(done.err)
    assert (1, "a.js") == (done.code, message["file"])
    assert "line" not in message or message["line"] > 0


def test_a_secret_in_the_scripts_path_is_not_shown(tmp_path: Path) -> None:
    """Submit names a script that does not compile with the reference's value masked, as a run here does."""
    (tmp_path / "geheim-12").mkdir()
    (tmp_path / "geheim-12/a.js").write_text("let = = 1")
    (tmp_path / "a.json").write_text('{"scriptfile": "${ENV:FOLDER}/a.js"}')
    done = jsnpy("submit", tmp_path / "a.json", env={"JSNPY_BROKER_URL": "redis://127.0.0.1:1", "FOLDER": "geheim-12"})
    assert (1, True, False) == (done.code, "SyntaxError" in done.err, "geheim-12" in done.err)


def test_a_dry_run_only_warns_of_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference that leads nowhere is a warning where it is submitted and at the worker, as in a run here."""
    monkeypatch.delenv("NOWHERE", raising=False)
    (tmp_path / "a.js").write_text("1")
    given = {"scriptfile": "a.js", "arg": {"pass": "${ENV:NOWHERE}"}, "statefile": "${ENV:NOWHERE}.json"}
    (tmp_path / "a.json").write_text(json.dumps(given))
    broker = {"JSNPY_BROKER_URL": f"redis://127.0.0.1:{free_port()}"}
    done = jsnpy("submit", tmp_path / "a.json", "--dry-run", env=broker)
    assert "warning: " in done.err
    assert 'statefile: the environment variable "NOWHERE" is not set' in done.err
    assert "the run was not submitted: the broker " in done.err

    loaded = config.load(str(tmp_path / "a.json"), keep_references=True, lenient=True)
    there, _ = runs.ordered(runs.order(loaded, Options(dry_run=True)))
    assert '{"pass":"${ENV:NOWHERE}"}' == there.arg_json.replace(" ", "")
    assert {"arg.pass", "statefile"} == {warning.split(":")[0] for warning in there.warnings}
    with pytest.raises(ConfigError, match="NOWHERE"):
        runs.ordered(runs.order(loaded, Options()))
