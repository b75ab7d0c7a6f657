// What a script sees as an error's stack, and the scripts that stacks speak of. What reads the engine's stack texts
// (traces.js) is loaded when somebody looks at the first one.
function makeStacks(primordials, hostLines, load) {
  "use strict";
  const {
    Error, ErrorPrototype, ErrorPrototypeGetStack, InternalErrorPrototype, ObjectDefineProperty,
    ObjectGetOwnPropertyDescriptor, ReflectApply, RegExpPrototypeExec, String, StringPrototypeSlice,
  } = primordials;
  const topOfStack = 4000; // characters

  // The author's scripts. The engine has one name for all, so each begins on a line of its own number: below the line
  // of the host's that follows the one before it (see `evaluate` in prelude.js).
  const scripts = { __proto__: null, length: 0 };
  let loaded;

  function traces() {
    if (loaded === undefined) loaded = load("engine/traces")(primordials, hostLines, scripts);
    return loaded;
  }

  // Notes a script, and returns how many lines must be above it when it is evaluated. `followed` is whether the host
  // puts a line below it: of the last one, the lines need not be counted.
  function addScript(name, source, followed) {
    const before = scripts[scripts.length - 1];
    const above = before === undefined ? 0 : before.above + before.lines + 1;
    const lines = followed ? linesIn(source) : undefined;
    scripts[scripts.length++] = { __proto__: null, name, source, above, lines };
    return above;
  }

  function linesIn(source) {
    const lineEnd = /\r\n|[\n\r\u2028\u2029]/g;
    let lines = 1;
    while (RegExpPrototypeExec(lineEnd, source) !== null) lines++;
    return lines;
  }

  function stackOf(error) {
    if (ErrorPrototypeGetStack !== undefined) {
      const text = ErrorPrototypeGetStack(error);
      if (typeof text === "string") return text;
    }
    const { stack } = error;
    return typeof stack === "string" ? stack : "";
  }

  // Where the engine keeps the stack out of the error's own properties, a script can be shown a clean one.
  if (ErrorPrototypeGetStack !== undefined) {
    const original = ObjectGetOwnPropertyDescriptor(ErrorPrototype, "stack");
    const replaced = {
      __proto__: null,
      get stack() {
        const text = ErrorPrototypeGetStack(this);
        if (typeof text !== "string") return text;
        try {
          return traces().withHeader(this, text);
        } catch {
          return text;
        }
      },
      // The engine's takes strings alone, and makes a field of them that loops over the error find.
      set stack(value) {
        ObjectDefineProperty(this, "stack", { __proto__: null, value, writable: true, configurable: true });
      },
    };
    const { get, set } = ObjectGetOwnPropertyDescriptor(replaced, "stack");
    ObjectDefineProperty(ErrorPrototype, "stack", { __proto__: null, get, set });
    // The binding reads the stack of the engine's own errors at a moment when no script's code may run.
    ObjectDefineProperty(InternalErrorPrototype, "stack", { __proto__: null, get: original.get, set: original.set });
  }

  const { captureStackTrace } = Error;
  if (captureStackTrace !== undefined) {
    Error.captureStackTrace = {
      captureStackTrace(object, above) {
        ReflectApply(captureStackTrace, Error, above === undefined ? [object] : [object, above]);
        const stack = ObjectGetOwnPropertyDescriptor(object, "stack");
        if (stack === undefined || typeof stack.value !== "string") return;
        ObjectDefineProperty(object, "stack", { __proto__: null, value: traces().withHeader(object, stack.value) });
      },
    }.captureStackTrace;
  }

  return {
    __proto__: null,
    addScript,
    clean: (text) => traces().clean(String(text)),
    // Where an error arose; see traces.js.
    place: (error) => traces().place(error, stackOf),
    // Where the author's code is that called the host: the script's name, and its line or 0.
    caller() {
      // Of a deep recursion's stack the top is enough: all of it, at each of its calls, would take minutes.
      const text = StringPrototypeSlice(stackOf(new Error()), 0, topOfStack);
      try {
        return traces().caller(text);
      } catch {
        return { __proto__: null, name: "", line: 0 }; // no memory or stack left to look
      }
    },
  };
}
