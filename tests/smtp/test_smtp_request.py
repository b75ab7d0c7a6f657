"""The fields of send_email: what is taken, what is -1 and named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mail import PASSWORD, fields, send

from jsnpy import smtp
from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.request import parse
from jsnpy.smtp.values import js_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.scripted import ScriptedServer

    from jsnpy.smtp.request import Request

    Scripted = Callable[..., ScriptedServer]

FUNCTION = {"$foreign": "function"}
DATE = {"$foreign": "Date"}


def request(**changes: Any) -> Request:
    """Return the checked mail of good fields with changes."""
    return parse(fields(None, **changes), ".", lambda _: None)


def refusal(**changes: Any) -> str:
    """Return why a mail is refused, which is -1 and without a connection."""
    with pytest.raises(SendFailure) as caught:
        request(**changes)
    assert (smtp.Code.ARGUMENT, "argument") == (caught.value.code, caught.value.stage)
    return caught.value.sentence(str)


@pytest.mark.parametrize(
    "value", [None, [], "x", 1, True, 1.5, b"x", {1: 2}, {}, [{}], FUNCTION, {"$foreign": "throws: x"}]
)
def test_any_argument_is_a_result(value: object) -> None:
    """Whatever is given, send returns -1 with a text, and all eight details."""
    result = smtp.send(value)
    assert smtp.Code.ARGUMENT == result.code
    assert result.error
    assert "\n" not in result.error
    assert {
        "stage": "argument",
        "smtpCode": None,
        "enhancedCode": None,
        "temporary": None,
        "accepted": [],
        "rejected": [],
        "messageId": None,
        "attempts": 0,
    } == result.details
    assert result.error in result.log


def test_what_is_given_instead_of_an_object_is_named() -> None:
    """What is no object is told by its kind."""
    for value, kind in ((FUNCTION, "a function"), (["x"], "an array"), (None, "null"), ("x", 'the string "x"')):
        result = smtp.send(value)
        assert f"send_email needs an object with host, port, from, to, ..., not {kind}" == result.error


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(DATE) | st.just("\ud800\0"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = [
    *fields(),
    *("user", "pass", "cc", "bcc", "reply_to", "html", "attachments", "headers"),
    *("auth", "tls", "helo", "keep_alive", "ssl", "starttls"),
]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(NAMES), JUNK)
def test_junk_in_any_field_is_never_an_exception(name: str, junk: object) -> None:
    """A field of any kind is taken or refused with -1; it never raises anything else."""
    codes = []
    try:
        parse({**fields(), name: junk}, ".", lambda _: None)
    except SendFailure as failure:
        codes.append(failure.code)
    assert codes in ([], [smtp.Code.ARGUMENT])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host": None}, "host is missing"),
        ({"host": ""}, "host is empty"),
        ({"host": "  "}, "host is empty"),
        ({"host": 5}, "host must be a string, not the number 5"),
        ({"host": FUNCTION}, "host must be a string, not a function"),
        ({"host": "mail.test:587"}, "the port goes into port"),
        ({"host": "cafe:587"}, "the port goes into port"),
        ({"host": "smtp://mail.test"}, "not a URL"),
        ({"host": "mail test"}, "host must be a host name"),
        ({"host": "mail\n.test"}, "host must be a host name"),
        ({"host": "a..b"}, "host must be a host name"),
        ({"host": "a:b:c:mail"}, "host must be a host name"),
        ({"host": "[::1"}, "host must be a host name"),
        ({"host": "[]"}, "host must be a host name"),
        ({"host": "a" * 64 + ".test"}, "host must be a host name"),
        ({"host": "-x.test"}, "host must be a host name"),
        ({"host": "ex☃\u200bample\ud800.test"}, "host "),
        ({"port": None}, "port is missing"),
        ({"port": 0}, "port must be a number from 1 to 65535, not the number 0"),
        ({"port": 65536}, "not the number 65536"),
        ({"port": -1}, "port must be"),
        ({"port": 25.5}, "not the number 25.5"),
        ({"port": True}, "port must be"),
        ({"port": ""}, "port must be"),
        ({"port": "0"}, "port must be"),
        ({"port": "000"}, "port must be"),
        ({"port": "smtp"}, 'not the string "smtp"'),
        ({"port": "٢٥"}, "port must be"),
        ({"port": "99999999999999999999"}, "port must be"),
        ({"port": {"$foreign": "bigint"}}, "not a bigint"),
        ({"port": {"$foreign": "NaN"}}, "not NaN"),
        ({"port": [25]}, "not an array"),
        ({"user": "u"}, "pass is missing or empty"),
        ({"user": "u", "pass_": ""}, "pass is missing or empty"),
        ({"user": ["u"], "pass_": "x"}, "user must be a string, not an array"),
        ({"user": True, "pass_": "x"}, "user must be a string, not true"),
        ({"user": "u", "pass_": {"a": 1}}, "pass must be a string, not an object"),
        ({"user": "u", "pass_": DATE}, "pass must be a string, not a Date"),
        ({"user": "u", "pass_": "a\0b"}, "pass contains a NUL"),
        ({"ssl": "true"}, 'ssl must be true or false, not the string "true"'),
        ({"starttls": []}, "starttls must be true or false, not an array"),
        ({"starttls": 2}, "starttls must be true or false"),
        ({"keep_alive": "yes"}, "keep_alive must be true or false"),
        ({"from_": None}, "from is missing"),
        ({"from_": ["a@x.test"]}, "from must be { email"),
        ({"from_": {}}, "from.email is missing"),
        ({"from_": {"email": 5}}, "from.email must be a string, not the number 5"),
        ({"from_": {"email": "a@x.test", "name": []}}, "from.name must be a string, not an array"),
        ({"from_": "x.test"}, "has no @"),
        ({"from_": "@x.test"}, "has nothing before the @"),
        ({"from_": "a@"}, "has no domain after the @"),
        ({"from_": ""}, "from"),
        ({"to": None}, "to is missing"),
        ({"to": []}, "to is an empty array"),
        ({"to": ["a@x.test", "b"]}, 'to[1] "b" has no @'),
        ({"to": [{"email": None}]}, "to[0].email is missing"),
        ({"to": 5}, "to must be { email"),
        ({"to": {"email": "Bob <b@y.test>"}}, "must be the address alone"),
        ({"to": {"email": "a@x.test, b@x.test"}}, "give several as an array"),
        ({"to": {"email": "a@x.test;"}}, "has a domain that is not valid"),
        ({"to": "a b@x.test"}, "has a blank before the @"),
        ({"to": "b@y.test\nRCPT TO:<c@z.test>"}, "has a line break or control character before the <"),
        ({"to": "b@y.test\n"}, "has the line break or control character U+"),
        ({"to": "b@y.test\u2028"}, "has the line break or control character U+"),
        ({"to": "b@y.test> NOTIFY=NEVER"}, "to "),
        ({"to": "b@y test"}, "has a domain that is not valid"),
        ({"to": "b@y..test"}, "has a domain that is not valid"),
        ({"to": "b@y.test."}, "has a domain that is not valid"),
        ({"to": "b@[1.2.3"}, "has a domain that is not valid"),
        ({"to": "a" * 248 + "@y.test"}, "is longer than 254 bytes"),
        ({"to": "b@" + "y" * 60 + ".test." * 50}, "domain"),
        ({"to": " "}, 'to " " is empty'),
        ({"to": ""}, 'to "" is empty'),
        ({"to": "", "cc": [], "bcc": None}, 'to "" is empty'),
        ({"to": [], "cc": ""}, "to is an empty array"),
        ({"to": {"$foreign": "Map"}}, "not a Map"),
        ({"tls": {"$foreign": "Map"}}, "tls must be an object, not a Map"),
        ({"headers": {"$foreign": "Map"}}, "headers must be an object, not a Map"),
        ({"attachments": [{"$foreign": "Map"}]}, "not a Map"),
        ({"attachments": [{"filename": "  ", "content": "b"}]}, "attachments[0].filename is missing"),
        ({"to": [None]}, 'to[0] must be { email: "...", name: "..." }, not null'),
        ({"to": "é" * 124 + "@y.test"}, "is longer than 254 bytes"),
        ({"to": "a@" + "y" * 64}, "has a domain that is not valid"),
        ({"to": f"{'a' * 61}@{'y' * 63}.{'y' * 63}.{'y' * 63}.z"}, "is longer than 254 bytes"),
        ({"to": f"a@{'y.' * 126}yy"}, "has a domain that is too long"),
        ({"to": "a@" + "日." * 60 + "x"}, "Domain too long"),
        ({"to": "b@" + "é" * 254}, "has a domain that is too long"),
        ({"host": "é" * 100_000}, "has a domain that is too long"),
        ({"to": '"a"b"@y.test'}, "wrongly quoted"),
        ({"to": "b@☃.test\u2063☃☃."}, "has the invisible character U+2063"),
        ({"cc": ["x"]}, "cc[0]"),
        ({"bcc": {"email": ""}}, "bcc.email"),
        ({"reply_to": 5}, "reply_to must be"),
        ({"subject": None}, "subject is missing"),
        ({"subject": []}, "subject must be a string, not an array"),
        ({"subject": DATE}, "subject must be a string, not a Date"),
        ({"subject": {"a": 1}}, "subject must be a string, not an object"),
        ({"subject": {"$foreign": "symbol"}}, "not a symbol"),
        ({"subject": {"$foreign": "throws: boom"}}, "a value that throws: boom"),
        ({"body": None}, "body is missing"),
        ({"body": ["x"]}, "body must be a string, not an array"),
        ({"body": DATE}, "body must be a string, not a Date"),
        ({"html": FUNCTION}, "html must be a string, not a function"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0"),
        ({"timeout": -5}, "timeout must be"),
        ({"timeout": "5"}, "timeout must be"),
        ({"timeout": True}, "timeout must be"),
        ({"timeout": {"$foreign": "Infinity"}}, "timeout must be"),
        ({"timeout": float("nan")}, "timeout must be"),
        (
            {"auth": "ntlm"},
            'auth must be one of "plain", "login", "cram-md5", "xoauth2", "oauthbearer", not the string "ntlm"',
        ),
        ({"auth": 1}, "auth must be one of"),
        ({"tls": True}, "tls must be an object, not true"),
        ({"tls": {"verify": "no"}}, "tls.verify must be true or false"),
        ({"tls": {"min_version": "1.1"}}, 'tls.min_version must be "1.2" or "1.3"'),
        ({"tls": {"ca_file": "no/such.pem"}}, "tls.ca_file"),
        ({"tls": {"ca_file": 1}}, "tls.ca_file must be the path"),
        ({"tls": {"ca_file": ""}}, "tls.ca_file must be the path"),
        ({"tls": {"min_version": True}}, "tls.min_version must be"),
        ({"tls": {"min_version": 1}}, "tls.min_version must be"),
        ({"tls": {"server_name": "a b"}}, "tls.server_name must be"),
        ({"helo": "a b"}, "helo must be a host name without blanks"),
        ({"helo": "a\r\nMAIL"}, "helo must be"),
        ({"helo": "ü\n"}, "helo must be"),
        ({"helo": 5}, "helo must be a string"),
        ({"helo": "h" * 256}, "of at most 255 characters"),
        ({"headers": []}, "headers must be an object, not an array"),
        ({"headers": {"X": []}}, 'headers["X"] must be a string, not an array'),
        ({"headers": {"X:": "a"}}, "is no header name"),
        ({"headers": {"X Y": "a"}}, "is no header name"),
        ({"headers": {"": "a"}}, "is no header name"),
        ({"headers": {"X\r\nBcc": "a"}}, "is no header name"),
        ({"headers": {"Xé": "a"}}, "is no header name"),
        ({"headers": {"X" * 77: "a"}}, "is no header name"),
        ({"attachments": {}}, "attachments must be an array"),
        ({"attachments": ["x"]}, "attachments[0] must be { filename, content } or { path }"),
        ({"attachments": [{}]}, "attachments[0] needs either path or content"),
        ({"attachments": [{"path": "a", "content": "b"}]}, "not both"),
        ({"attachments": [{"content": "b"}]}, "attachments[0].filename is missing"),
        ({"attachments": [{"filename": "a", "content": {"$foreign": "Uint8Array"}}]}, "give bytes as base64"),
        ({"attachments": [{"filename": "a", "content": "b", "encoding": "hex"}]}, "attachments[0].encoding must be"),
        ({"attachments": [{"filename": "a", "content": "é", "encoding": "base64"}]}, "is not base64"),
        ({"attachments": [{"filename": "a", "content": "a", "encoding": "base64"}]}, "is not base64"),
        ({"attachments": [{"filename": "a", "content": "b", "content_type": "x"}]}, "must be like"),
        ({"attachments": [{"filename": "a", "content": "b", "content_type": "a/b\r\nX: y"}]}, "must be like"),
        (
            {"attachments": [{"filename": "a", "content": "b", "content_type": "multipart/mixed"}]},
            "cannot be multipart",
        ),
        ({"attachments": [{"filename": "a", "content": "b", "cid": "a b"}]}, "attachments[0].cid must be"),
        ({"attachments": [{"path": "no/such.txt"}]}, 'attachments[0].path "no/such.txt" does not exist'),
        ({"attachments": [{"path": "."}]}, "is a folder"),
        ({"attachments": [{"path": "a\0b"}]}, "contains a NUL"),
        ({"attachments": [{"path": "/dev/zero"}]}, "attachments[0].path"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], words: str) -> None:
    """A wrong field is -1 before any connection, and the sentence names it and what it is."""
    assert words in refusal(**changes)


@pytest.mark.parametrize(
    "name", ["From", "TO", "cc", "Bcc", "subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "content-x"]
)
def test_headers_made_elsewhere_cannot_be_set(name: str) -> None:
    """Headers that come of other fields are -1, in any case."""
    assert f'headers["{name}"]' in refusal(headers={name: "x"})


def test_reply_to_cannot_be_set_twice() -> None:
    """Reply-To is taken from `headers` unless `reply_to` is there too."""
    ((name, addresses),) = request(headers={"Reply-To": "a@x.test"}).headers
    assert isinstance(addresses, list)
    assert ("Reply-To", ["a@x.test"]) == (name, [each.wire for each in addresses])
    assert "Reply-To" in refusal(headers={"Reply-To": "a@x.test"}, reply_to="b@x.test")
    assert [("X-A", "1")] == request(headers={"X-A": "1"}, reply_to="b@x.test").headers


@pytest.mark.parametrize("field", ["pass_", "user"])
def test_a_refused_password_is_not_shown(field: str) -> None:
    """What stands where the password belongs is not quoted."""
    assert "geheim" not in refusal(**{"user": "u", "pass_": "geheim", field: ["geheim"]})
    result = send(user="u", pass_=PASSWORD, port=PASSWORD, subject=[PASSWORD])
    assert smtp.Code.ARGUMENT == result.code


@pytest.mark.parametrize(
    "url",
    ["smtps://user:PASSW0RD@h", "smtp://h/PASSW0RD", "user:PASSW0RD@h:587", "h?x=PASSW0RD", "smtp://usér:PASSW0RD@hé"],
)
@pytest.mark.parametrize("field", ["host", "tls"])
def test_a_url_in_place_of_the_host_is_not_repeated(field: str, url: str) -> None:
    """A URL may hold a password: neither error nor log shows it; the error says which fields take its parts."""
    changes: dict[str, Any] = {"host": url} if field == "host" else {"ssl": True, "tls": {"server_name": url}}
    result = smtp.send(fields(None, **changes))
    assert smtp.Code.ARGUMENT == result.code
    assert "not a URL" in result.error
    assert "PASSW0RD" not in result.error + result.log
    assert ("go into port, user, pass and ssl or starttls" in result.error) == (field == "host")


@pytest.mark.parametrize(
    "changes",
    [
        {"port": "smtp://user:PASSW0RD@h:25"},
        {"helo": "smtp://user:PASSW0RD@h"},
        {"auth": "smtps://us.er:PASS/W0RD@h"},
        {"to": "smtp://user:PASSW0RD@h"},
        {"from_": {"email": "smtp://user:p@PASSW0RD@h"}},
        {"from_": "smtp://user:p\nPASSW0RD@h"},
        {"ssl": True, "tls": {"ca_file": "smtp://user:PASSW0RD@h"}},
        {"attachments": [{"path": "ftp://user:PASSW0RD@h/f"}]},
    ],
)
def test_a_url_in_any_field_is_shown_without_its_password(changes: dict[str, Any]) -> None:
    """Nor is it in the log, or said to the server in EHLO."""
    result = smtp.send(fields(None, **changes))
    assert smtp.Code.ARGUMENT == result.code
    assert "W0RD" not in result.error + result.log


@pytest.mark.parametrize(
    ("given_host", "host"),
    [
        ("mail.test", "mail.test"),
        (" mail.test ", "mail.test"),
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("[127.0.0.1]", "127.0.0.1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("bücher.test", "xn--bcher-kva.test"),
        ("mail_1.test.", "mail_1.test."),
        ("localhost", "localhost"),
    ],
)
def test_hosts(given_host: str, host: str) -> None:
    """A host is a name or an address, with or without brackets, in any script."""
    assert host == request(host=given_host).server.host


@pytest.mark.parametrize(
    ("value", "port"), [(25, 25), ("587", 587), (" 465 ", 465), ("0000000587", 587), (25.0, 25), (1, 1), (65535, 65535)]
)
def test_ports(value: object, port: int) -> None:
    """A port is a number, or digits in a string."""
    assert port == request(port=value).server.port


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""),
        (5, "5"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (10**21, "1e+21"),
        (1e-7, "1e-7"),
        ({"$foreign": "NaN"}, "NaN"),
        ({"$foreign": "-Infinity"}, "-Infinity"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
    ],
)
def test_texts_are_converted_as_javascript_does(value: object, text: str) -> None:
    """Numbers and booleans become text, half surrogates U+FFFD, whole pairs their character."""
    assert (text, text) == ((made := request(subject=value, body=value)).subject, made.body)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1, "0.1"),
        (-0.0, "0"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (1.25e-6, "0.00000125"),
        (1.25e-7, "1.25e-7"),
        (-1e-9, "-1e-9"),
        (123456789012345680.0, "123456789012345680"),
        (10**400, "Infinity"),
        (-(10**400), "-Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_numbers_are_written_as_javascript_does(number: float, text: str) -> None:
    """A number as text is what String(number) is in JavaScript."""
    assert text == js_number(number)


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [("a\r\nBcc: x@y.test", "a Bcc: x@y.test"), ("a\nb\rc\0d\te\u2028f\x85g\x7f", "a b c d e f g ")],
)
def test_line_breaks_become_blanks(given_text: str, shown: str) -> None:
    """Line breaks and control characters in names, subject and header values become blanks."""
    made = request(
        subject=given_text, from_={"email": "a@x.test", "name": given_text}, headers={"X-A": given_text, "X-B": None}
    )
    assert (shown, shown.strip(), [("X-A", shown)]) == (made.subject, made.sender.name, made.headers)


@pytest.mark.parametrize(
    "address",
    [
        "a@x.test",
        "a.b+c@x.test",
        "a@localhost",
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
        '"a b"@x.test',
        '"a@b\\"c"@x.test',
        "o'brien@x.test",
        "a..b@x.test",
        "zoë@x.test",
        "a" * 64 + "@x.test",
        "a@" + "y" * 63,
        f"{'a' * 60}@{'y' * 63}.{'y' * 63}.{'y' * 63}.z",
        f"a@{'y.' * 125}y",
        "a@ex_ample.test",
        " a@x.test ",
    ],
)
def test_addresses_that_are_good(address: str) -> None:
    """Addresses in all legal spellings are taken."""
    assert address.strip() == request(to=address).to[0].wire


def test_an_address_is_an_object_a_string_or_several() -> None:
    """to, cc, bcc and reply_to take an object, a string, or an array of both; "" is none where none is needed."""
    several = ["a@x.test", {"email": "b@x.test", "name": "B"}, {"email": "c@x.test", "name": None}]
    made = request(to=several, cc="d@x.test", bcc="", reply_to=[])
    assert [("a@x.test", ""), ("b@x.test", "B"), ("c@x.test", "")] == [(each.wire, each.name) for each in made.to]
    assert (["d@x.test"], [], []) == ([each.wire for each in made.cc], made.bcc, made.reply_to)


def test_html_may_stand_without_a_body() -> None:
    """With html the body may be left out."""
    assert (None, "<p>") == ((made := request(body=None, html="<p>")).body, made.html)


def test_defaults_and_options() -> None:
    """What is left out has its default, and what is given is used."""
    server = request().server
    assert (60.0, "", "", True, "1.2", "", False) == (
        parse({**fields(), "timeout": None}, ".", lambda _: None).server.timeout,
        server.security,
        server.mechanism,
        server.verify,
        server.min_version,
        server.helo,
        server.keep_alive,
    )
    server = request(
        timeout=0.5, starttls=True, auth="Login", tls={"verify": False, "min_version": 1.3}, helo="me", keep_alive=True
    ).server
    assert (0.5, "starttls", "LOGIN", False, "1.3", "me", True) == (
        server.timeout,
        server.security,
        server.mechanism,
        server.verify,
        server.min_version,
        server.helo,
        server.keep_alive,
    )
    assert ("ssl", "") == (request(ssl=1).server.security, request(ssl=0, starttls=False).server.security)


def test_paths_are_relative_to_the_base(tmp_path: Path) -> None:
    """Attachments and CA files are looked for beside the config, in Windows spelling too."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.txt").write_bytes(b"data")
    for path in ("logs/a.txt", ".\\logs\\a.txt", str(tmp_path / "logs" / "a.txt")):
        (made,) = parse(fields(attachments=[{"path": path}]), str(tmp_path), lambda _: None).attachments
        data: list[bytes] = []
        made.hand_over(data.append, 100)
        assert ("a.txt", [b"data"], "text/plain") == (made.filename, data, made.content_type)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"attachements": []}, 'unknown field "attachements" ignored; did you mean "attachments"?'),
        ({"From": 1}, 'unknown field "From" ignored; did you mean "from"?'),
        ({"zzzzz": 1}, 'unknown field "zzzzz" ignored'),
        ({"to": {"email": "b@y.test", "nam": "B"}}, 'unknown field "to.nam" ignored; did you mean "name"?'),
        ({"tls": {"verfy": True}}, 'unknown field "tls.verfy" ignored; did you mean "verify"?'),
        (
            {"attachments": [{"filename": "a", "content": "", "contenttype": "x"}]},
            'unknown field "attachments[0].contenttype" ignored; did you mean "content_type"?',
        ),
        ({"a\nS: 250 fake": 1}, 'unknown field "a S: 250 fake" ignored'),
    ],
)
def test_unknown_fields_are_named(scripted: Scripted, changes: dict[str, Any], note: str) -> None:
    """An unknown field is named in the log with what was meant, and hurts nothing."""
    result = send(scripted(), **changes)
    assert 0 == result.code
    assert f"*: {note}" in result.log.split("\n")


