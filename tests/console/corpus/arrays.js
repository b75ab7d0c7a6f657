//# empty
console.log([]);
//# short
console.log([1, 2, 3]);
//# six
console.log([1, 2, 3, 4, 5, 6]);
//# seven
console.log([1, 2, 3, 4, 5, 6, 7]);
//# numbers of different width
console.log([1, 22, 333, 4444, 55555, 666666, 7777777, 88888888]);
//# negative numbers
console.log([-1, 2, -3, 4, -5, 6, -7, 8, -9]);
//# strings over six
console.log(["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg"]);
//# twenty
console.log(Array.from({ length: 20 }, (_, i) => i));
//# hundred
console.log(Array.from({ length: 100 }, (_, i) => i));
//# hundred and one
console.log(Array.from({ length: 101 }, (_, i) => i));
//# two hundred and fifty
console.log(Array.from({ length: 250 }, (_, i) => i));
//# million
console.log(new Array(1000000).fill(7));
//# squares
console.log(Array.from({ length: 50 }, (_, i) => i * i));
//# fractions
console.log(Array.from({ length: 30 }, (_, i) => i / 7));
//# bigints
console.log(Array.from({ length: 12 }, (_, i) => BigInt(i) ** 5n));
//# mixed numbers and bigints
console.log([1, 2n, 3, 4n, 5, 6n, 7, 8n]);
//# words
console.log("the quick brown fox jumps over the lazy dog and runs away from the big bad wolf".split(" "));
//# long words
console.log(Array.from({ length: 10 }, (_, i) => "w".repeat(i * 5)));
//# words of many lengths
console.log(Array.from({ length: 60 }, (_, i) => "x".repeat((i * 7) % 11)));
//# one very long among short
console.log([..."abcdefghij", "x".repeat(60)]);
//# wide characters
console.log(["日本", "中国", "한국", "a", "b", "c", "d", "e"]);
//# emoji
console.log(["😀", "a", "b", "c", "d", "e", "f", "👍"]);
//# combining characters
console.log(["e\u0301", "a", "b", "c", "d", "e", "ff"]);
//# booleans over six
console.log([true, false, true, false, true, false, true, true, true]);
//# nulls over six
console.log(new Array(10).fill(null));
//# undefined over six
console.log(new Array(10).fill(undefined));
//# objects over six
console.log(Array.from({ length: 8 }, (_, i) => ({ i })));
//# larger objects over six
console.log(Array.from({ length: 8 }, (_, i) => ({ id: i, name: "item " + i, tags: ["a", "b"] })));
//# arrays over six
console.log(Array.from({ length: 10 }, (_, i) => [i, i + 1]));
//# matrix
console.log(Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => i * j)));
//# nested long arrays
console.log({ a: Array.from({ length: 40 }, (_, i) => i), b: { c: Array.from({ length: 30 }, (_, i) => "s" + i) } });
//# holes
console.log([, 1], [1, ,], [1, , 3], [, , ,], [1, , , 4]);
//# only holes
console.log(new Array(5), new Array(1), new Array(100));
//# many holes
console.log(new Array(4294967295));
//# holes and more than a hundred
const holes = [];
for (let i = 0; i < 300; i += 2) holes[i] = i;
console.log(holes);
//# sparse far away
const far = [];
far[1000] = 1;
console.log(far);
//# holes after a hundred
const after = Array.from({ length: 105 }, (_, i) => i);
delete after[102];
console.log(after);
//# extra properties
console.log(Object.assign([1, 2], { x: 1, "y-z": 2 }));
//# extra properties only
console.log(Object.assign([], { x: 1 }));
//# extra properties on a long array
console.log(Object.assign(Array.from({ length: 10 }, (_, i) => i), { name: "n" }));
//# extra property on hundreds
console.log(Object.assign(Array.from({ length: 150 }, (_, i) => i), { name: "n" }));
//# negative index property
const negative = [1];
negative[-1] = 2;
negative["01"] = 3;
console.log(negative);
//# symbol property
console.log(Object.assign([1], { [Symbol("s")]: 2 }));
//# holes and extra properties
const both = [1, , 3];
both.x = 1;
console.log(both);
//# getter in an array
const withGetter = [1, 2];
Object.defineProperty(withGetter, 1, { get() { throw new Error("ran"); }, enumerable: true });
console.log(withGetter);
//# subclass
class List extends Array {}
console.log(List.from([1, 2, 3]), new List());
//# subclass long
class Longs extends Array {}
console.log(Longs.from({ length: 10 }, (_, i) => i));
//# null prototype
console.log(Object.setPrototypeOf([1, 2], null));
//# toStringTag
console.log(Object.assign([1], { [Symbol.toStringTag]: "T" }));
//# nested empty
console.log([[], [[]], [[[]]], [[[[]]]]]);
//# match result
//? Object.keys("a".match(/a/))[1] === "index"
console.log("2020-01-02".match(/(\d+)-(\d+)/));
//# match result with groups
//? Object.keys("a".match(/a/))[1] === "index"
console.log("2020-01-02".match(/(?<y>\d+)-(?<m>\d+)/));
//# match all
console.log([..."a1b2".matchAll(/[a-z](\d)/g)].length);
//# entries
console.log(Object.entries({ a: 1, b: [2] }), Object.keys({ x: 1 }));
//# typed arrays
console.log(new Uint8Array(3), new Int8Array([1, -1]), new Float64Array([1.5, -0, NaN]), new Uint8ClampedArray(1));
//# typed arrays empty
console.log(new Uint8Array(0), new Float32Array([]));
//# typed arrays long
console.log(new Uint16Array(200), Int32Array.from({ length: 10 }, (_, i) => i * 1000));
//# bigint typed arrays
console.log(new BigInt64Array([1n, -2n]), new BigUint64Array(2));
//# typed array with properties
console.log(Object.assign(new Uint8Array(2), { x: 1 }));
//# typed array subclass
class Bytes extends Uint8Array {}
console.log(new Bytes(2));
//# typed array null prototype
console.log(Object.setPrototypeOf(new Uint8Array(2), null));
//# array buffer
console.log(new ArrayBuffer(0), new ArrayBuffer(4), new Uint8Array([1, 171, 255]).buffer);
//# array buffer long
console.log(new ArrayBuffer(120));
//# array buffer one over
console.log(new ArrayBuffer(101));
//# array buffer with properties
console.log(Object.assign(new ArrayBuffer(2), { x: 1 }));
//# data view
console.log(new DataView(new ArrayBuffer(4), 1));
//# huge typed array
console.log(new Uint8Array(5000000));
//# strings with line breaks over six
console.log(["a\nb", "c", "d", "e", "f", "g", "h"]);
//# numbers and strings mixed over six
console.log([1, "a", 2, "b", 3, "c", 4, "d"]);
//# sixteen columns at the most
console.log(Array.from({ length: 100 }, () => 1));
//# column width 80
console.log(Array.from({ length: 26 }, (_, i) => "abcdefghijklmnopqrstuvwxyz".slice(0, i + 1)));
//# forty strings
console.log(Array.from({ length: 40 }, (_, i) => "item" + i));
//# hundred and twenty strings
console.log(Array.from({ length: 120 }, (_, i) => "item" + i));
//# decimals aligned
console.log([1.5, 22.25, 333.125, -4, 5e10, 6, 7]);
