"""The JSON Schema of a config: valid itself, true of real configs, and helpful about a misspelt key."""

import json
from pathlib import Path

import jsonschema
import pytest
from support.command import jsnpy

from jsnpy import starter
from jsnpy.oauth.settings import KEYS
from jsnpy.starter import fields

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(starter.schema())
CONFIGS = [*(ROOT / "configs").glob("*.json"), ROOT / "tests/seed/CaEmail.json", ROOT / "jsnpy/starter/alert.json"]


def complaints(config: object) -> list[str]:
    """Return what the schema has against a config."""
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(config)]


def test_the_schema_is_one() -> None:
    """The schema is valid against its own metaschema."""
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_real_configs_are_valid(path: Path) -> None:
    """The starter's config, JsN's own and those in configs/ are valid."""
    assert [] == complaints(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("arg", [None, 1, "text", [], {"to": 5, "port": [], "tls": "x", "attachments": {}, "own": {}}])
def test_arg_may_be_anything(arg: object) -> None:
    """What a script makes of its arg is its own affair."""
    assert [] == complaints({"scriptfile": "x.js", "arg": arg})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"scriptfile": "x.js", "args": {}}, "'args' was unexpected"),
        ({"scriptFile": "x.js"}, "'scriptfile' is a required property"),
        ({"scriptfile": 5}, "5 is not of type 'string'"),
        ([], "[] is not of type 'object'"),
        ({"scriptfile": "x.js", "include": "lib.js"}, "'lib.js' is not of type 'array'"),
        ({"scriptfile": "x.js", "include": [1]}, "1 is not of type 'string'"),
        ({"scriptfile": "x.js", "statefile": {}}, "{} is not of type 'string'"),
        ({"scriptfile": "x.js", "oauth2": {"tennant": "x"}}, "'tennant' was unexpected"),
        (
            {"scriptfile": "x.js", "oauth2": {"provider": "microsft"}},
            "'microsft' is not one of ['microsoft', 'google']",
        ),
        (
            {"scriptfile": "x.js", "oauth2": {"login": "${env:LOGIN}"}},
            "'${env:LOGIN}' is not one of ['device', 'browser']",
        ),
        (
            {"scriptfile": "x.js", "oauth2": {"login": "${ENV:}"}},
            "'${ENV:}' is not one of ['device', 'browser']",
        ),
        (
            {"scriptfile": "x.js", "oauth2": {"login": "${ENV:A"}},
            "'${ENV:A' is not one of ['device', 'browser']",
        ),
        ({"scriptfile": "x.js", "oauth2": {"client_auth": 1}}, "1 is not of type 'string'"),
        ({"scriptfile": "x.js", "oauth2": {"params": {"a": 1}}}, "1 is not of type 'string'"),
        ({"scriptfile": "x.js", "oauth2": {"command": "oama"}}, "'oama' is not of type 'array'"),
    ],
)
def test_mistakes_are_named(config: object, words: str) -> None:
    """A misspelt, missing or mistyped key is a complaint."""
    assert any(words in one for one in complaints(config))


def test_references_are_taken_wherever_there_are_strings() -> None:
    """What a variable or a file will say is for the run to judge, as everywhere in a config."""
    block: dict[str, object] = {name: "${ENV:A}" for name in KEYS if name not in ("params", "command")}
    block |= {"params": {"audience": "${FILE:a.txt}"}, "command": ["${ENV:A}"], "cloud": "us${FILE:a.txt}"}
    assert [] == complaints(
        {"scriptfile": "${ENV:A}", "include": ["${ENV:A}"], "statefile": "${ENV:A}", "oauth2": block}
    )


def test_every_field_is_described() -> None:
    """An editor offers each field of send_email under arg, with the same words as the declarations."""

    def described(properties: dict[str, dict[str, object]]) -> dict[str, object]:
        return {name: one["description"] for name, one in properties.items()}

    mail = SCHEMA["properties"]["arg"]["properties"]
    assert {field.name: field.help for field in fields.MAIL} == described(mail)
    assert {field.name: field.help for field in fields.TLS} == described(mail["tls"]["properties"])
    assert {field.name: field.help for field in fields.ATTACHMENT} == described(
        mail["attachments"]["items"]["properties"]
    )
    for name in ("from", "to", "cc", "bcc", "reply_to"):
        assert {field.name: field.help for field in fields.ADDRESS} == described(mail[name]["properties"])


def test_an_editor_is_offered_examples_and_the_fields_of_each_in_a_list() -> None:
    """Examples stand beside a description; what may be a list has its fields for one and for each, the rest for one."""
    properties = SCHEMA["properties"]
    assert ["./alert.js"] == properties["scriptfile"]["examples"]
    mail = properties["arg"]["properties"]
    assert [25, 465, 587] == mail["port"]["examples"]
    lists = [name for name, one in mail.items() if "items" in one]
    assert ["to", "cc", "bcc", "reply_to", "attachments"] == lists
    assert "http://json-schema.org/draft-07/schema#" == SCHEMA["$schema"]


def test_every_key_of_a_config_is_described() -> None:
    """The schema knows the keys that a config may have, and no others."""
    from jsnpy.config import loading

    assert set(loading.KEYS) == set(SCHEMA["properties"])


def test_every_key_of_the_oauth2_block_is_described() -> None:
    """The schema knows the keys that the block may have, and no others."""
    assert set(KEYS) == set(SCHEMA["properties"]["oauth2"]["properties"])


def test_schema_is_printed() -> None:
    """`jsnpy schema` prints the schema."""
    assert (0, starter.schema(), "") == ((done := jsnpy("schema")).code, done.out, done.err)
