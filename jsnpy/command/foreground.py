"""Work in the foreground, as the command does it: the process's own output, signals, and every failure said."""

from __future__ import annotations

from jsnpy import config, output, supervisor
from jsnpy.errors import ExitCode, JsnpyError
from jsnpy.redaction import Redactor
from jsnpy.runner import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jsnpy.options import Call, Options


def run(call: Call) -> int:
    """Run a config or a script to its end, the deadline or a signal, and return the exit code."""

    def read() -> config.RunConfig:
        return config.load(call.target, sets=call.sets, encoding=call.encoding, lenient=call.options.dry_run)

    def work(streams: output.Output, redactor: Redactor) -> int:
        one = Run(read, call.options, streams, redactor)
        stopped = supervisor.supervise(one.work, one.tick, one.deadline)
        if stopped is None:
            return one.exit_code()
        one.end_early(stopped)
        return stopped

    return guarded(work, call.options)


def guarded(work: Callable[[output.Output, Redactor], int], options: Options) -> int:
    """Do some work with the process's own output and return the exit code; whatever goes wrong is said on stderr."""
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
