"""The JavaScript engine: one QuickJS context, a bridge that only strings cross, limits, jobs and timers.

Why it is built this way: the engine's Python binding truncates strings at NUL, wraps integers past 2^31, loses
exceptions and crashes the process when a native raises, when a native re-enters the context, or when Python
touches an object whose getter calls back. So nothing but strings crosses, natives never raise, no JavaScript
object but the driver is ever held in Python, and all of it runs in one thread with a stack of its own.
"""

from __future__ import annotations

import time
from os import path

import _quickjs

from jsnpy import json_text
from jsnpy.errors import JsnpyError
from jsnpy.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from jsnpy.engine.foreign import Warning  # noqa: A004 - its own
    from jsnpy.engine.rejections import Rejections

    Native = Callable[[Any], Any]

MEMORY_LIMIT = 512 * 1024 * 1024
_HOST_LINES = 10_000
"""Host code starts at this line, and as many further as the scripts have characters: so a frame of the author's is told
from one of ours by its line number. The engine reads each line above (10,000 take it 15 us)."""

_PACKAGE = path.dirname(path.dirname(__file__))
_PROMISING = ("async", "promise", ".then", "import(")
"""Without one of these words, in any case, a script makes no promise."""

UNSEEN = (
    "this script uses promises, and on this platform the engine does not tell when one fails that nobody handles:"
    " the run then ends as if all were well; let the script end with a promise that waits for all others"
)
_COMPILED = "TypeError"
_TAILS = ("\n;function undefined(){}", "\nclass __jsnpy_end{}\nfunction undefined(){}")
"""What makes a script fail after it was compiled and before its first statement: no script may define `undefined`.
Two of them, as the first would complete a script that ends in `if (x)` and the second one that ends in `a +`."""


class Ending(Record):
    """How a script ended.

    Attributes:
        kind: "done", "exit", "late" (past the deadline), "threw", "rejected", "unsettled" or "memory".
        code: the number given to exit().
        text: the error as console.log would show it.
        is_error: whether what was thrown is an Error.
        name: the script it arose in, which may be an included one.
        source: that script's text.
        line: where in that script, 0 where the engine gives no line.
        column: likewise.
        within: the language's own function, called there, that it arose in, or "".
        stack: the frames in the author's scripts, one a line.
    """

    kind: str
    code: int = 0
    text: str = ""
    is_error: bool = True
    name: str = ""
    source: str = ""
    line: int = 0
    column: int = 0
    within: str = ""
    stack: str = ""

    def place(self) -> dict[str, object]:
        """Return what a JSON message says of where it arose: file, line and column, those that are known."""
        known = {"file": self.name, "line": self.line, "column": self.column}
        return {name: value for name, value in known.items() if value}


