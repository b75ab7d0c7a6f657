"""The outbox by the real command: --outbox, --max-age, `jsnpy outbox` flush, list, drop, retry."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from support.command import JSNPY, clean_environment, jsnpy
from support.outbox import TEMPORARY, CountingServer, fields, keep, write_script
from support.scripted import HANG

import jsnpy as package
from jsnpy.errors import OutboxError
from jsnpy.outbox import Outbox, storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.mailserver import MailServer

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and signals are POSIX's")


@pytest.fixture
def server() -> Iterator[CountingServer]:
    """Return a server that counts the mails it takes."""
    with CountingServer() as running:
        yield running


def sql(box: Path, statement: str) -> list[tuple[object, ...]]:
    """Return what a statement finds in an outbox."""
    database = sqlite3.connect(box / "outbox.db")
    try:
        with database:
            return database.execute(statement).fetchall()
    finally:
        database.close()


def test_life_of_a_mail(tmp_path: Path, server: CountingServer) -> None:
    """A refused mail is kept, listed, left alone until it is due, sent once, and gone."""
    box = tmp_path / "box"
    server.answer = TEMPORARY
    run = jsnpy(write_script(tmp_path, server, "Disk full"), "--outbox", box)
    code, error, id_ = json.loads(run.out)
    assert (0, -8) == (run.code, code)
    assert error.endswith(f"kept in the outbox as {id_}")
    assert 1 == run.err.count("\n"), run.err
    assert f"kept in the outbox as {id_}" in run.err

    listed = jsnpy("outbox", "list", "--outbox", box)
    start = f'{id_} to ann@example.com: "Disk full": next try in '
    assert (3, "") == (listed.code, listed.err)
    assert listed.out.startswith(start)
    assert " old, 1 try; last: " in listed.out
    assert "451 4.3.0 try again later" in listed.out

    early = jsnpy("outbox", "flush", "--outbox", box)
    assert 3 == early.code
    assert early.out.startswith(start)
    quiet = jsnpy("outbox", "flush", "--outbox", box, "-q")
    assert (3, "", "") == (quiet.code, quiet.out, quiet.err)

    sql(box, "UPDATE mails SET next_try = created")
    server.answer = b"250 ok\r\n"
    late = jsnpy("outbox", "flush", "--outbox", box)
    assert (0, f'{id_} to ann@example.com: "Disk full": sent\n', "") == (late.code, late.out, late.err)
    assert 1 == server.count("Disk full")
    again = jsnpy("outbox", "flush", "--outbox", box)
    assert (0, "", "") == (again.code, again.out, again.err)
    empty = jsnpy("outbox", "list", "--outbox", box)
    assert (0, "", f"nothing is kept in {box}\n") == (empty.code, empty.out, empty.err)


def test_end_of_run(tmp_path: Path, server: CountingServer) -> None:
    """The end of every run tries what is due, also after exit(n) and an uncaught error, and prints nothing of it."""
    for number, (source, code) in enumerate([("1", 0), ("exit(7)", 7), ("throw 1", 1)]):
        keep(tmp_path / "box", server, f"mail {number}")
        (tmp_path / "other.js").write_text(source)
        run = jsnpy(tmp_path / "other.js", "--outbox", tmp_path / "box")
        assert (code, "") == (run.code, run.out)
        assert 1 == server.count(f"mail {number}")
    assert "outbox" not in run.err


def test_end_of_run_after_exit_is_not_cut(tmp_path: Path, server: CountingServer) -> None:
    """A script that calls exit(n) does not cut off the tries of slow mails after it."""
    waited: list[bool] = []

    def slow(connection: object) -> bytes:
        del connection
        waited.append(server.stopping.wait(1.5))
        return b"250 ok\r\n"

    keep(tmp_path / "box", server, "one")
    server.steps["MAIL"] = slow
    (tmp_path / "other.js").write_text("exit(7)")
    assert 7 == jsnpy(tmp_path / "other.js", "--outbox", tmp_path / "box").code
    assert 1 == server.count("one")


def test_end_of_run_within_timeout(tmp_path: Path, server: CountingServer) -> None:
    """The tries at the end of a run keep within --timeout, and the run does not count as timed out for them."""
    keep(tmp_path / "box", server, "one")
    server.steps["EHLO"] = HANG
    (tmp_path / "other.js").write_text("console.log('done')")
    start = time.monotonic()
    run = jsnpy(
        tmp_path / "other.js", "--outbox", tmp_path / "box", "--timeout", "8" if sys.platform == "win32" else "3"
    )
    assert time.monotonic() - start < 20
    assert (0, "done\n") == (run.code, run.out)
    assert [("waiting", 2)] == sql(tmp_path / "box", "SELECT state, tries FROM mails")


def test_given_up(tmp_path: Path, server: CountingServer) -> None:
    """A mail older than --max-age has one last try, is then given up, which stderr says once, and stays listed."""
    (id_,) = keep(tmp_path / "box", server, "one")
    server.answer = TEMPORARY
    first = jsnpy("outbox", "flush", "--outbox", tmp_path / "box", "--max-age", "1h")
    assert 3 == first.code
    assert first.out.startswith(f'{id_} to ann@example.com: "one": given up after 2 h: ')
    assert first.err.startswith(f"jsnpy: warning: outbox: {id_} to ann@example.com: ")
    server.answer = b"250 ok\r\n"
    second = jsnpy("outbox", "flush", "--outbox", tmp_path / "box", "--max-age", "1h")
    assert (3, f'{id_} to ann@example.com: "one": given up\n', "") == (second.code, second.out, second.err)
    assert [] == server.taken
    dropped = jsnpy("outbox", "drop", "--outbox", tmp_path / "box", id_)
    assert (0, f"{id_} dropped\n") == (dropped.code, dropped.out)
    assert 0 == jsnpy("outbox", "flush", "--outbox", tmp_path / "box").code


def test_drop_of_nothing(tmp_path: Path, server: CountingServer) -> None:
    """An ID that is not there is an error."""
    keep(tmp_path / "box", server, "one")
    result = jsnpy("outbox", "drop", "--outbox", tmp_path / "box", "0123456789")
    assert (2, "") == (result.code, result.out)
    assert "no mail 0123456789 in" in result.err


@posix
def test_killed_after_the_dot(tmp_path: Path, server: CountingServer) -> None:
    """A process killed while it waits for the last answer leaves a mail that is reported, and resent only if asked."""
    reached = threading.Event()

    def hang(connection: object) -> str:
        del connection
        reached.set()
        return HANG

    server.steps["MESSAGE"] = hang
    script = write_script(tmp_path, server, "one")
    with subprocess.Popen([*JSNPY, script, "--outbox", tmp_path / "box"], env=clean_environment()) as child:
        assert reached.wait(30)
        listed = jsnpy("outbox", "list", "--outbox", tmp_path / "box")
        assert ': "one": being sent: final dot handed over: ' in listed.out
        assert "died" not in listed.out
        assert "being sent" in jsnpy("outbox", "flush", "--outbox", tmp_path / "box").out
        assert 2 == jsnpy("outbox", "drop", "--outbox", tmp_path / "box", listed.out.split()[0]).code
        child.send_signal(signal.SIGKILL)
    server.steps["MESSAGE"] = server._count
    assert ': "one": delivery unknown: ' in jsnpy("outbox", "list", "--outbox", tmp_path / "box").out
    for news in (True, False):
        flushed = jsnpy("outbox", "flush", "--outbox", tmp_path / "box")
        assert 3 == flushed.code
        assert flushed.out.endswith(': "one": delivery unknown\n')
        assert news == ("delivery unknown" in flushed.err)
    assert [] == server.taken
    assert 0 == jsnpy("outbox", "retry", "--unknown", "--outbox", tmp_path / "box").code
    assert 1 == server.count("one")


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_flush_ends_by_signal(tmp_path: Path, server: CountingServer, number: signal.Signals, code: int) -> None:
    """A signal ends a flush at once with its exit code, and the mail it was at is sent by the next."""
    reached = threading.Event()
    keep(tmp_path / "box", server, "one")

    def hang(connection: object) -> str:
        del connection
        reached.set()
        return HANG

    server.steps["RCPT"] = hang
    command = [*JSNPY, "outbox", "flush", "--outbox", str(tmp_path / "box")]
    with subprocess.Popen(command, env=clean_environment(), stdout=subprocess.DEVNULL) as child:
        assert reached.wait(30)
        child.send_signal(number)
        assert code == child.wait(20)
    server.steps["RCPT"] = b"250 ok\r\n"
    assert 0 == jsnpy("outbox", "flush", "--outbox", tmp_path / "box").code
    assert 1 == server.count("one")


@posix
def test_modes(tmp_path: Path, server: CountingServer) -> None:
    """Folder and files are for their owner alone, whatever the umask, while a mail is being sent too."""
    modes: dict[str, int] = {}

    def look(connection: object) -> bytes:
        del connection
        for path in [tmp_path / "new" / "box", *(tmp_path / "new" / "box").iterdir()]:
            modes[path.name[:9]] = stat.S_IMODE(path.stat().st_mode)
        return TEMPORARY

    server.steps["MESSAGE"] = look
    before = os.umask(0)
    try:
        jsnpy(write_script(tmp_path, server, "one"), "--outbox", tmp_path / "new" / "box")
    finally:
        os.umask(before)
    assert 0o700 == modes.pop("box")
    assert {"outbox.db"} < set(modes)
    assert any(name.startswith("claim-") for name in modes)
    assert {0o600} == set(modes.values())


def test_folders_above_are_made(tmp_path: Path, server: CountingServer) -> None:
    """The folders above the outbox are made too."""
    keep(tmp_path / "a" / "b" / "box", server, "one")
    assert 0 == jsnpy("outbox", "flush", "--outbox", "a/b/box", cwd=tmp_path).code
    assert 1 == server.count("one")


@posix
def test_mode_of_a_folder_that_was_there(tmp_path: Path, server: CountingServer) -> None:
    """An empty folder is closed to others; one that holds other things keeps its mode, the file in it is closed."""
    for name, others, expected in (("empty", False, 0o700), ("shared", True, 0o755)):
        box = tmp_path / name
        box.mkdir(mode=0o755)
        if others:
            (box / "notes.txt").write_text("")
        keep(box, server, "one")
        assert expected == stat.S_IMODE(box.stat().st_mode)
        assert 0o600 == stat.S_IMODE((box / "outbox.db").stat().st_mode)


class Nobody:
    """A server that is not there."""

    host = "127.0.0.1"
    port = 1


@posix
@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe"])
def test_what_somebody_put_in_its_place_is_not_used(tmp_path: Path, kind: str) -> None:
    """A link or a pipe in the file's place is refused in one sentence, and where it leads nothing is changed."""
    box = tmp_path / "box"
    box.mkdir(0o700)
    if kind == "pipe":
        os.mkfifo(box / "outbox.db")
    else:
        (box / "outbox.db").symlink_to(tmp_path / "theirs")
    if kind == "link":
        (tmp_path / "theirs").write_bytes(b"")
    script = write_script(tmp_path, Nobody, "Disk full")
    run = jsnpy(script, "--outbox", box)
    assert "outbox.db is no regular file" in run.err
    assert not (tmp_path / "theirs").exists() or b"" == (tmp_path / "theirs").read_bytes()


