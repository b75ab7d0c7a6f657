"""The clock behind setTimeout and setInterval: which timer is due next, and when."""

from __future__ import annotations

import time

_STALE = 1000
"""Timers that were stopped or armed anew which the heap may hold besides as many as there are live ones."""


class Timers:
    """Timers by number, each due at a moment of the monotonic clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int]] = []
        self._live: dict[int, tuple[int, bool]] = {}
        self._kept = 0
        self._started = 0

    def start(self, number: int, delay: float, kept: bool) -> int:
        """Arm a timer and return its number.

        Args:
            number: the timer's number when it is armed again, 0 for a new one.
            delay: milliseconds from now, a whole number of at least 1.
            kept: whether the run waits for it.
        """
        import heapq

        if len(self._heap) > 2 * len(self._live) + _STALE:
            self._heap = [each for each in self._heap if self._live.get(each[2], (0, False))[0] == each[1]]
            heapq.heapify(self._heap)
        self._started += 1
        number = number or self._started
        heapq.heappush(self._heap, (_now() + delay, self._started, number))
        self._set(number, (self._started, kept))
        return number

    def stop(self, number: int) -> None:
        """Forget a timer."""
        self._set(number, None)

    def keep(self, number: int, kept: bool) -> None:
        """Say whether the run waits for a timer."""
        if number in self._live:
            self._set(number, (self._live[number][0], kept))

    def _set(self, number: int, state: tuple[int, bool] | None) -> None:
        before = self._live.pop(number, None)
        self._kept += (state is not None and state[1]) - (before is not None and before[1])
        if state is not None:
            self._live[number] = state

    def wait(self) -> int | None:
        """Sleep until the next timer is due and return its number; None when the run need not wait for any."""
        if not self._kept:
            return None
        import heapq

        while True:
            due, started, number = self._heap[0]
            if self._live.get(number, (0, False))[0] != started:
                heapq.heappop(self._heap)
                continue
            pause = due - _now()
            if pause > 0:
                time.sleep(pause / 1000)
                continue
            heapq.heappop(self._heap)
            self._set(number, None)
            return number


def _now() -> float:
    # Whole milliseconds, as in Node: timers of the same delay then run in the order they were started.
    return time.monotonic() * 1000 // 1
