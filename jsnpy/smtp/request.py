"""What a script gave to send_email, checked before anything is done with it."""

from __future__ import annotations

import re

from jsnpy.record import Record, field
from jsnpy.smtp import server_fields
from jsnpy.smtp.address_lists import BadList, parse_list
from jsnpy.smtp.addresses import Address, BadAddress, parse_address
from jsnpy.smtp.field_reader import FieldReader
from jsnpy.smtp.outcome import SendFailure
from jsnpy.smtp.values import describe, invalid, one_line, scalar_text, shown
from jsnpy.text import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jsnpy.smtp.attachment import Attachment
    from jsnpy.smtp.server import Server

FIELDS = (
    *server_fields.FIELDS,
    "from",
    "to",
    "subject",
    "body",
    "cc",
    "bcc",
    "reply_to",
    "envelope_from",
    "html",
    "attachments",
    "headers",
)
ADDRESS_FIELDS = ("email", "name")
RESERVED_HEADERS = ("from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version")
ADDRESS_HEADERS = frozenset(
    (
        "reply-to",
        "sender",
        "author",
        "errors-to",
        "disposition-notification-to",
        "return-receipt-to",
        "read-receipt-to",
        "mail-followup-to",
        "mail-reply-to",
        "x-confirm-reading-to",
        "resent-from",
        "resent-sender",
        "resent-to",
        "resent-cc",
        "resent-bcc",
        "resent-reply-to",
    )
)
"""Headers that hold addresses, whose names alone may be encoded (RFC 2047 section 5)."""

_EMPTY_SENDER = Address(email="", local="", domain="")
# What few mails need is compiled when it is first used.
_HEADER_NAME = r"[!-9;-~]{1,76}\Z"


class Request(Record):
    """A checked mail.

    Attributes:
        server: where it goes.
        sender: the From address.
        envelope_sender: where bounces go.
        to, cc, bcc, reply_to: addresses.
        subject: one line.
        body, html: texts, or None where not given; not both None.
        attachments: what goes with it.
        headers: names with their values: one line of text, or addresses.
    """

    server: Server
    sender: Address
    envelope_sender: Address
    to: list[Address]
    cc: list[Address]
    bcc: list[Address]
    reply_to: list[Address]
    subject: str
    body: str | None = None
    html: str | None = None
    attachments: list[Attachment] = field(default_factory=list)
    headers: list[tuple[str, str | list[Address]]] = field(default_factory=list)

    @property
    def recipients(self) -> list[Address]:
        """Everyone who gets it, each once."""
        unique: dict[str, Address] = {}
        for address in [*self.to, *self.cc, *self.bcc]:
            unique.setdefault(address.key, address)
        return list(unique.values())


def parse(fields: object, base_dir: str, note: Callable[[str], None]) -> Request:
    """Return the checked mail.

    Args:
        fields: what the script gave, decoded from JSON; values JSON does not have are {"$foreign": name}.
        base_dir: folder that paths are relative to.
        note: called with each line for the log.

    Raises:
        SendFailure: with Code.ARGUMENT; names the field.
    """
    if not isinstance(fields, dict) or "$foreign" in fields:
        raise invalid("send_email", f"needs an object with host, port, from, to, ..., not {describe(fields)}")
    parser = _Parser(base_dir, note)
    try:
        return parser.request(fields)
    except SendFailure as failure:
        for meant, name in parser.misspelt.items():
            if failure.what.startswith(f"{meant} is missing"):
                failure.hint = f'there is "{name}": did you mean "{meant}"?'
        raise


