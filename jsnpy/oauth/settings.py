"""A config's `oauth2` block, checked: what it says becomes `Settings`, or a fault with its key path."""

from __future__ import annotations

from jsnpy.oauth import providers, urls
from jsnpy.record import Record
from jsnpy.text import did_you_mean, kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CREDENTIALS = ("client_secret", "certificate", "assertion_file")
SECRETS = ("client_secret", "refresh_token")
"""Keys whose values are secrets themselves, not paths to them."""

PUBLIC = ("tenant", "client_id", "scope", "account", "token_url", "auth_url", "device_url")
"""Keys whose values may be shown, wherever they come from."""

_CHOICES = {
    "provider": providers.PROVIDERS,
    "cloud": tuple(providers.CLOUDS),
    "login": ("device", "browser"),
    "client_auth": ("body", "basic"),
}
_URLS = ("token_url", "auth_url", "device_url")
_TEXTS = (
    *_CHOICES,
    *_URLS,
    *CREDENTIALS,
    "tenant",
    "client_id",
    "refresh_token",
    "service_account",
    "scope",
    "account",
)
KEYS = (*_TEXTS, "params", "command")
_OURS = frozenset(
    (
        *(
            "grant_type",
            "client_id",
            "client_secret",
            "client_assertion",
            "client_assertion_type",
            "assertion",
            "scope",
        ),
        *("refresh_token", "device_code", "code", "code_verifier", "code_challenge", "code_challenge_method"),
        *("redirect_uri", "response_type", "state"),
    )
)
_UNRESOLVED = ("${ENV:", "${FILE:")


class BlockError(Exception):
    """A missing or wrong value of the block.

    Args:
        keys: the path of its key below `oauth2`, as far as it exists.
        what: what is wrong with it; `name` is what it is called.
        hint: what to write instead, or "".
    """

    def __init__(self, keys: Sequence[str | int], what: str, hint: str = "") -> None:
        super().__init__(what)
        self.keys = list(keys)
        self.name = ".".join(map(str, ("oauth2", *keys)))
        self.what = what
        self.hint = hint


class Settings(Record):
    """How tokens are got; what the provider's name stands for is filled in.

    Attributes:
        grant: "client_credentials", "refresh_token", "service_account" or "command".
        login: how a person logs in, "device", "browser" or "".
        account: who logs in for a shared mailbox, "" for the mail's own `user`.
        params: what the endpoint is told besides.
    """

    grant: str
    provider: str = ""
    cloud: str = "global"
    tenant: str = ""
    client_id: str = ""
    client_secret: str = ""
    certificate: str = ""
    assertion_file: str = ""
    login: str = ""
    refresh_token: str = ""
    service_account: str = ""
    token_url: str = ""
    auth_url: str = ""
    device_url: str = ""
    scope: str = ""
    client_auth: str = "body"
    account: str = ""
    params: dict[str, str]
    command: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The endpoint as messages name it."""
        return urls.host(self.token_url)

    @property
    def credential(self) -> str:
        """Which of `CREDENTIALS` the client proves itself with, or ""."""
        return next((name for name in CREDENTIALS if getattr(self, name)), "")


def unknown_keys(block: object) -> list[str]:
    """Return the block's keys that mean nothing."""
    return [key for key in block if key not in KEYS] if isinstance(block, dict) else []


def literal_secrets(block: Mapping[str, object]) -> list[str]:
    """Return the keys whose secret stands in the config itself."""
    return [key for key in SECRETS if isinstance(value := block.get(key), str) and "${" not in value]


def faults(block: object) -> list[BlockError]:
    """Return all that is wrong with a block: each fault is mended in thought to find the next."""
    found: dict[str, BlockError] = {}
    mended = dict(block) if isinstance(block, dict) else block
    while True:
        try:
            read(mended)
        except BlockError as fault:
            key = str(fault.keys[0]) if fault.keys else ""
            if not isinstance(mended, dict) or (key in found and key not in mended):
                return [*found.values(), *([] if key in found else [fault])]
            if key in found:
                del mended[key]  # no value would be right
            else:
                found[key] = fault
                mended[key] = {"params": {}, "command": ["x"]}.get(key, "${ENV:x}")
        else:
            return list(found.values())


