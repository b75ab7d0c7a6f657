"""A base for value classes: slots and a keyword constructor from annotations, without what dataclasses cost a mail."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, dataclass_transform
else:
    dataclass_transform = lambda **_: lambda cls: cls  # noqa: E731 - only type checkers need the real one

_REQUIRED = object()


class _Made:
    def __init__(self, default_factory: Callable[[], Any]) -> None:
        self.default_factory = default_factory


def field(*, default_factory: Callable[[], Any]) -> Any:
    """Return a default that is made anew for each record, as a list must be."""
    return _Made(default_factory)


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
class _Slotted(type):
    __fields__: dict[str, Any]  # names in order, with their defaults

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _Slotted:
        # They are there, as strings, in modules that begin with `from __future__ import annotations`.
        own = namespace.get("__annotations__", {})
        inherited = {one: default for base in bases for one, default in getattr(base, "__fields__", {}).items()}
        fields = inherited | {one: namespace.pop(one, _REQUIRED) for one in own}
        made = super().__new__(cls, name, bases, {**namespace, "__slots__": tuple(own)})
        made.__fields__ = fields
        return made


class Record(metaclass=_Slotted):
    """A value class: its annotated names are its attributes, given by keyword where they have no default."""

    def __init__(self, **given: Any) -> None:
        for name, default in type(self).__fields__.items():
            value = given.pop(name, default)
            if value is _REQUIRED:
                raise TypeError(f"{type(self).__name__} needs {name}")
            setattr(self, name, value.default_factory() if type(value) is _Made else value)
        if given:
            raise TypeError(f"{type(self).__name__} has no {', '.join(given)}")


def as_dict(record: Record) -> dict[str, Any]:
    """Return a record's values by their names."""
    return {name: getattr(record, name) for name in type(record).__fields__}