@posix
def test_another_accounts_file_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in it would be sent in this account's name, with its passwords."""
    storage.make(str(tmp_path / "box"))
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(OutboxError, match=r"outbox\.db belongs to another account"):
        storage.make(str(tmp_path / "box"))


@posix
def test_a_folder_that_others_can_write_is_said(tmp_path: Path) -> None:
    """Beside other things it stays as it is, and the operator is told; alone in it, the outbox closes it."""
    box = tmp_path / "box"
    box.mkdir()
    (box / "other").write_text("")
    box.chmod(0o777)
    script = write_script(tmp_path, Nobody, "Disk full")
    run = jsnpy(script, "--outbox", box)
    assert f"others may write in the outbox's folder {box} (mode 0777)" in run.err
    assert 0o777 == stat.S_IMODE(box.stat().st_mode)
    (box / "other").unlink()
    assert "others may write" not in jsnpy("outbox", "flush", "--now", "--outbox", box).err
    assert 0o700 == stat.S_IMODE(box.stat().st_mode)


def write_config(folder: Path, server: MailServer, password: str) -> Path:
    """Write a config whose script logs in with a password, and return its path."""
    mail = {**fields(server), "user": "ann", "pass": "arg"}
    source = json.dumps(mail).replace('"arg"', "arg.password")
    (folder / "alert.js").write_text(f"const r = send_email({source}); console.log(r.code, r.details.queued);")
    config = folder / "alert.json"
    config.write_text(json.dumps({"scriptfile": "alert.js", "arg": {"password": password}}))
    return config


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        ("${ENV:MAIL_PW}", "${ENV:MAIL_PW}"),
        ("${FILE:secret.txt}", f"${{FILE:%s{os.sep}secret.txt}}"),
        ("token-${ENV:MAIL_PW}", "${ENV:MAIL_PW}"),
    ],
)
def test_reference_instead_of_the_password(
    tmp_path: Path, mailserver: Callable[..., MailServer], reference: str, kept: str
) -> None:
    """A password that came from a reference is kept as that reference, and is resolved anew when it is needed."""
    refusing = mailserver(users={}, refuse={"ann@example.com": "450 4.2.1 later"})
    box = tmp_path / "box"
    secret = tmp_path / "secret.txt"
    secret.write_text("first-Secret\n")
    prefix = reference.partition("$")[0]
    config = write_config(tmp_path, refusing, reference)
    run = jsnpy(config, "--outbox", box, env={"MAIL_PW": "first-Secret"})
    assert run.out.startswith("-7 "), run
    ((server_text,),) = sql(box, "SELECT server FROM mails")
    references = [text for kind, text in json.loads(str(server_text))["password"] if kind == "reference"]
    assert [kept % tmp_path if "%" in kept else kept] == references
    assert b"first-Secret" not in (box / "outbox.db").read_bytes()

    secret.unlink()
    sql(box, "UPDATE mails SET next_try = created")
    missing = jsnpy("outbox", "flush", "--outbox", box, cwd="/")
    assert 3 == missing.code
    assert "the mail's password cannot be had: " in missing.out
    assert "MAIL_PW" in missing.out or "secret.txt" in missing.out

    taking = mailserver(users={})
    secret.write_text("second-Secret")
    sql(box, f"UPDATE mails SET next_try = created, server = json_set(server, '$.server.port', {taking.port})")
    sent = jsnpy("outbox", "flush", "--outbox", box, cwd="/", env={"MAIL_PW": "second-Secret"})
    assert (0, "") == (sent.code, sent.err), sent
    assert [("ann", f"{prefix}second-Secret")] == taking.logins


