"""The mailbox page: one static HTML text, without scripts, that shows mails as a mail reader would."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote
from zlib import crc32

from jsnpy.dryrun.reader import html_as_text, named_recipient, read, readable_size, visible

if TYPE_CHECKING:
    from jsnpy.dryrun.reader import Attachment, ReadMail

_EMBEDDED = 4 * 1000 * 1000  # bytes: larger attachments are named, and found in the .eml
_SNIPPET = 160
# The frame's own rules, on top of sandbox="" (no scripts, forms, pop-ups) and of the page's policy.
_FRAME_HEAD = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="'
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
    '"><meta http-equiv="x-dns-prefetch-control" content="off"><meta name="referrer" content="no-referrer">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><base target="_blank">'
    "<style>body { font: 15px/1.5 system-ui, sans-serif; margin: 16px; overflow-wrap: anywhere }"
    "img { max-width: 100% } a, area, button, input { pointer-events: none !important }</style>"
)


@dataclass(frozen=True)
class Entry:
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


@dataclass(frozen=True)
class Fragment:
    """One mail's two pieces of the page: its line in the list, its text in the reader."""

    item: str
    article: str


def page(fragments: list[Fragment], folder: str) -> str:
    """Return the whole page.

    Args:
        fragments: the mails, the one to show first at the front.
        folder: the mailbox's name, for the title.
    """
    count = len(fragments)
    summary = f"{count or 'no'} mail{'' if count == 1 else 's'} caught, none left this machine"
    nothing = '<p class="nothing"><b>No mail yet</b>What the script sends is shown here, one mail a line.</p>'
    chosen = [f'body:has(#m{i}:target) .list [href="#m{i}"]' for i in range(count)]
    return Template(files("jsnpy.dryrun").joinpath("page.html").read_text("utf-8")).substitute(
        title=_text(f"{folder} (dry run)"),
        summary=summary,
        selected=", ".join(chosen) or ".none",
        list="\n".join(f.item.replace("\x00", f"m{i}") for i, f in enumerate(fragments)),
        mails="\n".join(f.article.replace("\x00", f"m{i}") for i, f in enumerate(fragments)) or nothing,
    )


def fragment(entry: Entry) -> Fragment:
    """Return one mail's pieces; each NUL in them stands for the mail's anchor, which `page` puts in."""
    seen = read(entry.raw)
    name, address = _person(seen.header("From") or entry.sender)
    subject = _text(seen.header("Subject")) or "(no subject)"
    hue = crc32((address or name).encode("utf-8", "replace")) % 360
    initial = _text(next((c for c in name if c.isalnum()), "?").upper())
    badge = f'<span class="round" style="--hue:{hue}" aria-hidden="true">{initial}</span>'
    text = seen.text if seen.text is not None else html_as_text(seen.html or "")
    long_date, short_date = _dates(seen.header("Date"))
    snippet = _text(" ".join(text[: 4 * _SNIPPET].split())[:_SNIPPET])
    clip = " clip" if seen.attachments else ""
    item = (
        f'<li><a href="#\x00">{badge}<span class="who{clip}"><bdi>{_text(name)}</bdi></span>'
        f'<time>{short_date}</time><span class="subject"><bdi>{subject}</bdi></span>'
        f'<span class="snippet"><bdi>{snippet}</bdi></span></a></li>'
    )
    article = (
        '<article class="mail" id="\x00"><a class="back" href="#">&lsaquo; All mails</a>'
        f'<h2><bdi>{subject}</bdi></h2><div class="from">{badge}<div>'
        f'<div class="line"><span><b><bdi>{_text(name)}</bdi></b>{_address(name, address)}</span>'
        f"<time>{long_date}</time></div>{_people(seen, entry)}</div></div>"
        f"{_facts(entry)}{_files(seen, entry)}{_tabs(seen, text, entry)}</article>"
    )
    return Fragment(item, article)


def _text(text: str, keep: str = "") -> str:
    """Escape for HTML, text and quoted attributes; control and bidirectional characters are made visible."""
    return escape(visible(text, keep))


