"""What a connection that broke stands for, in an administrator's words."""

from __future__ import annotations

from jsnpy.smtp import tls_hints
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.reply import ProtocolError, TimedOut, TlsAlert
from jsnpy.smtp.transcript import readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.reply import ReplyError
    from jsnpy.smtp.server import Server
    from jsnpy.smtp.transcript import Transcript

_WORDS_MAX = 200

_DOING = {
    "resolve": "looking up the name of {}",
    "connect": "connecting to {}",
    "greeting": "waiting for the greeting of {}",
    "ehlo": "greeting {} (EHLO)",
    "starttls": "asking {} for STARTTLS",
    "tls": "doing the TLS handshake with {}",
    "auth": "logging in to {}",
    "mail": "giving the sender (MAIL FROM) to {}",
    "rcpt": "giving the recipients (RCPT TO) to {}",
    "data": "announcing the message (DATA) to {}",
    "message": "sending the message to {}",
}


def failure(error: ReplyError, stage: str, server: Server, transcript: Transcript, *, dot_sent: bool) -> SendFailure:
    """Return the failure that a broken connection stands for."""
    place = server.place
    said = ""
    if isinstance(error, ProtocolError):
        # Masked before the cut, which could leave half a secret.
        words = transcript.redactor.scrub(readable(error.line))[:_WORDS_MAX]
        said = f': "{words}"' if words else ""
    if dot_sent:
        after = f"after the whole message was sent ({error}{said})"
        what = f"no usable answer from {place} {after}: it may have been delivered"
        return SendFailure(Code.UNKNOWN, stage, what, hint="look for it at the recipient's before sending it again")
    doing = _DOING.get(stage, "talking to {}").format(place)
    if isinstance(error, ProtocolError):
        if stage == "greeting":
            what = f"{place} does not answer like an SMTP server{said}"
            return SendFailure(Code.PROTOCOL, stage, what, hint=tls_hints.greeting(server, error.line))
        return SendFailure(Code.PROTOCOL, stage, f"protocol fault while {doing}: {error}{said}")
    hint = tls_hints.greeting_timeout(server) if stage == "greeting" else ""
    if isinstance(error, TimedOut):
        return SendFailure(Code.TIMEOUT, stage, f"timed out after {transcript.waited()} while {doing}", hint=hint)
    if isinstance(error, TlsAlert) and (wants := tls_hints.alert(server, str(error))):  # TLS 1.3: after the handshake
        what = f"{place} ended TLS" if server.cert_file else f"{place} wants a client certificate"
        return SendFailure(Code.TLS, "tls", f"{what}: {error}", hint=wants)
    code = Code.TLS if stage == "tls" else Code.PROTOCOL
    return SendFailure(code, stage, f"the connection was lost while {doing}: {error}", hint=hint)
