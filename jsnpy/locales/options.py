"""The values of options of Intl's objects, checked as Node checks them."""

from __future__ import annotations

from jsnpy.locales.tags import RangeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping


def count(options: Mapping[str, object], name: str, least: int, most: int) -> int | None:
    """Return an option that is a number, or a text that JavaScript takes for one; None where it is not given."""
    value = options.get(name)
    if value is None:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = -1
    if not least <= number <= most:
        raise RangeError(f"{name} value is out of range.")
    return int(number)


def check_choice(options: Mapping[str, object], name: str, choices: Container[object], of: str) -> None:
    """Raise a RangeError where an option is given and none of its values; `of` is the method that was called."""
    value = options.get(name)
    if value is not None and not (isinstance(value, str) and value in choices):
        raise out_of_range(name, value, of)


def out_of_range(name: str, value: object, of: str) -> RangeError:
    """Return Node's error for a value that an option cannot have."""
    return RangeError(f"Value {value} out of range for {of} options property {name}")
