// console.table, loaded by format.js at its first use.
function makeTable(host, tools) {
  "use strict";
  const p = host.primordials;
  const { list, push, has, read, width } = tools;

  function cell(value) {
    return tools.inspect(value, tools.DEFAULTS, {
      __proto__: null, maxArrayLength: 3, breakLength: Infinity, depth: isLarge(value) ? -1 : 0,
    });
  }

  // Shown by its class alone.
  function isLarge(value) {
    if (value === null || typeof value !== "object" || p.ArrayIsArray(value)) return false;
    return p.TypedArrayPrototypeGetToStringTag(value) === undefined && keysOf(value).length > 2;
  }

  function keysOf(value) {
    const target = tools.unwrap(value);
    return target === null ? list() : p.ObjectKeys(target);
  }

  function isObject(value) {
    return value !== null && (typeof value === "object" || typeof value === "function");
  }

  // A collection's items, with their numbers in the first column.
  function collectionTable(data, kind) {
    const numbers = list();
    const keys = list();
    const values = list();
    const isMap = kind === "Map";
    const iterator = isMap ? p.MapPrototypeEntries(data) : p.SetPrototypeValues(data);
    const size = isMap ? p.MapPrototypeGetSize(data) : p.SetPrototypeGetSize(data);
    for (let i = 0; i < size; i += 1) {
      push(numbers, "" + i);
      if (isMap) {
        const entry = p.MapIteratorPrototypeNext(iterator).value;
        push(keys, cell(entry[0]));
        push(values, cell(entry[1]));
      } else push(values, cell(p.SetIteratorPrototypeNext(iterator).value));
    }
    if (isMap) return draw(list(["(iteration index)", "Key", "Values"]), list([numbers, keys, values]));
    return draw(list(["(iteration index)", "Values"]), list([numbers, values]));
  }

  function objectTable(data, wanted) {
    const index = keysOf(data);
    const columns = { __proto__: null };
    const rest = list();
    let hasRest = false;
    for (let row = 0; row < index.length; row += 1) {
      const item = read(data, index[row]);
      const object = isObject(item);
      if (!object && wanted === undefined) {
        hasRest = true;
        rest[row] = cell(item);
        continue;
      }
      const keys = wanted === undefined ? keysOf(item) : wanted;
      for (let i = 0; i < keys.length; i += 1) {
        const key = keys[i];
        if (columns[key] === undefined) columns[key] = list();
        columns[key][row] = object && has(item, key) ? cell(read(item, key)) : "";
      }
    }
    const head = list(["(index)"]);
    const cells = list([index]);
    const names = p.ReflectOwnKeys(columns);
    for (let i = 0; i < names.length; i += 1) {
      push(head, typeof names[i] === "symbol" ? p.SymbolPrototypeToString(names[i]) : names[i]);
      push(cells, columns[names[i]]);
    }
    if (hasRest) {
      push(head, "Values");
      push(cells, rest);
    }
    return draw(head, cells);
  }

  function draw(head, columns) {
    let height = 0;
    const widths = list();
    for (let i = 0; i < columns.length; i += 1) {
      const column = columns[i];
      let widest = width(head[i]);
      for (let row = 0; row < column.length; row += 1) {
        if (has(column, row)) widest = p.MathMax(widest, width(column[row]));
      }
      push(widths, widest + 2);
      height = p.MathMax(height, column.length);
    }
    let text = rule("┌", "┬", "┐", widths) + row(head, widths) + rule("├", "┼", "┤", widths);
    for (let i = 0; i < height; i += 1) {
      const cells = list();
      for (let j = 0; j < columns.length; j += 1) push(cells, has(columns[j], i) ? columns[j][i] : "");
      text += row(cells, widths);
    }
    return p.StringPrototypeSlice(text + rule("└", "┴", "┘", widths), 0, -1);
  }

  function rule(left, between, right, widths) {
    let text = left;
    for (let i = 0; i < widths.length; i += 1) text += (i > 0 ? between : "") + p.StringPrototypeRepeat("─", widths[i]);
    return text + right + "\n";
  }

  function row(cells, widths) {
    let text = "│";
    for (let i = 0; i < cells.length; i += 1) {
      text += " " + cells[i] + p.StringPrototypeRepeat(" ", widths[i] - width(cells[i]) - 1) + "│";
    }
    return text + "\n";
  }

  return function table(data, wanted) {
    const target = tools.unwrap(data);
    if (target === null) return tools.inspect(data, tools.DEFAULTS);
    const kind = tools.kindOf(target);
    if (kind === "Map" || kind === "Set") return collectionTable(target, kind);
    return objectTable(target, p.ArrayIsArray(wanted) ? wanted : undefined);
  };
}
