"""What jsnpy says to JSON that was broken by hand."""

from pathlib import Path

import pytest
from support.configs import Folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return an empty current folder."""
    return Folder(tmp_path, monkeypatch)


PORT = 'Write "port": 587.'
NUMBER = "No plus sign, no leading zero, digits on both sides of the point, no hexadecimal; else use a string."
WORD = "JSON spells this word differently"
CURLY = 'JSON knows the straight double quote only: write " instead.'
COLON = "Only a key in double quotes, inside { }, has a colon."
DELETE = "Delete it, or retype the line."
DIGITS = "Put it in double quotes if its digits matter."
ENDS = 'the config ends, but the "{" of line 1 is not closed'
NAN = "JSON has no NaN and no Infinity"
QUOTE = r"Inside a string a double quote is written \"; between two values there is a comma."
BACKSLASH = r"One backslash is written \\ in JSON; in Windows paths / works too: C:/scripts/mail.js"
OPEN = r'Close it with ", or write a line break inside a string as \n.'


def shown(place: str, message: str, line: str, caret: str, hint: str = "") -> str:
    """Return the whole error text."""
    text = f"ConfigError: CaEmail.json:{place}: {message}\n  {line}\n  {caret}"
    return f"{text}\n{hint}" if hint else text


MASKED = {
    "\"a\": 'x'": ('"a": ***', 6),
    '"a": `x`': ('"a": ***', 6),
    "// hi": ("// ***", 1),
    '"a": 1 /* hi */': ('"a": 1 /* ***', 8),
    '"a": /* hi */ 1': ('"a": /* ***', 6),
    "# hi": ("# ***", 1),
    r'"a": "C:\scripts\x.js"': ('"a": ***', 6),
    r'"a": "C:\users"': ('"a": ***', 6),
    r'"a": "C:\\x\"': ('"a": ***', 6),
    '"a": "two': ('"a": ***', 6),
    '"a': ("***", 1),
    '"a": abc': ('"a": ***', 6),
    '"a": C:\\x': ('"a": ***', 6),
    '"a": -x': ('"a": ***', 6),
    '"a": “x”': ('"a": ***', 6),
    '"a": "say "hi" now"': ('"a": ***', 6),
    '"a: "x"': ('"a: "***', 6),
    '"a": "b": 1': ('"a": ***: 1', 9),
    '"a": ["b": 1]': ('"a": [***: 1]', 10),
    '"a": @': ('"a": ***', 6),
    '"a": 1 @': ('"a": 1 ***', 8),
    '"a": "x\ty"': ('"a": ***', 6),
    '"a": "x\x01y"': ('"a": ***', 6),
}
"""What is seen of a line instead of itself, and the column of the caret."""


@pytest.mark.parametrize("number", ["1" + "0" * 309, "-" + "9" * 400, "9" * 5000, "1" + "0" * 400 + ".5", "1e309"])
def test_a_number_of_any_form_that_javascript_cannot_hold_is_placed(folder: Folder, number: str) -> None:
    """Digits without a point or an exponent would become Infinity as well."""
    told = folder.fault('{"scriptfile": "mail.js", "arg": [1' + "0" * 308 + f", {number}]}}")
    assert "CaEmail.json:1:346: this number is too large for JavaScript" in told


@pytest.mark.parametrize(
    ("line", "column", "message", "hint"),
    [
        ('"port": 587, }', 12, 'this comma is one too many: "}" follows', "Remove it."),
        ('"to": ["a", ]', 11, 'this comma is one too many: "]" follows', "Remove it."),
        ('"a": 1,, "b": 2', 8, "this comma is one too many", "Remove it."),
        (',"a": 1', 1, "this comma is one too many", "Remove it."),
        ("'port': 587", 1, "a string needs double quotes", "Write \"…\" instead of '…'."),
        ("\"a\": 'x'", 6, "a string needs double quotes", "Write \"…\" instead of '…'."),
        ('"a": `x`', 6, "a string needs double quotes", 'Write "…" instead of `…`.'),
        ("// hi", 1, "JSON has no comments", "Remove it."),
        ('"a": 1 /* hi */', 8, "JSON has no comments", "Remove it."),
        ('"a": /* hi */ 1', 6, "JSON has no comments", "Remove it."),
        ("# hi", 1, "JSON has no comments", "Remove it."),
        ('"a": 1 "b": 2', 7, "a comma is missing here", ""),
        ('"a": [1 2]', 8, "a comma is missing here", ""),
        ('"a": {"b": 1} {"c": 2}', 14, "a comma is missing here", ""),
        ('"a": 1; "b": 2', 7, "a comma belongs here, not a semicolon", ""),
        (r'"a": "C:\scripts\x.js"', 9, "this backslash starts no escape that JSON knows", BACKSLASH),
        (r'"a": "C:\users"', 9, "this backslash starts no escape that JSON knows", BACKSLASH),
        (r'"a": "C:\\x\"', 6, "the string that starts here does not end on its line", OPEN),
        ('"a": "two', 6, "the string that starts here does not end on its line", OPEN),
        ('"a', 1, "the string that starts here does not end on its line", OPEN),
        ("port: 587", 1, "a key needs double quotes", 'Write "port": 587, not port: 587.'),
        ("1: 2", 1, "a key needs double quotes", 'Write "port": 587, not port: 587.'),
        ("{}: 2", 1, "a key in double quotes is expected here", ""),
        ('"a": abc', 6, "text needs double quotes", 'Put it in double quotes: "…"'),
        ('"a": C:\\x', 6, "text needs double quotes", 'Put it in double quotes: "…"'),
        ('"a": NaN', 6, NAN, "Use null, a number or a string."),
        ('"a": -Infinity', 6, NAN, "Use null, a number or a string."),
        ('"a": True', 6, WORD, "Write true."),
        ('"a": FALSE', 6, WORD, "Write false."),
        ('"a": None', 6, WORD, "Write null."),
        ('"a": undefined', 6, WORD, "Write null."),
        ('"a": +1', 6, "this is not a number as JSON writes them", NUMBER),
        ('"a": .5', 6, "this is not a number as JSON writes them", NUMBER),
        ('"a": -x', 6, "this is not a number as JSON writes them", NUMBER),
        ('"a": 007', 7, "this is not a number as JSON writes them", NUMBER),
        ('"a": 1.', 7, "this is not a number as JSON writes them", NUMBER),
        ('"a": 0x1F', 7, "this is not a number as JSON writes them", NUMBER),
        ('"arg": 1e999', 8, "this number is too large for JavaScript", DIGITS),
        ("“a”: 1", 1, "a curly quote", CURLY),
        ('"a": “x”', 6, "a curly quote", CURLY),
        ('"a": "say "hi" now"', 11, "the string ends at this double quote", QUOTE),
        ('"a" 1', 4, "a colon is missing here", PORT),
        ('"a: "x"', 6, "a colon is missing here",
         PORT + " If the key ends too early here, a double quote is missing or one too many."),
        ('"a" = 1', 5, "a colon joins a key and its value", PORT),
        ('"a", 1', 4, "a colon joins a key and its value", PORT),
        ('"a": "b": 1', 9, "a colon cannot stand here", COLON),
        ('"a": ["b": 1]', 10, "a colon cannot stand here", COLON),
        ('"a": [1,,2]', 9, "a value is missing here", ""),
        ('"a": , "b": 1', 6, "a value is missing here", ""),
        ('"a": @', 6, "a value is expected here", ""),
        ('"a": 1 @', 8, "a comma or a closing bracket is expected here", ""),
        ('"a": "x\ty"', 8, "a tab inside a string", r"Write it as \t."),
        ('"a": "x\x01y"', 8, "a control character inside a string (U+0001)", r"Write it as \u0001."),
        ('"a":\xa01', 5, "an invisible character: NO-BREAK SPACE (U+00A0)", DELETE),
        ('\u200b"a": 1', 1, "an invisible character: ZERO WIDTH SPACE (U+200B)", DELETE),
        ('\ufeff"a": 1', 1, "an invisible character: ZERO WIDTH NO-BREAK SPACE (U+FEFF)",
         DELETE),
        ('"a": 1]', 7, 'this "]" does not close the "{" of line 1', "Is a bracket missing before it?"),
        ('"a": [1}', 8, 'this "}" does not close the "[" of line 2', "Is a bracket missing before it?"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(folder: Folder, line: str, column: int, message: str, hint: str) -> None:
    """Each usual mistake is placed, shown with a caret and explained."""
    seen, caret = MASKED.get(line, (line, column))
    visible = "".join(char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in seen)
    text = f'{{\n{line}\n, "scriptfile": "mail.js"}}'
    if line.endswith("}") and column == len(line) - 2:
        text = f"{{\n{line}"

    assert shown(f"2:{column}", message, visible, " " * (caret - 1) + "^", hint) == folder.fault(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1', shown("1:8", ENDS, '{"a": 1', "       ^")),
        ('{"a":', shown("1:6", ENDS, '{"a":', "     ^")),
        ('{\n"a": [\n', shown("3:1", 'the config ends, but the "[" of line 2 is not closed', "", "^")),
        ('{"a": 1}}', shown("1:9", "this closing bracket is one too many", '{"a": 1}}', "        ^")),
        (
            '{"a": 1}\n\n{"b": 2}',
            shown("3:1", "there is text after the end of the config", '{"b": 2}', "^",
                  "A config is one JSON object and nothing else."),
        ),
        ("nonsense", shown("1:1", "text needs double quotes", "***", "^", 'Put it in double quotes: "…"')),
        (
            '{"a":' + "9" * 5000 + "}",
            shown("1:6", "this number is too large for JavaScript", '{"a":' + "9" * 60 + "…", "     ^",
                  "Put it in double quotes if its digits matter."),
        ),
    ],
)  # fmt: skip
def test_wrong_ends_are_explained(folder: Folder, text: str, expected: str) -> None:
    """Text that ends too early or goes on too long is told by the bracket that matters."""
    assert expected == folder.fault(text)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_in_any_style(folder: Folder, end: str) -> None:
    """Line and column are right for LF, CRLF and CR."""
    text = end.join(["{", '"scriptfile": "mail.js",', "", '\t"a": x', "}"])

    expected = shown("4:7", "text needs double quotes", '\t"a": ***', "\t     ^", 'Put it in double quotes: "…"')
    assert expected == folder.fault(text)


def test_caret_stands_under_wide_characters(folder: Folder) -> None:
    """Characters two columns wide or none wide do not shift the caret."""
    text = '{"日本 e\N{COMBINING ACUTE ACCENT}": x}'

    seen = text.replace("x}", "***")
    assert shown(
        "1:11", "text needs double quotes", seen, " " * 11 + "^", 'Put it in double quotes: "…"'
    ) == folder.fault(text)


def test_long_lines_are_cut_round_the_caret(folder: Folder) -> None:
    """Of a line of thousands of characters about 120 are shown."""
    text = '{"a": [' + "1, " * 1000 + '2 3, "b": "' + "z" * 3000 + '"]}'

    line = "…" + ("1, " * 20)[1:] + "2 3, ***"
    told = folder.fault(text)
    assert "CaEmail.json:1:3009: a comma is missing here" in told
    assert line in told


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ('"pass": "hunter2", "x": y', '"pass": ***, "x": ***'),
        ('"pass": "hun\\"ter2", "x": y', '"pass": ***, "x": ***'),
        ('"smtp_password" : "hunter2", "x": y', '"smtp_password" : ***, "x": ***'),
        ('"Access Token for me": "hunter2", "x": y', '"Access Token for me": ***, "x": ***'),
        ('"apiKey": 12345, x', '"apiKey": ***, ***'),
        ('"pass": "hunter2" "x": 1', '"pass": *** "x": 1'),
        ('"pass": "hun"ter2", "x": 1', '"pass": ***'),
        ('"pass": "hunter2', '"pass": ***'),
        ('"pass": \'hunter2\', "x": 1', '"pass": ***, "x": 1'),
        ('"pass": “hunter2”, "x": 1', '"pass": ***'),
        ('"pass": hunter2, "x": 1', '"pass": ***'),
        ("pass: hunter2", "pass: ***"),
        ("'pass': 'hunter2'", "'pass': ***"),
        ('"pass" = "hunter2"', '"pass" = ***'),
        ('"pass" "hunter2"', '"pass" ***'),
        ('"pass", "hunter2"', '"pass", ***'),
        ('"pass: "hunter2"', '"pass: "***'),
        ('"pass": "hunter2\\s", "x": 1', '"pass": ***, "x": 1'),
        ('"tokens": ["hunter2", "hunter2" x]', '"tokens": [***, *** ***'),
        ('"pass": true, "x": y', '"pass": true, "x": ***'),
        ('"subject": "pass", "x": y', '"subject": "pass", "x": ***'),
    ],
)  # fmt: skip
def test_secrets_are_masked(folder: Folder, line: str, seen: str) -> None:
    """The value of a key that looks secret is not shown, however its line is broken."""
    told = folder.fault(f'{{"scriptfile": "mail.js", "arg": {{\n{line}\n}}}}')

    assert "hunter2" not in told
    assert f"  {seen}" == told.splitlines()[1]
    caret = told.splitlines()[2]
    assert caret.strip() == "^"
    assert len(caret) <= len(seen) + 3


def test_secret_on_the_next_line_is_masked(folder: Folder) -> None:
    """A secret that stands below its key is masked too."""
    told = folder.fault('{"pass":\n   "hunter2" x}')

    assert shown("2:13", "a comma is missing here", "   *** ***", "      ^") == told


def test_secrets_in_arrays_are_masked(folder: Folder) -> None:
    """Elements of a secret array are masked on every line."""
    told = folder.fault('{"tokens": [\n"hunter2",\n"hunter2" x]}')

    assert shown("3:10", "a comma is missing here", "*** ***", "   ^") == told
