"""What an uncaught error looks like: the author's file, line and frames, as Node shows them."""

import json
import os
import sys
from pathlib import Path

import pytest
from support.command import jsnpy
from support.engines import ORIGINAL

# name: script, line of the headline (0: none), what stderr contains besides
SHOWN: dict[str, tuple[str, int, str]] = {
    "thrown at the top": ("\nthrow new TypeError('bad');", 2, "TypeError: bad"),
    "in a function": ("function f() {\n  null.x;\n}\nf();", 2, "at f (a.js:2"),
    "in a one-line arrow": ("const f = () => { throw new Error('one') };\n\nf();", 1, "at f (a.js:1"),
    "in a timer": ("setTimeout(() => {\n  throw new Error('late');\n}, 1);", 2, "Error: late"),
    "in a microtask": ("queueMicrotask(() => {\n  throw new Error('micro');\n});", 2, "Error: micro"),
    "in an async function": (
        "async function f() {\n  await 1;\n  throw new Error('later');\n}\nf();",
        3,
        "Error: later",
    ),
    "in an async timer": ("setTimeout(async () => {\n  await 1;\n  throw new Error('x');\n});", 3, "Error: x"),
    "in a getter": ("const o = {\n  get a() {\n    throw new Error('got');\n  },\n};\no.a;", 3, "at get a (a.js:3"),
    "in a callback of a built-in": ("[1].forEach(function g() {\n  throw new Error('g');\n});", 2, "at g (a.js:2"),
    "in a printed value": ("console.log('%s', {\n  toString() {\n    throw 1; } });\nnull.x", 4, "TypeError"),
    "in nested eval": ("1;\neval('\\n\\n\\nthrow new Error(\"inner\")');", 2, "Error: inner"),
    "syntax error in eval": ("1;\n2;\neval('let let');", 3, "SyntaxError"),
    "syntax error in JSON": ("1;\n2;\nJSON.parse('{a');", 3, "is not valid JSON"),
    "syntax error": ("1;\nlet a = ;\n", 2, "SyntaxError"),
    "unclosed block": ("function f() {\n", 0, "SyntaxError"),
    "with CRLF": ("1;\r\n2;\r\nthrow new Error('x');\r\n", 3, "Error: x"),
    "after a hashbang": ("#!/usr/bin/env jsn\nthrow new Error('x');", 2, "Error: x"),
    "string": ("1;\nthrow 'text';", 2, "Uncaught text"),
    "object": ("throw { a: 1 };", 0, "Uncaught { a: 1 }"),
    "undefined": ("throw undefined;", 1, "Uncaught undefined"),
    "rejected with a string": ("Promise.reject('why');", 0, "Uncaught (in promise) why"),
    "never settling": ("new Promise(() => {});", 0, "can never settle"),
    "subclass": ("class MailError extends Error {}\nthrow new MailError('sub');", 2, "sub"),
}
SHOWN_BY_NG = {
    "cause": ("try {\n  null.x;\n} catch (e) {\n  throw new Error('outer', { cause: e });\n}", 4, "[cause]: TypeError"),
    "captureStackTrace": ("function E() {\n  Error.captureStackTrace(this, E);\n}\n\n  throw new E();", 5, "a.js:5"),
}


def _cases() -> dict[str, tuple[str, int, str]]:
    return SHOWN if ORIGINAL else {**SHOWN, **SHOWN_BY_NG}


@pytest.mark.parametrize("name", _cases())
def test_uncaught_error(name: str, tmp_path: Path) -> None:
    """The place comes first, then the error with the author's frames; nothing of the host, and exit code 1."""
    script, line, text = _cases()[name]
    (tmp_path / "a.js").write_bytes(script.encode())
    result = jsnpy("a.js", cwd=tmp_path)
    if line and not (ORIGINAL and "one-line" in name):
        assert result.err.startswith(f"a.js:{line}\n{script.splitlines()[line - 1]}"), result
    elif not ORIGINAL and "unclosed" not in name:
        assert result.err.startswith("a.js\n"), result
    if not ORIGINAL:
        assert text in result.err, result
    assert (1, False, False) == (result.code, "<input>" in result.err, "native" in result.err), result
    assert "driver" not in result.err, result


