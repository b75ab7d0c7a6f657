// The JavaScript side of the bridge: evaluated before the author's script, it keeps the one native function to
// itself, hands the bindings their `host`, and returns the driver that Python calls. Only strings cross.
(function (primordials, bindings) {
  "use strict";
  const {
    ArrayIsArray, BooleanPrototypeValueOf, Error, JSONParse, JSONStringify, NumberIsFinite, NumberPrototypeValueOf,
    ObjectDefineProperty, ObjectPrototype, ObjectPrototypeHasOwnProperty, ObjectPrototypeToString,
    PromisePrototypeThen, ReflectApply, RegExpPrototypeExec, String, StringPrototypeSlice, StringPrototypeValueOf,
    indirectEval,
  } = primordials;

  const native = globalThis.__jsnpy_native;
  const nativeWrite = globalThis.__jsnpy_write;
  delete globalThis.__jsnpy_native;
  delete globalThis.__jsnpy_write;

  // What the engine's binding would cut short (NUL) or refuse (a lone surrogate; telling pairs apart costs more).
  const unsafe = /[\0\ud800-\udfff]/;

  // quickjs-ng keeps the sum of long strings in parts, which its binding cannot convert; String() joins them.
  function whole(text) {
    return text.length > 128 ? String(text) : text;
  }

  const encode = makeEncoder();
  const host = {
    primordials,
    encode,
    call(op, value) {
      return answer(native(op, whole(encode(value))));
    },
    write(stream, text) {
      text = whole(text);
      if (RegExpPrototypeExec(unsafe, text) === null) nativeWrite(stream, text);
      else native("write", whole(encode([stream, text])));
    },
    expose(name, value) {
      ObjectDefineProperty(globalThis, name, {
        __proto__: null, value, writable: true, enumerable: false, configurable: true,
      });
    },
    load(name) {
      return indirectEval(host.call("load", name));
    },
    formatStack(text) {
      return host.call("frames", String(text));
    },
    // Calls the author's code from the host: a throw ends the run, a promise that comes back is watched.
    enter(callback, thisValue, args) {
      try {
        watch(ReflectApply(callback, thisValue, args), "callback");
      } catch (error) {
        fail("threw", error);
      }
    },
    inspect: null, // console.js sets it
    fire: null, // timers.js sets it: runs the timer of that number
  };

  function answer(text) {
    const reply = JSONParse(text);
    if (reply[0] === 1) throw new Error(reply[1]);
    return reply[1];
  }

  // JSON text of any value a script passes, made without running toJSON and without trusting any prototype. What
  // JSON has not is named: {"$foreign": "Date"}, {"$foreign": "throws: ..."}.
  function makeEncoder() {
    const deepest = 100;

    function foreign(what) {
      return '{"$foreign":' + JSONStringify(what) + "}";
    }

    function encodeArray(value, path) {
      let text = "[";
      for (let i = 0; i < value.length; i++) {
        text += (i ? "," : "") + encodeAny(value[i], path);
      }
      return text + "]";
    }

    function encodeObject(value, path) {
      let text = "{";
      for (const key in value) {
        // What a script planted in Object.prototype belongs to no object in particular.
        if (!ObjectPrototypeHasOwnProperty(value, key) && ObjectPrototypeHasOwnProperty(ObjectPrototype, key)) continue;
        let member;
        try {
          member = encodeAny(value[key], path);
        } catch (error) {
          member = foreign("throws: " + describe(error));
        }
        text += (text === "{" ? "" : ",") + JSONStringify(key) + ":" + member;
      }
      return text + "}";
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
          return "null";
        case "object":
          return value === null ? "null" : encodeThing(value, path);
        default:
          return foreign(typeof value);
      }
    }

    function encodeThing(value, path) {
      if (path.length > deepest) return foreign("nested too deeply");
      for (let i = 0; i < path.length; i++) if (path[i] === value) return foreign("circular");
      const inner = { __proto__: null, length: path.length + 1 };
      for (let i = 0; i < path.length; i++) inner[i] = path[i];
      inner[path.length] = value;
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

    return function encode(value) {
      try {
        return encodeAny(value, { __proto__: null, length: 0 });
      } catch (error) {
        return foreign("throws: " + describe(error));
      }
    };
  }

  function describe(value) {
    try {
      return String(value);
    } catch {
      return "a value that cannot be shown";
    }
  }

  // How the run stands. The error itself is kept, to be described when there is memory and stack for it again.
  let failure = null;
  let waiting = false;

  function fail(kind, error) {
    if (failure !== null) return;
    failure = { __proto__: null, kind, error };
    native("stop", "null");
  }

  function watch(value, what) {
    if (value === null || typeof value !== "object") return;
    const last = what === "last value";
    try {
      PromisePrototypeThen(
        value,
        () => { if (last) waiting = false; },
        (error) => {
          if (last) waiting = false;
          fail("rejected", error);
        },
      );
      if (last) waiting = true;
    } catch {
      // no promise, or one whose constructor throws: nothing to wait for
    }
  }

  function report() {
    const { kind, error } = failure;
    let stack = "";
    try {
      if (typeof error === "object" && error !== null) stack = String(error.stack);
    } catch {
      // a getter that throws: no place to show
    }
    let text;
    let isError = false;
    try {
      isError = error instanceof Error || ObjectPrototypeToString(error) === "[object Error]";
    } catch {
      // a proxy that throws is no Error
    }
    try {
      text = host.inspect ? host.inspect(error) : describe(error);
    } catch {
      text = describe(error);
    }
    return whole(encode({ __proto__: null, kind, text, stack, isError }));
  }

  for (let i = 0; i < bindings.length; i++) bindings[i](host);

  // The driver: Python's only way in. It returns "ok", "failed", "waiting", or the JSON text of a report.
  return function driver(task, text) {
    switch (task) {
      case "arg":
        host.expose("arg", JSONParse(text));
        return "ok";
      case "run":
        try {
          watch(indirectEval(JSONParse(text)), "last value");
        } catch (error) {
          failure = failure || { __proto__: null, kind: "threw", error };
        }
        break;
      case "timer":
        host.fire(JSONParse(text));
        break;
      case "report":
        return report();
      default:
        break;
    }
    return failure ? "failed" : waiting ? "waiting" : "ok";
  };
})
