"""What http_get and http_post put on the wire, and what they make of a script's arguments."""

from collections.abc import Callable
from typing import Any

import pytest
from support.http_server import HttpServer, Received, answer

from jsnpy import __version__
from jsnpy.bindings.http import http_get, http_post, natives

Serve = Callable[..., HttpServer]


def ok(_: Received) -> bytes:
    """Answer anything."""
    return answer(b"fine")


def test_get_brings_status_body_url_and_headers(serve: Serve, run: Any) -> None:
    """A page comes back with its status, text, address and headers, and no error."""
    server = serve(lambda _: answer("voilà".encode(), "200 OK", "X-A: 1", "x-a: 2", "Set-Cookie: a", "Set-Cookie: b"))
    result = http_get(f"{server.url}/p?q=1#part", run)
    assert (200, "voilà", "") == (result["status"], result["body"], result["error"])
    assert f"{server.url}/p?q=1" == result["url"]
    assert ("1, 2", ["a", "b"]) == (result["headers"]["x-a"], result["headers"]["set-cookie"])
    (request,) = server.requests
    assert ("GET", "/p?q=1", f"jsnpy/{__version__}") == (request.method, request.target, request.header("User-Agent"))
    assert f"localhost:{server.port}" == request.header("Host")
    assert 1 == run.flushed, "what the script wrote before is not held back while it waits"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content", "304 Not Modified"])
def test_http_errors_are_answers(serve: Serve, run: Any, status: str) -> None:
    """Whatever the server answers, a 404 too, is no error of the transfer."""
    server = serve(lambda _: answer(b"", status))
    result = http_get(server.url, run)
    assert (int(status[:3]), "", "") == (result["status"], result["body"], result["error"])


def test_post_is_a_form_unless_told_otherwise(serve: Serve, run: Any) -> None:
    """Without a Content-Type header the body goes as a form, with one it goes as that."""
    server = serve(ok)
    http_post(server.url, "a=é\ud800", None, run)
    http_post(server.url, "{}", ["content-type: application/json", "X-Name:  Zoé "], run)
    form, json = server.requests
    assert ("POST", "application/x-www-form-urlencoded") == (form.method, form.header("Content-Type"))
    assert "a=é\ufffd".encode() == form.body
    assert ["application/json"] == [value for name, value in json.headers if name.lower() == "content-type"]
    assert "Zoé" == json.header("X-Name")


@pytest.mark.parametrize("body", [None, ""])
def test_post_without_a_body(serve: Serve, run: Any, body: object) -> None:
    """No body is an empty one, and says its length."""
    server = serve(ok)
    assert "" == http_post(server.url, body, None, run)["error"]
    assert (b"", "0") == (server.requests[0].body, server.requests[0].header("Content-Length"))


def test_headers_may_repeat_and_an_empty_one_is_left_out(serve: Serve, run: Any) -> None:
    """A name given twice is sent twice; "Accept:" keeps a usual header off the wire, as libcurl has it."""
    server = serve(ok)
    lines = [
        "X-T: 1",
        "X-T: 2",
        "Accept:",
        "User-Agent:",
        "Content-Type:",
        "Content-Length: 999",
        "Host: other.test",
    ]
    assert 200 == http_post(server.url, "x", lines, run)["status"]
    (request,) = server.requests
    assert ["1", "2"] == [value for name, value in request.headers if name == "X-T"]
    assert [None] * 3 == [request.header(name) for name in ("Accept", "User-Agent", "Content-Type")]
    assert (["1"], "other.test") == (
        [value for name, value in request.headers if name == "Content-Length"],
        request.header("Host"),
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, "the URL must be a string, not undefined or null"),
        (5, "the URL must be a string, not number"),
        (["http://x.test"], "the URL must be a string, not array"),
        ({"$foreign": "throws: boom"}, "the URL must be a string, not one that throws boom"),
        ("", "the URL is empty"),
        pytest.param("x" * 8_000_001, "the URL is too long: 8000001 characters", id="endless"),
        ("http://", "names no host"),
        ("http://x.test/\r\nX: y", "control character U+000D: write %0D"),
        ("http://x.test/\0", "U+0000"),
        ("http://x.test/\u2028", "U+2028: write %E2%80%A8"),
        ("http://x.test:99999/", "check host name and port"),
        ("http://x.test:0/", "ports go from 1"),
        ("http://[::1/", "is no usable URL"),
        ("http://a..b/\u00e9", "a part of the host name is empty"),
        ("ftp://x.test/", "ftp: URLs cannot be fetched, only http:// and https:// ones"),
        ("file:///etc/passwd", "file: URLs cannot be fetched"),
        ("javascript:alert(1)", "javascript: URLs cannot be fetched"),
    ],
)
def test_bad_urls_are_named(run: Any, url: object, words: str) -> None:
    """A URL nobody can fetch is a failed transfer that says why."""
    result = http_get(url, run)
    assert (0, "") == (result["status"], result["body"])
    assert result["error"].startswith("http_get: ")
    assert words in result["error"]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ("X: y", "headers must be an array"),
        ({"X": "y"}, 'headers must be an array of "Name: value" strings, not object'),
        ([1], "headers[0] must be a"),
        (["A: b", None], "headers[1] must be a"),
        (["Authorization hunter3"], "the header 'Authorization hunter3' has no colon"),
        (["X Y: z"], "the header name 'X Y' holds a character"),
        ([": z"], "the header name '' holds"),
        (["X-\u00e9: z"], "holds a character"),
        (["X: a\r\nY: b"], "the header 'X' holds a line break"),
        (["X: a\nY: b"], "the header 'X' holds a line break"),
        (["X: a\0b"], "the header 'X' holds a line break or control character"),
        (["X\r\n: a"], "holds a character"),
    ],
)
def test_bad_headers_are_refused_before_any_connection(serve: Serve, run: Any, headers: object, words: str) -> None:
    """A header that is none, or would smuggle in another, sends nothing."""
    server = serve(ok)
    result = http_post(server.url, "", headers, run)
    assert 0 == result["status"]
    assert words in result["error"]
    assert [] == server.requests


