"""Errors that a script's author cannot know from the engine's words alone: what they mean, and what to do."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command import Result, jsnpy
from support.engines import ORIGINAL

import jsnpy as library
from jsnpy.engine import tokens
from jsnpy.engine.foreign import CURES, foreign_names


def run(source: str, folder: Path) -> Result:
    """Run a script of that text in this process, which takes a tenth of the command's time."""
    (folder / "a.js").write_bytes(source.encode())
    with contextlib.chdir(folder):
        done = library.run("a.js")
    return Result(done.exit_code, done.stdout.encode(), done.stderr.encode())


def hints(result: Result) -> list[str]:
    """Return the hint lines of a run that failed."""
    assert 1 == result.code, result
    return [line for line in result.err.splitlines() if line.startswith("hint: ")]


# script, what the hint says
FOREIGN = {
    "const fs = require('fs');": "include",
    "process.env.HOME": "${ENV:NAME}",
    "process.exit(1)": "exit(code)",
    "process.argv[2]": "arg",
    "WScript.Echo('x')": "console.log",
    "WScript.Quit(1)": "exit(code)",
    "new ActiveXObject('x')": "COM",
    "new VBArray(1)": "COM",
    "CreateObject('x')": "COM",
    "MsgBox('x')": "console.log",
    "ScriptEngine()": "--version",
    "Response.Write('x')": "console.log",
    "email_send({})": "send_email",
    "alert('x')": "console.log",
    "print('x')": "console.log",
    "fetch('http://x')": "http_get",
    "new XMLHttpRequest()": "http_request",
    "http_put('http://x', '')": "http_request",
    "httpDelete('http://x')": "http_request",
    "new HttpRequest()": "http_request",
    "Zabbix.Log(4, 'x')": "console.log",
    "Buffer.from('x')": "base64",
    "new TextEncoder()": "base64",
    "new URL('http://x')": "match and split",
    "crypto.randomUUID()": "Math.random",
    "new Headers()": "headers are an object",
    "new AbortController()": "timeout",
    "new FormData()": "encodeURIComponent",
    "std.exit(1)": "exit",
    "os.sleep(1)": "sleep",
    "window.alert('x')": "browser",
    "send_mail({})": "send_email",
    "sendEmail({})": "send_email",
    "args.host": "arg",
    "send_emial({})": "did you mean send_email?",
}


@pytest.mark.parametrize("script", FOREIGN)
@pytest.mark.parametrize("frame", ["%s", "function f() {\n  %s\n}\nf();", "(async () => {\n  await 1;\n  %s\n})();"])
def test_a_name_of_another_host_gets_a_hint(script: str, frame: str, tmp_path: Path) -> None:
    """What stands for it here is said in one line, wherever in the script the name is used."""
    found = hints(run(frame % script, tmp_path))
    said = FOREIGN[script]
    if ORIGINAL and frame == "%s":  # that engine has no line for it, so the member is not known
        said = ""
    assert (1, True) == (len(found), said in "".join(found)), found


def test_the_command_gives_the_hints_too(tmp_path: Path) -> None:
    """What a run in this process says is what the command says."""
    said = run("process.exit(1)", tmp_path)
    assert 1 == len(hints(said))
    command = jsnpy("a.js", cwd=tmp_path)
    assert (command.code, command.out, command.err) == (said.code, said.out, said.err)


def test_a_name_nobody_knows_gets_no_hint(tmp_path: Path) -> None:
    """Where nothing is known, nothing is guessed."""
    assert [] == hints(run("qwertz.x", tmp_path))


# script, what the hint says
SYNTAX = {
    "1;\nconst r = await x;": "async function",
    "await f();": "async function",
    "function f() {\n  return await g();\n}": "async function",
    "for await (const x of y) {}": "async function",
    "if (1) {\n  return;\n}": "exit(0)",
    "return 5": "exit(0)",
    "import fs from 'fs';": "not a module",
    "import {\n  a } from 'b';": "not a module",
    "export default 1;": "not a module",
    "export const a = 1;": "not a module",
    "function f() {\n  if (1) {\n  }\n": "the { in line 1 is never closed",
    "// (\nf(1, '(' /* ( */\n": "the ( in line 2 is never closed",
    "f([1, 2);": "the [ in line 1 is not closed before the ) in line 1",
    "f(1));": "closes nothing",
    "let x = `${ {a: `b` } }\n": "the ` in line 1, column 9 is never closed",
    "let x = 'abc\nlet y;": "the ' in line 1, column 9 is never closed",
    "1;\n/* abc": "the /* in line 2, column 1 is never closed",
    "console.log(\u201chi\u201d);": "\u201c (U+201C)",
    "@if (@_jscript)": "conditional compilation",
    "var a = 1;\n@set @x = 1": "conditional compilation",
    "@echo off\ncscript %0": "batch file",
    "<script language='JScript'>\nf();\n</script>": ".wsf",
    "<job><?xml?>\n": ".wsf",
    "var a = 1;\n#include 'lib.js'": 'under "include"',
    "send_email({ to: admin@x.test })": "an address stands in quotes",
    "console.log(\u2018hi\u2019);": "\u2018 (U+2018)",
    "f(\u00abhi\u00bb);": "U+00AB",
    "1;\u200b": "U+200B",
    "let a\u00ad = 1;": "U+00AD",
    "let a = 2 \u2013 1;": "minus",
}


