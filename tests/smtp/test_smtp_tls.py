"""TLS: required, verified, and never less than was asked for."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import ca_pem, server_context
from support.mail import log_lines, login, send
from support.scripted import CLOSE, HANG, RESET, STARTTLS

from jsnpy import smtp
from jsnpy.redaction import Redactor
from jsnpy.smtp import tls
from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.server import Server
from jsnpy.smtp.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.scripted import Connection, ScriptedServer

    Scripted = Callable[..., ScriptedServer]

TLS = smtp.Code.TLS
OFFER = b"250-mail.test\r\n250 STARTTLS\r\n"


def listen(connection: Connection) -> None:
    """Wait for the client's first bytes."""
    connection.recv()


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    """Return the path of the tests' CA."""
    path = tmp_path / "ca.pem"
    path.write_text(ca_pem())
    return str(path)


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
def test_an_unknown_ca_is_refused(scripted: Scripted, mode: str) -> None:
    """A certificate that nobody trusted signed is -4, before any user, password or mail is sent."""
    server = scripted(ssl=mode == "ssl", EHLO=OFFER)
    result = login(server, None, **{mode: True})
    assert (TLS, "tls") == (result.code, result.details["stage"])
    assert "certificate is not trusted" in result.error
    assert "tls.ca_file" in result.error
    assert {"EHLO", "STARTTLS"} >= set(server.verbs)


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
def test_a_private_ca_is_trusted_where_it_is_named(scripted: Scripted, mode: str, ca_file: str) -> None:
    """tls.ca_file makes the server trusted; the log says what was verified."""
    server = scripted(ssl=mode == "ssl", EHLO=OFFER)
    result = send(server, None, **{mode: True}, tls={"ca_file": ca_file})
    assert (0, "") == (result.code, result.error)
    events = "\n".join(log_lines(result, "*"))
    assert "TLSv1.3 with TLS_" in events
    assert "certificate: subject O=trustme" in events
    assert "issuer O=trustme" in events
    assert "expires " in events
    assert "certificate verified" in events


