"""A number as a locale writes it, with the options of Intl.NumberFormat."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from babel.numbers import (
    format_compact_decimal,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
    parse_pattern,
)

from jsnpy.locales.tags import RangeError, digits, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from babel.core import Locale

# Languages in which a group needs two digits before it (1234, but 12.345).
_SPARING = frozenset(("bg", "et", "hu", "hy", "it", "ka", "lv", "pl", "sl", "sq"))
_MOST = 100  # digits
_LARGE = Context(prec=1000)
_MONEY = "\u00a4"
_AROUND = _MONEY + "-%\u00a0 \u200e\u200f"


def text(number: str, tags: object, options: Mapping[str, object]) -> str:
    """Return a number as text.

    Args:
        number: as JavaScript writes it.
        tags: a BCP 47 tag, a list of them, or None.
        options: of Intl.NumberFormat.

    Raises:
        RangeError: no such locale, currency or unit, or a value out of range.
    """
    locale = find(tags)
    value = Decimal(number)
    style = str(options.get("style") or "decimal")
    if options.get("notation") == "compact":
        return digits(_compact(value, locale, options), locale)
    if style == "percent":
        value *= 100
    shown = _digits(value, locale, style, options)
    signs = options.get("signDisplay")
    sign = str(_symbols(locale).get("minusSign", "-")) if value.is_signed() and signs != "never" else ""
    if not value.is_signed() and (signs == "always" or (signs == "exceptZero" and value)):
        sign = "+"
    if style == "percent":
        shown = _around(shown, sign, str(locale.percent_formats[None].pattern), locale)
    elif style == "currency":
        shown = _money(shown, sign, locale, options)
    else:
        shown = sign + shown
    if style == "unit":
        shown = _unit(value, shown, locale, options)
    return digits(shown, locale)


def _symbols(locale: Locale) -> Mapping[str, object]:
    symbols: Mapping[str, Mapping[str, object]] = locale.number_symbols
    return symbols.get(locale.default_numbering_system) or symbols["latn"]


def _count(options: Mapping[str, object], name: str, least: int) -> int | None:
    value = options.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= _MOST:
        raise RangeError(f"{name} value is out of range.")
    return int(value)


def _precision(style: str, options: Mapping[str, object]) -> tuple[int, int]:
    """Return how many decimals are shown at least and at most."""
    least = _count(options, "minimumFractionDigits", 0)
    most = _count(options, "maximumFractionDigits", 0)
    usual = (0, 0) if style == "percent" else (0, 3)
    if style == "currency":
        usual = (get_currency_precision(str(options.get("currency")).upper()),) * 2
    if least is not None and most is not None and least > most:
        raise RangeError("maximumFractionDigits value is out of range.")
    if least is None:
        least = usual[0] if most is None else min(usual[0], most)
    return least, max(usual[1], least) if most is None else most


def _digits(value: Decimal, locale: Locale, style: str, options: Mapping[str, object]) -> str:
    """Return the number without its sign: rounded, grouped."""
    if not value.is_finite():
        symbols = _symbols(locale)
        return str(symbols.get("nan", "NaN") if value.is_nan() else symbols.get("infinity", "\u221e"))
    value = abs(value)
    significant = _count(options, "maximumSignificantDigits", 1)
    fewest = _count(options, "minimumSignificantDigits", 1)
    if significant is not None or fewest is not None:
        least, most = _significant(value, fewest or 1, significant or 21)
    else:
        least, most = _precision(style, options)
    rounded = value.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP, _LARGE)
    whole, _, fraction = f"{rounded:f}".partition(".")
    fraction = fraction.rstrip("0").ljust(max(0, least), "0")
    whole = whole.zfill(_count(options, "minimumIntegerDigits", 1) or 1)
    symbols = _symbols(locale)
    grouped = _grouped(whole, locale, options)
    return grouped + (str(symbols["decimal"]) + fraction if fraction else "")


def _significant(value: Decimal, fewest: int, most: int) -> tuple[int, int]:
    place = value.adjusted() if value else 0
    return max(0, fewest - 1 - place), most - 1 - place


def _grouped(whole: str, locale: Locale, options: Mapping[str, object]) -> str:
    wanted = options.get("useGrouping")
    pattern = parse_pattern(locale.decimal_formats[None].pattern)
    first, others = pattern.grouping
    sparing = locale.language in _SPARING or str(locale) in ("es", "es_ES", "pt_PT") or wanted == "min2"
    if wanted is False or wanted == "false" or (sparing and wanted not in ("always", True) and len(whole) < first + 2):
        return whole
    groups = [whole[-first:]]
    whole = whole[:-first]
    while whole:
        groups.insert(0, whole[-others:])
        whole = whole[:-others]
    return str(_symbols(locale)["group"]).join(groups)


def _around(shown: str, sign: str, pattern: str, locale: Locale) -> str:
    """Return a number with its sign within its locale's pattern, as of per cent or money."""
    positive, _, negative = pattern.partition(";")
    used = negative if sign and negative else "-" + positive if sign else positive
    before = used[: len(used) - len(used.lstrip(_AROUND))]
    after = used[len(used.rstrip(_AROUND)) :]
    percent = str(_symbols(locale).get("percentSign", "%"))
    return before.replace("-", sign).replace("%", percent) + shown + after.replace("-", sign).replace("%", percent)


def _money(shown: str, sign: str, locale: Locale, options: Mapping[str, object]) -> str:
    code = options.get("currency")
    if not isinstance(code, str):
        raise TypeError("Currency code is required with currency style.")
    if len(code) != len("EUR") or not code.isalpha():
        raise RangeError(f"Invalid currency code : {code}")
    display = options.get("currencyDisplay")
    if display == "name":
        return f"{sign}{shown} {locale.currencies.get(code.upper(), code.upper())}"
    symbol = code.upper() if display == "code" else get_currency_symbol(code.upper(), locale)
    framed = _around(shown, sign, str(locale.currency_formats["standard"].pattern), locale)
    if len(symbol) > 1 and symbol[-1].isalpha() and _MONEY + shown[:1] in framed:
        symbol += "\u00a0"
    return framed.replace(_MONEY, symbol)


def _unit(value: Decimal, shown: str, locale: Locale, options: Mapping[str, object]) -> str:
    from babel.units import UnknownUnitError, format_unit

    unit, display = str(options.get("unit")), options.get("unitDisplay")
    length: Literal["short", "long", "narrow"] = display if display in ("long", "narrow") else "short"
    value = value if value.is_finite() else Decimal(0)
    try:
        framed = format_unit(value, unit, length, locale=locale)
    except UnknownUnitError:
        raise RangeError(f"Invalid unit argument for Number.prototype.toLocaleString() '{unit}'") from None
    return framed.replace(format_decimal(value, locale=locale), shown)


def _compact(value: Decimal, locale: Locale, options: Mapping[str, object]) -> str:
    length: Literal["long", "short"] = "long" if options.get("compactDisplay") == "long" else "short"
    place = value.adjusted() % 3 if value else 0
    size = value.scaleb(-(value.adjusted() - place)) if value else value
    # Two digits that count, unless the number's whole part has more.
    decimals = 1 if place == 0 and size != size.to_integral_value() else 0
    return format_compact_decimal(value, format_type=length, locale=locale, fraction_digits=decimals)
