"""The error sentences: what failed, the server's words, what to do."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import login, send

from jsnpy.smtp import hints, tls_hints
from jsnpy.smtp.reply import Reply
from jsnpy.smtp.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.scripted import ScriptedServer

    Scripted = Callable[..., ScriptedServer]

AUTH = b"250-mail.test\r\n250 AUTH PLAIN LOGIN\r\n"


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (
            {"AUTH": b"535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [AM0PR01]\r\n"},
            ["Exchange Online", "SmtpClientAuthenticationDisabled $false", 'auth: "xoauth2"', '"${OAUTH2}"'],
        ),
        (
            {"MAIL": b"550 5.7.30 Basic authentication is not supported for Client Submission.\r\n"},
            ["Exchange Online takes no passwords", 'auth: "xoauth2"'],
        ),
        ({"AUTH": b"550 5.7.30 Basic authentication is not supported\r\n"}, ["Exchange Online takes no passwords"]),
        (
            {"MAIL": b"530 5.7.57 Client not authenticated to send mail. [AM0PR01]\r\n"},
            ["Exchange wants a log-in first", "starttls: true"],
        ),
        ({"MESSAGE": b"554 5.2.252 SendAsDenied; 550 5.7.60 SMTP; Client does not have permissions\r\n"}, ["Send As"]),
        (
            {"AUTH": b"534-5.7.9 Application-specific password required.\r\n534 5.7.9 gsmtp\r\n"},
            ["Gmail", "App passwords"],
        ),
        (
            {"AUTH": b"535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 https://support.google.com x\r\n"},
            ["Gmail does not take the account's own password", "App passwords"],
        ),
        ({"AUTH": b"535 5.7.8 bad\r\n"}, ["check user and pass"]),
        ({"AUTH": b"454 4.7.0 Temporary authentication failure\r\n"}, ["try again later"]),
        (
            {"MAIL": b"530 5.7.0 Must issue a STARTTLS command first\r\n"},
            ["the server wants TLS first", "starttls: true"],
        ),
        ({"AUTH": b"538 5.7.11 Encryption required\r\n"}, ["the server wants TLS first"]),
        ({"MESSAGE": b"432 4.3.2 Concurrent connections limit exceeded\r\n"}, ["three connections at a time"]),
        ({"MAIL": b"553 5.7.1 Sender address rejected: not owned by user\r\n"}, ["use an address in from"]),
        ({"MESSAGE": b"552 5.3.4 Message too big\r\n"}, ["make the mail smaller"]),
        ({"MESSAGE": b"452 4.3.1 Insufficient storage\r\n"}, ["try again later"]),
        ({"RCPT": b"450 4.2.0 Greylisted\r\n"}, ["try again later"]),
        (
            {"AUTH": b"535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [X]\r\n"},
            ["user or pass is wrong"],
        ),
        (
            {"AUTH": b"535 5.7.139 No, user is locked by your organization's security defaults policy.\r\n"},
            ["security defaults", '"${OAUTH2}"'],
        ),
        (
            {"AUTH": b"535 5.7.139 No, SmtpClientAuthentication is disabled for the Tenant.\r\n"},
            ["the whole organisation", "Set-TransportConfig -SmtpClientAuthenticationDisabled $false"],
        ),
        (
            {"AUTH": b"535 5.7.139 No, SmtpClientAuthentication is disabled for the Mailbox.\r\n"},
            ["this mailbox", "Set-CASMailbox ann@x.test -SmtpClientAuthenticationDisabled $false"],
        ),
        (
            {"AUTH": b"535 5.7.139 No, the request did not meet the criteria to be authenticated successfully.\r\n"},
            ["Conditional Access"],
        ),
        ({"AUTH": b"504 5.7.4 Unrecognized authentication type\r\n"}, ["name another one in auth", "leave out user"]),
        ({"AUTH": b"503 5.5.1 AUTH not available\r\n"}, ["takes no log-in here: leave out user"]),
        ({"MAIL": b"452 4.3.1 Insufficient system resources\r\n"}, ["it may pass: try again later"]),
        ({"MESSAGE": b"552 5.7.60 SMTP; Client does not have permissions to send as this sender\r\n"}, ["Send As"]),
        ({"MESSAGE": b"554 5.2.252 SendAsDenied; x@y not allowed to send as z\r\n"}, ["Send As"]),
        (
            {"MESSAGE": b"430 4.2.0 STOREDRV; mailbox logon failure; MapiExceptionLogonFailed\r\n"},
            ["does not pass by itself", "Add-MailboxPermission ann@x.test"],
        ),
        ({"MAIL": b"550 5.7.25 no PTR record\r\n"}, ["reverse DNS"]),
        ({"RCPT": b"550 5.7.1 No PTR record for your address\r\n"}, ["reverse DNS"]),
        ({"GREETING": b"554 5.7.1 blocked using bl.spamcop.net\r\n"}, ["block list"]),
        ({"RCPT": b"550 5.7.606 Access denied, banned sending IP [192.0.2.1]\r\n"}, ["block list"]),
        ({"MESSAGE": b"550 5.7.26 This mail is unauthenticated\r\n"}, ["domain of from must allow this machine"]),
        ({"RCPT": b"550 5.7.23 SPF validation failed\r\n"}, ["domain of from must allow this machine"]),
        (
            {"MESSAGE": b"550 5.7.509 sending domain does not pass DMARC\r\n"},
            ["domain of from must allow this machine"],
        ),
        ({"MAIL": b"550 5.1.8 Access denied, bad outbound sender\r\n"}, ["stopped this account from sending"]),
        ({"AUTH": b"535 5.7.139 Authentication unsuccessful, user password has expired\r\n"}, ["set a new one"]),
        ({"AUTH": b"534 5.7.9 Authentication mechanism is too weak\r\n"}, ["name another one in auth"]),
        ({"AUTH": b"535 5.7.8 Unsupported authentication mechanism\r\n"}, ["name another one in auth"]),
        ({"MAIL": b"550 Session encryption is required\r\n"}, ["the server wants TLS first"]),
        ({"RCPT": b"530 Authentication required; SSL connection required\r\n"}, ["the server wants TLS first"]),
        ({"RCPT": b"553 5.7.1 <ann@x.test>: Sender address rejected: not owned by user\r\n"}, ["address in from"]),
        ({"RCPT": b"550 Sender verify failed\r\n"}, ["address in from"]),
        ({"RCPT": b"553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)\r\n"}, []),
        ({"GREETING": b"421 4.3.2 Too many connections\r\n"}, ["it may pass: try again later"]),
        ({"EHLO": b"421 4.3.2 Service shutting down\r\n"}, ["it may pass: try again later"]),
        ({"RCPT": b"450 4.7.25 Client host rejected: cannot find your hostname\r\n"}, ["reverse DNS"]),
        ({"RCPT": b"554 5.7.1 Service unavailable; blocked using zen.spamhaus.org\r\n"}, ["block list"]),
        ({"MAIL": b"450 4.1.8 <a@x>: Sender address rejected: Domain not found\r\n"}, ["exist in the DNS"]),
        ({"RCPT": b"504 5.5.2 <pc>: Helo command rejected: need fully-qualified hostname\r\n"}, ["set helo"]),
        ({"RCPT": b"450 4.7.1 <pc.local>: Helo command rejected: Host not found\r\n"}, ["set helo"]),
        ({"MAIL": b"550 Invalid HELO name (See RFC2821 4.1.1.1)\r\n"}, ["set helo"]),
        ({"EHLO": b"501 Syntactically invalid EHLO argument(s)\r\n"}, ["set helo"]),
        ({"EHLO": b"501 5.5.4 Invalid domain name\r\n"}, ["set helo"]),
        ({"EHLO": b"501 5.0.0 what is this\r\n"}, ["set helo"]),
        ({"MESSAGE": b"550 5.7.1 Rejected because of the EHLO name\r\n"}, ["set helo"]),
        ({"EHLO": b"504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname\r\n"}, ["set helo"]),
    ],
)
def test_known_refusals_come_with_what_to_do(scripted: Scripted, steps: dict[str, Any], words: list[str]) -> None:
    """The refusals people search the web for are explained, after the server's own words."""
    result = login(scripted(**{"EHLO": AUTH, **steps}))
    reply = next(iter(steps.values())).decode()
    assert result.code < 0
    assert f'"{reply[:3]} ' in result.error
    assert reply.splitlines()[0][4:] in result.error
    for word in words:
        assert word in result.error


