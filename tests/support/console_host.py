"""Runs scripts in the engine with nothing but the console, and tells what they printed."""

import threading

from jsnpy.engine import Engine
from jsnpy.traces import Traces

_STACK = 256 * 1024 * 1024


class Output:
    """What a script printed, and the error it ended with ("" for none)."""

    def __init__(self) -> None:
        self.stdout = ""
        self.stderr = ""
        self.error = ""


def run_script(source: str) -> Output:
    """Run a script and return what it printed."""
    return run_scripts([source])[0]


def run_scripts(sources: "list[str]") -> "list[Output]":
    """Run scripts, each in an engine of its own, and return what each printed."""
    outputs: list[Output] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            outputs.extend(map(_run, sources))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)

    previous = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=work)
        thread.start()
    finally:
        threading.stack_size(previous)
    thread.join()
    if failures:
        raise failures[0]
    return outputs


def _run(source: str) -> Output:
    printed: dict[int, list[str]] = {1: [], 2: []}

    def write(stream: int, text: str) -> bool:
        printed[stream].append(text)
        return True

    natives = {"frames": Traces("script.js", source).frames}
    ending = Engine(("console",), natives, write, stack_size=_STACK * 3 // 4).run(source, "{}", lambda: None)
    output = Output()
    output.stdout = "".join(printed[1])
    output.stderr = "".join(printed[2])
    output.error = "" if ending.kind == "done" else f"{ending.kind} {ending.text}".strip()
    return output
