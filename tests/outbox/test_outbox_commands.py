"""`jsnpy outbox`: list --json, show, flush --now, retry, drop, --rate; what they refuse, and their exit codes."""

from __future__ import annotations

import json
import os
import sys
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from support.command import clean_environment, jsnpy
from support.outbox import TEMPORARY, CountingServer, keep
from support.running import running
from support.scripted import CLOSE

from jsnpy import smtp
from jsnpy.outbox import Outbox
from jsnpy.outbox.rate import Pace, Rate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFUSED = b"550 5.7.1 no\r\n"


@pytest.fixture
def server() -> Iterator[CountingServer]:
    """Return a server that counts the mails it takes."""
    with CountingServer() as running_server:
        yield running_server


def give_up(box: Path, server: CountingServer, *subjects: str) -> list[str]:
    """Put mails into an outbox that are given up, and return their IDs."""
    ids = keep(box, server, *subjects)
    server.answer = REFUSED
    list(Outbox(str(box)).flush(smtp.Settings()))
    server.answer = b"250 ok\r\n"
    return ids


def lose_answer(box: Path, server: CountingServer, *subjects: str) -> list[str]:
    """Put mails into an outbox whose delivery is unknown, and return their IDs."""
    ids = keep(box, server, *subjects)
    server.steps["MESSAGE"] = CLOSE
    list(Outbox(str(box)).flush(smtp.Settings()))
    server.steps["MESSAGE"] = server._count
    return ids


def test_list_as_json(tmp_path: Path, server: CountingServer) -> None:
    """`list --json` prints an object a line, with what the text says."""
    box = tmp_path / "box"
    (failed,) = give_up(box, server, "given up")
    (waits,) = keep(box, server, 'say "hi"', to=["a@x.test", "b@x.test"])
    result = jsnpy("outbox", "list", "--json", "--outbox", box)
    assert (3, "") == (result.code, result.err)
    found = {each["id"]: each for each in map(json.loads, result.out.splitlines())}
    assert {failed, waits} == set(found)
    assert ["a@x.test", "b@x.test"] == found[waits]["to"]
    assert ('say "hi"', "waiting", 1) == tuple(found[waits][key] for key in ("subject", "state", "tries"))
    assert ("failed", 2, None) == tuple(found[failed][key] for key in ("state", "tries", "nextTry"))
    assert "550 5.7.1 no" in found[failed]["error"]
    assert 7190 <= found[waits]["age"] <= 7400
    assert found[waits]["nextTry"].endswith("Z")


def test_list_of_nothing_as_json(tmp_path: Path) -> None:
    """An outbox without mails is no line of JSON, and exit code 0."""
    result = jsnpy("outbox", "list", "--json", "--outbox", tmp_path / "box")
    assert (0, "") == (result.code, result.out)


def test_show(tmp_path: Path, server: CountingServer) -> None:
    """`show` tells state, tries, headers and text, decoded, with nothing a terminal would obey."""
    box = tmp_path / "box"
    (id_,) = keep(
        box,
        server,
        "Störung",
        to={"email": "ann@example.com", "name": "Änn"},
        body="größer\n\x1b[31mred",
        attachments=[{"filename": "Zähler.csv", "content": "1"}],
    )
    result = jsnpy("outbox", "show", id_, "--outbox", box)
    assert (0, "") == (result.code, result.err)
    for words in (id_, "tries:      1", "451 4.3.0", "due", "Subject: Störung", "To: Änn <ann@example.com>", "größer",
                  "attachment: Zähler.csv", f"{server.host}:{server.port}"):  # fmt: skip
        assert words in result.out, result.out
    assert "\x1b" not in result.out


def test_show_message_as_it_is(tmp_path: Path, server: CountingServer) -> None:
    """`show --eml` prints the message that is sent, byte for byte."""
    (id_,) = keep(tmp_path / "box", server, "one", body=".dot\nund größer")
    result = jsnpy("outbox", "show", "--eml", id_, "--outbox", tmp_path / "box")
    assert 0 == result.code
    jsnpy("outbox", "flush", "--outbox", tmp_path / "box")
    assert server.messages[-1].replace(b"\r\n..", b"\r\n.") == result.out.encode()
    assert "one" == message_from_bytes(result.out.encode(), policy=policy.SMTP)["Subject"]


