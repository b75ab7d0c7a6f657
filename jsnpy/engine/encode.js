// JSON text of any value a script passes to the host, made without running toJSON and without trusting any prototype.
// What JSON has not is named: {"$foreign": "Date"}, {"$foreign": "throws: ..."}.
function makeEncoder(primordials, describe) {
  "use strict";
  const {
    ArrayIsArray, BooleanPrototypeValueOf, JSONStringify, NumberIsFinite, NumberPrototypeValueOf, ObjectPrototype,
    ObjectPrototypeHasOwnProperty, ObjectPrototypeToString, String, StringPrototypeSlice, StringPrototypeValueOf,
  } = primordials;
  const deepest = 100;
  const longest = 1e6;
  const mostThings = 1e5;
  let budget = 0;
  let omits = false; // whether members that are undefined are left out, as JSON.stringify leaves them; else null

  function foreign(what) {
    return '{"$foreign":' + JSONStringify(what) + "}";
  }

  function encodeArray(value, path) {
    const length = value.length;
    if (length > longest) return foreign("an array of " + length + " items");
    let text = "[";
    for (let i = 0; i < length; i++) {
      text += (i ? "," : "") + (encodeMember(value, i, path) || "null");
    }
    return text + "]";
  }

  function encodeObject(value, path) {
    let text = "{";
    for (const key in value) {
      // What a script planted in Object.prototype belongs to no object in particular.
      if (!ObjectPrototypeHasOwnProperty(value, key) && ObjectPrototypeHasOwnProperty(ObjectPrototype, key)) continue;
      const member = encodeMember(value, key, path);
      if (member !== "") text += (text === "{" ? "" : ",") + JSONStringify(key) + ":" + member;
    }
    return text + "}";
  }

  // What cannot be read stands for itself alone, not for all that holds it.
  function encodeMember(holder, key, path) {
    try {
      return encodeAny(holder[key], path);
    } catch (error) {
      return foreign("throws: " + describe(error));
    }
  }

  function encodeAny(value, path) {
    switch (typeof value) {
      case "string":
        return JSONStringify(value);
      case "number":
        return NumberIsFinite(value) ? String(value) : foreign(String(value));
      case "boolean":
        return value ? "true" : "false";
      case "undefined":
        return omits ? "" : "null";
      case "object":
        return value === null ? "null" : encodeThing(value, path);
      default:
        return foreign(typeof value);
    }
  }

  function encodeThing(value, path) {
    if (path.depth > deepest) return foreign("nested too deeply");
    if (budget-- <= 0) return foreign("too large");
    for (let outer = path; outer !== null; outer = outer.outer) {
      if (outer.value === value) return foreign("circular");
    }
    const inner = { __proto__: null, value, outer: path, depth: path.depth + 1 };
    if (ArrayIsArray(value)) return encodeArray(value, inner);
    const tag = ObjectPrototypeToString(value);
    if (tag === "[object String]") return JSONStringify(StringPrototypeValueOf(value));
    if (tag === "[object Number]") return encodeAny(NumberPrototypeValueOf(value), path);
    if (tag === "[object Boolean]") return encodeAny(BooleanPrototypeValueOf(value), path);
    if (!isPlain(tag)) return foreign(StringPrototypeSlice(tag, 8, -1));
    return encodeObject(value, inner);
  }

  function isPlain(tag) {
    switch (tag) {
      case "[object Date]": case "[object RegExp]": case "[object Map]": case "[object Set]":
      case "[object WeakMap]": case "[object WeakSet]": case "[object Promise]": case "[object Error]":
      case "[object Function]": case "[object Symbol]": case "[object ArrayBuffer]": case "[object Uint8Array]":
        return false;
      default:
        return true;
    }
  }

  return function encode(value, omitting = false) {
    budget = mostThings;
    omits = omitting;
    try {
      return encodeAny(value, { __proto__: null, value: undefined, outer: null, depth: 0 });
    } catch (error) {
      return foreign("throws: " + describe(error));
    }
  };
}
