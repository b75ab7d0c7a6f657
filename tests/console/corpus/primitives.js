//# no arguments
console.log();
//# empty string
console.log("");
//# string
console.log("plain");
//# several strings
console.log("a", "b", "", "c");
//# integers
console.log(0, 1, -1, 42, 2147483648, 9007199254740991, -9007199254740991);
//# fractions
console.log(0.1, 1 / 3, 1e21, 1e-7, 123456789.123, 5e-324, 1.7976931348623157e308);
//# minus zero
console.log(-0, 0, [-0], { z: -0 });
//# minus zero after a string
console.log("z", -0);
//# NaN and infinities
console.log(NaN, Infinity, -Infinity);
//# booleans
console.log(true, false);
//# null and undefined
console.log(null, undefined);
//# null alone
console.log(null);
//# undefined alone
console.log(undefined);
//# bigint
console.log(10n, -5n, 123456789012345678901234567890n, [1n, 2n]);
//# symbols
console.log(Symbol("a"), Symbol(), Symbol.iterator, Symbol.for("b c"));
//# symbols in an array
console.log([Symbol("a"), Symbol(), Symbol("")]);
//# string with line breaks
console.log("one\ntwo\r\nthree");
//# strings in an array
console.log(["a", "b c", "", " "]);
//# quotes: single inside
console.log(["it's"]);
//# quotes: single and double inside
console.log(["it's \"so\""]);
//# quotes: all three inside
console.log(["it's \"so\" `x`"]);
//# quotes: backtick chosen unless there is a template
console.log(["' \" ${x}", "' \" $x"]);
//# double quotes inside
console.log(['say "x"']);
//# escapes
console.log(["\n\t\b\f\r\v\0\\", "\x1b[31m", "\x7f\x80\x9f\xa0"]);
//# control characters
console.log(["\x01\x02\x0b\x0e\x1f"]);
//# backslash
console.log(["C:\\temp"], { path: "C:\\temp\\x" });
//# lone surrogates are escaped in values
console.log(["\ud83d", "\ude00x", "a\ud83db", "\ud83d\ude00"]);
//# unicode
console.log(["é", "ß", "日本", "😀", "\u2028"], "é日😀");
//# numbers in strings
console.log("1" + 1, `${2 + 3}`);
//# bigint and number mixed with strings
console.log("n", 1, "b", 2n, "s", Symbol("q"));
//# long string alone
console.log("x".repeat(300));
//# long string in an array
console.log(["x".repeat(300)]);
//# long string over 10000 in an array is cut
console.log(["x".repeat(10050)]);
//# string of 10001 in an object
console.log({ s: "y".repeat(10001) });
//# string of exactly 10000
console.log(["z".repeat(10000)].length, ["z".repeat(10000)]);
//# long string over 10000 at the top is whole
console.log("w".repeat(10050));
//# multi-line string in an object
console.log({ text: "the first line of it\nthe second line of it\nthe third line of it, which is the last" });
//# short multi-line string in an object
console.log({ text: "a\nb" });
//# multi-line string at the end of line
console.log({ text: "the first line of a long text that goes on\nthe second line of the text which goes on\n" });
//# multi-line strings in an array
console.log(["line one of the text that is rather long\nline two of the text that is rather long\nline three"]);
//# multi-line nested deeper
console.log({ a: { b: { text: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nccccccccccccccccccc" } } });
//# boxed
console.log(new Number(3), new Number(-0), new String("abc"), new Boolean(false), Object(Symbol("s")), Object(5n));
//# boxed with properties
console.log(Object.assign(new String("abc"), { x: 1 }), Object.assign(new Number(1), { y: 2 }));
//# boxed in an array
console.log([new Number(3), new String("it's")]);
//# boxed subclass
class MyNumber extends Number {}
class MyString extends String {}
console.log(new MyNumber(3), new MyString("q"));
//# boxed with null prototype
console.log(Object.setPrototypeOf(new Number(1), null), Object.setPrototypeOf(new String("s"), null));
//# boxed string with toStringTag
const tagged = new String("t");
Object.defineProperty(tagged, Symbol.toStringTag, { value: "Tagged" });
console.log(tagged);
//# number formats
console.log([1.0, 1.50, 100, 1e3, 0x10, 0b11, 0o17, 1_000]);
//# dates as numbers
console.log(+new Date(0), Number("12"), parseInt("7px"));
