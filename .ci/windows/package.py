"""Makes dist/jsnpy-VERSION-win64.zip: JsN.exe and jsnpy.exe with Windows' Python, nothing to install (`make windows`).

Everything in it is verified, and the same inputs give the same bytes.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import zipfile

import signatures
from embedded import WHEELS, install, python, renew_wheels
from support.real_server import Unavailable
from wine import CACHE, HERE, PROJECT, Windows, compile_c

VERSION = "3.13"
_DIGITS = VERSION.replace(".", "")
_LEFT_OUT = ("_wmi.pyd", "winsound.pyd", "pythonw.exe", "python.cat")
_DATE = (1980, 1, 1, 0, 0, 0)


def main() -> int:
    """Build the folder and the zip."""
    if sys.argv[1:] == ["--renew-wheels"]:
        renew_wheels(VERSION)
        return 0
    try:
        windows = Windows()
    except Unavailable as reason:
        print(f"cannot build for Windows: {reason}")
        return 1
    try:
        print(build(windows))
    finally:
        windows.stop()
    return 0


def build(windows: Windows) -> str:
    """Return the path of the zip made."""
    release = python(VERSION)
    signatures.check(release, windows.root)
    folder = os.path.join(CACHE, "jsnpy")
    shutil.rmtree(folder, ignore_errors=True)
    runtime = os.path.join(folder, "runtime")
    shutil.copytree(release, runtime, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    site = os.path.join(runtime, "site")
    install(site, VERSION, hashes=WHEELS)
    for unused in ("bin", "Scripts"):
        shutil.rmtree(os.path.join(site, unused), ignore_errors=True)
    _copy_jsnpy(site)
    _compile(windows, release, site)
    with open(os.path.join(runtime, f"python{_DIGITS}._pth"), "w", encoding="utf-8", newline="\r\n") as file:
        file.write(f"python{_DIGITS}.zip\n.\nsite\n")
    launcher = os.path.join(folder, "jsnpy.exe")
    compile_c(
        windows.root,
        "-municode",
        f'-DPYTHON_DLL=L"python{_DIGITS}.dll"',
        "-o",
        launcher,
        os.path.join(HERE, "launcher.c"),
    )
    shutil.copy(launcher, os.path.join(folder, "JsN.exe"))
    for name in ("LICENSE", "README.md"):
        shutil.copy(os.path.join(PROJECT, name), folder)
    return _zip(folder)


def _copy_jsnpy(site: str) -> None:
    """Copy what git knows of the package: nothing that a developer left lying there."""
    listed = subprocess.run(["git", "ls-files", "-z", "jsnpy"], cwd=PROJECT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0")[:-1]:
        target = os.path.join(site, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(os.path.join(PROJECT, name), target)


def _compile(windows: Windows, release: str, site: str) -> None:
    """Compile once for all: the folder may be read-only for who runs it, and its files' times change when unpacked.

    This Python has no `._pth`, so that it takes the seed of its hashes from us: with another one at each build, sets
    would be written in another order.
    """
    compiler = os.path.join(CACHE, "compiler")
    shutil.rmtree(compiler, ignore_errors=True)
    shutil.copytree(release, compiler, ignore=shutil.ignore_patterns("*._pth", "_wmi.pyd"))
    where = Windows.path(site)
    words = ("-m", "compileall", "-q", "-s", where, "--invalidation-mode", "unchecked-hash", where)
    executable = os.path.join(compiler, "python.exe")
    done = windows.run(executable, *words, variables={"PYTHONHASHSEED": "0"}, timeout=300)
    if done.returncode:
        raise Unavailable(f"compiling failed: {done.stdout.decode()[-500:]}")


def _version() -> str:
    with open(os.path.join(PROJECT, "jsnpy", "__init__.py"), encoding="utf-8") as file:
        line = next(line for line in file if line.startswith("__version__"))
    return line.split('"')[1]


def _zip(folder: str) -> str:
    made = os.path.join(PROJECT, "dist", f"jsnpy-{_version()}-win64.zip")
    os.makedirs(os.path.dirname(made), exist_ok=True)
    paths = sorted(path for path in glob.glob(os.path.join(folder, "**"), recursive=True) if os.path.isfile(path))
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in paths:
            entry = zipfile.ZipInfo(os.path.join("jsnpy", os.path.relpath(path, folder)), _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            with open(path, "rb") as file:
                archive.writestr(entry, file.read(), compresslevel=9)
    return made


if __name__ == "__main__":
    sys.exit(main())
