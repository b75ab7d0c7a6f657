"""The kept token: one file an identity, for this account alone, renewed ahead by one process, safe from kills."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.command import clean_environment
from support.http_server import Received, answer
from support.kept_tokens import age, change, read, the_file
from support.token_endpoint import TokenEndpoint, good, refused

from jsnpy.oauth import folder as storage
from jsnpy.oauth.client import Answer
from jsnpy.oauth.failure import TokenError
from jsnpy.oauth.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import Ask, Fail

USER = "alerts@contoso.test"
posix = pytest.mark.skipif(os.name == "nt", reason="modes, owners and links are POSIX's")


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """Start an endpoint that numbers its tokens, which live an hour."""
    given: list[int] = []

    def numbered(_: Received) -> bytes:
        given.append(1)
        return good(f"t0ken-number-{len(given)}", refresh_token=f"r3fresh-number-{len(given)}")

    with TokenEndpoint(numbered) as server:
        yield server


def logged_in(endpoint: TokenEndpoint, **more: object) -> dict[str, object]:
    """Return the block of a person's log-in."""
    return endpoint.block(login="device", device_url=f"{endpoint.url}/device", **more)


def source(block: dict[str, Any]) -> Source:
    """Return what a run has."""
    return Source(block, config="CaEmail.json")


def soon() -> float:
    """Return a deadline."""
    return time.monotonic() + 30


def log_in(block: dict[str, Any], user: str = USER, **more: Any) -> None:
    """Keep what a log-in brings."""
    source(block).keep_login(user, Answer(access_token="t0ken-of-login", refresh_token="r3fresh-of-login", **more))


def test_the_next_run_has_the_token(endpoint: TokenEndpoint, ask: Ask) -> None:
    """A second run asks nobody, and says for how long the token is good."""
    first, second = ask(endpoint.block()), ask(endpoint.block())
    assert ("t0ken-number-1", "t0ken-number-1") == (first.text, second.text)
    assert (False, True) == (first.kept, second.kept)
    assert 1 == len(endpoint.requests)
    assert "token: kept, good for 60 min" == second.event


@posix
def test_folder_and_file_are_for_this_account_alone(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """Nobody else can look at what is kept, whatever the umask; nothing else is left in the folder but the lock."""
    before = os.umask(0)
    try:
        ask(endpoint.block())
    finally:
        os.umask(before)
    assert 0o700 == stat.S_IMODE(tokens.stat().st_mode)
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in tokens.iterdir()}
    assert [".lock", ".token"] == sorted(path.suffix for path in tokens.iterdir())
    assert b"s3cr3t-value" not in the_file(tokens).read_bytes()


