"""What a config, a bare script and standard input become."""

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.configs import Folder, fault

from jsnpy import config


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return an empty current folder."""
    return Folder(tmp_path, monkeypatch)


def test_config_becomes_a_run(folder: Folder) -> None:
    """A config in a folder names its script, its arg and the folder that attachments start from."""
    script = folder.write("scripts/é.js", "let a = 'é';\r\n")
    path = folder.write("configs/c.json", '{"scriptfile": "../scripts/é.js", "arg": {"port": 587, "to": ["é"]}}')

    run = config.load(os.path.join("configs", "c.json"))

    assert script == run.script_path
    assert os.path.join("scripts", "é.js") == run.script_name
    assert "let a = 'é';\r\n" == run.source
    assert '{"port":587,"to":["\\u00e9"]}' == run.arg_json
    assert str(folder.path / "configs") == run.base_dir
    assert path == run.config_path
    assert {} == run.secrets
    assert [] == run.warnings


def test_script_outside_is_named_by_its_whole_path(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that is not below the current folder is shown with its absolute path."""
    folder.write("sub/x", "")
    folder.write("c.json", '{"scriptfile": "mail.js"}')
    monkeypatch.chdir(folder.path / "sub")

    run = config.load("../c.json")

    assert str(folder.path / "mail.js") == run.script_path == run.script_name


@pytest.mark.parametrize("value", ["0", "null", "true", '"x"', "[1,[2]]", "{}", '{"a":{"b":[]}}', "1.5", "-0.0"])
def test_arg_may_be_any_json_value(folder: Folder, value: str) -> None:
    """Whatever JSON value `arg` is, the script gets it."""
    assert value == folder.load(f'{{"scriptfile": "mail.js", "arg": {value}}}').arg_json


def test_arg_is_an_empty_object_by_default(folder: Folder) -> None:
    """A config without `arg` gives the script {}."""
    assert "{}" == folder.load('{"scriptfile": "mail.js"}').arg_json


def test_lone_surrogates_and_nul_survive(folder: Folder) -> None:
    r"""What JSON writes as \ud800 or \u0000 reaches the script as such."""
    text = r'"\ud800 \u0000 \ude00\ud83d \ud83d\ude00"'

    assert text == folder.load(f'{{"scriptfile": "mail.js", "arg": {text}}}').arg_json


@pytest.mark.parametrize("name", ["mail.js", "MAIL2.JS"])
def test_bare_script_needs_no_config(folder: Folder, name: str) -> None:
    """A target that ends in .js, in any case, is run with an empty arg."""
    folder.write("MAIL2.JS", "send_email(arg);\n")

    run = config.load(name)

    assert "send_email(arg);\n" == run.source
    assert "{}" == run.arg_json
    assert "" == run.config_path
    assert str(folder.path) == run.base_dir
    assert name == run.script_name


def test_empty_script_is_a_script(folder: Folder) -> None:
    """A script without a byte in it is valid JavaScript."""
    folder.write("empty.js", "")

    assert "" == config.load("empty.js").source


def test_dash_reads_standard_input(folder: Folder) -> None:
    """`-` takes the config from standard input, relative to the current folder."""
    run = config.load("-", sets=["b=2"], stdin=lambda: b'\xef\xbb\xbf{"scriptfile": "mail.js", "arg": {"a": 1}}')

    assert '{"a":1,"b":2}' == run.arg_json
    assert "" == run.config_path
    assert str(folder.path) == run.base_dir


def test_dash_reads_sys_stdin_by_default(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without another source, `-` reads the process's own standard input."""
    del folder
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"scriptfile": "mail.js"}'), encoding="utf-8"))

    assert "{}" == config.load("-").arg_json


def test_faults_on_standard_input_say_so(folder: Folder) -> None:
    """What is wrong on standard input is placed in `<stdin>`."""
    del folder

    told = fault(lambda: config.load("-", stdin=lambda: b'{"scriptfile": 1}'))

    assert (
        'ConfigError: <stdin>:1:16: "scriptfile" must be a string, not a number\n'
        'It names the script: "scriptfile": "email_send.js"'
    ) == told


