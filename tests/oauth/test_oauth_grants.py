"""Each grant asks as its RFC has it, and every answer of an endpoint becomes a token or a plain sentence."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
import os
import socket
import sys
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from support.certificates import server_context
from support.http_server import Received, answer, redirect
from support.token_endpoint import TokenEndpoint, good, refused, said

from jsnpy.oauth.failure import TokenError
from jsnpy.oauth.grants import _lifetime
from jsnpy.oauth.program import on_path
from jsnpy.oauth.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from .conftest import Ask, Fail

USER = "alerts@contoso.test"


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """Start an endpoint that gives a token."""
    with TokenEndpoint() as server:
        yield server


def without_secret(block: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a block of a client that has no secret."""
    return {key: value for key, value in block.items() if key != "client_secret"} | more


def decoded(part: str) -> Any:
    """Return a part of a JWT."""
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_an_application_proves_itself_in_the_form(endpoint: TokenEndpoint, ask: Ask) -> None:
    """Client id and secret go in the body, with what the block adds."""
    token = ask(endpoint.block(scope="mail.send", params={"audience": "https://mail.test"}))
    assert "access-t0ken-1" == token.text
    assert [
        {
            "audience": "https://mail.test",
            "grant_type": "client_credentials",
            "scope": "mail.send",
            "client_id": "client-1",
            "client_secret": "s3cr3t-value",
        }
    ] == endpoint.forms
    assert "application/x-www-form-urlencoded" == endpoint.requests[0].header("Content-Type")


@pytest.mark.parametrize("secret", ["a:b", "a+b %c/d", "pässwörd", "plain"])
def test_basic_is_form_encoded_first(endpoint: TokenEndpoint, ask: Ask, secret: str) -> None:
    """By Basic, id and secret are encoded one by one, and neither stands in the form."""
    ask(endpoint.block(client_id="c:1", client_secret=secret, client_auth="basic"))
    header = endpoint.requests[0].header("Authorization") or ""
    pair = base64.b64decode(header.removeprefix("Basic ")).decode()
    assert ["c:1", secret] == [unquote_plus(each) for each in pair.split(":")]
    assert {"grant_type": "client_credentials"} == endpoint.forms[0]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """Make a key for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: Any) -> bytes:
    """Return a private key as a file holds it."""
    return key.private_bytes(  # type: ignore[no-any-return]  # it is any kind of key
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture
def certificate(key: rsa.RSAPrivateKey, tmp_path: Path) -> x509.Certificate:
    """Write key and certificate into app.pem."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
    day = dt.timedelta(days=1)
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day).sign(key, hashes.SHA256())
    (tmp_path / "app.pem").write_bytes(pem(key) + made.public_bytes(serialization.Encoding.PEM))
    return made


def test_a_certificate_signs_an_assertion(
    endpoint: TokenEndpoint, ask: Ask, key: rsa.RSAPrivateKey, certificate: x509.Certificate
) -> None:
    """The assertion names the certificate, is for this endpoint, lives ten minutes, and its signature is right."""
    block = without_secret(endpoint.block(), certificate="app.pem")
    ask(block)
    (form,) = endpoint.forms
    assert "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" == form["client_assertion_type"]
    assert "client-1" == form["client_id"]
    head, body, signature = form["client_assertion"].split(".")
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
    assert {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint} == decoded(head)
    claims = decoded(body)
    assert (block["token_url"], "client-1", "client-1") == (claims["aud"], claims["iss"], claims["sub"])
    assert 300 <= claims["exp"] - claims["nbf"] <= 600
    key.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="),
        f"{head}.{body}".encode(),
        padding.PSS(padding.MGF1(hashes.SHA256()), 32),
        hashes.SHA256(),
    )


