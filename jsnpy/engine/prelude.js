// The JavaScript side of the bridge: evaluated before the author's script, it keeps the native functions to itself,
// hands the bindings their `host`, and returns the driver that Python calls. Only strings cross.
function prelude(hostLines, makePrimordials, makeEncoder, makeStacks) {
  "use strict";
  const primordials = makePrimordials();
  const {
    Error, JSONParse, JSONStringify, Map, MapIteratorPrototypeNext, MapPrototypeDelete, MapPrototypeEntries,
    MapPrototypeSet, ObjectDefineProperty, ObjectPrototypeToString, PromisePrototypeThen, ReflectApply,
    ReflectConstruct, RegExpPrototypeExec, String, StringPrototypeIndexOf, StringPrototypeIsWellFormed,
    StringPrototypeRepeat, StringPrototypeSlice, StringPrototypeStartsWith, SymbolToPrimitive, TypeError, indirectEval,
  } = primordials;

  const native = globalThis.__jsnpy_native;
  const nativeWrite = globalThis.__jsnpy_write;
  let disarm = globalThis.__jsnpy_disarm;
  delete globalThis.__jsnpy_native;
  delete globalThis.__jsnpy_write;
  delete globalThis.__jsnpy_disarm;

  const isWellFormed =
    StringPrototypeIsWellFormed || ((text) => RegExpPrototypeExec(/[\ud800-\udfff]/, text) === null);
  const longest = 1e6;

  // Nothing of the script reaches Python any more once the run is over. The guard is on this side because Python's
  // is too late: while the binding makes text of an error that it is handed, any native call aborts the process.
  let over = false;
  let ended = false;

  // quickjs-ng keeps the sum of long strings in parts, which its binding cannot convert; String() joins them.
  function whole(text) {
    return text.length > 128 ? String(text) : text;
  }

  // A file of the host's own that is not needed by every script: what its text evaluates to.
  function load(name) {
    if (stopped() && !reporting) return undefined;
    return indirectEval(StringPrototypeRepeat("\n", hostLines) + "0," + answer(native("load", JSONStringify(name))));
  }

  const encode = makeEncoder(primordials, describe);
  const stacks = makeStacks(primordials, hostLines, load);
  const host = {
    primordials,
    encode,
    call(op, value, omitting) {
      const text = whole(encode(value, omitting));
      return stopped() ? null : answer(native(op, text));
    },
    write(stream, text) {
      if (stopped()) return;
      text = whole(text);
      // The engine's binding would cut text short at a NUL, and refuse a lone surrogate.
      if (StringPrototypeIndexOf(text, "\0") === -1 && isWellFormed(text)) {
        if (nativeWrite(stream, text)) end();
      } else answer(native("write", whole(encode([stream, text]))));
    },
    expose(name, value) {
      ObjectDefineProperty(globalThis, name, {
        __proto__: null, value, writable: true, enumerable: false, configurable: true,
      });
    },
    load,
    // Calls the author's code from the host: a throw ends the run, and so does a promise that comes back rejected.
    enter(callback, thisValue, args) {
      try {
        const value = ReflectApply(callback, thisValue, args);
        if (rejections === null) watch(value);
      } catch (error) {
        fail("threw", error);
      }
    },
    formatStack: stacks.clean,
    caller: stacks.caller,
    inspect: null, // console.js sets it: any value as text
    fire: null, // timers.js sets it: runs the timer of that number
    finish: null, // state.js sets it: called as the script ends by itself, or by exit()
  };

  // A reply is an array, as own indices are all that a script cannot have changed: [0, value], [1, message of an
  // error] or [2], the script is to end here.
  function answer(text) {
    const reply = JSONParse(text);
    if (reply[0] === 1) throw new Error(reply[1]);
    if (reply[0] === 2) end();
    return reply[1];
  }

  // The interrupt that ends the script is armed, and strikes at one of the next calls or turns of a loop.
  function end() {
    over = true;
    ended = true;
    for (let i = 0; i < longest; i++);
  }

  function stopped() {
    if (ended) end();
    return over;
  }

  function describe(value) {
    try {
      return String(value);
    } catch {
      return "a value that cannot be shown";
    }
  }

  // How the run stands. The error itself is kept, to be described when there is memory and stack for it again.
  const failure = { __proto__: null, kind: "", error: undefined };
  let reporting = false;

  // Where the engine tells of rejections: the promises nobody has handled so far, oldest first, with their reasons.
  let rejections = null;
  // The script's last value, and whether it is a promise that is still to settle.
  let last;
  let waiting = false;

  function fail(kind, error) {
    if (failure.kind !== "") return;
    failure.kind = kind;
    failure.error = error;
    over = true;
    try {
      native("stop", "null");
    } catch {
      // no memory to say it with: the driver's answer says it too
    }
  }

  // Whether the value is a promise: then `settled` is called with an error, or with nothing.
  function follow(value, settled) {
    if (value === null || typeof value !== "object") return false;
    try {
      PromisePrototypeThen(value, () => settled(), (error) => settled(error, true));
      return true;
    } catch {
      return false; // or one whose constructor throws: nothing to wait for
    }
  }

  // Runs scripts, each [name, source], one after the other; returns the last one's value. A line below each but the
  // last evaluates those that follow within its scope, so that its `const`, `let` and `class` are seen there. Not where
  // it is strict: they would be strict too.
  function evaluate(scripts) {
    const goOn =
      "\n;while (typeof __jsnpy_next === 'function' && (function () { return this })()) eval(__jsnpy_next())";
    let at = 0;
    function next() {
      delete globalThis.__jsnpy_next;
      const script = scripts[at++];
      let source = script[1];
      const above = stacks.addScript(script[0], source, at < scripts.length);
      // Only what stands first may begin so; it is a comment to the end of its line, as `//` is.
      if (above > 0 && StringPrototypeStartsWith(source, "#!")) source = "//" + StringPrototypeSlice(source, 2);
      // The engine knows the numbers of its lines by those above it.
      source = StringPrototypeRepeat("\n", above) + source;
      if (at === scripts.length) return source;
      host.expose("__jsnpy_next", next);
      return source + goOn;
    }
    let value = indirectEval(next());
    while (at < scripts.length) value = indirectEval(next());
    return value;
  }

  // Where the engine does not tell of rejections, some can be seen from here.
  function watch(value) {
    return follow(value, (error, rejected) => {
      if (value === last) waiting = false;
      if (rejected) fail("rejected", error);
    });
  }

  function settle() {
    // To follow a promise is to handle it. So it is done when nothing of the script can run any more.
    waiting = follow(last, () => {
      waiting = false;
    });
  }

  function standing() {
    if (rejections !== null && failure.kind === "") {
      const first = MapIteratorPrototypeNext(MapPrototypeEntries(rejections));
      if (!first.done) fail("rejected", first.value[1]);
    }
    return failure.kind !== "" ? "failed" : waiting ? "waiting" : "ok";
  }

  function report() {
    const { kind, error } = failure;
    const { script, line, column, within, stack } = stacks.place(error);
    let text;
    let isError = false;
    try {
      isError = error instanceof Error || ObjectPrototypeToString(error) === "[object Error]";
    } catch {
      // a proxy that throws is no Error
    }
    try {
      text = host.inspect === null ? describe(error) : host.inspect(error);
    } catch {
      text = describe(error);
    }
    return whole(encode({ __proto__: null, kind, text: String(text), isError, script, line, column, within, stack }));
  }

  // The binding makes text of errors that leave JavaScript: of the engine's own only (out of memory, interrupted),
  // as all others are caught. No code of the script's may run then.
  ObjectDefineProperty(primordials.InternalErrorPrototype, SymbolToPrimitive, {
    __proto__: null,
    value: function () {
      return "InternalError: " + this.message;
    },
  });

  // A registry's callbacks run as jobs of their own, and what they throw would leave JavaScript.
  function guardRegistry(Original) {
    function FinalizationRegistry(callback) {
      if (new.target === undefined) throw new TypeError("constructor requires 'new'");
      const guarded = typeof callback === "function" ? (held) => host.enter(callback, undefined, [held]) : callback;
      return ReflectConstruct(Original, [guarded], new.target);
    }
    FinalizationRegistry.prototype = Original.prototype;
    ObjectDefineProperty(Original.prototype, "constructor", { __proto__: null, value: FinalizationRegistry });
    host.expose("FinalizationRegistry", FinalizationRegistry);
  }
  if (globalThis.FinalizationRegistry !== undefined) guardRegistry(globalThis.FinalizationRegistry);

  for (let i = 4; i < arguments.length; i++) arguments[i](host); // the bindings

  // The driver: Python's only way in. It returns "ok", how the script stands ("state": "ok", "failed" or "waiting") or
  // the JSON text of a report. The engine's own calls bring a promise and, where it was rejected, the reason.
  return function driver(task, text, reason) {
    switch (task) {
      case 0:
        MapPrototypeSet(rejections, text, reason);
        return undefined;
      case 1:
        MapPrototypeDelete(rejections, text);
        return undefined;
      case "listen":
        rejections = new Map();
        return "ok";
      case "lost":
        fail("rejected", new Error("a promise was rejected, and no stack or memory was left to keep the reason"));
        return "failed";
      case "stop":
        over = true;
        return "ok";
      case "release":
        disarm = null;
        return "ok";
      case "arg":
        host.expose("arg", JSONParse(text));
        return "ok";
      case "run":
        try {
          last = evaluate(JSONParse(text));
          if (rejections === null) waiting = watch(last);
        } catch (error) {
          fail("threw", error);
        }
        break;
      case "timer":
        host.fire(JSONParse(text));
        break;
      case "settle":
        if (rejections !== null) settle();
        break;
      case "finish":
        if (host.finish !== null) host.finish();
        break;
      case "report":
        reporting = true;
        try {
          return report();
        } finally {
          reporting = false;
        }
      default:
        return standing();
    }
    return "ok";
  };
}
