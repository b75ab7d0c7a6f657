"""What to do about a failure, where that is known: the sentences people search the web for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.request import Server
    from jsnpy.smtp.wire import Reply

_CLIENT_ID = (
    "grant the mailbox 'Authenticated SMTP' (Set-CASMailbox -SmtpClientAuthenticationDisabled $false)"
)

# The first line whose words are all in the reply (or which is the reply's enhanced code) is the hint.
_REPLIES = (
    (
        ("5.7.139",),
        "Exchange Online has basic authentication switched off for this mailbox or tenant: an administrator must "
        f'{_CLIENT_ID}, or use auth: "xoauth2" with an access token in pass',
    ),
    (
        ("5.7.30",),
        'Exchange Online takes no passwords for sending any more: use auth: "xoauth2" with an access token in pass',
    ),
    (
        ("5.7.57",),
        "Exchange Online wants a log-in before the mail: set user and pass, port 587 and starttls: true, and have an "
        f"administrator {_CLIENT_ID}",
    ),
    (
        ("5.7.60",),
        "the account that logged in may not send as this address: use its own address in from, or have the right "
        "'Send As' granted",
    ),
    (("5.7.708",), "Exchange Online blocks this tenant's or network's mail: ask its administrator"),
    (
        ("application-specific password",),
        "Gmail wants an app password here (Google account, Security, 2-Step Verification, App passwords)",
    ),
    (("4.3.2", "concurrent"), "Exchange Online takes three connections at a time: send again later"),
    (("starttls",), "the server wants TLS first: set starttls: true (port 587) or ssl: true (port 465)"),
    (("5.7.11",), "the server wants TLS before the log-in: set starttls: true or ssl: true"),
    (("encryption required",), "the server wants TLS before the log-in: set starttls: true or ssl: true"),
)


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
    if stage == "auth":
        return _log_in(answer, server, text)
    if stage in ("greeting", "ehlo"):
        if "helo" in text or "hostname" in text or "localhost" in text:
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
        return (
            "Gmail does not take the account's own password: use an app password (Google account, Security, 2-Step "
            'Verification, App passwords), or auth: "xoauth2" with an access token in pass'
        )
    if answer.code // 100 == 4:  # noqa: PLR2004 - 4xx
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


def _transaction(
    stage: str, answer: Reply, server: Server, text: str, *, logged_in: bool, offered_auth: bool
) -> str:
    relay = any(words in text for words in ("relay", "authentic", "not logged in", "log in first"))
    if not logged_in and (relay or answer.code == 530):  # noqa: PLR2004 - RFC 4954: authentication required
        if server.user and not offered_auth:
            return (
                "the server offered no log-in on this connection, so none was done; it may offer one after TLS "
                "(starttls: true, port 587) or on another port"
            )
        return "the server wants a log-in, or this machine among those it relays for: set user and pass"
    if stage == "mail" and any(words in text for words in ("not owned", "sender address rejected", "5.7.1")):
        return "use an address in from that this account or machine may send as"
    if answer.code == 452 or "5.2.3" in text or "5.3.4" in text or "too large" in text or "too big" in text:  # noqa: PLR2004
        return "make the mail smaller, or try again later" if answer.code == 452 else "make the mail smaller"  # noqa: PLR2004
    if answer.code // 100 == 4:  # noqa: PLR2004 - 4xx
        return "it may pass: try again later"
    return ""


def tls(server: Server, error: Exception) -> str:
    """Return what to do about a failed handshake, or ""."""
    text = f"{getattr(error, 'reason', '')} {getattr(error, 'verify_message', '')} {error}".lower().replace(
        "_", " "
    )
    name = server.tls_name
    for words, hint in (
        ("hostname mismatch", _mismatch(name)),
        ("ip address mismatch", _mismatch(name)),
        ("not valid for", _mismatch(name)),
        ("authority key identifier", _strict()),
        ("expired", "the server's certificate must be renewed (or this machine's clock is wrong)"),
        ("not yet valid", "this machine's clock may be wrong"),
        ("self-signed certificate in certificate chain", _private_ca()),
        ("self-signed", _private_ca()),
        ("self signed", _private_ca()),
        ("unable to get local issuer", _private_ca()),
        ("unable to get issuer", _private_ca()),
        ("unsupported protocol", _old(server)),
        ("protocol version", _old(server)),
        ("dh key too small", "the server's TLS is too weak; its administrator must mend it"),
        ("too small", "the server's TLS is too weak; its administrator must mend it"),
        ("ca md too weak", "the server's certificate is too weak; its administrator must renew it"),
    ):
        if words in text:
            return hint
    if server.security == "ssl" and any(
        words in text
        for words in (
            "wrong version number",
            "record layer failure",
            "packet length",
            "unknown protocol",
            "http request",
        )
    ):
        return (
            f"port {server.port} does not speak TLS from the first byte: use starttls: true (usually port 587) instead of "
            "ssl: true, or port 465"
        )
    if server.security == "ssl" and ("eof" in text or "reset" in text):
        return f"port {server.port} may not speak TLS from the first byte: try starttls: true (usually port 587), or port 465"
    return ""


def _mismatch(name: str) -> str:
    return f'the certificate is not for "{name}": use the name that is in it as host, or give it as tls.server_name'


def _private_ca() -> str:
    return (
        "for a private CA or a self-signed certificate give its PEM file as tls.ca_file (or SSL_CERT_FILE); verification "
        "can be switched off with tls: { verify: false } or --insecure, at the risk of handing the password to anybody"
    )


def _strict() -> str:
    return (
        "the private CA's certificates lack an extension that newer Python versions insist on: have them made anew with "
        "subjectKeyIdentifier and authorityKeyIdentifier"
    )


def _old(server: Server) -> str:
    return f"the server knows no TLS {server.min_version} or newer: it must be updated"


def tls_timeout(server: Server) -> str:
    """Return what a handshake that does not end may mean."""
    if server.security == "ssl":
        return f"port {server.port} may not speak TLS from the first byte: try starttls: true (usually port 587), or port 465"
    return ""


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
