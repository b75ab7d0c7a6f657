// setTimeout and its family: the callbacks live here, the clock in Python.
function bindTimers(host) {
  "use strict";
  const {
    Map, MapPrototypeDelete, MapPrototypeGet, MapPrototypeSet, Number, ObjectDefineProperty, PromisePrototypeThen,
    PromiseResolve, String, SymbolToPrimitive, TypeError,
  } = host.primordials;
  const longest = 2147483647;
  const armed = new Map();

  class Timeout {
    #callback;
    #args;
    #delay;
    #repeat;
    #kept = true;
    #closed = false;
    #id = 0;
    constructor(callback, delay, repeat, args) {
      mustBeFunction(callback);
      this.#callback = callback;
      this.#args = args;
      this.#delay = delayOf(delay);
      this.#repeat = repeat;
      this.#arm();
    }
    ref() {
      return this.#keep(true);
    }
    unref() {
      return this.#keep(false);
    }
    hasRef() {
      return this.#kept;
    }
    // As in Node, this also starts one again that has fired, but none that was cleared.
    refresh() {
      this.#disarm();
      if (!this.#closed) this.#arm();
      return this;
    }
    close() {
      this.#closed = true;
      this.#disarm();
      return this;
    }
    [SymbolToPrimitive]() {
      return this.#id;
    }
    static clear(timer) {
      timer.#closed = true;
      timer.#disarm();
    }
    static fire(timer) {
      if (!timer.#repeat) MapPrototypeDelete(armed, timer.#id);
      host.enter(timer.#callback, timer, timer.#args);
      if (timer.#repeat && timer.#isArmed()) timer.#arm();
    }
    // A timer keeps its number for life, so that clearTimeout(+timer) works from within its own callback.
    #arm() {
      this.#id = host.call("timer_start", [this.#id, this.#delay, this.#kept]);
      MapPrototypeSet(armed, this.#id, this);
    }
    #disarm() {
      const was = this.#isArmed();
      if (was) {
        MapPrototypeDelete(armed, this.#id);
        host.call("timer_stop", this.#id);
      }
      return was;
    }
    #keep(kept) {
      this.#kept = kept;
      if (this.#isArmed()) host.call("timer_keep", [this.#id, kept]);
      return this;
    }
    #isArmed() {
      return MapPrototypeGet(armed, this.#id) === this;
    }
  }
  // Out of reach for scripts, which get at the class by `timer.constructor`.
  const { clear: clearOne, fire } = Timeout;
  delete Timeout.clear;
  delete Timeout.fire;

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

  function clear(timer) {
    if (typeof timer === "number" || typeof timer === "string") timer = MapPrototypeGet(armed, Number(timer));
    try {
      clearOne(timer);
    } catch {
      // no timer: Node lets it pass as well
    }
  }

  host.expose("setTimeout", function setTimeout(callback, delay, ...args) {
    return new Timeout(callback, delay, false, args);
  });
  host.expose("setInterval", function setInterval(callback, delay, ...args) {
    return new Timeout(callback, delay, true, args);
  });
  host.expose("clearTimeout", function clearTimeout(timer) {
    clear(timer);
  });
  host.expose("clearInterval", function clearInterval(timer) {
    clear(timer);
  });
  host.expose("queueMicrotask", function queueMicrotask(callback) {
    mustBeFunction(callback);
    const settled = PromiseResolve();
    // Then `then` asks no constructor that a script may have replaced.
    ObjectDefineProperty(settled, "constructor", { __proto__: null, value: undefined });
    PromisePrototypeThen(settled, () => {
      host.enter(callback, undefined, []);
    });
  });

  host.fire = (id) => {
    const timer = MapPrototypeGet(armed, id);
    if (timer !== undefined) fire(timer);
  };
}
