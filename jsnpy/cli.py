"""The command line: options in, exit code out; the only file that knows click."""

import io
import os
import sys
from typing import Any

import click

from jsnpy import __version__, short_path
from jsnpy.errors import ExitCode, JsnpyError
from jsnpy.output import NORMAL, QUIET, VERBOSE, Output, reader_left
from jsnpy.redaction import Redactor
from jsnpy.runner import Options

_CHORES = ("flush", "list", "drop", "resend_unknown")


def _seconds(_: click.Context, __: click.Parameter, text: str) -> float:
    """Return an option's number of seconds."""
    seconds = short_path.seconds(text)
    if seconds is None:
        kind = "not 0 or more" if text.strip().startswith("-") else "no number of"
        raise click.BadParameter(f"{text!r} is {kind} seconds")
    return seconds


def _size(_: click.Context, __: click.Parameter, text: str) -> int:
    """Return an option's number of bytes."""
    size = short_path.size(text)
    if size is None:
        raise click.BadParameter(f"{text!r} is no size such as 64MB or 1GB")
    return size


class _Assignment(click.types.StringParamType):
    """KEY=VALUE; in JSNPY_SET one a line, as values have blanks in them."""

    envvar_list_splitter = "\n"


def _age(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Return an option's age in seconds."""
    if text is None:
        return None
    seconds = short_path.age(text)
    if seconds is None:
        raise click.BadParameter(f"{text!r} is no age such as 5d, 12h or 30m")
    return seconds


def _versions(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    import platform

    from jsnpy.engine import version

    click.echo(f"jsnpy {__version__}, {version()}, Python {platform.python_version()}")
    ctx.exit()


def _init(ctx: click.Context, _: click.Parameter, folder: str | None) -> None:
    if folder is None:
        return
    from jsnpy import starter

    try:
        written = starter.init(folder)
    except JsnpyError as error:
        raise click.ClickException(str(error)) from None
    for path in written:
        click.echo(f"written: {path}")
    click.echo(f"Next: edit {written[0]}, put the password into SMTP_PASS, and try: jsnpy {written[0]} --dry-run")
    ctx.exit()


def _starter_text(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from jsnpy import starter

    click.echo(starter.types() if option.name == "types" else starter.schema(), nl=False)
    ctx.exit()


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "JSNPY"},
    epilog="Each option is also an environment variable: JSNPY_TIMEOUT=60 for --timeout 60.",
)
@click.argument("file", required=False)
@click.option(
    "--set",
    "sets",
    multiple=True,
    type=_Assignment(),
    envvar="JSNPY_SET",
    metavar="KEY=VALUE",
    help="Set one value under arg for this run, as in --set to.email=me@x.test; repeatable.",
)
@click.option(
    "--timeout",
    callback=_seconds,
    default="0",
    metavar="SECONDS",
    help="End the run after that much wall time; 0 (the default) never.",
)
@click.option(
    "--memory-limit",
    callback=_size,
    default="512MB",
    show_default=True,
    metavar="SIZE",
    help="Heap limit of the engine: 64MB, 1GB; 0 for none.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Run the script for real, but every mail goes to an SMTP server inside jsnpy and is shown.",
)
@click.option(
    "--mailbox",
    metavar="DIR",
    help="With --dry-run: keep each mail there as .eml, with a page to look at them.",
)
@click.option("--check", is_flag=True, help="Read and compile config and script, run nothing.")
@click.option(
    "--outbox",
    metavar="DIR",
    help="Keep mails there that fail for a passing reason, and try again those that are due.",
)
@click.option("--flush", is_flag=True, help="With --outbox, without FILE: try the mails that are due, a line a mail.")
@click.option("--list", is_flag=True, help="With --outbox, without FILE: show what is kept.")
@click.option("--drop", multiple=True, metavar="ID", help="With --outbox, without FILE: forget a mail; repeatable.")
@click.option(
    "--max-age", callback=_age, metavar="AGE", help="With --outbox: give a mail up after 5d (the default), 12h, 30m."
)
@click.option("--resend-unknown", is_flag=True, help="With --flush: send again mails that may have been delivered.")
@click.option("--submit", is_flag=True, help="Hand the run to the fleet (broker: JSNPY_BROKER_URL) and print its id.")
@click.option("--wait", is_flag=True, help="With --submit: print the run's output instead, and exit with its code.")
@click.option("--insecure", is_flag=True, help="Do not verify TLS certificates.")
@click.option("--fail-on-send-error", is_flag=True, help="Exit 3 if any send_email failed.")
@click.option(
    "--encoding", metavar="NAME", help="Encoding of config and script when they are not Unicode, e.g. cp1252."
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Host messages on stderr as lines or as one JSON object a line.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more: config, script, engine, each send with its time.")
@click.option("-q", "--quiet", is_flag=True, help="No host messages but the error that ended the run.")
@click.option("--init", metavar="DIR", is_eager=True, expose_value=False, callback=_init,
              help="Write a starter there: script, config, and what editors need; never overwrites.")  # fmt: skip
@click.option("--types", is_flag=True, is_eager=True, expose_value=False, callback=_starter_text,
              help="Print the TypeScript declarations of what a script finds.")  # fmt: skip
@click.option("--schema", is_flag=True, is_eager=True, expose_value=False, callback=_starter_text,
              help="Print the JSON Schema of the config.")  # fmt: skip
@click.option("-V", "--version", is_flag=True, is_eager=True, expose_value=False, callback=_versions,
              help="Show the versions of jsnpy, its engine and Python.")  # fmt: skip
def command(
    file: str | None,
    sets: tuple[str, ...],
    encoding: str | None,
    check: bool,
    verbose: bool,
    quiet: bool,
    log_format: str,
    mailbox: str | None,
    **decisions: object,
) -> int:
    """Run the JavaScript alert script that FILE names.

    FILE is a JSON config such as CaEmail.json, a bare script (.js), or - for a config from standard input.
    """
    from jsnpy.__main__ import check_file, run_file

    chores = {name: decisions.pop(name) for name in _CHORES}
    submit, wait = bool(decisions.pop("submit")), bool(decisions.pop("wait"))
    options = Options()
    for name, value in decisions.items():
        setattr(options, name, value)
    if verbose and quiet:
        # What is typed overrules what the environment sets for every run.
        verbose, quiet = _typed("verbose"), _typed("quiet")
        if verbose == quiet:
            raise click.UsageError("-v and -q contradict each other")
    if mailbox is not None and not options.dry_run:
        raise click.UsageError("--mailbox is for the mails of a --dry-run: add it")
    options.mailbox = mailbox
    options.level = QUIET if quiet else VERBOSE if verbose else NORMAL
    options.log_json = log_format == "json"
    if any(chores.values()):
        return _outbox_chore(file, options, encoding, chores)
    if file is None:
        raise click.UsageError("Missing argument 'FILE': a config such as CaEmail.json, or a script.")
    if wait and not submit:
        raise click.UsageError("--wait is for a run handed over with --submit: add it")
    if submit:
        return _submit(file, options, sets, encoding, check=check, wait=wait)
    if check:
        return check_file(file, options, sets, encoding)
    return run_file(file, options, sets, encoding)


def _typed(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _submit(
    file: str, options: Options, sets: tuple[str, ...], encoding: str | None, *, check: bool, wait: bool
) -> int:
    """Hand a run to the fleet, and return the exit code."""
    given = {"--check": check, "--outbox": options.outbox, "--mailbox": options.mailbox}
    for name, value in given.items():
        if value:
            raise click.UsageError(f"{name} cannot be used with --submit: it is for a run on this machine")
    from jsnpy.__main__ import guarded

    def work(output: Output, redactor: Redactor) -> int:
        from jsnpy.fleet.submit import submit

        return submit(file, options, output, redactor, sets=sets, encoding=encoding, wait=wait)

    return guarded(work, options)


def _outbox_chore(file: str | None, options: Options, encoding: str | None, chores: dict[str, Any]) -> int:
    """Do what is done with an outbox alone, and return the exit code."""
    given = [f"--{name}" for name in ("flush", "list", "drop") if chores[name]]
    if not given:
        raise click.UsageError("--resend-unknown is for --flush: add it")
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} cannot be used together")
    if chores["resend_unknown"] and not chores["flush"]:
        raise click.UsageError(f"--resend-unknown is for --flush, not for {given[0]}")
    if options.outbox is None:
        raise click.UsageError(f"{given[0]} needs --outbox DIR")
    if file is not None:
        raise click.UsageError(f"{given[0]} takes no FILE: it is for the mails in the outbox")
    if options.dry_run:
        raise click.UsageError(f"{given[0]} cannot be used with --dry-run, which keeps nothing")
    from jsnpy.__main__ import guarded
    from jsnpy.outbox import Outbox, command

    outbox = Outbox(options.outbox, max_age=options.max_age, encoding=encoding)

    def work(output: Output, redactor: Redactor) -> int:
        if chores["flush"]:
            return command.flush(outbox, options, output, redactor, resend_unknown=chores["resend_unknown"])
        return command.drop(outbox, chores["drop"], output) if chores["drop"] else command.show(outbox, output)

    return guarded(work, options)


def main(arguments: list[str]) -> int:
    """Parse the command line, do what it says and return the exit code."""
    _prepare_streams()
    try:
        code = command.main(arguments, prog_name="jsnpy", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as caught:
        error = _with_variable(caught)
        if _wants_json(arguments):
            _say_as_json(error.format_message())
        else:
            error.show()
        return ExitCode.USAGE
    except OSError as error:
        if reader_left(error):
            return ExitCode.OK
        # Runs see to their own output; this is --help, --version and the like on a full disk.
        sys.stderr.write(f"jsnpy: error: output cannot be written: {error.strerror or error}\n")
        return ExitCode.SCRIPT
    return code if isinstance(code, int) else ExitCode.OK


def _prepare_streams() -> None:
    """Let click print as runs do: UTF-8 when redirected, and no name of a file that cannot be shown."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _with_variable(error: click.ClickException) -> click.ClickException:
    """Where a bad value came from the environment, say so: the command line in a unit file looks innocent."""
    if not isinstance(error, click.BadParameter) or error.ctx is None or error.param is None:
        return error
    name = error.param.name or ""
    if error.ctx.get_parameter_source(name) is not click.core.ParameterSource.ENVIRONMENT:
        return error
    message = f"{error.message} (from the environment variable JSNPY_{name.upper()})"
    return click.BadParameter(message, error.ctx, error.param, error.param_hint)


def _wants_json(arguments: list[str]) -> bool:
    """Whether messages are to be JSON, as far as a command line that cannot be parsed tells."""
    wanted = os.environ.get("JSNPY_LOG_FORMAT", "")
    for before, word in zip(["", *arguments], arguments, strict=False):
        if before == "--log-format":
            wanted = word
        elif word.startswith("--log-format="):
            wanted = word.partition("=")[2]
    return wanted == "json"


def _say_as_json(message: str) -> None:
    from jsnpy.output import standard
    from jsnpy.redaction import Redactor

    streams = standard(Redactor(), as_json=True)
    streams.error(message)
    streams.flush()
