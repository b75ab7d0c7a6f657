"""The message: what is received decodes to what was given, and nothing else gets in."""

from __future__ import annotations

import base64
import email
import email.policy
import email.utils
import re
import time
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.mail import fields, send

from jsnpy.smtp.message import date, encode_text
from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.sending import Sending
from jsnpy.smtp.values import one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from pathlib import Path

    from support.mailserver import MailServer
    from support.scripted import ScriptedServer

TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from('\r\n\t\0\x1b\x7f\u2028=?_.,;:"\\<>@ é€😀'), max_size=200)
ODD = st.lists(st.sampled_from(list("\r\n\t .=?éa\0😀")), max_size=40).map("".join)
MODEST = settings(deadline=None, max_examples=150)


def build(**changes: Any) -> bytes:
    """Return the message of good fields with changes."""
    return Sending().prepare(fields(None, **changes)).message.data


def parsed(data: bytes) -> Message:
    """Return a message parsed as old mail readers do."""
    return email.message_from_bytes(data, policy=email.policy.compat32)


def decoded(value: object) -> str:
    """Return a header's text as a reader shows it."""
    return str(make_header(decode_header(re.sub(r"\r?\n", "", str(value)))))


def content(part: Message) -> str:
    """Return the text of a part."""
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8")


def canonical(text: str) -> str:
    """Return a text with the line ends of the wire."""
    return re.sub("\r\n|\r|\n", "\r\n", text)


def check_form(data: bytes, names: set[str] | None = None) -> None:
    """Fail if a message has bare line ends, bytes over 127, long lines, or headers that nobody asked for."""
    assert data.isascii()
    assert data.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", data)
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    head, _, _ = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        assert line.strip(), "a header line of blanks ends the headers for some readers"
    assert (names or set()) | {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
    } == set(parsed(data).keys())
    assert len(parsed(data).keys()) == len(set(parsed(data).keys()))


def test_a_plain_message_is_as_simple_as_can_be() -> None:
    """The headers of a plain mail are these, in this order; Date and Message-ID are there."""
    data = build()
    lines = data.decode().split("\r\n")
    assert ["From: Ann <ann@x.test>", "To: Bob <bob@y.test>", "Subject: Alert"] == lines[:3]
    assert re.fullmatch(r"Date: \w{3}, \d\d? \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", lines[3])
    assert re.fullmatch(r"Message-ID: <[0-9a-f.]+@x\.test>", lines[4])
    assert [
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 7bit",
        "",
        "The disk is full",
        "",
    ] == lines[5:]


def test_the_date_is_now_in_the_local_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Date has this machine's zone."""
    if hasattr(time, "tzset"):
        monkeypatch.setenv("TZ", "XYZ-05:30")
        time.tzset()
    try:
        date = email.utils.parsedate_to_datetime(str(parsed(build())["Date"]))
    finally:
        monkeypatch.undo()
        if hasattr(time, "tzset"):
            time.tzset()
    assert abs(date.timestamp() - time.time()) < 60
    if hasattr(time, "tzset"):
        assert 5.5 * 3600 == date.utcoffset().total_seconds()  # type: ignore[union-attr]


def test_message_ids_are_unique() -> None:
    """No two mails have the same Message-ID."""
    assert 50 == len({parsed(build())["Message-ID"] for _ in range(50)})


@MODEST
@given(TEXT | ODD)
def test_any_subject_arrives(subject: str) -> None:
    """A subject decodes to itself, line breaks and control characters as blanks, folded at 78."""
    data = build(subject=subject)
    check_form(data)
    assert one_line(subject) == decoded(parsed(data)["Subject"])
    head = data.partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 78
    for word in re.findall(rb"=\?utf-8\?[bq]\?[^?]*\?=", head):
        assert len(word) <= 75
        decode_header(word.decode())[0][0].decode("utf-8")  # whole characters


