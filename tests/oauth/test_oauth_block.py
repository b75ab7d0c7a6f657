"""The `oauth2` block of a config: what it may say, and what is said of a wrong one."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.configs import Folder

from jsnpy import config
from jsnpy.oauth import settings, urls

if TYPE_CHECKING:
    from jsnpy.errors import ConfigError

APPLICATION = {"provider": "microsoft", "tenant": "contoso.onmicrosoft.com", "client_id": "c", "client_secret": "s"}
OTHER = {"token_url": "https://login.x.test/token", "client_id": "c", "client_secret": "s"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return an empty current folder."""
    return Folder(tmp_path, monkeypatch)


def text(block: object) -> str:
    """Return a config with a block."""
    return json.dumps({"scriptfile": "mail.js", "oauth2": block, "arg": {}})


def without(block: dict[str, Any], *keys: str, **changes: object) -> dict[str, Any]:
    """Return a block without some keys, and with others."""
    return {key: value for key, value in block.items() if key not in keys} | changes


@pytest.mark.parametrize(
    ("block", "grant", "token_url", "scope"),
    [
        (
            APPLICATION,
            "client_credentials",
            "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token",
            "https://outlook.office365.com/.default",
        ),
        (
            {**APPLICATION, "cloud": "usgov"},
            "client_credentials",
            "https://login.microsoftonline.us/contoso.onmicrosoft.com/oauth2/v2.0/token",
            "https://outlook.office365.us/.default",
        ),
        (
            {**APPLICATION, "cloud": "usgov-dod"},
            "client_credentials",
            "https://login.microsoftonline.us/contoso.onmicrosoft.com/oauth2/v2.0/token",
            "https://outlook-dod.office365.us/.default",
        ),
        (
            {**APPLICATION, "cloud": "china"},
            "client_credentials",
            "https://login.partner.microsoftonline.cn/contoso.onmicrosoft.com/oauth2/v2.0/token",
            "https://partner.outlook.cn/.default",
        ),
        (
            without(APPLICATION, "client_secret", login="device"),
            "refresh_token",
            "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token",
            "https://outlook.office.com/SMTP.Send offline_access",
        ),
        (
            {"provider": "google", "client_id": "c", "client_secret": "s", "login": "browser"},
            "refresh_token",
            "https://oauth2.googleapis.com/token",
            "https://mail.google.com/",
        ),
        (
            {"provider": "google", "service_account": "key.json"},
            "service_account",
            "https://oauth2.googleapis.com/token",
            "https://mail.google.com/",
        ),
        (OTHER, "client_credentials", "https://login.x.test/token", ""),
        (
            {**OTHER, "provider": "google"},
            "client_credentials",
            "https://login.x.test/token",
            "https://mail.google.com/",
        ),
        (without(OTHER, "client_secret", refresh_token="r"), "refresh_token", "https://login.x.test/token", ""),
        ({"command": ["oama", "access", "me@x.test"]}, "command", "", ""),
    ],
)
def test_each_way_has_its_grant_endpoint_and_scope(block: object, grant: str, token_url: str, scope: str) -> None:
    """What the provider's name stands for is filled in, and what is given wins."""
    read = settings.read(block)
    assert (grant, token_url, scope) == (read.grant, read.token_url, read.scope)


