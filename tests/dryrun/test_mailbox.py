"""The folder that a dry run's mails are written to."""

import base64
import errno
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import TextIO

import pytest

from jsnpy.dryrun import CaughtMail, DryRun
from jsnpy.dryrun.mailbox import Mailbox
from jsnpy.dryrun.page import Entry, write
from jsnpy.errors import JsnpyError, UsageError


def caught(subject: str = "Hello", raw: bytes = b"", **facts: object) -> CaughtMail:
    """A mail as the server would keep it."""
    raw = raw or f"From: A <a@x.test>\r\nSubject: {subject}\r\n\r\nbody of {subject}\r\n".encode()
    defaults: dict[str, object] = {"number": 1, "sender": "a@x.test", "recipients": ["b@x.test"], "raw": raw}
    return CaughtMail(**(defaults | facts))  # type: ignore[arg-type]


def filled(folder: Path, *mails: CaughtMail) -> str:
    """Put the mails into a mailbox there and return its page."""
    mailbox = Mailbox(str(folder))
    mailbox.open()
    for mail in mails:
        mailbox.add(mail)
    mailbox.refresh()
    return (folder / "index.html").read_text("utf-8")


def test_mails_are_written_exactly_as_received(tmp_path: Path) -> None:
    """The .eml files hold the message's bytes, whatever these are, in the order of sending."""
    raw = b"Subject: x\r\n\r\n.dot\r\n\x00\xff bare \n end"
    filled(tmp_path, caught(raw=raw), caught("Second"))

    assert raw == (tmp_path / "001.eml").read_bytes()
    assert b"Subject: Second" in (tmp_path / "002.eml").read_bytes()


def test_numbers_go_on_and_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder that holds mails already keeps them, and the page shows them too."""
    (tmp_path / "007.eml").write_bytes(b"Subject: Old\r\n\r\n")
    (tmp_path / "009.json").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine too")
    page = filled(tmp_path, caught("New"))

    assert ["007.eml", "009.json", "010.eml", "010.json", "index.html", "notes.txt"] == sorted(os.listdir(tmp_path))
    assert "mine" == (tmp_path / "009.json").read_text()
    assert "2 mails caught" in page
    assert page.index(">New<") < page.index(">Old<")


def test_numbers_grow_past_999(tmp_path: Path) -> None:
    """The thousandth mail comes after the 999th, on disk and on the page."""
    (tmp_path / "999.eml").write_bytes(b"Subject: Old\r\n\r\n")
    page = filled(tmp_path, caught("New"))

    assert (tmp_path / "1000.eml").exists()
    assert page.index(">New<") < page.index(">Old<")


def test_two_processes_share_a_folder(tmp_path: Path) -> None:
    """Mails written by several processes at once are all kept, and the last page shows them all."""
    program = (
        "import sys\nfrom jsnpy.dryrun import CaughtMail\nfrom jsnpy.dryrun.mailbox import Mailbox\n"
        "box = Mailbox(sys.argv[1]); box.open(); print(flush=True); sys.stdin.readline()\n"
        "for n in range(25):\n"
        "    raw = b'Subject: mail %s %d\\r\\n\\r\\n' % (sys.argv[2].encode(), n)\n"
        "    box.add(CaughtMail(number=n, sender='a@x.test', recipients=[], raw=raw))\n"
        "box.refresh()\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in "AB"
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)

    expected = {f"mail {name} {n}" for name in "AB" for n in range(25)}
    assert [0, 0] == [writer.returncode for writer in writers]
    assert expected == {eml.read_text().split(": ")[1].strip() for eml in tmp_path.glob("*.eml")}
    assert 50 == len(list(tmp_path.glob("*.eml"))) == len(list(tmp_path.glob("*.json")))
    assert expected == set(re.findall('<h2 dir="auto">(.*?)</h2>', (tmp_path / "index.html").read_text()))


def test_a_number_that_another_process_has_taken_meanwhile_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail that another process wrote after this one looked for a free number is not overwritten."""
    mailbox = Mailbox(str(tmp_path))
    mailbox.open()
    (tmp_path / "001.eml").write_bytes(b"Subject: Theirs\r\n\r\n")
    monkeypatch.setattr(os, "listdir", lambda _: [])

    assert str(tmp_path / "002.eml") == mailbox.add(caught("Ours"))
    assert b"Theirs" in (tmp_path / "001.eml").read_bytes()


