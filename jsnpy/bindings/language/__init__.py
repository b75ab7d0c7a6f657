"""toLocaleString and its kin: dates and numbers through Babel where it is installed, else a warning."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jsnpy.bindings.host import Host
    from jsnpy.engine import Native

_NO_BABEL = "locale and time zone of toLocaleString are ignored: they need jsnpy's extra `locale`"
_NO_COLLATION = "the options of localeCompare are ignored: it orders by letters, then accents, then case"
_NO_ORDER = 'the locale "{}" of localeCompare is ignored: it orders by letters, then accents, then case'


def natives(host: Host) -> dict[str, Native]:
    """Return what language.js calls: the text, [name, message] of an error, or None where the engine's own must do."""
    said: set[str] = set()

    def warn(text: str) -> None:
        if text not in said:
            said.add(text)
            host.output.warn(text)

    def formatted(kind: str, given: list[Any]) -> object:
        try:
            from jsnpy.locales import dates, numbers
            from jsnpy.locales.tags import RangeError
        except ImportError:
            from jsnpy.text import how_to_install

            warn(f"{_NO_BABEL} ({how_to_install('locale')})")
            return None
        try:
            if kind == "date":
                return dates.text(given[0], given[1], _options(given[2]), given[3])
            return numbers.text(given[0], given[1], _options(given[2]))
        except RangeError as error:
            return ["RangeError", str(error)]
        except TypeError as error:
            return ["TypeError", str(error)]
        except (ArithmeticError, LookupError, ValueError):
            return None  # a date before year 1, a number of a thousand digits: the engine has a word for each

    return {
        "locale_date": lambda given: formatted("date", given),
        "locale_number": lambda given: formatted("number", given),
        "locale_order": lambda language: warn(_NO_ORDER.format(language) if language else _NO_COLLATION),
    }


def _options(given: object) -> Mapping[str, object]:
    return given if isinstance(given, dict) and "$foreign" not in given else {}
