"""Reads the command lines that scheduled runs have without click, which costs 15 ms; leaves all others to click.

What is read here means what cli.py says it means. Where that is not plain (an abbreviation, flags put together, a
chore), and where there is something to say (help, a mistake), the answer is None, and click has the word.
"""

import sys

from jsnpy.output import NORMAL, QUIET, VERBOSE
from jsnpy.runner import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_PREFIX = "JSNPY_"
_UNITS = {"": 1, "B": 1, "K": 2**10, "KB": 2**10, "M": 2**20, "MB": 2**20, "G": 2**30, "GB": 2**30}


def seconds(text: str) -> float | None:
    """Return the seconds in a text; None if it is no finite number of at least 0."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def size(text: str) -> int | None:
    """Return the bytes in a text such as "64MB" or "1GB"; None if it is none, or more than a machine has."""
    words = text.strip().upper().replace("IB", "B")
    digits = words.rstrip("BKMG ")
    try:
        number = float(digits) * _UNITS[words[len(digits) :].strip()]
    except (KeyError, ValueError):
        return None
    return int(number) if 0 <= number <= sys.maxsize else None


def age(text: str) -> float | None:
    """Return the seconds in a text such as "5d" or "12h"; None if it is no such text."""
    from jsnpy.outbox import schedule

    return schedule.seconds(text)


_READERS: "dict[str, tuple[str, Callable[[str], object]]]" = {
    "log-format": ("log_json", {"text": False, "json": True}.get),
    "max-age": ("max_age", age),
    "memory-limit": ("memory_limit", size),
    "outbox": ("outbox", str),
    "timeout": ("timeout", seconds),
}
"""Which attribute of Options an option sets, and what makes its value of a text; None: it is none."""

_FLAGS = ("fail-on-send-error", "insecure", "quiet", "verbose")
_OPTIONS = {f"--{name}": name for name in ("set", "encoding", *_READERS, *_FLAGS)} | {"-q": "quiet", "-v": "verbose"}
_VARIABLES = {_PREFIX + name.upper().replace("-", "_"): name for name in _OPTIONS.values()}
_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class Call:
    """A run that is asked for; the attributes are what `run_file` takes."""

    __slots__ = ("encoding", "options", "sets", "target")

    def __init__(self, target: str) -> None:
        self.target = target
        self.options = Options()
        self.sets: tuple[str, ...] = ()
        self.encoding: str | None = None


class _Unclear(Exception):  # noqa: N818 - no error: click may well know
    """What only click can tell."""


def read(arguments: "list[str]", variables: "Mapping[str, str]") -> Call | None:
    """Return the run that a command line asks for, None where it is left to click.

    Args:
        arguments: the command line's.
        variables: the environment.
    """
    try:
        target, typed = _typed(arguments)
        return _call(target, _set_in(variables) | typed)
    except _Unclear:
        return None


def _typed(arguments: "list[str]") -> "tuple[str, dict[str, Any]]":
    """Return the one file and the options of a command line."""
    files: list[str] = []
    found: dict[str, Any] = {}
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            files.append(word)
            continue
        option, equals, text = word.partition("=")
        name = _OPTIONS.get(option)
        if name is None or (name in _FLAGS and equals):
            raise _Unclear
        if name not in _FLAGS and not equals:
            text = next(words, "-")
            if text.startswith("-"):  # a value was forgotten, rather
                raise _Unclear
        if name == "set":
            found["set"] = (*found.get("set", ()), text)
        else:
            found[name] = name in _FLAGS or text
    if len(files) != 1:
        raise _Unclear
    return files[0], found


def _set_in(variables: "Mapping[str, str]") -> "dict[str, Any]":
    """Return the options that an environment sets."""
    found: dict[str, Any] = {}
    for variable, text in variables.items():
        if not variable.startswith(_PREFIX):
            continue
        name = _VARIABLES.get(variable)
        if name is None or (name in _FLAGS and text and text not in _SWITCH):
            raise _Unclear
        if text:
            found[name] = _SWITCH[text] if name in _FLAGS else tuple(text.split("\n")) if name == "set" else text
    return found


def _call(target: str, found: "dict[str, Any]") -> Call:
    """Return the run with these options."""
    call = Call(target)
    verbose, quiet = found.pop("verbose", False), found.pop("quiet", False)
    if verbose and quiet:
        raise _Unclear
    call.options.level = QUIET if quiet else VERBOSE if verbose else NORMAL
    call.sets = found.pop("set", ())
    call.encoding = found.pop("encoding", None)
    for name, given in found.items():
        attribute, value = name.replace("-", "_"), given
        if name in _READERS:
            attribute, reader = _READERS[name]
            value = reader(given)
            if value is None:
                raise _Unclear
        setattr(call.options, attribute, value)
    return call
