"""Wine and a compiler for Windows, unpacked from Debian's packages into .cache, and Windows programs run with them.

Nothing is installed: the machine, its users and the developer's own Wine stay as they are.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess

from support.debian_root import unpacked
from support.real_server import Unavailable

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))
CACHE = os.path.join(PROJECT, ".cache", "windows")

PACKAGES = (
    "wine",
    "wine64",
    "gcc-mingw-w64-x86-64-win32",
    "osslsigncode",
    "ca-certificates",
)
_IDLE = 60
"""Seconds Wine's server outlives the last program: starting it anew costs each call three seconds."""


def tools() -> str:
    """Return the folder with Wine, mingw and osslsigncode, made once.

    Raises:
        Unavailable: they cannot be had here; says why.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        raise Unavailable(f"Windows' programs are for x86_64, this is {platform.machine()}")
    root = unpacked("wine", *PACKAGES)
    server = os.path.join(root, "usr/lib/wine/wineserver")
    if not os.path.islink(server):
        os.unlink(server)  # a script that looks where Debian's package would have been installed
        os.symlink("wineserver64", server)
    return root


def environment(root: str, **extra: str) -> dict[str, str]:
    """Return the variables that the unpacked programs run with."""
    libraries = [os.path.join(root, folder) for folder in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")]
    return os.environ | {
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
        "PATH": os.path.join(root, "usr/bin") + os.pathsep + os.environ["PATH"],
        **extra,
    }


def compile_c(root: str, *arguments: str) -> None:
    """Compile for Windows; the same source gives the same bytes.

    Raises:
        Unavailable: it failed.
    """
    compiler = os.path.join(root, "usr/bin/x86_64-w64-mingw32-gcc-win32")
    options = ["-O2", "-s", "-Wall", "-Werror", "-Wl,--no-insert-timestamp"]
    command = [compiler, f"--sysroot={root}", *options, *arguments]
    done = subprocess.run(command, env=environment(root), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"the compiler for Windows failed: {done.stderr.strip()}")


class Windows:
    """A Windows of its own, in a folder.

    Args:
        name: of the folder in .cache/windows.
    """

    def __init__(self, name: str = "prefix") -> None:
        self.root = tools()
        self.folder = os.path.join(CACHE, name)
        self._wine = os.path.join(self.root, "usr/lib/wine/wine64")
        self._server = os.path.join(self.root, "usr/lib/wine/wineserver64")
        complete = os.path.join(self.folder, ".complete")
        if not os.path.exists(complete):
            shutil.rmtree(self.folder, ignore_errors=True)
            system = os.path.join(self.folder, "drive_c", "windows", "system32")
            os.makedirs(system)
            # Debian's Wine looks for this one where its package would have been installed.
            shutil.copy(os.path.join(self.root, "usr/x86_64-w64-mingw32/lib/zlib1.dll"), system)
            self.start()
            self.run("winecfg", "-v", "win10", timeout=300)
            self._add_random_numbers()
            with open(complete, "w", encoding="ascii"):
                pass
        else:
            self.start()

    def _add_random_numbers(self) -> None:
        # Wine 8 lacks the one function that programs written in Rust, such as cryptography, take random numbers from.
        library = os.path.join(self.folder, "drive_c/windows/system32/bcryptprimitives.dll")
        compile_c(self.root, "-shared", "-o", library, os.path.join(HERE, "process_prng.c"), "-ladvapi32")

    def environment(self, **extra: str) -> dict[str, str]:
        """Return the variables that Windows' programs run with."""
        own = {"WINEPREFIX": self.folder, "WINEARCH": "win64", "WINEDEBUG": "-all", "LC_ALL": "C.UTF-8"}
        return environment(self.root, **(own | extra))

    def start(self) -> None:
        """Start what all programs share, so that each starts fast and no pipe of a program stays open behind it."""
        quiet = subprocess.DEVNULL
        for words in ([self._server, f"-p{_IDLE}"], self.command("wineboot", "-i")):
            subprocess.run(words, env=self.environment(), stdin=quiet, stdout=quiet, stderr=quiet, check=False)

    def stop(self) -> None:
        """End every program of this Windows, and no other."""
        subprocess.run([self._server, "-k"], env=self.environment(), check=False)

    def command(self, *words: str) -> list[str]:
        """Return the command that runs a Windows program."""
        return [self._wine, *words]

    def run(
        self, *words: str, cwd: str | None = None, timeout: float = 60, variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a Windows program to its end; its handles are pipes, as Windows' Python does not start with others."""
        return subprocess.run(
            self.command(*words),
            env=self.environment(**(variables or {})),
            cwd=cwd,
            input=b"",
            capture_output=True,
            timeout=timeout,
            check=False,
        )

    @staticmethod
    def path(path: str) -> str:
        """Return a path of this machine as Windows' programs name it."""
        return "Z:" + path.replace("/", "\\")