@pytest.mark.parametrize("command", [["show"], ["retry"], ["drop"]])
def test_an_id_that_is_not_there(tmp_path: Path, server: CountingServer, command: list[str]) -> None:
    """An ID that is not there is exit 2 and says so, and no other mail is touched."""
    (id_,) = keep(tmp_path / "box", server, "one")
    ids = ["0123456789"] if command == ["show"] else [id_, "0123456789"]
    result = jsnpy("outbox", *command, *ids, "--outbox", tmp_path / "box")
    assert (2, "") == (result.code, result.out)
    assert "no mail 0123456789 in" in result.err
    assert "jsnpy outbox list" in result.err
    assert [] == server.taken
    assert [id_] == [each.row.id for each in Outbox(str(tmp_path / "box")).kept()]


@pytest.mark.parametrize("command", ["show", "retry", "drop"])
def test_an_outbox_that_is_not_there(tmp_path: Path, command: str) -> None:
    """An ID in an outbox that is not there is exit 2, and makes none."""
    result = jsnpy("outbox", command, "0123456789", "--outbox", tmp_path / "box")
    assert (2, "") == (result.code, result.out)
    assert not (tmp_path / "box").exists()


def test_flush_now(tmp_path: Path, server: CountingServer) -> None:
    """`flush --now` tries all that wait, due or not, and not those that were given up."""
    box = tmp_path / "box"
    give_up(box, server, "given up")
    keep(box, server, "one", "two", hours_ago=-1)
    assert 3 == jsnpy("outbox", "flush", "--outbox", box).code
    assert [] == server.taken
    result = jsnpy("outbox", "flush", "--now", "--outbox", box)
    assert (3, 2) == (result.code, result.out.count(": sent\n"))
    assert ["one", "two"] == sorted(subject for subject, _ in server.taken)


def test_flush_now_gives_nothing_up(tmp_path: Path, server: CountingServer) -> None:
    """A young mail that fails again with `flush --now` waits on."""
    keep(tmp_path / "box", server, "one", hours_ago=-1)
    server.answer = TEMPORARY
    result = jsnpy("outbox", "flush", "--now", "--outbox", tmp_path / "box")
    assert (3, "next try in 5 min") == (result.code, result.out.partition('"one": ')[2].partition(":")[0])


def test_retry(tmp_path: Path, server: CountingServer) -> None:
    """`retry ID` sends a mail that was given up, or is not due, and no other."""
    box = tmp_path / "box"
    failed, other = give_up(box, server, "given up", "given up too")
    (young,) = keep(box, server, "young", hours_ago=-1)
    result = jsnpy("outbox", "retry", failed, young, "--outbox", box)
    assert (3, 2) == (result.code, result.out.count(": sent\n")), result
    assert ["given up", "young"] == sorted(subject for subject, _ in server.taken)
    assert 0 == jsnpy("outbox", "retry", other, "--outbox", box).code


@pytest.mark.parametrize("unknown", [False, True])
def test_retry_beyond_the_rate_is_done_by_the_next_flush(tmp_path: Path, server: CountingServer, unknown: bool) -> None:
    """A mail that is wanted again but has to wait for its account's turn is not left given up, or unknown."""
    box = tmp_path / "box"
    make = lose_answer if unknown else give_up
    ids = make(box, server, "one", "two", "three")
    more = ["--unknown"] if unknown else ids
    result = jsnpy("outbox", "retry", *more, "--rate", "1/h", "--outbox", box)
    assert (3, 1, 2) == (result.code, result.out.count(": sent\n"), result.out.count("waits for its account's turn"))
    result = jsnpy("outbox", "flush", "--outbox", box)
    assert (0, 2) == (result.code, result.out.count(": sent\n")), result


def test_retry_that_fails(tmp_path: Path, server: CountingServer) -> None:
    """A mail that is retried whatever its age, and fails again, stays to be seen."""
    (id_,) = give_up(tmp_path / "box", server, "given up")
    server.answer = TEMPORARY
    result = jsnpy("outbox", "retry", id_, "--max-age", "1h", "--outbox", tmp_path / "box")
    assert 3 == result.code
    assert "given up after 2 h" in result.out
    (each,) = Outbox(str(tmp_path / "box")).kept()
    assert ("failed", 3) == (each.outcome, each.row.tries)


def test_retry_of_unknown(tmp_path: Path, server: CountingServer) -> None:
    """A mail of unknown delivery is retried only with --unknown, which without an ID means all of those."""
    box = tmp_path / "box"
    one, _two, _three = lose_answer(box, server, "one", "two", "three")
    keep(box, server, "waits", hours_ago=-1)
    refused = jsnpy("outbox", "retry", one, "--outbox", box)
    assert 3 == refused.code
    assert "--unknown" in refused.out
    assert [] == server.taken
    assert 1 == jsnpy("outbox", "retry", one, "--unknown", "--outbox", box).out.count(": sent\n")
    rest = jsnpy("outbox", "retry", "--unknown", "--outbox", box)
    assert (3, 2) == (rest.code, rest.out.count(": sent\n"))
    assert ["one", "three", "two"] == sorted(subject for subject, _ in server.taken)


