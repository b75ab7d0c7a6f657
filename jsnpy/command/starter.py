"""`jsnpy init DIR`, `jsnpy types` and `jsnpy schema`: what a new author of scripts needs."""

from __future__ import annotations

import click

from jsnpy.command.click_parts import folders
from jsnpy.errors import UsageError
from jsnpy.text import printable, quoted


@click.command("init")
@click.argument("folder", metavar="DIR", shell_complete=folders)
def init(folder: str) -> None:
    """Write a starter into DIR: script, config, what editors need."""
    from jsnpy import starter
    from jsnpy.home import expanded

    try:
        written = starter.init(expanded(folder))
    except ValueError as why:
        raise UsageError(f"{quoted(folder)}: {why}", "A folder of that name is ./~…") from None
    for path in written:
        click.echo(f"written: {printable(path)}")
    config = printable(written[0])
    click.echo(f"Next: edit {config}, put the password into SMTP_PASS, and try: jsnpy {config} --dry-run")


@click.command("types")
def types() -> None:
    """Print the TypeScript declarations of what a script finds."""
    from jsnpy import starter

    click.echo(starter.types(), nl=False)


@click.command("schema")
def schema() -> None:
    """Print the JSON Schema of the config."""
    from jsnpy import starter

    click.echo(starter.schema(), nl=False)
