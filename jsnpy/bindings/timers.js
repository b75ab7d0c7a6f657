// setTimeout and its family: the callbacks live here, the clock in Python.
(function (host) {
  "use strict";
  const {
    Map, MapPrototypeDelete, MapPrototypeGet, MapPrototypeSet, Number, ObjectDefineProperty, Promise, PromisePrototypeThen,
    PromiseResolve, ReflectApply, String, SymbolToPrimitive, TypeError,
  } = host.primordials;
  const longest = 2147483647;
  const armed = new Map();

  class Timeout {
    constructor(callback, delay, repeat, args) {
      const hidden = (name, value) => ObjectDefineProperty(this, name, { __proto__: null, value, writable: true });
      hidden("callback", callback);
      hidden("args", args);
      hidden("repeat", repeat);
      hidden("delay", delay);
      hidden("kept", true);
      hidden("id", 0);
      arm(this);
    }
    ref() {
      return keep(this, true);
    }
    unref() {
      return keep(this, false);
    }
    hasRef() {
      return this.kept;
    }
    refresh() {
      if (MapPrototypeGet(armed, this.id) === this) {
        disarm(this.id);
        arm(this);
      }
      return this;
    }
    close() {
      disarm(this.id);
      return this;
    }
    [SymbolToPrimitive]() {
      return this.id;
    }
  }

  function arm(timer) {
    // A timer keeps its number for life, so that clearTimeout(+timer) works from within its own callback.
    timer.id = host.call("timer_start", [timer.id, timer.delay, timer.kept]);
    MapPrototypeSet(armed, timer.id, timer);
  }

  function disarm(id) {
    if (MapPrototypeDelete(armed, id)) host.call("timer_stop", id);
  }

  function keep(timer, kept) {
    timer.kept = kept;
    if (MapPrototypeGet(armed, timer.id) === timer) host.call("timer_keep", [timer.id, kept]);
    return timer;
  }

  // Node's rule: less than 1 ms, more than 2^31-1 ms or no number at all is 1 ms.
  function delayOf(value) {
    const delay = Number(value);
    if (delay > longest) host.call("timer_overflow", String(value));
    return delay >= 1 && delay <= longest ? delay - (delay % 1) : 1;
  }

  function mustBeFunction(callback) {
    if (typeof callback === "function") return;
    const received = host.inspect ? host.inspect(callback) : String(callback);
    throw new TypeError(`The "callback" argument must be of type function. Received ${received}`);
  }

  function start(callback, delay, repeat, args) {
    mustBeFunction(callback);
    return new Timeout(callback, delayOf(delay), repeat, args);
  }

  function clear(timer) {
    if (timer instanceof Timeout) disarm(timer.id);
    else if (typeof timer === "number" || typeof timer === "string") disarm(Number(timer));
  }

  host.expose("setTimeout", function setTimeout(callback, delay, ...args) {
    return start(callback, delay, false, args);
  });
  host.expose("setInterval", function setInterval(callback, delay, ...args) {
    return start(callback, delay, true, args);
  });
  host.expose("clearTimeout", function clearTimeout(timer) {
    clear(timer);
  });
  host.expose("clearInterval", function clearInterval(timer) {
    clear(timer);
  });
  host.expose("queueMicrotask", function queueMicrotask(callback) {
    mustBeFunction(callback);
    PromisePrototypeThen(ReflectApply(PromiseResolve, Promise, []), () => host.enter(callback, undefined, []));
  });

  host.fire = (id) => {
    const timer = MapPrototypeGet(armed, id);
    if (timer === undefined) return;
    if (!timer.repeat) MapPrototypeDelete(armed, id);
    host.enter(timer.callback, timer, timer.args);
    if (timer.repeat && MapPrototypeGet(armed, id) === timer) arm(timer);
  };
})