def test_a_page_that_cannot_be_written_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the last page stays, and nothing else is left of the new one."""
    page = filled(tmp_path, caught())

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("jsnpy.dryrun.mailbox.write", full)
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        Mailbox(str(tmp_path)).open()
    assert ["001.eml", "001.json", "index.html"] == sorted(os.listdir(tmp_path))
    assert page == (tmp_path / "index.html").read_text("utf-8")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no disk that is always full")
@pytest.mark.parametrize(("ending", "left"), [(".eml", []), (".json", ["001.eml"])])
def test_a_mail_that_finds_no_room_leaves_no_part_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, left: list[str]
) -> None:
    """What the disk has no room for is not there at all, and the error says what to do."""

    def full(path: str, flags: int) -> int:
        file = os.open(path, flags, 0o600)
        if path.endswith(ending):
            os.close(file)
            file = os.open("/dev/full", os.O_WRONLY)
        return file

    monkeypatch.setattr("jsnpy.dryrun.mailbox._private", full)
    with pytest.raises(UsageError, match="cannot be written: No space left on device") as caught_error:
        Mailbox(str(tmp_path)).add(caught())
    assert "Make room on its disk." == caught_error.value.hint
    assert left == os.listdir(tmp_path)


def test_a_mail_that_comes_while_the_page_is_made_is_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process's mail is not lost from the page because this one listed the folder a moment before."""

    def slow_write(file: TextIO, entries: Iterable[Entry], folder: str, *, watched: bool) -> None:
        (tmp_path / "002.eml").write_bytes(b"Subject: Meanwhile\r\n\r\n")
        write(file, entries, folder, watched=watched)

    mailbox = Mailbox(str(tmp_path))
    mailbox.open()
    monkeypatch.setattr("jsnpy.dryrun.mailbox.write", slow_write)
    mailbox.add(caught())
    mailbox.refresh()

    assert "Meanwhile" in (tmp_path / "index.html").read_text("utf-8")


def test_the_html_is_behind_two_walls(tmp_path: Path) -> None:
    """The frame is sandboxed without any right, and both page and frame have a policy that starts from nothing."""
    text = filled(tmp_path, caught(raw=b"Content-Type: text/html\r\n\r\n<p>Hi\r\n"))
    frame = unescape(text.partition('srcdoc="')[2].partition('"')[0])

    assert '<iframe sandbox="" ' in text
    for walled in (text, frame):
        assert '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ' in walled
    policies = [walled.partition("Content-Security-Policy")[2].partition(">")[0] for walled in (text, frame)]
    assert "script" not in policies[1]
    (script,) = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert [f"script-src 'sha256-{digest}'"] == re.findall("script-src [^;]*", policies[0])


@pytest.mark.parametrize("name", ["link", "meta", "BASE", "iframe", "frame", "object", "embed"])
def test_what_would_reach_out_of_the_frame_is_no_element(tmp_path: Path, name: str) -> None:
    """Elements that connect, refresh, or lead links elsewhere, whatever policies say, are made unknown ones."""
    raw = f"Content-Type: text/html\r\n\r\n<p>Hi<{name} href='https://x.test/'>\r\n".encode()
    frame = unescape(filled(tmp_path, caught(raw=raw)).partition('srcdoc="')[2].partition('"')[0])
    assert f"<p>Hi<x-{name} href='https://x.test/'>" in frame


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    """A file in the way of the folder is said before the run, with what to do."""
    (tmp_path / "file").write_text("")
    run = DryRun(print, str(tmp_path / "file" / "box"))

    with pytest.raises(UsageError) as caught_error:
        run.start()
    assert f"the mailbox {tmp_path / 'file' / 'box'} cannot be written: " in str(caught_error.value)
    assert "--mailbox needs a folder in which this user may create files" == caught_error.value.hint
    assert "" == run.summary()  # no script ran, so it did not send nothing


def test_mails_are_for_this_account_alone(tmp_path: Path) -> None:
    """What a mail says is not for others on the machine: neither the folder that is made for it, nor its files."""
    folder = tmp_path / "box"
    old = os.umask(0o022)
    try:
        filled(folder, caught())
    finally:
        os.umask(old)
    if os.name == "posix":
        assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
        assert {"001.eml": 0o600, "001.json": 0o600, "index.html": 0o600} == {
            each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()
        }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