def test_closed_standard_input_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without standard input (a Windows service) gets an error, no traceback."""
    del folder
    monkeypatch.setattr(sys, "stdin", None)

    assert "ConfigError: there is no standard input to read the config from" == fault(lambda: config.load("-"))


def test_broken_standard_input_is_told(folder: Folder) -> None:
    """A standard input that cannot be read is an error in the system's words."""
    del folder

    def broken() -> bytes:
        raise OSError(5, "Input/output error")

    expected = "ConfigError: standard input cannot be read: Input/output error"
    assert expected == fault(lambda: config.load("-", stdin=broken))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", 'the config is empty\nIt needs at least {"scriptfile": "FILE.js"}'),
        (" \r\n\t", 'the config is empty\nIt needs at least {"scriptfile": "FILE.js"}'),
    ],
)
def test_empty_config(folder: Folder, text: str, told: str) -> None:
    """An empty config is told from a wrong one."""
    assert f"ConfigError: CaEmail.json: {told}" == folder.fault(text)


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("[]", "1:1", "a config is a JSON object, not an array"),
        ("\n 3", "2:2", "a config is a JSON object, not a number"),
        ('"x"', "1:1", "a config is a JSON object, not a string"),
        ("null", "1:1", "a config is a JSON object, not null"),
        ("true", "1:1", "a config is a JSON object, not true"),
    ],
)
def test_config_must_be_an_object(folder: Folder, text: str, place: str, told: str) -> None:
    """Any other JSON value is refused, with its kind."""
    hint = 'It looks like {"scriptfile": "FILE.js", "arg": { … }}'
    assert f"ConfigError: CaEmail.json:{place}: {told}\n{hint}" == folder.fault(text)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("5", "must be a string, not a number"),
        ("null", "must be a string, not null"),
        ("false", "must be a string, not false"),
        ('["mail.js"]', "must be a string, not an array"),
        ("{}", "must be a string, not an object"),
        ('""', "is empty"),
        ('"a\\u0000.js"', "has a NUL character in it"),
    ],
)
def test_scriptfile_must_be_a_path(folder: Folder, value: str, told: str) -> None:
    """A `scriptfile` that cannot be a path is refused where it stands."""
    assert (
        f'ConfigError: CaEmail.json:2:15: "scriptfile" {told}\nIt names the script: "scriptfile": "email_send.js"'
    ) == folder.fault(f'{{\n"scriptfile": {value}}}')


def test_scriptfile_is_required(folder: Folder) -> None:
    """A config without `scriptfile` is refused."""
    assert (
        'ConfigError: CaEmail.json:1:1: "scriptfile" is missing\nName the script: "scriptfile": "email_send.js"'
    ) == folder.fault('{"arg": {}}')


def test_misspelt_scriptfile_is_guessed(folder: Folder) -> None:
    """Where another key looks like `scriptfile`, the error asks whether it is meant."""
    assert (
        'ConfigError: CaEmail.json:1:1: "scriptfile" is missing\nThere is "scriptFile": did you mean "scriptfile"?'
    ) == folder.fault('{"scriptFile": "mail.js"}')


@pytest.mark.parametrize("name", ["CaEmail.json", "./CaEmail.json"])
def test_config_cannot_be_its_own_script(folder: Folder, name: str) -> None:
    """A config that names itself is refused."""
    assert (
        'ConfigError: CaEmail.json:1:16: "scriptfile" names the config itself\nIt must name the JavaScript file to run.'
    ) == folder.fault(json.dumps({"scriptfile": name}))


@pytest.mark.parametrize("depth", [100_000])
@pytest.mark.parametrize("brackets", ["[]", ("{", "}")])
def test_endless_nesting_is_refused(folder: Folder, depth: int, brackets: str) -> None:
    """A config nested 100,000 deep is an error, no crash."""
    opening = "[" if brackets[0] == "[" else '{"a":'
    text = f'{{"scriptfile": "mail.js", "arg": {opening * depth}1{brackets[1] * depth}}}'

    told = "ConfigError: CaEmail.json: the config is nested too deeply\nIs this file really a config?"
    assert told == folder.fault(text)


def test_unknown_keys_warn(folder: Folder) -> None:
    """An unknown key is a warning with its place and a guess; `$schema` is none."""
    run = folder.load('{"$schema": "x",\n  "scriptfile": "mail.js",\n  "Arg": 1, "zzz": 2}')

    assert [
        'CaEmail.json:3:3: unknown key "Arg"; did you mean "arg"?',
        'CaEmail.json:3:13: unknown key "zzz"',
    ] == run.warnings


