"""The SMTP server inside jsnpy, through what really sends."""

import re
import smtplib
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from jsnpy import smtp
from jsnpy.dryrun import CaughtMail, DryRun, server
from jsnpy.errors import UsageError
from jsnpy.record import as_dict
from jsnpy.smtp.request import parse

PASSWORD = "s3cr\u00e9t-pass"
MODES = [(25, {}), (465, {"ssl": True}), (587, {"starttls": True})]


class KeepingDryRun(DryRun):
    """A dry run whose mails can be looked at later; the product keeps none in memory."""

    def __init__(self, show: Callable[[str], None], mailbox: str | None = None) -> None:
        super().__init__(show, mailbox)
        self.mails: list[CaughtMail] = []

    def catch(self, mail: CaughtMail) -> None:
        """Note the mail too."""
        self.mails.append(mail)
        super().catch(mail)


class Caught:
    """A running dry run, the texts it showed and the mails it caught."""

    def __init__(self, mailbox: str | None = None) -> None:
        self.texts: list[str] = []
        self.run = KeepingDryRun(self.texts.append, mailbox)
        self.mails = self.run.mails
        self.run.start()

    def send(self, **fields: object) -> smtp.SendResult:
        """Send as a script would."""
        mail: dict[str, object] = {"host": "mail.example.test", "port": 587, "from": "a@x.test", "to": "b@x.test"}
        mail |= {"subject": "Été", "body": "Bonjour à tous\n.dot\n"}
        return smtp.send(mail | fields, smtp.Settings(route=self.run.route))

    def connect(self) -> smtplib.SMTP:
        """Open a session of the standard library's."""
        mail = {"host": "mail.test", "port": 25, "from": "a@x.test", "to": "b@x.test", "subject": "", "body": ""}
        route = self.run.route(parse(mail, ".", print))
        return smtplib.SMTP(route.host, route.port, timeout=20)


@pytest.fixture
def dry() -> Iterator[Caught]:
    """A dry run that is stopped in the end."""
    caught = Caught()
    yield caught
    caught.run.stop()


@pytest.mark.parametrize(("port", "mode"), MODES)
@pytest.mark.parametrize("mechanism", [None, "plain", "login", "cram-md5", "xoauth2", "oauthbearer"])
def test_every_mode_and_mechanism_is_caught(dry: Caught, port: int, mode: dict[str, bool], mechanism: str) -> None:
    """Clear text, TLS and STARTTLS with any credentials succeed under the script's own host name and verification."""
    result = dry.send(port=port, user="u@x.test", **{"pass": PASSWORD}, auth=mechanism, **mode)

    assert (0, "") == (result.code, result.error)
    (mail,) = dry.mails
    assert ("a@x.test", ["b@x.test"], "u@x.test") == (mail.sender, mail.recipients, mail.user)
    assert (mechanism or "plain").upper() == mail.mechanism
    assert bool(mode) == mail.tls.startswith("TLSv1.")
    assert f"mail.example.test:{port}" == mail.server
    assert "Bonjour à tous\r\n.dot" in message_from_bytes(mail.raw).get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_the_result_is_that_of_a_real_success(dry: Caught) -> None:
    """Code, error and details are what a server's acceptance gives."""
    result = dry.send(starttls=True, to=["b@x.test", "c@x.test"], bcc="d@x.test")

    assert (0, "", []) == (result.code, result.error, result.warnings)
    assert 250 == result.details["smtpCode"]
    assert "2.0.0" == result.details["enhancedCode"]
    assert ["b@x.test", "c@x.test", "d@x.test"] == result.details["accepted"]
    assert [] == result.details["rejected"]
    assert "\nS: 220 " in result.log


def test_the_text_is_out_before_the_send_returns(dry: Caught) -> None:
    """Each mail is shown by the time the script goes on, in order, blind copies marked."""
    for number in (1, 2, 3):
        dry.send(subject=f"Nº {number}", bcc="boss@x.test")
        assert number == len(dry.texts)
    assert ["Subject: Nº 1", "Subject: Nº 2", "Subject: Nº 3"] == re.findall("Subject: .*", "\n".join(dry.texts))
    assert "envelope: from a@x.test to b@x.test, boss@x.test (bcc)\n" in dry.texts[0]


