"""`make bench`: the project as a user installs it, measured beside its peers; no number ever fails it.

Every ratio is one of medians, taken in one run whose rounds measure each program in turn. What is missing on a machine
(node, nodemailer, curl, msmtp) is left out of the table.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(HERE, "work")
ROOT = os.path.dirname(os.path.dirname(HERE))
CACHE = os.path.join(ROOT, ".cache", "bench")
MANY = 300
KEPT = 10_000
ATTACHED = 20 * 2**20
NO_GOAL = float("inf")


class Program:
    """A command that is measured.

    Args:
        command: program and arguments.
        output: the file its stdout goes to.
        given: the file that its stdin comes from.
        before: called before each run, unmeasured.
    """

    def __init__(
        self,
        command: list[str],
        output: str = os.devnull,
        given: str = os.devnull,
        before: Callable[[], object] | None = None,
    ) -> None:
        self.command = command
        self.output = output
        self.given = given
        self.before = before
        self.seconds: list[float] = []
        self.peaks: list[int] = []

    def run(self) -> None:
        """Run it once, and note wall time and peak memory."""
        files = [
            (os.POSIX_SPAWN_OPEN, 0, self.given, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, self.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        ]
        if self.before is not None:
            self.before()
        start = time.perf_counter()
        pid = os.posix_spawn(self.command[0], self.command, os.environ, file_actions=files)
        _, status, usage = os.wait4(pid, 0)
        self.seconds.append(time.perf_counter() - start)
        if status:
            raise SystemExit(f"bench: this one failed with status {status}: {' '.join(self.command)}")
        self.peaks.append(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))

    @property
    def time(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.seconds)

    @property
    def peak(self) -> float:
        """The median of the peak memory, in bytes."""
        return statistics.median(self.peaks)


class Table:
    """The goals and what was measured."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []

    def add(self, work: str, ours: float, peer: str, theirs: float, goal: float, show: Callable[[float], str]) -> None:
        """Add a goal: at most `goal` times the peer's value."""
        ratio = ours / theirs
        verdict = "" if ratio <= goal else "missed"
        self.rows.append(
            (work, show(ours), peer, show(theirs), f"{ratio:.2f}", f"{goal:g}" if goal < NO_GOAL else "", verdict)
        )

    def show(self) -> None:
        """Print it."""
        rows = [("work", "jsnpy", "beside", "", "ratio", "goal", ""), *self.rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def milliseconds(seconds: float) -> str:
    """Return a time as shown."""
    return f"{seconds * 1000:.1f} ms"


def megabytes(size: float) -> str:
    """Return a size as shown."""
    return f"{size / 2**20:.1f} MB"


def install() -> str:
    """Install the project's wheel into an environment of its own, as a user does; return its bin folder."""
    venv, wheels = os.path.join(CACHE, "venv"), os.path.join(CACHE, "wheels")
    folder = os.path.join(venv, "Scripts" if os.name == "nt" else "bin")
    python = os.path.join(folder, "python")
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        # An old pip writes a console script that imports re.
        subprocess.run([*pip, "install", "--upgrade", "pip"], check=True)
    shutil.rmtree(wheels, ignore_errors=True)
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
    wheel = os.path.join(wheels, os.listdir(wheels)[0])
    subprocess.run([*pip, "install", wheel], check=True)
    subprocess.run([*pip, "install", "--force-reinstall", "--no-deps", wheel], check=True)
    return folder


def nodemailer(node: str | None) -> str | None:
    """Return the path of the nodemailer script, with nodemailer beside it; None where it cannot be had."""
    npm, folder = shutil.which("npm"), os.path.join(CACHE, "node")
    if node is None or npm is None:
        return None
    os.makedirs(folder, exist_ok=True)
    if not os.path.isdir(os.path.join(folder, "node_modules", "nodemailer")):
        found = subprocess.run([npm, "install", "--silent", "--no-save", "nodemailer"], cwd=folder, check=False)
        if found.returncode:
            return None
    return shutil.copy(os.path.join(WORK, "mails.mjs"), folder)


def certificate() -> tuple[str, str, str]:
    """Return the paths of the sink's certificate, its key and its CA."""
    # In a process of its own: what is loaded here counts as a measured program's peak, which begins as a copy of us.
    # With RSA, as most mail servers have it.
    trustme = [sys.executable, "-m", "trustme", "--quiet", "--key-type", "RSA", "--identities", "127.0.0.1"]
    subprocess.run([*trustme, "--dir", CACHE], check=True)
    return os.path.join(CACHE, "server.pem"), os.path.join(CACHE, "server.key"), os.path.join(CACHE, "client.pem")


def config(name: str, script: str, oauth2: object = None, **arg: object) -> str:
    """Write a config and return its path."""
    path = os.path.join(CACHE, f"{name}.json")
    with open(path, "w", encoding="utf-8") as file:
        block = {"oauth2": oauth2} if oauth2 else {}
        json.dump({"scriptfile": os.path.join(WORK, script), **block, "arg": arg}, file)
    return path


def measure(rounds: int, *programs: Program | None) -> None:
    """Run each program in turn, so many rounds; the first round only warms up."""
    found = [program for program in programs if program is not None]
    for number in range(rounds + 1):
        for program in found:
            program.run()
            if not number:
                program.seconds.clear()
                program.peaks.clear()


def uv_script(folder: str) -> str | None:
    """Install the wheel with uv, too, into an environment of its own; return its bin folder, or None without uv."""
    uv = os.path.join(folder, "uv")
    pip = [os.path.join(folder, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"]
    if not os.path.exists(uv) and subprocess.run(pip, check=False).returncode:
        return None
    venv, wheels = os.path.join(CACHE, "venv-uv"), os.path.join(CACHE, "wheels")
    done = subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, venv], check=False)
    if done.returncode:
        return None
    # The packages it needs lie beside, unpacked already: uv writes the script, pip has fetched the rest.
    wheel = os.path.join(wheels, os.listdir(wheels)[0])
    python = os.path.join(venv, "bin", "python")
    subprocess.run([uv, "pip", "install", "--quiet", "--no-deps", "--no-index", "--python", python, wheel], check=True)
    found = [subprocess.run([one, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                            capture_output=True, text=True, check=True).stdout.strip()
             for one in (os.path.join(folder, "python"), python)]  # fmt: skip
    with open(os.path.join(found[1], "beside.pth"), "w", encoding="utf-8") as file:
        file.write(found[0] + "\n")
    return os.path.join(venv, "bin")


class Bench:
    """The measurements, on an installed project and a running sink."""

    def __init__(self, folder: str, ports: tuple[int, int, int], ca_file: str) -> None:
        self.jsnpy = os.path.join(folder, "jsnpy")
        self.folder = folder
        self.python = os.path.join(folder, "python")
        self.node = shutil.which("node")
        self.nodemailer = nodemailer(self.node)
        self.curl = shutil.which("curl")
        self.msmtp = shutil.which("msmtp")
        self.plain, self.tls, self.http = ports
        self.ca_file = ca_file
        self.table = Table()

    def mails(self, name: str, count: int = 1, *, tls: bool = False, **arg: object) -> Program:
        """Return our run of mails.js."""
        arg |= {"port": self.tls if tls else self.plain, "count": count, "ssl": tls, "ca_file": self.ca_file}
        return Program([self.jsnpy, config(name, "mails.js", **arg)])

    def smtplib(self, count: int, *more: str) -> Program:
        """Return the bare smtplib script; see there."""
        script = os.path.join(WORK, "mails.py")
        return Program([self.python, script, str(self.plain), str(count), *more])

    def node_mails(self, count: int, *more: str) -> Program | None:
        """Return node + nodemailer, where they are; see the script."""
        if self.node is None or self.nodemailer is None:
            return None
        return Program([self.node, self.nodemailer, str(self.plain), str(count), *more])

    def against(self, work: str, ours: Program, peer: str, program: Program | None, goal: float) -> None:
        """Add a row about time, where there is such a peer."""
        if program is not None:
            self.table.add(work, ours.time, peer, program.time, goal, milliseconds)

    def one_line(self) -> None:
        """Measure a script that prints one line."""
        script = os.path.join(WORK, "print.js")
        ours, python = Program([self.jsnpy, script]), Program([self.python, "-c", "pass"])
        node = Program([self.node, script]) if self.node else None
        by_uv = uv_script(self.folder)
        uv = Program([os.path.join(by_uv, "jsnpy"), script]) if by_uv else None
        measure(41, ours, python, node, uv)
        self.against("a script that prints one line", ours, "python -c pass", python, 1.4)
        self.against("", ours, "node", node, 0.25)
        if uv is not None:
            self.against("the same, installed with uv", uv, "python -c pass", python, 1.4)

    def one_mail(self) -> None:
        """Measure a script that sends one mail."""
        ours, bare, node, curl = self.mails("one"), self.smtplib(1), self.node_mails(1), self.curl_mail()
        barest, msmtp = self.smtplib(1, "string"), self.msmtp_mail()
        safe = Program([*ours.command, "--outbox", os.path.join(CACHE, "outbox")])
        measure(31, ours, bare, barest, node, curl, msmtp, safe)
        self.against("a script that sends one mail", ours, "bare smtplib", bare, 0.65)
        self.against("", ours, "node + nodemailer", node, 0.25)
        if node is not None:
            self.table.add("its peak memory", ours.peak, "node + nodemailer", node.peak, 0.5, megabytes)
        self.against("", ours, "(smtplib with a ready text)", barest, NO_GOAL)
        self.against("", ours, "(curl)", curl, NO_GOAL)
        self.against("", ours, "(msmtp)", msmtp, NO_GOAL)
        self.against("a script that sends one mail, --outbox", safe, "without", ours, 1.15)

    def one_mail_over_starttls(self) -> None:
        """Measure a script that sends one mail over STARTTLS."""
        ours = self.mails("starttls", starttls=True)
        bare, node = self.smtplib(1, self.ca_file), self.node_mails(1, "starttls", self.ca_file)
        measure(21, ours, bare, node)
        self.against("one mail over STARTTLS", ours, "bare smtplib", bare, 0.9)
        self.against("", ours, "node + nodemailer", node, 0.35)

    def token(self) -> None:
        """Measure a mail with an access token: kept, and fetched by each run."""
        block = {"token_url": f"http://127.0.0.1:{self.http}/token", "client_id": "bench", "client_secret": "a secret"}
        arg = {"port": self.plain, "count": 1, "pass": "${OAUTH2}"}
        password = self.mails("password")
        kept = Program([self.jsnpy, config("token", "mails.js", oauth2=block, **arg)])
        folder = os.environ["JSNPY_TOKEN_DIR"] = os.path.join(CACHE, "tokens")

        def forget() -> None:
            shutil.rmtree(folder, ignore_errors=True)

        fetched = Program(kept.command, before=forget)
        measure(21, fetched)
        measure(31, password, kept)
        self.against("one mail with a kept token", kept, "with a password", password, 1.05)
        self.against("one mail with a token fetched", fetched, "with a password", password, NO_GOAL)

    def web(self) -> None:
        """Measure a script that gets one page."""
        url = f"http://127.0.0.1:{self.http}/"
        ours = Program([self.jsnpy, config("get", "get.js", url=url)])
        bare = Program([self.python, os.path.join(WORK, "get.py"), url])
        node = Program([self.node, os.path.join(WORK, "get.mjs"), url]) if self.node else None
        measure(21, ours, bare, node)
        self.against("http_get", ours, "bare urllib3", bare, 0.9)
        self.against("", ours, "node fetch", node, 0.6)

    def ready_mail(self) -> str:
        """Return the path of the same mail as a file."""
        path = os.path.join(CACHE, "mail.eml")
        with open(path, "w", encoding="utf-8", newline="\r\n") as file:
            file.write("From: Ann <ann@example.com>\nTo: Bob <bob@example.com>\nSubject: Backup failed\n\nIt failed.\n")
        return path

    def curl_mail(self) -> Program | None:
        """Return curl sending the same mail, where it is."""
        if self.curl is None:
            return None
        where = ["-sS", f"smtp://127.0.0.1:{self.plain}", "--mail-from", "ann@example.com"]
        who = ["--mail-rcpt", "bob@example.com", "-u", "ann@example.com:a password"]
        return Program([self.curl, *where, *who, "-T", self.ready_mail()])

    def msmtp_mail(self) -> Program | None:
        """Return msmtp sending the same mail, where it is."""
        if self.msmtp is None:
            return None
        path = os.path.join(CACHE, "msmtprc")
        with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(f"account default\nhost 127.0.0.1\nport {self.plain}\nfrom ann@example.com\n")
            file.write('auth plain\nuser ann@example.com\npassword "a password"\n')
        return Program([self.msmtp, "-C", path, "bob@example.com"], given=self.ready_mail())

    def many_mails(self) -> None:
        """Measure many mails in one script, with a connection each and with one for all."""
        ours, bare, node = self.mails("many", MANY), self.smtplib(MANY), self.node_mails(MANY)
        barest = self.smtplib(MANY, "string")
        kept = self.mails("kept", MANY, keep_alive=True)
        tls, tls_kept = self.mails("tls", MANY, tls=True), self.mails("tls_kept", MANY, tls=True, keep_alive=True)
        pooled = self.node_mails(MANY, "pool")
        measure(7, ours, bare, barest, node, pooled, kept, tls, tls_kept)
        work = f"{MANY} mails, a connection each"
        self.against(work, ours, "bare smtplib", bare, 0.7)
        self.against("", ours, "node + nodemailer", node, 0.5)
        self.against("", ours, "(smtplib with a ready text)", barest, NO_GOAL)
        self.against(f"{MANY} mails, keep_alive", kept, "without", ours, 0.35)
        self.against("", kept, "nodemailer, pooled", pooled, 1.0)
        self.against(f"{MANY} mails over TLS, keep_alive", tls_kept, "without", tls, 0.15)

    def flush(self) -> None:
        """Measure the flush of many kept mails, over one session."""
        kept, box = os.path.join(CACHE, "kept"), os.path.join(CACHE, "flushed")
        subprocess.run([self.python, os.path.join(WORK, "keep.py"), kept, str(self.plain), str(KEPT)], check=True)

        def copy() -> None:
            shutil.rmtree(box, ignore_errors=True)
            shutil.copytree(kept, box)
            os.sync()  # mails that were kept a while ago are on the disk: their writing is not ours to wait for

        ours = Program([self.jsnpy, "outbox", "flush", "--outbox", box], before=copy)
        measure(2, ours)
        self.table.add(f"flushing {KEPT:,} kept mails", ours.time / KEPT, "1,500 a second", 1 / 1500, 1, milliseconds)
        self.table.add("its peak memory", ours.peak, "60 MB", 60 * 2**20, 1, megabytes)

    def lines(self) -> None:
        """Measure many lines of output to a file."""
        script, out = os.path.join(WORK, "lines.js"), os.path.join(CACHE, "lines.txt")
        ours = Program([self.jsnpy, script], out)
        node = Program([self.node, script], out) if self.node else None
        measure(7, ours, node)
        if node is None:
            self.table.rows.append(("200,000 lines", milliseconds(ours.time), "", "", "", "", ""))
        self.against("200,000 console.log lines", ours, "node", node, 0.7)

    def attachment(self) -> None:
        """Measure a mail with a big attachment."""
        path = os.path.join(CACHE, "data.bin")
        with open(path, "wb") as file:
            file.write(os.urandom(ATTACHED))
        ours, bare = self.mails("attachment", attachment=path), self.smtplib(1, path)
        measure(7, ours, bare)
        self.against("a 20 MB attachment", ours, "bare smtplib", bare, 0.15)
        self.table.add("its peak memory", ours.peak, "its size", ATTACHED, 3, megabytes)


def machine(bench: Bench) -> str:
    """Return what was measured on."""
    engine = subprocess.run([bench.jsnpy, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    text = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {engine}"
    for name in filter(None, (bench.node, bench.curl, bench.msmtp)):
        said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
        number = next(word for word in said.split() if any(map(str.isdigit, word)))
        text += f"; {os.path.basename(name)} {number}"
    if bench.nodemailer is not None:
        with open(os.path.join(CACHE, "node", "node_modules", "nodemailer", "package.json"), encoding="utf-8") as file:
            text += f"; nodemailer {json.load(file)['version']}"
    return text


ALL = (
    "one_line",
    "one_mail",
    "one_mail_over_starttls",
    "token",
    "many_mails",
    "flush",
    "web",
    "lines",
    "attachment",
)


@contextlib.contextmanager
def running() -> Iterator[Bench]:
    """Install the project, start the sink and return what measures; then end the sink."""
    os.makedirs(CACHE, exist_ok=True)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # uv leaves compiling to the first run
    folder = install()
    cert, key, ca_file = certificate()
    command = [sys.executable, os.path.join(HERE, "sink.py"), cert, key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdin is not None
        assert sink.stdout is not None
        plain, tls, http = map(int, sink.stdout.readline().split())
        yield Bench(folder, (plain, tls, http), ca_file)
        sink.stdin.close()


def main() -> None:
    """Measure and print."""
    wanted = sys.argv[1:] or [*ALL, "profile"]
    with running() as bench:
        say(machine(bench))
        for name in wanted:
            if name != "profile":
                getattr(bench, name)()
        bench.table.show()
    if "profile" in wanted:
        subprocess.run([bench.python, os.path.join(HERE, "profile_run.py"), os.path.join(WORK, "print.js")], check=True)


if __name__ == "__main__":
    main()
