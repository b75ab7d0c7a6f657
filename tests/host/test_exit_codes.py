"""One test per exit code."""

from pathlib import Path

from support.command import jsnpy


def test_exit_code_0_script_ran_to_its_end(tmp_path: Path) -> None:
    """A script that runs to its end exits 0, with its output written."""
    (tmp_path / "a.js").write_text("console.log('hello')")
    result = jsnpy("a.js", cwd=tmp_path)
    assert (0, "hello\n", "") == (result.code, result.out, result.err)
