"""The certificates this system trusts, for mails and for fetches."""

from __future__ import annotations

import os
import ssl
import sys

from jsnpy.text import printable

_WINDOWS_STORES = ("CA", "ROOT")

FETCHED_ON_DEMAND = (
    "Windows fetches public roots only when one of its own programs needs them: open an https page of that CA in Edge"
    " on this machine once"
)


def unreadable_file() -> str:
    """Return that SSL_CERT_FILE names no file with certificates to be read, which OpenSSL does not tell; else ""."""
    file = os.environ.get("SSL_CERT_FILE", "")
    if not file:
        return ""
    named = f"SSL_CERT_FILE names {printable(file)}, which"
    if not (os.path.isfile(file) and os.access(file, os.R_OK)):
        return f"{named} is no readable file"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except OSError:
        return f"{named} holds no certificate in PEM"
    return ""


def load(context: ssl.SSLContext) -> list[tuple[str, bytes, ssl.SSLError]]:
    """Let a context trust what the system trusts, or the files that SSL_CERT_FILE and SSL_CERT_DIR name.

    Returns:
        What cannot be read in Windows' stores: store, certificate, reason.
    """
    if sys.platform != "win32":
        context.load_default_certs()
        return []
    context.set_default_verify_paths()
    return load_windows_stores(context)


def load_windows_stores(context: ssl.SSLContext) -> list[tuple[str, bytes, ssl.SSLError]]:
    """Trust the certificates in Windows' stores, one by one.

    Python loads them in one go: a single odd one, as national CAs install them, would leave none.
    """
    unreadable = []
    for store in _WINDOWS_STORES:
        for der, encoding, trust in ssl.enum_certificates(store):  # type: ignore[attr-defined,unused-ignore]
            if encoding != "x509_asn" or not (trust is True or ssl.Purpose.SERVER_AUTH.oid in trust):
                continue
            try:
                context.load_verify_locations(cadata=der)
            except ssl.SSLError as error:
                unreadable.append((store, der, error))
    return unreadable
