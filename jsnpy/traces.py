"""The engine's stack text turned into what an author wants to see: their file, their lines, their frames."""

from jsnpy.engine import HOST_LINES

_EXCERPT = 120
"""Characters of a source line that are shown at most."""


class Frame:
    """One line of the engine's stack text.

    Attributes:
        function: the function's name, "" for code outside of any or a function without a name.
        line: the source line, 0 where the engine gives none.
        column: the column, 0 where the engine gives none.
        native: whether it is a function of the engine's own, or of the host.
    """

    __slots__ = ("column", "function", "host", "line", "native")

    def __init__(self, function: str, place: str) -> None:
        self.function = "" if function in ("<eval>", "<anonymous>", "anonymous") else function
        _, line, column = (place + "::").split(":")[:3]
        self.line = int(line) if line.isdecimal() else 0
        self.column = int(column) if column.isdecimal() else 0
        self.native = place == "native"
        self.host = self.line >= HOST_LINES

    @property
    def is_eval(self) -> bool:
        """Whether this is the engine's eval function."""
        return self.native and self.function == "eval"

    @staticmethod
    def parse(text: str) -> "Frame | None":
        """Return the frame a line of stack text describes, or None for any other text."""
        words = text.strip()
        if not words.startswith("at "):
            return None
        words = words[3:]
        if words.endswith(")") and " (" in words:
            function, _, place = words[:-1].rpartition(" (")
        else:
            function, place = "", words
        if place != "native" and place.partition(":")[0] != "<input>":
            return None
        return Frame(function, place)


class Traces:
    """The author's view of errors in one script.

    Args:
        name: the script's path as error texts show it.
        source: its text.
    """

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self._source = source

    def frames(self, stack: str) -> str:
        """Return stack text with the author's frames only, each with file, line and column where known."""
        parsed = [(line, Frame.parse(line)) for line in stack.splitlines()]
        if stack and not any(frame for _, frame in parsed):
            return stack  # not the engine's: a script may give an error any stack it likes
        return "\n".join(self._shown(frame) for _, frame in parsed if frame and not (frame.native or frame.host))

    def _shown(self, frame: Frame) -> str:
        place = self._place(frame.line, frame.column)
        return f"    at {frame.function} ({place})" if frame.function else f"    at {place}"

    def _place(self, line: int, column: int) -> str:
        return self.name + (f":{line}" if line else "") + (f":{column}" if line and column else "")

    def headline(self, stack: str) -> str:
        """Return the place of an error and its source line, as Node prints them above the error itself."""
        place = self._innermost(stack)
        if place is None:
            return self.name
        lines = _lines(self._source)
        if not 0 < place.line <= len(lines):
            return self.name
        text, column = _excerpt(lines[place.line - 1], place.column)
        caret = "\n" + "".join(c if c == "\t" else " " for c in text[: column - 1]) + "^" if column else ""
        return f"{self.name}:{place.line}\n{text}{caret}"

    def _innermost(self, stack: str) -> Frame | None:
        frames = [frame for frame in map(Frame.parse, stack.splitlines()) if frame]
        for index, frame in enumerate(frames):
            if frame.native or frame.host or not frame.line:
                continue
            # A syntax error in a text the script itself gave to eval() has that text's line, not the file's.
            caller = frames[index + 2] if len(frames) > index + 2 else None
            own_eval = frames[index + 1 : index + 2] and frames[index + 1].is_eval and caller and not caller.host
            if frame.function or not own_eval:
                return frame
        return None


def _lines(source: str) -> list[str]:
    """Split as the engine counts: at CR, LF, CRLF, U+2028 and U+2029 only."""
    for end in ("\r\n", "\r", "\u2028", "\u2029"):
        source = source.replace(end, "\n")
    return source.split("\n")


def _excerpt(text: str, column: int) -> tuple[str, int]:
    start = max(0, column - _EXCERPT // 2) if len(text) > _EXCERPT else 0
    return text[start : start + _EXCERPT], max(0, column - start)
