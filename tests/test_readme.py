"""What the README shows works."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import JSNPY, clean_environment, jsnpy
from support.mailserver import MailServer, mailserver

__all__ = ["mailserver"]

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")

# Lines that other tests run (make, the packages' smoke test, the fleet's with its broker).
ELSEWHERE = ("make ", "pip ", "pipx ", "python3 ", "/opt/", "ln ", "celery ", "export ", "jsnpy submit")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def _commands() -> list[str]:
    lines = "\n".join(_blocks("sh")).splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.strip() and not line.startswith(ELSEWHERE)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the README's commands name."""
    for name in ("CaEmail.json", "email_send.js"):
        shutil.copy(PROJECT / "tests" / "seed" / name, tmp_path)
    (tmp_path / "disk.js").write_text(_blocks("js")[0])
    (tmp_path / "disk.json").write_text(_blocks("json")[0])
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="they are written for a Unix shell")
@pytest.mark.parametrize("command", _commands())
def test_command(command: str, folder: Path) -> None:
    """Every command of the README runs as it stands (in a dry run, so that nothing leaves the machine)."""
    shell = command.replace("jsnpy", " ".join(f'"{word}"' for word in JSNPY), 1)
    shell = shell.replace("~", str(folder))
    if "bash-completion" in shell:
        (folder / ".local/share/bash-completion/completions").mkdir(parents=True)
    sends_nothing = "jsnpy outbox" in command
    env = clean_environment() if sends_nothing else clean_environment(JSNPY_DRY_RUN="1")
    done = subprocess.run(["bash", "-c", shell], cwd=folder, env=env, capture_output=True, check=False)
    assert 0 == done.returncode, done


def test_json_blocks_are_configs() -> None:
    """Every JSON block of the README is a config."""
    assert all("scriptfile" in json.loads(block) for block in _blocks("json"))


def test_first_script(tmp_path: Path) -> None:
    """The first script and config of the README send their mail."""
    (tmp_path / "disk.js").write_text(_blocks("js")[0])
    (tmp_path / "disk.json").write_text(_blocks("json")[0])
    done = jsnpy("disk.json", "--dry-run", cwd=tmp_path)
    assert (0, "") == (done.code, done.out)
    assert "Subject: Disk 91 % full" in done.err


def test_python_block(mailserver: Callable[..., MailServer], folder: Path) -> None:
    """The README's Python runs, and its mails arrive."""
    server = mailserver()
    code = (
        _blocks("python")[0]
        .replace('"mail.example.com"', '"127.0.0.1"')
        .replace('"port": 25', f'"port": {server.port}')
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "0 ", done
    assert ["Hello"] == [mail.message["Subject"] for mail in server.mails]


def test_examples_are_listed() -> None:
    """The README's table of examples names every script and config there is."""
    names = {path.name for room in ("scripts", "configs") for path in (PROJECT / room).iterdir()}
    assert names == {name for name in names if f"`{name}`" in README}


def test_exit_codes_are_listed() -> None:
    """The README's table has every exit code of the program."""
    from jsnpy.errors import ExitCode

    table = README.split("| exit code | when |")[1].split("\n\n")[0]
    codes = [value for name, value in vars(ExitCode).items() if name.isupper()]
    assert all(re.search(rf"\b{code}\b", table) for code in codes)
