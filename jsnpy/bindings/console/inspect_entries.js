// What stands within the brackets of arrays, typed arrays, buffers, sets and maps.
function makeEntries(host, kit) {
  "use strict";
  const p = host.primordials;
  const { ITEM, format, has, hex, isIndex, list, primitive, propertyText, push, read } = kit;

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
    return list(["<items unknown>"]);
  }

  function unknownState() {
    return list(["<state unknown>"]);
  }

  return {
    __proto__: null, arrayEntries, bufferEntries, bufferLength, mapEntries, setEntries, typedEntries,
    unknownItems, unknownState, viewEntries,
  };
}
