"""What every test gets: an environment of its own, and hypothesis without a stopwatch."""

import os

import hypothesis
import pytest
from support.command import leaks

hypothesis.settings.register_profile("jsnpy", deadline=None, max_examples=60, derandomize=True, database=None)
hypothesis.settings.load_profile("jsnpy")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the developer's environment would decide."""
    for name in list(os.environ):
        if leaks(name) and name != "PYTHONPATH":
            monkeypatch.delenv(name)
