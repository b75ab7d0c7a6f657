"""The command's entry: the drop-in call `jsnpy FILE` and its plain options take a short path; the rest takes click."""

import gc
import os
import sys

from jsnpy import supervisor
from jsnpy.errors import ExitCode, JsnpyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from jsnpy.output import Output
    from jsnpy.redaction import Redactor
    from jsnpy.runner import Options, Run


def main() -> "NoReturn":
    """Run the command and leave the process with its exit code."""
    # What a run imports stays: looking for garbage in it, again and again, would cost a mail 2 ms.
    gc.set_threshold(100_000)
    supervisor.Signals(supervisor.leave).listen()
    arguments = sys.argv[1:]
    try:
        code = _command(arguments)
    except BrokenPipeError:
        code = ExitCode.OK
    except Exception as error:  # noqa: BLE001 - the last net: a fault of ours, said without a traceback
        sys.stderr.write(f"jsnpy: error: {describe_fault(error, verbose=_verbose(arguments))}\n")
        code = ExitCode.INTERNAL
    supervisor.leave(code)


def _command(arguments: list[str]) -> int:
    plain = len(arguments) == 1 and not arguments[0].startswith("-")
    if plain and not any(name.startswith("JSNPY_") for name in os.environ):
        from jsnpy.runner import Options

        return run_file(arguments[0], Options())
    from jsnpy import short_path

    call = short_path.read(arguments, os.environ)
    if call is not None:
        return run_file(call.target, call.options, call.sets, call.encoding)
    from jsnpy import cli

    return cli.main(arguments)


def _verbose(arguments: list[str]) -> bool:
    return "-v" in arguments or "--verbose" in arguments


def run_file(target: str, options: "Options", sets: tuple[str, ...] = (), encoding: str | None = None) -> int:
    """Run a config or a script in this process and return the exit code; whatever goes wrong is said on stderr.

    Args:
        target: path of a config or a script, or "-" for a config from standard input.
        options: what the command line decides about the run.
        sets: `KEY=VALUE` texts for values under `arg`.
        encoding: encoding of config and script when they are not Unicode.
    """
    from jsnpy import runner

    return _carry_out(runner.run_in_foreground, target, options, sets, encoding)


def check_file(target: str, options: "Options", sets: tuple[str, ...] = (), encoding: str | None = None) -> int:
    """Read and compile a config or a script without running it and return the exit code; arguments as for run_file."""
    from jsnpy import runner

    return _carry_out(runner.check, target, options, sets, encoding)


def _carry_out(
    task: "Callable[[Run], int]", target: str, options: "Options", sets: tuple[str, ...], encoding: str | None
) -> int:
    from jsnpy import config, runner

    def read() -> config.RunConfig:
        return config.load(target, sets=sets, encoding=encoding)

    def work(streams: "Output", redactor: "Redactor") -> int:
        return task(runner.Run(read, options, streams, redactor))

    return guarded(work, options)


def guarded(work: "Callable[[Output, Redactor], int]", options: "Options") -> int:
    """Do some work with the process's own output and return the exit code; whatever goes wrong is said on stderr."""
    from jsnpy import output
    from jsnpy.redaction import Redactor

    redactor = Redactor()
    streams = output.standard(redactor, level=options.level, as_json=options.log_json)
    try:
        return work(streams, redactor)
    except JsnpyError as error:
        streams.error(str(error))
        streams.flush()
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last net: a fault of ours, said without a traceback
        streams.error(describe_fault(error, verbose=options.level >= output.VERBOSE))
        streams.flush()
        return ExitCode.INTERNAL


def describe_fault(error: BaseException, *, verbose: bool) -> str:
    """Return the text for a fault of jsnpy itself, with its traceback if wanted."""
    text = f"a fault in jsnpy itself, please report it: {type(error).__name__}: {error}"
    if not verbose:
        return text + "\nThe same call with -v shows where."
    import traceback

    return text + "\n" + "".join(traceback.format_exception(error)).rstrip()


if __name__ == "__main__":
    main()
