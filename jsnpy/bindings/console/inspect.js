// Values as text, as Node 20's util.inspect gives it, but for what JavaScript cannot see into (a promise's state, the
// items of weak collections' and of map and set iterators), which is named as unknown; and it never throws: what a
// value's own code throws (Symbol.toStringTag, a custom inspection, ...) counts as not there.
function addInspect(host, kit) {
  "use strict";
  const p = host.primordials;
  const {
    ARRAY, DEFAULTS, ITEM, MAX_NESTING, OBJECT, boxText, constructorName, dateText, describe, errorText,
    functionText, has, isIndex, isObject, join, keyText, kindOf, layout, lines, list, prefixOf, primitive, push,
    read, regExpText, spaces, string, unwrap,
  } = kit;
  const MAX_DENSE = 1000000; // from this length on a dense array's extra properties are not looked for
  kit.format = format;
  kit.propertyText = propertyText;
  const {
    arrayEntries, bufferEntries, bufferLength, mapEntries, setEntries, typedEntries, unknownItems,
    unknownState, viewEntries,
  } = host.load("bindings/console/inspect_entries")(host, kit);

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

  kit.inspect = inspect;
}
