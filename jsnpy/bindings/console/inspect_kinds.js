// Kinds for inspect.js: what an object is, the name of its class, and the kinds whose text is one piece: functions,
// dates, regular expressions, boxed primitives, errors.
function addKinds(host, kit) {
  "use strict";
  const p = host.primordials;
  const {
    MAX_NESTING, describe, has, isIndex, isObject, join, lines, list, parentOf, passes, primitive, push, read,
    spaces, string, unwrap,
  } = kit;

  const brands = new p.Map();
  const brandList = list();
  function brand(prototype, name, check) {
    if (prototype === undefined) return;
    const entry = { __proto__: null, name, check };
    p.MapPrototypeSet(brands, prototype, entry);
    if (check !== undefined) push(brandList, entry);
  }
  const someObject = {};
  brand(p.MapPrototype, "Map", p.MapPrototypeGetSize);
  brand(p.SetPrototype, "Set", p.SetPrototypeGetSize);
  brand(p.DatePrototype, "Date", p.DatePrototypeGetTime);
  brand(p.RegExpPrototype, "RegExp", p.RegExpPrototypeGetSource);
  brand(p.ErrorPrototype, "Error", undefined);
  brand(p.PromisePrototype, "Promise", undefined);
  brand(p.WeakMapPrototype, "WeakMap", (value) => p.WeakMapPrototypeHas(value, someObject));
  brand(p.WeakSetPrototype, "WeakSet", (value) => p.WeakSetPrototypeHas(value, someObject));
  brand(p.ArrayBufferPrototype, "ArrayBuffer", p.ArrayBufferPrototypeGetByteLength);
  brand(p.SharedArrayBufferPrototype, "SharedArrayBuffer", p.SharedArrayBufferPrototypeGetByteLength);
  brand(p.DataViewPrototype, "DataView", p.DataViewPrototypeGetBuffer);
  brand(p.NumberPrototype, "Number", p.NumberPrototypeValueOf);
  brand(p.StringPrototype, "String", p.StringPrototypeValueOf);
  brand(p.BooleanPrototype, "Boolean", p.BooleanPrototypeValueOf);
  brand(p.SymbolPrototype, "Symbol", p.SymbolPrototypeValueOf);
  brand(p.BigIntPrototype, "BigInt", p.BigIntPrototypeValueOf);
  brand(p.MapIteratorPrototype, "Map Iterator", undefined);
  brand(p.SetIteratorPrototype, "Set Iterator", undefined);

  // The built-in kind of an object, "Object" for all others. Kinds are recognised by a prototype in the chain and
  // proved by a method that refuses every other kind; without the usual chain each proof is tried.
  function kindOf(value) {
    if (p.ArrayIsArray(value)) return "Array";
    if (p.TypedArrayPrototypeGetToStringTag(value) !== undefined) return "TypedArray";
    let prototype = parentOf(value);
    for (let i = 0; prototype !== null && prototype !== p.ObjectPrototype && i < MAX_NESTING; i += 1) {
      const found = p.MapPrototypeGet(brands, prototype);
      if (found !== undefined && (found.check === undefined || passes(found.check, value))) return found.name;
      prototype = parentOf(prototype);
    }
    if (prototype === null) {
      for (let i = 0; i < brandList.length; i += 1) {
        if (passes(brandList[i].check, value)) return brandList[i].name;
      }
    }
    let tag = "";
    try {
      tag = p.ObjectPrototypeToString(value);
    } catch {
      // a throwing Symbol.toStringTag
    }
    if (tag === "[object Arguments]") return "Arguments";
    if (tag === "[object Error]" && (p.ErrorIsError === undefined || p.ErrorIsError(value))) return "Error";
    return "Object";
  }

  // The name of the constructor found along the prototype chain; null for a null prototype.
  function constructorName(value, kind, ctx, depth, inherited) {
    let object = value;
    let first;
    for (let i = 0; object !== null && i < MAX_NESTING; i += 1) {
      const found = describe(object, "constructor");
      const maker = found === undefined ? undefined : found.value;
      if (typeof maker === "function") {
        const name = read(maker, "name");
        if (name !== "" && isInstance(value, maker)) {
          const text = string(name);
          if (inherited !== undefined && (first !== object || !isBuiltIn(maker))) {
            inheritedKeys(value, first === undefined ? value : first, inherited);
          }
          return text;
        }
      }
      object = parentOf(object);
      if (first === undefined) first = object;
    }
    if (first === null || first === undefined) return null;
    const name = kind === "TypedArray" ? p.TypedArrayPrototypeGetToStringTag(value) : kind;
    if (depth > ctx.depth) return name + " <Complex prototype>";
    const parent = constructorName(first, kindOf(first), ctx, depth + 1, undefined);
    if (parent !== null) return name + " <" + parent + ">";
    return name + " <" + kit.inspect(first, ctx, { __proto__: null, customInspect: false, depth: -1 }) + ">";
  }

  function isInstance(value, maker) {
    try {
      return value instanceof maker;
    } catch {
      return false;
    }
  }

  // showHidden: what a class instance inherits from its own classes, nearest first.
  function inheritedKeys(value, prototype, found) {
    const seen = new p.Set();
    let object = prototype;
    for (let level = 0; level < 3 && object !== null; level += 1) {
      const maker = describe(object, "constructor");
      if (maker !== undefined && typeof maker.value === "function" && isBuiltIn(maker.value)) return;
      const keys = p.ReflectOwnKeys(object);
      for (let i = 0; i < keys.length; i += 1) {
        const key = keys[i];
        if (key === "constructor" || has(value, key) || p.SetPrototypeHas(seen, key)) continue;
        p.SetPrototypeAdd(seen, key);
        const property = describe(object, key);
        if (property === undefined || typeof property.value === "function") continue;
        push(found, { __proto__: null, key, property });
      }
      object = parentOf(object);
    }
  }

  function isBuiltIn(maker) {
    return p.MapPrototypeHas(brands, read(maker, "prototype")) || maker === p.Object || maker === p.Array ||
      maker === p.Function || p.StringPrototypeEndsWith(p.FunctionPrototypeToString(maker), "[native code]\n}");
  }

  function prefixOf(name, tag, fallback, size) {
    if (name === null) {
      const shown = "[" + fallback + size + ": null prototype] ";
      return tag !== "" && fallback !== tag ? shown + "[" + tag + "] " : shown;
    }
    return tag !== "" && name !== tag ? name + size + " [" + tag + "] " : name + size + " ";
  }

  function dateText(value) {
    const time = p.DatePrototypeGetTime(value);
    return time === time ? p.DatePrototypeToISOString(value) : "Invalid Date";
  }

  function regExpText(value) {
    try {
      return p.RegExpPrototypeToString(value);
    } catch {
      return "/" + p.RegExpPrototypeGetSource(value) + "/";
    }
  }

  function functionText(value, name, tag) {
    const source = p.FunctionPrototypeToString(value);
    if (isClassSource(source)) return classText(value, name, tag);
    const prototype = parentOf(value);
    let type = "Function";
    if (prototype === p.AsyncFunctionPrototype) type = "AsyncFunction";
    else if (prototype === p.GeneratorFunctionPrototype) type = "GeneratorFunction";
    else if (prototype === p.AsyncGeneratorFunctionPrototype) type = "AsyncGeneratorFunction";
    const own = read(value, "name");
    let text = "[" + type;
    if (name === null) text += " (null prototype)";
    text += own === "" ? " (anonymous)]" : ": " + string(own) + "]";
    if (name !== type && name !== null) text += " " + name;
    if (tag !== "" && name !== tag) text += " [" + tag + "]";
    return text;
  }

  // Told by the source, as Node does it: so a class whose `extends` has a bracket is a function there and here.
  function isClassSource(source) {
    if (!p.StringPrototypeStartsWith(source, "class") || !p.StringPrototypeEndsWith(source, "}")) return false;
    const brace = p.StringPrototypeIndexOf(source, "{");
    if (brace === -1) return false;
    const head = p.StringPrototypeSlice(source, 5, brace);
    return p.StringPrototypeIndexOf(head, "(") === -1 || p.StringPrototypeIndexOf(withoutComments(head), "(") === -1;
  }

  function withoutComments(text) {
    let out = "";
    let start = 0;
    for (let at; (at = p.StringPrototypeIndexOf(text, "/", start)) !== -1;) {
      const line = p.StringPrototypeSlice(text, at, at + 2) === "//";
      const end = p.StringPrototypeIndexOf(text, line ? "\n" : "*/", at);
      out += p.StringPrototypeSlice(text, start, at);
      if (end === -1) return out;
      start = end + (line ? 1 : 2);
    }
    return out + p.StringPrototypeSlice(text, start);
  }

  function classText(value, name, tag) {
    const own = has(value, "name") ? read(value, "name") : "";
    let text = "[class " + (own ? string(own) : "(anonymous)");
    if (name !== "Function" && name !== null) text += " [" + name + "]";
    if (tag !== "" && name !== tag) text += " [" + tag + "]";
    if (name === null) return text + " extends [null prototype]]";
    const parent = parentOf(value);
    const above = parent === null ? "" : read(parent, "name");
    return text + (above ? " extends " + string(above) : "") + "]";
  }

  function boxText(ctx, value, kind, name, tag, keys) {
    let inner;
    if (kind === "String") {
      inner = p.StringPrototypeValueOf(value);
      let kept = 0;
      for (let i = 0; i < keys.length; i += 1) {
        if (typeof keys[i] === "string" && isIndex(keys[i]) && +keys[i] < inner.length) continue;
        keys[kept] = keys[i];
        kept += 1;
      }
      keys.length = kept;
    } else if (kind === "Number") inner = p.NumberPrototypeValueOf(value);
    else if (kind === "Boolean") inner = p.BooleanPrototypeValueOf(value);
    else if (kind === "BigInt") inner = p.BigIntPrototypeValueOf(value);
    else inner = p.SymbolPrototypeValueOf(value);
    let text = "[" + kind;
    if (name === null) text += " (null prototype)";
    else if (name !== kind) text += " (" + name + ")";
    text += ": " + primitive(inner, ctx) + "]";
    return tag !== "" && tag !== name ? text + " [" + tag + "]" : text;
  }

  // The engine's stack has no "Name: message" line, and a script may have put anything in its place.
  function stackOf(error) {
    const header = errorHeader(error);
    let stack = read(error, "stack");
    // Where `stack` is a getter of Error.prototype, an error that has lost that prototype still has its frames.
    if (stack === undefined && !has(error, "stack")) stack = ownFrames(error);
    if (typeof stack !== "string") return stack ? string(stack) : header;
    if (stack === "") return header;
    const frames = lines(stack, false);
    for (let i = 0; i < frames.length; i += 1) {
      if (frames[i] !== "" && !p.StringPrototypeStartsWith(frames[i], "    at ")) return stack;
    }
    const text = framesText(stack);
    return text === "" ? header : header + "\n" + text;
  }

  function ownFrames(error) {
    try {
      return p.ErrorPrototypeGetStack(error);
    } catch {
      return undefined;
    }
  }

  function framesText(stack) {
    let text = typeof host.formatStack === "function" ? host.formatStack(stack) : stack;
    while (p.StringPrototypeEndsWith(text, "\n")) text = p.StringPrototypeSlice(text, 0, -1);
    return text;
  }

  function errorHeader(error) {
    try {
      return p.ErrorPrototypeToString(error);
    } catch {
      return "Error";
    }
  }

  function errorText(ctx, error, name, tag, keys) {
    const own = read(error, "name");
    const label = own === undefined || own === null ? "Error" : string(own);
    let stack = stackOf(error);
    dropShownKeys(ctx, error, stack, keys);
    addKey(keys, error, "cause", hasCause(error));
    addKey(keys, error, "errors", p.ArrayIsArray(read(error, "errors")));
    stack = improved(stack, name, label, tag);
    const message = read(error, "message");
    let position = -1;
    if (typeof message === "string" && message !== "") position = p.StringPrototypeIndexOf(stack, message);
    if (position !== -1) position += message.length;
    const start = p.StringPrototypeIndexOf(stack, "\n    at", position);
    if (start === -1) stack = "[" + stack + "]";
    else stack = p.StringPrototypeSlice(stack, 0, start) + withoutShared(p.StringPrototypeSlice(stack, start), error);
    return ctx.indentation === 0 ? stack : join(lines(stack, false), "\n" + spaces(ctx.indentation));
  }

  function hasCause(error) {
    try {
      return "cause" in error;
    } catch {
      return false;
    }
  }

  function indexOf(items, item) {
    for (let i = 0; i < items.length; i += 1) if (items[i] === item) return i;
    return -1;
  }

  function addKey(keys, error, key, wanted) {
    if (wanted && indexOf(keys, key) === -1) push(keys, key);
  }

  // name, message and stack are not listed where the text above shows them already.
  function dropShownKeys(ctx, error, stack, keys) {
    if (ctx.showHidden) return;
    let kept = 0;
    for (let i = 0; i < keys.length; i += 1) {
      const key = keys[i];
      if (key === "name" || key === "message" || key === "stack") {
        if (p.StringPrototypeIndexOf(stack, string(read(error, key))) !== -1) continue;
      }
      keys[kept] = key;
      kept += 1;
    }
    keys.length = kept;
  }

  // The class's name in the first line: `Error: x` of a class Refused becomes `Refused [Error]: x`, and so on.
  function improved(stack, name, label, tag) {
    let length = label.length;
    if (name !== null) {
      if (!p.StringPrototypeEndsWith(label, "Error") || !p.StringPrototypeStartsWith(stack, label)) return stack;
      const next = p.StringPrototypeCharCodeAt(stack, length);
      if (stack.length !== length && next !== 58 && next !== 10) return stack;
    }
    let fallback = "Error";
    if (name === null) {
      fallback = headOf(stack);
      length = fallback.length;
      if (fallback === "") fallback = "Error";
    }
    const prefix = p.StringPrototypeSlice(prefixOf(name, tag, fallback, ""), 0, -1);
    if (label === prefix) return stack;
    const rest = p.StringPrototypeSlice(stack, length);
    if (p.StringPrototypeIndexOf(prefix, label) === -1) return prefix + " [" + label + "]" + rest;
    return length === 0 ? prefix + ": " + stack : prefix + rest;
  }

  // The error's name at the start of a stack: up to a colon, or to the frames, or the whole of it.
  function headOf(stack) {
    const colon = p.StringPrototypeIndexOf(stack, ":");
    const end = p.StringPrototypeIndexOf(stack, "\n");
    let head = stack;
    if (colon !== -1 && (end === -1 || colon < end)) head = p.StringPrototypeSlice(stack, 0, colon);
    else if (end !== -1) head = p.StringPrototypeSlice(stack, 0, end);
    for (let i = 0; i < head.length; i += 1) {
      const code = p.StringPrototypeCharCodeAt(head, i) | 32;
      if (!((code >= 97 && code <= 122) || (i > 0 && p.StringPrototypeIndexOf(" _-[]()0123456789", head[i]) !== -1))) {
        return "";
      }
    }
    return head;
  }

  // Frames that an error shares with its cause are shown once, with the cause.
  function withoutShared(text, error) {
    const cause = read(error, "cause");
    if (!isObject(cause) || kindOf(unwrap(cause) || someObject) !== "Error") return text;
    const causeText = stackOf(cause);
    const start = p.StringPrototypeIndexOf(causeText, "\n    at");
    if (start === -1) return text;
    const mine = lines(text, false);
    const theirs = lines(p.StringPrototypeSlice(causeText, start + 1), false);
    let shared = 0;
    while (
      shared < mine.length - 1 && shared < theirs.length &&
      mine[mine.length - 1 - shared] === theirs[theirs.length - 1 - shared]
    ) shared += 1;
    if (shared <= 3) return text;
    const skipped = shared - 2;
    const shown = list();
    for (let i = 0; i < mine.length - 1 - skipped; i += 1) push(shown, mine[i]);
    push(shown, "    ... " + skipped + " lines matching cause stack trace ...");
    push(shown, mine[mine.length - 1]);
    return join(shown, "\n");
  }

  kit.boxText = boxText;
  kit.constructorName = constructorName;
  kit.dateText = dateText;
  kit.errorText = errorText;
  kit.stackOf = stackOf;
  kit.functionText = functionText;
  kit.isBuiltIn = isBuiltIn;
  kit.kindOf = kindOf;
  kit.prefixOf = prefixOf;
  kit.regExpText = regExpText;
}