@MODEST
@given(TEXT | ODD)
def test_any_name_stays_one_address(name: str) -> None:
    """A display name decodes to itself and never becomes another address."""
    data = build(from_={"email": "a@x.test", "name": name}, to=[{"email": "b@y.test", "name": name}, "c@y.test"])
    check_form(data)
    message = parsed(data)
    shown = one_line(name).strip(" ")
    for header, addresses in (("From", ["a@x.test"]), ("To", ["b@y.test", "c@y.test"])):
        found = email.utils.getaddresses([re.sub(r"\r\n", "", message[header])])
        assert addresses == [address for _, address in found]
        assert shown == decoded(found[0][0])
    modern = email.message_from_bytes(data, policy=email.policy.SMTP)
    assert ["b@y.test", "c@y.test"] == [each.addr_spec for each in modern["To"].addresses]
    assert max(len(line) for line in data.split(b"\r\n")) <= 78 or max(map(len, shown.split(" "))) > 50


@pytest.mark.parametrize(
    "name",
    [
        "Doe, John",
        "x" * 100,
        "a, b; <c@d.test> " * 6,
        'say "hi"',
        "back\\slash",
        "(comment)",
        "=?utf-8?q?x?=",
        "Zoë, Zoë",
    ],
)
def test_awkward_names_arrive(mailserver: Callable[..., MailServer], name: str) -> None:
    """Commas, quotes and a hundred characters make one address on a real server."""
    server = mailserver()
    assert 0 == send(server, to={"email": "b@y.test", "name": name}).code
    (address,) = server.mails[0].message["To"].addresses
    assert (name.strip(), "b@y.test") == (address.display_name, address.addr_spec)
    assert ["b@y.test"] == server.mails[0].recipients


@pytest.mark.parametrize(
    "name",
    [
        '"' * 500,
        "\\" * 5000,
        "a" + " " * 2000 + "b",
        "x" * 5000,
        "Zoë, 😀 \u202eabc\u202c 日本 " * 20,
        "\u05d0\u05d1 \u0627\u0628, x",
        "👩\u200d👩\u200d👧" * 40,
    ],
)
def test_extreme_names_arrive(name: str) -> None:
    """Quotes, backslashes, blanks in thousands, emoji and right-to-left text stay one name of one address."""
    data = build(to=[{"email": "b@y.test", "name": name}, "c@y.test"], cc={"email": "d@y.test", "name": name})
    check_form(data, {"Cc"})
    for header, others in (("To", 1), ("Cc", 0)):
        found = email.utils.getaddresses([re.sub(r"\r\n", "", parsed(data)[header])])
        assert 1 + others == len(found)
        assert name.strip() == decoded(found[0][0])


@MODEST
@given(
    TEXT
    | ODD
    | st.text(alphabet="é\n", max_size=300)
    | st.text(alphabet="é b", min_size=80, max_size=300)
    | st.text(alphabet="ab .\r\n", max_size=2500)
)
def test_any_body_arrives(body: str) -> None:
    """A body decodes to itself with CRLF; only a last line without an end gets one in 7bit."""
    data = build(body=body)
    check_form(data)
    message = parsed(data)
    text = content(message)
    if message["Content-Transfer-Encoding"] != "base64" and not canonical(body).endswith("\r\n"):
        text = text.removesuffix("\r\n")
    assert canonical(body) == text


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("", "7bit"),
        ("hello\n", "7bit"),
        ("From me\n.\n..\n\ttab\n", "7bit"),
        ("x" * 998, "7bit"),
        ("x" * 999, "quoted-printable"),
        ("one long line, é, " + "without an end " * 20, "quoted-printable"),
        ("caf\u00e9 and some more text\n", "quoted-printable"),
        ("日本語のテキスト", "base64"),
        ("nul \0 here, and some more text\n", "quoted-printable"),
        ("delete \x7f here, and some more text\n", "quoted-printable"),
    ],
)
def test_the_shortest_encoding_is_taken(body: str, encoding: str) -> None:
    """7bit where it can be, else the shorter one of quoted-printable and base64."""
    data = build(body=body)
    check_form(data)
    assert encoding == parsed(data)["Content-Transfer-Encoding"]


def test_quoted_printable_keeps_its_lines() -> None:
    """A text in quoted-printable keeps its lines; only the blanks at their ends are encoded."""
    assert (b"quoted-printable", b"caf=C3=A9 au lait\r\nis hot=20\r\n\r\nand=09\r\nsweet") == encode_text(
        "café au lait\nis hot \n\nand\t\nsweet"
    )


