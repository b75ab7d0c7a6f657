"""Says in plain words what is wrong with JSON written by hand, and shows the line without its secrets."""

import re
import unicodedata

from jsnpy.config.excerpts import excerpt
from jsnpy.config.json_places import BrokenError, line_and_column, members, spot
from jsnpy.errors import ConfigError

_CURLY = "“”„‟«»‘’‚‛"  # noqa: RUF001 - these very characters are looked for
_IN_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORD = re.compile(r"-?\w+")
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]')
_WORDS = {
    "none": "null",
    "undefined": "null",
    "nil": "null",
    "null": "null",
    "true": "true",
    "false": "false",
}
_PLACEHOLDERS = ("{{", "{%", "<%", "${", "<?")
"""How the placeholders of templates begin."""


def explain(text: str, name: str, told: str) -> ConfigError:
    """Return the error for text that is not JSON, or has a number no script could use."""
    key_end = -1
    try:
        position = _unusable_number(text)
    except BrokenError as broken:
        position, message, hint = _in_words(text, broken)
        key_end = broken.after if broken.expected == "colon" else -1
    else:
        if position < 0:
            return ConfigError(f"{name}: {told}")
        message, hint = (
            "this number is too large for JavaScript",
            "Put it in double quotes if its digits matter.",
        )
    return ConfigError(f"{spot(text, name, position)}: {message}\n{excerpt(text, position, key_end)}", hint)


def _unusable_number(text: str) -> int:
    """Return where a number stands that is infinite to JavaScript, -1 where none is."""
    for _, _, at in members(text):
        number = _NUMBER.match(text, at)
        if number and abs(float(number[0])) == float("inf"):
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
        unclosed = _unclosed(text, broken.opener)
        line = line_and_column(text, unclosed)[0]
        return at, f'the config ends, but the "{text[unclosed]}" of line {line} is not closed', ""
    told = _foreign(text, at, expected)
    if told:
        return at, *told
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


def _foreign(text: str, at: int, expected: str) -> tuple[str, str] | None:
    """Return message and hint for what JSON has nowhere, or None."""
    char = text[at]
    if char in _CURLY:
        return "a curly quote", 'JSON knows the straight double quote only: write " instead.'
    if text.startswith(("${ENV:", "${FILE:"), at):
        return "a reference needs double quotes", 'Write "${ENV:NAME}", quotes included.'
    if text.startswith(_PLACEHOLDERS, at) or (expected == "key" and text.startswith(("{{", "{%"), at - 1)):
        return "a placeholder of a template that was not filled in", "Make the config from the template first."
    if char == "#" or text.startswith(("//", "/*"), at):
        return "JSON has no comments", "Remove it."
    if char in "'`" and expected in ("value", "key"):
        return "a string needs double quotes", f'Write "…" instead of {char}…{char}.'
    if char != " " and (char.isspace() or unicodedata.category(char) in ("Cf", "Cc", "Zs")):
        named = unicodedata.name(char, "a control character")
        return f"an invisible character: {named} (U+{ord(char):04X})", "Delete it, or retype the line."
    return None


def _unclosed(text: str, innermost: int) -> int:
    """Return the bracket that was probably forgotten to be closed: one that a bracket further to the left closes."""
    openers: list[int] = []
    for match in _BRACKET.finditer(text):
        at = match.start()
        if match[0] in "{[":
            openers.append(at)
        elif match[0] in "}]" and openers:
            opener = openers.pop()
            before = text[text.rfind("\n", 0, at) + 1 : at]
            opening_line = text[text.rfind("\n", 0, opener) + 1 : opener]
            if not before.strip() and len(before) < len(opening_line) - len(opening_line.lstrip()):
                return opener
    return innermost


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
        return at, "JSON spells this word differently", f"Write {_WORDS[word.lower()]}."
    if char in "+-." or char.isdigit():
        return at, "this is not a number as JSON writes them", _NUMBER_HINT
    if word:
        return at, "text needs double quotes", 'Put it in double quotes: "…"'
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
        return at, "a comma belongs here, not a semicolon", ""
    if char == ":":
        return at, "a colon cannot stand here", "Only a key in double quotes, inside { }, has a colon."
    if at == after and before == '"' and char != '"':
        hint = r"Inside a string a double quote is written \"; between two values there is a comma."
        return after - 1, "the string ends at this double quote", hint
    if at == after and before.isdigit() and (char.isalnum() or char in "._+-"):
        return at, "this is not a number as JSON writes them", _NUMBER_HINT
    if char in "\"'{[-" or char.isalnum():
        return after, "a comma is missing here", ""
    return at, "a comma or a closing bracket is expected here", ""


def _no_end(text: str, at: int, after: int) -> tuple[int, str, str]:
    del after
    if text[at] == ":":
        return at, 'the "{" at the beginning is missing', 'A config is one JSON object: {"scriptfile": "FILE.js"}'
    if text[at] in "}]":
        return at, "this closing bracket is one too many", ""
    return at, "there is text after the end of the config", "A config is one JSON object and nothing else."


_WORDED = {"value": _no_value, "key": _no_key, "colon": _no_colon, "comma": _no_comma, "end": _no_end}
