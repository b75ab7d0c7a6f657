"""What the console does beyond printing values as Node does: times, warnings, what the engine cannot see into."""

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.console_host import run_script

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Promise.resolve(1)", "Promise { <state unknown> }"),
        ("new (class P extends Promise {})(() => {})", "P [Promise] { <state unknown> }"),
        ("Object.assign(Promise.resolve(), {x: 1})", "Promise { <state unknown>, x: 1 }"),
        ("new Map([[1, 2]]).keys()", "[Map Iterator] { <items unknown> }"),
        ("new Set([1]).values()", "[Set Iterator] { <items unknown> }"),
        ("new WeakMap([[{}, 1]])", "WeakMap { <items unknown> }"),
    ],
)
def test_what_javascript_cannot_see_is_said_to_be_unknown(value: str, shown: str) -> None:
    """State that only the engine knows is named as unknown, not guessed."""
    assert shown + "\n" == run_script(f"console.log({value})").stdout


def test_an_iterator_is_not_advanced() -> None:
    """Printing an iterator leaves it where it was."""
    output = run_script("const i = new Map([[1, 2]]).keys(); console.log(i); console.log(i.next().value)")
    assert output.stdout.endswith("\n1\n")


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        ("console.time('t'); console.timeEnd('t')", r"t: \d+(\.\d+)?ms\n"),
        ("console.time(); console.timeEnd()", r"default: \d+(\.\d+)?ms\n"),
        ("console.time('t'); console.timeLog('t', {a: 1}, 'x')", r"t: \d+ms \{ a: 1 \} x\n"),
        ("console.time('t'); console.timeLog('t'); console.timeLog('t')", r"t: \d+ms\nt: \d+ms\n"),
        ("console.group('g'); console.time('t'); console.timeEnd('t')", r"g\n  t: \d+ms\n"),
    ],
)  # fmt: skip
def test_timers_show_elapsed_time(source: str, pattern: str) -> None:
    """Timers print their label and the time since console.time."""
    output = run_script(source)
    assert re.fullmatch(pattern, output.stdout)
    assert output.stderr == ""


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "0ms"),
        (999, "999ms"),
        (1000, "1.000s"),
        (59_999, "59.999s"),
        (60_000, "1:00.000 (m:ss.mmm)"),
        (3_599_000, "59:59.000 (m:ss.mmm)"),
        (3_600_000, "1:00:00.000 (h:mm:ss.mmm)"),
        (36_061_001, "10:01:01.001 (h:mm:ss.mmm)"),
    ],
)
def test_times_are_written_as_node_writes_them(milliseconds: int, shown: str) -> None:
    """Milliseconds, seconds, minutes and hours have Node's forms."""
    source = f"console.time('t'); advance({milliseconds}); console.timeEnd('t')"
    # A script cannot move the host's clock: this one is there before the host captures it.
    output = run_script(source, before="let offset = 0; Date.now = () => offset; function advance(n) { offset += n; }")
    assert f"t: {shown}\n" == output.stdout


@pytest.mark.parametrize(
    ("source", "warning"),
    [
        ("console.timeEnd('x')", "Warning: No such label 'x' for console.timeEnd()\n"),
        ("console.timeLog('x')", "Warning: No such label 'x' for console.timeLog()\n"),
        ("console.time('x'); console.time('x')", "Warning: Label 'x' already exists for console.time()\n"),
        ("console.countReset('x')", "Warning: Count for 'x' does not exist\n"),
    ],
)
def test_wrong_labels_are_warned_of_on_stderr(source: str, warning: str) -> None:
    """A label that does not exist, or exists already, is a warning, not an error."""
    output = run_script(source)
    assert (output.stdout, output.stderr, output.error) == ("", warning, "")


def test_streams() -> None:
    """error, warn, trace and assert print to stderr, all others to stdout."""
    output = run_script(
        "for (const m of ['log', 'info', 'debug', 'dir', 'dirxml', 'table', 'group', 'groupCollapsed', 'count'])"
        " { console[m](m); console.groupEnd(); }"
        "for (const m of ['error', 'warn']) console[m](m); console.assert(false, 'assert'); console.trace('trace');"
    )
    assert output.stdout.split("\n") == [
        "log", "info", "debug", "'dir'", "dirxml", "table", "group", "groupCollapsed", "count: 1", "",
    ]  # fmt: skip
    assert output.stderr.startswith("error\nwarn\nAssertion failed: assert\nTrace: trace\n    at ")


