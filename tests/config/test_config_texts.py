"""How the bytes of configs, scripts and secret files become text."""

import codecs
from pathlib import Path

import pytest
from support.configs import Folder, fault

from jsnpy import config


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return an empty current folder."""
    return Folder(tmp_path, monkeypatch)


TEXT = '{"scriptfile": "mail.js", "arg": "é € 😀"}'
ARG = '"\\u00e9 \\u20ac \\ud83d\\ude00"'
UTF16 = "looks like UTF-16 without a byte order mark (every other byte is NUL)\n"
SAVE = "If it was saved by an older Windows editor, give --encoding cp1252; better, save it as UTF-8."


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_unicode_is_read(folder: Folder, bom: bytes, encoding: str, end: str) -> None:
    """UTF-8 and UTF-16 with BOM are read whatever --encoding says, with any line ends, verbatim."""
    source = f"// é 😀{end}let a = 1;{end}"
    folder.write("mail.js", bom + source.encode(encoding))
    data = bom + (end + TEXT.replace('",', f'",{end}') + end).encode(encoding)

    for named in (None, "cp1252", "ascii"):
        run = folder.load(data, encoding=named)
        assert (source, ARG) == (run.source, run.arg_json)


def test_second_mark_stays(folder: Folder) -> None:
    """Only one byte order mark is dropped: what follows is the author's."""
    folder.write("mail.js", codecs.BOM_UTF8 * 2 + b"1")

    assert "\ufeff1" == config.load("mail.js").source


def test_other_encoding_is_read_when_named(folder: Folder) -> None:
    """With --encoding, bytes that are not Unicode are read in it: config and script."""
    folder.write("mail.js", "// é €".encode("cp1252"))
    data = TEXT.replace("😀", "").encode("cp1252")

    run = folder.load(data, encoding="CP1252")

    assert ("// é €", '"\\u00e9 \\u20ac "') == (run.source, run.arg_json)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "iso2022_jp", "shift_jis", "cp037", "utf-32"])
def test_unusual_encodings_are_read_when_named(folder: Folder, encoding: str) -> None:
    """Encodings whose bytes could pass for UTF-8 are read as what they were named."""
    source = "// 日本 x" if "jis" in encoding or encoding == "iso2022_jp" else "// é x"
    folder.write("mail.js", source.encode(encoding))

    assert source == config.load("mail.js", encoding=encoding).source


@pytest.mark.parametrize("name", ["cp12525", "", "hex", "rot13", "zlib", "a\0b", "\ud800", "../x", "x" * 5000])
def test_unknown_encoding(folder: Folder, name: str) -> None:
    """An encoding Python has not, or that makes no text, is a usage error."""
    del folder
    told = fault(lambda: config.load("mail.js", encoding=name))

    assert told.startswith("UsageError: unknown encoding ")
    assert told.endswith("\nNames that work are, for example, cp1252 (Western Windows), cp850, latin-1, utf-16-le.")
    assert told == fault(lambda: config.from_mapping({"scriptfile": "mail.js"}, encoding=name))


CUT = "It was cut off or mixed with other text: copy it again, or save it as UTF-8."


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"a": "\xe9"}', f"is not UTF-8 text: byte 0xe9 at offset 7 does not fit\n{SAVE}"),
        (b'\xef\xbb\xbf{"a": "\xff"}', f"is not UTF-8 text: byte 0xff at offset 10 does not fit\n{SAVE}"),
        (b'{"a": "\xed\xa0\x80"}', f"is not UTF-8 text: byte 0xed at offset 7 does not fit\n{SAVE}"),
        (
            b"\xff\xfe{\0}",
            f"is not UTF-16-LE text: it has two bytes a character, and one byte is left over at offset 4\n{CUT}",
        ),
        (b"\xfe\xff\xd8\0\0{", f"is not UTF-16-BE text: byte 0xd8 at offset 2 does not fit\n{SAVE}"),
        (
            "{}".encode("utf-16-le"),
            f"{UTF16}Save it as UTF-8, or give --encoding utf-16-le.",
        ),
        (
            "{}é".encode("utf-16-be"),
            f"{UTF16}Save it as UTF-8, or give --encoding utf-16-be.",
        ),
        (
            "{}".encode("utf-32"),
            "is UTF-32, which is not read\nSave it as UTF-8, or give --encoding utf-32.",
        ),
    ],
)
def test_other_bytes_are_refused(folder: Folder, data: bytes, told: str) -> None:
    """What is not Unicode is told by file, byte and offset, never guessed: configs and scripts alike."""
    assert f"ConfigError: CaEmail.json {told}" == folder.fault(data)
    folder.write("other.js", data)
    assert f"ConfigError: other.js {told}" == fault(lambda: config.load("other.js"))


def test_bytes_that_do_not_fit_the_named_encoding(folder: Folder) -> None:
    """Where the named encoding is wrong too, its offset is told."""
    folder.write("a.js", b"'\xe9\x81'")

    assert (
        "ConfigError: a.js is not CP1252 text: byte 0x81 at offset 2 does not fit\n"
        "Find out how it was saved and name that encoding, or save it as UTF-8."
    ) == fault(lambda: config.load("a.js", encoding="cp1252"))


@pytest.mark.parametrize("encoding", ["idna", "punycode", "undefined"])
def test_odd_codecs_fail_in_words(folder: Folder, encoding: str) -> None:
    """Codecs that fail in their own ways end as a config error too."""
    folder.write("a.js", b"\xe9\xe9.\xff-\xff")

    assert fault(lambda: config.load("a.js", encoding=encoding)).startswith("ConfigError: a.js ")


def test_nul_in_a_script_is_the_authors(folder: Folder) -> None:
    """One NUL in a UTF-8 script does not make it UTF-16."""
    folder.write("a.js", "let é = '\0';")

    assert "let é = '\0';" == config.load("a.js").source


def test_named_encoding_does_not_spoil_ascii_and_utf8(folder: Folder) -> None:
    """A config in UTF-8 beside a script in cp1252: both are read rightly."""
    folder.write("mail.js", "'é'".encode("cp1252"))

    run = folder.load('{"scriptfile": "mail.js", "arg": "é"}', encoding="cp1252")

    assert ("'é'", '"\\u00e9"') == (run.source, run.arg_json)
