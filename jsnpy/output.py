"""What a run prints: the script's own text as it is, the host's messages as lines or JSON objects.

Text is gathered and written in large pieces: by the worker when enough has come, by a thread of its own when
little has. Whoever writes may have to wait for the reader, so the main thread, which has signals and the deadline
to see to, never does. One lock keeps the two streams in the order they were written to.
"""

import _thread
import os
import sys
import time

from jsnpy.errors import ExitCode, JsnpyError
from jsnpy.text import harmless, shortened, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jsnpy.redaction import Redactor

_ENOUGH = 64 * 1024
"""Characters gathered before they are written."""

_LONGEST = 4000
"""Characters of a message at most, but for those that are shown as they are."""

_LEVELS = {"uncaught": "error", "show": "info"}
"""Kinds of messages that are printed as they are, and what they are in JSON."""

_AGAIN = 0.01
"""Seconds until a full pipe is tried again where nobody tells when it is not."""

_OVERRULED = (ExitCode.OK, ExitCode.SEND_FAILED)

_INVALID = 22  # errno.EINVAL

STDOUT, STDERR = 1, 2
QUIET, NORMAL, VERBOSE = -1, 0, 1


class OutputClosed(Exception):  # noqa: N818 - it is no error
    """The reader of our output went away, as `| head` does: the run ends quietly."""


class Stream:
    """Where one stream's text goes: a file descriptor, with the encoding its reader expects.

    Args:
        file: one of the process's own, None where the process was started without it.
        wanted: whether anybody misses what it cannot take.
    """

    def __init__(self, file: "Any", *, wanted: bool = True) -> None:
        self._fd = file.fileno() if file is not None else -1
        self._wanted = wanted
        self.terminal = self._fd >= 0 and os.isatty(self._fd)
        # A file or pipe gets UTF-8 whatever the locale; a terminal what it can show, the rest escaped.
        self._encoding = (file.encoding or "utf-8") if self.terminal else "utf-8"
        self._file = file

    def write(self, text: str) -> None:
        """Write all of a text.

        Raises:
            OutputClosed: nobody reads any more.
            JsnpyError: it could not be written.
        """
        if self._fd < 0 and not self._wanted:
            return
        if self._fd < 0:
            raise JsnpyError("output cannot be written: whoever started jsnpy has closed its stdout or stderr")
        data = memoryview(encode(text, self._encoding))
        try:
            if self.terminal and sys.platform == "win32":
                self._file.buffer.write(data)
                self._file.buffer.flush()
                return
            while data:
                data = data[self._write_some(data) :]
        except OSError as error:
            if reader_left(error):
                raise OutputClosed from error
            raise JsnpyError(f"output cannot be written: {error.strerror}") from error

    def _write_some(self, data: memoryview) -> int:
        try:
            return os.write(self._fd, data)
        except BlockingIOError:  # somebody made our pipe non-blocking
            if sys.platform == "win32":  # which has no select() for pipes
                time.sleep(_AGAIN)
            else:
                import select

                select.select([], [self._fd], [])
            return 0


def reader_left(error: OSError) -> bool:
    """Return whether a write failed because nobody reads any more, which Windows calls an invalid argument."""
    return isinstance(error, BrokenPipeError) or (sys.platform == "win32" and error.errno == _INVALID)


