"""The drawing of the errors in `jsnpy.errors` is complete."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jsnpy
from jsnpy import errors

PACKAGE = Path(jsnpy.__file__).parent
BUILT_IN = {"Exception", "ValueError", "OSError", "RuntimeError", "KeyError", "TypeError", "ConnectionError"}


def drawn() -> dict[str, str]:
    """Return the errors of the drawing, each with the one it hangs from, "" for none."""
    found: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│├└─ ]*)([A-Z]\w+)(?:$|  )", line)
        if match:
            depth = len(match[1]) // 4
            above[depth] = match[2]
            found[match[2]] = above[depth - 1] if depth else ""
    return found


def defined() -> dict[str, str]:
    """Return the package's own errors, each with the one of them it inherits from, "" for none."""
    bases: dict[str, str] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                for base in node.bases:
                    bases[node.name] = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")

    def is_error(name: str) -> bool:
        return name in BUILT_IN or (name in bases and is_error(bases[name]))

    return {name: "" if base in BUILT_IN else base for name, base in bases.items() if is_error(name)}


def test_every_error_is_drawn_under_the_one_it_inherits_from() -> None:
    """Who looks for what can be caught finds all of it in one place."""
    assert drawn() == defined()
