"""The block's references (`${ENV:…}`, `${FILE:…}`) become values, at the moment a token is really wanted."""

from __future__ import annotations

from jsnpy import json_text
from jsnpy.errors import ConfigError
from jsnpy.oauth import settings as blocks
from jsnpy.oauth.failure import REFUSED, TokenError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def resolved(block: Mapping[str, object], base_dir: str, encoding: str | None) -> tuple[blocks.Settings, list[str]]:
    """Return what a block says now, and the secrets in it."""
    text = json_text.dumps(dict(block))
    values: Any = json_text.loads(text)
    found: dict[str, str] = {}
    if "${" in text:
        from jsnpy.config import references

        def resolve(value: str, linked: tuple[object, ...]) -> str:
            try:
                return references.substitute(value, base_dir, encoding, found)
            except ConfigError as error:
                name = ".".join(map(str, ("oauth2", *references.unlinked(linked))))
                raise TokenError(REFUSED, f"{name}: {error.message}", error.hint) from None

        references.substitute_all(values, resolve)
    try:
        settings = blocks.read(values)
    except blocks.BlockError as error:
        raise TokenError(REFUSED, f"{error.name}: {error.what}", error.hint) from None
    # A log-in shows its URL whole, whether or not the client's id comes from the environment.
    public = {getattr(settings, key) for key in blocks.PUBLIC}
    return settings, [*(found.keys() - public), *(getattr(settings, key) for key in blocks.SECRETS)]
