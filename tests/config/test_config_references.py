"""${ENV:NAME} and ${FILE:path} in a config's strings."""

import json
import os
import sys
from pathlib import Path

import pytest
from support.configs import Folder, fault

from jsnpy import config


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return an empty current folder."""
    return Folder(tmp_path, monkeypatch)


def load(folder: Folder, arg: object) -> config.RunConfig:
    """Load a config with this arg."""
    return folder.load(json.dumps({"scriptfile": "mail.js", "arg": arg}))


def test_variables_and_files_are_replaced_at_any_depth(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reference in a string value is replaced, whole or inside other text; keys are left as they are."""
    monkeypatch.setenv("USER_X", "me")
    monkeypatch.setenv("PASS_X", 'é"\\')
    folder.write("secrets/token.txt", "t0k\n")
    arg = {
        "a": [{"b": ["${ENV:USER_X}"]}],
        "${ENV:USER_X}": "x ${ENV:PASS_X} y${ENV:USER_X}",
        "f": "${FILE:secrets/token.txt}",
    }

    run = load(folder, arg)

    expected = {"a": [{"b": ["me"]}], "${ENV:USER_X}": 'x é"\\ yme', "f": "t0k"}
    assert expected == json.loads(run.arg_json)
    assert {
        "me": "${ENV:USER_X}",
        'é"\\': "${ENV:PASS_X}",
        "t0k": f"${{FILE:{folder.path / 'secrets' / 'token.txt'}}}",
    } == run.secrets


