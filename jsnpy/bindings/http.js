// http_get(url) and http_post(url, body, headers?): the JavaScript side. They never throw.
(function (host) {
  "use strict";
  const { ObjectDefineProperty, String } = host.primordials;

  function ask(op, request) {
    let answer;
    try {
      answer = host.call(op, request);
    } catch (error) {
      answer = { __proto__: null, status: 0, body: "", error: op + ": " + String(error.message), url: "", headers: {} };
    }
    const { status, body, error, url, headers } = answer;
    return ObjectDefineProperty({ status, body, error }, "details", {
      __proto__: null, value: { url, headers }, writable: true, configurable: true, enumerable: false,
    });
  }

  host.expose("http_get", function http_get(url) {
    return ask("http_get", { __proto__: null, url });
  });

  host.expose("http_post", function http_post(url, body, headers) {
    switch (typeof body) {
      case "number": case "boolean": case "bigint":
        return ask("http_post", { __proto__: null, url, body: String(body), headers });
      default:
        return ask("http_post", { __proto__: null, url, body, headers });
    }
  });
})
