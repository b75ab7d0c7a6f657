"""The house stands as ARCHITECTURE.md draws it: no circles among the modules, and each room knows what it may."""

import ast
import functools
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "jsnpy").rglob("*.py"))
}


def imported(module: str) -> set[str]:
    """Return what a module imports anywhere in its text, for type checkers and in functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = {f"{node.module}.{name.name}" for name in node.names}
            found |= {part if part in FILES else str(node.module) for part in parts}
    return found - {"jsnpy"}  # its version, which everybody may tell


@functools.cache
def graph() -> dict[str, set[str]]:
    """Return what each module imports."""
    return {module: imported(module) for module in FILES}


def within(module: str, *rooms: str) -> bool:
    """Whether a module is one of these, or in one."""
    return f"{module}.".startswith(tuple(f"{room}." for room in rooms))


def test_there_are_no_circles() -> None:
    """No module imports one that imports it, directly or through others."""
    try:
        TopologicalSorter({module: found & set(FILES) for module, found in graph().items()}).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


@pytest.mark.parametrize(
    ("known", "by"),
    [
        ("click", ["command"]),
        ("_quickjs", ["engine"]),
        ("celery", ["celery", "fleet"]),
        ("jsnpy.command", ["command", "__main__"]),
        ("jsnpy.fleet", ["fleet", "celery", "command"]),
        ("jsnpy.bindings", ["bindings", "runner"]),
        ("jsnpy.runner", ["runner", "api", "command"]),
        ("jsnpy.oauth", ["oauth", "tokens", "config", "command", "fleet"]),
        ("jsnpy.dryrun", ["dryrun", "mailer", "command"]),
    ],
)
def test_only_some_rooms_know(known: str, by: list[str]) -> None:
    """What few may know, the others do not import."""
    rooms = [f"jsnpy.{room}" for room in by]
    assert [] == [
        f"{module} -> {one}"
        for module, found in graph().items()
        for one in found
        if within(one, known) and not within(module, *rooms)
    ]


@pytest.mark.parametrize(
    ("room", "unknown"),
    [
        ("smtp", ["engine", "bindings", "runner", "mailer", "outbox", "oauth", "web", "config", "fleet"]),
        ("oauth", ["smtp", "engine", "bindings", "runner", "mailer", "outbox", "fleet"]),
        ("web", ["smtp", "engine", "bindings", "runner", "oauth"]),
        ("config", ["smtp", "engine", "bindings", "runner", "outbox", "fleet"]),
        ("engine", ["smtp", "bindings", "runner", "config", "mailer", "outbox"]),
        ("outbox", ["engine", "bindings", "runner", "fleet"]),
    ],
)
def test_some_rooms_do_not_know_others(room: str, unknown: list[str]) -> None:
    """What a room must not know, none of its modules imports."""
    rooms = [f"jsnpy.{each}" for each in unknown]
    assert [] == [
        f"{module} -> {one}"
        for module, found in graph().items()
        for one in found
        if within(module, f"jsnpy.{room}") and within(one, *rooms)
    ]
