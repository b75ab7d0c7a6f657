"""Reads the command lines that scheduled runs have without click, which costs 15 ms; leaves all others to click.

Where a spelling is not plain (flags put together, a command), and where there is something to say (help, a mistake),
the answer is None, and click has the word.
"""

from __future__ import annotations

from jsnpy.command import NAMES, may_be_a_command, options
from jsnpy.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jsnpy.options import Call

_BY_NAME = {name: option for option in options.RUN for name in (option.name, option.short) if name}


def read(arguments: list[str], variables: Mapping[str, str]) -> Call | None:
    """Return the run that a command line asks for, None where it is left to click.

    Args:
        arguments: the command line's.
        variables: the environment.
    """
    files: list[str] = []
    typed: dict[str, Any] = {}
    words = iter(arguments)
    for word in words:
        if not word.startswith("-") or word == "-":
            files.append(word)
            continue
        name, equals, text = word.partition("=")
        option = _BY_NAME.get(name)
        if option is None or (equals and (option.read is None or name == option.short)):
            return None
        if option.read is None:
            typed[option.attribute] = True
            continue
        if not equals:
            text = next(words, "-")
            if text.startswith("-"):  # a value was forgotten, rather
                return None
        typed[option.attribute] = (*typed.get(option.attribute, ()), text) if option.repeatable else text
    if len(files) != 1 or files[0] in NAMES or may_be_a_command(files[0]):
        return None
    try:
        call = options.read(files[0], typed, variables, options.RUN)
    except UsageError:
        return None
    return None if call.options.watch else call
