"""A root folder with Debian packages unpacked, none installed: the machine, its users and its ports stay as they are.

The packages and all they depend on are downloaded by apt with an empty status file (so that it leaves nothing out) and
unpacked by dpkg-deb; no maintainer script runs. A server then runs inside by chroot, with the host's loopback network.
"""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from support.real_server import CACHE, Unavailable, run

if TYPE_CHECKING:
    from collections.abc import Callable

_TOOLS = ("dash", "coreutils")


def root_with(name: str, *packages: str, users: tuple[str, ...]) -> str:
    """Return a root folder with packages and users, made once and kept in .cache.

    Args:
        name: the folder's name.
        packages: what to unpack there.
        users: who exists there besides root and nobody, each with a group of the same name.

    Raises:
        Unavailable: it cannot be made here; says why.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise Unavailable("needs root (for chroot)")

    def finish(root: str) -> None:
        _accounts(root, users)
        _devices(root)

    return unpacked(name, *packages, finish=finish)


def unpacked(name: str, *packages: str, finish: Callable[[str], None] | None = None) -> str:
    """Return a folder with packages and all they depend on, made once and kept in .cache; needs no root.

    Args:
        name: the folder's name.
        packages: what to unpack there.
        finish: called with the folder, before it counts as made.

    Raises:
        Unavailable: it cannot be made here; says why.
    """
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise Unavailable(f"needs {tool} (Debian, Ubuntu)")
    root = os.path.join(CACHE, name)
    complete = os.path.join(root, ".complete")
    if not os.path.exists(complete):
        shutil.rmtree(root, ignore_errors=True)
        for package in download(name, *packages):
            run("dpkg-deb", "--extract", package, _made(root))
        if finish is not None:
            finish(root)
        with open(complete, "w", encoding="ascii"):
            pass
    return root


def _made(folder: str) -> str:
    os.makedirs(folder, exist_ok=True)
    return folder


def download(name: str, *packages: str) -> list[str]:
    """Return the files of packages and of all they depend on, downloaded into .cache."""
    folder = os.path.join(CACHE, f"{name}-packages")
    _made(os.path.join(folder, "partial"))
    status = os.path.join(folder, "status")
    with open(status, "w", encoding="ascii"):
        pass
    options = [f"Dir::State::status={status}", f"Dir::Cache::archives={folder}", "APT::Sandbox::User=root"]
    command = ["--no-install-recommends", "--yes", "--download-only", "install", *packages, *_TOOLS]
    try:
        run("apt-get", *(word for option in options for word in ("-o", option)), *command)
    except Unavailable:
        # The machine's package lists are missing or old: fetch lists of our own.
        options.append(f"Dir::State::Lists={_made(os.path.join(folder, 'lists', 'partial'))[: -len('/partial')]}")
        words = [word for option in options for word in ("-o", option)]
        run("apt-get", *words, "update")
        run("apt-get", *words, *command)
    return sorted(os.path.join(folder, each) for each in os.listdir(folder) if each.endswith(".deb"))


def _accounts(root: str, users: tuple[str, ...]) -> None:
    people = ["root:x:0:0::/:/bin/sh", "nobody:x:65534:65534::/:/bin/false"]
    groups = ["root:x:0:", "nogroup:x:65534:", "mail:x:8:"]
    for number, user in enumerate(users, 2101):
        people.append(f"{user}:x:{number}:{number}::/:/bin/false")
        groups.append(f"{user}:x:{number}:")
    for name, lines in (("passwd", people), ("group", groups)):
        with open(os.path.join(_made(os.path.join(root, "etc")), name), "w", encoding="ascii") as file:
            file.write("\n".join([*lines, ""]))


def _devices(root: str) -> None:
    folder = _made(os.path.join(root, "dev"))
    for name, minor in (("null", 3), ("random", 8), ("urandom", 9)):
        path = os.path.join(folder, name)
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        except OSError as error:
            raise Unavailable(f"may not make devices here ({error.strerror})") from None
        os.chmod(path, 0o666)