@pytest.mark.parametrize("script", SYNTAX)
def test_a_mistake_in_syntax_is_named(script: str, tmp_path: Path) -> None:
    """A script that does not compile is told why in words, by a run and by what checks it."""
    found = hints(run(script, tmp_path))
    assert (1, True) == (len(found), SYNTAX[script] in "".join(found)), found


@pytest.mark.parametrize(
    "script",
    [
        "let a = 1;\nlet a = 2;",
        "let x = ;",
        "async function f() { await }",
        "f(1 2)",
        "JSON.parse('(')",
        "eval('await x')",
    ],
)
def test_another_mistake_gets_no_wrong_hint(script: str, tmp_path: Path) -> None:
    """What the engine says by itself is left alone."""
    assert [] == hints(run(script, tmp_path))


@pytest.mark.parametrize(
    ("script", "callee"),
    [
        ("\nvar name = 'x';\nname.toUppercase();", "name.toUppercase"),
        ("\nlet a = { b: {} };\na.b.c(1, 2);", "a.b.c"),
        ("\nlet o = {};\no['x']();", "o['x']"),
        ("\nvar f;\nf();", "f"),
    ],
)
def test_what_is_no_function_is_named(script: str, callee: str, tmp_path: Path) -> None:
    """The error says which name was called, as the source has it."""
    result = run(script, tmp_path)
    assert (1, True) == (result.code, f"TypeError: {callee} is not a function" in result.err), result


@pytest.mark.skipif(ORIGINAL, reason="the original engine gives no columns")
@pytest.mark.parametrize(
    ("script", "callee"),
    [
        ("var o = {}, x = 1; o.go(x)", "o.go"),
        ("var o = {}; [1].forEach(x => o.go(x))", "o.go"),
        ("var cb; [1].forEach(function (x) {\n  cb('a', [x])\n})", "cb"),
        ("var o = {}, x = 1; console.log(o.go({ a: `${x}` }))", "o.go"),
        ("class A { m(x) { if (x) { this.q(x); } } }\nnew A().m(1)", "this.q"),
    ],
)
def test_a_callee_is_named_whatever_it_was_given(script: str, callee: str, tmp_path: Path) -> None:
    """With names in its arguments too, where the engine's column is that of the last one."""
    assert f"TypeError: {callee} is not a function" in run(script, tmp_path).err


@pytest.mark.skipif(ORIGINAL, reason="the original engine gives no columns")
@pytest.mark.parametrize(
    ("script", "callee"),
    [
        ("var o = {};\no.go(o.x,\n  o.y)", "o.go"),
        ("var o = {};\no.go({\n  a: `${o.x}`,\n  b: o.y\n})", "o.go"),
        ("var o = {};\nsend_email({\n  host: o.go(1)\n})", "o.go"),
        ("var o = {};\nsay({\n  a: o.go(1)\n});\nfunction say() {}", "o.go"),
        ("var o = {};\n[1].forEach(x => {\n  o.go(x)\n})", "o.go"),
        ("var o = {};\n(function () {\n  if (o) {\n    o.go(1)\n  }\n})()", "o.go"),
    ],
)
def test_a_callee_of_several_lines_is_named(script: str, callee: str, tmp_path: Path) -> None:
    """Where the brackets begin above the line that the engine gives, and what is around it is a function."""
    assert f"TypeError: {callee} is not a function" in run(script, tmp_path).err


@pytest.mark.skipif(ORIGINAL, reason="the original engine gives no columns")
@pytest.mark.parametrize(
    "script",
    [
        "var o = {};\no.go({\n  a: 1,\n  b: String(5)\n})",
        "var o = {};\no.go(\n  f(5),\n  6);\nfunction f() {}",
        "var o = {}, g = { x() {} };\no.go({\n  b: g.x(5)\n})",
    ],
)
def test_no_other_call_of_its_arguments_is_blamed(script: str, tmp_path: Path) -> None:
    """The engine gives the place of the last argument's call, which went well."""
    assert "\nTypeError: not a function\n" in run(script, tmp_path).err


