"""Commands, runs and the words between them: what is a command, what is a file, and what is neither."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from support.command import clean_environment, jsnpy

from jsnpy.command import NAMES, click_commands, options

if TYPE_CHECKING:
    from pathlib import Path


def test_names_are_those_of_the_commands() -> None:
    """The list that the quick reader knows is the list of commands."""
    assert set(NAMES) == set(click_commands.commands.commands)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_called_like_a_command_is_reached_by_its_path(tmp_path: Path, name: str) -> None:
    """A first word that is a command is a command; ./NAME is the file."""
    (tmp_path / name).write_text("#!/usr/bin/env jsnpy\nconsole.log('ran')")
    assert (0, "ran\n") == ((done := jsnpy(f"./{name}", cwd=tmp_path)).code, done.out)
    assert "ran\n" != jsnpy(name, cwd=tmp_path).out
    after = jsnpy("-q", name, cwd=tmp_path)
    assert (2, "") == (after.code, after.out)
    assert f"{name} is a command: it comes first" in after.err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["--check", "a.js"], "jsnpy check FILE"),
        (["a.js", "--check"], "jsnpy check FILE"),
        (["--flush", "--outbox", "x"], "jsnpy outbox flush"),
        (["--outbox", "x", "--list"], "jsnpy outbox list"),
        (["--drop", "1", "--outbox", "x"], "jsnpy outbox drop ID"),
        (["--drop=1", "--outbox", "x"], "jsnpy outbox drop ID"),
        (["--outbox", "x", "--resend-unknown"], "jsnpy outbox retry --unknown"),
        (["a.js", "--submit"], "jsnpy submit FILE"),
        (["a.js", "--wait"], "jsnpy submit FILE --wait"),
        (["--init", "x"], "jsnpy init DIR"),
        (["--types"], "jsnpy types"),
        (["--schema"], "jsnpy schema"),
    ],
)
@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_old_flags_name_the_command(tmp_path: Path, words: list[str], command: str, quiet: list[str]) -> None:
    """What was a flag is exit 2 and says what it is now; nothing is run or written."""
    (tmp_path / "a.js").write_text("console.log(1)")
    done = jsnpy(*quiet, *words, cwd=tmp_path)
    assert (2, "") == (done.code, done.out)
    assert f"is a command now: {command}\n" in done.err
    assert ["a.js"] == os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("word", "hint"),
    [("help", "jsnpy -h"), ("/?", "jsnpy -h"), ("version", "jsnpy --version?"), ("chek", "jsnpy check?")],
)
def test_a_lone_word_that_is_no_file_may_mean_a_command(tmp_path: Path, word: str, hint: str) -> None:
    """Who asks for help as other programs give it, or misspells a command, is not only told that a file is missing."""
    done = jsnpy(word, cwd=tmp_path)
    assert (2, "") == (done.code, done.out)
    assert hint in done.err


def test_a_lone_word_that_is_a_file_is_one(tmp_path: Path) -> None:
    """A script may be called like the help of other programs."""
    (tmp_path / "help").write_text("#!/usr/bin/env jsnpy\nconsole.log('run')")
    assert "run\n" == jsnpy("help", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("flag", "command"),
    [("--login", "login CONFIG"), ("--show", "outbox show ID"), ("--retry", "outbox retry ID")],
)
def test_a_command_that_is_typed_as_a_flag_is_named(tmp_path: Path, flag: str, command: str) -> None:
    """Who takes a younger command for a flag reads how it is written, not which option is spelled like it."""
    done = jsnpy("a.json", flag, cwd=tmp_path)
    assert (2, f"jsnpy: error: {flag} is a command: jsnpy {command}\n") == (done.code, done.err)


def test_a_file_that_is_called_nearly_like_a_command(tmp_path: Path) -> None:
    """Who names a file that is there meant no command."""
    (tmp_path / "chek").write_text("")
    done = jsnpy("chek", "x", cwd=tmp_path)
    assert (2, True) == (done.code, "one file is run, but 2 were given" in done.err)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows guesses where the folder of another user would be")
def test_the_folder_of_a_user_who_is_not_there(tmp_path: Path) -> None:
    """No folder that is called ~somebody is made where somebody else's was meant."""
    (tmp_path / "a.js").write_text("console.log(1)")
    done = jsnpy("a.js", "--outbox", "~nobody-here/x", cwd=tmp_path)
    assert (2, "") == (done.code, done.out)
    assert '"~nobody-here/x": no user of the name nobody-here is known here; a folder of that name is ./~' in done.err
    assert ["a.js"] == os.listdir(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no HOME")
@pytest.mark.parametrize("home", ["", "home"])
@pytest.mark.parametrize("words", [["a.js", "--outbox", "~/x"], ["a.js", "--dry-run", "--mailbox=~"], ["init", "~/x"]])
def test_an_account_without_a_home_folder(words: list[str], home: str, tmp_path: Path) -> None:
    """What was to be in a home folder is made neither in the current folder nor in the root folder."""
    (tmp_path / "a.js").write_text("console.log(1)")
    done = jsnpy(*words, cwd=tmp_path, env={"HOME": home})
    assert (2, "") == (done.code, done.out)
    assert "this account has no home folder: HOME is unset, empty or not a whole path" in done.err
    assert ["a.js"] == os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "which file?"),
        (["a.js", "95"], "--set used=95"),
        (["a.js", "95", "--set", "pass=my", "secret"], "--set used=95"),
        (["a.js", "--tiemout", "5"], "Did you mean"),
        (["a.js", "--timeout"], "requires an argument"),
        (["a.js", "--timeout", "soon"], '--timeout: "soon" is not a number of seconds'),
        (["a.js", "--timeout", "-1"], "must be 0 or more seconds"),
        (["a.js", "--log-format", "xml"], '"xml" is neither text nor json'),
        (["a.js", "--outbox", ""], "--outbox: the name of the folder is empty"),
        (["a.js", "--dry-run", "--mailbox="], "--mailbox: the name of the folder is empty"),
        (["a.js", "--mailbox", "m"], "--mailbox is for the mails of a --dry-run"),
        (["a.js", "--dry-run", "--probe"], "--dry-run and --probe contradict each other"),
        (["a.js", "--encoding", ""], "unknown encoding"),
        ([""], "the name of the config is empty"),
        (["check"], "Missing argument 'FILE…'"),
        (["init"], "Missing argument 'DIR'"),
        (["init", ""], "needs the name of a folder"),
        (["types", "x"], "unexpected extra argument"),
        (["submit"], "Missing argument 'FILE'"),
        (["outbox"], "Missing command"),
        (["chek", "a.js"], 'there is no command "chek"; did you mean check?'),
        (["zzzz", "a.js"], "one file is run, but 2 were given"),
        (["outbox", "flsh"], "No such command 'flsh'"),
        (["--\x1b[31m"], r"\x1b[31m"),
    ],
)
@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_wrong_usage_is_exit_2_with_a_word(tmp_path: Path, words: list[str], told: str, quiet: list[str]) -> None:
    """Whatever is wrong with a call is said on stderr, with -q too, and nothing is run."""
    (tmp_path / "a.js").write_text("console.log(1)")
    if not (words and words[0] in NAMES):
        words = [*quiet, *words]
    done = jsnpy(*words, cwd=tmp_path)
    assert (2, "") == (done.code, done.out)
    assert done.err.startswith("jsnpy: error: ")
    assert told in done.err
    assert "\x1b" not in done.err
    assert "secret" not in done.err


