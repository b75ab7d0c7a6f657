"""Fixtures of the outbox tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.mailserver import mailserver
from support.scripted import scripted

from jsnpy.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["mailserver", "scripted"]


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close each outbox a test opened."""
    opened: list[Outbox] = []
    make = Outbox.__init__

    def note(self: Outbox, *args: Any, **options: Any) -> None:
        make(self, *args, **options)
        opened.append(self)

    monkeypatch.setattr(Outbox, "__init__", note)
    yield
    for outbox in opened:
        outbox.close()
