"""Work in a child process, which can be ended at any moment, and which ends with its parent however that dies.

The parent writes a line of JSON to the child's standard input and leaves it open: when it is closed, the parent is
gone. The child answers with JSON on its standard output, and ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from typing import IO, TYPE_CHECKING, Any, cast

from jsnpy import errors

if TYPE_CHECKING:
    from collections.abc import Callable

_GRACE = 10.0
"""Seconds a child may take beyond the time of its work, to start and to hand over what it has."""

_LOOK = 1.0
"""Seconds between two looks of a child whether its parent lives."""

_SHOWN = 2000
"""Characters of what a child wrote before it died."""


def command(module: str, function: str) -> list[str]:
    """Return the command that calls a function in a process of its own."""
    # After its own ones, the folders where this process found its modules: it may have been told where at run time.
    folders = [folder for folder in sys.path if isinstance(folder, str) and os.path.isabs(folder)]
    code = f"import sys; sys.path += {folders!r}; from {module} import {function}; {function}()"
    return [sys.executable, "-P", "-c", code]


def call(function: str, given: object, timeout: float) -> Any:
    """Have a child process call a function, and return what that returns.

    Args:
        function: as MODULE:NAME; it takes one JSON value and returns one.
        given: the value.
        timeout: seconds the function takes at most by itself; the child is killed 10 s later.

    Raises:
        TimeoutError: the child was killed.
        JsnpyError: what the function raised, or the child died.
    """
    late = threading.Event()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            command("jsnpy.child", "main"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
        )
        to_child, from_child = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)

        def kill() -> None:
            late.set()
            child.kill()

        killer = threading.Timer(min(timeout + _GRACE, threading.TIMEOUT_MAX), kill)
        killer.start()
        try:
            with contextlib.suppress(OSError):  # it died already: what it wrote says why
                order = {"function": function, "given": given, "parent": os.getpid()}
                to_child.write(json.dumps(order).encode() + b"\n")
                to_child.flush()
            answer = from_child.read()
        finally:
            killer.cancel()
            child.kill()
            with contextlib.suppress(OSError):
                to_child.close()
            from_child.close()
            child.wait()
        if late.is_set():
            raise TimeoutError(f"the run was ended after {timeout:g} s")
        said.seek(0)
        words = said.read().decode("utf-8", "replace").strip()[-_SHOWN:]
    return _value(answer, f"the child process of a run with a timeout died: {words or child.returncode}")


def _value(answer: bytes, otherwise: str) -> Any:
    try:
        done = json.loads(answer)
    except ValueError:
        raise errors.JsnpyError(otherwise) from None
    if "raised" in done:
        raise getattr(errors, done["raised"], errors.JsnpyError)(done["message"], done["hint"])
    return done["value"]


def main() -> None:
    """Do what the parent ordered, answer and end, whatever else still runs in this process."""
    order = json.loads(sys.stdin.buffer.readline())

    def leave_with_parent() -> None:
        if hasattr(os, "fork"):
            # A process that the parent forked meanwhile holds the pipe open, too.
            while not select.select([0], [], [], _LOOK)[0] and os.getppid() == order["parent"]:
                pass
        else:
            sys.stdin.buffer.read(1)
        os._exit(errors.ExitCode.TERMINATED)

    threading.Thread(target=leave_with_parent, daemon=True).start()
    module, _, name = order["function"].partition(":")
    function: Callable[[Any], Any] = getattr(__import__(module, fromlist=[name]), name)
    try:
        answer = {"value": function(order["given"])}
    except errors.JsnpyError as error:
        answer = {"raised": type(error).__name__, "message": error.message, "hint": error.hint}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)