@pytest.mark.skipif(ORIGINAL, reason="the original engine gives no columns")
def test_caret_points_at_the_column(tmp_path: Path) -> None:
    """Below the source line stands a caret; tabs stay tabs, so that it stands right."""
    (tmp_path / "a.js").write_text("\tlet x = null; x.y;")
    lines = jsnpy("a.js", cwd=tmp_path).err.splitlines()
    assert ["a.js:1", "\tlet x = null; x.y;"] == lines[:2]
    assert "\t" + " " * (lines[1].index("x.y")) == lines[2].replace("^", "")[: len("\t") + lines[1].index("x.y")] + " "


@pytest.mark.skipif(ORIGINAL, reason="the original engine gives no columns")
@pytest.mark.parametrize("before", ["e", "é", "日", "😀", "é日😀"])
@pytest.mark.parametrize("lines", ["", "// é\r\n\r\n", "\u2028é()\n"])
def test_column_behind_characters_of_several_bytes(before: str, lines: str, tmp_path: Path) -> None:
    """Columns are counted in UTF-16 units, as Node and editors count them; the caret stands below its character."""
    line = f"function é() {{}}; '{before}'; missing; // é"
    (tmp_path / "a.js").write_text(lines + line, encoding="utf-8", newline="")
    number = len(lines.replace("\r\n", "\n").replace("\u2028", "\n").split("\n"))
    column = len(line.partition("missing")[0].encode("utf-16-le")) // 2 + 1
    result = jsnpy("a.js", cwd=tmp_path)
    place, shown, caret, *_, frame = result.err.removesuffix("\n").split("\n")
    assert (f"a.js:{number}", line, f"    at a.js:{number}:{column}") == (place, shown, frame)
    assert "missing" == shown[caret.index("^") :][: len("missing")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("lines", "number"),
    [
        (["/* a", "b", "*/", "null.x"], 4),
        (["// a", "`b", "c`", "null.x"], 4),
        (["let a = 1;", "/*", "", "*/ let a = 2;"], 4),
    ],
)
def test_lines_are_the_authors_with_any_line_ends(lines: list[str], number: int, end: str, tmp_path: Path) -> None:
    """A script from an old Mac has the lines its author sees, behind comments of several lines too."""
    (tmp_path / "a.js").write_text(end.join(lines), newline="")
    result = jsnpy("a.js", cwd=tmp_path)
    assert [f"a.js:{number}", lines[number - 1]] == result.err.split("\n")[:2]


@pytest.mark.skipif(ORIGINAL, reason="the original engine gives no columns")
def test_line_of_a_very_long_script(tmp_path: Path) -> None:
    """The lines of a script are told from the host's, however many there are."""
    (tmp_path / "a.js").write_text("\n" * 150_000 + "function f() { null.x }\nf();")
    shown = jsnpy("a.js", cwd=tmp_path).err.splitlines()
    assert "a.js:150001" == shown[0]
    assert ["    at f (a.js:150001:16)", "    at a.js:150002:1"] == shown[-2:]


def test_excerpt_of_a_long_line(tmp_path: Path) -> None:
    """Of a minified line only the part round the error is shown."""
    (tmp_path / "a.js").write_text("'" + "x" * 100_000 + "'; null.here; '" + "y" * 100_000 + "'")
    result = jsnpy("a.js", cwd=tmp_path)
    assert len(result.err) < 1000
    assert ORIGINAL or "null.here" in result.err


@pytest.mark.skipif(ORIGINAL, reason="the original engine's own stack text cannot be replaced")
def test_stack_that_a_script_reads(tmp_path: Path) -> None:
    """err.stack reads as in Node: the header, then the author's frames with the file's name."""
    (tmp_path / "a.js").write_text("function f() { return new RangeError('m') }\nconsole.log(f().stack)")
    assert jsnpy("a.js", cwd=tmp_path).out == "RangeError: m\n    at f (a.js:1:27)\n    at a.js:2:13\n"


def test_the_stack_of_an_error_that_cannot_be_named(tmp_path: Path) -> None:
    """To read err.stack throws nothing, as in Node, where the error's own name does."""
    (tmp_path / "a.js").write_text(
        "const e = new Error('m'); Object.defineProperty(e, 'name', { get() { throw 1 } }); console.log(typeof e.stack)"
    )
    assert "string\n" == jsnpy("a.js", cwd=tmp_path).out


