"""The scripts and configs that users copy: each one does what it says."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.command import Result, jsnpy
from support.http_server import HttpServer, Received, answer
from support.mailserver import MailServer

from jsnpy.oauth import settings

CONFIGS = Path(__file__).parents[2] / "configs"
SECRETS = {"SMTP_PASS": "pa55-w0rd", "SMTP_SECRET": "s3cr3t-value", "ALERT_WEBHOOK": "http://127.0.0.1:1/hook"}


def run(name: str, *sets: str, dry: bool = True) -> Result:
    """Run a config with values set, in a dry run unless told otherwise."""
    options = [part for one in sets for part in ("--set", one)]
    return jsnpy(CONFIGS / f"{name}.json", *options, *(["--dry-run"] if dry else []), env=SECRETS)


@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.json")), ids=lambda path: path.stem)
def test_every_example_is_complete(config: Path) -> None:
    """Each config's script is there and compiles, and no secret stands in the file."""
    assert (0, "") == ((done := jsnpy("check", config, env=SECRETS)).code, done.err)
    mail = json.loads(config.read_text(encoding="utf-8"))["arg"]
    assert mail.get("mail", mail).get("pass", "CHANGE_ME") in ("CHANGE_ME", "${ENV:SMTP_PASS}", "${OAUTH2}")


def test_every_script_has_a_config() -> None:
    """No script lies about without a config that shows how it is used."""
    used = {Path(json.loads(one.read_text(encoding="utf-8"))["scriptfile"]).name for one in CONFIGS.glob("*.json")}
    assert {path.name for path in (CONFIGS.parent / "scripts").glob("*.js")} == used


@pytest.fixture
def page() -> Iterator[tuple[HttpServer, list[bytes]]]:
    """Start a page that gives these answers, one after the other, the last one for ever."""
    answers: list[bytes] = []

    def script(_: Received) -> bytes:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    with HttpServer(script) as server:
        yield server, answers


@pytest.fixture
def watch(page: tuple[HttpServer, list[bytes]], tmp_path: Path) -> Callable[..., Result]:
    """Return a function that runs the watch once, for real, with its state in a folder of its own."""
    for folder, name in (("configs", "HttpWatch.json"), ("scripts", "http_watch.js")):
        (tmp_path / folder).mkdir()
        shutil.copy(CONFIGS.parent / folder / name, tmp_path / folder)

    def run_once(port: int) -> Result:
        sets = [f'urls=["{page[0].url}"]', "contains=welcome", "mail.host=127.0.0.1", f"mail.port={port}"]
        words = [word for one in [*sets, "mail.starttls=false", "mail.user="] for word in ("--set", one)]
        return jsnpy(tmp_path / "configs" / "HttpWatch.json", *words, env=SECRETS)

    return run_once


def test_the_watch_mails_once_per_change(page: tuple[HttpServer, list[bytes]], watch: Callable[..., Result]) -> None:
    """A page that goes down is one mail, however often it is looked at; its recovery is another."""
    server, answers = page
    good, bad = answer(b"welcome"), answer(b"", "503 Busy")
    answers += [good, bad, bad, answer(b"sorry"), good, good]
    with MailServer() as mails:
        for _ in range(6):
            assert (0, "", "") == ((done := watch(mails.port)).code, done.out, done.err)
        told = [(mail.message["Subject"], mail.body) for mail in mails.mails]
    assert [
        (f"{server.url} is down", "It answers with status 503."),
        (f"{server.url} is up", "It answers as it should."),
    ] == [(subject, body.strip()) for subject, body in told]


def test_the_watch_tries_again_when_the_mail_fails(
    page: tuple[HttpServer, list[bytes]], watch: Callable[..., Result]
) -> None:
    """A mail that could not be sent is tried at the next run."""
    server, answers = page
    answers.append(answer(b"", "500 Oops"))
    assert "send_email failed with code -2" in watch(1).err
    with MailServer() as mails:
        assert (0, "") == ((done := watch(mails.port)).code, done.err)
        assert [f"{server.url} is down"] == [mail.message["Subject"] for mail in mails.mails]


@pytest.mark.parametrize(("value", "mails"), [("90", 0), ("90.5", 1)])
def test_the_threshold_mails_above_its_limit_only(value: str, mails: int) -> None:
    """At the limit nothing is said, above it a mail with value and limit goes out."""
    done = run("DiskSpace", f"value={value}")
    assert (0, mails) == (done.code, done.err.count("caught by the dry run"))
    assert bool(mails) == ("Subject: Disk space used on /: 90.5 % (limit 90 %)" in done.err)
    assert ("Disk space used on /: 90.5 %, mail sent\n" if mails else "") == done.out


