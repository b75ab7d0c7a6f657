"""Headers a script gives: those that hold addresses, those given twice, those we add ourselves."""

from __future__ import annotations

import email
import email.policy
import re
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mail import fields, send

from jsnpy import smtp
from jsnpy.smtp.request import ADDRESS_HEADERS
from jsnpy.smtp.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from support.mailserver import MailServer


def built(headers: dict[str, object], **changes: object) -> Message:
    """Return the message with headers, as old mail readers see it."""
    data = Sending().prepare(fields(None, headers=headers, **changes)).message.data
    return email.message_from_bytes(data, policy=email.policy.compat32)


def refusal(headers: dict[str, object]) -> str:
    """Return why a mail with headers is refused, which is -1."""
    result = smtp.send(fields(None, headers=headers))
    assert smtp.Code.ARGUMENT == result.code
    return result.error


@pytest.mark.parametrize("name", [*sorted(ADDRESS_HEADERS), "Reply-To", "SENDER"])
def test_only_the_name_of_an_address_header_is_encoded(name: str) -> None:
    """The address stays readable for every server, whatever the name beside it."""
    value = str(built({name: "Jürgen <j@bücher.test>"})[name])
    assert value.endswith(" <j@xn--bcher-kva.test>")
    assert "Jürgen" == str(make_header(decode_header(value.partition(" <")[0])))


@pytest.mark.parametrize("name", sorted(ADDRESS_HEADERS))
@pytest.mark.parametrize("length", range(20, 70, 7))
def test_an_encoded_name_fits_its_line(name: str, length: int) -> None:
    """However long a header's own name is, the encoded words after it make no line of more than 78."""
    headers = {name: f"{'ü' * length} <j@x.test>"}
    head, _, _ = Sending().prepare(fields(None, headers=headers)).message.data.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_address_headers_hold_lists() -> None:
    """Several addresses are folded one a line, with either separator."""
    value = str(built({"Reply-To": 'a@x.test; "Lee, Ann" <b@y.test>,'})["Reply-To"])
    assert 'a@x.test,\n "Lee, Ann" <b@y.test>' == value.replace("\r", "")


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("Reply-To", "Jürgen", '"Jürgen" has no @'),
        ("Sender", "a@x.test, b@x.test", "must be one address, not 2"),
        ("Errors-To", "a\u200b@x.test", "invisible character U+200B"),
        ("Disposition-Notification-To", "a@x.test\r\nBcc: c@z.test", "Disposition-Notification-To"),
        ("Reply-To", 5, '"5" has no @'),
        ("Reply-To", {"email": "a@x.test"}, "must be a string, not an object"),
    ],
)
def test_an_address_header_without_an_address_is_refused(name: str, value: object, why: str) -> None:
    """What servers would refuse, or deliver to nobody, is -1 and named."""
    error = refusal({name: value})
    assert error.startswith(f'headers["{name}"]')
    assert why in error


@pytest.mark.parametrize("empty", ["", " ", None])
def test_an_empty_address_header_is_left_out(empty: object) -> None:
    """A header of addresses must hold one."""
    assert "Reply-To" not in built({"Reply-To": empty})


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60) | st.text(st.sampled_from('ab@.<>,;"\\\r\n :é'), max_size=40))
def test_nothing_gets_out_of_an_address_header(value: str) -> None:
    """A value is refused, or stands alone in its header, which holds nothing but addresses."""
    result = smtp.send(fields(None, port=1, headers={"Reply-To": value}, timeout=0.001))
    if smtp.Code.ARGUMENT == result.code:
        return
    message = built({"Reply-To": value})
    assert 1 >= len(message.get_all("Reply-To", []))
    assert {"from", "to", "reply-to"} >= {name.lower() for name in message if "@" in str(message[name])} - {
        "message-id"
    }
    lines = [re.sub("\r?\n", "", str(line)) for line in message.get_all("Reply-To", [])]
    for _, address in getaddresses(lines):
        assert "@" in address


@pytest.mark.parametrize(
    ("headers", "second"),
    [
        ({"Reply-To": "a@x.test", "reply-to": "b@x.test"}, "reply-to"),
        ({"X-Alert": "1", "X-ALERT": "1"}, "X-ALERT"),
        ({"List-ID": "", "List-Id": ""}, "List-Id"),
    ],
)
def test_one_header_in_two_spellings_is_refused(headers: dict[str, object], second: str) -> None:
    """Names differ by more than their case; nobody can tell which of the two was meant."""
    assert f'headers["{second}"] is there twice' in refusal(headers)


def test_a_header_of_null_is_not_there() -> None:
    """Null beside another spelling is no second header."""
    assert "1" == built({"X-Alert": None, "X-ALERT": 1})["X-Alert"]


def test_an_alert_says_that_no_person_wrote_it(mailserver: Callable[..., MailServer]) -> None:
    """Auto-Submitted keeps out-of-office answers away; a script may say otherwise, in any spelling."""
    server = mailserver()
    for headers in (None, {"Auto-Submitted": "no"}, {"auto-submitted": "auto-replied"}, {"Auto-Submitted": None}):
        assert 0 == send(server, headers=headers).code
    values = [mail.message.get_all("Auto-Submitted") for mail in server.mails]
    assert [["auto-generated"], ["no"], ["auto-replied"], ["auto-generated"]] == values


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("secure", "ssl"),
        ("Secure", "ssl"),
        ("subjet", "subject"),
        ("replyTo", "reply_to"),
        ("envelopeFrom", "envelope_from"),
        *((name, None) for name in ("priority", "sender", "importance", "charset", "dsn")),
    ],
)
def test_an_unknown_field_is_only_guessed_where_something_is_near(field: str, meant: str | None) -> None:
    """The log names what is not read, and a field that was probably meant."""
    lines: list[str] = []
    from jsnpy.smtp.request import parse

    parse({**fields(), field: "x"}, ".", lines.append)
    assert [f'unknown field "{field}" ignored' + (f'; did you mean "{meant}"?' if meant else "")] == lines
