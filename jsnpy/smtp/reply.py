"""Replies, read line by line under one deadline that a server dripping bytes cannot stretch."""

from __future__ import annotations

import re
import time

from jsnpy.smtp.transcript import readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from jsnpy.smtp.transcript import Transcript

LINE_MAX = 8192
LINES_MAX = 256
REPLY_MAX = 64 * 1024
_WORDS_MAX = 600
_CODE = 3

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|\Z)", re.ASCII)


class ReplyError(Exception):
    """The connection gave no reply; its text says why."""


class TimedOut(ReplyError):  # noqa: N818 - reads as what it is
    """The deadline passed."""


class ConnectionLost(ReplyError):  # noqa: N818 - reads as what it is
    """The connection was closed, reset or never worked."""


class TlsAlert(ConnectionLost):
    """The other end has ended TLS, and said why."""


class ProtocolError(ReplyError):
    """What came is no SMTP: why, and the line it was, or b""."""

    def __init__(self, text: str, line: bytes = b"") -> None:
        super().__init__(text)
        self.line = line


class Reply:
    """A whole reply: the code of its last line, the texts behind the codes, and the code of each line."""

    __slots__ = ("code", "codes", "lines")

    def __init__(self, code: int, lines: list[str], codes: Sequence[int] = ()) -> None:
        self.code = code
        self.lines = lines
        self.codes = codes or [code] * len(lines)

    @property
    def consistent(self) -> bool:
        """Whether every line has the same code."""
        return len(set(self.codes)) == 1

    @property
    def said(self) -> bytes:
        """Every line with its code, for an error about a reply that is neither a yes nor a no."""
        return " ".join(f"{code} {line}" for code, line in zip(self.codes, self.lines, strict=True)).encode()

    @property
    def positive(self) -> bool:
        """Whether it is a yes: 2xx."""
        return 200 <= self.code < 300  # noqa: PLR2004 - RFC 5321 section 4.2.1

    @property
    def transient(self) -> bool:
        """Whether it is a no that may pass: 4xx."""
        return 400 <= self.code < 500  # noqa: PLR2004 - as above

    @property
    def negative(self) -> bool:
        """Whether it is a no: 4xx or 5xx."""
        return self.code >= 400  # noqa: PLR2004 - as above

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code (RFC 2034), or None."""
        for line in self.lines:
            found = _ENHANCED.match(line)
            if found:
                return found[1]
        return None

    @property
    def text(self) -> str:
        """The reply's text on one line, an enhanced code that is repeated on each line once."""
        enhanced = self.enhanced
        lines = self.lines
        if enhanced:
            lines = [line.removeprefix(enhanced).strip() if number else line for number, line in enumerate(lines)]
        return " ".join(" ".join(lines).split())

    def words(self, scrub: Callable[[str], str]) -> str:
        """Return code and text, quoted, as an error shows them."""
        text = scrub(f"{self.code} {self.text}".strip())
        return f'"{text[:_WORDS_MAX]}…"' if len(text) > _WORDS_MAX else f'"{text}"'


def remaining(deadline: float) -> float:
    """Return the seconds until a deadline; raises TimedOut where there are none left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimedOut("timed out")
    return left


class Reader:
    """What a server says: the lines of its replies, logged as they come."""

    def __init__(self, sock: socket.socket, transcript: Transcript) -> None:
        self.sock = sock
        self.transcript = transcript
        self._buffer = bytearray()
        self._lost: ConnectionLost | None = None

    def reply(self, deadline: float) -> Reply:
        """Return the next reply."""
        codes: list[int] = []
        lines: list[str] = []
        size = 0
        for _ in range(LINES_MAX):
            line = self._line(deadline)
            size += len(line)
            if size > REPLY_MAX:
                break
            line = line.rstrip(b"\r\n")
            if not line.strip():
                continue  # some servers send a stray blank line, which must not shift all later replies
            code, mark = line[:3], line[3:4]
            if not (len(code) == _CODE and code.isdigit() and b"2" <= code < b"6" and mark in (b" ", b"-", b"")):
                raise ProtocolError("what came is no SMTP reply", line)
            codes.append(int(code))
            lines.append(readable(line[4:]))
            if mark != b"-":
                reply = Reply(int(code), lines, codes)
                if reply.negative or len(lines) > 1:  # not a challenge, which must stay as it is
                    reply.lines = self.transcript.redactor.scrub_lines(lines)
                return reply
        raise ProtocolError("the server's reply does not end", b"")

    def unasked(self) -> bytes:
        """Return what the server has sent without being asked, without waiting for it."""
        self.sock.settimeout(0)
        try:
            while len(self._buffer) < REPLY_MAX and self._lost is None:
                data = self.sock.recv(4096)
                if not data:
                    self._lost = ConnectionLost("closed by the server")
                self._buffer += data
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            # A TLS socket has its own words for "nothing there yet" (SSLWantReadError); ssl may not be loaded.
            if type(error).__name__ not in {"SSLWantReadError", "SSLWantWriteError"}:
                self._lost = lost(error)
        return bytes(self._buffer).strip(b"\r\n")

    def _line(self, deadline: float) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LINE_MAX:
                self.note_rest()
                raise ProtocolError(f"the server sent a line of more than {LINE_MAX} bytes", b"")
            try:
                self._receive(deadline)
            except ReplyError:
                self.note_rest()
                raise
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if line.strip():
            self.transcript.server(line)
        if len(line) > LINE_MAX:
            raise ProtocolError(f"the server sent a line of more than {LINE_MAX} bytes", b"")
        return line

    def _receive(self, deadline: float) -> None:
        if self._lost is not None:
            raise self._lost
        self.sock.settimeout(remaining(deadline))
        try:
            data = self.sock.recv(4096)
        except TimeoutError:
            raise TimedOut("timed out") from None
        except OSError as error:
            raise lost(error) from None
        if not data:
            raise ConnectionLost("closed by the server")
        self._buffer += data

    def rest(self) -> bool:
        """Return whether the server has sent, or is already sending, anything more than its replies."""
        self.unasked()
        return bool(self._buffer)

    def note_rest(self) -> None:
        """Note what came but was no whole line or not asked for."""
        if self._buffer.strip():
            self.transcript.server(bytes(self._buffer))
            self._buffer.clear()


def lost(error: OSError) -> ConnectionLost:
    """Return what a failed read or write stands for."""
    said = str(getattr(error, "reason", None) or "").replace("_", " ").lower()
    return TlsAlert(said) if "alert" in said else ConnectionLost(reason(error))


def reason(error: OSError) -> str:
    """Return why a connection was lost, in an administrator's words."""
    if isinstance(error, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return "reset by the server"
    if "EOF" in str(error):
        return "closed by the server"
    return error.strerror or str(error) or type(error).__name__