def test_a_short_secret_inside_a_password_is_kept_as_its_reference(
    tmp_path: Path, mailserver: Callable[..., MailServer]
) -> None:
    """However short a secret is, and wherever else its text stands, the config says which part it is."""
    refusing = mailserver(users={}, refuse={"ann@example.com": "450 4.2.1 later"})
    box = tmp_path / "box"
    config = write_config(tmp_path, refusing, "47-${ENV:PIN}-${FILE:secret.txt}-47")
    given = json.loads(config.read_text())
    given["arg"]["pass"] = given["arg"].pop("password")
    (tmp_path / "secret.txt").write_text("x47\n")
    config.write_text(json.dumps(given))
    script = tmp_path / "alert.js"
    script.write_text(script.read_text().replace("arg.password", "arg.pass"))
    run = jsnpy(config, "--outbox", box, env={"PIN": "4711"})
    assert run.out.startswith("-7 "), run
    ((server_text,),) = sql(box, "SELECT server FROM mails")
    assert b"4711" not in (box / "outbox.db").read_bytes()
    secret = f"${{FILE:{tmp_path / 'secret.txt'}}}"
    parts = [["text", "47-"], ["reference", "${ENV:PIN}"], ["text", "-"], ["reference", secret], ["text", "-47"]]
    assert parts == json.loads(str(server_text))["password"]

    taking = mailserver(users={})
    sql(box, f"UPDATE mails SET next_try = created, server = json_set(server, '$.server.port', {taking.port})")
    sent = jsnpy("outbox", "flush", "--outbox", box, cwd="/", env={"PIN": "0815"})
    assert (0, "") == (sent.code, sent.err), sent
    assert [("ann", "47-0815-x47-47")] == taking.logins


