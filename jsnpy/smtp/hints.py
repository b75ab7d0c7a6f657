"""What to do about a failure, where that is known: the sentences people search the web for."""

from __future__ import annotations

import re
import sys

from jsnpy.smtp.tokens import MECHANISMS as FOR_TOKENS
from jsnpy.smtp.tokens import wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.reply import Reply
    from jsnpy.smtp.server import Server

_LATER = "it may pass: try again later"
_SMTP_AUTH = "Set-CASMailbox {user} -SmtpClientAuthenticationDisabled $false"
_SMTP_AUTH_TENANT = "Set-TransportConfig -SmtpClientAuthenticationDisabled $false"
_USE_OAUTH = (
    'use OAuth (pass: "${{OAUTH2}}" and an oauth2 block in the config, or auth: "xoauth2" with an access token in pass)'
)
_GMAIL_APP = "an app password (Google account, Security, 2-Step Verification, App passwords)"
_TLS_FIRST = "the server wants TLS first: set starttls: true (usually port 587) or ssl: true (port 465)"
_HELO = "the server dislikes the name it is greeted with: set helo to this machine's full name"
_SEND_AS = "this account may not send as that address: use its own in from, or have 'Send As' granted"
_BLOCKED = "this machine's address is on a block list: send through your provider's server"
_DOMAIN_POLICY = "the domain of from must allow this machine to send (SPF, DKIM), or its own server must send the mail"
_NO_DOMAIN = "the domain of the address in from must exist in the DNS"
_NO_POINTER = "this machine's address needs a name in the reverse DNS (PTR), or the mails another server to go through"

# What to look for in a refusal, in lower case (all of the words), and what to do then; the first that fits.
_ANY = (
    (("application-specific password",), f"Gmail wants {_GMAIL_APP}"),
    (("5.7.30",), f"Exchange Online takes no passwords for sending any more: {_USE_OAUTH}"),
    (
        ("5.7.57",),
        (
            "Exchange wants a log-in first: set user, pass, port 587 and starttls: true; where SMTP AUTH is "
            f"off, have an administrator allow it ({_SMTP_AUTH})"
        ),
    ),
    (("5.7.60",), _SEND_AS),
    (("sendasdenied",), _SEND_AS),
    (("5.2.252",), _SEND_AS),
    (
        ("storedrv", "logonfailed"),
        (
            "it does not pass by itself: the account or application has no right to the mailbox "
            "(Add-MailboxPermission {user} -AccessRights FullAccess)"
        ),
    ),
    (("4.3.2", "concurrent"), "Exchange Online takes three connections at a time: send again later"),
    (("5.4.5", "limit"), "the account has sent as many mails as it may for now: wait, or send fewer"),
    (("x.7.25",), _NO_POINTER),
    (("reverse",), _NO_POINTER),
    (("find your hostname",), _NO_POINTER),
    (("ptr record",), _NO_POINTER),
    (("spamhaus",), _BLOCKED),
    (("blocked using",), _BLOCKED),
    (("block list",), _BLOCKED),
    (("blocklist",), _BLOCKED),
    (("blacklist",), _BLOCKED),
    (("banned sending ip",), _BLOCKED),
    (("x.7.23",), _DOMAIN_POLICY),
    (("x.7.26",), _DOMAIN_POLICY),
    (("dmarc",), _DOMAIN_POLICY),
    (("spf",), _DOMAIN_POLICY),
    (
        ("outbound", "5.1.8"),
        "Exchange Online has stopped this account from sending: have an administrator release it (Restricted entities)",
    ),
    (("sender address rejected", "domain not found"), _NO_DOMAIN),
    (("x.1.8",), _NO_DOMAIN),
)
_EXCHANGE = (
    (
        ("disabled for the tenant",),
        (
            "SMTP AUTH is off for the whole organisation: have an administrator allow it "
            f"({_SMTP_AUTH_TENANT}, or for the mailbox alone {_SMTP_AUTH})"
        ),
    ),
    (
        ("disabled for the mailbox",),
        f"SMTP AUTH is off for this mailbox: have an administrator allow it ({_SMTP_AUTH})",
    ),
    (
        ("security defaults",),
        (
            "the organisation's security defaults forbid passwords for SMTP: have an administrator change "
            f"them (Entra, Properties), or {_USE_OAUTH}"
        ),
    ),
    (
        ("credentials were incorrect",),
        (
            "user or pass is wrong: check both; user is the mailbox's whole address, and with multi-factor "
            "authentication pass is an app password"
        ),
    ),
    (
        ("basic authentication is disabled",),
        (
            "Exchange Online has basic authentication switched off here: have an administrator allow it for "
            f"the mailbox ({_SMTP_AUTH}), or {_USE_OAUTH}"
        ),
    ),
    (("expired",), "the password has expired: log in as that user once and set a new one"),
    (("locked",), "the account is locked: have an administrator look at its sign-in log (Entra)"),
    (
        ("criteria",),
        "a policy of the organisation (Conditional Access) forbids this log-in: its sign-in log (Entra) says which",
    ),
    (
        (),
        (
            f"SMTP AUTH may be off (have an administrator allow it: {_SMTP_AUTH}) or a policy forbid this "
            "log-in: the sign-in log (Entra) says which"
        ),
    ),
)
_TLS_WORDS = (
    "starttls",
    "5.7.10",
    "5.7.11",
    "encryption required",
    "encryption is required",
    "encryption needed",
    "connection required",
    "secure connection",
    "ssl required",
    "tls required",
    "tls is required",
    "requires tls",
)
_TOO_BIG = (
    "5.2.3",
    "5.3.4",
    "too large",
    "too big",
    "exceeds size",
    "size limit",
    "maximum message size",
    "size exceed",
)
_OWN_ADDRESS = ("not owned", "sender address rejected", "sender denied", "sender verify failed", "invalid sender")
_RELAY = ("relay", "rcpthosts", "authentic", "not logged in", "log in first")
_WEAK_MECHANISM = "mechanism", "authentication type"
_CLOSING = 421
_LOG_IN_FIRST = 530  # RFC 4954
_NO_SUCH_MECHANISM = 504
_UNKNOWN_COMMANDS = (500, 502, 503)
_OUT_OF_ORDER = 503
_BAD_PARAMETERS = (501, 504)