def encode(text: str, encoding: str = "utf-8") -> bytes:
    """Return text as bytes; never fails: lone surrogates become U+FFFD, what the encoding lacks is escaped."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return whole(text).encode(encoding, "backslashreplace")


class Memory:
    """A stream that keeps its text, for runs started from Python."""

    terminal = False

    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, text: str) -> None:
        """Keep a text."""
        self.parts.append(encode(text).decode())


class Output:
    """Both streams of one run.

    Args:
        out: where stdout goes.
        err: where stderr goes.
        redactor: keeps secrets out of the host's messages.
        level: QUIET, NORMAL or VERBOSE.
        as_json: host messages as one JSON object a line.

    Attributes:
        left: whether a reader went away.
        trouble: why output could not be written although somebody may want it.
    """

    def __init__(
        self,
        out: "Stream | Memory",
        err: "Stream | Memory",
        redactor: "Redactor",
        *,
        level: int = NORMAL,
        as_json: bool = False,
    ) -> None:
        self._streams = {STDOUT: out, STDERR: err}
        self._redactor = redactor
        self._level = level
        self._as_json = as_json
        self._lock = _thread.allocate_lock()
        self._parts: list[str] = []
        self._gathered = 0
        self._stream = STDOUT
        self._broken: set[int] = set()
        self.left = False
        self.trouble: JsnpyError | None = None

    def write(self, stream: int, text: str) -> bool:
        """Take text for a stream; it is written soon, in order with the other stream's.

        What a stream cannot be given is dropped.

        Returns:
            Whether to go on: false where a reader went away. A full disk does not end a script, which may be about to
            send the mail that says so.
        """
        with self._lock:
            if stream != self._stream:
                self._flush()
                self._stream = stream
            self._parts.append(text)
            self._gathered += len(text)
            if self._gathered > _ENOUGH or self._streams[stream].terminal:
                self._flush()
            return not self.left

    def flush(self) -> None:
        """Write what was gathered; waits for a slow reader."""
        with self._lock:
            self._flush()

    def flush_aside(self) -> None:
        """Have what was gathered written, without waiting for it."""
        if self._parts and not self._lock.locked():
            _thread.start_new_thread(self.flush, ())

    @property
    def busy(self) -> bool:
        """Whether output is being written just now."""
        return self._lock.locked()

    def write_now(self, stream: int, text: str) -> None:
        """Write past everything that waits: for the last words of a run whose reader is stuck."""
        try:
            self._streams[stream].write(text)
        except (OutputClosed, JsnpyError):
            return

    def _flush(self) -> None:
        text = "".join(self._parts)
        self._parts.clear()
        self._gathered = 0
        if not text or self._stream in self._broken:
            return
        try:
            self._streams[self._stream].write(text)
        except OutputClosed:
            self._broken.add(self._stream)
            self.left = True
        except JsnpyError as error:
            self._broken.add(self._stream)
            self.trouble = self.trouble or error

    def exit_code(self, code: int) -> int:
        """Return an exit code, but 1 for 0 and 3 where output could not be written; a reader that left is no error."""
        return ExitCode.SCRIPT if code in _OVERRULED and self.trouble is not None else code

    def finish(self) -> None:
        """Write all that is left, and say on stderr, if that still works, when output could not be written."""
        self.flush()
        if self.trouble is not None:
            self.write_now(STDERR, self.line("error", str(self.trouble)))

    # The host's own messages, all on stderr.

    def error(self, message: str) -> None:
        """Say what ended the run; shown even with -q."""
        self._say("error", message)

    def uncaught(self, text: str, place: "Mapping[str, object] | None" = None) -> None:
        """Show the error that ended the script; shown even with -q.

        Args:
            text: the error as Node shows it.
            place: what a JSON object says of it besides: file, line, column, stack.
        """
        self._say("uncaught", text, place)

    def warn(self, message: str, more: "Mapping[str, object] | None" = None, *, always: bool = False) -> None:
        """Say what an operator should know although the run goes on.

        Args:
            message: the text.
            more: what a JSON object says besides.
            always: with -q too.
        """
        if always or self._level > QUIET:
            self._say("warning", message, more)

    def info(self, message: str, more: "Mapping[str, object] | None" = None) -> None:
        """Say what is of interest with -v; `more` as for `warn`."""
        if self._level >= VERBOSE:
            self._say("info", message, more)

    def show(self, text: str) -> None:
        """Show a text as it is, but secrets: a caught mail, a report of an uncaught error."""
        if self._level > QUIET:
            self._say("show", text)

    def _say(self, kind: str, message: str, more: "Mapping[str, object] | None" = None) -> None:
        self.write(STDERR, self.line(kind, message, more))

    def line(self, kind: str, message: str, more: "Mapping[str, object] | None" = None) -> str:
        """Return a host message as it is written: as text, or as one JSON object in one line.

        Args:
            kind: "error", "warning", "info", "show" or "uncaught".
            message: the text, from which secrets are taken out.
            more: further members of the JSON object.
        """
        message = self._redactor.scrub(message)
        if kind not in _LEVELS:
            message = shortened(message, _LONGEST)
            if not message.isprintable():  # a name of a file may hold anything, and stand in any message
                message = "\n".join(map(harmless, message.split("\n")))
        if self._as_json:
            from jsnpy import json_text

            fields: dict[str, object] = {"time": _timestamp(), "level": _LEVELS.get(kind, kind), "message": message}
            fields |= {key: self._scrubbed(value) for key, value in (more or {}).items()}
            return json_text.dumps(fields) + "\n"
        if kind in _LEVELS:
            return message + "\n"
        label = f"jsnpy: {kind}:" if kind != "info" else "jsnpy:"
        return f"{self._coloured(label, kind)} {message}\n"

    def _scrubbed(self, value: object) -> object:
        if isinstance(value, list):
            return [self._scrubbed(item) for item in value]
        return self._redactor.scrub(value) if isinstance(value, str) else value

    def _coloured(self, label: str, kind: str) -> str:
        force = os.environ.get("FORCE_COLOR", "")
        # A console of Windows shows the colours' codes themselves, unless somebody has told it not to.
        plain = sys.platform == "win32" or not self._streams[STDERR].terminal
        if force in ("", "0") and (os.environ.get("NO_COLOR") or plain):
            return label
        code = {"error": "31", "warning": "33"}.get(kind, "2")
        return f"\x1b[{code}m{label}\x1b[0m"


def _timestamp() -> str:
    now = time.time()
    local = time.localtime(now)
    hours, minutes = divmod(abs(local.tm_gmtoff) // 60, 60)
    zone = f"{'-' if local.tm_gmtoff < 0 else '+'}{hours:02}:{minutes:02}"
    return time.strftime("%Y-%m-%dT%H:%M:%S", local) + f".{int(now % 1 * 1000):03}{zone}"


def standard(redactor: "Redactor", *, level: int = NORMAL, as_json: bool = False) -> Output:
    """Return the process's own stdout and stderr as an Output."""
    # A process that has neither (Windows' pythonw, a bare service) was started so on purpose.
    wanted = sys.stdout is not None or sys.stderr is not None
    out, err = (Stream(file, wanted=wanted) for file in (sys.stdout, sys.stderr))
    return Output(out, err, redactor, level=level, as_json=as_json)
