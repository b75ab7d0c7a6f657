"""Why a script failed, in words, where the engine's own words say little: names of other hosts, mistakes in syntax."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from jsnpy.engine import tokens
from jsnpy.engine.foreign import CURES, OURS, cure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.engine import Ending
    from jsnpy.engine.tokens import Token

_NOT_A_FUNCTION = "TypeError: not a function"
_CALLEE = re.compile(r"([\w$]+(?:\s*\??\.\s*[\w$#]+|\[[^\[\]()]*\])*)\s*(?:\?\.)?\s*\(")
_MEMBER = re.compile(r"\s*\??\.?\s*([\w$#]+)\s*\(")
_NAME = re.compile(r"[\w$]+")
_NO_CALLEES = frozenset(
    ("await", "catch", "for", "function", "if", "new", "return", "switch", "typeof", "void", "while", "yield")
)
_OPENING = ("(", "[", "{")
_CLOSING = (")", "]", "}")
_ENDS = (*_CLOSING, ",", ";")
_NO_STATE = 'name a file under "statefile" in the config: state is what was kept there'
_LANGUAGE = {
    name.lower(): name for name in (
        "Array", "Boolean", "Date", "decodeURIComponent", "encodeURIComponent", "Error", "Infinity", "isFinite",
        "isNaN", "JSON", "Map", "Math", "NaN", "Number", "Object", "parseFloat", "parseInt", "Promise", "RegExp", "Set",
        "String", "undefined",
    )
}  # fmt: skip
"""Names of the language, by their small letters."""
_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u00ab\u00bb\uff02\uff07\u00b4"
_COMPILATION = ("if", "elif", "else", "end", "set", "cc_on", "_jscript", "_win32", "_win64")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


def name_the_callee(ending: Ending, line: str) -> str:
    """Return an error's text with what it says is "not a function" named, as the source line has it."""
    if not ending.text.startswith(_NOT_A_FUNCTION):
        return ending.text
    rest = ending.text.removeprefix(_NOT_A_FUNCTION)
    if ending.within:
        return f"TypeError: what {ending.within} was given is not a function{rest}"
    calls = [one for one in _CALLEE.finditer(line) if one[1] not in _NO_CALLEES]
    if at := ending.column:
        # The column is that of a sign within the call, or right before it; or that of its last argument's last name.
        around = _brackets_around(line, at - 1)
        calls = (
            [one for one in calls if one.start() < at <= one.end()]
            or [one for one in calls if one.start() == at]
            or [one for one in calls if one.end() - 1 in around]
            or [one for one in [_MEMBER.match(line, at - 1)] if one]
        )
        if len(calls) > 1:
            calls = [one for one in calls if one[1].partition(".")[0] not in (*OURS, *_LANGUAGE.values())]
    names = [one[1] for one in calls]
    above = _calls_above(ending)
    if not names and above:
        names = above[-1:]
    elif above:  # it may be one of those, whose last argument has a call of its own: a wrong name is worse than none
        return ending.text
    if len(names) != 1:  # an engine that gives no column tells only where the line has one call
        return ending.text
    return f"TypeError: {names[0]} is not a function{rest}"


def _calls_above(ending: Ending) -> list[str]:
    """Return what is called in lines above with brackets around an error, but for what is known to be a function."""
    if not ending.column:
        return []
    opened: list[str] = []  # for each bracket what is called with it, "" for none, "{" for the body of a function
    read: list[Token] = []
    for token in tokens.read(ending.source):
        if token.line >= ending.line:
            break
        before = read[-1].text if read else ""
        if token.text == "=>" or (token.text == "{" and before in (")", "=>")):
            opened.append("{")
        elif token.text in _OPENING and token.kind == "sign":
            opened.append(_callee(read) if token.text == "(" else "")
        elif token.text in _CLOSING and token.kind == "sign":
            while opened and opened.pop() == "{" and token.text != "}":
                pass
        read.append(token)
    inside = opened[len(opened) - opened[::-1].index("{") :] if "{" in opened else opened
    return [name for name in inside if name and not _is_function(name, ending.source)]


def _callee(read: list[Token]) -> str:
    """Return the name at the end of some tokens, "" where none stands there."""
    name = ""
    for token in reversed(read):
        if token.text not in (".", "?.") and (token.kind != "word" or name[:1] not in ("", ".", "?")):
            break
        name = token.text + name
    return "" if name in _NO_CALLEES else name


def _is_function(name: str, source: str) -> bool:
    known = name.partition(".")[0] in (*OURS, *_LANGUAGE.values())
    return known or bool(re.search(rf"\bfunction\s*\*?\s*{re.escape(name)}\s*\(", source))


def _brackets_around(line: str, at: int) -> list[int]:
    """Return where the round brackets begin that a place in a line stands in, as far as the function around it goes."""
    opened: list[int] = []
    before = ""
    for token in tokens.read(line):
        if token.column > at:
            break
        if token.text == "=>" or (token.text == "{" and before in (")", "=>")):
            opened.append(-1)  # what is outside of a function calls nothing within it
        elif token.text in _OPENING:
            opened.append(token.column - 1 if token.text == "(" else -2)
        elif token.text in _CLOSING:
            while opened and opened.pop() == -1 and token.text != "}":
                pass
        before = token.text
    inside = opened[len(opened) - opened[::-1].index(-1) :] if -1 in opened else opened
    return [start for start in inside if start >= 0]