@pytest.mark.parametrize("body", [{"a": 1}, [1], {"$foreign": "Date"}, {"$foreign": "NaN"}])
def test_objects_are_no_body(run: Any, body: object) -> None:
    """A body that is no text is refused with the way out, rather than sent as [object Object]."""
    assert "pass JSON.stringify(...)" in http_post("http://127.0.0.1:1/", body, None, run)["error"]


def test_other_than_ascii_is_encoded(serve: Serve, run: Any) -> None:
    """A path with blanks and accents is percent-encoded once, what is encoded already stays."""
    server = serve(ok)
    assert 200 == http_get(f" {server.url}/é b/%C3%A9%20?q=ü&x=%zz ", run)["status"]
    assert "/%C3%A9%20b/%C3%A9%20?q=%C3%BC&x=%25zz" == server.requests[0].target


def test_hosts_in_other_scripts_go_as_idna(serve: Serve, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name looked up and sent for a non-ASCII host is its IDNA form."""
    server = serve(ok)
    monkeypatch.setenv("http_proxy", f"localhost:{server.port}")
    result = http_get("http://bücher.example/x", run)
    assert "http://xn--bcher-kva.example/x" == result["url"] == server.requests[0].target


def test_a_url_without_scheme_is_an_http_one(serve: Serve, run: Any) -> None:
    """host:port/path is fetched over http, as libcurl does."""
    server = serve(ok)
    assert 200 == http_get(f"localhost:{server.port}/x", run)["status"]


def test_user_and_password_of_the_url_are_used_but_never_shown(serve: Serve, run: Any) -> None:
    """user:password@ becomes Basic authentication and is left out of details and errors."""
    server = serve(lambda _: b"")
    result = http_get(f"http://me:p%40ss@localhost:{server.port}/x", run)
    assert "Basic bWU6cEBzcw==" == server.requests[0].header("Authorization")
    for url in (
        f"http://me:p%40ss@localhost:{server.port}/x",
        "http://me:p%40ss@localhost:bad/",
        "http://me:p%40ss@",
    ):
        result = http_get(url, run)
        assert result["error"]
        assert "p%40ss" not in str(result)
        assert "p@ss" not in str(result)


def test_an_authorization_header_wins_over_the_url(serve: Serve, run: Any) -> None:
    """What the script says in headers goes before what stands in the URL."""
    server = serve(ok)
    http_post(f"http://a:b@localhost:{server.port}/", "", ["authorization: Bearer t"], run)
    assert ["Bearer t"] == [value for name, value in server.requests[0].headers if name.lower() == "authorization"]


def test_errors_pass_the_redactor(run: Any) -> None:
    """A secret the host knows does not come back in an error."""
    assert "http://[redacted]:bad/" in http_get("http://hunter2:bad/", run)["error"]


def test_dry_run_gets_but_shows_posts(serve: Serve, run: Any) -> None:
    """In a dry run GET is real, and a POST is checked and shown with its credentials hidden."""
    server = serve(ok)
    run.dry_run = True
    assert "fine" == http_get(server.url, run)["body"]
    headers = ["Authorization: Bearer sesame", "X-A: é"]
    result = http_post(f"http://me:pw@localhost:{server.port}/hook?x=1", "a=1", headers, run)
    assert (200, "", "") == (result["status"], result["body"], result["error"])
    assert 1 == len(server.requests)
    (text,) = run.shown
    assert f"POST http://localhost:{server.port}/hook?x=1" in text
    assert "X-A: é" in text
    assert text.endswith("\n\na=1")
    assert "sesame" not in text
    assert "pw" not in text
    assert "has no colon" in http_post(server.url, "", ["bad"], run)["error"]


def test_a_long_post_is_shown_in_part(run: Any) -> None:
    """The dry run does not flood the terminal."""
    run.dry_run = True
    http_post("http://x.test/", "y" * 20_000, None, run)
    assert run.shown[0].endswith("y\n[3616 more characters]")


def test_natives_take_what_the_script_left_out(run: Any) -> None:
    """The two operations exist and survive missing arguments."""
    operations = natives(run)
    assert ["http_get", "http_post"] == sorted(operations)
    assert "not undefined" in operations["http_get"]({"url": None})["error"]
    assert "not undefined" in operations["http_post"]({})["error"]
