"""Value classes without dataclasses: what their constructor takes and refuses, and what they cost."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jsnpy.record import Record, as_dict, field


class Point(Record):
    """Two numbers and a name."""

    x: int
    y: int = 0
    names: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """What both make together."""
        return self.x + self.y


class Named(Point):
    """A point that must have a title."""

    title: str


def test_annotated_names_are_attributes_with_their_defaults() -> None:
    """What is given is kept, what is not has its default."""
    point = Point(x=3)

    assert as_dict(point) == {"x": 3, "y": 0, "names": []}
    assert point.total == 3


def test_a_default_that_can_change_belongs_to_one_record_alone() -> None:
    """Two records do not share a list."""
    one, other = Point(x=1), Point(x=2)
    one.names.append("a")

    assert other.names == []


def test_a_subclass_has_the_names_of_its_base_too() -> None:
    """Base first, then its own, in the order written."""
    assert as_dict(Named(title="t", x=1)) == {"x": 1, "y": 0, "names": [], "title": "t"}


@pytest.mark.parametrize(
    ("given", "message"),
    [({}, "Point needs x"), ({"x": 1, "z": 2, "w": 3}, "Point has no z, w")],
)
def test_what_is_missing_or_unknown_is_named(given: dict[str, int], message: str) -> None:
    """A wrong call is a TypeError that says which name."""
    with pytest.raises(TypeError, match=message):
        Point(**given)  # type: ignore[arg-type]


def test_no_attribute_beyond_the_annotated_ones() -> None:
    """A misspelt attribute is an error, not a new one."""
    with pytest.raises(AttributeError):
        Point(x=1).z = 2  # type: ignore[attr-defined]


def test_costs_no_typing_and_no_dataclasses() -> None:
    """A run that prints one line can use records."""
    code = "import sys, jsnpy.record, jsnpy.text; print({'typing', 'dataclasses', 're', 'difflib'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-c", f"import sys; sys.path = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "set()\n"
