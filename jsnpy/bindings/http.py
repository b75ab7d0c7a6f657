"""http_get, http_post and http_request: what a script passes, made into a fetch, and its answer into their result."""

from __future__ import annotations

import time

from jsnpy import __version__
from jsnpy.text import did_you_mean, kind, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from jsnpy import web
    from jsnpy.bindings.host import Host
    from jsnpy.engine import Native

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_METHODS = {"http_get": "GET", "http_post": "POST", "http_request": None}
_FIELDS = ("method", "url", "headers", "body", "timeout")
_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))  # without one, they say that it is empty
_READING = frozenset(("GET", "HEAD"))
_BODY_SHOWN = 16 * 1024  # characters of a request that a dry run shows
_SECRET = ("auth", "cookie", "key", "token", "secret", "pass")  # in names of headers


def natives(host: Host) -> dict[str, Native]:
    """Return what http.js calls: what a script passed in, {status, body, error, url, headers} out."""

    def native(op: str, method: str | None) -> Native:
        return lambda given: fetch(op, method, given, host)

    return {op: native(op, method) for op, method in _METHODS.items()}


def fetch(op: str, method: str | None, given: Mapping[str, Any], host: Host) -> dict[str, Any]:
    """Carry out a script's request; never raises. A dry run and a probe show what would change something.

    Args:
        op: the function that the script called.
        method: of the request, None where it is among what is given.
        given: `fields`: url, headers (lines or an object), body (text), timeout (seconds, 30 without); `taken` is how
            many arguments the function takes, `unused` how many more the script passed.
        host: the run it belongs to.

    Returns:
        status (0 when the transfer failed), body, error ("" when it did not), url and headers of the answer.
    """
    from jsnpy import web

    host.output.flush()
    request = None
    begun = None
    start = time.monotonic()
    try:
        request, timeout = _request(method, given)
        if (host.dry_run or host.probe) and request.method not in _READING:
            host.output.show(_shown(op, request, host.redactor.scrub))
            answer = web.Answer(status=200, body="", url=str(request.url), headers={})
        else:
            begun = request.url
            answer = web.fetch(request, insecure=host.insecure, deadline=host.deadline, timeout=timeout)
    except (web.WebError, _ArgumentError) as error:
        words = host.redactor.scrub(f"{op}: {error}")
        where = str(request.url) if request else ""
        return {"status": 0, "body": "", "error": words, "url": where, "headers": {}}
    finally:
        if host.insecure and request and begun:
            # A redirect may have led to another place.
            for peer in {one.peer: None for one in (begun, request.url) if one.scheme == "https"}:
                host.output.warn(f"certificates are not verified (--insecure): {peer} could be anybody")
    where, query, _ = answer.url.partition("?")  # which may hold a key
    host.output.info(f"{op} {where}{query and '?…'} returned {answer.status} after {seconds(time.monotonic() - start)}")
    return {
        "status": answer.status,
        "body": answer.body,
        "error": "",
        "url": answer.url,
        "headers": answer.headers,
    }


class _ArgumentError(Exception):
    """An argument that no request can be made of."""


def _request(method: str | None, given: Mapping[str, Any]) -> tuple[web.Request, float | None]:
    """Return the request that a script means, and its timeout; raise for whatever cannot be used."""
    from jsnpy import web

    if "fields" not in given:  # no stack was left to write the call down, and this says so
        given = {"fields": given, "taken": 0, "unused": 0}
    taken, unused = given["taken"], given["unused"]
    if unused:
        takes = f"{taken} argument" + "s" * (taken > 1)
        raise _ArgumentError(f"takes {takes} and was given {taken + unused}: the rest would not be used")
    fields = _fields(given["fields"])
    method = method or _method(fields.get("method"))
    body = _text(fields.get("body"))
    if body is None and method in _WITH_BODY:
        body = ""
    timeout = _timeout(fields.get("timeout"))
    url, headers = _url(fields.get("url")), list(_headers(fields.get("headers")))
    return web.Request(method, url, body, headers, f"jsnpy/{__version__}"), timeout


def _fields(given: object) -> Mapping[str, object]:
    if not isinstance(given, dict) or "$foreign" in given:
        raise _ArgumentError(f"needs an object {{ method, url, headers, body, timeout }}, not {kind(given)}")
    for name in given:
        if name not in _FIELDS:
            meant = did_you_mean(name, _FIELDS)
            raise _ArgumentError(f"{name!r} would not be used" + (f": did you mean {meant}?" if meant else ""))
    return given


def _method(value: object) -> str:
    method = value.upper() if isinstance(value, str) else ""
    if method not in METHODS:
        given = "missing" if value is None else f"{value!r}" if isinstance(value, str) else kind(value)
        raise _ArgumentError(f"the method must be one of {', '.join(METHODS)}, and is {given}")
    return method


def _timeout(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise _ArgumentError(f"the timeout must be a number of seconds above 0, not {_shown_number(value)}")
    return float(min(value, 1e9))


def _shown_number(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else kind(value)


def _url(value: object) -> str:
    if not isinstance(value, str):
        raise _ArgumentError(f"the URL must be a string, not {_undefined(value)}")
    return value


def _undefined(value: object) -> str:
    return "undefined or null" if value is None else kind(value)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise _ArgumentError(f"the body must be a string, not {kind(value)}: for JSON, pass JSON.stringify(...)")


def _headers(value: object) -> Iterator[str | tuple[str, str]]:
    """Yield each header of "Name: value" lines, or of an object, where an array gives a name several times."""
    if isinstance(value, list):
        for number, line in enumerate(value):
            if not isinstance(line, str):
                raise _ArgumentError(f'headers[{number}] must be a "Name: value" string, not {_undefined(line)}')
            yield line
    elif isinstance(value, dict) and "$foreign" not in value:
        for name, one in value.items():
            for text in one if isinstance(one, list) else [one]:
                if isinstance(text, bool) or not isinstance(text, str | int | float):
                    raise _ArgumentError(f"the header {name[:40]!r} must be a string, not {_undefined(text)}")
                yield name, text if isinstance(text, str) else _number(text)
    elif value is not None:
        raise _ArgumentError(f'headers must be an array of "Name: value" strings or an object, not {kind(value)}')


def _number(value: float) -> str:
    from jsnpy.smtp.values import js_number

    return js_number(value)


def _shown(op: str, request: web.Request, scrub: Callable[[str], str]) -> str:
    """Return a request as a dry run shows it; credentials stay out of sight."""
    lines = [scrub(f"{op}, not sent: {request.method} {request.url}")]
    for name, value in request.headers:
        hidden = any(word in name.lower() for word in _SECRET)
        if value:
            lines.append(f"{name}: {'[redacted]' if hidden else scrub(value.encode('latin-1').decode())}")
    body = scrub((request.body or b"").decode())  # before the cut, which could leave half a secret
    more = f"\n[{len(body) - _BODY_SHOWN} more characters]" if len(body) > _BODY_SHOWN else ""
    return "\n".join([*lines, "", body[:_BODY_SHOWN] + more])
