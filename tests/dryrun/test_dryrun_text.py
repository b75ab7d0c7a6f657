"""The text that is shown of a caught mail."""

from email.message import EmailMessage
from email.policy import SMTP

from jsnpy.dryrun import CaughtMail, report


def caught(message: bytes | EmailMessage, **facts: object) -> CaughtMail:
    """A mail as the server would keep it."""
    raw = message if isinstance(message, bytes) else message.as_bytes(policy=SMTP)
    known: dict[str, object] = {
        "server": "mail.x.test:587",
        "tls": "TLSv1.3",
        "user": "u@x.test",
        "mechanism": "PLAIN",
    }
    defaults: dict[str, object] = {"number": 1, "sender": "a@x.test", "recipients": ["b@x.test"], "raw": raw}
    return CaughtMail(**(defaults | known | facts))  # type: ignore[arg-type]


def test_a_typical_mail_is_shown_whole() -> None:
    """Envelope, session, decoded headers, body and attachments, as a person reads them."""
    message = EmailMessage()
    message["From"] = "Supervision été <a@x.test>"
    message["To"] = "Équipe <b@x.test>"
    message["Subject"] = "CA sous le seuil : 42 318 €"
    message["Date"] = "Sun, 22 Nov 2026 17:05:00 +0100"
    message["Message-ID"] = "<1@x.test>"
    message.set_content("Bonjour,\n\nle chiffre d'affaires est bas.\n")
    message.add_alternative("<p>Bonjour</p>", subtype="html")
    message.add_attachment(b"x" * 1234, maintype="application", subtype="pdf", filename="détail.pdf")

    assert report(caught(message, recipients=["b@x.test", "boss@x.test"]), "box/001.eml") == (
        "── mail 1, caught by the dry run ───────────────────────────────────────\n"
        "envelope: from a@x.test to b@x.test, boss@x.test (bcc)\n"
        'session:  mail.x.test:587, TLSv1.3, signed in as "u@x.test" (PLAIN)\n'
        "\n"
        "From: Supervision été <a@x.test>\n"
        "To: Équipe <b@x.test>\n"
        "Subject: CA sous le seuil : 42 318 €\n"
        "Date: Sun, 22 Nov 2026 17:05:00 +0100\n"
        "\n"
        "Bonjour,\n"
        "\n"
        "le chiffre d'affaires est bas.\n"
        "\n"
        "(and as HTML, 14 bytes)\n"
        "\n"
        "attachments:\n"
        "  détail.pdf  (application/pdf, 1.2 KB)\n"
        "\n"
        "kept as box/001.eml\n"
        "────────────────────────────────────────────────────────────────────────"
    )


def test_clear_text_and_nobody_signed_in_are_said() -> None:
    """A session without TLS and authentication reads as what it is."""
    text = report(caught(b"Subject: x\r\n\r\n", tls="", user="", mechanism=""))

    assert "session:  mail.x.test:587, no TLS, not signed in\n" in text


def test_html_alone_is_shown_as_text() -> None:
    """A mail without a text part shows what its HTML says."""
    text = report(caught(b"Content-Type: text/html\r\n\r\n<p>Hello <b>you</b></p><script>x</script>"))

    assert "\n(HTML, shown as text)\nHello you\n" in text
    assert "script" not in text


def test_a_mail_cannot_steer_the_terminal() -> None:
    """Escape sequences in headers, body, addresses, user and attachment names are shown, not obeyed."""
    raw = (
        b"Subject: =?utf-8?q?=1B]0;owned=07?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\n\x1b[2J\r\n"
        b"--b\r\nContent-Type: x/y\r\nContent-Disposition: attachment;\r\n filename*=utf-8''%1B%5B1m%0Ax\r\n"
        b"\r\nx\r\n--b--\r\n"
    )
    text = report(caught(raw, sender="a\x1b@x.test", user="\x9bu", server="h\x1b:1"), "dir\x1b/001.eml")

    assert not [c for c in text if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f")]
    assert "  \\x1b[1mx  (x/y, 1 byte)\n" in text
    assert "\n\\x1b[2J\n" in text


def test_long_bodies_are_cut_with_a_count() -> None:
    """Two hundred lines are shown, then how many more there are."""
    text = report(caught(b"\r\n" + b"line\r\n" * 250))

    assert 200 == text.count("line\n")
    assert "\n… 50 more lines\n" in text


def test_long_lines_are_cut_with_a_count() -> None:
    """One line of any length cannot flood the screen."""
    text = report(caught(b"\r\n" + b"x" * 2500))

    assert "x" * 2000 + " … 500 more characters\n" in text


def test_a_mail_without_text_says_so() -> None:
    """Attachments alone leave no empty gap where the body would be."""
    text = report(caught(b'Content-Type: application/pdf; name="a.pdf"\r\n\r\n%PDF'))

    assert "\n(no text)\n\nattachments:\n  a.pdf  (application/pdf, 4 bytes)\n" in text