def test_plain_password_is_kept(tmp_path: Path, mailserver: Callable[..., MailServer]) -> None:
    """A password that stands in the config itself is kept with the mail, and shown nowhere."""
    server = mailserver(users={}, refuse={"ann@example.com": "450 4.2.1 later"})
    jsnpy(write_config(tmp_path, server, "tr0ub4dor"), "--outbox", tmp_path / "box")
    assert "tr0ub4dor" in str(sql(tmp_path / "box", "SELECT server FROM mails"))
    sql(tmp_path / "box", "UPDATE mails SET next_try = created")
    for chore in ("list", "flush"):
        result = jsnpy("outbox", chore, "--outbox", tmp_path / "box")
        assert "tr0ub4dor" not in result.out + result.err
    assert 2 == len(server.logins)


@pytest.mark.parametrize("processes", [2, 8])
def test_many_flushes_at_once(tmp_path: Path, server: CountingServer, processes: int) -> None:
    """Several processes that flush one outbox at the same time send each mail once."""
    subjects = [f"mail {number}" for number in range(20)]
    keep(tmp_path / "box", server, *subjects)
    command = [*JSNPY, "outbox", "flush", "--outbox", str(tmp_path / "box")]
    children = [
        subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(processes)
    ]
    ends = [(*child.communicate(timeout=60), child.returncode) for child in children]
    assert [b""] * processes == [err for _, err, _ in ends]
    assert {0, 3} >= {code for _, _, code in ends}
    assert sorted(subjects) == sorted(subject for subject, _ in server.taken)
    assert 20 == sum(out.count(b": sent\n") for out, _, _ in ends)
    assert 0 == jsnpy("outbox", "flush", "--outbox", tmp_path / "box").code
    assert ["outbox.db"] == os.listdir(tmp_path / "box")


