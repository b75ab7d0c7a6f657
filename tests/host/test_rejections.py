"""A promise that is rejected and that nobody handles ends the run, as in Node, however it was made."""

from pathlib import Path

import pytest
from support.command import jsnpy
from support.engines import ORIGINAL, TELLS_OF_REJECTIONS, without_warning

CHECK = "async function check(host) {\n  await null;\n  throw new Error('down: ' + host);\n}\n"

UNHANDLED = {
    "void": CHECK + "void check('a');",
    "kept in a variable": CHECK + "const p = check('a');",
    "forEach": CHECK + "['a', 'b'].forEach(h => check(h));",
    "map": CHECK + "['a', 'b'].map(check);",
    "then without a second handler": CHECK + "check('a').then(String); console.log('started');",
    "comma": CHECK + "check('a'), 0;",
    "a statement among others": CHECK + "check('a'); console.log('started');",
    "in a timer": CHECK + "setTimeout(() => { check('a') }, 1);",
    "in an interval": CHECK + "const t = setInterval(() => { clearInterval(t); check('a') }, 1);",
    "in a microtask": CHECK + "queueMicrotask(() => { check('a') });",
    "in another promise": CHECK + "Promise.resolve().then(() => { check('a') });",
    "thrown by a handler": CHECK + "check('a').catch(e => {\n  throw e;\n}); 1;",
    "finally": CHECK + "check('a').finally(() => {}); 1;",
    "all": CHECK + "Promise.all([check('a'), check('b')]); 1;",
    "constructor": "\n\nnew Promise((yes, no) => no(new Error('down: a'))); 1;",
    "thrown in the constructor": "\n\nnew Promise(() => { throw new Error('down: a') }); 1;",
    "function called where it stands": "\n\nvoid async function () { throw new Error('down: a') }();",
    "arrow called where it stands": "\n\n(async () => { throw new Error('down: a') })(); 1;",
    "for await": "async function* hosts() {\n\n  throw new Error('down: a');\n}\n"
    "(async () => { for await (const host of hosts()); })(); 1;",
    "subclass": "class P extends Promise {}\n\nP.reject(new Error('down: a')); 1;",
    "last value": CHECK + "check('a');",
    "handled only in a later timer": CHECK + "const p = check('a'); setTimeout(() => p.catch(() => {}), 5);",
    "timer after a rejection": CHECK + "check('a'); setTimeout(() => console.log('late'), 5);",
    "a getter of the prototype replaced": "Promise.prototype.then = Map.prototype.get = Map = null;\n\n"
    "Promise.reject(new Error('down: a')); 1;",
}

HANDLED = {
    "catch": CHECK + "check('a').catch(() => {}); 1;",
    "second handler": CHECK + "check('a').then(null, () => {}); 1;",
    "caught later in the same turn": CHECK
    + "const p = check('a'); Promise.resolve().then(() => p.catch(() => {})); 1;",
    "last value caught later": "const p = Promise.reject(1); Promise.resolve().then(() => p.catch(() => {})); p",
    "try and await": CHECK + "(async () => { const p = check('a'); try { await p } catch {} })();",
    "await of a settled promise": "(async () => {\n  const p = Promise.reject(1);\n  await null;\n"
    "  try { await p } catch {}\n})();",
    "allSettled": CHECK + "Promise.allSettled([check('a'), check('b')]); 1;",
    "any": CHECK + "Promise.any([check('a'), Promise.resolve()]); 1;",
    "race with a loser": CHECK + "Promise.race([1, check('a')]); 1;",
    "for await in try": "async function* g() { throw 1 }\n"
    "(async () => { try { for await (const x of g()); } catch {} })(); 1;",
    "never settling, but not the last value": "new Promise(() => {}); 1;",
    "settled in a timer": "new Promise(done => setTimeout(done, 5));",
    "after exit(0)": CHECK + "check('a'); exit(0);",
}

needs_the_engine = pytest.mark.skipif(
    not TELLS_OF_REJECTIONS, reason="this engine's library does not tell of rejections"
)


@needs_the_engine
@pytest.mark.parametrize("shape", UNHANDLED)
def test_an_unhandled_rejection_ends_the_run(shape: str, tmp_path: Path) -> None:
    """Exit code 1 and the error with the author's line, however the promise was made and dropped."""
    (tmp_path / "a.js").write_text(UNHANDLED[shape])
    result = jsnpy("a.js", cwd=tmp_path)
    assert (1, True, False) == (result.code, "Error: down: a" in result.err, "late" in result.out), result
    assert ORIGINAL or result.err.startswith("a.js:3\n"), result


@pytest.mark.parametrize(
    "shape", [pytest.param(one, marks=needs_the_engine) if one == "last value caught later" else one for one in HANDLED]
)
def test_a_handled_rejection_is_none_of_the_runs(shape: str, tmp_path: Path) -> None:
    """What is handled by the end of the microtasks leaves exit code 0 and no word."""
    (tmp_path / "a.js").write_text(HANDLED[shape])
    result = jsnpy("a.js", cwd=tmp_path)
    assert (0, "") == (result.code, without_warning(result.err)), result


@needs_the_engine
def test_the_first_of_several_rejections_is_shown(tmp_path: Path) -> None:
    """Several promises rejected in one turn: the first one's error is the run's, and it is shown once."""
    (tmp_path / "a.js").write_text(CHECK + "check('one'); check('two'); 1;")
    result = jsnpy("a.js", cwd=tmp_path)
    assert (1, 1, False) == (result.code, result.err.count("Error: down: one"), "two" in result.err), result


