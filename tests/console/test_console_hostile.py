"""Nothing a script does to its world, and no value however hostile, breaks printing or throws from it."""

import pytest
from support.console_host import run_script

_VALUES = """
const nested = {a: 1, u: undefined, b: ["x", {c: "it's"}]}, holes = [1, , 3], map = new Map([["k", new Set([1])]]);
const various = [class A {}, function f() {}, new Date(0), new Uint8Array(2), /x/g, new Error("boo"), Symbol("s")];
const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9], five = new Number(5), text = new String("t"), proxy = new Proxy({p: 1}, {});
const circular = {}; circular.self = circular;
"""
_PRINTS = """
console.log("text", 1, true);
console.log(nested, holes, map, nine, five, text, proxy, circular, -0, 1n);
console.log(various[0], various[1], various[2], various[3], various[4], various[6]);
console.log("%s is %d %j %o %O %%", "x", 5, 6, nested, nine, "rest");
console.table(various); console.table(map);
console.group("g"); console.log("two\\nlines"); console.groupEnd();
console.count("c"); console.countReset("c"); console.assert(false, "no"); console.dir(nested, {depth: 0});
console.time("t"); console.error(various[5]); console.trace(nine);
"""

_VANDALS = {
    "array methods": "for (const k of Object.getOwnPropertyNames(Array.prototype)) {"
    " if (typeof Array.prototype[k] === 'function' && k !== 'constructor')"
    " Array.prototype[k] = () => { throw 'array ' + k; }; }",
    "string methods": "for (const k of Object.getOwnPropertyNames(String.prototype)) {"
    " if (typeof String.prototype[k] === 'function' && k !== 'constructor')"
    " String.prototype[k] = () => { throw 'string ' + k; }; }",
    "array iterator": "Object.getPrototypeOf([][Symbol.iterator]()).next = () => { throw 1; };"
    " Array.prototype[Symbol.iterator] = () => { throw 2; };",
    "map and set": "for (const P of [Map.prototype, Set.prototype, WeakMap.prototype])"
    " for (const k of Reflect.ownKeys(P)) if (k !== 'constructor' && k !== Symbol.toStringTag)"
    " Object.defineProperty(P, k, {get() { throw 3; }});",
    "map iterator": "Object.getPrototypeOf(new Map().entries()).next = () => ({done: true});",
    "regexp": "RegExp.prototype.exec = () => { throw 4; }; RegExp.prototype.test = () => { throw 5; };"
    " RegExp.prototype[Symbol.replace] = () => { throw 6; };",
    "function methods": "Function.prototype.call = Function.prototype.apply = Function.prototype.bind ="
    " () => { throw 7; };",
    "symbols on strings": "String.prototype[Symbol.split] = String.prototype[Symbol.replace] = () => { throw 8; };",
    "globals": "for (const k of ['Object', 'Array', 'String', 'Number', 'Map', 'Set', 'Symbol', 'JSON', 'Math',"
    " 'Reflect', 'Error', 'RegExp', 'Date', 'WeakMap', 'Proxy']) if (!/Map|Set|Date|Symbol|Error/.test(k))"
    " globalThis[k] = undefined;",
    "object statics": "const keep = Object.getOwnPropertyNames(Object); for (const k of keep)"
    " if (typeof Object[k] === 'function') try { Object[k] = () => { throw 9; }; } catch {}",
    "descriptor names": "for (const k of ['get', 'set', 'value', 'writable', 'enumerable', 'configurable'])"
    " Object.defineProperty(Object.prototype, k, {__proto__: null, configurable: true,"
    " get() { return () => { throw 10; }; }, set() { throw 11; }});",
    "index setters": "for (let i = 0; i < 20; i++) for (const P of [Array.prototype, Object.prototype])"
    " Object.defineProperty(P, i, {__proto__: null, configurable: true, set() { throw 12; }, get() { return 'z'; }});"
    " delete Array.prototype[1]; delete Object.prototype[1];",
    "option names": "for (const k of ['depth', 'seen', 'keys', 'name', 'open', 'base', 'entries', 'length', 'done'])"
    " try { Object.defineProperty(Object.prototype, k, {__proto__: null, configurable: true,"
    " get() { throw 13; }, set() { throw 14; }}); } catch {}",
    "number and boolean": "Number.prototype.toString = Boolean.prototype.toString ="
    " Number.prototype.valueOf = () => { throw 15; };",
    "toString and valueOf": "Object.prototype.toString = Object.prototype.valueOf = () => { throw 16; };"
    " Object.prototype.hasOwnProperty = Object.prototype.propertyIsEnumerable = () => { throw 17; };",
    "dates": "Date.now = () => { throw 18; }; Date.prototype.getTime = Date.prototype.toISOString ="
    " () => { throw 19; };",
    "eval": "globalThis.eval = () => { throw 20; };",
    "string constants": "Symbol.prototype.toString = () => { throw 21; };"
    " Object.defineProperty(Symbol.prototype, 'description', {get() { throw 22; }});",
}


