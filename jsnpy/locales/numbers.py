"""A number as a locale writes it, with the options of Intl.NumberFormat."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    localcontext,
)

from babel.numbers import (
    format_compact_decimal,
    format_decimal,
    get_currency_name,
    get_currency_precision,
    get_currency_symbol,
    parse_pattern,
)

from jsnpy.locales.options import check_choice, count, out_of_range
from jsnpy.locales.tags import RangeError, digits, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from babel.core import Locale

# Languages in which a group needs two digits before it (1234, but 12.345).
_SPARING = frozenset(("bg", "et", "hu", "hy", "it", "ka", "lv", "pl", "sl", "sq"))
_LARGE = 1000  # digits
_MONEY = "\u00a4"
_AROUND = _MONEY + "()-%\u00a0 \u200e\u200f"
_METHOD = "Number.prototype.toLocaleString"
_UNITS = frozenset(
    (
        *(
            "acre",
            "bit",
            "byte",
            "celsius",
            "centimeter",
            "day",
            "degree",
            "fahrenheit",
            "fluid-ounce",
            "foot",
            "gallon",
        ),
        *("gigabit", "gigabyte", "gram", "hectare", "hour", "inch", "kilobit", "kilobyte", "kilogram", "kilometer"),
        *("liter", "megabit", "megabyte", "meter", "microsecond", "mile", "mile-scandinavian", "milliliter"),
        *("millimeter", "millisecond", "minute", "month", "nanosecond", "ounce", "percent", "petabyte", "pound"),
        *("second", "stone", "terabit", "terabyte", "week", "yard", "year"),
    )
)
"""What the standard lets scripts use, alone or two with -per- between; Babel takes the end of any unit's name."""

_ROUNDING = {
    "ceil": ROUND_CEILING,
    "floor": ROUND_FLOOR,
    "expand": ROUND_UP,
    "trunc": ROUND_DOWN,
    "halfCeil": ROUND_HALF_UP,
    "halfFloor": ROUND_HALF_DOWN,
    "halfExpand": ROUND_HALF_UP,
    "halfTrunc": ROUND_HALF_DOWN,
    "halfEven": ROUND_HALF_EVEN,
}
_ROUNDING_BELOW_0 = {**_ROUNDING, "halfCeil": ROUND_HALF_DOWN, "halfFloor": ROUND_HALF_UP}
_CHOICES = {
    "style": ("decimal", "percent", "currency", "unit"),
    "notation": ("standard", "scientific", "engineering", "compact"),
    "compactDisplay": ("short", "long"),
    "currencyDisplay": ("code", "symbol", "narrowSymbol", "name"),
    "currencySign": ("standard", "accounting"),
    "unitDisplay": ("short", "narrow", "long"),
    "signDisplay": ("auto", "never", "always", "exceptZero", "negative"),
    "roundingMode": tuple(_ROUNDING),
    "trailingZeroDisplay": ("auto", "stripIfInteger"),
}


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
    for name, choices in _CHOICES.items():
        check_choice(options, name, choices, _METHOD)
    with localcontext(prec=_LARGE):
        return digits(_text(Decimal(number), locale, options), locale)


def _text(value: Decimal, locale: Locale, options: Mapping[str, object]) -> str:
    grouping = _grouping(options)
    style = str(options.get("style") or "decimal")
    if style == "percent":
        value *= 100
    rounded = _rounded(value, style, options)
    sign = _sign(rounded, locale, options)
    if options.get("notation") == "compact" and value.is_finite():
        return sign + _compact(abs(value), locale, options)
    shown = _digits(abs(rounded), locale, grouping, options)
    if style == "percent" or (
        style == "unit" and options.get("unit") == "percent" and options.get("unitDisplay") != "long"
    ):
        return _around(shown, sign, str(locale.percent_formats[None].pattern), locale)
    if style == "currency":
        return _money(rounded, shown, sign, locale, options)
    return _unit(rounded, sign + shown, locale, options) if style == "unit" else sign + shown


def _grouping(options: Mapping[str, object]) -> str:
    """Return when digits are put into groups: "always", "auto", "min2" or "never"."""
    wanted = options.get("useGrouping")
    if wanted is None or wanted in ("true", "false"):
        return "auto"  # so the standard has it, for both words
    if isinstance(wanted, bool) or not wanted:
        return "always" if wanted else "never"
    if wanted not in ("always", "auto", "min2"):
        raise out_of_range("useGrouping", wanted, _METHOD)
    return str(wanted)


def _sign(value: Decimal, locale: Locale, options: Mapping[str, object]) -> str:
    wanted = options.get("signDisplay")
    if wanted == "never" or (not value and wanted in ("exceptZero", "negative")):
        return ""
    if value.is_signed():
        return str(_symbols(locale).get("minusSign", "-"))
    return "+" if wanted in ("always", "exceptZero") else ""


def _symbols(locale: Locale) -> Mapping[str, object]:
    symbols: Mapping[str, Mapping[str, object]] = locale.number_symbols
    own = symbols.get(locale.default_numbering_system, {})
    return own if "group" in own else symbols["latn"]  # some are no more than a reference to these


