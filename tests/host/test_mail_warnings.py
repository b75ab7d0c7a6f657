"""What a run says of its mails: each that was not sent, with recipient, subject and line, and who was refused."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from support.command import Result, jsnpy
from support.mailserver import MailServer
from support.running import running
from support.scripted import CLOSE, HANG, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOBODY = {"host": "127.0.0.1", "port": 1, "from": "a@x.test", "subject": "Disk full", "body": ""}
Run = "Callable[..., Result]"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Return what runs a script with `arg` and options."""

    def run(script: str, *options: str, **arg: Any) -> Result:
        (tmp_path / "a.js").write_text(script)
        (tmp_path / "a.json").write_text(json.dumps({"scriptfile": "a.js", "arg": {**NOBODY, **arg}}))
        return jsnpy("a.json", *options, cwd=tmp_path)

    return run


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A server that refuses two of the recipients."""
    with MailServer(refuse={"no@x.test": "550 5.1.1 no such user", "later@x.test": "450 4.2.1 busy"}) as server:
        yield server


SAY = {
    "to: 'b@x.test'": 'to b@x.test, "Disk full"',
    "to: { email: 'b@x.test', name: 'Bob' }, cc: ['c@x.test']": 'to b@x.test, c@x.test, "Disk full"',
    "bcc: 'b@x.test; c@x.test, d@x.test'": 'to b@x.test, c@x.test, d@x.test, "Disk full"',
    "to: Array.from({ length: 9 }, (_, i) => `r${i}@x.test`)": "to r0@x.test, r1@x.test, r2@x.test, r3@x.test, "
    'r4@x.test and 4 more, "Disk full"',
    "to: 'b@x.test', subject: 'Disk\\r\\nfull ' + 'x'.repeat(90)": 'to b@x.test, "Disk\\r\\nfull ' + "x" * 49 + '…"',
    "to: 'b@x.test\\x1b[2J', subject: null": "to b@x.test\\x1b[2J",
}


@pytest.mark.parametrize("fields", SAY)
def test_a_failed_send_names_its_mail_and_its_line(fields: str, run: Callable[..., Result]) -> None:
    """One line: what failed, to whom, about what, and where the script asked for it."""
    result = run(f"function tell(o) {{\n  return send_email({{ ...arg, ...o }});\n}}\ntell({{ {fields} }});")
    [line] = result.err.splitlines()
    assert line.startswith("jsnpy: warning: send_email failed with code -")
    assert line.endswith(f" ({SAY[fields]}, a.js:2)")


def test_each_of_several_names_its_own_line(run: Callable[..., Result]) -> None:
    """The first send that failed does not keep the next from being found."""
    lines = run("send_email({});\nsend_email({});").err.splitlines()
    assert ["a.js:1", "a.js:2"] == [line.rpartition("(")[2].rstrip(")") for line in lines]


@pytest.mark.parametrize("given", ["", "5", "null", "[]", "{}", "{ to: 5, subject: {} }", "{ to: [null, [1]] }"])
def test_a_wrong_argument_is_told_with_its_line(given: str, run: Callable[..., Result]) -> None:
    """Whatever was passed, there is one line, and it says where."""
    [line] = run(f"\nsend_email({given})").err.splitlines()
    assert line.startswith("jsnpy: warning: send_email failed with code -1: ")
    assert line.endswith(" (a.js:2)")


def test_a_line_of_very_many_words_is_cut_in_its_middle(run: Callable[..., Result]) -> None:
    """A server's, or a script's, megabyte does not become one of the log; its mail is still named."""
    [line] = run("\nsend_email({ ...arg, to: 'b@x.test', auth: 'x'.repeat(1e6) })").err.splitlines()
    assert len(line) < 2000
    assert line.endswith('(to b@x.test, "Disk full", a.js:2)')


@pytest.mark.parametrize("url", ["smtps://u:GEHEIM@h", "smtps://h/?password=GEHEIM"])
def test_a_password_in_a_url_for_a_host_is_not_told(url: str, run: Callable[..., Result]) -> None:
    """Neither as text nor as JSON."""
    for options in ((), ("--log-format", "json"), ("-v",)):
        assert "GEHEIM" not in run(f"send_email({{ ...arg, to: 'b@x.test', host: '{url}' }})", *options).err


@pytest.mark.parametrize("options", [[], ["-q"], ["--log-format", "json"]])
def test_exit_3_names_each_mail_that_was_not_sent(options: list[str], run: Callable[..., Result]) -> None:
    """With -q too, as the exit code alone tells nobody what to do."""
    script = "for (const to of ['b@x.test', 'c@x.test']) send_email({ ...arg, to })"
    result = run(script, "--fail-on-send-error", *options)
    assert (3, "", 2) == (result.code, result.out, len(result.err.splitlines()))
    assert "b@x.test" in result.err
    assert "c@x.test" in result.err


def test_quiet_without_the_option_says_nothing_of_mails(run: Callable[..., Result]) -> None:
    """The script sees the code, and decides."""
    assert (0, "") == ((result := run("send_email({ ...arg, to: 'b@x.test' })", "-q")).code, result.err)


@pytest.mark.parametrize("quiet", [[], ["-q"]])
@pytest.mark.parametrize(
    ("to", "words"),
    [
        (["ok@x.test", "no@x.test"], ["recipient no@x.test refused: 550 5.1.1 no such user"]),
        (["no@x.test", "later@x.test", "ok@x.test"], ["no@x.test", "550 5.1.1", "later@x.test", "450 4.2.1 busy"]),
    ],
)
def test_a_refused_recipient_is_exit_3_and_named(
    to: list[str], words: list[str], quiet: list[str], server: MailServer, run: Callable[..., Result]
) -> None:
    """The mail was accepted for others, but somebody got nothing: one line says who."""
    given = {"host": server.host, "port": server.port, "to": to}
    script = "const sent = send_email(arg); console.log(sent.code)"
    result = run(script, "--fail-on-send-error", *quiet, **given)
    assert (3, "0\n") == (result.code, result.out)
    [line] = result.err.splitlines()
    assert all(word in line for word in words)
    assert line.endswith(', "Disk full", a.js:1)')
    without = run(script, *quiet, **given)
    assert (0, "" if quiet else f"{line}\n") == (without.code, without.err)


@pytest.mark.parametrize("script", ["exit(7)", "throw 1"])
def test_how_the_script_ended_wins_over_3(script: str, run: Callable[..., Result]) -> None:
    """A code of its own, or an error, is not hidden by a mail."""
    assert run(f"send_email(arg); {script}", "--fail-on-send-error").code == (7 if "7" in script else 1)


FIELDS = [
    "time", "level", "message", "event", "code", "host", "port", "to", "subject", "stage", "smtpCode", "messageId",
    "seconds", "config", "script", "line",
]  # fmt: skip


@pytest.mark.parametrize(
    ("to", "options", "facts"),
    [
        ("no@x.test", [], {"level": "warning", "code": -7, "to": ["no@x.test"], "stage": "rcpt", "smtpCode": 550}),
        (["ok@x.test", "no@x.test"], [], {"level": "warning", "code": 0, "to": ["ok@x.test", "no@x.test"]}),
        ("ok@x.test", ["-v"], {"level": "info", "code": 0, "to": ["ok@x.test"], "stage": "done", "smtpCode": 250}),
    ],
)
def test_a_sends_object_has_its_facts(
    to: object, options: list[str], facts: dict[str, Any], server: MailServer, run: Callable[..., Result]
) -> None:
    """One object a send, with everything a log is searched for."""
    given = {"host": server.host, "port": server.port, "to": to}
    result = run("\n\nsend_email(arg)", "--log-format", "json", *options, **given)
    [sent] = [each for each in map(json.loads, result.err.splitlines()) if each.get("event") == "send"]
    assert FIELDS == list(sent)
    expected = {"host": server.host, "port": server.port, "subject": "Disk full", "script": "a.js", "line": 3, **facts}
    assert expected == {name: sent[name] for name in expected}
    assert (str, "a.json") == (type(sent["messageId"]), os.path.basename(sent["config"]))
    assert 0 <= sent["seconds"] < 60


TWO = ["b@x.test", "c@x.test"]


@pytest.mark.parametrize(
    ("to", "steps", "code"),
    [
        ('"Doe, Ann" <b@x.test>; Bob <c@x.test>', {"MAIL": b"550 no\r\n"}, -6),
        ([{"email": "b@x.test", "name": "Ann, B"}, "c@x.test", "<b@x.test>"], {"MAIL": b"550 no\r\n"}, -6),
        (TWO, {"RCPT": [b"250 ok\r\n", b"421 4.3.2 bye\r\n"]}, -7),
        (TWO, {"RCPT": [b"250 ok\r\n", b"550 no\r\n"], "MESSAGE": b"550 spam\r\n"}, -8),
        (TWO, {"RCPT": [b"250 ok\r\n", b"452 4.5.3 full\r\n", b"250 ok\r\n"], "MESSAGE": [b"250 ok\r\n", CLOSE]}, -10),
    ],
)
def test_everybody_a_failed_mail_was_for_is_named(
    to: object, steps: dict[str, Any], code: int, run: Callable[..., Result]
) -> None:
    """Whom the server accepted before it failed got nothing either; names beside addresses are not taken for some."""
    with ScriptedServer(**steps) as server:
        result = run("send_email(arg)", "--log-format", "json", port=server.port, to=to)
    [sent] = map(json.loads, result.err.splitlines())
    assert (code, TWO) == (sent["code"], sent["to"])
    assert sent["message"].endswith('(to b@x.test, c@x.test, "Disk full", a.js:1)')


@pytest.mark.parametrize(("subject", "shown"), [(95, "95"), (1e-7, "1e-7"), (False, "false"), ("", ""), ([1], None)])
def test_a_subject_that_is_no_string_is_named_as_the_mail_has_it(
    subject: object, shown: str | None, run: Callable[..., Result]
) -> None:
    """A number is a subject as well; what cannot be one is left out."""
    [sent] = map(
        json.loads, run("send_email(arg)", "--log-format", "json", subject=subject, to="b@x.test").err.splitlines()
    )
    assert shown == sent["subject"]


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("\nconst r = send_email({\n  ...arg,\n  to: String(1),\n  cc: arg.to\n})", 2),
        ("\nsend_email(\n  Object.assign(\n    {},\n    arg))", 2),
        (
            "send_email({\n  ...arg,\n  to: `) ${(() => {\n    send_email({\n      ...arg });\n  return 1 })()} (`\n})",
            4,
        ),
        ("const send = send_email;\nsend({\n  ...arg })", 3),
    ],
)
def test_the_line_is_that_in_which_the_call_begins(script: str, line: int, run: Callable[..., Result]) -> None:
    """Most calls go over many lines; the engine tells where the last part of the last argument stands."""
    first, *_ = run(script).err.splitlines()
    assert first.endswith(f"a.js:{line})")


def test_the_line_of_a_call_in_an_include(tmp_path: Path) -> None:
    """Each script has lines of its own."""
    (tmp_path / "lib.js").write_text("function notify() {\n\n  send_email({\n    ...arg,\n    to: arg.x })\n}")
    (tmp_path / "a.js").write_text("send_email(\n\n\n\n{}); notify()")
    (tmp_path / "a.json").write_text('{"scriptfile": "a.js", "include": ["lib.js"]}')
    said = jsnpy("a.json", cwd=tmp_path).err.splitlines()
    assert ["a.js:1)", "lib.js:3)"] == [line.rpartition("(")[2] for line in said]


def test_many_mails_are_counted_at_the_end(server: MailServer, run: Callable[..., Result]) -> None:
    """Where some of many failed, or recipients were refused, the last line says how many; else only with -v."""
    given = {"host": server.host, "port": server.port}
    script = "for (let i = 0; i < 10; i++) send_email({ ...arg, to: i % 4 ? 'ok@x.test' : ['no@x.test'] })"
    assert "jsnpy: warning: 10 mails: 7 sent, 3 failed" == run(script, **given).err.splitlines()[-1]
    assert "mails:" not in run(script.replace("10", "9"), **given).err
    partly = script.replace("['no@x.test']", "['ok@x.test', 'no@x.test']")
    summary = "jsnpy: warning: 10 mails: 10 sent, 0 failed, 3 recipients refused"
    assert summary == run(partly, **given).err.splitlines()[-1]
    sent = script.replace("['no@x.test']", "'ok@x.test'")
    assert "" == run(sent, **given).err
    assert "jsnpy: 10 mails: 10 sent, 0 failed" == run(sent, "-v", **given).err.splitlines()[-1]


def test_the_dialogue_is_shown_line_by_line_as_it_happens(tmp_path: Path) -> None:
    """With -v what was said so far can be read while a server keeps the send waiting; else it cannot."""
    with ScriptedServer(RCPT=HANG) as server:
        given = {**NOBODY, "host": server.host, "port": server.port, "to": "b@x.test"}
        (tmp_path / "a.js").write_text("send_email(arg)")
        (tmp_path / "a.json").write_text(json.dumps({"scriptfile": "a.js", "arg": given}))
        with running("-v", "a.json", cwd=tmp_path) as process:
            assert process.stderr
            lines: list[bytes] = []
            while not lines or b"RCPT TO" not in lines[-1]:
                lines.append(process.stderr.readline())
                assert lines[-1], lines
    said = b"".join(lines).decode()
    assert "jsnpy: S: 220 mail.test ESMTP\njsnpy: C: EHLO " in said
    assert "jsnpy: C: MAIL FROM:<a@x.test>" in said


PROBED = """
const r = send_email(arg);
console.log(r.code, r.error, r.details.messageId, r.details.accepted, r.details.rejected.length, r.details.stage);
"""


@pytest.mark.parametrize(
    ("to", "code", "out", "last"),
    [
        (
            "ok@x.test",
            0,
            "0  null [ 'ok@x.test' ] 0 ",
            "1 mail: 1 would be accepted, 0 failed; nothing was sent (--probe)",
        ),
        (
            ["ok@x.test", "no@x.test"],
            3,
            "0  null [ 'ok@x.test' ] 1 ",
            "1 mail: 1 would be accepted, 0 failed, 1 recipient refused; nothing was sent (--probe)",
        ),
        ("no@x.test", 3, "-7 ", "1 mail: 0 would be accepted, 1 failed; nothing was sent (--probe)"),
    ],
)
def test_a_probe_sends_nothing_and_tells_how_far_it_came(
    to: object, code: int, out: str, last: str, server: MailServer, run: Callable[..., Result]
) -> None:
    """The session is real up to the recipients; the result is what it would have been so far."""
    given = {"host": server.host, "port": server.port, "to": to}
    result = run(PROBED, "--probe", "--fail-on-send-error", "--outbox", "box", **given)
    assert (code, True) == (result.code, result.out.startswith(out)), result
    assert last == result.err.splitlines()[-1]
    assert [] == server.mails
    quiet = run(PROBED, "--probe", "-q", **given)
    assert (0, "") == (quiet.code, quiet.err)


def test_a_probe_without_a_mail_says_so(run: Callable[..., Result]) -> None:
    """Who probes wants to know that no mail came about."""
    assert "0 mails: 0 would be accepted, 0 failed; nothing was sent (--probe)\n" == run("", "--probe").err


def test_a_mail_from_a_getter_of_another_names_its_line(run: Callable[..., Result]) -> None:
    """A mail sent while another's fields are read has its own line; far within such calls none is looked for."""
    result = run(
        "const mail = { ...arg, to: 'b@x.test' };\n"
        "let depth = 0;\n"
        "function again() {\n"
        "  if (depth++ < 5) send_email({ ...mail, get subject() { return again(), 'x'; } });\n"
        "}\n"
        "again();\n"
        "send_email(mail);"
    )
    found = [line.rpartition(", ")[2] for line in result.err.splitlines()]
    assert ["send_email)"] * 2 + ["a.js:4)"] * 3 + ["a.js:7)"] == found


@pytest.mark.parametrize(
    ("given", "told"), [("", "undefined"), ("arg.mail", "undefined"), ("null", "null"), ("[]", "an array")]
)
def test_what_is_no_mail_is_named(given: str, told: str, run: Callable[..., Result]) -> None:
    """A field of `arg` that is not there is undefined, and is called that."""
    assert f"..., not {told} (a.js:1)" in run(f"send_email({given})").err
