"""A Date as a locale writes it, with the options of Intl.DateTimeFormat, as Node 20 does it."""

from __future__ import annotations

import datetime as dt
import re

from babel.dates import LOCALTZ, DateTimePattern, get_timezone, match_skeleton, parse_pattern

from jsnpy.locales.options import check_choice, count
from jsnpy.locales.tags import RangeError, digits, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from babel.core import Locale

_DATE = ("weekday", "year", "month", "day")
_TIME = ("hour", "minute", "second", "fractionalSecondDigits", "dayPeriod")
_WIDTHS = {"numeric": 1, "2-digit": 2, "short": 3, "long": 4, "narrow": 5}
_LETTERS = {"year": "y", "month": "M", "day": "d", "weekday": "E", "hour": "j", "minute": "m", "second": "s"}
_ZONES = {
    "short": "z",
    "long": "zzzz",
    "shortOffset": "O",
    "longOffset": "OOOO",
    "shortGeneric": "v",
    "longGeneric": "vvvv",
}
_METHODS = {
    "any": "Date.prototype.toLocaleString",
    "date": "Date.prototype.toLocaleDateString",
    "time": "Date.prototype.toLocaleTimeString",
}
_CYCLES = {"h11": "K", "h12": "h", "h23": "H", "h24": "k"}
_AS_NODE = {
    ("en_CA", "yMd"): "y-MM-dd",  # what scripts take en-CA for; newer data has d/M/y
    ("fr", "H"): "HH 'h'",
    ("it", "H"): "H",
    ("uk", "H"): "H",
}
_NO_NAME = "\u2205" * 3
_LONG = 4  # letters of a month's full name
_NAME_OF_ZONE = "\ue000"  # in a pattern, where quotes could meet others
_MINUS = frozenset(("et", "fr", "lt", "sv"))  # languages that write -5 hours with a long minus
_HALF_A_YEAR = dt.timedelta(days=182)

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
        TypeError: options that do not go together.
        OverflowError: a moment that Python has no date for.
    """
    locale = find(tags)
    zone = _zone(options.get("timeZone"))
    moment = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=milliseconds)
    moment = moment.astimezone(zone)
    if options.get("dateStyle") or options.get("timeStyle"):
        pattern = _styled(locale, options, defaults)
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
        check_choice(options, name, _ZONES if name == "timeZoneName" else _WIDTHS, _METHODS[defaults])
    parts = {name: str(options[name]) for name in (*_DATE, *_TIME) if options.get(name) is not None}
    needed = {"date": _DATE, "time": _TIME, "any": (*_DATE, *_TIME)}[defaults]
    if not any(name in parts for name in needed):
        if defaults != "time":
            parts |= dict.fromkeys(("year", "month", "day"), "numeric")
        if defaults != "date":
            parts |= dict.fromkeys(("hour", "minute", "second"), "numeric")
    return parts


def _fields(pattern: str) -> str:
    """Return a pattern without the text in it."""
    return re.sub(r"'[^']*'", "", pattern)


def _cycle(locale: Locale, options: Mapping[str, object]) -> str:
    """Return the letter of the hour: which of the four ways to count them is meant."""
    own = next((letter for letter in _fields(locale.time_formats["short"].pattern) if letter in "hHkK"), "H")
    if isinstance(options.get("hour12"), bool):
        # As ECMA-402 had it when Node 20 came out: 24:00 in English, 0:00 AM in German.
        return {"H": "K", "K": "K"}.get(own, "h") if options["hour12"] else {"H": "H", "K": "H"}.get(own, "k")
    return _CYCLES.get(str(options.get("hourCycle")), own)


def _composed(locale: Locale, parts: Mapping[str, str], options: Mapping[str, object]) -> str:
    shown = [name for name in ("year", "month", "weekday", "day") if name in parts]
    date = "".join(_letters(name, parts[name]) for name in shown)
    time = "".join(_letters(name, parts[name]) for name in ("hour", "minute", "second") if name in parts)
    letter = _cycle(locale, options)
    time = time.replace("j", "h" if letter in "hK" else "H")
    zone, fraction = options.get("timeZoneName"), _fraction(options)
    both = f"E{time}" if time and shown == ["weekday"] and not zone and not fraction else ""
    if both in locale.datetime_skeletons:  # one pattern for both, often without a comma
        date, time = "", both
    pattern = _fitting(locale, date, parts, options) if date else ""
    clock = _with_hour(_fitting(locale, time, parts, options), letter) if time else ""
    if fraction:
        clock = _after_seconds(clock, f"{locale.number_symbols['latn']['decimal']}{fraction}") if clock else fraction
    if zone:
        clock = f"{clock} {_ZONES[str(zone)]}".lstrip()
    return _joined(locale, pattern, clock, _style(parts)) if pattern and clock else pattern or clock


def _fraction(options: Mapping[str, object]) -> str:
    return "S" * (count(options, "fractionalSecondDigits", 1, 3) or 0)


def _after_seconds(pattern: str, fraction: str) -> str:
    return re.sub(r"'[^']*'|s+", lambda found: found[0] if found[0][0] == "'" else found[0] + fraction, pattern)


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
    found = skeleton if skeleton in formats and skeleton != "yy" else match_skeleton(_numeric(skeleton), formats)
    found = found or match_skeleton(skeleton, formats)
    if found is None:
        return " ".join(re.findall(r"(?:(\w)\1*)", skeleton)) or skeleton
    widths = {
        width
        for name, width in parts.items()
        if _LETTERS.get(name, "-").replace("j", "H") in skeleton.replace("h", "H")
    }
    names = (str(locale), locale.language)
    pattern = next((_AS_NODE[name, found] for name in names if (name, found) in _AS_NODE), str(formats[found].pattern))
    day_and_time = skeleton[0] == "E" and len(skeleton.strip("E")) > 0
    zoned = options.get("timeZoneName") in ("short", "long") and "m" in skeleton
    if found == skeleton and "2-digit" not in widths and not zoned and not day_and_time:
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
            return text if day_and_time and width == "numeric" else text[0] * number
        is_name = len(text) >= _WIDTHS["short"] or text[0] in "Ec"
        if number >= _WIDTHS["short"]:
            return text[0] * number if is_name else text
        return text[0] * 2 if number == _WIDTHS["2-digit"] and not is_name else text

    return re.sub(r"'[^']*'|([A-Za-z])\1*", adjusted, pattern)


def _numeric(skeleton: str) -> str:
    """Return a skeleton with two-digit fields as plain numbers: that is what locales list."""
    return re.sub(r"(?<![yMd])(yy|MM|dd)(?![yMd]\b|\1)", lambda found: found[0][0], skeleton)


def _styled(locale: Locale, options: Mapping[str, object], defaults: str) -> str:
    names = ("dateStyle", "timeStyle")
    alien = {"date": "timeStyle", "time": "dateStyle"}.get(defaults, "")
    if options.get(alien):
        raise TypeError(f"Invalid option : {alien}")
    for name in names:
        check_choice(options, name, ("full", "long", "medium", "short"), _METHODS[defaults])
    date_style, time_style = (str(options[name]) if options.get(name) else None for name in names)
    for name in (*_DATE, *_TIME, "timeZoneName"):
        if options.get(name) is not None:
            used = "dateStyle" if date_style else "timeStyle"
            raise TypeError(f"Can't set option {name} when {used} is used")
    date = str(locale.date_formats[date_style].pattern) if date_style else ""
    time = _clock(locale, options, str(locale.time_formats[time_style].pattern)) if time_style else ""
    return _joined(locale, date, time, str(date_style)) if date and time else date or time


def _clock(locale: Locale, options: Mapping[str, object], pattern: str) -> str:
    """Return a locale's own pattern for a time with the hours counted as it is asked for."""
    if options.get("hour12") is None and not options.get("hourCycle"):
        return pattern
    letter = _cycle(locale, options)
    twelve, fields = letter in "hK", _fields(pattern)
    if twelve != bool(re.search("[hK]", fields)):
        zone = re.search("z+", fields)
        pattern = str(locale.datetime_skeletons[f"{'h' if twelve else 'H'}m{'s' if 's' in fields else ''}"].pattern)
        if "HH" in fields and "hh" not in pattern:
            pattern = _with_hour(pattern, "hh")
        pattern += f" {zone[0]}" if zone else ""
    return _with_hour(pattern, letter)


