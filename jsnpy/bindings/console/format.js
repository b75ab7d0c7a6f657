// What console.js needs when a line has more than strings and numbers: Node's util.formatWithOptions, console.dir,
// console.trace and console.table. Loaded by it at the first such line.
function makeFormatter(host, proxyTargets) {
  "use strict";
  const p = host.primordials;
  const kit = { __proto__: null, proxyTargets };
  host.load("bindings/console/inspect_text")(host, kit);
  host.load("bindings/console/inspect_kinds")(host, kit);
  host.load("bindings/console/inspect")(host, kit);
  const {
    DEFAULTS, MAX_NESTING, describe, has, inspect, isBuiltIn, isObject, kindOf, list, parentOf, push, stackOf,
    read, string, unwrap, width,
  } = kit;

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
    return found !== undefined && typeof found.value === "function" && isBuiltIn(found.value) &&
      read(found.value, "name") !== "TypedArray"; // which Node does not know by name, so that its toString counts
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

  // Where JSON fails, Node says so for cyclic values and throws for all others; those we show as they are.
  function json(value) {
    try {
      const text = p.JSONStringify(value);
      return text === undefined ? "undefined" : text;
    } catch {
      const whole = inspect(value, DEFAULTS, { __proto__: null, depth: Infinity });
      return p.StringPrototypeIndexOf(whole, "[Circular *") === -1 ? inspect(value, DEFAULTS) : "[Circular]";
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
    const stack = stackOf(new p.Error(""));
    const start = p.StringPrototypeIndexOf(stack, "\n");
    return (text === "" ? "Trace" : "Trace: " + text) + (start === -1 ? "" : p.StringPrototypeSlice(stack, start));
  }

  function table(data, wanted) {
    return host.load("bindings/console/table")(host, kit)(data, wanted);
  }

  return { __proto__: null, format: formatArgs, values, dir, trace, table, string };
}