def other_certificate(name: str) -> bytes:
    """Return the certificate of somebody else."""
    key, now = rsa.generate_private_key(public_exponent=65537, key_size=2048), dt.datetime.now(dt.UTC)
    names = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(names, names, key.public_key(), 1, now, now + dt.timedelta(days=1))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    "write",
    [
        lambda key, own, chain: key + own + chain,
        lambda key, own, chain: key + chain + own,
        lambda key, own, chain: chain + own + key,
        lambda key, own, chain: (chain + key + own).replace(b"\n", b"\r\n"),
        lambda key, own, chain: (own + key + chain).decode().encode("utf-16"),
        lambda key, own, chain: b"\xef\xbb\xbfBag Attributes\n" + own + b"Key Attributes: <None>\n" + key + chain,
    ],
    ids=["own first", "own last", "key last", "Windows' line ends", "UTF-16", "as openssl pkcs12 writes"],
)
def test_the_certificate_of_the_key_is_found_among_the_chain(
    endpoint: TokenEndpoint,
    ask: Ask,
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    tmp_path: Path,
    write: Callable[[bytes, bytes, bytes], bytes],
) -> None:
    """Files hold the chain in any order, with any line ends and encoding; only one thumbprint is right."""
    own = certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "app.pem").write_bytes(write(pem(key), own, other_certificate("CA")))
    ask(without_secret(endpoint.block(), certificate="app.pem"))
    head = decoded(endpoint.forms[0]["client_assertion"].split(".")[0])
    assert certificate.fingerprint(hashes.SHA256()) == base64.urlsafe_b64decode(head["x5t#S256"] + "=")


def test_a_key_without_its_certificate_is_named(
    endpoint: TokenEndpoint, fail: Fail, key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    """A renewed certificate beside the old key is found out here, not by a riddle of the endpoint."""
    (tmp_path / "app.pem").write_bytes(pem(key) + other_certificate("app"))
    error = fail(without_secret(endpoint.block(), certificate="app.pem"))
    assert "has a key that belongs to none of its certificates" in error.what
    assert [] == endpoint.requests


def test_each_assertion_is_another(endpoint: TokenEndpoint, certificate: x509.Certificate, ask: Ask) -> None:
    """No assertion is used twice."""
    del certificate
    endpoint.answers = [good(expires_in=0)]
    for _ in range(2):
        ask(without_secret(endpoint.block(), certificate="app.pem"))
    first, second = (form["client_assertion"] for form in endpoint.forms)
    assert first != second


def test_an_assertion_file_is_read_anew_each_time(endpoint: TokenEndpoint, ask: Ask, tmp_path: Path) -> None:
    """A workload's assertion goes out as it stands in its file, which is replaced every hour."""
    block = without_secret(endpoint.block(), assertion_file="id-token")
    endpoint.answers = [good(expires_in=0)]
    for text in ("a.b.c", "d.e.f"):
        (tmp_path / "id-token").write_text(f"{text}\n", encoding="utf-8")
        ask(block)
    assert ["a.b.c", "d.e.f"] == [form["client_assertion"] for form in endpoint.forms]


def service_account(endpoint: TokenEndpoint, key: rsa.RSAPrivateKey, folder: Path) -> dict[str, Any]:
    """Write a service account's key file, and return the block that names it."""
    (folder / "key.json").write_text(
        json.dumps(
            {
                "type": "service_account",
                "client_email": "robot@project.iam.test",
                "private_key_id": "k1",
                "private_key": pem(key).decode(),
                "token_uri": f"{endpoint.url}/token",
            }
        )
    )
    return {"provider": "google", "service_account": "key.json"}


def test_a_service_account_has_a_token_for_each_mailbox(
    endpoint: TokenEndpoint, ask: Ask, key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    """A token that acts for one user is never used for another one's mail."""
    endpoint.answers = [good("t0ken-for-ann"), good("t0ken-for-bob")]
    block = service_account(endpoint, key, tmp_path)
    users = ("ann@x.test", "bob@x.test", "ann@x.test")
    assert ["t0ken-for-ann", "t0ken-for-bob", "t0ken-for-ann"] == [ask(block, user).text for user in users]


def test_a_service_account_acts_for_the_user(
    endpoint: TokenEndpoint, ask: Ask, key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    """The assertion is signed with RS256 and names account, mailbox, scope and endpoint."""
    ask(service_account(endpoint, key, tmp_path))
    (form,) = endpoint.forms
    assert "urn:ietf:params:oauth:grant-type:jwt-bearer" == form["grant_type"]
    head, body, signature = form["assertion"].split(".")
    assert {"alg": "RS256", "typ": "JWT", "kid": "k1"} == decoded(head)
    claims = decoded(body)
    assert ("robot@project.iam.test", USER) == (claims["iss"], claims["sub"])
    assert ("https://mail.google.com/", f"{endpoint.url}/token") == (claims["scope"], claims["aud"])
    key.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\\n", "\\r\\n").encode(),
        lambda text: text.replace("\\n", "\\\\n").encode(),
        lambda text: text.replace('"k1"', "null").encode(),
    ],
    ids=["BOM", "UTF-16", "key with CRLF", "line breaks encoded twice", "key without a name"],
)
def test_a_key_file_that_was_passed_on_still_signs(
    endpoint: TokenEndpoint, ask: Ask, key: rsa.RSAPrivateKey, tmp_path: Path, change: Callable[[str], bytes]
) -> None:
    """PowerShell, editors and variables of CI systems change such a file on its way."""
    block = service_account(endpoint, key, tmp_path)
    (tmp_path / "key.json").write_bytes(change((tmp_path / "key.json").read_text()))
    assert "access-t0ken-1" == ask(block).text


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        (b"\xef\xbb\xbfa.b.c\r\n", "a.b.c"),
        ("a.b.c\n".encode("utf-16"), "a.b.c"),
        (b'{"value":"a.b.c"}', None),
        (b"token", None),
        (b"a.b.c\nd.e.f", None),
        (b"", None),
    ],
)
def test_an_assertion_file_holds_one_jwt(
    endpoint: TokenEndpoint, ask: Ask, fail: Fail, tmp_path: Path, data: bytes, sent: str | None
) -> None:
    """With or without a BOM; what is no JWT never goes to the endpoint."""
    (tmp_path / "id-token").write_bytes(data)
    block = without_secret(endpoint.block(), assertion_file="id-token")
    if sent is None:
        assert "does not hold an assertion" in fail(block).what
        assert [] == endpoint.requests
    else:
        ask(block)
        assert sent == endpoint.forms[0]["client_assertion"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is no key file of a service account"),
        (b"[]", "is no key file of a service account"),
        (b'{"client_email": 5, "private_key": "x"}', "is no key file of a service account"),
        (b'{"client_email": "r@x.test", "private_key": "x"}', "has no usable private key"),
        (
            b'{"client_email": "r@x.test", "private_key": "x", "token_uri": "http://x.test/"}',
            "token_uri that must be an https:// URL",
        ),
        (b"\xff\xfe", "is no key file of a service account"),
    ],
)
def test_a_useless_key_file_is_named(fail: Fail, tmp_path: Path, content: bytes | None, words: str) -> None:
    """What is wrong with a service account's file is said with its key and its name."""
    if content is not None:
        (tmp_path / "key.json").write_bytes(content)
    error = fail({"provider": "google", "service_account": "key.json"})
    assert (-5, False) == (error.code, error.temporary)
    assert 'oauth2.service_account: "key.json" ' in error.what
    assert words in error.what


