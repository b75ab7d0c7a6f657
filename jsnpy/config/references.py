"""Replaces `${ENV:NAME}` and `${FILE:path}` in a config's strings, and remembers which values are secret."""

import os

from jsnpy.config import text_files
from jsnpy.errors import ConfigError
from jsnpy.secret_names import looks_secret
from jsnpy.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_STARTS = ("${ENV:", "${FILE:")


def substitute(
    text: str,
    base_dir: str,
    encoding: str | None = None,
    secrets: dict[str, str] | None = None,
    missing: "Callable[[ConfigError], None] | None" = None,
    key: object = "",
) -> str:
    """Return a string with its references replaced; what they bring in is left as it is.

    Args:
        text: any string.
        base_dir: folder that relative FILE paths start from.
        encoding: for files that are not Unicode.
        secrets: gets each value with its reference, a file's path made absolute so that it holds anywhere.
        missing: gets the error of a reference that leads nowhere, which then stays as it is.
        key: what the string stands below; where that looks secret, all of the string is one.

    Raises:
        ConfigError: the variable or the file is missing or no text.
    """
    done: list[str] = []
    written: list[str] = []
    at = 0
    while (start := text.find("${", at)) >= 0:
        end = text.find("}", start) if text.startswith(_STARTS, start) else -1
        if end < 0:
            done.append(text[at : start + 2])
            written.append(text[at : start + 2])
            at = start + 2
            continue
        reference = text[start : end + 1]
        kind, _, name = reference[2:-1].partition(":")
        if not name:
            raise ConfigError(f"{reference} names no {'variable' if kind == 'ENV' else 'file'}")
        value = reference
        try:
            if kind == "ENV":
                value = _variable(name)
            else:
                value, reference = _file(name, reference, base_dir, encoding)
        except ConfigError as error:
            if missing is None:
                raise
            missing(error)
        else:
            if secrets is not None and value:
                secrets.setdefault(value, reference)
        done += (text[at:start], value)
        written += (text[at:start], reference)
        at = end + 1
    whole = "".join((*done, text[at:]))
    if secrets is not None and whole and written != done and isinstance(key, str) and looks_secret(key):
        secrets.setdefault(whole, "".join((*written, text[at:])))
    return whole


def substitute_all(
    config: dict[str, object],
    change: "Callable[[str, tuple[object, ...]], str]",
) -> None:
    """Change each string value with a `${` in it, in place; `change` gets it and its key path, linked from its end."""
    # A stack of its own, as a config may be nested more deeply than Python calls may.
    todo: list[tuple[dict[str, object] | list[object], tuple[object, ...]]] = [(config, ())]
    while todo:
        holder, path = todo.pop()
        members = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, value in list(members):
            if isinstance(value, (dict, list)):
                todo.append((value, (path, key)))
            elif isinstance(value, str) and "${" in value:
                holder[key] = change(value, (path, key))  # type: ignore[index, call-overload]  # the key is of this holder's kind


def unlinked(linked: tuple[object, ...]) -> list[str | int]:
    """Return a linked key path as a list from its beginning."""
    keys: list[str | int] = []
    rest: Any = linked
    while rest:
        rest, key = rest
        keys.insert(0, key)
    return keys


def _variable(name: str) -> str:
    try:
        value = os.environ.get(name)
        if value is not None:
            value.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"the environment variable {quoted(name)} is not valid UTF-8") from None
    if value is None:
        raise ConfigError(
            f"the environment variable {quoted(name)} is not set", "Set it for the account that runs jsnpy."
        )
    return value


def _file(name: str, reference: str, base_dir: str, encoding: str | None) -> tuple[str, str]:
    path = os.path.join(base_dir, name)
    if not os.path.isfile(path):
        from jsnpy.config import file_search

        path, _ = file_search.find(name, [base_dir], lambda: "the file")
    shown = f"the file {quoted(name)}"
    if not os.path.isfile(path):
        # A mail that is tried again later reads it again.
        raise ConfigError(f"{shown} is a pipe, which can be read only once", "Give the secret in a file or a variable.")
    value = text_files.decode(text_files.read(path, shown), shown, encoding, secret=True)
    for line_end in ("\r\n", "\n", "\r"):
        if value.endswith(line_end):
            value = value.removesuffix(line_end)
            break
    return value, reference if "}" in path else f"${{FILE:{os.path.normpath(path)}}}"
