"""What --set does to arg."""

from pathlib import Path

import pytest
from support.configs import Folder, fault

from jsnpy import config


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return an empty current folder."""
    return Folder(tmp_path, monkeypatch)


ARG = '{"to":{"email":"a"},"list":[1,{"b":2}],"text":"x","none":null}'
CONFIG = f'{{"scriptfile": "mail.js", "arg": {ARG}}}'


@pytest.mark.parametrize(
    ("assignment", "old", "new"),
    [
        ("to.email=me@x.test", '"a"', '"me@x.test"'),
        ("text=587", '"x"', "587"),
        ('text="587"', '"x"', '"587"'),
        ("text=", '"x"', '""'),
        ("text=a=b", '"x"', '"a=b"'),
        ("text=[1, {}]", '"x"', "[1,{}]"),
        ("text=NaN", '"x"', '"NaN"'),
        ("text=1e999", '"x"', '"1e999"'),
        ("text=1 2", '"x"', '"1 2"'),
        ("text=é", '"x"', '"\\u00e9"'),
        ("text=" + "[" * 100_000, '"x"', '"' + "[" * 100_000 + '"'),
        ("list.0=9", "[1,", "[9,"),
        ("list.1.b=9", '{"b":2}', '{"b":9}'),
        ("list.1.c.d=9", '{"b":2}', '{"b":2,"c":{"d":9}}'),
        ("new.a.b=1", "}", "}"),
        ("none=1", "null", "1"),
        ("to=1", '{"email":"a"}', "1"),
    ],
)
def test_set_changes_one_value(folder: Folder, assignment: str, old: str, new: str) -> None:
    """One value is set, JSON where it parses and else text; the rest stays."""
    expected = ARG.replace(old, new)
    if assignment.startswith("new"):
        expected = ARG[:-1] + ',"new":{"a":{"b":1}}}'

    assert expected == folder.load(CONFIG, sets=[assignment]).arg_json


def test_sets_are_made_in_order(folder: Folder) -> None:
    """A later assignment sees what an earlier one made."""
    run = folder.load(CONFIG, sets=["a.b=1", "a.c=2", "a.b=3", "list=[0]", "list.0=5"])

    assert '{"to":{"email":"a"},"list":[5],"text":"x","none":null,"a":{"b":3,"c":2}}' == run.arg_json


def test_set_works_without_arg_and_without_config(folder: Folder) -> None:
    """Where there is no arg, one is made."""
    assert '{"a":{"b":1}}' == folder.load('{"scriptfile": "mail.js"}', sets=["a.b=1"]).arg_json
    assert '{"a":{"b":1}}' == config.load("mail.js", sets=["a.b=1"]).arg_json


def test_set_replaces_before_references_are_read(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is set may be a reference, and one that is set anew needs no variable any more."""
    monkeypatch.delenv("NOPE", raising=False)
    monkeypatch.setenv("WHO", "me")

    run = folder.load('{"scriptfile": "mail.js", "arg": {"a": "${ENV:NOPE}"}}', sets=["a=${ENV:WHO}", "b=1"])

    assert '{"a":"me","b":1}' == run.arg_json
    assert {"me": "${ENV:WHO}"} == run.secrets


def test_set_with_arg_in_front_warns(folder: Folder) -> None:
    """`arg.` in front of the key is likely a mistake, and said to be one."""
    run = folder.load(CONFIG, sets=["arg.text=1"])

    assert ['--set "arg.text": keys start below arg, so this sets "arg.arg.text"; did you mean "text"?'] == run.warnings
    assert run.arg_json.endswith(',"arg":{"text":1}}')