class _Parser(FieldReader):
    """Reads a mail's fields."""

    def request(self, fields: dict[object, object]) -> Request:
        """Return the checked mail."""
        self.unknown("", fields, FIELDS)
        server = server_fields.parse(fields, self)
        sender = self.only_address(fields, "from")
        if sender is None:
            raise invalid("from", "is missing" if fields.get("from") is None else "is empty")
        to, cc, bcc = (self.addresses(fields, name) for name in ("to", "cc", "bcc"))
        if not (to or cc or bcc):
            value = fields.get("to")
            raise invalid(
                "to", "is missing" if value is None else '"" is empty' if value == "" else "is an empty array"
            )
        subject = one_line(self.text(fields, "subject"))
        html = self.text(fields, "html") if fields.get("html") is not None else None
        body = self.text(fields, "body") if html is None or fields.get("body") is not None else None
        reply_to = self.addresses(fields, "reply_to")
        return Request(
            server=server,
            sender=sender,
            envelope_sender=self.envelope_sender(fields, sender),
            to=to,
            cc=cc,
            bcc=bcc,
            reply_to=reply_to,
            subject=subject,
            body=body,
            html=html,
            attachments=self.attachments(fields.get("attachments")),
            headers=self.headers(fields.get("headers"), reply_to=bool(reply_to)),
        )

    # --- addresses

    def addresses(self, fields: dict[object, object], name: str) -> list[Address]:
        """Return the addresses of a field, none where it is missing or empty."""
        value = fields.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list | tuple):
            return self.some_addresses(value, name)
        return [
            address for number, each in enumerate(value) for address in self.some_addresses(each, f"{name}[{number}]")
        ]

    def only_address(self, fields: dict[object, object], name: str) -> Address | None:
        """Return the address of a field that holds one, None where it is missing or empty."""
        value = fields.get(name)
        if value is None or value == "":
            return None
        found = self.some_addresses(value, name)
        if len(found) > 1:
            raise invalid(name, f"must be one address, not {len(found)}")
        return found[0]

    def some_addresses(self, value: object, name: str) -> list[Address]:
        """Return the addresses of a text, or the one of an object."""
        if isinstance(value, str):
            return self.listed(whole(value), name)
        if not isinstance(value, dict) or "$foreign" in value:
            raise invalid(name, f'must be {{ email: "...", name: "..." }}, not {describe(value)}')
        self.unknown(f"{name}.", value, ADDRESS_FIELDS)
        email = value.get("email")
        if not isinstance(email, str):
            raise invalid(
                f"{name}.email", "is missing" if email is None else f"must be a string, not {describe(email)}"
            )
        display = "" if value.get("name") is None else scalar_text(value["name"])
        if display is None:
            raise invalid(f"{name}.name", f"must be a string, not {describe(value['name'])}")
        try:
            return [parse_address(whole(email), one_line(display).strip(" "))]
        except BadAddress as error:
            raise invalid(f"{name}.email", f"{shown(email)} {error}") from None

    def listed(self, text: str, name: str) -> list[Address]:
        """Return the addresses of a text."""
        try:
            return parse_list(text)
        except BadList as error:
            raise invalid(name, f"{shown(error.piece)} {error}", error.hint) from None

    def envelope_sender(self, fields: dict[object, object], sender: Address) -> Address:
        """Return where bounces go."""
        if fields.get("envelope_from") in ("", "<>"):
            return _EMPTY_SENDER
        return self.only_address(fields, "envelope_from") or sender

    # --- headers

    def headers(self, value: object, *, reply_to: bool) -> list[tuple[str, str | list[Address]]]:
        """Return the headers a script gives by name."""
        if value is None:
            return []
        if not isinstance(value, dict) or "$foreign" in value:
            raise invalid("headers", f"must be an object, not {describe(value)}")
        found: dict[str, tuple[str, str | list[Address]]] = {}
        for key, each in value.items():
            name = whole(str(key))
            low = name.lower()
            where = f"headers[{shown(name)}]"
            if not re.match(_HEADER_NAME, name):
                raise invalid(where, "is no header name: 1 to 76 ASCII characters without blanks and colons")
            if low in RESERVED_HEADERS or low.startswith("content-") or (low == "reply-to" and reply_to):
                raise invalid(where, "is made from the other fields and cannot be set here")
            if each is None:
                continue
            text = scalar_text(each)
            if text is None:
                raise invalid(where, f"must be a string, not {describe(each)}")
            if low in found:
                raise invalid(where, f'is there twice: it is the same header as "{found[low][0]}"')
            found[low] = name, self.header(low, one_line(text), where)
        return [(name, content) for name, content in found.values() if content or name.lower() not in ADDRESS_HEADERS]

    def header(self, low: str, text: str, where: str) -> str | list[Address]:
        """Return a header's value: addresses where it holds such."""
        if low not in ADDRESS_HEADERS:
            return text
        found = self.listed(text, where) if text.strip(" ") else []
        if low in ("sender", "resent-sender") and len(found) > 1:
            raise invalid(where, f"must be one address, not {len(found)}")
        return found

    # --- files

    def attachments(self, value: object) -> list[Attachment]:
        """Return what goes with the mail."""
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise invalid("attachments", f"must be an array, not {describe(value)}")
        return [self.attachment(each, f"attachments[{number}]") for number, each in enumerate(value)]

    def attachment(self, value: object, name: str) -> Attachment:
        """Return one of them."""
        from jsnpy.smtp import attachment as attachments

        if not isinstance(value, dict) or "$foreign" in value:
            raise invalid(name, f"must be {{ filename, content }} or {{ path }}, not {describe(value)}")
        self.unknown(f"{name}.", value, attachments.FIELDS)
        return attachments.parse(value, name, self.path)
