"""The questions that bring a token: RFC 6749 (client credentials, refresh token) and RFC 7523 (signed assertions)."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

from jsnpy.oauth import facts
from jsnpy.oauth.client import USUAL_LIFETIME, Answer, Client
from jsnpy.oauth.endpoint import ask, shown
from jsnpy.oauth.failure import PROTOCOL, REFUSED, TokenError
from jsnpy.oauth.urls import host
from jsnpy.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_LONGEST_LIFETIME = 366 * 86400.0
_LONGEST_TOKEN = 64 * 1024
_DOTS_OF_JWT = 2
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def fetch(client: Client, refresh_token: str, granted: str, deadline: float) -> Answer:
    """Return a new token by the block's own grant; `granted` is the scope of the refresh token, where that is known."""
    settings = client.settings
    if settings.grant == "service_account":
        from jsnpy.oauth import assertion

        signed, url = assertion.of_service_account(client)
        return redeem(client, {"grant_type": _JWT_BEARER, "assertion": signed}, deadline, url=url, proved=True)
    fields = {"grant_type": settings.grant, "scope": _scope(settings.scope, granted), "refresh_token": refresh_token}
    return redeem(client, fields, deadline)


def _scope(asked: str, granted: str) -> str:
    """Return what to ask for: a refresh token must not ask for more than it was granted (RFC 6749 section 6)."""
    if not granted:
        return asked
    known = {"offline_access", *granted.lower().split()}  # which Microsoft wants to hear, but does not list
    return " ".join(each for each in asked.split() if each.lower() in known)


def redeem(client: Client, fields: dict[str, str], deadline: float, *, url: str = "", proved: bool = False) -> Answer:
    """Ask the token endpoint for a token; empty fields are left out, and `proved` ones say already who asks."""
    url = url or client.settings.token_url
    proof, headers = ({}, []) if proved else credentials(client)
    form = {**client.settings.params, **{name: text for name, text in fields.items() if text}, **proof}
    answer = ask(client, url, form, headers, deadline)
    return read_token(client, answer, url)


def credentials(client: Client) -> tuple[dict[str, str], list[str]]:
    """Return the fields and the header lines that prove who the client is (RFC 6749 section 2.3, RFC 7523)."""
    settings = client.settings
    if settings.client_auth == "basic":
        pair = f"{quote_plus(settings.client_id)}:{quote_plus(settings.client_secret)}"
        coded = base64.b64encode(pair.encode()).decode()
        client.redactor.add(coded)
        client.redactor.add(pair)
        return {}, [f"Authorization: Basic {coded}"]
    fields = {"client_id": settings.client_id}
    if settings.client_secret:
        fields["client_secret"] = settings.client_secret
    elif settings.certificate or settings.assertion_file:
        if settings.certificate:
            from jsnpy.oauth import assertion

            signed = assertion.of_certificate(client)
        else:
            signed = _printed(client, client.read("assertion_file"))
        client.redactor.add(signed)
        fields |= {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": signed}
    return fields, []


def _printed(client: Client, data: bytes) -> str:
    text = data.decode("ascii", "replace").strip()
    if not _is_plain(text) or text.count(".") < _DOTS_OF_JWT or '"' in text:
        what = f'oauth2.assertion_file: "{printable(client.settings.assertion_file)}" does not hold an assertion'
        raise TokenError(REFUSED, what, "it holds one line, a signed JWT", temporary=False)
    return text


def _is_plain(value: object) -> bool:
    """Whether a value is a token as RFC 6749's appendix A has it, and nothing that could break out of a line."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and bool(value) and " " not in value


def read_token(client: Client, answer: dict[str, Any], url: str) -> Answer:
    """Return the token in an endpoint's answer."""
    token = answer.get("access_token")
    kind = answer.get("token_type") or "Bearer"
    if not isinstance(token, str) or not _is_plain(token) or len(token) > _LONGEST_TOKEN:
        what = f"no token from {host(url)}: its answer has no usable access_token"
        raise TokenError(PROTOCOL, what, "is this the token endpoint?")
    client.redactor.add(token)
    if not isinstance(kind, str) or kind.strip().lower() != "bearer":
        what = f"no token from {host(url)}: its token is of the type {shown(client, str(kind))}, not Bearer"
        raise TokenError(PROTOCOL, what, "is this the token endpoint?")
    refresh_token = answer.get("refresh_token")
    if not isinstance(refresh_token, str) or not _is_plain(refresh_token):
        refresh_token = ""
    client.redactor.add(refresh_token)
    scope = answer.get("scope")
    scope = scope if isinstance(scope, str) and scope.isprintable() else ""
    return Answer(
        access_token=token,
        lifetime=_lifetime(answer.get("expires_in")),
        refresh_token=refresh_token,
        scope=scope,
        doubt=facts.doubt(client.settings, token, scope),
    )


def _lifetime(value: object) -> float:
    """Return the seconds that a token is good for; some endpoints give them as text, some not at all."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return USUAL_LIFETIME
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return USUAL_LIFETIME
    return max(0.0, min(seconds, _LONGEST_LIFETIME)) if seconds == seconds else USUAL_LIFETIME  # noqa: PLR0124 - NaN