WRONG: list[tuple[object, str, str]] = [
    (None, "oauth2", "must be an object, not null"),
    ([], "oauth2", "must be an object, not an array"),
    ({}, "oauth2.token_url", "is missing"),
    (without(APPLICATION, "tenant"), "oauth2.tenant", "is missing"),
    (without(APPLICATION, "client_id"), "oauth2.client_id", "is missing"),
    (without(APPLICATION, "client_secret"), "oauth2.client_secret", "is missing"),
    ({**APPLICATION, "client_id": 5}, "oauth2.client_id", "must be a string, not a number"),
    ({**APPLICATION, "client_secret": ""}, "oauth2.client_secret", "is empty"),
    ({**APPLICATION, "client_secret": "a\nb"}, "oauth2.client_secret", "control character"),
    ({**APPLICATION, "tenant": "a/../b"}, "oauth2.tenant", "is no directory's id or domain"),
    ({**APPLICATION, "provider": "microsft"}, "oauth2.provider", 'Did you mean "microsoft"?'),
    ({**APPLICATION, "cloud": "gcc"}, "oauth2.cloud", '"usgov"'),
    ({**OTHER, "cloud": "china"}, "oauth2.cloud", "microsoft"),
    ({**APPLICATION, "certificate": "app.pem"}, "oauth2.certificate", "stands beside client_secret"),
    ({**APPLICATION, "assertion_file": "x"}, "oauth2.assertion_file", "stands beside client_secret"),
    ({**OTHER, "login": "paper"}, "oauth2.login", '"device", "browser"'),
    ({**OTHER, "login": "device"}, "oauth2.device_url", "is missing"),
    ({**OTHER, "login": "browser"}, "oauth2.auth_url", "is missing"),
    ({"provider": "google", "client_id": "c", "client_secret": "s"}, "oauth2.login", "a service_account"),
    (
        {"provider": "google", "client_id": "c", "client_secret": "s", "login": "device"},
        "oauth2.device_url",
        "Google has no device log-in",
    ),
    ({**OTHER, "client_auth": "header"}, "oauth2.client_auth", '"body", "basic"'),
    (
        without(OTHER, "client_secret", login="browser", auth_url="https://x", client_auth="basic"),
        "oauth2.client_auth",
        "",
    ),
    ({**OTHER, "params": ["a"]}, "oauth2.params", "must be an object of strings"),
    ({**OTHER, "params": {"audience": 1}}, "oauth2.params.audience", "must be a string, not a number"),
    ({**OTHER, "params": {"client_id": "x"}}, "oauth2.params.client_id", "jsnpy itself"),
    ({"command": "oama access"}, "oauth2.command", "must be an array of strings, not a string"),
    ({"command": []}, "oauth2.command", "is empty"),
    ({"command": ["a", 1]}, "oauth2.command.1", "must be a string, not a number"),
    ({"command": ["a"], "client_secret": "s"}, "oauth2.client_secret", "stands beside command"),
    ({"service_account": "k.json", "client_secret": "s"}, "oauth2.client_secret", "stands beside service_account"),
    ({**OTHER, "token_url": "http://login.x.test/token"}, "oauth2.token_url", "must be an https:// URL"),
]


@pytest.mark.parametrize(("block", "name", "words"), WRONG)
def test_a_wrong_block_is_named_by_its_key_path(folder: Folder, block: object, name: str, words: str) -> None:
    """A missing or wrong value ends the run before it begins, with place and key path; a secret is not repeated."""
    fault = folder.fault(text(block))
    assert fault.startswith("ConfigError: CaEmail.json:1:")
    assert f": {name}: " in fault
    assert words in fault


def test_a_check_names_all_faults_of_a_block(folder: Folder) -> None:
    """Whoever mends a config by hand wants to hear of everything at once."""
    block = {"client_id": 5, "client_secret": "", "cloud": "china", "client_auth": "x", "params": 1, "login": "paper"}
    folder.write("CaEmail.json", text(block))
    found: list[ConfigError] = []
    config.load("CaEmail.json", faults=found)
    names = sorted(fault.message.split(": ")[1] for fault in found)
    assert ["client_auth", "client_id", "client_secret", "cloud", "login", "params", "token_url"] == [
        name.removeprefix("oauth2.") for name in names
    ]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://login.x.test/token", True),
        ("HTTPS://login.x.test:8443/t?x=1", True),
        ("http://localhost:80/t", True),
        ("http://127.0.0.1/t", True),
        ("http://127.9.8.7:5/t", True),
        ("http://[::1]:5/t", True),
        ("http://login.x.test/t", False),
        ("http://localhost.x.test/t", False),
        ("http://127.0.0.1.x.test/t", False),
        ("http://127.0.0.256/t", False),
        ("http://localhost@x.test/t", False),
        ("http://localhost\\@x.test/t", False),
        ("http://x.test#@localhost/", False),
        ("http://x.test?@localhost/", False),
        ("https://user:pw@x.test/t", False),
        ("https://x.test/t#f", False),
        ("https://x .test/t", False),
        ("https:///t", False),
        ("https://x.test:port/t", False),
        ("https://[::1]x/t", False),
        ("https://[fe80::1%25eth0]:443/t", True),
        ("https://x.test./t", True),
        ("https://x.test:/t", True),
        ("https://x.test:65535/t", True),
        ("https://x.test:65536/t", False),
        ("https://x.test:0/t", False),
        ("https://x.test:00000000000000000000443/t", False),
        ("https://x.test:\u0664/t", False),
        ("https://x.test:+443/t", False),
        ("https://[::1/t", False),
        ("https://[x.test]/t", False),
        ("https://x..test/t", False),
        (f"https://{'x' * 64}.test/t", False),
        (f"https://{'x.' * 130}test/t", False),
        ("https://%78.test/t", False),
        ("ftp://x.test/t", False),
        ("x.test/token", False),
        ("//x.test/token", False),
    ],
)
def test_endpoints_are_https_or_on_this_machine(url: str, allowed: bool) -> None:
    """A URL that would carry a secret in clear text, or hides where it leads, is refused."""
    assert allowed == (not urls.fault(url))


