"""What a token that can be read says of itself: shown by `login --check`, and a doubt after a refusal."""

from __future__ import annotations

import base64

from jsnpy import json_text
from jsnpy.oauth import urls
from jsnpy.text import printable, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.oauth.settings import Settings

_PARTS = 3
_EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
_SAME = frozenset(("outlook.office.com", "outlook.office365.com", _EXCHANGE))
_UNSAID = frozenset(("offline_access", "openid", "profile", "email"))


def claims(token: str) -> dict[str, Any]:
    """Return what a JWT says (RFC 7519), {} for any other token; nothing of it is verified."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        return {}
    try:
        body = parts[1]
        found = json_text.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def text(value: object) -> str:
    """Return a claim as one line."""
    items = value if isinstance(value, list) else [value]
    return printable(whole(" ".join(str(each) for each in items if each is not None)))[:200]


def doubt(settings: Settings, token: str, scope: str) -> str:
    """Return how the token differs from what was asked for, or ""."""
    asked = {each.lower() for each in settings.scope.split()} - _UNSAID
    granted = {each.lower() for each in scope.split()}
    if granted and not any(each.endswith("/.default") for each in asked) and (missing := asked - granted):
        return f'the token has the scope "{text(scope)}", not "{" ".join(sorted(missing))}"'
    audiences = claims(token).get("aud")
    wanted = _wanted_audiences(settings)
    given = {each for each in (audiences if isinstance(audiences, list) else [audiences]) if isinstance(each, str)}
    if given and wanted and not wanted & {_plain(each) for each in given}:
        return f"the token is for {text(sorted(given))} instead of {min(wanted - {_EXCHANGE})}"
    return ""


def _wanted_audiences(settings: Settings) -> set[str]:
    named = settings.params.get("audience") or settings.params.get("resource")
    if named:
        return {_plain(named)}
    if settings.provider != "microsoft":
        return set()
    hosts = {urls.host(each) for each in settings.scope.split() if "://" in each}
    return hosts | _SAME if hosts & _SAME else hosts


def _plain(audience: str) -> str:
    return (urls.host(audience) or audience).rstrip("/").lower()
