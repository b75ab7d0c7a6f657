"""The endpoints' URLs, looked at without what the HTTP room costs: https, or http on loopback, with nothing hidden."""

from __future__ import annotations

_OCTETS = 4
_LARGEST = 255
_LONGEST_LABEL = 63
_LARGEST_PORT = 65535


def fault(url: str) -> str:
    """Return what is wrong with an endpoint's URL, or ""."""
    if not url.isprintable() or " " in url or "\\" in url:
        return "has a character in it that URLs cannot have"
    if "#" in url:
        return "must not have a fragment (#)"
    scheme, separator, _ = url.partition("://")
    if not separator or scheme.lower() not in ("https", "http"):
        return "must be an https:// URL"
    authority = _authority(url)
    if "@" in authority:
        return "must not hold a user or a password"
    host, port = _split(authority)
    if not _is_host(host, literal=authority.startswith("[")):
        return "names no usable host"
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) <= _LARGEST_PORT):
        return "names no usable port (1 to 65535)"
    if scheme.lower() == "http" and not is_loopback(host):
        return "must be an https:// URL: http is for this machine's own addresses only (localhost, 127.0.0.1, [::1])"
    return ""


def host(url: str) -> str:
    """Return a URL's host, for messages."""
    return _split(_authority(url))[0]


def is_loopback(host: str) -> bool:
    """Return whether a host as it is written is this machine: localhost, 127.0.0.0/8 or ::1."""
    octets = host.split(".")
    return host.lower() in ("localhost", "::1") or (
        len(octets) == _OCTETS
        and octets[0] == "127"
        and all(each.isascii() and each.isdecimal() and int(each) <= _LARGEST for each in octets)
    )


def _is_host(host: str, *, literal: bool) -> bool:
    """Return whether a host can be one: an address in brackets, or labels of a name."""
    if literal:
        address, percent, zone = host.partition("%")
        return ":" in address and not address.strip("0123456789abcdefABCDEF:.") and bool(zone) == bool(percent)
    labels = host.removesuffix(".").split(".")
    return len(host) < _LARGEST and "%" not in host and all(0 < len(label) <= _LONGEST_LABEL for label in labels)


def _authority(url: str) -> str:
    rest = url.partition("://")[2]
    return rest[: min(at if (at := rest.find(end)) >= 0 else len(rest) for end in "/?#")]


def _split(authority: str) -> tuple[str, str]:
    """Return host and port; the port is "" where there is none, and "?" where what follows the host is none."""
    if authority.startswith("["):
        host, end, rest = authority[1:].partition("]")
        return host, rest[1:] if rest.startswith(":") else "?" if rest or not end else ""
    host, _, port = authority.partition(":")
    return host, port
