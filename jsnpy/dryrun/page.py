"""The mailbox page: one static HTML text that shows mails as a mail reader would; nothing of a mail runs in it."""

from __future__ import annotations

import re
import shutil
import tempfile
from base64 import b64encode
from email.utils import parsedate_to_datetime
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote

from jsnpy.dryrun.frame import framed
from jsnpy.dryrun.reader import BODY, html_as_text, named_recipient, read, readable_size, visible
from jsnpy.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jsnpy.dryrun.reader import Attachment, ReadMail

_EMBEDDED = 4 * 1000 * 1000  # bytes: larger attachments are named, and found in the .eml
_SNIPPET = 160
_CUT = "<!-- cut -->"  # where the list and the mails stand in the template


class Entry(Record):
    """One mail: its file's name, its bytes, and what is known of its session ("" or [] when nothing is)."""

    name: str
    raw: bytes
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    server: str = ""
    tls: str = ""
    user: str = ""
    mechanism: str = ""
    dialogue: list[str] = field(default_factory=list)


def write(file: TextIO, entries: Iterable[Entry], folder: str, *, watched: bool = False) -> None:
    """Write the whole page, of whose mails no more than one is in memory at a time.

    Args:
        file: where to.
        entries: the mails, the one to show first at the front.
        folder: the mailbox's name, for the title.
        watched: whether more mails are to come: an open page then loads itself anew now and then.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", newline="\n") as mails:
        items = []
        for entry in entries:
            item, mail = _pieces(entry)
            items.append(item)
            mails.write(mail)
        script = _resource("page.js")
        count = len(items)
        page = Template(_resource("page.html")).substitute(
            title=_text(f"{folder} (dry run)"),
            summary=f"{count or 'no'} mail{'' if count == 1 else 's'} caught, none left this machine",
            watched=" data-watched" if watched else "",
            hash=b64encode(sha256(script.encode()).digest()).decode(),
            script=script,
        )
        head, middle, end = page.split(_CUT)
        file.writelines([head, *items, middle])
        if not items:
            file.write('<p class="nothing"><b>No mail yet</b>What the script sends is shown here, one mail a line.</p>')
        mails.seek(0)
        shutil.copyfileobj(mails, file)
        file.write(end)


def _resource(name: str) -> str:
    return files("jsnpy.dryrun").joinpath(name).read_text("utf-8")


def _pieces(entry: Entry) -> tuple[str, str]:
    """Return a mail's line in the list, and its text in the reader."""
    seen = read(entry.raw)
    stem = entry.name.rpartition(".")[0]
    anchor, number = quote(stem), f"#{_text(stem)}"
    subject = _text(seen.header("Subject")) or "(no subject)"
    text = seen.text if seen.text is not None else html_as_text(seen.html or "")
    long_date, short_date = _dates(seen.header("Date"))
    clip = '<span class="clip" role="img" aria-label="with attachments"></span>' if seen.attachments else ""
    item = (
        f'<li><a href="#{anchor}"><span class="number">{number}</span>'
        f'<span class="who"><bdi>{_text(_receivers(seen, entry))}</bdi></span><time>{short_date}</time>'
        f'<span class="subject" dir="auto">{subject}</span>{clip}'
        f'<span class="snippet" dir="auto">{_text(" ".join(text[: 4 * _SNIPPET].split())[:_SNIPPET])}</span></a></li>\n'
    )
    mail = (
        f'<article class="mail" id="{anchor}"><a class="back" href="#">&lsaquo; All mails</a>'
        f'<p class="when"><a class="number" href="#{anchor}">{number}</a> <time>{long_date}</time></p>'
        f'<h2 dir="auto">{subject}</h2>{_people(seen, entry)}'
        f"{_facts(entry)}{_files(seen, entry)}{_tabs(seen, text, entry, anchor)}</article>\n"
    )
    return item, mail


def _text(text: str, keep: str = "") -> str:
    """Escape for HTML, text and quoted attributes; control and bidirectional characters are made visible."""
    return escape(visible(text, keep))


def _receivers(seen: ReadMail, entry: Entry) -> str:
    """Return who a mail is for, in one short line."""
    named = [*seen.people.get("to", ()), *seen.people.get("cc", ())]
    people = [name or address for name, address in named] or entry.recipients
    return people[0] + (f" +{len(people) - 1}" if len(people) > 1 else "") if people else "(nobody)"


def _dates(header: str) -> tuple[str, str]:
    try:
        moment = parsedate_to_datetime(header)
        return _text(f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M %z}".strip()), f"{moment.day} {moment:%b %H:%M}"
    except (ValueError, TypeError, IndexError, OverflowError):
        return _text(header), ""


def _people(seen: ReadMail, entry: Entry) -> str:
    rows = [(label, _persons(seen, label)) for label in ("From", "To", "Cc", "Reply-To")]
    blind = [recipient for recipient in entry.recipients if not named_recipient(recipient, seen)]
    rows.append(("Bcc", f"<bdi>{_text(', '.join(blind))}</bdi>" if blind else ""))
    shown = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in rows if value)
    return f'<dl class="people">{shown}</dl>'