SMALLER, LATER, OWN = "make the mail smaller", "it may pass: try again later", "use an address in from that"
LOG_IN, OFFERED, HELO = "set user and pass", "offered no log-in on this connection", "set helo to"


@pytest.mark.parametrize(
    ("stage", "code", "text", "state", "words"),
    [
        ("message", 552, "too large", {}, SMALLER),
        ("message", 552, "message too big", {}, SMALLER),
        ("message", 552, "5.2.3 limit", {}, SMALLER),
        ("mail", 552, "5.3.4 limit", {}, SMALLER),
        ("message", 452, "too large for now", {}, f"{SMALLER}, or try again later"),
        ("mail", 452, "4.3.1 Insufficient system resources", {}, LATER),
        ("data", 452, "no room", {}, LATER),
        ("message", 451, "busy", {}, LATER),
        ("message", 554, "5.6.0 spam", {}, ""),
        ("message", 500, "what", {}, ""),
        ("mail", 550, "Sender address rejected", {}, OWN),
        ("mail", 550, "5.7.1 no", {}, OWN),
        ("mail", 550, "address not owned", {}, OWN),
        ("mail", 550, "no", {}, ""),
        ("rcpt", 550, "5.7.1 no", {}, ""),
        ("rcpt", 550, "5.1.1 no such user", {}, ""),
        ("rcpt", 530, "no", {"logged_in": False}, LOG_IN),
        ("rcpt", 550, "relay denied", {"logged_in": False}, LOG_IN),
        ("rcpt", 550, "not logged in", {"logged_in": False}, LOG_IN),
        ("rcpt", 553, "not in my rcpthosts", {"logged_in": False}, LOG_IN),
        ("rcpt", 550, "5.7.511 banned sender", {}, ""),
        ("mail", 550, "5.7.123 no", {}, ""),
        ("message", 550, "5.7.606 no", {}, ""),
        ("message", 550, "5.2.34 no", {}, ""),
        ("mail", 550, "5.7.112 no", {}, ""),
        ("starttls", 421, "busy", {"security": "starttls"}, LATER),
        ("starttls", 454, "no TLS", {"security": "starttls"}, "own TLS does not work"),
        ("rcpt", 550, "relay denied", {"logged_in": False, "user": "u"}, LOG_IN),
        ("rcpt", 550, "relay denied", {"logged_in": False, "user": "u", "offered_auth": False}, OFFERED),
        ("rcpt", 550, "relay denied", {}, ""),
        ("rcpt", 550, "no such user", {"logged_in": False}, ""),
        ("ehlo", 550, "bad HELO", {}, HELO),
        ("ehlo", 550, "invalid hostname", {}, HELO),
        ("ehlo", 501, "localhost", {}, HELO),
        ("greeting", 554, "no (EHLO)", {}, HELO),
        ("greeting", 554, "go away", {}, ""),
        ("auth", 432, "wait", {}, LATER),
        ("auth", 500, "no", {}, "check user and pass"),
        ("auth", 535, "no", {"host": "SMTP.GMAIL.COM"}, "Gmail does not take"),
        ("mail", 530, "starttls first", {"security": "ssl"}, ""),
        ("quit", 550, "no", {}, ""),
    ],
)
def test_what_a_refusal_may_mean(stage: str, code: int, text: str, state: dict[str, Any], words: str) -> None:
    """A hint fits stage, code, words and what the session had come to; where none fits there is none."""
    known: dict[str, Any] = {
        "logged_in": True,
        "offered_auth": True,
        "user": "",
        "security": "",
        "host": "mail.test",
    } | state
    server = Server(host=known["host"], port=25, user=known["user"], security=known["security"])
    hint = hints.reply(
        stage, Reply(code, [text]), server, logged_in=known["logged_in"], offered_auth=known["offered_auth"]
    )
    assert hint.startswith(words) if words in (SMALLER, LATER) else words in hint
    assert bool(words) == bool(hint)
    assert ("or try again later" in words) == ("or try again later" in hint)


