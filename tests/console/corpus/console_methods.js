//# group
console.group("g");
console.log("in");
console.log("two\nlines");
console.log({ a: 1, b: "x".repeat(70) });
console.groupEnd();
console.log("out");
//# groups nested
console.group("1");
console.group("2");
console.log("deep");
console.groupEnd();
console.log("mid");
console.groupEnd();
console.log("top");
//# group without a label
console.group();
console.log("in");
console.groupEnd();
//# group with several labels
console.group("a", { b: 1 }, "c");
console.groupEnd();
//# group with a format
console.group("%s!", "label");
console.groupEnd();
//# groupEnd too often
console.groupEnd();
console.groupEnd();
console.log("still here");
//# groupCollapsed
console.groupCollapsed("gc");
console.log("in");
console.groupEnd();
//# group and stderr
console.group("g");
console.error("err");
console.warn("a\nb");
console.groupEnd();
//# group and empty lines
console.group("g");
console.log();
console.log("");
console.log("\n");
console.groupEnd();
//# group and table
console.group("g");
console.table([{ a: 1 }]);
console.groupEnd();
//# group and long arrays
console.group("g");
console.log(Array.from({ length: 30 }, (_, i) => i));
console.groupEnd();
//# count
console.count();
console.count();
console.count("x");
console.count("x");
console.countReset("x");
console.count("x");
console.countReset();
console.count();
console.countReset();
//# count labels
console.count(1);
console.count("1");
console.count(null);
console.count(undefined);
console.count({});
console.countReset(1);
console.countReset(null);
console.countReset();
console.countReset({});
//# count in a group
console.group("g");
console.count("in group");
console.groupEnd();
console.countReset("in group");
//# assert true
console.assert(true, "not shown");
//# assert false
console.assert(false);
//# assert with a message
console.assert(false, "message");
//# assert with a format
console.assert(false, "%s and %d", "x", 5);
//# assert with an object
console.assert(false, { a: 1 });
//# assert with several
console.assert(0, "a", "b", { c: 1 });
//# assert with an object first and more
console.assert(null, { a: 1 }, "b");
//# assert falsy
console.assert("", "empty");
console.assert(undefined, "undef");
console.assert(NaN, "nan");
//# assert nothing
console.assert();
//# dir
console.dir({ a: { b: { c: { d: 1 } } } });
//# dir depth 0
console.dir({ a: { b: 1 }, c: [1] }, { depth: 0 });
//# dir depth null
console.dir({ a: { b: { c: { d: { e: {} } } } } }, { depth: null });
//# dir depth Infinity
console.dir([[[[[[[1]]]]]]], { depth: Infinity });
//# dir string
console.dir("it's");
//# dir number
console.dir(5);
console.dir(-0);
//# dir undefined
console.dir();
console.dir(null);
//# dir showHidden
console.dir({ a: 1, [Symbol("s")]: 2 }, { showHidden: true });
//# dir showHidden array
console.dir([1, 2], { showHidden: true });
//# dir showHidden non-enumerable
console.dir(Object.defineProperty({}, "h", { value: { a: 1 } }), { showHidden: true });
//# dir showHidden class instance
class Hid { constructor() { this.x = 1; } get y() { return 1; } m() {} }
console.dir(new Hid(), { showHidden: true });
//# dir showHidden typed array
console.dir(new Uint8Array(2), { showHidden: true });
//# dir showHidden function
"use strict";
console.dir(function f(a) {}, { showHidden: true });
//# dir compact false
console.dir({ a: 1, b: { c: [1, 2] } }, { compact: false });
//# dir compact true
console.dir({ a: 1, b: { c: [1, 2] }, d: new Map([[1, { x: 1 }]]) }, { compact: true });
//# dir compact true wide
console.dir({ alpha: "a".repeat(30), beta: { gamma: "b".repeat(30), delta: [1, 2] } }, { compact: true });
//# dir compact 1
console.dir({ a: { b: { c: 1 } }, d: [1, 2] }, { compact: 1 });
//# dir breakLength
console.dir({ a: "x".repeat(50), b: "y".repeat(50) }, { breakLength: 200 });
console.dir({ a: 1, b: 2, c: 3 }, { breakLength: 10 });
console.dir({ a: { b: [1, 2, 3] } }, { breakLength: Infinity });
//# dir maxArrayLength
console.dir([1, 2, 3, 4], { maxArrayLength: 2 });
console.dir([1, 2, 3], { maxArrayLength: 0 });
console.dir(new Set([1, 2, 3]), { maxArrayLength: 1 });
console.dir(new Map([[1, 2], [3, 4]]), { maxArrayLength: 1 });
//# dir maxArrayLength null
console.dir(Array.from({ length: 105 }, (_, i) => i), { maxArrayLength: null });
//# dir maxStringLength
console.dir(["abcdefghij"], { maxStringLength: 4 });
console.dir("abcdefghij", { maxStringLength: 9 });
//# dir sorted
console.dir({ c: 1, a: 2, b: 3 }, { sorted: true });
//# dir getters
console.dir({ get a() { return 1; }, get b() { return { x: 1 }; }, get c() { return 2; }, set c(v) {}, set d(v) {} }, { getters: true });
//# dir getters throwing
console.dir({ get a() { throw new Error("inside"); } }, { getters: true });
//# dir ignores custom inspection
console.dir({ [Symbol.for("nodejs.util.inspect.custom")]() { return "custom"; } });
//# dirxml
console.dirxml({ a: 1 }, [2], "x");
//# trace
console.trace();
//# trace with text
console.trace("here %s", "x", { a: 1 });
//# trace with multi lines
console.trace("a\nb");
//# destructured
const { log, error } = console;
log("x", { a: 1 });
error("y");
//# passed as a callback
[1, 2].forEach(console.log);
["a"].map(console.log);
//# methods return undefined
console.log(console.log("x"), console.group(), console.groupEnd());
//# replaced method
const original = console.log;
console.log = (...args) => original("replaced", ...args);
console.log("x");
console.info("info is not changed");
console.log = original;
//# console keys are writable and configurable
const before = console.info;
delete console.info;
console.log(typeof console.info);
console.info = before;
//# time with an unused label
console.time("t1");
console.log("no output for time");
//# custom inspection
console.log({ [Symbol.for("nodejs.util.inspect.custom")]() { return "custom text"; } });
//# custom inspection in a class
class Money { constructor(a) { this.a = a; } [Symbol.for("nodejs.util.inspect.custom")]() { return `Money<${this.a}>`; } }
console.log(new Money(5), [new Money(6)], { m: new Money(7) });
//# custom inspection prototype
class Money2 { [Symbol.for("nodejs.util.inspect.custom")]() { return "x"; } }
console.log(Money2.prototype, Money2);
//# custom inspection returning an object
console.log({ [Symbol.for("nodejs.util.inspect.custom")]() { return { replaced: [1, 2] }; } });
//# custom inspection multi-line
console.log({ a: { [Symbol.for("nodejs.util.inspect.custom")]() { return "line 1\nline 2"; } } });
//# custom inspection multi-line object
console.log({ a: { [Symbol.for("nodejs.util.inspect.custom")]() { return { long: "l".repeat(50), longer: "m".repeat(50) }; } } });
//# custom inspection arguments
console.log({ a: { [Symbol.for("nodejs.util.inspect.custom")](depth, options, inspect) { return `${depth} ${typeof options} ${options.depth} ${inspect({ b: [1] })}`; } } });
//# custom inspection returning itself
const self = { a: 1, [Symbol.for("nodejs.util.inspect.custom")]() { return this; } };
console.log(Object.keys(self));
//# custom inspection returning primitives
console.log([5, null, undefined, true].map((v) => ({ [Symbol.for("nodejs.util.inspect.custom")]: () => v })));
//# custom inspection that is no function
console.log({ [Symbol.for("nodejs.util.inspect.custom")]: 1 });
//# inspect method is an ordinary property
console.log({ inspect() { return "old"; } });
