"""Scripts that attack the host: none kills the process, shows a traceback or ends with the wrong exit code."""

from pathlib import Path

import pytest
from support.command import Result, jsnpy
from support.engines import ORIGINAL

_MEMORY = "--memory-limit=16MB"

# name: script, exit code, last line of stdout
ENDS: dict[str, tuple[str, int, str]] = {
    # the end of the stack
    "ten thousand frames": ("function f(n) { return n ? 1 + f(n - 1) : 0 } console.log(f(10000))", 0, "10000"),
    "endless recursion": ("console.log('a'); function f() { return f() + 1 } f()", 1, "a"),
    "endless recursion caught": (
        "function f() { return f() + 1 } try { f() } catch (e) { console.log(e instanceof Error) }",
        0,
        "true",
    ),
    "recursion through toString": (
        "const o = { toString() { return '' + o } }; try { '' + o } catch { console.log(1) }",
        0,
        "1",
    ),
    "recursion through a getter": (
        "const o = { get a() { return o.a } }; try { o.a } catch { console.log(1) }",
        0,
        "1",
    ),
    "recursion through console.log": (
        "let n = 0; const o = { get message() { n++; console.log(new Error('x'), o); return o.message } };"
        "try { o.message } catch { } console.log('', 'end')",
        0,
        " end",
    ),
    "recursion through sort": ("function f() { [2, 1].sort(f) } try { f() } catch { console.log(1) }", 0, "1"),
    "recursion through replace": (
        "function f() { return 'a'.replace(/a/, f) } try { f() } catch { console.log(1) }",
        0,
        "1",
    ),
    "recursion through eval": ("globalThis.f = () => eval('f()'); try { f() } catch { console.log(1) }", 0, "1"),
    "recursion through JSON.parse": (
        "function f() { JSON.parse('[1]', f) } try { f() } catch { console.log(1) }",
        0,
        "1",
    ),
    "recursion in an async function": (
        "async function f() { await f() } f().catch(e => console.log(e instanceof Error))",
        0,
        "true",
    ),
    "recursion of send_email's getters": (
        "const c = { get host() { send_email(c); return '' } }; try { send_email(c) } catch { } console.log('end')",
        0,
        "end",
    ),
    "a chain of 100,000 proxies": (
        "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); try { p.x } catch { } console.log('end')",
        0,
        "end",
    ),
    "5,000 bound functions": (
        "let f = () => 1; for (let i = 0; i < 5e3; i++) f = f.bind(null); try { f() } catch { } console.log('end')",
        0,
        "end",
    ),
    # depth and size
    "JSON of 100,000 levels": (
        "const s = '['.repeat(1e5) + ']'.repeat(1e5); try { JSON.parse(s) } catch { } console.log('end')",
        0,
        "end",
    ),
    "deep object to JSON": (
        "let o = {}; for (let i = 0; i < 2e4; i++) o = { o }; try { JSON.stringify(o) } catch { } console.log('end')",
        0,
        "end",
    ),
    "deep object to console.log": (
        "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; console.log(o)",
        0,
        "{ o: { o: { o: [Object] } } }",
    ),
    "deep object to send_email": (
        "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; console.log(send_email(o).code)",
        0,
        "-1",
    ),
    "deep cause": (
        "let e; for (let i = 0; i < 5e3; i++) { const c = e; e = new Error(); e.cause = c }console.log('a'); throw e",
        1,
        "a",
    ),
    "a wide graph to send_email": (
        "let o = {}; for (let i = 0; i < 60; i++) o = { a: o, b: o }; console.log(send_email(o).code)",
        0,
        "-1",
    ),
    "cyclic value to send_email": ("const o = {}; o.to = o; console.log(send_email(o).code)", 0, "-1"),
    "50 MB to console.log": ("console.log('x'.repeat(5e7)); console.log('end')", 0, "end"),
    "50 MB to send_email": ("console.log(send_email({ host: 'x'.repeat(5e7) }).code)", 0, "-1"),
    "the longest sparse array": ("const a = new Array(2 ** 32 - 1); console.log(a)", 0, "[ <4294967295 empty items> ]"),
    "sparse array to send_email": ("console.log(send_email({ to: new Array(2 ** 32 - 1) }).code)", 0, "-1"),
    "100,000 arguments": ("try { console.log(...new Array(1e5).fill('')) } catch { } console.log('end')", 0, "end"),
    "NUL and lone surrogates": (r"console.log('a\0b\ud800c\udc00'); console.log('end')", 0, "end"),
    "NUL in an error": (r"console.log('a'); throw new Error('x\0y\ud800')", 1, "a"),
    "NUL and surrogates to send_email": (r"console.log(send_email({ ['\0\ud800']: '\udc00' }).code)", 0, "-1"),
    # memory
    "endless array": ("const a = []; console.log('a'); for (;;) a.push(new Array(1000).fill(a.length))", 1, "a"),
    "endless string": ("let s = 'x'; console.log('a'); for (;;) s += s + 'y'", 1, "a"),
    "memory exhausted and caught": (
        "const a = []; try { for (;;) a.push(new Array(1000).fill(0)) } catch { a.length = 0 } console.log('end')",
        0,
        "end",
    ),
    "memory exhausted by errors": (
        "const a = []; console.log('a'); for (;;) a.push(new Error('e' + a.length))",
        1,
        "a",
    ),
    "memory exhausted by promises": (
        "console.log('a'); const a = []; function f() { a.push(Promise.resolve(a.length).then(f), new Array(1000)) } for (;;) f()",
        1,
        "a",
    ),
    "memory exhausted in a timer": (
        "console.log('a'); setTimeout(() => { const a = []; for (;;) a.push(new Array(1000).fill(0)) })",
        1,
        "a",
    ),
    "memory exhausted, then exit": (
        "const a = []; try { for (;;) a.push(new Array(1000).fill(0)) } catch { exit(7) }",
        7,
        "",
    ),
    "memory exhausted while printing": (
        "const a = []; try { for (;;) a.push({ n: a.length }) } catch { } try { console.log(a) } catch { } a.length = 0; console.log('end')",
        0,
        "end",
    ),
    # values that strike back
    "throwing getters": ("console.log({ get a() { throw 1 } }, [1].map(() => 2)); console.log('end')", 0, "end"),
    "proxy with throwing traps": (
        "const p = new Proxy({}, new Proxy({}, { get() { throw new Error('trap') } })); console.log(p); console.log('end')",
        0,
        "end",
    ),
    "proxy to send_email": (
        "const p = new Proxy({}, new Proxy({}, { get() { throw new Error('trap') } })); console.log(send_email(p).code)",
        0,
        "-1",
    ),
    "revoked proxy": (
        "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); console.log(proxy);"
        "console.log(send_email(proxy).code)",
        0,
        "-1",
    ),
    "toJSON that prints": ("console.log(send_email({ toJSON() { console.log('never') } }).code)", 0, "-1"),
    "getter that prints, to send_email": (
        "console.log(send_email({ get host() { console.log('read'); return '' } }).code)",
        0,
        "-1",
    ),
    "getter that exits, to send_email": ("send_email({ get host() { exit(5) } }); console.log('no')", 5, ""),
    "Symbol.toPrimitive that throws": (
        "const v = { [Symbol.toPrimitive]() { throw new Error('no') } };"
        "console.log('%d %s', v, v); console.log(send_email({ host: v, port: v }).code)",
        0,
        "-1",
    ),
    "symbols and bigints to send_email": (
        "console.log(send_email({ host: Symbol('x'), port: 10n, [Symbol('k')]: 1 }).code)",
        0,
        "-1",
    ),
    "hostile Symbol.toStringTag": (
        "console.log({ get [Symbol.toStringTag]() { throw 1 } }); console.log('end')",
        0,
        "end",
    ),
    "hostile inspect": (
        "console.log({ [Symbol.for('nodejs.util.inspect.custom')]() { throw 1 } }); console.log('end')",
        0,
        "end",
    ),
    "species that throws": (
        "class P extends Promise { static get [Symbol.species]() { throw new Error('species') } } console.log('end'); P.resolve(1)",
        0,
        "end",
    ),
    "thenable as last value": ("console.log('end'); ({ then(f) { f(1) } })", 0, "end"),
    "thenable that throws": ("console.log('end'); ({ get then() { throw 1 } })", 0, "end"),
    # what is thrown
    "throws undefined": ("console.log('a'); throw undefined", 1, "a"),
    "throws null": ("console.log('a'); throw null", 1, "a"),
    "throws a symbol": ("console.log('a'); throw Symbol('x')", 1, "a"),
    "throws a function": ("console.log('a'); throw function f() {}", 1, "a"),
    "throws a hostile proxy": (
        "console.log('a'); throw new Proxy(function () {}, new Proxy({}, { get() { throw 1 } }))",
        1,
        "a",
    ),
    "throws what prints": (
        "console.log('a'); throw { toString() { console.log('b') }, get stack() { console.log('c') }, get message() { exit(9) } }",
        1,
        "a",
    ),
    "error with a hostile stack": (
        "console.log('a'); const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { throw e } }); throw e",
        1,
        "a",
    ),
    "error with a stack of other kinds": (
        "console.log('a'); const e = new Error('x'); e.stack = { at: 1 }; e.name = Symbol('n'); e.message = 10n; throw e",
        1,
        "a",
    ),
    "error without prototype": ("console.log('a'); throw Object.setPrototypeOf(new Error('x'), null)", 1, "a"),
    "cause of itself": ("console.log('a'); const e = new Error('x'); e.cause = e; throw e", 1, "a"),
    "the engine's errors made to print": (
        "console.log('a'); for (const E of [Error, RangeError, InternalError]) {"
        "  try { E.prototype.toString = () => console.log('b') } catch { }"
        "  try { Object.defineProperty(E.prototype, 'stack', { get() { console.log('c') } }) } catch { } }"
        "exit(4)",
        4,
        "a",
    ),
    "out of memory made to print": (
        "for (const E of [Error, RangeError, InternalError]) { E.prototype.toString = () => console.log('b');"
        "  try { Object.defineProperty(E.prototype, 'stack', { get() { console.log('c') } }) } catch { } }"
        "console.log('a'); const a = []; for (;;) a.push(new Array(1000).fill(0))",
        1,
        "a",
    ),
    "registry callback that throws what prints": (
        "console.log('a'); if (typeof FinalizationRegistry === 'undefined') throw 1;"
        "globalThis.r = new FinalizationRegistry(() => { throw { toString() { console.log('b') } } }); r.register({}, 1);"
        "const R = Object.getPrototypeOf(FinalizationRegistry.prototype.constructor); if (R !== Function.prototype) exit(9)",
        1,
        "a",
    ),
    # the world taken apart
    "every global deleted": (
        "const { log } = console; for (const k of Reflect.ownKeys(globalThis)) { try { delete globalThis[k] } catch { } } log({ a: [1] })",
        0,
        "{ a: [ 1 ] }",
    ),
    "every intrinsic frozen": (
        "for (const k of Reflect.ownKeys(globalThis)) { const v = globalThis[k];"
        "if (v && (typeof v === 'object' || typeof v === 'function') && v !== globalThis) { Object.freeze(v); v.prototype && Object.freeze(v.prototype) } }"
        "Object.freeze(globalThis); console.log({ a: new Map([[1, 2]]) }, send_email({}).code); setTimeout(() => console.log('end'), 1)",
        0,
        "end",
    ),
    "frozen world and exit": ("Object.freeze(globalThis); console.log('a'); exit(6); for (;;);", 6, "a"),
    "every prototype method overwritten": (
        "const bad = () => { throw new Error('overwritten') }; const { log } = console, send = send_email, later = setTimeout;"
        "const owners = [Object, Function, Array, String, Number, Boolean, RegExp, Map, Set, WeakMap, Promise, Error, JSON, Math, Reflect, Symbol];"
        "const { ownKeys } = Reflect; for (const o of owners) for (const t of [o.prototype, o]) if (t) for (const k of ownKeys(t)) {"
        "  if (k === 'call' || k === 'apply' || k === Symbol.iterator || k === 'next' || k === 'ownKeys') continue;"
        "  try { t[k] = bad } catch { } }"
        "log({ a: [1, 'x', /x/, null] }, send({}).code); later(() => log('%s', 'end'), 1)",
        0,
        "end",
    ),
    "iterators overwritten": (
        "const s = new Set([1]); Array.prototype[Symbol.iterator] = Set.prototype[Symbol.iterator] = function* () { throw 1 }; console.log([1, 2], s); console.log(send_email({ to: ['a'] }).code)",
        0,
        "-1",
    ),
    "setters on Object.prototype": (
        "for (const k of ['0', '1', 'get', 'set', 'value', 'code', 'kind', 'length', 'text', 'toJSON', 'then', '__jsnpy_disarm'])"
        "  Object.defineProperty(Object.prototype, k, { __proto__: null, set() { console.log('!') }, get() { return undefined }, configurable: true });"
        "for (const k of ['0', '1']) Object.defineProperty(Array.prototype, k, { __proto__: null, set() { console.log('!') } });"
        "console.log(send_email({}).code); exit(3)",
        3,
        "-1",
    ),
    "toJSON on every prototype": (
        "Object.prototype.toJSON = String.prototype.toJSON = Number.prototype.toJSON = () => { throw 1 };"
        "console.log({ a: 1 }); console.log(send_email({ host: 'x' }).code)",
        0,
        "-1",
    ),
    "a proxy below the global object": (
        "Object.setPrototypeOf(globalThis, new Proxy({}, { set() { console.log('!') }, has() { return true }, get() { return 1 } }));"
        "console.log('a'); exit(8)",
        8,
        "a",
    ),
    "Promise.prototype.then overwritten": (
        "Promise.prototype.then = () => { throw 1 }; queueMicrotask(() => console.log('end')); (async () => { await 1; throw new Error('x') })()",
        1,
        "end",
    ),
    "Promise's constructor overwritten": (
        "Promise.prototype.constructor = 1; queueMicrotask(() => console.log('end')); setTimeout(() => {}, 1)",
        0,
        "end",
    ),
    "error constructors overwritten": (
        "for (const k of ['Error', 'TypeError', 'RangeError', 'InternalError', 'SyntaxError']) globalThis[k] = () => { throw 1 };"
        "try { setTimeout(1) } catch { } console.log('a'); null.x",
        1,
        "a",
    ),
    "Error.prepareStackTrace that exits": (
        "Error.prepareStackTrace = () => { exit(9) }; Error.stackTraceLimit = -1; console.log('a'); exit(4)",
        4,
        "a",
    ),
    "Error.prepareStackTrace that throws": (
        "Error.prepareStackTrace = () => { throw 1 }; console.log('a'); throw new Error('x')",
        1,
        "a",
    ),
    "stackTraceLimit of all kinds": (
        "for (const v of [0, -1, 1e9, NaN, 'x', {}, null]) { Error.stackTraceLimit = v; console.log(new Error('e').message) } console.log('a'); throw new Error('x')",
        1,
        "a",
    ),
    "timers taken apart": (
        "const t = setTimeout(() => {}, 1); const T = t.constructor; for (const k of Reflect.ownKeys(T.prototype)) T.prototype[k] = () => { throw 1 };"
        "for (const v of [NaN, -1, 1e308, '5', {}, [], null, undefined, 2 ** 31]) setTimeout(() => {}, v);"
        "clearTimeout(Object.create(T.prototype)); clearTimeout(new Proxy(t, {})); try { new T(1, {}, 2, 3) } catch { } clearTimeout({ valueOf() { throw 1 } });"
        "setTimeout(() => console.log('end'), 20)",
        0,
        "end",
    ),
    "import()": ("import('fs').then(() => console.log('no'), () => console.log('refused'))", 0, "refused"),
    "import of host files": ("import('/etc/passwd').catch(() => console.log('refused'))", 0, "refused"),
    "reaching for the natives": (
        "console.log(Reflect.ownKeys(globalThis).filter(k => String(k).includes('jsnpy')).length, typeof __jsnpy_native, typeof std, typeof os, typeof require)",
        0,
        "0 undefined undefined undefined undefined",
    ),
    "ten thousand timers": (
        "let n = 0; for (let i = 0; i < 10000; i++) setTimeout(() => { if (++n === 10000) console.log(n) }, i % 7)",
        0,
        "10000",
    ),
    # exit
    "exit()": ("console.log('a'); exit(); console.log('b')", 0, "a"),
    "exit(3)": ("exit(3)", 3, ""),
    "exit('3')": ("exit('3')", 3, ""),
    "exit(true)": ("exit(true)", 1, ""),
    "exit(null)": ("exit(null)", 0, ""),
    "exit(-1)": ("exit(-1)", 255, ""),
    "exit(256)": ("exit(256)", 0, ""),
    "exit(257.9)": ("exit(257.9)", 1, ""),
    "exit(1e308)": ("exit(1e308)", 0, ""),
    "exit(NaN)": ("exit(NaN)", 1, ""),
    "exit(Infinity)": ("exit(Infinity)", 1, ""),
    "exit({})": ("exit({})", 1, ""),
    "exit('x')": ("exit('x')", 1, ""),
    "exit with a throwing valueOf": (
        "try { exit({ valueOf() { throw 1 } }) } catch { console.log('thrown') }",
        0,
        "thrown",
    ),
    "exit within exit's argument": ("exit({ valueOf() { exit(4) } })", 4, ""),
    "exit in try": ("try { exit(4) } catch { console.log('c') } finally { console.log('f') }", 4, ""),
    "exit in finally": ("try { throw 1 } finally { exit(4) }", 4, ""),
    "exit in a getter that is printed": ("console.log(new Error({ toString() { exit(4) } })); console.log('b')", 4, ""),
    "exit in a sort": ("[3, 2, 1].sort(() => exit(4)); console.log('b')", 4, ""),
    "exit in a proxy trap": ("new Proxy({}, { get() { exit(4) } }).x; console.log('b')", 4, ""),
    "exit in an executor": ("new Promise(() => exit(4)); console.log('b')", 4, ""),
    "exit in an async function": (
        "async function f() { try { exit(4) } finally { console.log('f') } } f(); console.log('b'); f().then(() => console.log('t'))",
        4,
        "",
    ),
    "exit after await": ("(async () => { await 1; exit(4) })().finally(() => console.log('f'))", 4, ""),
    "exit in a timer": ("setTimeout(() => exit(4), 1); setTimeout(() => console.log('b'), 2)", 4, ""),
    "exit in a microtask": ("queueMicrotask(() => exit(4)); queueMicrotask(() => console.log('b'))", 4, ""),
    "exit in a generator": (
        "function* g() { try { yield exit(4) } finally { console.log('f') } } [...g()]; console.log('b')",
        4,
        "",
    ),
    "exit in a replacer": (
        "JSON.stringify({ a: 1 }, () => exit(4)); 'a'.replace(/a/, () => exit(5)); console.log('b')",
        4,
        "",
    ),
    "exit, then an endless loop": (
        "try { exit(4) } catch { } finally { for (;;) { try { for (;;); } catch { } } }",
        4,
        "",
    ),
    "exit in deep recursion": (
        "function f(n) { if (!n) exit(4); try { f(n - 1) } finally { console.log('f') } } f(5000)",
        4,
        "",
    ),
    "exit at the end of the stack": ("function f() { try { f() } finally { exit(4) } } f()", 4, ""),
    "exit beats a rejection": ("setTimeout(() => exit(4)); Promise.reject(1).catch(() => {})", 4, ""),
    # what never ends by itself is ended
    "a last value that never settles": ("console.log('a'); new Promise(() => {})", 1, "a"),
    "async main that waits forever": (
        "async function main() { await new Promise(() => {}) } console.log('a'); main()",
        1,
        "a",
    ),
    "rejection in the last value": ("console.log('a'); (async () => { throw new Error('x') })()", 1, "a"),
}

_LIMITED = {name for name in ENDS if "memory" in name or name.startswith("endless ") and "recursion" not in name}
_CRASHES_ORIGINAL = {name for name in _LIMITED}


def unharmed(result: Result) -> None:
    """Check that the process was not killed and showed nothing of its inside."""
    assert result.code >= 0
    assert "Traceback" not in result.err
    assert "fault in jsnpy" not in result.err


@pytest.mark.parametrize("name", ENDS)
def test_hostile_script_ends_in_order(name: str, tmp_path: Path) -> None:
    """The process survives, the exit code is right, and all output written before the end has arrived."""
    script, code, last = ENDS[name]
    if ORIGINAL and name in _CRASHES_ORIGINAL:
        pytest.skip("the original engine may crash when its memory is exhausted")
    if ORIGINAL and "registry" in name:
        pytest.skip("the original engine has no FinalizationRegistry")
    (tmp_path / "a.js").write_text(script)
    options = [_MEMORY] if name in _LIMITED else []
    result = jsnpy(*options, "a.js", cwd=tmp_path)
    unharmed(result)
    assert (code, last) == (result.code, result.out.rpartition("\n")[0].rpartition("\n")[2]), result
    if code == 1 and "exit" not in name:
        assert result.err.startswith("a.js"), result