@pytest.mark.parametrize(
    ("security", "line", "words"),
    [
        ("", b"\x15\x03\x01", "speaks TLS from the first byte: set ssl: true"),
        ("", b"\x16\x03\x03", "speaks TLS from the first byte: set ssl: true"),
        ("", b"HTTP/1.1 400", "a web server answers there"),
        ("", b"SSH-2.0-x", "an SSH server"),
        ("", b"* OK IMAP4", "an IMAP server"),
        ("", b"+OK", "a POP3 server"),
        ("", b"hello", "check host and port (usual ports are"),
    ],
)
def test_who_answers_instead(security: str, line: bytes, words: str) -> None:
    """What is no mail server is called by its name where its first line tells."""
    assert words in tls_hints.greeting(Server(host="mail.test", port=25, security=security), line)


def test_a_silent_server_may_want_tls() -> None:
    """Silence hints at the other kind of port, and only at that one."""
    plain, ssl_, starttls = (Server(host="mail.test", port=25, security=each) for each in ("", "ssl", "starttls"))
    for each in (plain, starttls):
        assert "try ssl: true" in tls_hints.greeting_timeout(each)
        assert "" == tls_hints.handshake_timeout(each)
    assert "" == tls_hints.greeting_timeout(ssl_)
    assert "starttls: true" in tls_hints.handshake_timeout(ssl_)


def test_a_relay_that_wants_a_log_in_says_so(scripted: Scripted) -> None:
    """Without a user, "authentication required" and "relay denied" mean: set user and pass."""
    for reply in (b"530 5.7.0 Authentication required\r\n", b"554 5.7.1 Relay access denied\r\n"):
        assert "set user and pass" in send(scripted(RCPT=reply)).error


def test_a_relay_that_offered_no_log_in_is_explained(scripted: Scripted) -> None:
    """With a user and no AUTH offered, the sentence says that nobody logged in, and where AUTH may be."""
    error = login(scripted(RCPT=b"554 5.7.1 Relay access denied\r\n")).error
    assert "offered no log-in" in error
    assert "starttls: true" in error


