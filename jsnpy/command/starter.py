"""`jsnpy init DIR`, `jsnpy types` and `jsnpy schema`: what a new author of scripts needs."""

from __future__ import annotations

import os

import click

from jsnpy.command.click_parts import folders


@click.command("init")
@click.argument("folder", metavar="DIR", shell_complete=folders)
def init(folder: str) -> None:
    """Write a starter into DIR: script, config, what editors need."""
    from jsnpy import starter

    written = starter.init(os.path.expanduser(folder))
    for path in written:
        click.echo(f"written: {path}")
    click.echo(f"Next: edit {written[0]}, put the password into SMTP_PASS, and try: jsnpy {written[0]} --dry-run")


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
