"""What `jsnpy init`, `types`, `schema` hand out: a starter to edit, declarations for scripts, a schema for configs."""

import json
import os
from contextlib import suppress

from jsnpy.errors import UsageError
from jsnpy.starter import fields
from jsnpy.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from jsnpy.starter.fields import Field

_FOLDER = os.path.dirname(__file__)
_WRITTEN = ("alert.js", "alert.json", "jsconfig.json")
_GROUPS = {"ADDRESS": fields.ADDRESS, "ATTACHMENT": fields.ATTACHMENT, "TLS": fields.TLS, "MAIL": fields.MAIL}

_REFERENCE = r"\$\{(ENV|FILE):[^}]+\}"


def types() -> str:
    """Return the TypeScript declarations of all a script finds."""
    lines = []
    for line in _text("globals.d.ts").splitlines():
        indent, marker, group = line.partition("//")
        if marker and group in _GROUPS:
            lines += [indent + declared for field in _GROUPS[group] for declared in _declaration(field)]
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _declaration(field: "Field") -> list[str]:
    return [f"/** {field.help} */", f"{field.name}{'' if field.required else '?'}: {field.type};"]


def schema() -> str:
    """Return the JSON Schema of a config, in draft 7, which editors know best.

    It says what send_email's fields mean under `arg`, but takes any value there: what a script makes of its `arg` is
    the script's affair.
    """
    return (
        json.dumps(
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "title": "Config of a script run by jsnpy",
                "type": "object",
                "required": [field.name for field in fields.CONFIG if field.required],
                "properties": {field.name: _property(field, typed=True) for field in fields.CONFIG},
                "additionalProperties": False,
            },
            indent=2,
        )
        + "\n"
    )


def _property(field: "Field", *, typed: bool) -> dict[str, object]:
    described: dict[str, object] = {"description": field.help}
    if typed:
        described |= _typed(field.type)
    if field.examples:
        described["examples"] = list(field.examples)
    if field.fields == fields.OAUTH2:
        described["properties"] = {each.name: _property(each, typed=True) for each in field.fields}
        described["additionalProperties"] = False
    elif field.fields:
        # No types in here, and no names forbidden: these keywords leave any value valid.
        described["properties"] = _properties(field.fields)
        if field.type.endswith("[]"):
            described["items"] = {"properties": _properties(field.fields)}
    return described


def _typed(declared: str) -> dict[str, object]:
    """Return what a schema says of a TypeScript type."""
    if declared.startswith('"'):
        # Of a reference nobody knows yet what it will be.
        choices = [each.strip(' "') for each in declared.split("|")]
        return {"type": "string", "if": {"pattern": _REFERENCE}, "else": {"enum": choices}}
    if declared.startswith("Record"):
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if declared == "string[]":
        return {"type": "array", "items": {"type": "string"}}
    return {} if declared == "any" else {"type": declared}


def _properties(group: "Sequence[Field]") -> dict[str, object]:
    return {field.name: _property(field, typed=False) for field in group}


def init(folder: str) -> list[str]:
    """Write a starter into a folder, which is made if need be; nothing is ever overwritten.

    Args:
        folder: where to.

    Returns:
        The paths of the files written, the config first.

    Raises:
        UsageError: one of the files exists already, in which case nothing is written, or the folder cannot be written.
    """
    if not folder:
        raise UsageError("jsnpy init needs the name of a folder", "As in: jsnpy init starter")
    contents = {name: _text(name) for name in _WRITTEN}
    contents["jsnpy.d.ts"] = types()
    contents["jsnpy.schema.json"] = schema()
    paths = {name: os.path.join(folder, name) for name in sorted(contents, key=lambda name: name != "alert.json")}
    for path in paths.values():
        if os.path.lexists(path):
            what = f"{printable(path)} exists already: nothing was written"
            raise UsageError(what, "Name another folder, or move it away.")
    written: list[str] = []
    try:
        os.makedirs(folder, exist_ok=True)
        for name, path in paths.items():
            # "x": a file that appeared since is not overwritten either.
            with open(path, "x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(contents[name])
    except OSError as error:
        for path in written:  # half a starter would be in the way of the next attempt
            with suppress(OSError):  # what is said is why it cannot be written
                os.remove(path)
        where = printable(str(error.filename or folder))
        raise UsageError(f"the starter cannot be written: {where}: {error.strerror}") from None
    return list(paths.values())


def _text(name: str) -> str:
    with open(os.path.join(_FOLDER, name), encoding="utf-8") as file:
        return file.read()
