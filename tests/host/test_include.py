"""`include`: scripts evaluated before the script, in the same world, each with its own name and lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.command import Result, jsnpy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIBRARY = "// a comment\nfunction fail(x) {\n  throw new Error(x);\n}\nvar shared = 'lib';\nvar count = 0;\n"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Return what runs a script after the files given."""

    def run(script: str, *options: str, **files: str) -> Result:
        (tmp_path / "lib").mkdir(exist_ok=True)
        for name, text in files.items():
            (tmp_path / "lib" / f"{name}.js").write_text(text, encoding="utf-8")
        (tmp_path / "a.js").write_text(script, encoding="utf-8")
        include = [f".\\lib\\{name}.js" for name in files]
        (tmp_path / "a.json").write_text(json.dumps({"scriptfile": "a.js", "include": include, "arg": {"n": 5}}))
        return jsnpy("a.json", *options, cwd=tmp_path)

    return run


def test_all_are_one_world_in_the_order_given(run: Callable[..., Result]) -> None:
    """Functions and variables of a library are there, and `arg` is there for it."""
    result = run(
        "console.log(shared, twice(arg.n), seen)",
        one="var seen = arg.n;" + LIBRARY,
        two="function twice(x) { return 2 * x }",
    )
    assert (0, "lib 10 5\n", "") == (result.code, result.out, result.err)


def test_what_a_library_declares_in_any_way_is_seen(run: Callable[..., Result]) -> None:
    """`const`, `let`, `class` and arrow functions too, by later libraries and the script, which may have its own."""
    result = run(
        "console.log(A, twice(2), new C().n, typeof f, own()); let b = 'mine'; console.log(b)",
        one="const A = 1; let b = 2; class C { n = 3 } function f() {}",
        two="const twice = (x) => x * b; const own = () => b;",
    )
    assert (0, "1 4 3 function 2\nmine\n", "") == (result.code, result.out, result.err)


def test_a_strict_library_leaves_the_script_as_it_is(run: Callable[..., Result]) -> None:
    """Strictness is its own; what it puts into the world is there, and so is what others declared before it."""
    result = run(
        "made = 5; console.log(made, before, after(), typeof hidden, (function () { return this === globalThis })())",
        one="const before = 'b';",
        two="'use strict'; const hidden = 1; globalThis.after = () => hidden;",
    )
    assert (0, "5 b 1 undefined true\n", "") == (result.code, result.out, result.err)
    alone = run("made = 5; console.log(made)", one="'use strict'; globalThis.x = 1")
    assert (0, "5\n") == (alone.code, alone.out)


@pytest.mark.parametrize("end", ["", "// a comment", "/* one */", "\n\n", ";", "var x = 1"])
def test_how_a_library_ends_does_not_matter(end: str, run: Callable[..., Result]) -> None:
    """With or without a line end."""
    result = run("#!/usr/bin/env jsnpy\nconsole.log(A)\nnull.x", one=f"const A = 1;{end}", two=end)
    assert (1, "1\n") == (result.code, result.out)
    assert result.err.startswith("a.js:3\n")


def test_the_scripts_last_value_is_still_awaited(run: Callable[..., Result]) -> None:
    """A promise that the script ends with decides, and one that can never settle is told."""
    assert 1 == run("(async () => { await null; throw 1 })()", one="const A = 1").code
    assert "never settle" in run("new Promise(() => {})", one="const A = 1").err
    assert 0 == run("5", one="new Promise(() => {})").code


def test_a_brace_that_a_library_does_not_close_is_its_own(run: Callable[..., Result]) -> None:
    """Not the script's."""
    result = run("console.log('ran')", one="const A = 1;\n", two="function f() {\n  return 1;\n")
    assert (1, "") == (result.code, result.out)
    assert result.err.replace("\\", "/").startswith("lib/two.js:")


def test_an_error_in_a_library_names_its_file_and_line(run: Callable[..., Result]) -> None:
    """The frames of both files, each with its own lines."""
    result = run("\n\nfail('no');", one=LIBRARY)
    assert 1 == result.code
    assert result.err.replace("\\", "/").startswith("lib/one.js:3\n  throw new Error(x);\n")
    assert "a.js:3" in result.err


def test_an_error_in_the_script_keeps_its_line(run: Callable[..., Result]) -> None:
    """As if nothing had been evaluated before it."""
    assert run("\nnull.x", one=LIBRARY).err.startswith("a.js:2\n")


def test_an_error_after_a_long_library_keeps_its_line(run: Callable[..., Result]) -> None:
    """The host's own code is taken to be below all lines of all scripts."""
    assert run("\nnull.x", one="\n" * 12_000).err.startswith("a.js:2\n")


@pytest.mark.parametrize("command", [[], ["check"]])
def test_a_library_that_does_not_compile_is_named(
    command: list[str], run: Callable[..., Result], tmp_path: Path
) -> None:
    """By a run and by check."""
    run("console.log('ran')", one="let x = ;\n")
    result = jsnpy(*command, "a.json", cwd=tmp_path)
    assert (1, "a.json: 1 fault\n" if command else "") == (result.code, result.out)
    assert "one.js:1" in result.err


def test_the_line_of_a_failed_send_is_the_librarys(run: Callable[..., Result]) -> None:
    """Where send_email stands."""
    result = run("tell()", one="function tell() {\n  send_email({})\n}")
    assert "lib/one.js:2)" in result.err.replace("\\", "/")


def test_a_library_that_exits_ends_the_run(run: Callable[..., Result]) -> None:
    """The script does not begin."""
    assert (4, "") == ((result := run("console.log('ran')", one="exit(4)")).code, result.out)


def test_a_library_that_is_not_there_is_exit_2(tmp_path: Path) -> None:
    """With its key and what was tried."""
    (tmp_path / "a.js").write_text("")
    (tmp_path / "a.json").write_text('{"scriptfile": "a.js", "include": ["lib.js"]}')
    result = jsnpy("a.json", cwd=tmp_path)
    assert 2 == result.code
    assert 'a.json:1:36: the script "lib.js" was not found' in result.err


def test_from_python(tmp_path: Path) -> None:
    """In this process and in a child."""
    import jsnpy as package

    (tmp_path / "lib.js").write_text("var shared = 1")
    (tmp_path / "a.js").write_text("console.log(shared)")
    config = {"scriptfile": str(tmp_path / "a.js"), "include": [str(tmp_path / "lib.js")]}
    assert ["1\n", "1\n"] == [package.run(config, timeout=timeout).stdout for timeout in (None, 30)]
