"""The short path reads a command line as click does, or leaves it to click."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from itertools import chain, product
from typing import TYPE_CHECKING, Any
from unittest import mock

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.command import clean_environment, jsnpy

import jsnpy.__main__ as entry
from jsnpy import cli, short_path
from jsnpy.record import as_dict

if TYPE_CHECKING:
    from pathlib import Path

    from jsnpy.options import Options

Reading = tuple[str, dict[str, Any], tuple[str, ...], str | None]


def reading(target: str, options: Options, sets: tuple[str, ...] = (), encoding: str | None = None) -> Reading:
    """Return what `run_file` was called with, so that it can be compared."""
    return target, as_dict(options), sets, encoding


def by_short_path(arguments: list[str], variables: dict[str, str]) -> Reading | None:
    """Return what the short path reads; None where it leaves it to click."""
    call = short_path.read(arguments, variables)
    return None if call is None else reading(call.target, call.options, call.sets, call.encoding)


def by_click(arguments: list[str], variables: dict[str, str]) -> Reading | None:
    """Return the run that click reads; None where it reads something else, or refuses."""
    runs: list[Reading] = []

    def note(*call: Any) -> int:
        runs.append(reading(*call))
        return 0

    nothing = mock.DEFAULT
    with (
        mock.patch.multiple(entry, run_file=note, check_file=nothing, guarded=nothing),
        mock.patch.dict(os.environ, variables),
        contextlib.suppress(click.ClickException, click.exceptions.Exit),
    ):
        cli.command.main(arguments, prog_name="jsnpy", standalone_mode=False)
    return runs[0] if runs else None


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
NAMES = sorted({"-" + "-" * (len(name) > 1) + name for name in ("q", "v", "h", "V", "x")} | set(short_path._OPTIONS))
NAMES += [
    "--flush",
    "--list",
    "--check",
    "--dry-run",
    "--mailbox",
    "--submit",
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
    st.just("a.js"),
)
PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(TEXTS)).map(list)
LINES = st.lists(st.one_of(WORDS.map(lambda word: [word]), PAIRS), max_size=5).map(lambda parts: list(chain(*parts)))
VARIABLES = [
    *short_path._VARIABLES,
    "JSNPY_SETS",
    "JSNPY_FLUSH",
    "JSNPY_DRY_RUN",
    "JSNPY_FILE",
    "JSNPY_NEW",
    "jsnpy_quiet",
]


@given(LINES, st.dictionaries(st.sampled_from(VARIABLES), st.sampled_from(TEXTS), max_size=3))
@example(["a.js", "--quiet"], {"JSNPY_VERBOSE": "1"})
@example(["a.js", "--set", "a=1", "--set=b=2"], {"JSNPY_SET": "c=3"})
def test_reads_as_click_does(arguments: list[str], variables: dict[str, str]) -> None:
    """Whatever the short path reads, click reads the same; what click refuses, the short path never runs."""
    read = by_short_path(arguments, variables)
    assert read is None or by_click(arguments, variables) == read


@pytest.mark.parametrize("name", [name for name in short_path._OPTIONS if len(name) > 2])
def test_reads_each_option_as_click_does(name: str) -> None:
    """Each option with each value, in each place, typed or in its variable."""
    variable = "JSNPY_" + name[2:].upper().replace("-", "_")
    read = 0
    for text in TEXTS:
        lines = [[name, text, "a.js"], ["a.js", name, text], ["a.js", f"{name}={text}"], [name, "a.js"], ["a.js", name]]
        for arguments, value in [*product(lines, [None]), *product([["a.js"], ["a.js", name]], [text])]:
            variables = {} if value is None else {variable: value}
            found = by_short_path(arguments, variables)
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
    """The plain spellings are read without click, typed or from the environment, or this would be no short path."""
    arguments = line.split()
    assert by_short_path(arguments, {}) is not None
    assert by_short_path(["a.js"], {"JSNPY_OUTBOX": "box", "JSNPY_TIMEOUT": "60", "JSNPY_QUIET": "1"}) is not None
    assert by_click(arguments, {}) == by_short_path(arguments, {})


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
        "a.js --dry-run",
        "a.js --check",
        "a.js --submit",
        "--outbox box --flush",
    ],
)
def test_leaves_the_rest_to_click(line: str) -> None:
    """What is not plain, or needs an error message, is left to click."""
    assert by_short_path(line.split(), {}) is None


@pytest.mark.parametrize("name", ["JSNPY_FLUSH", "JSNPY_NEW", "JSNPY_DRY_RUN", "JSNPY_quiet", "JSNPY_SETS"])
def test_leaves_unknown_variables_to_click(name: str) -> None:
    """A variable of ours that it does not know may mean anything to click."""
    assert by_short_path(["a.js"], {name: "1"}) is None


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
    assert "| jsnpy.short_path\n" in done.stderr
    assert "| click\n" not in done.stderr
    wrong = jsnpy("a.js", "--outbox", "box", "--timeout", "soon", cwd=tmp_path)
    assert (2, "") == (wrong.code, wrong.out)
    assert "'soon' is no number of seconds" in wrong.err
