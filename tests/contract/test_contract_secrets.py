"""Passwords from configs, environments and files stay out of all the host writes, by the real command."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import jsnpy
from support.mailserver import MailServer, mailserver

import jsnpy as jsnpy_module

__all__ = ["mailserver"]

PASSWORD = "Sommer-2026!ß"
TOKEN = "token-from-a-file"
SCRIPT = """
const r = send_email({ ...arg.mail, ARG });
console.log(JSON.stringify([r, r.details]));
throw new Error('with ' + arg.mail.pass + ' and ' + arg.token + ': ' + r.error);
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a config whose secrets stand elsewhere."""
    mail = {
        "host": "127.0.0.1",
        "port": 1,
        "user": "u",
        "pass": "${ENV:SMTP_PASS}",
        "from": "a@x.test",
        "to": "b@x.test",
        "subject": "s",
        "body": "b",
    }
    (tmp_path / "token.txt").write_text(TOKEN + "\n")
    (tmp_path / "c.json").write_text(
        json.dumps({"scriptfile": "a.js", "arg": {"mail": mail, "token": "${FILE:token.txt}"}})
    )
    return tmp_path


def hidden(text: str) -> bool:
    """Whether neither secret is in a text, plain or as base64."""
    forms = [PASSWORD, TOKEN]
    for secret in (PASSWORD, TOKEN):
        forms += [base64.b64encode(secret.encode()).decode(), json.dumps(secret)[1:-1]]
    return not any(form in text for form in forms)


@pytest.mark.parametrize(
    "options", [[], ["-v"], ["-v", "--log-format", "json"], ["-q"], ["--dry-run", "--mailbox", "m"]]
)
@pytest.mark.parametrize(
    "given", ["", "host: arg.mail.pass", "from: arg.mail.pass", "to: arg.token", "helo: arg.token"]
)
def test_no_output_shows_a_secret(given: str, options: list[str], folder: Path) -> None:
    """No result, warning, uncaught error or mailbox repeats a secret, whichever field it was put into."""
    (folder / "a.js").write_text(SCRIPT.replace("ARG", given))
    result = jsnpy("c.json", *options, cwd=folder, env={"SMTP_PASS": PASSWORD})
    assert 1 == result.code
    assert "with [redacted] and [redacted]" in result.err
    assert hidden(result.out + result.err), result
    kept = "".join(path.read_text(errors="replace") for path in folder.glob("m/*.json"))
    kept += "".join(path.read_text(errors="replace") for path in folder.glob("m/*.html"))
    # What a script itself sends outside of `pass` is in what the server received, as it would be in a body.
    assert hidden(kept) or "helo" in given


def test_real_login_shows_no_secret(mailserver: Callable[..., MailServer], folder: Path) -> None:
    """A login that the server refuses is told without the password, and so is one it takes."""
    (folder / "a.js").write_text("console.log(JSON.stringify(send_email(arg.mail)))")
    for known, code in ((PASSWORD, 0), ("another", -5)):
        server = mailserver(users={"u": known})
        options = ["--set", f"mail.host={server.host}", "--set", f"mail.port={server.port}", "-v"]
        result = jsnpy("c.json", *options, cwd=folder, env={"SMTP_PASS": PASSWORD})
        assert code == json.loads(result.out)["code"], result
        assert hidden(result.out + result.err), result


@pytest.mark.parametrize("options", [["c.json"], ["check", "c.json"], ["c.json", "-v", "--log-format", "json"]])
def test_config_errors_show_no_secret(options: list[str], folder: Path) -> None:
    """A path made of a secret is named by its reference; a slip beside a password shows neither."""
    (folder / "c.json").write_text('{"scriptfile": "${ENV:SMTP_PASS}/a.js"}', encoding="utf-8")
    result = jsnpy(*options, cwd=folder, env={"SMTP_PASS": PASSWORD})
    assert (2, options[0] == "check") == (result.code, bool(result.out))
    assert "${ENV:SMTP_PASS}" in result.err
    assert hidden(result.out + result.err)
    (folder / "c.json").write_text(
        '{"scriptfile": "a.js", "arg": {"pass": "' + PASSWORD + '" "user": "u"}}', encoding="utf-8"
    )
    result = jsnpy(*options, cwd=folder)
    assert (2, options[0] == "check") == (result.code, bool(result.out))
    assert "c.json:1:" in result.err
    assert hidden(result.out + result.err)


def test_an_error_before_the_first_send_shows_no_password(tmp_path: Path) -> None:
    """A password that stands in the config itself is masked in an uncaught error although nothing was sent yet."""
    (tmp_path / "a.js").write_text("throw new Error(`cannot use ${JSON.stringify(arg)}`);")
    arg = {"mail": {"user": "ann", "pass": PASSWORD}, "apiTokens": [TOKEN]}
    (tmp_path / "c.json").write_text(json.dumps({"scriptfile": "a.js", "arg": arg}))
    result = jsnpy("c.json", cwd=tmp_path)
    assert 1 == result.code
    assert "ann" in result.err
    assert hidden(result.err), result
    error = jsnpy_module.run(tmp_path / "c.json").error
    assert error is not None
    assert hidden(error), error


def test_an_error_after_many_mails_shows_no_password_of_theirs(tmp_path: Path) -> None:
    """A password that only the script itself knew is masked in an uncaught error, in another form, however long ago."""
    mail = "{ host: '127.0.0.1', port: 1, from: 'a@x.test', to: 'b@x.test', subject: '', body: '', user: 'u', pass: p }"
    (tmp_path / "a.js").write_text(
        "const all = Array.from({ length: 30 }, (_, n) => `S3cret ${n} parole!`);\n"
        f"for (const p of all) send_email({mail});\n"
        "throw new Error(all.map(encodeURIComponent).join());"
    )
    result = jsnpy("a.js", cwd=tmp_path)
    assert 1 == result.code
    assert 30 == result.err.rpartition("Error: ")[2].count("[redacted]")
    assert "S3cret%20" not in result.err
