"""A caught mail as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jsnpy.dryrun.reader import BODY, ReadMail, html_as_text, named_recipient, read, readable_size, visible

if TYPE_CHECKING:
    from jsnpy.dryrun.caught import CaughtMail

_LINES_SHOWN = 200
_LINE_SHOWN = 2000
_HEADERS_SHOWN = ("From", "To", "Cc", "Reply-To", "Subject", "Date")


def report(mail: CaughtMail, kept_as: str = "") -> str:
    """Return a caught mail as text for a terminal: envelope, session, headers, body, attachments.

    Args:
        mail: the mail.
        kept_as: the file it was written to, if it was.
    """
    seen = read(mail.raw)
    title = f"── mail {mail.number}, caught by the dry run "
    parts = [title + "─" * (72 - len(title)), *_envelope_lines(mail, seen), ""]
    parts += [f"{name}: {visible(seen.header(name))}" for name in _HEADERS_SHOWN if seen.header(name)]
    parts += ["", *_body_lines(seen)]
    if seen.attachments:
        parts += ["", "attachments:"]
        parts += [
            f"  {visible(a.name) or '(no name)'}  ({visible(a.content_type)}, {readable_size(len(a.data))})"
            for a in seen.attachments
        ]
    parts += ["", f"kept as {visible(kept_as)}"] if kept_as else []
    return "\n".join([*parts, "─" * 72])


def _envelope_lines(mail: CaughtMail, seen: ReadMail) -> list[str]:
    recipients = [r if named_recipient(r, seen) else f"{r} (bcc)" for r in mail.recipients]
    signed_in = f'signed in as "{visible(mail.user)}" ({mail.mechanism})' if mail.mechanism else "not signed in"
    return [
        f"envelope: from {visible(mail.sender)} to {visible(', '.join(recipients))}",
        f"session:  {visible(mail.server) or 'a client'}, {mail.tls or 'no TLS'}, {signed_in}",
    ]


def _body_lines(seen: ReadMail) -> list[str]:
    if seen.text is None and seen.html is None:
        return ["(no text)"]
    if seen.text is None and seen.html is not None:
        return ["(HTML, shown as text)", *_capped(html_as_text(seen.html))]
    also = [] if seen.html is None else ["", f"(and as HTML, {readable_size(len(seen.html.encode()))})"]
    return [*_capped(seen.text or ""), *also]


def _capped(text: str) -> list[str]:
    lines = visible(text, BODY).split("\n")
    shown = [
        line if len(line) <= _LINE_SHOWN else f"{line[:_LINE_SHOWN]} … {len(line) - _LINE_SHOWN} more characters"
        for line in lines[:_LINES_SHOWN]
    ]
    return shown if len(lines) <= _LINES_SHOWN else [*shown, f"… {len(lines) - _LINES_SHOWN} more lines"]
