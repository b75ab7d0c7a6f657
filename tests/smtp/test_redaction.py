"""Secrets are masked in every encoding, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
import quopri
import subprocess
import sys
import urllib.parse

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.mail import leaks

from jsnpy.redaction import MASK, Redactor

SECRETS = ["hunter2!", 'Tr0ub4dor&3 "é" %', "a/b+c=d", "Пароль-1", "back\\slash'quote", "x" * 40, "pass word", "😀😀"]


def knowing(*secrets: str) -> Redactor:
    """Return a redactor that knows these secrets."""
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret)
    return redactor


def encodings(secret: str) -> list[str]:
    """Return what a server, a log or a traceback may show of a secret."""
    data = secret.encode()
    return [
        secret,
        secret.upper(),
        base64.b64encode(data).decode(),
        base64.b64encode(data).decode().rstrip("="),
        base64.urlsafe_b64encode(data).decode(),
        base64.b64encode(f"\0ann\0{secret}".encode()).decode(),
        base64.b64encode(f"\0a\0{secret}".encode()).decode(),
        base64.b64encode(f"ab\0{secret} and more".encode()).decode(),
        data.hex(),
        data.hex().upper(),
        urllib.parse.quote(secret),
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        repr(secret),
        repr(data),
        ascii(secret),
        html.escape(secret),
        html.escape(secret, quote=False),
        quopri.encodestring(data).decode(),
    ]


def rare_encodings(secret: str) -> list[str]:
    """Return what a hostile server may make of a secret, or an old or talkative one."""
    data = secret.encode()
    return [
        secret.swapcase(),
        secret[::-1],
        *(data.hex(mark) for mark in (":", " ", "-")),
        data.hex(":").upper(),
        " ".join(f"0x{byte:02x}" for byte in data),
        ", ".join(f"0x{byte:02x}" for byte in data),
        ", ".join(map(str, data)),
        ",".join(map(str, data)),
        *("".join(form % byte for byte in data) for form in ("%%%02X", "%%%02x", "=%02X", "\\x%02x", "\\%03o")),
        *("".join(form % ord(char) for char in secret) for form in ("&#%d;", "&#x%x;", "\\u%04x")),
        " ".join(secret),
        base64.b64encode(base64.b64encode(data)).decode(),
        base64.b64encode(b"\0u\0" + secret.encode("latin-1")).decode(),
        base64.b64encode(secret.encode("utf-16-le")).decode(),
        "\\x00".join([*secret, ""]) if secret.isascii() else secret,
    ]


@pytest.mark.parametrize("secret", ["hunter2!", "Tr0ub4dor&3/é", "0123456"])
def test_rare_encodings_are_masked_too(secret: str) -> None:
    """Turned round, in the other case, character by character, in old character sets, twice in base64."""
    redactor = knowing(secret)
    for shown in rare_encodings(secret):
        scrubbed = redactor.scrub(f"535 no: ({shown}) said the server")
        assert MASK in scrubbed, shown
        assert shown not in scrubbed
        assert len(scrubbed) < len(f"535 no: ({MASK}) said the server") + 6


@pytest.mark.parametrize("secret", SECRETS)
def test_each_encoding_is_masked(secret: str) -> None:
    """A secret is masked as it is, in base64 at any place, hex, percent, JSON, repr, HTML, quoted-printable."""
    redactor = knowing(secret)
    for shown in encodings(secret):
        scrubbed = redactor.scrub(f"535 no: {shown}, said the server")
        assert MASK in scrubbed
        assert [] == leaks(scrubbed, secret)
        assert scrubbed.startswith("535 no: ")


@settings(deadline=None, max_examples=100)
@given(st.text(min_size=4, max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_any_secret_is_masked_anywhere(secret: str, before: str, after: str) -> None:
    """Whatever the secret and what stands around it, it does not come through, in base64 neither."""
    assume(secret not in MASK and not secret.isspace())
    redactor = knowing(secret)
    for shown in (secret, base64.b64encode((before + secret + after).encode()).decode()):
        scrubbed = redactor.scrub(before + shown + after)
        assert secret not in scrubbed.replace(MASK, "\0\n\0")


def test_texts_without_secrets_stay_as_they_are() -> None:
    """Nothing is changed where there is no secret, or none is known."""
    text = "250-SIZE 10240000\n250 AUTH PLAIN LOGIN"
    assert text == Redactor().scrub(text)
    assert text == knowing("", "hunter2!").scrub(text)


def test_short_secrets_are_masked_where_they_stand_alone() -> None:
    """A secret of one to three characters is masked as a word, not inside others."""
    redactor = knowing("25")
    assert f"250 {MASK} 1.25-x {MASK}".replace("1.25-x", f"1.{MASK}-x") == redactor.scrub("250 25 1.25-x 25")


def test_masked_text_can_be_masked_again() -> None:
    """A second pass, and a secret that is part of the mask's word, do no harm."""
    redactor = knowing("hunter2!", "redact", "act")
    once = redactor.scrub("hunter2! redact act")
    assert f"{MASK} {MASK} {MASK}" == once == redactor.scrub(once)