def test_deep_references_are_replaced(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk through the values does not use up Python's call stack."""
    monkeypatch.setenv("X", "me")
    depth = 900

    run = folder.load('{"scriptfile": "mail.js", "arg": ' + "[" * depth + '"${ENV:X}"' + "]" * depth + "}")

    assert "[" * depth + '"me"' + "]" * depth == run.arg_json


def test_escaped_reference_is_a_reference(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """How JSON writes the characters makes no difference."""
    monkeypatch.setenv("X", "me")

    run = folder.load(r'{"scriptfile": "mail.js", "arg": ["\u0024{ENV:X}", "$\u007BENV:X}"]}')

    assert '["me","me"]' == run.arg_json


@pytest.mark.parametrize(
    "text",
    [
        "$",
        "${",
        "$${",
        "${}",
        "$$",
        "${OTHER:x}",
        "$ENV",
        "${ENV}",
        "${ENV:X",
        "${env:X}",
        "$ENV:X",
        "%X%",
        "${FILE",
        "$ {ENV:X}",
    ],
)
def test_other_dollars_are_left_alone(folder: Folder, text: str) -> None:
    """Nothing else with a dollar sign is touched."""
    assert text == json.loads(load(folder, text).arg_json)


def test_dollars_round_a_reference(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference amid other dollar signs is found."""
    monkeypatch.setenv("X", "me")

    assert "$me${OTHER:me}${a}me$" == json.loads(load(folder, "$${ENV:X}${OTHER:${ENV:X}}${a}${ENV:X}$").arg_json)


def test_what_comes_in_is_not_replaced_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that looks like a reference stays as it is."""
    monkeypatch.setenv("X", "${ENV:X}${FILE:f}")
    folder.write("f", "${ENV:X}")

    assert ["${ENV:X}${FILE:f}", "${ENV:X}"] == json.loads(load(folder, ["${ENV:X}", "${FILE:f}"]).arg_json)


def test_empty_variable_is_set(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing is not missing, and no secret."""
    monkeypatch.setenv("X", "")

    run = load(folder, "${ENV:X}")

    assert ('""', {}) == (run.arg_json, run.secrets)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"a\n", "a"),
        (b"a\r\n", "a"),
        (b"a\r", "a"),
        (b"a\n\n", "a\n"),
        (b"a\r\n\r\n", "a\r\n"),
        (b"\n", ""),
        (b"", ""),
        (b" a\nb ", " a\nb "),
        ("\ufeffé\n".encode(), "é"),
        (b"%PDF-7", "%PDF-7"),
        ("é\n".encode("utf-16"), "é"),
    ],
)
def test_one_line_end_of_a_file_is_dropped(folder: Folder, content: bytes, value: str) -> None:
    """A secret file's last line end is not part of the secret; it is decoded as a config is."""
    folder.write("f", content)

    assert value == json.loads(load(folder, "${FILE:f}").arg_json)


def test_file_is_relative_to_the_config(folder: Folder) -> None:
    """A FILE path starts from the config's folder, not the current one; Windows paths work."""
    folder.write("f", "wrong")
    path = folder.write("etc/s/f", "right")
    arg = ["${FILE:s/f}", "${FILE:s\\f}", f"${{FILE:{path}}}"]
    folder.write("etc/c.json", json.dumps({"scriptfile": "../mail.js", "arg": arg}))

    run = config.load("etc/c.json")

    assert ["right"] * 3 == json.loads(run.arg_json)
    assert {"right": f"${{FILE:{path}}}"} == run.secrets


def test_scriptfile_may_use_references(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole config is looked through, so the script's path may come from a variable."""
    monkeypatch.setenv("SCRIPT", "mail")

    assert "mail.js" == folder.load('{"scriptfile": "${ENV:SCRIPT}.js"}').script_name


def test_scriptfile_errors_keep_the_secret(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that is not found is told without what a reference brought in."""
    monkeypatch.setenv("SCRIPT", "hunter2")

    assert (
        'ConfigError: CaEmail.json:1:16: the script "${ENV:SCRIPT}.js" was not found; tried:\n'
        f"  {folder.path}{os.sep}${{ENV:SCRIPT}}.js"
    ) == folder.fault('{"scriptfile": "${ENV:SCRIPT}.js"}')


def test_scriptfile_guesses_keep_the_secret(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is nearly called like what a reference brought in is guessed without it, too."""
    folder.write("hunter22.js", "")
    monkeypatch.setenv("SCRIPT", "hunter2")
    told = folder.fault('{"scriptfile": "${ENV:SCRIPT}.js"}')
    assert told.endswith('Did you mean "${ENV:SCRIPT}2.js"?')
    assert "hunter2" not in told


def test_scriptfile_errors_show_a_path_that_is_no_secret(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret of arg that happens to be a piece of the script's path does not garble the error."""
    monkeypatch.setenv("LETTER", "s")

    assert folder.fault('{"scriptfile": "x.js", "arg": "${ENV:LETTER}"}').startswith(
        'ConfigError: CaEmail.json:1:16: the script "x.js" was not found; tried:\n'
    )


def test_missing_variable(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing variable is told with its place, its key path and its name."""
    monkeypatch.delenv("SMTP_PASS", raising=False)

    assert (
        'ConfigError: CaEmail.json:2:26: arg.to.1.pass: the environment variable "SMTP_PASS" is not set\n'
        "Set it for the account that runs jsnpy."
    ) == folder.fault('{"scriptfile": "mail.js", "arg": {\n  "to": ["x", {"pass":   "a${ENV:SMTP_PASS}"}]}}')


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "=", "A B", " "])
def test_impossible_variables_are_missing(folder: Folder, name: str) -> None:
    """A name no variable can have is an ordinary error."""
    told = folder.fault(json.dumps({"scriptfile": "mail.js", "arg": f"${{ENV:{name}}}"}))

    assert told.startswith("ConfigError: CaEmail.json:1:34: arg: the environment variable ")


@pytest.mark.parametrize(("kind", "what"), [("ENV", "variable"), ("FILE", "file")])
def test_reference_without_a_name(folder: Folder, kind: str, what: str) -> None:
    """A reference that names nothing is an error."""
    assert (f"ConfigError: CaEmail.json:1:34: arg: ${{{kind}:}} names no {what}") == folder.fault(
        json.dumps({"scriptfile": "mail.js", "arg": f"${{{kind}:}}"})
    )


def test_missing_file(folder: Folder) -> None:
    """A missing file is told with its place, its key path and where it was looked for."""
    assert (
        'ConfigError: CaEmail.json:1:43: arg.pass: the file "no/pass.txt" was not found; tried:\n'
        f"  {folder.path / 'no' / 'pass.txt'}"
    ) == folder.fault('{"scriptfile": "mail.js", "arg": {"pass": "${FILE:no/pass.txt}"}}')


def test_folder_is_no_secret_file(folder: Folder) -> None:
    """A folder in place of a secret file is told."""
    assert (
        'ConfigError: CaEmail.json:1:34: arg: the file "." is a folder, not a file\nName the file itself.'
    ) == folder.fault('{"scriptfile": "mail.js", "arg": "${FILE:.}"}')


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipe_is_no_secret_file(folder: Folder) -> None:
    """A pipe gives its secret once, but what refers to it may be read again: it is refused, without waiting for it."""
    os.mkfifo(folder.path / "f")

    assert (
        'ConfigError: CaEmail.json:1:34: arg: the file "f" is a pipe, which can be read only once\n'
        "Give the secret in a file or a variable."
    ) == folder.fault('{"scriptfile": "mail.js", "arg": "${FILE:f}"}')


def test_undecodable_file_shows_no_byte(folder: Folder) -> None:
    """Not even one byte of a secret file is shown."""
    folder.write("f", b"abc\xe9")

    told = folder.fault('{"scriptfile": "mail.js", "arg": {"pass": "${FILE:f}"}}')

    assert (
        'ConfigError: CaEmail.json:1:43: arg.pass: the file "f" is not UTF-8 text: a byte at offset 3 does not fit'
    ) == told.splitlines()[0]


@pytest.mark.skipif(sys.platform == "win32", reason="variables are Unicode there")
def test_undecodable_variable(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not UTF-8 is refused, not sent as mojibake."""
    monkeypatch.setitem(os.environb, b"LATIN", b"\xe9")

    assert ('ConfigError: CaEmail.json:1:34: arg: the environment variable "LATIN" is not valid UTF-8') == folder.fault(
        '{"scriptfile": "mail.js", "arg": "${ENV:LATIN}"}'
    )


def test_references_below_a_set_path(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing variable in an assignment is told with the key path that was set."""
    monkeypatch.delenv("NOPE", raising=False)
    del folder

    assert (
        'ConfigError: mail.js: arg.a.b: the environment variable "NOPE" is not set\n'
        "Set it for the account that runs jsnpy."
    ) == fault(lambda: config.load("mail.js", sets=["a.b=${ENV:NOPE}"]))
