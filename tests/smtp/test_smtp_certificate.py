"""What the log says of a certificate: subject, issuer, expiry, from the DER alone."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from jsnpy.smtp.certificate import facts

KEY = ec.generate_private_key(ec.SECP256R1())


def made(subject: x509.Name, expires: dt.datetime) -> bytes:
    """Return a certificate in DER."""
    return (
        x509.CertificateBuilder(
            issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")]),
            subject_name=subject,
            public_key=KEY.public_key(),
            serial_number=1,
            not_valid_before=dt.datetime(1980, 1, 1, tzinfo=dt.UTC),
            not_valid_after=expires,
        )
        .sign(KEY, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")], "CN=mail.test"),
        (
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Société, 日本"),
            ],
            "C=FR, O=Société, 日本",
        ),
        ([x509.NameAttribute(NameOID.COMMON_NAME, "Zoë", _type=_ASN1Type.BMPString)], "CN=Zoë"),
        ([x509.NameAttribute(NameOID.PSEUDONYM, "x")], "OID 550441=x"),
        ([], "(empty)"),
    ],
)
def test_subjects(attributes: list[x509.NameAttribute[str]], shown: str) -> None:
    """A subject is shown with its attributes, in any of the encodings certificates use."""
    der = made(x509.Name(attributes), dt.datetime(2030, 1, 2, 3, 4, tzinfo=dt.UTC))
    assert f"subject {shown}, issuer CN=Test CA, expires 2030-01-02 03:04 UTC" == facts(der)


@pytest.mark.parametrize("year", [1999, 2000, 2049, 2050, 2051, 2120])
def test_years(year: int) -> None:
    """A year is whole, whether the certificate has two digits of it (to 2049) or four."""
    der = made(x509.Name([]), dt.datetime(year, 12, 31, 23, 59, tzinfo=dt.UTC))
    assert facts(der).endswith(f"expires {year}-12-31 23:59 UTC")


def test_half_a_certificate_is_told() -> None:
    """Wherever a certificate is cut off it cannot be read, and is no exception."""
    der = made(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")]), dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    )
    for size in range(len(der)):
        assert f"{size} bytes that cannot be read" == facts(der[:size])
