//# date
console.log(new Date(0), new Date(1600000000000), [new Date(86400000)]);
//# invalid date
console.log(new Date(NaN), [new Date("x")]);
//# far dates
console.log(new Date(8640000000000000), new Date(-8640000000000000), new Date(-62198755200000));
//# date with properties
console.log(Object.assign(new Date(0), { x: 1 }));
//# date subclass
class MyDate extends Date {}
console.log(new MyDate(0));
//# date null prototype
console.log(Object.setPrototypeOf(new Date(0), null));
//# date with a hostile method
const hostile = new Date(0);
hostile.toISOString = () => { throw new Error("ran"); };
console.log(Object.keys(hostile).length);
//# date in object
console.log({ d: new Date(0), n: { d: new Date(1) } });
//# date toStringTag
console.log(Object.defineProperty(new Date(0), Symbol.toStringTag, { value: "Tag" }));
//# regexp
console.log(/abc/, /a\/b/gi, new RegExp(""), new RegExp("/"), /[/]/u);
//# regexp flags
console.log(/x/g, /x/i, /x/m, /x/s, /x/u, /x/y, /x/gimsuy);
//# regexp with properties
console.log(Object.assign(/x/, { a: 1 }));
//# regexp subclass
class MyReg extends RegExp {}
console.log(new MyReg("x", "g"));
//# regexp null prototype
console.log(Object.keys(Object.setPrototypeOf(/x/, null)));
//# regexp at depth
console.log([[[[/deep/]]]], [[[Object.assign(/p/, { a: 1 })]]]);
//# regexp new line
console.log(new RegExp("\n"), /\n/);
//# date prototype
console.log(Date.prototype, RegExp.prototype);
