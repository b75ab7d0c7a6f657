"""Where http_get and http_post go: redirects, TLS, proxies, and what never goes along."""

import datetime as dt
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from support.fetching import http_get, http_post, http_request
from support.http_server import HttpServer, Received, Tunnel, answer, redirect

from jsnpy import trust
from jsnpy.web import Request, proxies
from jsnpy.web.url import parse

Serve = Callable[..., HttpServer]


def to(status: str, target: str = "/end") -> Callable[[Received], bytes]:
    """Redirect every path but the target."""
    return lambda request: answer(b"end") if request.target == target else redirect(target, status)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other"])
def test_a_post_becomes_a_get(serve: Serve, run: Any, status: str) -> None:
    """After 301, 302 and 303 the POST goes on as a GET without body and its headers."""
    server = serve(to(status))
    result = http_post(server.url, "a=1", ["Authorization: x", "Content-Language: fr"], run)
    assert ("end", f"{server.url}/end") == (result["body"], result["url"])
    last = server.requests[-1]
    assert ("GET", b"", None, None) == (
        last.method,
        last.body,
        last.header("Content-Type"),
        last.header("Content-Language"),
    )
    assert "x" == last.header("Authorization")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found"])
def test_301_and_302_change_a_post_alone(serve: Serve, run: Any, status: str) -> None:
    """A PUT that is redirected so stays a PUT with its body: only of a POST browsers made a GET."""
    server = serve(to(status))
    assert "end" == http_request({"method": "PUT", "url": server.url, "body": "a=1"}, run)["body"]
    assert ("PUT", b"a=1") == (server.requests[-1].method, server.requests[-1].body)


@pytest.mark.parametrize("status", ["307 Temporary", "308 Permanent"])
def test_307_and_308_keep_method_and_body(serve: Serve, run: Any, status: str) -> None:
    """A POST that is redirected so is sent again as it was."""
    server = serve(to(status))
    assert "end" == http_post(server.url, "a=1", None, run)["body"]
    assert ("POST", b"a=1") == (server.requests[-1].method, server.requests[-1].body)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("b", "/dir/b"),
        ("../b", "/b"),
        ("?q=é", "/dir/a?q=%C3%A9"),
        ("/c d", "/c%20d"),
        ("//localhost:PORT/e", "/e"),
    ],
)
def test_relative_redirects(serve: Serve, run: Any, location: str, target: str) -> None:
    """A Location is taken relative to the page it comes from, in UTF-8."""

    def script(_: Received) -> bytes:
        return redirect(location.replace("PORT", str(server.port))) if len(server.requests) == 1 else answer(b"end")

    server = serve(script)
    assert "end" == http_get(f"{server.url}/dir/a", run)["body"]
    assert target == server.requests[-1].target


def test_ten_redirects_are_followed_and_no_more(serve: Serve, run: Any) -> None:
    """The tenth redirect still arrives, the eleventh is a failure."""
    server = serve(
        lambda request: redirect(f"/{int(request.target[1:]) - 1}") if request.target != "/0" else answer(b"end")
    )
    assert "end" == http_get(f"{server.url}/10", run)["body"]
    result = http_get(f"{server.url}/11", run)
    assert (0, "") == (result["status"], result["body"])
    assert "more than 10 redirects" in result["error"]


def test_a_redirect_without_location_is_an_answer(serve: Serve, run: Any) -> None:
    """A 302 that leads nowhere, or a 300, is what the script gets."""
    assert 302 == http_get(serve(lambda _: answer(b"", "302 Found")).url, run)["status"]
    assert 300 == http_get(serve(lambda _: redirect("/x", "300 Choices")).url, run)["status"]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://x.test/", "http://u:hidden@x.test:bad/"])