def read(block: object) -> Settings:
    """Check a block and return what it says."""
    if not isinstance(block, dict):
        raise BlockError((), f"must be an object, not {kind(block)}", 'As in "oauth2": {"provider": "microsoft", …}')
    texts = {key: _text(key, block[key]) for key in _TEXTS if key in block}
    for key in _URLS:
        if key in texts and not _is_open(texts[key]) and (fault := urls.fault(texts[key])):
            raise BlockError((key,), fault)
    for key, choices in _CHOICES.items():
        if key in texts and texts[key] not in choices and not _is_open(texts[key]):
            listed = ", ".join(f'"{each}"' for each in choices)
            near = did_you_mean(texts[key], choices)
            raise BlockError((key,), f"must be one of {listed}", f'Did you mean "{near}"?' if near else "")
    command = _command(block["command"]) if "command" in block else ()
    params = _params(block["params"]) if "params" in block else {}
    grant = _grant(texts, command)
    if "service_account" in texts and texts.setdefault("provider", "google") == "microsoft":
        raise BlockError(("service_account",), 'goes with "provider": "google" only')
    _check_tenant(texts)
    if grant == "client_credentials" and texts.get("provider") == "google" and "token_url" not in texts:
        hint = 'Google wants "login": "browser", a refresh_token, or a service_account.'
        raise BlockError(("login",), "is missing", hint)
    person = grant == "refresh_token"
    filled = providers.defaults(
        texts.get("provider", ""), tenant=texts.get("tenant", ""), cloud=texts.get("cloud", "global"), person=person
    )
    settings = Settings(grant=grant, params=params, command=command, **(filled | texts))
    _check_complete(settings)
    return settings


def _is_open(text: str) -> bool:
    return any(start in text for start in _UNRESOLVED)


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise BlockError((key,), f"must be a string, not {kind(value)}")
    if not value.strip():
        raise BlockError((key,), "is empty")
    if any(char < " " or char == "\x7f" for char in value):
        raise BlockError((key,), "has a line break or another control character in it")
    return value


def _command(value: object) -> tuple[str, ...]:
    hint = 'As in "command": ["oama", "access", "me@x.test"]'
    if not isinstance(value, list):
        raise BlockError(("command",), f"must be an array of strings, not {kind(value)}", hint)
    if not value:
        raise BlockError(("command",), "is empty", hint)
    for index, word in enumerate(value):
        if not isinstance(word, str):
            raise BlockError(("command", index), f"must be a string, not {kind(word)}", hint)
        if "\0" in word or not (index or word.strip()):
            raise BlockError(("command", index), "has a NUL character in it" if "\0" in word else "is empty", hint)
    return tuple(value)


def _params(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BlockError(("params",), f"must be an object of strings, not {kind(value)}")
    for name, text in value.items():
        if not isinstance(text, str):
            raise BlockError(("params", name), f"must be a string, not {kind(text)}")
        if name in _OURS:
            raise BlockError(("params", name), "is what jsnpy itself tells the endpoint", "Use the block's own keys.")
    return value


def _grant(texts: dict[str, str], command: tuple[str, ...]) -> str:
    given = [key for key in CREDENTIALS if key in texts]
    if len(given) > 1:
        raise BlockError((given[1],), f"stands beside {given[0]}: one of them is enough", "Remove the others.")
    ways = [key for key in ("service_account", "login", "refresh_token", *CREDENTIALS) if key in texts]
    if command:
        if ways:
            raise BlockError((ways[0],), "stands beside command, which gets the token alone", f"Remove {ways[0]}.")
        return "command"
    if "service_account" in texts:
        if len(ways) > 1:
            raise BlockError(
                (ways[1],), "stands beside service_account, which needs nothing else", f"Remove {ways[1]}."
            )
        return "service_account"
    return "refresh_token" if "login" in texts or "refresh_token" in texts else "client_credentials"


def _check_tenant(texts: dict[str, str]) -> None:
    microsoft = texts.get("provider") == "microsoft"
    for key in ("tenant", "cloud"):
        if key in texts and not microsoft:
            raise BlockError((key,), 'goes with "provider": "microsoft" only')
    tenant = texts.get("tenant", "")
    labels = tenant.replace("-", "").replace("_", "").split(".")
    plain = tenant.isascii() and all(label.isalnum() for label in labels)
    if tenant and not plain and not _is_open(tenant):
        raise BlockError(("tenant",), "is no directory's id or domain", 'As in "contoso.onmicrosoft.com".')


def _check_complete(settings: Settings) -> None:
    if settings.grant == "command":
        return
    microsoft = settings.provider == "microsoft"
    if not settings.token_url:
        key = "tenant" if microsoft else "token_url"
        hint = "Give the directory's id or domain." if microsoft else 'Give it, or a provider: "microsoft" or "google".'
        raise BlockError((key,), "is missing", hint)
    if settings.grant == "service_account":
        return
    if not settings.client_id:
        raise BlockError(("client_id",), "is missing", "It is the id that the application was registered with.")
    if settings.grant == "client_credentials" and not settings.credential:
        hint = "An application needs it, or certificate, or assertion_file; a person's log-in needs login."
        raise BlockError(("client_secret",), "is missing", hint)
    if settings.client_auth == "basic" and not settings.client_secret:
        raise BlockError(("client_auth",), '"basic" needs a client_secret')
    needed = {"device": "device_url", "browser": "auth_url"}.get(settings.login, "")
    if needed and not getattr(settings, needed):
        hint = 'Google has no device log-in for mail: "login": "browser".' if settings.provider == "google" else ""
        raise BlockError((needed,), f'is missing, which "login": "{settings.login}" needs', hint)