@pytest.mark.parametrize(
    ("words", "variable", "as_json"),
    [
        (["--log-format", "json"], "", True),
        (["--log-format=json"], "", True),
        ([], "json", True),
        (["--log-format", "text"], "json", False),
        ([], "", False),
    ],
)
def test_wrong_usage_is_said_in_the_form_that_is_wanted(
    tmp_path: Path, words: list[str], variable: str, as_json: bool
) -> None:
    """A call that cannot be understood is an object too, where messages are to be JSON."""
    told = jsnpy("a.js", "--tiemout", "5", *words, cwd=tmp_path, env={"JSNPY_LOG_FORMAT": variable}).err
    assert "Did you mean" in told
    assert as_json is told.startswith("{")


def test_variables_that_do_not_fit_are_ignored(tmp_path: Path) -> None:
    """Commands and --version have no variable, and those of options count where the option makes sense."""
    (tmp_path / "a.js").write_text("console.log(JSON.stringify(arg))")
    env = {f"JSNPY_{name.upper()}": "1" for name in (*NAMES, "version", "help", "file", "mailbox", "new")}
    env |= {"JSNPY_VERSION": "0.1.0", "JSNPY_OUTBOX": ""}
    done = jsnpy("a.js", cwd=tmp_path, env=env)
    assert (0, "{}\n", "") == (done.code, done.out, done.err)
    probe = jsnpy("a.js", "--dry-run", "-q", cwd=tmp_path, env={"JSNPY_PROBE": "1"})
    assert (0, "{}\n", "") == (probe.code, probe.out, probe.err)
    for words in (["check", "a.js"], ["types"], ["-V"], ["-h"]):
        assert 0 == jsnpy(*words, cwd=tmp_path, env={"JSNPY_DRY_RUN": "maybe", "JSNPY_OUTBOX": "x"}).code


