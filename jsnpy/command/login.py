"""`jsnpy login CONFIG`: an OAuth 2.0 log-in, once; and `login --check`: whether a token can be got and is taken."""

from __future__ import annotations

import os
import time

import click

from jsnpy import config, supervisor
from jsnpy.command import options
from jsnpy.command.click_parts import GroupedCommand, files, takes
from jsnpy.command.foreground import guarded
from jsnpy.errors import ConfigError, ExitCode
from jsnpy.output import STDERR, STDOUT, Output
from jsnpy.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from jsnpy.oauth import Source
    from jsnpy.options import Call
    from jsnpy.redaction import Redactor

_CHECK_PATIENCE = 60.0


@click.command("login", short_help="Log in once, where the oauth2 block wants a person.", cls=GroupedCommand)
@click.argument("target", metavar="CONFIG", shell_complete=files)
@takes(options.LOGIN)
@click.option(
    "--check", is_flag=True, help="Get a token, show what it says, log in to the mail server with it and quit."
)
def command(target: str, typed: dict[str, Any], *, check: bool) -> int:
    """Log in once where CONFIG's oauth2 block wants a person (login: device or browser)."""
    # How long runs may take says nothing of how long a person takes.
    variables = {name: text for name, text in os.environ.items() if name != options.TIMEOUT.variable}
    call = options.read(target, typed, variables, options.LOGIN)

    def work(streams: Output, redactor: Redactor) -> int:
        codes: list[int] = []
        seconds = call.options.timeout
        deadline = time.monotonic() + seconds if seconds else None
        log_in = _LogIn(call, streams, redactor, deadline)
        stopped = supervisor.supervise(lambda _: codes.append(log_in.run(check=check)), lambda: None, deadline)
        if stopped is not None:
            after = f" after {seconds:g} s" if stopped == ExitCode.TIMEOUT else ""
            what = "check" if check else "log-in"
            streams.error(f"the {what} was ended{after} ({supervisor.ENDED_BY[stopped]})")
        streams.finish()
        return codes[0] if stopped is None else stopped

    return guarded(work, call.options)