def _precision(style: str, options: Mapping[str, object]) -> tuple[int, int]:
    """Return how many decimals are shown at least and at most."""
    least = count(options, "minimumFractionDigits", 0, 20)
    most = count(options, "maximumFractionDigits", 0, 20)
    usual = (0, 0) if style == "percent" else (0, 3)
    if style == "currency":
        usual = (get_currency_precision(str(options.get("currency")).upper()),) * 2
    if least is not None and most is not None and least > most:
        raise RangeError("maximumFractionDigits value is out of range.")
    if least is None:
        least = usual[0] if most is None else min(usual[0], most)
    return least, max(usual[1], least) if most is None else most


def _rounded(value: Decimal, style: str, options: Mapping[str, object]) -> Decimal:
    """Return a number with the decimals that are shown, zeros at their end too."""
    least, most = _precision(style, options)
    fewest = count(options, "minimumSignificantDigits", 1, 21)
    significant = count(options, "maximumSignificantDigits", fewest or 1, 21)
    if not value.is_finite():
        return value
    if significant is not None or fewest is not None:
        place = value.adjusted()
        least, most = max(0, (fewest or 1) - 1 - place), (significant or 21) - 1 - place
    roundings = _ROUNDING_BELOW_0 if value < 0 else _ROUNDING
    rounded = value.quantize(Decimal(1).scaleb(-most), roundings[str(options.get("roundingMode") or "halfExpand")])
    _, _, fraction = f"{rounded:f}".partition(".")
    decimals = len(fraction.rstrip("0"))
    if decimals or options.get("trailingZeroDisplay") != "stripIfInteger":
        decimals = max(decimals, least)
    return rounded.quantize(Decimal(1).scaleb(-decimals))


def _digits(value: Decimal, locale: Locale, grouping: str, options: Mapping[str, object]) -> str:
    """Return a rounded number without a sign, grouped."""
    least = count(options, "minimumIntegerDigits", 1, 21) or 1
    symbols = _symbols(locale)
    if not value.is_finite():
        return str(symbols.get("nan", "NaN") if value.is_nan() else symbols.get("infinity", "\u221e"))
    whole, _, fraction = f"{value:f}".partition(".")
    grouped = _grouped(whole.zfill(least), locale, grouping)
    return grouped + (str(symbols["decimal"]) + fraction if fraction else "")


def _grouped(whole: str, locale: Locale, grouping: str) -> str:
    pattern = parse_pattern(locale.decimal_formats[None].pattern)
    first, others = pattern.grouping
    sparing = locale.language in _SPARING or str(locale) in ("es", "es_ES", "pt_PT") or grouping == "min2"
    if grouping == "never" or (sparing and grouping != "always" and len(whole) < first + 2):
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


def _money(value: Decimal, shown: str, sign: str, locale: Locale, options: Mapping[str, object]) -> str:
    code = options.get("currency")
    if not isinstance(code, str):
        raise TypeError("Currency code is required with currency style.")
    if len(code) != len("EUR") or not code.isalpha():
        raise RangeError(f"Invalid currency code : {code}")
    code, display = code.upper(), options.get("currencyDisplay")
    if display == "name":
        return f"{sign}{shown} {get_currency_name(code, value, locale)}"
    symbol = code if display == "code" else get_currency_symbol(code, locale)
    kind = "accounting" if options.get("currencySign") == "accounting" else "standard"
    framed = _around(shown, sign, str(locale.currency_formats[kind].pattern), locale)
    if len(symbol) > 1 and symbol[-1].isalpha() and _MONEY + shown[:1] in framed:
        symbol += "\u00a0"
    return framed.replace(_MONEY, symbol)


def _unit(value: Decimal, shown: str, locale: Locale, options: Mapping[str, object]) -> str:
    from babel.units import UnknownUnitError, format_compound_unit, format_unit

    what = f"Invalid unit argument for {_METHOD}()"
    unit, display = options.get("unit"), options.get("unitDisplay")
    if not isinstance(unit, str):
        raise TypeError(f"{what} ''")
    numerator, per, denominator = unit.partition("-per-")
    if numerator not in _UNITS or (per and denominator not in _UNITS):
        raise RangeError(f"{what} '{unit}'")
    length: Literal["short", "long", "narrow"] = display if display in ("long", "narrow") else "short"
    value = value if value.is_finite() else Decimal(0)
    try:
        framed = format_unit(value, unit, length, locale=locale)
    except UnknownUnitError:
        made = format_compound_unit(value, numerator, denominator_unit=denominator, length=length, locale=locale)
        framed = made or shown
    return framed.replace(format_decimal(value, locale=locale), shown)


def _compact(value: Decimal, locale: Locale, options: Mapping[str, object]) -> str:
    length: Literal["long", "short"] = "long" if options.get("compactDisplay") == "long" else "short"
    place = value.adjusted() % 3 if value else 0
    size = value.scaleb(-(value.adjusted() - place)) if value else value
    # Two digits that count, unless the number's whole part has more.
    decimals = 1 if place == 0 and size != size.to_integral_value() else 0
    most = count(options, "maximumFractionDigits", 0, 20)
    return format_compact_decimal(
        value, format_type=length, locale=locale, fraction_digits=decimals if most is None else most
    )
