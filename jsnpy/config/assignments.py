"""Carries out `--set KEY=VALUE`: sets one value below a config's `arg`."""

from __future__ import annotations

from jsnpy import json_text
from jsnpy.errors import UsageError
from jsnpy.text import did_you_mean, kind, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_FORM = "It is written --set KEY=VALUE, as in --set to.email=me@x.test"
_JSON_STARTS = tuple('{["-0123456789tfn')
_OTHER_DOTS = str.maketrans(dict.fromkeys("[]/\\: '\"$", "."))
_LONGEST_INDEX = 9  # digits; no array is longer


def assign(config: dict[str, object], assignment: str, config_keys: Sequence[str] = ()) -> str:
    """Set one value in place; objects missing on the way are made.

    Args:
        config: holds `arg`.
        assignment: KEY=VALUE; KEY is a dotted path of object keys and array indices, VALUE is JSON if it
            parses, else a string.
        config_keys: the keys next to `arg`, which cannot be set.

    Returns:
        A warning, or "".

    Raises:
        UsageError: there is no `=`, a key is empty, it is not UTF-8, or its path leads through a text or a number.
    """
    path, equals, text = assignment.partition("=")
    if not equals:
        for end in ": ,;'\"":  # what follows may well be a password
            path = path.partition(end)[0]
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
        # What cannot be JSON is not tried: the parser's error is expensive (it imports json).
        if text.lstrip()[:1] in _JSON_STARTS:
            value = json_text.loads(text)
            json_text.dumps(value)  # 1e999 parses, but is not a number a script could get
    except (ValueError, RecursionError):
        value = text
    warning = _warning(config["arg"], path, steps, config_keys)
    holder: Any = config
    key: str | int = "arg"
    for depth, step in enumerate(steps):
        below = holder[key]
        if isinstance(below, dict):
            below.setdefault(step, {})
            key = step
        elif isinstance(below, list):
            index = _index(step, below)
            if index is None:
                told = f"the array has {len(below)} items, but no item {quoted(step)}"
                raise UsageError(f"--set {quoted(path)}: {told}")
            key = index
        else:
            walked = quoted(".".join(["arg", *steps[:depth]]))
            raise UsageError(f"--set {quoted(path)}: {walked} is {kind(below)}, which has no members")
        holder = below
    holder[key] = value
    return warning


def _warning(arg: object, path: str, steps: list[str], config_keys: Sequence[str]) -> str:
    """Return what to say of a key that `arg` does not have, where another key was probably meant."""
    if _walked(arg, steps) == len(steps) or not isinstance(arg, dict):
        return ""
    told = f"--set {quoted(path)} is a new key"
    if steps[0] in config_keys:
        told = f"--set {quoted(path)}: keys start below arg, so this sets {quoted('arg.' + path)}"
    # to/email, to[email], to->email, "to email", arg.to.email, args.to.email, $.to.email, to_email
    spelled = [step for step in path.replace("->", ".").translate(_OTHER_DOTS).split(".") if step]
    below_arg = spelled[1:] if spelled and did_you_mean(spelled[0], ("arg",)) else []
    for guess in (spelled, below_arg, path.replace("_", ".").replace("-", ".").split(".")):
        near = _nearest(arg, guess)
        if near and near != steps:
            return f"{told}; did you mean {quoted('.'.join(near))}?"
    return told if steps[0] in config_keys else ""


def _walked(value: object, steps: list[str]) -> int:
    """Return how many of the steps lead to something that is there."""
    for depth, step in enumerate(steps):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and (index := _index(step, value)) is not None:
            value = value[index]
        else:
            return depth
    return len(steps)


def _nearest(value: object, steps: list[str]) -> list[str]:
    """Return the path that is there and nearly so spelled, or []."""
    near: list[str] = []
    for step in steps:
        if isinstance(value, dict) and (found := step if step in value else did_you_mean(step, value)) is not None:
            near.append(found)
            value = value[found]
        elif isinstance(value, list) and (index := _index(step, value)) is not None:
            near.append(step)
            value = value[index]
        else:
            return []
    return near


def _index(step: str, array: list[object]) -> int | None:
    if step.isascii() and step.isdecimal() and len(step) <= _LONGEST_INDEX and int(step) < len(array):
        return int(step)
    return None
