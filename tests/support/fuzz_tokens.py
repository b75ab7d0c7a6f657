"""What the fuzzers feed the tokens' room: any answer of an endpoint, any file in a token's place, any JWT."""

from __future__ import annotations

import contextlib
import tempfile
import time
from unittest import mock

from jsnpy import web
from jsnpy.oauth import facts, grants, kept
from jsnpy.oauth.failure import TokenError
from jsnpy.oauth.source import Source

SECRET = "s3cr3t-of-the-client"
_STATUSES = (200, 200, 200, 400, 401, 302, 429, 503)
_BLOCK: dict[str, object] = {
    "provider": "microsoft",
    "tenant": "contoso.test",
    "client_id": "client-1",
    "client_secret": SECRET,
}


def tokens(data: bytes) -> None:
    """An endpoint answers anything: a token that can go into a log-in, or one plain line without a secret."""
    status, repeats = (_STATUSES[data[0] % len(_STATUSES)], data[0] >= 128) if data else (200, False)
    body = data[1:].decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()
    if repeats:
        body = body.replace("X", SECRET)
    headers: dict[str, str | list[str]] = {"date": body[:40], "location": body[:60], "retry-after": body[:3]}
    answer = web.Answer(status=status, body=body, url="https://login.microsoftonline.com/", headers=headers)
    more: dict[str, object] = {"refresh_token": "r3fresh-of-config"} if len(data) % 2 else {}
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict("os.environ", JSNPY_TOKEN_DIR=folder):
        source = Source(_BLOCK | more)
        with mock.patch.object(web, "fetch", return_value=answer):
            try:
                token = source.access_token("a@x.test", time.monotonic() + 5)
            except TokenError as error:
                _check_failure(error)
            else:
                assert token.text.isascii()
                assert token.text.isprintable()
                assert " " not in token.text
                assert "\n" not in token.event + token.doubt
    for text in (body, body[body.find("{") :]):
        with contextlib.suppress(ValueError, RecursionError):
            _check_kept(kept.parse(text))
        facts.text(facts.claims(text))


def _check_failure(error: TokenError) -> None:
    assert error.code in (-5, -9)
    assert str(error).isprintable(), str(error)
    assert SECRET not in str(error)
    assert len(str(error)) < 1500
    assert "login.microsoftonline.com" in error.what


def _check_kept(found: kept.Kept) -> None:
    found.is_good(time.time())
    found.is_due(time.time())
    assert kept.parse(found.text()).access_token == found.access_token


SEEDS = [
    b'\x00{"access_token": "a.b.c", "token_type": "Bearer", "expires_in": "3599", "scope": "x y"}',
    b'\x00{"access_token": "e30.eyJhdWQiOiAiaHR0cHM6Ly9ncmFwaC5taWNyb3NvZnQuY29tIn0.c2ln", "refresh_token": "r"}',
    b'\x03{"error": "invalid_client", "error_description": "AADSTS7000215: no. Trace ID: 1"}',
    b'\x83{"error": "invalid_grant", "error_description": "X X"}',
    b'\x04{"error": {"status": "NO", "message": "no"}}',
    b"\x05https://a\x07b.test/",
    b'\x03{"error": "a\\u0007b", "error_description": "\\u2028\\ud800"}',
    b"\x06<html>",
    b'\x01{"access_token": "t", "fetched": 1e300, "lifetime": -1, "refused": 5}',
    grants.__doc__.encode() if grants.__doc__ else b"",
]
