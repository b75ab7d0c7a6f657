"""QuickJS with its JavaScript, and the reading of its errors: the only room that imports `_quickjs`."""

from jsnpy.engine.engine import MEMORY_LIMIT, Ending, Engine, version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jsnpy.engine.engine import Native as Native

__all__ = ["MEMORY_LIMIT", "Ending", "Engine", "version"]
