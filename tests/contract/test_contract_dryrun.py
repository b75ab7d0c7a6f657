"""The dry run as a newcomer meets it: every kind of send, by the real command, nothing leaves."""

import json
from pathlib import Path

import pytest
from support.command import jsnpy

MODES = {
    "plain": "port: 25",
    "ssl": "port: 465, ssl: true",
    "starttls": "port: 587, starttls: true",
    "both": "port: 587, ssl: true, starttls: true",
    "cram-md5": "port: 25, auth: 'cram-md5'",
    "xoauth2": "port: 587, starttls: true, auth: 'xoauth2'",
    "nobody": "port: 25, user: ''",
}


def test_every_mode_is_caught(tmp_path: Path) -> None:
    """Each mode connects with its own settings and succeeds as on a real server; each mail is kept and shown."""
    sends = ", ".join(f"send_email({{ ...mail, {fields} }})" for fields in MODES.values())
    (tmp_path / "a.js").write_text(
        "const mail = { host: 'smtp.company.invalid', user: 'u', pass: 'p-never-shown', from: 'a@x.test',"
        " to: ['b@x.test', 'c@x.test'], bcc: 'd@x.test', subject: 'Ü', body: 'Text' };\n"
        f"for (const r of [{sends}]) console.log(JSON.stringify([r.code, r.error, r.details, r.log]));",
        encoding="utf-8",
    )
    result = jsnpy("a.js", "--dry-run", "--mailbox", "box", cwd=tmp_path)
    assert 0 == result.code, result
    answers = [json.loads(line) for line in result.out.splitlines()]
    for mode, (code, error, details, log) in zip(MODES, answers, strict=True):
        assert (0, "") == (code, error), mode
        assert ["b@x.test", "c@x.test", "d@x.test"] == details["accepted"]
        assert (250, [], "done") == (details["smtpCode"], details["rejected"], details["stage"])
        assert ("certificate verified" in log) == (mode in ("ssl", "starttls", "both", "xoauth2")), mode
    names = sorted(path.name for path in (tmp_path / "box").iterdir() if path.suffix == ".eml")
    assert [f"{number:03}.eml" for number in range(1, len(MODES) + 1)] == names
    assert (tmp_path / "box" / "index.html").is_file()
    assert len(MODES) == result.err.count("Subject: Ü")
    assert "p-never-shown" not in result.out + result.err
    again = jsnpy("a.js", "--dry-run", "--mailbox", "box", cwd=tmp_path)
    assert 0 == again.code
    assert 2 * len(MODES) == len(list((tmp_path / "box").glob("*.eml")))


def test_wrong_mail_fails_in_a_dry_run_too(tmp_path: Path) -> None:
    """A dry run does not make a wrong field right."""
    (tmp_path / "a.js").write_text("console.log(send_email({ host: 'h', port: 25, from: 'a@x.test' }).error)")
    result = jsnpy("a.js", "--dry-run", "--fail-on-send-error", cwd=tmp_path)
    assert (3, "to is missing\n") == (result.code, result.out)


MAIL = "{ host: 'h', port: 25, from: 'a@x.test', to: 'b@x.test', subject: '', body: '' }"


@pytest.mark.parametrize(
    ("after", "options", "code"), [("", [], 0), ("throw Error('x')", [], 1), ("while (true);", ["--timeout", "3"], 124)]
)
def test_the_last_line_says_where_to_look(tmp_path: Path, after: str, options: list[str], code: int) -> None:
    """However the run ends, its last line counts the mails and names the page, on which all of them are."""
    (tmp_path / "a.js").write_text(f"for (let i = 0; i < 3; i++) send_email({MAIL});\n{after}")
    result = jsnpy("a.js", "--dry-run", "--mailbox", "box", *options, cwd=tmp_path)
    assert code == result.code
    assert result.err.splitlines()[-1].endswith(f"3 mails caught; look at them: {Path('box', 'index.html')}")
    assert "3 mails caught" in (tmp_path / "box" / "index.html").read_text("utf-8")


def test_without_a_mail_the_last_line_says_so(tmp_path: Path) -> None:
    """A dry run that sent nothing is no success to be taken for granted; -q says nothing."""
    (tmp_path / "a.js").write_text("1")
    assert "no mail was sent in this dry run\n" == jsnpy("a.js", "--dry-run", cwd=tmp_path).err
    assert "" == jsnpy("a.js", "--dry-run", "-q", cwd=tmp_path).err


@pytest.mark.parametrize("log", ["text", "json"])
def test_http_in_a_dry_run(log: str, tmp_path: Path) -> None:
    """POST is shown with its credentials hidden and answers 200 with an empty body."""
    (tmp_path / "a.js").write_text(
        "console.log(JSON.stringify(http_post('http://hooks.invalid/x', 'a=1', ['Authorization: Bearer never-shown'])))"
    )
    result = jsnpy("a.js", "--dry-run", "--log-format", log, cwd=tmp_path)
    assert (0, '{"status":200,"body":"","error":""}\n') == (result.code, result.out)
    assert "http_post, not sent: POST http://hooks.invalid/x" in result.err
    assert "never-shown" not in result.err
    if log == "json":
        levels = [json.loads(line)["level"] for line in result.err.splitlines()]
        assert ["info", "info"] == levels  # what was shown, and that no mail was sent


def test_a_long_post_is_not_cut_within_a_secret(tmp_path: Path) -> None:
    """What a dry run shows of a long body ends in no half of a secret."""
    (tmp_path / "a.js").write_text("http_post('http://hooks.invalid/x', 'x'.repeat(16 * 1024 - 6) + arg.token)")
    (tmp_path / "a.json").write_text('{"scriptfile": "a.js", "arg": {"token": "${ENV:TOKEN}"}}')
    result = jsnpy("a.json", "--dry-run", cwd=tmp_path, env={"TOKEN": "SuperSecret77"})
    assert 0 == result.code
    assert "more characters" in result.err
    assert "Super" not in result.err
