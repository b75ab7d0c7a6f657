"""Attachments: what a careless or hostile script gives, and files that cannot be read."""

from __future__ import annotations

import email
import email.policy
import re
import sys
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
    (line,) = re.findall(rb"\r\nContent-Type: (text/plain *; *[^c ].*)\r\nContent-Transfer", data)
    assert re.fullmatch(rb'text/plain *; *(a=b|X="a: b")', line)


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
    assert "application/octet-stream" == part({"filename": "log.gz", "content": "x"})["Content-Type"]


def test_an_empty_file_stays_empty() -> None:
    """Nothing attached is nothing received."""
    assert b"" == part({"filename": "a.bin", "content": ""}).get_payload(decode=True)


def test_only_text_has_a_charset() -> None:
    """A text given for a file that is no text by its name has no charset."""
    assert "application/json" == part({"filename": "a.json", "content": "{}"})["Content-Type"]


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_fifo_is_no_file(tmp_path: Path) -> None:
    """What would be waited for, such as a FIFO, is -1 at once."""
    import os

    os.mkfifo(tmp_path / "pipe")
    assert "is no regular file" in refusal({"path": str(tmp_path / "pipe")})
