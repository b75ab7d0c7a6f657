"""Work in a thread with a big stack, seen to by the main thread: its end, a deadline, Ctrl-C and SIGTERM."""

# The C modules: `signal` and `threading` import enum and more, which a short run can do without.
import _signal
import _thread
import os
import sys
import time

from jsnpy.errors import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_MIB = 1024 * 1024
_WINDOWS = sys.platform == "win32"
STACKS = (
    # Windows takes less than 256 MiB, and its compiler needs three times the stack for a frame of the script's.
    (255 * _MIB, 96 * _MIB) if _WINDOWS else (256 * _MIB, 48 * _MIB),
    (64 * _MIB, 24 * _MIB),
    (16 * _MIB, 6 * _MIB),
)
"""Thread stacks to try, and what JavaScript may use of each; the rest is for the engine's unchecked recursion."""

_POLL = 0.05
"""Seconds between looks at the signals that came; a waiting lock does not wake for them on Windows."""

_stack_size_lock = _thread.allocate_lock()


ENDED_BY = {ExitCode.TIMEOUT: "--timeout", ExitCode.INTERRUPTED: "Ctrl-C", ExitCode.TERMINATED: "SIGTERM"}
"""What ends work before it is done, by the exit code that `supervise` returns."""


class Worker:
    """Work in a thread of its own, which has the biggest stack that can be had.

    Args:
        work: called with the bytes of stack that JavaScript may use.

    Attributes:
        ended: when the work was over, in `time.monotonic()` seconds; 0 before.

    Raises:
        RuntimeError: no thread could be started.
    """

    def __init__(self, work: "Callable[[int], None]") -> None:
        self._work = work
        self._failure: BaseException | None = None
        self._done = _thread.allocate_lock()
        self._done.acquire()
        self.ended = 0.0
        _start_thread(self._carry_out)

    def _carry_out(self, script_stack: int) -> None:
        try:
            self._work(script_stack)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the thread that waits raises it
            self._failure = error
        finally:
            self.ended = time.monotonic()
            self._done.release()

    def wait(self, seconds: float = -1) -> bool:
        """Wait until the work is over, or for so many seconds; return whether it is over."""
        return bool(self._done.acquire(timeout=min(seconds, _thread.TIMEOUT_MAX)))

    def check(self) -> None:
        """Raise what the work raised."""
        if self._failure is not None:
            raise self._failure


def _start_thread(work: "Callable[[int], None]") -> None:
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

    Attributes:
        exit_code: of the first signal that came, or None.
        watched: whether somebody looks for it; else a signal ends the process at once.
    """

    _EXIT_CODES = (
        ("SIGINT", ExitCode.INTERRUPTED),
        ("SIGTERM", ExitCode.TERMINATED),
        ("SIGBREAK", ExitCode.INTERRUPTED),
    )

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self.watched = False
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
                leave(self.exit_code, f"jsnpy: error: ended ({ENDED_BY[self.exit_code]})\n")


def supervise(
    work: "Callable[[int], None]", tick: "Callable[[], int | None]", deadline: float | None = None
) -> int | None:
    """Have some work done by a worker, until it is done or a signal or the deadline ends it.

    To be called in the main thread, which never does anything here that could block it.

    Args:
        work: called with the bytes of stack that JavaScript may use.
        tick: called all the while; an exit code that it returns ends the work too.
        deadline: in `time.monotonic()` seconds, or None.

    Returns:
        None when the work is done, else the exit code of what ended it: the worker may still be at it.

    Raises:
        BaseException: what the work raised.
    """
    signals = Signals()
    signals.watched = True
    signals.listen()
    worker = Worker(work)
    while not worker.wait(_POLL if deadline is None else max(0, min(_POLL, deadline - time.monotonic()))):
        code = signals.exit_code
        if code is None and deadline is not None and time.monotonic() >= deadline:
            code = ExitCode.TIMEOUT
        if code is None:
            code = tick()
        if code is not None and not worker.wait(0):
            return code
    if deadline is not None and worker.ended >= deadline:
        return ExitCode.TIMEOUT  # what ran into the deadline by itself is told as what the deadline ended
    signals.watched = False
    worker.check()
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


def leave(code: int, last_words: str = "") -> "NoReturn":
    """End the process at once: all is written, and taking the interpreter apart would cost 2 ms."""
    for stream, words in ((sys.stdout, ""), (sys.stderr, last_words)):
        try:
            if stream is not None:
                stream.write(words)
                stream.flush()
        except (OSError, RuntimeError):
            pass  # nobody reads it, or it is being written just now
    os._exit(code)
