"""A Date as a locale writes it, with the options of Intl.DateTimeFormat, as Node 20 does it."""

from __future__ import annotations

import datetime as dt
import re

from babel.dates import DateTimePattern, get_timezone, match_skeleton, parse_pattern

from jsnpy.locales.tags import RangeError, digits, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from babel.core import Locale

_DATE = ("weekday", "year", "month", "day")
_TIME = ("hour", "minute", "second", "fractionalSecondDigits", "dayPeriod")
_WIDTHS = {"numeric": 1, "2-digit": 2, "short": 3, "long": 4, "narrow": 5}
_LETTERS = {"year": "y", "month": "M", "day": "d", "weekday": "E", "hour": "j", "minute": "m", "second": "s"}
_CYCLES = {"h11": "K", "h12": "h", "h23": "H", "h24": "k"}
_AS_NODE = {("en_CA", "yMd"): "y-MM-dd"}  # what scripts take en-CA for; newer data has d/M/y
_NO_NAME = "\u2205" * 3
_LONG = 4  # letters of a month's full name

# Between a long date and a time; Babel has the shorter form alone.
_AT = {
    "ar": " \u0641\u064a ",
    "en": " at ",
    "de": " um ",
    "fr": " \u00e0 ",
    "it": " alle ore ",
    "nl": " om ",
    "pt": " \u00e0s ",
    "pl": " ",
    "da": " kl. ",
    "nb": " kl. ",
    "nn": " kl. ",
    "no": " kl. ",
    "sv": " kl. ",
    "is": " kl. ",
    "fi": " klo ",
    "cs": " v ",
    "sk": " o ",
    "sl": " ob ",
    "hr": " u ",
    "ro": " la ",
    "bg": " \u0432 ",
    "ru": " \u0432 ",
    "uk": " \u043e ",
    "el": " \u03c3\u03c4\u03b9\u03c2 ",
    "ca": ", a les ",
    "et": ", kell ",
    "id": " pukul ",
    "tr": " ",
    "hu": " ",
    "lt": " ",
    "lv": " ",
    "sr": " ",
    "ja": " ",
    "ko": " ",
    "zh": " ",
    "es": " a las ",
}
_GLUES = {"da": ", ", "fi": " klo ", "pt": ", "}  # likewise, between a short date and a time


def text(milliseconds: float, tags: object, options: Mapping[str, object], defaults: str) -> str:
    """Return a moment as text.

    Args:
        milliseconds: since 1970, UTC.
        tags: a BCP 47 tag, a list of them, or None.
        options: of Intl.DateTimeFormat.
        defaults: "date", "time" or "any": what is shown where the options name no part.

    Raises:
        RangeError: no such locale, time zone or value of an option.
        OverflowError: a moment that Python has no date for.
    """
    locale = find(tags)
    zone = _zone(options.get("timeZone"))
    moment = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=milliseconds)
    moment = moment.astimezone(zone)
    if options.get("dateStyle") or options.get("timeStyle"):
        pattern = _styled(locale, options)
    else:
        pattern = _composed(locale, _parts(options, defaults), options)
    # Node writes plain blanks where newer data has narrow ones that do not break.
    return digits(_applied(pattern, moment, locale), locale).replace("\u202f", " ")


def _zone(name: object) -> dt.tzinfo | None:
    if name is None:
        return None  # this machine's
    try:
        return get_timezone(str(name))
    except (LookupError, ValueError, OSError):
        pass  # the last is for a folder of the zones' data, and for what no file can be called
    from zoneinfo import available_timezones

    by_lower = {each.lower(): each for each in available_timezones()}
    known = by_lower.get(str(name).lower())
    if known is None:
        raise RangeError(f"Invalid time zone specified: {name}")
    return get_timezone(known)