@needs_the_engine
@pytest.mark.parametrize("value", ["'text'", "undefined", "null", "{ a: 1 }", "42", "Symbol('s')"])
def test_a_rejection_with_any_value_is_shown(value: str, tmp_path: Path) -> None:
    """A reason that is no Error is shown as console.log shows it."""
    (tmp_path / "a.js").write_text(f"Promise.reject({value}); 1;")
    result = jsnpy("a.js", cwd=tmp_path)
    assert (1, True) == (result.code, f"Uncaught (in promise) {value.strip(chr(39))}"[:25] in result.err), result


@needs_the_engine
def test_an_import_that_cannot_be_is_a_rejection(tmp_path: Path) -> None:
    """import() has nothing to load from, and says so even when nobody waits for it."""
    (tmp_path / "a.js").write_text("import('./lib.js'); console.log('on');")
    result = jsnpy("a.js", cwd=tmp_path)
    assert (1, True) == (result.code, "lib.js" in result.err), result


@needs_the_engine
@pytest.mark.parametrize(("call", "code"), [("f(); 1", 1), ("f().catch(() => {}); 1", 0)])
def test_a_rejection_when_the_stack_is_full(call: str, code: int, tmp_path: Path) -> None:
    """Endless recursion of async functions: the rejection is not lost where no stack is left to tell of it."""
    (tmp_path / "a.js").write_text("async function f() { await f() }\n" + call)
    result = jsnpy("a.js", cwd=tmp_path)
    assert (code, code == 0) == (result.code, result.err == ""), result


@needs_the_engine
def test_a_rejection_that_cannot_be_told_at_once_is_not_lost(tmp_path: Path) -> None:
    """Made where the stack is all but full, and handled by nobody: the run fails, although the script goes on."""
    (tmp_path / "a.js").write_text(
        "let done = false; function r() {"
        " try { r() } catch { if (!done) { Promise.reject(new Error('deep')); done = true } } }\n"
        "r(); console.log(done)"
    )
    result = jsnpy("a.js", cwd=tmp_path)
    assert (1, "true\n", True) == (result.code, result.out, "a promise was rejected" in result.err), result


@needs_the_engine
def test_many_rejections_leave_no_memory_behind(tmp_path: Path) -> None:
    """A hundred thousand handled rejections in one run are all forgotten."""
    (tmp_path / "a.js").write_text(
        "(async () => {\n  for (let i = 0; i < 1e5; i++)\n"
        "    try { await Promise.reject(new Error('x'.repeat(1000))) } catch {}\n})();"
    )
    assert 0 == jsnpy("--memory-limit", "16MB", "a.js", cwd=tmp_path).code


# The engine's library made to look like one that cannot be asked, in the process of the real command.
BLIND = {
    "no ctypes": "import sys; sys.modules['ctypes'] = None",
    "no such symbol": "import ctypes; ctypes.CDLL = lambda name: object()",
    "another runtime": """
import ctypes

class Library(ctypes.CDLL):
    def __init__(self, name):
        super().__init__(name)
        self.JS_GetRuntime = self.JS_GetContextOpaque

ctypes.CDLL = Library
""",
}
if not TELLS_OF_REJECTIONS:
    BLIND = {"as it is": ""}  # with nothing patched


@pytest.mark.parametrize("way", BLIND)
@pytest.mark.parametrize("script", [CHECK + "check('a');", CHECK + "setTimeout(() => check('a'), 1);"])
def test_what_can_be_seen_without_the_engine(script: str, way: str, tmp_path: Path) -> None:
    """Where the engine cannot be asked, the last value and what a timer returns are still watched."""
    (tmp_path / "a.js").write_text(script)
    result = jsnpy("a.js", cwd=tmp_path, patch=BLIND[way])
    assert (1, True) == (result.code, "Error: down: a" in result.err), result


@pytest.mark.parametrize("way", BLIND)
def test_what_cannot_be_seen_is_said_once(way: str, tmp_path: Path) -> None:
    """Where the engine cannot be asked, a script with promises gets one warning when it ended as if all were well."""
    (tmp_path / "a.js").write_text(CHECK + "check('a').catch(() => console.log('on')); check('b').catch(() => {});")
    result = jsnpy("a.js", cwd=tmp_path, patch=BLIND[way])
    assert (0, "on\n", 1) == (result.code, result.out, result.err.count("does not tell")), result


@pytest.mark.parametrize("way", BLIND)
def test_what_cannot_be_seen_is_said_by_check(way: str, tmp_path: Path) -> None:
    """Where the engine cannot be asked, a check warns of scripts with promises, and of no others."""
    for script, warnings in (("void f();", 0), ("void async function () {}();", 1)):
        (tmp_path / "a.js").write_text(script)
        result = jsnpy("check", "a.js", cwd=tmp_path, patch=BLIND[way])
        assert (0, warnings) == (result.code, result.err.count("does not tell")), result


@pytest.mark.parametrize("way", BLIND)
def test_a_script_without_promises_needs_no_warning(way: str, tmp_path: Path) -> None:
    """Where nothing can go unseen, nothing is said, and nothing is imported for it."""
    (tmp_path / "a.js").write_text("setTimeout(() => console.log('on'), 1)")
    result = jsnpy("a.js", cwd=tmp_path, patch=BLIND[way])
    assert (0, "on\n", "") == (result.code, result.out, result.err), result


@needs_the_engine
def test_check_warns_of_no_promise_that_can_be_seen(tmp_path: Path) -> None:
    """Where the engine tells, there is nothing to warn of."""
    (tmp_path / "a.js").write_text("void async function () {}();")
    result = jsnpy("check", "a.js", cwd=tmp_path)
    assert (0, "") == (result.code, result.err), result