@pytest.mark.parametrize(
    "host",
    ["smtp.office365.com", "localhost", "mail_server", "192.0.2.1", "[2001:db8::1]", "bücher.test", "mail.test."],
)
@pytest.mark.parametrize("mode", ["ssl", "starttls"])
def test_the_certificate_is_for_any_host(dry: Caught, host: str, mode: str) -> None:
    """Names, addresses and odd names verify as the script demands it; nothing is resolved."""
    assert "" == dry.send(host=host, **{mode: True}).error
    assert "" == dry.send(host="other.test", **{mode: True}).error


def test_the_certificate_is_for_the_name_the_script_verifies(dry: Caught) -> None:
    """`tls.server_name` counts where it is given."""
    assert "" == dry.send(host="10.0.0.1", starttls=True, tls={"server_name": "mail.intra.test"}).error


def test_only_those_who_trust_the_run_can_connect(dry: Caught) -> None:
    """The certificate is worth nothing to anyone but this run: without its authority verification fails."""
    route = dry.run.route

    def distrusting(request: object) -> smtp.Route:
        real = route(request)  # type: ignore[arg-type]
        return smtp.Route(real.host, real.port, "")

    mail = {
        "host": "mail.test",
        "port": 465,
        "ssl": True,
        "from": "a@x.test",
        "to": "b@x.test",
        "subject": "",
        "body": "",
    }
    assert -4 == smtp.send(mail, smtp.Settings(route=distrusting)).code


def test_the_password_is_kept_nowhere(dry: Caught) -> None:
    """Neither the shown text nor the dialogue holds credentials, in any mechanism."""
    for mechanism in ("plain", "login", "cram-md5", "xoauth2"):
        dry.send(user="u@x.test", **{"pass": PASSWORD}, auth=mechanism)
    dialogues = [line for mail in dry.mails for line in mail.dialogue]
    sent = [line for line in dialogues if line.startswith("C: ") and "[credentials]" not in line]

    assert 4 == len(dry.mails)
    assert 4 <= sum("[credentials]" in line for line in dialogues)
    assert {"EHLO", "AUTH", "MAIL", "RCPT", "DATA", "[the", "."} == {line[3:].split(" ")[0] for line in sent}
    assert ["C: AUTH LOGIN", "C: AUTH CRAM-MD5"] == [line for line in sent if "AUTH" in line and "XOAUTH2" not in line]
    assert PASSWORD not in "".join(dry.texts) + "".join(str(as_dict(mail)) for mail in dry.mails)


def test_long_tokens_are_taken(dry: Caught) -> None:
    """An access token of 8,000 characters is within what AUTH allows (RFC 4954 section 4)."""
    assert "" == dry.send(user="u@x.test", **{"pass": "t" * 8000}, auth="xoauth2", starttls=True).error


def test_the_dialogue_is_the_session(dry: Caught) -> None:
    """Commands and replies are in order, the message is a number of bytes, its reply is the end."""
    dry.send(port=25, user="u", **{"pass": PASSWORD})
    dialogue = dry.mails[0].dialogue

    assert "S: 220 jsnpy.invalid jsnpy dry run" == dialogue[0]
    assert "C: AUTH PLAIN [credentials]" in dialogue
    assert re.fullmatch(r"C: \[the message, \d+ bytes\]", dialogue[-3])
    assert ["C: .", "S: 250 2.0.0 Ok: kept by the jsnpy dry run as mail 1"] == dialogue[-2:]


def test_a_kept_session_gives_each_mail_its_own_dialogue(dry: Caught) -> None:
    """The second mail of one session starts after the first one's reply."""
    with dry.connect() as client:
        client.sendmail("a@x.test", "b@x.test", "Subject: 1\r\n\r\n")
        client.sendmail("a@x.test", "b@x.test", "Subject: 2\r\n\r\n")
    first, second = dry.mails

    assert 1 == sum("ehlo" in line for line in first.dialogue)
    assert not [line for line in second.dialogue if "ehlo" in line or "as mail 1" in line]
    assert 1 == sum(line[:7].upper() == "C: MAIL" for line in second.dialogue)
    replies = [line for line in second.dialogue if line.startswith("S: ")]
    assert ["250", "250", "354", "250"] == [line[3:6] for line in replies]


