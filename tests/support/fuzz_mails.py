"""Fuzz targets for what mails are made of and read from: address lists, and the dry run's page of any mail."""

from __future__ import annotations

import email
import io
from email import policy
from html.parser import HTMLParser
from unicodedata import category

from jsnpy.dryrun.caught import CaughtMail
from jsnpy.dryrun.page import Entry, write
from jsnpy.dryrun.report import report
from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.sending import Sending

ADDRESS_SEEDS = [
    b'a@x.test; Bob <b@y.test>, "Doe, Ann" <c@z.test>;',
    b'Ann "the\\" boss" <a@x.test>',
    "J\u00fcrgen <j@b\u00fccher.test>, \u200bb@y.test".encode(),
    b'"a,b"@x.test, c@[127.0.0.1]; <d@x.test>',
    "Je\U0008410bb@y.test;".encode(),
]
PAGE_SEEDS = [
    b'From: A <a@x.test>\r\nTo: "B, C" <b@y.test>\r\nSubject: =?utf-8?q?=C3=A9?=\r\n\r\nbody\r\n',
    b"Content-Type: text/html\r\n\r\n<p>Hi</p><script>\r\n",
    b"Content-Disposition: attachment; filename*=utf-8''%3Cx%3E.csv\r\n\r\na;b\r\n",
    b"Content-Disposition: attachment; filename*=utf-\0008''%3Cx%3E.csv\r\n\r\na;b\r\n",
    b"Content-Type: text/html; charset*=u\0''x%41\r\n\r\n<p>Hi</p>\r\n",
]
_HEADERS = {"from", "to", "subject", "date", "message-id", "mime-version", "auto-submitted", "reply-to"}
_HEADERS |= {"content-type", "content-transfer-encoding"}


def addresses(data: bytes) -> None:
    """Any text as recipients or Reply-To is refused, or names at most one person a separator, in one header."""
    text = data.decode("utf-8", "replace")
    mail = {"host": "h", "port": 25, "from": "a@x.test", "subject": "", "body": ""}
    for given in (
        {"to": text},
        {"to": "b@y.test", "headers": {"Reply-To": text}},
        {"to": [text], "envelope_from": text},
    ):
        try:
            built = Sending().prepare(mail | given)
        except SendFailure:
            continue
        most = 1 + text.count(",") + text.count(";")
        assert len(built.envelope.recipients) <= most
        for each in [*built.envelope.recipients, built.envelope.sender]:
            # What no Unicode of this Python has yet may be a letter in the receiver's.
            assert all(char.isprintable() or category(char) in ("Cn", "Co") for char in each.wire)
            assert not set(each.wire.rpartition('"')[2]) & set("<>, ;\r\n")
        message = email.message_from_bytes(built.message.data, policy=policy.compat32)
        assert {name.lower() for name in message.keys()} <= _HEADERS  # noqa: SIM118 - a message's keys
        assert len(message.keys()) == len(set(message.keys()))


class _Elements(HTMLParser):
    """What a browser may load or run of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        assert tag not in ("img", "object", "embed", "link", "form", "base", "video", "audio"), tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name != "src", name
            assert name != "href" or not (value or "").lower().lstrip().startswith("javascript:"), value
            assert tag != "iframe" or name != "sandbox" or value == "", value


def pages(data: bytes) -> None:
    """Any mail has a page and a text: one script, which is ours, nothing to load, nothing a terminal would obey."""
    page = io.StringIO()
    write(
        page, [Entry(name="001.eml", raw=data, sender="a@x.test", recipients=["b@y.test"], dialogue=["S: 220"])], "box"
    )
    elements = _Elements()
    elements.feed(page.getvalue())
    assert elements.scripts == 1
    text = report(CaughtMail(number=1, sender="", recipients=["b@y.test"], raw=data))
    assert not [char for char in text if char not in "\n\t" and (char < " " or "\x7f" <= char <= "\x9f")]
