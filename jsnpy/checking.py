"""Looks for mistakes in scripts without running anything of them."""

from __future__ import annotations

from jsnpy.engine import Engine, traces
from jsnpy.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.engine import Ending


class Checked(Record):
    """What a script is like.

    Attributes:
        error: why it does not compile, as a run would show it; "" if it does.
        ending: how such a run would end.
        warnings: what in it will not work here, one line each.
    """

    error: str
    ending: Ending
    warnings: list[str] = field(default_factory=list)


def check(name: str, source: str, *, stack_size: int, memory_limit: int) -> Checked:
    """Compile a script, and look for names that only other hosts have.

    Args:
        name: the script as messages name it.
        source: its text.
        stack_size: bytes of stack that the engine may use.
        memory_limit: bytes of heap that it may use, 0 for no limit.
    """
    engine = Engine(
        (), {}, lambda _, __: True, stack_size=stack_size, script_size=len(source), memory_limit=memory_limit
    )
    try:
        warnings = engine.warnings(source)
        ending = engine.check(source, name)
    finally:
        engine.close()
    return Checked(
        error="" if ending.kind == "done" else traces.describe(ending, memory_limit),
        ending=ending,
        warnings=[f"{name}:{one.line}: {one.text}" if one.line else f"{name}: {one.text}" for one in warnings],
    )
