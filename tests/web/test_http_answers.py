"""What http_get makes of answers: encodings, charsets, limits, and answers that are none."""

import contextlib
import gzip
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fetching import http_get, http_post
from support.http_server import HttpServer, Received, answer

from jsnpy import web
from jsnpy.web import body as bodies

Serve = Callable[..., HttpServer]


def raw_deflate(data: bytes) -> bytes:
    """Compress as some servers do, without the zlib header."""
    return zlib.compress(data, wbits=-15)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"text", mtime=0)),
        ("X-GZip", gzip.compress(b"te", mtime=0) + gzip.compress(b"xt", mtime=0) + b"\0\0"),
        ("deflate", zlib.compress(b"text")),
        ("deflate", raw_deflate(b"text")),
        ("deflate, gzip", gzip.compress(raw_deflate(b"text"), mtime=0)),
        ("identity", b"text"),
        ("utf-8", b"text"),
    ],
)
def test_content_encodings_are_undone(serve: Serve, run: Any, encoding: str, packed: bytes) -> None:
    """Gzip and deflate in every shape found in the wild come out as the text."""
    server = serve(lambda _: answer(packed, "200 OK", f"Content-Encoding: {encoding}"))
    result = http_get(server.url, run)
    assert ("text", "") == (result["body"], result["error"])


@pytest.mark.parametrize(
    ("encoding", "packed", "words"),
    [
        ("gzip", gzip.compress(b"text" * 100, mtime=0)[:-9], "cut off in the middle of its compressed data"),
        ("gzip", b"plain text", "what it calls gzip is none"),
        ("deflate", b"\xff\xff\xff", "what it calls deflate is none"),
        ("br", b"\x0b\x02", "compressed with br, which was not asked for"),
    ],
)
def test_broken_encodings_are_failures(serve: Serve, run: Any, encoding: str, packed: bytes, words: str) -> None:
    """Compressed data that is cut or wrong is a failed transfer, not half a body."""
    server = serve(lambda _: answer(packed, "200 OK", f"Content-Encoding: {encoding}"))
    result = http_get(server.url, run)
    assert (0, "") == (result["status"], result["body"])
    assert words in result["error"]


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes_survive_gzip_and_deflate(data: bytes) -> None:
    """What was packed comes out unchanged."""
    assert data == bodies.decompress(gzip.compress(data, mtime=0), "gzip")
    assert data == bodies.decompress(zlib.compress(data), "deflate")


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_unpack_or_are_refused(data: bytes, encoding: str) -> None:
    """No answer makes the unpacking fail in another way than in words."""
    with contextlib.suppress(web.WebError):
        assert bodies.LIMIT >= len(bodies.decompress(data, encoding))


def test_a_bomb_stops_at_the_limit(serve: Serve, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small answer that unpacks to more than the limit is a failure, found before it is all unpacked."""
    monkeypatch.setattr(bodies, "LIMIT", 1024 * 1024)
    bomb = gzip.compress(gzip.compress(b"\0" * 50_000_000), mtime=0)
    server = serve(lambda _: answer(bomb, "200 OK", "Content-Encoding: gzip, gzip"))
    result = http_get(server.url, run)
    assert (0, "http_get: the answer is larger than 1 MB") == (result["status"], result["error"])


def test_an_endless_answer_stops_at_the_limit(serve: Serve, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body over the limit is a failure, one of exactly the limit is none."""
    monkeypatch.setattr(bodies, "LIMIT", 1024 * 1024)
    full = b"x" * bodies.LIMIT
    assert bodies.LIMIT == len(http_get(serve(lambda _: answer(full)).url, run)["body"])

    def endless(_: Received) -> Iterable[bytes]:
        yield b"HTTP/1.0 200 OK\r\n\r\n"
        while True:
            yield full

    assert "larger than 1 MB" in http_get(serve(endless).url, run)["error"]


def test_the_limit_is_64_megabytes() -> None:
    """The limit is the documented one."""
    assert 64 * 1024 * 1024 == bodies.LIMIT


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain", "é€".encode(), "é€"),
        ("text/plain; charset=ISO-8859-1", b"\xe9", "é"),
        ('text/plain; x=y; Charset="windows-1252"', b"\x80", "€"),
        ("text/plain; charset=utf-16", "é".encode("utf-16"), "é"),
        ("text/plain; charset=latin1", b"\xef\xbb\xbf\xc3\xa9", "é"),
        ("text/plain", b"\xff\xfe\xe9\x00", "é"),
        ("text/plain", b"\xfe\xff\x00\xe9", "é"),
        ("text/plain", b"a\xe9b", "a\ufffdb"),
        ("text/plain; charset=nonsense", "é".encode(), "é"),
        ("text/plain; charset=hex", "é".encode(), "é"),
        ("text/plain; charset=idna", "é".encode(), "é"),
        ("text/plain; charset=undefined", "é".encode(), "é"),
        ("text/plain; charset=punycode", b"a-b-", "a-b-"),
        ("text/plain; charset=unicode_escape", rb"C:\new", r"C:\new"),
        ("text/plain; charset=raw-unicode-escape", rb"\u0041", r"\u0041"),
        ("text/plain; charset=", "é".encode(), "é"),
        ("text/plain; charset=\0", "é".encode(), "é"),
        ("", b"", ""),
    ],
)
def test_charsets(content_type: str, body: bytes, text: str) -> None:
    """A byte order mark decides, else the charset, else UTF-8; what nobody knows is read as UTF-8."""
    assert text == bodies.text(body, content_type)


