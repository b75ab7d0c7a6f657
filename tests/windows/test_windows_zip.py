"""The zip for Windows, unpacked and used as its users do; Windows' programs run under Wine (`make smoke-windows`)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.mailserver import MailServer
from support.real_server import Unavailable
from support.scripted import HANG, ScriptedServer

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEED = os.path.join(PROJECT, "tests", "seed")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wine import Windows

pytestmark = pytest.mark.windows


@pytest.fixture(scope="module")
def windows() -> Iterator[Windows]:
    """Return a Windows of the tests' own."""
    import wine

    try:
        made = wine.Windows()
    except Unavailable as reason:
        pytest.skip(str(reason))
    yield made
    made.stop()


class Program:
    """The unpacked program."""

    def __init__(self, windows: Windows, folder: str, home: str) -> None:
        self.windows = windows
        self.folder = folder
        self.home = home

    def run(self, *words: str, name: str = "JsN.exe", **variables: str) -> tuple[int, str, str]:
        """Run it in the home folder; return its exit code and what it printed."""
        done = self.windows.run(
            os.path.join(self.folder, name), *words, cwd=self.home, timeout=120, variables=variables
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def started(self, *words: str) -> subprocess.Popen[bytes]:
        """Start it in the home folder."""
        command = self.windows.command(os.path.join(self.folder, "JsN.exe"), *words)
        pipe = subprocess.PIPE
        environment = self.windows.environment()
        return subprocess.Popen(command, cwd=self.home, env=environment, stdin=pipe, stdout=pipe, stderr=pipe)

    def write(self, name: str, content: object) -> None:
        """Write a text, or a value as JSON, into the home folder."""
        with open(os.path.join(self.home, name), "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))


@pytest.fixture(scope="module")
def folder(windows: Windows, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make the zip and return where it was unpacked: a path with blanks and umlauts."""
    import package

    target = tmp_path_factory.mktemp("Programme für alle")
    with zipfile.ZipFile(package.build(windows)) as archive:
        archive.extractall(target)
    return str(target / "jsnpy")


@pytest.fixture
def program(windows: Windows, folder: str, tmp_path: Path) -> Program:
    """Return the program in a home folder that holds the seed's files."""
    home = tmp_path / "Alarme für Ämter"
    shutil.copytree(SEED, home)
    return Program(windows, folder, str(home))


def mail_config(server: MailServer | ScriptedServer, **fields: object) -> dict[str, object]:
    """Return a config for the unchanged script and a server on loopback."""
    arg = {"host": "127.0.0.1", "port": server.port, "from": {"email": "a@x.test"}, "to": {"email": "b@y.test"}}
    return {"scriptfile": ".\\email_send.js", "arg": {**arg, "subject": "Größe", "body": "é", **fields}}


def test_jsn_exe_runs_the_seed_dry(program: Program) -> None:
    """`JsN.exe CaEmail.json --dry-run` exercises STARTTLS and the log-in, and shows the mail."""
    code, out, err = program.run("CaEmail.json", "--dry-run")
    assert (0, 0) == (code, json.loads(out)["code"]), err
    assert "C: STARTTLS" in json.loads(out)["log"]
    assert "Ceci est un e-mail test de JsN" in err


def test_jsnpy_exe_is_the_same_program(program: Program) -> None:
    """`jsnpy.exe -V` names jsnpy, the engine and Python."""
    code, out, _ = program.run("-V", name="jsnpy.exe")
    assert code == 0
    assert out.startswith("jsnpy ")
    assert "Python 3." in out


def test_a_mail_over_starttls_with_a_private_authority(program: Program) -> None:
    """The unchanged script delivers over STARTTLS; the certificate is verified against a named authority."""
    with MailServer("starttls", users={"ann": "pässword"}) as server:
        trusted = program.windows.path(server.ca_file)
        config = mail_config(server, starttls=True, user="ann", **{"pass": "pässword"})
        program.write("mail.json", config)
        code, out, err = program.run("mail.json", SSL_CERT_FILE=trusted)
        assert (0, 0) == (code, json.loads(out)["code"]), out + err
        assert ["ann"] == [mail.user for mail in server.mails]
        assert server.mails[0].message["Subject"] == "Größe"


def test_an_unknown_authority_is_refused(program: Program) -> None:
    """A certificate that nobody vouches for is -4, and the exit code tells it."""
    with MailServer("starttls") as server:
        program.write("mail.json", mail_config(server, starttls=True))
        code, out, err = program.run("mail.json", "--fail-on-send-error")
        assert (3, -4) == (code, json.loads(out)["code"]), out + err
        assert not server.mails


@pytest.mark.parametrize(
    ("script", "options", "expected"),
    [
        ("console.log('ü')", (), 0),
        ("throw new Error('x')", (), 1),
        ("exit(42)", (), 42),
        ("for (;;);", ("--timeout", "1"), 124),
        (None, (), 2),
    ],
)
def test_exit_codes(program: Program, script: str | None, options: tuple[str, ...], expected: int) -> None:
    """The exit codes are those of the contract."""
    if script is not None:
        program.write("s.js", script)
    code, out, err = program.run("s.js", *options)
    assert expected == code, out + err
    assert err or expected in (0, 42)


def test_ctrl_c(program: Program) -> None:
    """Ctrl-C ends an endless script with 130."""
    program.write("s.js", "console.log('ready'); for (;;);")
    with program.started("s.js") as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def test_an_outbox_outlives_a_kill(program: Program) -> None:
    """A mail whose process is killed in the middle of a session is still in the outbox."""
    begun = threading.Event()
    with ScriptedServer(MAIL=(lambda _: begun.set(), HANG)) as silent:
        program.write("mail.json", mail_config(silent))
        with program.started("mail.json", "--outbox", "kept") as process:
            assert begun.wait(30)
            process.kill()
    code, out, err = program.run("outbox", "list", "--outbox", "kept")
    assert code == 3, out + err
    assert "b@y.test" in out


def test_nothing_beside_the_config_is_imported(program: Program) -> None:
    """A json.py in the current folder is not taken for Python's own."""
    program.write("json.py", "raise SystemExit('planted')")
    program.write("smtplib.py", "raise SystemExit('planted')")
    code, out, err = program.run("CaEmail.json", "--dry-run")
    assert code == 0, err
    assert "planted" not in out + err


def test_without_a_console(program: Program) -> None:
    """A run that has no standard handles at all, as a scheduled task may, ends with its own exit code."""
    program.write("s.js", "console.log(1); console.error(2); exit(7)")
    starter = (
        "import subprocess, sys;"
        "print(subprocess.Popen(sys.argv[1:], creationflags=subprocess.DETACHED_PROCESS, close_fds=True).wait())"
    )
    python = os.path.join(program.folder, "runtime", "python.exe")
    exe = program.windows.path(os.path.join(program.folder, "JsN.exe"))
    done = program.windows.run(python, "-c", starter, exe, "s.js", cwd=program.home)
    assert done.stdout.strip() == b"7", done.stderr


def test_the_command_of_a_scheduled_task(program: Program) -> None:
    """As the README has it: cmd, quotes in quotes for the path with blanks; the log grows, the exit code comes back."""
    program.write("s.js", "console.log('größer'); console.error('schlimmer'); exit(7)")
    starter = (
        "import subprocess, sys;"
        """print(subprocess.Popen('cmd.exe /c ""' + sys.argv[1] + '" s.js >> alert.log 2>&1"').wait())"""
    )
    python = os.path.join(program.folder, "runtime", "python.exe")
    exe = program.windows.path(os.path.join(program.folder, "jsnpy.exe"))
    for _ in range(2):
        done = program.windows.run(python, "-c", starter, exe, cwd=program.home)
        assert done.stdout.strip() == b"7", done.stderr
    with open(os.path.join(program.home, "alert.log"), encoding="utf-8") as file:
        assert "größer schlimmer größer schlimmer" == " ".join(file.read().split())
