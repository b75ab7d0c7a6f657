"""`jsnpy login`: a code typed in elsewhere, or a browser of this machine; it needs no terminal and reads nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support import kept_tokens
from support.command import JSNPY, Result, clean_environment, jsnpy
from support.http_server import answer
from support.token_endpoint import TokenEndpoint, good, refused, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

USER = "alerts@contoso.test"
CODE = {
    "device_code": "d3vice-code-secret",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://login.x.test/device",
    "expires_in": 600,
    "interval": 1,
}
BOTH = good("t0ken-of-login", refresh_token="r3fresh-of-login")


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """Start an endpoint."""
    with TokenEndpoint() as server:
        yield server


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a config with a block."""

    def written(block: dict[str, Any] | None, **arg: Any) -> Path:
        (tmp_path / "alert.js").write_text("console.log(send_email(arg).error)", encoding="utf-8")
        config: dict[str, Any] = {"scriptfile": "alert.js", "arg": {"user": USER, **arg}}
        if block is not None:
            config["oauth2"] = block
        (tmp_path / "c.json").write_text(json.dumps(config), encoding="utf-8")
        return tmp_path / "c.json"

    return written


def environment(**more: str) -> dict[str, str]:
    """Return the variables of a call."""
    return {"JSNPY_TOKEN_DIR": os.environ["JSNPY_TOKEN_DIR"], **more}


def device(endpoint: TokenEndpoint, **more: object) -> dict[str, object]:
    """Return the block of a log-in by code, of a client without a secret."""
    block = endpoint.block(login="device", device_url=f"{endpoint.url}/device", **more)
    del block["client_secret"]
    return block


def log_in(config: Path, *options: str, **variables: str) -> Result:
    """Run `jsnpy login`."""
    return jsnpy("login", config.name, *options, cwd=config.parent, env=environment(**variables))


def test_a_code_is_shown_and_redeemed(endpoint: TokenEndpoint, write: Callable[..., Path], tokens: Path) -> None:
    """URL and code go to stderr; when the person has logged in, both tokens are kept and none is shown."""
    pending = refused("authorization_pending")
    endpoint.answers = [said(CODE), pending, answer(b"", "503 Away"), BOTH]
    config = write(device(endpoint, scope="mail offline_access"))
    done = log_in(config)
    assert (0, "") == (done.code, done.out)
    assert "Open https://login.x.test/device in a browser" in done.err
    assert f"WDJB-MJHT\nto log in as {USER}. The code is good for 10 minutes." in done.err
    assert f"logged in as {USER}; what that brought is kept in {tokens}" in done.err
    first, *polls = endpoint.forms
    assert {"client_id": "client-1", "scope": "mail offline_access"} == first
    assert "/device" == endpoint.requests[0].target
    assert [
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": "d3vice-code-secret",
            "client_id": "client-1",
        }
    ] * 3 == polls
    assert not any(secret in done.err for secret in ("d3vice-code-secret", "t0ken-of-login", "r3fresh-of-login"))
    kept = kept_tokens.read(tokens)
    assert ("t0ken-of-login", "r3fresh-of-login") == (kept["access_token"], kept["refresh_token"])


