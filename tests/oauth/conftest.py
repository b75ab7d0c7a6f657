"""Fixtures of the tokens' tests: a folder of their own, and a source for a block."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from jsnpy.oauth.failure import TokenError
from jsnpy.oauth.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from jsnpy.oauth.kept import AccessToken

USER = "alerts@contoso.test"


class Ask(Protocol):
    """Gets a token as a run of its own does."""

    def __call__(self, block: dict[str, Any], user: str = USER, seconds: float = 30) -> AccessToken:
        """Return it."""


class Fail(Protocol):
    """Gets no token."""

    def __call__(self, block: dict[str, Any], user: str = USER, seconds: float = 30) -> TokenError:
        """Return why."""


@pytest.fixture(autouse=True)
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that tokens are kept in, which is not there yet."""
    monkeypatch.setenv("JSNPY_TOKEN_DIR", str(tmp_path / "tokens"))
    return tmp_path / "tokens"


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Return what gets a token as a new run would."""

    def asked(block: dict[str, Any], user: str = USER, seconds: float = 30) -> AccessToken:
        source = Source(block, base_dir=str(tmp_path), config="CaEmail.json")
        return source.access_token(user, time.monotonic() + seconds)

    return asked


@pytest.fixture
def fail(ask: Ask) -> Fail:
    """Return what says why there is no token."""

    def failed(block: dict[str, Any], user: str = USER, seconds: float = 30) -> TokenError:
        with pytest.raises(TokenError) as caught:
            ask(block, user, seconds)
        return caught.value

    return failed