def test_the_threshold_refuses_what_is_no_number() -> None:
    """Without a value, or with a text, the threshold is a wrong call, not a silent success."""
    assert 2 == run("DiskSpace").code
    assert (2, "") == ((done := run("DiskSpace", "value=n/a")).code, done.out)
    assert "value and limit must be numbers, not n/a and 90" in done.err


def test_the_threshold_fails_when_its_mail_does() -> None:
    """An alert that did not go out is exit code 1."""
    done = run("DiskSpace", "value=95", "mail.host=127.0.0.1", "mail.port=1", dry=False)
    assert (1, "") == (done.code, done.out)
    assert "127.0.0.1:1" in done.err or "port 1" in done.err


def test_the_report_goes_to_everybody_with_its_table(tmp_path: Path) -> None:
    """To, cc and bcc all get the mail, bcc unseen, with escaped HTML and the same rows as CSV."""
    config = CONFIGS / "DailyReport.json"
    done = jsnpy(config, "--dry-run", "--mailbox", tmp_path / "box", env=SECRETS)
    assert (0, "sent to 4 recipients\n") == (done.code, done.out)
    assert SECRETS["SMTP_PASS"] not in done.err
    from email import message_from_bytes, policy

    mail = message_from_bytes((tmp_path / "box" / "001.eml").read_bytes(), policy=policy.default)
    assert "archive@example.com" not in mail.as_string()
    assert ["Operations", "Storage, Backup & Co"] == [one.display_name for one in mail["To"].addresses]
    html = mail.get_body(("html",))
    assert html is not None
    assert "<td>srv-mail &lt;old&gt;</td><td>failed: &quot;no space&quot;, retried</td>" in html.get_content()
    (csv,) = mail.iter_attachments()
    rows = csv.get_content().removeprefix("\ufeff").splitlines()
    assert [
        "Machine,State,Size (GB)",
        "srv-files-01,ok,412",
        'srv-mail <old>,"failed: ""no space"", retried",0',
    ] == rows


@pytest.mark.parametrize(
    ("name", "grant", "host"),
    [
        ("ExchangeOnline", "client_credentials", "login.microsoftonline.com"),
        ("ExchangeOnlineLogin", "refresh_token", "login.microsoftonline.com"),
        ("Gmail", "refresh_token", "oauth2.googleapis.com"),
    ],
)
def test_a_token_takes_the_passwords_place(name: str, grant: str, host: str, tmp_path: Path) -> None:
    """The unchanged script logs in with a token, over TLS; the dry run asks nobody for it."""
    block = json.loads((CONFIGS / f"{name}.json").read_text(encoding="utf-8"))["oauth2"]
    assert (grant, host) == ((read := settings.read(block)).grant, read.host)
    done = jsnpy(CONFIGS / f"{name}.json", "--dry-run", env={**SECRETS, "JSNPY_TOKEN_DIR": str(tmp_path / "tokens")})
    assert (0, 1) == (done.code, done.err.count("caught by the dry run"))
    assert "(XOAUTH2)" in done.err
    assert '"code": 0' in done.out
    assert SECRETS["SMTP_SECRET"] not in done.out + done.err
    assert not (tmp_path / "tokens").exists()


@pytest.mark.parametrize("name", ["ExchangeOnlineLogin", "Gmail"])
def test_without_a_log_in_the_mail_says_how(name: str, tmp_path: Path) -> None:
    """Run for real before anybody has logged in, nobody is asked anything, and the command is named."""
    config = CONFIGS / f"{name}.json"
    done = jsnpy(config, env={**SECRETS, "JSNPY_TOKEN_DIR": str(tmp_path / "tokens")})
    assert "send_email failed with code -5: nobody has logged in for you@" in done.err
    assert f"jsnpy login {config}" in done.err


def test_the_webhook_is_used_when_the_mail_fails() -> None:
    """An alert whose mail server is away arrives as JSON at the webhook; where both fail, exit code 1."""
    with HttpServer(lambda _: answer(b"ok")) as chat:
        sets = [f"webhook={chat.url}/hook", "mail.host=127.0.0.1", "mail.port=1", "body=Line 3 has stopped"]
        done = run("MailOrWebhook", *sets, dry=False)
    assert (0, "told by webhook\n") == (done.code, done.out)
    (request,) = chat.requests
    assert ("POST", "/hook", "application/json") == (request.method, request.target, request.header("Content-Type"))
    assert json.loads(request.body)["text"].startswith("Alert: production\nLine 3 has stopped\n(no mail: ")
    assert 1 == run("MailOrWebhook", *sets, dry=False).code


def test_the_webhook_is_not_used_when_the_mail_arrives() -> None:
    """A mail that was taken is enough."""
    assert (0, "told by mail\n") == ((done := run("MailOrWebhook", "body=x")).code, done.out)