def test_a_stack_that_a_script_sets(tmp_path: Path) -> None:
    """It is a field like others, in strict mode too."""
    (tmp_path / "a.js").write_text("'use strict'; const e = new Error('m'); e.stack = 'own'; console.log(e.stack)")
    assert "own\n" == jsnpy("a.js", cwd=tmp_path).out


@pytest.mark.parametrize("value", ["undefined", "null", "5", "''"])
def test_a_stack_that_a_script_sets_to_anything(value: str, tmp_path: Path) -> None:
    """As in Node, an error's stack can be any value, which no loop over the error finds."""
    script = f"const e = new Error('m'); e.stack = {value}; console.log(e.stack === {value}, Object.keys(e).length)"
    (tmp_path / "a.js").write_text(script)
    result = jsnpy("a.js", cwd=tmp_path)
    assert (0, "true 0\n") == (result.code, result.out)


@pytest.mark.skipif(ORIGINAL, reason="the original engine has no Error.captureStackTrace")
def test_a_captured_stack_begins_above_the_function_that_is_given(tmp_path: Path) -> None:
    """As in Node: an error's factory leaves itself out."""
    (tmp_path / "a.js").write_text(
        "function made() { const o = {}; Error.captureStackTrace(o, made); return o }\n"
        "function user() { console.log(made().stack) }\nuser()"
    )
    assert "Error\n    at user (a.js:2:31)\n    at a.js:3:1\n" == jsnpy("a.js", cwd=tmp_path).out


def test_stack_after_a_script_spoiled_the_language(tmp_path: Path) -> None:
    """What reads a stack is loaded when there is one, and uses nothing that a script can have changed."""
    lines = [
        "for (const T of [Array, String, Object, RegExp, Function, Number, Error])",
        "  for (const k of Object.getOwnPropertyNames(T.prototype)) if (k !== 'constructor' && k !== '__proto__')",
        "    try { Object.defineProperty(T.prototype, k, { get() { throw 'spoilt' } }) } catch {}",
        "for (const k of ['name', 'source', 'above', 'lines', 'line', 'host', 'native', 'length'])",
        "  Object.defineProperty(Object.prototype, k, { get: () => 'evil', set() { throw 'set' } });",
        "JSON.parse = JSON.stringify = eval = String = Number = null;",
        "null.x;",
    ]
    (tmp_path / "a.js").write_text("\n".join(lines))
    shown = jsnpy("a.js", cwd=tmp_path).err.splitlines()
    assert ("a.js:7", "null.x;") == (shown[0], shown[1])
    assert 1 == sum(line.startswith("TypeError: ") for line in shown)