@pytest.mark.parametrize("vandal", _VANDALS)
def test_prints_the_same_in_a_wrecked_world(vandal: str) -> None:
    """After a script has overwritten built-ins, all prints as before."""
    expected = run_script(_VALUES + "\n" + _PRINTS)
    wrecked = run_script(_VALUES + _VANDALS[vandal] + "\n" + _PRINTS)
    assert expected.error == wrecked.error == ""
    assert expected.stdout == wrecked.stdout
    assert expected.stderr == wrecked.stderr


_HOSTILE = {
    "throwing toString": ("console.log('%s', {toString() { throw 1; }})", "{ toString: [Function: toString] }\n"),
    "throwing toJSON": ("console.log('%j', {toJSON() { throw 1; }})", "{ toJSON: [Function: toJSON] }\n"),
    "bigint as JSON": ("console.log('%j', {a: 1n})", "{ a: 1n }\n"),
    "deep JSON": (
        "let a = []; for (let i = 0; i < 3000; i++) a = [a]; console.log('%j'.repeat(2), a, a)",
        "[" * 3001 + "]" * 3001 + "[" * 3001 + "]" * 3001 + "\n",
    ),
    "throwing valueOf": (
        "console.log('%d|%i|%f', {valueOf() { throw 1; }}, {toString() { throw 1; }}, 2)",
        "NaN|NaN|2\n",
    ),
    "throwing toStringTag": ("console.log({get [Symbol.toStringTag]() { throw 1; }, a: 1})", None),
    "throwing custom inspection": (
        "console.log({[Symbol.for('nodejs.util.inspect.custom')]() { throw 1; }, a: 1})",
        "{\n  a: 1,\n  [Symbol(nodejs.util.inspect.custom)]: [Function: [nodejs.util.inspect.custom]]\n}\n",
    ),
    "throwing getter of custom inspection": (
        "console.log({get [Symbol.for('nodejs.util.inspect.custom')]() { throw 1; }})",
        "{ [Symbol(nodejs.util.inspect.custom)]: [Getter] }\n",
    ),
    "throwing size": (
        "const m = new Map([[1, 2]]); Object.defineProperty(m, 'size', {get() { throw 1; }}); console.log(m)",
        "Map(1) { 1 => 2 }\n",
    ),
    "throwing name of a class": ("class C { static get name() { throw 1; } } console.log(new C(), C)", None),
    "throwing hasInstance": (
        "class C { static [Symbol.hasInstance]() { throw 1; } } console.log(new C())",
        "{}\n",
    ),
    "throwing stack": (
        "const e = new Error('m'); Object.defineProperty(e, 'stack', {get() { throw 1; }}); console.log(e)",
        "[Error: m]\n",
    ),
    "throwing message and name": (
        (
            "const e = new Error('m'); Object.defineProperty(e, 'message', {get() { throw 1; }});"
            "Object.defineProperty(e, 'name', {get() { throw 1; }}); console.log(e)"
        ),
        None,
    ),
    "throwing cause": (
        "const e = new Error('m'); Object.defineProperty(e, 'cause', {get() { throw 1; }}); console.log(e)",
        None,
    ),
    "throwing errors": (
        "const e = new Error('m'); Object.defineProperty(e, 'errors', {get() { throw 1; }}); console.log(e)",
        None,
    ),
    "throwing flags": (
        "const r = /x/g; Object.defineProperty(r, 'flags', {get() { throw 1; }}); console.log(r)",
        None,
    ),
    "throwing source": (
        "const r = /x/; Object.defineProperty(r, 'source', {get() { throw 1; }}); console.log(r)",
        None,
    ),
    "throwing constructor": (
        "console.log(Object.create({}, {constructor: {get() { throw 1; }, enumerable: true}}))",
        "{ constructor: [Getter] }\n",
    ),
    "throwing getter in a table": ("console.table([{get a() { throw 1; }}])", None),
    "throwing options": ("console.dir({a: {b: 1}}, {get depth() { throw 1; }})", "{ a: { b: 1 } }\n"),
    "options a throwing proxy": (
        "console.dir({a: 1}, new Proxy({}, {get() { throw 1; }, getOwnPropertyDescriptor() { throw 1; }}))",
        "{ a: 1 }\n",
    ),
    "symbol label": ("console.count(Symbol('s')); console.time(Symbol('t'))", "Symbol(s): 1\n"),
    "hostile label": ("console.count({toString() { throw 1; }})", None),
    "hostile assertion": ("console.assert(false, {toString() { throw 1; }}, Symbol('x'))", ""),
    "revoked proxies everywhere": (
        (
            "const {proxy, revoke} = Proxy.revocable(function () {}, {}); revoke();"
            "console.log(proxy, {proxy}, [proxy], new Map([[proxy, proxy]])); console.table(proxy);"
            "console.log('%s %d %i %f %j %o %O', proxy, proxy, proxy, proxy, proxy, proxy, proxy); console.dir(proxy);"
            "console.count(proxy); console.assert(proxy); console.group(proxy)"
        ),
        None,
    ),
    "throwing proxy everywhere": (
        (
            "const h = new Proxy({}, {get(t, k) { return () => { throw k; }; }}); const p = new Proxy({}, h);"
            "console.log(p, {p}, [p], Object.create(p)); console.table(p); console.table([p]);"
            "console.log('%s %d %i %f %j %o %O', p, p, p, p, p, p, p); console.dir(p); console.count(p);"
            "console.error(Object.setPrototypeOf(new Error('x'), p))"
        ),
        None,
    ),
    "a prototype chain without an end": (
        "const t = {}; const p = new Proxy(t, {}); Object.setPrototypeOf(t, p); console.log(t, p)",
        None,
    ),
    "a chain of proxies": (
        "let p = {a: 1}; for (let i = 0; i < 100000; i++) p = new Proxy(p, {}); console.log(p)",
        "{ a: 1 }\n",
    ),
    "a deep prototype chain": (
        "let o = {a: 1}; for (let i = 0; i < 100000; i++) o = Object.create(o); console.log(o)",
        None,
    ),
    "symbols as arguments": ("console.group(Symbol('a')); console.log(Symbol('b'), 1)", "Symbol(a)\n  Symbol(b) 1\n"),
    "columns that are no array": ("console.table([{a: 1}], 'a')", None),
    "columns that are symbols": ("console.table([{a: 1}], [Symbol('s'), {}, null])", None),
    "detached methods": (
        "const {log, dir, table, group, count} = console; log(1); dir(2); table(3); group(4); count()",
        "1\n2\n3\n4\n  default: 1\n",
    ),
    "foreign receivers": (
        "console.log.call(undefined, 'x'); console.table.call(5, [1]); console.count.apply('q')",
        None,
    ),
    "a console of one's own": ("globalThis.console = {log() {}}; console.log('x')", ""),
    "printing while printing": (
        "console.log({[Symbol.for('nodejs.util.inspect.custom')]() { console.log('inner'); return 'outer'; }})",
        "inner\nouter\n",
    ),
    "the global object": ("console.log(typeof globalThis); console.log(globalThis)", None),
    "the console": ("console.log(console)", None),
    "a detached buffer": (
        "const b = new ArrayBuffer(4); if (b.transfer) b.transfer(); console.log('x'); console.dir(b)",
        None,
    ),
    "prototypes as values": (
        (
            "console.log(Map.prototype, RegExp.prototype, Error.prototype, Promise.prototype, Symbol.prototype,"
            " Date.prototype, Object.getPrototypeOf(Uint8Array.prototype), WeakMap.prototype, Function.prototype)"
        ),
        None,
    ),
}


