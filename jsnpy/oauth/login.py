"""A person's log-in, once: by a code that is typed in elsewhere (RFC 8628), or in a browser on this machine."""

from __future__ import annotations

import time

from jsnpy.oauth import urls
from jsnpy.oauth.endpoint import ask, exchange, refusal
from jsnpy.oauth.failure import PROTOCOL, TIMEOUT, UNREACHABLE, TokenError
from jsnpy.oauth.grants import credentials, read_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from jsnpy.oauth.client import Answer, Client
    from jsnpy.oauth.source import Source

_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_USUAL_PATIENCE = 900.0  # seconds for a person
_LONGEST_PATIENCE = 3600.0
_USUAL_INTERVAL = 5.0
_SHORTEST_INTERVAL = 1.0
_SLOWER = 5.0  # RFC 8628 section 3.5


def log_in(source: Source, user: str, say: Callable[[str], None], deadline: float | None = None) -> Answer:
    """Let a person log in, and keep what that brings; nothing is read, and no terminal needed.

    Args:
        source: the config's.
        user: the mailbox; who logs in is the block's `account`, else this one.
        say: shows a text to the person.
        deadline: time.monotonic() up to which the person may take; None: as long as the endpoint gives.

    Returns:
        What the endpoint gave.

    Raises:
        TokenError: nobody logged in, or what it brought cannot be kept.
    """
    source.check_folder(user)
    client = source.client(user)
    latest = min(deadline or float("inf"), time.monotonic() + _LONGEST_PATIENCE)
    if client.settings.login == "browser":
        from jsnpy.oauth import browser

        answer = browser.log_in(client, say, min(latest, time.monotonic() + _USUAL_PATIENCE))
    else:
        answer = _by_device(client, say, latest)
    if not answer.refresh_token:
        what = f"{client.settings.host} gave no refresh token: this log-in would last for an hour only"
        raise TokenError(PROTOCOL, what, "ask for offline access in scope (offline_access at most providers)")
    source.keep_login(user, answer)
    return answer


def _by_device(client: Client, say: Callable[[str], None], deadline: float) -> Answer:
    settings = client.settings
    proof, headers = credentials(client)
    form = {**settings.params, **({"scope": settings.scope} if settings.scope else {}), "client_id": settings.client_id}
    given = ask(client, settings.device_url, form | proof, headers, min(deadline, time.monotonic() + _USUAL_PATIENCE))
    device_code, user_code = given.get("device_code"), given.get("user_code")
    place = given.get("verification_uri", given.get("verification_url"))
    texts = (device_code, user_code, place)
    if not all(isinstance(each, str) and each and each.isascii() and each.isprintable() for each in texts):
        what = f"no log-in at {urls.host(settings.device_url)}: its answer holds no code to type in"
        raise TokenError(PROTOCOL, what, "is device_url right?")
    client.redactor.add(str(device_code))
    patience = _seconds(given.get("expires_in"), _USUAL_PATIENCE)
    say(
        f"Open {place} in a browser, anywhere, and type in the code {user_code}\n"
        f"to log in as {client.account}. The code is good for {patience / 60:.0f} minutes."
    )
    interval = max(_SHORTEST_INTERVAL, _seconds(given.get("interval"), _USUAL_INTERVAL))
    return _poll(client, str(device_code), interval, min(deadline, time.monotonic() + patience))


def _poll(client: Client, device_code: str, interval: float, deadline: float) -> Answer:
    """Ask until the person has logged in; a code is never redeemed again once there was an answer to it."""
    settings = client.settings
    while True:
        if time.monotonic() + interval >= deadline:
            what = f"nobody logged in as {client.account} at {settings.host} in time"
            raise TokenError(TIMEOUT, what, f"jsnpy login {client.config}")
        time.sleep(interval)
        proof, headers = credentials(client)
        form = {"grant_type": _DEVICE_CODE, "device_code": device_code, "client_id": settings.client_id} | proof
        try:
            reply = exchange(client, settings.token_url, form, headers, deadline)
        except TokenError as error:
            if error.code not in (UNREACHABLE, TIMEOUT):
                raise
            interval = min(2 * interval, _USUAL_PATIENCE / 10)
            continue
        if reply.succeeded:
            return read_token(client, reply.answer, settings.token_url)
        if reply.error == "slow_down":
            interval += _SLOWER
        elif reply.error == "expired_token":
            what = f"nobody logged in as {client.account} at {settings.host} in time"
            raise TokenError(TIMEOUT, what, f"jsnpy login {client.config}")
        elif reply.error != "authorization_pending":
            failure = refusal(client, settings.token_url, reply)
            if not failure.temporary:
                raise failure


def _seconds(value: Any, usual: float) -> float:
    try:
        seconds = usual if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return usual
    return seconds if 0 <= seconds <= _LONGEST_PATIENCE else usual
