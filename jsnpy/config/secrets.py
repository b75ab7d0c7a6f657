"""Tells which values of a config look secret, for texts that might repeat them."""

from jsnpy import json_text

_WORDS = (
    *("pass", "pwd", "secret", "token", "credential", "apikey", "api_key", "api-key", "webhook"),
    *(
        "mdp",
        "kennwort",
        "haslo",
        "hasło",
        "senha",
        "contrase",
        "clave",
        "wachtwoord",
        "lösenord",
        "пароль",
        "비밀번호",
    ),
)

_SHORTEST = 1000
"""The smallest number that is taken for a password: a shorter one would mask half of a text."""


def looks_secret(key: str) -> bool:
    """Return whether what stands below a key is secret by its name, as below `smtpPassword`."""
    key = key.lower()
    return any(word in key for word in _WORDS)


def url_password(text: str) -> str:
    """Return the password in a URL such as smtp://user:password@host, "" where there is none."""
    _, scheme, rest = text.partition("://")
    user, at, _ = rest.rpartition("@")
    return user.partition(":")[2] if scheme and at else ""


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
