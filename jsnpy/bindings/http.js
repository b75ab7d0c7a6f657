// http_get(url, headers?), http_post(url, body?, headers?), http_request({ method, url, headers?, body?, timeout? }): the
// JavaScript side. They never throw.
function bindHttp(host) {
  "use strict";
  const { ObjectDefineProperty, String } = host.primordials;

  // Hands a request over, with how many arguments were passed that mean nothing beyond those that do.
  function ask(op, fields, args, taken) {
    let unused = 0;
    for (let i = taken; i < args.length; i++) {
      if (args[i] !== undefined) unused = i + 1 - taken;
    }
    try {
      return host.call(op, { __proto__: null, fields, taken, unused });
    } catch (error) {
      return { __proto__: null, status: 0, body: "", error: op + ": " + String(error.message), url: "", headers: {} };
    }
  }

  function withDetails(result, url, headers) {
    return ObjectDefineProperty(result, "details", {
      __proto__: null, value: { url, headers }, writable: true, configurable: true, enumerable: false,
    });
  }

  function fetch(op, request, args, taken) {
    const { status, body, error, url, headers } = ask(op, request, args, taken);
    return withDetails({ status, body, error }, url, headers);
  }

  host.expose("http_get", function http_get(url, headers) {
    return fetch("http_get", { __proto__: null, url, headers }, arguments, 2);
  });

  host.expose("http_post", function http_post(url, body, headers) {
    const request = { __proto__: null, url, body, headers };
    switch (typeof body) {
      case "number": case "boolean": case "bigint":
        request.body = String(body);
        break;
      default:
    }
    return fetch("http_post", request, arguments, 3);
  });

  host.expose("http_request", function http_request(request) {
    const { status, body, error, url, headers } = ask("http_request", request, arguments, 1);
    return withDetails({ status, body, error, headers }, url, headers);
  });
}
