"""How a script is found whose path was written for another machine."""

import json
import os
import sys
from pathlib import Path

import pytest
from support.command import jsnpy
from support.configs import Folder, fault

from jsnpy import config


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return an empty current folder."""
    return Folder(tmp_path, monkeypatch)


def case_matters(folder: Folder) -> bool:
    """Tell whether this file system keeps `a` and `A` apart (macOS and Windows do not)."""
    folder.write("case-probe", "")
    return not (folder.path / "CASE-PROBE").exists()


def script(name: str) -> str:
    """Return a config that names this script."""
    return json.dumps({"scriptfile": name})


@pytest.mark.parametrize(
    "name",
    [
        "scripts/email_send.js",
        "./scripts/email_send.js",
        ".\\scripts\\email_send.js",
        "scripts\\email_send.js",
        "scripts/sub/../email_send.js",
        "scripts\\sub\\..\\.\\email_send.js",
        "scripts//email_send.js",
    ],
)
def test_windows_spelling_works_everywhere(folder: Folder, name: str) -> None:
    """Slashes and backslashes find the same script, without a warning, and errors will show one tidy name."""
    path = folder.write("scripts/email_send.js", "1")
    folder.write("scripts/sub/x", "")

    run = folder.load(script(name))

    assert path == run.script_path
    assert os.path.join("scripts", "email_send.js") == run.script_name
    assert [] == run.warnings


def test_config_folder_comes_before_the_current_one(folder: Folder) -> None:
    """A script beside the config is taken, not one of the same name in the current folder."""
    folder.write("etc/mail.js", "right")
    folder.write("etc/c.json", script("mail.js"))

    assert "right" == config.load("etc/c.json").source


def test_current_folder_is_the_second_choice(folder: Folder) -> None:
    """A script that is not beside the config is looked for in the current folder, in Windows spelling too."""
    folder.write("scripts/x.js", "found")
    folder.write("etc/c.json", script(".\\scripts\\x.js"))

    run = config.load("etc/c.json")

    assert "found" == run.source
    assert str(folder.path / "etc") == run.base_dir


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_folder_whose_name_is_no_utf_8(tmp_path: Path) -> None:
    """A script in a folder with a name in Latin-1 runs, and messages show the odd byte as U+FFFD."""
    home = os.path.join(tmp_path, os.fsdecode(b"Donn\xe9es"))
    os.mkdir(home)
    path = os.path.join(home, "a.js")
    Path(path).write_text("console.log(1)\nthrow new Error('no')", encoding="utf-8")
    done = jsnpy(path)
    assert (1, "1\n") == (done.code, done.out)
    assert "Donn\ufffdes/a.js:2" in done.err


def test_other_letter_case_is_found(folder: Folder) -> None:
    """Where exactly one file matches but for letter case, in any segment, it is taken with a warning."""
    path = folder.write("Scripts/Sub/Émail_Send.js", "1")

    run = folder.load(script(".\\scripts\\SUB\\émail_send.JS"))

    if case_matters(folder):
        assert path == run.script_path
        found = os.path.join("Scripts", "Sub", "Émail_Send.js")
        told = 'CaEmail.json:1:16: the script ".\\scripts\\SUB\\émail_send.JS" was found in other letter case: '
        assert [f'{told}"{found}"'] == run.warnings
    assert "1" == run.source


def test_other_spelling_of_accents_is_found(folder: Folder) -> None:
    """A name whose accents macOS took apart is found again."""
    folder.write("e\N{COMBINING ACUTE ACCENT}t.js", "1")

    assert "1" == folder.load(script("ét.js")).source


def test_other_case_beside_the_config_wins_over_the_current_folder(folder: Folder) -> None:
    """The config's folder comes first in any letter case, as on Windows."""
    folder.write("etc/MAIL.js", "right")
    folder.write("etc/c.json", script("mail.js"))

    assert "right" == config.load("etc/c.json").source


def test_exact_case_wins(folder: Folder) -> None:
    """The exact name is taken without a word about others."""
    folder.write("MAIL.js", "other")
    folder.write("mail.js", "exact")

    run = folder.load(script("mail.js"))

    assert ("exact", []) == (run.source, run.warnings)


