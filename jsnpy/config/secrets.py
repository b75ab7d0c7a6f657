"""Finds the values in a config that look secret by their keys, for texts that might repeat them."""

from jsnpy import json_text

_WORDS = ("pass", "pwd", "token", "secret", "credential")


def secret_values(text: str) -> list[str]:
    """Return the strings below keys such as `pass`, `smtpPassword` or `token`.

    Args:
        text: JSON text.
    """
    found: list[str] = []
    _collect(json_text.loads(text), "", found)
    return found


def _collect(value: object, key: str, found: list[str]) -> None:
    if isinstance(value, dict):
        for name, member in value.items():
            _collect(member, name.lower(), found)
    elif isinstance(value, list):
        for item in value:
            _collect(item, key, found)
    elif isinstance(value, str) and any(word in key for word in _WORDS):
        found.append(value)
