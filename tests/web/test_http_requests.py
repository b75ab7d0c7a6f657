"""What http_get and http_post put on the wire, and what they make of a script's arguments."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from support.fetching import http_get, http_post, http_request
from support.http_server import HttpServer, Received, answer

from jsnpy import __version__
from jsnpy.bindings.http import METHODS

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
        (5, "the URL must be a string, not a number"),
        (["http://x.test"], "the URL must be a string, not an array"),
        ({"$foreign": "throws: boom"}, "the URL must be a string, not a value that throws: boom"),
        ("", "the URL is empty"),
        pytest.param("x" * 8_000_001, "the URL is too long: 8000001 characters", id="endless"),
        ("http://", "names no host"),
        ("http://x.test/\r\nX: y", "control character U+000D: write %0D"),
        ("http://x.test/\0", "U+0000"),
        ("http://x.test/\u2028", "U+2028: write %E2%80%A8"),
        ("http://x.test:99999/", "check host name and port"),
        ("http://x.test:0/", "ports go from 1"),
        ("http://[::1/", "is no usable URL"),
        ("http://\u200bx.test:1/", "http://\\u200bx.test:1/ is no usable URL"),
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
        (5, 'headers must be an array of "Name: value" strings or an object, not a number'),
        ({"$foreign": "Date"}, 'headers must be an array of "Name: value" strings or an object, not a Date'),
        ({"X": None}, "the header 'X' must be a string, not undefined or null"),
        ({"X": True}, "the header 'X' must be a string, not true"),
        ({"X: Y": "z"}, "holds a character"),
        ({"X": "a\r\nY: b"}, "the header 'X' holds a line break"),
        ([1], "headers[0] must be a"),
        (["A: b", None], "headers[1] must be a"),
        (["Authorization hunter3"], "the header 'Authorization hunter3' has no colon"),
        (["X Y: z"], "the header name 'X Y' holds a character"),
        ([": z"], "the header name '' holds"),
        (["X-\u00e9: z"], "holds a character"),
        (["X: a\r\nY: b"], "the header 'X' holds a line break"),
        (["X: a\nY: b"], "the header 'X' holds a line break"),
        (["X: a\r b"], "the header 'X' holds a line break"),
        (["X: a\x0bb"], "the header 'X' holds a line break or control character"),
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


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("/a%20b?used=100%&to=a%20b", "/a%20b?used=100%25&to=a%20b"),
        ("/50%/a%2Fb", "/50%25/a%2Fb"),
        ("/?a=%&b=%4&c=%é&d=%e9", "/?a=%25&b=%254&c=%25%C3%A9&d=%E9"),
    ],
)
def test_a_lone_percent_sign_leaves_the_rest_as_it_is(serve: Serve, run: Any, given: str, sent: str) -> None:
    """A percent sign that encodes nothing is encoded, those that do are not encoded a second time."""
    server = serve(ok)
    assert 200 == http_get(server.url + given, run)["status"]
    assert sent == server.requests[0].target


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


def test_a_secret_that_the_cut_goes_through_is_not_shown(run: Any) -> None:
    """What is left of a long POST in a dry run does not end in half a secret."""
    run.dry_run = True
    http_post("http://x.test/", "y" * (16 * 1024 - 4) + "hunter2", None, run)
    assert "yhunt" not in run.shown[0]


FORMS = [["X-A: 1", "X-B: é"], {"X-A": 1, "X-B": "é"}]


@pytest.mark.parametrize("headers", FORMS)
def test_headers_go_with_a_get(serve: Serve, run: Any, headers: object) -> None:
    """GET sends its headers too, given as lines or as an object."""
    server = serve(ok)
    assert 200 == http_get(server.url, run, headers)["status"]
    assert ("1", "é") == (server.requests[0].header("X-A"), server.requests[0].header("X-B"))


@pytest.mark.parametrize(
    ("value", "sent"), [(5, "5"), (0.1, "0.1"), (-2.5, "-2.5"), (1e21, "1e+21"), (10**20, "1" + "0" * 20)]
)
def test_a_number_in_a_header_is_written_as_in_javascript(serve: Serve, run: Any, value: float, sent: str) -> None:
    """What a script gives as a number goes out as String() writes it."""
    server = serve(ok)
    assert 200 == http_get(server.url, run, {"X-N": value})["status"]
    assert sent == server.requests[0].header("X-N")


def test_an_object_may_give_a_header_several_times(serve: Serve, run: Any) -> None:
    """An array gives a name more than once; "" keeps a usual header off the wire."""
    server = serve(ok)
    assert 200 == http_post(server.url, "x", {"X-T": ["1", "2"], "User-Agent": ""}, run)["status"]
    (request,) = server.requests
    assert (["1", "2"], None) == (
        [value for name, value in request.headers if name == "X-T"],
        request.header("User-Agent"),
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_a_request_with_any_method(serve: Serve, run: Any, method: str, case: Callable[[str], str]) -> None:
    """The method is sent in upper case, however it is written; HEAD has no body to read."""
    body = b"" if method == "HEAD" else b"fine"
    server = serve(lambda _: answer(b"fine", "200 OK", "X-Answer: yes") if body else answer_to_head())
    result = http_request({"method": case(method), "url": server.url}, run)
    assert (200, body.decode(), "") == (result["status"], result["body"], result["error"])
    assert [method] == [request.method for request in server.requests]


def answer_to_head() -> bytes:
    """Answer with the length of a body that does not come."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


