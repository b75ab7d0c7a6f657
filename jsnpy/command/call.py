"""What a command line asks for."""

from __future__ import annotations

from jsnpy.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.options import Options


class Call(Record):
    """A run, or what else is asked for with the same options."""

    target: str
    options: Options
    sets: tuple[str, ...] = ()
    encoding: str | None = None