def test_several_matches_are_listed(folder: Folder) -> None:
    """Where several files match but for letter case, none is guessed."""
    if not case_matters(folder):
        pytest.skip("this file system keeps one spelling only")
    first, second = folder.write("Scripts/A.js", "1"), folder.write("scripts/a.js", "2")
    folder.write("scripts/other.js", "3")

    assert (
        'ConfigError: CaEmail.json:1:16: the script "SCRIPTS/A.JS" fits several files '
        "that differ in letter case only:\n"
        f"  {first}\n  {second}\n"
        "Write the path exactly as the file is named."
    ) == folder.fault(script("SCRIPTS/A.JS"))


def test_one_match_in_two_folders_is_enough(folder: Folder) -> None:
    """Folders that differ in letter case are no trouble as long as one file matches."""
    folder.write("Scripts/a.js", "1")
    folder.write("scripts/b.js", "2")

    assert "2" == folder.load(script("SCRIPTS/B.js")).source


def test_config_in_other_case_is_found(folder: Folder) -> None:
    """A config's own name may be spelt otherwise too."""
    folder.write("Etc/CaEmail.json", script("../mail.js"))

    run = config.load("etc\\caemail.json")

    assert str(folder.path) == os.path.dirname(run.script_path)
    if case_matters(folder):
        found = os.path.join("Etc", "CaEmail.json")
        expected = [f'the config "etc\\caemail.json" was found in other letter case: "{found}"']
        assert expected == run.warnings


def test_missing_script_lists_the_places(folder: Folder) -> None:
    """A script that is nowhere is told with every place tried and a name like it."""
    folder.write("email_send.js", "1")
    folder.write("etc/c.json", '{\n  "arg": {},\n  "scriptfile": "email_sent.js"}')

    assert (
        'ConfigError: etc{}c.json:3:17: the script "email_sent.js" was not found; tried:\n'
        "  {}\n  {}\n"
        'Did you mean "email_send.js"?'
    ).format(os.sep, folder.path / "etc" / "email_sent.js", folder.path / "email_sent.js") == fault(
        lambda: config.load("etc/c.json")
    )


@pytest.mark.skipif(sys.platform == "win32", reason="drive letters exist there")
def test_drive_letters_are_told(folder: Folder) -> None:
    """A path with a drive letter cannot be found on this system, and the error says why."""
    told = folder.fault(script("C:\\JsN\\scripts\\mail.js"))

    assert told.startswith(
        'ConfigError: CaEmail.json:1:16: the script "C:\\JsN\\scripts\\mail.js" was not found; tried:\n'
    )
    assert ("A path with a drive letter exists on Windows only: write it relative to the config.") == told.splitlines()[
        -1
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="shares exist there")
def test_shares_are_told(folder: Folder) -> None:
    """So is a path to a share of another machine."""
    told = folder.fault(script(r"\\server\alerts\mail.js"))

    assert told.endswith("exists on Windows only: write it relative to the config.")


def test_swallowed_backslashes_are_told(folder: Folder) -> None:
    r"""A path whose \t became a tab is explained."""
    told = folder.fault('{"scriptfile": "scripts\\test.js"}')

    assert told.startswith('ConfigError: CaEmail.json:1:16: the script "scripts\\test.js" was not found')
    assert (
        r"The path has a control character in it. "
        r"In JSON a backslash is written \\; in Windows paths / works too: C:/temp/report.pdf"
    ) == told.splitlines()[-1]


def test_folder_is_no_script(folder: Folder) -> None:
    """A folder in place of a script is told."""
    folder.write("scripts/x", "")

    assert (
        'ConfigError: CaEmail.json:1:16: the script "scripts" is a folder, not a file\nName the file itself.'
    ) == folder.fault(script("scripts"))


@pytest.mark.parametrize("name", ["\ud800.js", "x" * 5000 + ".js", "mail.js/x.js", "mail.js/", "a\nb.js", "..", "/"])
def test_impossible_scripts_are_errors(folder: Folder, name: str) -> None:
    """A path no file can have ends as an ordinary error."""
    assert folder.fault(script(name)).startswith("ConfigError: CaEmail.json:1:16: the script ")


def test_links_are_followed_as_the_system_does(folder: Folder) -> None:
    """A path with `..` behind a link means what the system takes it for."""
    folder.write("real/deep/x", "")
    folder.write("real/a.js", "right")
    folder.write("a.js", "wrong")
    try:
        os.symlink(folder.path / "real" / "deep", folder.path / "link", target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    if sys.platform == "win32":
        pytest.skip("Windows takes .. as text")

    run = folder.load(script("link/../a.js"))

    assert "right" == run.source
    assert os.path.samefile(folder.path / "real" / "a.js", run.script_path)
