"""A kept mail as a person reads it: how it stands with it, its headers, its text."""

from __future__ import annotations

import email
import email.policy

from jsnpy.outbox import schedule
from jsnpy.outbox.kept_mail import emails, place
from jsnpy.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from email.message import EmailMessage

    from jsnpy.outbox.rows import Standing


def text(each: Standing, data: bytes, now: float) -> str:
    """Return a mail in lines.

    Args:
        each: how it stands with it.
        data: its message.
        now: seconds since 1970.
    """
    row = each.row
    mail = email.message_from_bytes(data, policy=email.policy.default)
    facts = [
        ("mail", row.id),
        ("state", each.text),
        ("age", schedule.words(now - row.created)),
        ("tries", str(row.tries)),
        ("last error", row.error or "none"),
        ("server", place(row.server)),
        ("sender", ", ".join(emails(row.sender)).strip() or "(empty)"),
        ("recipients", ", ".join(emails(row.recipients))),
    ]
    parts = [
        [f"{name + ':':<12}{printable(value)}" for name, value in facts],
        [f"{name}: {printable(str(value))}" for name, value in mail.items()],
        [printable(line.expandtabs()) for line in _body(mail).splitlines()],
        [f"attachment: {printable(part.get_filename() or '(no name)')}" for part in mail.iter_attachments()],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _body(mail: EmailMessage) -> str:
    body = mail.get_body(("plain", "html"))
    return "" if body is None else str(body.get_content())