def test_redirects_lead_to_http_only(serve: Serve, run: Any, location: str) -> None:
    """A server cannot send the script to a file, and its URL's password is not repeated."""
    result = http_get(serve(lambda _: redirect(location)).url, run)
    assert 0 == result["status"]
    assert "redirects to a place that cannot be fetched" in result["error"]
    assert "hidden" not in result["error"]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_secrets_stay_with_their_host(serve: Serve, run: Any, name: str) -> None:
    """What may hold a secret goes neither to another host nor to another port, and does not come back later."""
    other = serve(lambda _: redirect(f"http://localhost:{first.port}/back"))
    first: HttpServer = serve(
        lambda request: (
            answer(b"end") if request.target == "/back" else redirect(f"http://{name}:{other.port}/", "307 T")
        )
    )
    secrets = ["Authorization", "cookie", "X-Api-Key", "PRIVATE-TOKEN", "X-Anything", "Referer", "Proxy-Authorization"]
    harmless = ["Accept", "Accept-Language", "User-Agent", "Content-Type"]
    headers = [f"{one}: t1" for one in secrets + harmless]
    assert "end" == http_post(first.url, "a", [*headers, "Host: virtual.test"], run)["body"]
    assert {"t1"} == {first.requests[0].header(one) for one in secrets + harmless}
    for request in (other.requests[0], first.requests[1]):
        assert {None} == {request.header(one) for one in secrets}
        assert "virtual.test" != request.header("Host")
    assert {"t1"} == {other.requests[0].header(one) for one in harmless}


def test_a_redirect_to_the_same_place_keeps_the_headers(serve: Serve, run: Any) -> None:
    """Who asked for a page with a key needs it for the page that its server redirects to as well."""
    server = serve(lambda request: answer(b"end") if request.target == "/b" else redirect("/b"))
    http_get(f"{server.url}/a", run, {"X-Api-Key": "k", "Authorization": "Bearer t"})
    assert ["k", "Bearer t"] == [server.requests[1].header(one) for one in ("X-Api-Key", "Authorization")]


def test_secrets_stay_with_their_scheme() -> None:
    """Authorization goes to no clear-text service, on whichever port that is."""
    request = Request("GET", "https://mail.test:8443/", None, ["Authorization: x", "Accept-Language: de"], "")
    request.redirect(302, "http://mail.test:8443/")
    assert ["Accept-Language"] == [name for name, _ in request.headers if name in ("Authorization", "Accept-Language")]


def test_the_urls_own_password_stays_with_its_host_too(serve: Serve, run: Any) -> None:
    """user:password@ in the first URL is not sent to where it redirects."""
    other = serve(lambda _: answer(b"end"))
    first = serve(lambda _: redirect(f"http://localhost:{other.port}/"))
    http_get(f"http://u:p@localhost:{first.port}/", run)
    assert (True, None) == (
        first.requests[0].header("Authorization") is not None,
        other.requests[0].header("Authorization"),
    )


def test_a_redirects_own_password_is_used(serve: Serve, run: Any) -> None:
    """Credentials in a Location are for the place it names, instead of what was sent before, and are not shown."""
    server: HttpServer = serve(
        lambda request: answer(b"end") if request.target == "/e" else redirect(f"http://n:w@localhost:{server.port}/e")
    )
    result = http_post(server.url, "", ["Authorization: old"], run)
    assert ("end", f"{server.url}/e") == (result["body"], result["url"])
    sent = [value for name, value in server.requests[1].headers if name == "Authorization"]
    assert ["Basic bjp3"] == sent


@pytest.mark.usefixtures("trusted")
def test_a_trusted_certificate_is_accepted(serve: Serve, run: Any, tls: ssl.SSLContext) -> None:
    """A server's certificate works with a CA named in SSL_CERT_FILE."""
    assert "end" == http_get(serve(lambda _: answer(b"end"), tls).url, run)["body"]


def test_a_trusted_certificate_need_not_be_a_root(
    serve: Serve, run: Any, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SSL_CERT_FILE may name the CA that signed the server's certificate, whoever signed that CA's own."""
    middle = authority.create_child_ca()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    middle.issue_cert("localhost").configure_cert(context)
    middle.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert "end" == http_get(serve(lambda _: answer(b"end"), context).url, run)["body"]


@pytest.mark.usefixtures("trusted")
def test_a_server_with_older_ciphers_is_reached(serve: Serve, run: Any, authority: trustme.CA) -> None:
    """RSA key exchange, all that some old servers have, is spoken, as it is for mails."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-GCM-SHA384")
    authority.issue_cert("localhost", key_type=trustme.KeyType.RSA).configure_cert(context)
    assert "end" == http_get(serve(lambda _: answer(b"end"), context).url, run)["body"]


