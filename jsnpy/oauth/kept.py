"""A token as it is kept between runs, and what the clock says of it."""

from __future__ import annotations

from jsnpy import json_text
from jsnpy.record import Record, as_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

AHEAD = 600.0
"""Seconds before a token's end from which on it is renewed; half its life where that is less."""

YOUNG = 300.0
"""Seconds for which a new token is not fetched again, whatever a mail server says of it."""

PAUSE = 60.0
"""Seconds for which an endpoint is not asked again: after it refused for good, or after a renewal ahead failed."""

_CLOCK_SLACK = 60.0
_LATEST = 1e12  # seconds: no clock shows more


class AccessToken(Record):
    """A token that is handed out.

    Attributes:
        text: the token itself.
        kept: whether it was there before this call.
        event: what happened, for a log; never the token.
        doubt: what is odd about it, for a hint after a mail server's refusal; or "".
    """

    text: str
    kept: bool
    event: str
    doubt: str = ""


class Kept(Record):
    """What one identity has: an access token, the refresh token behind it, and what went wrong last.

    Attributes:
        access_token: "" where there is none, only a refresh token or a refusal.
        fetched: when it was, in seconds since the epoch.
        lifetime: seconds it is good for from then on.
        refresh_token: what the next one is got with, or "".
        scope: what the refresh token was granted for, as the endpoint said, or "".
        doubt: what is odd about the token, for a hint after a mail server's refusal; or "".
        tried: when a renewal ahead failed last, in seconds since the epoch.
        refused: when the endpoint refused for good, in seconds since the epoch; 0: it did not.
        refusal: what it said then.
        hint: what to do about it.
        credential: which state of a credential's file that was about.
    """

    access_token: str = ""
    fetched: float = 0.0
    lifetime: float = 0.0
    refresh_token: str = ""
    scope: str = ""
    doubt: str = ""
    tried: float = 0.0
    refused: float = 0.0
    refusal: str = ""
    hint: str = ""
    credential: str = ""

    def is_good(self, now: float) -> bool:
        """Return whether the token can be used; one from the future was fetched under another clock."""
        age = now - self.fetched
        return bool(self.access_token) and -min(_CLOCK_SLACK, self._ahead) <= age < self.lifetime

    def is_due(self, now: float) -> bool:
        """Return whether it is time to renew it, though it is still good."""
        return now >= self.fetched + self.lifetime - self._ahead and not 0 <= now - self.tried < PAUSE

    def is_old(self, now: float) -> bool:
        """Return whether a refusal by a mail server may be a matter of its age."""
        return now - self.fetched >= YOUNG

    def is_refused(self, now: float, credential: str) -> bool:
        """Return whether the endpoint has only just refused this very credential."""
        return 0 <= now - self.refused < PAUSE and credential == self.credential

    def handed(self, how: str, *, new: bool = False) -> AccessToken:
        """Return the token as it is handed out."""
        return AccessToken(text=self.access_token, kept=not new, event=f"token: {how}", doubt=self.doubt)

    @property
    def _ahead(self) -> float:
        return min(AHEAD, self.lifetime / 2)

    def text(self) -> str:
        """Return it as JSON (ASCII)."""
        return json_text.dumps(as_dict(self))


def parse(text: str) -> Kept:
    """Return what `Kept.text` wrote."""
    given: Any = json_text.loads(text)
    plain = Kept()
    if not isinstance(given, dict):
        raise ValueError("no object")  # noqa: TRY004 - damaged, like any other text
    for name, default in as_dict(plain).items():
        value = given.get(name, default)
        if isinstance(value, int) and isinstance(default, float) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not type(default) or (isinstance(value, float) and not abs(value) < _LATEST):
            raise ValueError(name)
        setattr(plain, name, value)
    if not all(each.isascii() and each.isprintable() for each in (plain.access_token, plain.refresh_token)):
        raise ValueError("no token")
    return plain
