"""A mail as the parts that are kept, and back; passwords that came from a reference are kept as that reference."""

from __future__ import annotations

import os
import re

from jsnpy import json_text
from jsnpy.errors import ConfigError
from jsnpy.record import as_dict
from jsnpy.smtp.addresses import Address
from jsnpy.smtp.envelope import Envelope
from jsnpy.smtp.message import Message
from jsnpy.smtp.outcome import Code, SendFailure
from jsnpy.smtp.sending import Mail
from jsnpy.smtp.server import Server
from jsnpy.smtp.tokens import OAUTH2_REFERENCE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jsnpy.outbox.rows import Row
    from jsnpy.smtp.settings import Settings

_SHORTEST_PART = 6
"""A shorter secret inside a password that a script puts together is there by chance, more likely than not."""

_LAST_PORT = 65535
_LONGEST = 1e9  # seconds

_REFERENCE = r"(\$\{(?:ENV|FILE):[^}]+\})"


def server_text(
    server: Server, settings: Settings, secrets: Mapping[str, str], oauth2: Mapping[str, Any] | None = None
) -> str:
    """Return where and how a mail is handed over, as JSON.

    Args:
        server: the mail's server.
        settings: the run's; --insecure and the folder of relative paths are part of the how.
        secrets: each value that came from a reference, with that reference.
        oauth2: the config's block, its references unresolved; kept with a mail whose password is a token.
    """
    fields = {name: value for name, value in as_dict(server).items() if name != "password"}
    for name in ("ca_file", "cert_file", "key_file"):
        fields[name] = fields[name] and os.path.abspath(fields[name])
    fields["keep_alive"] = False
    password = password_parts(server.password, secrets)
    how: dict[str, Any] = {
        "password": password,
        "insecure": settings.insecure,
        "base_dir": os.path.abspath(settings.base_dir),
    }
    if oauth2 is not None and server.password == OAUTH2_REFERENCE:
        how["oauth2"] = dict(oauth2)
    return json_text.dumps({"server": fields, **how})


def password_parts(password: str, secrets: Mapping[str, str]) -> list[list[str]]:
    """Return a password as ["text", …] and ["reference", …] parts."""
    if password in secrets:
        # A password that a config puts together is known as a whole, with all that was written there.
        pieces = enumerate(re.split(_REFERENCE, secrets[password]))
        return [["reference" if number % 2 else "text", piece] for number, piece in pieces if piece]
    for value in sorted(secrets, key=len, reverse=True):
        if len(value) >= _SHORTEST_PART and value in password:
            before, _, after = password.partition(value)
            middle = ["reference", secrets[value]]
            return [*password_parts(before, secrets), middle, *password_parts(after, secrets)]
    return [["text", password]] if password else []


def addresses_text(addresses: list[Address]) -> str:
    """Return addresses as JSON."""
    return json_text.dumps([[each.email, each.local, each.domain] for each in addresses])


def emails(text: str) -> list[str]:
    """Return the addresses that `addresses_text` wrote as a list shows them."""
    try:
        return [each.email for each in addresses(text)]
    except (ValueError, TypeError):
        return ["(damaged)"]


def addresses(text: str) -> list[Address]:
    """Return the addresses that `addresses_text` wrote."""
    parts: Any = json_text.loads(text)
    if not all(isinstance(each, str) for part in parts for each in part):
        raise TypeError
    return [Address(email=email, local=local, domain=domain) for email, local, domain in parts]


def place(text: str) -> str:
    """Return host and port of what `server_text` wrote."""
    try:
        kept: Any = json_text.loads(text)
        return Server(host=kept["server"]["host"], port=kept["server"]["port"]).place
    except (ValueError, TypeError, LookupError):
        return "(damaged)"


class Damaged(Exception):  # noqa: N818 - reads as what it is
    """A kept mail that cannot be read."""


class How:
    """How a kept mail is handed over, beside its server.

    Args:
        kept: what `server_text` wrote, read.
    """

    def __init__(self, kept: Mapping[str, Any]) -> None:
        self.insecure: bool = kept["insecure"]
        self.base_dir: str = kept["base_dir"]
        self._password: list[list[str]] = kept["password"]
        self.oauth2: dict[str, Any] | None = kept.get("oauth2")
        texts = [self.base_dir, *(text for kind, text in self._password)]
        if not all(isinstance(each, str) for each in texts) or not isinstance(self.oauth2, dict | None):
            raise TypeError

    @property
    def has_token(self) -> bool:
        """Whether an access token takes the password's place."""
        return self._password == [["text", OAUTH2_REFERENCE]]

    def password(self, encoding: str | None) -> str:
        """Return the password, its references resolved now.

        Args:
            encoding: of files that are not Unicode.

        Raises:
            SendFailure: a reference leads nowhere.
        """
        password = "".join(
            text if kind == "text" else self._resolved("password", text, encoding) for kind, text in self._password
        )
        if self._password and not password:  # a refused log-in would give the mail up
            what = f"the mail's password cannot be had: {''.join(text for _, text in self._password)} is empty"
            raise SendFailure(Code.ARGUMENT, "argument", what)
        return password

    def check_oauth2(self, encoding: str | None) -> None:
        """Check that the references of the oauth2 block lead somewhere now.

        Raises:
            SendFailure: one does not.
        """
        for value in (self.oauth2 or {}).values():
            if isinstance(value, str):
                self._resolved("access token", value, encoding)

    def _resolved(self, what: str, text: str, encoding: str | None) -> str:
        from jsnpy.config.references import substitute

        try:
            return substitute(text, self.base_dir, encoding)
        except ConfigError as error:
            told = f"the mail's {what} cannot be had: {error.message}"
            raise SendFailure(Code.ARGUMENT, "argument", told, hint=error.hint) from None


def _server(kept: Mapping[str, Any]) -> Server:
    known = {name: value for name, value in kept.items() if name in Server.__fields__}
    kinds = {"port": int, "timeout": int | float, "verify": bool, "keep_alive": bool}
    if not all(isinstance(value, kinds.get(name, str)) for name, value in known.items()):
        raise TypeError
    if not 0 < known["port"] <= _LAST_PORT or not 0 < known.get("timeout", 1) < _LONGEST:
        raise ValueError
    return Server(**known)


def mail(row: Row, data: bytes | None) -> tuple[Mail, How]:
    """Return a kept mail without its password, and how it is handed over.

    Args:
        row: the mail.
        data: its message, None where there is none.

    Raises:
        Damaged: they cannot be read.
    """
    if data is None:
        raise Damaged("what is kept of it is damaged (its message is missing)")
    try:
        kept: Any = json_text.loads(row.server)
        envelope = Envelope(sender=addresses(row.sender)[0], recipients=addresses(row.recipients))
        message = Message(data=data, message_id=row.message_id)
        return Mail(server=_server(kept["server"]), envelope=envelope, message=message), How(kept)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise Damaged(f"what is kept of it is damaged ({type(error).__name__})") from None