def test_the_longest_secret_is_masked_whole() -> None:
    """Of two secrets, one the beginning of the other, no rest is left over."""
    assert MASK == knowing("hunter2", "hunter2-and-more").scrub("hunter2-and-more")


def test_lines_of_a_secret_are_masked_too() -> None:
    """A secret of several lines is masked where a log shows its lines apart."""
    assert "first" not in knowing("first line\nsecond line").scrub("S: first line\nS: second line")


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("k3yz", "K3YZ"),
        ("k3y", None),
        ("k3yz\nsecond line", "k3yz"),
        ("k3y\nsecond line", None),
        ("k3yzab", "bazy3k"),
        ("k3yza", None),
    ],
)
def test_from_which_length_on_other_spellings_are_masked(secret: str, shown: str | None) -> None:
    """Four characters in the other case or in a line of their own, six turned round; shorter ones are in any text."""
    scrubbed = knowing(secret).scrub(f"535 no: {shown or secret[:3].upper()}, sorry")
    assert (f"535 no: {MASK}, sorry" == scrubbed) is (shown is not None)


@pytest.mark.parametrize("secret", ["geheim-1\n", " geheim-1 ", "\r\ngeheim-1"])
def test_blanks_around_a_secret_do_not_hide_it(secret: str) -> None:
    """A secret pasted with its line end is masked without it too."""
    assert f"535 no: {MASK}, sorry" == knowing(secret).scrub("535 no: geheim-1, sorry")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("535 hunter2! hun", f"535 {MASK} {MASK}"),
        ("535 hunter2", f"535 {MASK}"),
        ("535 huhunter", f"535 hu{MASK}"),
        ("535 hu", "535 hu"),
        ("hunter it is", "hunter it is"),
        ("535 aHVudG", f"535 {MASK}"),
    ],
)
def test_a_text_that_was_cut_shows_no_beginning(text: str, shown: str) -> None:
    """Of a text that was cut off, a secret's beginning at the end is masked as well, from three characters on."""
    assert shown == knowing("hunter2!").scrub_cut(text)
    assert text == Redactor().scrub_cut(text)


def test_a_cut_is_looked_at_quickly() -> None:
    """A secret of 10,000 equal characters takes no noticeable time."""
    assert MASK == knowing("x" * 10_000).scrub_cut("x" * 8000)


def test_a_form_is_masked_as_it_is() -> None:
    """What is made of a secret, such as a digest, can be named."""
    redactor = Redactor()
    redactor.add_form("c0ffee")
    assert f"{MASK} COFFEE" == redactor.scrub("c0ffee COFFEE")


def test_a_mail_knows_the_run_s_secrets_and_its_own() -> None:
    """What is known above is masked in every mail; a mail's own password in no other mail, but in the run's texts."""
    run = knowing("run-secret")
    first, second = Redactor(run), Redactor(run)
    first.add("first-secret")
    text = "run-secret first-secret Zmlyc3Qtc2VjcmV0"
    assert f"{MASK} {MASK} {MASK}" == first.scrub(text)
    assert f"{MASK} first-secret Zmlyc3Qtc2VjcmV0" == second.scrub(text)
    assert f"{MASK} {MASK} Zmlyc3Qtc2VjcmV0" == run.scrub(text)
    run.recall()
    assert f"{MASK} {MASK} {MASK}" == run.scrub(text) == second.scrub(text)


def test_longer_secrets_come_first_whoever_knows_them() -> None:
    """No rest of a secret is left where a shorter one of a mail, or of the run, is its beginning."""
    for above, own in (("hunter2", "hunter2-and-more"), ("hunter2-and-more", "hunter2")):
        mail = Redactor(knowing(above))
        mail.add(own)
        assert MASK == mail.scrub("hunter2-and-more")
    run = Redactor()
    for each in ("hunter2", "hunter2-and-more"):
        Redactor(run).add(each)
    assert MASK == run.scrub("hunter2-and-more")


class Counted(str):
    """A text that counts how often it is searched."""

    __slots__ = ("searches",)
    searches: int

    def __contains__(self, part: object) -> bool:
        self.searches += 1
        return super().__contains__(str(part))


def searches(redactor: Redactor) -> int:
    """Return how often one text is searched to scrub it."""
    text = Counted("535 no")
    text.searches = 0
    redactor.scrub(text)
    return text.searches


def test_the_work_does_not_grow_with_the_passwords_of_other_mails() -> None:
    """A mail's texts are searched as often after 500 mails with a password each as after the first."""
    run = knowing("run-secret")
    counts = set()
    for number in range(500):
        mail = Redactor(run)
        mail.add(f"Password-{number:04}")
        counts.add(searches(mail))
    assert max(counts) < 2 * min(counts)
    assert max(counts) < 100