def line_of_throw(ending: Ending) -> int:
    """Return the line of the one `throw` of just this text or number, 0 where there is no such line or several.

    What is no Error knows no place.
    """
    read = tokens.read(ending.source)
    thrown = pairwise(read)
    lines = [
        value.line
        for throw, value in thrown
        if throw.text == "throw" and ending.text == (value.text[1:-1] if value.kind == "text" else value.text)
    ]
    return lines[0] if len(lines) == 1 else 0


def hint(ending: Ending, line: str) -> str:
    """Return what to do about an error, in one line; "" where nothing is known.

    Args:
        ending: how the script failed.
        line: the source line of the error, "" where it is not known.
    """
    kind, _, words = ending.text.lstrip("[").partition(":")
    if kind == "ReferenceError":
        return _unknown_name(ending, words, line)
    if kind == "SyntaxError" and not ending.stack:  # not from JSON.parse, eval or RegExp: those have frames
        return _syntax(ending)
    return ""


def _unknown_name(ending: Ending, words: str, line: str) -> str:
    found = _NAME.search(words)
    name = found[0] if found else ""
    if "module" in words and "import" in ending.source:
        return CURES["import"]
    member = re.search(rf"\b{re.escape(name)}\s*(?:\??\.\s*|\[\s*['\"])(\w+)", line)
    known = cure(name, member[1] if member else "")
    if known:
        return known
    from jsnpy.text import did_you_mean

    if re.fullmatch(r"http_?(put|delete|patch|head|options)", name, re.IGNORECASE):
        return CURES["fetch"]
    near = did_you_mean(name, OURS) or _LANGUAGE.get(name.lower())
    if near != name:
        return f"did you mean {near}?" if near else ""
    # Of a name that the script declares itself the hint would be wrong: it is used above that line.
    own = re.search(rf"\b(?:let|const|class)\s+{re.escape(name)}\b", ending.source)
    return _NO_STATE if name == "state" and not own else ""


def _syntax(ending: Ending) -> str:
    read = tokens.read(ending.source)
    on_line = [token for token in read if token.line == ending.line]
    return (
        _markup(ending, read)
        or _strange(ending, on_line)
        or _module(on_line)
        or _await(ending, on_line)
        or _return(ending, on_line)
        or _unclosed(ending, read)
    )


def _markup(ending: Ending, read: list[Token]) -> str:
    """Name what is around a script in a file of another host."""
    first, second = ([token.text for token in read[:2]] + ["", ""])[:2]
    if not read or read[0].line != ending.line:
        return ""
    if first == "<":
        return "this begins like HTML or a .wsf file: leave only the script that stands between its tags"
    if first == "@" and second not in _COMPILATION:
        return "this begins like a batch file: leave only the script in it"
    return ""


def _strange(ending: Ending, on_line: list[Token]) -> str:
    """Name a character that looks like another one, or like none."""
    for i, token in enumerate(on_line):
        char, following = token.text, "".join(one.text for one in on_line[i + 1 : i + 2])
        if char == "@" and following in _COMPILATION:
            return "@if, @set, @cc_on are JScript's conditional compilation, which is not here: leave such lines out"
        if char == "@" and token.kind == "sign":
            return "@ means nothing in JavaScript: an address stands in quotes"
        if char == "#" and following == "include":
            return CURES["import"]
        if token.kind != "sign" or char.isascii():
            continue
        code = f"U+{ord(char):04X}"
        where = f"in line {ending.line}, column {token.column}"
        if char in _QUOTES:
            return f"{char} ({code}) {where} is a typographic quotation mark: strings stand in \" or '"
        if char in _DASHES:
            return f"{char} ({code}) {where} is a dash: minus is -"
        if unicodedata.category(char)[0] in "CZM":
            return f"an invisible character ({code}) stands {where}: delete it"
        return f"{char} ({code}) {where} means nothing in JavaScript"
    return ""


def _module(on_line: list[Token]) -> str:
    words = [token.text for token in on_line]
    for i, word in enumerate(words):
        if word == "export" and words[i + 1 : i + 2] != [":"]:
            return CURES["exports"]
        if word == "import" and words[i + 1 : i + 2] not in (["("], [":"]):
            return CURES["import"]
    return ""


def _await(ending: Ending, on_line: list[Token]) -> str:
    for token, following in pairwise([*on_line, None]):
        if token is None or (following and following.text in _ENDS):
            continue  # an await of nothing, in an async function or not
        end = token.column + len(token.text)
        if token.text == "await" and (not ending.column or token.column <= ending.column <= end + 1):
            return "await works inside async functions only: write (async () => { ... })() around what waits"
    return ""


def _return(ending: Ending, on_line: list[Token]) -> str:
    """Say how a script ends early: on many other hosts it is the body of a function."""
    if "return" in ending.text and any(token.text == "return" for token in on_line):
        return "a script is not a function: exit(0) ends it early, with return a function of its own does"
    return ""


def _unclosed(ending: Ending, read: list[Token]) -> str:
    found = tokens.unclosed(read)
    if found is None:
        return ""
    opened, instead = found
    if ending.line and opened.line > ending.line:
        return ""  # what the engine found comes first
    if opened.kind == "sign" and opened.text in ")]}":
        return f"the {opened.text} in line {opened.line} closes nothing: one too many, or its other half is missing"
    if opened.kind == "text":
        sign = "/*" if opened.text.startswith("/*") else "`" if opened.text[0] == "}" else opened.text[0]
        more = " (a string ends in its line; one in ` may go on)" if sign in "'\"" else ""
        return f"the {sign} in line {opened.line}, column {opened.column} is never closed{more}"
    if instead:
        return f"the {opened.text} in line {opened.line} is not closed before the {instead.text} in line {instead.line}"
    return f"the {opened.text} in line {opened.line} is never closed"
