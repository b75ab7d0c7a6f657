"""Attachments: what a careless or hostile script gives, and files that cannot be read."""

from __future__ import annotations

import email
import email.policy
import os
import re
import sys
import tracemalloc
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any

import pytest
from support.mail import fields

from jsnpy import smtp
from jsnpy.smtp import attachment as attachments
from jsnpy.smtp.sending import Sending

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path


def build(attachment: dict[str, Any], **changes: Any) -> bytes:
    """Return the message with an attachment."""
    return Sending().prepare(fields(None, attachments=[attachment], **changes)).message.data


def part(attachment: dict[str, Any], **changes: Any) -> Message:
    """Return the attachment as a reader gets it."""
    *_, last = email.message_from_bytes(build(attachment, **changes), policy=email.policy.compat32).walk()
    return last


def refusal(attachment: dict[str, Any]) -> str:
    """Return why a mail with an attachment is refused, which is -1."""
    result = smtp.send(fields(None, attachments=[attachment]))
    assert (smtp.Code.ARGUMENT, "argument") == (result.code, result.details["stage"])
    return result.error


@pytest.mark.parametrize(
    "content_type",
    ["text/plain;\n a=b", "text/plain;\r\n a=b", 'text/plain;\r\nX="a: b"', "text/plain;\x85a=b", "text/plain\v;\fa=b"],
)
def test_a_content_type_stays_one_header(content_type: str) -> None:
    """Line breaks and control characters between a type and its parameters become blanks."""
    data = build({"filename": "a", "content": "b", "content_type": content_type})
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|[^\t\r\n -~]", data)
    (line,) = re.findall(rb"\r\nContent-Type: (text/plain *; *[^c ].*)\r\n name=.*\r\nContent-Transfer", data)
    assert re.fullmatch(rb'text/plain *; *(a=b|X="a: b"); charset=utf-8;', line)


def test_a_content_type_is_ascii() -> None:
    """A blank that is not ASCII is no blank of a header."""
    assert "content_type must be" in refusal(
        {"filename": "a", "content": "b", "content_type": "text/plain;\N{NO-BREAK SPACE}a=b"}
    )


@pytest.mark.parametrize(
    ("name", "longest", "over"),
    [("content_type", "text/" + "x" * 250, "text/" + "x" * 251), ("cid", "x" * 255, "x" * 256)],
)
def test_types_and_cids_have_a_length(name: str, longest: str, over: str) -> None:
    """A type or a Content-ID of 255 characters is taken, a longer one is -1."""
    assert longest.encode() in build({"filename": "a", "content": "b", name: longest})
    assert f"attachments[0].{name} must be" in refusal({"filename": "a", "content": "b", name: over})


@pytest.mark.parametrize("cid", ["logo@x", "<logo@x>"])
def test_a_cid_is_taken_with_and_without_brackets(cid: str) -> None:
    """The Content-ID has one pair of brackets, however it was given."""
    assert "<logo@x>" == part({"filename": "a.png", "content": "", "cid": cid}, html="<p>")["Content-ID"]


@pytest.mark.parametrize("cid", ["<", "<>", "<xyz", "xyz>", "a>\r\nX: y<b", "é"])
def test_cids_that_are_none(cid: str) -> None:
    """Half a pair of brackets, line breaks and letters that are not ASCII are -1."""
    assert "attachments[0].cid must be ASCII" in refusal({"filename": "a", "content": "b", "cid": cid})


@pytest.mark.parametrize("content", ["aGk=", "aGk", "aG\r\nk=\r\n", " a G k = "])
def test_base64_in_any_layout(content: str) -> None:
    """Base64 may come in lines and without its padding; the encoding's name in any case."""
    assert b"hi" == part({"filename": "a", "content": content, "encoding": "BASE64"}).get_payload(decode=True)


@pytest.mark.parametrize("content", ["aGk=aGk=", "aG*k", "a", "=aGk", "aGk-", "aGké"])
def test_base64_that_is_none(content: str) -> None:
    """Two texts in one, other letters, or a lone one are -1: bytes are never guessed."""
    assert "attachments[0].content is not base64" in refusal(
        {"filename": "a", "content": content, "encoding": "base64"}
    )


@pytest.mark.parametrize("content_type", ["Multipart/mixed", "MESSAGE/rfc822"])
def test_types_that_hold_parts_are_refused(content_type: str) -> None:
    """A type whose encoding would have to be another one is -1, in any case."""
    assert "cannot be" in refusal({"filename": "a", "content": "b", "content_type": content_type})


def test_a_packed_text_is_no_text() -> None:
    """A name that says "packed" makes no text of what it holds."""
    assert "application/octet-stream" == part({"filename": "log.gz", "content": "x"}).get_content_type()


def test_an_empty_file_stays_empty() -> None:
    """Nothing attached is nothing received."""
    assert b"" == part({"filename": "a.bin", "content": ""}).get_payload(decode=True)


def test_only_text_has_a_charset() -> None:
    """A text given for a file that is no text by its name has no charset."""
    json = part({"filename": "a.json", "content": "{}"})
    assert ("application/json", None) == (json.get_content_type(), json.get_content_charset())