@pytest.mark.parametrize("name", ["009.eml", "001.json"])
def test_a_pipe_in_the_folder_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """Somebody who may write there cannot hold up the run: of what is no file the page says so."""
    filled(tmp_path, caught("Mine"))
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    page = filled(tmp_path, caught("Next"))

    assert "Mine" in page
    assert "Next" in page
    assert ("(cannot be read: no regular file)" in page) == name.endswith(".eml")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="Windows follows links")
def test_a_link_in_the_folder_shows_nothing_of_where_it_leads(tmp_path: Path) -> None:
    """Somebody who may write there cannot have the page show a file that only this account may read."""
    (tmp_path / "secret").write_text("Subject: hush-hush\n\nhush-hush\n")
    box = tmp_path / "box"
    box.mkdir()
    for name in ("005.eml", "005.json"):
        (box / name).symlink_to(tmp_path / "secret")

    page = filled(box, caught())
    assert "hush-hush" not in page
    assert "(cannot be read: " in page


def test_a_folder_without_write_permission_is_a_clear_error(tmp_path: Path) -> None:
    """A folder of somebody else is refused in plain words."""
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(JsnpyError, match="cannot be written: Permission denied"):
        Mailbox(str(tmp_path)).open()


def test_a_folder_that_went_away_is_a_clear_error(tmp_path: Path) -> None:
    """Trouble in the middle of a run is no traceback either."""
    mailbox = Mailbox(str(tmp_path / "box"))
    mailbox.open()
    (tmp_path / "box" / "index.html").unlink()
    (tmp_path / "box").rmdir()

    with pytest.raises(UsageError, match="cannot be written"):
        mailbox.add(caught())


def test_an_empty_mailbox_has_a_page(tmp_path: Path) -> None:
    """Before the first mail the page says that there is none."""
    page = filled(tmp_path / "new" / "box")

    assert "no mails caught, none left this machine" in page
    assert "No mail yet" in page


