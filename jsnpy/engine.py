"""The JavaScript engine: one QuickJS context, a bridge that only strings cross, limits, jobs and timers.

Why it is built this way: the engine's Python binding truncates strings at NUL, wraps integers past 2^31, loses
exceptions and crashes the process when a native raises, when a native re-enters the context, or when Python
touches an object whose getter calls back. So nothing but strings crosses, natives never raise, no JavaScript
object but the driver is ever held in Python, and all of it runs in one thread with a stack of its own.
"""

from os import path

import _quickjs

from jsnpy import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Native = Callable[[Any], Any]

MEMORY_LIMIT = 512 * 1024 * 1024
HOST_LINES = 100_000
"""Host code starts at this line: so a frame of the author's is told from one of ours by its line number."""

_PACKAGE = path.dirname(__file__)
_FOR_THE_REPORT = ("frames", "load")


class Ending:
    """How a script ended.

    Attributes:
        kind: "done", "exit", "threw", "rejected", "unsettled", "memory" or "stopped".
        code: the number given to exit().
        text: the error as console.log would show it.
        stack: the engine's own stack text of the error, or "".
        is_error: whether what was thrown is an Error.
    """

    __slots__ = ("code", "is_error", "kind", "stack", "text")

    def __init__(self, kind: str, *, code: int = 0, text: str = "", stack: str = "", is_error: bool = True) -> None:
        self.kind = kind
        self.code = code
        self.text = text
        self.stack = stack
        self.is_error = is_error


class Engine:
    """One script's world; to be made, used and dropped in one thread.

    Args:
        bindings: the names of the bindings, each a file `bindings/NAME.js`.
        natives: what JavaScript may call, by name.
        write: takes script output, (1 stdout or 2 stderr, text); false ends the script: nobody can read it.
        stack_size: bytes of stack JavaScript may use.
        memory_limit: bytes of heap JavaScript may use, 0 for no limit.
    """

    def __init__(
        self,
        bindings: "Sequence[str]",
        natives: "Mapping[str, Native]",
        write: "Callable[[int, str], bool]",
        *,
        stack_size: int,
        memory_limit: int = MEMORY_LIMIT,
    ) -> None:
        self._natives: dict[str, Native] = {
            **natives,
            "exit": self._exit,
            "load": _read_host_code,
            "stop": self._stop,
            "write": lambda pair: self._write(pair[0], pair[1]),
        }
        self._output = write
        self._over = False
        self._exit_code: int | None = None
        self._memory_limit = memory_limit
        context = _quickjs.Context()
        context.set_max_stack_size(stack_size)
        context.add_callable("__jsnpy_native", self._native)
        context.add_callable("__jsnpy_write", self._write)
        sources = ",".join(_read(name) for name in bindings)
        prelude = _read_text("prelude.js")
        primordials = _read_text("primordials.js")
        self._context = context
        self._driver = context.eval("\n" * HOST_LINES + f"{prelude}\n(({primordials})(),[{sources}])")

    def run(self, source: str, arg_json: str, wait: "Callable[[], int | None]") -> Ending:
        """Run a script until it, its promises and its timers are done.

        Args:
            source: the script's text.
            arg_json: JSON text of the script's global `arg`.
            wait: sleeps until a timer is due and returns its number, or None when none is left.
        """
        self._drive("arg", arg_json)
        if self._memory_limit:
            self._context.set_memory_limit(self._memory_limit)
        try:
            state = self._step("run", json_text.dumps(source))
            while state in ("ok", "waiting"):
                timer = wait()
                if timer is None or self._over:
                    break
                state = self._step("timer", str(timer))
        except _quickjs.JSException as error:
            # The driver itself could not run: no memory, or no stack, left for it.
            state = "broken"
            broken = str(error)
        if self._exit_code is not None:
            return Ending("exit", code=self._exit_code)
        if state == "ok":
            return Ending("done")
        if state == "waiting":
            return Ending("unsettled")
        if state == "failed":
            return self._report()
        return Ending("memory", text=broken)

    def check(self, source: str) -> Ending:
        """Compile a script without letting it do anything.

        The engine has no way to compile alone. So the script is entered with all natives dead, which leaves it
        nothing to act on, and is interrupted at the engine's next look.
        """
        self._stop()
        self._context.set_memory_limit(self._memory_limit or -1)
        self._context.set_time_limit(0)
        try:
            state = self._drive("run", json_text.dumps(source))
        except _quickjs.JSException:
            state = "interrupted"
        self._context.set_time_limit(-1)
        report = self._report() if state == "failed" else Ending("done")
        return report if report.is_error and report.text.startswith("SyntaxError") else Ending("done")

    def _step(self, task: str, text: str) -> str:
        """Enter JavaScript once and run all promise jobs that follow from it; return how the script stands."""
        self._drive(task, text)
        while not self._over and self._context.execute_pending_job():
            pass
        return self._drive("state", "")

    def _drive(self, task: str, text: str) -> str:
        answer = self._driver(task, text)
        # The binding turns a string it has no memory for into None.
        return answer if isinstance(answer, str) else "broken"

    def _report(self) -> Ending:
        # The report needs memory that the script may have used up.
        self._context.set_memory_limit(-1)
        try:
            report: Any = json_text.loads(self._drive("report", ""))
        except (_quickjs.JSException, ValueError) as error:
            return Ending("memory", text=str(error))
        return Ending(report["kind"], text=report["text"], stack=report["stack"], is_error=report["isError"])

    # What JavaScript calls. None of these may raise: an exception here would be lost, or crash the engine.

    def _native(self, op: str, text: str) -> str:
        if self._over and op not in _FOR_THE_REPORT:
            return "[0,null]"
        try:
            return "[0," + json_text.dumps(self._natives[op](json_text.loads(text))) + "]"
        except BaseException as error:  # noqa: BLE001 - see above
            return json_text.dumps([1, f"{type(error).__name__}: {error}"])

    def _write(self, stream: int, text: str) -> None:
        if not self._over and not self._output(stream, text):
            self._exit(0)

    def _stop(self, _: object = None) -> None:
        """From now on natives do nothing, and no job or timer is begun."""
        self._over = True

    def _exit(self, code: object) -> None:
        """End the script where it stands: no catch, no finally.

        The engine's own time limit cannot be caught, but its binding refuses natives while one is set. So a limit
        of no time at all is set for an evaluation during which a finalizer lifts the ban again; the limit itself
        stays armed.
        """
        self._exit_code = int(code) % 256 if isinstance(code, int | float) else 1
        self._stop()
        self._context.add_callable("__jsnpy_disarm", _Disarm(self._context))
        self._context.set_time_limit(0)
        try:
            self._context.eval("delete globalThis.__jsnpy_disarm; 0")
        except _quickjs.JSException:
            return  # interrupted already: that is what was wanted


def version() -> str:
    """Return the engine's name and version, as its distribution gives them."""
    from importlib import metadata

    for name in ("quickjs-ng", "quickjs"):
        try:
            return f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    return "an unknown QuickJS"


class _Disarm:
    """A callable whose end lifts the ban on natives that a time limit brings."""

    def __init__(self, context: "Any") -> None:
        self._context = context

    def __call__(self) -> None:
        """Do nothing: only its finalizer counts."""

    def __del__(self) -> None:
        self._context.set_time_limit(-1)


def _read_text(name: str) -> str:
    with open(path.join(_PACKAGE, name), encoding="utf-8") as file:
        return file.read()


def _read(name: str) -> str:
    return _read_text(path.join("bindings", name + ".js"))


def _read_host_code(name: str) -> str:
    return "\n" * HOST_LINES + _read(name)