def test_variables_of_a_run_here_do_not_hinder_a_submit(tmp_path: Path) -> None:
    """What only a run on this machine can use is no matter of a run that is handed over."""
    (tmp_path / "a.js").write_text("1")
    env = {"JSNPY_OUTBOX": "box", "JSNPY_MAILBOX": "mails", "JSNPY_PROBE": "1"}
    done = jsnpy("submit", "a.js", cwd=tmp_path, env=env)
    assert (2, True) == (done.code, "JSNPY_BROKER_URL is not set" in done.err)


def test_typed_options_overrule_bad_variables(tmp_path: Path) -> None:
    """A variable that is overruled is not even read."""
    (tmp_path / "a.js").write_text("console.log(1)")
    done = jsnpy("a.js", "--timeout", "20", cwd=tmp_path, env={"JSNPY_TIMEOUT": "soon"})
    assert (0, "1\n", "") == (done.code, done.out, done.err)


@pytest.mark.parametrize(("typed", "variable", "told"), [("-q", "VERBOSE", False), ("-v", "QUIET", True)])
def test_a_typed_option_overrules_a_variable_that_contradicts_it(
    tmp_path: Path, typed: str, variable: str, told: bool
) -> None:
    """-q and -v as they are typed count, whatever is set for every run."""
    (tmp_path / "a.js").write_text("1")
    done = jsnpy("a.js", typed, cwd=tmp_path, env={f"JSNPY_{variable}": "1"})
    assert (0, told) == (done.code, "engine" in done.err)


@pytest.mark.parametrize(
    ("text", "size"),
    [("64MB", 2**26), ("64MiB", 2**26), ("1 gb", 2**30), ("0.5G", 2**29), ("512k", 2**19), ("1000", 1000), ("0", 0)],
)
def test_sizes(text: str, size: int) -> None:
    """A memory limit may have any usual unit, in any letter case; without one it is bytes."""
    assert options.MEMORY_LIMIT.read is not None
    assert size == options.MEMORY_LIMIT.read(text)


def test_a_timeout_of_0_is_none(tmp_path: Path) -> None:
    """--timeout 0 is what the help says of it: the run is never ended."""
    (tmp_path / "a.js").write_text("sleep(1); console.log(1)")
    done = jsnpy("a.js", "--timeout", "0", cwd=tmp_path)
    assert (0, "1\n", "") == (done.code, done.out, done.err)


def test_a_home_folder_is_expanded_in_folders(tmp_path: Path) -> None:
    """No shell does it after =, and those of Windows never: no folder is called ~."""
    (tmp_path / "a.js").write_text("")
    home = tmp_path / "home"
    home.mkdir()
    env = {"HOME": str(home), "USERPROFILE": str(home)}
    assert 0 == jsnpy("a.js", "--dry-run", "--mailbox=~/mails", cwd=tmp_path, env=env).code
    assert 0 == jsnpy("init", "~/start", cwd=tmp_path, env=env).code
    assert (home / "start" / "alert.json").is_file()
    assert not (tmp_path / "~").exists()