def reply(
    stage: str,
    answer: Reply,
    server: Server,
    *,
    logged_in: bool,
    offered_auth: bool,
    remark: str = "",
) -> str:
    """Return what to do about a refusal, or ""."""
    enhanced = answer.enhanced or ""
    text = f"{answer.text} {enhanced} {'x' + enhanced[1:]}".lower()
    hint = _known(text, stage, answer, server)
    if not hint and answer.code == _CLOSING:
        hint = _LATER
    elif not hint and stage == "auth":
        hint = _log_in(answer, server, text)
    elif not hint and stage in ("mail", "rcpt", "data", "message"):
        hint = _transaction(stage, answer, server, text, logged_in=logged_in, offered_auth=offered_auth)
    elif not hint and stage in ("greeting", "ehlo"):
        hint = _LATER if answer.transient else ""
    elif not hint and stage == "starttls":
        hint = (
            "the server's own TLS does not work: its administrator must repair it; only inside a trusted network leave "
            "out starttls"
        )
    hint = hint.format(user=server.user or "USER") if hint else ""
    return "; ".join(part for part in (remark if stage == "auth" else "", hint) if part)


def _known(text: str, stage: str, answer: Reply, server: Server) -> str:
    if not server.security and _says(text, *_TLS_WORDS):
        return _TLS_FIRST
    if "5.7.139" in text or "smtpclientauthentication" in text:
        return _exchange(text, by_token=_by_token(server))
    for words, hint in _ANY:
        if all(_says(text, word) for word in words):
            return hint
    return _HELO if _is_about_helo(text, stage, answer) else ""


def _says(text: str, *words: str) -> bool:
    """Return whether a text has one of the words, a code not as the beginning of a longer one (5.7.60 in 5.7.606)."""
    return any(word in text and re.search(rf"{re.escape(word)}(?!\d)", text) for word in words)


