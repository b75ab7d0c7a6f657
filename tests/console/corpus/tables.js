//# rows of objects
console.table([{ a: 1, b: "x" }, { a: 2, b: "y" }]);
//# different keys
console.table([{ a: 1 }, { b: 2 }, { a: 3, c: "z" }]);
//# rows of arrays
console.table([[1, 2], [3, 4], [5]]);
//# primitives
console.table([1, "two", true, null, undefined]);
//# mixed rows
console.table([1, { a: 2 }, [3]]);
//# object of objects
console.table({ first: { a: 1 }, second: { a: 2, b: 3 } });
//# object of primitives
console.table({ a: 1, b: "two" });
//# columns chosen
console.table([{ a: 1, b: 2, c: 3 }, { a: 4, b: 5, c: 6 }], ["a", "c"]);
//# column unknown
console.table([{ a: 1 }], ["z"]);
//# columns empty
console.table([{ a: 1 }], []);
//# columns with primitives
console.table([1, { a: 2 }], ["a"]);
//# map
console.table(new Map([["a", 1], ["b", { c: 2 }]]));
//# set
console.table(new Set([1, "two", { three: 3 }]));
//# empty array
console.table([]);
//# empty object
console.table({});
//# empty map
console.table(new Map());
//# nested values
console.table([{ a: { b: { c: 1 } }, d: [1, 2, 3, 4, 5], e: { x: 1, y: 2, z: 3 } }]);
//# functions and symbols
console.table([{ f() {}, s: Symbol("s"), d: new Date(0), r: /x/ }]);
//# not tabular
console.table(5);
console.table("text");
console.table(null);
console.table(undefined);
console.table();
console.table(Symbol("s"));
//# not tabular functions
console.table(function f() {});
//# wide characters
console.table([{ name: "日本", x: 1 }, { name: "é", x: 22 }, { name: "😀", x: 333 }]);
//# long strings
console.table([{ a: "x".repeat(100) }]);
//# strings with quotes and line breaks
console.table([{ a: "it's", b: "x\ny" }]);
//# numbers as keys
console.table([{ 2: "b", 1: "a", c: "c" }]);
//# class instances
class Row { constructor(a) { this.a = a; } }
console.table([new Row(1), new Row(2)]);
//# sparse array
console.table([1, , 3]);
//# symbol keys are left out
console.table([{ a: 1, [Symbol("s")]: 2 }]);
//# typed array
console.table(new Uint8Array([1, 2]));
//# twelve rows
console.table(Array.from({ length: 12 }, (_, i) => ({ i, square: i * i })));
//# rows that are maps
console.table([new Map([[1, 2]]), new Set([1])]);
//# array with properties
console.table(Object.assign([1, 2], { extra: 3 }));
//# minus zero
console.table([-0, { a: -0 }]);
//# dates in a column
console.table([new Date(0), { a: 1 }]);
//# nested arrays in cells
console.table([[[1, 2, [3]]], [[]]]);
//# a column called Values
console.table([{ Values: 1 }, 2]);
//# rows of null prototype
console.table([Object.assign(Object.create(null), { a: 1 })]);
//# inherited properties are left out
console.table([Object.create({ inherited: 1 })]);
//# to a column of numbers
console.table([[1.5, -2], [1e21, NaN]]);
//# typed arrays in cells
console.table([{ a: new Uint8Array([1, 2, 300]), b: new Float64Array(5) }]);
