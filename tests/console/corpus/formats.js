//# s
console.log("%s", "x");
//# s with values
console.log("%s %s %s %s %s", 1, null, undefined, true, Symbol("s"));
//# s with numbers
console.log("%s %s %s %s", -0, 1.5, NaN, 10n);
//# s with an object
console.log("%s", { a: { b: 1 } });
//# s with an array
console.log("%s", [1, [2, [3]]]);
//# s with a long array
console.log("%s", Array.from({ length: 12 }, (_, i) => i));
//# s with a function
console.log("%s", function f() { return 1; });
//# s with a class
console.log("%s", class A {});
//# s with own toString
console.log("%s", { toString() { return "mine"; } });
//# s with a class that has toString
class Str { toString() { return "from class"; } }
console.log("%s", new Str());
//# s with a subclass that inherits toString
class SubStr extends Str2() {}
function Str2() { return class { toString() { return "inherited"; } }; }
console.log("%s", new SubStr());
//# s with a class without toString
class NoStr { constructor() { this.a = 1; } }
console.log("%s", new NoStr());
//# s with a date
console.log("%s", new Date(0));
//# s with a null prototype
console.log("%s", Object.create(null));
//# s with a map
console.log("%s", new Map([[1, { a: 2 }]]));
//# s with boxed
console.log("%s %s", new String("b"), new Number(1));
//# s with a regexp
console.log("%s", /x/g);
//# s with a typed array
console.log("%s %s", new Uint8Array(2), new (class Own extends Float64Array {})([1.5, -2]));
//# s with a toString that is no function
console.log("%s", { toString: 1, a: 2 });
//# s with toPrimitive
console.log("%s", { [Symbol.toPrimitive]() { return "prim"; } });
//# d
console.log("%d %d %d %d", 1, 1.5, "2", "x");
//# d with values
console.log("%d %d %d %d %d", null, undefined, true, -0, 5n);
//# d with objects
console.log("%d %d %d", {}, [], [5]);
//# d with a symbol
console.log("%d %i %f", Symbol("a"), Symbol("b"), Symbol("c"));
//# d with a date
console.log("%d", new Date(5));
//# i
console.log("%i %i %i %i", 1.9, "2.9px", "x", -1.5);
//# i with values
console.log("%i %i %i", null, 7n, {});
//# f
console.log("%f %f %f %f", 1.5, "2.5px", "x", "-0");
//# f with bigint
console.log("%f", 7n);
//# j
console.log("%j", { a: [1, "x", null] });
//# j with primitives
console.log("%j %j %j %j", "s", 1, null, undefined);
//# j circular
const c = {};
c.c = c;
console.log("%j", c);
//# j with toJSON
console.log("%j", { toJSON() { return "tj"; } });
//# j with a function
console.log("%j", function () {});
//# j with a date
console.log("%j", new Date(0));
//# o
"use strict";
console.log("%o", { a: 1, f: function () {} });
//# o with an array
console.log("%o", [1, 2, 3]);
//# o with nested
console.log("%o", { a: { b: { c: { d: { e: 1 } } } } });
//# o with a function
"use strict";
console.log("%o", function named(a, b) {});
//# o with primitives
console.log("%o %o %o", "s", 1, null);
//# o with a class instance
class Po { constructor() { this.x = 1; } get y() { return 2; } m() {} }
console.log("%o", new Po());
//# o with inherited properties
console.log("%o", Object.create(Object.create({ a: 1, b: 2 }, { a: { value: 5 } })));
//# o with a property of several classes
class Base {}
Object.defineProperty(Base.prototype, "h", { value: 3 });
class Derived extends Base { get g() { return 1; } }
Object.defineProperty(Derived.prototype, "h", { value: 4 });
console.log("%o", new Derived());
//# o with a map
console.log("%o", new Map([[1, 2]]));
//# o with a date
console.log("%o", new Date(0));
//# o with a hidden property
console.log("%o", Object.defineProperty({ a: 1 }, "h", { value: 2 }));
//# O
console.log("%O", { a: { b: { c: { d: 1 } } } });
//# O with a string
console.log("%O", "s");
//# c
console.log("%cstyled", "color: red");
//# c in the middle
console.log("a %c b %s", "css", "x");
//# percent
console.log("100%");
//# double percent alone
console.log("%%");
//# double percent with arguments
console.log("%%", 1);
//# double percent and others
console.log("%% %s %%", "x");
//# double percent before s
console.log("%%s", "x");
//# unknown directive
console.log("%x %y", 1, 2);
//# percent at the end
console.log("100%", 5);
//# percent and blank
console.log("5 % 3", 1);
//# too few arguments
console.log("%s %s %s", "a");
//# no arguments for directives
console.log("%s %d");
//# too many arguments
console.log("%s", "a", "b", { c: 1 }, 5);
//# object first
console.log({ a: 1 }, "%s", "x");
//# number first
console.log(5, "%s", "x");
//# directive adjacent
console.log("%s%s%d", "a", "b", 1);
//# triple percent
console.log("%%%s%%", "x");
//# error to stderr with a format
console.error("%s failed with %d", "job", 3);
//# info and debug
console.info("%s", "i");
console.debug("%s", "d");
//# warn
console.warn("w %j", { a: 1 });
//# string arguments after an object stay raw
console.log({ a: "x" }, "it's", ["it's"]);
//# multi-line format
console.log("a\n%s\nb", "x\ny");
//# undefined arguments
console.log("%s", undefined, undefined);
//# empty string first
console.log("", "a");
//# empty strings between
console.log("a", "", "b");
//# only a directive for objects and a rest
console.log("%O and %o", [1], [2], [3]);
//# percent in later arguments
console.log("a", "%s", "b");
//# not a string first with a format later
console.log(null, "%d", 1);
//# s with a class that has toPrimitive
class Prim { [Symbol.toPrimitive]() { return "pp"; } }
class SubPrim extends Prim {}
console.log("%s %s", new Prim(), new SubPrim());
//# s with error classes
class Told extends Error { toString() { return "told"; } }
console.log("%s", new Told("x"));
//# s with inherited toString
console.log("%s", Object.assign(Object.create({ toString() { return "tt"; } }), { a: 1 }));
