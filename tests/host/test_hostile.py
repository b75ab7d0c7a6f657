"""Scripts that attack the host: none kills the process, shows a traceback or ends with the wrong exit code."""

from pathlib import Path

import pytest
from support.command import Result, jsnpy
from support.engines import ORIGINAL

_MEMORY = "--memory-limit=16MB"
_CASES = Path(__file__).with_name("hostile.txt").read_text(encoding="utf-8").split("\n=== ")[1:]


def _name(case: str) -> str:
    return case.partition("\n")[0].split(" | ")[2]


def unharmed(result: Result) -> None:
    """Check that the process was not killed and showed nothing of its inside."""
    assert result.code >= 0, result
    assert "Traceback" not in result.err
    assert "fault in jsnpy" not in result.err


@pytest.mark.parametrize("case", _CASES, ids=_name)
def test_hostile_script_ends_in_order(case: str, tmp_path: Path) -> None:
    """The process survives, the exit code is right, and all output written before the end has arrived."""
    header, _, script = case.partition("\n")
    code, last, name = header.split(" | ")
    if ORIGINAL and "memory" in name:
        pytest.skip("the original engine may crash when its memory is exhausted")
    if ORIGINAL and "registry" in name:
        pytest.skip("the original engine has no FinalizationRegistry")
    (tmp_path / "a.js").write_text(script)
    result = jsnpy(*([_MEMORY] if "memory" in name else []), "a.js", cwd=tmp_path)
    unharmed(result)
    assert (int(code), last) == (result.code, result.out.rpartition("\n")[0].rpartition("\n")[2]), result
    if code == "1" and "exit(" not in script:
        assert result.err.startswith("a.js"), result
