//# empty object
console.log({});
//# flat object
console.log({ a: 1, b: "two", c: true, d: null, e: undefined });
//# nested to depth
console.log({ a: { b: { c: { d: { e: 1 } } } } });
//# nested exactly to depth
console.log({ a: { b: { c: 1 } } });
//# nested empty at depth
console.log({ a: { b: { c: {} } } });
//# nested array at depth
console.log({ a: { b: { c: [] , d: [1], e: [[]] } } });
//# class at depth
class Deep { constructor() { this.x = 1; } }
console.log({ a: { b: { c: new Deep(), d: new Map([[1, 2]]), e: new Set([1]), f: new Date(0), g: /x/ } } });
//# null prototype at depth
const bare = Object.create(null);
bare.x = 1;
console.log({ a: { b: { c: bare } } });
//# wide object breaks
console.log({ alpha: "aaaaaaaaaaaaaaa", beta: "bbbbbbbbbbbbbbbbbb", gamma: "cccccccccccccccc", delta: "ddddddddddd" });
//# object of 72 columns
console.log({ aaaaaaaaaa: "bbbbbbbbbbbbbbbb", cccccccccc: "dddddddddddddddd", e: "ffffffffff" });
//# object of 76 columns
console.log({ aaaaaaaaaa: "bbbbbbbbbbbbbbbb", cccccccccc: "dddddddddddddddd", e: "ffffffffffffff" });
//# width border
for (let i = 20; i < 40; i++) console.log({ a: "x".repeat(i), b: "y".repeat(20) });
//# width border with base
for (let i = 10; i < 60; i += 3) console.log(new Map([["k".repeat(i), "v"]]));
//# many keys on short lines
console.log(Object.fromEntries(Array.from({ length: 30 }, (_, i) => ["key" + i, i])));
//# compact 3: inner levels joined
console.log({ a: { b: { c: { d: 1 } } }, e: [[[[1]]]] });
//# compact: three inner levels
console.log({ level1: { level2: { level3: "x" } } });
//# compact: more than three levels
console.log([[[[[]]]]], [[[1]]], { a: [{ b: [1] }] });
//# keys needing quotes
console.log({ "a-b": 1, "1a": 2, "": 3, "a b": 4, "it's": 5, "é": 6, $x: 7, _y: 8, class: 9 });
//# numeric keys
console.log({ 1: "a", 10: "b", "-1": "c", 1.5: "d", "01": "e" });
//# keys with control characters
console.log({ "a\nb": 1, "\u0000": 2, "\ud800": 3 });
//# __proto__ key
console.log(JSON.parse('{"__proto__": 1, "a": 2}'));
//# symbol keys
console.log({ [Symbol("k")]: 1, [Symbol()]: 2, [Symbol.iterator]: 3, a: 4 });
//# symbol key with quote and newline
console.log({ [Symbol("it's")]: 1, [Symbol("a\nb")]: 2 });
//# non-enumerable symbols are hidden
console.log(Object.defineProperty({ a: 1 }, Symbol("hidden"), { value: 1 }));
//# non-enumerable keys are hidden
console.log(Object.defineProperty({ a: 1 }, "hidden", { value: 1 }));
//# getter
console.log({ get a() { throw new Error("ran"); } });
//# setter
console.log({ set a(v) {} });
//# getter and setter
console.log({ get a() { return 1; }, set a(v) {}, b: 1 });
//# getter in a class is not shown
class G { get x() { return 1; } }
console.log(new G());
//# class instance
class Point { constructor() { this.x = 1; this.y = 2; } }
console.log(new Point(), [new Point()], { p: new Point() });
//# empty class instance
class Empty {}
console.log(new Empty(), [new Empty()]);
//# subclass instance
class Base { constructor() { this.a = 1; } }
class Derived extends Base { constructor() { super(); this.b = 2; } }
console.log(new Derived());
//# anonymous class instance
console.log(new (class {})(), new (class { constructor() { this.x = 1; } })());
//# anonymous subclass instance
class Named {}
console.log(new (class extends Named {})());
//# function constructor
function Old() { this.x = 1; }
console.log(new Old());
//# private fields are not shown
class Priv { #x = 1; y = 2; }
console.log(new Priv());
//# null prototype
console.log(Object.create(null), Object.assign(Object.create(null), { a: 1 }));
//# null prototype nested
console.log({ a: Object.create(null), b: [Object.create(null)] });
//# created from an object
console.log(Object.create({}), Object.create({ a: 1 }), Object.create(new Point2()));
function Point2() { this.x = 1; }
//# created from a null prototype object
console.log(Object.create(Object.create(null)));
//# created from a null prototype object with properties
const root = Object.create(null);
root.a = 1;
console.log(Object.create(root));
//# prototype objects
class Proto { method() {} }
console.log(Proto.prototype, Object.prototype, Array.prototype);
//# prototype of a subclass
class Above {}
class Below extends Above {}
console.log(Below.prototype);
//# own constructor property
console.log({ constructor: 1 }, { constructor: "x", a: 1 });
//# own constructor function
console.log({ constructor: function Foo() {} });
//# constructor without a name
const anonymous = function () {};
Object.defineProperty(anonymous, "name", { value: "" });
console.log(new anonymous());
//# toStringTag on an object
console.log({ [Symbol.toStringTag]: "Tag" });
//# toStringTag on a class
class T { get [Symbol.toStringTag]() { return "Tag"; } }
console.log(new T(), [new T()]);
//# toStringTag equal to the class name
class Same { get [Symbol.toStringTag]() { return "Same"; } }
console.log(new Same());
//# toStringTag non-enumerable with keys
console.log(Object.defineProperty({ a: 1 }, Symbol.toStringTag, { value: "Hidden" }));
//# toStringTag that is not a string
console.log({ [Symbol.toStringTag]: 1 });
//# toStringTag on a null prototype
console.log(Object.defineProperty(Object.create(null), Symbol.toStringTag, { value: "NP" }));
//# toStringTag empty
console.log({ [Symbol.toStringTag]: "" });
//# toStringTag at depth
console.log({ a: { b: { c: Object.defineProperty({ x: 1 }, Symbol.toStringTag, { value: "TT" }) } } });
//# circular
const circle = { a: 1 };
circle.self = circle;
console.log(circle);
//# circular deeper
const outer = { inner: { more: {} } };
outer.inner.more.outer = outer;
outer.inner.more.inner = outer.inner;
console.log(outer);
//# circular twice
const one = { name: "one" };
const two = { name: "two", one };
one.two = two;
one.me = one;
two.me = two;
console.log(one);
//# circular array
const ring = [1, 2];
ring.push(ring);
console.log(ring);
//# circular in map and set
const map = new Map();
map.set("m", map);
const set = new Set();
set.add(set);
console.log(map, set);
//# circular class
class Node1 { constructor() { this.next = this; } }
console.log(new Node1());
//# the same object twice is not circular
const shared = { s: 1 };
console.log({ a: shared, b: shared });
//# mutual parents
const parent = { name: "p", children: [] };
parent.children.push({ name: "c1", parent }, { name: "c2", parent });
console.log(parent);
//# methods
console.log({ f() {}, g: function () {}, h: () => {}, async i() {}, *j() {}, async *k() {} });
//# array of objects
console.log([{ a: 1, b: 2 }, { a: 3, b: 4 }]);
//# list of records
console.log([
  { id: 1, name: "Alice Johnson", email: "alice@example.test", roles: ["admin", "user"] },
  { id: 2, name: "Bob", email: "bob@example.test", roles: [] },
]);
//# config object
console.log({ host: "smtp.example.test", port: 587, ssl: false, starttls: true, user: "u", from: { email: "a@b.test", name: "A" }, to: [{ email: "c@d.test" }], subject: "Hello", body: "Line 1\nLine 2\nLine 3 which is long enough to break the line\n" });
//# result object
console.log({ code: 0, log: "S: 220 ready\nC: EHLO x\nS: 250 ok", error: "" });
//# result array of mixed
console.log([1, "a", null, undefined, true, { a: 1 }, [1, 2], () => {}, Symbol("s"), 1n]);
//# arguments object
(function () { console.log(arguments); })(1, "a", { b: 1 });
//# arguments empty
(function () { console.log(arguments); })();
//# frozen and sealed
console.log(Object.freeze({ a: 1 }), Object.seal([1]));
//# Math, JSON, Reflect
console.log(Math, JSON, Reflect);
//# undefined values
console.log({ a: undefined, b: [undefined] });
//# nested wide arrays in object
console.log({ data: Array.from({ length: 20 }, (_, i) => i * 100), name: "numbers" });
//# accessors non-enumerable
console.log(Object.defineProperty({}, "x", { get() { return 1; } }));
//# object with long key
console.log({ ["k".repeat(90)]: 1, b: { c: 2 } });
//# object with a long value
console.log({ a: "v".repeat(90), b: 1 });
//# four entries of 16
console.log({ a: "0123456789012345", b: "0123456789012345", c: "0123456789012345", d: "0123456789" });
//# symbols of a class among hidden properties
class Tagged { get [Symbol.toStringTag]() { return "T" } get plain() { return 1 } }
console.dir([new Tagged(), Object.create(new Tagged())], { showHidden: true });
