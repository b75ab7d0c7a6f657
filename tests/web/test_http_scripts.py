"""http_get and http_post as scripts see them, run by the real command."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import Result, jsnpy
from support.http_server import HttpServer, answer, redirect

Serve = Callable[..., HttpServer]
Run = Callable[..., Result]


@pytest.fixture
def script(tmp_path: Path) -> Run:
    """Run a script's text with the command."""

    def call(source: str, *options: str) -> Result:
        path = tmp_path / "script.js"
        path.write_text(source, encoding="utf-8")
        return jsnpy(path, *options, env={"PYTHONWARNINGS": "error"})

    return call


def test_the_result_has_three_properties_and_hidden_details(serve: Serve, script: Run) -> None:
    """A result is { status, body, error } in this order, with non-enumerable details { url, headers }."""
    server = serve(lambda _: answer("é\0💥".encode(), "200 OK", "__proto__: x"))
    done = script(f"""
        const r = http_get("{server.url}/a");
        console.log(JSON.stringify(r), Object.keys(r.details).join());
        console.log(r.details.url, Object.getOwnPropertyDescriptor(r.details.headers, "__proto__").value);
    """)
    assert ("", 0) == (done.err, done.code)
    expected = f'{{"status":200,"body":"é\\u0000💥","error":""}} url,headers\n{server.url}/a x\n'
    assert expected == done.out


def test_simple_bodies_are_converted(serve: Serve, script: Run) -> None:
    """Numbers and booleans are sent as JavaScript writes them, nothing as an empty body."""
    server = serve(lambda _: answer(b""))
    done = script(f"""
        const results = [12, 1.5, 1e21, NaN, true, false, 10n, "x", null, undefined].map(
            (body) => http_post("{server.url}", body)
        );
        console.log(results.map((r) => r.error).join(""));
    """)
    assert "\n" == done.out
    expected = [b"12", b"1.5", b"1e+21", b"NaN", b"true", b"false", b"10", b"x", b"", b""]
    assert expected == [request.body for request in server.requests]


def test_nothing_makes_them_throw(script: Run) -> None:
    """Whatever is passed, a result with an error comes back."""
    done = script("""
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
    assert ("alive\n", 0) == (done.out, done.code)


def test_they_do_not_depend_on_what_a_script_can_replace(serve: Serve, script: Run) -> None:
    """Scripts that overwrite globals and prototypes still get their answer."""
    server = serve(lambda _: answer(b"fine"))
    done = script(f"""
        const log = console.log;
        Object.defineProperty = JSON.parse = JSON.stringify = Array.isArray = () => {{ throw 1; }};
        Array.prototype.push = String.prototype.slice = Object.prototype.hasOwnProperty = () => {{ throw 2; }};
        Object.prototype.get = Object.prototype.headers = "planted";
        log(http_get("{server.url}").body, http_post("{server.url}", "x", ["A: b"]).body);
    """)
    assert ("fine fine\n", "") == (done.out, done.err)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("http_get(url, [], 'x')", "http_get: takes 2 arguments and was given 3"),
        ("http_get(url, 'X: y')", "http_get: headers must be"),
        ("[url].map(http_get)[0]", "http_get: takes 2 arguments"),
        ("http_post(url, 'a', [], undefined, 5)", "http_post: takes 3 arguments and was given 5"),
        ("http_request({ method: 'GET', url }, 'x')", "http_request: takes 1 argument and was given 2"),
        ("http_request(url)", "http_request: needs an object"),
        ("http_request()", "http_request: needs an object"),
    ],
)
def test_an_argument_that_is_not_used_is_an_error(serve: Serve, script: Run, call: str, words: str) -> None:
    """Nothing that a script passes is dropped: the request is not sent, and the error says why."""
    server = serve(lambda _: answer(b"fine"))
    done = script(f"const url = '{server.url}'; const r = {call}; console.log(r.status, r.error)")
    assert (True, []) == (done.out.startswith(f"0 {words}"), server.requests), done


def test_arguments_that_are_undefined_are_none(serve: Serve, script: Run) -> None:
    """What a wrapper passes on without having it is no argument."""
    server = serve(lambda _: answer(b"fine"))
    done = script(f"console.log(http_get('{server.url}', undefined, undefined).body)")
    assert "fine\n" == done.out


def test_headers_of_a_get_and_a_request(serve: Serve, script: Run) -> None:
    """Scripts pass lines or an object; a request's result has the answer's headers as a fourth property."""
    server = serve(lambda _: answer(b"fine", "200 OK", "X-Answer: Yes"))
    done = script(f"""
        http_get("{server.url}", ["Authorization: Bearer t"]);
        const r = http_request({{ method: "delete", url: "{server.url}", headers: {{ Authorization: "Bearer t" }} }});
        console.log(Object.keys(r).join(), r.body, r.headers["x-answer"], Object.keys(r.details).join());
    """)
    assert ("status,body,error,headers fine Yes url,headers\n", "") == (done.out, done.err)
    assert ["Bearer t", "Bearer t"] == [request.header("Authorization") for request in server.requests]
    assert ["GET", "DELETE"] == [request.method for request in server.requests]


def test_verbose_tells_of_each_fetch(serve: Serve, script: Run) -> None:
    """With -v stderr has a line for each fetch: where, status, seconds."""
    server = serve(lambda _: answer(b"", "404 Not Found"))
    said = script(f"http_get('{server.url}/x')", "-v").err
    assert re.search(rf"http_get {server.url}/x returned 404 after \d(\.\d+)? s\n", said)


def test_verbose_shows_no_query(serve: Serve, script: Run) -> None:
    """What stands behind the question mark is often a key, and the server may have chosen it, too."""
    server = serve(lambda request: answer(b"end") if "?" in request.target else redirect("/y?key=k3y-value"))
    for path in ("/x?key=k3y-value", "/x"):
        said = script(f"http_get('{server.url}{path}')", "-v").err
        assert "?… returned 200 after" in said
        assert "k3y-value" not in said


def test_dry_run_shows_posts_on_stderr(serve: Serve, script: Run) -> None:
    """With --dry-run, GET runs, POST is shown on stderr and answers 200 with an empty body."""
    server = serve(lambda _: answer(b"fine"))
    done = script(
        f'console.log(http_get("{server.url}").body, JSON.stringify(http_post("{server.url}/hook", "a=1")));',
        "--dry-run",
    )
    assert 'fine {"status":200,"body":"","error":""}\n' == done.out
    assert f"POST {server.url}/hook" in done.err
    assert ["GET"] == [request.method for request in server.requests]
