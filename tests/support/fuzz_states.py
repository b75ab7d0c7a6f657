"""State files for the fuzzers: whatever lies in one's place, it is read whole and written back the same, or refused."""

from __future__ import annotations

import os
import tempfile

from jsnpy import json_text
from jsnpy.errors import ConfigError
from jsnpy.state import State


def states(data: bytes) -> None:
    """A run reads a state file, keeps what it read, and the next run finds the same; a damaged one stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "disk.state.json")
        with open(path, "wb") as file:
            file.write(data)
        first = State(path)
        try:
            first.open()
        except ConfigError as error:
            _check_refusal(error, path, data)
            return
        finally:
            first.close()
        first.change(first.value)
        first.save()
        second = State(path)
        second.open()
        second.close()
        assert json_text.dumps(second.value) == json_text.dumps(first.value)
        assert sorted(os.listdir(folder)) == ["disk.state.json", "disk.state.json.lock"]


def _check_refusal(error: ConfigError, path: str, data: bytes) -> None:
    assert all(line.isprintable() for line in str(error).splitlines()), str(error)
    assert len(str(error)) < 1000
    with open(path, "rb") as file:
        assert file.read() == data


SEEDS = [
    b'{"down": true, "since": 1764195600000, "seen": ["a", null, 1.5e300]}',
    b'\xef\xbb\xbf{"a": "\\ud800 \\u2028"}',
    '{"é": "ü"}'.encode("utf-16"),
    b"[" * 2000,
    b'{"a": 1e999}',
    b'{"a": NaN}',
    b'{"a": {"__proto__": {}}, "a": 0}',
    b"",
    b"-0",
]