def test_the_system_store_is_where_ssl_cert_file_says(
    scripted: Scripted, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE is honoured."""
    server = scripted(ssl=True)
    assert TLS == send(server, ssl=True).code
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    assert 0 == send(server, ssl=True).code


def test_a_store_that_is_not_there_is_named(
    scripted: Scripted, tmp_path: Path, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE that names no file, which TLS passes over without a word, is the likely cause; tls.ca_file wins."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    server = scripted(ssl=True)
    result = send(server, ssl=True)
    assert result.code == TLS
    assert result.error.endswith(f"SSL_CERT_FILE names {tmp_path / 'gone.pem'}, which is no readable file")
    assert 0 == send(server, ssl=True, tls={"ca_file": ca_file}).code


@pytest.mark.parametrize("content", [b"", b"my CA\n", b"\x30\x82\x01\x0a"])
def test_a_store_without_certificates_is_named(
    content: bytes, scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who named a file in SSL_CERT_FILE is not told to name one there."""
    (tmp_path / "ca.der").write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.der"))
    result = send(scripted(ssl=True), ssl=True)
    assert result.error.endswith(f"SSL_CERT_FILE names {tmp_path / 'ca.der'}, which holds no certificate in PEM")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the file is named with openssl")
def test_the_system_store_is_where_ssl_cert_dir_says(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_DIR is honoured."""
    import subprocess

    (tmp_path / "ca.pem").write_text(ca_pem())
    name = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(tmp_path / "ca.pem")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (tmp_path / f"{name}.0").write_text(ca_pem())
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert 0 == send(scripted(ssl=True), ssl=True).code


def test_the_name_must_be_in_the_certificate(scripted: Scripted, ca_file: str) -> None:
    """A certificate for another name is -4 and says how to name the right one; tls.server_name does."""
    server = scripted(ssl=True, context=server_context("other.test"))
    result = send(server, ssl=True, tls={"ca_file": ca_file})
    assert TLS == result.code
    assert 'the certificate is not for "127.0.0.1"' in result.error
    assert "tls.server_name" in result.error
    assert 0 == send(server, ssl=True, tls={"ca_file": ca_file, "server_name": "other.test"}).code


def test_verification_can_be_switched_off_by_the_script(scripted: Scripted) -> None:
    """tls.verify: false sends, and the log says loudly that nothing was verified."""
    result = send(scripted(ssl=True), ssl=True, tls={"verify": False})
    assert (0, []) == (result.code, result.warnings)
    assert "WARNING: the certificate was NOT VERIFIED" in result.log
    assert "certificate: subject O=trustme" in result.log
    assert "certificate verified" not in result.log


def test_verification_can_be_switched_off_by_the_host(scripted: Scripted) -> None:
    """--insecure wins over tls.verify: true, and is said in log and warnings."""
    result = send(scripted(ssl=True), smtp.Settings(insecure=True), ssl=True, tls={"verify": True})
    assert 0 == result.code
    assert "WARNING: the certificate was NOT VERIFIED" in result.log
    assert "certificates are not verified (--insecure)" in result.warnings[0]


def test_insecure_says_nothing_where_there_is_no_tls(scripted: Scripted) -> None:
    """Without TLS there is nothing that --insecure leaves out."""
    assert [] == send(scripted(), smtp.Settings(insecure=True)).warnings


def test_a_route_leads_elsewhere_and_verifies_the_scripts_name(scripted: Scripted) -> None:
    """A route changes the connection only: SNI and verification keep the script's host, its CA is trusted besides."""
    names: list[str | None] = []
    context = server_context("smtp.office365.test")
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    server = scripted(ssl=True, context=context)
    settings = smtp.Settings(route=lambda _request: smtp.Route(server.host, server.port, ca_pem()))
    result = send(server, settings, host="smtp.office365.test", port=465, ssl=True)
    assert (0, "") == (result.code, result.error)
    assert ["smtp.office365.test"] == names
    assert TLS == send(server, settings, host="smtp.other.test", port=465, ssl=True).code


def test_ssl_wins_over_starttls(scripted: Scripted) -> None:
    """With both true TLS begins with the first byte, and the log says so."""
    server = scripted(ssl=True, EHLO=OFFER)
    result = send(server, ssl=True, starttls=True, tls={"verify": False})
    assert 0 == result.code
    assert "STARTTLS" not in server.verbs
    assert "both ssl and starttls are true: ssl" in result.log


@pytest.mark.parametrize(
    "steps",
    [
        {"EHLO": b"250 mail.test\r\n"},
        {"EHLO": OFFER, "STARTTLS": b"454 4.7.0 TLS not available due to local problem\r\n"},
        {"EHLO": OFFER, "STARTTLS": b"502 no\r\n"},
        {"EHLO": OFFER, "STARTTLS": b"250 sure\r\n"},
        {"EHLO": OFFER, "STARTTLS": b"421 bye\r\n"},
        {"EHLO": OFFER, "STARTTLS": (b"220 go\r\n", CLOSE)},
        {"EHLO": OFFER, "STARTTLS": (b"220 go\r\n", RESET)},
        {"EHLO": OFFER, "STARTTLS": (b"220 go\r\n250 injected\r\n", STARTTLS)},
        {"EHLO": OFFER, "STARTTLS": (b"220 go\r\n\r\n", STARTTLS)},
        {"EHLO": OFFER, "STARTTLS": b"454 no\r\n250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n"},
        {"EHLO": OFFER, "STARTTLS": (b"220 go\r\n", listen, b"no handshake at all\r\n")},
    ],
)
def test_starttls_is_required(scripted: Scripted, steps: dict[str, Any]) -> None:
    """Not offered, refused, broken or injected into: -4, and nothing more in clear text."""
    server = scripted(**steps)
    result = login(server, starttls=True, tls={"verify": False})
    assert TLS == result.code
    assert {"EHLO", "STARTTLS", "QUIT"} >= set(server.verbs)


def test_the_hello_before_starttls_is_forgotten(scripted: Scripted) -> None:
    """What was offered in clear text does not count; EHLO is said again over TLS."""
    before = b"250-mail.test\r\n250-STARTTLS\r\n250-SIZE 10\r\n250 AUTH PLAIN\r\n"
    server = scripted(EHLO=[before, b"250 mail.test\r\n"])
    result = login(server, starttls=True, tls={"verify": False})
    assert 0 == result.code
    assert ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"] == server.verbs
    assert "SIZE=" not in server.commands[3].decode()


def test_no_flag_means_no_tls(scripted: Scripted) -> None:
    """Without flags STARTTLS is not used even if it is offered."""
    server = scripted(EHLO=OFFER)
    assert 0 == send(server, ssl=False, starttls=False).code
    assert "STARTTLS" not in server.verbs


def test_tls_at_a_plain_port_is_explained(scripted: Scripted) -> None:
    """ssl: true at a port without it is -4 and names starttls: true."""
    result = send(scripted(), ssl=True)
    assert TLS == result.code
    assert "does not speak TLS from the first byte" in result.error
    assert re.search(r": (wrong version number|record layer failure|packet length too long);", result.error)
    assert "starttls: true" in result.error


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_a_connection_lost_in_the_handshake_is_4(scripted: Scripted, end: str) -> None:
    """A server that hangs up in the handshake is -4 with what it may mean."""
    server = scripted(GREETING=(listen, end))
    result = send(server, ssl=True)
    assert (TLS, "tls") == (result.code, result.details["stage"])
    assert "may not speak TLS" in result.error
    assert re.search("the connection was (closed|reset) in the handshake;", result.error)


def test_clear_text_in_place_of_a_handshake_after_starttls(scripted: Scripted) -> None:
    """A server that agrees to STARTTLS and goes on in clear text is -4, and it is said whose fault that is."""
    answer = (b"220 go\r\n", listen, b"250 this is clear text\r\n")
    server = scripted(EHLO=b"250-mail.test\r\n250 STARTTLS\r\n", STARTTLS=answer)
    result = send(server, starttls=True)
    assert (TLS, "tls") == (result.code, result.details["stage"])
    assert "then spoke no TLS" in result.error


def test_a_handshake_left_out_is_a_failure() -> None:
    """Where the connection is gone before the handshake, `ssl` leaves it out without a word: that is -4 too."""
    with pytest.raises(SendFailure) as caught:
        tls.wrap(
            socket.socket(),
            tls.context(Server(host="mail.test", port=465), verify=True),
            Server(host="mail.test", port=465, security="ssl"),
            time.monotonic() + 5,
            Transcript(Redactor()),
        )
    assert TLS == caught.value.code


def test_a_handshake_that_hangs_is_3(scripted: Scripted) -> None:
    """A handshake without an answer is -3 at the stage "tls"."""
    result = send(scripted(GREETING=HANG), ssl=True, timeout=0.3)
    assert (smtp.Code.TIMEOUT, "tls") == (result.code, result.details["stage"])
    assert "starttls: true" in result.error


def test_tls_1_2_is_the_least(scripted: Scripted) -> None:
    """The least version is TLS 1.2, and 1.3 where it is asked for."""
    old = server_context("127.0.0.1", "old.test")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    server = scripted(ssl=True, context=old)
    off = {"verify": False}
    assert 0 == send(server, ssl=True, tls=off).code
    result = send(server, ssl=True, tls={**off, "min_version": "1.3"})
    assert TLS == result.code
    assert "no TLS 1.3 or newer" in result.error
    assert ssl.TLSVersion.TLSv1_2 == tls.context(Server(host="h", port=1), verify=True).minimum_version


def test_a_ca_file_that_is_none_is_1(scripted: Scripted, tmp_path: Path) -> None:
    """A CA file without certificates is -1, found before any connection."""
    path = tmp_path / "ca.pem"
    path.write_text("hello")
    server = scripted(ssl=True)
    result = send(server, ssl=True, tls={"ca_file": str(path)})
    assert smtp.Code.ARGUMENT == result.code
    assert "tls.ca_file" in result.error
    assert [] == server.connections


def test_tls_without_tls_is_noted(scripted: Scripted) -> None:
    """`tls` without ssl or starttls has no effect, and the log says so."""
    assert "tls has no effect" in send(scripted(), tls={"verify": True}).log


def test_a_context_is_made_once() -> None:
    """The same settings give the same context; other ones another."""
    server = Server(host="mail.test", port=465)
    first = tls.context(server, verify=True)
    assert first is tls.context(Server(host="other.test", port=587), verify=True)
    assert first is not tls.context(server, verify=False)
    assert first is not tls.context(Server(host="mail.test", port=465, min_version="1.3"), verify=True)


def test_few_contexts_are_kept(tmp_path: Path) -> None:
    """A script that names a new CA file for each mail does not fill the memory; a file that changed is read again."""
    path = tmp_path / "ca.pem"
    path.write_text(ca_pem())
    server = Server(host="mail.test", port=465, ca_file=str(path))
    made = []
    for moment in range(40):
        os.utime(path, (moment, moment))
        made.append(tls.context(server, verify=True))
        assert made[-1] is tls.context(server, verify=True)
    assert 40 == len({id(each) for each in made})
    assert len(tls._contexts) <= 16


def test_an_unreadable_certificate_is_no_trouble() -> None:
    """A certificate whose DER cannot be read is a word in the log, not a failure."""
    from jsnpy.smtp.certificate import facts

    for der in (b"", b"\x30", b"\x30\x82", b"\x30\x03\x02\x01\x01", b"\xff" * 50):
        assert "cannot be read" in facts(der)


def test_a_private_ca_without_key_identifiers_is_trusted(scripted: Scripted, tmp_path: Path) -> None:
    """An old private CA, which Python 3.13 refuses by default, is trusted on every Python alike."""
    import datetime as dt
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def certificate(name: str, issuer: str, key: Any, signer: Any, *extensions: x509.ExtensionType) -> bytes:
        common = x509.oid.NameOID.COMMON_NAME
        builder = x509.CertificateBuilder(
            issuer_name=x509.Name([x509.NameAttribute(common, issuer)]),
            subject_name=x509.Name([x509.NameAttribute(common, name)]),
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
            not_valid_after=dt.datetime(2060, 1, 1, tzinfo=dt.UTC),
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = tmp_path / "ca.pem"
    ca.write_bytes(certificate("Old CA", "Old CA", ca_key, ca_key, x509.BasicConstraints(ca=True, path_length=None)))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = tmp_path / "server.pem"
    chain.write_bytes(private + certificate("mail", "Old CA", key, ca_key, address))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    result = send(scripted(ssl=True, context=context), ssl=True, tls={"ca_file": str(ca)})
    assert (0, "") == (result.code, result.error)
    assert "subject CN=mail, issuer CN=Old CA, expires 2060-01-01 00:00 UTC" in result.log
