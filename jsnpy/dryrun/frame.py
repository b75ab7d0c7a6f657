"""The HTML of a mail, walled in: what a sandboxed frame of the mailbox page shows."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from jsnpy.dryrun.reader import ReadMail

# The frame's own rules, on top of sandbox="" (no scripts, forms, pop-ups) and of the page's policy.
_HEAD = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="'
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
    '"><meta http-equiv="x-dns-prefetch-control" content="off"><meta name="referrer" content="no-referrer">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><base target="_blank">'
    "<style>body { font: 15px/1.5 system-ui, sans-serif; margin: 16px; overflow-wrap: anywhere }"
    "img { max-width: 100% } a, area, button, input { pointer-events: none !important }</style>"
)


def framed(seen: ReadMail) -> str:
    """Return the HTML of a mail with its own pictures and with our rules, escaped for srcdoc."""
    html = (seen.html or "").replace("\x00", "\ufffd")
    # A policy stops loading, not connecting ahead, as for <link> and frames: there are no such elements.
    html = re.sub(r"<(?=link|meta|base|i?frame|object|embed)", "<x-", html, flags=re.IGNORECASE)
    pictures = {a.cid: a for a in seen.attachments if a.cid and re.fullmatch(r"image/[\w.+-]+", a.content_type)}

    def picture(match: re.Match[str]) -> str:
        found = pictures.get(unquote(match[1]))
        return match[0] if found is None else f"data:{found.content_type};base64,{b64encode(found.data).decode()}"

    return escape(_HEAD + re.sub(r"cid:([^\s\"'<>()]+)", picture, html))
