"""No bytes and no values make a config end in anything but a run or an error of jsnpy's own."""

import json
import os
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jsnpy import config
from jsnpy.config import json_faults, json_places
from jsnpy.errors import JsnpyError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()).filter(lambda text: "${" not in text),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=20,
)
VALID = (
    '{"scriptfile": "mail.js",\r\n "arg": {"port": 587, "pass": "p\\u00e9\\n",'
    '\n "list": [1.5e3, -0, true, null, {"é": "${ENV:HOME_OF_NOBODY}"}]}}'
)
SETTINGS = settings(deadline=None, max_examples=150)


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stand in a folder with a script for the whole file, as hypothesis runs a test many times."""
    before = os.getcwd()
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "mail.js").write_text("1")
    os.chdir(folder)
    yield
    os.chdir(before)


def survives(data: bytes, encoding: str | None = None) -> None:
    """Load a config that may be anything; only jsnpy's own errors may come."""
    try:
        run = config.load("-", stdin=lambda: data, encoding=encoding)
    except JsnpyError:
        pass
    else:
        json.loads(run.arg_json)


@given(VALUES)
@SETTINGS
def test_any_arg_survives(value: object) -> None:
    """Whatever JSON value a config's arg has, the script's is the same."""
    text = json.dumps({"scriptfile": "mail.js", "arg": value})

    assert value == json.loads(config.load("-", stdin=text.encode).arg_json)


@given(VALUES)
@SETTINGS
def test_any_mapping_survives(value: object) -> None:
    """Whatever JSON value a dict's arg has, the script's is the same."""
    assert value == json.loads(config.from_mapping({"scriptfile": "mail.js", "arg": value}).arg_json)


@given(st.binary(max_size=200))
@SETTINGS
def test_random_bytes(data: bytes) -> None:
    """Any bytes at all are a config or an error."""
    survives(data)
    survives(data, encoding="cp1252")


@given(st.text("{}[]\",:\\ \t\n'/a1-.eu0“é\u00a0\ufeff\ud800\x00", max_size=40))
@example('{"a')
@example('{"a":1,')
@example("[")
@example("\\")
@SETTINGS
def test_places_agree_with_the_parser(text: str) -> None:
    """The walker that explains faults takes for JSON exactly what the parser takes for it."""
    try:
        json.loads(text, parse_constant=lambda name: [][len(name)])
    except (ValueError, IndexError):
        with pytest.raises(json_places.BrokenError):
            list(json_places.members(text))
        told = json_faults.explain(text, "c.json", "unexplained")
        assert "unexplained" not in told.message
    else:
        assert list(json_places.members(text))


@st.composite
def broken_configs(draw: st.DrawFn) -> bytes:
    """Return a valid config with some bytes cut out, doubled or replaced."""
    data = VALID.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1"])))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        until = draw(st.integers(at, min(len(data), at + 8)))
        data = data[:at] + draw(st.sampled_from([b"", data[at:until] * 2]) | st.binary(max_size=3)) + data[until:]
    return data


@given(broken_configs())
@SETTINGS
def test_broken_configs(data: bytes) -> None:
    """A config with any piece broken is a config or an error."""
    survives(data)


@given(st.text(st.characters()), st.sampled_from(["scriptfile", "arg", "key", "file", "env"]))
@SETTINGS
def test_any_text_in_a_name(text: str, where: str) -> None:
    """Any text as path, value, key, file reference or variable is an ordinary outcome."""
    configs: dict[str, dict[str, object]] = {
        "scriptfile": {"scriptfile": text},
        "arg": {"scriptfile": "mail.js", "arg": text},
        "key": {"scriptfile": "mail.js", text: 1},
        "file": {"scriptfile": "mail.js", "arg": f"${{FILE:{text}}}"},
        "env": {"scriptfile": "mail.js", "arg": f"${{ENV:{text}}}"},
    }

    survives(json.dumps(configs[where]).encode())


@given(st.text(st.characters()), st.text(st.characters()))
@SETTINGS
def test_any_assignment(key: str, value: str) -> None:
    """Any text after --set is an assignment or an error."""
    try:
        run = config.load("mail.js", sets=[f"{key}={value}", "a.b=1", "a.c=[1]", key])
    except JsnpyError:
        pass
    else:
        json.loads(run.arg_json)


@given(st.text(st.characters()))
@SETTINGS
def test_any_target(target: str) -> None:
    """Any text as the config's name is an ordinary outcome."""
    with pytest.raises(JsnpyError):
        config.load(target + "\ud800")
    if target not in ("-", "mail.js"):
        with pytest.raises(JsnpyError):
            config.load(target)


KEYS = st.sampled_from(["pass", "mdp", "비밀번호", "url", "x", "api key", "webhook", "a:b", "to,cc"])
SECRETS = st.recursive(
    st.sampled_from(
        ["GEHEIM", 'a"GEHEIM', "GEHEIM\\", "x: GEHEIM", "[GEHEIM", "GEHEIM, 5", "// GEHEIM", "smtp://u:GEHEIM@h"]
    )
    | st.sampled_from([5, True, None, 1.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
SLIPS = st.sampled_from(["", '"', ",", "}", "]", " x ", "'", "# ", "//", ":", " 5 ", "“", "+", "\u200b", ", }", "\t,"])


@given(st.dictionaries(KEYS, SECRETS, min_size=1, max_size=4), SLIPS, st.data(), st.sampled_from([None, 2]))
@settings(deadline=None, max_examples=300)
def test_no_slip_of_the_pen_shows_a_string(arg: object, slip: str, data: st.DataObject, indent: int | None) -> None:
    """A character too many or too few between the values of a config shows none of its strings."""
    text = json.dumps({"scriptfile": "mail.js", "arg": arg}, ensure_ascii=False, indent=indent)
    between = [0, len(text), *(at for path, key_at, value_at in json_places.members(text) for at in (key_at, value_at))]
    at = data.draw(st.sampled_from(sorted(set(between))))
    behind = text[at + data.draw(st.integers(0, 1)) :]
    try:
        config.load("-", stdin=(text[:at] + slip + behind).encode)
    except JsnpyError as error:
        assert "GEHEIM" not in str(error)  # noqa: PT017 - it need not be one
