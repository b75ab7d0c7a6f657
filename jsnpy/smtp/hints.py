"""What to do about a failure, where that is known: the sentences people search the web for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.reply import Reply
    from jsnpy.smtp.server import Server

# What to look for in a refusal, in lower case (all of the words), and what to do then; the first that fits.
_SMTP_AUTH = "have an administrator allow it for the mailbox (Set-CASMailbox -SmtpClientAuthenticationDisabled $false)"
_USE_XOAUTH2 = 'use auth: "xoauth2" with an access token in pass'
_GMAIL_APP = "an app password (Google account, Security, 2-Step Verification, App passwords)"
_TLS_FIRST = "the server wants TLS first: set starttls: true (usually port 587) or ssl: true (port 465)"
_REPLIES = (
    (("5.7.139",), f"Exchange Online has basic authentication switched off here: {_SMTP_AUTH}, or {_USE_XOAUTH2}"),
    (("5.7.30",), f"Exchange Online takes no passwords for sending any more: {_USE_XOAUTH2}"),
    (("5.7.57",), f"Exchange wants a log-in first: set user, pass, port 587 and starttls: true; {_SMTP_AUTH}"),
    (("5.7.60",), "this account may not send as that address: use its own in from, or have 'Send As' granted"),
    (("application-specific password",), f"Gmail wants {_GMAIL_APP}"),
    (("4.3.2", "concurrent"), "Exchange Online takes three connections at a time: send again later"),
)
_LOG_IN_FIRST = 530  # RFC 4954
_FULL = 452
_TLS_WORDS = ("starttls", "5.7.11", "encryption required")


def reply(stage: str, answer: Reply, server: Server, *, logged_in: bool, offered_auth: bool) -> str:
    """Return what to do about a refusal, or "".

    Args:
        stage: the stage of the command that was refused.
        answer: the refusal.
        server: where it came from.
        logged_in: whether the session is authenticated.
        offered_auth: whether the server offered authentication.
    """
    text = f"{answer.text} {answer.enhanced or ''}".lower()
    for words, hint in _REPLIES:
        if all(word in text for word in words):
            return hint
    if not server.security and any(word in text for word in _TLS_WORDS):
        return _TLS_FIRST
    if stage == "auth":
        return _log_in(answer, server, text)
    if stage in ("greeting", "ehlo"):
        if "helo" in text or "(ehlo)" in text or "hostname" in text or "localhost" in text:
            return "the server dislikes the name it is greeted with: set helo to this machine's full name"
        return ""
    if stage == "starttls":
        return (
            "the server's own TLS does not work: its administrator must mend it; only inside a trusted network leave "
            "out starttls"
        )
    if stage in ("mail", "rcpt", "data", "message"):
        return _transaction(stage, answer, server, text, logged_in=logged_in, offered_auth=offered_auth)
    return ""


def _log_in(answer: Reply, server: Server, text: str) -> str:
    if _is_gmail(server, text):
        return f"Gmail does not take the account's own password: use {_GMAIL_APP}, or {_USE_XOAUTH2}"
    if answer.transient:
        return "it may pass: try again later"
    if server.mechanism == "XOAUTH2":
        return "the access token in pass may be expired, or lack the right to send (SMTP.Send, or https://mail.google.com/)"
    return "check user and pass"


def _is_gmail(server: Server, text: str) -> bool:
    host = server.host.lower()
    return server.mechanism != "XOAUTH2" and (
        host.endswith((".gmail.com", ".googlemail.com", ".google.com"))
        or "gsmtp" in text
        or "support.google.com" in text
    )


def _transaction(stage: str, answer: Reply, server: Server, text: str, *, logged_in: bool, offered_auth: bool) -> str:
    relay = any(words in text for words in ("relay", "authentic", "not logged in", "log in first"))
    if not logged_in and (relay or answer.code == _LOG_IN_FIRST):
        if server.user and not offered_auth:
            return (
                "the server offered no log-in on this connection, so none was done; it may offer one after TLS "
                "(starttls: true, port 587) or on another port"
            )
        return "the server wants a log-in, or this machine among those it relays for: set user and pass"
    if stage == "mail" and any(words in text for words in ("not owned", "sender address rejected", "5.7.1")):
        return "use an address in from that this account or machine may send as"
    full = answer.code == _FULL
    if full or "5.2.3" in text or "5.3.4" in text or "too large" in text or "too big" in text:
        return "make the mail smaller, or try again later" if full else "make the mail smaller"
    if answer.transient:
        return "it may pass: try again later"
    return ""


def tls(server: Server, error: Exception) -> str:
    """Return what to do about a failed handshake, or ""."""
    text = f"{getattr(error, 'reason', '')} {getattr(error, 'verify_message', '')} {error}".lower().replace("_", " ")
    for words, hint in (
        ("mismatch", _MISMATCH),
        ("not valid for", _MISMATCH),
        ("key identifier", _STRICT),
        ("expired", "the server's certificate must be renewed (or this machine's clock is wrong)"),
        ("not yet valid", "this machine's clock may be wrong"),
        ("self-signed", _PRIVATE_CA),
        ("self signed", _PRIVATE_CA),
        ("unable to get", _PRIVATE_CA),
        ("unsupported protocol", _OLD),
        ("protocol version", _OLD),
        ("too small", _WEAK),
        ("too weak", _WEAK),
    ):
        if words in text:
            return hint.format(name=server.tls_name, version=server.min_version)
    if server.security == "ssl" and any(
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
        return f"port {server.port} does not speak TLS from the first byte: {_OTHER_PORT}"
    lost = isinstance(error, ConnectionError) or "eof" in text or "not connected" in text
    return tls_timeout(server) if lost else ""


_OTHER_PORT = "set starttls: true (usually port 587) instead of ssl: true, or use port 465"
_MISMATCH = 'the certificate is not for "{name}": use a name that is in it as host, or give one as tls.server_name'
_PRIVATE_CA = (
    "for a private CA or a self-signed certificate give its PEM file as tls.ca_file, or as SSL_CERT_FILE; "
    "verification can be switched off (tls: {{ verify: false }} or --insecure), which shows the password to anybody"
)
_STRICT = (
    "this Python insists on subjectKeyIdentifier and authorityKeyIdentifier in private CAs' certificates: have them "
    "made anew with these"
)
_OLD = "the server knows no TLS {version} or newer: it must be updated"
_WEAK = "the server's TLS is too weak for this machine: its administrator must mend it"


def tls_timeout(server: Server) -> str:
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