@pytest.mark.parametrize("script", ["var g = String, o = {}, x = 1; o.go(g(x))", "var o = {}; new (o.x)()", "(1)()"])
def test_a_callee_that_cannot_be_told_is_not_named(script: str, tmp_path: Path) -> None:
    """A wrong name would be worse than none, and a keyword is no name."""
    assert "\nTypeError: not a function\n" in run(script, tmp_path).err


@pytest.mark.parametrize(
    ("script", "given"),
    [("[1].map(2)", "map"), ("var list = [2];\nlist.forEach(undefined)", "forEach"), ("new Promise({})", "Promise")],
)
def test_what_a_function_of_the_language_was_given_is_told_from_itself(script: str, given: str, tmp_path: Path) -> None:
    """`map` is a function: it is its callback that is none."""
    assert f"TypeError: what {given} was given is not a function" in run(script, tmp_path).err


@pytest.mark.parametrize(
    ("script", "hint"),
    [
        ("state.seen = 1", 'name a file under "statefile" in the config'),
        ("JSon.parse('1')", "did you mean JSON?"),
        ("math.max(1, 2)", "did you mean Math?"),
        ("axios.get('https://x.test')", "use http_get"),
    ],
)
def test_a_name_nearly_there_is_named(script: str, hint: str, tmp_path: Path) -> None:
    """A name of the language in other letters, and one that the config must ask for."""
    assert hint in hints(run(script, tmp_path))[0]


@pytest.mark.parametrize("name", ["arg", "exit", "state"])
def test_a_name_used_above_its_own_line_is_not_said_to_mean_itself(name: str, tmp_path: Path) -> None:
    """A script that declares such a name, and uses it before, gets no hint that names the same."""
    result = run(f"console.log({name});\nlet {name} = 1;", tmp_path)
    assert (1, []) == (result.code, hints(result))


@pytest.mark.skipif(ORIGINAL, reason="the original engine gives no columns")
def test_of_several_calls_the_one_that_failed_is_named(tmp_path: Path) -> None:
    """The column tells which of a line's calls it was."""
    result = run("String(1); var o = {}; String(o.x(String(2)));", tmp_path)
    assert "TypeError: o.x is not a function" in result.err, result


@pytest.mark.parametrize("text", ["<!DOCTYPE html>", "", "{'a': 1}", "undefined", '{"a": 1,}', "x" * 1000])
def test_what_is_not_json_is_quoted(text: str, tmp_path: Path) -> None:
    """JSON.parse says what it was given, for the script too that catches the error; a long text is cut."""
    script = f"try {{ JSON.parse({text!r}) }} catch (e) {{ console.log(e.name, e.message) }}"
    result = run(script, tmp_path)
    assert result.out.startswith("SyntaxError ")
    assert result.out.endswith(" is not valid JSON\n")
    assert text[:5].replace('"', '\\"') in result.out
    assert len(result.out) < 200


def test_json_parse_is_else_what_it_was(tmp_path: Path) -> None:
    """Values, revivers, their errors and what cannot be made a string behave as the language says."""
    script = """
    console.log(JSON.parse('{"a":[1,2]}'), JSON.parse('2', (k, v) => v * 2), JSON.parse(1), JSON.parse.length)
    for (const f of [() => JSON.parse('1', () => { throw new SyntaxError('mine') }), () => JSON.parse(Symbol())])
      try { f() } catch (e) { console.log(e.name, e.message.includes('JSON')) }
    """
    assert "{ a: [ 1, 2 ] } 4 1 2\nSyntaxError false\nTypeError false\n" == run(script, tmp_path).out


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("1;\nthrow 'text';", 2),
        ("function f() {\n  throw 42;\n}\nf();", 2),
        ("// throw 'a'\nPromise.resolve().then(() => {\n  throw 'a' });", 3),
        ("throw 'a';\nthrow 'a';", 0),
        ("throw 'a' + 'b';", 0),
    ],
)
def test_the_line_of_a_thrown_text(script: str, line: int, tmp_path: Path) -> None:
    """What is no Error knows no place: the line is that of the one `throw` that says just this."""
    result = run(script, tmp_path)
    assert result.err.startswith(f"a.js:{line}\n" if line else "a.js\n"), result


