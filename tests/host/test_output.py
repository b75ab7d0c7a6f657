"""What is printed arrives, wherever it goes; what cannot be printed is an error, a reader that went away is none."""

import errno
import io
import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import JSNPY, clean_environment, jsnpy
from support.engines import ORIGINAL
from support.scripted import ScriptedServer

from jsnpy.errors import JsnpyError
from jsnpy.output import STDERR, STDOUT, Memory, Output, OutputClosed, Stream
from jsnpy.redaction import Redactor

posix = pytest.mark.skipif(sys.platform == "win32", reason="uses a POSIX shell, /dev/full or a pty")


def _shell(line: str, folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    whole = line.replace("JSNPY", " ".join(JSNPY))
    return subprocess.run(
        ["/bin/sh", "-c", whole], cwd=folder, env=clean_environment(**env), capture_output=True, text=True,
        check=False, timeout=30,
    )  # fmt: skip


@posix
def test_reader_that_goes_away(tmp_path: Path) -> None:
    """`| head` ends the run quietly, even an endless one, with exit 0."""
    (tmp_path / "a.js").write_text("for (let i = 0; ; i++) console.log(i)")
    done = _shell("{ JSNPY a.js; echo $? >&2; } | head -n 2", tmp_path)
    assert ("0\n1\n", "0\n") == (done.stdout, done.stderr)


@posix
def test_pipe_that_does_not_block(tmp_path: Path) -> None:
    """A pipe that somebody made non-blocking gets all there is to write."""
    (tmp_path / "a.js").write_text("for (let i = 0; i < 200000; i++) console.log(i)")
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with open(ours, "rb") as reader:
        process = subprocess.Popen([*JSNPY, "a.js"], cwd=tmp_path, env=clean_environment(), stdout=theirs)
        os.close(theirs)
        assert b"".join(b"%d\n" % i for i in range(200000)) == reader.read()
    assert 0 == process.wait(30)


@posix
def test_pipe_that_does_not_block_loses_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that goes away while we wait for room in such a pipe is one that went away."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with open(theirs, "wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
        monkeypatch.setattr(select, "select", lambda *_: os.close(ours))
        stream = Stream(file)
        with pytest.raises(OutputClosed):
            stream.write("x")


@posix
def test_error_after_the_reader_went_away(tmp_path: Path) -> None:
    """A run that failed does not exit 0 because nobody read its output, and still says why."""
    (tmp_path / "a.js").write_text("console.log('x'); throw new Error('bad')")
    done = _shell("{ JSNPY a.js; echo $? >&2; } | true", tmp_path)
    assert done.stderr.endswith("\n1\n")
    assert "Error: bad" in done.stderr


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_disk(tmp_path: Path) -> None:
    """Output that cannot be written makes the run fail, and stderr says why."""
    (tmp_path / "a.js").write_text("console.log('x')")
    done = _shell("JSNPY a.js > /dev/full", tmp_path)
    assert 1 == done.returncode
    assert "cannot be written" in done.stderr


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_disk_does_not_end_the_script(tmp_path: Path) -> None:
    """The script that is to mail of a full disk goes on where its own output does not fit on it any more."""
    (tmp_path / "a.js").write_text(
        "console.log('x'.repeat(1e5)); console.log('y');"
        "setTimeout(() => { console.log('z'); console.error('sent') }, 200)"
    )
    done = _shell("JSNPY a.js > /dev/full", tmp_path)
    assert (1, "sent") == (done.returncode, done.stderr.splitlines()[0])
    assert "cannot be written" in done.stderr


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams(closed: str, tmp_path: Path) -> None:
    """A parent that closed our streams, as some services do, does not keep the script from running."""
    (tmp_path / "a.js").write_text("console.log('x'); console.error('y'); exit(5)")
    assert 5 == _shell(f"JSNPY a.js {closed}", tmp_path).returncode


@posix
@pytest.mark.parametrize("command", ["a.js", "a.js -q --timeout 9", "check a.js", "schema", "-V"])
def test_what_is_printed_to_a_closed_stdout_is_not_lost_without_a_word(command: str, tmp_path: Path) -> None:
    """Output for a stdout that was closed is output that could not be written, as on a full disk."""
    (tmp_path / "a.js").write_text("console.log('x')")
    done = _shell(f"JSNPY {command} >&-", tmp_path)
    assert (1, True) == (done.returncode, "cannot be written: whoever started jsnpy has closed" in done.stderr)


@posix
@pytest.mark.parametrize("fails", ["", "send_email({});"])
def test_who_prints_nothing_needs_no_stdout(fails: str, tmp_path: Path) -> None:
    """A closed stdout is no trouble where nothing is printed to it; exit code 3 is kept, too."""
    (tmp_path / "a.js").write_text(fails)
    done = _shell("JSNPY a.js --fail-on-send-error >&-", tmp_path)
    assert (3 if fails else 0, bool(fails)) == (done.returncode, bool(done.stderr))


@posix
def test_a_process_without_any_output_was_started_so_on_purpose(tmp_path: Path) -> None:
    """Where stdout and stderr are missing, as under pythonw, what is printed is nobody's loss; failures still count."""
    (tmp_path / "a.js").write_text("console.log('x'); console.error('y'); exit(arg.n)")
    assert [0, 7] == [_shell(f"JSNPY a.js --set n={n} >&- 2>&-", tmp_path).returncode for n in (0, 7)]


@posix
def test_a_closed_stdout_keeps_no_mail_and_no_state_back(tmp_path: Path) -> None:
    """A service without stdout sends its mail, and does not do it again each time: what it knows is kept."""
    (tmp_path / "a.json").write_text('{"scriptfile": "a.js", "statefile": "s.json"}')
    with ScriptedServer() as server:
        mail = f'{{host: "127.0.0.1", port: {server.port}, from: "a@x.test", to: "b@x.test", subject: "s", body: ""}}'
        (tmp_path / "a.js").write_text(
            f"console.log('x'.repeat(1e5)); if (!state.told) state.told = send_email({mail}).code === 0;"
        )
        assert [1, 1] == [_shell("JSNPY a.json >&-", tmp_path).returncode for _ in range(2)]
        assert 1 == len(server.messages)


@posix
@pytest.mark.parametrize(
    ("end", "code"),
    [("exit(3)", 3), ("exit(0)", 1), ("send_email({}); exit(0)", 1), ("throw 1", 1)],
)
def test_lost_output_changes_no_worse_exit_code(end: str, code: int, tmp_path: Path) -> None:
    """Output for a closed stdout makes a 1 of 0, and of the 3 of a failed mail; a 3 of the script's own stays."""
    (tmp_path / "a.js").write_text(f"console.log('x'.repeat(1e5)); {end}")
    assert code == _shell("JSNPY a.js --fail-on-send-error >&-", tmp_path).returncode


def test_many_lines_arrive_in_order(tmp_path: Path) -> None:
    """200,000 lines reach a file whole, those of both streams in the order they were printed."""
    (tmp_path / "a.js").write_text("for (let i = 0; i < 200000; i++) console.log(i); console.error('e')")
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run([*JSNPY, "a.js"], cwd=tmp_path, stdout=out, stderr=out, check=False, timeout=60)
    text = (tmp_path / "out").read_text()
    assert (0, "".join(f"{i}\n" for i in range(200000)) + "e\n") == (done.returncode, text)


@pytest.mark.parametrize("end", ["", "exit(0)", "throw 1", "for (;;);", "null.x"])
def test_nothing_is_lost_at_any_exit(end: str, tmp_path: Path) -> None:
    """However a run ends, what it printed before has arrived."""
    (tmp_path / "a.js").write_text(f"for (let i = 0; i < 2000; i++) {{ console.log('o'); console.error('e') }} {end}")
    result = jsnpy("--timeout", "5" if sys.platform == "win32" else "1.5", "a.js", cwd=tmp_path)
    assert "o\n" * 2000 == result.out
    assert result.err.startswith("e\n" * 2000)


def test_redirected_output_is_utf8(tmp_path: Path) -> None:
    """Files and pipes get UTF-8 whatever the locale; a lone surrogate becomes U+FFFD."""
    (tmp_path / "a.js").write_text(
        r"console.log('é€😀\0\ud800'); console.log('\0 alone'); console.log('\ud800')", encoding="utf-8"
    )
    result = jsnpy("a.js", cwd=tmp_path, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"})
    assert "é€😀\0\ufffd\n\0 alone\n\ufffd\n" == result.out


@posix
@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", b"\\xe9\\u20ac"), ("latin-1", b"\xe9\\u20ac"), ("utf-8", "é€".encode())]
)
def test_terminal_shows_what_it_can(encoding: str, shown: bytes, tmp_path: Path) -> None:
    """A terminal without UTF-8 gets escapes for what it cannot show, never an error."""
    import pty

    (tmp_path / "a.js").write_text("console.log('é€')", encoding="utf-8")
    ours, theirs = pty.openpty()
    try:
        environment = clean_environment(PYTHONIOENCODING=encoding)
        done = subprocess.run([*JSNPY, "a.js"], cwd=tmp_path, stdout=theirs, env=environment, check=False, timeout=30)
        assert (0, shown + b"\r\n") == (done.returncode, os.read(ours, 1000))
    finally:
        os.close(ours)
        os.close(theirs)


def test_colour_is_forced_or_absent(tmp_path: Path) -> None:
    """Host messages are coloured on terminals only, or where FORCE_COLOR asks for it."""
    assert "\x1b[31m" in jsnpy("x.js", cwd=tmp_path, env={"FORCE_COLOR": "1"}).err
    assert "\x1b" not in jsnpy("x.js", cwd=tmp_path).err
    assert "\x1b" not in jsnpy("x.js", cwd=tmp_path, env={"FORCE_COLOR": "0", "NO_COLOR": "1"}).err


@posix
@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_colour_unless_no_color_is_set(
    variable: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sets NO_COLOR sees none."""
    import pty

    monkeypatch.setenv("NO_COLOR", variable)
    ours, theirs = pty.openpty()
    try:
        with open(theirs, "w", encoding="utf-8", closefd=False) as terminal:
            line = Output(Stream(terminal), Stream(terminal), Redactor()).line("warning", "x")
        assert coloured == line.startswith("\x1b[33m")
    finally:
        os.close(ours)
        os.close(theirs)


def test_each_text_goes_to_its_own_stream() -> None:
    """Text that waits for one stream is written before that of the other."""
    out, err = Memory(), Memory()
    output = Output(out, err, Redactor())
    for stream, text in ((STDOUT, "a"), (STDERR, "b"), (STDOUT, "c")):
        output.write(stream, text)
    output.finish()
    assert ("ac", "b") == ("".join(out.parts), "".join(err.parts))


def test_the_first_trouble_is_the_one_that_is_told() -> None:
    """What went wrong first is the cause; a stream that broke after it changes nothing."""

    class Broken(Memory):
        def write(self, text: str) -> None:
            raise JsnpyError(f"cannot write {text}")

    output = Output(Broken(), Broken(), Redactor())
    output.write(STDOUT, "first")
    output.write(STDERR, "second")
    output.finish()
    assert "cannot write first" == str(output.trouble)
    assert [1, 1, 124] == [output.exit_code(code) for code in (0, 3, 124)]


def test_a_very_long_message_is_cut_in_its_middle() -> None:
    """An error that quotes a server's megabytes fills no log; a text that is shown as it is stays whole."""
    output = Output(Memory(), Memory(), Redactor())
    line = output.line("error", "begin" + "x" * 100_000 + "end")
    assert len(line) < 5000
    assert line.startswith("jsnpy: error: beginxx")
    assert line.endswith("xxend\n")
    assert 100_001 == len(output.line("show", "x" * 100_000))


class _Console:
    """What sys.stderr is on a console of Windows, as far as we look at it."""

    encoding = "utf-8"

    def __init__(self, terminal: int) -> None:
        self.buffer = io.BytesIO()
        self._terminal = terminal

    def fileno(self) -> int:
        return self._terminal


@posix
@pytest.mark.parametrize(("forced", "coloured"), [("", False), ("1", True)])
def test_windows_console_is_not_coloured_unasked(forced: str, coloured: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A console of Windows would show the codes of colours: it gets them where FORCE_COLOR asks for them only."""
    import pty

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("FORCE_COLOR", forced)
    ours, theirs = pty.openpty()
    try:
        console = _Console(theirs)
        stream = Stream(console)
        assert stream.terminal
        output = Output(stream, stream, Redactor())
        output.error("é")
        output.flush()
        assert coloured == (b"\x1b" in console.buffer.getvalue())
        assert console.buffer.getvalue().endswith(" é\n".encode())
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(
    ("platform", "number", "left"),
    [
        ("win32", errno.EINVAL, True),
        ("win32", errno.EPIPE, True),
        ("win32", errno.ENOSPC, False),
        ("linux", errno.EINVAL, False),
    ],
)
def test_reader_that_went_away_on_windows(
    platform: str, number: int, left: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Windows calls a write to a pipe that nobody reads an invalid argument: that is no trouble of ours."""

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(sys, "platform", platform)
    with (tmp_path / "out").open("w") as file:
        stream = Stream(file)
        monkeypatch.setattr(os, "write", refuse)
        with pytest.raises(OutputClosed if left else JsnpyError):
            stream.write("x")
        monkeypatch.undo()


@posix
def test_help_texts_are_utf8_and_never_fail(tmp_path: Path) -> None:
    """What is not a run's output is UTF-8 too when redirected, and names that are no text are escaped."""
    env = {"PYTHONIOENCODING": "ascii:strict"}
    assert "written: é/alert.json" in jsnpy("init", "é", cwd=tmp_path, env=env).out
    assert '"é" is not a number' in jsnpy("--timeout", "é", "a.js", cwd=tmp_path, env=env).err
    if sys.platform == "linux":  # names are Unicode elsewhere
        strange = jsnpy("init", os.fsdecode(b"\xff"), cwd=tmp_path)
        assert (0, True) == (strange.code, "written: \\udcff/alert.json" in strange.out)


def test_quiet_and_verbose(tmp_path: Path) -> None:
    """-q leaves the uncaught error and the script's own stderr; -v adds config, script and engine."""
    (tmp_path / "a.js").write_text("setTimeout(() => {}, 2 ** 31); console.error('own'); throw new Error('x')")
    quiet = jsnpy("-q", "a.js", cwd=tmp_path).err
    normal = jsnpy("a.js", cwd=tmp_path).err
    verbose = jsnpy("-v", "a.js", cwd=tmp_path).err
    assert (True, True, False) == ("own" in quiet, "Error: x" in quiet, "warning" in quiet)
    assert "warning" in normal
    assert (True, True) == ("a.js" in verbose.splitlines()[0], "quickjs" in verbose)


_EVIL = "x\x1b[31m\u202ey"


@posix
@pytest.mark.parametrize("words", [
    [f"{_EVIL}/c.json", "-v"],
    [f"{_EVIL}/c.json", "--outbox", f"a.js/{_EVIL}"],
    [f"{_EVIL}/c.json", "--outbox", f"~{_EVIL}/x"],
    [f"{_EVIL}/c.json", "--dry-run", "--mailbox", f"a.js/{_EVIL}"],
    ["init", _EVIL],
    ["init", f"a.js/{_EVIL}"],
    ["init", f"{_EVIL}/new"],
    ["outbox", "list", "--outbox", _EVIL],
    ["outbox", "show", _EVIL, "--outbox", _EVIL],
    ["login", f"{_EVIL}/c.json"],
])  # fmt: skip
def test_no_name_of_a_file_reaches_the_terminal_raw(words: list[str], tmp_path: Path) -> None:
    """Control characters in a path are shown escaped, whichever message it stands in."""
    (tmp_path / "a.js").write_text("send_email({})")
    (tmp_path / _EVIL).mkdir()
    (tmp_path / _EVIL / "c.json").write_text('{"scriptfile": "../a.js"}')
    (tmp_path / _EVIL / "alert.json").touch()
    done = jsnpy(*words, cwd=tmp_path)
    shown = done.out + done.err
    assert "x\\x1b[31m\\u202ey" in shown
    assert ("\x1b" in shown, "\u202e" in shown) == (False, False)


def test_json_messages_are_one_object_a_line(tmp_path: Path) -> None:
    """With --log-format json every host message is an object with time, level and message."""
    (tmp_path / "a.js").write_text("setTimeout(() => {}, 2 ** 31); throw 'x\\ny'")
    lines = [json.loads(line) for line in jsnpy("-v", "--log-format", "json", "a.js", cwd=tmp_path).err.splitlines()]
    assert ["info", "info", "warning", "error"] == [line["level"] for line in lines]
    assert all({"time", "level", "message"} <= set(line) for line in lines)


def test_an_uncaught_error_as_json_tells_its_place(tmp_path: Path) -> None:
    """File, line and stack are members of their own, and the column where the engine gives one."""
    (tmp_path / "a.js").write_text("1;\n  null.x")
    told = json.loads(jsnpy("--log-format", "json", "a.js", cwd=tmp_path).err)
    assert ("error", "a.js", 2) == (told["level"], told["file"], told["line"])
    assert "a.js:2" in told["stack"]
    assert ORIGINAL is ("column" not in told)
