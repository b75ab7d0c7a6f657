"""Calls http_get, http_post and http_request as their JavaScript side does."""

from typing import Any

from jsnpy.bindings.http import natives


def http_get(url: object, run: Any, headers: object = None) -> dict[str, Any]:
    """Fetch a URL."""
    return _call("http_get", {"url": url, "headers": headers}, run)


def http_post(url: object, body: object, headers: object, run: Any) -> dict[str, Any]:
    """Post to a URL."""
    return _call("http_post", {"url": url, "body": body, "headers": headers}, run)


def http_request(fields: object, run: Any) -> dict[str, Any]:
    """Send any request."""
    return _call("http_request", fields, run)


def _call(op: str, fields: object, run: Any) -> dict[str, Any]:
    result: dict[str, Any] = natives(run)[op]({"fields": fields, "taken": 3, "unused": 0})
    return result
