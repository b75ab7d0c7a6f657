"""Where a script's calls begin: the engine gives the line of a call's last argument, which may be many lines below."""

from __future__ import annotations

from jsnpy.engine import tokens


def spans(source: str, name: str) -> list[tuple[int, int]]:
    """Return the first and the last line of each call of a function.

    Args:
        source: a script's text.
        name: of the function, which stands right before the bracket.
    """
    found: list[tuple[int, int]] = []
    opened: list[int] = []  # for each bracket: the line of the call that it belongs to, 0 for another bracket
    before = None
    for token in tokens.read(source):
        if token.text == "(" and token.kind == "sign":
            opened.append(before.line if before is not None and before.text == name else 0)
        elif token.text == ")" and token.kind == "sign" and opened and (first := opened.pop()):
            found.append((first, token.line))
        before = token
    return found


def first_line(spans: list[tuple[int, int]], line: int) -> int:
    """Return the line in which the innermost call around a line begins, or the line itself."""
    return max((first for first, last in spans if first <= line <= last), default=line)
