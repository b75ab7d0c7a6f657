"""TLS: contexts that verify, the handshake in time, what the log says about it."""

from __future__ import annotations

import errno
import os
import ssl

from jsnpy.smtp import hints
from jsnpy.smtp.certificate import facts
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.reply import remaining

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from jsnpy.smtp.server import Server
    from jsnpy.smtp.transcript import Transcript

# Loading the system's CAs takes 10-30 ms; a script that sends 300 mails needs them once.
_contexts: dict[tuple[object, ...], ssl.SSLContext] = {}
_CONTEXTS_MAX = 16


def context(server: Server, *, verify: bool, ca_pem: str = "") -> ssl.SSLContext:
    """Return the TLS context for a server.

    Args:
        server: its `ca_file` and `min_version` are used.
        verify: whether certificate and name are verified.
        ca_pem: CAs in PEM that are trusted besides.

    Raises:
        SendFailure: the CA file cannot be used.
    """
    trusted = (
        server.ca_file,
        _stamp(server.ca_file),
        os.environ.get("SSL_CERT_FILE"),
        os.environ.get("SSL_CERT_DIR"),
    )
    key = (verify, server.min_version, ca_pem, *trusted)
    made = _contexts.get(key)
    if made is None:
        made = _make(server, verify=verify, ca_pem=ca_pem)
        if len(_contexts) >= _CONTEXTS_MAX:
            _contexts.clear()
        _contexts[key] = made
    return made


def _stamp(path: str) -> object:
    try:
        return os.stat(path).st_mtime_ns if path else None
    except OSError:
        return None


def _make(server: Server, *, verify: bool, ca_pem: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3 if server.min_version == "1.3" else ssl.TLSVersion.TLSv1_2
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        return made
    try:
        if server.ca_file:
            made.load_verify_locations(cafile=server.ca_file)
        else:
            made.load_default_certs()
        if ca_pem:
            made.load_verify_locations(cadata=ca_pem)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        what = f"tls.ca_file cannot be used: {server.ca_file}: {getattr(error, 'strerror', None) or error}"
        raise SendFailure(Code.ARGUMENT, "argument", what, hint="it must hold CA certificates in PEM") from None
    return made


def wrap(
    sock: socket.socket, tls: ssl.SSLContext, server: Server, deadline: float, transcript: Transcript
) -> ssl.SSLSocket:
    """Do the handshake and note what it brought; the socket is closed if it fails.

    Raises:
        SendFailure: it failed.
        TimedOut: the deadline passed.
    """
    start = transcript.elapsed()
    sock.settimeout(remaining(deadline))
    wrapped = None
    try:
        wrapped = tls.wrap_socket(sock, server_hostname=server.tls_name)
        # Raises where ssl silently left the handshake out, as it does if the connection was reset before.
        certificate = wrapped.getpeercert(binary_form=True)
    except (OSError, ValueError) as error:
        (wrapped or sock).close()
        if isinstance(error, TimeoutError):
            what = f"{server.place} did not finish the TLS handshake: timed out after {transcript.elapsed()}"
            raise SendFailure(Code.TIMEOUT, "tls", what, hint=hints.tls_timeout(server)) from None
        what = f"no TLS with {server.place}: {_words(error)}"
        raise SendFailure(Code.TLS, "tls", what, hint=hints.tls(server, error)) from None
    cipher = wrapped.cipher() or ("no cipher",)
    transcript.event(
        f"{wrapped.version()} with {cipher[0]}, name {server.tls_name}"
        f" (handshake from {start} to {transcript.elapsed()})"
    )
    if certificate:
        transcript.event(f"certificate: {facts(certificate)}")
    if tls.verify_mode == ssl.CERT_REQUIRED:
        transcript.event("certificate verified")
    else:
        transcript.event("WARNING: the certificate was NOT VERIFIED: anybody could be at the other end")
    return wrapped


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message.rstrip('.')})"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    if isinstance(error, ConnectionError) or error.args[:1] == (errno.ENOTCONN,):
        return "the connection was reset in the handshake"
    return "the connection was closed in the handshake" if "EOF" in str(error) else str(error)