@MODEST
@given(st.text(max_size=300))
def test_no_encoding_would_be_shorter(text: str) -> None:
    """The encoding taken is never longer than base64."""
    raw = canonical(text).encode()
    assert len(encode_text(text)[1]) <= max(len(raw), len(base64.encodebytes(raw)) * 78 // 77 + 2)


HEADER_NAMES = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=30
)


@MODEST
@given(HEADER_NAMES, TEXT | ODD)
def test_any_header_arrives_alone(name: str, value: str) -> None:
    """A header of the script's own decodes to itself and brings no other one."""
    name = f"X-{name}"
    data = build(headers={name: value})
    check_form(data, {name})
    assert one_line(value).strip() == decoded(parsed(data)[name]).strip()


@pytest.mark.parametrize("text", ["=?utf-8?q?x=0ABcc:_e@z.test?=", "a =?utf-8?b?eA==?= b", "=?", "?="])
def test_text_that_looks_encoded_arrives_as_it_is(text: str) -> None:
    """What looks like an encoded word is encoded itself, so that no reader decodes it."""
    message = parsed(build(subject=text, headers={"X-A": text}))
    assert [text, text] == [decoded(message["Subject"]), decoded(message["X-A"])]


@pytest.mark.parametrize("value", ["a" + " " * 2000 + "b", f"{'word ' * 12}{' ' * 60}end", f"a{' ' * 990}bcdefghijkl"])
def test_runs_of_blanks_make_no_long_lines(value: str) -> None:
    """A subject or header with hundreds of blanks in a row decodes to itself and has no line over 998 bytes."""
    data = build(subject=value, headers={"X-A": value})
    check_form(data, {"X-A"})
    message = parsed(data)
    assert [value, value] == [decoded(message["Subject"]), decoded(message["X-A"])]
    assert max(len(line) for line in data.partition(b"X-A")[0].split(b"\r\n")) <= 78


def test_long_ascii_headers_are_folded_not_encoded() -> None:
    """A long header of words is folded at 78 and unfolds to itself; a long word stays whole."""
    value = " ".join(f"<{number}.abcdefghijklmnop@x.test>" for number in range(20))
    data = build(headers={"References": value, "List-Unsubscribe": "<https://x.test/" + "u" * 200 + ">"})
    message = parsed(data)
    assert value == re.sub("\r\n", "", str(message["References"]))
    assert "u" * 200 in str(message["List-Unsubscribe"])
    assert max(len(line) for line in data.split(b"\r\n") if b"uuu" not in line) <= 78


@pytest.mark.parametrize("char", ["x", "é", "日", "😀", "=?", "x ", "é ", "é日 "])
@pytest.mark.parametrize("header", ["Subject", "X-A", "X" * 62, "X" * 69, "X" * 75])
def test_lines_of_every_length_fold(header: str, char: str) -> None:
    """Whatever the length of name and value, lines have 78 bytes at the most, encoded words 75."""
    for size in (*range(1, 90), 5000):
        value = (char * size)[: 5000 if size > 90 else 200].strip()
        data = build(**({"subject": value} if header == "Subject" else {"headers": {header: value}}))
        check_form(data, {header})
        assert value == decoded(parsed(data)[header]).strip()
        lines = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
        plain = char == "x" and header != "Subject" and size < 990 - len(header)
        if not plain:
            assert max(map(len, lines)) <= 78
        assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?[bq]\?[^?]*\?=", data))


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("w" * 73 + " end", ["X-A: " + "w" * 73, " end"]),
        ("w" * 69 + " end", ["X-A: " + "w" * 69 + " end"]),
        ("w" * 70 + " end", ["X-A: " + "w" * 70, " end"]),
        ("w" * 200 + " end", ["X-A: " + "w" * 200, " end"]),
        ("a " + "w" * 200 + " end", ["X-A: a", " " + "w" * 200, " end"]),
        ("w" * 70 + "   end", ["X-A: " + "w" * 70, "   end"]),
        ("a b " * 17 + "a  bbb", ["X-A: " + "a b " * 17 + "a", "  bbb"]),
    ],
)
def test_where_a_header_folds(value: str, lines: list[str]) -> None:
    """A line is broken before the last blank that keeps it within 78, else the first; never in a run of blanks."""
    head = build(headers={"X-A": value}).decode().partition("\r\nX-A")[2].partition("\r\nAuto-")[0]
    assert lines == f"X-A{head}".split("\r\n")


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("a b (1).txt", 'filename="a b (1).txt"'),
        ("x" * 60, 'filename="' + "x" * 60 + '"'),
        ("é.txt", "filename*=utf-8''%C3%A9.txt"),
        ('a"b', "filename*=utf-8''a%22b"),
        ("x" * 61, "filename*0*=utf-8''" + "x" * 57 + ";\r\n filename*1*=xxxx"),
    ],
)
def test_how_a_file_name_is_written(name: str, parameter: str) -> None:
    """A simple name is quoted, any other encoded, and only a long one in several parts."""
    data = build(attachments=[{"filename": name, "content": "x"}]).decode()
    assert f"Content-Disposition: attachment;\r\n {parameter}\r\n\r\n" in data


