// Values as text, as Node 20's util.inspect and util.formatWithOptions give it. Loaded by console.js when the first
// value needs it. Lists have no prototype here, so that no setter a script puts on Array.prototype sees an append.
(function (host, proxyTargets) {
  "use strict";
  const p = host.primordials;
  const UNKNOWN_ITEMS = "<items unknown>";
  const MAX_NESTING = 1000; // where Node ends with its stack's end, we end here: deep output grows quadratically
  const MAX_DENSE = 1000000; // from this length on a dense array's extra properties are not looked for
  const DEFAULTS = {
    __proto__: null, showHidden: false, depth: 2, customInspect: true, maxArrayLength: 100, maxStringLength: 10000,
    breakLength: 80, compact: 3, sorted: false, getters: false,
  };
  // What the entries of a value are, for layout.
  const OBJECT = 0;
  const ITEM = 1;
  const ARRAY = 2;

  // ---------------------------------------------------------------- small tools

  function list(items) {
    return p.ObjectSetPrototypeOf(items === undefined ? [] : items, null);
  }

  function push(items, item) {
    items[items.length] = item;
  }

  function join(items, separator) {
    return p.ArrayPrototypeJoin(items, separator);
  }

  function has(object, key) {
    return p.ObjectPrototypeHasOwnProperty(object, key);
  }

  function spaces(count) {
    return p.StringPrototypeRepeat(" ", count);
  }

  function lines(text, keepEnds) {
    const found = list();
    let start = 0;
    for (let end; (end = p.StringPrototypeIndexOf(text, "\n", start)) !== -1; start = end + 1) {
      push(found, p.StringPrototypeSlice(text, start, keepEnds ? end + 1 : end));
    }
    if (!keepEnds || start < text.length) push(found, p.StringPrototypeSlice(text, start));
    return found;
  }

  // A property read as the script would read it: the one place (with customInspect) where its code may run.
  function read(object, key) {
    try {
      return object[key];
    } catch {
      return undefined;
    }
  }

  function describe(object, key) {
    try {
      const found = p.ObjectGetOwnPropertyDescriptor(object, key);
      return found === undefined ? undefined : p.ObjectSetPrototypeOf(found, null);
    } catch {
      return undefined;
    }
  }

  function parentOf(object) {
    try {
      return unwrap(p.ObjectGetPrototypeOf(object));
    } catch {
      return null;
    }
  }

  // A proxy's innermost target; null for a revoked one.
  function unwrap(value) {
    while (value !== null && p.WeakMapPrototypeHas(proxyTargets, value)) {
      value = p.WeakMapPrototypeGet(proxyTargets, value);
    }
    return value;
  }

  function passes(check, value) {
    try {
      check(value);
      return true;
    } catch {
      return false;
    }
  }

  function string(value) {
    try {
      return typeof value === "symbol" ? p.SymbolPrototypeToString(value) : p.String(value);
    } catch {
      return inspect(value, DEFAULTS, { __proto__: null, depth: 0 });
    }
  }

  // ---------------------------------------------------------------- what a value is

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
    return name + " <" + inspect(first, ctx, { __proto__: null, customInspect: false, depth: -1 }) + ">";
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
    let object = prototype;
    for (let level = 0; level < 3 && object !== null; level += 1) {
      const maker = describe(object, "constructor");
      if (maker !== undefined && typeof maker.value === "function" && isBuiltIn(maker.value)) return;
      const keys = p.ReflectOwnKeys(object);
      for (let i = 0; i < keys.length; i += 1) {
        const key = keys[i];
        if (key === "constructor" || has(value, key)) continue;
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

  // ---------------------------------------------------------------- primitives

  function hex(code, digits) {
    return p.StringPrototypePadStart(p.NumberPrototypeToString(code, 16), digits, "0");
  }

  function escapeOf(code) {
    switch (code) {
      case 8: return "\\b";
      case 9: return "\\t";
      case 10: return "\\n";
      case 12: return "\\f";
      case 13: return "\\r";
      case 92: return "\\\\";
      default: return "\\x" + (code < 16 ? "0" : "") + upper(p.NumberPrototypeToString(code, 16));
    }
  }

  function upper(text) {
    let out = "";
    for (let i = 0; i < text.length; i += 1) {
      const code = p.StringPrototypeCharCodeAt(text, i);
      out += code > 96 ? p.StringFromCharCode(code - 32) : text[i];
    }
    return out;
  }

  // Where the first character from `start` on is that must be escaped within `quote` (a character code), or -1.
  function nextEscape(text, start, quote) {
    const length = text.length;
    for (let i = start; i < length; i += 1) {
      const code = p.StringPrototypeCharCodeAt(text, i);
      if (code < 32 || code === quote || code === 92 || (code >= 127 && code <= 159)) return i;
      if (code >= 0xd800 && code <= 0xdfff) {
        const next = i + 1 < length ? p.StringPrototypeCharCodeAt(text, i + 1) : 0;
        if (code > 0xdbff || next < 0xdc00 || next > 0xdfff) return i;
        i += 1;
      }
    }
    return -1;
  }

  function escaped(text, quote) {
    let out = "";
    let start = 0;
    for (let at; (at = nextEscape(text, start, quote)) !== -1; start = at + 1) {
      const code = p.StringPrototypeCharCodeAt(text, at);
      out += p.StringPrototypeSlice(text, start, at);
      if (code === quote) out += "\\" + text[at];
      else out += code >= 0xd800 ? "\\u" + hex(code, 4) : escapeOf(code);
    }
    return start === 0 ? text : out + p.StringPrototypeSlice(text, start);
  }

  function quoted(text) {
    if (p.StringPrototypeIndexOf(text, "'") === -1) return "'" + escaped(text, 39) + "'";
    if (p.StringPrototypeIndexOf(text, '"') === -1) return '"' + escaped(text, 34) + '"';
    if (p.StringPrototypeIndexOf(text, "`") === -1 && p.StringPrototypeIndexOf(text, "${") === -1) {
      return "`" + escaped(text, 96) + "`";
    }
    return "'" + escaped(text, 39) + "'";
  }

  function stringText(text, ctx) {
    let trailer = "";
    if (text.length > ctx.maxStringLength) {
      const rest = text.length - ctx.maxStringLength;
      text = p.StringPrototypeSlice(text, 0, ctx.maxStringLength);
      trailer = "... " + rest + " more character" + (rest > 1 ? "s" : "");
    }
    if (ctx.compact !== true && text.length > 16 && text.length > ctx.breakLength - ctx.indentation - 4) {
      const parts = lines(text, true);
      for (let i = 0; i < parts.length; i += 1) parts[i] = quoted(parts[i]);
      return join(parts, " +\n" + spaces(ctx.indentation + 2)) + trailer;
    }
    return quoted(text) + trailer;
  }

  function primitive(value, ctx) {
    switch (typeof value) {
      case "string": return stringText(value, ctx);
      case "number": return value === 0 && 1 / value < 0 ? "-0" : "" + value;
      case "bigint": return value + "n";
      case "symbol": return p.SymbolPrototypeToString(value);
      default: return "" + value;
    }
  }

  // ---------------------------------------------------------------- any value

  function isObject(value) {
    return typeof value === "function" || (typeof value === "object" && value !== null);
  }

  function format(ctx, given, depth, inView) {
    if (!isObject(given)) return primitive(given, ctx);
    const value = unwrap(given);
    if (value === null) return "<Revoked Proxy>";
    if (ctx.customInspect) {
      const shown = customText(ctx, value, given, depth);
      if (shown !== undefined) return shown;
    }
    if (p.SetPrototypeHas(ctx.seen, value)) {
      if (ctx.circular === undefined) ctx.circular = new p.Map();
      let index = p.MapPrototypeGet(ctx.circular, value);
      if (index === undefined) {
        index = p.MapPrototypeGetSize(ctx.circular) + 1;
        p.MapPrototypeSet(ctx.circular, value, index);
      }
      return "[Circular *" + index + "]";
    }
    return objectText(ctx, value, depth, inView);
  }

  function customText(ctx, value, given, depth) {
    const custom = read(value, p.SymbolInspect);
    if (typeof custom !== "function") return undefined;
    const maker = read(value, "constructor");
    if (isObject(maker) && read(maker, "prototype") === value) return undefined;
    let result;
    try {
      const options = {};
      for (const key in DEFAULTS) define(options, key, ctx[key]);
      result = p.FunctionPrototypeCall(custom, given, ctx.depth - depth, options, publicInspect);
    } catch {
      return undefined; // Node would throw from console.log; we show the object as it is
    }
    if (result === given) return undefined;
    if (isObject(result)) return format(ctx, result, depth, false);
    return join(lines(string(result), false), "\n" + spaces(ctx.indentation));
  }

  function define(object, key, value) {
    p.ObjectDefineProperty(object, key, {
      __proto__: null, configurable: true, enumerable: true, writable: true, value,
    });
  }

  function keysOf(value, ctx, skipIndices) {
    if (skipIndices && isHuge(value)) return list();
    const found = list();
    const names = ctx.showHidden ? p.ObjectGetOwnPropertyNames(value) : p.ObjectKeys(value);
    for (let i = 0; i < names.length; i += 1) {
      if (!(skipIndices && isIndex(names[i]))) push(found, names[i]);
    }
    const symbols = p.ObjectGetOwnPropertySymbols(value);
    for (let i = 0; i < symbols.length; i += 1) {
      if (ctx.showHidden || p.ObjectPrototypePropertyIsEnumerable(value, symbols[i])) push(found, symbols[i]);
    }
    return found;
  }

  function isHuge(value) {
    const length = lengthOf(value);
    if (length < MAX_DENSE) return false;
    for (let i = 0; i < 8; i += 1) {
      if (!has(value, p.MathFloor(((length - 1) * i) / 7))) return false;
    }
    return true;
  }

  function lengthOf(value) {
    return p.ArrayIsArray(value) ? value.length : p.TypedArrayPrototypeGetLength(value);
  }

  function isIndex(key) {
    const first = p.StringPrototypeCharCodeAt(key, 0);
    if (!(first >= 48 && first <= 57)) return false;
    const number = +key;
    return number < 4294967295 && number >>> 0 === number && "" + number === key;
  }

  function objectText(ctx, value, depth, inView) {
    const kind = typeof value === "function" ? "Function" : kindOf(value);
    const inherited = ctx.showHidden && depth <= ctx.depth ? list() : undefined;
    const name = constructorName(value, kind, ctx, depth, inherited);
    let tag = read(value, p.SymbolToStringTag);
    if (typeof tag !== "string") tag = "";
    else if (tag !== "" && (ctx.showHidden ? has(value, p.SymbolToStringTag) :
      p.ObjectPrototypePropertyIsEnumerable(value, p.SymbolToStringTag))) tag = "";

    const isList = kind === "Array" || kind === "TypedArray";
    const keys = keysOf(value, ctx, isList);
    const shape = { __proto__: null, base: "", open: "{", close: "}", entries: undefined, extra: OBJECT, whole: false };
    describeKind(ctx, value, kind, name, tag, keys, shape, inView);
    const bare = keys.length === 0 && (inherited === undefined || inherited.length === 0);
    if (shape.whole && bare) return shape.base === "" ? shape.open + shape.close : shape.base;
    if (depth > ctx.depth) {
      if (kind === "RegExp") return shape.base;
      const short = prefixOf(name, tag, isList ? "Array" : "Object", "");
      const text = p.StringPrototypeSlice(short, 0, -1);
      return name === null ? text : "[" + text + "]";
    }
    if (depth > MAX_NESTING) return interrupted(name, tag);

    depth += 1;
    p.SetPrototypeAdd(ctx.seen, value);
    ctx.currentDepth = depth;
    const indentation = ctx.indentation;
    let output;
    try {
      output = shape.entries === undefined ? list() : shape.entries(ctx, value, depth);
      for (let i = 0; i < keys.length; i += 1) push(output, propertyText(ctx, value, depth, keys[i], shape.extra));
      if (inherited !== undefined) {
        for (let i = 0; i < inherited.length; i += 1) {
          push(output, propertyText(ctx, value, depth, inherited[i].key, shape.extra, inherited[i].property));
        }
      }
    } catch {
      // The stack or the memory has ended; what was there so far is given up.
      ctx.indentation = indentation;
      p.SetPrototypeDelete(ctx.seen, value);
      return interrupted(name, tag);
    }
    let base = shape.base;
    if (ctx.circular !== undefined) {
      const index = p.MapPrototypeGet(ctx.circular, value);
      if (index !== undefined) {
        const reference = "<ref *" + index + ">";
        if (ctx.compact !== true) base = base === "" ? reference : reference + " " + base;
        else shape.open = reference + " " + shape.open;
      }
    }
    p.SetPrototypeDelete(ctx.seen, value);
    if (ctx.sorted === true && shape.extra === OBJECT) p.ArrayPrototypeSort(output);
    const text = layout(ctx, output, base, shape, depth, value);
    ctx.written += text.length;
    if (ctx.written > 134217728) ctx.depth = -1; // as Node: after 128 MB nothing more is opened
    return text;
  }

  function interrupted(name, tag) {
    const shown = p.StringPrototypeSlice(prefixOf(name, tag, "Object", ""), 0, -1);
    return "[" + shown + ": Inspection interrupted prematurely. Maximum call stack size exceeded.]";
  }

  // Fills in `shape`: how this kind of value begins, ends and lists its entries; `whole` if, without keys, it is
  // complete as it is.
  function describeKind(ctx, value, kind, name, tag, keys, shape, inView) {
    switch (kind) {
      case "Array":
        if (name !== "Array" || tag !== "") shape.open = prefixOf(name, tag, "Array", "(" + value.length + ")") + "[";
        else shape.open = "[";
        shape.close = "]";
        shape.extra = ARRAY;
        shape.whole = value.length === 0;
        shape.entries = arrayEntries;
        return;
      case "TypedArray": {
        const size = p.TypedArrayPrototypeGetLength(value);
        shape.open = prefixOf(name, tag, p.TypedArrayPrototypeGetToStringTag(value), "(" + size + ")") + "[";
        shape.close = "]";
        shape.extra = ARRAY;
        shape.whole = size === 0 && !ctx.showHidden;
        shape.entries = typedEntries;
        return;
      }
      case "Set":
      case "Map": {
        const size = kind === "Set" ? p.SetPrototypeGetSize(value) : p.MapPrototypeGetSize(value);
        shape.open = prefixOf(name, tag, kind, "(" + size + ")") + "{";
        shape.whole = size === 0;
        shape.entries = kind === "Set" ? setEntries : mapEntries;
        return;
      }
      case "Map Iterator":
      case "Set Iterator":
        shape.open = "[" + (tag === "" ? kind : tag) + "] {";
        shape.entries = unknownItems;
        return;
      case "Arguments":
        shape.open = "[Arguments] {";
        shape.whole = true;
        return;
      case "Function":
        shape.base = functionText(value, name, tag);
        shape.whole = true;
        return;
      case "RegExp":
      case "Date": {
        shape.base = kind === "Date" ? dateText(value) : regExpText(value);
        const prefix = prefixOf(name, tag, kind, "");
        if (prefix !== kind + " ") shape.base = prefix + shape.base;
        shape.whole = true;
        return;
      }
      case "Error":
        shape.base = errorText(ctx, value, name, tag, keys);
        shape.whole = true;
        return;
      case "ArrayBuffer":
      case "SharedArrayBuffer":
        shape.open = prefixOf(name, tag, kind, "") + "{";
        if (!inView) shape.entries = bufferEntries;
        else if (keys.length === 0) {
          shape.base = shape.open + " byteLength: " + bufferLength(value) + " }";
          shape.whole = true;
          return;
        }
        shape.entries = bufferEntries;
        return;
      case "DataView":
        shape.open = prefixOf(name, tag, kind, "") + "{";
        shape.entries = viewEntries;
        return;
      case "Promise":
        shape.open = prefixOf(name, tag, kind, "") + "{";
        shape.entries = unknownState;
        return;
      case "WeakMap":
      case "WeakSet":
        shape.open = prefixOf(name, tag, kind, "") + "{";
        shape.entries = unknownItems;
        return;
      case "Number":
      case "String":
      case "Boolean":
      case "Symbol":
      case "BigInt":
        shape.base = boxText(ctx, value, kind, name, tag, keys);
        shape.whole = true;
        return;
      default:
        shape.open = name === "Object" && tag === "" ? "{" : prefixOf(name, tag, "Object", "") + "{";
        shape.whole = true;
    }
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

  // ---------------------------------------------------------------- errors

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

  // ---------------------------------------------------------------- entries

  function moreItems(count) {
    return "... " + count + " more item" + (count > 1 ? "s" : "");
  }

  function emptyItems(count) {
    return "<" + count + " empty item" + (count > 1 ? "s" : "") + ">";
  }

  function arrayEntries(ctx, value, depth) {
    const length = value.length;
    const limit = p.MathMin(p.MathMax(0, ctx.maxArrayLength), length);
    const output = list();
    for (let i = 0; i < limit; i += 1) {
      if (!has(value, i)) return sparseEntries(ctx, value, depth, output, i, limit);
      push(output, propertyText(ctx, value, depth, i, ITEM));
    }
    if (length > limit) push(output, moreItems(length - limit));
    return output;
  }

  function sparseEntries(ctx, value, depth, output, index, limit) {
    const keys = p.ObjectKeys(value);
    for (let i = index; i < keys.length && output.length < limit; i += 1) {
      const key = keys[i];
      if (!isIndex(key)) break;
      if ("" + index !== key) {
        push(output, emptyItems(+key - index));
        index = +key;
        if (output.length === limit) break;
      }
      push(output, propertyText(ctx, value, depth, key, ITEM));
      index += 1;
    }
    const rest = value.length - index;
    if (rest > 0) push(output, output.length === limit ? moreItems(rest) : emptyItems(rest));
    return output;
  }

  function typedEntries(ctx, value, depth) {
    const length = p.TypedArrayPrototypeGetLength(value);
    const limit = p.MathMin(p.MathMax(0, ctx.maxArrayLength), length);
    const output = list();
    for (let i = 0; i < limit; i += 1) push(output, primitive(value[i], ctx));
    if (length > limit) push(output, moreItems(length - limit));
    if (ctx.showHidden) {
      ctx.indentation += 2;
      push(output, "[BYTES_PER_ELEMENT]: " + primitive(read(value, "BYTES_PER_ELEMENT"), ctx));
      push(output, "[length]: " + primitive(length, ctx));
      push(output, "[byteLength]: " + primitive(read(value, "byteLength"), ctx));
      push(output, "[byteOffset]: " + primitive(read(value, "byteOffset"), ctx));
      push(output, "[buffer]: " + format(ctx, read(value, "buffer"), depth, true));
      ctx.indentation -= 2;
    }
    return output;
  }

  function bufferLength(value) {
    try {
      return p.ArrayBufferPrototypeGetByteLength(value);
    } catch {
      return p.SharedArrayBufferPrototypeGetByteLength(value);
    }
  }

  function bufferEntries(ctx, value) {
    const output = list();
    const length = bufferLength(value);
    let bytes;
    try {
      bytes = new p.Uint8Array(value);
    } catch {
      push(output, "(detached)");
      push(output, "byteLength: 0");
      return output;
    }
    const limit = p.MathMin(p.MathMax(0, ctx.maxArrayLength), length);
    let text = "";
    for (let i = 0; i < limit; i += 1) text += (i > 0 ? " " : "") + hex(bytes[i], 2);
    if (length > limit) text += " ... " + (length - limit) + " more byte" + (length - limit > 1 ? "s" : "");
    push(output, "[Uint8Contents]: <" + text + ">");
    push(output, "byteLength: " + length);
    return output;
  }

  function viewEntries(ctx, value, depth) {
    const output = list();
    push(output, "byteLength: " + p.DataViewPrototypeGetByteLength(value));
    push(output, "byteOffset: " + p.DataViewPrototypeGetByteOffset(value));
    ctx.indentation += 2;
    push(output, "buffer: " + format(ctx, p.DataViewPrototypeGetBuffer(value), depth, false));
    ctx.indentation -= 2;
    return output;
  }

  function setEntries(ctx, value, depth) {
    const output = list();
    const size = p.SetPrototypeGetSize(value);
    const limit = p.MathMin(p.MathMax(0, ctx.maxArrayLength), size);
    const iterator = p.SetPrototypeValues(value);
    ctx.indentation += 2;
    for (let i = 0; i < limit; i += 1) push(output, format(ctx, p.SetIteratorPrototypeNext(iterator).value, depth, false));
    ctx.indentation -= 2;
    if (size > limit) push(output, moreItems(size - limit));
    return output;
  }

  function mapEntries(ctx, value, depth) {
    const output = list();
    const size = p.MapPrototypeGetSize(value);
    const limit = p.MathMin(p.MathMax(0, ctx.maxArrayLength), size);
    const iterator = p.MapPrototypeEntries(value);
    ctx.indentation += 2;
    for (let i = 0; i < limit; i += 1) {
      const entry = p.MapIteratorPrototypeNext(iterator).value;
      push(output, format(ctx, entry[0], depth, false) + " => " + format(ctx, entry[1], depth, false));
    }
    ctx.indentation -= 2;
    if (size > limit) push(output, moreItems(size - limit));
    return output;
  }

  // JavaScript has no way to look into these without changing them.
  function unknownItems() {
    return list([UNKNOWN_ITEMS]);
  }

  function unknownState() {
    return list(["<state unknown>"]);
  }

  function propertyText(ctx, value, depth, key, extra, inherited) {
    const property = inherited || describe(value, key) ||
      { __proto__: null, value: read(value, key), enumerable: true };
    let text;
    if (property.value !== undefined) {
      const step = ctx.compact !== true || extra !== OBJECT ? 2 : 3;
      ctx.indentation += step;
      text = format(ctx, property.value, depth, false);
      if (step === 3 && ctx.breakLength < text.length) text = "\n" + spaces(ctx.indentation) + text;
      ctx.indentation -= step;
    } else if (property.get !== undefined) text = getterText(ctx, value, depth, property);
    else text = property.set !== undefined ? "[Setter]" : "undefined";
    if (extra === ITEM) return text;
    if (inherited !== undefined) return "[" + keyText(key, true) + "]: " + text;
    return keyText(key, property.enumerable) + ": " + text;
  }

  function getterText(ctx, value, depth, property) {
    const label = property.set !== undefined ? "Getter/Setter" : "Getter";
    if (ctx.getters !== true) return "[" + label + "]";
    let result;
    try {
      result = p.FunctionPrototypeCall(property.get, value);
    } catch (error) {
      return "[" + label + ": <Inspection threw (" + string(isObject(error) ? read(error, "message") : error) + ")>]";
    }
    ctx.indentation += 2;
    const text = format(ctx, result, depth, false);
    ctx.indentation -= 2;
    return isObject(result) ? "[" + label + "] " + text : "[" + label + ": " + text + "]";
  }

  function keyText(key, enumerable) {
    if (typeof key === "symbol") return "[" + escaped(p.SymbolPrototypeToString(key), 39) + "]";
    if (key === "__proto__") return "['__proto__']";
    if (enumerable === false) return "[" + escaped(key, 39) + "]";
    return isName(key) ? key : quoted(key);
  }

  function isName(key) {
    if (key === "") return false;
    for (let i = 0; i < key.length; i += 1) {
      const code = p.StringPrototypeCharCodeAt(key, i);
      const letter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
      if (!letter && !(i > 0 && code >= 48 && code <= 57)) return false;
    }
    return true;
  }

  // ---------------------------------------------------------------- layout

  function layout(ctx, output, base, shape, depth, value) {
    const before = base === "" ? "" : base + " ";
    if (ctx.compact !== true) {
      if (ctx.compact >= 1) {
        const count = output.length;
        if (shape.extra === ARRAY && count > 6) output = columns(ctx, output, value);
        // The innermost `compact` levels go on one line where they fit.
        if (ctx.currentDepth - depth < ctx.compact && count === output.length) {
          const start = output.length + ctx.indentation + shape.open.length + base.length + 10;
          if (fits(ctx, output, start, base)) {
            const line = join(output, ", ");
            if (p.StringPrototypeIndexOf(line, "\n") === -1) {
              return before + shape.open + " " + line + " " + shape.close;
            }
          }
        }
      }
      const newline = "\n" + spaces(ctx.indentation);
      return before + shape.open + newline + "  " + join(output, "," + newline + "  ") + newline + shape.close;
    }
    const after = base === "" ? "" : " " + base;
    if (fits(ctx, output, 0, base)) return shape.open + after + " " + join(output, ", ") + " " + shape.close;
    const newline = "\n" + spaces(ctx.indentation);
    const gap = base === "" && shape.open.length === 1 ? " " : after + newline + "  ";
    return shape.open + gap + join(output, "," + newline + "  ") + " " + shape.close;
  }

  function fits(ctx, output, start, base) {
    let total = output.length + start;
    if (total + output.length > ctx.breakLength) return false;
    for (let i = 0; i < output.length; i += 1) {
      total += output[i].length;
      if (total > ctx.breakLength) return false;
    }
    return p.StringPrototypeIndexOf(base, "\n") === -1;
  }

  // Entries of long arrays in columns of equal width, numbers to the right.
  function columns(ctx, output, value) {
    const more = ctx.maxArrayLength < output.length ? 1 : 0;
    const count = output.length - more;
    const widths = list();
    let total = 0;
    let widest = 0;
    for (let i = 0; i < count; i += 1) {
      const length = width(output[i]);
      push(widths, length);
      total += length + 2;
      if (length > widest) widest = length;
    }
    const cell = widest + 2;
    if (cell * 3 + ctx.indentation >= ctx.breakLength || (total / cell <= 5 && widest > 6)) return output;
    const bias = p.MathMax(cell - 3 - p.MathSqrt(cell - total / output.length), 1);
    const across = p.MathMin(
      p.MathRound(p.MathSqrt(2.5 * bias * count) / bias),
      p.MathFloor((ctx.breakLength - ctx.indentation) / cell),
      ctx.compact * 4,
      15,
    );
    if (across <= 1) return output;
    const columnWidths = list();
    for (let i = 0; i < across; i += 1) {
      let length = 0;
      for (let j = i; j < count; j += across) if (widths[j] > length) length = widths[j];
      push(columnWidths, length + 2);
    }
    const right = allNumbers(value, output.length);
    const rows = list();
    for (let i = 0; i < count; i += across) {
      const end = p.MathMin(i + across, count);
      let row = "";
      for (let j = i; j < end; j += 1) {
        const last = j === end - 1;
        const text = last ? output[j] : output[j] + ", ";
        const gap = spaces(p.MathMax(0, columnWidths[j - i] - widths[j] - 2));
        if (right) row += gap + text;
        else row += last ? text : text + gap;
      }
      push(rows, row);
    }
    if (more) push(rows, output[count]);
    return rows;
  }

  function allNumbers(value, count) {
    for (let i = 0; i < count; i += 1) {
      const item = describe(value, i);
      const type = item === undefined ? "undefined" : typeof item.value;
      if (type !== "number" && type !== "bigint") return false;
    }
    return true;
  }

  // Columns a text takes on a terminal: none for combining characters, two for East Asian wide ones and emoji.
  function width(text) {
    let columnsTaken = 0;
    for (let i = 0; i < text.length; i += 1) {
      const code = p.StringPrototypeCodePointAt(text, i);
      if (code > 0xffff) i += 1;
      if (code < 127) {
        if (code > 31) columnsTaken += 1;
      } else if (isWide(code)) columnsTaken += 2;
      else if (!isZeroWidth(code)) columnsTaken += 1;
    }
    return columnsTaken;
  }

  function isWide(code) {
    return code >= 0x1100 && (
      code <= 0x115f || code === 0x2329 || code === 0x232a || (code >= 0x2e80 && code <= 0x3247 && code !== 0x303f) ||
      (code >= 0x3250 && code <= 0x4dbf) || (code >= 0x4e00 && code <= 0xa4c6) || (code >= 0xa960 && code <= 0xa97c) ||
      (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe10 && code <= 0xfe19) ||
      (code >= 0xfe30 && code <= 0xfe6b) || (code >= 0xff01 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1b000 && code <= 0x1b001) || (code >= 0x1f200 && code <= 0x1f251) ||
      (code >= 0x1f300 && code <= 0x1f64f) || (code >= 0x1f680 && code <= 0x1f6ff) ||
      (code >= 0x1f900 && code <= 0x1f9ff) || (code >= 0x20000 && code <= 0x3fffd)
    );
  }

  function isZeroWidth(code) {
    return code <= 0x9f || (code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f) ||
      (code >= 0x20d0 && code <= 0x20ff) || (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xfe20 && code <= 0xfe2f) ||
      (code >= 0xe0100 && code <= 0xe01ef);
  }

  // ---------------------------------------------------------------- entrances

  function inspect(value, defaults, options) {
    const ctx = {
      __proto__: null, seen: new p.Set(), circular: undefined, indentation: 0, currentDepth: 0, written: 0,
    };
    for (const key in DEFAULTS) ctx[key] = defaults[key];
    if (isObject(options)) {
      for (const key in DEFAULTS) {
        const wanted = read(options, key);
        if (wanted !== undefined || describe(options, key) !== undefined) ctx[key] = wanted;
      }
    }
    if (ctx.depth === null) ctx.depth = Infinity;
    if (ctx.maxArrayLength === null) ctx.maxArrayLength = Infinity;
    if (ctx.maxStringLength === null) ctx.maxStringLength = Infinity;
    return format(ctx, value, 0, false);
  }

  function publicInspect(value, options) {
    return inspect(value, DEFAULTS, options);
  }

  function loose(value) {
    return typeof value === "string" ? value : inspect(value, DEFAULTS);
  }

  function number(value) {
    return value === 0 && 1 / value < 0 ? "-0" : "" + value;
  }

  // True where toString is the built-in one, so that the value tells more than its toString would.
  function hasBuiltInToString(value) {
    const target = unwrap(value);
    if (target === null) return true;
    if (typeof read(target, "toString") !== "function") return true;
    if (has(target, "toString") || has(target, p.SymbolToPrimitive)) return false;
    let owner = target;
    for (let i = 0; i < MAX_NESTING; i += 1) {
      owner = parentOf(owner);
      if (owner === null) return true;
      if (has(owner, "toString") || has(owner, p.SymbolToPrimitive)) break;
    }
    const found = describe(owner, "constructor");
    return found !== undefined && typeof found.value === "function" && isBuiltIn(found.value);
  }

  function directive(code, value) {
    switch (code) {
      case 115: // s
        if (typeof value === "number") return number(value);
        if (typeof value === "bigint") return value + "n";
        if (typeof value !== "object" || value === null || !hasBuiltInToString(value)) return string(value);
        return inspect(value, DEFAULTS, { __proto__: null, depth: 0 });
      case 106: // j
        return json(value);
      case 100: // d
        if (typeof value === "bigint") return value + "n";
        return typeof value === "symbol" ? "NaN" : converted(p.Number, value);
      case 105: // i
        if (typeof value === "bigint") return value + "n";
        return typeof value === "symbol" ? "NaN" : converted(p.NumberParseInt, value);
      case 102: // f
        return typeof value === "symbol" ? "NaN" : converted(p.NumberParseFloat, value);
      case 79: // O
        return inspect(value, DEFAULTS);
      case 111: // o
        return inspect(value, DEFAULTS, { __proto__: null, showHidden: true, depth: 4 });
      default: // c: style, which plain text has not
        return "";
    }
  }

  function converted(convert, value) {
    try {
      return number(convert(value));
    } catch {
      return "NaN";
    }
  }

  function json(value) {
    try {
      const text = p.JSONStringify(value);
      return text === undefined ? "undefined" : text;
    } catch {
      // cyclic, mostly; Node throws for the other reasons
      return "[Circular]";
    }
  }

  function isDirective(code) {
    return code === 115 || code === 106 || code === 100 || code === 105 || code === 102 || code === 79 ||
      code === 111 || code === 99;
  }

  function formatArgs(args) {
    const count = args.length;
    const template = args[0];
    if (typeof template !== "string") return values(args);
    if (count === 1) return template;
    let line = "";
    let last = 0;
    let next = 1;
    for (let at = 0; (at = p.StringPrototypeIndexOf(template, "%", at)) !== -1; at += 2) {
      const code = p.StringPrototypeCharCodeAt(template, at + 1);
      if (code === 37) {
        line += p.StringPrototypeSlice(template, last, at + 1);
        last = at + 2;
      } else if (next < count && isDirective(code)) {
        line += p.StringPrototypeSlice(template, last, at) + directive(code, args[next]);
        next += 1;
        last = at + 2;
      } else at -= 1;
    }
    line += p.StringPrototypeSlice(template, last);
    for (; next < count; next += 1) line += " " + loose(args[next]);
    return line;
  }

  function values(args) {
    let line = "";
    for (let i = 0; i < args.length; i += 1) line += (i > 0 ? " " : "") + loose(args[i]);
    return line;
  }

  function dir(value, options) {
    const chosen = { __proto__: null, customInspect: false };
    if (isObject(options)) {
      for (const key in DEFAULTS) {
        const wanted = read(options, key);
        if (wanted !== undefined || describe(options, key) !== undefined) chosen[key] = wanted;
      }
    }
    return inspect(value, DEFAULTS, chosen);
  }

  function trace(text) {
    const error = new p.Error(text);
    const stack = read(error, "stack");
    const frames = typeof stack === "string" ? framesText(stack) : "";
    return (text === "" ? "Trace" : "Trace: " + text) + (frames === "" ? "" : "\n" + frames);
  }

  function table(data, wanted) {
    return host.load("table")(host, { __proto__: null, inspect, DEFAULTS, kindOf, unwrap, width, read, list, push, has })(
      data, wanted);
  }

  return { __proto__: null, format: formatArgs, values, dir, trace, table, string };
})
