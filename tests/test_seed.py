"""JsN's own scripts and config, byte for byte unchanged, do what JsN's document says."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import jsnpy
from support.mailserver import MailServer, mailserver
from support.scripted import ScriptedServer

__all__ = ["mailserver"]

SEED = Path(__file__).parent / "seed"
PROJECT = Path(__file__).parents[1]
ORIGINALS = {
    "CaEmail.json": "a935872acd56b96566307113903bc02b83cfbe23f1405f3a6b2b73107c42c4cd",
    "alert_local.js": "c5059973709c7e4614537dd2b9f78bab70e0f27af6ea8a141c5b0899fe85fe21",
    "alert_office365.js": "04f27c950fe701ca17c643a8a25c4bb29de543ac96fedb04c0d59e1069006e1f",
    "email_send.js": "4ee19aa2baaa7fddbca910563ef77b4fc842e68720287cdc3bd19a783e71a5fa",
}


@pytest.mark.parametrize("name", ORIGINALS)
def test_seed_is_unchanged(name: str) -> None:
    """The files under tests/seed are JsN's, to the byte."""
    assert ORIGINALS[name] == hashlib.sha256((SEED / name).read_bytes()).hexdigest()


def test_scripts_holds_the_original() -> None:
    """The script a newcomer runs is JsN's own, and its config differs in the script's path alone."""
    assert (SEED / "email_send.js").read_bytes() == (PROJECT / "scripts" / "email_send.js").read_bytes()
    original = json.loads((SEED / "CaEmail.json").read_text())
    ours = json.loads((PROJECT / "configs" / "CaEmail.json").read_text())
    assert {**original, "scriptfile": "../scripts/email_send.js"} == ours


@pytest.mark.parametrize("config", [SEED / "CaEmail.json", PROJECT / "configs" / "CaEmail.json"])
def test_office365_config_in_a_dry_run(config: Path, tmp_path: Path) -> None:
    """The unchanged Office 365 example runs whole in a dry run, from any folder: STARTTLS, login, mail, result."""
    done = jsnpy(config, "--dry-run", cwd=tmp_path)
    assert done.code == 0
    result = json.loads(done.out)
    assert ["code", "log", "error"] == list(result)
    assert (0, "") == (result["code"], result["error"])
    assert "C: STARTTLS" in result["log"]
    assert "certificate verified" in result["log"]
    assert "C: AUTH PLAIN [redacted]" in result["log"]
    assert "CHANGE_ME" not in done.out + done.err
    assert "Subject: Message test" in done.err
    assert "Ceci est un e-mail test de JsN" in done.err


def test_alert_office365(tmp_path: Path) -> None:
    """alert_office365.js, a script without a config, prints its success and its accents arrive."""
    done = jsnpy(SEED / "alert_office365.js", "--dry-run", cwd=tmp_path)
    assert (0, "E-mail envoyé\n") == (done.code, done.out)
    assert "Subject: Alerte : service indisponible" in done.err
    assert "MyService a cessé de répondre à 14:35." in done.err


def test_alert_local(tmp_path: Path) -> None:
    """alert_local.js sends in clear text on port 25 with a login, and is silent on success."""
    done = jsnpy(SEED / "alert_local.js", "--dry-run", cwd=tmp_path)
    assert (0, "") == (done.code, done.out)
    assert "Quelque chose s'est mal passé" in done.err


def test_debug_example_prints_log_and_error() -> None:
    """The document's way to look at a failure shows the dialogue and the server's own words."""
    with ScriptedServer(RCPT=b"550 5.1.1 nobody of that name\r\n") as server:
        done = jsnpy(SEED / "debug_example.js", "--set", f"host={server.host}", "--set", f"port={server.port}")
    assert 0 == done.code
    log, error = done.out.split("=== ERREUR ===\n")
    assert log.startswith("=== JOURNAL SMTP ===\n")
    assert "\nC: RCPT TO:<b@example.com>\nS: 550 5.1.1 nobody of that name\n" in log
    assert "550 5.1.1 nobody of that name" in error


@pytest.mark.parametrize("mode", ["plain", "ssl", "starttls"])
def test_connection_modes(mode: str, mailserver: Callable[..., MailServer], tmp_path: Path) -> None:
    """In each of JsN's three modes the mail that arrives has the right envelope, headers and accented body."""
    server = mailserver(mode, users={"mailer": "pâss"})
    shutil.copy(SEED / "email_send.js", tmp_path)
    arg = {
        "host": "localhost",
        "port": server.port,
        "ssl": mode == "ssl",
        "starttls": mode == "starttls",
        "user": "mailer",
        "pass": "pâss",
        "from": {"email": "mailer@example.com", "name": "Système"},
        "to": {"email": "admin@example.com", "name": "Équipe d'astreinte"},
        "subject": "Alerte : disque plein à 95 %",
        "body": "Le service a cessé de répondre.\n.\nÀ bientôt — 😀\n",
    }
    (tmp_path / "config.json").write_text(json.dumps({"scriptfile": r".\email_send.js", "arg": arg}))
    done = jsnpy(tmp_path / "config.json", env={"SSL_CERT_FILE": server.ca_file})
    assert done.code == 0, done
    assert json.loads(done.out)["code"] == 0, done.out
    [mail] = server.mails
    assert ("mailer@example.com", ["admin@example.com"], "mailer") == (mail.sender, mail.recipients, mail.user)
    assert arg["subject"] == mail.message["Subject"]
    assert "Système <mailer@example.com>" == str(mail.message["From"])
    assert "Équipe d'astreinte <admin@example.com>" == str(mail.message["To"])
    assert str(arg["body"]).replace("\n", "\r\n") == mail.body.rstrip("\r\n") + "\r\n"
    assert (mode != "plain") == mail.tls
    assert "pâss" not in done.out + done.err


def test_dead_server(tmp_path: Path) -> None:
    """A server that is not there is a negative code for the script, one warning on stderr, and no traceback."""
    done = jsnpy(PROJECT / "configs" / "CaEmail.json", "--set", "host=127.0.0.1", "--set", "port=1", cwd=tmp_path)
    result = json.loads(done.out)
    assert (0, -2) == (done.code, result["code"])
    assert "127.0.0.1:1" in result["error"]
    assert 1 == len(done.err.splitlines())
    assert done.err.startswith("jsnpy: warning: send_email failed")


def test_fail_on_send_error(tmp_path: Path) -> None:
    """With --fail-on-send-error a failed send is exit 3, for callers that look at nothing else."""
    config = PROJECT / "configs" / "CaEmail.json"
    done = jsnpy(config, "--fail-on-send-error", "--set", "host=127.0.0.1", "--set", "port=1", cwd=tmp_path)
    assert 3 == done.code


def test_missing_config(tmp_path: Path) -> None:
    """A config that is not there is named, with the place that was looked at; exit 2."""
    done = jsnpy("nothing.json", cwd=tmp_path)
    assert 2 == done.code
    assert "nothing.json" in done.err
    assert "was not found" in done.err
    assert "Traceback" not in done.err


def test_exception_names_the_authors_line(tmp_path: Path) -> None:
    """A JavaScript exception shows file, line, source line and message, as Node does; exit 1."""
    script = tmp_path / "alert.js"
    script.write_text("let a = 1;\n\nthrow new Error('no such service');\n")
    done = jsnpy(script, cwd=tmp_path)
    assert 1 == done.code
    assert "alert.js:3\nthrow new Error('no such service');" in done.err
    assert "Error: no such service" in done.err
    assert "Traceback" not in done.err
