"""TLS with servers as they are: old ciphers, private CAs, client certificates; and what is said of those refused."""

from __future__ import annotations

import datetime as dt
import functools
import ssl
import sys
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.certificates import authority, ca_pem, server_context
from support.mail import log_lines, login, send

from jsnpy import smtp, trust
from jsnpy.smtp import tls, tls_hints
from jsnpy.smtp.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.scripted import ScriptedServer

    Scripted = Callable[..., ScriptedServer]

CODES = smtp.Code
OFFER = b"250-mail.test\r\n250 STARTTLS\r\n"
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    """Return the path of the tests' CA."""
    return write(tmp_path, "ca.pem", ca_pem())


def write(folder: Path, name: str, text: str | bytes) -> str:
    """Write a file and return its path."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder / name)


@functools.cache
def rsa_certificate() -> trustme.LeafCert:
    """Return a certificate with an RSA key, as most mail servers have."""
    return authority().issue_cert("localhost", "127.0.0.1", key_type=trustme.KeyType.RSA)


# --- ciphers


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
@pytest.mark.parametrize(
    "cipher", ["AES256-GCM-SHA384", "ECDHE-RSA-AES256-SHA", "AES128-SHA256", "ECDHE-RSA-AES128-SHA256"]
)
def test_a_tls_1_2_server_with_older_ciphers_is_reached(
    scripted: Scripted, ca_file: str, cipher: str, mode: str
) -> None:
    """RSA key exchange and CBC suites, all that some servers have, are spoken; the log says which was agreed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    rsa_certificate().configure_cert(context)
    server = scripted(ssl=mode == "ssl", context=context, EHLO=OFFER)
    changes: dict[str, Any] = {mode: True, "tls": {"ca_file": ca_file}}
    result = send(server, **changes)
    assert (0, "") == (result.code, result.error)
    assert f"TLSv1.2 with {cipher}" in result.log


def test_no_cipher_in_common_is_said(scripted: Scripted, ca_file: str) -> None:
    """A server whose only ciphers are none of ours is -4, and is not said to want a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-SHA")  # for RSA keys, which this one is not
    authority().issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA).configure_cert(context)
    result = send(scripted(ssl=True, context=context), ssl=True, tls={"ca_file": ca_file})
    assert (CODES.TLS, "tls") == (result.code, result.details["stage"])
    assert "no cipher, key type or curve in common" in result.error
    assert "client certificate" not in result.error


def test_weak_keys_stay_refused() -> None:
    """OpenSSL's ciphers come with no anonymous, export or unencrypted ones."""
    names = [each["name"] for each in tls.context(Server(host="h", port=1), verify=True).get_ciphers()]
    assert not [name for name in names if any(word in name for word in ("NULL", "ADH", "AECDH", "EXP", "RC4", "DES"))]


# --- certificates


