"""Fixtures of the mail tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.mailserver import mailserver
from support.scripted import scripted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["mailserver", "scripted"]


@pytest.fixture(autouse=True)
def _silent(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Sending a mail prints nothing, in none of the tests."""
    yield
    assert ("", "") == capfd.readouterr()
