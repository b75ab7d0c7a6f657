"""Carries out `--set KEY=VALUE`: sets one value below a config's `arg`."""

from jsnpy import json_text
from jsnpy.config.text_files import kind_of, quoted
from jsnpy.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FORM = "It is written --set KEY=VALUE, as in --set to.email=me@x.test"
_JSON_STARTS = tuple('{["-0123456789tfn')
_LONGEST_INDEX = 9  # digits; no array is longer


def assign(config: dict[str, object], assignment: str) -> str:
    """Set one value in place; objects missing on the way are made.

    Args:
        config: holds `arg`.
        assignment: KEY=VALUE; KEY is a dotted path of object keys and array indices, VALUE is JSON if it
            parses, else a string.

    Returns:
        A warning, or "".

    Raises:
        UsageError: there is no `=`, a key is empty, it is no UTF-8, or the path leads through no object.
    """
    path, equals, text = assignment.partition("=")
    if not equals:
        raise UsageError(f"--set {quoted(path)} has no =", _FORM)
    steps = path.split(".")
    if "" in steps:
        raise UsageError(f"--set {quoted(path)} has an empty key", _FORM)
    try:
        assignment.encode()
    except UnicodeEncodeError:  # else a script would get, and send, something else
        raise UsageError(f"--set {quoted(path)} is not valid UTF-8") from None
    value: object = text
    try:
        # What cannot be JSON is not tried: the parser's error is dear (it imports json).
        if text.lstrip()[:1] in _JSON_STARTS:
            value = json_text.loads(text)
            json_text.dumps(value)  # 1e999 parses, but is no number a script could get
    except (ValueError, RecursionError):
        value = text
    warning = ""
    if steps[0] == "arg" and isinstance(config["arg"], dict) and "arg" not in config["arg"]:
        warning = f"--set {quoted(path)}: keys start below arg, so this sets {quoted('arg.' + path)}"
    holder: Any = config
    key: str | int = "arg"
    for depth, step in enumerate(steps):
        below = holder[key]
        if isinstance(below, dict):
            below.setdefault(step, {})
            key = step
        elif isinstance(below, list):
            key = _index(step, below, path)
        else:
            walked = quoted(".".join(["arg", *steps[:depth]]))
            raise UsageError(f"--set {quoted(path)}: {walked} is {kind_of(below)}, which has no members")
        holder = below
    holder[key] = value
    return warning


def _index(step: str, array: list[object], path: str) -> int:
    if step.isascii() and step.isdecimal() and len(step) <= _LONGEST_INDEX and int(step) < len(array):
        return int(step)
    raise UsageError(f"--set {quoted(path)}: the array has {len(array)} items, and none is {quoted(step)}")