class Engine:
    """One script's world, for one script; to be made, used and closed in one thread.

    Args:
        bindings: the names of the bindings, each a file `bindings/NAME.js`.
        natives: what JavaScript may call, by name. A JsnpyError raised by one is an Error to the script; any other
            exception is a fault of ours: it ends the script, and `run` raises it.
        write: takes script output, (1 stdout or 2 stderr, text); false ends the script: nobody can read it.
        stack_size: bytes of stack JavaScript may use.
        script_size: characters of all scripts that will be run.
        memory_limit: bytes of heap JavaScript may use, 0 for no limit.
        deadline: in `time.monotonic()` seconds, or None: a native that comes back later than that ends the script.
        warn: takes, once, what an operator should know of a run whose failures may go unseen.

    Attributes:
        exit_code: what the script gave to exit(), None as long as it has not.
    """

    def __init__(
        self,
        bindings: Sequence[str],
        natives: Mapping[str, Native],
        write: Callable[[int, str], bool],
        *,
        stack_size: int,
        script_size: int = 0,
        memory_limit: int = MEMORY_LIMIT,
        deadline: float | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._natives: dict[str, Native] = {
            **natives,
            "exit": self._exit,
            "load": _read,
            "stop": self._stop,
            "write": lambda pair: self._write(pair[0], pair[1]),
        }
        self._output = write
        self._warn = warn
        self._rejections: Rejections | None = None
        self._over = False
        self._ended = False
        self._fault: BaseException | None = None
        self._memory_limit = memory_limit
        self._deadline = deadline
        self.exit_code: int | None = None
        context = _quickjs.Context()
        context.set_max_stack_size(stack_size)
        context.add_callable("__jsnpy_native", self._native)
        context.add_callable("__jsnpy_write", self._write)
        context.add_callable("__jsnpy_disarm", _Disarm(context))
        # Nothing is put in parentheses: the engine would read all that is in them twice, to see if an arrow follows.
        prelude, *others = (_read(f"engine/{name}") for name in ("prelude", "primordials", "encode", "stacks"))
        host_lines = _HOST_LINES + script_size
        passed = (str(host_lines), *others, *(_read(f"bindings/{name}") for name in bindings))
        self._context = context
        self._driver = context.eval("".join(("\n" * host_lines, "0,", prelude, "(", ",".join(passed), ")")))

    def close(self) -> None:
        """Drop the world, in this thread: the garbage collector might do it in another."""
        self._driver = None
        self._natives.clear()
        self._context = None

    def run(
        self,
        source: str,
        name: str,
        arg_json: str,
        wait: Callable[[], int | None],
        *,
        includes: Sequence[tuple[str, str]] = (),
    ) -> Ending:
        """Run a script until it, its promises and its timers are done.

        Args:
            source: the script's text.
            name: the script's name in stack texts.
            arg_json: JSON text of the script's global `arg`.
            wait: sleeps until a timer is due and returns its number, or None when none is left.
            includes: name and text of the scripts to be evaluated before it, in the same world.

        Raises:
            BaseException: what a native raised although it must not.
        """
        self._drive("arg", arg_json)
        scripts = [(each, _countable(text)) for each, text in (*includes, (name, source))]
        unseen = False
        if any(_promises(text) for _, text in scripts):
            self._rejections = self._listen()
            if self._rejections:
                self._drive("listen", "")
            else:
                unseen = True
        try:
            state = self._guarded(scripts, wait)
        finally:
            if self._rejections:
                self._rejections.stop()
        if self._fault is not None:
            raise self._fault
        if self.exit_code is not None:
            return Ending(kind="exit", code=self.exit_code)
        if self._ended:
            return Ending(kind="late")
        if state == "failed":
            return self._report(scripts)
        if unseen and state == "ok" and self._warn:
            self._warn(UNSEEN)
        kinds = {"ok": "done", "waiting": "unsettled"}
        return Ending(kind=kinds.get(state, "memory"), name=name, source=source)

    def _listen(self) -> Rejections | None:
        """Have the engine tell of rejected promises, if it can be asked to."""
        try:
            from jsnpy.engine.rejections import listen
        except ImportError:
            return None
        return listen(self._context, self._driver)

    def warnings(self, source: str) -> list[Warning]:
        """Return what in a script will not work here, or not be seen if it fails; nothing of it is run."""
        from jsnpy.engine import foreign

        found = foreign.foreign_names(source)
        if _promises(source):
            rejections = self._listen()
            if rejections:
                rejections.stop()
            else:
                found.append(foreign.Warning(line=0, text=UNSEEN))
        return found

    def check(self, source: str, name: str) -> Ending:
        """Compile a script and run nothing of it.

        The engine has no way to compile alone. So a definition is added that is refused before the first statement.
        """
        # The binding makes text of the error that comes out, stack and all, and no native may be called then.
        self._drive("stop", "")
        source = _countable(source)
        if all(self._compiles(source + tail) for tail in _TAILS):
            return Ending(kind="done")
        # Once more, for the error as a run would show it.
        self._drive("run", json_text.dumps([(name, source)]))
        return self._report([(name, source)]) if self._drive("state", "") == "failed" else Ending(kind="done")

    def _compiles(self, source: str) -> bool:
        try:
            # The engine's eval takes no NUL; this one is as legal, or not, in the same places.
            self._context.eval(source.replace("\0", "\1"))
        except _quickjs.JSException as error:
            return str(error).startswith(_COMPILED)
        return True

    def _guarded(self, scripts: Sequence[tuple[str, str]], wait: Callable[[], int | None]) -> str:
        """Run the scripts with their memory limited; return how the run stands at the end."""
        if self._memory_limit:
            self._context.set_memory_limit(self._memory_limit)
        try:
            # As JSON: a file's name may hold bytes that are no text.
            state = self._step("run", json_text.dumps(scripts))
            while state in ("ok", "waiting") and not self._over:
                timer = wait()
                self._end_if_late()
                if timer is None or self._over:
                    break
                state = self._step("timer", str(timer))
            if state == "ok" and not self._over:
                state = self._step("settle", "")
            if state == "ok" and not self._over:
                state = self._step("finish", "")
        except _quickjs.JSException:
            # The driver itself could not run: no memory left for it, or the script was interrupted.
            state = "broken"
        if self._ended:
            return state
        # What follows needs memory that the script may have used up.
        self._context.set_memory_limit(-1)
        if state == "broken" and self._drive("state", "") == "failed":
            return "failed"
        return state

    def _step(self, task: str, text: str) -> str:
        """Enter JavaScript once and run all promise jobs that follow from it; return how the script stands."""
        self._drive(task, text)
        while not self._over and self._context.execute_pending_job():
            pass
        if self._rejections and self._rejections.lost and not self._over:
            return self._drive("lost", "")
        return self._drive("state", "")

    def _drive(self, task: str, text: str) -> str:
        answer = self._driver(task, text)
        # The binding turns a string it has no memory for into None.
        return answer if isinstance(answer, str) else "broken"

    def _report(self, scripts: Sequence[tuple[str, str]]) -> Ending:
        name, source = scripts[-1]
        try:
            report: Any = json_text.loads(self._drive("report", ""))
        except (_quickjs.JSException, ValueError):
            return Ending(kind="memory", name=name, source=source)
        name, source = scripts[report["script"]]
        return Ending(
            kind=report["kind"],
            name=name,
            source=source,
            text=report["text"],
            is_error=report["isError"],
            line=report["line"],
            column=report["column"],
            within=report["within"],
            stack=report["stack"],
        )

    # What JavaScript calls. None of these may raise: an exception here would be lost, or crash the engine.

    def _native(self, op: str, text: str) -> str:
        try:
            if op == "load":  # for the report of a script that is over as well
                return json_text.dumps([0, self._natives[op](json_text.loads(text))])
            if self._over:
                return "[0,null]"
            self._end_if_late()
            if self._ended:
                return "[2]"
            value = self._natives[op](json_text.loads(text))
            self._end_if_late()
            return "[2]" if self._ended else "[0," + json_text.dumps(value) + "]"
        except JsnpyError as error:
            return json_text.dumps([1, str(error)])
        except MemoryError:
            return '[1,"out of memory"]'
        except BaseException as error:  # noqa: BLE001 - see above
            self._fault = self._fault or error
            self._end()
            return "[2]"

    def _write(self, stream: int, text: str) -> bool:
        """Take output; return whether the script ends with it."""
        try:
            if self._deadline is not None:  # a look in place of a call: there may be millions of lines
                self._end_if_late()
            if not self._over and not self._output(stream, text):
                self._exit(0)
        except BaseException as error:  # noqa: BLE001 - see above
            self._fault = self._fault or error
            self._end()
        return self._ended

    def _end_if_late(self) -> None:
        if self._deadline is not None and not self._ended and time.monotonic() >= self._deadline:
            self._end()

    def _stop(self, _: object = None) -> None:
        """From now on natives do nothing, and no job or timer is begun."""
        self._over = True

    def _exit(self, code: object) -> None:
        # A number in JavaScript is a double, whatever its digits say.
        self.exit_code = int(float(code)) % 256 if isinstance(code, int | float) else 1
        self._end()

    def _end(self) -> None:
        """End the script where it stands: no catch, no finally.

        The engine's own time limit cannot be caught, but its binding refuses natives while one is set. So a limit
        of no time at all is set, and lifted again by a finalizer that runs within a call made under it; the limit
        itself then stays armed.
        """
        self._over = True
        self._ended = True
        self._context.set_time_limit(0)
        try:
            self._driver("release", "")
        except _quickjs.JSException:
            return  # interrupted already: that is what was wanted


def _countable(source: str) -> str:
    """Return a script with LF for each CR alone: to JavaScript the same, but the engine counts no CR in a comment."""
    return "\r\n".join(part.replace("\r", "\n") for part in source.split("\r\n"))


def _promises(source: str) -> bool:
    lowered = source.lower()
    return any(word in lowered for word in _PROMISING)


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

    def __init__(self, context: Any) -> None:
        self._context = context

    def __call__(self) -> None:
        """Do nothing: only its finalizer counts."""

    def __del__(self) -> None:
        self._context.set_time_limit(-1)


def _read(name: str) -> str:
    with open(path.join(_PACKAGE, name + ".js"), "rb") as file:
        return file.read().decode()
