// The script's console, printing as Node 20 prints without colours. Strings and numbers are written straight away;
// the formatter (format.js) is loaded when the first value needs it.
function bindConsole(host) {
  "use strict";
  const {
    DateNow, Map, MapPrototypeDelete, MapPrototypeGet, MapPrototypeHas, MapPrototypeSet, MathFloor, NumberPrototypeToFixed,
    ObjectDefineProperty, Proxy, ReflectApply, ReflectConstruct, StringPrototypeIndexOf, StringPrototypePadStart,
    StringPrototypeSlice, SymbolToStringTag, WeakMap, WeakMapPrototypeSet,
  } = host.primordials;
  const OUT = 1;
  const ERR = 2;
  const counts = new Map();
  const timers = new Map();
  const targets = new WeakMap();
  let indentation = "";
  let loaded;

  // Node prints a proxy's target and runs no trap. JavaScript cannot look through a proxy, so targets are noted as
  // proxies are made: the global Proxy becomes a proxy of itself, which a script cannot tell from the original.
  const revocable = Proxy.revocable;
  Proxy.revocable = {
    revocable(target, handler) {
      const made = ReflectApply(revocable, Proxy, arguments);
      const { proxy, revoke } = made;
      WeakMapPrototypeSet(targets, proxy, target);
      made.revoke = {
        __proto__: null,
        revoke() {
          WeakMapPrototypeSet(targets, proxy, null);
          revoke();
        },
      }.revoke;
      return made;
    },
  }.revocable;
  ObjectDefineProperty(Proxy, "revocable", { __proto__: null, enumerable: false });
  const observed = new Proxy(Proxy, {
    __proto__: null,
    construct(original, args) {
      const proxy = ReflectConstruct(original, args);
      WeakMapPrototypeSet(targets, proxy, args[0]);
      return proxy;
    },
  });
  WeakMapPrototypeSet(targets, observed, Proxy);
  host.expose("Proxy", observed);

  function formatter() {
    if (loaded === undefined) loaded = host.load("bindings/console/format")(host, targets);
    return loaded;
  }

  // Whatever a value does when it is looked at, printing it never throws to the script.
  function guarded(method, a, b) {
    try {
      return formatter()[method](a, b);
    } catch {
      return "[value that cannot be shown]";
    }
  }

  // The values whose text is what adding them to a string makes of them. (Not -0, not what may run the script's code.)
  function isPlain(value) {
    switch (typeof value) {
      case "number":
        return value !== 0 || 1 / value > 0;
      case "boolean":
      case "string":
      case "undefined":
        return true;
      default:
        return value === null;
    }
  }

  function textOf(args) {
    const length = args.length;
    if (length === 0) return "";
    let line = args[0];
    if (typeof line !== "string") {
      if (!isPlain(line)) return guarded("format", args);
      line = "" + line;
    } else if (length > 1 && StringPrototypeIndexOf(line, "%") !== -1) return guarded("format", args);
    for (let i = 1; i < length; i += 1) {
      const value = args[i];
      if (typeof value !== "string" && !isPlain(value)) return guarded("format", args);
      line = line + " " + value;
    }
    return line;
  }

  function write(stream, line) {
    if (indentation !== "") line = indented(line);
    host.write(stream, line + "\n");
  }

  function indented(line) {
    let out = indentation;
    let start = 0;
    for (let end; (end = StringPrototypeIndexOf(line, "\n", start)) !== -1; start = end + 1) {
      out += StringPrototypeSlice(line, start, end + 1) + indentation;
    }
    return out + StringPrototypeSlice(line, start);
  }

  function labelOf(label) {
    if (label === undefined) return "default";
    return typeof label === "string" ? label : guarded("string", label);
  }

  function warn(text) {
    host.write(ERR, "Warning: " + text + "\n");
  }

  function elapsed(label, method) {
    const start = MapPrototypeGet(timers, label);
    if (start !== undefined) return label + ": " + duration(DateNow() - start);
    warn("No such label '" + label + "' for console." + method + "()");
    return undefined;
  }

  function duration(ms) {
    if (ms < 1000) return ms + "ms";
    if (ms < 60000) return NumberPrototypeToFixed(ms / 1000, 3) + "s";
    const hours = MathFloor(ms / 3600000);
    const minutes = MathFloor((ms % 3600000) / 60000);
    const seconds = StringPrototypePadStart(NumberPrototypeToFixed((ms % 60000) / 1000, 3), 6, "0");
    if (hours === 0) return minutes + ":" + seconds + " (m:ss.mmm)";
    return hours + ":" + StringPrototypePadStart("" + minutes, 2, "0") + ":" + seconds + " (h:mm:ss.mmm)";
  }

  const console = {
    log(...args) {
      write(OUT, textOf(args));
    },
    warn(...args) {
      write(ERR, textOf(args));
    },
    dir(value, options) {
      write(OUT, guarded("dir", value, options));
    },
    time(label) {
      label = labelOf(label);
      if (MapPrototypeHas(timers, label)) warn("Label '" + label + "' already exists for console.time()");
      else MapPrototypeSet(timers, label, DateNow());
    },
    timeEnd(label) {
      label = labelOf(label);
      const line = elapsed(label, "timeEnd");
      if (line === undefined) return;
      MapPrototypeDelete(timers, label);
      write(OUT, line);
    },
    timeLog(label, ...data) {
      const line = elapsed(labelOf(label), "timeLog");
      if (line === undefined) return;
      write(OUT, data.length === 0 ? line : line + " " + guarded("values", data));
    },
    trace(...args) {
      write(ERR, guarded("trace", args.length === 0 ? "" : textOf(args)));
    },
    assert(condition, ...args) {
      if (condition) return;
      if (args.length === 0) args = ["Assertion failed"];
      else args[0] = "Assertion failed: " + (typeof args[0] === "string" ? args[0] : guarded("string", args[0]));
      write(ERR, textOf(args));
    },
    clear() {},
    count(label) {
      label = labelOf(label);
      const count = (MapPrototypeGet(counts, label) || 0) + 1;
      MapPrototypeSet(counts, label, count);
      write(OUT, label + ": " + count);
    },
    countReset(label) {
      label = labelOf(label);
      if (!MapPrototypeDelete(counts, label)) warn("Count for '" + label + "' does not exist");
    },
    group(...label) {
      if (label.length > 0) write(OUT, textOf(label));
      indentation += "  ";
    },
    groupEnd() {
      indentation = StringPrototypeSlice(indentation, 2);
    },
    table(data, columns) {
      if (data === null || typeof data !== "object") write(OUT, textOf([data]));
      else write(OUT, guarded("table", data, columns));
    },
    debug(...args) {
      write(OUT, textOf(args));
    },
    info(...args) {
      write(OUT, textOf(args));
    },
    dirxml(...args) {
      write(OUT, textOf(args));
    },
    error(...args) {
      write(ERR, textOf(args));
    },
    groupCollapsed(...label) {
      if (label.length > 0) write(OUT, textOf(label));
      indentation += "  ";
    },
  };
  ObjectDefineProperty(console, SymbolToStringTag, { __proto__: null, configurable: true, value: "console" });
  host.expose("console", console);

  // For the text of an uncaught error.
  host.inspect = (value) => formatter().values([value]);
}