def test_first_runs_at_once(tmp_path: Path, server: CountingServer) -> None:
    """Several runs may make the outbox at the same moment."""
    server.answer = TEMPORARY
    script = write_script(tmp_path, server, "one")
    command = [*JSNPY, str(script), "--outbox", str(tmp_path / "box")]
    children = [
        subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    ends = [child.communicate(timeout=60)[0] for child in children]
    assert all(b"kept in the outbox as" in out for out in ends), ends
    assert [(6,)] == sql(tmp_path / "box", "SELECT count(*) FROM mails")


def test_dry_run_keeps_nothing(tmp_path: Path, server: CountingServer) -> None:
    """A dry run neither makes an outbox nor sends what is in one."""
    keep(tmp_path / "box", server, "kept before")
    script = write_script(tmp_path, server, "one")
    for box in ("box", "new"):
        run = jsnpy(script, "--dry-run", "--outbox", tmp_path / box)
        assert 0 == run.code, run
    assert [] == server.taken
    assert not (tmp_path / "new").exists()


def test_probe_keeps_nothing(tmp_path: Path, server: CountingServer) -> None:
    """A probe neither keeps what fails for a passing reason nor sends what is due: its mails are none."""
    keep(tmp_path / "box", server, "kept before")
    server.steps["RCPT"] = b"450 4.2.1 later\r\n"
    script = write_script(tmp_path, server, "one")
    for box in ("box", "new"):
        run = jsnpy(script, "--probe", "--outbox", tmp_path / box)
        assert (0, -7) == (run.code, json.loads(run.out)[0]), run
        assert "kept in the outbox" not in run.out + run.err
    assert [("kept before", 1)] == sql(tmp_path / "box", "SELECT subject, tries FROM mails")
    assert not (tmp_path / "new").exists()


def test_environment_variable(tmp_path: Path, server: CountingServer) -> None:
    """JSNPY_OUTBOX does what --outbox does."""
    server.answer = TEMPORARY
    run = jsnpy(write_script(tmp_path, server, "one"), env={"JSNPY_OUTBOX": str(tmp_path / "box")})
    assert "kept in the outbox as" in run.out
    assert 3 == jsnpy("outbox", "list", env={"JSNPY_OUTBOX": str(tmp_path / "box")}).code


@pytest.mark.parametrize("timeout", [None, 30])
def test_from_python(tmp_path: Path, server: CountingServer, timeout: float | None) -> None:
    """jsnpy.run takes the outbox's folder, in this process and in a child."""
    server.answer = TEMPORARY
    result = package.run(write_script(tmp_path, server, "one"), outbox=tmp_path / "box", timeout=timeout)
    assert "kept in the outbox as" in result.sends[0].error
    assert ["one"] == [each.row.subject for each in Outbox(str(tmp_path / "box")).kept()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["outbox"], "Missing command"),
        (["outbox", "flush"], "which outbox? Name its folder: --outbox DIR, or set JSNPY_OUTBOX"),
        (["outbox", "list"], "which outbox?"),
        (["outbox", "list", "--outbox", ""], "--outbox: the name of the folder is empty"),
        (["outbox", "flush", "--outbox", "box", "a.js"], "unexpected extra argument"),
        (["outbox", "flush", "--outbox", "box", "--dry-run"], "No such option '--dry-run'"),
        (["outbox", "drop", "--outbox", "box"], "Missing argument 'ID…'"),
        (["outbox", "flush", "--outbox", "box", "--max-age", "soon"], '"soon" is not an age such as 5d, 12h or 30m'),
        (["a.js", "--outbox", ""], "--outbox: the name of the folder is empty"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], message: str) -> None:
    """What makes no sense together is an error, and makes no outbox."""
    result = jsnpy(*arguments, cwd=tmp_path)
    assert (2, "") == (result.code, result.out)
    assert message in result.err
    assert [] == list(tmp_path.iterdir())