def _helps() -> list[list[str]]:
    found: list[list[str]] = [[]]
    for name, command in click_commands.commands.commands.items():
        found.append([name])
        if isinstance(command, click.Group):
            found += [[name, each] for each in command.commands]
    return found


@pytest.mark.parametrize("words", _helps(), ids=" ".join)
def test_help_is_readable_at_80_columns(words: list[str]) -> None:
    """Every help fits an 80-column terminal, and no sentence is cut to make it so."""
    done = jsnpy(*words, "-h", env={"COLUMNS": "80"})
    assert (0, "") == (done.code, done.err)
    assert max(map(len, done.out.splitlines())) <= 80
    assert not [line for line in done.out.splitlines() if line.endswith(("...", " "))]


def test_the_outbox_of_its_commands_is_not_that_of_a_run() -> None:
    """Where mails are looked after, the option names their folder; exit codes are told."""
    assert "Keep mails there" not in jsnpy("outbox", "flush", "-h").out
    assert "Keep mails there" in jsnpy("-h").out
    assert "3 mails are left" in jsnpy("outbox", "-h").out


def test_help_has_every_option_examples_and_exit_codes() -> None:
    """The help of the program is complete, and in groups."""
    help_ = jsnpy("--help").out
    for option in options.RUN:
        assert f"{option.name} {option.metavar}".strip() in help_
    for name in NAMES:
        assert f"\n  {name} " in help_
    for code in ("0", "1", "2", "3", "70", "124", "130, 143"):
        assert f"\n  {code} " in help_
    for group in ("Examples:", "Trying it out:", "Mail:", "Messages:", "Exit codes:"):
        assert f"\n{group}\n" in help_


def complete(words: str, folder: Path) -> list[str]:
    """Return what bash is offered, as type,value."""
    env = clean_environment(
        _JSNPY_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1)
    )
    command = [sys.executable, "-c", "import sys; sys.argv[0] = 'jsnpy'; from jsnpy.__main__ import main; main()"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert "" == done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("jsnpy ", ["plain,check", "plain,outbox", "file,"]),
        ("jsnpy ch", ["plain,check", "file,ch"]),
        ("jsnpy a.js --out", ["plain,--outbox"]),
        ("jsnpy --dry", ["plain,--dry-run"]),
        ("jsnpy a.js --outbox ", ["dir,"]),
        ("jsnpy a.js --dry-run --mailbox b", ["dir,b"]),
        ("jsnpy a.js --log-format ", ["plain,text", "plain,json"]),
        ("jsnpy check a", ["file,a"]),
        ("jsnpy check x.json a", ["file,a"]),
        ("jsnpy submit a", ["file,a"]),
        ("jsnpy init a", ["dir,a"]),
        ("jsnpy outbox fl", ["plain,flush"]),
        ("jsnpy outbox flush --outbox ", ["dir,"]),
    ],
)
def test_completion(tmp_path: Path, words: str, offered: list[str]) -> None:
    """The shell is offered commands, options, files and folders, each where it can stand."""
    found = complete(words, tmp_path)
    assert set(offered) <= set(found)
    assert ("plain,check" in found) == ("plain,check" in offered)


def test_line_ends_are_those_of_runs(tmp_path: Path) -> None:
    """What commands print has plain line feeds everywhere, also on Windows."""
    for words in (["-h"], ["-V"], ["types"], ["schema"], ["init", "start"]):
        done = jsnpy(*words, cwd=tmp_path)
        assert (0, True, False) == (done.code, done.out.endswith("\n"), "\r" in done.out)


def test_no_module_is_loaded_twice(tmp_path: Path) -> None:
    """`python -m jsnpy` is `__main__`; nothing else loads that file as jsnpy.__main__, with click or without."""
    (tmp_path / "a.js").write_text("1")
    code = (
        "import atexit, os, runpy, sys; from jsnpy import supervisor;"
        "supervisor.leave = lambda code: print('jsnpy.__main__' in sys.modules, 'click' in sys.modules);"
        "runpy.run_module('jsnpy', run_name='__main__', alter_sys=True)"
    )
    for words, click_loaded in ((["a.js"], False), (["a.js", "--timeout", "9"], False), (["check", "a.js"], True)):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"False {click_loaded}" == done.stdout.splitlines()[-1]
