"""The dry run's certificates: an authority made for the run, and one certificate for all names in use."""

from __future__ import annotations

import os
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_OWNER = "jsnpy dry run"
_VALID = timedelta(days=7)
_CN_MAX = 64  # RFC 5280 appendix A: ub-common-name


class Certificates:
    """Certificates for whatever names a script's servers have.

    trustme makes the authority; its own leaves refuse names that are in use inside companies (`mail_server`),
    so the leaf is made here.

    Attributes:
        context: the server's TLS context, with a certificate for all names given to `add`.
        ca_pem: the authority's certificate, for clients to trust.
    """

    def __init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority = trustme.CA(organization_name=_OWNER, organization_unit_name="authority of this run")
        self.ca_pem = authority.cert_pem.bytes().decode()
        self._issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
        self._issuer_key = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
        self._names: list[str] = []

    def add(self, name: str) -> None:
        """Make the next handshakes' certificate hold this name too.

        Args:
            name: a host name in ASCII, or an IP address.
        """
        if name not in self._names:
            self._names.append(name)
            self._load(*self._leaf(name))

    def _leaf(self, name: str) -> tuple[bytes, bytes]:
        key = ec.generate_private_key(ec.SECP256R1())
        assert isinstance(self._issuer_key, ec.EllipticCurvePrivateKey)  # noqa: S101 - what trustme makes
        subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, _OWNER)]
        subject += [x509.NameAttribute(NameOID.COMMON_NAME, name)] if len(name) <= _CN_MAX else []
        issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._issuer_key.public_key())
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(subject))
            .issuer_name(self._issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _VALID)
            .not_valid_after(now + _VALID)
            .add_extension(x509.SubjectAlternativeName([_identity(name) for name in self._names]), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(issuer_id, critical=False)
            .sign(self._issuer_key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        kind = serialization.PrivateFormat.PKCS8
        return key.private_bytes(pem, kind, serialization.NoEncryption()), certificate.public_bytes(pem)

    def _load(self, key: bytes, certificate: bytes) -> None:
        file, path = tempfile.mkstemp(suffix=".pem")  # the ssl module takes them from a file only
        try:
            with os.fdopen(file, "wb") as both:
                both.write(key + certificate)
            self.context.load_cert_chain(path)
        finally:
            os.unlink(path)


def _identity(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