def test_an_unknown_key_warns_and_is_no_fault(folder: Folder) -> None:
    """A misspelled key is named with the right one."""
    run = folder.load(text({**OTHER, "scop": "mail"}))
    assert ['unknown key "oauth2.scop"; did you mean "scope"?'] == [each.split(": ", 1)[1] for each in run.warnings]


def test_the_block_is_carried_with_its_references(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are checked and hidden, but what the run carries still says where they come from."""
    monkeypatch.setenv("SMTP_SECRET", "pa55")
    block = {**OTHER, "client_secret": "${ENV:SMTP_SECRET}"}
    run = folder.load(text(block))
    assert block == run.oauth2
    assert {"pa55": "${ENV:SMTP_SECRET}"} == run.secrets


def test_a_missing_variable_is_named(folder: Folder) -> None:
    """A reference that leads nowhere is a fault of the config like any other."""
    fault = folder.fault(text({**OTHER, "client_secret": "${ENV:NO_SUCH_SECRET}"}))
    assert "oauth2.client_secret: the environment variable" in fault


def test_a_wrong_value_from_a_variable_is_not_shown(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a reference brought in is checked, and never repeated."""
    monkeypatch.setenv("PLACE", "http://elsewhere.test/t0ken")
    fault = folder.fault(text({**OTHER, "token_url": "${ENV:PLACE}"}))
    assert "oauth2.token_url: must be an https:// URL" in fault
    assert "elsewhere" not in fault


def test_files_of_the_block_are_not_read_before_a_token_is_needed(folder: Folder) -> None:
    """A certificate that is not there yet does not keep a run from starting."""
    folder.load(text(without(APPLICATION, "client_secret", certificate="none.pem")))
    folder.load(text({"provider": "google", "service_account": "none.json"}))


def test_the_placeholder_stays_in_arg(folder: Folder) -> None:
    """${OAUTH2} is no reference: the script gets it as it stands."""
    folder.write("CaEmail.json", json.dumps({"scriptfile": "mail.js", "oauth2": OTHER, "arg": {"pass": "${OAUTH2}"}}))
    assert '{"pass":"${OAUTH2}"}' == config.load("CaEmail.json").arg_json


@pytest.mark.parametrize(("block", "keys"), [(OTHER, ["client_secret"]), ({"client_secret": "${ENV:X}"}, [])])
def test_secrets_that_stand_in_the_config_are_told_apart(block: dict[str, object], keys: list[str]) -> None:
    """A literal secret can be warned of."""
    assert keys == settings.literal_secrets(block)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["https://x.test/t", "device", "c"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(settings.KEYS) | st.text(max_size=5), VALUES, max_size=8))
def test_any_block_is_read_or_refused(block: dict[str, object]) -> None:
    """Whatever stands in a block, it is read or named as a fault."""
    with contextlib.suppress(settings.BlockError):
        read = settings.read(block)
        assert read.grant == "command" or read.token_url
    assert len(settings.faults(block)) <= len(settings.KEYS)
