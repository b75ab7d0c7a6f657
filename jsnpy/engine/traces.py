"""How a run failed, as Node shows an uncaught error: file, source line, a caret, the error."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.engine import Ending

_EXCERPT = 120
"""Characters of a source line that are shown at most."""


def describe(ending: Ending, memory_limit: int) -> str:
    """Return the error text of a run that failed, as Node shows an uncaught error.

    Args:
        ending: how it failed.
        memory_limit: bytes of the engine's heap, 0 for no limit.
    """
    if ending.kind == "unsettled":
        return f"{ending.name}\nUncaught: the script's last value is a promise that can never settle"
    if ending.kind == "memory":
        limit = f"its limit of {_size(memory_limit)} (--memory-limit)" if memory_limit else "the machine's"
        return f"{ending.name}\nUncaught: the script needs more memory than {limit}"
    from jsnpy.engine import hints

    if not ending.is_error and not ending.line:
        ending.line = hints.line_of_throw(ending)
    line = source_line(ending.source, ending.line) or ""
    where = " (in promise)" if ending.kind == "rejected" else ""
    error = hints.name_the_callee(ending, line) if ending.is_error else f"Uncaught{where} {ending.text}"
    if ending.is_error and not ending.stack and error.startswith("[") and error.endswith("]"):
        error = error[1:-1]  # as console.log shows an error without frames; here it stands alone
    if memory_limit and ending.text == "null":
        error += f"\n(the engine also throws null where its limit is reached: --memory-limit, {_size(memory_limit)})"
    elif memory_limit and ending.is_error and ending.text.startswith("InternalError: out of memory"):
        error += f"\n(its limit is {_size(memory_limit)}: --memory-limit)"
    hint = hints.hint(ending, line)
    place = headline(ending.name, ending.source, ending.line, ending.column)
    return f"{place}\n\n{error}" + (f"\nhint: {hint}" if hint else "")


def _size(size: int) -> str:
    return f"{size / 1024 / 1024:g} MB" if size >= 1024 * 1024 else f"{size} bytes"


def headline(name: str, source: str, line: int, column: int) -> str:
    """Return the place of an error and its source line, as Node prints them above the error itself.

    Args:
        name: the script's path as error texts show it.
        source: its text.
        line: counted from 1, 0 where it is not known.
        column: likewise, in UTF-16 units.
    """
    text = source_line(source, line)
    if text is None:
        return name
    from jsnpy.engine.masks import masked

    column = _characters(text, column - 1) + 1 if column else 0
    text, column = _excerpt(*masked(source_line(source, line - 1) or "", text, column))
    caret = "\n" + "".join(c if c == "\t" else " " for c in text[: column - 1]) + "^" if column else ""
    return f"{name}:{line}\n{text}{caret}"


def source_line(source: str, line: int) -> str | None:
    """Return a line as the engine counts them: CR, LF, CRLF, U+2028 and U+2029 end one; None where there is none."""
    for end in ("\r\n", "\r", "\u2028", "\u2029"):
        source = source.replace(end, "\n")
    lines = source.split("\n")
    return lines[line - 1] if 0 < line <= len(lines) else None


def _characters(text: str, units: int) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace"))


def _excerpt(text: str, column: int) -> tuple[str, int]:
    start = max(0, column - _EXCERPT // 2) if len(text) > _EXCERPT else 0
    return text[start : start + _EXCERPT], max(0, column - start)