def test_no_outbox_yet(tmp_path: Path) -> None:
    """A folder that is not there holds no mail, and looking does not make it."""
    assert 0 == jsnpy("outbox", "flush", "--outbox", tmp_path / "box").code
    assert 0 == jsnpy("outbox", "list", "--outbox", tmp_path / "box").code
    assert not (tmp_path / "box").exists()


def test_nothing_of_it_without_the_option(tmp_path: Path, server: CountingServer) -> None:
    """A run without --outbox imports neither the outbox nor SQLite."""
    script = write_script(tmp_path, server, "one")
    code = (
        "import sys; from jsnpy.command import foreground, options;"
        f"foreground.run(options.read({str(script)!r}, {{}}, {{}}, options.RUN));"
        "print([name for name in sys.modules if 'sqlite' in name or 'outbox' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n[]\n")
    assert 1 == server.count("one")


def test_flush_over_one_session(tmp_path: Path, server: CountingServer) -> None:
    """The mails of one account go over one session, and each is noted by itself."""
    ids = keep(tmp_path / "box", server, "one", "two", "three")
    before = len(server.commands)
    run = jsnpy("outbox", "flush", "--outbox", tmp_path / "box")
    assert (0, 3) == (run.code, len(run.out.splitlines()))
    assert all(f'{id_} to ann@example.com: "' in run.out for id_ in ids)
    verbs = [command.split()[0] for command in server.commands[before:]]
    assert (1, 3, 1) == (verbs.count(b"EHLO"), verbs.count(b"MAIL"), verbs.count(b"QUIT"))
    assert ["one", "two", "three"] == [subject for subject, _ in server.taken]


def test_flush_goes_on_where_a_session_ends(tmp_path: Path, server: CountingServer) -> None:
    """A server that takes one mail a session gets each mail once all the same."""
    keep(tmp_path / "box", server, "one", "two", "three")
    server.steps["MAIL"] = lambda connection: b"421 4.7.0 one a session\r\n" if connection.messages else b"250 ok\r\n"
    run = jsnpy("outbox", "flush", "--outbox", tmp_path / "box")
    assert 0 == run.code
    assert ["one", "two", "three"] == [subject for subject, _ in server.taken]