def test_a_trace_shows_the_callers_frames_only() -> None:
    """console.trace names the author's functions with their lines, and none of the host's."""
    output = run_script("function outer() {\n  inner();\n}\nfunction inner() {\n  console.trace('here');\n}\nouter();")
    lines = output.stderr.splitlines()
    assert lines[0] == "Trace: here"
    assert [line.split(":")[0] for line in lines[1:3]] == ["    at inner (script.js", "    at outer (script.js"]
    assert all("script.js" in line for line in lines[1:])


def test_the_console_object() -> None:
    """Its methods have their names, can be replaced, and it has Node's tag."""
    output = run_script(
        "const d = Object.getOwnPropertyDescriptor(console, 'log');"
        "const tag = Object.prototype.toString.call(console);"
        "console.log(console.log.name, d.writable, d.configurable, d.enumerable, tag);"
    )
    assert output.stdout == "log true true true [object console]\n"


def test_values_that_need_no_formatter_do_not_load_it() -> None:
    """Strings, numbers, booleans, null and undefined are printed without loading the formatter."""
    loads: list[str] = []
    source = "console.log('a', 1, true, null, undefined); console.error(-1.5); console.log(); console.group(2);"
    assert run_script(source, loads=loads).stdout == "a 1 true null undefined\n\n2\n"
    assert loads == []
    run_script("console.log({})", loads=loads)
    assert loads == [
        f"bindings/console/{name}" for name in ("format", "inspect_text", "inspect_kinds", "inspect", "inspect_entries")
    ]


def _text() -> "st.SearchStrategy[str]":
    return st.text(st.characters(codec=None, exclude_categories=()), max_size=40)


@settings(deadline=None, max_examples=60)
@given(st.lists(_text(), min_size=1, max_size=20))
def test_any_text_is_printed_as_it_is(texts: "list[str]") -> None:
    """NUL, lone surrogates, emoji and line breaks arrive on the stream as the script has them."""
    source = "".join(f"console.log({json.dumps(text)});" for text in texts)
    expected = "".join(text + "\n" for text in texts)
    actual = run_script(source).stdout
    assert _utf16(expected) == _utf16(actual)


def _utf16(text: str) -> bytes:
    """Return what both sides can agree on: a pair written as two surrogates is one character in JavaScript."""
    return text.encode("utf-16-le", "surrogatepass")


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | _text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(_text(), inner, max_size=5),
    max_leaves=30,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(_JSON, min_size=1, max_size=5))
def test_any_json_value_can_be_printed(values: "list[Any]") -> None:
    """A JSON value of any shape is printed by each method, on some lines, without an error."""
    source = "".join(
        f"{{ const v = JSON.parse({json.dumps(json.dumps(value))});"
        " console.log(v); console.log('%s %d %i %f %j %o %O', v, v, v, v, v, v, v); console.table(v);"
        " console.dir(v, {depth: null, compact: false, showHidden: true}); }"
        for value in values
    )
    output = run_script(source)
    assert output.error == ""
    assert output.stdout.count("\n") >= 4 * len(values)
    assert "cannot be shown" not in output.stdout


@settings(deadline=None, max_examples=40)
@given(st.lists(_JSON, min_size=1, max_size=10))
def test_percent_j_is_json(values: "list[Any]") -> None:
    """What %j prints is the value's JSON."""
    source = "".join(f"console.log('%j', JSON.parse({json.dumps(json.dumps(value))}));" for value in values)
    lines = run_script(source).stdout.split("\n")[:-1]
    printed = [json.loads(line, parse_int=float) for line in lines]
    assert values == printed


def test_through_the_command(tmp_path: "Path") -> None:
    """The command prints values, and the text of an uncaught error, with the same formatter."""
    script = tmp_path / "s.js"
    script.write_text(
        "console.log({a: [1, 'x']}, '\\ud800', 'z'.repeat(20000).length);\n"
        "console.error(['z'.repeat(600)]);\n"
        "class Refused extends Error {}\n"
        "throw Object.assign(new Refused('no'), {code: 7});\n"
    )
    done = subprocess.run([sys.executable, "-m", "jsnpy", str(script)], capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stdout.decode() == "{ a: [ 1, 'x' ] } \ufffd 20000\n"
    errors = done.stderr.decode()
    assert "[\n  '" + "z" * 600 + "'\n]\n" in errors
    assert "Refused [Error]: no\n" in errors
    assert "  code: 7\n}" in errors