def test_a_file_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that is there but not for us is -1 with its name and the system's words; one that is too large, too."""
    path = tmp_path / "a.log"
    path.write_bytes(b"x")

    def refused(*_: object, **__: object) -> object:
        raise error

    error: BaseException = PermissionError(13, "Permission denied")
    monkeypatch.setattr(attachments, "open", refused, raising=False)
    assert f"attachments[0].path cannot be read: {path}: Permission denied" == refusal({"path": str(path)})
    error = MemoryError()
    assert f"attachments[0].path is too large for this machine's memory: {path}" == refusal({"path": str(path)})


def test_a_file_is_not_in_memory_beside_its_base64(tmp_path: Path) -> None:
    """A mail with a big file takes little more memory than its base64 does."""
    size = 16 * 2**20
    path = tmp_path / "data.bin"
    path.write_bytes(os.urandom(size))
    tracemalloc.start()
    try:
        message = build({"path": str(path)})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * size
    assert path.read_bytes() == list(email.message_from_bytes(message).walk())[-1].get_payload(decode=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_fifo_is_no_file(tmp_path: Path) -> None:
    """What would be waited for, such as a FIFO, is -1 at once."""
    os.mkfifo(tmp_path / "pipe")
    assert "is no regular file" in refusal({"path": str(tmp_path / "pipe")})


@pytest.mark.parametrize(
    ("given", "kind", "charset"),
    [
        ("text/csv", "text/csv", "utf-8"),
        ("TEXT/CSV", "text/csv", "utf-8"),
        ("text/calendar; method=REQUEST", "text/calendar", "utf-8"),
        ("text/plain; charset=utf-8", "text/plain", "utf-8"),
        ('text/csv; Charset="ISO-8859-1"', "text/csv", "iso-8859-1"),
        ("application/json", "application/json", None),
        (None, "text/csv", "utf-8"),
    ],
)
def test_a_text_is_read_as_it_was_written(given: str | None, kind: str, charset: str | None) -> None:
    """Text made from content carries its charset, utf-8 or the one asked for, and is encoded in it."""
    got = part({"filename": "a.csv", "content": "Größe", "content_type": given})
    assert (kind, charset) == (got.get_content_type(), got.get_content_charset())
    payload = got.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert "Größe" == payload.decode(charset or "utf-8")


def test_bytes_get_no_charset(tmp_path: Path) -> None:
    """What was read from a file or from base64 has the charset its author says, or none."""
    (tmp_path / "a.csv").write_bytes(b"x")
    for given in ({"path": str(tmp_path / "a.csv")}, {"filename": "a.csv", "content": "eA==", "encoding": "base64"}):
        assert part({**given, "content_type": "text/csv"}).get_content_charset() is None


@pytest.mark.parametrize("charset", ["ascii", "nonsense", "hex", "cp1252"])
def test_a_charset_that_cannot_hold_the_text_is_refused(charset: str) -> None:
    """Letters are never lost without a word."""
    error = refusal({"filename": "a", "content": "日本", "content_type": f"text/plain; charset={charset}"})
    assert f'attachments[0].content_type names the charset "{charset}"' in error


@pytest.mark.parametrize(
    "name",
    [
        "report.csv",
        "Größe.csv",
        "日本語のファイル名はとても長いことがあります、そして折り返されます。pdf",
        'a"b;c.txt',
        "x" * 90,
        "😀.txt",
    ],
)
def test_old_readers_find_the_name_too(name: str) -> None:
    """Readers that know no filename* find the name, as encoded words, beside the type."""
    got = part({"filename": name, "content": "x"})
    old = got.get_param("name")
    assert isinstance(old, str)
    assert name == str(make_header(decode_header(re.sub("\r?\n", "", old))))
    assert name == got.get_filename()
    data = build({"filename": name, "content": "x"})
    assert max(len(line) for line in data.split(b"\r\n")) <= 78


def test_a_name_of_the_script_s_own_stays() -> None:
    """A type that names the file already is left as it is."""
    got = build({"filename": "a.txt", "content": "x", "content_type": 'text/plain; name="other.txt"'})
    assert [b' name="other.txt"; '] != re.findall(rb"name=", got)
    assert 1 == len(re.findall(rb"\bname=", got))


def test_types_do_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine's files or registry say of an ending changes no mail."""
    import mimetypes

    mimetypes.init()
    monkeypatch.setitem(mimetypes.types_map, ".csv", "application/vnd.ms-excel")
    assert "text/csv" == part({"filename": "a.csv", "content": "x"}).get_content_type()
    kinds = {"a.docx": "wordprocessingml.document", "a.xlsx": "spreadsheetml.sheet"}
    for name, kind in kinds.items():
        assert part({"filename": name, "content": ""}).get_content_type().endswith(kind)


@pytest.mark.parametrize("path", ["C:\temp\report.pdf", "D:\new\back.csv", "a\x1b[31m.txt"])
def test_a_path_that_lost_its_backslashes_says_so(path: str) -> None:
    """JSON read a tab where a folder was meant: the error shows it, says what to write, and prints nothing raw."""
    for error in (
        refusal({"path": path}),
        smtp.send(fields(None, ssl=True, tls={"ca_file": path})).error,
        smtp.send(fields(None, ssl=True, tls={"cert_file": path})).error,
    ):
        assert error.isprintable()
        assert "does not exist" in error
        assert r"write C:\\temp or C:/temp" in error


def test_a_long_path_is_cut() -> None:
    """An error stays one line that can be read."""
    assert 800 > len(refusal({"path": "x" * 1_000_000}))
