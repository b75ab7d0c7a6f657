(function (host) {
  "use strict";
  host.expose("console", {
    log(...args) { host.write(1, args.join(" ") + "\n"); },
    error(...args) { host.write(2, args.join(" ") + "\n"); },
  });
})
