"""What a script's author finds: the globals, the result objects, strings that arrive as they were written."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import Result, jsnpy
from support.engines import without_warning
from support.mailserver import MailServer, mailserver

__all__ = ["mailserver"]

GLOBALS = [
    "arg",
    "console",
    "send_email",
    "http_get",
    "http_post",
    "setTimeout",
    "setInterval",
    "clearTimeout",
    "clearInterval",
    "queueMicrotask",
    "exit",
]
DETAILS = "stage,smtpCode,enhancedCode,temporary,accepted,rejected,messageId,attempts"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a script's text with the command."""

    def run_text(source: str, *options: str, arg: object = None, env: dict[str, str] | None = None) -> Result:
        (tmp_path / "a.js").write_text(source, encoding="utf-8", newline="")
        config = {"scriptfile": "a.js", "arg": arg}
        (tmp_path / "c.json").write_text(json.dumps(config))
        return jsnpy(*options, "a.js" if arg is None else "c.json", cwd=tmp_path, env=env)

    return run_text


@pytest.mark.parametrize(
    "form", ["let {} = 1;", "const {} = 1;", "class {} {{}}", "function {}() {{}}", "var {} = 1;", "globalThis.{} = 1;"]
)
def test_every_global_may_be_redeclared(form: str, run: Run) -> None:
    """A script may use each of our names for something of its own."""
    result = run("\n".join(form.format(name) for name in GLOBALS) + "\narg; exit; console;")
    assert (0, "", "") == (result.code, result.out, result.err)


def test_script_has_nothing_else(run: Run) -> None:
    """Beyond the language itself a script finds our globals, none of which a loop over the global object shows."""
    probe = """
        const own = Object.getOwnPropertyNames(globalThis);
        const shown = [];
        for (const k in globalThis) shown.push(k);
        console.log(JSON.stringify([own, shown]));
    """
    names, shown = json.loads(run(probe).out)
    assert not set(GLOBALS) & set(shown)
    assert set(GLOBALS) <= set(names)
    assert not {"require", "module", "process", "std", "os", "scriptArgs", "print", "load"} & set(names)
    assert not [name for name in names if "jsnpy" in name]


def test_scripts_are_sloppy_and_global(run: Run) -> None:
    """Scripts run as JsN's do: undeclared assignments, octals, `this` is the global object, `with` works."""
    source = (
        "x = 010; var y = 2; function f() { return this }\n"
        "console.log(this === globalThis, globalThis.x, globalThis.y, f() === this); with ({z: 3}) console.log(z)"
    )
    assert "true 8 2 true\n3\n" == run(source).out


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_numbers_are_the_authors(encoding: str, line_end: str, tmp_path: Path) -> None:
    """A byte order mark, a hashbang and any line end leave lines where their author sees them."""
    lines = ["#!/usr/bin/env jsnpy", "// é", "", "throw new Error('ligne quatre')"]
    (tmp_path / "a.js").write_bytes(line_end.join(lines).encode(encoding))
    result = jsnpy("a.js", cwd=tmp_path)
    assert 1 == result.code
    assert result.err.startswith("a.js:4\nthrow new Error('ligne quatre')\n")
    assert "    at a.js:4" in result.err


@pytest.mark.parametrize("arg", [[1, "a"], "text", 5, False, 2**53, -(2**53), 0.1, {"a": {"b": []}}, "😀\ud800\0"])
def test_arg_is_any_json_value(arg: object, run: Run) -> None:
    """What stands under arg is what the script gets, numbers up to 2^53 and odd characters too."""
    source = "console.log(JSON.stringify([arg]).replace(/[^ -~]/g, c => '\\\\u' + c.charCodeAt(0).toString(16)))"
    assert [arg] == json.loads(run(source, arg=arg).out)


@pytest.mark.parametrize("name", ["empty.js", "blank.js", "comment.js"])
def test_empty_script(name: str, tmp_path: Path) -> None:
    """A script with nothing to do runs to its end."""
    (tmp_path / name).write_text({"empty.js": "", "blank.js": "\r\n \n", "comment.js": "// nothing"}[name])
    result = jsnpy(name, cwd=tmp_path)
    assert (0, "", "") == (result.code, result.out, result.err)


def test_run_ends_with_its_timers_and_promises(run: Run) -> None:
    """What comes later still runs: timers, promises that timers settle, microtasks; unref'd timers are not awaited."""
    result = run("""
        async function main() {
            await new Promise(done => setTimeout(done, 5));
            console.log('later');
        }
        main();
        let n = 0;
        const timer = setInterval(() => { console.log('tick', ++n); if (n === 2) clearInterval(timer) }, 10);
        setTimeout(() => console.log('never'), 1e9).unref();
        queueMicrotask(() => console.log('soon'));
        console.log('now');
    """)
    assert (0, "now\nsoon\nlater\ntick 1\ntick 2\n") == (result.code, result.out)


