"""Says in plain words what is wrong with JSON written by hand, and shows the line without its secrets."""

import re
import sys
import unicodedata

from jsnpy.config.json_places import LINE_END, BrokenError, line_and_column, members, spot
from jsnpy.errors import ConfigError

_BESIDE = 60  # columns shown on each side of the caret
_MASK = "***"
_CURLY = "“”„‟«»‘’‚‛"  # noqa: RUF001 - these very characters are looked for
_IN_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_NUMBER = re.compile(r"-?[0-9]+((?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)")
_WORD = re.compile(r"-?\w+")
_WORDS = {
    "none": "null",
    "undefined": "null",
    "nil": "null",
    "null": "null",
    "true": "true",
    "false": "false",
}

# A key that looks secret, what joins it to its value (or should), and the value. Where that is no string that
# ends as it should, the rest of the line counts as value: a mistake may have put a piece of it anywhere.
_SECRET = re.compile(
    r"""(?:pass|pwd|token|secret|key|credential|auth)
        [^"'“”’:=,{}\[\]\r\n]{0,60}(?:["'“”’]?\s*[:=]\s*|["'“”’][ \t]*[,;]?[ \t]*)
        (?P<value>
            "(?:[^"\\\r\n]|\\.)*"(?=[ \t]*(?:[}\]\r\n]|\Z|,\s*(?:["}\]]|\Z)))
          | (?:true|false|null)\b(?=[ \t]*[,}\]\r\n])
          | \[[^\]]*
          | (?=[{}\],:\r\n])
          | [^\r\n]+
        )""",  # noqa: RUF001 - curly quotes are one of the mistakes
    re.IGNORECASE | re.VERBOSE,
)


def explain(text: str, name: str, told: str) -> ConfigError:
    """Return the error for text that is no JSON, or has a number no script could use.

    Args:
        text: the whole config.
        name: the config as messages name it.
        told: what the parser said, for what is not found here.
    """
    try:
        position = _unusable_number(text)
    except BrokenError as broken:
        position, message, hint = _in_words(text, broken)
    else:
        if position < 0:
            return ConfigError(f"{name}: {told}")
        message, hint = (
            "this number is too large for JavaScript",
            "Put it in double quotes if its digits matter.",
        )
    return ConfigError(f"{spot(text, name, position)}: {message}\n{excerpt(text, position)}", hint)


def _unusable_number(text: str) -> int:
    for _, _, at in members(text):
        number = _NUMBER.match(text, at)
        if number is None:
            continue
        if not number[1]:
            if len(number[0]) > sys.get_int_max_str_digits() > 0:
                return at
        elif float(number[0]) in (float("inf"), float("-inf")):
            return at
    return -1


def _in_words(text: str, broken: BrokenError) -> tuple[int, str, str]:
    """Return position, message and hint. They never quote the text: it might be a piece of a password."""
    at, expected = broken.at, broken.expected
    char = text[at : at + 1]
    opener = text[broken.opener] if broken.opener >= 0 else ""
    if not char:
        if not opener:
            return at, "the config ends where a value should come", ""
        line = line_and_column(text, broken.opener)[0]
        return at, f'the config ends, but the "{opener}" of line {line} is not closed', ""
    if char in _CURLY:
        return at, "a curly quote", 'JSON knows the straight double quote only: write " instead.'
    if char == "#" or text.startswith(("//", "/*"), at):
        return at, "JSON has no comments", "Remove it."
    if char in "'`" and expected in ("value", "key"):
        return at, "a string needs double quotes", f'Write "…" instead of {char}…{char}.'
    if char != " " and (char.isspace() or unicodedata.category(char) in ("Cf", "Cc", "Zs")):
        named = unicodedata.name(char, "a control character")
        return at, f"an invisible character: {named} (U+{ord(char):04X})", "Delete it, or retype the line."
    if char == '"' and expected in ("value", "key"):
        return _in_string(text, at)
    if char in "}]" and opener and char != ("}" if opener == "{" else "]"):
        line = line_and_column(text, broken.opener)[0]
        return (
            at,
            f'this "{char}" does not close the "{opener}" of line {line}',
            "Is a bracket missing before it?",
        )
    return _WORDED[expected](text, at, broken.after)


def _in_string(text: str, at: int) -> tuple[int, str, str]:
    match = _IN_STRING.match(text, at)
    end = match.end() if match else at
    char = text[end : end + 1]
    if char == "\\":
        hint = r"One backslash is written \\ in JSON; in Windows paths / works too: C:/scripts/mail.js"
        return end, "this backslash starts no escape that JSON knows", hint
    if char in ("", "\n", "\r"):
        hint = r'Close it with ", or write a line break inside a string as \n.'
        return at, "the string that starts here does not end on its line", hint
    if char == "\t":
        return end, "a tab inside a string", r"Write it as \t."
    return end, f"a control character inside a string (U+{ord(char):04X})", f"Write it as \\u{ord(char):04x}."


