"""Texts of several addresses, as legacy scripts write them, and who ends up in the envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mail import fields, send

from jsnpy.smtp.address_lists import BadList, parse_list
from jsnpy.smtp.addresses import BadAddress, parse_address
from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.request import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.mailserver import MailServer

    from jsnpy.smtp.request import Request


def request(**changes: Any) -> Request:
    """Return the checked mail of good fields with changes."""
    return parse(fields(None, **changes), ".", lambda _: None)


def refusal(**changes: Any) -> str:
    """Return why a mail is refused."""
    with pytest.raises(SendFailure) as caught:
        request(**changes)
    return caught.value.sentence(str)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("a@x.test", [("", "a@x.test")]),
        (" a@x.test ", [("", "a@x.test")]),
        ("<a@x.test>", [("", "a@x.test")]),
        ("Ann <a@x.test>", [("Ann", "a@x.test")]),
        ("Ann<a@x.test>", [("Ann", "a@x.test")]),
        ("Ann Lee (ops) <a@x.test>", [("Ann Lee (ops)", "a@x.test")]),
        ('"Lee, Ann" <a@x.test>', [("Lee, Ann", "a@x.test")]),
        ('"Lee; Ann" <a@x.test>', [("Lee; Ann", "a@x.test")]),
        (r'"Ann \"the <boss>\" \\ Lee" <a@x.test>', [(r'Ann "the <boss>" \ Lee', "a@x.test")]),
        ('Ann "the boss" Lee <a@x.test>', [('Ann "the boss" Lee', "a@x.test")]),
        ("a@x.test <a@x.test>", [("a@x.test", "a@x.test")]),
        ("Jürgen Groß <j@x.test>", [("Jürgen Groß", "j@x.test")]),
        ('"a,b"@x.test', [("", '"a,b"@x.test')]),
        ("a@x.test,b@y.test", [("", "a@x.test"), ("", "b@y.test")]),
        ("a@x.test; b@y.test", [("", "a@x.test"), ("", "b@y.test")]),
        ("a@x.test; b@y.test, c@z.test", [("", "a@x.test"), ("", "b@y.test"), ("", "c@z.test")]),
        ("a@x.test;", [("", "a@x.test")]),
        ("a@x.test , ", [("", "a@x.test")]),
        ('"Lee, Ann" <a@x.test>; Bob <b@y.test>,', [("Lee, Ann", "a@x.test"), ("Bob", "b@y.test")]),
        ("a@[127.0.0.1], b@[IPv6:::1]", [("", "a@[127.0.0.1]"), ("", "b@[IPv6:::1]")]),
    ],
)
def test_what_a_text_holds(text: str, addresses: list[tuple[str, str]]) -> None:
    """A text holds one address or several, with names or without; the last separator ends the list."""
    assert addresses == [(each.name, each.wire) for each in parse_list(text)]


@pytest.mark.parametrize(
    ("text", "piece", "why"),
    [
        ("", "", "is empty"),
        (" ", " ", "is empty"),
        (";", ";", "a separator with no address before it"),
        ("a@x.test;;b@y.test", "a@x.test;;b@y.test", "a separator with no address before it"),
        ("a@x.test; ;", "a@x.test; ;", "a separator with no address before it"),
        (", a@x.test", ", a@x.test", "a separator with no address before it"),
        ("a@x.test; b", " b", "has no @"),
        ("a@x.test b@y.test", "a@x.test b@y.test", "has a @ before the @; several addresses are separated by , or ;"),
        ("Ann a@x.test", "Ann a@x.test", "has a blank before the @"),
        ("Ann <a@x.test", "Ann <a@x.test", "must be the address alone"),
        ("Ann a@x.test>", "Ann a@x.test>", "has a > without a <"),
        ("Ann <a@x.test> junk", "Ann <a@x.test> junk", "must be the address alone"),
        ("Ann <b@x.test> <a@x.test>", "Ann <b@x.test> <a@x.test>", "more than one <"),
        ("a@x.test> <b@y.test>", "a@x.test> <b@y.test>", "more than one <"),
        ("Ann <>", "Ann <>", "is empty"),
        (r"Ann <a\>, b@y.test", r"Ann <a\>", "has no @"),
        ("Ann <a@x.test, b@x.test>", "Ann <a@x.test, b@x.test>", "one address"),
        ("a@x.test\nBcc: <c@z.test>", "a@x.test\nBcc: <c@z.test>", "line break or control character"),
        ("a@x.test,\nb@y.test", "\nb@y.test", "line break or control character"),
        ('Ann "Lee <a@x.test>, b@y.test', 'Ann "Lee <a@x.test>, b@y.test', "must be the address alone"),
    ],
)
def test_what_is_wrong_in_a_text_is_named(text: str, piece: str, why: str) -> None:
    """The part that is no address is named with the reason, and nothing of the text is used."""
    with pytest.raises(BadList) as caught:
        parse_list(text)
    assert piece == caught.value.piece
    assert why in str(caught.value)


def test_a_name_with_a_comma_but_no_quotes_is_explained() -> None:
    """The classic mistake has its cure in the error."""
    error = refusal(to="Lee, Ann <a@x.test>")
    assert error.startswith('to "Lee" has no @; a name with a comma or semicolon needs quotes')


ATOM = st.text("abcdefghijklmnopqrstuvwxyz0123456789.é!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=12)
NAME = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), max_size=30).map(
    lambda name: name.strip(" ")
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(NAME, ATOM), min_size=1, max_size=6), st.data())
def test_what_was_put_together_comes_apart(people: list[tuple[str, str]], data: st.DataObject) -> None:
    """Whatever stands in quoted names and whichever separators are used, a list gives back names and addresses."""
    written = []
    for name, local in people:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        written.append(f'"{quoted}" <{local}@x.test>' if name else f"{local}@x.test")
    text = written[0]
    for each in written[1:]:
        text += data.draw(st.sampled_from([",", ";", ", ", "; ", " ; "])) + each
    text += data.draw(st.sampled_from(["", ",", ";", " ; "]))
    assert [(name, f"{local}@x.test") for name, local in people] == [
        (each.name, each.wire) for each in parse_list(text)
    ]


@settings(deadline=None, max_examples=400)
@given(st.text(st.sampled_from('ab@.,;<>"\\ \n\u200b()é') | st.characters(codec="utf-8"), max_size=40))
def test_no_text_gives_more_than_it_shows(text: str) -> None:
    """Whatever the text, it is refused or gives at most one address a separator, each valid by itself."""
    try:
        found = parse_list(text)
    except BadList:
        return
    assert len(found) <= 1 + text.count(",") + text.count(";")
    for each in found:
        assert each.wire == parse_address(each.email).wire
        assert each.email in text
        assert "\n" not in each.name


@pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to"])
@pytest.mark.parametrize(
    "value",
    ["a@x.test; Bob <b@y.test>", ["a@x.test", "Bob <b@y.test>"], ["a@x.test, Bob <b@y.test>,"], ("a@x.test;b@y.test",)],
)
def test_each_field_of_recipients_takes_lists(field: str, value: object) -> None:
    """A text, an array and an array of texts name the same people in each field."""
    made = request(**{field: value})
    assert ["a@x.test", "b@y.test"] == [each.wire for each in getattr(made, field)]


def test_from_is_one_address() -> None:
    """The sender may have a name in a text, and is one only."""
    made = request(from_="Ann <a@x.test>")
    assert ("Ann", "a@x.test") == (made.sender.name, made.sender.wire)
    assert "from must be one address, not 2" in refusal(from_="a@x.test, b@x.test")


def test_an_email_in_an_object_is_one_address_alone() -> None:
    """Neither a list nor a name is taken there: an object has a field for each."""
    for email in ("a@x.test; b@y.test", "Ann <a@x.test>", "a@x.test,"):
        assert "to[1].email" in refusal(to=["c@x.test", {"email": email}])


@pytest.mark.parametrize(
    ("changes", "to", "people"),
    [
        ({"to": None, "bcc": "b@y.test"}, "undisclosed-recipients:;", ["b@y.test"]),
        ({"to": "", "bcc": ["b@y.test", "c@y.test"]}, "undisclosed-recipients:;", ["b@y.test", "c@y.test"]),
        ({"to": [], "cc": "b@y.test"}, None, ["b@y.test"]),
        ({"to": None, "cc": "b@y.test", "bcc": "c@y.test"}, None, ["b@y.test", "c@y.test"]),
    ],
)
def test_a_mail_needs_no_to(
    mailserver: Callable[..., MailServer], changes: dict[str, Any], to: str | None, people: list[str]
) -> None:
    """With bcc alone the receivers are undisclosed; with cc there is no To at all."""
    server = mailserver()
    assert 0 == send(server, **changes).code
    (mail,) = server.mails
    assert people == mail.recipients
    assert to == mail.message["To"]
    assert mail.message["Bcc"] is None


def test_without_any_recipient_nothing_is_sent() -> None:
    """Only reply_to, or nothing, is -1."""
    assert "to is missing" == refusal(to=None, reply_to="a@x.test")


@pytest.mark.parametrize(
    ("char", "named"),
    [
        ("\u200b", "invisible character U+200B"),
        ("\u2060", "invisible character U+2060"),
        ("\ufeff", "invisible character U+FEFF"),
        ("\u00ad", "invisible character U+00AD"),
        ("\u200d", "invisible character U+200D"),
        ("\u202e", "invisible character U+202E"),
        ("\U000e0041", "invisible character U+E0041"),
        ("\u3164", "invisible character U+3164"),
        ("\ufe0f", "invisible character U+FE0F"),
        ("\u180b", "invisible character U+180B"),
        ("\U000e0101", "invisible character U+E0101"),
        ("\ufffd", "U+FFFD, which stands for a character that was lost"),
        ("\u00a0", "blank U+00A0"),
        ("\u2003", "blank U+2003"),
        ("\u3000", "blank U+3000"),
        ("\t", "line break or control character U+0009"),
        ("\x85", "line break or control character U+0085"),
        ("\u2029", "line break or control character U+2029"),
    ],
)
@pytest.mark.parametrize("address", ["{}b@y.test", "b{}c@y.test", "b@{}y.test", "b@y.te{}st", "b@y.test{}"])
def test_what_cannot_be_seen_is_named(address: str, char: str, named: str) -> None:
    """A character pasted along with an address is -1 and named, wherever it stands."""
    text = address.format(char)
    with pytest.raises(BadAddress, match=named.replace("+", r"\+")):
        parse_address(text)
    for value in (text, {"email": text}, f"Bob <{text}>", f"a@x.test; {text}; c@x.test"):
        assert named in refusal(to=value)
    assert named in refusal(envelope_from=text)


@pytest.mark.parametrize("field", ["host", "tls", "helo"])
@pytest.mark.parametrize("char", ["\u200b", "\u00ad", "\ufeff", "\u00a0"])
def test_what_cannot_be_seen_in_a_host_is_named(field: str, char: str) -> None:
    """The mapping of international names would drop it, and reach another host than the one shown."""
    name = f"mail{char}.test"
    changes: dict[str, Any] = {"tls": {"server_name": name}, "ssl": True} if field == "tls" else {field: name}
    assert f"U+{ord(char):04X}" in refusal(**changes)


def test_names_may_hold_what_emoji_need() -> None:
    """A joiner belongs to a name, as it does in emoji and in Persian."""
    assert "👩\u200d🚒" == request(to="👩\u200d🚒 <b@y.test>").to[0].name


@pytest.mark.parametrize("local", ["a" * 66, "b" * 247])
def test_the_server_decides_on_long_local_parts(mailserver: Callable[..., MailServer], local: str) -> None:
    """What stands before the @ may be longer than RFC 5321 says; the whole address has at most 254 bytes."""
    server = mailserver()
    assert 0 == send(server, to=f"{local}@y.test").code
    assert [f"{local}@y.test"] == server.mails[0].recipients


@pytest.mark.parametrize(
    ("given", "wire"),
    [
        ("bounces@x.test", "bounces@x.test"),
        ({"email": "bounces@bücher.test"}, "bounces@xn--bcher-kva.test"),
        ("", ""),
        ("<>", ""),
        (None, "ann@x.test"),
    ],
)
def test_where_bounces_go(mailserver: Callable[..., MailServer], given: object, wire: str) -> None:
    """envelope_from is the sender for MAIL, empty if it is "" or "<>", and does not show in the message."""
    server = mailserver()
    assert 0 == send(server, envelope_from=given).code
    (mail,) = server.mails
    assert (wire or "<>") == mail.sender  # as aiosmtpd calls it
    assert "ann@x.test" in mail.message["From"]
    assert "bounces" not in mail.content.decode()


def test_an_envelope_sender_is_one_address() -> None:
    """Two are -1, and so is what is none."""
    assert "envelope_from must be one address" in refusal(envelope_from="a@x.test; b@x.test")
    assert "envelope_from" in refusal(envelope_from=5)
    assert 'envelope_from "x" has no @' in refusal(envelope_from="x")