class Chain:
    """A private CA, its intermediate CA and a server's certificate from that.

    Args:
        until: when the server's certificate expires.
    """

    def __init__(self, until: dt.datetime | None = None) -> None:
        self.root = trustme.CA()
        self.middle = self.root.create_child_ca()
        self.leaf = self.middle.issue_cert("127.0.0.1", not_after=until)

    def context(self, *, whole: bool = True) -> ssl.SSLContext:
        """Return a server's context; not whole: without the intermediate certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        pems = self.leaf.cert_chain_pems if whole else self.leaf.cert_chain_pems[:1]
        with trustme.Blob(
            b"".join([self.leaf.private_key_pem.bytes(), *(each.bytes() for each in pems)])
        ).tempfile() as path:
            context.load_cert_chain(path)
        return context


@pytest.mark.parametrize("trusted", ["root", "intermediate", "server"])
@pytest.mark.parametrize("whole", [True, False])
def test_any_certificate_of_a_chain_can_be_trusted(
    scripted: Scripted, tmp_path: Path, trusted: str, whole: bool
) -> None:
    """ca_file may be the root, the intermediate CA's or the server's own certificate, whoever issued it."""
    chain = Chain()
    pem = {
        "root": chain.root.cert_pem,
        "intermediate": chain.middle.cert_pem,
        "server": chain.leaf.cert_chain_pems[0],
    }[trusted]
    server = scripted(ssl=True, context=chain.context(whole=whole))
    result = send(server, ssl=True, tls={"ca_file": write(tmp_path, "ca.pem", pem.bytes())})
    reachable = whole or trusted != "root"
    assert reachable is (result.code == 0)
    if not reachable:
        assert CODES.TLS == result.code
        assert "tls.ca_file does not hold the certificate of the issuer" in result.error


def test_another_server_s_certificate_is_no_trust(scripted: Scripted, tmp_path: Path) -> None:
    """A trusted certificate is no pass for others of the same CA."""
    chain = Chain()
    other = chain.middle.issue_cert("127.0.0.1").cert_chain_pems[0]
    server = scripted(ssl=True, context=chain.context())
    assert CODES.TLS == send(server, ssl=True, tls={"ca_file": write(tmp_path, "ca.pem", other.bytes())}).code


def test_a_missing_intermediate_certificate_is_named(scripted: Scripted) -> None:
    """An issuer that is neither sent along nor known is named, with both cures."""
    chain = Chain()
    result = send(scripted(ssl=True, context=chain.context(whole=False)), ssl=True)
    assert CODES.TLS == result.code
    assert 'its issuer "O=trustme' in result.error
    assert "must send the intermediate certificate" in result.error
    assert "tls.ca_file" in result.error


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
def test_a_refused_certificate_is_in_the_log(scripted: Scripted, mode: str) -> None:
    """Subject, issuer and expiry of a certificate that is not trusted are told, and that it was not."""
    server = scripted(ssl=mode == "ssl", EHLO=OFFER)
    changes: dict[str, Any] = {mode: True}
    result = login(server, **changes)
    events = "\n".join(log_lines(result, "*"))
    assert CODES.TLS == result.code
    assert "certificate: subject O=trustme" in events
    assert "issuer O=trustme" in events
    assert "expires " in events
    assert "certificate NOT accepted: " in events
    assert "certificate verified" not in events


def test_an_expired_certificate_says_since_when(scripted: Scripted, tmp_path: Path) -> None:
    """The day is in the error, and all of the certificate in the log."""
    chain = Chain(dt.datetime(2021, 1, 1, tzinfo=dt.UTC))
    ca_file = write(tmp_path, "ca.pem", chain.root.cert_pem.bytes())
    result = send(scripted(ssl=True, context=chain.context()), ssl=True, tls={"ca_file": ca_file})
    assert CODES.TLS == result.code
    assert "certificate has expired: it expired on 2021-01-01" in result.error
    assert "must be renewed" in result.error
    assert "expires 2021-01-01 00:00 UTC" in result.log


def test_a_wrong_name_shows_the_certificate_too(scripted: Scripted, ca_file: str) -> None:
    """A certificate for another name is told in the log as well."""
    result = send(scripted(ssl=True, context=server_context("other.test")), ssl=True, tls={"ca_file": ca_file})
    assert CODES.TLS == result.code
    assert "certificate: subject O=trustme" in result.log


# --- client certificates


def demanding(version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return a server's context that wants a client certificate of the tests' CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = version
    authority().issue_cert("127.0.0.1").configure_cert(context)
    authority().configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_wants_a_client_certificate_is_4(
    scripted: Scripted, ca_file: str, version: ssl.TLSVersion, mode: str
) -> None:
    """Whether it is said in the handshake (TLS 1.2) or after it (1.3): -4, and where the certificate is given."""
    server = scripted(ssl=mode == "ssl", context=demanding(version), EHLO=OFFER)
    changes: dict[str, Any] = {mode: True, "tls": {"ca_file": ca_file}}
    result = login(server, **changes)
    assert (CODES.TLS, "tls") == (result.code, result.details["stage"])
    assert "wants a client certificate" in result.error
    assert "tls.cert_file" in result.error


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("apart", [True, False])
def test_a_client_certificate_is_shown(
    scripted: Scripted, ca_file: str, tmp_path: Path, version: ssl.TLSVersion, apart: bool
) -> None:
    """cert_file and key_file, or cert_file with both in it, let the mail through."""
    mine = authority().issue_cert("client@x.test")
    files = {"cert_file": write(tmp_path, "cert.pem", mine.cert_chain_pems[0].bytes())}
    if apart:
        files["key_file"] = write(tmp_path, "key.pem", mine.private_key_pem.bytes())
    else:
        files["cert_file"] = write(tmp_path, "both.pem", mine.private_key_and_cert_chain_pem.bytes())
    server = scripted(ssl=True, context=demanding(version))
    result = send(server, ssl=True, tls={"ca_file": ca_file, **files})
    assert (0, "") == (result.code, result.error)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_certificate_that_is_refused(
    scripted: Scripted, ca_file: str, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """A certificate that the server does not know is -4 and is said to be refused."""
    mine = trustme.CA().issue_cert("client@x.test")
    file = write(tmp_path, "both.pem", mine.private_key_and_cert_chain_pem.bytes())
    server = scripted(ssl=True, context=demanding(version))
    result = send(server, ssl=True, tls={"ca_file": ca_file, "cert_file": file})
    assert (CODES.TLS, "tls") == (result.code, result.details["stage"])
    assert "refuses the certificate in tls.cert_file" in result.error


def test_a_client_certificate_that_cannot_be_used(scripted: Scripted, tmp_path: Path) -> None:
    """No key, another's key, no PEM, a key with a passphrase: -1 before any connection, and nobody is asked for one."""
    mine, other = authority().issue_cert("a@x.test"), authority().issue_cert("b@x.test")
    cert = write(tmp_path, "cert.pem", mine.cert_chain_pems[0].bytes())
    locked = serialization.load_pem_private_key(mine.private_key_pem.bytes(), None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"a passphrase"),
    )
    server = scripted(ssl=True)
    for files in (
        {"cert_file": cert},
        {"cert_file": cert, "key_file": write(tmp_path, "other.pem", other.private_key_pem.bytes())},
        {"cert_file": cert, "key_file": write(tmp_path, "locked.pem", locked)},
        {"cert_file": write(tmp_path, "text.pem", "no certificate")},
    ):
        result = send(server, ssl=True, tls=files)
        assert CODES.ARGUMENT == result.code, files
        assert "_file cannot be used" in result.error
        assert "in PEM" in result.error
    assert [] == server.connections


