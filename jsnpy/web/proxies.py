"""The proxy for a URL, from the usual environment variables, as curl and Python's own urllib read them."""

import ipaddress
import os

from jsnpy.web.errors import WebError
from jsnpy.web.url import Url, parse


def proxy_for(url: Url) -> Url | None:
    """Return the proxy to go through, or None.

    http_proxy, https_proxy, all_proxy and no_proxy count, in lower or upper case; HTTP_PROXY does not in a
    CGI program, where a request's header could have set it. no_proxy takes names, which stand for their
    subdomains too, addresses and networks, each with a port or without, and `*`.

    Raises:
        WebError: the variable names no usable proxy.
    """
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies_environment  # takes more than a millisecond: for who has a proxy

    proxies = getproxies_environment()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or any(_covers(entry, url) for entry in proxies.get("no", "").split(",")):
        return None
    scheme, separator, _ = proxy.partition("://")
    if separator and scheme.lower() not in ("http", "https"):
        raise WebError(f"{url.scheme}_proxy names a {scheme} proxy: only http and https ones work")
    try:
        return parse(proxy if separator else "http://" + proxy)
    except WebError as error:
        raise WebError(f"the proxy in {url.scheme}_proxy cannot be used: {error}") from None


def _covers(entry: str, url: Url) -> bool:
    entry = entry.strip().lower()
    if entry == "*":
        return True
    host, port = url.host.lower(), f":{url.port}"
    if entry.count(":") == 1 or entry.endswith("]" + port):
        entry = entry.removesuffix(port)
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass  # a name on either side
    name = entry.removeprefix("*").removeprefix(".")
    return bool(name) and ("." + host.rstrip(".")).endswith("." + name)
