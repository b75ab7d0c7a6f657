"""http_get and http_post: what a script passes, made into a fetch, and its answer made into their result."""

from jsnpy import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from jsnpy import web
    from jsnpy.engine import Native
    from jsnpy.runner import Run

_BODY_SHOWN = 16 * 1024  # characters of a POST that the dry run shows


def natives(run: "Run") -> "dict[str, Native]":
    """Return what http.js calls: {url, body, headers} in, {status, body, error, url, headers} out."""
    return {
        "http_get": lambda given: http_get(given.get("url"), run),
        "http_post": lambda given: http_post(given.get("url"), given.get("body"), given.get("headers"), run),
    }


def http_get(url: object, run: "Run") -> "dict[str, Any]":
    """Fetch a URL with GET; never raises.

    Args:
        url: what the script passed.
        run: the run it belongs to.

    Returns:
        status (0 when the transfer failed), body, error ("" when it did not), url and headers of the answer.
    """
    return _fetch("GET", url, None, None, run)


def http_post(url: object, body: object, headers: object, run: "Run") -> "dict[str, Any]":
    """Send a body to a URL with POST, as a form unless a header says otherwise; never raises.

    In a dry run, the request is checked and shown, not sent.

    Args:
        url: what the script passed.
        body: text, None for ""; http.js has made text of numbers and booleans.
        headers: "Name: value" lines, or None.
        run: the run it belongs to.

    Returns:
        As http_get.
    """
    return _fetch("POST", url, "" if body is None else body, headers, run)


def _fetch(method: str, url: object, body: object, headers: object, run: "Run") -> "dict[str, Any]":
    from jsnpy import web

    run.output.flush()
    request = None
    begun = None
    try:
        request = web.Request(method, _url(url), _text(body), _lines(headers), f"jsnpy/{__version__}")
        if run.dry_run and method == "POST":
            run.show(_shown(request, run.redactor.scrub))
            answer = web.Answer(200, "", str(request.url), {})
        else:
            begun = request.url
            answer = web.fetch(request, insecure=run.insecure, deadline=run.deadline)
    except (web.WebError, _ArgumentError) as error:
        words = run.redactor.scrub(f"http_{method.lower()}: {error}")
        where = str(request.url) if request else ""
        return {"status": 0, "body": "", "error": words, "url": where, "headers": {}}
    finally:
        if run.insecure and request and begun:
            # A redirect may have led to another place.
            for peer in {one.peer: None for one in (begun, request.url) if one.scheme == "https"}:
                run.output.warn(f"certificates are not verified (--insecure): {peer} could be anybody")
    return {
        "status": answer.status,
        "body": answer.body,
        "error": "",
        "url": answer.url,
        "headers": answer.headers,
    }


class _ArgumentError(Exception):
    """An argument that no request can be made of."""


def _kind(value: object) -> str:
    """Name a value as JavaScript does; what JSON has not comes as {"$foreign": "Date"}."""
    if isinstance(value, dict):
        return str(value.get("$foreign", "object")).replace("throws: ", "one that throws ", 1)
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    return "undefined or null" if value is None else kinds[type(value)]


def _url(value: object) -> str:
    if not isinstance(value, str):
        raise _ArgumentError(f"the URL must be a string, not {_kind(value)}")
    return value


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise _ArgumentError(f"the body must be a string, not {_kind(value)}: for JSON, pass JSON.stringify(...)")


def _lines(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _ArgumentError(f'headers must be an array of "Name: value" strings, not {_kind(value)}')
    lines: list[str] = []
    for number, line in enumerate(value):
        if not isinstance(line, str):
            raise _ArgumentError(f'headers[{number}] must be a "Name: value" string, not {_kind(line)}')
        lines.append(line)
    return lines


def _shown(request: "web.Request", scrub: "Callable[[str], str]") -> str:
    """Return a POST as the dry run shows it; credentials stay out of sight."""
    lines = [f"http_post, not sent: POST {request.url}"]
    for name, value in request.headers:
        hidden = name.lower() in ("authorization", "cookie", "proxy-authorization")
        if value:
            lines.append(f"{name}: {'[redacted]' if hidden else value.encode('latin-1').decode()}")
    body = scrub((request.body or b"").decode())  # before the cut, which could leave half a secret
    more = f"\n[{len(body) - _BODY_SHOWN} more characters]" if len(body) > _BODY_SHOWN else ""
    return "\n".join([*lines, "", body[:_BODY_SHOWN] + more])