def _parts(options: Mapping[str, object], defaults: str) -> dict[str, str]:
    """Return the parts that are shown, each with its width, as the standard fills them in."""
    for name in (*_DATE, "hour", "minute", "second", "timeZoneName"):
        value = options.get(name)
        widths = ("short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric")
        if value is not None and value not in (widths if name == "timeZoneName" else _WIDTHS):
            raise RangeError(f"Value {value} out of range for Date.prototype.toLocaleString options property {name}")
    parts = {name: str(options[name]) for name in (*_DATE, *_TIME) if options.get(name) is not None}
    needed = {"date": _DATE, "time": _TIME, "any": (*_DATE, *_TIME)}[defaults]
    if not any(name in parts for name in needed):
        if defaults != "time":
            parts |= dict.fromkeys(("year", "month", "day"), "numeric")
        if defaults != "date":
            parts |= dict.fromkeys(("hour", "minute", "second"), "numeric")
    return parts


def _cycle(locale: Locale, options: Mapping[str, object]) -> str:
    """Return the letter of the hour: which of the four ways to count them is meant."""
    usual = re.sub(r"'[^']*'", "", locale.time_formats["short"].pattern)
    own = next((letter for letter in usual if letter in "hHkK"), "H")
    if isinstance(options.get("hour12"), bool):
        # As ECMA-402 had it when Node 20 came out: 24:00 in English, 0:00 AM in German.
        return {"H": "K", "K": "K"}.get(own, "h") if options["hour12"] else {"H": "H", "K": "H"}.get(own, "k")
    return _CYCLES.get(str(options.get("hourCycle")), own)


def _composed(locale: Locale, parts: Mapping[str, str], options: Mapping[str, object]) -> str:
    date = "".join(_letters(name, parts[name]) for name in ("year", "month", "weekday", "day") if name in parts)
    time = "".join(_letters(name, parts[name]) for name in ("hour", "minute", "second") if name in parts)
    letter = _cycle(locale, options)
    time = time.replace("j", "h" if letter in "hK" else "H")
    pattern = _fitting(locale, date, parts, options) if date else ""
    if time:
        clock = _with_hour(_fitting(locale, time, parts, options), letter)
        if fraction := parts.get("fractionalSecondDigits"):
            clock = clock.replace("ss", "ss." + "S" * int(float(fraction)))
        pattern = _joined(locale, pattern, clock, _style(parts)) if pattern else clock
    zone = options.get("timeZoneName")
    if zone:
        pattern = (pattern if time else pattern + ",") + " " + ("zzzz" if str(zone).startswith("long") else "z")
    return pattern


def _with_hour(pattern: str, letter: str) -> str:
    return re.sub(r"'[^']*'|[hHkK]", lambda found: found[0] if found[0][0] == "'" else letter, pattern)


def _letters(name: str, width: str) -> str:
    wide = name == "month" or (name == "weekday" and width != "short") or (name == "year" and width == "2-digit")
    return _LETTERS[name] * (_WIDTHS[width] if wide else 1)


def _style(parts: Mapping[str, str]) -> str:
    month = _WIDTHS.get(parts.get("month", ""), 0)
    return (
        "short"
        if month < _WIDTHS["short"]
        else "medium"
        if month != _LONG
        else "full"
        if "weekday" in parts
        else "long"
    )


def _fitting(locale: Locale, skeleton: str, parts: Mapping[str, str], options: Mapping[str, object]) -> str:
    """Return the locale's pattern for a skeleton, its fields as wide as they are asked for."""
    full = str(locale.date_formats["full"].pattern).replace("cccc", "EEEE")
    if skeleton == "yMMMMEEEEd" and "EEEE" in full and "MMMM" in full:
        return full
    formats = locale.datetime_skeletons
    found = skeleton if skeleton in formats else match_skeleton(_numeric(skeleton), formats)
    found = found or match_skeleton(skeleton, formats)
    if found is None:
        return " ".join(re.findall(r"(?:(\w)\1*)", skeleton)) or skeleton
    widths = {
        width
        for name, width in parts.items()
        if _LETTERS.get(name, "-").replace("j", "H") in skeleton.replace("h", "H")
    }
    pattern = _AS_NODE.get((str(locale), found)) or str(formats[found].pattern)
    if found == skeleton and "2-digit" not in widths and not options.get("timeZoneName"):
        return pattern
    wanted = {_LETTERS[name][0]: width for name, width in parts.items() if name in _LETTERS}
    wanted["L"], wanted["c"] = wanted.get("M", ""), wanted.get("E", "")
    wanted |= dict.fromkeys("hHkK", wanted.get("j", ""))

    def adjusted(field: re.Match[str]) -> str:
        text = field[0]
        width = wanted.get(text[0], "")
        if not width or text[0] == "'" or text[0] in "ms":
            return text
        number = _WIDTHS[width]
        if text[0] in "hHkK":
            return text[0] * number
        is_name = len(text) >= _WIDTHS["short"] or text[0] in "Ec"
        if number >= _WIDTHS["short"]:
            return text[0] * number if is_name else text
        return text[0] * 2 if number == _WIDTHS["2-digit"] and not is_name else text

    return re.sub(r"'[^']*'|([A-Za-z])\1*", adjusted, pattern)


