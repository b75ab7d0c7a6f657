"""Configs as people write, name and misname them."""

from pathlib import Path

import pytest
from support.command import jsnpy


@pytest.mark.parametrize("name", ["script.mjs", "script.ts", "script", "script.js.bak"])
def test_script_under_another_name(name: str, tmp_path: Path) -> None:
    """A script whose name does not end in .js is read as a config, and the error says why."""
    (tmp_path / name).write_text("console.log('no')")
    result = jsnpy(name, cwd=tmp_path)
    assert (2, "") == (result.code, result.out)
    assert f"{name}:1:1: " in result.err
    assert "If it is a script, its name must end in .js, or it must begin with #!." in result.err


def test_script_in_capitals(tmp_path: Path) -> None:
    """.JS is a script as well, as Windows users write it."""
    (tmp_path / "ALERT.JS").write_text("console.log(JSON.stringify(arg))")
    result = jsnpy("ALERT.JS", cwd=tmp_path)
    assert (0, "{}\n", "") == (result.code, result.out, result.err)


def test_config_from_standard_input(tmp_path: Path) -> None:
    """With `-` the config comes from standard input, and its paths start from the current folder."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.js").write_text("console.log(arg)")
    result = jsnpy("-", cwd=tmp_path, input='{"scriptfile": ".\\\\sub\\\\a.js", "arg": "piped"}')
    assert (0, "piped\n", "") == (result.code, result.out, result.err)