@pytest.mark.parametrize(
    "address",
    [
        "o'neil+tag@x.test",
        '"a b"@x.test',
        '"a>b"@x.test',
        "a@[192.0.2.1]",
        "josé@x.test",
        "a@xn--bcher-kva.test",
        "A.B@X",
    ],
)
def test_any_envelope_is_taken(dry: Caught, address: str) -> None:
    """Odd but lawful addresses are accepted and kept as they came."""
    result = dry.send(**{"from": address, "to": address})

    assert "" == result.error
    assert (address, [address]) == (dry.mails[0].sender, dry.mails[0].recipients)


def test_a_message_larger_than_the_limit_is_refused(dry: Caught) -> None:
    """35 MB is the largest message, as with the big providers."""
    result = dry.send(body="x" * 36 * 1024 * 1024)

    assert -8 == result.code
    assert [] == dry.mails


def test_an_overlong_line_is_refused(dry: Caught) -> None:
    """What no server need take (RFC 5321 section 4.5.3.1.6) does not pass a dry run either."""
    with dry.connect() as client, pytest.raises(smtplib.SMTPDataError, match="Line too long"):
        client.sendmail("a@x.test", "b@x.test", b"Subject: 1\r\n\r\n" + b"x" * 1000 + b"\r\n")
    assert [] == dry.mails


@pytest.mark.parametrize("body", ["x" * 50_000, "x" * 50_000 + "\n", "é" + "x" * 50_000])
def test_a_body_that_is_one_long_line_passes_whole(dry: Caught, body: str) -> None:
    """A text without line ends is folded on the wire and whole again at the receiver."""
    assert "" == dry.send(body=body).error
    raw = dry.mails[0].raw
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert body.strip() == message_from_bytes(raw).get_payload(decode=True).decode().strip()  # type: ignore[union-attr]


def test_large_mails_are_taken(dry: Caught) -> None:
    """Almost five million characters arrive whole."""
    assert "" == dry.send(body=("x" * 59 + "\n") * 80_000, ssl=True).error
    assert 4_800_000 < len(dry.mails[0].raw)


