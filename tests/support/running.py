"""Starts the command and looks at it while it runs."""

import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from support.command import JSNPY, clean_environment

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator


@contextmanager
def running(*args: str, cwd: "str | os.PathLike[str]", **streams: "int | None") -> "Iterator[subprocess.Popen[bytes]]":
    """Start `jsnpy ARGS`, and end it at the latest when the block is left.

    Args:
        args: the command line.
        cwd: folder to run in.
        streams: stdin, stdout and stderr, as subprocess.Popen takes them; pipes by default.
    """
    chosen = {name: streams.get(name, subprocess.PIPE) for name in ("stdin", "stdout", "stderr")}
    process = subprocess.Popen([*JSNPY, *args], cwd=cwd, env=clean_environment(), **chosen)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def seconds_to_end(process: "subprocess.Popen[bytes]", limit: float = 10) -> float:
    """Wait for the process to end and return how long that took."""
    start = time.monotonic()
    process.wait(limit)
    return time.monotonic() - start
