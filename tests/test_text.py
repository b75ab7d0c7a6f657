"""What messages are made of: visible text, kinds of values, the word that was meant."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsnpy.text import did_you_mean, harmless, how_to_install, kind, printable, seconds, whole

FIELDS = ("host", "port", "user", "pass", "ssl", "starttls", "from", "to", "subject", "headers", "reply_to", "arg")


@given(st.text(st.characters()))
def test_whole_text_has_bytes(text: str) -> None:
    """Nothing but lone surrogates changes, and each becomes one U+FFFD."""
    expected = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)

    assert whole(text).encode() == expected.encode()


def test_surrogates_that_make_a_pair_become_their_character() -> None:
    """A pair that JavaScript handed over in halves is joined."""
    assert whole("\ud83d\ude00\ud83d") == "😀\ufffd"


@given(st.text(st.characters()))
def test_printable_text_moves_no_cursor(text: str) -> None:
    """No control character, line break, direction mark or lone surrogate is left."""
    assert all(char.isprintable() or char in "\u200c\u200d" for char in printable(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, grün, 日本, 👩‍👧", "plain, grün, 日本, 👩‍👧"),
        ("a\tb\r\nc\x1b[2J", r"a\tb\r\nc\x1b[2J"),
        ("\u202egnp.exe\u200b\ud800", r"\u202egnp.exe\u200b\ud800"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    """What has a shape stays, emoji joined of several too; the rest is written out."""
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (0, "a number"),
        (1.5, "a number"),
        ("", "a string"),
        ([], "an array"),
        ({}, "an object"),
        ({"$foreign": "Date"}, "a Date"),
        ({"$foreign": "Error"}, "an Error"),
        ({"$foreign": "function"}, "a function"),
        ({"$foreign": "-Infinity"}, "-Infinity"),
        ({"$foreign": "circular"}, "an object that holds itself"),
        ({"$foreign": "throws: Error: no\nway"}, r"a value that throws: Error: no\nway"),
        ({"$foreign": 5}, "an object"),
        (object(), "a object"),
    ],
)
def test_kinds_of_values_are_named_in_words(value: object, words: str) -> None:
    """What JSON has, and what only JavaScript has."""
    assert kind(value) == words


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("hsot", "host"),
        ("FROM", "from"),
        ("Reply-To", "reply_to"),
        ("strattls", "starttls"),
        ("argument", "arg"),
        ("password", "pass"),
        ("username", "user"),
        ("priority", None),
        ("sender", None),
        ("importance", None),
        ("charset", None),
        ("dsn", None),
        ("token", None),
        ("", None),
    ],
)
def test_a_word_that_is_nearly_known_is_guessed(word: str, meant: str | None) -> None:
    """Letters swapped, another case, a longer word for the same; nothing where nothing is near."""
    assert did_you_mean(word, FIELDS) == meant


def test_a_guess_keeps_the_spelling_of_the_known_word() -> None:
    """Case is ignored in looking, not in the answer."""
    assert did_you_mean("contenttype", ["contentType"]) == "contentType"


@given(st.text(st.characters()))
def test_a_servers_text_hides_and_reorders_nothing(text: str) -> None:
    """Of the categories Cc, Cf, Zl, Zp and Cs only the tab, joiners and visible signs are left."""
    left = {char for char in harmless(text) if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"}}
    assert left <= set(
        "\t\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202egnp.exe\u2066 a\u200bb\ufeff", r"\u202egnp.exe\u2066 a\u200bb\ufeff"),
        ("\x1b[2J\r\n\x9b\u2028", r"\x1b[2J\x0d\x0a\x9b\u2028"),
        ("pass\u200dword \u200c \U000e0041", r"pass\u200dword \u200c \U000e0041"),
        ("Erreur\xa0: 二月\u3000三", "Erreur\xa0: 二月\u3000三"),
        (
            "می\u200cروم, क्\u200dष, 👩\u200d👩\u200d👧, ❤️\u200d🔥",
            "می\u200cروم, क्\u200dष, 👩\u200d👩\u200d👧, ❤️\u200d🔥",
        ),
        ("שלום عربي ไทย", "שלום عربي ไทย"),
    ],
)
def test_a_servers_text_stays_readable_in_any_script(text: str, shown: str) -> None:
    """Blanks of all kinds and joiners behind letters and emoji stay, what no text needs is escaped."""
    assert shown == harmless(text)


@pytest.mark.parametrize(
    ("duration", "shown"),
    [
        (0.0, "0 s"),
        (0.00042, "0 s"),
        (0.0503, "0.05 s"),
        (0.2004, "0.2 s"),
        (1.26, "1.3 s"),
        (2.003, "2 s"),
        (9.7, "9.7 s"),
        (9.99, "10 s"),
        (61.4, "61 s"),
        (86400.5, "86400 s"),
    ],
)
def test_a_duration_has_no_digits_that_nobody_needs(duration: float, shown: str) -> None:
    """A timeout of two seconds is one, whatever the clock says of the milliseconds."""
    assert shown == seconds(duration)


def test_a_command_to_paste_quotes_a_folder_with_a_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python is below "Program Files" on many a machine."""
    monkeypatch.setattr(sys, "executable", r"C:\Program Files\python.exe")
    assert r'"C:\Program Files\python.exe" -m pip install ' in how_to_install("celery")
