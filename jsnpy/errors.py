"""The exit codes, and every error that jsnpy raises on purpose.

What a user is told, in plain words, with an exit code and, where it helps, a hint:

JsnpyError
├── UsageError              a wrong option or argument                            exit 2
├── ConfigError             a config, script or state file that cannot be used    exit 2
├── OutboxError             the outbox cannot be read or written                  exit 2
│   ├── BusyError               another process has it (outbox.storage)
│   └── FullError               its disk is full (outbox.storage)
├── ScriptError             the script left what cannot be kept                   exit 1
├── StateError              the fleet's Redis does not answer (fleet.state)       exit 2
├── LostError               a run whose worker died (celery)
└── MailError               a mail that is not tried again (celery)

What a room says to itself, and never leaves it:

SendFailure                 a mail was not delivered, and why (smtp.outcome)
└── LogInRefused            the server refused user and password or token (smtp.session)
ReplyError                  no usable reply came (smtp.reply)
├── TimedOut                in time
├── ConnectionLost          before the connection ended
│   └── TlsAlert                which the other end did over TLS, saying why
└── ProtocolError           but something else
Cancel                      an authentication is broken off (smtp.auth)
BadAddress                  an address, host or name that cannot be used (smtp.addresses)
└── BadList                 one in a text that may hold several (smtp.address_lists)
Damaged                     a kept mail that cannot be read (outbox.kept_mail)
WebError                    a fetch failed (web.errors)
TokenError                  no access token could be had (oauth.failure)
BlockError                  an oauth2 block that is not valid (oauth.settings)
Unwritable                  the folder of kept tokens cannot be written (oauth.folder)
BrokenError                 JSON that cannot be read further (config.json_places)
RangeError                  a locale, time zone or option nobody knows (locales.tags)
OutputClosed                nobody reads what is printed any more (output)
"""


class ExitCode:
    """Exit codes of the command (plain integers: importing enum would cost every run 2 ms)."""

    OK = 0
    SCRIPT = 1
    USAGE = 2
    SEND_FAILED = 3
    INTERNAL = 70
    TIMEOUT = 124
    INTERRUPTED = 130
    TERMINATED = 143


class JsnpyError(Exception):
    """Something jsnpy reports in plain words, without a traceback.

    Args:
        message: what failed, in the words an administrator needs.
        hint: what to do about it, or "".
    """

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(JsnpyError):
    """A wrong option or argument."""

    exit_code = ExitCode.USAGE


class ConfigError(JsnpyError):
    """A config, script or state file that cannot be found, read, decoded or used."""

    exit_code = ExitCode.USAGE


class OutboxError(JsnpyError):
    """An outbox that cannot be made, read or written."""

    exit_code = ExitCode.USAGE


class ScriptError(JsnpyError):
    """A script that left what cannot be kept."""

    exit_code = ExitCode.SCRIPT
