"""What to do about a TLS handshake that fails, and about a server that speaks something else than was expected."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.server import Server

_CERTIFICATE_ALERTS = ("certificate", "handshake failure", "unknown ca", "access denied")
_NO_CIPHER = "the server and this machine have no cipher, key type or curve in common: the server's TLS must be updated"
_OTHER_PORT = "set starttls: true (usually port 587) instead of ssl: true, or use port 465"
_MISMATCH = 'the certificate is not for "{name}": use a name that is in it as host, or give one as tls.server_name'
_PRIVATE_CA = (
    "for a private CA or a self-signed certificate give its PEM file as tls.ca_file, or as SSL_CERT_FILE; "
    "verification can be switched off (tls: {{ verify: false }} or --insecure), which shows the password to anybody"
)
_STRICT = (
    "this Python insists on subjectKeyIdentifier and authorityKeyIdentifier in private CAs' certificates: have them "
    "made again with these"
)
_OLD = "the server knows no TLS {version} or newer: it must be updated"
_WEAK = "the server's TLS is too weak for this machine: its administrator must repair it"


def handshake(server: Server, error: Exception, issuer: str = "") -> str:
    """Return what to do about a failed handshake, or ""."""
    text = f"{getattr(error, 'reason', '')} {getattr(error, 'verify_message', '')} {error}".lower().replace("_", " ")
    if not server.ca_file and any(words in text for words in ("self-signed", "self signed", "unable to get")):
        from jsnpy import trust

        unreadable = trust.unreadable_file()
        if unreadable:
            return unreadable
    if issuer and "unable to" in text:
        return _unknown_issuer(server, issuer)
    for words, hint in (
        ("mismatch", _MISMATCH),
        ("not valid for", _MISMATCH),
        ("key identifier", _STRICT),
        ("expired", "the server's certificate must be renewed (or this machine's clock is wrong)"),
        ("not yet valid", "this machine's clock may be wrong"),
        ("self-signed", _PRIVATE_CA),
        ("self signed", _PRIVATE_CA),
        ("unable to", _PRIVATE_CA),
        ("legacy renegotiation", "the server's TLS is old and unsafe (no RFC 5746): it must be updated"),
        ("unsupported protocol", _OLD),
        ("protocol version", _OLD),
        ("handshake failure", _NO_CIPHER),
        ("no shared cipher", _NO_CIPHER),
        ("no ciphers", _NO_CIPHER),
        ("insufficient security", _WEAK),
        ("too small", _WEAK),
        ("too weak", _WEAK),
    ):
        if words in text:
            return hint.format(name=server.tls_name, version=server.min_version)
    if any(
        words in text
        for words in (
            "wrong version",
            "record layer",
            "packet length",
            "unknown protocol",
            "http request",
            "unexpected message",
        )
    ):
        if server.security == "ssl":
            return f"port {server.port} does not speak TLS from the first byte: {_OTHER_PORT}"
        return "the server agreed to STARTTLS and then spoke no TLS: its administrator must repair it"
    lost = isinstance(error, ConnectionError) or "eof" in text or "not connected" in text
    return handshake_timeout(server) if lost else ""


def _unknown_issuer(server: Server, issuer: str) -> str:
    if server.ca_file:
        return f'tls.ca_file does not hold the certificate of the issuer "{issuer}", or another one that leads to it'
    hint = (
        f'its issuer "{issuer}" is not known here. Of a private CA, give the certificate in PEM as tls.ca_file, or '
        "name its file in SSL_CERT_FILE; of a public one, the server must send the intermediate certificate along: its "
        "administrator must add it"
    )
    if sys.platform == "win32":
        from jsnpy.trust import FETCHED_ON_DEMAND

        hint += f". {FETCHED_ON_DEMAND}"
    return hint


def alert(server: Server, words: str) -> str:
    """Return what to do about a server that breaks off once it has shown its certificate, or ""."""
    if "alert" not in words or not any(each in words for each in _CERTIFICATE_ALERTS):
        return ""
    if server.cert_file:
        return "the server refuses the certificate in tls.cert_file: have its administrator allow it, or give another"
    return "give a certificate that the server knows as tls.cert_file, and its key as tls.key_file"


def handshake_timeout(server: Server) -> str:
    """Return what a handshake that does not end may mean."""
    if server.security != "ssl":
        return ""
    return f"port {server.port} may not speak TLS from the first byte: {_OTHER_PORT}"


def greeting_timeout(server: Server) -> str:
    """Return what a server that says nothing may be waiting for."""
    if server.security == "ssl":
        return ""
    return f"port {server.port} may expect TLS from the first byte: try ssl: true (usually port 465)"


def greeting(server: Server, line: bytes) -> str:
    """Return what answered instead of an SMTP server."""
    if line[:2] in (b"\x15\x03", b"\x16\x03"):
        return f"port {server.port} speaks TLS from the first byte: set ssl: true"
    for start, what in (
        (b"HTTP/", "a web server"),
        (b"<", "a web server"),
        (b"SSH-", "an SSH server"),
        (b"* OK", "an IMAP server"),
        (b"+OK", "a POP3 server"),
    ):
        if line.startswith(start):
            return f"{what} answers there: check host and port (usual ports for mail are 25, 465 and 587)"
    return "check host and port (usual ports are 25, 465 and 587)"