@pytest.mark.parametrize(
    ("gone", "given", "told"),
    [
        ("subject", {"subjct": "x"}, 'subject is missing; there is "subjct": did you mean "subject"?'),
        ("host", {"Host": "x"}, 'there is "Host": did you mean "host"?'),
        ("to", {"to_": "b@x.test"}, 'there is "to_": did you mean "to"?'),
        ("pass", {"user": "ann", "password": "tr0ub4dor"}, 'there is "password": did you mean "pass"?'),
        ("to", {"to": {"emial": "b@x.test"}}, 'to.email is missing; there is "to.emial": did you mean "to.email"?'),
        ("subject", {"zzzzz": 1}, "subject is missing"),
        ("to", {"to": [], "to_": "b@x.test"}, "to is an empty array"),
    ],
)
def test_a_missing_field_that_is_there_under_another_name(gone: str, given: dict[str, Any], told: str) -> None:
    """The error, which is what an administrator sees, names the misspelt field, never its value."""
    mail = {**{key: value for key, value in fields(None).items() if key != gone}, **given}
    with pytest.raises(SendFailure) as caught:
        parse(mail, ".", lambda _: None)
    sentence = caught.value.sentence(str)
    assert told in sentence
    assert "did you mean" in told or sentence == told
    assert "tr0ub4dor" not in sentence


