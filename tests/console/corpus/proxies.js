//# proxy of an object
console.log(new Proxy({ a: 1 }, {}));
//# proxy of an array
console.log(new Proxy([1, 2], {}), [new Proxy([3], {})]);
//# proxy of a function
console.log(new Proxy(function f() {}, {}));
//# proxy of a class
class C {}
console.log(new Proxy(C, {}), new Proxy(new C(), {}));
//# proxy traps do not run
const traps = {};
for (const name of ["get", "has", "ownKeys", "getOwnPropertyDescriptor", "getPrototypeOf"]) {
  traps[name] = () => { throw new Error("trap " + name); };
}
console.log(new Proxy({ a: 1 }, traps), { p: new Proxy({ b: 2 }, traps) });
//# proxy that logs
console.log(new Proxy({ a: 1 }, { get(t, k) { console.log("get", String(k)); return t[k]; } }));
//# proxy of a proxy
console.log(new Proxy(new Proxy({ a: 1 }, {}), {}));
//# revoked
const r = Proxy.revocable({}, {});
r.revoke();
console.log(r.proxy, [r.proxy]);
//# revocable not revoked
console.log(Proxy.revocable({ a: 1 }, {}).proxy);
//# revoked with %s
const r2 = Proxy.revocable({}, {});
r2.revoke();
console.log("%O", r2.proxy);
//# proxy of a map
console.log(new Proxy(new Map([[1, 2]]), {}), new Proxy(new Set([1]), {}));
//# proxy of an error
console.log(new Proxy(new Error("p"), {}));
//# proxy of a date
console.log(new Proxy(new Date(0), {}), new Proxy(/x/, {}));
//# proxy of a typed array
console.log(new Proxy(new Uint8Array(2), {}));
//# Proxy itself
console.log(Proxy.name, Proxy.length, typeof Proxy, Proxy.prototype);
//# Proxy printed
console.log(Proxy, [Proxy]);
//# Proxy without new
try { Proxy({}, {}); } catch (e) { console.log(e instanceof TypeError); }
//# Proxy of nothing
try { new Proxy(1, {}); } catch (e) { console.log(e instanceof TypeError); }
//# proxy in the prototype chain
console.log(Object.create(new Proxy({}, {})));
//# proxy circular
const target = {};
target.self = new Proxy(target, {});
console.log(target);
//# proxy with %s
console.log("%s", new Proxy({ a: 1 }, {}));
//# proxy with custom inspection
console.log(new Proxy({ [Symbol.for("nodejs.util.inspect.custom")]() { return "custom"; } }, {}));
//# proxy in a table
console.table(new Proxy([{ a: 1 }], {}));
//# proxy works
const log = [];
const working = new Proxy({}, { get: (t, k) => String(k) + "!", set(t, k, v) { log.push(k); t[k] = v; return true; } });
working.x = 1;
console.log(working.y, log);
//# revoke makes a TypeError
const r3 = Proxy.revocable({}, {});
r3.revoke();
try { r3.proxy.x; } catch (e) { console.log(e instanceof TypeError); }
//# revocable keys
console.log(Object.keys(Proxy.revocable({}, {})), Object.keys(Proxy));