def test_an_unknown_certificate_is_refused_unless_insecure(serve: Serve, run: Any, tls: ssl.SSLContext) -> None:
    """A private CA is refused with the way out; --insecure takes anything, and warns where it mattered."""
    server = serve(lambda _: answer(b"end"), tls)
    result = http_get(server.url, run)
    assert 0 == result["status"]
    assert f"the certificate of localhost:{server.port} was not accepted" in result["error"]
    assert "SSL_CERT_FILE" in result["error"]
    run.insecure = True
    plain = serve(lambda _: redirect(server.url))
    assert "end" == http_get(server.url, run)["body"]
    assert "end" == http_get(plain.url, run)["body"]
    warning = f"certificates are not verified (--insecure): localhost:{server.port} could be anybody"
    assert [warning, warning] == run.warned


@pytest.mark.usefixtures("trusted")
def test_the_certificate_must_fit_the_name(serve: Serve, run: Any, tls: ssl.SSLContext) -> None:
    """A certificate for another name is refused."""
    server = serve(lambda _: answer(b"end"), tls)
    result = http_get(f"https://127.0.0.1:{server.port}/", run)
    assert 0 == result["status"]
    assert "use a name that the certificate holds" in result["error"]


@pytest.mark.usefixtures("trusted")
def test_an_expired_certificate_is_said(serve: Serve, run: Any, authority: trustme.CA) -> None:
    """Who sees that a certificate has expired is told to have it renewed, and to look at the clock."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    authority.issue_cert("localhost", not_before=long_ago, not_after=long_ago).configure_cert(context)
    error = http_get(serve(lambda _: answer(b"end"), context).url, run)["error"]
    assert "certificate has expired: have it renewed, and check this machine's clock" in error


def test_a_missing_ca_file_is_named(
    serve: Serve, run: Any, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SSL_CERT_FILE that names no file is said, as it is the likely cause."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    error = http_get(serve(lambda _: answer(b"end"), tls).url, run)["error"]
    assert "gone.pem, which is no readable file" in error


@pytest.mark.usefixtures("trusted")
def test_tls_and_plain_mixed_up_is_said(serve: Serve, run: Any, tls: ssl.SSLContext) -> None:
    """An https URL to a plain port, and http to a TLS port, each name the other scheme."""
    plain = serve(lambda _: answer(b"Bad Request", "400 Bad Request"))
    assert "try http:// instead" in http_get(f"https://localhost:{plain.port}/", run)["error"]
    result = http_get(f"http://localhost:{serve(lambda _: answer(), tls).port}/", run)
    assert 0 == result["status"]


@pytest.mark.usefixtures("trusted")
def test_https_to_http_is_followed_without_secrets_and_never_with_a_body(
    serve: Serve, run: Any, tls: ssl.SSLContext
) -> None:
    """A redirect out of TLS is followed, but neither a key nor a body goes in clear text."""
    plain = serve(lambda _: answer(b"end"))
    secure = serve(lambda request: redirect(f"{plain.url}/", "303 S" if request.target == "/see" else "307 T"), tls)
    assert "end" == http_post(f"{secure.url}/see", "a", ["Authorization: x", "X-Api-Key: x"], run)["body"]
    assert {None} == {plain.requests[0].header(one) for one in ("Authorization", "X-Api-Key")}
    result = http_post(secure.url, "a", None, run)
    assert "its body is not sent in clear text" in result["error"]
    assert 1 == len(plain.requests)


def test_nobody_there_is_said(serve: Serve, run: Any) -> None:
    """A closed port names host and port, an unknown name says so."""
    server = serve(lambda _: answer())
    server.close()
    error = http_get(server.url, run)["error"]
    assert error.startswith(f"http_get: cannot connect to localhost:{server.port}: ")
    assert "is the service running" in error
    assert "cannot resolve the name nowhere.invalid (" in http_get("http://nowhere.invalid/", run)["error"]


# Proxies


@pytest.mark.parametrize("said", ["{}", "<{}>", "%s"])
def test_a_server_that_repeats_a_key_is_not_quoted_with_it(
    serve: Serve, run: Any, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """What was sent to prove who asks is in no error: a header's value, a password in a URL, a proxy's password."""

    def echo(secret: str) -> HttpServer:
        return serve(lambda _: f"who are you, {said.format(secret)}?\r\n\r\n".replace("%s", secret).encode())

    results = [
        http_get(echo("k3y-value-1").url, run, {"X-Api-Key": "k3y-value-1"}),
        http_get(echo("t0ken-1").url, run, ["Authorization: Bearer t0ken-1"]),
        http_get(echo("p4ssword").url.replace("://", "://ann:p4ssword@"), run),
    ]
    monkeypatch.setenv("http_proxy", echo("pr0xy-pw").url.replace("://", "://ann:pr0xy-pw@"))
    results.append(http_get("http://x.test/", run))
    for result in results:
        assert "who are you" in result["error"]
        assert "[redacted]" in result["error"]
        assert not [one for one in ("k3y-value", "t0ken-1", "p4ssword", "pr0xy-pw") if one in result["error"]]


def test_http_goes_through_the_proxy(serve: Serve, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With http_proxy, the proxy gets the whole URL and its own credentials."""
    proxy = serve(lambda _: answer(b"by proxy"))
    monkeypatch.setenv("http_proxy", f"http://px:secret@localhost:{proxy.port}")
    assert "by proxy" == http_get("http://intra.test/x", run)["body"]
    (request,) = proxy.requests
    assert ("http://intra.test/x", "intra.test") == (request.target, request.header("Host"))
    assert "Basic cHg6c2VjcmV0" == request.header("Proxy-Authorization")


