"""The command line for click: a run, the commands next to it, and every complaint about usage."""

from __future__ import annotations

import errno
import io
import os
import sys

import click

from jsnpy import __version__
from jsnpy.command import check, login, may_be_a_command, options, outbox, starter, submit
from jsnpy.command.click_parts import Commands, GroupedCommand, files, takes
from jsnpy.command.foreground import run
from jsnpy.errors import ExitCode, JsnpyError, UsageError
from jsnpy.output import reader_left, standard
from jsnpy.redaction import Redactor
from jsnpy.text import did_you_mean, printable, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOVED = {
    "--check": "check FILE",
    "--init": "init DIR",
    "--types": "types",
    "--schema": "schema",
    "--flush": "outbox flush",
    "--list": "outbox list",
    "--drop": "outbox drop ID",
    "--resend-unknown": "outbox retry --unknown",
    "--submit": "submit FILE",
    "--wait": "submit FILE --wait",
}
"""Flags of before, and the commands they have become."""

_HELP = frozenset(("help", "man", "usage", "?", "/?", "/h", "/help"))
"""What asks for help elsewhere."""

_COMMANDS = {"--login": "login CONFIG", "--show": "outbox show ID", "--retry": "outbox retry ID"}
"""What was never a flag, but is easily taken for one."""

_EXAMPLES = (
    ("jsnpy CaEmail.json", "run it"),
    ("jsnpy CaEmail.json --dry-run", "for real, but show the mails"),
    ("jsnpy CaEmail.json --set port=25", "with one value changed"),
    ("jsnpy CaEmail.json --timeout 60 -q", "from a scheduler"),
    ("jsnpy check configs/", "find mistakes, run nothing"),
)

_EXIT_CODES = (
    ("0", "the script ran to its end"),
    ("1", "the script did not compile, threw, or its promise failed"),
    ("2", "wrong usage or config; a file that cannot be read"),
    ("3", "with --fail-on-send-error: a mail was not sent; outbox: mails are left"),
    ("70", "a fault of jsnpy itself"),
    ("124", "--timeout ended the run"),
    ("130, 143", "Ctrl-C, SIGTERM"),
    ("n", "the script called exit(n)"),
)