def test_a_hint_for_gmail_needs_gmail(scripted: Scripted) -> None:
    """An ordinary server's refusal does not speak of Gmail; a token's refusal does not speak of passwords."""
    assert "Gmail" not in login(scripted(EHLO=AUTH, AUTH=b"535 5.7.8 bad\r\n")).error
    ehlo = b"250-x\r\n250 AUTH XOAUTH2\r\n"
    error = login(scripted(EHLO=ehlo, AUTH=b"535 5.7.8 no - gsmtp\r\n"), auth="xoauth2").error
    assert "access token" in error
    assert "App passwords" not in error


def test_each_cause_has_a_hint_of_its_own(scripted: Scripted) -> None:
    """A wrong password is not told to switch SMTP AUTH on, nor a full server to get smaller mails."""
    wrong = login(scripted(EHLO=AUTH, AUTH=b"535 5.7.139 the user credentials were incorrect\r\n")).error
    assert "Set-CASMailbox" not in wrong
    assert "OAUTH2" not in wrong
    busy = send(scripted(MAIL=b"452 4.3.1 Insufficient system resources\r\n")).error
    assert "smaller" not in busy
    order = send(scripted(MAIL=b"503 5.5.1 Send HELO first\r\n")).error
    assert "set helo" not in order


def test_other_log_ins_may_come_after_starttls(scripted: Scripted) -> None:
    """Where only unknown mechanisms are offered next to STARTTLS, the way out is said."""
    ehlo = b"250-x\r\n250-STARTTLS\r\n250 AUTH NTLM GSSAPI\r\n"
    for auth in (None, "login"):
        error = login(scripted(EHLO=ehlo), auth=auth).error
        assert "it offers NTLM, GSSAPI" in error
        assert "after STARTTLS: set starttls: true" in error
    assert "STARTTLS" not in login(scripted(EHLO=b"250-x\r\n250 AUTH NTLM\r\n")).error


def test_a_firewall_that_hides_starttls_is_named(scripted: Scripted) -> None:
    """Cisco's inspection puts X over what it does not know; the sentence says where to look."""
    for feature in (b"XXXXXXXA", b"XXXXXXXX"):
        error = send(scripted(EHLO=b"250-x\r\n250 " + feature + b"\r\n"), starttls=True).error
        assert "does not offer STARTTLS" in error
        assert "a firewall" in error
    assert "firewall" not in send(scripted(), starttls=True).error


def test_starttls_that_is_broken_at_the_server(scripted: Scripted) -> None:
    """454 on STARTTLS is the server's own trouble, and is said to be."""
    for words in (b"TLS not available due to local problem", b"STARTTLS is broken"):
        steps = {"EHLO": b"250-x\r\n250 STARTTLS\r\n", "STARTTLS": b"454 4.7.0 " + words + b"\r\n"}
        assert "its administrator must repair it" in send(scripted(**steps), starttls=True).error


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("certificate verify failed: self-signed certificate", "tls.ca_file"),
        ("certificate verify failed: self-signed certificate in certificate chain", "tls.ca_file"),
        ("certificate verify failed: unable to get local issuer certificate", "tls.ca_file"),
        ("certificate verify failed: certificate has expired", "must be renewed"),
        ("certificate verify failed: certificate is not yet valid", "clock"),
        ("certificate verify failed: Missing Authority Key Identifier", "authorityKeyIdentifier"),
        ("Hostname mismatch, certificate is not valid for 'x'", "tls.server_name"),
        ("IP address mismatch, certificate is not valid for '1.2.3.4'", "tls.server_name"),
        ("[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol", "no TLS 1.2 or newer"),
        ("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version", "no TLS 1.2 or newer"),
        ("[SSL: DH_KEY_TOO_SMALL] dh key too small", "too weak"),
        ("[SSL: EE_KEY_TOO_SMALL] ee key too small", "too weak"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "starttls: true"),
        ("[SSL: RECORD_LAYER_FAILURE] record layer failure", "starttls: true"),
        ("EOF occurred in violation of protocol", "starttls: true"),
    ],
)
def test_handshakes_that_fail_come_with_what_to_do(message: str, words: str) -> None:
    """OpenSSL's words are translated, in each version's spelling."""
    assert words in tls_hints.handshake(Server(host="mail.test", port=465, security="ssl"), ssl.SSLError(1, message))


def test_a_strange_handshake_has_no_made_up_hint() -> None:
    """Where nothing is known nothing is said."""
    for port, security in ((465, "ssl"), (587, "starttls")):
        server = Server(host="mail.test", port=port, security=security)
        assert "" == tls_hints.handshake(server, ssl.SSLError(1, "something new"))
