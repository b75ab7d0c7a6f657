"""Checks that Windows' Python is what the Python Software Foundation released."""

from __future__ import annotations

import glob
import hashlib
import os
import subprocess

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from wine import CACHE, environment

_ROOT = "5367f20c7ade0e2bca790915056d086b720c33c1fa2a2661acf787e3292e1270"
"""SHA-256 of Microsoft Identity Verification Root Certificate Authority 2020, which signs Python since 3.13."""

_SIGNER = "CN=Python Software Foundation"

_UNSIGNED = {
    "vcruntime140.dll": "36585912e5eaf83ba9fea0631534f690ccdc2d7ba91537166fe53e56c221e153",
    "python313.zip": "5b5d5d2ff356a5ddf579284243863c9ac910f44e87c67dfca286e5951e5aa449",
    "vcruntime140_1.dll": "82a2f9ae1e6146ae3cb0f4bc5a62b7227e0384209d9b1aef86bbcc105912f7cd",
}
"""SHA-256 of the files that bear no signature Linux can check: the standard library, and Microsoft's own runtime."""


class Forged(Exception):  # noqa: N818 - it says what the file may be
    """A file is not what was released."""


def check(folder: str, tools: str) -> None:
    """Check every file of a Python that can run.

    Args:
        folder: of the Python.
        tools: where osslsigncode lies.

    Raises:
        Forged: a file is not what was released.
    """
    authorities = _authorities(folder, tools)
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        name = os.path.basename(path)
        if name in _UNSIGNED:
            if _sha256(path) != _UNSIGNED[name]:
                raise Forged(f"{name} is another file than the one known by its hash")
        elif name.endswith((".exe", ".dll", ".pyd", ".cat")):
            _check_signature(path, tools, authorities)


def _tool(tools: str, *words: str) -> str:
    done = subprocess.run(
        [os.path.join(tools, "usr/bin/osslsigncode"), *words],
        env=environment(tools),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def _authorities(folder: str, tools: str) -> str:
    """Return a file with the certificates of those who may vouch for a signer: the public ones, and Microsoft's."""
    signature = os.path.join(CACHE, "signature.pem")
    if os.path.exists(signature):
        os.unlink(signature)
    _tool(tools, "extract-signature", "-pem", "-in", os.path.join(folder, "python.exe"), "-out", signature)
    with open(signature, "rb") as file:
        certificates = pkcs7.load_pem_pkcs7_certificates(file.read())
    roots = [each for each in certificates if each.fingerprint(hashes.SHA256()).hex() == _ROOT]
    path = os.path.join(CACHE, "authorities.pem")
    with open(path, "wb") as file:
        file.writelines(each.public_bytes(Encoding.PEM) for each in roots)
        for public in sorted(glob.glob(os.path.join(tools, "usr/share/ca-certificates/mozilla/*.crt"))):
            with open(public, "rb") as one:
                file.write(one.read())
    return path


def _check_signature(path: str, tools: str, authorities: str) -> None:
    said = _tool(tools, "verify", "-CAfile", authorities, "-TSA-CAfile", authorities, "-in", path)
    if "Signature verification: ok" not in said or _SIGNER not in said:
        raise Forged(f"{os.path.basename(path)} bears no valid signature of the Python Software Foundation")


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