def test_many_unknown_fields_are_counted() -> None:
    """A thousand unknown fields do not fill the log, and long names are cut."""
    notes: list[str] = []
    parse({**fields(), **{"x" * 100_000 + str(number): 1 for number in range(1000)}}, ".", notes.append)
    assert 21 == len(notes)
    assert "980 more unknown fields ignored" == notes[-1]
    assert max(map(len, notes)) < 150


def test_a_misspelt_field_is_named_when_it_fails_too() -> None:
    """The log of a -1 names unknown fields too: they often are the reason."""
    result = send(subject=None, subjct="x")
    assert smtp.Code.ARGUMENT == result.code
    assert 'did you mean "subject"?' in result.log


def test_difflib_is_loaded_only_for_unknown_fields() -> None:
    """A plain send does not pay for difflib, idna, uuid, mimetypes or asyncio."""
    import subprocess
    import sys

    code = (
        "import sys; from jsnpy import smtp;"
        "assert not {'smtplib', 're', 'ssl', 'email'} & set(sys.modules), 'imported too early';"
        "smtp.send({'host': '127.0.0.1', 'port': 1, 'from': 'a@x.test', 'to': 'b@x.test', 'subject': '', 'body': 'é'});"
        "print(sorted({'difflib', 'idna', 'uuid', 'mimetypes', 'asyncio', 'dataclasses', 'typing', 'json', 'inspect',"
        " 'pathlib'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env=_path())
    assert "[]\n" == out.stdout


def _path() -> dict[str, str]:
    import os

    import jsnpy

    return {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(jsnpy.__file__))}