ADDRESSES = st.text(st.characters(codec="utf-8") | st.sampled_from('@.<>"\\ ,;\r\n\t()[]:'), max_size=30)


@settings(deadline=None, max_examples=300)
@given(ADDRESSES.map(lambda text: f"{text}@x.test") | ADDRESSES | ADDRESSES.map(lambda text: f"a@{text}"))
def test_no_address_adds_another(address: str) -> None:
    """An address is refused, or is exactly one mailbox in envelope and header, without SMTP parameters."""
    try:
        mail = Sending().prepare(fields(to=address))
    except SendFailure:
        return
    (recipient,) = mail.envelope.recipients
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", recipient.wire)
    outside = re.sub(r'^"(?:[^"\\]|\\.)*"', "", recipient.wire)
    assert not re.search(r"[\s<>,;:]", re.sub(r"@\[[^]]*\]$", "", outside))
    assert 1 == outside.count("@")
    lines = [line for line in mail.message.data.split(b"\r\n") if line.startswith(b"To: ")]
    assert [b"To: " + recipient.wire.encode()] == lines


INJECTIONS = [
    "x\r\nBcc: evil@z.test",
    "x\nBcc: evil@z.test",
    "x\rBcc: evil@z.test",
    "x\r\n\r\nbody",
    "x\n",
    "=?utf-8?q?x=0ABcc:_evil@z.test?=",
    "=?utf-8?b?eApCY2M6IGV2aWxAei50ZXN0?=",
    "x\u2028Bcc: evil@z.test",
    "x\x85Bcc: evil@z.test",
    "x\x0bBcc: evil@z.test",
    "x\0Bcc: evil@z.test",
    ">\r\nRCPT TO:<evil@z.test>",
    "a@x.test,evil@z.test",
]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("field", ["subject", "from", "to", "header", "filename", "reply_to"])
def test_nothing_can_be_injected(mailserver: Callable[..., MailServer], field: str, text: str) -> None:
    """No text in a name, subject, header value or file name adds a header or a recipient, for a real server either."""
    all_changes: dict[str, dict[str, Any]] = {
        "subject": {"subject": text},
        "from": {"from_": {"email": "a@x.test", "name": text}},
        "to": {"to": {"email": "b@y.test", "name": text}},
        "header": {"headers": {"X-A": text}},
        "filename": {"attachments": [{"filename": text, "content": "x"}]},
        "reply_to": {"reply_to": {"email": "r@y.test", "name": text}},
    }
    changes = {"to": "b@y.test", **all_changes[field]}
    server = mailserver()
    assert 0 == send(server, **changes).code
    (mail,) = server.mails
    assert ["b@y.test"] == mail.recipients
    allowed = {"from", "to", "subject", "date", "message-id", "mime-version", "content-type", "x-peer", "x-mailfrom"}
    allowed |= {"content-transfer-encoding", "auto-submitted", "x-a", "x-rcptto", "reply-to"}
    for message in (mail.message, parsed(mail.content)):
        assert allowed >= {name.lower() for name in message.keys()}  # noqa: SIM118 - a message's keys
        assert 1 == len(message.get_all("From", []))


