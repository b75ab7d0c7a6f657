"""What to do about a server's refusal, where that is known: the sentences people search the web for."""

from __future__ import annotations

import re

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
_NO_PASSWORD_WAS_USED = (
    "a token was used here, no password: SMTP AUTH may be off for the mailbox or the organisation, and tokens need it "
    f"too (have an administrator allow it: {_SMTP_AUTH})"
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
    if _by_token(server) and _says(text, "5.7.30"):
        return _NO_PASSWORD_WAS_USED
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
