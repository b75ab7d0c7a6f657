"""JSON without the json module: the same values, the same texts, none of the start-up cost."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jsnpy
from jsnpy import json_text

ROOT = Path(jsnpy.__file__).parents[1]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=20,
)


@given(VALUES)
@settings(deadline=None, max_examples=200)
def test_agrees_with_json(value: object) -> None:
    """Texts and values are those of the json module."""
    text = json.dumps(value, separators=(",", ":"))

    assert text == json_text.dumps(value)
    assert value == json_text.loads(text)
    assert value == json_text.loads(f" \t\r\n{json.dumps(value, indent=2, ensure_ascii=False)}\n ")


@given(st.text('{}[]",:\\ \n1-.eEu0tnNIaé', max_size=30))
@settings(deadline=None, max_examples=300)
def test_refuses_what_json_refuses(text: str) -> None:
    """What is no JSON is a ValueError with json's own message, and nothing else is."""

    def outcome(loads: Callable[[str], object]) -> object:
        try:
            return loads(text)
        except ValueError as error:
            return f"ValueError: {error}"

    def strictly(text: str) -> object:
        return json.loads(text, parse_constant=json_text._Rules.parse_constant)

    assert outcome(strictly) == outcome(json_text.loads)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "[NaN]"])
def test_refuses_constants_that_are_not_json(text: str) -> None:
    """NaN and the infinities are no JSON."""
    with pytest.raises(ValueError, match="is not JSON"):
        json_text.loads(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_does_not_write_constants_that_are_not_json(value: object) -> None:
    """A number JSON has not is not written."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text.dumps(value)


@pytest.mark.parametrize("value", [object(), b"x", {1, 2}, [1j]])
def test_does_not_write_what_json_has_not(value: object) -> None:
    """Other values are a TypeError that names the type."""
    with pytest.raises(TypeError, match="has no JSON"):
        json_text.dumps(value)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_depth_is_a_recursion_error(text: str) -> None:
    """JSON nested too deeply is a RecursionError, no crash."""
    with pytest.raises(RecursionError):
        json_text.loads(text)


def test_depth_of_values_is_an_error() -> None:
    """Values nested too deeply, or in themselves, are not written."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    cycle: list[object] = []
    cycle.append(cycle)

    with pytest.raises(RecursionError):
        json_text.dumps(deep)
    with pytest.raises(ValueError, match="Circular"):
        json_text.dumps(cycle)


def test_pairs_hook_sees_every_object() -> None:
    """The hook gets the pairs of each object, repeated keys too, and its result counts."""
    seen: list[object] = []

    def hook(pairs: list[tuple[str, object]]) -> object:
        seen.append(pairs)
        return len(seen)

    value = json_text.loads('{"a": {"b": 1, "b": 2}}', hook)

    assert (seen, value) == ([[("b", 1), ("b", 2)], [("a", 1)]], 2)


def run(code: str, *arguments: str) -> str:
    """Run Python without site and without anything imported, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, sys.argv[1])\n{code}", str(ROOT),
         *arguments],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONWARNINGS": "error"},
    )  # fmt: skip
    return done.stdout


def test_loading_a_config_imports_nothing_dear(tmp_path: Path) -> None:
    """A plain run's config is read without re, json and the other modules that cost milliseconds."""
    (tmp_path / "mail.js").write_text("1")
    (tmp_path / "c.json").write_text('{"scriptfile": ".\\\\mail.js", "arg": {"a": [1, "x"], "b": ""}}')
    dear = [
        "re",
        "enum",
        "json",
        "typing",
        "dataclasses",
        "pathlib",
        "contextlib",
        "functools",
        "difflib",
        "logging",
    ]
    code = (
        "from jsnpy import config, json_text\n"
        "run = config.load(sys.argv[2], sets=['b=${ENV:PATH}'])\n"
        "assert json_text.loads(run.arg_json)['a'] == [1, 'x'], run.arg_json\n"
        f"print([name for name in {dear} if name in sys.modules])"
    )

    assert run(code, str(tmp_path / "c.json")) == "[]\n"


@pytest.mark.parametrize("text", ["[1,]", '{"a": x}', "{", "", "[1] 2", '"a', '"\\x"', "NaN"])
def test_faults_are_told_without_json_imported(text: str) -> None:
    """The C scanner cannot make its error where json was never imported: it is a ValueError all the same."""
    code = (
        "from jsnpy import json_text\n"
        "try: json_text.loads(sys.argv[2])\n"
        "except ValueError as error: print('ValueError', bool(str(error)))"
    )

    assert run(code, text) == "ValueError True\n"


def test_works_without_the_accelerator() -> None:
    """Where Python has no C scanner, the json module itself serves, with the same answers."""
    code = (
        "sys.modules['_json'] = None\n"
        "from jsnpy import json_text\n"
        "print(json_text.loads(' [1, {\"a\": null}] '), json_text.dumps({'é': [1, None]}))\n"
        "try: json_text.loads('[NaN]')\n"
        "except ValueError as error: print(error)"
    )

    assert run(code) == "[1, {'a': None}] {\"\\u00e9\":[1,null]}\nNaN is not JSON\n"