def test_the_page_shows_a_mail_with_its_session(tmp_path: Path) -> None:
    """Sender, recipients with blind copies, session, headers, text and dialogue are on the page."""
    raw = (
        b"From: =?utf-8?q?Ren=C3=A9?= <rene@x.test>\r\nTo: b@x.test\r\nSubject: =?utf-8?q?=C3=A9t=C3=A9?=\r\n"
        b"Date: Sun, 22 Nov 2026 17:05:00 +0100\r\n\r\nBody text\r\n"
    )
    page = filled(
        tmp_path,
        caught(
            raw=raw,
            recipients=["b@x.test", "boss@x.test"],
            server="mail.x.test:587",
            tls="TLSv1.3",
            user="u@x.test",
            mechanism="LOGIN",
            dialogue=["S: 220 hello", "C: EHLO <me>"],
        ),
    )

    text = re.sub(
        r"\s+", " ", unescape(re.sub("<style.*?</style>|<script.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL))
    )
    for expected in (
        "1 mail caught",
        "#001 b@x.test 22 Nov 17:05 été Body text",
        "#001 Sun 22 Nov 2026, 17:05 +0100 été From René rene@x.test To b@x.test Bcc boss@x.test",
        "meant for mail.x.test:587 TLSv1.3 signed in as u@x.test, LOGIN 001.eml , 145 bytes",
        "Subject été Date Sun, 22 Nov 2026 17:05:00 +0100",
        "Body text",
        "S: 220 hello C: EHLO <me>",
    ):
        assert expected in text


def test_mails_of_earlier_runs_keep_their_session(tmp_path: Path) -> None:
    """Envelope and dialogue of an earlier run are still on the page."""
    filled(tmp_path, caught("Old", dialogue=["S: 220 earlier"]))
    page = filled(tmp_path, caught("New", dialogue=["S: 220 later"]))

    assert "S: 220 earlier" in page
    assert "S: 220 later" in page


@pytest.mark.parametrize(
    "side",
    ["", "[1]", '{"dialogue": {"a": 1}, "tls": 3}', '{"dialogue": [1], "recipients": [null]}', "\xff", "[" * 100000],
)
def test_a_side_file_that_is_not_ours_does_no_harm(tmp_path: Path, side: str) -> None:
    """What stands beside a mail is read only where it is what jsnpy wrote."""
    (tmp_path / "001.eml").write_bytes(b"Subject: Hello\r\n\r\n")
    (tmp_path / "001.json").write_text(side, "latin-1")

    assert '<h2 dir="auto">Hello</h2>' in filled(tmp_path)


KNOWN_ATTRIBUTES = {
    "aria-hidden",
    "aria-label",
    "charset",
    "checked",
    "class",
    "content",
    "autocomplete",
    "dir",
    "download",
    "for",
    "hidden",
    "href",
}
KNOWN_ATTRIBUTES |= {
    "http-equiv",
    "id",
    "lang",
    "loading",
    "name",
    "placeholder",
    "role",
    "sandbox",
    "spellcheck",
    "srcdoc",
    "style",
    "title",
    "type",
}


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """Markup in headers, text, names of attachments and files, dialogue: none becomes part of the page."""
    evil = "</script></style></title><x-evil a='\"><x-evil>\u202e\x00"
    word = "=?utf-8?q?" + "".join(f"={byte:02X}" for byte in evil.encode()) + "?="
    raw = (
        f"From: {word} <a@x.test>\r\nTo: {word} <b@x.test>\r\nSubject: {word}\r\nDate: {word}\r\n"
        f"X-{evil[:9]}: {word}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{evil}\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{evil}\r\n"
        f'--b\r\nContent-Type: x/y\r\nContent-Disposition: attachment; filename="{word}"\r\n\r\nx\r\n--b--'
    ).encode()
    # Windows takes neither of these signs in a name.
    folder = tmp_path / ("x-evil" if sys.platform == "win32" else "<x-evil>")
    folder.mkdir()
    (folder / ("x-evil'.eml" if sys.platform == "win32" else "<x-evil>\"'.eml")).write_bytes(b"\r\n\r\n")
    page = filled(
        folder,
        caught(raw=raw, recipients=[evil], server=evil, tls=evil, user=evil, mechanism=evil, dialogue=[evil]),
    )

    found = Elements()
    found.feed(page)
    assert "x-evil" in page
    assert not [tag for tag in found.tags if tag.startswith("x-")]
    assert not found.attributes - KNOWN_ATTRIBUTES
    assert 1 == page.count("</style>")
    assert 1 == page.count("</script>")
    assert "\u202e" not in re.sub(' srcdoc="[^"]*"', "", page)


def test_attachments_are_saved_as_bytes_under_a_plain_name(tmp_path: Path) -> None:
    """A link saves the attachment; its name cannot choose a folder, its type cannot make it shown."""
    raw = (
        b'Content-Type: text/html\r\nContent-Disposition: attachment; filename="../..\\\\x.html"\r\n\r\n'
        b"<script>alert(1)</script>"
    )
    page = filled(tmp_path, caught(raw=raw))

    link = "data:application/octet-stream;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="
    assert f'download="_.._x.html" href="{link}"' in page


def test_large_attachments_are_left_to_the_eml(tmp_path: Path) -> None:
    """The page stays small enough to open: what is larger than 4 MB is named only."""
    head = b"Content-Type: application/zip\r\nContent-Disposition: attachment; filename=big.zip\r\n\r\n"
    page = filled(tmp_path, caught(raw=head + b"x" * 4_000_001))

    assert "4.0 MB, kept in 001.eml" in page
    assert len(page) < 100_000


def test_inline_images_are_shown(tmp_path: Path) -> None:
    """An image that the HTML names by its Content-ID is in the frame; other parts are no images."""
    raw = (
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        b'<img src="cid:logo%40x"><img src="cid:page"><img src="cid:none">\r\n'
        b"--b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n\r\nPNG\r\n"
        b"--b\r\nContent-Type: text/html\r\nContent-ID: <page>\r\n\r\n<p>\r\n--b--\r\n"
    )
    frame = unescape(filled(tmp_path, caught(raw=raw)).partition('srcdoc="')[2].partition('"')[0])

    assert '<img src="data:image/png;base64,UE5H"><img src="cid:page"><img src="cid:none">' in frame


def test_the_side_file_has_envelope_and_dialogue(tmp_path: Path) -> None:
    """Programs find in 001.json what the message does not say."""
    filled(tmp_path, caught(recipients=["b@x.test", "boss@x.test"], dialogue=["S: 220 x"], tls="TLSv1.3"))

    assert {
        "sender": "a@x.test",
        "server": "",
        "tls": "TLSv1.3",
        "user": "",
        "mechanism": "",
        "recipients": ["b@x.test", "boss@x.test"],
        "dialogue": ["S: 220 x"],
    } == json.loads((tmp_path / "001.json").read_text())
