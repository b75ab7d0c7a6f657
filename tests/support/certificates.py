"""A private CA and the certificates of the test servers, made once per test process."""

from __future__ import annotations

import functools
import ssl

import trustme

NAMES = ("localhost", "mail.test", "127.0.0.1")


@functools.cache
def authority() -> trustme.CA:
    """Return the CA that signs every test server's certificate."""
    return trustme.CA()


def ca_pem() -> str:
    """Return the CA's certificate as PEM text: what `Route.ca_pem` or a `tls.ca_file` needs."""
    return authority().cert_pem.bytes().decode()


@functools.cache
def server_context(*names: str) -> ssl.SSLContext:
    """Return a server's TLS context with a certificate for the names (default: localhost, mail.test, 127.0.0.1)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*(names or NAMES)).configure_cert(context)
    return context
