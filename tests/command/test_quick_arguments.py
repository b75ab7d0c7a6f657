"""The quick reader reads a command line as click does, or leaves it to click."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain, product
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.command import clean_environment, jsnpy
from support.fuzz_options import by_click, quickly

from jsnpy.command import NAMES as COMMANDS
from jsnpy.command import options

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = [name for option in options.RUN for name in (option.name, option.short) if name]
TEXTS = ["", "0", "1", "1.5", "-1", "5d", "12h", "soon", "nan", "inf", "1e400", " 5 ", "64MB", "1 GiB", "1e30"]
TEXTS += [
    "json",
    "text",
    "JSON",
    "true",
    "YES",
    "off",
    "maybe",
    "a=1",
    "to.email=a=b",
    "x=1\ny=2",
    "\n",
    "box",
    "é",
    "-",
    "--",
]
NAMES = sorted({"-" + "-" * (len(name) > 1) + name for name in ("q", "v", "h", "V", "x")} | set(OPTIONS))
NAMES += [
    "--flush",
    "--out",
    "--outb",
    "-qv",
    "-q=1",
    "--quiet=1",
]
WORDS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(TEXTS),
    st.builds("{}={}".format, st.sampled_from(NAMES), st.sampled_from(TEXTS)),
    st.sampled_from(["a.js", "./check", *COMMANDS]),
)
PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(TEXTS)).map(list)
LINES = st.lists(st.one_of(WORDS.map(lambda word: [word]), PAIRS), max_size=5).map(lambda parts: list(chain(*parts)))
VARIABLES = [
    *(option.variable for option in options.RUN),
    "JSNPY_SETS",
    "JSNPY_CHECK",
    "JSNPY_VERSION",
    "JSNPY_FILE",
    "JSNPY_NEW",
    "jsnpy_quiet",
]


@given(LINES, st.dictionaries(st.sampled_from(VARIABLES), st.sampled_from(TEXTS), max_size=3))
@example(["a.js", "--quiet"], {"JSNPY_VERBOSE": "1"})
@example(["a.js", "--set", "a=1", "--set=b=2"], {"JSNPY_SET": "c=3"})
def test_reads_as_click_does(arguments: list[str], variables: dict[str, str]) -> None:
    """Whatever the quick reader reads, click reads the same; what click refuses, the quick reader never runs."""
    read = quickly(arguments, variables)
    assert read is None or by_click(arguments, variables) == read


@pytest.mark.parametrize("name", [name for name in OPTIONS if len(name) > 2])
def test_reads_each_option_as_click_does(name: str) -> None:
    """Each option with each value, in each place, typed or in its variable."""
    variable = "JSNPY_" + name[2:].upper().replace("-", "_")
    read = 0
    for text in TEXTS:
        lines = [[name, text, "a.js"], ["a.js", name, text], ["a.js", f"{name}={text}"], [name, "a.js"], ["a.js", name]]
        for arguments, value in [*product(lines, [None]), *product([["a.js"], ["a.js", name]], [text])]:
            variables = {} if value is None else {variable: value}
            found = quickly(arguments, variables)
            assert found is None or by_click(arguments, variables) == found, (arguments, variables)
            read += found is not None
    assert read


@pytest.mark.parametrize(
    "line",
    [
        "a.js --outbox box",
        "--outbox box a.js",
        "a.js --outbox box --max-age 2d --timeout 60 -q",
        "a.js --outbox=box --timeout=60 --quiet --fail-on-send-error",
        "a.js --set to.email=me@x.test --set n=5 --insecure -v --log-format json",
        "a.js --verbose --encoding cp1252 --memory-limit 64MB",
    ],
)
def test_reads_what_scheduled_runs_say(line: str) -> None:
    """The plain spellings are read without click, typed or from the environment, or it would not be quick."""
    arguments = line.split()
    assert quickly(arguments, {}) is not None
    assert quickly(["a.js"], {"JSNPY_OUTBOX": "box", "JSNPY_TIMEOUT": "60", "JSNPY_QUIET": "1"}) is not None
    assert by_click(arguments, {}) == quickly(arguments, {})


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a.js b.js",
        "--help",
        "a.js --help",
        "a.js --outb box",
        "a.js -qv",
        "a.js --quiet --verbose",
        "a.js --outbox",
        "a.js --outbox --quiet",
        "a.js --timeout soon",
        "a.js --timeout -1",
        "a.js --max-age 5",
        "a.js --log-format xml",
        "a.js --memory-limit 5XB",
        "a.js --quiet=1",
        "a.js --",
        "a.js --dry-run --probe",
        "a.js --mailbox m",
        "a.js --check",
        "check a.js",
        "types",
        "-q types",
    ],
)
def test_leaves_the_rest_to_click(line: str) -> None:
    """What is not plain, or needs an error message, is left to click."""
    assert quickly(line.split(), {}) is None


def test_runs_without_click(tmp_path: Path) -> None:
    """The real command with such options does what they say, and imports no click; a mistake is told as ever."""
    (tmp_path / "a.js").write_text("console.log(arg.n)")
    options = ["a.js", "--set", "n=5", "--outbox", "box", "--timeout", "20", "-v"]
    command = [sys.executable, "-X", "importtime", "-m", "jsnpy", *options]
    done = subprocess.run(
        command, cwd=tmp_path, env=clean_environment(JSNPY_MAX_AGE="2d"), capture_output=True, text=True, check=True
    )
    assert "5\n" == done.stdout
    assert "jsnpy: engine quickjs" in done.stderr
    assert "| jsnpy.command.quick_arguments\n" in done.stderr
    assert "| click\n" not in done.stderr
    wrong = jsnpy("a.js", "--outbox", "box", "--timeout", "soon", cwd=tmp_path)
    assert (2, "") == (wrong.code, wrong.out)
    assert '"soon" is not a number of seconds' in wrong.err
