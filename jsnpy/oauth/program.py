"""Another program's token: the first line that the block's `command` prints, without any shell."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time

from jsnpy.oauth.failure import REFUSED, TIMEOUT, TokenError
from jsnpy.text import printable, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    from jsnpy.redaction import Redactor

_SHOWN = 200  # characters of what a failing program said
_LARGEST = 64 * 1024
_LOOK, _MOMENT = 0.05, 0.005  # seconds between two looks whether a program ended: while it prints, and after that
_LAST_WORDS = 0.2  # seconds for what an ended program printed to arrive


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
    said, ended = _output(process, deadline)
    if not ended:
        raise TokenError(TIMEOUT, f"no token from the command {name}: it did not end in time")
    line = bytes(said[0]).split(b"\n", 1)[0].strip()
    token = line.decode("ascii", "replace") if len(line) < _LARGEST else ""
    if process.returncode:
        redactor.add(token)
        words = " ".join(redactor.scrub(whole(said[1].decode("utf-8", "replace"))).split())
        words = words if len(words) <= _SHOWN else f"{words[:_SHOWN]} …"
        what = f"no token from the command {name}: it ended with code {process.returncode}"
        raise TokenError(REFUSED, f"{what}: {printable(words)}" if words else what, f"run it by hand: {name}")
    # JSON begins so, of which the program has to be told to print the token alone.
    if not token or not token.isascii() or not token.isprintable() or " " in token or token[0] in '{["':
        what = f"no token from the command {name}: the first line of its output is not a token"
        raise TokenError(REFUSED, what, f"run it by hand: {name}", temporary=False)
    return token


def _output(process: subprocess.Popen[bytes], deadline: float) -> tuple[list[bytearray], bool]:
    """Return what a program printed on its two streams, no more of it than is used, and whether it ended in time.

    What it started may hold its output open for ever, as an agent that keeps passwords does: nobody waits for that.
    """
    said = [bytearray(), bytearray()]

    def read(pipe: IO[bytes], kept: bytearray) -> None:
        with pipe:
            while piece := os.read(pipe.fileno(), _LARGEST):
                kept += piece[: _LARGEST - len(kept)]

    pipes = filter(None, (process.stdout, process.stderr))
    readers = [threading.Thread(target=read, args=each, daemon=True) for each in zip(pipes, said, strict=True)]
    for reader in readers:
        reader.start()
    while process.poll() is None and (left := deadline - time.monotonic()) > 0:
        readers[0].join(min(left, _LOOK))
        if not readers[0].is_alive():
            time.sleep(min(left, _MOMENT))
    ended = process.poll() is not None
    process.kill()
    process.wait()
    for reader in readers:
        reader.join(_LAST_WORDS)
    return said, ended
