"""Runs scripts in the engine with nothing but the console, and tells what they printed."""

from typing import TYPE_CHECKING, TypeVar

import _quickjs
import pytest

from jsnpy.engine import Engine
from jsnpy.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Output:
    """What a script printed, and the error it ended with ("" for none)."""

    def __init__(self) -> None:
        self.stdout = ""
        self.stderr = ""
        self.error = ""


def run_script(
    source: str,
    *,
    before: str = "",
    loads: "list[str] | None" = None,
    bindings: tuple[str, ...] = ("console/console",),
) -> Output:
    """Run a script and return what it printed.

    Args:
        source: the script's text.
        before: JavaScript to be evaluated before the host captures the built-ins.
        loads: takes the names of the host's files that were loaded for the script.
        bindings: what the script's world has.
    """
    return _in_thread(lambda stack: _run(source, stack, before, loads, bindings))


def run_scripts(sources: "list[str]") -> "list[Output]":
    """Run scripts, each in an engine of its own, and return what each printed."""
    return _in_thread(lambda stack: [_run(source, stack) for source in sources])


def _in_thread(work: "Callable[[int], T]") -> "T":
    """Return what `work(bytes of stack for JavaScript)` returns, done in a thread as scripts have it."""
    results: list[T] = []
    worker = Worker(lambda script_stack: results.append(work(script_stack)))
    worker.wait()
    worker.check()
    return results[0]


class _Engine(Engine):
    """An engine that can be told what happened before it, and tells what it loads."""

    def __init__(
        self,
        write: "Callable[[int, str], bool]",
        stack: int,
        before: str,
        loads: "list[str] | None",
        bindings: tuple[str, ...],
    ) -> None:
        create = _quickjs.Context

        def prepared() -> object:
            context = create()
            context.eval(before)
            return context

        with pytest.MonkeyPatch.context() as patch:
            if before:
                patch.setattr(_quickjs, "Context", prepared)
            super().__init__(bindings, {}, write, stack_size=stack)
        load = self._natives["load"]

        def noted(name: str) -> str:
            if loads is not None:
                loads.append(name)
            return str(load(name))

        self._natives["load"] = noted


def _run(
    source: str,
    stack: int,
    before: str = "",
    loads: "list[str] | None" = None,
    bindings: tuple[str, ...] = ("console/console",),
) -> Output:
    printed: dict[int, list[str]] = {1: [], 2: []}

    def write(stream: int, text: str) -> bool:
        printed[stream].append(text)
        return True

    ending = _Engine(write, stack, before, loads, bindings).run(source, "script.js", "{}", lambda: None)
    output = Output()
    output.stdout = "".join(printed[1])
    output.stderr = "".join(printed[2])
    output.error = "" if ending.kind == "done" else f"{ending.kind} {ending.text}".strip()
    return output
