"""Dates, numbers and the order of texts in the reader's language: as Node writes them, or said to be not so."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command import Result, jsnpy
from support.console_host import run_script

HERE = Path(__file__).parent
WITHOUT_BABEL = "import sys; sys.modules['babel'] = None"


def without_babel(source: str, folder: Path) -> Result:
    """Run a script where Babel is not installed."""
    (folder / "a.js").write_text(source, encoding="utf-8")
    return jsnpy("a.js", cwd=folder, patch=WITHOUT_BABEL)


def test_what_node_prints() -> None:
    """Each line of the corpus comes out as Node 20 printed it; `make golden` asks it again."""
    printed = jsnpy(HERE / "corpus.js").out.splitlines()
    expected = (HERE / "golden.txt").read_text(encoding="utf-8").splitlines()
    wrong = [f"\nNode: {one}\nhere: {other}" for one, other in zip(expected, printed, strict=True) if one != other]
    assert not wrong, "".join(wrong[:10])


@pytest.mark.parametrize("zone", ["Europe", "Nowhere/City", "x" * 300, "../Europe/Berlin", ""])
def test_what_is_no_time_zone(zone: str, tmp_path: Path) -> None:
    """The script gets Node's RangeError, also for what is a folder of the zones' data, or no file's name."""
    (tmp_path / "a.js").write_text(
        f"try {{ new Date(0).toLocaleString('de-DE', {{ timeZone: '{zone}' }}) }} "
        "catch (e) { console.log(e.name, e.message) }"
    )
    result = jsnpy("a.js", cwd=tmp_path)
    assert (0, f"RangeError Invalid time zone specified: {zone}\n") == (result.code, result.out)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes its zone from elsewhere than TZ")
@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", "GMT+1, Central European Standard Time, GMT+1"),
        ("America/New_York", "EST, Eastern Standard Time, GMT-5"),
        ("UTC", "UTC, Coordinated Universal Time, GMT+0"),
    ],
)
def test_this_machines_zone_has_a_name(zone: str, shown: str, tmp_path: Path) -> None:
    """Where no zone is asked for, it is this machine's that is named, as Node names it."""
    (tmp_path / "a.js").write_text(
        "const names = ['short', 'long', 'shortOffset'].map((timeZoneName) => new Date(Date.UTC(2026, 10, 6))"
        ".toLocaleTimeString('en-US', { timeZoneName }).replace(/^.*M /, '')); console.log(names.join(', '))"
    )
    assert f"{shown}\n" == jsnpy("a.js", cwd=tmp_path, env={"TZ": zone}).out


def test_without_babel_one_warning_a_run(tmp_path: Path) -> None:
    """Locale and time zone are ignored then, which is said once, however often they are asked for."""
    result = without_babel(
        "const d = new Date(Date.UTC(2026, 10, 6, 15, 4, 5));"
        "for (const tag of ['de-DE', 'fr-FR']) console.log(d.toLocaleString(tag), (1234.5).toLocaleString(tag));"
        "console.log(d.toLocaleTimeString('en-US', { timeZone: 'Asia/Tokyo' }))",
        tmp_path,
    )
    assert "11/6/2026, 3:04:05 PM 1,234.5\n" * 2 + "3:04:05 PM\n" == result.out
    assert (0, 1, True) == (result.code, result.err.count("warning"), "pip install 'jsnpy[locale]'" in result.err)


def test_without_locale_nothing_is_needed(tmp_path: Path) -> None:
    """Without arguments, and for en-US without options, Node's text comes without Babel and without a warning."""
    result = without_babel(
        "const d = new Date(Date.UTC(2026, 0, 6, 0, 4, 5));"
        "console.log(d.toLocaleString(), d.toLocaleDateString('en-US'), (-1234567.8915).toLocaleString(),"
        "['é', 'z', 'a'].sort((a, b) => a.localeCompare(b)).join(' '), 'a'.localeCompare('b', 'de'))",
        tmp_path,
    )
    assert ("1/6/2026, 12:04:05 AM 1/6/2026 -1,234,567.892 a é z -1\n", "") == (result.out, result.err)


def test_options_of_an_order_are_ignored_with_a_word(tmp_path: Path) -> None:
    """LocaleCompare orders in one way, with or without Babel; that its options mean nothing is said once."""
    (tmp_path / "a.js").write_text(
        "for (const tag of [undefined, 'vi']) console.log('10'.localeCompare('2', tag, { numeric: true }))"
    )
    result = jsnpy("a.js", cwd=tmp_path)
    assert ("-1\n-1\n", 1) == (result.out, result.err.count("the options of localeCompare are ignored"))
    assert 1 == result.err.count("\n")


def test_an_order_that_is_not_known_is_said(tmp_path: Path) -> None:
    """A language whose order of letters is not here is named, once; one that is here, or is as English, is not."""
    (tmp_path / "a.js").write_text(
        "for (const tag of ['sv', 'de-DE', 'vi-VN', 'vi', 'fr', 'xx']) console.log('a'.localeCompare('b', tag))"
    )
    result = jsnpy("a.js", cwd=tmp_path)
    assert ("-1\n" * 6, 1) == (result.out, result.err.count("\n"))
    assert 'the locale "vi" of localeCompare is ignored' in result.err


@pytest.mark.parametrize(
    "value", ["null", "{ get timeZone() { throw 1 } }", "{ timeZone: Symbol() }", "{ month: {} }", "5", "'x'"]
)
def test_strange_options_end_in_order(value: str, tmp_path: Path) -> None:
    """Whatever is passed as options, a text or a JavaScript error comes back."""
    script = """
    for (const f of [() => new Date(0).toLocaleString('de', VALUE), () => (5).toLocaleString('de', VALUE)])
      try { console.log(typeof f()) } catch (e) { console.log(e instanceof Error ? 'error' : e) }
    """
    (tmp_path / "a.js").write_text(script.replace("VALUE", value))
    result = jsnpy("a.js", cwd=tmp_path)
    assert (0, "") == (result.code, result.err), result
    assert set(result.out.split()) <= {"string", "error", "1"}


@pytest.mark.parametrize("moment", ["8.64e15", "-8.64e15", "-62135596800001", "253402300800000", "0.5", "-1"])
def test_dates_beyond_pythons_years(moment: str, tmp_path: Path) -> None:
    """A year that Python has no date for is shown as without a locale."""
    (tmp_path / "a.js").write_text(
        f"console.log(new Date({moment}).toLocaleDateString('de-DE', {{ timeZone: 'UTC' }}).length > 5)"
    )
    result = jsnpy("a.js", cwd=tmp_path)
    assert ("true\n", "") == (result.out, result.err)


@given(st.lists(st.text(max_size=4), max_size=6))
def test_the_order_is_one(words: list[str]) -> None:
    """Whatever the texts, the order is total: sorting again, or backwards, changes nothing but equal texts."""
    import json

    source = f"""
    const words = {json.dumps(words)};
    const by = (a, b) => a.localeCompare(b);
    for (const a of words) for (const b of words) {{
      if (by(a, b) !== -by(b, a)) console.log("not antisymmetric", JSON.stringify([a, b]));
      for (const c of words) if (by(a, b) <= 0 && by(b, c) <= 0 && by(a, c) > 0) console.log("not transitive");
    }}
    """
    output = run_script(source, bindings=("language/language", "console/console"))
    assert ("", "") == (output.stdout, output.error)
