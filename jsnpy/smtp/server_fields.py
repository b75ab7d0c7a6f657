"""The fields of send_email that say where and how a mail is handed over."""

from __future__ import annotations

import re

from jsnpy.smtp.addresses import LETTERS_DIGITS, BadAddress, ascii_domain
from jsnpy.smtp.server import DEFAULT_TIMEOUT, Server
from jsnpy.smtp.values import as_float, credential_text, describe, invalid
from jsnpy.text import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.smtp.field_reader import FieldReader

    Fields = dict[object, object]

FIELDS = ("host", "port", "user", "pass", "ssl", "starttls", "timeout", "auth", "tls", "helo", "keep_alive")
TLS_FIELDS = ("verify", "ca_file", "min_version", "server_name", "cert_file", "key_file")
MECHANISMS = ("plain", "login", "cram-md5", "xoauth2", "oauthbearer")

_LONGEST_TIMEOUT = 1e7
_PORT_MAX = 65535
_LABEL_MAX = 63
_HOST = frozenset(LETTERS_DIGITS + "_.-")
_URL = frozenset("/@?#")
# What few mails need is compiled when it is first used.
_CONTROL = "[\u0000-\u001f\u007f-\u009f\u2028\u2029]"
_IPV6 = r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?\Z"
_HELO = r"[!-~]{1,255}\Z"


def parse(fields: Fields, reader: FieldReader) -> Server:
    """Return where and how a mail is handed over.

    Args:
        fields: all that the script gave.
        reader: finds files and notes what is unknown or without effect.

    Raises:
        SendFailure: with Code.ARGUMENT; names the field.
    """
    host = _host(fields.get("host"), "host")
    port = _port(fields.get("port"))
    user = _credential(fields, "user")
    password = _credential(fields, "pass")
    if user and not password:
        raise invalid("pass", "is missing or empty while user is given; leave out user to send without logging in")
    ssl = _flag(fields, "ssl")
    starttls = _flag(fields, "starttls")
    if ssl and starttls:
        reader.note("both ssl and starttls are true: ssl (TLS from the first byte) is used")
    security = "ssl" if ssl else "starttls" if starttls else ""
    tls = fields.get("tls")
    if tls is None:
        tls = {}
    if not isinstance(tls, dict) or "$foreign" in tls:
        raise invalid("tls", f"must be an object, not {describe(tls)}")
    reader.unknown("tls.", tls, TLS_FIELDS)
    if tls and not security:
        reader.note("tls has no effect, as neither ssl nor starttls is true")
    files = {name: _file(tls, name, reader) for name in ("ca_file", "cert_file", "key_file")}
    if files["key_file"] and not files["cert_file"]:
        raise invalid("tls.key_file", "is given without tls.cert_file, the certificate it belongs to")
    return Server(
        host=host,
        port=port,
        security=security,
        user=user,
        password=password,
        mechanism=_mechanism(fields.get("auth")),
        verify=tls.get("verify") is None or _flag(tls, "verify", "tls."),
        min_version=_min_version(tls.get("min_version")),
        server_name="" if tls.get("server_name") is None else _host(tls["server_name"], "tls.server_name"),
        helo=_helo(fields.get("helo")),
        timeout=_timeout(fields.get("timeout")),
        keep_alive=_flag(fields, "keep_alive"),
        **files,
    )


def _host(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise invalid(field, "is missing" if value is None else f"must be a string, not {describe(value)}")
    text = whole(value).strip(" ")
    if not text:
        raise invalid(field, "is empty")
    if not _URL.isdisjoint(text):
        # It is not repeated: the user and password of a URL stand before the name.
        parts = "" if field != "host" else "; its other parts go into port, user, pass and ssl or starttls"
        raise invalid(field, f"must be the server's name or IP address alone, not a URL or address{parts}")
    bare = text[1:-1] if text[0] == "[" and text[-1] == "]" else text
    if bare.count(":") > 1 and re.match(_IPV6, bare):
        return bare
    if not bare.isascii():
        try:
            bare = ascii_domain(bare)
        except BadAddress as error:
            raise invalid(field, str(error)) from None
    if not _is_host(bare):
        name, colon, number = bare.rpartition(":")
        hint = "the port goes into port" if colon and number.isdigit() and name[-1:] not in ("", ":") else ""
        raise invalid(field, f"must be a host name or an IP address, not {describe(value)}", hint)
    return bare


def _is_host(text: str) -> bool:
    name = text.removesuffix(".")
    return (
        name.strip(".-") == name != ""
        and _HOST.issuperset(name)
        and all(0 < len(label) <= _LABEL_MAX for label in name.split("."))
    )


def _port(value: object) -> int:
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


def _credential(fields: Fields, field: str) -> str:
    value = fields.get(field)
    text = credential_text(value)
    if text is None:
        kind = describe(value) if isinstance(value, list | dict | bool) else "such a value"
        raise invalid(field, f"must be a string, not {kind}")
    if "\0" in text:
        raise invalid(field, "contains a NUL character, which no authentication can transport")
    return text


def _flag(fields: Fields, field: str, prefix: str = "") -> bool:
    value = fields.get(field)
    if value is None:
        return False
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    raise invalid(prefix + field, f"must be true or false, not {describe(value)}")


def _mechanism(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value.lower() in MECHANISMS:
        return value.upper()
    names = ", ".join(f'"{name}"' for name in MECHANISMS)
    raise invalid("auth", f"must be one of {names}, not {describe(value)}")


def _file(tls: Fields, name: str, reader: FieldReader) -> str:
    value = tls.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or not value:
        raise invalid(f"tls.{name}", f"must be the path of a PEM file, not {describe(value)}")
    return reader.path(value, f"tls.{name}")


def _min_version(value: object) -> str:
    if value is None:
        return "1.2"
    if not isinstance(value, str | float) or isinstance(value, bool) or str(value) not in ("1.2", "1.3"):
        raise invalid("tls.min_version", f'must be "1.2" or "1.3", not {describe(value)}')
    return str(value)


def _helo(value: object) -> str:
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise invalid("helo", f"must be a string, not {describe(value)}")
    text = whole(value)
    if not text.isascii() and not re.search(_CONTROL, text):
        try:
            text = ascii_domain(text)
        except BadAddress as error:
            raise invalid("helo", str(error)) from None
    if not _URL.isdisjoint(text):
        raise invalid("helo", "must be this machine's name or address alone, not a URL or mail address")
    if not re.match(_HELO, text):
        rule = "must be a host name without blanks or control characters, of at most 255 characters"
        raise invalid("helo", f"{rule}, not {describe(value)}")
    return text


def _timeout(value: object) -> float:
    if value is None:
        return DEFAULT_TIMEOUT
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise invalid("timeout", f"must be a number of seconds above 0, not {describe(value)}")
    return min(as_float(value) if isinstance(value, int) else value, _LONGEST_TIMEOUT)