def test_names_a_script_does_not_have_here() -> None:
    """Each is a warning with its line, once, and says what to use instead."""
    source = """const fs = require('fs');
function f() {
  WScript.Echo(`${process.env.X}`);
  process.exit(1);
}
require('x');"""
    found = [(one.line, one.text.split()[0]) for one in foreign_names(source)]
    assert [(1, "require"), (3, "WScript.Echo"), (3, "process.env"), (4, "process.exit")] == found
    assert all(CURES[name] in one.text for one, (_, name) in zip(foreign_names(source), found, strict=True))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "try { f() } catch (e) {\n  console.log('x ' + e.description);\n}",
            "e.description does not exist here: use e.message",
        ),
        (
            "try { f() } catch (err) {\n  if (x) { mail({ body: err.number & 65535 }) }\n}",
            "use err.name and err.message",
        ),
        ("var d = new Date();\nlog(d.getYear());", "use getFullYear()"),
        ("\nthrow new Error(5, 'disk full');", "write Error(text)"),
    ],
)
def test_a_habit_of_jscript_that_is_no_error_here(source: str, said: str) -> None:
    """What would print undefined, another year or no text is warned of before it does."""
    assert [(2, True)] == [(one.line, one.text.endswith(said)) for one in foreign_names(source)], foreign_names(source)


@pytest.mark.parametrize(
    ("use", "name"),
    [
        ("RegExp['$1']", "RegExp.$1"),
        ("RegExp.$_", "RegExp.$_"),
        ('RegExp["$&"]', "RegExp.$&"),
        ("process['env'].HOME", "process.env"),
        ("WScript[`Echo`](1)", "WScript.Echo"),
    ],
)
def test_a_member_in_brackets_is_one_too(use: str, name: str) -> None:
    """However a script writes what belongs to a name, it is not there."""
    assert [(2, True)] == [
        (one.line, one.text.startswith(f"{name} does not exist here: ")) for one in foreign_names(f"\nlog({use});")
    ]


@pytest.mark.parametrize(
    "source",
    [
        "try { f() } catch (e) { log(e.description || e.message); log(e.message || e.description) }",
        "try { f() } catch (e) { log(e.description ? e.description : e.message, typeof e.number) }",
        "try { throw { number: 1, description: 'x' } } catch (e) { log(e.number, e.description) }",
        "try { f() } catch (e) { e.number = 1; log(e.number) }",
        "try { f() } catch (e) { log(e['description'] || e.message); e['number'] = 1 }",
        "try { f() } catch (e) { log(e.message, arg.number) } log(e.description)",
        "try { f() } catch { log(arg.description) }",
        "var y = d.getYear(); if (y < 1900) y += 1900;",
        "throw new Error('a', { cause: 1 }); Error(5)",
        "'e.description'; // getYear()",
        "} } catch (e",
    ],
)
def test_what_only_looks_like_a_habit_of_jscript(source: str) -> None:
    """A script that has an answer for it, or means something of its own, is not warned."""
    assert [] == foreign_names(source)


def test_what_jscript_kept_of_the_last_match() -> None:
    """RegExp.$1 is undefined here without a word, so the script is warned of it."""
    assert [(2, True)] == [(one.line, "match()" in one.text) for one in foreign_names("/(a)/.test(x);\ny = RegExp.$1;")]


@pytest.mark.parametrize(
    "source",
    [
        "// require('x')\n/* process.exit */ 'WScript.Echo' + `print(${1})` + /alert(1)/.source",
        "x.print(); x?.alert(); ({ print: 1, fetch() {} }).print",
        "function print(x) { return x } print(1)",
        "const { args, os: system } = arg; args",
        "let fetch = http_get, alert = console.log; alert(fetch)",
        "const f = (window) => window.x; (async print => print())(f)",
        "if (typeof process !== 'undefined') process.exit(1)",
        "try { f() } catch (os) { os.x }",
        "for (const std of list) std.x",
        "class Buffer {} new Buffer()",
        "console.log(arg); sleep(1); exit(0)",
        "",
    ],
)
def test_what_is_no_name_of_another_host(source: str) -> None:
    """Strings, comments, members and a script's own names are not warned of."""
    assert [] == foreign_names(source)


@given(st.text(alphabet="ab{}()[]'\"`$/\\*\n;=.,> ", max_size=60))
def test_any_text_can_be_read(source: str) -> None:
    """No text is too broken to be read to its end, and every token stands where it says."""
    lines = source.split("\n")
    for token in tokens.read(source):
        assert lines[token.line - 1][token.column - 1 :].startswith(token.text.split("\n")[0])
    foreign_names(source)
    tokens.unclosed(tokens.read(source))
