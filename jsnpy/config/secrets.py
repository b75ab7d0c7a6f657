"""Tells which values of a config look secret, for texts that might repeat them."""

from jsnpy import json_text
from jsnpy.secret_names import looks_secret, url_password

_SHORTEST = 1000
"""The smallest number that is taken for a password: a shorter one would mask half of a text."""


def secret_values(text: str) -> list[str]:
    """Return the values below keys such as `pass`, `smtpPassword` or `token`, and the passwords in URLs."""
    found: list[str] = []
    # Not by recursion: newer Pythons read JSON that is nested deeper than their functions may call each other.
    waiting: list[tuple[object, bool]] = [(json_text.loads(text), False)]
    while waiting:
        value, secret = waiting.pop()
        if isinstance(value, dict):
            waiting += [(member, looks_secret(name)) for name, member in value.items()]
        elif isinstance(value, list):
            waiting += [(item, secret) for item in value]
        elif isinstance(value, str):
            hidden = value if secret else url_password(value)
            if hidden:
                found.append(hidden)
        elif secret and isinstance(value, int) and value >= _SHORTEST:
            found.append(str(value))  # a password of digits, as send_email takes it
    return found