def test_last_value_that_waits_for_a_timer(run: Run) -> None:
    """A last value that a timer settles is awaited; one that nothing can settle is exit code 1, in words."""
    good = run("new Promise(done => setTimeout(done, 20, 1)).then(() => console.log('settled'))")
    assert (0, "settled\n", "") == (good.code, good.out, without_warning(good.err))
    bad = run("setTimeout(() => console.log('ran'), 5); new Promise(() => {})")
    assert (1, "ran\n") == (bad.code, bad.out)
    assert "can never settle" in bad.err


def test_delays_as_in_node(run: Run) -> None:
    """A delay over 2^31-1 ms is 1 ms with a warning; negative ones, NaN and words are 1 ms without."""
    result = run(
        "for (const ms of [2 ** 31, -5, NaN, 'x']) setTimeout(console.log, ms, String(ms)); setTimeout(() => {})"
    )
    assert (0, "2147483648\n-5\nNaN\nx\n") == (result.code, result.out)
    [warning] = result.err.splitlines()
    assert "2147483648" in warning


@pytest.mark.parametrize(
    "given",
    [
        "",
        "null",
        "'text'",
        "[]",
        "5",
        "10n",
        "Symbol('x')",
        "() => 1",
        "new Date(0)",
        "new Map()",
        "new Proxy({}, { get() { throw 1 }, ownKeys() { throw 1 } })",
        "{ get host() { throw new Error('no') } }",
        "{ host: { toString() { throw 1 } } }",
        "Object.assign(o, { host: o })",
        "Object.create(null)",
        "{}",
        "{ host: '127.0.0.1', port: 1, from: 'a@x.test', to: 'b@x.test', subject: '', body: '' }",
    ],
)
def test_send_email_never_throws_and_keeps_its_shape(given: str, run: Run) -> None:
    """Whatever is passed, the result has code, log and error in this order, and all eight details, not enumerable."""
    result = run(f"""
        const o = {{}};
        const r = send_email({given});
        const own = Object.getOwnPropertyDescriptor(r, 'details');
        console.log(Object.keys(r).join(), Object.keys(r.details).join(), own.enumerable, Object.keys(JSON.parse(
            JSON.stringify(r))).join(), r.code < 0, r.error !== '', typeof r.log, Array.isArray(r.details.accepted),
            Array.isArray(r.details.rejected));
    """)
    assert f"code,log,error {DETAILS} false code,log,error true true string true true\n" == result.out
    [warning] = result.err.splitlines()
    assert warning.startswith("jsnpy: warning: send_email failed with code -")


def test_strings_cross_unharmed(mailserver: Callable[..., MailServer], run: Run) -> None:
    """A body of megabytes with emoji, NUL and a lone surrogate arrives as written, the surrogate as U+FFFD."""
    server = mailserver()
    arg = {"host": server.host, "port": server.port, "from": "a@x.test", "to": "b@x.test", "subject": "é😀 \ud83d"}
    body = "começo 😀\u2028\u00a0" + "0123456789 é\n" * 100_000 + "fim"
    result = run("console.log(send_email(arg).code, arg.body.length)", arg={**arg, "body": body + "\ud83d"})
    assert f"0 {len(body) + 2}\n" == result.out, result
    [mail] = server.mails
    assert "é😀 \ufffd" == mail.message["Subject"]
    assert body + "\ufffd" == mail.message.get_content().replace("\r\n", "\n").removesuffix("\n")


def test_result_in_json_is_what_jsn_users_know(mailserver: Callable[..., MailServer], run: Run) -> None:
    """JSON.stringify of a success has code 0, the log and an empty error, in this order and nothing else."""
    server = mailserver()
    arg = {"host": server.host, "port": server.port, "from": "a@x.test", "to": "b@x.test", "subject": "", "body": ""}
    result = run("const r = send_email(arg); console.log(JSON.stringify(r)); console.log(r.details.accepted)", arg=arg)
    first, accepted, _ = result.out.split("\n")
    assert [("code", 0), ("error", "")] == [(k, v) for k, v in json.loads(first).items() if k != "log"]
    assert first.startswith('{"code":0,"log":"*: ')
    assert "[ 'b@x.test' ]" == accepted
    assert "" == result.err
