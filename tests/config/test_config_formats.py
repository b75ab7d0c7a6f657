"""What stands in place of a config, and what jsnpy takes it for."""

from __future__ import annotations

import bz2
import gzip
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.configs import Folder, fault

from jsnpy import config

if TYPE_CHECKING:
    from jsnpy.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return an empty current folder."""
    return Folder(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("---\nscriptfile: mail.js\n", 1, "this is YAML"),
        ("scriptfile: mail.js\narg:\n  port: 25\n", 1, "this is YAML"),
        ("\n\n- a\n- b\n", 3, "this is YAML"),
        ("[mail]\nhost = x\n", 1, "this is INI"),
        ("; settings\n[mail]\nhost=x\n", 1, "this is INI"),
        ("scriptfile=mail.js\n", 1, "this is INI"),
        ("<?xml version='1.0'?><a/>", 1, "this is XML or HTML"),
        ("<!DOCTYPE html>", 1, "this is XML or HTML"),
        ("module.exports = { scriptfile: 'mail.js' }", 1, "this is JavaScript"),
        ("export default {}", 1, "this is JavaScript"),
        ("'use strict';\nconst a = 1", 1, "this is JavaScript"),
        ("./s.js\n", 1, "this is only the name of a script"),
        ('{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> x\n}', 2, "a merge has left its marks here"),
        ('{"port": {{PORT}}}', 1, "a placeholder of a template that was not filled in"),
        ("{{ARG}}", 1, "a placeholder of a template that was not filled in"),
        ('{"port": <%= port %>}', 1, "a placeholder of a template that was not filled in"),
        ('{"port": ${PORT}}', 1, "a placeholder of a template that was not filled in"),
        ('{"arg": ${ENV:ARG}}', 1, "a reference needs double quotes"),
        ('"scriptfile": "mail.js"', 1, 'the "{" at the beginning is missing'),
    ],
)
def test_other_formats_are_named(folder: Folder, text: str, line: int, what: str) -> None:
    """What is no JSON at all is named as what it is."""
    told = folder.fault(text)

    assert told.startswith(f"ConfigError: CaEmail.json:{line}:")
    assert what in told


@pytest.mark.parametrize("text", ["[1, 2]", "[]", '"a"', "5"])
def test_other_json_is_no_other_format(folder: Folder, text: str) -> None:
    """JSON of another shape is told as such."""
    assert "a config is a JSON object, not " in folder.fault(text)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (gzip.compress(b"{}", mtime=0), "compressed (gzip)"),
        (b"PK\x03\x04\x14", "a ZIP archive"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\x7fELF\x02", "a program"),
        (b"MZ\x90\0\x03", "a program"),
        (bz2.compress(b"{}"), "compressed (bzip2)"),
        (b"SQLite format 3\0", "an SQLite database"),
    ],
)
@pytest.mark.parametrize("encoding", [None, "cp1252"])
def test_binary_files_are_named(folder: Folder, data: bytes, what: str, encoding: str | None) -> None:
    """A file that is no text is named as what it is, as config and as script."""
    assert f"CaEmail.json is not text: it is {what}" in folder.fault(data, encoding=encoding)
    folder.write("binary.js", data)
    assert f"binary.js is not text: it is {what}" in fault(lambda: config.load("binary.js", encoding=encoding))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{\n  "scriptfile": "a.js",\n  "arg": {\n    "x": 1\n}\n', 3),
        ('{\n  "arg": {\n    "to": [\n      "a"\n  },\n  "b": 1\n}', None),
        ('{\n  "a": {\n    "b": {\n      "c": 1\n    }\n', 2),
        ('{\n\t"a": {\n\t\t"c": 1\n}', 2),
        ('{"a": {"b": 1}', 1),
    ],
)
def test_a_missing_brace_is_looked_for_by_indentation(folder: Folder, text: str, line: int | None) -> None:
    """Where the config ends too early, the bracket is named that was probably forgotten to be closed."""
    told = folder.fault(text)

    assert (f"of line {line} is not closed" if line else 'does not close the "[" of line 3') in told


@pytest.mark.parametrize("key", ["mdp", "비밀번호", "haslo", "senha", "webhook", "url", "x", "Passwort"])
@pytest.mark.parametrize(
    "mistake", ['"port": 025', '"port": 25,}', '"port" 25', "port: 25", "\"a\": 'b'", '"a": b', "// a"]
)
@pytest.mark.parametrize("before", [True, False])
def test_string_values_are_masked_whatever_their_key(folder: Folder, key: str, mistake: str, before: bool) -> None:
    """A line with a mistake shows no string value, before and behind it, but of keys known to be harmless."""
    secret = json.dumps({key: "GEHEIM", "at": ["GEHEIM"]}, ensure_ascii=False)[1:-1]
    line = f"{secret}, {mistake}" if before else f"{mistake}, {secret}"

    told = folder.fault(f'{{"scriptfile":"./s.js","arg":{{{line}}}}}')

    assert "GEHEIM" not in told
    assert '":"./s.js"' in told


@pytest.mark.parametrize("value", ["smtp://user:GEHEIM@h", "https://:GEHEIM@h/x"])
def test_a_url_with_a_password_is_masked_below_any_key(folder: Folder, value: str) -> None:
    """A harmless key may hold a URL with a password in it."""
    assert "GEHEIM" not in folder.fault(f'{{"host": "{value}", "port": 025}}')


@pytest.mark.parametrize(
    "key", ["argument", "args", "Arg", "scriptFile", "script_file", "includes", "stateFile", "oauth"]
)
def test_unknown_keys_are_guessed(folder: Folder, key: str) -> None:
    """A key that is nearly one of a config's warns with "did you mean"; it never fails a run."""
    run = folder.load(f'{{"scriptfile": "mail.js", "{key}": 1}}')

    assert 1 == len(run.warnings)
    assert "did you mean" in run.warnings[0]


