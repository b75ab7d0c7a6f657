// state: the value of the config's state file; what became of it is handed over as the run ends.
function bindState(host) {
  "use strict";
  const undefinedValue = { __proto__: null, $foreign: "undefined" };
  const given = host.call("state_read", null);
  host.expose("state", given);
  const before = host.encode(given, true);

  // A script's own `let state` hides ours, which then stays as it was.
  host.finish = () => {
    let value;
    try {
      value = globalThis.state;
    } catch (error) {
      value = { __proto__: null, $foreign: "throws: " + String(error) };
    }
    if (value === undefined) value = undefinedValue;
    if (host.encode(value, true) !== before) host.call("state_change", value, true);
  };
}
