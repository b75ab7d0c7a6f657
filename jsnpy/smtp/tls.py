"""TLS: contexts that verify, the handshake in time, what the log says about it."""

from __future__ import annotations

import errno
import os
import ssl

from jsnpy import trust
from jsnpy.smtp import certificate as certificates
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.reply import remaining

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from jsnpy.smtp.server import Server
    from jsnpy.smtp.transcript import Transcript

# Loading the system's CAs takes 10-30 ms; a script that sends 300 mails needs them once.
_contexts: dict[tuple[object, ...], tuple[ssl.SSLContext, list[str]]] = {}
_CONTEXTS_MAX = 16


def context(
    server: Server, *, verify: bool, ca_pem: str = "", note: Callable[[str], None] = lambda _: None
) -> ssl.SSLContext:
    """Return the TLS context for a server."""
    files = (server.ca_file, server.cert_file, server.key_file)
    trusted = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    key = (verify, server.min_version, ca_pem, *files, *map(_stamp, files), *trusted)
    made = _contexts.get(key)
    if made is None:
        made = _make(server, verify=verify, ca_pem=ca_pem)
        if len(_contexts) >= _CONTEXTS_MAX:
            _contexts.clear()
        _contexts[key] = made
    for line in made[1]:
        note(line)
    return made[0]


def _stamp(path: str) -> object:
    try:
        return os.stat(path).st_mtime_ns if path else None
    except OSError:
        return None


def _make(server: Server, *, verify: bool, ca_pem: str) -> tuple[ssl.SSLContext, list[str]]:
    """Return a context, and what the log should tell of it."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3 if server.min_version == "1.3" else ssl.TLSVersion.TLSv1_2
    made.set_ciphers("DEFAULT")  # OpenSSL's own: Python's leave out what many a mail server is limited to
    if server.cert_file:
        try:
            # With a password given, OpenSSL asks nobody for one at the terminal.
            made.load_cert_chain(server.cert_file, server.key_file or None, password="")
        except (OSError, ValueError) as error:
            field, file = ("key", server.key_file) if server.key_file else ("cert", server.cert_file)
            what = f"tls.{field}_file cannot be used: {file}: {_reason(error)}"
            hint = "needed are the certificate and its private key in PEM, the key without a passphrase"
            raise SendFailure(Code.ARGUMENT, "argument", what, hint=hint) from None
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        return made, []
    # A trusted certificate need not be a root: it may be the server's own.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    notes: list[str] = []
    if server.ca_file:
        try:
            made.load_verify_locations(cafile=server.ca_file)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            what = f"tls.ca_file cannot be used: {server.ca_file}: {_reason(error)}"
            raise SendFailure(Code.ARGUMENT, "argument", what, hint="it must hold CA certificates in PEM") from None
    else:
        notes = [
            f"left out of Windows' store {store}, as it cannot be read ({_reason(error)}): {certificates.facts(der)}"
            for store, der, error in trust.load(made)
        ]
    if ca_pem:
        made.load_verify_locations(cadata=ca_pem)
    return made, notes


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return reason.replace("_", " ").lower() if reason else getattr(error, "strerror", None) or str(error)


def wrap(
    sock: socket.socket, tls: ssl.SSLContext, server: Server, deadline: float, transcript: Transcript
) -> ssl.SSLSocket:
    """Do the handshake and note what it brought; the socket is closed if it fails."""
    start = transcript.elapsed()
    sock.settimeout(remaining(deadline))
    wrapped = None
    try:
        name = server.tls_name.encode()  # it is in ASCII; of a str, Python asks its codec for IDNA, which takes a while
        wrapped = tls.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        wrapped.do_handshake()
        certificate = wrapped.getpeercert(binary_form=True)
    except (OSError, ValueError) as error:
        failure = _failure(error, _chain(wrapped), server, transcript)
        (wrapped or sock).close()
        raise failure from None
    cipher = wrapped.cipher() or ("no cipher",)
    transcript.event(
        f"{wrapped.version()} with {cipher[0]}, name {server.tls_name}"
        f" (handshake from {start} to {transcript.elapsed()})"
    )
    if certificate:
        transcript.event(f"certificate: {certificates.facts(certificate)}")
    if tls.verify_mode == ssl.CERT_REQUIRED:
        transcript.event("certificate verified")
    else:
        transcript.event("WARNING: the certificate was NOT VERIFIED: anybody could be at the other end")
    return wrapped


def _chain(wrapped: ssl.SSLSocket | None) -> list[bytes]:
    """Return the certificates that a server has sent in a handshake that failed, its own first."""
    # Public from Python 3.13 on, where it returns bytes; before it is there, but only below.
    below = getattr(wrapped, "_sslobj", None)
    chain = below.get_unverified_chain() if below is not None else None
    return [each.public_bytes(2) for each in chain or []]  # 2: DER


def _failure(error: Exception, chain: list[bytes], server: Server, transcript: Transcript) -> SendFailure:
    from jsnpy.smtp import tls_hints

    place = server.place
    if isinstance(error, TimeoutError):
        what = f"{place} did not finish the TLS handshake: timed out after {transcript.waited()}"
        return SendFailure(Code.TIMEOUT, "tls", what, hint=tls_hints.handshake_timeout(server))
    if not isinstance(error, ssl.SSLCertVerificationError):
        # A server that ends the handshake after it has shown its own certificate wants one from us, or another one.
        wants = tls_hints.alert(server, _reason(error)) if chain else ""
        what = f"{place} wants a client certificate" if wants and not server.cert_file else f"no TLS with {place}"
        hint = wants or tls_hints.handshake(server, error)
        return SendFailure(Code.TLS, "tls", f"{what}: {_words(error)}", hint=hint)
    for each in chain[:1]:
        transcript.event(f"certificate: {certificates.facts(each)}")
    transcript.event(f"certificate NOT accepted: {error.verify_message.rstrip('.')}")
    words, issuer = error.verify_message.rstrip("."), ""
    if "expired" in words:
        words += certificates.expired(chain)
    if chain and "unable to" in words:
        issuer = certificates.missing_issuer(chain)
    what = f"no TLS with {place}: its certificate is not trusted ({words})"
    return SendFailure(Code.TLS, "tls", what, hint=tls_hints.handshake(server, error, issuer))


def _words(error: Exception) -> str:
    if "EOF" in str(error):
        return "the connection was closed in the handshake"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    if isinstance(error, ConnectionError) or error.args[:1] == (errno.ENOTCONN,):
        return "the connection was reset in the handshake"
    return str(error)
