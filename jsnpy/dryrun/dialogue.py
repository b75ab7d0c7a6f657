"""The lines of a caught mail's session."""

from __future__ import annotations

from jsnpy.dryrun.reader import readable_size


class Dialogue:
    """The lines of one session, without credentials and without the message."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._mode = ""
        self._partial = b""
        self._message_bytes = 0
        self._taken = False

    def take(self, reply: str) -> list[str]:
        """Return the lines of a mail with the reply to its message, which is about to be sent."""
        lines, self.lines, self._taken = [*self.lines, f"S: {reply}"], [], True
        return lines

    def received(self, data: bytes) -> None:
        """Note what the client sent."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            if self._mode == "354":
                self._message_bytes += len(line) + 1
                if line == b".\r":
                    self.lines.append(f"C: [the message, {readable_size(self._message_bytes - 3)}]")
                    self.lines.append("C: .")
                    self._mode, self._message_bytes = "", 0
            else:
                self.lines.append("C: " + self._masked(line.decode("utf-8", "replace").rstrip("\r")))

    def _masked(self, line: str) -> str:
        if self._mode == "334":
            return line if line == "*" else "[credentials]"
        words = line.split(None, 2)
        if len(words) > 2 and words[0].upper() == "AUTH":  # noqa: PLR2004 - verb, mechanism and the rest
            return f"{words[0]} {words[1]} [credentials]"
        return line

    def sent(self, data: bytes) -> None:
        """Note what the server answered, which says how the client's next lines are to be read."""
        if not self._taken:
            self.lines += [f"S: {line}" for line in data.decode("utf-8", "replace").splitlines()]
        self._taken = False
        self._mode = data[:3].decode("ascii", "replace")
