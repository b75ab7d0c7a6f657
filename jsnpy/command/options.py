"""The table of options: what click's options and the quick reader of scheduled runs are both made from."""

from __future__ import annotations

import sys

from jsnpy.errors import UsageError
from jsnpy.options import Call, Options
from jsnpy.output import NORMAL, QUIET, VERBOSE
from jsnpy.record import Record
from jsnpy.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping
    from typing import Any

    from jsnpy.outbox.rate import Rate

_PREFIX = "JSNPY_"
_UNITS = {"": 1, "B": 1, "K": 2**10, "KB": 2**10, "M": 2**20, "MB": 2**20, "G": 2**30, "GB": 2**30}
_SWITCH = dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True) | dict.fromkeys(
    ("0", "false", "f", "no", "n", "off"), False
)


class Option(Record):
    """One option.

    Attributes:
        name: as it is typed.
        attribute: what it sets in the run's Options, or in the Call.
        help: its line in the help.
        group: its heading there.
        read: makes its value of a text, or raises ValueError with what is wrong; None for a flag.
        metavar: stands for its value in the help.
        short: its short form.
        repeatable: its value is the tuple of all that were given.
        choices: the only texts it takes.
        folder: its value is a folder.
    """

    name: str
    attribute: str
    help: str
    group: str
    read: Callable[[str], object] | None = str
    metavar: str = ""
    short: str = ""
    repeatable: bool = False
    choices: tuple[str, ...] = ()
    folder: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it where it is not typed."""
        return _PREFIX + self.name[2:].upper().replace("-", "_")


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if 0 <= number < float("inf"):
        return number
    kind = "must be 0 or more" if number < 0 else "is not a number of"
    raise ValueError(f"{quoted(text)} {kind} seconds")


def _size(text: str) -> int:
    words = text.strip().upper().replace("IB", "B")
    digits = words.rstrip("BKMG ")
    try:
        number = float(digits) * _UNITS[words[len(digits) :].strip()]
    except (KeyError, ValueError):
        number = -1
    if 0 <= number <= sys.maxsize:
        return int(number)
    raise ValueError(f"{quoted(text)} is not a size such as 64MB or 1GB")


def _age(text: str) -> float:
    from jsnpy.outbox import schedule

    seconds = schedule.seconds(text)
    if seconds is None:
        raise ValueError(f"{quoted(text)} is not an age such as 5d, 12h or 30m")
    return seconds


def _rate(text: str) -> Rate:
    from jsnpy.outbox.rate import Rate

    try:
        return Rate(text)
    except ValueError as error:
        raise ValueError(f"{quoted(text)} is not a rate: {error}") from None


def _folder(text: str) -> str:
    if not text:  # an unset variable of a shell; the current folder is not what anybody wants
        raise ValueError("the name of the folder is empty")
    if not text.startswith("~"):
        return text
    from jsnpy.home import expanded

    try:
        return expanded(text)
    except ValueError as why:
        raise ValueError(f"{quoted(text)}: {why}; a folder of that name is ./~…") from None


def _format(text: str) -> bool:
    if text not in _FORMATS:
        raise ValueError(f"{quoted(text)} is neither text nor json")
    return text == "json"


_FORMATS = ("text", "json")
_RUN, _TRY, _MAIL, _SAY = "The run", "Trying it out", "Mail", "Messages"

SET = Option(
    name="--set",
    attribute="sets",
    metavar="KEY=VALUE",
    repeatable=True,
    group=_RUN,
    help="Set one value under arg: --set to.email=me@x.test; repeatable.",
)
TIMEOUT = Option(
    name="--timeout",
    attribute="timeout",
    read=_seconds,
    metavar="SECONDS",
    group=_RUN,
    help="End after that much wall time; 0 (the default): never.",
)
MEMORY_LIMIT = Option(
    name="--memory-limit",
    attribute="memory_limit",
    read=_size,
    metavar="SIZE",
    group=_RUN,
    help="Heap limit of the engine: 64MB, 1GB; default 512MB, 0: none.",
)
ENCODING = Option(
    name="--encoding",
    attribute="encoding",
    metavar="NAME",
    group=_RUN,
    help="Encoding of files that are not Unicode, such as cp1252.",
)
DRY_RUN = Option(
    name="--dry-run",
    attribute="dry_run",
    read=None,
    group=_TRY,
    help="Run the script for real, but show each mail instead of sending it.",
)
MAILBOX = Option(
    name="--mailbox",
    attribute="mailbox",
    read=_folder,
    folder=True,
    metavar="DIR",
    group=_TRY,
    help="With --dry-run: keep the mails there too, with a page to look at them.",
)
WATCH = Option(
    name="--watch",
    attribute="watch",
    read=None,
    group=_TRY,
    help="With --dry-run: run again whenever the script, its config or an include changes.",
)
PROBE = Option(
    name="--probe",
    attribute="probe",
    read=None,
    group=_TRY,
    help="Stop each mail before its message: connect, TLS, log in, ask for the recipients, quit. Nothing is sent.",
)
OUTBOX = Option(
    name="--outbox",
    attribute="outbox",
    read=_folder,
    folder=True,
    metavar="DIR",
    group=_MAIL,
    help="Keep mails there that fail for a passing reason, and try them again.",
)
ITS_FOLDER = Option(
    name="--outbox",
    attribute="outbox",
    read=_folder,
    folder=True,
    metavar="DIR",
    group=_MAIL,
    help="The outbox's folder; without it JSNPY_OUTBOX counts.",
)
MAX_AGE = Option(
    name="--max-age",
    attribute="max_age",
    read=_age,
    metavar="AGE",
    group=_MAIL,
    help="Give a kept mail up after 5d (the default), 12h, 30m.",
)
RATE = Option(
    name="--rate",
    attribute="rate",
    read=_rate,
    metavar="RATE",
    group=_MAIL,
    help="Send at most 30/m (or 5/s, 1000/h) for each account; the others wait.",
)
FAIL_ON_SEND_ERROR = Option(
    name="--fail-on-send-error",
    attribute="fail_on_send_error",
    read=None,
    group=_MAIL,
    help="Exit 3 if a mail was not sent, or not to every recipient.",
)
INSECURE = Option(
    name="--insecure", attribute="insecure", read=None, group=_MAIL, help="Do not verify TLS certificates."
)
LOG_FORMAT = Option(
    name="--log-format",
    attribute="log_json",
    read=_format,
    choices=_FORMATS,
    metavar="text|json",
    group=_SAY,
    help="Messages on stderr as lines (the default) or as JSON objects.",
)
VERBOSE_FLAG = Option(
    name="--verbose",
    short="-v",
    attribute="verbose",
    read=None,
    group=_SAY,
    help="Say more: config, script, engine, each mail's dialogue.",
)
QUIET_FLAG = Option(
    name="--quiet",
    short="-q",
    attribute="quiet",
    read=None,
    group=_SAY,
    help="No messages but the error that ended the run.",
)

_RUNNING = (SET, TIMEOUT, MEMORY_LIMIT, ENCODING)
_MESSAGES = (LOG_FORMAT, VERBOSE_FLAG, QUIET_FLAG)
_SENDING = (MAX_AGE, FAIL_ON_SEND_ERROR, INSECURE)

RUN = (*_RUNNING, DRY_RUN, MAILBOX, WATCH, PROBE, OUTBOX, *_SENDING, *_MESSAGES)
CHECK = (*_RUNNING, *_MESSAGES)
SUBMIT = (*_RUNNING, DRY_RUN, *_SENDING, *_MESSAGES)
FLUSH = (ITS_FOLDER, TIMEOUT, ENCODING, MAX_AGE, RATE, INSECURE, *_MESSAGES)
LIST = (ITS_FOLDER, *_MESSAGES)
LOGIN = (SET, TIMEOUT, ENCODING, INSECURE, LOG_FORMAT, VERBOSE_FLAG)


def read(target: str, typed: Mapping[str, Any], variables: Mapping[str, str], known: Iterable[Option]) -> Call:
    """Return what a command line and an environment ask for.

    Args:
        target: the file to run, or "".
        typed: the options that were typed, by attribute: their texts, True for a flag.
        variables: the environment; what is typed overrules it, and what does not fit the call is ignored.
        known: the options that the command has.

    Raises:
        UsageError: a value is not valid, or options contradict each other.
    """
    values: dict[str, Any] = {}
    for option in known:
        if option.attribute in typed:
            values[option.attribute] = _value(option, typed[option.attribute], option.name, "")
        elif text := variables.get(option.variable):
            given: Any = text.split("\n") if option.repeatable else text  # a value may have blanks in it
            values[option.attribute] = _value(option, given, option.name, option.variable)
    for one, other in (("verbose", "quiet"), ("dry_run", "probe")):
        _settle(values, typed, one, other)
    if not values.get("dry_run") and values.pop("mailbox", None) and "mailbox" in typed:
        raise UsageError("--mailbox is for the mails of a --dry-run: add it")
    if not values.get("dry_run") and values.pop("watch", None) and "watch" in typed:
        raise UsageError("--watch is for a --dry-run: add it")
    options = Options()
    quiet, verbose = values.pop("quiet", False), values.pop("verbose", False)
    options.level = QUIET if quiet else VERBOSE if verbose else NORMAL
    call = Call(target=target, options=options, sets=values.pop("sets", ()), encoding=values.pop("encoding", None))
    for attribute, value in values.items():
        setattr(options, attribute, value)
    return call


def _value(option: Option, given: Any, name: str, variable: str) -> Any:
    """Return an option's value; `given` is a text, several, or True."""
    try:
        if option.repeatable:
            return tuple(map(option.read or str, given))
        if option.read is not None:
            return option.read(given)
        return given if given is True else _switch(given)
    except ValueError as error:
        told = f"{name}: {error}"
        raise UsageError(f"{told} (from the environment variable {variable})" if variable else told) from None


def _switch(text: str) -> bool:
    switch = _SWITCH.get(text.strip().lower())
    if switch is None:
        raise ValueError(f"{quoted(text)} is neither 1 nor 0")
    return switch


def _settle(values: dict[str, Any], typed: Container[str], one: str, other: str) -> None:
    """Let what is typed overrule what the environment sets for every run; both from one place is an error."""
    if not (values.get(one) and values.get(other)):
        return
    if (one in typed) == (other in typed):
        first, second = (f"--{name.replace('_', '-')}" for name in (one, other))
        raise UsageError(f"{first} and {second} contradict each other: leave one out")
    values[other if one in typed else one] = False