@pytest.mark.parametrize("case", _HOSTILE)
def test_never_throws(case: str) -> None:
    """A hostile value is printed somehow, and the script goes on."""
    source, expected = _HOSTILE[case]
    output = run_script(f"(function () {{ {source} }})(); globalThis.done = true; if (!done) throw 1;")
    assert output.error == ""
    if expected is not None:
        assert expected == output.stdout
    else:
        assert "value that cannot be shown" not in output.stdout + output.stderr


@pytest.mark.parametrize(
    ("source", "size", "start"),
    [
        ("console.log('x'.repeat(50_000_000))", 50_000_001, "xxxx"),
        ("console.log('%s', 'y'.repeat(5_000_000))", 5_000_001, "yyyy"),
        ("console.log(['z'.repeat(50_000_000)])", 10_037, "[\n  'zzzz"),
        ("console.log(new Array(1e6).fill(1))", None, "[\n  1, 1,"),
        ("console.log(Array.from({length: 3e5}, (_, i) => i))", None, "[\n   0,  1,"),
        ("console.log(new Uint8Array(50_000_000))", None, "Uint8Array(50000000) [\n  0, 0,"),
        ("console.log(new Map(Array.from({length: 2e5}, (_, i) => [i, i])))", None, "Map(200000) {\n  0 => 0,"),
        ("let a = []; for (let i = 0; i < 100000; i++) a = [a]; console.log(a)", 20, "[ [ [ [Array] ] ] ]"),
        ("let o = {}; for (let i = 0; i < 100000; i++) o = {o}; console.log(o)", None, "{ o: { o: { o: [Object] } } }"),
        (("let e = new Error('0'); for (let i = 0; i < 1e5; i++) { const n = new Error('n'); n.cause = e; e = n; }"
         " console.log(e)"), None, "Error: n\n"),
        ("let a = []; for (let i = 0; i < 100000; i++) a = [a]; console.dir(a, {depth: null})", None, "["),
        ("let a = {}; for (let i = 0; i < 5000; i++) a = {a}; console.log('%o', a); console.dir(a, {depth: Infinity})",
         None, "{"),
        ("const o = {}; for (let i = 0; i < 2e5; i++) o['k' + i] = i; console.log(o)", None, "{\n  k0: 0,"),
        ("console.log('\\n'.repeat(1e6))", 1_000_001, "\n"),
        ("console.group(); console.log('a\\n'.repeat(1e5))", 400_003, "  a\n"),
    ],
)  # fmt: skip
def test_big_values(source: str, size: "int | None", start: str) -> None:
    """Values of any size are printed, cut where Node cuts them."""
    output = run_script(source)
    assert output.error == ""
    assert output.stdout.startswith(start)
    assert output.stdout.endswith("\n")
    if size is not None:
        assert size == len(output.stdout)


def test_too_deep_output_says_so() -> None:
    """Output nested without a limit ends with Node's words where the nesting is too deep to show."""
    output = run_script("let a = []; for (let i = 0; i < 5000; i++) a = [a]; console.dir(a, {depth: null})")
    assert output.error == ""
    assert "[Array: Inspection interrupted prematurely. Maximum call stack size exceeded.]" in output.stdout


def test_printing_at_the_end_of_the_stack() -> None:
    """A script that recurses without end while printing gets its own stack overflow, nothing worse."""
    output = run_script(
        "let n = 0; function f() { n++; if (n % 1000 === 0) console.log({n: [n]}); f(); }"
        "let caught = ''; try { f(); } catch (e) { caught = e instanceof Error ? 'overflow' : 'other'; }"
        "console.log(caught, n > 5000)"
    )
    assert output.error == ""
    assert output.stdout.endswith("overflow true\n")
