// The engine's stack texts as an author wants to see them: their file, their lines, their frames, under the header
// that Node gives a stack. Frames of the host have line numbers from `hostLines` on. Loaded by stacks.js.
function makeTraces(primordials, hostLines, scripts) {
  "use strict";
  const {
    ErrorPrototypeToString, Number, RegExpPrototypeExec, StringPrototypeCharCodeAt, StringPrototypeEndsWith,
    StringPrototypeIndexOf, StringPrototypeLastIndexOf, StringPrototypeSlice, StringPrototypeStartsWith,
    StringPrototypeTrim,
  } = primordials;
  const engineName = "<input>";
  const nowhere = { __proto__: null, name: "script", source: "", above: 0 };

  // The script that a line counted through all scripts is in.
  function scriptAt(line) {
    let i = scripts.length - 1;
    while (i > 0 && scripts[i].above >= line) i--;
    return i < 0 ? nowhere : scripts[i];
  }

  // The script whose name a place begins with.
  function scriptNamed(place) {
    for (let i = scripts.length - 1; i >= 0; i--) {
      const { name } = scripts[i];
      const end = StringPrototypeSlice(place, name.length, name.length + 1);
      if (StringPrototypeStartsWith(place, name) && (end === "" || end === ":")) return scripts[i];
    }
    return undefined;
  }

  // The engine counts a line's bytes in UTF-8; Node and editors count UTF-16 units, and so do we.
  function columnIn(source, line, column) {
    if (column <= 1 || RegExpPrototypeExec(/[^\0-\x7f]/, source) === null) return column;
    const lineEnd = /\r\n|[\n\r\u2028\u2029]/g;
    for (let n = 1; n < line; n++) {
      if (RegExpPrototypeExec(lineEnd, source) === null) return column;
    }
    const start = lineEnd.lastIndex;
    let at = start;
    for (let bytes = column - 1; bytes > 0 && at < source.length; at++) {
      const unit = StringPrototypeCharCodeAt(source, at);
      // Half of a pair stands for two of its four bytes.
      bytes -= unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
    }
    return at - start + 1;
  }

  // The frame a line of stack text describes, null for any other text. `bare` is the place of a syntax error, in
  // whatever text was compiled or parsed there.
  function frameOf(text) {
    let words = StringPrototypeTrim(text);
    if (!StringPrototypeStartsWith(words, "at ")) return null;
    words = StringPrototypeSlice(words, 3);
    const open = StringPrototypeLastIndexOf(words, " (");
    const bare = open === -1 || !StringPrototypeEndsWith(words, ")");
    const name = bare ? "" : StringPrototypeSlice(words, 0, open);
    const place = bare ? words : StringPrototypeSlice(words, open + 2, -1);
    const native = place === "native";
    const counted = StringPrototypeStartsWith(place, engineName); // through all scripts, as the engine does
    let script = counted ? undefined : scriptNamed(place);
    if (!counted && script === undefined && !native) return null;
    const rest = StringPrototypeSlice(place, (counted || native ? engineName : script.name).length + 1);
    const colon = StringPrototypeIndexOf(rest, ":");
    const line = Number(colon === -1 ? rest : StringPrototypeSlice(rest, 0, colon)) || 0;
    const column = colon === -1 ? 0 : Number(StringPrototypeSlice(rest, colon + 1)) || 0;
    if (counted) script = scriptAt(line > 0 ? line : hostLines);
    let lineInFile = counted && line > 0 ? line - script.above : line;
    const below = counted && scripts.length > 1 && lineInFile === script.lines + 1;
    if (below && bare) lineInFile--; // what is missing at a script's end is missed in the host's line below it
    const host = line >= hostLines || (below && !bare);
    return { __proto__: null, name, bare, native, script, line, lineInFile, column, below, host };
  }

  function framesOf(text) {
    const frames = { __proto__: null, length: 0, foreign: false };
    for (let start = 0, end; start < text.length; start = end + 1) {
      end = StringPrototypeIndexOf(text, "\n", start);
      if (end === -1) end = text.length;
      const line = StringPrototypeSlice(text, start, end);
      const frame = frameOf(line);
      if (frame !== null) frames[frames.length++] = frame;
      else if (StringPrototypeTrim(line) !== "") frames.foreign = true;
    }
    return frames;
  }

  // Which text frame i is in: the "file", what the script gave to "eval", or what was parsed by "other" means.
  function textOf(frames, i) {
    const { name, bare } = frames[i];
    if (!bare && name !== "<eval>") return "file";
    const next = frames[i + 1];
    if (next === undefined || next.below) return "file";
    const caller = frames[i + 2];
    if (next.native && next.name === "eval" && (caller === undefined || caller.host)) return "file";
    return bare ? "other" : "eval";
  }

  // The frames of constructors that only made the error: Node's stacks begin where `new` was said.
  function constructors(error, frames) {
    try {
      const { name } = error.constructor;
      for (let i = 0; i < frames.length && !frames[i].native && i < 5; i++) {
        if (frames[i].name === name) return i + 1;
      }
    } catch {
      // a getter that throws, or no constructor
    }
    return 0;
  }

  function shown(frame, isFile) {
    const { name, script } = frame;
    const place = isFile ? script.name : "<anonymous>";
    const line = isFile ? frame.lineInFile : frame.line;
    const column = isFile ? columnIn(script.source, line, frame.column) : frame.column;
    const at = place + (line > 0 ? ":" + line : "") + (line > 0 && column > 0 ? ":" + column : "");
    const unnamed = name === "" || name === "<eval>" || name === "<anonymous>" || name === "anonymous";
    return "    at " + (unnamed ? at : name + " (" + at + ")");
  }

  // Stack text with the author's frames only; any text that is not the engine's stays as it is.
  function clean(text, error) {
    const frames = framesOf(text);
    if (frames.foreign) return text;
    let out = "";
    for (let i = error === undefined ? 0 : constructors(error, frames); i < frames.length; i++) {
      const frame = frames[i];
      if (frame.native || frame.host || frame.bare) continue;
      out += (out === "" ? "" : "\n") + shown(frame, textOf(frames, i) !== "eval");
    }
    return out;
  }

  function withHeader(error, text) {
    const frames = clean(text, error);
    const header = ErrorPrototypeToString(error);
    return frames === "" ? header : header + "\n" + frames;
  }

  // Where an error arose: script, line and column, 0 where unknown, of the innermost frame in the author's files; and
  // the function of the language, called there, that it arose in, "" where it was none.
  function place(error, stackOf) {
    const found = { __proto__: null, script: scripts.length - 1, line: 0, column: 0, within: "", stack: "" };
    try {
      if (error === null || typeof error !== "object") return found;
      const text = stackOf(error);
      const frames = framesOf(text);
      found.stack = clean(text, error);
      const frame = innermost(frames, constructors(error, frames));
      if (frames.length > 0 && frames[0].native) found.within = frames[0].name;
      if (frame === undefined) return found;
      for (found.script = 0; scripts[found.script] !== frame.script; ) found.script++;
      found.line = frame.lineInFile;
      found.column = columnIn(frame.script.source, found.line, frame.column);
    } catch {
      // a stack or a getter that throws: no place to show
    }
    return found;
  }

  // The first frame, from frame i on, that is in an author's file and has a line.
  function innermost(frames, i) {
    for (; i < frames.length; i++) {
      const frame = frames[i];
      if (!(frame.native || frame.host || frame.line === 0) && textOf(frames, i) === "file") return frame;
    }
    return undefined;
  }

  // The script and the line that a stack's innermost frame is in.
  function caller(text) {
    const frame = innermost(framesOf(text), 0);
    const { name } = (frame && frame.script) || scripts[scripts.length - 1] || nowhere;
    return { __proto__: null, name, line: frame === undefined ? 0 : frame.lineInFile };
  }

  return { __proto__: null, clean, withHeader, place, caller };
}
