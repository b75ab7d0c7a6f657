"""Another program's token: the first line that the block's `command` prints, without any shell."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time

from jsnpy.oauth.failure import REFUSED, TIMEOUT, TokenError
from jsnpy.text import printable, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from jsnpy.redaction import Redactor

_SHOWN = 200  # characters of what a failing program said
_LARGEST = 64 * 1024


def on_path(name: str) -> str:
    """Return where PATH has a program on Windows, which itself would take one from the current folder before.

    Whoever may write there, as into a folder of scripts, would be asked for the token.
    """
    # One that ends in ";" has an empty ending in it, which is none.
    known = [each for each in os.environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").lower().split(";") if each]
    endings = [""] if os.path.splitext(name)[1].lower() in known else known
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    paths = [os.path.join(folder, name + ending) for folder in folders for ending in endings]
    found = next((path for path in paths if os.path.isfile(path)), None)
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return found


def first_line(command: Sequence[str], base_dir: str, redactor: Redactor, deadline: float) -> str:
    """Run a program and return the token it prints; `redactor` knows what must not be shown of what it says."""
    name = printable(command[0])
    program = command[0]
    has_folder = "/" in program or os.sep in program
    if has_folder:
        program = os.path.join(os.path.abspath(base_dir), program)
    try:
        if sys.platform == "win32" and not has_folder:
            program = on_path(program)
        process = subprocess.Popen(  # noqa: S603 - the config's own command, without a shell
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=base_dir or None,
        )
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        what = f"no token from the command {name}: it cannot be run: {why}"
        raise TokenError(REFUSED, what, "see oauth2.command; no shell reads it", temporary=False) from None
    try:
        out, err = process.communicate(timeout=max(0.01, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()  # but not for the end of its output, which what it started may hold open
        if os.name == "posix":  # elsewhere a thread still reads
            for pipe in filter(None, (process.stdout, process.stderr)):
                pipe.close()
        raise TokenError(TIMEOUT, f"no token from the command {name}: it did not end in time") from None
    if process.returncode:
        said = " ".join(redactor.scrub(whole(err.decode("utf-8", "replace"))).split())
        said = said if len(said) <= _SHOWN else f"{said[:_SHOWN]} …"
        what = f"no token from the command {name}: it ended with code {process.returncode}"
        raise TokenError(REFUSED, f"{what}: {printable(said)}" if said else what, f"run it by hand: {name}")
    line = out.split(b"\n", 1)[0].strip()
    token = line.decode("ascii", "replace") if len(line) <= _LARGEST else ""
    # JSON begins so, of which the program has to be told to print the token alone.
    if not token or not token.isascii() or not token.isprintable() or " " in token or token[0] in '{["':
        what = f"no token from the command {name}: the first line of its output is not a token"
        raise TokenError(REFUSED, what, f"run it by hand: {name}", temporary=False)
    return token
