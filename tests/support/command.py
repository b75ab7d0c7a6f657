"""Runs the real command in a process of its own."""

import os
import subprocess
import sys

JSNPY = [sys.executable, "-m", "jsnpy"]

_LEAKS = ("JSNPY_", "PYTHON", "LC_", "XDG_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")
_SINGLE = ("NO_COLOR", "FORCE_COLOR", "LANG", "LANGUAGE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC")


class Result:
    """How the command ended and what it printed.

    Attributes:
        code: the exit code; negative for a death by signal.
        out: stdout, decoded strictly as UTF-8.
        err: stderr, decoded strictly as UTF-8.
    """

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code = code
        self.out = out.decode()
        self.err = err.decode()

    def __repr__(self) -> str:
        return f"exit code {self.code}\n--- stdout\n{self.out[-4000:]}\n--- stderr\n{self.err[-4000:]}"


def leaks(name: str) -> bool:
    """Whether a variable of this name would make a test depend on who runs it."""
    return name.startswith(_LEAKS) or name.lower() in _PROXIES or name in _SINGLE


def clean_environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without anything that bears on jsnpy, plus what is given."""
    kept = {name: value for name, value in os.environ.items() if not leaks(name)}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", **extra}


def jsnpy(
    *args: "str | os.PathLike[str]",
    cwd: "str | os.PathLike[str] | None" = None,
    env: dict[str, str] | None = None,
    input: "str | bytes" = b"",  # noqa: A002 - subprocess.run's own name for it
    timeout: float = 60,
    patch: str = "",
) -> Result:
    """Run `jsnpy ARGS` to its end.

    Args:
        args: the command line.
        cwd: folder to run in.
        env: variables on top of a clean environment.
        input: what it finds on stdin.
        timeout: seconds after which the test fails.
        patch: Python code that changes the process before it begins.
    """
    given = input.encode() if isinstance(input, str) else input
    patched = f"{patch}\nimport sys\nsys.argv[0] = 'jsnpy'\nfrom jsnpy.__main__ import main\nmain()"
    command = [sys.executable, "-c", patched] if patch else JSNPY
    done = subprocess.run(
        [*command, *(os.fspath(one) for one in args)],
        cwd=cwd,
        env=clean_environment(**(env or {})),
        input=given,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)