def test_retry_of_nothing(tmp_path: Path) -> None:
    """`retry` without an ID and without --unknown is a usage error."""
    result = jsnpy("outbox", "retry", "--outbox", tmp_path / "box")
    assert (2, "") == (result.code, result.out)
    assert "which mails?" in result.err


def test_drop_is_all_or_nothing(tmp_path: Path, server: CountingServer) -> None:
    """`drop` forgets each mail it is given, and says why it exits 3 where others are left."""
    one, two, three = keep(tmp_path / "box", server, "one", "two", "three")
    result = jsnpy("outbox", "drop", one, three, "--outbox", tmp_path / "box")
    assert (3, f"{one} dropped\n{three} dropped\n") == (result.code, result.out)
    assert f"left in {tmp_path / 'box'}: 1 waiting; jsnpy outbox list shows them\n" in result.err
    last = jsnpy("outbox", "drop", two, "--outbox", tmp_path / "box")
    assert (0, "") == (last.code, last.err)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device here")
@pytest.mark.parametrize(
    "command", [["list"], ["list", "--json"], ["flush"], ["show", "ID"], ["retry", "ID"], ["drop", "ID"]]
)
def test_output_on_a_full_device(tmp_path: Path, server: CountingServer, command: list[str]) -> None:
    """Output that cannot be written is exit 1, whatever is left in the outbox."""
    (id_,) = keep(tmp_path / "box", server, "one", hours_ago=-1)
    server.answer = TEMPORARY
    words = [id_ if word == "ID" else word for word in command]
    with open("/dev/full", "wb") as full, running("outbox", *words, "--outbox", str(tmp_path / "box"), cwd=tmp_path,
                                                  stdout=full.fileno()) as process:  # fmt: skip
        _, error = process.communicate(timeout=60)
    assert (1, True) == (process.returncode, b"cannot be written" in error), error


@pytest.mark.parametrize("typed", [True, False])
def test_rate(tmp_path: Path, server: CountingServer, *, typed: bool) -> None:
    """With a rate, each account sends only so many mails in a flush; the others wait, and are not tried."""
    box = tmp_path / "box"
    keep(box, server, *(f"mail {number}" for number in range(5)))
    with CountingServer() as other:
        log_in: dict[str, Any] = {"user": "ann", "pass": "tr0ub4dor"}
        keep(box, other, "other", **log_in)
        options, env = (["--rate", "2/h"], {}) if typed else ([], {"JSNPY_RATE": "2/h"})
        result = jsnpy("outbox", "flush", *options, "--outbox", box, env=env)
        assert 3 == result.code
        assert 1 == other.count("other")
    assert 2 == len(server.taken)
    waiting = Outbox(str(box)).kept()
    assert {("later", 1)} == {(each.outcome, each.row.tries) for each in waiting}
    assert len(waiting) == result.out.count("waits for its account's turn (2/h)")
    assert 0 == jsnpy("outbox", "flush", "--outbox", box).code


def test_rate_at_the_end_of_a_run(tmp_path: Path, server: CountingServer) -> None:
    """The mails that are tried at a run's end keep to JSNPY_RATE too; one that is not valid is said."""
    keep(tmp_path / "box", server, "one", "two", "three")
    (tmp_path / "other.js").write_text("1")
    jsnpy(tmp_path / "other.js", "--outbox", tmp_path / "box", env={"JSNPY_RATE": "2/m"})
    assert 2 == len(server.taken)
    run = jsnpy(tmp_path / "other.js", "--outbox", tmp_path / "box", env={"JSNPY_RATE": "lots"})
    assert (0, True) == (run.code, "JSNPY_RATE is not a rate" in run.err)
    assert 3 == len(server.taken)


@pytest.mark.parametrize("text", ["", "30", "30/d", "0/m", "-1/m", "x/m", "1.5/s", "30 / m"])
def test_wrong_rate(tmp_path: Path, text: str) -> None:
    """A rate that is none is a usage error that shows how one looks."""
    result = jsnpy("outbox", "flush", "--rate", text, "--outbox", tmp_path / "box")
    assert (2, "") == (result.code, result.out)
    assert "such as 30/m" in result.err


