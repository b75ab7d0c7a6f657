"""http_get and http_post as scripts see them, run by the real command."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.http_server import HttpServer, answer

Serve = Callable[..., HttpServer]
Jsnpy = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def jsnpy(tmp_path: Path) -> Jsnpy:
    """Run a script's text with the command."""

    def call(source: str, *options: str) -> subprocess.CompletedProcess[str]:
        script = tmp_path / "script.js"
        script.write_text(source, encoding="utf-8")
        command = [sys.executable, "-m", "jsnpy", str(script), *options]
        environ = {**os.environ, "PYTHONWARNINGS": "error"}
        return subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False, env=environ
        )

    return call


def test_the_result_has_three_properties_and_hidden_details(serve: Serve, jsnpy: Jsnpy) -> None:
    """A result is { status, body, error } in this order, with non-enumerable details { url, headers }."""
    server = serve(lambda _: answer("é\0💥".encode(), "200 OK", "__proto__: x"))
    done = jsnpy(f"""
        const r = http_get("{server.url}/a");
        console.log(JSON.stringify(r), Object.keys(r.details).join());
        console.log(r.details.url, Object.getOwnPropertyDescriptor(r.details.headers, "__proto__").value);
    """)
    assert ("", 0) == (done.stderr, done.returncode)
    expected = f'{{"status":200,"body":"é\\u0000💥","error":""}} url,headers\n{server.url}/a x\n'
    assert expected == done.stdout


def test_nothing_makes_them_throw(jsnpy: Jsnpy) -> None:
    """Whatever is passed, a result with an error comes back."""
    done = jsnpy("""
        const nasty = new Proxy({}, { get() { throw new Error("got me"); }, ownKeys() { throw 1; } });
        const revoked = Proxy.revocable([], {});
        revoked.revoke();
        const cyclic = [];
        cyclic.push(cyclic);
        const values = [undefined, null, nasty, revoked.proxy, cyclic, Symbol("s"), 1n, () => 1, NaN, new Date(), {}];
        values.forEach((value) => {
            for (const r of [http_get(value), http_post(value), http_post("http://a..b", value),
                             http_post("http://a..b", "", [value])]) {
                if (r.status !== 0 || r.body !== "" || !r.error.startsWith("http_")) console.log("bad", r.error);
            }
        });
        console.log("alive");
    """)
    assert ("alive\n", 0) == (done.stdout, done.returncode)


def test_they_do_not_depend_on_what_a_script_can_replace(serve: Serve, jsnpy: Jsnpy) -> None:
    """Scripts that overwrite globals and prototypes still get their answer."""
    server = serve(lambda _: answer(b"fine"))
    done = jsnpy(f"""
        const log = console.log;
        Object.defineProperty = JSON.parse = JSON.stringify = Array.isArray = () => {{ throw 1; }};
        Array.prototype.push = String.prototype.slice = Object.prototype.hasOwnProperty = () => {{ throw 2; }};
        Object.prototype.get = Object.prototype.headers = "planted";
        log(http_get("{server.url}").body, http_post("{server.url}", "x", ["A: b"]).body);
    """)
    assert ("fine fine\n", "") == (done.stdout, done.stderr)


def test_get_takes_a_url_only(serve: Serve, jsnpy: Jsnpy) -> None:
    """http_get can be handed to map(), which passes an index too."""
    server = serve(lambda _: answer(b"fine"))
    assert (
        "fine,fine\n"
        == jsnpy(f'console.log(["{server.url}", "{server.url}"].map(http_get).map((r) => r.body).join())').stdout
    )


def test_dry_run_shows_posts_on_stderr(serve: Serve, jsnpy: Jsnpy) -> None:
    """With --dry-run, GET runs, POST is shown on stderr and answers 200 with an empty body."""
    server = serve(lambda _: answer(b"fine"))
    done = jsnpy(
        f'console.log(http_get("{server.url}").body, JSON.stringify(http_post("{server.url}/hook", "a=1")));',
        "--dry-run",
    )
    assert 'fine {"status":200,"body":"","error":""}\n' == done.stdout
    assert f"POST {server.url}/hook" in done.stderr
    assert ["GET"] == [request.method for request in server.requests]