@pytest.mark.parametrize("key", ["$schema", "arg"])
def test_known_keys_do_not_warn(folder: Folder, key: str) -> None:
    """The keys of a config are known."""
    assert [] == folder.load(f'{{"scriptfile": "mail.js", "{key}": "x"}}').warnings


@pytest.mark.parametrize(
    "data", [b"#!/usr/bin/env jsnpy\nlet a\n", b"\xef\xbb\xbf#!x\nlet a\n", "#!x\nlet a".encode("utf-16")]
)
def test_a_file_that_begins_with_a_hashbang_is_a_script(folder: Folder, data: bytes) -> None:
    """Whatever it is called, and on standard input too."""
    folder.write("disk-alert", data)

    for run in (config.load("disk-alert", sets=["n=1"]), config.load("-", stdin=lambda: data, sets=["n=1"])):
        assert run.source.startswith("#!")
        assert '{"n":1}' == run.arg_json
        assert "" == run.config_path
        assert str(folder.path) == run.base_dir
    assert "disk-alert" == config.load("disk-alert").script_name


def test_includes_are_found_as_the_script_is(folder: Folder) -> None:
    """Each script of include is read, with its name and text, in this order."""
    folder.write("lib/one.js", "let one")
    folder.write("two.js", "let two")

    run = folder.load(r'{"scriptfile": "mail.js", "include": [".\\lib\\one.js", "two.js"]}')

    assert [("lib/one.js", "let one"), ("two.js", "let two")] == [
        (name.replace("\\", "/"), text) for name, text in run.includes
    ]
    assert [] == run.warnings


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('"lib.js"', '"include" must be an array, not a string'),
        ("[5]", '"include.0" must be a string, not a number'),
        ('["mail.js", ""]', '"include.1" is empty'),
        ('["nothing.js"]', 'the script "nothing.js" was not found'),
        ('["CaEmail.json"]', '"include.0" names the config itself'),
    ],
)
def test_wrong_includes(folder: Folder, value: str, told: str) -> None:
    """An include that is none is an error with its place."""
    text = f'{{"scriptfile": "mail.js", "include": {value}}}'

    assert (
        f"ConfigError: CaEmail.json:1:{38 if 'include.' not in told and 'found' not in told else ''}"
        in folder.fault(text)
    )
    assert told in folder.fault(text)