class _Run(GroupedCommand):
    """The default command, whose help is that of the whole program."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how to call it, examples, the commands, the options and the exit codes."""
        formatter.write_usage("jsnpy", "FILE [OPTIONS]")
        formatter.write_usage("jsnpy", "COMMAND …", " " * len("Usage: "))
        self.format_help_text(ctx, formatter)
        with formatter.section("Examples"):
            formatter.write_dl(_EXAMPLES, col_max=40)
        with formatter.section("Commands (jsnpy COMMAND -h says more)"):
            formatter.write_dl([(name, each.get_short_help_str(66)) for name, each in commands.commands.items()])
        self.format_options(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text("Each option of a run is also an environment variable: JSNPY_TIMEOUT=60.")
        with formatter.section("Exit codes"):
            formatter.write_dl(_EXIT_CODES)


def _show_versions(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    import platform

    from jsnpy.engine import version

    click.echo(f"jsnpy {__version__}, {version()}, Python {platform.python_version()}")
    ctx.exit()


def _refuse_no_command(word: str) -> None:
    """Say what was meant where that is no file but known: a command, or help as other programs have it."""
    if word.lower() in _HELP:
        raise UsageError(f"there is no command and no file {quoted(word)}", "jsnpy -h shows how it is used.")
    near = did_you_mean(word, (*commands.commands, "version"))
    if near:
        spelled = "jsnpy --version" if near == "version" else f"jsnpy {near}"
        raise UsageError(f"there is no command and no file {quoted(word)}; did you mean {spelled}?")


@click.command(cls=_Run, name="jsnpy")
@click.argument("words", nargs=-1, metavar="FILE", shell_complete=files)
@takes(options.RUN)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_versions,
    help="Show the versions of jsnpy, its engine and Python.",
)
def _run(words: tuple[str, ...], typed: dict[str, Any]) -> int:
    """Run the JavaScript alert script that FILE names.

    FILE is a JSON config such as CaEmail.json, a script (.js, or any file that begins with #!), or - for standard
    input. A file that is called like a command is reached as ./check.
    """
    if not words:
        raise UsageError("which file? Name a config such as CaEmail.json, or a script", "jsnpy -h shows how.")
    if words[0] in commands.commands:
        raise UsageError(f"{words[0]} is a command: it comes first", f"jsnpy {words[0]} …; a file is ./{words[0]}")
    if len(words) > 1:
        near = did_you_mean(words[0], commands.commands)
        if near and not os.path.exists(words[0]):
            raise UsageError(f"there is no command {quoted(words[0])}; did you mean {near}?", "jsnpy -h lists them.")
        example = f"used={words[1]}" if words[1].isalnum() and not typed.get("sets") else "used=95"
        raise UsageError(
            f"one file is run, but {len(words)} were given", f"Values reach the script as --set {example}; jsnpy -h"
        )
    if may_be_a_command(words[0]):
        _refuse_no_command(words[0])
    call = options.read(words[0], typed, os.environ, options.RUN)
    if call.options.watch:
        from jsnpy.command.watch import watch

        return watch(call)
    return run(call)


commands = Commands(name="jsnpy", context_settings={"help_option_names": ["-h", "--help"]})
commands.default = _run
for each in (
    check.command,
    starter.init,
    starter.types,
    starter.schema,
    outbox.commands,
    submit.command,
    login.command,
):
    commands.add_command(each)


def main(arguments: list[str]) -> int:
    """Parse the command line, do what it says and return the exit code."""
    _prepare_streams()
    try:
        code = commands.main(arguments, prog_name="jsnpy", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        return _refuse(_in_our_words(error), arguments)
    except JsnpyError as error:
        return _refuse(error, arguments)
    except OSError as error:
        if reader_left(error):
            return ExitCode.OK
        # Runs see to their own output; this is --help, --version and the like on a full disk.
        sys.stderr.write(f"jsnpy: error: output cannot be written: {error.strerror or error}\n")
        return ExitCode.SCRIPT
    return code if isinstance(code, int) else ExitCode.OK


class _Closed(io.TextIOBase):
    """In place of a stdout that the process was started without: click would print into the void."""

    def write(self, _: str) -> int:
        raise OSError(errno.EBADF, "whoever started jsnpy has closed its stdout")

    def fileno(self) -> int:
        return -1


def _prepare_streams() -> None:
    """Let click print as runs do: UTF-8 when redirected, plain line ends, and any name of a file."""
    sys.stdout = sys.stdout or _Closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace", newline="\n")


def _in_our_words(error: click.ClickException) -> UsageError:
    if isinstance(error, click.NoSuchOption):
        name = error.option_name
        if name in _MOVED:
            return UsageError(f"{name} is a command now: jsnpy {_MOVED[name]}")
        if name in _COMMANDS:
            return UsageError(f"{name} is a command: jsnpy {_COMMANDS[name]}")
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = " ".join(context.command_path.split()) if context else "jsnpy"
    return UsageError(
        "\n".join(map(printable, error.format_message().splitlines())), f"{path} -h shows how it is used."
    )


def _refuse(error: JsnpyError, arguments: list[str]) -> int:
    """Say what is wrong with a call, and return the exit code."""
    streams = standard(Redactor(), as_json=_wants_json(arguments))
    streams.error(str(error))
    streams.flush()
    return error.exit_code


def _wants_json(arguments: list[str]) -> bool:
    """Whether messages are to be JSON, as far as a command line that cannot be parsed tells."""
    wanted = os.environ.get(options.LOG_FORMAT.variable, "")
    for before, word in zip(["", *arguments], arguments, strict=False):
        if before == "--log-format":
            wanted = word
        elif word.startswith("--log-format="):
            wanted = word.partition("=")[2]
    return wanted == "json"
