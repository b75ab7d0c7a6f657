"""Runs the tests with Windows' own Python, under Wine on Linux (`make test-windows`)."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time

from embedded import install, python, requirements
from support.real_server import Unavailable
from wine import CACHE, PROJECT, Windows

QUICK = (
    "tests/test_seed.py",
    "tests/config/test_config_load.py",
    "tests/config/test_config_paths.py",
    "tests/config/test_config_texts.py",
    "tests/outbox/test_outbox_command.py",
    "tests/outbox/test_outbox_commands.py",
    "tests/outbox/test_outbox_rules.py",
    "tests/examples",
    "tests/starter/test_starter_schema.py",
    "tests/host/test_exit_codes.py",
    "tests/host/test_endings.py",
    "tests/host/test_hostile.py",
    "tests/host/test_output.py",
    "tests/host/test_state.py",
)
"""What Windows decides most: paths, encodings, processes, exit codes, locks. The whole takes a quarter of an hour."""


def python_for_tests(version: str) -> str:
    """Return the folder of a Python that has the project on its path and all that its tests need."""
    folder = os.path.join(CACHE, f"tests-{version}")
    needs = requirements("dev")
    stamp = os.path.join(folder, ".requirements")
    wanted = "\n".join(needs)
    if _text(stamp) != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(python(version), folder)
        with contextlib.suppress(FileNotFoundError):  # new in 3.12; Wine 8 crashes in it, and Python does without
            os.unlink(os.path.join(folder, "_wmi.pyd"))
        install(os.path.join(folder, "site"), version, *needs)
        digits = version.replace(".", "")
        paths = [
            f"python{digits}.zip",
            ".",
            "site",
            Windows.path(PROJECT),
            Windows.path(os.path.join(PROJECT, "tests")),
        ]
        with open(os.path.join(folder, f"python{digits}._pth"), "w", encoding="utf-8") as file:
            file.write("\n".join(paths) + "\n")
        with open(stamp, "w", encoding="utf-8") as file:
            file.write(wanted)
    return os.path.join(folder, "python.exe")


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def main() -> int:
    """Run what the command line names; where Wine cannot be had, say so and succeed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="the whole suite")
    parser.add_argument("--python", default="3.13", help="3.13 or 3.11")
    parser.add_argument("--workers", default=str(os.cpu_count() or 1))
    parser.add_argument("rest", nargs="*", help="what pytest is given in place of the quick part")
    chosen = parser.parse_args()
    start = time.monotonic()
    try:
        executable = python_for_tests(chosen.python)
        windows = Windows()
    except Unavailable as reason:
        print(f"no tests on Windows' Python: {reason}")
        return 0
    print(f"Windows' Python {chosen.python} is ready after {time.monotonic() - start:.0f} s", flush=True)
    what = chosen.rest or ([] if chosen.all else list(QUICK))
    command = windows.command(executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", chosen.workers, *what)
    try:
        with subprocess.Popen(
            command,
            cwd=PROJECT,
            env=windows.environment(PYTHONDONTWRITEBYTECODE="1"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            process.stdin.close()  # type: ignore[union-attr]
            for line in process.stdout or ():  # a pipe, not our own handle: see Windows.run
                sys.stdout.buffer.write(line.replace(b"\r\n", b"\n"))
                sys.stdout.flush()
        return process.returncode
    finally:
        windows.stop()


if __name__ == "__main__":
    sys.exit(main())
