"""What our commands are to click: options from the table, help in groups, completion, a file where no command is."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from jsnpy.command.options import Option

_NO_COMMAND = ""
"""Stands in front of the words of a run, for click's Group wants a command's name there; no file is called so."""


def files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete the name of a file."""
    return [CompletionItem(incomplete, type="file")]


def folders(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete the name of a folder."""
    return [CompletionItem(incomplete, type="dir")]


class _Option(click.Option):
    """An option of the table; its value stays a text here."""

    def __init__(self, option: Option) -> None:
        self.group = option.group
        self._choices = option.choices
        super().__init__(
            [option.name, *([option.short] if option.short else []), option.attribute],
            is_flag=option.read is None or None,  # False would say that its value may be left out
            multiple=option.repeatable,
            metavar=option.metavar or None,
            help=option.help,
            shell_complete=folders if option.folder else self._offered,
        )

    def _offered(self, _: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(each) for each in self._choices if each.startswith(incomplete)]


def takes(options: Iterable[Option]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the decorator that gives a command these options, in this order; only those typed are handed to it."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(**given: Any) -> Any:
            names = {option.attribute for option in options}
            typed = {name: given.pop(name) for name in names if name in given}
            return function(
                typed={name: text for name, text in typed.items() if text not in (None, (), False)}, **given
            )

        call.__name__, call.__doc__ = function.__name__, function.__doc__
        # click lists decorated parameters from the last to the first.
        call.__click_params__ = [*map(_Option, reversed(list(options))), *getattr(function, "__click_params__", [])]  # type: ignore[attr-defined]
        return call

    return decorate


class GroupedCommand(click.Command):
    """A command whose help has its options under their headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those of the table under their headings."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                groups.setdefault(getattr(param, "group", "Options"), []).append(record)
        groups["Options"] = groups.pop("Options")  # last
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)


class Commands(click.Group):
    """The commands, and the default command where the first word is none of them.

    Attributes:
        default: the command that the words are for then.
    """

    default: click.Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; none of the options is the group's own."""
        if not (args and args[0] in self.commands) and (args or not ctx.resilient_parsing):
            args = [_NO_COMMAND, *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        return self.default if cmd_name == _NO_COMMAND else super().get_command(ctx, cmd_name)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what the first word may be: a command, an option of a run, a file."""
        offered = super().shell_complete(ctx, incomplete) + self.default.shell_complete(ctx, incomplete)
        return offered if incomplete.startswith("-") else [*offered, CompletionItem(incomplete, type="file")]
