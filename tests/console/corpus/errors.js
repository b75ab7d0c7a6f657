//# error
console.log(new Error("boo"));
//# error without message
console.log(new Error(), new Error(""));
//# error types
console.log(new TypeError("t"), new RangeError("r"), new SyntaxError("s"), new ReferenceError("f"), new EvalError("e"), new URIError("u"));
//# error after text
console.log("failed:", new Error("boo"));
//# error in an array
console.log([new Error("boo")]);
//# error in an object
console.log({ e: new Error("boo"), n: 1 });
//# error nested deeper
console.log({ a: { b: { e: new Error("boo") } } });
//# error at depth
console.log({ a: { b: { c: { e: new Error("boo") } } } });
//# multi-line message
console.log(new Error("one\ntwo"));
//# multi-line message nested
console.log({ e: new Error("one\ntwo") });
//# error with properties
console.log(Object.assign(new Error("boo"), { code: "ECODE", errno: -2, info: { a: 1 } }));
//# error with properties nested
console.log({ e: Object.assign(new Error("boo"), { code: "ECODE" }) });
//# error in caught form
try { null.x; } catch (e) { console.log(e instanceof TypeError, e.name); }
//# thrown and caught
try { throw new RangeError("caught"); } catch (e) { console.log(e); }
//# subclass
class MyError extends Error {}
console.log(new MyError("m"));
//# subclass that sets its name
class ValidationError extends Error { constructor(m) { super(m); this.name = "ValidationError"; } }
console.log(new ValidationError("invalid"));
//# subclass that sets another name
class Custom extends Error { constructor(m) { super(m); this.name = "OtherError"; } }
console.log(new Custom("invalid"));
//# subclass with a name that is no error
class Refused extends Error { constructor(m) { super(m); this.name = "Refusal"; } }
console.log(new Refused("no"));
//# subclass without Error in its name
class Trouble extends Error {}
console.log(new Trouble("x"));
//# subclass of TypeError
class YError extends TypeError {}
console.log(new YError("y"));
//# name on the prototype
class PE extends Error {}
PE.prototype.name = "ProtoName";
console.log(new PE("p"));
//# name getter
class GE extends Error { get name() { return "GE"; } }
console.log(new GE("g"));
//# name set later
const later = new Error("a");
later.name = "Later";
console.log(later);
//# name set to another error
const renamed = new Error("a");
renamed.name = "RenamedError";
console.log(renamed);
//# plain error renamed to a known type
const known = new Error("a");
known.name = "TypeError";
console.log(known);
//# name undefined
const noName = new RangeError("a");
noName.name = undefined;
console.log(noName);
//# name null
const nullName = new Error("a");
nullName.name = null;
console.log(nullName);
//# message changed
const changed = new Error("before");
changed.message = "after";
console.log(changed);
//# message enumerable
const visible = new Error("");
Object.defineProperty(visible, "message", { value: "shown", enumerable: true });
console.log(visible);
//# message not in the stack
const apart = new Error("first");
apart.stack;
console.log(Object.keys(apart));
//# cause
//? (new Error("", { cause: 1 })).cause === 1
console.log(new Error("outer", { cause: new TypeError("inner") }));
//# cause of a cause
//? (new Error("", { cause: 1 })).cause === 1
console.log(new Error("1", { cause: new Error("2", { cause: new Error("3") }) }));
//# cause that is no error
//? (new Error("", { cause: 1 })).cause === 1
console.log(new Error("e", { cause: "text" }), new Error("e", { cause: { a: 1 } }), new Error("e", { cause: undefined }));
//# cause assigned
const assigned = new Error("e");
assigned.cause = "why";
console.log(assigned);
//# cause in an object
//? (new Error("", { cause: 1 })).cause === 1
console.log({ e: new Error("outer", { cause: new Error("inner") }) });
//# circular cause
const circular = new Error("c");
circular.cause = circular;
console.log(circular);
//# cause with properties
//? (new Error("", { cause: 1 })).cause === 1
console.log(Object.assign(new Error("e", { cause: new Error("i") }), { code: 5 }));
//# aggregate error
console.log(new AggregateError([new Error("1"), new TypeError("2"), "three"], "many"));
//# aggregate error empty
console.log(new AggregateError([]));
//# errors property on an error
const several = new Error("s");
several.errors = [1, 2];
console.log(several);
//# stack replaced
const replaced = new Error("r");
replaced.stack = "my own stack";
console.log(replaced);
//# stack replaced with frames
const framed = new Error("r");
framed.stack = "Error: r\n    at here (file.js:1:1)\n    at there (file.js:2:2)";
console.log(framed);
//# stack undefined
const unstacked = new Error("u");
Object.defineProperty(unstacked, "stack", { value: undefined });
console.log(unstacked);
//# stack empty
const empty = new Error("u");
empty.stack = "";
console.log(empty);
//# stack an object
const odd = new Error("o");
Object.defineProperty(odd, "stack", { value: { a: 1 } });
console.log(odd);
//# stack a number
const numbered = new Error("o");
Object.defineProperty(numbered, "stack", { value: 5 });
console.log(numbered);
//# without a stack in an object
const flat = new Error("flat");
Object.defineProperty(flat, "stack", { value: undefined });
console.log({ flat }, [flat]);
//# without a stack and with properties
const props = new Error("flat");
Object.defineProperty(props, "stack", { value: undefined });
props.code = 1;
console.log(props);
//# created without a constructor
console.log(Object.create(Error.prototype));
//# created with a message
console.log(Object.assign(Object.create(Error.prototype), { message: "mm" }));
//# error prototype
console.log(Error.prototype);
//# null prototype
console.log(Object.setPrototypeOf(new Error("np"), null));
//# toStringTag
const tagged = new Error("t");
Object.defineProperty(tagged, Symbol.toStringTag, { value: "Tagged" });
console.log(tagged);
//# error classes
console.log(RangeError, TypeError, class E extends Error {});
//# error in map and set
console.log(new Map([["e", new Error("m")]]), new Set([new Error("s")]));
//# error with %s
console.log("%s", new Error("fmt"));
//# error with %o and %O
console.log("%O", new Error("fmt"));
//# error with %j
console.log("%j", new Error("fmt"));
//# error with %d
console.log("%d", new Error("fmt"));
//# error to stderr
console.error(new Error("err"));
//# error to stderr with text
console.error("it failed", new TypeError("err"), { code: 1 });
//# error with a symbol property
console.log(Object.assign(new Error("sym"), { [Symbol("k")]: 1 }));
//# error with a long property
console.log(Object.assign(new Error("long"), { data: { list: Array.from({ length: 10 }, (_, i) => i), text: "t".repeat(70) } }));
//# error as a getter's value
console.log({ get e() { return new Error("x"); } });
//# name is a number
const num = new Error("n");
num.name = 5;
console.log(num);
//# message is a number
const msg = new Error("n");
msg.message = 5;
console.log(msg);
//# error with an own toString
const own = new Error("own");
own.toString = () => "text";
console.log(`${own}`);
//# anonymous error class
console.log(new (class extends Error {})("anonymous"));