def test_repeated_keys_warn(folder: Folder) -> None:
    """A key given twice warns with its path and both lines; equal names elsewhere do not."""
    text = """{"scriptfile": "x.js", "scriptfile": "mail.js", "arg": {
        "to": {"email": "a"}, "from": {"email": "b"}, "list": [{"a": 1}, {"a": 1,
        "a": 2}],
        "to": {"email": "c"}}}"""

    run = folder.load(text)

    assert '{"to":{"email":"c"},"from":{"email":"b"},"list":[{"a":1},{"a":2}]}' == run.arg_json
    assert [
        'CaEmail.json:1:24: the key "scriptfile" is already in line 1; this one counts',
        'CaEmail.json:3:9: the key "arg.list.1.a" is already in line 2; this one counts',
        'CaEmail.json:4:9: the key "arg.to" is already in line 2; this one counts',
    ] == run.warnings


def test_very_many_repeated_keys_warn_shortly(folder: Folder) -> None:
    """A thousand repeated keys do not fill a screen."""
    run = folder.load('{"scriptfile": "mail.js"' + ', "arg": 1' * 1000 + "}")

    assert 21 == len(run.warnings)
    assert "CaEmail.json: more keys are given twice" == run.warnings[-1]


def test_escapes_in_names_do_not_reach_the_terminal(folder: Folder) -> None:
    """Control characters in a key are shown escaped."""
    run = folder.load('{"scriptfile": "mail.js", "\\u001b[2J\\ud800": 1}')

    assert ['CaEmail.json:1:27: unknown key "\\x1b[2J\\ud800"'] == run.warnings


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("", "UsageError: the name of the config is empty\nName a config: jsnpy CaEmail.json"),
        (".", 'ConfigError: the config "." is a folder, not a file\nName the file itself.'),
    ],
)
def test_targets_that_are_no_files(folder: Folder, target: str, told: str) -> None:
    """An empty name and a folder are told apart from a missing file."""
    del folder

    assert told == fault(lambda: config.load(target))


def test_missing_config(folder: Folder) -> None:
    """A config that is not there is told with the place and names like it."""
    folder.write("CaEmail.json", "{}")

    assert (
        'ConfigError: the config "CaEmial.json" was not found; tried:\n'
        f"  {folder.path / 'CaEmial.json'}\n"
        'Did you mean "CaEmail.json"?'
    ) == fault(lambda: config.load("CaEmial.json"))


@pytest.mark.parametrize("target", ["a\0b.json", "a\0b.js", "\ud800.json", "x" * 5000, "mail.js/c.json"])
def test_impossible_targets_are_errors(folder: Folder, target: str) -> None:
    """A name no file can have ends as an ordinary error."""
    del folder

    assert fault(lambda: config.load(target)).startswith("ConfigError: the ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_config_and_script_from_named_pipes(folder: Folder) -> None:
    """Config and script may be pipes; relative paths start from the config's folder, as for a file."""
    os.mkdir(folder.path / "in")
    writers = []
    for name, text in (("pipe.json", '{"scriptfile": "pipe.js"}'), ("pipe.js", "1;")):
        pipe = folder.path / "in" / name
        os.mkfifo(pipe)
        writers.append(threading.Thread(target=pipe.write_text, args=(text,)))
        writers[-1].start()

    run = config.load(os.path.join("in", "pipe.json"))

    for writer in writers:
        writer.join()
    assert ("1;", str(folder.path / "in")) == (run.source, run.base_dir)


@pytest.mark.skipif(sys.platform == "win32" or not os.path.exists("/dev/fd"), reason="needs /dev/fd")
def test_config_from_a_shell_substitution(folder: Folder) -> None:
    """`jsnpy <(…)` names a pipe under /dev/fd; its relative paths start from the current folder."""
    folder.write("a.js", "1;")
    reading, writing = os.pipe()
    os.write(writing, b'{"scriptfile": "a.js"}')
    os.close(writing)
    try:
        run = config.load(f"/dev/fd/{reading}")
    finally:
        os.close(reading)

    assert ("1;", "a.js", str(folder.path)) == (run.source, run.script_name, run.base_dir)


@pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/null")
def test_device_is_refused(folder: Folder) -> None:
    """A device, which might never end, is no config."""
    del folder

    assert (
        'ConfigError: the config "/dev/null" is neither a file nor a pipe (it is a socket or a device)\n'
        "A config can be piped in: jsnpy - < FILE"
    ) == fault(lambda: config.load("/dev/null"))


def test_unreadable_file(folder: Folder) -> None:
    """A file without permission is told in the system's words."""
    path = folder.write("c.json", "{}")
    os.chmod(path, 0)
    if os.access(path, os.R_OK):
        pytest.skip("this account may read everything")

    assert ("ConfigError: c.json cannot be read: Permission denied\nLet the account that runs jsnpy read it.") == fault(
        lambda: config.load("c.json")
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file whose reading fails")
def test_failing_read_is_told() -> None:
    """A file that opens but cannot be read is told in the system's words."""
    expected = "ConfigError: /proc/self/mem cannot be read: Input/output error"
    assert expected == fault(lambda: config.load("/proc/self/mem"))


@pytest.mark.skipif(sys.platform == "win32", reason="a current folder cannot be deleted there")
def test_deleted_current_folder(tmp_path: Path) -> None:
    """In a folder that was deleted, absolute paths still work and others end as an error."""
    (tmp_path / "mail.js").write_text("1")
    (tmp_path / "c.json").write_text('{"scriptfile": "mail.js"}')
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        "import sys, os\n"
        "from jsnpy import config\n"
        "from jsnpy.errors import ConfigError\n"
        "os.rmdir(os.getcwd())\n"
        "print(config.load(sys.argv[1]).source)\n"
        "try: config.load('c.json')\n"
        "except ConfigError as error: print(error)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "c.json")],
        cwd=gone, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(config.__file__).parents[2])},
    )  # fmt: skip

    expected = "1\nthe current folder no longer exists\nChange to a folder that does.\n"
    assert (expected, "") == (done.stdout, done.stderr)