def test_statefile_is_relative_to_the_config(folder: Folder) -> None:
    """The file that keeps the state lies next to the config, whether it is there or not, in either spelling."""
    folder.write("sub/c.json", r'{"scriptfile": "mail.js", "statefile": "state\\disk.json"}')

    assert str(folder.path / "sub" / "state" / "disk.json") == config.load("sub/c.json").statefile
    assert "" == config.load("mail.js").statefile


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("5", '"statefile" must be a string, not a number'),
        ('""', '"statefile" is empty'),
        ('"CaEmail.json"', '"statefile" names the config itself'),
        (r'".\\CaEmail.json"', '"statefile" names the config itself'),
        (r'"C:\temp\new.json"', '"statefile" has a control character in it: "C:\\temp'),
    ],
)
def test_wrong_statefiles(folder: Folder, value: str, told: str) -> None:
    """A statefile that cannot be one is an error with its place; a swallowed backslash is told."""
    assert told in folder.fault(f'{{"scriptfile": "mail.js", "statefile": {value}}}')


def test_faults_are_collected_where_that_is_asked_for(folder: Folder) -> None:
    """Reading goes on after a fault, so that all are told."""
    folder.write(
        "c.json", '{"scriptfile": "a.js", "include": ["b.js", 5, "mail.js"], "statefile": 1, "arg": "${ENV:NOPE_1}"}'
    )
    faults: list[ConfigError] = []

    run = config.load("c.json", faults=faults, lenient=True)

    assert 4 == len(faults)
    assert ["mail.js"] == [name for name, _ in run.includes if name]
    assert 1 == len(run.warnings)
    assert "NOPE_1" in run.warnings[0]


def test_a_lenient_reading_leaves_references_that_lead_nowhere(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing variable or file is a warning with its place, and its text stays; the others are replaced."""
    monkeypatch.setenv("WHO_1", "me")
    folder.write("c.json", '{"scriptfile": "mail.js", "arg": ["${ENV:WHO_1} ${ENV:NOPE_1}", "${FILE:nope}"]}')

    run = config.load("c.json", lenient=True)

    assert ["me ${ENV:NOPE_1}", "${FILE:nope}"] == json.loads(run.arg_json)
    assert min(run.warnings).startswith('c.json:1:35: arg.0: the environment variable "NOPE_1" is not set')
    assert 2 == len(run.warnings)


@pytest.mark.skipif(sys.platform == "win32", reason="no file can be called so there")
def test_control_characters_of_a_path_are_escaped(folder: Folder) -> None:
    """A name with an escape sequence in it does not reach the terminal raw."""
    folder.write("a\x1b[31m.json", "{")

    told = fault(lambda: config.load("a\x1b[31m.json"))

    assert "\x1b" not in told
    assert r"a\x1b[31m.json:1:2" in told
    folder.write("b\x1b.js", "throw 1")
    assert r"b\x1b.js" == config.load("b\x1b.js").script_name


def test_a_config_in_shared_memory_finds_its_script_next_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is a pipe or an open file has no folder; others below /dev have."""
    import shutil
    import tempfile

    shm = Path("/dev/shm")
    if sys.platform == "win32" or not shm.is_dir():
        pytest.skip("this system has no /dev/shm")
    monkeypatch.chdir(tmp_path)
    folder = Path(tempfile.mkdtemp(dir=shm))
    try:
        (folder / "s.js").write_text("1")
        (folder / "pw").write_text("secret")
        (folder / "c.json").write_text('{"scriptfile": "s.js", "arg": "${FILE:pw}"}')
        assert str(folder / "s.js") == config.load(str(folder / "c.json")).script_path
    finally:
        shutil.rmtree(folder)


def test_a_text_behind_an_object_is_masked(folder: Folder) -> None:
    """A harmless key inside an object says nothing of a text that follows the object without a key."""
    told = folder.fault('{"scriptfile": "a.js", "arg": {"to": {"email": "a@x.test"} "GEHEIM"}}')
    assert "a@x.test" in told
    assert "GEHEIM" not in told


def test_shares_without_file_numbers(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every file has the number 0, a script is not taken for its config."""
    import os

    class Stat:
        def __init__(self, real: os.stat_result) -> None:
            self.st_mode, self.st_ino, self.st_dev = real.st_mode, 0, real.st_dev

    real = os.stat
    monkeypatch.setattr(os, "stat", lambda path, **more: Stat(real(path, **more)))
    folder.write("c.json", '{"scriptfile": "mail.js"}')

    assert "send_email(arg);\n" == config.load("c.json").source
    assert '"scriptfile" names the config itself' in folder.fault('{"scriptfile": "CaEmail.json"}')
