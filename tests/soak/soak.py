"""Sends very many mails, with faults among them, and counts on both sides; prints a table (`make soak`).

One run sends SOAK_MAILS mails; then SOAK_RUNS runs, started by a shell loop as cron and the like start them, send one
each. The server refuses some, closes some connections at every stage, and counts what it has accepted. The counts must
be equal on both sides, nothing may arrive twice, and memory and open files of the long run must not grow.
"""

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.counting import CountingServer
from support.truth import PASSWORD, USER

MAILS = int(os.environ.get("SOAK_MAILS", "20000"))
RUNS = int(os.environ.get("SOAK_RUNS", "2000"))

# What happens to mail number n: the first that divides it, else it is accepted. Primes, so that all of them meet.
_REFUSED_RECIPIENT = 11
_GREYLISTED = 13
_REFUSED_MESSAGE = 17
_CLOSED_AT_RECIPIENT = 19
_CLOSED_AFTER_DOT = 23
_GROWTH_MB = 8.0

_SCRIPT = """
const codes = {};
for (let number = arg.first; number < arg.first + arg.count; number++) {
  const result = send_email({
    ...arg.mail, to: `n${number}@y.test`, subject: `token-${number}`, keep_alive: arg.keep_alive,
    body: "disk full\\n".repeat(number % 50),
  });
  codes[result.code] = (codes[result.code] || 0) + 1;
}
console.log(JSON.stringify(codes));
"""


def _recipient(line: bytes) -> bytes:
    number = int(line.split(b"<n")[1].split(b"@")[0])
    if number % _REFUSED_RECIPIENT == 0:
        return b"550 5.1.1 no such user\r\n"
    if number % _GREYLISTED == 0:
        return b"451 4.7.1 greylisted\r\n"
    if number % _CLOSED_AT_RECIPIENT == 0:
        raise EOFError
    return b"250 2.1.5 ok\r\n"


def _verdict(message: bytes) -> bytes:
    number = int(message.split(b"token-")[1].split(b"\r\n")[0])
    if number % _REFUSED_MESSAGE == 0:
        return b"554 5.7.1 not wanted\r\n"
    return b"" if number % _CLOSED_AFTER_DOT == 0 else b"250 2.0.0 queued as 4Zx1\r\n"


def _expected(numbers: range) -> dict[str, int]:
    """Return how many mails must end with which code."""
    codes: collections.Counter[str] = collections.Counter()
    for number in numbers:
        if number % _REFUSED_RECIPIENT == 0 or number % _GREYLISTED == 0:
            codes["-7"] += 1
        elif number % _CLOSED_AT_RECIPIENT == 0:
            codes["-9"] += 1
        elif number % _REFUSED_MESSAGE == 0:
            codes["-8"] += 1
        elif number % _CLOSED_AFTER_DOT == 0:
            codes["-10"] += 1
        else:
            codes["0"] += 1
    return dict(sorted(codes.items()))


class _Server(CountingServer):
    """Counts as every CountingServer, but hangs up instead of answering where the answer is empty."""

    def judge(self, message: bytes) -> bytes:
        reply = super().judge(message)
        if not reply:
            raise EOFError
        return reply


