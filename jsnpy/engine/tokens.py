"""A script's words and signs without its strings and comments: enough to explain an error or to warn, never to run."""

from __future__ import annotations

import re

from jsnpy.record import Record

_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
_TOKEN = re.compile(
    r"""(?P<blank>[\s\ufeff]+|//[^\n\r\u2028\u2029]*|\#![^\n\r]*|/\*[\s\S]*?\*/)"""
    r"""|(?P<text>"(?:\\[\s\S]|[^"\\\n\r])*"?|'(?:\\[\s\S]|[^'\\\n\r])*'?|/\*[\s\S]*)"""
    r"""|(?P<word>[\w$]+)"""
    r"""|(?P<sign>=>|\?\.(?!\d)|[=!]==?|[\s\S])"""
)
_TEMPLATE = re.compile(r"(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{|\Z)")
_REGEXP = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[\w$]*")
_BEFORE_REGEXP = frozenset(
    ("return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "yield")
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class Token(Record):
    """A word, a sign or a text of a script.

    Attributes:
        kind: "word", "sign" or "text" (a string, a template's part, a regexp literal).
        text: as it is written.
        line: counted from 1.
        column: likewise, in characters.
    """

    kind: str
    text: str
    line: int
    column: int


def read(source: str) -> list[Token]:
    """Return a script's tokens; blanks and comments are left out."""
    tokens: list[Token] = []
    nesting: list[str] = []  # of braces, to know the one that ends `${`
    line, begin, at = 1, 0, 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            break
        kind, text = str(found.lastgroup), found[0]
        if text == "`" or (text == "}" and nesting and nesting.pop() == "`"):
            template = _TEMPLATE.match(source, at + 1)
            kind, text = "text", text + (template[0] if template else "")
            if text.endswith("${"):
                nesting.append("`")
        elif text == "{":
            nesting.append("{")
        elif text == "/" and _may_begin_regexp(tokens):
            regexp = _REGEXP.match(source, at)
            kind, text = ("text", regexp[0]) if regexp else (kind, text)
        if kind != "blank":
            tokens.append(Token(kind=kind, text=text, line=line, column=at - begin + 1))
        at += len(text)
        for end in _LINE_END.finditer(text):
            line, begin = line + 1, at - len(text) + end.end()
    return tokens


def _may_begin_regexp(tokens: list[Token]) -> bool:
    if not tokens:
        return True
    last = tokens[-1]
    return last.text in _BEFORE_REGEXP if last.kind == "word" else last.kind == "sign" and last.text not in ")]}"


def unclosed(tokens: list[Token]) -> tuple[Token, Token | None] | None:
    """Return the first bracket or text that is never closed, with the bracket that stands where its end should."""
    opened: list[Token] = []
    for token in tokens:
        if token.kind == "text" and not _is_closed(token.text):
            return opened[-1] if token.text[0] == "}" and opened else token, None
        if token.text.endswith("${") if token.kind == "text" else token.text in _CLOSING:
            opened.append(token)
        elif token.kind == "sign" and token.text in _CLOSING.values():
            if not opened or _CLOSING.get(opened[-1].text) != token.text:
                return (opened[-1], token) if opened else (token, None)
            opened.pop()
        if token.kind == "text" and token.text[0] == "}" and opened:
            opened.pop()
    return (opened[-1], None) if opened else None


def _is_closed(text: str) -> bool:
    if text[0] in "`}":
        return len(text) > 1 and text.endswith(("`", "${"))
    return not text.startswith("/*") and (text[0] == "/" or (len(text) > 1 and text[-1] == text[0]))
