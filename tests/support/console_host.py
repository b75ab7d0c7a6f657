"""Runs scripts with jsnpy's console in an engine of their own, with a host that is only what the console needs."""

import json
import os
import threading

import _quickjs

import jsnpy

_PACKAGE = os.path.dirname(jsnpy.__file__)
_STACK = 256 * 1024 * 1024

_HOST = r"""
(function (write, sources) {
  "use strict";
  sources = JSON.parse(sources);
  const run = eval;
  const stringify = JSON.stringify;
  const host = {
    __proto__: null,
    primordials: run(sources.primordials)(),
    write(stream, text) { write(stream, stringify(text)); },
    load(name) { return run(sources[name]); },
    expose(name, value) {
      Object.defineProperty(globalThis, name, { configurable: true, writable: true, enumerable: false, value });
    },
  };
  run(sources.console)(host);
  return function (script) {
    try {
      run(JSON.parse(script));
      return "";
    } catch (error) {
      return error === null ? "null" : String(error && error.name) + ": " + String(error && error.message);
    }
  };
})
"""


class Output:
    """What a script printed, and the error it ended with ("" for none)."""

    def __init__(self) -> None:
        self.stdout = ""
        self.stderr = ""
        self.error = ""


def _sources() -> str:
    sources = {}
    for name, path in {
        "primordials": "primordials.js",
        "console": "bindings/console.js",
        "inspect": "bindings/inspect.js",
        "table": "bindings/table.js",
    }.items():
        with open(os.path.join(_PACKAGE, path), encoding="utf-8") as file:
            sources[name] = file.read()
    return json.dumps(sources)


def run_script(source: str) -> Output:
    """Run a global script and return what it printed."""
    return run_scripts([source])[0]


def run_scripts(sources: "list[str]") -> "list[Output]":
    """Run global scripts one after the other in one context, and return what each printed."""
    outputs = []
    failures = []

    def work() -> None:
        context = _quickjs.Context()
        context.set_max_stack_size(_STACK * 3 // 4)
        chunks: list[tuple[int, str]] = []

        def write(stream: int, text: str) -> None:
            chunks.append((stream, json.loads(text)))

        context.add_callable("write", write)
        native = context.get("write")
        run = context.eval(_HOST)(native, _sources())
        for source in sources:
            output = Output()
            output.error = run(json.dumps(source))
            while context.execute_pending_job():
                pass
            output.stdout = "".join(text for stream, text in chunks if stream == 1)
            output.stderr = "".join(text for stream, text in chunks if stream == 2)
            chunks.clear()
            outputs.append(output)

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- handed to the caller's thread
            failures.append(error)

    previous = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=guarded)
        thread.start()
    finally:
        threading.stack_size(previous)
    thread.join()
    if failures:
        raise failures[0]
    return outputs
