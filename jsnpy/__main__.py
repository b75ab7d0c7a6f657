"""The command's entry: scheduled runs are read without click; the rest takes click."""

import gc
import os
import sys

from jsnpy import supervisor
from jsnpy.errors import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> "NoReturn":
    """Run the command and leave the process with its exit code."""
    # What a run imports stays: looking for garbage in it, again and again, would cost a mail 2 ms.
    gc.set_threshold(100_000)
    supervisor.Signals().listen()
    arguments = sys.argv[1:]
    try:
        code = _command(arguments)
    except BrokenPipeError:
        code = ExitCode.OK
    except Exception as error:  # noqa: BLE001 - the last net: a fault of ours, said without a traceback
        from jsnpy.command.foreground import describe_fault

        verbose = "-v" in arguments or "--verbose" in arguments
        sys.stderr.write(f"jsnpy: error: {describe_fault(error, verbose=verbose)}\n")
        code = ExitCode.INTERNAL
    supervisor.leave(code)


def _command(arguments: list[str]) -> int:
    from jsnpy.command import NAMES, may_be_a_command

    plain = len(arguments) == 1 and not arguments[0].startswith("-") and arguments[0] not in NAMES
    plain = plain and not may_be_a_command(arguments[0])
    if plain and not any(name.startswith("JSNPY_") for name in os.environ):
        from jsnpy.options import Call, Options

        call: Call | None = Call(target=arguments[0], options=Options())
    else:
        from jsnpy.command import quick_arguments

        call = quick_arguments.read(arguments, os.environ)
    if call is not None:
        from jsnpy.command import foreground

        return foreground.run(call)
    from jsnpy.command import click_commands

    return click_commands.main(arguments)


if __name__ == "__main__":
    main()