@pytest.mark.parametrize("content", [b"", b"no pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_useless_certificate_is_named(endpoint: TokenEndpoint, fail: Fail, tmp_path: Path, content: bytes) -> None:
    """A file without key or certificate is a failure before anything is asked."""
    (tmp_path / "app.pem").write_bytes(content)
    error = fail(without_secret(endpoint.block(), certificate="app.pem"))
    assert 'oauth2.certificate: "app.pem" has no usable' in error.what
    assert [] == endpoint.requests


def test_the_missing_extra_is_one_sentence(
    endpoint: TokenEndpoint, certificate: x509.Certificate, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the library that signs, it is said how to get it."""
    del certificate
    monkeypatch.setitem(sys.modules, "cryptography", None)
    error = fail(without_secret(endpoint.block(), certificate="app.pem"))
    assert "pip install 'jsnpy[oauth2]'" in str(error)


def test_a_refresh_token_of_the_config(endpoint: TokenEndpoint, ask: Ask) -> None:
    """A refresh token that stands in the config is used, with what the block says of scope and client."""
    ask(endpoint.block(refresh_token="r3fresh-1", scope="mail"))
    assert {
        "grant_type": "refresh_token",
        "refresh_token": "r3fresh-1",
        "scope": "mail",
        "client_id": "client-1",
        "client_secret": "s3cr3t-value",
    } == endpoint.forms[0]


def test_a_public_client_sends_no_secret(endpoint: TokenEndpoint, ask: Ask) -> None:
    """A client without a secret says its id alone."""
    ask(without_secret(endpoint.block(refresh_token="r3fresh-1")))
    assert "client_secret" not in endpoint.forms[0]
    assert endpoint.requests[0].header("Authorization") is None


class Refusal:
    """An answer that is no token, and what is said of it."""

    def __init__(self, reply: bytes, code: int, temporary: bool | None, *words: str) -> None:
        self.reply = reply
        self.code = code
        self.temporary = temporary
        self.words = words


NUMBERED = "AADSTS{}: Something. Trace ID: 1 Correlation ID: 2 Timestamp: 3"
REFUSALS = {
    "invalid client": Refusal(refused("invalid_client", "no", "401 Unauthorized"), -5, False, "invalid_client: no"),
    "secret": Refusal(refused("invalid_client", NUMBERED.format(7000215)), -5, False, "not its Secret ID"),
    "secret expired": Refusal(refused("invalid_client", NUMBERED.format(7000222)), -5, False, "make a new one"),
    "unknown client": Refusal(refused("unauthorized_client", NUMBERED.format(700016)), -5, False, 'not "common"'),
    "unknown tenant": Refusal(refused("invalid_request", NUMBERED.format(90002)), -5, False, "client_id or tenant"),
    "common": Refusal(refused("invalid_request", NUMBERED.format(9001023)), -5, False, "directory's id or domain"),
    "consent": Refusal(refused("invalid_grant", NUMBERED.format(65001)), -5, False, "must grant consent"),
    "public": Refusal(refused("invalid_client", NUMBERED.format(700025)), -5, False, "remove client_secret"),
    "too often": Refusal(refused("invalid_grant", NUMBERED.format(50196)), -5, False, "JSNPY_TOKEN_DIR"),
    "scope": Refusal(refused("invalid_scope", ""), -5, False, "invalid_scope; the endpoint does not know the scope"),
    "grant": Refusal(refused("unsupported_grant_type"), -5, False, "does not offer this way"),
    "refused with 200": Refusal(refused("invalid_client", "no", "200 OK"), -5, False, "invalid_client: no"),
    "nested": Refusal(
        said({"error": {"status": "PERMISSION_DENIED", "message": "no"}}, "403 No"), -5, False, "PERMISSION_DENIED: no"
    ),
    "no json": Refusal(answer(b"<html>", "403 Forbidden"), -5, False, "status 403"),
    "odd types": Refusal(said({"error": 5, "error_description": []}, "400 Bad"), -5, False, "status 400"),
    "null error": Refusal(said({"error": None}, "400 Bad"), -5, False, "status 400"),
    "redirect": Refusal(redirect("http://elsewhere.test/x"), -5, False, "302", "elsewhere.test", "not followed"),
    "redirect without place": Refusal(answer(b"", "307 Go"), -5, False, "another place"),
    "refused by a page": Refusal(
        answer(b"<html><TITLE lang=en>Blocked &amp; logged</title>", "403 No"),
        -5,
        False,
        "status 403: Blocked & logged;",
    ),
    "refused in plain words": Refusal(
        answer(b"Tenant suspended\n", "400 No"), -5, False, "status 400: Tenant suspended;"
    ),
    "refused by other names": Refusal(said({"message": "no such client"}, "400 No"), -5, False, "400: no such client;"),
    "repeated in plain words": Refusal(
        answer(b"secret s3cr3t-value unknown", "400 No"), -5, False, "status 400: secret"
    ),
    "wait until a date": Refusal(
        refused("slow", "", "429 Too Many", "Retry-After: Sat, 01 Jan 2200 00:00:00 GMT"), -5, True, "asks to wait"
    ),
    "wait until a past date": Refusal(
        refused("slow", "", "429 Too Many", "Retry-After: Sat, 01 Jan 2000 00:00:00 GMT"), -5, True, "try again later"
    ),
    "too many": Refusal(refused("slow", "", "429 Too Many", "Retry-After: 17"), -5, True, "429", "wait 17 s"),
    "odd wait": Refusal(answer(b"", "429 Too Many", "Retry-After: soon"), -5, True, "status 429", "try again later"),
    "broken": Refusal(answer(b"oops", "500 Internal"), -5, True, "status 500", "try again later"),
    "away": Refusal(answer(b"", "503 Away"), -5, True, "status 503"),
    "server_error": Refusal(refused("temporarily_unavailable", "x"), -5, True, "temporarily_unavailable: x"),
    "no object": Refusal(said([1]), -9, None, "not a whole JSON object"),
    "no json at all": Refusal(answer(b"<html>log in</html>"), -9, None, "not a whole JSON object"),
    "empty": Refusal(answer(b""), -9, None, "not a whole JSON object"),
    "deep": Refusal(answer(b"[" * 100_000), -9, None, "not a whole JSON object"),
    "NaN": Refusal(answer(b'{"access_token": NaN}'), -9, None, "not a whole JSON object"),
    "no token": Refusal(said({"token_type": "Bearer"}), -9, None, "no usable access_token"),
    "token of a wrong type": Refusal(said({"access_token": 5}), -9, None, "no usable access_token"),
    "null token": Refusal(said({"access_token": None}), -9, None, "no usable access_token"),
    "empty token": Refusal(good(""), -9, None, "no usable access_token"),
    "line break in it": Refusal(good("a\r\nb"), -9, None, "no usable access_token"),
    "control character in it": Refusal(good("a\x01b"), -9, None, "no usable access_token"),
    "not ASCII": Refusal(good("tökén"), -9, None, "no usable access_token"),
    "surrogate": Refusal(good("\ud800"), -9, None, "no usable access_token"),
    "endless token": Refusal(good("t" * 100_000), -9, None, "no usable access_token"),
    "other type": Refusal(good(token_type="mac"), -9, None, "of the type mac, not Bearer"),
    "odd type": Refusal(good(token_type=["x"]), -9, None, "not Bearer"),
    "no HTTP": Refusal(b"220 mail.test ESMTP\r\n", -9, None, "did not answer in HTTP"),
    "nothing": Refusal(b"", -9, None, "closed the connection"),
    "cut": Refusal(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", -9, None, "was cut off"),
    "cut without length": Refusal(b'HTTP/1.1 200 OK\r\n\r\n{"access_tok', -9, None, "not a whole JSON object"),
    "broken gzip": Refusal(answer(b"x", "200 OK", "Content-Encoding: gzip"), -9, None, "was cut off"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_every_answer_without_a_token_is_said_plainly(refusal: Refusal, fail: Fail) -> None:
    """Code, whether it may pass, the endpoint's host and its words, what to do; one line, no secret."""
    with TokenEndpoint(refusal.reply) as server:
        error = fail(server.block())
        assert 1 == len(server.requests)
    assert (refusal.code, refusal.temporary) == (error.code, error.temporary)
    assert "localhost" in error.what
    for words in refusal.words:
        assert words in str(error)
    assert str(error).isprintable()
    assert "s3cr3t-value" not in str(error)
    assert "Trace ID" not in str(error)


@pytest.mark.parametrize(
    ("block", "reply", "words"),
    [
        (
            {"refresh_token": "r", "account": "me@x.test"},
            refused("invalid_grant", "expired or revoked"),
            "the log-in of me@x.test has ended (unused for 90 days",
        ),
        (
            {"refresh_token": "r", "provider": "google"},
            refused("invalid_grant", "Token has been expired or revoked."),
            "Testing, which ends it after 7 days",
        ),
        ({"refresh_token": "r"}, refused("invalid_grant", NUMBERED.format(70043)), "a policy of the tenant"),
        (
            {"refresh_token": "r", "login": "device", "device_url": "https://x.test/"},
            refused("invalid_grant"),
            "jsnpy login CaEmail.json as this user; an application's own log-in does not end so",
        ),
        ({"provider": "google"}, refused("unauthorized_client"), "Domain-wide delegation); it takes up to a day"),
        ({"provider": "microsoft"}, refused("unauthorized_client"), "must grant consent"),
    ],
)
def test_a_log_in_that_has_ended_says_how_to_begin_anew(
    endpoint: TokenEndpoint, fail: Fail, block: dict[str, Any], reply: bytes, words: str
) -> None:
    """The hint depends on who logs in where."""
    endpoint.answers = [reply]
    kept = endpoint.block(**block)
    error = fail({**kept, "refresh_token": "r"} if "login" in block else kept)
    assert words in error.hint


@pytest.mark.parametrize(
    ("minutes", "words"), [(-11, "11 minutes off (slow)"), (12, "12 minutes off (fast)"), (0, "does not take")]
)
def test_a_refused_assertion_speaks_of_the_clock(
    endpoint: TokenEndpoint, fail: Fail, certificate: x509.Certificate, minutes: int, words: str
) -> None:
    """An assertion that is refused while the clocks differ is refused for that, which no endpoint says."""
    del certificate
    date = formatdate(time.time() - 60 * minutes, usegmt=True)
    endpoint.answers = [refused("invalid_client", "", "401 No", f"Date: {date}")]
    assert words in fail(without_secret(endpoint.block(), certificate="app.pem")).hint


@pytest.mark.parametrize(
    "more",
    [{"error": None}, {"error": ""}, {"token_type": None}, {"token_type": ""}, {"token_type": " BEARER "}],
    ids=str,
)
def test_a_token_with_an_empty_error_or_kind_beside_it_is_a_token(
    endpoint: TokenEndpoint, ask: Ask, more: dict[str, Any]
) -> None:
    """Some servers write every field they have, empty where there is nothing to say."""
    endpoint.answers = [good(**more)]
    assert "access-t0ken-1" == ask(endpoint.block()).text


def drip(_: Received) -> Iterable[bytes]:
    """Return an answer that takes for ever."""
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    while True:
        time.sleep(0.05)
        yield b" "


@pytest.mark.parametrize("wait", ["9" * 60_000, "\u0663", "5; rm", "-5", "x\x1b[2J"])
def test_a_wait_that_is_none_is_not_quoted(endpoint: TokenEndpoint, fail: Fail, wait: str) -> None:
    """What an overloaded endpoint says of the time is quoted where it is a number of seconds that somebody may wait."""
    endpoint.answers = [f"HTTP/1.1 429 Busy\r\nRetry-After: {wait}\r\nContent-Length: 0\r\n\r\n".encode()]
    error = fail(endpoint.block())
    assert (-5, True) == (error.code, error.temporary)
    assert "it asks to wait" not in str(error)
    assert len(str(error)) < 500


def test_an_endpoint_that_drips_cannot_stretch_the_deadline(endpoint: TokenEndpoint, fail: Fail) -> None:
    """Time runs out as for any server: -3."""
    endpoint.answers = [drip]
    begun = time.monotonic()
    error = fail(endpoint.block(), seconds=0.5)
    assert (-3, None) == (error.code, error.temporary)
    assert time.monotonic() - begun < 10
    assert "timed out" in error.what


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "503 Away"])
@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_of_more_than_a_megabyte_is_not_read(
    endpoint: TokenEndpoint, fail: Fail, status: str, packed: bool
) -> None:
    """No token is so large, and neither is what an endpoint has to say of an error; nor when it is compressed."""
    page = gzip.compress(b" " * 2**26) if packed else b" " * (2**20 + 1)
    endpoint.answers = [answer(page, status, *["Content-Encoding: gzip"] * packed)]
    error = fail(endpoint.block())
    assert (-9, None) == (error.code, error.temporary)
    assert "larger than 1 MB" in error.what


def test_nobody_there_is_not_reached(fail: Fail) -> None:
    """A closed port is -2, with host and port."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    error = fail({"token_url": f"http://127.0.0.1:{port}/", "client_id": "c", "client_secret": "s3cr3t-value"})
    assert (-2, None) == (error.code, error.temporary)
    assert f"127.0.0.1:{port}" in error.what


def test_an_unknown_certificate_is_a_failure_of_tls(fail: Fail) -> None:
    """An endpoint whose certificate is not trusted never gets the secret: -4."""
    with TokenEndpoint(context=server_context()) as server:
        error = fail(server.block())
    assert -4 == error.code
    assert "certificate" in error.what


def test_a_proxy_that_refuses_is_named(fail: Fail, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 407 of a proxy is not the endpoint's: -2, with what to do."""
    with TokenEndpoint(answer(b"", "407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        error = fail({"token_url": "https://login.x.test/t", "client_id": "c", "client_secret": "s3cr3t-value"})
    assert -2 == error.code
    assert "put user and password into the proxy's URL" in error.what


@pytest.mark.parametrize("form", ["{}", "b64", "quoted", "reversed in a sentence"])
def test_an_endpoint_that_repeats_the_secret_is_masked(endpoint: TokenEndpoint, fail: Fail, form: str) -> None:
    """Whatever the endpoint says, the secret is not in our words."""
    secret = "s3cr3t/value+%1"
    shown = {
        "{}": secret,
        "b64": base64.b64encode(b"client-1:" + secret.encode()).decode(),
        "quoted": "client_secret=s3cr3t%2Fvalue%2B%251",
        "reversed in a sentence": f"what a {secret}",
    }[form]
    endpoint.answers = [refused("invalid_client", shown)]
    error = fail(endpoint.block(client_secret=secret))
    assert "[redacted]" in error.what
    assert shown not in str(error)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (3599, 3599),
        ("3599", 3599),
        (None, 3600),
        ([], 3600),
        (True, 3600),
        ("soon", 3600),
        ("nan", 3600),
        (0, 0),
        (-5, 0),
        ("1e999", 366 * 86400),
        (1.5, 1.5),
    ],
)
def test_how_long_a_token_is_good_for(value: object, seconds: float) -> None:
    """Numbers count, as text too; without one it is an hour; no number makes a token eternal."""
    assert seconds == _lifetime(value)


@pytest.mark.parametrize(
    ("scope", "more", "doubt"),
    [
        ("mail.send", {"scope": "mail.send other"}, ""),
        ("mail.send offline_access", {"scope": "Mail.Send"}, ""),
        ("mail.send", {}, ""),
        ("mail.send", {"scope": "openid"}, 'the token has the scope "openid", not "mail.send"'),
        ("mail.send", {"scope": 5}, ""),
    ],
)
def test_a_token_for_less_than_was_asked_is_doubted(
    endpoint: TokenEndpoint, ask: Ask, scope: str, more: dict[str, Any], doubt: str
) -> None:
    """A scope that is missing in the answer is part of the hint when the mail server refuses."""
    endpoint.answers = [good(**more)]
    assert doubt == ask(endpoint.block(scope=scope)).doubt


@pytest.mark.parametrize(
    ("audience", "doubt"),
    [
        ("https://outlook.office365.com", ""),
        ("https://outlook.office.com/", ""),
        ("00000002-0000-0ff1-ce00-000000000000", ""),
        ("https://graph.microsoft.com", "the token is for https://graph.microsoft.com instead of outlook.office"),
        (["https://graph.microsoft.com"], "the token is for https://graph.microsoft.com instead of outlook.office"),
        (5, ""),
        (None, ""),
    ],
)
def test_a_token_for_another_service_is_doubted(
    endpoint: TokenEndpoint, ask: Ask, audience: object, doubt: str
) -> None:
    """A token for Graph passes no mail server of Microsoft's."""
    claims = base64.urlsafe_b64encode(json.dumps({"aud": audience}).encode()).rstrip(b"=").decode()
    endpoint.answers = [good(f"e30.{claims}.c2ln")]
    found = ask(endpoint.block(provider="microsoft")).doubt
    assert found.startswith(doubt)
    assert bool(doubt) == bool(found)


PRINTS = "import sys; sys.stdout.write({!r})"


def program(text: str) -> list[str]:
    """Return a command that prints a text."""
    return [sys.executable, "-c", PRINTS.format(text)]


@pytest.mark.parametrize("text", ["t0ken\n", "t0ken", "t0ken\r\nmore\n", "  t0ken \n\n"])
def test_a_programs_first_line_is_the_token(ask: Ask, text: str) -> None:
    """What another program prints is the token, as it is."""
    assert "t0ken" == ask({"command": program(text)}).text


def test_a_program_is_asked_each_time_and_kept_nowhere(ask: Ask, tmp_path: Path, tokens: Path) -> None:
    """Each mail asks the program, and no file of ours holds its token."""
    script = f"open({str(tmp_path / 'calls')!r}, 'a').write('x'); print('t0ken')"
    for _ in range(2):
        ask({"command": [sys.executable, "-c", script]})
    assert "xx" == (tmp_path / "calls").read_text()
    assert not tokens.exists()


@pytest.mark.skipif(os.name == "nt", reason="a script without an ending is no program on Windows")
def test_a_program_with_a_slash_is_relative_to_the_config(ask: Ask, fail: Fail, tmp_path: Path) -> None:
    """With a slash the config's folder counts, without one PATH alone, and no shell reads anything."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "token").write_text('#!/bin/sh\necho "$1"\n', encoding="utf-8")
    (tmp_path / "bin" / "token").chmod(0o755)
    assert "$HOME;x" == ask({"command": ["bin/token", "$HOME;x"]}).text
    (tmp_path / "token").write_text("#!/bin/sh\necho x\n", encoding="utf-8")
    (tmp_path / "token").chmod(0o755)
    assert "cannot be run: No such file" in fail({"command": ["token"]}).what


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-program-at-all"], "the command no-such-program-at-all: it cannot be run"),
        ([sys.executable, "-c", "import sys; sys.exit('no account')"], "it ended with code 1: no account"),
        (program(""), "the first line of its output is not a token"),
        (program("\nt0ken"), "the first line of its output is not a token"),
        (program("two words"), "the first line of its output is not a token"),
        (program("t\x01k"), "the first line of its output is not a token"),
        (program('{"accessToken": "t0ken"}'.replace(" ", "")), "the first line of its output is not a token"),
        (program("{\n}"), "the first line of its output is not a token"),
        ([sys.executable, "-c", "print('t' * 70_000)"], "the first line of its output is not a token"),
    ],
)
def test_a_program_that_gives_no_token_is_named(fail: Fail, command: list[str], words: str) -> None:
    """How it failed is said in its own words."""
    error = fail({"command": command})
    assert -5 == error.code
    assert words in error.what


def test_a_program_that_hangs_is_ended(fail: Fail) -> None:
    """It takes no longer than the mail may."""
    error = fail({"command": [sys.executable, "-c", "import time; time.sleep(60)"]}, seconds=0.5)
    assert -3 == error.code


def test_what_a_hanging_program_started_is_not_waited_for(fail: Fail) -> None:
    """A wrapper's own child may hold its output open for long after the wrapper was ended."""
    inner = "import time; time.sleep(20)"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    begun = time.monotonic()
    assert -3 == fail({"command": [sys.executable, "-c", script]}, seconds=0.5).code
    assert time.monotonic() - begun < 15


def test_a_program_that_prints_for_ever_is_ended_in_time(fail: Fail) -> None:
    """However much a program prints, it takes no longer than the mail may, and no memory."""
    begun = time.monotonic()
    assert -3 == fail({"command": [sys.executable, "-c", "while True: print('x' * 100_000)"]}, seconds=1).code
    assert time.monotonic() - begun < 3


def test_what_a_program_leaves_running_is_not_waited_for(ask: Ask) -> None:
    """A program that started an agent has printed its token, though the agent holds its output open."""
    inner = "import time; time.sleep(20)"
    script = f"import subprocess, sys; print('t0ken', flush=True); subprocess.Popen([sys.executable, '-c', {inner!r}])"
    begun = time.monotonic()
    assert "t0ken" == ask({"command": [sys.executable, "-c", script]}).text
    assert time.monotonic() - begun < 10


def test_a_failing_programs_words_do_not_show_its_token(fail: Fail) -> None:
    """What it printed as a token is masked in what it said as it failed."""
    script = "import sys; print('t0ken-t0ken'); sys.exit('could not store t0ken-t0ken')"
    assert fail({"command": [sys.executable, "-c", script]}).what.endswith("code 1: could not store [redacted]")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("key", ["certificate", "assertion_file", "service_account"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(fail: Fail, tmp_path: Path, key: str) -> None:
    """Nobody may ever write to it, and a mail has its time."""
    os.mkfifo(tmp_path / "pipe")
    block = {"provider": "google"} if key == "service_account" else {"token_url": "https://x.test/t", "client_id": "c"}
    error = fail({**block, key: "pipe"}, seconds=5)
    assert (-5, f'oauth2.{key}: "pipe" cannot be read: it is no regular file') == (error.code, error.what)


@pytest.mark.skipif(os.name != "nt", reason="elsewhere a program's name has no ending")
def test_windows_finds_a_batch_file_by_its_name(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What scoop and npm put into PATH ends in .cmd."""
    (tmp_path / "mytoken.cmd").write_text("@echo t0ken\r\n", encoding="utf-8")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert "t0ken" == ask({"command": ["mytoken"]}).text


def test_a_program_in_the_current_folder_is_not_taken_for_one_in_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows looks in the current folder first: a token program is looked for as PATH says, in whole paths alone."""
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mytoken.cmd").write_text("")
    (tmp_path / "here" / "other.cmd").write_text("")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATHEXT", ".EXE;.CMD;")  # as some installers leave it
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", "..", str(tmp_path / "there")]))
    for name in ("mytoken", "mytoken.cmd", "MyToken.CMD" if sys.platform == "win32" else "mytoken"):
        assert os.path.samefile(tmp_path / "there" / "mytoken.cmd", on_path(name))
    with pytest.raises(FileNotFoundError):
        on_path("other")


@pytest.mark.parametrize("before", range(180, 201, 4))
def test_a_programs_words_are_not_cut_within_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """Of a secret that goes over the end of what is shown nothing is left."""
    monkeypatch.setenv("A_SECRET", "hunter2-hunter3-hunter4")
    code = f"import sys; sys.exit('x' * {before} + sys.argv[1] + 'y' * 99)"
    source = Source({"command": [sys.executable, "-c", code, "${ENV:A_SECRET}"]}, base_dir=str(tmp_path))
    with pytest.raises(TokenError) as caught:
        source.access_token(USER, time.monotonic() + 30)
    assert "xxx" in caught.value.what
    assert "hun" not in caught.value.what