def _exchange(text: str, *, by_token: bool) -> str:
    hint = next(hint for words, hint in _EXCHANGE if all(word in text for word in words))
    if by_token and "disabled for" not in text and "criteria" not in text and "locked" not in text:
        return f"SMTP AUTH is off for the mailbox or the organisation, and tokens need it too: {_SMTP_AUTH}"
    return f"{hint}; tokens need it too" if by_token and "SMTP AUTH" in hint else hint


def _is_about_helo(text: str, stage: str, answer: Reply) -> bool:
    """Return whether it is the name in EHLO that a server refuses, as many do only at a later command."""
    if stage == "ehlo" and answer.code in _BAD_PARAMETERS:
        return True
    if stage in ("greeting", "ehlo") and _says(text, "(ehlo)", "hostname", "localhost", "domain name"):
        return True
    return answer.code != _OUT_OF_ORDER and ("helo" in text or "ehlo" in text)  # 503 says that there was none yet


def _by_token(server: Server) -> bool:
    return wanted(server) or server.mechanism in FOR_TOKENS


def _log_in(answer: Reply, server: Server, text: str) -> str:
    if answer.code == _NO_SUCH_MECHANISM or _says(text, *_WEAK_MECHANISM):
        return (
            "the server offers this log-in and does not take it: name another one in auth, or leave out user where "
            "none is needed (port 25, Direct Send)"
        )
    if _by_token(server):
        return _LATER if answer.transient else _token(server, text)
    if _is_gmail(server, text):
        return f"Gmail does not take the account's own password: use {_GMAIL_APP}, or {_USE_OAUTH}"
    if answer.transient:
        return _LATER
    if answer.code in _UNKNOWN_COMMANDS and "5.7." not in text:
        return (
            "the server takes no log-in here: leave out user, or use its port for clients (usually 587); else "
            "check user and pass"
        )
    return "check user and pass"


def _token(server: Server, text: str) -> str:
    what = "the access token was not accepted: it may be expired, be for another account or lack the right to send"
    if not wanted(server):
        return f"{what} (SMTP.Send, or https://mail.google.com/)"
    if "5.7.3" in text or "outlook" in server.host or "office" in server.host:
        return (
            "user must be the mailbox; an application needs its service principal in Exchange "
            "(New-ServicePrincipal with "
            "the Object ID shown under Enterprise applications) and the right to the mailbox (Add-MailboxPermission); "
            "`jsnpy login --check CONFIG` shows what the token says"
        )
    return f"{what}; user must be the mailbox; `jsnpy login --check CONFIG` shows what the token says"


def _is_gmail(server: Server, text: str) -> bool:
    host = server.host.lower()
    return (
        host.endswith((".gmail.com", ".googlemail.com", ".google.com"))
        or "gsmtp" in text
        or "support.google.com" in text
    )


def _transaction(stage: str, answer: Reply, server: Server, text: str, *, logged_in: bool, offered_auth: bool) -> str:
    relay = _says(text, *_RELAY)
    if not logged_in and (relay or answer.code == _LOG_IN_FIRST):
        if server.user and not offered_auth:
            return (
                "the server offered no log-in on this connection, so none was done; it may offer one after TLS "
                "(starttls: true, port 587) or on another port"
            )
        return "the server wants a log-in, or this machine among those it relays for: set user and pass"
    # Many refuse the sender only once they know a recipient.
    if not answer.transient and (_says(text, *_OWN_ADDRESS) or (stage == "mail" and _says(text, "5.7.1"))):
        return "use an address in from that this account or machine may send as"
    if _says(text, *_TOO_BIG):
        return "make the mail smaller, or try again later" if answer.transient else "make the mail smaller"
    return _LATER if answer.transient else ""


def tls(server: Server, error: Exception, issuer: str = "") -> str:
    """Return what to do about a failed handshake, or ""."""
    text = f"{getattr(error, 'reason', '')} {getattr(error, 'verify_message', '')} {error}".lower().replace("_", " ")
    if not server.ca_file and _says(text, "self-signed", "self signed", "unable to get"):
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
