"""npm's oidc-provider, a certified OAuth server, in a Node process of its own; and a person at its forms."""

from __future__ import annotations

import base64
import html
import http.cookiejar
import json
import os
import re
import shutil
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin

from support.real_server import CACHE, RealServer, Unavailable, free_port, run

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_VERSION = "oidc-provider@9"
SECRET = "s3cr3t:with+all%kinds/of chars"
MAILBOX = "alerts@ok.test"


class OidcServer(RealServer):
    """Clients: app, basic, short (tokens of 3 s), other (another mailbox's), signed (by certificate), person.

    Args:
        key: the public key of the client `signed`.
    """

    name = "npm oidc-provider"

    def __init__(self, key: RSAPublicKey) -> None:
        for tool in ("node", "npm"):
            if shutil.which(tool) is None:
                raise Unavailable(f"needs {tool}")
        super().__init__(os.path.join(CACHE, "oidc"))
        os.makedirs(self.folder, exist_ok=True)
        if not os.path.isdir(os.path.join(self.folder, "node_modules", "oidc-provider")):
            run("npm", "install", "--no-fund", "--no-audit", "--prefix", ".", _VERSION, cwd=self.folder)
        self.ports = {"plain": free_port()}
        self._key = key

    @property
    def url(self) -> str:
        """The server's root."""
        return f"http://127.0.0.1:{self.ports['plain']}"

    def start(self) -> None:
        """Start the process."""
        numbers = self._key.public_numbers()
        settings = {
            "issuer": self.url,
            "port": self.ports["plain"],
            "secret": SECRET,
            "mailbox": MAILBOX,
            "modules": self.folder,
            "jwk": {"kty": "RSA", "alg": "PS256", "use": "sig", "n": _coded(numbers.n), "e": _coded(numbers.e)},
        }
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "oidc_server.mjs")
        self.launch(["node", "--no-warnings", script, json.dumps(settings)])

    def block(self, client: str = "app", **more: object) -> dict[str, Any]:
        """Return an `oauth2` block of an application."""
        return {"token_url": f"{self.url}/token", "client_id": client, "client_secret": SECRET, "scope": "smtp", **more}

    def person(self, login: str) -> dict[str, Any]:
        """Return the block of a person's log-in."""
        return {
            "token_url": f"{self.url}/token",
            "device_url": f"{self.url}/device/auth",
            "auth_url": f"{self.url}/auth",
            "client_id": "person",
            "scope": "openid offline_access smtp",
            "login": login,
        }

    def revoke(self, token: str) -> None:
        """Take a token back."""
        form = {"token": token, "client_id": "app", "client_secret": SECRET}
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"{self.url}/token/revocation", urlencode(form).encode(), timeout=20
        ).close()


class Person:
    """Somebody with a browser, who fills in each form that comes.

    Args:
        name: who logs in.
    """

    def __init__(self, name: str) -> None:
        self._values = {"login": name, "password": "any"}
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def visit(self, url: str, **values: str) -> str:
        """Go to a page and through all that follows; return the last page.

        Args:
            url: where to begin.
            values: what to fill in besides name and password.
        """
        known = {**self._values, **values}
        for _ in range(10):
            place, page = self._open(url, None)
            while form := re.search(r"<form.*?</form>", page, re.DOTALL):
                fields = {}
                for tag in re.findall(r"<input[^>]*>", form[0]):
                    name, value = _attribute(tag, "name"), _attribute(tag, "value")
                    if name:
                        fields[name] = known.get(name, value)
                place, page = self._open(urljoin(place, _attribute(form[0], "action") or place), fields)
            return page
        raise AssertionError("no end of forms")

    def _open(self, url: str, fields: dict[str, str] | None) -> tuple[str, str]:
        data = None if fields is None else urlencode(fields).encode()
        try:
            with self._opener.open(url, data, timeout=20) as answer:
                return answer.url, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.url or "", error.read().decode()


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def _coded(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