def test_slow_down_adds_five_seconds(endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that is asked too often is asked more seldom from then on (RFC 8628 section 3.5)."""
    from jsnpy.oauth import login
    from jsnpy.oauth.source import Source

    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    pending, slow = refused("authorization_pending"), refused("slow_down")
    endpoint.answers = [said({**CODE, "interval": 2}), pending, slow, pending, slow, BOTH]
    login.log_in(Source(device(endpoint)), USER, lambda _: None)
    assert [2, 2, 7, 7, 12] == pauses


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([said(CODE), refused("access_denied", "by the user")], "access_denied: by the user"),
        ([said(CODE), refused("authorization_declined")], "refused, by the person or by an administrator"),
        ([said(CODE), refused("expired_token")], f"nobody logged in as {USER}"),
        ([said({**CODE, "expires_in": 1})], f"nobody logged in as {USER}"),
        ([said(CODE), good("t0ken-of-login")], "gave no refresh token"),
        ([said(CODE), b"junk"], "did not answer in HTTP"),
        ([refused("unauthorized_client", "no device flow")], "unauthorized_client: no device flow"),
        ([said({})], "holds no code to type in"),
        ([said({**CODE, "user_code": 5})], "holds no code to type in"),
        ([said({**CODE, "verification_uri": "https://x.test/\n"})], "holds no code to type in"),
        ([answer(b"<html>")], "not a whole JSON object"),
        ([answer(b"", "404 Not Found")], "status 404"),
    ],
)
def test_a_log_in_that_fails_is_exit_1(
    endpoint: TokenEndpoint, write: Callable[..., Path], tokens: Path, answers: list[bytes], words: str
) -> None:
    """Whatever goes wrong is said in one line, and nothing is kept."""
    endpoint.answers = list(answers)
    done = log_in(write(device(endpoint)))
    assert (1, "") == (done.code, done.out)
    assert words in done.err.splitlines()[-1]
    assert "d3vice-code-secret" not in done.err
    assert [] == list(tokens.glob("*.token"))


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (None, 'there is no "oauth2" block'),
        ({"token_url": "https://x.test/", "client_id": "c", "client_secret": "s"}, "needs no log-in by a person"),
        (
            {"token_url": "https://x.test/", "client_id": "c", "refresh_token": "r"},
            "jsnpy login --check c.json shows whether a token can be got",
        ),
        ({"command": ["x"]}, "needs no log-in by a person"),
        ({"provider": "microsoft"}, "oauth2.tenant: is missing"),
    ],
)
def test_a_config_without_a_log_in_is_exit_2(write: Callable[..., Path], block: Any, words: str) -> None:
    """Where nobody has to log in, or the block is wrong, it is a matter of the config."""
    done = log_in(write(block))
    assert (2, "") == (done.code, done.out)
    assert words in done.err


def test_somebody_must_be_meant(endpoint: TokenEndpoint, write: Callable[..., Path]) -> None:
    """Without a user in the config there is nobody to log in as; `account` names one."""
    assert 2 == log_in(write(device(endpoint), user=None)).code
    endpoint.answers = [said(CODE), BOTH]
    assert 0 == log_in(write(device(endpoint, account="me@x.test"), user=None)).code


def test_the_folder_is_tried_before_the_person(
    endpoint: TokenEndpoint, write: Callable[..., Path], tmp_path: Path
) -> None:
    """Nobody logs in for nothing."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = log_in(write(device(endpoint)), JSNPY_TOKEN_DIR=str(tmp_path / "file" / "x"))
    assert 1 == done.code
    assert "cannot be written" in done.err
    assert [] == endpoint.requests


def test_the_timeout_ends_a_log_in(endpoint: TokenEndpoint, write: Callable[..., Path]) -> None:
    """--timeout is for the whole log-in; the variable for runs is not."""
    endpoint.answers = [said(CODE), refused("authorization_pending")]
    done = log_in(write(device(endpoint)), "--timeout", "5", JSNPY_TIMEOUT="0.01")
    assert done.code in (1, 124)
    assert "WDJB-MJHT" in done.err


@pytest.mark.parametrize("claim", ["upn", "preferred_username"])
def test_another_persons_log_in_is_warned_of(endpoint: TokenEndpoint, write: Callable[..., Path], claim: str) -> None:
    """Where the token says who logged in, and it is somebody else, a word is due."""
    import base64

    body = base64.urlsafe_b64encode(json.dumps({claim: "boss@contoso.test"}).encode()).decode().rstrip("=")
    endpoint.answers = [said(CODE), good(f"e30.{body}.c2ln", refresh_token="r")]
    done = log_in(write(device(endpoint)))
    assert 0 == done.code
    assert f"the log-in was by boss@contoso.test, but is used as that of {USER}" in done.err


class Browser:
    """A log-in that waits for a browser."""

    def __init__(self, config: Path) -> None:
        self.process = subprocess.Popen(
            [*JSNPY, "login", config.name],
            cwd=config.parent,
            env=clean_environment(**environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr
        self.process.stderr.readline()
        self.url = self.process.stderr.readline().strip()
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(self.url).query).items()}
        self.place = self.asked.get("redirect_uri", "")

    def come_back(self, **fields: str) -> tuple[int, str]:
        """Be sent back by the provider; return status and page."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.place}/?{urlencode(fields)}", timeout=20) as page:
                return page.status, page.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def end(self) -> tuple[int, str]:
        """Return exit code and stderr."""
        out, err = self.process.communicate(timeout=60)
        assert "" == out
        return self.process.returncode, err


@pytest.fixture
def browser(endpoint: TokenEndpoint, write: Callable[..., Path]) -> Iterator[Callable[..., Browser]]:
    """Return what begins a log-in in a browser."""
    begun: list[Browser] = []

    def begin(**more: object) -> Browser:
        block = endpoint.block(login="browser", auth_url=f"{endpoint.url}/auth", scope="mail", **more)
        begun.append(Browser(write(block)))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.kill()
        each.process.communicate()


def test_a_browser_brings_a_code(endpoint: TokenEndpoint, browser: Callable[..., Browser], tokens: Path) -> None:
    """The URL asks with PKCE and a state; the code that comes back is redeemed with the verifier."""
    import base64
    import hashlib

    endpoint.answers = [BOTH]
    log = browser()
    asked = log.asked
    assert log.url.startswith(f"{endpoint.url}/auth?")
    assert ("code", "client-1", "mail", "S256", USER) == tuple(
        asked[each] for each in ("response_type", "client_id", "scope", "code_challenge_method", "login_hint")
    )
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", log.place)
    assert (200, True) == (
        (reply := log.come_back(code="c0de-secret", state=asked["state"]))[0],
        "close this" in reply[1],
    )
    code, err = log.end()
    assert 0 == code, err
    (form,) = endpoint.forms
    assert ("authorization_code", "c0de-secret", log.place) == tuple(
        form[each] for each in ("grant_type", "code", "redirect_uri")
    )
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert 43 <= len(form["code_verifier"]) <= 128
    assert "r3fresh-of-login" == kept_tokens.read(tokens)["refresh_token"]


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"provider": "google"}, {"access_type": "offline", "prompt": "consent"}),
        ({"provider": "microsoft"}, {"redirect_uri": "http://localhost:"}),
        ({"params": {"audience": "https://mail.x.test"}}, {"audience": "https://mail.x.test"}),
    ],
)
def test_providers_are_asked_in_their_way(browser: Callable[..., Browser], more: Any, fields: dict[str, str]) -> None:
    """Google wants to be asked for offline access, Entra knows localhost."""
    asked = browser(**more).asked
    assert all(asked[name].startswith(text) for name, text in fields.items())


def test_only_the_right_state_counts(endpoint: TokenEndpoint, browser: Callable[..., Browser]) -> None:
    """Another page's request, a browser's idle connection and junk change nothing."""
    endpoint.answers = [BOTH]
    log = browser()
    port = urlsplit(log.place).port or 0
    with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)) as junk:
        junk.sendall(b"\x16\x03\x01junk\r\n\r\n")
        assert 404 == log.come_back(code="evil", state="guessed")[0]
        assert 404 == log.come_back(code="evil")[0]
        assert 404 == log.come_back(state=log.asked["state"])[0]
        assert 200 == log.come_back(code="c0de-secret", state=log.asked["state"])[0]
    assert 0 == log.end()[0]
    assert ["c0de-secret"] == [form["code"] for form in endpoint.forms]


def test_a_refusal_comes_back_too(endpoint: TokenEndpoint, browser: Callable[..., Browser]) -> None:
    """What the provider says is said, and shown nowhere as HTML."""
    log = browser()
    page = log.come_back(error="access_denied", error_description="<b>no</b>", state=log.asked["state"])
    assert 200 == page[0]
    assert "<b>no" not in page[1]
    code, err = log.end()
    assert 1 == code
    assert "the log-in at localhost failed: access_denied: <b>no</b>" in err
    assert [] == endpoint.requests


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize(("sent", "code", "words"), [("SIGINT", 130, "Ctrl-C"), ("SIGTERM", 143, "SIGTERM")])
def test_a_signal_ends_it(browser: Callable[..., Browser], sent: str, code: int, words: str) -> None:
    """Ctrl-C or SIGTERM while nobody comes ends it soon, and stderr says so."""
    log = browser()
    begun = time.monotonic()
    log.process.send_signal(getattr(signal, sent))
    ended, err = log.end()
    assert (code, f"jsnpy: error: the log-in was ended ({words})\n") == (ended, err)
    assert time.monotonic() - begun < 10


def test_a_run_uses_what_the_log_in_brought(endpoint: TokenEndpoint, write: Callable[..., Path]) -> None:
    """After the log-in nobody is asked as long as its token is good."""
    from jsnpy.oauth.source import Source

    endpoint.answers = [said(CODE), BOTH]
    block = device(endpoint)
    assert 0 == log_in(write(block)).code
    assert "t0ken-of-login" == Source(block).access_token(USER, time.monotonic() + 9).text


def test_a_client_id_from_the_environment_stands_in_the_url(
    endpoint: TokenEndpoint, write: Callable[..., Path]
) -> None:
    """What the person must open is whole, wherever its parts come from."""
    config = write(endpoint.block(login="browser", auth_url=f"{endpoint.url}/a", client_id="${ENV:CLIENT_ID}"))
    done = log_in(config, "--timeout", "8" if sys.platform == "win32" else "1", CLIENT_ID="the-client-id")
    assert "client_id=the-client-id" in done.err
