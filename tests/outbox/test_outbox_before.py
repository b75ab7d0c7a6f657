"""An outbox file that an earlier version left behind: every later one loads, lists and delivers it.

`kept_before/outbox.db` was written by version 0.1.0 as it was before its file gave up WAL: five mails kept and
one delivered, on 24 November 2025; the password of one is a reference, two were claimed by a process that died.
"""

from __future__ import annotations

import shutil
import sqlite3
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.command import jsnpy
from support.outbox import CountingServer

from jsnpy import smtp
from jsnpy.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.mailserver import MailServer

WRITTEN = 1764000245.0
"""When the file was written, in seconds since 1970."""

SUBJECTS = [
    "given up",
    "perhaps delivered",
    "waiting, with a password's reference",
    "waiting, with an attachment: Störung",
    "claimed when its process died",
    "marked when its process died",
]


@pytest.fixture
def server() -> Iterator[CountingServer]:
    """Return a server that counts the mails it takes."""
    with CountingServer(EHLO=b"250-x\r\n250 AUTH PLAIN\r\n") as running:
        yield running


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """Return a copy of the old outbox's folder."""
    folder = tmp_path / "box"
    folder.mkdir()
    shutil.copy(Path(__file__).parent / "kept_before" / "outbox.db", folder)
    return folder


def lead_to(box: Path, port: int) -> None:
    """Let the kept mails go to a server of today."""
    database = sqlite3.connect(box / "outbox.db")
    with database:
        database.execute("UPDATE mails SET server = json_set(server, '$.server.port', ?)", (port,))
    database.close()


def standing(outbox: Outbox) -> dict[str, str]:
    """Return how it stands with each mail, by its subject."""
    return {each.row.subject: each.outcome for each in outbox.kept()}


def test_listed(box: Path) -> None:
    """Every mail of an old outbox is listed with its state."""
    states = ["failed", "unknown", "later", "later", "later", "unknown"]
    assert dict(zip(SUBJECTS, states, strict=True)) == standing(Outbox(str(box), clock=lambda: WRITTEN))


def test_delivered(box: Path, mailserver: Callable[..., MailServer], monkeypatch: pytest.MonkeyPatch) -> None:
    """What waited in an old outbox is delivered with its attachments and log-in; the rest stays to be seen."""
    monkeypatch.setenv("MAIL_PW", "first-Secret")
    taking = mailserver(users={})
    lead_to(box, taking.port)
    outbox = Outbox(str(box), clock=lambda: WRITTEN + 3600)
    list(outbox.flush(smtp.Settings()))
    assert {"given up": "failed", "perhaps delivered": "unknown", SUBJECTS[5]: "unknown"} == standing(outbox)
    assert sorted(SUBJECTS[2:5]) == sorted(str(mail.message["Subject"]) for mail in taking.mails)
    assert ("ann", "token-first-Secret") in taking.logins
    (attached,) = [mail for mail in taking.mails if len(mail.recipients) > 1]
    assert ["ann@example.com", "bo@example.org", "cy@example.net"] == attached.recipients
    parts = list(message_from_bytes(attached.content, policy=policy.SMTP).iter_attachments())
    assert [("report.csv", b"a;b\r\n1;2\r\n"), ("Zähler.bin", bytes(range(5)) * 300)] == [
        (part.get_filename(), part.get_payload(decode=True)) for part in parts
    ]


def test_resent_when_asked(box: Path, server: CountingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mails of an old outbox whose delivery is unknown are sent again when that is asked for."""
    monkeypatch.setenv("MAIL_PW", "first-Secret")
    lead_to(box, server.port)
    outbox = Outbox(str(box), clock=lambda: WRITTEN + 3600)
    list(outbox.flush(smtp.Settings()))
    list(outbox.retry([], smtp.Settings(), unknown=True))
    assert {"given up": "failed"} == standing(outbox)
    assert [1, 1] == [server.count(subject) for subject in (SUBJECTS[1], SUBJECTS[5])]


def test_by_the_command(box: Path, server: CountingServer) -> None:
    """The command lists an old outbox and sends what is due."""
    lead_to(box, server.port)
    listed = jsnpy("outbox", "list", "--outbox", box)
    assert (3, len(SUBJECTS)) == (listed.code, len(listed.out.splitlines()))
    assert "literal-Secret" not in listed.out
    flushed = jsnpy("outbox", "flush", "--outbox", box, "--max-age", "9999d", env={"MAIL_PW": "first-Secret"})
    assert (3, 3) == (flushed.code, flushed.out.count(": sent\n")), flushed
    assert 3 == len(server.taken)