def test_a_request_sends_headers_and_body(serve: Serve, run: Any) -> None:
    """All that is given is used; the answer's headers come back in lower case."""
    server = serve(lambda _: answer(b"fine", "201 Created", "X-Answer: Yes", "x-answer: Too"))
    fields = {"method": "put", "url": server.url + "/x", "headers": {"Content-Type": "text/plain"}, "body": "é"}
    result = http_request(fields, run)
    (request,) = server.requests
    assert ("PUT", "/x", "text/plain", "é".encode()) == (
        request.method, request.target, request.header("Content-Type"), request.body
    )  # fmt: skip
    assert (201, "Yes, Too") == (result["status"], result["headers"]["x-answer"])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_request_without_a_body_says_so(serve: Serve, run: Any, method: str) -> None:
    """Methods that carry a body send an empty one, with its length."""
    server = serve(ok)
    assert 200 == http_request({"method": method, "url": server.url}, run)["status"]
    assert "0" == server.requests[0].header("Content-Length")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (None, "needs an object { method, url, headers, body, timeout }, not null"),
        ("http://x.test", "not a string"),
        ({"$foreign": "function"}, "not a function"),
        ({"method": "GET", "url": "http://x.test", "header": []}, "'header' would not be used: did you mean headers?"),
        ({"method": "GET", "url": "http://x.test", "Method": "x"}, "'Method' would not be used: did you mean method?"),
        ({"method": "GET", "url": "http://x.test", "qwertz": 1}, "'qwertz' would not be used"),
        (
            {"url": "http://x.test"},
            "the method must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, and is missing",
        ),
        ({"method": "TRACE", "url": "http://x.test"}, "and is 'TRACE'"),
        ({"method": "GET\r\nX: y", "url": "http://x.test"}, "the method must be one of"),
        ({"method": 5, "url": "http://x.test"}, "and is a number"),
        ({"method": "GET"}, "the URL must be a string, not undefined or null"),
        ({"method": "POST", "url": "http://x.test", "body": {"a": 1}}, "the body must be a string, not an object"),
        (
            {"method": "GET", "url": "http://x.test", "timeout": 0},
            "the timeout must be a number of seconds above 0, not 0",
        ),
        ({"method": "GET", "url": "http://x.test", "timeout": "5"}, "above 0, not a string"),
        ({"method": "GET", "url": "http://x.test", "timeout": True}, "above 0, not true"),
        ({"method": "GET", "url": "http://x.test", "timeout": {"$foreign": "NaN"}}, "above 0, not NaN"),
    ],
)
def test_bad_requests_are_named(run: Any, fields: object, words: str) -> None:
    """What cannot be used is an error that says so, before any connection; nothing is dropped."""
    result = http_request(fields, run)
    assert (0, "") == (result["status"], result["body"])
    assert result["error"].startswith("http_request: ")
    assert words in result["error"]


def test_a_request_has_its_own_timeout(serve: Serve, run: Any) -> None:
    """The seconds given end the transfer."""
    gone = threading.Event()
    server = serve(lambda _: (gone.wait(10) and b"",))
    result = http_request({"method": "GET", "url": server.url, "timeout": 0.2}, run)
    gone.set()
    assert "timed out after 0.2 s" in result["error"]


@pytest.mark.parametrize("mode", ["dry_run", "probe"])
@pytest.mark.parametrize("method", METHODS)
def test_what_may_change_something_is_shown_not_sent(serve: Serve, run: Any, mode: str, method: str) -> None:
    """With --dry-run and --probe GET and HEAD run, and all others are shown; secrets are not."""
    setattr(run, mode, True)
    server = serve(lambda _: answer_to_head() + (b"" if method == "HEAD" else b"fine"))
    headers = ["X-Api-Key: abc123", "X-Note: hunter2", "X-Plain: plain"]
    result = http_request({"method": method, "url": server.url + "/?t=hunter2", "headers": headers}, run)
    if method in ("GET", "HEAD"):
        assert ([method], []) == ([request.method for request in server.requests], run.shown)
        return
    assert ([], (200, "", "")) == (server.requests, (result["status"], result["body"], result["error"]))
    (shown,) = run.shown
    assert f"http_request, not sent: {method} {server.url}" in shown
    assert (True, False, False) == ("plain" in shown, "hunter2" in shown, "abc123" in shown)
