// The built-ins that host code uses, captured before any script runs, so that a script that overwrites globals or
// prototypes changes nothing for the host. Methods and getters are uncurried: ArrayPrototypeJoin(list, ",").
// What an engine does not have is undefined here.
(function () {
  "use strict";
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const global = globalThis;
  const all = { __proto__: null, uncurry };

  function statics(name, keys) {
    const owner = global[name];
    for (const key of keys.split(" ")) {
      all[name + key[0].toUpperCase() + key.slice(1)] = owner === undefined ? undefined : owner[key];
    }
  }

  function methods(name, owner, keys) {
    all[name + "Prototype"] = owner;
    if (keys === "") return;
    for (const key of keys.split(" ")) {
      const method = owner === undefined ? undefined : owner[key];
      all[name + "Prototype" + key[0].toUpperCase() + key.slice(1)] = method && uncurry(method);
    }
  }

  function getter(name, owner, key, label) {
    const found = owner === undefined ? undefined : Object.getOwnPropertyDescriptor(owner, key);
    all[name + "PrototypeGet" + label] = found && found.get && uncurry(found.get);
  }

  for (const name of (
    "Array ArrayBuffer BigInt Boolean DataView Date Error Function JSON Map Math Number Object Promise Proxy RangeError " +
    "RegExp Set SharedArrayBuffer String Symbol TypeError Uint8Array WeakMap WeakRef WeakSet"
  ).split(" ")) {
    const value = global[name];
    all[name] = value;
    if (typeof value === "function" && value.prototype !== undefined) all[name + "Prototype"] = value.prototype;
  }

  statics("Array", "isArray");
  statics("Date", "now");
  statics("Error", "isError");
  statics("JSON", "parse stringify");
  statics("Math", "ceil floor max min round sqrt");
  statics("Number", "isFinite isInteger isNaN parseFloat parseInt");
  statics(
    "Object",
    "create defineProperty freeze getOwnPropertyDescriptor getOwnPropertyNames getOwnPropertySymbols getPrototypeOf " +
      "keys setPrototypeOf",
  );
  statics("Promise", "resolve");
  statics("Reflect", "apply construct ownKeys");
  statics("String", "fromCharCode");
  statics("Symbol", "iterator toPrimitive toStringTag");
  all.SymbolInspect = Symbol.for("nodejs.util.inspect.custom");

  methods("Array", Array.prototype, "join sort");
  methods("BigInt", BigInt.prototype, "valueOf");
  methods("Boolean", Boolean.prototype, "valueOf");
  methods("Date", Date.prototype, "getTime toISOString toString");
  methods("Error", Error.prototype, "toString");
  methods("Function", Function.prototype, "call toString");
  methods("Map", Map.prototype, "delete entries get has set");
  methods("Number", Number.prototype, "toFixed toString valueOf");
  methods("Object", Object.prototype, "hasOwnProperty propertyIsEnumerable toString");
  methods("Promise", Promise.prototype, "then");
  methods("RegExp", RegExp.prototype, "exec toString");
  methods("Set", Set.prototype, "add delete has values");
  methods(
    "String",
    String.prototype,
    "charCodeAt codePointAt endsWith includes indexOf lastIndexOf padEnd padStart repeat slice startsWith toLowerCase trim valueOf",
  );
  methods("Symbol", Symbol.prototype, "toString valueOf");
  methods("WeakMap", WeakMap.prototype, "get has set");
  methods("WeakSet", WeakSet.prototype, "has");
  methods("MapIterator", Object.getPrototypeOf(new Map().entries()), "next");
  methods("SetIterator", Object.getPrototypeOf(new Set().values()), "next");
  methods("TypedArray", Object.getPrototypeOf(Uint8Array.prototype), "");
  methods("AsyncFunction", Object.getPrototypeOf(async function () {}), "");
  methods("GeneratorFunction", Object.getPrototypeOf(function* () {}), "");
  methods("AsyncGeneratorFunction", Object.getPrototypeOf(async function* () {}), "");

  const shared = global.SharedArrayBuffer;
  getter("ArrayBuffer", ArrayBuffer.prototype, "byteLength", "ByteLength");
  getter("SharedArrayBuffer", shared && shared.prototype, "byteLength", "ByteLength");
  getter("DataView", DataView.prototype, "buffer", "Buffer");
  getter("DataView", DataView.prototype, "byteLength", "ByteLength");
  getter("DataView", DataView.prototype, "byteOffset", "ByteOffset");
  getter("Error", Error.prototype, "stack", "Stack");
  getter("Map", Map.prototype, "size", "Size");
  getter("RegExp", RegExp.prototype, "source", "Source");
  getter("Set", Set.prototype, "size", "Size");
  getter("TypedArray", all.TypedArrayPrototype, "length", "Length");
  getter("TypedArray", all.TypedArrayPrototype, Symbol.toStringTag, "ToStringTag");

  // An indirect call runs its text as a global script, as a <script> element would.
  all.indirectEval = eval;

  return Object.freeze(all);
})
