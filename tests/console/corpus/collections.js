//# empty map and set
console.log(new Map(), new Set());
//# map
console.log(new Map([["a", 1], [2, "b"], [{ k: 1 }, [1]]]));
//# set
console.log(new Set([1, "a", { x: 1 }, [1, 2], null]));
//# nested maps
console.log(new Map([["m", new Map([["n", new Map([["o", new Map([["p", 1]])]])]])]]));
//# map wide
console.log(new Map(Array.from({ length: 10 }, (_, i) => ["key number " + i, "value number " + i])));
//# map over a hundred
console.log(new Map(Array.from({ length: 103 }, (_, i) => [i, i])));
//# set over a hundred
console.log(new Set(Array.from({ length: 101 }, (_, i) => i)));
//# set over six
console.log(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
//# map with properties
console.log(Object.assign(new Map([[1, 2]]), { x: 1 }), Object.assign(new Set([1]), { y: 2 }));
//# empty map with properties
console.log(Object.assign(new Map(), { x: 1 }));
//# subclasses
class MyMap extends Map {}
class MySet extends Set {}
console.log(new MyMap([[1, 2]]), new MySet([1]), new MyMap());
//# null prototype
console.log(Object.setPrototypeOf(new Map([[1, 2]]), null), Object.setPrototypeOf(new Set([1]), null));
//# map in object
console.log({ m: new Map([["a", { b: { c: {} } }]]), s: new Set([[1, [2, [3]]]]) });
//# map of multi-line values
console.log(new Map([["text", "the first line of the text that is long\nthe second line of it, that is long as well"]]));
//# map of objects breaks
console.log(new Map([["first", { a: "aaaaaaaaaaaaaaaaaaaaaa", b: "bbbbbbbbbbbbbbbbbbb", c: "ccccccccccccccccccccc" }], ["second", {}]]));
//# set of objects breaks
console.log(new Set([{ a: "aaaaaaaaaaaaaaaaaaaaaa", b: "bbbbbbbbbbbbbbbbbbb", c: "ccccccccccccccccccccc" }, 2]));
//# weak collections
console.log(new WeakMap(), new WeakSet(), { w: new WeakMap() });
//# weak collection with properties
console.log(Object.assign(new WeakSet(), { x: 1 }));
//# weak ref
//? typeof WeakRef === "function"
console.log(Object.prototype.toString.call(new WeakRef({})));
//# generator object
function* gen() { yield 1; }
console.log(gen(), [gen()]);
//# async generator object
async function* agen() { yield 1; }
console.log(agen());
//# symbol keyed map
console.log(new Map([[Symbol("a"), Symbol("b")]]));
//# map keys with minus zero and NaN
console.log(new Map([[NaN, -0]]), new Set([NaN, 0]));
//# map keys that are functions and dates
console.log(new Map([[function f() {}, new Date(0)], [class A {}, /x/]]));
//# map prototype
console.log(Map.prototype, Set.prototype);
//# promise prototype
console.log(Promise.prototype);
//# array iterator
console.log([1, 2][Symbol.iterator](), [].entries());
//# string iterator
console.log("ab"[Symbol.iterator]());
//# iterable object
console.log({ *[Symbol.iterator]() { yield 1; } });
//# map toStringTag
console.log(Object.defineProperty(new Map(), Symbol.toStringTag, { value: "X" }));
//# map circular keys
const cyc = new Map();
cyc.set(cyc, [cyc]);
console.log(cyc);
//# nested sets at depth
console.log([[[new Set([1])]]], [[[[new Map()]]]]);
