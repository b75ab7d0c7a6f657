"""The error sentences: what failed, the server's words, what to do."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import login, send

from jsnpy.smtp import hints
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
            ["Exchange Online", "SmtpClientAuthenticationDisabled $false", 'auth: "xoauth2"'],
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


def test_starttls_that_is_broken_at_the_server(scripted: Scripted) -> None:
    """454 on STARTTLS is the server's own trouble, and is said to be."""
    for words in (b"TLS not available due to local problem", b"STARTTLS is broken"):
        steps = {"EHLO": b"250-x\r\n250 STARTTLS\r\n", "STARTTLS": b"454 4.7.0 " + words + b"\r\n"}
        assert "its administrator must mend it" in send(scripted(**steps), starttls=True).error


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
    assert words in hints.tls(Server("mail.test", 465, security="ssl"), ssl.SSLError(1, message))


def test_a_strange_handshake_has_no_made_up_hint() -> None:
    """Where nothing is known nothing is said."""
    assert "" == hints.tls(Server("mail.test", 465, security="ssl"), ssl.SSLError(1, "something new"))
    assert "" == hints.tls(Server("mail.test", 587, security="starttls"), ssl.SSLError(1, "wrong version number"))
