"""Recognises what stands in place of a config and is another format altogether."""

from __future__ import annotations

import re

from jsnpy.config.json_places import line_and_column
from jsnpy.errors import ConfigError

_MERGE = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?:[ \t].*)?$", re.MULTILINE)
_JAVASCRIPT = re.compile(
    r"(?:module\.)?exports\b|(?:export|import|const|let|var|function|async)\s|[\"']use strict[\"']|[\w$.]+\("
)
_FORMATS = (
    (re.compile(r"<"), "XML or HTML"),
    (re.compile(r"---\s*$|%YAML|- |[\w$.-]+:(?:\s|$)", re.MULTILINE), "YAML"),
    (re.compile(r"\[[^\]\"'{}]*\][ \t]*$[\s;#]*\w[\w.-]*[ \t]*=|[;#].*$\s*\[|[\w.-]+[ \t]*=", re.MULTILINE), "INI"),
)
IF_A_SCRIPT = "If it is a script, its name must end in .js, or it must begin with #!."
_SHAPE = 'It looks like {"scriptfile": "FILE.js", "arg": { … }}'


def recognised(text: str, name: str) -> ConfigError | None:
    """Return the error for text in another known format, or None."""
    merge = _MERGE.search(text)
    if merge:
        line = line_and_column(text, merge.start())[0]
        return ConfigError(f"{name}:{line}:1: a merge has left its marks here", "Keep one of the two versions.")
    start = len(text) - len(text.lstrip())
    line = line_and_column(text, start)[0]
    if _JAVASCRIPT.match(text, start):
        hint = f"{IF_A_SCRIPT} {_SHAPE}"
        return ConfigError(f"{name}:{line}:1: this is JavaScript, and a config is JSON", hint)
    content = text.strip()
    if content.lower().endswith(".js") and not any(char in content for char in '\n"=:{'):
        return ConfigError(f"{name}:{line}:1: this is only the name of a script", _SHAPE)
    for pattern, format_ in _FORMATS:
        if pattern.match(text, start):
            return ConfigError(f"{name}:{line}:1: this is {format_}, and a config is JSON", _SHAPE)
    return None