def test_mapping_becomes_a_run(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dict does what a file with its JSON would, and is not changed."""
    monkeypatch.setenv("WHO", "me")
    given = {"scriptfile": "mail.js", "arg": {"to": "${ENV:WHO}", "l": (1, 2)}, "ARG": 1}

    run = config.from_mapping(given, base_dir=".", sets=["x=1"])

    assert '{"to":"me","l":[1,2],"x":1}' == run.arg_json
    assert {"me": "${ENV:WHO}"} == run.secrets
    assert ['config: unknown key "ARG"; did you mean "arg"?'] == run.warnings
    assert (str(folder.path), "") == (run.base_dir, run.config_path)
    assert {"scriptfile": "mail.js", "arg": {"to": "${ENV:WHO}", "l": (1, 2)}, "ARG": 1} == given


def test_mapping_with_what_json_has_not(folder: Folder) -> None:
    """Values without JSON, cycles and NaN in a mapping are config errors."""
    del folder
    cycle: list[object] = []
    cycle.append(cycle)
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    for value in (object(), b"x", cycle, float("nan"), {1j: 1}, deep, 10**5000):
        told = fault(lambda value=value: config.from_mapping({"scriptfile": "mail.js", "arg": value}))  # type: ignore[misc]
        assert told.startswith("ConfigError: the config cannot be written as JSON: ")


def test_mapping_faults_have_no_place(folder: Folder) -> None:
    """A wrong mapping is named `config`, as there are no lines."""
    del folder

    assert ('ConfigError: config: "scriptfile" is missing\nName the script: "scriptfile": "email_send.js"') == fault(
        lambda: config.from_mapping({})
    )


def test_seed_config_loads() -> None:
    """The project's own example config loads without a warning."""
    path = Path(__file__).parents[2] / "configs" / "CaEmail.json"

    run = config.load(str(path))

    assert json.loads(path.read_text())["arg"] == json.loads(run.arg_json)
    assert "send_email(" in run.source
    assert [] == run.warnings


def test_large_config_is_loaded_quickly(folder: Folder) -> None:
    """A config of megabytes goes through the C parser, never through a walk in Python."""
    arg = [{"key": number, "text": "x" * 20} for number in range(50_000)]
    folder.write("big.json", json.dumps({"scriptfile": "mail.js", "arg": arg}))
    code = (
        "import sys; from jsnpy import config; config.load('big.json');print('jsnpy.config.references' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder.path,
        env={**os.environ, "PYTHONPATH": str(Path(config.__file__).parents[2])},
    )  # fmt: skip

    assert "False\n" == done.stdout
