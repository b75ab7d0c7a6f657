"""init: a starter that runs, and that never overwrites anything."""

import json
import os
import sys
from pathlib import Path

import pytest
from support.command import jsnpy

from jsnpy import starter
from jsnpy.errors import UsageError

FILES = ["alert.js", "alert.json", "jsconfig.json", "jsnpy.d.ts", "jsnpy.schema.json"]


def test_a_new_folder_gets_the_whole_starter(tmp_path: Path) -> None:
    """The folder is made, the files are named, the config first."""
    folder = tmp_path / "deep" / "alerts é"
    written = starter.init(str(folder))
    assert str(folder / "alert.json") == written[0]
    assert FILES == sorted(os.listdir(folder)) == sorted(map(os.path.basename, written))
    assert starter.types() == (folder / "jsnpy.d.ts").read_text(encoding="utf-8")
    assert starter.schema() == (folder / "jsnpy.schema.json").read_text(encoding="utf-8")
    config = json.loads((folder / "alert.json").read_text(encoding="utf-8"))
    assert (folder / config["$schema"]).is_file()
    assert (folder / config["scriptfile"]).is_file()


def test_the_starter_runs(tmp_path: Path) -> None:
    """Written by the command, the starter sends its mail in a dry run, with the password from the environment."""
    made = jsnpy("init", "alerts", cwd=tmp_path)
    assert (0, "") == (made.code, made.err)
    config = os.path.join("alerts", "alert.json")
    assert f"try: jsnpy {config} --dry-run" in made.out
    written = [line.removeprefix("written: ") for line in made.out.splitlines()[:-1]]
    assert FILES == sorted(map(os.path.basename, written))
    assert config == written[0]
    run = jsnpy(config, "--dry-run", cwd=tmp_path, env={"SMTP_PASS": "s3same-street"})
    assert (0, "sent to recipient@example.com\n") == (run.code, run.out)
    assert "MyService no longer answers." in run.err
    assert "s3same-street" not in run.err


def test_the_starter_fails_loudly(tmp_path: Path) -> None:
    """A mail that does not go out ends the starter with exit code 1, the reason and the dialogue on stderr."""
    starter.init(str(tmp_path))
    config = tmp_path / "alert.json"
    run = jsnpy(config, "--set", "host=127.0.0.1", "--set", "port=1", env={"SMTP_PASS": "x"})
    assert (1, "") == (run.code, run.out)
    assert "127.0.0.1" in run.err
    assert 2 == jsnpy(config).code


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    """One file that is there already is named, and no other is written."""
    (tmp_path / name).write_text("mine")
    done = jsnpy("init", tmp_path)
    assert 2 == done.code
    assert f"{tmp_path / name} exists already: nothing was written" in done.err
    assert [name] == os.listdir(tmp_path)
    assert "mine" == (tmp_path / name).read_text()


def test_a_folder_needs_a_name() -> None:
    """An empty one, as an unset variable of a shell gives it, is a usage error that shows how it is called."""
    with pytest.raises(UsageError, match="needs the name of a folder"):
        starter.init("")


@pytest.mark.skipif(sys.platform == "win32", reason="a user makes no links there")
def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    """Even a link that leads nowhere counts as there."""
    os.symlink(tmp_path / "elsewhere", tmp_path / "alert.js")
    with pytest.raises(UsageError, match="exists already"):
        starter.init(str(tmp_path))
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file made by somebody else after the check is not overwritten either."""
    monkeypatch.setattr("os.path.lexists", lambda _: False)
    (tmp_path / "alert.js").write_text("mine")
    with pytest.raises(UsageError, match=r"alert\.js: File exists"):
        starter.init(str(tmp_path))
    assert "mine" == (tmp_path / "alert.js").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_disk_that_is_full_leaves_no_half_starter(tmp_path: Path) -> None:
    """What could be written is taken away again, so that the next attempt finds nothing in its way."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))"
    done = jsnpy("init", tmp_path / "alerts", patch=limit)
    assert 2 == done.code
    assert f"the starter cannot be written: {tmp_path / 'alerts'}: File too large" in done.err
    assert [] == os.listdir(tmp_path / "alerts")
    assert 0 == jsnpy("init", tmp_path / "alerts").code


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file in the way of the folder is an error in words."""
    (tmp_path / "file").write_text("")
    done = jsnpy("init", tmp_path / "file" / "alerts")
    assert 2 == done.code
    assert "the starter cannot be written: " in done.err
    assert "Traceback" not in done.err
