"""Where a run's access tokens come from: the kept one while it is good, else a new one, got by one process alone."""

from __future__ import annotations

import _thread
import os
import time

from jsnpy.oauth.client import Answer, Client, absolute
from jsnpy.oauth.failure import REFUSED, TokenError
from jsnpy.oauth.folder import Slot, Unwritable, default_folder
from jsnpy.oauth.kept import AccessToken, Kept, parse
from jsnpy.oauth.resolve import resolved
from jsnpy.record import Record
from jsnpy.text import printable, seconds

try:
    from _blake2 import blake2b  # hashlib would bring OpenSSL's library along
except ImportError:  # another Python
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jsnpy.oauth.settings import Settings
    from jsnpy.redaction import Redactor

_AHEAD_AT_MOST = 10.0
"""Seconds that renewing a token which is still good may take, and no more than a third of a mail's time."""


class _Need(Record):
    """Whose token is wanted, and where that is kept."""

    settings: Settings
    user: str
    account: str
    slot: Slot


class Source:
    """The access tokens of one config; safe to use from several threads.

    Args:
        block: the config's `oauth2`, checked, with its references unresolved.
        base_dir: the folder that paths in it are relative to.
        encoding: of files that are not Unicode.
        config: the config as hints name it.
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
        self._base_dir = base_dir
        self._config = config or "CONFIG"
        self._insecure = insecure
        self._warn = warn
        self._block = block
        self._encoding = encoding
        self._redactor = redactor
        self._settings: Settings | None = None
        self._secrets: list[str] = []
        self._in_memory: dict[str, Kept] = {}
        self._one_at_a_time = _thread.allocate_lock()

    def access_token(self, user: str, deadline: float) -> AccessToken:
        """Return a token to log in with as a mailbox's user.

        Args:
            user: the mailbox.
            deadline: time.monotonic() up to which it may take.

        Raises:
            TokenError: there is none to be had.
        """
        with self._one_at_a_time:
            if self.settings.grant == "command":
                return self._of_program(deadline)
            need = self._need(user)
            kept = self._read(need)
            now = time.time()
            if not kept.is_good(now):
                return self._renewed(need, deadline)
            left = max(0.0, kept.fetched + kept.lifetime - now)
            token = kept.handed(f"kept, good for {left / 60:.0f} min")
            if kept.is_due(now):
                token = self._renewed_ahead(need, deadline, token)
            return token

    def renew(self, user: str, refused: str, deadline: float) -> AccessToken | None:
        """Return a new token in place of a kept one that a mail server refused.

        Args:
            user: the mailbox.
            refused: the token that was refused.
            deadline: time.monotonic() up to which it may take.

        Returns:
            None where a new one would not help: the refused one was new itself.

        Raises:
            TokenError: there is none to be had.
        """
        with self._one_at_a_time:
            if self.settings.grant == "command":
                again = self._of_program(deadline)
                return None if again.text == refused else again
            need = self._need(user)
            kept = self._read(need)
            if kept.access_token == refused and not kept.is_old(time.time()):
                return None
            return self._renewed(need, deadline, refused=refused)

    def fetch(self, user: str, deadline: float) -> Answer:
        """Return a new token with all the endpoint said of it, whatever is kept; it is kept now.

        Of a program's token nobody says how long it is good for: its lifetime is 0.

        Args:
            user: the mailbox.
            deadline: time.monotonic() up to which it may take.

        Raises:
            TokenError: there is none to be had.
        """
        with self._one_at_a_time:
            if self.settings.grant == "command":
                return Answer(access_token=self._of_program(deadline).text, lifetime=0.0)
            need = self._need(user)
            need.slot.insist_on_safety()
            release = self._locked(need, deadline)
            try:
                return self._ask(need, self._read(need), deadline)[1]
            finally:
                release()

    def keep_login(self, user: str, answer: Answer) -> None:
        """Keep what a person's log-in brought, in place of all that was kept for that person.

        Args:
            user: the mailbox.
            answer: the endpoint's.

        Raises:
            TokenError: it cannot be kept.
        """
        need = self._need(user)
        with self._one_at_a_time:
            release = self._locked(need, time.monotonic() + _AHEAD_AT_MOST)
            try:
                need.slot.write(_kept(answer, time.time(), answer.refresh_token).text())
            except Unwritable as why:
                raise _unwritable(need.slot, why) from None
            finally:
                release()

    def check_folder(self, user: str) -> None:
        """Make sure that a log-in could be kept, before a person is asked for it.

        Raises:
            TokenError: it could not.
        """
        need = self._need(user)
        release = self._locked(need, time.monotonic() + _AHEAD_AT_MOST)
        try:
            need.slot.insist_on_safety()
            need.slot.prepare()
            need.slot.discard()
        except Unwritable as why:
            raise _unwritable(need.slot, why) from None
        finally:
            release()

    @property
    def settings(self) -> Settings:
        """The block with its references resolved.

        Raises:
            TokenError: one leads nowhere, or to a wrong value.
        """
        if self._settings is None:
            self._settings, self._secrets = resolved(self._block, self._base_dir, self._encoding)
        return self._settings

    @property
    def folder(self) -> str:
        """Where tokens are kept."""
        return default_folder()

    def _need(self, user: str) -> _Need:
        settings = self.settings
        account = settings.account or user
        of_whom = account if settings.login else user if settings.grant == "service_account" else ""
        files = (settings.certificate, settings.assertion_file, settings.service_account)
        parts = [
            *(settings.grant, settings.token_url, settings.client_id, settings.scope, settings.login),
            *(settings.client_auth, settings.client_secret, settings.refresh_token, of_whom.lower()),
            *(absolute(self._base_dir, file) if file else "" for file in files),
            *(f"{name}={value}" for name, value in sorted(settings.params.items())),
        ]
        name = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return _Need(settings=settings, user=user, account=account, slot=Slot(self.folder, name))

    def _of_program(self, deadline: float) -> AccessToken:
        from jsnpy.oauth import program

        client = self.client("")
        text = program.first_line(client.settings.command, self._base_dir, client.redactor, deadline)
        return AccessToken(text=text, kept=True, event=f"token: printed by {self.settings.command[0]}")

    def _read(self, need: _Need) -> Kept:
        if need.slot.path in self._in_memory:
            return self._in_memory[need.slot.path]
        person = need.settings.grant == "refresh_token"
        try:
            text = need.slot.read()
            return Kept() if text is None else parse(text)
        except Unwritable as why:
            if person:
                raise _unwritable(need.slot, why) from None
        except (ValueError, RecursionError):
            if person:
                what = f"the kept token {printable(need.slot.path)} is damaged, or another account's"
                then = (
                    f"jsnpy login {self._config}" if need.settings.login else "the config's refresh_token is used again"
                )
                raise TokenError(REFUSED, what, f"remove it, then: {then}") from None
        return Kept()

    def _locked(self, need: _Need, deadline: float) -> Callable[[], None]:
        try:
            return need.slot.lock(deadline)
        except Unwritable as why:
            if need.settings.grant == "refresh_token":
                raise _unwritable(need.slot, why) from None
            return lambda: None

    def _renewed_ahead(self, need: _Need, deadline: float, old: AccessToken) -> AccessToken:
        # Whoever does not get the lock at once goes on with the old token, and so does who gets no new one.
        left = deadline - time.monotonic()
        try:
            release = self._locked(need, 0)
            try:
                kept = self._read(need)
                if not kept.is_due(time.time()):
                    return old if kept.access_token == old.text else kept.handed("renewed by another process")
                return self._fetched(need, kept, time.monotonic() + min(_AHEAD_AT_MOST, left / 3), ahead=True)
            finally:
                release()
        except TokenError as error:
            old.event += f"; not renewed: {error.what}"
            return old

    def _renewed(self, need: _Need, deadline: float, *, refused: str = "") -> AccessToken:
        if need.settings.grant == "refresh_token" and not need.settings.refresh_token:
            self._insist_on_login(need, self._read(need))
        release = self._locked(need, deadline)
        try:
            kept = self._read(need)
            if kept.access_token != refused and kept.is_good(time.time()):
                return kept.handed("got by another process")
            return self._fetched(need, kept, deadline)
        finally:
            release()

    def _fetched(self, need: _Need, kept: Kept, deadline: float, *, ahead: bool = False) -> AccessToken:
        now = time.time()
        if kept.is_refused(now, self._credential_state(need.settings)):
            what = f"{kept.refusal} (asked {now - kept.refused:.0f} s ago, and not again for a minute)"
            raise TokenError(REFUSED, what, kept.hint, temporary=False, lasting=True)
        begun = time.monotonic()
        try:
            made, _ = self._ask(need, kept, deadline)
        except TokenError:
            if ahead:
                kept.tried = now
                self._keep(need, kept)
            raise
        took = seconds(time.monotonic() - begun)
        return made.handed(f"fetched from {need.settings.host} in {took}", new=True)

    def _ask(self, need: _Need, kept: Kept, deadline: float) -> tuple[Kept, Answer]:
        from jsnpy.oauth import grants

        refresh_token = kept.refresh_token or need.settings.refresh_token
        if need.settings.grant == "refresh_token":
            self._insist_on_login(need, kept)
            try:
                need.slot.prepare()
            except Unwritable as why:
                raise _unwritable(need.slot, why) from None
        now = time.time()
        client = self.client(need.user)
        if self._insecure and self._warn and need.settings.token_url.lower().startswith("https:"):
            self._warn(f"certificates are not verified (--insecure): {need.settings.host} could be anybody")
        client.redactor.add(refresh_token)
        try:
            answer = grants.fetch(client, refresh_token, kept.scope, deadline)
        except TokenError as error:
            need.slot.discard()
            if error.lasting:
                kept.refused, kept.refusal, kept.hint = now, error.what, error.hint
                kept.credential = self._credential_state(need.settings)
                self._keep(need, kept)
            raise
        refreshed = need.settings.grant == "refresh_token"
        made = _kept(answer, now, answer.refresh_token or kept.refresh_token if refreshed else "")
        lost = self._keep(need, made)
        if lost and answer.refresh_token and self._warn:
            self._warn(f"{_unwritable(need.slot, lost)}; the new refresh token is lost with the end of this run")
        return made, answer

    def client(self, user: str) -> Client:
        """Return what asks the endpoint on behalf of a user."""
        from jsnpy.redaction import Redactor

        redactor = self._redactor = self._redactor or Redactor()
        settings = self.settings
        for secret in self._secrets:
            redactor.add(secret)
        return Client(
            settings=settings,
            user=user,
            redactor=redactor,
            base_dir=self._base_dir,
            config=self._config,
            insecure=self._insecure,
        )

    def _credential_state(self, settings: Settings) -> str:
        """Return what changes when the file that proves who the client is does."""
        file = settings.certificate or settings.assertion_file or settings.service_account
        try:
            found = os.stat(absolute(self._base_dir, file)) if file else None
        except OSError:
            return ""
        return f"{found.st_mtime_ns} {found.st_size} {found.st_ino}" if found else ""

    def _keep(self, need: _Need, kept: Kept) -> Unwritable | None:
        """Keep it, in this run's memory at least, and return why not for the next ones."""
        try:
            need.slot.write(kept.text())
        except Unwritable as why:
            self._in_memory[need.slot.path] = kept
            return why
        self._in_memory.pop(need.slot.path, None)
        return None

    def _insist_on_login(self, need: _Need, kept: Kept) -> None:
        if kept.refresh_token or need.settings.refresh_token:
            return
        import getpass

        try:
            me = getpass.getuser()
        except (OSError, KeyError, ImportError):
            me = "this account"
        where = printable(need.slot.folder)
        what = f"nobody has logged in for {printable(need.account)} on this machine as {me} (looked in {where})"
        raise TokenError(REFUSED, what, f"jsnpy login {self._config}", temporary=False)


def _kept(answer: Answer, fetched: float, refresh_token: str) -> Kept:
    return Kept(
        access_token=answer.access_token,
        fetched=fetched,
        lifetime=answer.lifetime,
        refresh_token=refresh_token,
        scope=answer.scope if refresh_token else "",
        doubt=answer.doubt,
    )


def _unwritable(slot: Slot, why: Unwritable) -> TokenError:
    what = f"the token folder {printable(slot.folder)} cannot be written: {why}"
    return TokenError(REFUSED, what, "let the account that runs jsnpy write there, or name another in JSNPY_TOKEN_DIR")
