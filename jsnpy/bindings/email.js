// send_email(config): the JavaScript side turns what the mail room answers into the result a script expects.
(function (host) {
  "use strict";
  const { ObjectDefineProperty } = host.primordials;

  host.expose("send_email", function send_email(config) {
    const { name, line } = host.caller();
    const { code, log, error, details } = host.call("send_email", [config, name, line]);
    return ObjectDefineProperty({ code, log, error }, "details", {
      __proto__: null, value: details, writable: true, configurable: true, enumerable: false,
    });
  });
})
