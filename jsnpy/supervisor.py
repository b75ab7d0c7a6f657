"""Keeps a run in hand: a worker thread with a big stack, a deadline, Ctrl-C and SIGTERM.

The worker owns the engine; the main thread only waits, so that neither an endless loop nor a blocking native
keeps a signal or the deadline from being seen.
"""

# The C modules: `signal` and `threading` import enum and more, which a short run can do without.
import _signal
import _thread
import os
import sys

from jsnpy.errors import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_MIB = 1024 * 1024
STACKS = ((256 * _MIB, 48 * _MIB), (64 * _MIB, 24 * _MIB), (16 * _MIB, 6 * _MIB))
"""Thread stacks to try, and what JavaScript may use of each; the rest is for the engine's unchecked recursion."""

_POLL = 0.05
"""Seconds between looks at the signals that came; a waiting lock does not wake for them on Windows."""

_stack_size_lock = _thread.allocate_lock()


def start_worker(work: "Callable[[int], None]") -> None:
    """Run `work(bytes of JavaScript stack)` in a thread of its own with the biggest stack that can be had.

    Raises:
        RuntimeError: no thread could be started.
    """
    with _stack_size_lock:
        before = _thread.stack_size()
        try:
            for thread_stack, script_stack in STACKS:
                try:
                    _thread.stack_size(thread_stack)
                    _thread.start_new_thread(work, (script_stack,))
                except (RuntimeError, ValueError):
                    if thread_stack == STACKS[-1][0]:
                        raise
                else:
                    return
        finally:
            _thread.stack_size(before)


class Signals:
    """SIGINT and SIGTERM as exit codes; to be used in the main thread.

    Args:
        leave: called with the exit code when a signal comes at a time when nobody looks for it.
    """

    _EXIT_CODES = (
        ("SIGINT", ExitCode.INTERRUPTED),
        ("SIGTERM", ExitCode.TERMINATED),
        ("SIGBREAK", ExitCode.INTERRUPTED),
    )

    def __init__(self, leave: "Callable[[int], object]") -> None:
        self.exit_code: int | None = None
        self.watched = False
        self._leave = leave
        self._codes: dict[int, int] = {}

    def listen(self) -> None:
        """Take over the signals, but those that are ignored (as under nohup) stay ignored."""
        for name, code in self._EXIT_CODES:
            number = getattr(_signal, name, None)
            if number is not None and _signal.getsignal(number) != _signal.SIG_IGN:
                self._codes[number] = code
                _signal.signal(number, self._note)

    def _note(self, number: int, frame: "Any") -> None:
        del frame
        if self.exit_code is None:
            self.exit_code = self._codes[number]
            if not self.watched:
                self._leave(self.exit_code)


def wait(done: "Any", look: "Callable[[], int | None]") -> int | None:
    """Wait until the lock `done` is released; the calling thread never does anything that could block it.

    Args:
        done: the lock that the worker releases at its end.
        look: called all the while; an exit code ends the waiting.

    Returns:
        None when the worker is done, else what `look` returned.
    """
    while not done.acquire(timeout=_POLL):
        code = look()
        if code is not None:
            return None if done.acquire(False) else code
    return None


def within(seconds: float, work: "Callable[[], None]") -> bool:
    """Do work in a thread of its own; return whether it was done within so many seconds."""
    done = _thread.allocate_lock()
    done.acquire()

    def carry_out() -> None:
        try:
            work()
        finally:
            done.release()

    _thread.start_new_thread(carry_out, ())
    return bool(done.acquire(timeout=seconds))


def leave(code: int) -> "NoReturn":
    """End the process at once: all is written, and taking the interpreter apart would cost 2 ms."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, RuntimeError):
            pass  # nobody reads it, or it is being written just now
    os._exit(code)
