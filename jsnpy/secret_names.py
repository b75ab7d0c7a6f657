"""Tells by its name, or by its form, whether a value in a config or a script is secret."""

# In the languages that scripts are written in.
_WORDS = (
    "pass", "pwd", "secret", "token", "credential", "apikey", "api_key", "api-key", "webhook", "mdp", "kennwort",
    "haslo", "hasło", "senha", "contrase", "clave", "wachtwoord", "lösenord", "пароль", "비밀번호",
)  # fmt: skip


def looks_secret(key: str) -> bool:
    """Return whether what stands below a key is secret by its name, as below `smtpPassword`."""
    key = key.lower()
    return any(word in key for word in _WORDS)


def url_password(text: str) -> str:
    """Return the password in a URL such as smtp://user:password@host, "" where there is none."""
    _, scheme, rest = text.partition("://")
    user, at, _ = rest.rpartition("@")
    return user.partition(":")[2] if scheme and at else ""
