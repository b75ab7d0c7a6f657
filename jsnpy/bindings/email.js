// send_email(config): the JavaScript side turns what the mail room answers into the result a script expects.
function bindEmail(host) {
  "use strict";
  const { ObjectDefineProperty } = host.primordials;

  let depth = 0;

  // Where the script stands is not asked far within other calls (from getters of their configs): in a deep recursion
  // of such calls the engine would write down a deep stack at each.
  function sent(config) {
    if (config === undefined) config = { __proto__: null, $foreign: "undefined" }; // in a list it would cross as null
    if (depth > 2) return host.call("send_email", [config, "", 0]);
    const { name, line } = host.caller();
    depth++;
    try {
      return host.call("send_email", [config, name, line]);
    } finally {
      depth--;
    }
  }

  host.expose("send_email", function send_email(config) {
    const { code, log, error, details } = sent(config);
    return ObjectDefineProperty({ code, log, error }, "details", {
      __proto__: null, value: details, writable: true, configurable: true, enumerable: false,
    });
  });
}
