// exit(code): ends the run at once; nothing of the script runs any more, no catch, no finally, no timer.
function bindProcess(host) {
  "use strict";
  const { Number } = host.primordials;

  host.expose("exit", function exit(code) {
    const number = code === undefined ? 0 : Number(code);
    if (host.finish !== null) host.finish();
    host.call("exit", number);
  });
}
