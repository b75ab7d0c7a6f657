// The language's own functions, captured before any script can replace them; methods take their `this` first.
(function () {
  "use strict";
  const { bind, call } = Function.prototype;
  const uncurryThis = bind.bind(call);

  return Object.freeze({
    __proto__: null,
    ArrayIsArray: Array.isArray,
    BooleanPrototypeValueOf: uncurryThis(Boolean.prototype.valueOf),
    Error,
    JSONParse: JSON.parse,
    JSONStringify: JSON.stringify,
    Map,
    MapPrototypeDelete: uncurryThis(Map.prototype.delete),
    MapPrototypeGet: uncurryThis(Map.prototype.get),
    MapPrototypeSet: uncurryThis(Map.prototype.set),
    Number,
    NumberIsFinite: Number.isFinite,
    NumberPrototypeValueOf: uncurryThis(Number.prototype.valueOf),
    ObjectDefineProperty: Object.defineProperty,
    ObjectPrototype: Object.prototype,
    ObjectPrototypeHasOwnProperty: uncurryThis(Object.prototype.hasOwnProperty),
    ObjectPrototypeToString: uncurryThis(Object.prototype.toString),
    PromisePrototypeThen: uncurryThis(Promise.prototype.then),
    PromiseResolve: Promise.resolve.bind(Promise),
    ReflectApply: Reflect.apply,
    RegExpPrototypeExec: uncurryThis(RegExp.prototype.exec),
    String,
    StringPrototypeSlice: uncurryThis(String.prototype.slice),
    StringPrototypeValueOf: uncurryThis(String.prototype.valueOf),
    SymbolToPrimitive: Symbol.toPrimitive,
    TypeError,
    // An indirect call runs its text as a global script, as a <script> would.
    indirectEval: eval,
  });
})