def _persons(seen: ReadMail, label: str) -> str:
    """Return a header's people, each name and address with a direction of its own."""
    people = seen.people.get(label.lower())
    if not people:
        return f"<bdi>{_text(seen.header(label))}</bdi>" if seen.header(label) else ""
    return ", ".join(
        f'<bdi>{_text(name)}</bdi> <bdi class="address">{_text(address)}</bdi>'
        if name
        else f"<bdi>{_text(address)}</bdi>"
        for name, address in people
    )


def _facts(entry: Entry) -> str:
    facts = [f'<li><a href="{quote(entry.name)}">{_text(entry.name)}</a>, {readable_size(len(entry.raw))}</li>']
    if entry.dialogue:
        secure = f'<li class="good">{_text(entry.tls)}</li>' if entry.tls else '<li class="warn">no TLS</li>'
        user = f"signed in as {_text(entry.user)}, {_text(entry.mechanism)}" if entry.mechanism else "not signed in"
        server = f"<li>meant for {_text(entry.server)}</li>" if entry.server else ""
        facts = [server, secure, f"<li>{user}</li>", *facts]
    return f'<ul class="facts">{"".join(facts)}</ul>'


def _tabs(seen: ReadMail, text: str, entry: Entry, anchor: str) -> str:
    tabs = []
    if seen.html is not None:
        tabs.append(("html", "HTML", _html(seen, anchor)))
    tabs.append(("text", "Text", f'<pre dir="auto">{_lines(text) or "(empty)"}</pre>'))
    if seen.html is not None:
        tabs.append(("code", "HTML source", f"<pre>{_lines(seen.html)}</pre>"))
    headers = "".join(f"<dt>{_text(name)}</dt><dd><bdi>{_text(value)}</bdi></dd>" for name, value in seen.headers)
    tabs.append(("head", "Headers", f"<dl>{headers}</dl>"))
    if entry.dialogue:
        tabs.append(("talk", "SMTP dialogue", f"<pre>{_dialogue(entry.dialogue)}</pre>"))
    inputs = "".join(
        f'<input type="radio" class="{kind}" name="{anchor}" id="{anchor}.{kind}"{" checked" if i == 0 else ""}>'
        f'<label for="{anchor}.{kind}">{label}</label>'
        for i, (kind, label, _) in enumerate(tabs)
    )
    sections = "".join(f'<section class="{kind}">{content}</section>' for kind, _, content in tabs)
    return f'<div class="tabs">{inputs}{sections}</div>'


def _html(seen: ReadMail, anchor: str) -> str:
    widths = "".join(
        f'<input type="radio" class="{kind}" name="{anchor}.width" id="{anchor}.{kind}"{checked}>'
        f'<label for="{anchor}.{kind}">{label}</label>'
        for kind, label, checked in (("wide", "Desktop", " checked"), ("phone", "Phone", ""))
    )
    return (
        f'<div class="widths">{widths}<span class="note">Scripts, remote content, forms and links are off.</span>'
        f'<iframe sandbox="" loading="lazy" title="HTML body" srcdoc="{framed(seen)}"></iframe></div>'
    )


def _lines(text: str) -> str:
    return _text(text, BODY)


def _dialogue(lines: list[str]) -> str:
    return "\n".join(
        f'<span class="c">{_text(line)}</span>' if line.startswith("C:") else _text(line) for line in lines
    )


def _files(seen: ReadMail, entry: Entry) -> str:
    cards = "".join(f"<li>{_file(attachment, entry)}</li>" for attachment in seen.attachments)
    return f'<ul class="files" aria-label="Attachments">{cards}</ul>' if cards else ""


def _file(attachment: Attachment, entry: Entry) -> str:
    name = attachment.name or "(no name)"
    ending = re.search(r"\.([A-Za-z0-9]{1,5})$", name)
    kind = ending[1] if ending else attachment.content_type.partition("/")[0][:5]
    size = readable_size(len(attachment.data))
    label = (
        f'<span class="kind" aria-hidden="true">{_text(kind.upper())}</span>'
        f'<span class="name" title="{_text(name)}"><bdi>{_text(name)}</bdi></span>'
    )
    if len(attachment.data) > _EMBEDDED:
        return f'<div>{label}<span class="size">{size}, kept in {_text(entry.name)}</span></div>'
    # Always as bytes to save: a type of its own could make the browser show it.
    link = f"data:application/octet-stream;base64,{b64encode(attachment.data).decode()}"
    saved_as = re.sub(r'[\\/:*?"<>|]', "_", visible(attachment.name)).strip(". ") or "attachment"
    return (
        f'<a download="{_text(saved_as)}" href="{link}">{label}'
        f'<span class="size">{size}, {_text(attachment.content_type)}</span></a>'
    )
