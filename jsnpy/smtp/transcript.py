"""The dialogue of a send, line by line, without the secrets."""

from __future__ import annotations

import time

from jsnpy.text import harmless, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jsnpy.redaction import Redactor

MESSAGE_CAP = 16 * 1024
LINE_CAP = 2000
_CODE = len("250-")


def readable(data: bytes) -> str:
    """Return bytes as text: UTF-8, and what is not, or could make a reader see something else, escaped."""
    return harmless(data.decode("utf-8", "backslashreplace"))


class Transcript:
    """The log of one send."""

    def __init__(self, redactor: Redactor, listener: Callable[[str], None] | None = None) -> None:
        self.redactor = redactor
        self._listener = listener
        self._lines: list[str] = []
        self._reply = ""
        self._start = time.monotonic()

    def elapsed(self) -> str:
        """Return the time since the start, as "0.123 s"."""
        return f"{time.monotonic() - self._start:.3f} s"

    def waited(self) -> str:
        """Return the same for a sentence: "0.12 s", "60 s"."""
        return seconds(time.monotonic() - self._start)

    def event(self, text: str) -> None:
        """Note what happened outside of the dialogue."""
        self._note("*: ", readable(text.encode("utf-8", "replace")))

    def server(self, line: bytes) -> None:
        """Note a line of the server, or what came of it."""
        text = readable(line.rstrip(b"\r\n"))
        if not line.endswith(b"\n"):
            text = self.redactor.scrub_cut(text)
        goes_on = text[_CODE - 1 : _CODE] == "-"
        if self._listener is not None and (goes_on or self._reply):
            # The listener's lines are gone by the time that the rest of a secret comes.
            said = text[_CODE:]
            text = text[:_CODE] + self.redactor.scrub_line(said, self._reply, is_last=not goes_on)
            self._reply = self._reply + said if goes_on else ""
        self._note("S: ", text)

    def client(self, line: bytes) -> None:
        """Note a line of ours."""
        self._note("C: ", readable(line.rstrip(b"\r\n")))

    def message(self, data: bytes) -> None:
        """Note a message, up to 16 KB."""
        shown = self.redactor.scrub(data[: MESSAGE_CAP + LINE_CAP].decode("utf-8", "backslashreplace"))
        flat = shown.replace("=\r\n", "").replace("\r\n ", "").replace("\r\n", "")
        if self.redactor.finds(flat):
            # An encoding broke the secret over two lines, where no search in the lines sees it.
            self.event(f"({len(data)} bytes of message not shown: they contain the password)")
            return
        shown = data[:MESSAGE_CAP].decode("utf-8", "backslashreplace").removesuffix("\r\n")
        if len(data) > MESSAGE_CAP:
            shown = self.redactor.scrub_cut(shown)
        for line in shown.split("\r\n"):
            self._note("C: ", harmless(line))
        if len(data) > MESSAGE_CAP:
            self.event(f"({len(data) - MESSAGE_CAP} more bytes of message not shown)")

    def _note(self, mark: str, text: str) -> None:
        if len(text) > LINE_CAP:
            text = self.redactor.scrub(text)  # before the cut, which could leave half a secret
        if len(text) > LINE_CAP:
            text = f"{text[:LINE_CAP]}… ({len(text) - LINE_CAP} more characters)"
        self._lines.append(mark + text)
        if self._listener is not None:
            self._listener(self.redactor.scrub(mark + text))

    def text(self) -> str:
        """Return the whole log, without the secrets."""
        lines = list(self._lines)
        places = [number for number, line in enumerate(lines) if line.startswith("S: ")]
        start = len("S: ") + _CODE
        # A server may have put a secret into two lines.
        for number, said in zip(places, self.redactor.scrub_lines([lines[n][start:] for n in places]), strict=True):
            lines[number] = lines[number][:start] + said
        return self.redactor.scrub("\n".join(lines))


class Unread(Transcript):
    """The log of a send that nobody will read: nothing is noted, which spares a flush a tenth of its time."""

    def event(self, text: str) -> None:
        """Do nothing."""

    def server(self, line: bytes) -> None:
        """Do nothing."""

    def client(self, line: bytes) -> None:
        """Do nothing."""

    def message(self, data: bytes) -> None:
        """Do nothing."""