def _no_value(text: str, at: int, after: int) -> tuple[int, str, str]:
    char, before = text[at], text[after - 1 : after]
    if char in "}]" and before == ",":
        return after - 1, f'this comma is one too many: "{char}" follows', "Remove it."
    if char in "}],:":
        return at, "a value is missing here", ""
    match = _WORD.match(text, at)
    word = match[0] if match else ""
    if word.lstrip("-").lower() in ("nan", "infinity", "inf"):
        return at, "JSON has no NaN and no Infinity", "Use null, a number or a string."
    if word.lower() in _WORDS:
        return at, "JSON spells this word otherwise", f"Write {_WORDS[word.lower()]}."
    if char in "+-." or char.isdigit():
        return at, "this is no number as JSON writes them", _NUMBER_HINT
    if word:
        return at, "text needs double quotes", 'Write "…" round it.'
    return at, "a value is expected here", ""


_NUMBER_HINT = "No plus sign, no leading zero, digits on both sides of the point, no hexadecimal; else use a string."


def _no_key(text: str, at: int, after: int) -> tuple[int, str, str]:
    char, before = text[at], text[after - 1 : after]
    if char == "}" and before == ",":
        return after - 1, 'this comma is one too many: "}" follows', "Remove it."
    if char == ",":
        return at, "this comma is one too many", "Remove it."
    if _WORD.match(text, at):
        return at, "a key needs double quotes", 'Write "port": 587, not port: 587.'
    return at, "a key in double quotes is expected here", ""


def _no_colon(text: str, at: int, after: int) -> tuple[int, str, str]:
    if text[at] in "=,;":
        return at, "a colon joins a key and its value", 'Write "port": 587.'
    hint = 'Write "port": 587.'
    if at == after:
        hint += " If the key ends too early here, a double quote is missing or one too many."
    return after, "a colon is missing here", hint


def _no_comma(text: str, at: int, after: int) -> tuple[int, str, str]:
    char, before = text[at], text[after - 1]
    if char == ";":
        return at, "a comma belongs here, no semicolon", ""
    if char == ":":
        return at, "a colon cannot stand here", "Only a key in double quotes, inside { }, has a colon."
    if at == after and before == '"' and char != '"':
        hint = r"Inside a string a double quote is written \"; between two values there is a comma."
        return after - 1, "the string ends at this double quote", hint
    if at == after and before.isdigit() and (char.isalnum() or char in "._+-"):
        return at, "this is no number as JSON writes them", _NUMBER_HINT
    if char in "\"'{[-" or char.isalnum():
        return after, "a comma is missing here", ""
    return at, "a comma or a closing bracket is expected here", ""


def _no_end(text: str, at: int, after: int) -> tuple[int, str, str]:
    del after
    if text[at] in "}]":
        return at, "this closing bracket is one too many", ""
    return at, "there is text after the end of the config", "A config is one JSON object and nothing else."


_WORDED = {"value": _no_value, "key": _no_key, "colon": _no_colon, "comma": _no_comma, "end": _no_end}


def excerpt(text: str, position: int) -> str:
    """Return the line round a position, a caret below it, the values of secret-looking keys masked."""
    column = line_and_column(text, position)[1] - 1
    start = position - column
    line_end = LINE_END.search(text, position)
    end = line_end.start() if line_end else len(text)
    pieces: list[str] = []
    at, caret = start, -1
    for match in _SECRET.finditer(text, 0, end):
        first, last = max(match.start("value"), start), match.end("value")
        if last <= first or first < at or match["value"] in ("true", "false", "null"):
            continue
        if caret < 0 and position < last:
            caret = sum(map(len, pieces)) + min(position, first) - at
        pieces += (text[at:first], _MASK)
        at = last
    if caret < 0:
        caret = sum(map(len, pieces)) + position - at
    line = "".join((*pieces, text[at:end]))
    left = max(caret - _BESIDE, 0)
    before, behind = line[left:caret], line[caret : caret + _BESIDE]
    if left:
        before = "…" + before
    if caret + _BESIDE < len(line):
        behind += "…"
    indent = "".join(map(_blank, before))
    return f"  {_printable(before)}{_printable(behind)}\n  {indent}^"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text)


def _blank(char: str) -> str:
    """Return what is as wide as a character in a terminal."""
    if char == "\t":
        return char
    if unicodedata.combining(char):
        return ""
    return "  " if unicodedata.east_asian_width(char) in "WF" else " "
