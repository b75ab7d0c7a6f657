"""A scripted token endpoint on loopback: it gives the answers it is told in their order, and records the forms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from support.http_server import HttpServer, Received, answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    Step = dict[str, Any] | bytes | Callable[[Received], bytes | Iterable[bytes]]


def good(token: str = "access-t0ken-1", **more: object) -> bytes:
    """Return an answer with a token."""
    return said({"access_token": token, "token_type": "Bearer", "expires_in": 3600, **more})


def said(value: object, status: str = "200 OK", *headers: str) -> bytes:
    """Return a value as JSON."""
    return answer(json.dumps(value).encode(), status, "Content-Type: application/json", *headers)


def refused(error: str, description: str = "", status: str = "400 Bad Request", *headers: str) -> bytes:
    """Return an error as RFC 6749 section 5.2 has it."""
    return said({"error": error, "error_description": description}, status, *headers)


class TokenEndpoint(HttpServer):
    """Gives each request the next answer, and the last one for ever.

    Args:
        answers: whole answers as bytes, or functions that make them of the request.
    """

    def __init__(self, *answers: Step, context: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers) or [good()]
        super().__init__(self._next, context)

    def _next(self, request: Received) -> bytes | Iterable[bytes]:
        step = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(step, dict):
            return said(step)
        return step if isinstance(step, bytes) else step(request)

    @property
    def forms(self) -> list[dict[str, str]]:
        """What each request held."""
        return [dict(parse_qsl(each.body.decode(), keep_blank_values=True)) for each in self.requests]

    def block(self, **more: object) -> dict[str, object]:
        """Return an `oauth2` block of an application that asks here."""
        return {"token_url": f"{self.url}/token", "client_id": "client-1", "client_secret": "s3cr3t-value", **more}