def _joined(locale: Locale, date: str, time: str, style: str) -> str:
    if style in ("medium", "short") and locale.language in _GLUES:
        return f"{date}'{_GLUES[locale.language]}'{time}"
    at = _AT.get(locale.language) if style in ("full", "long") else None
    if at is None or (locale.language == "es" and style == "full"):
        return str(locale.datetime_formats[style]).replace("{1}", date).replace("{0}", time)
    return f"{date}'{at}'{time}"


def _applied(pattern: str, moment: dt.datetime, locale: Locale) -> str:
    zone = re.compile(r"'[^']*'|([zOv])\1*")
    named: list[str] = []

    def name(found: re.Match[str]) -> str:
        if found[0][0] == "'":
            return found[0]
        named.append(_zone_name(moment, locale, found[0]))
        return _NAME_OF_ZONE

    made: DateTimePattern = parse_pattern(zone.sub(name, pattern))
    return made.apply(moment, locale).replace(_NAME_OF_ZONE, "".join(named))


def _zone_name(moment: dt.datetime, locale: Locale, letters: str) -> str:
    """Return the name of a moment's zone for z, O or v, short, or long for four of them."""
    from babel.core import get_global

    if not hasattr(moment.tzinfo, "key") and str(moment.tzinfo) != "UTC":
        own = moment.astimezone(LOCALTZ)  # this machine's zone once more, with the name that Python does not tell
        moment = own if own.utcoffset() == moment.utcoffset() else moment
    away, long = moment.utcoffset() or dt.timedelta(), len(letters) == _LONG
    key = getattr(moment.tzinfo, "key", "") or str(moment.tzinfo)
    if key == "UTC":
        if letters == "z":
            return "UTC"
        key = "Etc/UTC"
    season = "daylight" if moment.dst() else "standard"
    if letters[0] == "v" and (moment + _HALF_A_YEAR).utcoffset() != away:
        season = "generic"
    for names in (locale.time_zones.get(key, {}), locale.meta_zones.get(get_global("meta_zones").get(key, ""), {})):
        name = names.get("long" if long else "short", {}).get(season)
        if name and name != _NO_NAME and letters[0] != "O" and (key, letters[0]) != ("Etc/UTC", "v"):
            return str(name)
    if not away and letters[0] == "z":
        return str(locale.zone_formats["gmt"]).replace("%s", "")
    minutes = abs(int(away.total_seconds())) // 60
    hours = f"{minutes // 60:02d}" if long else str(minutes // 60)
    rest = f":{minutes % 60:02d}" if minutes % 60 or long else ""
    minus = "\u2212" if locale.language in _MINUS else "-"
    return str(locale.zone_formats["gmt"]).replace("%s", f"{minus if away < dt.timedelta() else '+'}{hours}{rest}")