class _Watch:
    """Memory and open files of a process, seen from time to time (on Linux)."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._folder = f"/proc/{process.pid}"
        self.seen: list[tuple[float, int]] = []

    def look(self) -> None:
        try:
            with open(f"{self._folder}/status", encoding="ascii", errors="replace") as file:
                resident = next(line for line in file if line.startswith("VmRSS"))
            self.seen.append((int(resident.split()[1]) / 1024, len(os.listdir(f"{self._folder}/fd"))))
        except (OSError, StopIteration):
            return  # not Linux, or already over

    def growth(self) -> tuple[float, int]:
        """Return by how much memory (MB, at its highest) and open files have grown since a quarter of the time.

        A socket is open or not as it happens: of files, the fewest in the end are held against the most before.
        """
        if len(self.seen) < 8:
            return 0.0, 0
        early, late = self.seen[len(self.seen) // 8 : len(self.seen) // 4 + 1], self.seen[len(self.seen) * 3 // 4 :]
        memory = max(mb for mb, _ in late) - max(mb for mb, _ in early)
        return memory, min(files for _, files in late) - max(files for _, files in early)


class _Soak:
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._troubles: list[str] = []
        with open(os.path.join(folder, "soak.js"), "w", encoding="utf-8") as file:
            file.write(_SCRIPT)

    def config(self, server: CountingServer, name: str, **arg: object) -> str:
        mail = {"host": server.host, "port": server.port, "user": USER, "pass": PASSWORD, "from": "mon@x.test"}
        path = os.path.join(self._folder, f"{name}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(
                {"scriptfile": "soak.js", "arg": {"mail": {**mail, "helo": "c.test", "timeout": 30}, **arg}}, file
            )
        return path

    def tell(
        self, what: str, numbers: range, codes: dict[str, int], server: _Server, seconds: float, more: str
    ) -> None:
        """Print a row and note what is wrong with it."""
        server.settle()
        expected = _expected(numbers)
        taken = codes.get("0", 0)
        unanswered = server.refused.total() - sum(n % _REFUSED_MESSAGE == 0 for n in _asked(numbers))
        doubled = sum(count - 1 for count in (server.accepted + server.refused).values())
        lost = taken - server.accepted.total()
        rate = len(numbers) / seconds
        print(
            f"{what:24}{len(numbers):8}{taken:8}{server.accepted.total():9}{codes.get('-10', 0):9}{unanswered:7}"
            f"{lost:6}{doubled:9}{rate:8.0f}  {more}"
        )
        if dict(sorted(codes.items())) != expected:
            self._troubles.append(f"{what}: codes {dict(sorted(codes.items()))}, expected {expected}")
        if lost or doubled or unanswered != codes.get("-10", 0):
            self._troubles.append(f"{what}: {lost} lost, {doubled} doubled, {unanswered} without an answer")

    def one_run(self, *, keep_alive: bool) -> None:
        """Send many mails from one run."""
        numbers = range(1, MAILS // 2 + 1)
        what = "one run, keep_alive" if keep_alive else "one run"
        with _Server(_verdict, _recipient) as server:
            path = self.config(server, "many", first=1, count=len(numbers), keep_alive=keep_alive)
            start = time.monotonic()
            with (
                open(os.path.join(self._folder, "errors"), "w+", encoding="utf-8") as errors,
                subprocess.Popen(
                    [sys.executable, "-m", "jsnpy", path], stdout=subprocess.PIPE, stderr=errors, text=True
                ) as process,
            ):
                watch = _Watch(process)
                while process.poll() is None:
                    if server.accepted:  # what a first mail loads is no growth
                        watch.look()
                    time.sleep(0.1)
                assert process.stdout is not None
                output = process.stdout.read()
                errors.seek(0)
                said = errors.read()
            memory, files = watch.growth()
            peak = max((mb for mb, _ in watch.seen), default=0)
            codes = json.loads(output) if process.returncode == 0 else {}
            seconds = time.monotonic() - start
            self.tell(what, numbers, codes, server, seconds, f"{peak:.0f} MB, grown {memory:+.1f} MB, {files:+} files")
        if memory > _GROWTH_MB or files > 0:
            self._troubles.append(f"{what}: memory grew by {memory:.1f} MB, open files by {files}")
        if PASSWORD in output + said or "Traceback" in said or process.returncode:
            self._troubles.append(f"{what}: exit code {process.returncode}, {said[-2000:]}")

    def many_runs(self) -> None:
        """Send a mail from each of many runs, started one after the other by a shell."""
        numbers = range(1, RUNS + 1)
        with _Server(_verdict, _recipient) as server:
            path = self.config(server, "single", count=1, keep_alive=False)
            one = f'"{sys.executable}" -m jsnpy "{path}" --set first=$n || echo "exit $?"'
            loop = f"n=1; while [ $n -le {RUNS} ]; do {one}; n=$((n+1)); done"
            start = time.monotonic()
            done = subprocess.run(["sh", "-c", loop], capture_output=True, text=True, check=False)
            codes: collections.Counter[str] = collections.Counter()
            for line in done.stdout.splitlines():
                codes.update(json.loads(line) if line.startswith("{") else {line: 1})
            self.tell("a run each", numbers, codes, server, time.monotonic() - start, "")
        if PASSWORD in done.stdout + done.stderr or "Traceback" in done.stderr:
            self._troubles.append(f"a run each: {done.stderr[-2000:]}")

    def run(self) -> int:
        """Do all of it; return 1 if anything was wrong."""
        print(
            f"{'':24}{'mails':>8}{'code 0':>8}{'accepted':>9}{'code -10':>9}{'cut':>7}{'lost':>6}{'doubled':>9}"
            f"{'per s':>8}  memory and files of the run"
        )
        self.one_run(keep_alive=False)
        self.one_run(keep_alive=True)
        self.many_runs()
        print("\n".join(self._troubles) or "nothing lost, nothing doubled, nothing leaked")
        return 1 if self._troubles else 0


def _asked(numbers: range) -> list[int]:
    """Return the mails whose message the server got to see."""
    early = (_REFUSED_RECIPIENT, _GREYLISTED, _CLOSED_AT_RECIPIENT)
    return [number for number in numbers if all(number % each for each in early)]


def main() -> int:
    """Soak in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return _Soak(folder).run()


if __name__ == "__main__":
    sys.exit(main())
