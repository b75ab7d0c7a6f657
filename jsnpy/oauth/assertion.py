"""Signed assertions (RFC 7523) in place of secrets: an application's certificate, or Google's service account."""

from __future__ import annotations

import base64
import os
import time

from jsnpy import json_text
from jsnpy.oauth import providers, urls
from jsnpy.oauth.failure import REFUSED, TokenError
from jsnpy.text import how_to_install, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from jsnpy.oauth.client import Client

_LIFETIME = 600
_GOOGLE_LIFETIME = 3600


def of_certificate(client: Client) -> str:
    """Return what proves that the client holds a certificate's key."""
    data = client.read("certificate")
    _insist_on_cryptography("oauth2.certificate")
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes

    key = _private_key(client, "certificate", data)
    try:  # files hold the chain too, in any order
        found = x509.load_pem_x509_certificates(data)
        certificate = next((each for each in found if each.public_key() == key.public_key()), None)
    except (ValueError, UnsupportedAlgorithm):
        raise _unusable(client, "certificate", "has no usable certificate in it") from None
    if certificate is None:
        raise _unusable(client, "certificate", "has a key that belongs to none of its certificates")
    now = int(time.time())
    head = {"alg": "PS256", "typ": "JWT", "x5t#S256": _coded(certificate.fingerprint(hashes.SHA256()))}
    client_id = client.settings.client_id
    body = {
        "aud": client.settings.token_url,
        "iss": client_id,
        "sub": client_id,
        "jti": os.urandom(16).hex(),
        "nbf": now,
        "iat": now,
        "exp": now + _LIFETIME,
    }
    return _signed(client, head, body, key)


def of_service_account(client: Client) -> tuple[str, str]:
    """Return what asks for a token in the name of a mailbox, and the endpoint it is for."""
    data = client.read("service_account")
    _insist_on_cryptography("oauth2.service_account")
    try:
        given: Any = json_text.loads(data.decode())
        email, pem, key_id = given["client_email"], given["private_key"], given.get("private_key_id") or ""
        url = given.get("token_uri") or client.settings.token_url
        usable = all(isinstance(each, str) for each in (email, pem, key_id, url))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        usable = False
    if not usable:
        raise _unusable(client, "service_account", "is no key file of a service account")
    for secret in (pem, pem.replace("\n", "\\n")):
        client.redactor.add(secret)
    if client.settings.token_url != providers.GOOGLE:
        url = client.settings.token_url
    elif fault := urls.fault(url):
        raise _unusable(client, "service_account", f"has a token_uri that {fault}")
    # Whoever passed the key through a variable may have encoded its line breaks once more.
    key = _private_key(client, "service_account", pem.replace("\\n", "\n").encode())
    now = int(time.time())
    head = {"alg": "RS256", "typ": "JWT", **({"kid": key_id} if key_id else {})}
    body = {
        "iss": email,
        "sub": client.user,
        "scope": client.settings.scope,
        "aud": url,
        "iat": now,
        "exp": now + _GOOGLE_LIFETIME,
    }
    return _signed(client, head, body, key), url


def _insist_on_cryptography(name: str) -> None:
    try:
        import cryptography  # noqa: F401 - whether it is there
    except ImportError:
        what = f"{name} needs the library cryptography, which is not installed"
        raise TokenError(REFUSED, what, how_to_install("oauth2"), temporary=False) from None


def _private_key(client: Client, name: str, pem: bytes) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise _unusable(client, name, "has a key that is locked with a password: store it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise _unusable(client, name, "has no usable private key in it") from None
    if not isinstance(key, RSAPrivateKey):
        raise _unusable(client, name, "has a key that is not an RSA one")
    return key


def _signed(client: Client, head: dict[str, Any], body: dict[str, Any], key: RSAPrivateKey) -> str:
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA256

    text = ".".join(_coded(json_text.dumps(part).encode()) for part in (head, body))
    probabilistic = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
    way = probabilistic if head["alg"] == "PS256" else padding.PKCS1v15()
    signed = f"{text}.{_coded(key.sign(text.encode(), way, SHA256()))}"
    client.redactor.add(signed)
    return signed


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unusable(client: Client, name: str, what: str) -> TokenError:
    file = printable(getattr(client.settings, name))
    hints = {
        "certificate": "it is a PEM file with the private key and the certificate",
        "service_account": "it is the JSON file that Google Cloud made with the key",
    }
    return TokenError(REFUSED, f'oauth2.{name}: "{file}" {what}', hints[name], temporary=False)
