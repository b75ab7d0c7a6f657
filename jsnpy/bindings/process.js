// exit(code): ends the run at once; nothing of the script runs any more, no catch, no finally, no timer.
(function (host) {
  "use strict";
  const { Number } = host.primordials;

  host.expose("exit", function exit(code) {
    host.call("exit", code === undefined ? 0 : Number(code));
  });
})
