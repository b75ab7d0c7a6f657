"""Timers as Node has them: their order, and what their objects can do."""

from pathlib import Path

import pytest
from support.command import jsnpy
from support.engines import without_warning

from jsnpy.bindings.clock import Timers

# name: script, what Node 20 prints
CASES = {
    "refresh in the callback starts it again": (
        "let n = 0; const t = setTimeout(() => { console.log(++n); if (n < 3) t.refresh() }, 1)",
        "1\n2\n3\n",
    ),
    "refresh of one that has fired": (
        (
            "let n = 0; const t = setTimeout(() => console.log(++n), 1);"
            "setTimeout(() => { if (t.refresh() === t) console.log('again') }, 5)"
        ),
        "1\nagain\n2\n",
    ),
    "refresh of one that was cleared": (
        (
            "const t = setTimeout(() => console.log('no'), 1); clearTimeout(t); t.refresh();"
            "const u = setTimeout(() => console.log('no'), 1); u.close().refresh()"
        ),
        "",
    ),
    "refresh of an interval in its callback": (
        "let n = 0; const t = setInterval(() => { t.refresh(); if (++n === 3) clearInterval(t); console.log(n) }, 1)",
        "1\n2\n3\n",
    ),
    "refresh puts off": (
        (
            "const t = setTimeout(() => console.log('late'), 100);"
            "setTimeout(() => t.refresh(), 50); setTimeout(() => console.log('early'), 120)"
        ),
        "early\nlate\n",
    ),
    "a callback that clears the next": (
        (
            "const a = setTimeout(() => { clearTimeout(b); console.log('a') }, 1);"
            "const b = setTimeout(() => console.log('b'), 1)"
        ),
        "a\n",
    ),
    "cleared by its number": ("clearTimeout(+setTimeout(() => console.log('no'), 1)); console.log('end')", "end\n"),
    "microtasks before the next timer": (
        (
            "setTimeout(() => { console.log(1); Promise.resolve().then(() => console.log('job')) }, 1);"
            "setTimeout(() => console.log(2), 1)"
        ),
        "1\njob\n2\n",
    ),
    "one that is not waited for": (
        "setTimeout(() => console.log('no'), 5000).unref(); setTimeout(() => console.log('end'), 1)",
        "end\n",
    ),
    "one that is not waited for is not when it starts again": (
        (
            "const t = setTimeout(() => console.log('no'), 5000).unref(); t.refresh();"
            "setInterval(() => {}, 1).unref();"
            "console.log(t.hasRef(), t.ref().hasRef(), t.unref().refresh().hasRef())"
        ),
        "false true false\n",
    ),
    "cleared by its number as text": (
        "clearTimeout(String(+setTimeout(() => console.log('no'), 1))); console.log('end')",
        "end\n",
    ),
    "its callback gets it and what was passed": (
        "const t = setTimeout(function (...given) { console.log(this === t, given.join()) }, 1, 'a', 2)",
        "true a,2\n",
    ),
    "no callback": (
        (
            "for (const set of [setTimeout, setInterval, queueMicrotask])"
            "  try { set('console.log(1)', 1) } catch (e) { console.log(e.name, e.message.slice(0, 48)) }"
        ),
        'TypeError The "callback" argument must be of type function\n' * 3,
    ),
    "what is no timer is not cleared": (
        (
            "for (const no of [undefined, null, 5, 'x', {}, Symbol()]) { clearTimeout(no); clearInterval(no) }"
            "setTimeout(() => console.log('end'), 1)"
        ),
        "end\n",
    ),
    "a microtask asks nothing of the script": (
        (
            "Object.defineProperty(Promise.prototype, 'constructor', { get() { console.log('asked') } });"
            "queueMicrotask(() => console.log('job'))"
        ),
        "job\n",
    ),
    "its number stays": (
        "const t = setTimeout(() => {}, 50), n = +t; t.refresh(); console.log(n === +t); clearTimeout(n)",
        "true\n",
    ),
    "the longest delay": (
        "setTimeout(() => console.log('no'), 2147483647).unref(); setTimeout(() => console.log('end'), 20)",
        "end\n",
    ),
    "parts of a millisecond do not count": (
        "setTimeout(() => console.log('first'), 1.9); setTimeout(() => console.log('second'), 1)",
        "first\nsecond\n",
    ),
    "its class hands out nothing": (
        "const { constructor: Timer } = setTimeout(() => {}, 1); console.log(typeof Timer.clear, typeof Timer.fire)",
        "undefined undefined\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_timer(name: str, tmp_path: Path) -> None:
    """A script with timers prints what it prints under Node."""
    script, printed = CASES[name]
    (tmp_path / "a.js").write_text(script)
    result = jsnpy("a.js", cwd=tmp_path)
    assert (0, printed, "") == (result.code, result.out, without_warning(result.err))


def test_timers_that_are_set_and_cleared_leave_nothing() -> None:
    """A watchdog that is armed anew with each event does not fill the memory; what is due is still due."""
    timers = Timers()
    due = timers.start(0, 1, True)
    for _ in range(50_000):
        timers.stop(timers.start(0, 1e5, True))
    assert len(timers._heap) < 5000
    assert due == timers.wait()
    assert timers.wait() is None


def test_timers_of_one_millisecond_run_in_the_order_they_were_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is counted in whole milliseconds, as in Node: a fraction of one puts no later timer first."""
    now = [10.9]
    monkeypatch.setattr("time.monotonic", lambda: now[0] / 1000)
    timers = Timers()
    first = timers.start(0, 2, True)
    now[0] = 11.1
    second = timers.start(0, 1, True)
    now[0] = 20.0
    assert [first, second, None] == [timers.wait() for _ in range(3)]
