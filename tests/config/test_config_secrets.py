"""Which values of a config are kept out of messages."""

import json

import pytest

from jsnpy.config.secrets import secret_values
from jsnpy.secret_names import looks_secret, url_password


@pytest.mark.parametrize(
    ("arg", "found"),
    [
        ({"pass": "a", "x": "b"}, ["a"]),
        ({"smtpPassword": "a", "API_KEY": "b", "mdp": "c", "비밀번호": "d", "Webhook": "e"}, ["a", "b", "c", "d", "e"]),
        ({"tokens": ["a", ["b"]], "token": {"x": "c", "secret": "d"}}, ["a", "b", "d"]),
        ({"url": "smtp://u:a@h", "at": "https://h/a@b", "mail": "u:p@h"}, ["a"]),
        ({"pass": 47110815, "pwd": 5, "token": True, "secret": None}, ["47110815"]),
        (["a", {"passphrase": ""}], []),
    ],
)
def test_secret_values(arg: object, found: list[str]) -> None:
    """What stands below a key that looks secret counts, and the password in a URL below any key."""
    assert found == sorted(secret_values(json.dumps(arg)))


@pytest.mark.parametrize("key", ["host", "port", "keep_alive", "auth", "key", "subject", "to"])
def test_harmless_keys(key: str) -> None:
    """Ordinary keys do not look secret: masking their values would garble every message."""
    assert not looks_secret(key)


@pytest.mark.parametrize("url", ["smtp://h", "smtp://u@h", "u:p@h", "://:@", ""])
def test_urls_without_a_password(url: str) -> None:
    """Not every URL has one."""
    assert "" == url_password(url)