CUT = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("bytes_sent", CUT)
def test_a_cut_body_is_a_failure(serve: Serve, run: Any, bytes_sent: bytes) -> None:
    """A body shorter than announced, or with broken chunks, never passes for the answer."""
    result = http_get(serve(lambda _: bytes_sent).url, run)
    assert (0, "") == (result["status"], result["body"])
    assert "was cut off" in result["error"]


def test_chunks_make_a_body(serve: Serve, run: Any) -> None:
    """A chunked answer is put together, without its trailers."""
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: x\r\n\r\n"
    assert "abc" == http_get(serve(lambda _: chunks).url, run)["body"]


def test_interim_answers_are_passed_over(serve: Serve, run: Any) -> None:
    """100 and 103 come before the answer and are none."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    result = http_get(serve(lambda _: interim + answer(b"text")).url, run)
    assert (200, "text", False) == (result["status"], result["body"], "link" in result["headers"])


@pytest.mark.parametrize(
    ("bytes_sent", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9\r\n", "did not answer in HTTP, but 'SSH-2.0-OpenSSH_9"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", "a line in its headers is too long"),
        (
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
            "is no usable HTTP: got more than 100 headers",
        ),
    ],
)
def test_what_is_no_http_is_quoted(serve: Serve, run: Any, bytes_sent: bytes, words: str) -> None:
    """An answer that is none ends in a sentence with what came."""
    result = http_get(serve(lambda _: bytes_sent).url, run)
    assert 0 == result["status"]
    assert words in result["error"]


def test_a_post_whose_answer_is_lost_may_have_counted(serve: Serve, run: Any) -> None:
    """After a POST went out, a lost answer says that it may have taken effect."""
    server = serve(lambda _: b"")
    assert "may have taken effect" in http_post(server.url, "x", None, run)["error"]
    assert "may have taken effect" not in http_get(server.url, run)["error"]


def dripping_head(_: Received) -> Iterable[bytes]:
    """Never end the headers."""
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        time.sleep(0.02)
        yield b"X: y\r\n"


def dripping_body(_: Received) -> Iterable[bytes]:
    """Never end the body."""
    yield b"HTTP/1.0 200 OK\r\n\r\n"
    while True:
        time.sleep(0.02)
        yield b"x"


def endless_redirects(request: Received) -> Iterable[bytes]:
    """Send on, slowly."""
    time.sleep(0.25)
    yield answer(b"", "302 Found", f"Location: {request.target}x")


@pytest.mark.parametrize(
    ("script", "stage"),
    [
        (dripping_head, "waiting for the answer of localhost"),
        (dripping_body, "reading the answer of localhost"),
        (endless_redirects, "of localhost"),
    ],
)
def test_one_deadline_covers_everything(serve: Serve, run: Any, script: Any, stage: str) -> None:
    """A server that drips, or redirects slowly, cannot stretch the deadline; the error names the stage."""
    url = serve(script).url
    begun = time.monotonic()
    run.deadline = begun + 0.5
    result = http_get(url, run)
    assert time.monotonic() - begun < 5
    assert 0 == result["status"]
    assert "timed out after 0.5 s while" in result["error"]
    assert stage in result["error"]
    for thread in threading.enumerate():
        if thread.name == "jsnpy-fetch":
            thread.join(20)
            assert not thread.is_alive(), "the transfer goes on behind the script's back"


def test_a_name_server_that_hangs_cannot_stretch_the_deadline(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline holds while a name is looked up, which nothing can interrupt."""
    answered = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: answered.wait(20))
    run.deadline = time.monotonic() + 0.3
    result = http_get("http://slow.test/", run)
    answered.set()
    assert "while connecting to slow.test:80" in result["error"]


def test_a_run_that_is_over_begins_no_transfer(serve: Serve, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no time left, the fetch fails at once, and nothing is asked whose answer nobody waits for."""
    run.deadline = time.monotonic() - 1
    connects: list[object] = []

    def look_up(*given: object) -> list[object]:
        connects.append(given)
        return []

    server = serve(dripping_head)
    monkeypatch.setattr("socket.getaddrinfo", look_up)
    assert "timed out before it could begin" in http_get(server.url, run)["error"]
    assert [] == connects


def test_a_fetch_takes_thirty_seconds_at_most(serve: Serve, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an earlier end of the run, the fetch's own time limit counts."""
    fetch = sys.modules["jsnpy.web.fetch"]  # `web.fetch` is the function
    assert 30 == fetch.TIMEOUT
    monkeypatch.setattr(fetch, "TIMEOUT", 0.2)
    run.deadline = None
    assert "timed out after 0.2 s" in http_get(serve(dripping_head).url, run)["error"]
