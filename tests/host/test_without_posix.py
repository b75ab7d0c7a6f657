"""Windows lacks modules and functions that POSIX systems have: what a run uses works without them."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.command import clean_environment

# Taken from Python's documentation: "Availability: Unix".
_REMOVING = """
import _signal, os, select, signal, sys, time
for name in "fcntl grp pwd termios tty pty resource syslog readline curses".split():
    sys.modules[name] = None
FUNCTIONS = {
    os: "chown chroot fchmod fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpriority "
        "getsid getuid killpg lchown lockf mkfifo mknod nice openpty pread pwrite readv sendfile set_blocking "
        "setsid statvfs ttyname uname wait wait3 wait4 writev",
    signal: "SIGALRM SIGHUP SIGPIPE SIGQUIT SIGUSR1 SIGUSR2 SIGCHLD alarm pause setitimer",
    time: "tzset clock_gettime",
    select: "poll epoll kqueue",
}
FUNCTIONS[_signal] = FUNCTIONS[signal]
for module, names in FUNCTIONS.items():
    for name in dir(module):
        if name in names.split() or name.startswith(("sched_", "posix_", "O_NO", "O_CLOEXEC", "O_DIRECTORY", "O_SYNC")):
            delattr(module, name)
sys.argv[0] = "jsnpy"
from jsnpy.__main__ import main
main()
"""

_MAIL = "{ host: 'mail.test', port: 587, starttls: true, user: 'u', pass: 'pw', from: 'a@x.test', to: 'b@x.test',"


@pytest.mark.skipif(sys.platform == "win32", reason="nothing need be taken away there")
@pytest.mark.parametrize(
    ("script", "options", "printed"),
    [
        ("console.log('é', [1]); setTimeout(() => console.log(2), 1)", [], "é [ 1 ]\n2\n"),
        (f"console.log(send_email({_MAIL} subject: 's', body: 'b' }}).code)", ["--dry-run", "--mailbox", "box"], "0\n"),
        ("console.log(http_get('http://127.0.0.1:1/').status)", [], "0\n"),
        ("console.log(arg.a)", ["--set", "a=1", "--timeout", "20", "-v"], "1\n"),
    ],
)
def test_run_without_posix(script: str, options: list[str], printed: str, tmp_path: Path) -> None:
    """Runs, sends, fetches and options work with what Windows has of Python's library."""
    (tmp_path / "a.js").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _REMOVING, *options, "a.js"],
        cwd=tmp_path, env=clean_environment(), capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (0, printed) == (done.returncode, done.stdout.decode()), done.stderr.decode()