def test_two_sends_at_once_are_both_caught(dry: Caught) -> None:
    """Sessions in several threads do not disturb each other."""
    senders = [threading.Thread(target=dry.send, kwargs={"subject": str(n), "starttls": True}) for n in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert set("01234567") == {message_from_bytes(mail.raw)["Subject"] for mail in dry.mails}
    assert list(range(1, 9)) == [mail.number for mail in dry.mails]


def test_start_and_stop_may_be_said_twice() -> None:
    """Starting and stopping again do nothing; stopping closes the ports, at once, sessions or not."""
    dry = Caught()
    dry.run.start()
    client = dry.connect()
    began = time.monotonic()
    dry.run.stop()
    dry.run.stop()

    assert time.monotonic() - began < 5
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.docmd("NOOP")
    client.close()
    assert -2 == dry.send().code


def test_it_can_be_started_again() -> None:
    """After a stop the same object serves anew and numbers go on."""
    dry = Caught()
    dry.send()
    dry.run.stop()
    dry.run.start()
    result = dry.send(starttls=True)
    dry.run.stop()

    assert "" == result.error
    assert [1, 2] == [mail.number for mail in dry.mails]


def test_what_fails_while_showing_is_raised_in_the_end() -> None:
    """The script sees its success; the host learns at the stop that a text could not be shown."""

    def show(_text: str) -> None:
        raise OSError(28, "No space left on device")

    run = DryRun(show)
    run.start()
    mail = {"host": "mail.test", "port": 25, "from": "a@x.test", "to": "b@x.test", "subject": "", "body": ""}
    assert 0 == smtp.send(mail, smtp.Settings(route=run.route)).code
    with pytest.raises(OSError, match="No space left"):
        run.stop()
    run.stop()


def test_the_mailbox_gets_what_was_caught(tmp_path: Path) -> None:
    """With a mailbox each mail is in a file by the time the send returns, named in the shown text, and on the page."""
    dry = Caught(str(tmp_path / "box"))
    dry.send(user="u@x.test", **{"pass": PASSWORD}, starttls=True, subject="On the page")
    assert dry.mails[0].raw == (tmp_path / "box" / "001.eml").read_bytes()
    dry.run.stop()

    page = (tmp_path / "box" / "index.html").read_text("utf-8")
    assert f"\nkept as {tmp_path / 'box' / '001.eml'}\n" in dry.texts[0]
    assert "On the page" in page
    assert "C: AUTH PLAIN [credentials]" in page


def test_a_mailbox_that_breaks_in_the_run_is_told_in_the_end(tmp_path: Path) -> None:
    """A mail that cannot be written ends in a clear error; the mail was shown all the same."""
    dry = Caught(str(tmp_path / "box"))
    (tmp_path / "box" / "index.html").unlink()
    (tmp_path / "box").rmdir()
    assert "" == dry.send().error

    with pytest.raises(UsageError, match="cannot be written"):
        dry.run.stop()
    assert 1 == len(dry.texts)
    assert "" == dry.run.summary()


@pytest.mark.parametrize(
    ("count", "kept", "last"),
    [
        (0, True, "no mail was sent in this dry run"),
        (1, True, "1 mail caught; look at it: {page}"),
        (8, True, "8 mails caught; look at them: {page}"),
        (2, False, "2 mails caught, none left this machine; --mailbox DIR keeps them with a page to look at them"),
    ],
)
def test_the_end_says_what_was_caught_and_where(tmp_path: Path, count: int, kept: bool, last: str) -> None:
    """The last text tells how many mails there were and where to look, or that there was none."""
    dry = Caught(str(tmp_path / "box") if kept else None)
    for _ in range(count):
        assert "" == dry.send().error
    dry.run.stop()
    dry.run.stop()
    assert last.format(page=tmp_path / "box" / "index.html") == dry.run.summary()


def test_the_page_follows_although_the_script_goes_on(tmp_path: Path) -> None:
    """Mails that come faster than the page is made are on it soon, not only at the end of the run."""
    dry = Caught(str(tmp_path / "box"))
    for _ in range(5):
        assert "" == dry.send().error
    page = tmp_path / "box" / "index.html"
    until = time.monotonic() + 20
    while "5 mails caught" not in page.read_text("utf-8") and time.monotonic() < until:
        time.sleep(0.02)
    assert "5 mails caught" in page.read_text("utf-8")
    dry.run.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells whose a connection is")
def test_another_account_cannot_send_a_mail_into_a_dry_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's port is open to the whole machine; the mails that it shows are the script's own."""
    run = DryRun(lambda _text: None)
    run.start()
    mail = {"host": "mail.test", "port": 25, "from": "a@x.test", "to": "b@x.test", "subject": "", "body": "x"}
    owners: Callable[[], dict[tuple[int, int], str]] = server._owners
    try:
        for security in ({}, {"ssl": True}):
            settings = smtp.Settings(route=run.route)
            assert 0 == smtp.send(mail | security, settings).code
            with monkeypatch.context() as another:
                another.setattr(server, "_owners", lambda: {ends: ends for ends in owners()})
                refused = smtp.send(mail | security, settings)
            assert -6 == refused.code
            assert "This jsnpy dry run is another account's" in refused.error
    finally:
        run.stop()
    assert 2 == run.count


def test_caught_mails_are_not_kept_in_memory(tmp_path: Path) -> None:
    """Twelve mails of 200 KB leave next to nothing behind: they are in files and on the page."""
    run = DryRun(lambda _text: None, str(tmp_path / "box"))
    run.start()
    mail = {"host": "mail.test", "port": 25, "from": "a@x.test", "to": "b@x.test", "subject": "", "body": "x"}
    attached = {"attachments": [{"filename": "a.bin", "content": "y" * 200_000}]}
    settings = smtp.Settings(route=run.route)
    assert 0 == smtp.send(mail | attached, settings).code
    tracemalloc.start()
    try:
        for _ in range(12):
            assert 0 == smtp.send(mail | attached, settings).code
        run.stop()
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 13 == len(list((tmp_path / "box").glob("*.eml")))
    assert left < 1_000_000
    assert peak < 6_000_000


def without(module: str) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Import the dry run in a Python that lacks a module."""
    program = f"import sys; sys.modules[{module!r}] = None\nfrom jsnpy.errors import UsageError\n"
    program += "try:\n    import jsnpy.dryrun\nexcept UsageError as error:\n    print(error)\n"
    return lambda: subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)


@pytest.mark.parametrize("module", ["aiosmtpd.smtp", "trustme"])
def test_missing_parts_say_how_to_install_them(module: str) -> None:
    """Without the extra the error names what to type."""
    assert (
        f"--dry-run needs parts that are not installed ({module})\n"
        f"Install them: {sys.executable} -m pip install 'jsnpy[dry-run]'\n"
    ) == without(module)().stdout
