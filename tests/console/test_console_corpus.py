"""Values and calls print as Node prints them (golden files made by make_golden.mjs)."""

import json
import os
import re

import pytest
from support.console_host import run_scripts

_HERE = os.path.dirname(__file__)
_CORPUS = os.path.join(_HERE, "corpus")
_FRAMES = re.compile(r"(?:^ *(?:at .*|\.\.\. \d+ lines matching cause stack trace \.\.\.)(?:\n|\Z))+", re.MULTILINE)


def _one_frame(match: "re.Match[str]") -> str:
    frames = match.group()
    indent = " " * (len(frames) - len(frames.lstrip(" ")))
    opens = " {" if frames.endswith(" {\n") else ""
    return f"{indent}at <frame>{opens}\n"


def _normal(text: str) -> str:
    """Return the text with each run of stack frames as one: frames are the engine's own."""
    return _FRAMES.sub(_one_frame, text)


def _snippets(group: str) -> "dict[str, str]":
    with open(os.path.join(_CORPUS, group + ".js"), encoding="utf-8") as file:
        parts = re.split(r"^//# ", file.read(), flags=re.MULTILINE)[1:]
    return dict(part.split("\n", 1) for part in parts)


def _golden(group: str) -> "dict[str, dict[str, str]]":
    with open(os.path.join(_HERE, "golden", group + ".json"), encoding="utf-8", newline="") as file:
        golden: dict[str, dict[str, str]] = json.load(file)
    return golden


_GROUPS = sorted(name[:-3] for name in os.listdir(_CORPUS) if name.endswith(".js"))


@pytest.mark.parametrize("group", _GROUPS)
def test_prints_as_node(group: str) -> None:
    """Every snippet of the group prints what Node printed, but for the stack frames."""
    snippets = _snippets(group)
    golden = _golden(group)
    assert list(golden) == list(snippets)
    expected: dict[str, tuple[str, str, str]] = {}
    sources = []
    for name, source in snippets.items():
        needs = re.match(r"//\? (.*)\n", source)
        condition = needs[1] if needs else "true"
        sources.append(f"if ({condition}) (function () {{\n{source}\n}})(); else throw 'lacking'")
        expected[name] = (_normal(golden[name]["stdout"]), _normal(golden[name]["stderr"]), "")
    outputs = run_scripts(sources)
    actual = {}
    for name, output in zip(snippets, outputs, strict=True):
        if output.error == "threw lacking":  # the engine has not what the snippet is about
            del expected[name]
            continue
        actual[name] = (_normal(output.stdout), _normal(output.stderr), output.error)
    assert expected == actual
