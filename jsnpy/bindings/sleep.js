// sleep(ms): the script waits where it stands; no timer and no promise job runs meanwhile.
function bindSleep(host) {
  "use strict";
  const { Number } = host.primordials;
  const longest = 1e12;

  host.expose("sleep", function sleep(ms) {
    const time = Number(ms);
    if (time > 0) host.call("sleep", time < longest ? time : longest);
  });
}