def test_a_digest_is_masked_in_later_mails_of_a_kept_session() -> None:
    """What one log-in made is masked in the run's other mails, until more of its kind have come."""
    run = Redactor()
    Redactor(run).add_passing("d1gest-one")
    assert MASK == Redactor(run).scrub("d1gest-one") == run.scrub("d1gest-one")
    for number in range(20):
        Redactor(run).add_passing(f"d1gest-{number}")
    assert "d1gest-one" == Redactor(run).scrub("d1gest-one")


@pytest.mark.parametrize("secret", ["hunter2!", "a long token " * 40])
def test_a_secret_over_several_lines_hides_them(secret: str) -> None:
    """Lines that hold a secret together, in whatever form, show at most three characters of it."""
    redactor = knowing(secret)
    for form in (secret, base64.b64encode(secret.encode()).decode()):
        for cut in (1, 3, len(form) // 2, len(form) - 1):
            scrubbed = redactor.scrub_lines([f"no {form[:cut]}", f"{form[cut:]} again"])
            assert [] == leaks("".join(scrubbed), secret)
            assert len(scrubbed[0]) < len("no ") + 4 + len(MASK)
            assert len(scrubbed[1]) < len("= again") + len(MASK)
    assert [f"a {MASK}", "b"] == redactor.scrub_lines([f"a {secret}", "b"])
    assert ["a", "b"] == redactor.scrub_lines(["a", "b"])


def test_a_long_token_over_many_lines_hides_all_of_them() -> None:
    """No line of the middle is left, although it holds neither beginning nor end."""
    token = "".join(f"{number:04x}" for number in range(400))
    for width in (1, 2, 5, 7, 76):
        lines = [token[start : start + width] + " " for start in range(0, len(token), width)]
        assert {MASK} == set(knowing(token).scrub_lines(lines))


@pytest.mark.parametrize("width", [2, 3, 5, 7, 8, 20])
def test_lines_shown_as_they_come_hide_the_middle_of_a_secret(width: int) -> None:
    """Of what a server wraps, however narrow, only the first two letters may have been shown before they are known."""
    token = "".join(f"{number:03x}Q" for number in range(30))
    redactor = knowing(token)
    lines = [token[start : start + width] for start in range(0, len(token), width)] + ["no"]
    shown = [
        redactor.scrub_line(line, "".join(lines[:number]), is_last=line == "no") for number, line in enumerate(lines)
    ]
    assert {MASK, "no"} == set(shown[1:])
    assert shown[0] in (MASK, token[:2])


@pytest.mark.parametrize("said", ["{0}", "{1}", "bad signature <{2}>", "token={3}...", '"{4}"', "{5}", "{5}, {6}"])
def test_a_piece_of_a_token_is_masked_as_well(said: str) -> None:
    """A part of a JWT alone, its beginning, its middle, its lines: what a server may take from a token."""
    token = ".".join(base64.urlsafe_b64encode(text * 9).decode() for text in (b"head-1", b"payload-2", b"signature-3"))
    redactor = Redactor(Redactor())
    redactor.add(token)
    parts = [
        *token.split("."),
        token[:50],
        token[20:90],
        " ".join(token[n : n + 20] for n in range(0, 100, 20)),
        token[-16:],
    ]
    scrubbed = redactor.scrub(f"535 no: {said.format(*parts)} it is".replace("...", " …"))
    assert scrubbed.startswith("535 no: ")
    assert scrubbed.endswith(" it is")
    assert MASK in scrubbed
    assert not [n for n in range(len(token) - 15) if token[n : n + 16] in scrubbed]


def test_a_piece_of_a_password_is_a_word_like_others() -> None:
    """Only of what is as long as tokens are: a text may hold many words of a passphrase."""
    assert "the administrator" == knowing("the administrator-of-it").scrub("the administrator")


def test_finding_without_masking() -> None:
    """A redactor can tell whether a text has a secret."""
    redactor = knowing("hunter2!")
    assert redactor.finds("xx hunter2! xx")
    assert not redactor.finds("xx")


def test_it_is_cheap_to_import() -> None:
    """Every run has a redactor: it imports nothing that a plain run does without."""
    code = (
        "import sys; import jsnpy.redaction; print({'re', 'base64', 'typing', 'json', 'enum'} & set(sys.modules) or '')"
    )
    out = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert "\n" == out.stdout


@pytest.mark.parametrize("echo", [r"a/b\u003cc\u003e\u0026", r"a\/b<c>&", "a/b&lt;c&gt;&amp;"])
def test_what_other_languages_make_of_json_and_html_is_masked(echo: str) -> None:
    """A secret is known in the JSON of Go and PHP, and in HTML."""
    assert MASK == knowing("a/b<c>&").scrub(echo)


@pytest.mark.parametrize("echo", ["it&#39;s &#34;me&#34;", "it&apos;s &quot;me&quot;", "it&#x27;s &quot;me&quot;"])
def test_quotes_are_masked_however_html_writes_them(echo: str) -> None:
    """A secret with quotes is known in the HTML of any template language."""
    assert MASK == knowing('it\'s "me"').scrub(echo)
