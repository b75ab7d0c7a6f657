"""The exit codes and every error jsnpy raises on purpose.

JsnpyError                  has an exit code and, where it helps, a hint
├── UsageError              wrong option or argument                        exit 2
├── ConfigError             a config or script that cannot be read or used  exit 2
├── OutboxError             the outbox cannot be read or written            exit 2
└── ScriptError             the script did not compile, threw, or never
                            settled; its text is ready to be printed        exit 1
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
    """A config or script that cannot be found, read, decoded or used."""

    exit_code = ExitCode.USAGE


class OutboxError(JsnpyError):
    """An outbox that cannot be made, read or written."""

    exit_code = ExitCode.USAGE


class ScriptError(JsnpyError):
    """A script that did not compile, threw, or ended in a promise that failed or cannot settle."""

    exit_code = ExitCode.SCRIPT