@pytest.mark.parametrize("field", ["to", "from_", "cc", "bcc", "reply_to"])
@pytest.mark.parametrize("text", INJECTIONS)
def test_no_address_field_can_be_injected_into(field: str, text: str) -> None:
    """An address with anything of that kind is -1."""
    for address in (text, f"{text}@x.test", f"a@{text}"):
        try:
            mail = Sending().prepare(fields(**{field: {"email": address}}))
        except SendFailure:
            continue
        # What is legal, such as "=?utf-8?b?x?=" before the @, is one address and nothing more.
        assert len(mail.envelope.recipients) <= 2
        assert b"evil@z.test\r\n" not in mail.message.data
        assert not re.search(rb"^Bcc", mail.message.data, re.MULTILINE | re.IGNORECASE)


def test_dots_and_from_lines_survive(mailserver: Callable[..., MailServer]) -> None:
    """Lines of dots and "From " lines arrive as they were."""
    body = ".\n..\n.a\nFrom me\n>From you\n.\r.\n"
    server = mailserver()
    assert 0 == send(server, body=body).code
    assert canonical(body) == server.mails[0].body


def test_dots_are_stuffed_on_the_wire(scripted: Callable[..., ScriptedServer]) -> None:
    """Every line that begins with a dot has one more on the wire."""
    server = scripted()
    assert 0 == send(server, body=".\n.a\nb.\n..\n").code
    assert server.messages[0].endswith(b"\r\n\r\n..\r\n..a\r\nb.\r\n...\r\n")


# --- parts


def test_html_and_text_are_alternatives() -> None:
    """Both texts go as multipart/alternative, the plain one first, and both decode exactly."""
    message = parsed(build(body="plain é", html="<b>é</b>\n"))
    assert "multipart/alternative" == message.get_content_type()
    _, plain, html = message.walk()
    assert ("text/plain", "plain é") == (plain.get_content_type(), content(plain))
    assert ("text/html", "<b>é</b>\r\n") == (html.get_content_type(), content(html))


def test_html_alone_is_one_part() -> None:
    """Without a body the mail is text/html."""
    message = parsed(build(body=None, html="<b>x</b>"))
    assert ("text/html", "<b>x</b>") == (message.get_content_type(), content(message).strip())


def test_the_whole_tree() -> None:
    """Body, html with an inline image, and a file: mixed(alternative(plain, related(html, image)), file)."""
    message = parsed(
        build(
            html='<img src="cid:logo@x">',
            attachments=[
                {"filename": "a.csv", "content": "é;1\n"},
                {"filename": "logo.png", "content": "iVBORw0KGgo=", "encoding": "base64", "cid": "logo@x"},
            ],
        )
    )
    assert [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/csv",
    ] == [part.get_content_type() for part in message.walk()]
    image, csv = [part for part in message.walk() if part.get_filename()]
    assert ("logo.png", "inline", "<logo@x>", b"\x89PNG\r\n\x1a\n") == (
        image.get_filename(),
        image.get_content_disposition(),
        image["Content-ID"],
        image.get_payload(decode=True),
    )
    assert ("a.csv", "attachment", "é;1\n", "utf-8") == (
        csv.get_filename(),
        csv.get_content_disposition(),
        content(csv),
        csv.get_content_charset(),
    )


def test_readers_find_nothing_wrong() -> None:
    """A message with parts in parts, each of any encoding, has no defect for a strict reader: each part ends."""
    data = build(
        body="é" * 100,
        html='<img src="cid:logo">日本',
        attachments=[
            {"filename": "a.csv", "content": ""},
            {"filename": "é.bin", "content": "AAAA", "encoding": "base64", "cid": "logo"},
        ],
    )
    message = email.message_from_bytes(data, policy=email.policy.SMTP.clone(raise_on_defect=True))
    assert 7 == len([part for part in message.walk() if not part.defects])
    for part in message.walk():
        if part.is_multipart():
            assert data.count(f"--{part.get_boundary()}--\r\n".encode()) == 1


def test_a_cid_without_html_is_a_file() -> None:
    """An inline image that nothing shows is attached."""
    message = parsed(build(attachments=[{"filename": "a.png", "content": "", "cid": "x"}]))
    assert ["multipart/mixed", "text/plain", "image/png"] == [part.get_content_type() for part in message.walk()]


