//# named
console.log(function named() {});
//# anonymous
console.log(function () {}, () => {});
//# arrow with a name
const arrow = () => {};
console.log(arrow);
//# async and generators
console.log(async function a() {}, function* g() {}, async function* ag() {}, async () => {});
//# in an object
console.log({ a: function () {}, b: () => 1, c() {} });
//# in an array
console.log([function f() {}, class A {}]);
//# class
console.log(class A {}, class {}, class B extends Array {});
//# class extends null
console.log(class N extends null {});
//# class extends an anonymous
console.log(class X extends (class {}) {});
//# class with static
console.log(class S { static x = 1; static y() {} });
//# class source forms
console.log(class{}, class
A {}, class/**/B {});
//# not a class
console.log({ class() {}, classy() {} }.class, { class_() {} }.class_);
//# with properties
console.log(Object.assign(function f() {}, { x: 1, y: { z: 2 } }));
//# with properties anonymous
console.log(Object.assign(() => {}, { x: 1 }));
//# built-in
console.log(Math.max, parseInt, Array, Object, Symbol, Promise);
//# bound
console.log(function f() {}.bind(null), (() => {}).bind(null));
//# renamed
console.log(Object.defineProperty(function f() {}, "name", { value: "other" }));
//# name deleted
const nameless = function x() {};
delete nameless.name;
console.log(nameless);
//# null prototype
console.log(Object.setPrototypeOf(function f() {}, null));
//# other prototype
console.log(Object.setPrototypeOf(function f() {}, class P {}));
//# null prototype class
console.log(Object.setPrototypeOf(class C {}, null));
//# toStringTag
console.log(Object.assign(function f() {}, { [Symbol.toStringTag]: "T" }));
//# toStringTag hidden
console.log(Object.defineProperty(function f() {}, Symbol.toStringTag, { value: "T" }));
//# getter function names
console.log(Object.getOwnPropertyDescriptor({ get x() { return 1; } }, "x").get);
//# symbol named methods
console.log({ [Symbol("s")]() {} });
//# computed names
console.log({ ["a" + "b"]() {}, ["c d"]: () => {} });
//# new Function
console.log(new Function("a", "return a"));
//# class static symbol
class St {}
St[Symbol("q")] = 1;
console.log(St);
//# function at depth
console.log({ a: { b: { c: function deep() {}, d: Object.assign(function p() {}, { x: 1 }) } } });
//# async class members
console.log({ C: class { async m() {} } });
//# function prototype
console.log(Function.prototype);
//# function with multi-line properties
console.log(Object.assign(function long() {}, { a: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", b: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", c: "cccccccccc" }));
//# circular function
const loop = function loop() {};
loop.self = loop;
console.log(loop);
//# method of console
console.log(console.log.name, typeof console.log);
//# function subclass
class F2 extends Function {}
console.log(new F2("return 1"));
//# class extends a mixin
const mixin = (Super) => class Mixed extends Super {};
class User extends mixin(Object) {}
console.log(User, mixin(Array), new User());
//# class with brackets in comments
console.log(class /* (a) */ Commented { /* ( */ m() {} }, class // (x)
Lined {});