@pytest.mark.skipif(os.name != "nt", reason="files have modes elsewhere")
def test_on_windows_the_file_is_encrypted(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """There, what is kept can be read by this account alone, whoever may open the file."""
    ask(endpoint.block())
    assert b"t0ken-number-1" not in the_file(tokens).read_bytes()
    assert "t0ken-number-1" == read(tokens)["access_token"]


@posix
def test_a_folder_made_by_hand_is_closed_if_only_tokens_are_in_it(
    endpoint: TokenEndpoint, ask: Ask, tokens: Path
) -> None:
    """`mkdir` makes folders that all may read."""
    tokens.mkdir(mode=0o755)
    tokens.chmod(0o755)
    ask(endpoint.block())
    assert 0o700 == stat.S_IMODE(tokens.stat().st_mode)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"JSNPY_TOKEN_DIR": "/a/b"}, "/a/b"),
        ({"JSNPY_TOKEN_DIR": "b"}, "b"),
        ({"JSNPY_TOKEN_DIR": "/a/b", "STATE_DIRECTORY": "/s"}, "/a/b"),
        ({"STATE_DIRECTORY": "/s/one:/s/two", "XDG_STATE_HOME": "/x"}, "/s/one/tokens"),
        ({"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/jsnpy/tokens"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/jsnpy/tokens"),
        ({"HOME": "/h"}, "/h/.local/state/jsnpy/tokens"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_where_tokens_are_kept(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str) -> None:
    """What is named wins, then systemd's folder, then the platform's."""
    for name in ("JSNPY_TOKEN_DIR", "STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert os.path.abspath(folder) == storage.default_folder()


CHANGES: list[dict[str, Any]] = [
    {"client_id": "client-2"},
    {"client_secret": "the right one"},
    {"scope": "other"},
    {"client_auth": "basic"},
    {"params": {"audience": "x"}},
    {"refresh_token": "r3fresh"},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_another_identity_has_another_token(
    endpoint: TokenEndpoint, ask: Ask, tokens: Path, changes: dict[str, Any]
) -> None:
    """Client, scope, kind of credential and the secret itself tell identities apart."""
    ask(endpoint.block())
    ask(endpoint.block(**changes))
    assert (2, 2) == (len(endpoint.requests), len(list(tokens.glob("*.token"))))


def test_an_application_has_one_token_for_all_mailboxes(endpoint: TokenEndpoint, ask: Ask) -> None:
    """The user of a mail is no part of an application's identity."""
    assert "t0ken-number-1" == ask(endpoint.block(), "a@x.test").text == ask(endpoint.block(), "b@x.test").text


def test_a_person_has_a_token_of_their_own(endpoint: TokenEndpoint, ask: Ask, fail: Fail) -> None:
    """A log-in is for its user, whatever the letters' case, and for a shared mailbox by the account that logs in."""
    block = logged_in(endpoint)
    log_in(block, "Me@x.test")
    assert "t0ken-of-login" == ask(block, "me@X.test").text
    assert "nobody has logged in for you@x.test" in fail(block, "you@x.test").what
    shared = logged_in(endpoint, account="me@x.test")
    assert "t0ken-of-login" == ask(shared, "shared@x.test").text


def test_without_a_log_in_it_is_said_how(endpoint: TokenEndpoint, fail: Fail, tokens: Path) -> None:
    """Who, where, as which account, and the command; nobody is asked."""
    error = fail(logged_in(endpoint))
    assert (-5, False, "jsnpy login CaEmail.json") == (error.code, error.temporary, error.hint)
    assert f"nobody has logged in for {USER} on this machine as " in error.what
    assert f"(looked in {tokens})" in error.what
    assert [] == endpoint.requests


def test_refresh_tokens_rotate(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """The new refresh token is kept and used the next time; one that is not replaced stays."""
    block = logged_in(endpoint)
    log_in(block)
    for _ in range(2):
        age(tokens, 4000)
        ask(block)
    endpoint.answers = [good("last")]
    age(tokens, 4000)
    ask(block)
    age(tokens, 4000)
    ask(block)
    used = [form["refresh_token"] for form in endpoint.forms]
    assert ["r3fresh-of-login", "r3fresh-number-1", "r3fresh-number-2", "r3fresh-number-2"] == used


def test_a_kept_refresh_token_that_is_repeated_is_masked(endpoint: TokenEndpoint, fail: Fail, tokens: Path) -> None:
    """An endpoint that quotes the refresh token of a log-in does not bring it into our words."""
    block = logged_in(endpoint)
    log_in(block)
    age(tokens, 4000)
    endpoint.answers = [refused("invalid_grant", "r3fresh-of-login has expired")]
    error = fail(block)
    assert "[redacted] has expired" in error.what
    assert "r3fresh-of-login" not in f"{error} {error.hint}"


@posix
def test_a_new_refresh_token_is_on_the_disk_before_it_is_used(monkeypatch: pytest.MonkeyPatch, tokens: Path) -> None:
    """A loss of power finds the old file or the whole new one, and once it was kept, the new one."""
    seen: list[str] = []

    def noting(what: Callable[..., str], real: Callable[..., object]) -> Callable[..., object]:
        def noted(*given: object) -> object:
            seen.append(what(*given))
            return real(*given)

        return noted

    def kind(file: int) -> str:
        status = os.fstat(file)
        return "folder" if stat.S_ISDIR(status.st_mode) else "text" if status.st_size else "nothing"

    monkeypatch.setattr(os, "fsync", noting(kind, os.fsync))
    monkeypatch.setattr(os, "replace", noting(lambda *_: "replaced", os.replace))
    log_in({"provider": "google", "client_id": "c", "client_secret": "s3cret-of-c", "login": "browser"})
    assert ["text", "replaced", "folder"] == seen[-3:]
    assert "r3fresh-of-login" == read(tokens)["refresh_token"]


def test_offline_access_is_asked_for_again(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """A renewal asks for what was granted, and for offline access, which Microsoft does not list among it."""
    block = logged_in(endpoint, scope="mail.send other offline_access")
    log_in(block, scope="Mail.Send")
    age(tokens, 4000)
    ask(block)
    assert ["mail.send offline_access"] == [form["scope"] for form in endpoint.forms]


def test_the_configs_refresh_token_is_replaced_by_what_it_brought(endpoint: TokenEndpoint, ask: Ask) -> None:
    """Where the endpoint rotates, the config's own is used once."""
    endpoint.answers = [good(expires_in=0, refresh_token="r3fresh-2")]
    for _ in range(2):
        ask(endpoint.block(refresh_token="r3fresh-1"))
    assert ["r3fresh-1", "r3fresh-2"] == [form["refresh_token"] for form in endpoint.forms]


@pytest.mark.parametrize(
    ("lifetime", "aged", "asked"),
    [(3600, 2900, 0), (3600, 3100, 1), (3600, 3700, 1), (100, 40, 0), (100, 60, 1), (100, 120, 1)],
)
def test_a_token_is_renewed_ahead(
    endpoint: TokenEndpoint, ask: Ask, tokens: Path, lifetime: int, aged: int, asked: int
) -> None:
    """600 s before its end, or after half its life, a new one is got."""
    endpoint.answers = [good("old", expires_in=lifetime), good("new")]
    ask(endpoint.block())
    age(tokens, aged)
    assert ("new" if asked else "old") == ask(endpoint.block()).text
    assert 1 + asked == len(endpoint.requests)


def test_renewing_ahead_may_fail(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """The old token is used while it is good, and the endpoint is left alone for a minute."""
    endpoint.answers = [good("old"), answer(b"", "503 Away")]
    ask(endpoint.block())
    age(tokens, 3100)
    for _ in range(3):
        token = ask(endpoint.block())
        assert "old" == token.text
    assert 2 == len(endpoint.requests)
    change(tokens, tried=lambda then: then - 61)
    assert "503" in ask(endpoint.block()).event
    assert 3 == len(endpoint.requests)


def test_renewing_ahead_takes_a_third_of_the_time_left(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """An endpoint that hangs does not cost a mail with a good token its time."""
    over = threading.Event()

    def hang(_: Received) -> bytes:
        over.wait(20)
        return b""

    endpoint.answers = [good("old"), hang]
    ask(endpoint.block())
    age(tokens, 3100)
    begun = time.monotonic()
    assert "old" == ask(endpoint.block(), seconds=1.5).text
    assert time.monotonic() - begun < 1.4
    over.set()


@pytest.fixture
def locked(tokens: Path) -> Iterator[Callable[[], None]]:
    """Return what takes the lock of the kept token as another process would; it is given back at the end."""
    held: list[Callable[[], None]] = []

    def lock() -> None:
        held.append(storage.Slot(str(tokens), the_file(tokens).stem).lock(soon()))

    yield lock
    for release in held:
        release()


def test_others_go_on_with_the_old_token(
    endpoint: TokenEndpoint, ask: Ask, tokens: Path, locked: Callable[[], None]
) -> None:
    """While one process renews ahead, no other waits for it."""
    ask(endpoint.block())
    age(tokens, 3100)
    locked()
    assert "t0ken-number-1" == ask(endpoint.block()).text
    assert 1 == len(endpoint.requests)


def test_who_has_no_token_waits_for_the_lock(
    endpoint: TokenEndpoint, ask: Ask, fail: Fail, tokens: Path, locked: Callable[[], None]
) -> None:
    """With nothing to go on with, another process is waited for, up to the mail's own time."""
    ask(endpoint.block())
    age(tokens, 4000)
    locked()
    error = fail(endpoint.block(), seconds=0.3)
    assert -3 == error.code
    assert "another jsnpy process" in error.what
    assert 1 == len(endpoint.requests)


@pytest.mark.parametrize("jump", [-86400 * 400, -3600, 86400 * 400])
def test_a_clock_that_jumped_costs_one_fetch(endpoint: TokenEndpoint, ask: Ask, tokens: Path, jump: float) -> None:
    """A token from the future was fetched under another clock: what it is good for is not known."""
    ask(endpoint.block())
    age(tokens, jump)
    assert "t0ken-number-2" == ask(endpoint.block()).text
    assert "t0ken-number-2" == ask(endpoint.block()).text
    assert 2 == len(endpoint.requests)


def test_a_clock_that_was_corrected_a_little_costs_nothing(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """Seconds backwards are everyday."""
    ask(endpoint.block())
    age(tokens, -5)
    assert "t0ken-number-1" == ask(endpoint.block()).text


@pytest.mark.parametrize("error", ["invalid_client", "invalid_grant", "invalid_scope"])
def test_a_refusal_is_remembered_for_a_minute(endpoint: TokenEndpoint, fail: Fail, tokens: Path, error: str) -> None:
    """Thousands of runs do not ask again what was refused for good; after a minute one does."""
    endpoint.answers = [refused(error, "no")]
    first, second = fail(endpoint.block()), fail(endpoint.block())
    assert 1 == len(endpoint.requests)
    assert (first.code, first.hint, first.temporary) == (second.code, second.hint, second.temporary)
    assert f"{first.what} (asked 0 s ago, and not again for a minute)" == second.what
    change(tokens, refused=lambda then: then - 61)
    fail(endpoint.block())
    assert 2 == len(endpoint.requests)


@pytest.mark.parametrize("reply", [refused("unauthorized_client"), answer(b"", "500 Oops"), answer(b"")])
def test_other_failures_are_not_remembered(endpoint: TokenEndpoint, fail: Fail, reply: bytes) -> None:
    """What may pass is asked again by the next run."""
    endpoint.answers = [reply]
    fail(endpoint.block())
    fail(endpoint.block())
    assert 2 == len(endpoint.requests)


def test_a_corrected_secret_is_tried_at_once(endpoint: TokenEndpoint, ask: Ask, fail: Fail) -> None:
    """The refusal belongs to the secret that was refused."""
    endpoint.answers = [refused("invalid_client"), good("t0ken")]
    fail(endpoint.block())
    assert "t0ken" == ask(endpoint.block(client_secret="the right one")).text


def test_a_replaced_assertion_is_tried_at_once(endpoint: TokenEndpoint, ask: Ask, fail: Fail, tmp_path: Path) -> None:
    """So does the refusal of a file's content."""
    block = {key: value for key, value in endpoint.block().items() if key != "client_secret"}
    block["assertion_file"] = "id-token"
    endpoint.answers = [refused("invalid_client"), good("t0ken")]
    (tmp_path / "id-token").write_text("a.b.c", encoding="utf-8")
    fail(block)
    fail(block)
    assert 1 == len(endpoint.requests)
    (tmp_path / "id-token").write_text("longer.one.here", encoding="utf-8")
    assert "t0ken" == ask(block).text


def test_a_new_log_in_is_used_at_once(endpoint: TokenEndpoint, ask: Ask, fail: Fail, tokens: Path) -> None:
    """A log-in takes the place of all that was kept, a refusal too."""
    block = logged_in(endpoint)
    log_in(block)
    age(tokens, 4000)
    endpoint.answers = [refused("invalid_grant", "ended")]
    fail(block)
    log_in(block)
    assert "t0ken-of-login" == ask(block).text


def test_a_refused_renewal_does_not_end_a_good_token(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """Renewed ahead and refused for good, the old token still serves to its end."""
    endpoint.answers = [good("old"), refused("invalid_client")]
    ask(endpoint.block())
    age(tokens, 3100)
    assert ["old", "old"] == [ask(endpoint.block()).text, ask(endpoint.block()).text]
    assert 2 == len(endpoint.requests)


def test_a_refused_kept_token_is_renewed_once_it_is_old(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """A token older than five minutes may have been revoked; a younger one is refused for another reason."""
    ask(endpoint.block())
    run = source(endpoint.block())
    assert run.renew(USER, "t0ken-number-1", soon()) is None
    age(tokens, 301)
    renewed = run.renew(USER, "t0ken-number-1", soon())
    assert renewed
    assert ("t0ken-number-2", False) == (renewed.text, renewed.kept)
    assert run.renew(USER, "t0ken-number-2", soon()) is None
    assert 2 == len(endpoint.requests)


def test_what_another_process_renewed_is_used(endpoint: TokenEndpoint, ask: Ask, tokens: Path) -> None:
    """After a refusal, a token that is there by now is taken before anybody is asked."""
    ask(endpoint.block())
    age(tokens, 4000)
    ask(endpoint.block())
    renewed = source(endpoint.block()).renew(USER, "t0ken-number-1", soon())
    assert renewed
    assert "t0ken-number-2" == renewed.text
    assert 2 == len(endpoint.requests)


def test_a_program_is_asked_once_more_after_a_refusal(tmp_path: Path) -> None:
    """Its token counts as kept; the same one again is of no use."""
    (tmp_path / "n").write_text("1", encoding="utf-8")
    script = f"print('t0ken-' + open({str(tmp_path / 'n')!r}).read())"
    run = source({"command": [sys.executable, "-c", script]})
    assert run.renew(USER, "t0ken-1", soon()) is None
    (tmp_path / "n").write_text("2", encoding="utf-8")
    renewed = run.renew(USER, "t0ken-1", soon())
    assert renewed
    assert "t0ken-2" == renewed.text


@pytest.fixture
def unwritable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a folder that cannot be made, not even by root."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("JSNPY_TOKEN_DIR", str(tmp_path / "file" / "tokens"))
    return str(tmp_path / "file" / "tokens")


@pytest.mark.usefixtures("unwritable")
def test_an_application_goes_on_without_a_folder(endpoint: TokenEndpoint, ask: Ask) -> None:
    """Each run asks, but all mails of one run share its token, and renew it."""
    run = source(endpoint.block())
    assert ["t0ken-number-1"] * 3 == [run.access_token(USER, soon()).text for _ in range(3)]
    assert "t0ken-number-2" == ask(endpoint.block()).text


def test_a_refresh_token_is_not_used_where_the_new_one_cannot_be_kept(
    endpoint: TokenEndpoint, fail: Fail, unwritable: str
) -> None:
    """The endpoint is not asked: the answer could be the only copy of the grant."""
    error = fail(endpoint.block(refresh_token="r3fresh-1"))
    assert -5 == error.code
    assert f"the token folder {unwritable} cannot be written: " in error.what
    assert "JSNPY_TOKEN_DIR" in error.hint
    assert [] == endpoint.requests


@posix
@pytest.mark.parametrize("place", ["loop", "x" * 300, "/".join(["x" * 200] * 30)])
def test_a_folder_that_cannot_be_is_one_that_cannot_be_written(
    endpoint: TokenEndpoint, ask: Ask, fail: Fail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A link to itself, a name that is too long: an application goes on, a log-in is told of the folder."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setenv("JSNPY_TOKEN_DIR", str(tmp_path / place))
    assert "t0ken-number-1" == ask(endpoint.block()).text
    for block in (logged_in(endpoint), endpoint.block(refresh_token="r3fresh-1")):
        assert f"the token folder {tmp_path / place} cannot be written: " in fail(block).what
    assert 1 == len(endpoint.requests)


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
@pytest.mark.parametrize("home", ["", "home"])
@pytest.mark.parametrize("named", ["", "~/tokens", "~nobody-here/tokens"])
def test_an_account_without_a_home_folder_keeps_no_token(
    endpoint: TokenEndpoint,
    ask: Ask,
    fail: Fail,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    home: str,
    named: str,
) -> None:
    """None of that name in the current one is made or used: an application goes on, a log-in is told why."""
    current = tmp_path / "current"
    current.mkdir()
    monkeypatch.chdir(current)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("JSNPY_TOKEN_DIR", named)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert "t0ken-number-1" == ask(endpoint.block()).text
    why = "no user of the name nobody-here is known here" if "nobody" in named else "this account has no home folder: "
    folder = named or "~/.local/state/jsnpy/tokens"
    for block in (logged_in(endpoint), endpoint.block(refresh_token="r3fresh-1")):
        assert f"the token folder {folder} cannot be written: {why}" in fail(block).what
    assert (1, []) == (len(endpoint.requests), os.listdir(current))
    (current / folder).mkdir(parents=True, mode=0o700)
    ask(endpoint.block())
    assert [] == [file for _, _, files in os.walk(current) for file in files]


@posix
def test_a_folder_that_cannot_be_entered_is_one_that_cannot_be_written(
    endpoint: TokenEndpoint, ask: Ask, fail: Fail, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another account's closed folder: an application goes on, a log-in is told of the folder."""

    def closed(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **more: Any) -> Any:
            if str(path).startswith(f"{tokens}{os.sep}"):  # root could enter it
                raise PermissionError(13, "Permission denied")
            return real(path, *args, **more)

        return call

    tokens.mkdir()
    for name in ("open", "lstat", "unlink"):
        monkeypatch.setattr(os, name, closed(getattr(os, name)))
    assert "t0ken-number-1" == ask(endpoint.block()).text
    assert f"the token folder {tokens} cannot be written: Permission denied" in fail(logged_in(endpoint)).what


def test_a_full_disk_is_noticed_before_the_endpoint_is_asked(
    endpoint: TokenEndpoint, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for the answer is made sure of first."""
    real = os.write

    def full(file: int, data: Any) -> int:
        if len(data) > 1000:
            raise OSError(28, "No space left on device")
        return real(file, data)

    monkeypatch.setattr(os, "write", full)
    error = fail(endpoint.block(refresh_token="r3fresh-1"))
    assert "No space left on device" in error.what
    assert [] == endpoint.requests


def pipe_at(path: Path) -> None:
    """Put a pipe in a file's place."""
    path.unlink()
    os.mkfifo(path, 0o600)


def test_a_refresh_token_that_cannot_be_kept_after_all_is_warned_of(
    endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail goes with what came, the run goes on with the new refresh token, and a word is said."""

    def fail(*_: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(storage, "_replace", fail)
    endpoint.answers = [good("one", refresh_token="r3fresh-2", expires_in=0), good("two", refresh_token="r3fresh-3")]
    warnings: list[str] = []
    run = Source(endpoint.block(refresh_token="r3fresh-1"), warn=warnings.append)
    assert ["one", "two"] == [run.access_token(USER, soon()).text for _ in range(2)]
    assert ["r3fresh-1", "r3fresh-2"] == [form["refresh_token"] for form in endpoint.forms]
    assert 2 == len(warnings)
    assert "Input/output error" in warnings[0]
    assert "the new refresh token is lost with the end of this run" in warnings[0]


@posix
@pytest.mark.parametrize(
    ("harm", "what", "cure"),
    [
        (lambda path: path.chmod(0o640), "is open to others (mode 0640)", "chmod 600 "),
        (lambda path: path.chmod(0o604), "is open to others (mode 0604)", "chmod 600 "),
        (
            lambda path: (path.rename(path.with_suffix(".x")), path.symlink_to(path.with_suffix(".x"))),
            "is a link",
            "rm ",
        ),
        (lambda path: (path.unlink(), path.symlink_to("/nowhere")), "is a link", "rm "),
        (pipe_at, "is no regular file", "rm -r "),
        (lambda path: (path.unlink(), path.mkdir(0o700)), "is no regular file", "rm -r "),
    ],
    ids=["group", "world", "link", "dangling link", "pipe", "folder"],
)
@pytest.mark.parametrize("person", [False, True])
def test_an_unsafe_file_is_never_used_nor_replaced(
    endpoint: TokenEndpoint,
    ask: Ask,
    fail: Fail,
    tokens: Path,
    harm: Callable[[Path], object],
    what: str,
    cure: str,
    person: bool,
) -> None:
    """What others could have read or put there is -5 with the cure, for every grant."""
    block = logged_in(endpoint) if person else endpoint.block()
    if person:
        log_in(block)
    ask(block)
    path = the_file(tokens)
    harm(path)
    before = os.lstat(path)
    error = fail(block)
    assert -5 == error.code
    assert what in error.what
    assert f"{cure}{path}" in error.hint
    assert (before.st_ino, before.st_mode) == (os.lstat(path).st_ino, os.lstat(path).st_mode)


@posix
@pytest.mark.parametrize("which", ["file", "folder"])
def test_what_belongs_to_another_account_is_not_used(
    endpoint: TokenEndpoint, ask: Ask, fail: Fail, tokens: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """Somebody else's file, or folder, is -5 with the cure."""
    tokens.mkdir(0o700)
    if which == "file":
        ask(endpoint.block())
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    error = fail(endpoint.block())
    assert -5 == error.code
    assert "belongs to another account" in error.what
    assert (f"rm {the_file(tokens)}" if which == "file" else f"chown 4711 {tokens}") in error.hint


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o722, 0o1777])
def test_a_folder_that_others_could_write_all_the_time_is_not_used(
    endpoint: TokenEndpoint, ask: Ask, fail: Fail, tokens: Path, mode: int
) -> None:
    """Others may have given one of our tokens the name of another: it is -5 with the cure, for our files alone too."""
    ask(endpoint.block())
    tokens.chmod(mode)
    error = fail(endpoint.block())
    assert (-5, 1) == (error.code, len(endpoint.requests))
    assert f"can be written by others (mode {mode:04o})" in error.what
    assert f"chmod 700 {tokens}" in error.hint
    assert mode == stat.S_IMODE(tokens.stat().st_mode)
    tokens.chmod(0o755)
    ask(endpoint.block())
    assert 0o700 == stat.S_IMODE(tokens.stat().st_mode)


@posix
def test_a_lock_that_others_can_hold_is_not_waited_for(endpoint: TokenEndpoint, fail: Fail, tokens: Path) -> None:
    """Somebody who could put it there could keep this account from its tokens for ever."""
    fail(endpoint.block(token_url="http://127.0.0.1:1/"))
    (lock,) = tokens.glob("*.lock")
    lock.chmod(0o666)
    assert f"chmod 600 {lock}" in fail(endpoint.block(token_url="http://127.0.0.1:1/")).hint


@posix
def test_a_folder_that_others_can_write_is_not_used(endpoint: TokenEndpoint, fail: Fail, tokens: Path) -> None:
    """In a folder with other things in it, which stay as they are, others could put a token."""
    tokens.mkdir()
    (tokens / "other").write_text("", encoding="utf-8")
    tokens.chmod(0o777)
    assert f"chmod 700 {tokens}" in fail(endpoint.block()).hint
    assert 0o777 == stat.S_IMODE(tokens.stat().st_mode)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"access_token": 5}', "\udcff", "\0" * 300, '{"fetched": 1' + "0" * 400 + "}"),
        '{"access_token": "a\\r\\nb", "fetched": 9e9, "lifetime": 9e9}',
    ],
    ids=lambda text: text[:16],
)
def test_a_damaged_file(endpoint: TokenEndpoint, ask: Ask, fail: Fail, tokens: Path, text: str) -> None:
    """An application's is made anew; of a log-in nothing is left, and it is said what to do."""
    ask(endpoint.block())
    the_file(tokens).write_bytes(text.encode(errors="surrogateescape"))
    assert "t0ken-number-2" == ask(endpoint.block()).text
    the_file(tokens).unlink()
    block = logged_in(endpoint)
    log_in(block)
    the_file(tokens).write_bytes(text.encode(errors="surrogateescape"))
    error = fail(block)
    assert "is damaged" in error.what
    assert "jsnpy login CaEmail.json" in error.hint


def test_a_damaged_file_of_a_configs_refresh_token_asks_for_no_log_in(
    endpoint: TokenEndpoint, ask: Ask, fail: Fail, tokens: Path
) -> None:
    """Where nobody can log in, removing the file is the cure."""
    block = endpoint.block(refresh_token="r3fresh-1")
    ask(block)
    the_file(tokens).write_bytes(b"{")
    assert "remove it, then: the config's refresh_token is used again" == fail(block).hint
    the_file(tokens).unlink()
    assert "t0ken-number-2" == ask(block).text


CHILD = """
import sys, time, os
from jsnpy.oauth import folder
from jsnpy.oauth.source import Source
{patch}
print(Source({block!r}, config="c").access_token({user!r}, time.monotonic() + 50).text, flush=True)
"""


def child(block: dict[str, Any], patch: str = "") -> subprocess.Popen[str]:
    """Start a process that gets a token."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD.format(block=block, user=USER, patch=patch)],
        env=clean_environment(JSNPY_TOKEN_DIR=os.environ["JSNPY_TOKEN_DIR"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def one_use_only() -> Callable[[Received], bytes]:
    """Return an endpoint's side that ends the grant when a refresh token comes a second time."""
    current = ["r3fresh-of-login"]
    lock = threading.Lock()

    def step(request: Received) -> bytes:
        with lock:
            if f"refresh_token={current[-1]}&".encode() not in request.body + b"&":
                current.append("nothing is right any more")
                return refused("invalid_grant", "used twice")
            current.append(f"r3fresh-{len(current)}")
            return good(f"t0ken-{len(current)}", refresh_token=current[-1])

    return step


def test_twelve_processes_at_once_ask_once(endpoint: TokenEndpoint, tokens: Path) -> None:
    """One gets the new token, eleven wait for it, and the grant lives on."""
    block = logged_in(endpoint)
    log_in(block)
    age(tokens, 4000)
    endpoint.answers = [one_use_only()]
    children = [child(block) for _ in range(12)]
    said = [each.communicate(timeout=120) for each in children]
    assert [("t0ken-2\n", "")] * 12 == said
    assert 1 == len(endpoint.requests)


def test_threads_of_one_run_ask_once(endpoint: TokenEndpoint) -> None:
    """A source may be shared."""
    run = source(endpoint.block())
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(run.access_token(USER, soon()).text)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert ["t0ken-number-1"] * 8 == got
    assert 1 == len(endpoint.requests)


KILL = "os.kill(os.getpid(), 9)"


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize(
    "patch",
    [
        f"folder._replace = lambda new, path: {KILL}",
        f"folder.Slot.write = lambda self, text: {KILL}",
        f"folder._sync = lambda folder: {KILL}",
    ],
    ids=["before the rename", "before the new file", "after the rename"],
)
@pytest.mark.parametrize("strict", [False, True])
def test_a_kill_at_the_worst_moment_leaves_a_whole_file(
    endpoint: TokenEndpoint, ask: Ask, fail: Fail, tokens: Path, patch: str, strict: bool
) -> None:
    """The next run finds the old token or the new one, and never half of either; no lock and no litter stays."""
    block = logged_in(endpoint)
    log_in(block)
    age(tokens, 4000)
    endpoint.answers = [one_use_only()] if strict else endpoint.answers
    dying = child(block, patch)
    dying.communicate(timeout=60)
    assert -signal.SIGKILL == dying.returncode
    kept = read(tokens)
    if "_sync" in patch:
        assert "r3fresh-of-login" != kept["refresh_token"]
        assert kept["access_token"] == ask(block).text
    elif strict:  # what the endpoint gave is lost, and it takes the old one for stolen
        assert "the log-in of" in fail(block).hint
    else:
        assert "t0ken-number-2" == ask(block).text
        assert ["r3fresh-of-login"] * 2 == [form["refresh_token"] for form in endpoint.forms]
    assert set() == {path.suffix for path in tokens.iterdir()} - {".token", ".lock"}


def test_a_kept_token_imports_little(endpoint: TokenEndpoint, ask: Ask) -> None:
    """A run with a kept token pays for no HTTP, no json, no hashlib, no re."""
    ask(endpoint.block())
    shown = "import atexit; atexit.register(lambda: print(*sorted(sys.modules)))"
    out, err = child(endpoint.block(), shown).communicate(timeout=60)
    assert "" == err
    token, modules = out.splitlines()
    assert "t0ken-number-1" == token
    heavy = "urllib3 http http.client ssl socket json hashlib _hashlib re typing enum email dataclasses contextlib"
    plain = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    loaded = set(modules.split()) - set(plain.stdout.split())
    assert set() == loaded & {*heavy.split(), "urllib.parse", "cryptography", "jsnpy.web", "jsnpy.redaction"}
    assert 1 == len(endpoint.requests)


def test_a_source_costs_nothing_before_the_first_token(tmp_path: Path) -> None:
    """References are resolved, files read and endpoints asked only when a mail needs a token."""
    run = Source({"token_url": "https://x.test/", "client_id": "${ENV:NOT_SET_AT_ALL}"}, base_dir=str(tmp_path))
    with pytest.raises(TokenError, match=r"oauth2\.client_id: the environment variable"):
        run.access_token(USER, soon())


def test_a_secret_is_read_from_its_file_when_it_is_needed(endpoint: TokenEndpoint, ask: Ask, tmp_path: Path) -> None:
    """${FILE:…} is relative to the config."""
    (tmp_path / "secret.txt").write_text("from-a-file\n", encoding="utf-8")
    ask(endpoint.block(client_secret="${FILE:secret.txt}"))
    assert "from-a-file" == endpoint.forms[0]["client_secret"]
