"""Runs the suite on every supported Python that can be had, an environment each; prints a table (`make test-pythons`).

An interpreter is looked for in this order: the environment `.venv-3.X` as it is, the variable PYTHON_3_X, uv (which
fetches one), `python3.X` on the PATH, pyenv's versions.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import time

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PATIENCE = 120


def _candidates(version: str) -> list[str]:
    found = [os.path.join(ROOT, f".venv-{version}", "bin", "python")]
    found += [os.environ.get(f"PYTHON_{version.replace('.', '_')}", "")]
    uv = shutil.which("uv")
    if uv is not None:
        try:
            subprocess.run([uv, "python", "install", version], capture_output=True, timeout=_PATIENCE, check=False)
            done = subprocess.run([uv, "python", "find", version], capture_output=True, text=True, check=False)
            found.append(done.stdout.strip())
        except subprocess.TimeoutExpired:
            pass
    found.append(shutil.which(f"python{version}") or "")
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found += sorted(glob.glob(os.path.join(pyenv, "versions", f"{version}.*", "bin", "python")), reverse=True)
    return [path for path in found if path]


def _full_version(python: str, version: str) -> str:
    """Return an interpreter's full version, "" if it does not start or is another one."""
    code = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.stdout.startswith(version + ".") else ""


def _suite(python: str, version: str) -> str:
    """Run the suite; return its last line if it passed, else ""."""
    command = ["make", "--no-print-directory", "test", f"VENV=.venv-{version}", f"PYTHON={python}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        last = ""
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            last = line.strip() or last
    return "" if process.returncode else last


def main() -> int:
    """Run them all; return 1 if the suite failed on one of them, or none could be had."""
    table = []
    failed = tried = 0
    for version in VERSIONS:
        python = next((path for path in _candidates(version) if _full_version(path, version)), None)
        if python is None:
            table.append((version, "skipped: neither .venv, uv, PATH nor pyenv has it"))
            continue
        start = time.monotonic()
        passed = _suite(python, version)
        tried += 1
        failed += not passed
        table.append((_full_version(python, version), f"{passed or 'FAILED'} ({time.monotonic() - start:.0f} s)"))
    print()
    for name, text in table:
        print(f"Python {name:8} {text}")
    return 1 if failed or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