def test_pace() -> None:
    """A pace lets each account send so many mails in any period, by the clock."""
    now = [0.0]
    pace = Pace(Rate("2/s"), lambda: now[0])
    assert [True, True, False] == [pace.allows("a") for _ in range(3)]
    assert pace.allows("b")
    now[0] = 0.9
    assert not pace.allows("a")
    now[0] = 1.0
    assert [True, True, False] == [pace.allows("a") for _ in range(3)]


def test_verbose_flush(tmp_path: Path, server: CountingServer) -> None:
    """`flush -v` shows the dialogue on stderr."""
    keep(tmp_path / "box", server, "one")
    result = jsnpy("outbox", "flush", "-v", "--outbox", tmp_path / "box")
    assert "C: MAIL FROM:<alert@srv1.test>" in result.err


def test_empty_folder_name(tmp_path: Path) -> None:
    """`--outbox ""` is a usage error, for a run too, and no outbox is made in the current folder."""
    (tmp_path / "a.js").write_text("1")
    for words in (["a.js"], ["outbox", "list"], ["outbox", "flush"]):
        result = jsnpy(*words, "--outbox", "", cwd=tmp_path)
        assert (2, "") == (result.code, result.out), result
    assert ["a.js"] == os.listdir(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(("count", "shown"), [(12, True), (3, False)])
def test_progress(tmp_path: Path, server: CountingServer, count: int, *, shown: bool) -> None:
    """On a terminal, a flush of many mails has a bar, and each mail's line all the same."""
    import pty
    import subprocess

    from support.command import JSNPY

    keep(tmp_path / "box", server, *(f"mail {number}" for number in range(count)))
    master, slave = pty.openpty()
    command = [*JSNPY, "outbox", "flush", "--outbox", str(tmp_path / "box")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, env=clean_environment(TERM="xterm")) as child:
        out, _ = child.communicate(timeout=60)
    os.close(slave)
    os.set_blocking(master, False)
    try:
        said = os.read(master, 65536)
    except OSError:
        said = b""
    os.close(master)
    assert (0, count) == (child.returncode, out.count(b": sent\n"))
    assert shown == (f"{count}/{count}".encode() in said)


def test_a_flush_of_a_folder_without_an_outbox_says_so(tmp_path: Path) -> None:
    """A misspelt folder is told of, but with -q, as before a first mail is kept there is none."""
    told = jsnpy("outbox", "flush", "--outbox", tmp_path / "bxo")
    assert (0, "") == (told.code, told.out)
    assert f"there is no outbox in {tmp_path / 'bxo'}" in told.err
    quiet = jsnpy("outbox", "flush", "--outbox", tmp_path / "bxo", "-q")
    assert (0, "", "") == (quiet.code, quiet.out, quiet.err)


def test_a_flush_with_q_still_says_why_it_exits_3(tmp_path: Path, server: CountingServer) -> None:
    """Mails that only a person can settle are counted in one line each time; those that merely wait are not."""
    box = tmp_path / "box"
    give_up(box, server, "one", "two")
    lose_answer(box, server, "three")
    said = f"jsnpy: warning: left in {box}: 2 given up, 1 of unknown delivery; jsnpy outbox list shows them\n"
    for _ in range(2):
        quiet = jsnpy("outbox", "flush", "--outbox", box, "-q")
        assert (3, "", said) == (quiet.code, quiet.out, quiet.err)
    told = jsnpy("outbox", "flush", "--outbox", box)
    assert (3, 3, "") == (told.code, told.out.count("\n"), told.err)


def test_a_retry_that_finds_nothing_says_what_is_left(tmp_path: Path, server: CountingServer) -> None:
    """Exit code 3 without an attempt has its reason on stderr."""
    box = tmp_path / "box"
    give_up(box, server, "one")
    keep(box, server, "two")
    result = jsnpy("outbox", "retry", "--unknown", "--outbox", box)
    said = f"jsnpy: warning: left in {box}: 1 waiting, 1 given up; jsnpy outbox list shows them\n"
    assert (3, "", said) == (result.code, result.out, result.err)


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_a_flush_without_time_for_an_attempt_says_so(tmp_path: Path, server: CountingServer, quiet: list[str]) -> None:
    """A --timeout that is too short for any attempt would else leave the mails for ever, without a word."""
    keep(tmp_path / "box", server, "one", "two")
    result = jsnpy("outbox", "flush", "--timeout", "1", "--outbox", tmp_path / "box", *quiet)
    said = "jsnpy: warning: 2 mails were not tried: --timeout 1 left no time for it\n"
    assert (3, said) == (result.code, result.err)
    assert 0 == server.count("one")
    enough = jsnpy("outbox", "flush", "--timeout", "30", "--outbox", tmp_path / "box", *quiet)
    assert (0, "") == (enough.code, enough.err)