def _person(header: str) -> tuple[str, str]:
    """The name to call a sender by, and the address."""
    before, bracket, rest = header.rpartition("<")
    if not bracket:
        return header.strip() or "(nobody)", header.strip()
    address = rest.partition(">")[0].strip()
    return before.strip().strip('"').strip() or address, address


def _address(name: str, address: str) -> str:
    return "" if name == address else f' <span class="address"><bdi>{_text(address)}</bdi></span>'


def _dates(header: str) -> tuple[str, str]:
    try:
        moment = parsedate_to_datetime(header)
        return _text(f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M %z}".strip()), f"{moment.day} {moment:%b %H:%M}"
    except (ValueError, TypeError, IndexError, OverflowError):
        return _text(header), ""


def _people(seen: ReadMail, entry: Entry) -> str:
    rows = [(label, seen.header(label)) for label in ("To", "Cc", "Reply-To")]
    rows.append(("Bcc", ", ".join(r for r in entry.recipients if not named_recipient(r, seen))))
    shown = "".join(f"<dt>{label}</dt><dd><bdi>{_text(value)}</bdi></dd>" for label, value in rows if value)
    return f'<dl class="people">{shown}</dl>'


def _facts(entry: Entry) -> str:
    facts = [f'<li><a href="{quote(entry.name)}">{_text(entry.name)}</a>, {readable_size(len(entry.raw))}</li>']
    if entry.dialogue:
        secure = f'<li class="good">{_text(entry.tls)}</li>' if entry.tls else '<li class="warn">no TLS</li>'
        user = f"signed in as {_text(entry.user)}, {_text(entry.mechanism)}" if entry.mechanism else "not signed in"
        server = f"<li>meant for {_text(entry.server)}</li>" if entry.server else ""
        facts = [server, secure, f"<li>{user}</li>", *facts]
    return f'<ul class="facts">{"".join(facts)}</ul>'


def _tabs(seen: ReadMail, text: str, entry: Entry) -> str:
    tabs = []
    if seen.html is not None:
        frame = (
            f'<iframe sandbox="" title="HTML body" srcdoc="{_frame(seen)}"></iframe>'
            '<p class="note">Scripts, remote content, forms and links are off.</p>'
        )
        tabs.append(("html", "HTML", frame))
    tabs.append(("text", "Text", f"<pre>{_text(text, chr(10) + chr(9)) or '(empty)'}</pre>"))
    headers = "".join(f"<dt>{_text(name)}</dt><dd><bdi>{_text(value)}</bdi></dd>" for name, value in seen.headers)
    tabs.append(("head", "Headers", f"<dl>{headers}</dl>"))
    if entry.dialogue:
        tabs.append(("talk", "SMTP dialogue", f"<pre>{_dialogue(entry.dialogue)}</pre>"))
    inputs = "".join(
        f'<input type="radio" class="{kind}" name="\x00" id="\x00{kind}"{" checked" if i == 0 else ""}>'
        f'<label for="\x00{kind}">{label}</label>'
        for i, (kind, label, _) in enumerate(tabs)
    )
    sections = "".join(f'<section class="{kind}">{content}</section>' for kind, _, content in tabs)
    return f'<div class="tabs">{inputs}{sections}</div>'


def _frame(seen: ReadMail) -> str:
    html = (seen.html or "").replace("\x00", "\ufffd")
    # A policy stops loading, not connecting ahead, as for <link> and frames: there are no such elements.
    html = re.sub(r"<(?=link|meta|base|i?frame|object|embed)", "<x-", html, flags=re.IGNORECASE)
    pictures = {a.cid: a for a in seen.attachments if a.cid and re.fullmatch(r"image/[\w.+-]+", a.content_type)}

    def picture(match: re.Match[str]) -> str:
        found = pictures.get(unquote(match[1]))
        return match[0] if found is None else f"data:{found.content_type};base64,{b64encode(found.data).decode()}"

    return escape(_FRAME_HEAD + re.sub(r"cid:([^\s\"'<>()]+)", picture, html))


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