# --- Windows' store


def odd_certificate() -> bytes:
    """Return a certificate that OpenSSL cannot read."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "MUPCA Root")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(LONG_AGO).not_valid_after(LONG_AGO + dt.timedelta(9999))
    der = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return der[:-1]


def windows(monkeypatch: pytest.MonkeyPatch, *certificates: tuple[bytes, str, Any]) -> None:
    """Let Python find these certificates in Windows' stores."""
    found = {"CA": [], "ROOT": list(certificates)}
    monkeypatch.setattr(ssl, "enum_certificates", found.__getitem__, raising=False)


def test_one_odd_certificate_does_not_spoil_windows_store(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that cannot be read is left out with a line in the log; the others are trusted."""
    good = ssl.PEM_cert_to_DER_cert(ca_pem())
    other = "1.3.6.1.5.5.7.3.4"
    windows(
        monkeypatch,
        (odd_certificate(), "x509_asn", True),
        (b"no certificate", "pkcs_7_asn", True),
        (good, "x509_asn", {other, ssl.Purpose.SERVER_AUTH.oid}),
    )
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ((store, der, _),) = trust.load_windows_stores(made)
    assert ("ROOT", True) == (store, b"MUPCA Root" in der)
    assert 1 == len(made.get_ca_certs())
    tls._contexts.clear()
    monkeypatch.setattr(trust, "sys", type("Sys", (), {"platform": "win32"}))
    result = send(scripted(ssl=True), ssl=True)
    tls._contexts.clear()
    assert (0, "") == (result.code, result.error)
    assert "left out of Windows' store ROOT" in result.log


def test_a_certificate_for_other_purposes_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Windows trusts for other purposes alone is not loaded."""
    windows(monkeypatch, (ssl.PEM_cert_to_DER_cert(ca_pem()), "x509_asn", {"1.3.6.1.5.5.7.3.4"}))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert [] == trust.load_windows_stores(made)
    assert [] == made.get_ca_certs()


def test_the_hint_for_an_unknown_issuer_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows fetches roots when its own programs need them, which Python does not see: said there alone."""
    error = ssl.SSLError(1, "certificate verify failed: unable to get local issuer certificate")
    server = Server(host="mail.test", port=465, security="ssl")
    monkeypatch.setattr(sys, "platform", "linux")
    assert "Windows" not in tls_hints.handshake(server, error, "CN=R3")
    monkeypatch.setattr(sys, "platform", "win32")
    assert "Windows fetches public roots" in tls_hints.handshake(server, error, "CN=R3")


def test_old_renegotiation_is_named() -> None:
    """OpenSSL 3 talks to no server without secure renegotiation; the sentence says whose fault that is."""
    error = ssl.SSLError(1, "[SSL: UNSAFE_LEGACY_RENEGOTIATION_DISABLED] unsafe legacy renegotiation disabled")
    assert "must be updated" in tls_hints.handshake(Server(host="mail.test", port=465, security="ssl"), error)
