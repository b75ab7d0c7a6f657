"""What a person sees of a mail's bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsnpy.dryrun.reader import BODY, html_as_text, named_recipient, read, readable_size, visible

MIXED = (
    b"From: =?utf-8?q?Ren=C3=A9?= <rene@x.test>\r\n"
    b"To: =?utf-8?q?Dupont=2C_Ana=C3=AFs?= <anais@x.test>,\r\n bob@=?x\r\n"
    b"Subject: =?utf-8?b?w6l0w6k=?=\r\n =?utf-8?q?_fini?=\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n\xe9t\xe9\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>\xc3\xa9t\xc3\xa9</p>\r\n"
    b"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment;\r\n"
    b" filename*=utf-8''d%C3%A9tail.csv\r\nContent-Transfer-Encoding: base64\r\n\r\nYTti\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody\r\n--b--\r\n"
)


def test_headers_are_decoded() -> None:
    """Encoded words are shown as the characters they stand for, across folded lines."""
    mail = read(MIXED)

    assert "René <rene@x.test>" == mail.header("from")
    assert "été fini" == mail.header("Subject")
    assert "" == mail.header("Reply-To")


def test_text_and_html_are_told_apart() -> None:
    """The first text and the first HTML part are read in their own charset."""
    mail = read(MIXED)

    assert "été" == mail.text
    assert "<p>été</p>" == mail.html


def test_attachments_have_names_types_and_bytes() -> None:
    """Every other part is an attachment, a mail inside the mail too."""
    attachments = read(MIXED).attachments

    assert [("détail.csv", "text/csv", b"a;b"), ("", "message/rfc822", b"Subject: inner\n\nbody")] == [
        (a.name, a.content_type, a.data) for a in attachments
    ]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("anais@x.test", True),
        ("anais@X.TEST", True),
        ("Anais@x.test", False),
        ("nais@x.test", False),
        ("rene@x.test", False),
    ],
)
def test_blind_copies_are_those_whom_to_and_cc_do_not_name(address: str, expected: bool) -> None:
    """A recipient is named by To or Cc with the domain in any letter case, not by From."""
    assert expected is named_recipient(address, read(MIXED.replace(b",\r\n bob@=?x", b"")))


def test_a_domain_named_in_unicode_is_the_same_in_ascii() -> None:
    """The envelope has the IDNA form of a domain that To shows in Unicode."""
    mail = read("To: a@bücher.test\r\n\r\n".encode())

    assert named_recipient("a@xn--bcher-kva.test", mail)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\x9bb\x7f", r"a\x9bb\x7f"),
        ("fdp\u202eexe\u2066", r"fdp\u202eexe\u2066"),
        ("a\u2028b\x00", r"a\u2028b\x00"),
        ("bo\u200bss\u2060\ufeff\xad", r"bo\u200bss\u2060\ufeff\xad"),
        ("\U000e0041", r"\U000e0041"),
        ("می\u200cروم", "می\u200cروم"),
        ("\ud800", r"\ud800"),
        ("two\nlines\ttab", r"two\x0alines\x09tab"),
        ("été 👨‍👩‍👧 日本", "été 👨‍👩‍👧 日本"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, expected: str) -> None:
    """Controls, bidirectional marks and lone surrogates are shown as escapes; letters and emoji stay."""
    assert expected == visible(text)


def test_line_breaks_stay_where_asked() -> None:
    """A body keeps its lines, and loses a bare CR that would overwrite one."""
    assert "a\n\tb\\x0d" == visible("a\n\tb\r", keep="\n\t")


def test_a_body_keeps_where_words_may_be_broken() -> None:
    """Soft hyphens and the zero-width spaces of Thai and Khmer belong to a text."""
    text = "Donau\xaddampf\n\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u200b\u0e04\u0e23\u0e31\u0e1a"
    assert text == visible(text, BODY)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (34_210, "34.2 KB"),
        (1_500_000, "1.5 MB"),
    ],
)
def test_sizes_read_well(count: int, expected: str) -> None:
    """Bytes are counted in the unit a person would use."""
    assert expected == readable_size(count)


def test_html_is_readable_as_text() -> None:
    """Blocks are lines, list items have dashes, links show their target, styles and scripts are gone."""
    html = (
        "<html><head><title>T</title><style>p{}</style></head><body>"
        "<h1>CA du  jour</h1><p>Bas :\n <b>42&nbsp;k€</b></p>"
        "<ul><li>Lyon<li>Nantes</ul><script>alert(1)</script><table><tr><td>a<td>b</table>"
        '<a href="https://x.test/d">Détails</a><br>Fin</body></html>'
    )

    assert "CA du jour\nBas : 42\xa0k€\n\n- Lyon\n- Nantes\na b\nDétails <https://x.test/d>\nFin" == html_as_text(html)


@pytest.mark.parametrize("target", ["#top", "mailto:a@x.test", "javascript:alert(1)", "cid:logo", ""])
def test_only_links_of_the_web_show_their_target(target: str) -> None:
    """What leads to no page says no more than its words."""
    assert "here" == html_as_text(f'<a href="{target}">here</a>')


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"no header at all",
        b"Subject: =?utf-8?b?%%%?= =?nope?q?x?=\r\n\r\nx",
        b"From: =?utf-8?q?=?= <@@>,;:\r\nTo: <<>>\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/plain; charset=nope\r\n\r\n\xff\xe9",
        b'Content-Type: text/plain; charset="a\x00b"\r\n\r\nx',
        b"Content-Transfer-Encoding: base64\r\n\r\n*not base64*",
        b"Content-Type: message/rfc822\r\n\r\nno mail",
        b"Content-Disposition: attachment; filename*=x'y'%zz\r\n\r\nx",
    ],
)
def test_broken_mails_are_read_all_the_same(raw: bytes) -> None:
    """No bytes make reading fail."""
    mail = read(raw)

    assert mail.text is not None or mail.attachments or not raw.strip()


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"From: ", b"Subject: =?", b"Content-Type: multipart/x; boundary=b\r\n\r\n--b"]),
)
def test_any_bytes_are_read(raw: bytes, start: bytes) -> None:
    """Whatever a script sends, there is something to show."""
    mail = read(start + raw)

    assert all("\n" not in visible(value) for _, value in mail.headers)


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Disposition: attachment; filename*=utf-\0" + b"8''%3Cx%3E.csv",
        b"Content-Type: application/x; name*=u\0''a%41",
        b"Content-Type: text/plain; charset*=u\0''x%41",
    ],
)
def test_a_charset_with_a_nul_hides_nothing_but_itself(headers: bytes) -> None:
    """What Python's library fails at costs a name or a charset, and not the page with all the other mails."""
    mail = read(b"Subject: s\r\n" + headers + b"\r\n\r\nthe body\r\n")

    assert "s" == mail.header("Subject")
    assert "the body" == (mail.text or mail.attachments[0].data.decode()).strip()