@pytest.mark.usefixtures("trusted")
def test_https_goes_through_a_tunnel(
    serve: Serve, run: Any, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With https_proxy, the proxy is asked to connect, and TLS is with the server itself."""
    server = serve(lambda _: answer(b"end"), tls)
    proxy = Tunnel(server.port)
    monkeypatch.setenv("https_proxy", f"px:secret@localhost:{proxy.port}")
    assert "end" == http_post(server.url, "x", ["Authorization: only-inside"], run)["body"]
    assert proxy.head.startswith(f"CONNECT localhost:{server.port} HTTP/1.".encode())
    assert b"Proxy-Authorization: Basic cHg6c2VjcmV0" in proxy.head
    assert b"only-inside" not in proxy.head
    assert None is server.requests[0].header("Proxy-Authorization")


@pytest.mark.usefixtures("trusted")
def test_a_tunnel_through_a_tls_proxy(
    serve: Serve, run: Any, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy may itself be reached over TLS."""
    server = serve(lambda _: answer(b"end"), tls)
    proxy = Tunnel(server.port, tls)
    monkeypatch.setenv("https_proxy", f"https://localhost:{proxy.port}")
    assert "end" == http_get(server.url, run)["body"]


def test_a_proxy_that_refuses_is_quoted(serve: Serve, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """407 at CONNECT, a dead proxy and a SOCKS proxy each say what to do, without the password."""
    proxy = serve(lambda _: answer(b"", "407 Proxy Authentication Required"))
    monkeypatch.setenv("https_proxy", f"http://px:secret@localhost:{proxy.port}")
    error = http_get("https://intra.test/", run)["error"]
    assert f"the proxy localhost:{proxy.port} does not connect to intra.test:443: 407 Proxy" in error
    assert "put user and password" in error
    rude = serve(lambda _: answer(b"", "403 \x1b[31mNo"))
    monkeypatch.setenv("https_proxy", f"http://localhost:{rude.port}")
    assert "does not connect to intra.test:443: 403  [31mNo" in http_get("https://intra.test/", run)["error"]
    monkeypatch.setenv("https_proxy", f"http://px:secret@localhost:{proxy.port}")
    proxy.close()
    error = http_get("https://intra.test/", run)["error"]
    assert f"cannot connect to the proxy localhost:{proxy.port}" in error
    monkeypatch.setenv("https_proxy", "socks5://px:secret@localhost:1")
    error += http_get("https://intra.test/", run)["error"]
    assert "https_proxy names a socks5 proxy" in error
    monkeypatch.setenv("https_proxy", "http://px:secret@localhost:bad")
    error += http_get("https://intra.test/", run)["error"]
    assert "the proxy in https_proxy cannot be used" in error
    assert "secret" not in error


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("", "http://a.test/", False),
        ("*", "http://a.test/", True),
        ("a.test", "http://A.test/", True),
        ("b.test, .a.test", "http://x.a.test/", True),
        ("*.a.test", "http://x.a.test/", True),
        ("a.test", "http://aa.test/", False),
        ("a.test:80", "http://a.test/", True),
        ("a.test:81", "http://a.test/", False),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("10.1.2.3:81", "http://10.1.2.3:81/", True),
        ("::1", "http://[::1]/", True),
        ("[::1]:80", "http://[::1]/", True),
        ("[::1]:81", "http://[::1]/", False),
    ],
)
def test_no_proxy(monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, direct: bool) -> None:
    """no_proxy takes names with their subdomains, ports, addresses, networks and `*`."""
    monkeypatch.setenv("http_proxy", "proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert direct == (proxies.proxy_for(parse(url)) is None)


def test_which_variable_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Upper case counts, all_proxy stands in, and HTTP_PROXY is not believed in a CGI program."""
    page = parse("http://a.test/")
    monkeypatch.setenv("ALL_PROXY", "all.test:1")
    assert "all.test:1" == proxies.proxy_for(page).peer  # type: ignore[union-attr]  # None fails the test
    monkeypatch.setenv("HTTP_PROXY", "upper.test:1")
    assert "upper.test:1" == proxies.proxy_for(page).peer  # type: ignore[union-attr]
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    assert "all.test:1" == proxies.proxy_for(page).peer  # type: ignore[union-attr]
    monkeypatch.setenv("http_proxy", "lower.test:1")
    believed = "all.test:1" if os.name == "nt" else "lower.test:1"  # Windows does not tell cases apart
    assert believed == proxies.proxy_for(page).peer  # type: ignore[union-attr]


def test_one_odd_certificate_does_not_spoil_windows_store(
    serve: Serve, run: Any, tls: ssl.SSLContext, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows' stores are read one certificate at a time: what cannot be read is left out, all others are trusted."""
    good = ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())
    stores = {"CA": [(good[:-1], "x509_asn", True)], "ROOT": [(good, "x509_asn", True)]}
    monkeypatch.setattr(ssl, "enum_certificates", stores.__getitem__, raising=False)
    monkeypatch.setattr(trust, "sys", type("Sys", (), {"platform": "win32"}))
    server = serve(lambda _: answer(b"fine"), tls)
    assert "fine" == http_get(server.url, run)["body"]


@pytest.mark.parametrize("store", ["CA", "ROOT"])
@pytest.mark.parametrize(
    ("encoding", "trusted_for", "good"),
    [
        ("x509_asn", True, True),
        ("x509_asn", {"1.3.6.1.5.5.7.3.1"}, True),
        ("x509_asn", {"1.3.6.1.5.5.7.3.3"}, False),
        ("pkcs_7_asn", True, False),
    ],
)
def test_windows_stores_say_what_a_certificate_is_trusted_for(
    store: str, encoding: str, trusted_for: object, good: bool,
    serve: Serve, run: Any, tls: ssl.SSLContext, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Roots and intermediate CAs vouch for servers where they are good for all or for servers, not for code alone."""
    der = ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())
    stores: dict[str, list[object]] = {"CA": [], "ROOT": []} | {store: [(der, encoding, trusted_for)]}
    monkeypatch.setattr(ssl, "enum_certificates", stores.__getitem__, raising=False)
    monkeypatch.setattr(trust, "sys", type("Sys", (), {"platform": "win32"}))
    result = http_get(serve(lambda _: answer(b"fine"), tls).url, run)
    assert (good, good) == (result["body"] == "fine", "certificate" not in result["error"])
