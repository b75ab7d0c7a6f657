"""What every test gets: an environment of its own, hypothesis without a stopwatch, and more workers than cores."""

import os
import signal
from collections.abc import Generator

import hypothesis
import pytest
from support.command import leaks

hypothesis.settings.register_profile("jsnpy", deadline=None, max_examples=60, derandomize=True, database=None)
hypothesis.settings.load_profile("jsnpy")

# What a shell starts with & or nohup ignores Ctrl-C, and so would all that the tests start, as it should.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Let `-n auto` start four workers on two cores, as half of the time goes by in waiting."""
    return max(4, (yield))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the developer's environment would decide."""
    for name in list(os.environ):
        if leaks(name) and name != "PYTHONPATH":
            monkeypatch.delenv(name)
