"""What a script gave to send_email, checked before anything is done with it."""

from __future__ import annotations

import os
import re

from jsnpy.smtp.addresses import LETTERS_DIGITS, Address, BadAddress, ascii_domain, parse_address
from jsnpy.smtp.server import DEFAULT_TIMEOUT, Server
from jsnpy.smtp.values import (
    SHOWN_MAX,
    as_float,
    clean,
    credential_text,
    describe,
    did_you_mean,
    invalid,
    one_line,
    scalar_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jsnpy.smtp.attachment import Attachment

FIELDS = (
    "host",
    "port",
    "user",
    "pass",
    "ssl",
    "starttls",
    "from",
    "to",
    "subject",
    "body",
    "cc",
    "bcc",
    "reply_to",
    "html",
    "attachments",
    "headers",
    "timeout",
    "auth",
    "tls",
    "helo",
    "keep_alive",
)
ADDRESS_FIELDS = ("email", "name")
TLS_FIELDS = ("verify", "ca_file", "min_version", "server_name")
MECHANISMS = ("plain", "login", "cram-md5", "xoauth2")
RESERVED_HEADERS = ("from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version")

_LONGEST_TIMEOUT = 1e7
_MOST_UNKNOWN = 20
_PORT_MAX = 65535
_LABEL_MAX = 63

_HOST = frozenset(LETTERS_DIGITS + "_.-")
# What few mails need is compiled when it is first used.
_CONTROL = "[\u0000-\u001f\u007f-\u009f\u2028\u2029]"
_IPV6 = r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?\Z"
_HELO = r"[!-~]{1,255}\Z"
_HEADER_NAME = r"[!-9;-~]{1,76}\Z"


class Request:
    """A checked mail.

    Attributes:
        server: where it goes.
        sender: the From address.
        to, cc, bcc, reply_to: addresses.
        subject: one line.
        body, html: texts, or None where not given; not both None.
        attachments: what goes with it.
        headers: (name, value) pairs.
    """

    __slots__ = (
        "attachments",
        "bcc",
        "body",
        "cc",
        "headers",
        "html",
        "reply_to",
        "sender",
        "server",
        "subject",
        "to",
    )

    def __init__(self, server: Server, sender: Address, to: list[Address]) -> None:
        self.server = server
        self.sender = sender
        self.to = to
        self.cc: list[Address] = []
        self.bcc: list[Address] = []
        self.reply_to: list[Address] = []
        self.subject = ""
        self.body: str | None = None
        self.html: str | None = None
        self.attachments: list[Attachment] = []
        self.headers: list[tuple[str, str]] = []

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
    return _Parser(base_dir, note).request(fields)


def _is_host(text: str) -> bool:
    name = text.removesuffix(".")
    return (
        name.strip(".-") == name != ""
        and _HOST.issuperset(name)
        and all(0 < len(label) <= _LABEL_MAX for label in name.split("."))
    )


class _Parser:
    def __init__(self, base_dir: str, note: Callable[[str], None]) -> None:
        self.base_dir = base_dir
        self.note = note

    def request(self, fields: dict[object, object]) -> Request:
        self.unknown("", fields, FIELDS)
        server = self.server(fields)
        sender = self.addresses(fields, "from", required=True)
        to = self.addresses(fields, "to", required=True)
        request = Request(server, sender[0], to)
        request.subject = one_line(self.text(fields, "subject"))
        request.html = self.text(fields, "html") if fields.get("html") is not None else None
        if request.html is None or fields.get("body") is not None:
            request.body = self.text(fields, "body")
        request.cc = self.addresses(fields, "cc")
        request.bcc = self.addresses(fields, "bcc")
        request.reply_to = self.addresses(fields, "reply_to")
        request.attachments = self.attachments(fields.get("attachments"))
        request.headers = self.headers(fields.get("headers"), reply_to=bool(request.reply_to))
        return request

    def unknown(self, prefix: str, fields: dict[object, object], known: tuple[str, ...]) -> None:
        unknown = [one_line(str(key)[:SHOWN_MAX]) for key in fields if key not in known]
        for name in unknown[:_MOST_UNKNOWN]:
            self.note(f'unknown field "{prefix}{name}" ignored{did_you_mean(name, known)}')
        if len(unknown) > _MOST_UNKNOWN:
            self.note(f"{len(unknown) - _MOST_UNKNOWN} more unknown fields ignored")

    # --- the server

    def server(self, fields: dict[object, object]) -> Server:
        host = self.host(fields.get("host"))
        port = self.port(fields.get("port"))
        user = self.credential(fields, "user")
        password = self.credential(fields, "pass")
        if user and not password:
            raise invalid("pass", "is missing or empty while user is given; leave out user to send without logging in")
        ssl = self.flag(fields, "ssl")
        starttls = self.flag(fields, "starttls")
        if ssl and starttls:
            self.note("both ssl and starttls are true: ssl (TLS from the first byte) is used")
        security = "ssl" if ssl else "starttls" if starttls else ""
        tls = fields.get("tls")
        if tls is None:
            tls = {}
        if not isinstance(tls, dict) or "$foreign" in tls:
            raise invalid("tls", f"must be an object, not {describe(tls)}")
        self.unknown("tls.", tls, TLS_FIELDS)
        if tls and not security:
            self.note("tls has no effect, as neither ssl nor starttls is true")
        return Server(
            host,
            port,
            security=security,
            user=user,
            password=password,
            mechanism=self.mechanism(fields.get("auth")),
            verify=tls.get("verify") is None or self.flag(tls, "verify", "tls."),
            ca_file=self.ca_file(tls.get("ca_file")),
            min_version=self.min_version(tls.get("min_version")),
            server_name="" if tls.get("server_name") is None else self.host(tls["server_name"], "tls.server_name"),
            helo=self.helo(fields.get("helo")),
            timeout=self.timeout(fields.get("timeout")),
            keep_alive=self.flag(fields, "keep_alive"),
        )

    def host(self, value: object, field: str = "host") -> str:
        if not isinstance(value, str):
            raise invalid(field, "is missing" if value is None else f"must be a string, not {describe(value)}")
        text = clean(value).strip(" ")
        if not text:
            raise invalid(field, "is empty")
        bare = text[1:-1] if text[0] == "[" and text[-1] == "]" else text
        if bare.count(":") > 1 and re.match(_IPV6, bare):
            return bare
        if not bare.isascii():
            try:
                bare = ascii_domain(bare)
            except BadAddress as error:
                raise invalid(field, str(error)) from None
        if not _is_host(bare):
            hint = "; the port goes into port" if re.search(r":\d+\Z", bare) else ""
            hint = hint or ("; leave out what stands before and after the name" if "/" in bare else "")
            raise invalid(field, f"must be a host name or an IP address, not {describe(value)}{hint}")
        return bare

    def port(self, value: object) -> int:
        number = value
        if isinstance(value, str) and value.isascii() and value.strip(" ").isdigit():
            number = int(value.strip(" ").lstrip("0")[:9] or "0")
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if value is None:
            raise invalid("port", "is missing; usual ports are 25, 465 (ssl) and 587 (starttls)")
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= _PORT_MAX:
            raise invalid("port", f"must be a number from 1 to {_PORT_MAX}, not {describe(value)}")
        return number

    def credential(self, fields: dict[object, object], field: str) -> str:
        value = fields.get(field)
        text = credential_text(value)
        if text is None:
            kind = describe(value) if isinstance(value, list | dict | bool) else "such a value"
            raise invalid(field, f"must be a string, not {kind}")
        if "\0" in text:
            raise invalid(field, "contains a NUL character, which no authentication can transport")
        return text

    def flag(self, fields: dict[object, object], field: str, prefix: str = "") -> bool:
        value = fields.get(field)
        if value is None:
            return False
        if isinstance(value, int | float) and value in (0, 1):
            return bool(value)
        raise invalid(prefix + field, f"must be true or false, not {describe(value)}")

    def mechanism(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, str) and value.lower() in MECHANISMS:
            return value.upper()
        names = ", ".join(f'"{name}"' for name in MECHANISMS)
        raise invalid("auth", f"must be one of {names}, not {describe(value)}")

    def ca_file(self, value: object) -> str:
        if value is None:
            return ""
        if not isinstance(value, str) or not value:
            raise invalid("tls.ca_file", f"must be the path of a PEM file, not {describe(value)}")
        return self.path(value, "tls.ca_file")

    def min_version(self, value: object) -> str:
        if value is None:
            return "1.2"
        if not isinstance(value, str | float) or isinstance(value, bool) or str(value) not in ("1.2", "1.3"):
            raise invalid("tls.min_version", f'must be "1.2" or "1.3", not {describe(value)}')
        return str(value)

    def helo(self, value: object) -> str:
        if value is None or value == "":
            return ""
        if not isinstance(value, str):
            raise invalid("helo", f"must be a string, not {describe(value)}")
        text = clean(value)
        if not text.isascii() and not re.search(_CONTROL, text):
            try:
                text = ascii_domain(text)
            except BadAddress as error:
                raise invalid("helo", str(error)) from None
        if not re.match(_HELO, text):
            rule = "must be a host name without blanks or control characters, of 255 characters at the most"
            raise invalid("helo", f"{rule}, not {describe(value)}")
        return text

    def timeout(self, value: object) -> float:
        if value is None:
            return DEFAULT_TIMEOUT
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise invalid("timeout", f"must be a number of seconds above 0, not {describe(value)}")
        return min(as_float(value) if isinstance(value, int) else value, _LONGEST_TIMEOUT)

    # --- the mail

    def text(self, fields: dict[object, object], field: str) -> str:
        value = fields.get(field)
        text = scalar_text(value)
        if text is None:
            raise invalid(field, "is missing" if value is None else f"must be a string, not {describe(value)}")
        return clean(text)

    def addresses(self, fields: dict[object, object], field: str, *, required: bool = False) -> list[Address]:
        value = fields.get(field)
        if value is None or (value == "" and not required):
            if required:
                raise invalid(field, "is missing")
            return []
        if not isinstance(value, list | tuple) or field == "from":
            return [self.address(value, field)]
        if required and not value:
            raise invalid(field, "is an empty array")
        return [self.address(each, f"{field}[{number}]") for number, each in enumerate(value)]

    def address(self, value: object, field: str) -> Address:
        email, name = value, None
        where = field
        if isinstance(value, dict) and "$foreign" not in value:
            self.unknown(f"{field}.", value, ADDRESS_FIELDS)
            email, name, where = value.get("email"), value.get("name"), f"{field}.email"
        if not isinstance(email, str):
            if where == field:
                raise invalid(field, f'must be {{ email: "...", name: "..." }}, not {describe(value)}')
            raise invalid(where, "is missing" if email is None else f"must be a string, not {describe(email)}")
        shown = "" if name is None else scalar_text(name)
        if shown is None:
            raise invalid(f"{field}.name", f"must be a string, not {describe(name)}")
        try:
            return parse_address(clean(email), one_line(shown).strip(" "))
        except BadAddress as error:
            raise invalid(where, f'"{one_line(email[:SHOWN_MAX])}" {error}') from None

    def headers(self, value: object, *, reply_to: bool) -> list[tuple[str, str]]:
        if value is None:
            return []
        if not isinstance(value, dict) or "$foreign" in value:
            raise invalid("headers", f"must be an object, not {describe(value)}")
        headers = []
        for key, each in value.items():
            name = clean(str(key))
            field = f'headers["{one_line(name)[:SHOWN_MAX]}"]'
            if not re.match(_HEADER_NAME, name):
                raise invalid(
                    field,
                    "is no header name: 1 to 76 ASCII characters without blanks and colons",
                )
            low = name.lower()
            if low in RESERVED_HEADERS or low.startswith("content-") or (low == "reply-to" and reply_to):
                raise invalid(field, "is made from the other fields and cannot be set here")
            if each is None:
                continue
            text = scalar_text(each)
            if text is None:
                raise invalid(field, f"must be a string, not {describe(each)}")
            headers.append((name, one_line(text)))
        return headers

    def attachments(self, value: object) -> list[Attachment]:
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise invalid("attachments", f"must be an array, not {describe(value)}")
        return [self.attachment(each, f"attachments[{number}]") for number, each in enumerate(value)]

    def attachment(self, value: object, field: str) -> Attachment:
        from jsnpy.smtp import attachment as attachments

        if not isinstance(value, dict) or "$foreign" in value:
            raise invalid(field, f"must be {{ filename, content }} or {{ path }}, not {describe(value)}")
        self.unknown(f"{field}.", value, attachments.FIELDS)
        return attachments.parse(value, field, self.path)

    def path(self, value: str, field: str) -> str:
        if "\0" in value:
            raise invalid(field, "contains a NUL character")
        value = clean(value)
        path = os.path.join(self.base_dir, value)
        if "\\" in value and not os.path.exists(path):
            path = os.path.join(self.base_dir, value.replace("\\", "/"))
        if not os.path.isfile(path):
            why = "is a folder" if os.path.isdir(path) else "does not exist, or is no regular file"
            raise invalid(field, f'"{value}" {why} (looked for {os.path.abspath(path)})')
        return path