@MODEST
@given(st.text(min_size=1, max_size=120))
def test_any_file_name_arrives(name: str) -> None:
    """A file name decodes to itself, control characters as blanks."""
    shown = one_line(name).strip(" ")
    assume(shown.strip())
    data = build(attachments=[{"filename": name, "content": "x"}])
    assert max(len(line) for line in data.split(b"\r\n")) <= 90
    (part,) = [part for part in parsed(data).walk() if part.get_content_disposition() == "attachment"]
    assert shown.strip() == part.get_filename()  # which strips


@MODEST
@given(st.binary(max_size=400) | st.integers(0, 3).map(lambda extra: bytes(range(256)) * 1000 + b"x" * extra))
def test_any_bytes_arrive(data: bytes) -> None:
    """Attached bytes decode to themselves, in lines of 76."""
    made = build(attachments=[{"filename": "a.bin", "content": base64.b64encode(data).decode(), "encoding": "base64"}])
    (part,) = [part for part in parsed(made).walk() if part.get_filename()]
    assert data == part.get_payload(decode=True)
    assert max(len(line) for line in made.split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    ("attachment", "content_type"),
    [
        ({"filename": "a.txt"}, "text/plain; charset=utf-8"),
        ({"filename": "a.log"}, "text/plain; charset=utf-8"),
        ({"filename": "noextension"}, "text/plain; charset=utf-8"),
        ({"filename": "a.pdf", "encoding": "base64"}, "application/pdf"),
        ({"filename": "noextension", "encoding": "base64"}, "application/octet-stream"),
        ({"filename": "a.eml"}, "application/octet-stream"),
        ({"filename": "a.tar.gz", "encoding": "base64"}, "application/octet-stream"),
        ({"filename": "a", "content_type": 'text/x; m=REQUEST; x="a;b"; y=z'}, 'text/x; m=REQUEST; x="a;b"; y=z'),
    ],
)
def test_content_types(attachment: dict[str, str], content_type: str) -> None:
    """A type is taken as given or comes of the name; text has its charset."""
    message = parsed(build(attachments=[{"content": "", **attachment}]))
    assert re.sub(r"\s+", " ", str(message.get_payload(1)["Content-Type"])).startswith(content_type)  # type: ignore[index]


def test_a_path_is_attached(tmp_path: Path) -> None:
    """A file on disk goes with its name, or another one."""
    path = tmp_path / "Journal é.log"
    path.write_bytes(b"\xff\x00")
    message = parsed(build(attachments=[{"path": str(path)}, {"path": str(path), "filename": "b.bin"}]))
    names = [(part.get_filename(), part.get_payload(decode=True)) for part in message.walk() if part.get_filename()]
    assert [("Journal é.log", b"\xff\x00"), ("b.bin", b"\xff\x00")] == names


def test_cc_and_reply_to_are_headers() -> None:
    """The addresses of cc and reply_to are in the headers, one address a line."""
    message = parsed(build(cc=["c@y.test", {"email": "d@y.test", "name": "D, E"}], reply_to="r@x.test"))
    assert ('c@y.test,\r\n "D, E" <d@y.test>', "r@x.test") == (message["Cc"], message["Reply-To"])


def test_a_big_attachment_takes_little_memory(tmp_path: Path) -> None:
    """Building a mail with 20 MB takes about three times its size at the most, in under two seconds."""
    import tracemalloc

    path = tmp_path / "big.bin"
    path.write_bytes(bytes(range(256)) * 78125)
    given_fields = fields(attachments=[{"path": str(path)}])
    tracemalloc.start()
    started = time.monotonic()
    data = Sending().prepare(given_fields).message.data
    took = time.monotonic() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(data) > 27_000_000
    assert peak < 3.2 * 20_000_000
    assert took < 5


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process cannot be changed on Windows")
@MODEST
@given(st.integers(0, 2**32), st.sampled_from(["UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "XYZ+03:30"]))
def test_the_date_is_the_moment_in_local_time(seconds: int, zone: str) -> None:
    """Date names the moment it is made, with the local zone's offset, as every mail reader understands it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        told, local = date(seconds), time.localtime(seconds)
    time.tzset()
    assert email.utils.parsedate_to_datetime(told).timestamp() == seconds
    assert time.strptime(told[:-6], "%a, %d %b %Y %H:%M:%S")[:7] == local[:7]
