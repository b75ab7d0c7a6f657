"""Takes the passwords that a script holds out of a source line that is shown with an error."""

from __future__ import annotations

from jsnpy.engine import tokens
from jsnpy.secret_names import looks_secret, url_password

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.engine.tokens import Token

_MASK = "***"
_QUOTES = "\"'`}"
_ENDS = frozenset(",;{})")  # of what a key or a variable is given
_SHORTEST = 4  # digits of a number that is taken for a password


def masked(before: str, line: str, column: int) -> tuple[str, int]:
    """Return a source line without the texts below keys and variables such as `pass`, and passwords in URLs.

    Args:
        before: the line above it, where a key may stand.
        line: the line.
        column: of its caret, counted from 1 in characters; 0 for none.

    Returns:
        The line, and the column of the caret in it.
    """
    read = tokens.read(f"{before}\n{line}")
    if any(token.line == 1 and "\n" in token.text for token in read):
        read = tokens.read(f"\n{line}")  # a sign of a comment or a text of several lines was taken for the begin of one
    for token in reversed(_secrets(read)):
        start, end = token.column - 1, token.column - 1 + len(token.text.partition("\n")[0])
        line = line[:start] + _MASK + line[end:]
        if column > start + 1:
            column = max(start + 1, column - (end - start - len(_MASK)))
    return line, column


def _secrets(read: list[Token]) -> list[Token]:
    """Return the second line's tokens that are passwords."""
    found: list[Token] = []
    secret = False
    for i, token in enumerate(read):
        if i and token.line > read[i - 1].line and read[i - 1].kind != "sign":
            secret = False  # a statement may end without a sign
        if token.text in (":", "=") and i:
            name = read[i - 1].text.strip("\"'")
            secret = looks_secret(name) or name.lower() == "authorization"
        elif token.kind == "sign" and token.text in _ENDS:
            secret = False
        elif token.line > 1 and (_is_secret(token) if secret else _is_secret_url(token.text)):
            found.append(token)
    return found


def _is_secret_url(text: str) -> bool:
    _, _, query = text.partition("?") if "://" in text else ("", "", "")
    return bool(url_password(text)) or any(looks_secret(part.partition("=")[0]) for part in query.split("&"))


def _is_secret(token: Token) -> bool:
    if token.kind == "text":
        return token.text[0] in _QUOTES
    return token.text.isdigit() and len(token.text) >= _SHORTEST