def test_script_in_another_folder_is_named_by_its_path(tmp_path: Path) -> None:
    """The headline names the script as a user would: relative below the current folder, else absolute."""
    (tmp_path / "sub" / "other").mkdir(parents=True)
    (tmp_path / "sub" / "a.js").write_text("\n\nthrow new Error('x')")
    below = jsnpy("sub/a.js", cwd=tmp_path).err
    elsewhere = jsnpy(tmp_path / "sub" / "a.js", cwd=tmp_path / "sub" / "other").err
    assert [str(Path("sub", "a.js:3")), f"{tmp_path / 'sub' / 'a.js'}:3"] == [
        below.splitlines()[0],
        elsewhere.splitlines()[0],
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_script_whose_name_is_no_text(tmp_path: Path) -> None:
    """A script whose name has bytes that are not UTF-8 runs, and its errors show the name as far as it goes."""
    script = os.fsencode(tmp_path) + b"/\xff.js"
    with open(script, "w", encoding="ascii") as file:
        file.write("console.log('ran');\nthrow new Error('x')")
    result = jsnpy(os.fsdecode(script), cwd=tmp_path)
    assert (1, "ran\n", "\ufffd.js:2") == (result.code, result.out, result.err.splitlines()[0])
    assert result.err.splitlines()[-1].startswith("    at \ufffd.js:2")


def test_uncaught_error_as_json(tmp_path: Path) -> None:
    """With --log-format json the error is one object with its place, and console.error stays as it is."""
    (tmp_path / "a.js").write_text("console.error('own');\n\nfunction f() {\n  throw new Error('x');\n}\nf();")
    result = jsnpy("--log-format", "json", "a.js", cwd=tmp_path)
    own, line = result.err.splitlines()
    told = json.loads(line)
    assert (1, "own", "error", "a.js", 4) == (result.code, own, told["level"], told["file"], told["line"])
    assert "Error: x" in told["message"]
    assert told["stack"].startswith("    at f (a.js:4")
    assert told["time"].endswith("+00:00")


def test_check_finds_syntax_errors_and_runs_nothing(tmp_path: Path) -> None:
    """Check reports what a run would, as to syntax, and no statement of the script is carried out."""
    fine = [
        "console.log('ran')",
        "'use strict'; exit(5)",
        "#!x\nfor (;;);",
        "JSON.parse('{')",
        "const exit = 1",
        "throw 1 // end",
    ]
    bad = [
        "let a = ;",
        "if (x)",
        "a = 1 +",
        "{",
        "/* x",
        "`",
        "const a = 1, a = 2",
        "return 1",
        "'use strict'; with (a) {}",
    ]
    (tmp_path / "a.js").write_text("")
    for script in fine:
        (tmp_path / "a.js").write_text(script)
        result = jsnpy("check", "a.js", cwd=tmp_path)
        assert (0, "a.js: ok\n", "") == (result.code, result.out, result.err), script
    for script in bad:
        (tmp_path / "a.js").write_text(script)
        result = jsnpy("check", "a.js", cwd=tmp_path)
        assert (1, True) == (result.code, "SyntaxError" in result.err), script


@pytest.mark.parametrize("depth", [400, 900, 1000, 1500, 5000])
def test_an_error_with_a_deep_arg(depth: int, tmp_path: Path) -> None:
    """However deep `arg` is nested, the error is the script's, or the config's where Python cannot read it."""
    (tmp_path / "a.js").write_text("throw new Error('mine')")
    (tmp_path / "a.json").write_text('{"scriptfile": "a.js", "arg": ' + "[" * depth + "]" * depth + "}")
    result = jsnpy("a.json", cwd=tmp_path)
    assert (1, True) == (result.code, "Error: mine" in result.err) or 2 == result.code, result


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("f({ user: 'u', pass: 'Geheim9' });", "f({ user: 'u', pass: *** });"),
        ("f({ 'smtpPassword': `Geheim9`, port: 25 });", "f({ 'smtpPassword': ***, port: 25 });"),
        ("const token = null || 'Geheim9'; f('x');", "const token = null || ***; f('x');"),
        ("f({ pass: 12345678, port: 5870 });", "f({ pass: ***, port: 5870 });"),
        ("f({ headers: { Authorization: 'Bearer Geheim9' } });", "f({ headers: { Authorization: *** } });"),
        ("f('https://u:Geheim9@x.test/', 'https://x.test/?a=b');", "f(***, 'https://x.test/?a=b');"),
        ("f('https://x.test/?token=Geheim9');", "f(***);"),
        ("f({ pass: 'Geheim9 });", "f({ pass: ***"),
        ("f(arg.pass, 'x', compass == 'y');", "f(arg.pass, 'x', compass == 'y');"),
    ],
)
@pytest.mark.parametrize("before", ["", "let pass = arg.pass\n", "/* it's */\n", "// a `\n"])
def test_a_source_line_is_shown_without_the_passwords_in_it(before: str, line: str, shown: str, tmp_path: Path) -> None:
    """Who mails a run's errors does not mail the password that stands in the script, whether it compiles or not."""
    (tmp_path / "a.js").write_text(before + line)
    for result in (jsnpy("a.js", cwd=tmp_path), jsnpy("check", "a.js", cwd=tmp_path)):
        assert "Geheim9" not in result.out + result.err
    assert shown == jsnpy("a.js", cwd=tmp_path).err.splitlines()[1]


def test_a_password_below_its_key_is_not_shown(tmp_path: Path) -> None:
    """A key may stand on the line above."""
    (tmp_path / "a.js").write_text("(() => 1)({ pass:\n  'Geheim9', port: missing() })")
    assert "  ***, port: missing() })" in jsnpy("a.js", cwd=tmp_path).err.splitlines()


@pytest.mark.skipif(ORIGINAL, reason="the original engine gives no columns")
def test_the_caret_stands_right_behind_a_mask(tmp_path: Path) -> None:
    """What a mask takes from a line moves the caret with it."""
    (tmp_path / "a.js").write_text("const mdp = 'a long password, it is'; missing;")
    _, line, caret, *_ = jsnpy("a.js", cwd=tmp_path).err.splitlines()
    assert ("const mdp = ***; missing;", line.index("missing")) == (line, caret.index("^"))
