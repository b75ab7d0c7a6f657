"""Where redis-server is: installed, or unpacked from Debian's packages into .cache, without installing anything.

As a program it fetches one where there is none, or says why the tests that need it are skipped.
"""

from __future__ import annotations

import glob
import os
import shutil
import stat
import sys

from support.real_server import CACHE, Unavailable, run

_ROOT = os.path.join(CACHE, "redis")
_FETCHED = os.path.join(_ROOT, "redis-server")
_START = """#!/bin/sh
# With the libraries it was made for, the C library too.
exec {loader} --library-path {libraries} {server} "$@"
"""


def redis_server() -> str | None:
    """Return the path of redis-server, None where there is none."""
    return shutil.which("redis-server") or (_FETCHED if os.access(_FETCHED, os.X_OK) else None)


def fetch() -> None:
    """Unpack Debian's redis-server into .cache.

    Raises:
        Unavailable: that is not possible here; says why.
    """
    from support.debian_root import download

    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise Unavailable(f"needs {tool} (Debian, Ubuntu)")
    shutil.rmtree(_ROOT, ignore_errors=True)
    os.makedirs(_ROOT)
    for package in download("redis", "redis-server"):
        run("dpkg-deb", "--extract", package, _ROOT)
    loaders = glob.glob(os.path.join(_ROOT, "**", "ld-linux*.so.*"), recursive=True)
    if not loaders:
        raise Unavailable("there is no libc6 among Debian's packages")
    libraries = {os.path.dirname(path) for path in glob.glob(os.path.join(_ROOT, "**", "lib*.so.*"), recursive=True)}
    server = os.path.join(_ROOT, "usr", "bin", "redis-server")
    with open(_FETCHED, "w", encoding="utf-8") as file:
        file.write(_START.format(loader=loaders[0], libraries=":".join(sorted(libraries)), server=server))
    os.chmod(_FETCHED, os.stat(_FETCHED).st_mode | stat.S_IXUSR)
    run(_FETCHED, "--version")


def main() -> None:
    """Have a redis-server, or say why not."""
    if redis_server() is None:
        try:
            fetch()
        except (Unavailable, OSError) as error:
            shutil.rmtree(_ROOT, ignore_errors=True)
            sys.stdout.write(f"no redis-server, tests that need it are skipped: {error}\n")


if __name__ == "__main__":
    main()