FORM = "\nIt is written --set KEY=VALUE, as in --set to.email=me@x.test"


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("text", f'--set "text" has no ={FORM}'),
        ("", f'--set "" has no ={FORM}'),
        ("=1", f'--set "" has an empty key{FORM}'),
        ("to..email=1", f'--set "to..email" has an empty key{FORM}'),
        (".to=1", f'--set ".to" has an empty key{FORM}'),
        ("to.=1", f'--set "to." has an empty key{FORM}'),
        ("text=\udcff", '--set "text" is not valid UTF-8'),
        ("\udcff=1", r'--set "\udcff" is not valid UTF-8'),
        ("text.a=1", '--set "text.a": "arg.text" is a string, which has no members'),
        ("none.a.b=1", '--set "none.a.b": "arg.none" is null, which has no members'),
        ("list.0.a=1", '--set "list.0.a": "arg.list.0" is a number, which has no members'),
        ("list.2=1", '--set "list.2": the array has 2 items, but no item "2"'),
        ("list.-1=1", '--set "list.-1": the array has 2 items, but no item "-1"'),
        ("list.x=1", '--set "list.x": the array has 2 items, but no item "x"'),
        ("list.²=1", '--set "list.²": the array has 2 items, but no item "²"'),
        (
            "list." + "0" * 5000 + "=1",
            f'--set "list.{"0" * 5000}": the array has 2 items, but no item "{"0" * 5000}"',
        ),
    ],
)
def test_wrong_sets(folder: Folder, assignment: str, told: str) -> None:
    """Each wrong assignment is refused by name, without its value."""
    assert f"UsageError: {told}" == folder.fault(CONFIG, sets=[assignment])


def test_set_below_an_arg_without_members(folder: Folder) -> None:
    """Nothing can be set below an arg that is text."""
    assert ('UsageError: --set "a": "arg" is a string, which has no members') == folder.fault(
        '{"scriptfile": "mail.js", "arg": "x"}', sets=["a=1"]
    )


def test_wrong_set_for_a_bare_script(folder: Folder) -> None:
    """A bare script's assignments are checked too."""
    del folder

    assert f'UsageError: --set "a" has no ={FORM}' == fault(lambda: config.load("mail.js", sets=["a"]))


@pytest.mark.parametrize(
    ("assignment", "meant"),
    [
        ("to.emial=x", "to.email"),
        ("To.email=x", "to.email"),
        ("to/email=x", "to.email"),
        ("to email=x", "to.email"),
        ("to:email=x", "to.email"),
        ("to->email=x", "to.email"),
        ("to_email=x", "to.email"),
        ("$.to.email=x", "to.email"),
        ("args.to.email=x", "to.email"),
        ("to[email]=x", "to.email"),
        ("arg.to.email=x", "to.email"),
        ("arg.to.Email=x", "to.email"),
        ("tp.email=x", None),
        ("txet=x", "text"),
        ("list[1].b=x", "list.1.b"),
        ("list.1.B=x", "list.1.b"),
        ("TO.NAME=x", None),
        ("subject=x", None),
        ("to.name=x", None),
        ("list.1.c=x", None),
    ],
)
def test_set_of_a_key_that_nearly_exists_warns(folder: Folder, assignment: str, meant: str | None) -> None:
    """A new key that is probably a slip of the pen would send the mail to the real recipient: it warns."""
    run = folder.load(CONFIG, sets=[assignment])

    assert len(run.warnings) == (meant is not None)
    if meant:
        assert f'--set "{assignment.partition("=")[0]}"' in run.warnings[0]
        assert run.warnings[0].endswith(f'; did you mean "{meant}"?')


@pytest.mark.parametrize("key", ["scriptfile", "include.0", "statefile", "oauth2.tenant"])
def test_set_of_a_key_beside_arg_warns(folder: Folder, key: str) -> None:
    """What stands beside arg in the config cannot be set, which is said."""
    run = folder.load(CONFIG, sets=[f"{key}=x"])

    assert [f'--set "{key}": keys start below arg, so this sets "arg.{key}"'] == run.warnings


def test_wrong_set_shows_no_value(folder: Folder) -> None:
    """Of a text without = no more is shown than the key may be."""
    for text in ("pass:hunter2", "pass hunter2", "pass: hunter2", '"pass":"hunter2"'):
        assert "hunter2" not in folder.fault(CONFIG, sets=[text])