class _LogIn:
    """One log-in, or check, that a command line asks for."""

    def __init__(self, call: Call, streams: Output, redactor: Redactor, deadline: float | None) -> None:
        self._call = call
        self._streams = streams
        self._redactor = redactor
        self._deadline = deadline

    def run(self, *, check: bool) -> int:
        """Read the config, then log in or check; return the exit code."""
        from jsnpy.oauth import Source, TokenError

        call = self._call
        read = config.load(call.target, sets=call.sets, encoding=call.encoding)
        for warning in read.warnings:
            self._streams.warn(warning)
        if read.oauth2 is None:
            raise ConfigError(
                f'{printable(call.target)}: there is no "oauth2" block', "Without one there is nothing to log in to."
            )
        source = Source(
            read.oauth2,
            base_dir=read.base_dir,
            encoding=call.encoding,
            config=call.target,
            redactor=self._redactor,
            insecure=call.options.insecure,
        )
        arg = _arg(read)
        try:
            return self._check(source, arg) if check else self._log_in(source, arg)
        except TokenError as error:
            self._streams.error(self._redactor.scrub(str(error)))
            return ExitCode.SCRIPT

    def _log_in(self, source: Source, arg: dict[str, Any]) -> int:
        settings = source.settings
        if not settings.login:
            what = f'{self._call.target}: this "oauth2" block needs no log-in by a person'
            raise ConfigError(what, f"jsnpy login --check {self._call.target} shows whether a token can be got.")
        user = self._user(arg) or settings.account
        if not user:
            raise ConfigError(
                f'{self._call.target}: nobody to log in as: neither "arg.user" nor "oauth2.account" is there'
            )
        from jsnpy.oauth import facts, login

        answer = login.log_in(source, user, self._say, self._deadline)
        who = settings.account or user
        self._streams.show(f"logged in as {who}; what that brought is kept in {printable(source.folder)}")
        claims = facts.claims(answer.access_token)
        names = [
            claims[key] for key in ("upn", "preferred_username", "unique_name") if isinstance(claims.get(key), str)
        ]
        if names and who.lower() not in (name.lower() for name in names):
            self._streams.warn(f"the log-in was by {facts.text(names[0])}, but is used as that of {who}")
        return ExitCode.OK

    def _say(self, text: str) -> None:
        # As it is: a URL that holds a value of the environment must stay whole.
        self._streams.write(STDERR, text + "\n")
        self._streams.flush()

    def _check(self, source: Source, arg: dict[str, Any]) -> int:
        from jsnpy.oauth import facts

        settings, user = source.settings, self._user(arg)
        needs_user = settings.grant == "service_account" or (settings.login and not settings.account)
        if needs_user and not user:
            raise ConfigError(f'{self._call.target}: "arg.user" is missing: the token is for a mailbox')
        answer = source.fetch(user, min(self._deadline or float("inf"), time.monotonic() + _CHECK_PATIENCE))
        claims = facts.claims(answer.access_token)
        where = settings.host or settings.command[0]
        lasts = f", good for {answer.lifetime / 60:.0f} min" if answer.lifetime else ""
        lines = {
            "token": f"from {where}, {len(answer.access_token)} characters{lasts}",
            "audience": facts.text(claims.get("aud", "")),
            "roles": facts.text(claims.get("roles", "")),
            "scope": facts.text(claims.get("scp", claims.get("scope", answer.scope))),
            "tenant": facts.text(claims.get("tid", "")),
            "client": facts.text(claims.get("appid", claims.get("azp", ""))),
            "person": facts.text(claims.get("upn", claims.get("preferred_username", ""))),
            "expires": _moment(claims.get("exp")) or (_moment(time.time() + answer.lifetime) if lasts else "not said"),
            "doubt": answer.doubt,
        }
        shown = "".join(f"{name + ':':<10}{text}\n" for name, text in lines.items() if text)
        self._streams.write(STDOUT, self._redactor.scrub(shown))
        return self._try_mail_server(answer.access_token, answer.doubt, arg, user)

    def _try_mail_server(self, token: str, doubt: str, arg: dict[str, Any], user: str) -> int:
        if not isinstance(arg.get("host"), str) or not user:
            self._streams.write(STDOUT, "log-in:   not tried: arg has no host, or no user\n")
            return ExitCode.OK
        from jsnpy.smtp.sending import Sending
        from jsnpy.smtp.settings import Settings

        names = ("host", "port", "ssl", "starttls", "user", "tls")
        fields = {name: arg[name] for name in names if name in arg} | {
            "pass": "${OAUTH2}",
            "from": "check@login.invalid",  # only to be complete: nothing is sent
            "to": "check@login.invalid",
            "subject": "",
            "body": "",
        }
        settings = Settings(
            insecure=self._call.options.insecure,
            redactor=self._redactor,
            deadline=self._deadline,
            listener=self._streams.info,
            tokens=_Given(token, doubt),
        )
        result = Sending(settings).log_in(fields)
        for warning in result.warnings:
            self._streams.warn(warning)
        if result.code:
            self._streams.error(result.error)
            return ExitCode.SCRIPT
        self._streams.write(STDOUT, f"log-in:   {user} at {arg['host']}: accepted\n")
        return ExitCode.OK

    @staticmethod
    def _user(arg: dict[str, Any]) -> str:
        user = arg.get("user")
        return user if isinstance(user, str) else ""


class _Given:
    """The token that was fetched, for the mail room."""

    def __init__(self, token: str, doubt: str) -> None:
        self._token = token
        self._doubt = doubt

    def access_token(self, user: str, deadline: float) -> str:
        """Return it."""
        del user, deadline
        return self._token

    def renew(self, user: str, refused: str, deadline: float) -> None:
        """Return None: it is new."""
        del user, refused, deadline

    def remark(self, user: str) -> str:
        """Return what is odd about it."""
        del user
        return self._doubt

    def event(self, user: str) -> str:
        """Return where it is from."""
        del user
        return "token: fetched for this check"


def _arg(read: config.RunConfig) -> dict[str, Any]:
    from jsnpy import json_text

    arg = json_text.loads(read.arg_json)
    return arg if isinstance(arg, dict) else {}


def _moment(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(value))
    except (ValueError, OverflowError, OSError):
        return ""
