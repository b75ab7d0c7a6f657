"""The oauth room's tokens as the mail room wants them: between the two, which do not know each other."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jsnpy.oauth import AccessToken, Source, TokenError
    from jsnpy.redaction import Redactor
    from jsnpy.smtp.outcome import SendFailure


class Tokens:
    """Where the mails of one config get their access tokens; threads may share it.

    Cheap to make: nothing is imported, resolved, read or asked before the first mail needs a token.

    Args:
        block: the config's `oauth2`, checked, with its references unresolved.
        base_dir: the folder that paths and references in it are relative to.
        encoding: of files that are not Unicode.
        config: the config's path, for hints.
        redactor: learns the secrets.
        insecure: the endpoint's certificate is not verified.
        warn: told what an operator should know although there is a token.
    """

    def __init__(
        self,
        block: Mapping[str, object],
        *,
        base_dir: str = ".",
        encoding: str | None = None,
        config: str = "",
        redactor: Redactor | None = None,
        insecure: bool = False,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._block = block
        self._base_dir = base_dir
        self._encoding = encoding
        self._config = config
        self._redactor = redactor
        self._insecure = insecure
        self._warn = warn
        self._source: Source | None = None
        self._last: dict[str, AccessToken] = {}

    def access_token(self, user: str, deadline: float) -> str:
        """Return a token to log in with, kept or fetched now.

        Args:
            user: the mailbox to log in as.
            deadline: when to give up, in `time.monotonic()` seconds.

        Raises:
            SendFailure: there is none.
        """
        source, error_class = self._room()
        try:
            return self._noted(user, source.access_token(user, deadline))
        except error_class as error:
            raise _failure(error) from None

    def renew(self, user: str, refused: str, deadline: float) -> str | None:
        """Return a new token in place of a refused one, None where that would not help.

        Args:
            user: the mailbox.
            refused: the token that a mail server refused.
            deadline: when to give up, in `time.monotonic()` seconds.

        Raises:
            SendFailure: it was to be fetched, and could not be.
        """
        source, error_class = self._room()
        try:
            token = source.renew(user, refused, deadline)
        except error_class as error:
            raise _failure(error) from None
        return None if token is None else self._noted(user, token)

    def remark(self, user: str) -> str:
        """Return what is odd about the user's last token, or ""."""
        return self._last[user].doubt if user in self._last else ""

    def event(self, user: str) -> str:
        """Return how the user's last token was come by, for a log; never the token."""
        return self._last[user].event if user in self._last else ""

    def _noted(self, user: str, token: AccessToken) -> str:
        self._last[user] = token
        return token.text

    def _room(self) -> tuple[Source, type[TokenError]]:
        from jsnpy import oauth

        if self._source is None:
            self._source = oauth.Source(
                self._block,
                base_dir=self._base_dir,
                encoding=self._encoding,
                config=self._config,
                redactor=self._redactor,
                insecure=self._insecure,
                warn=self._warn,
            )
        return self._source, oauth.TokenError


class DryRunTokens:
    """What a dry run's mails log in with: nothing is fetched, and its server takes anything."""

    def access_token(self, user: str, deadline: float) -> str:
        """Return something in a token's place."""
        del user, deadline
        return "no-token-in-a-dry-run"

    def renew(self, user: str, refused: str, deadline: float) -> None:
        """Return None: nothing would be better."""
        del user, refused, deadline

    def remark(self, user: str) -> str:
        """Return "": it is not odd."""
        del user
        return ""

    def event(self, user: str) -> str:
        """Return that nothing was fetched."""
        del user
        return "token: none is fetched in a dry run"


def _failure(error: TokenError) -> SendFailure:
    from jsnpy.smtp.outcome import SendFailure

    return SendFailure(error.code, "token", error.what, hint=error.hint, temporary=error.temporary)