def _numeric(skeleton: str) -> str:
    """Return a skeleton with two-digit fields as plain numbers: that is what locales list."""
    return re.sub(r"(?<![yMd])(yy|MM|dd)(?![yMd]\b|\1)", lambda found: found[0][0], skeleton)


def _styled(locale: Locale, options: Mapping[str, object]) -> str:
    styles = {name: options.get(name) for name in ("dateStyle", "timeStyle")}
    for name, style in styles.items():
        if style is not None and style not in ("full", "long", "medium", "short"):
            raise RangeError(f"Value {style} out of range for Date.prototype.toLocaleString options property {name}")
    date_style, time_style = (str(style) if style else None for style in styles.values())
    date = str(locale.date_formats[date_style].pattern) if date_style else ""
    time = str(locale.time_formats[time_style].pattern) if time_style else ""
    if options.get("hour12") is not None or options.get("hourCycle"):
        letter = _cycle(locale, options)
        time = re.sub(r"([hHkK])\1", r"\1", time) if letter in "hK" else re.sub(r"\b[hK]\b", "HH", time)
        time = _with_hour(time, letter)
        time = re.sub(r"\s*a\s*", "", time) if letter in "Hk" else time if "a" in time else time + " a"
    return _joined(locale, date, time, str(date_style)) if date and time else date or time


def _joined(locale: Locale, date: str, time: str, style: str) -> str:
    if style in ("medium", "short") and locale.language in _GLUES:
        return f"{date}'{_GLUES[locale.language]}'{time}"
    at = _AT.get(locale.language) if style in ("full", "long") else None
    if at is None or (locale.language == "es" and style == "full"):
        return str(locale.datetime_formats[style]).replace("{1}", date).replace("{0}", time)
    return f"{date}'{at}'{time}"


def _applied(pattern: str, moment: dt.datetime, locale: Locale) -> str:
    zone = re.compile(r"'[^']*'|z+")

    def named(found: re.Match[str]) -> str:
        if found[0][0] == "'":
            return found[0]
        return "'" + _zone_name(moment, locale, long=len(found[0]) == _LONG).replace("'", "''") + "'"

    made: DateTimePattern = parse_pattern(zone.sub(named, pattern))
    return made.apply(moment, locale)


def _zone_name(moment: dt.datetime, locale: Locale, *, long: bool) -> str:
    from babel.core import get_global

    away = moment.utcoffset() or dt.timedelta()
    key = getattr(moment.tzinfo, "key", "") or str(moment.tzinfo)
    if key == "UTC" and not long:
        return "UTC"
    form, season = "long" if long else "short", "daylight" if moment.dst() else "standard"
    for names in (locale.time_zones.get(key, {}), locale.meta_zones.get(get_global("meta_zones").get(key, ""), {})):
        name = names.get(form, {}).get(season)
        if name and name != _NO_NAME:
            return str(name)
    if not away:
        return str(locale.zone_formats["gmt"]).replace("%s", "")
    minutes = abs(int(away.total_seconds())) // 60
    hours = f"{minutes // 60:02d}" if long else str(minutes // 60)
    rest = f":{minutes % 60:02d}" if minutes % 60 or long else ""
    sign = "-" if away < dt.timedelta() else "+"
    return str(locale.zone_formats["gmt"]).replace("%s", f"{sign}{hours}{rest}")
