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


_TRAPS = """
const mail = { host: "127.0.0.1", port: 1, from: "a@x.test", to: "b@x.test", subject: "s", body: "b", timeout: 1 };
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const traps = [
  new Proxy(mail, { get() { throw new Error("no") } }),
  new Proxy(mail, { ownKeys() { throw new Error("no") } }),
  revoked.proxy,
];
"""


def test_what_throws_when_it_is_read_is_named_where_it_stands(tmp_path: Path) -> None:
    """A proxy in place of a mail, an address, a request or a header is no worse than any other wrong value."""
    calls = {
        "send_email(x)": "send_email needs an object with host",
        "send_email({ ...mail, to: ['a@x.test', x] })": "to[1] must be",
        "send_email({ ...mail, attachments: [x] })": "attachments[0] must be",
        "http_get('http://127.0.0.1:1', [x])": "headers[0] must be",
        "http_request(x)": "http_request: needs an object",
    }
    for call, words in calls.items():
        (tmp_path / "a.js").write_text(f"{_TRAPS}for (const x of traps) console.log({call}.error)")
        lines = jsnpy("a.js", cwd=tmp_path).out.splitlines()
        assert 3 == sum(words in line and "a value that throws: " in line for line in lines), (call, lines)


def test_natives_called_where_no_stack_is_left_return_a_result(tmp_path: Path) -> None:
    """What is handed over at the bottom of an endless recursion may not be readable: that too is an error in words."""
    (tmp_path / "a.js").write_text(
        f"{_TRAPS}for (const f of [() => send_email(mail), () => http_request({{ url: 'http://127.0.0.1:1' }})]) {{\n"
        "  function rec() { try { return rec() } catch { return f() } }\n"
        "  const r = rec();\n"
        "  console.log(typeof r.error, r.error.includes('$foreign'));\n"
        "}"
    )
    result = jsnpy("a.js", cwd=tmp_path)
    assert (0, "string false\n" * 2) == (result.code, result.out), result


def test_an_array_too_long_to_read_is_named_in_english(tmp_path: Path) -> None:
    """Its length is told, with one article."""
    (tmp_path / "a.js").write_text(f"{_TRAPS}console.log(send_email({{ ...mail, to: Array(2e6) }}).error)")
    assert "not an array of 2000000 items" in jsnpy("a.js", cwd=tmp_path).out
