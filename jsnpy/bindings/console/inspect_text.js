// Text for inspect.js: small tools, strings and keys as source text, entries laid out on lines and in columns. Lists
// have no prototype here, so that no setter a script puts on Array.prototype sees an append.
function addText(host, kit) {
  "use strict";
  const p = host.primordials;
  const { proxyTargets } = kit;
  const MAX_NESTING = 1000; // where Node ends with its stack's end, we end here: deep output grows quadratically
  const OBJECT = 0; // what the entries of a value are: properties,
  const ITEM = 1; // items of an array, shown without their index,
  const ARRAY = 2; // properties of an array, beside its items
  const DEFAULTS = {
    __proto__: null, showHidden: false, depth: 2, customInspect: true, maxArrayLength: 100, maxStringLength: 10000,
    breakLength: 80, compact: 3, sorted: false, getters: false,
  };

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
      return kit.inspect(value, kit.DEFAULTS, { __proto__: null, depth: 0 });
    }
  }

  function isObject(value) {
    return typeof value === "function" || (typeof value === "object" && value !== null);
  }

  function isIndex(key) {
    const first = p.StringPrototypeCharCodeAt(key, 0);
    if (!(first >= 48 && first <= 57)) return false;
    const number = +key;
    return number < 4294967295 && number >>> 0 === number && "" + number === key;
  }

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

  kit.ARRAY = ARRAY;
  kit.DEFAULTS = DEFAULTS;
  kit.ITEM = ITEM;
  kit.MAX_NESTING = MAX_NESTING;
  kit.OBJECT = OBJECT;
  kit.describe = describe;
  kit.has = has;
  kit.hex = hex;
  kit.isIndex = isIndex;
  kit.isObject = isObject;
  kit.join = join;
  kit.keyText = keyText;
  kit.layout = layout;
  kit.lines = lines;
  kit.list = list;
  kit.parentOf = parentOf;
  kit.passes = passes;
  kit.primitive = primitive;
  kit.push = push;
  kit.read = read;
  kit.spaces = spaces;
  kit.string = string;
  kit.unwrap = unwrap;
  kit.width = width;
}
