"""Reads config, script and secret files as text: Unicode or the named encoding, never mojibake."""

from __future__ import annotations

import codecs
import os
import stat

from jsnpy.errors import ConfigError, UsageError
from jsnpy.text import printable, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BACKSLASH_HINT = r"In JSON a backslash is written \\; in Windows paths / works too: C:/temp/report.pdf"
"""What to say of a path in which \\t or \\n was meant as the beginning of a name."""

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_BINARY = (
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\xfd7zXZ\0", "compressed (xz)"),
    (b"BZh91AY&SY", "compressed (bzip2)"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\0", "a program"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
)
"""How files begin that are not text, and what they are."""
_UTF32_BOMS = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")


def check_encoding(name: str) -> None:
    """Raise a UsageError for a name that no text encoding has."""
    try:
        # mypy does not know the flag that separates text encodings from "hex" or "zlib".
        known = bool(getattr(codecs.lookup(name), "_is_text_encoding", True))
    except (LookupError, ValueError):
        known = False
    if not known:
        raise UsageError(
            f"unknown encoding {quoted(name)}",
            "Names that work are, for example, cp1252 (Western Windows), cp850, latin-1, utf-16-le.",
        )


def read(path: str, shown: str) -> bytes:
    """Return the bytes of a file, or of a pipe such as a shell's `<(…)`; waits for who writes into it.

    Args:
        path: the file.
        shown: the file as messages name it.

    Raises:
        ConfigError: it is missing, no file or pipe, or cannot be read.
    """
    try:
        mode = os.stat(path).st_mode
        # A device might never end.
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise not_a_file(shown, mode)
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise unreadable(shown, error) from None
    except (ValueError, MemoryError) as error:
        raise ConfigError(f"{shown} cannot be read: {error}") from None


def not_a_file(shown: str, mode: int) -> ConfigError:
    """Return the error for a path that is there but neither a regular file nor a pipe."""
    if stat.S_ISDIR(mode):
        return ConfigError(f"{shown} is a folder, not a file", "Name the file itself.")
    return ConfigError(
        f"{shown} is neither a file nor a pipe (it is a socket or a device)",
        "A config can be piped in: jsnpy - < FILE",
    )


def unreadable(shown: str, error: OSError) -> ConfigError:
    """Return the error for a file the system does not let us read."""
    hint = "Let the account that runs jsnpy read it." if isinstance(error, PermissionError) else ""
    return ConfigError(f"{shown} cannot be read: {error.strerror or error}", hint)


def decode(data: bytes, shown: str, encoding: str | None = None, *, secret: bool = False) -> str:
    """Return a file's text without its byte order mark; line ends stay as they are.

    Bytes that are Unicode are read as such whatever `encoding` says, as config and script share the option
    but may well differ.

    Args:
        data: the file's bytes.
        shown: the file as messages name it.
        encoding: what to use for bytes that are not Unicode, or None.
        secret: True keeps the offending byte itself out of the error.

    Raises:
        ConfigError: the bytes are not text in these encodings; names the byte offset.
    """
    for beginning, kind in () if secret else _BINARY:
        if data.startswith(beginning):
            raise ConfigError(f"{shown} is not text: it is {kind}", "Unpack it, or name the right file.")
    if data[:4] in _UTF32_BOMS and encoding is None:
        raise ConfigError(f"{shown} is UTF-32, which is not read", "Save it as UTF-8, or give --encoding utf-32.")
    if data.startswith(_UTF8_BOM):
        return _strictly(data, "utf-8", 3, shown, secret)
    if data[:2] in _UTF16_BOMS and data[:4] not in _UTF32_BOMS:
        return _strictly(data, _UTF16_BOMS[data[:2]], 2, shown, secret)
    nul = b"\0" in data
    if encoding is None:
        if nul and (order := _looks_like_utf16(data)):
            raise ConfigError(
                f"{shown} looks like UTF-16 without a byte order mark (every other byte is NUL)",
                f"Save it as UTF-8, or give --encoding {order}.",
            )
        return _strictly(data, "utf-8", 0, shown, secret)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return _strictly(data, encoding, 0, shown, secret)
    if nul or (b"\x1b" in data and data.isascii()):  # UTF-16 without BOM; the 7-bit ISO-2022 family
        return _strictly(data, encoding, 0, shown, secret)
    return text


def _strictly(data: bytes, encoding: str, skipped: int, shown: str, secret: bool) -> str:
    try:
        return str(memoryview(data)[skipped:], encoding)
    except UnicodeDecodeError as error:
        offset = error.start + skipped
        if encoding.startswith("utf-16") and len(data) % 2:
            raise ConfigError(
                f"{shown} is not {encoding.upper()} text: it has two bytes a character, and one byte is left over"
                f" at offset {len(data) - 1}",
                "It was cut off or mixed with other text: copy it again, or save it as UTF-8.",
            ) from None
        byte = "a byte" if secret or offset >= len(data) else f"byte 0x{data[offset]:02x}"
        hint = "If it was saved by an older Windows editor, give --encoding cp1252; better, save it as UTF-8."
        if encoding not in ("utf-8", "utf-16-le", "utf-16-be"):
            hint = "Find out how it was saved and name that encoding, or save it as UTF-8."
        what = f"{shown} is not {encoding.upper()} text: {byte} at offset {offset} does not fit"
        raise ConfigError(what, hint) from None
    except (ValueError, LookupError):  # some codecs (idna, undefined) fail without saying where, or are not here (mbcs)
        raise ConfigError(f"{shown} cannot be decoded as {encoding}", "Save it as UTF-8.") from None


def _looks_like_utf16(data: bytes) -> str:
    """Return the byte order of what has a NUL in nearly each of its first pairs, else ""."""
    start = data[:400]
    pairs = len(start) // 2
    low, high = start[1::2].count(0), start[::2].count(0)
    if pairs and low * 2 > pairs and high * 4 < low:
        return "utf-16-le"
    if pairs and high * 2 > pairs and low * 4 < high:
        return "utf-16-be"
    return ""


def same_file(one: str, other: str) -> bool:
    """Return whether two paths name one file, which is there."""
    try:
        first, second = os.stat(one), os.stat(other)
    except OSError:
        return False
    # Some shares of Windows give no numbers to files: there, all would be the same.
    return os.path.normcase(one) == os.path.normcase(other) or (first.st_ino != 0 and os.path.samestat(first, second))


def shown_path(path: str, here: str) -> str:
    """Return a path as its user knows it: relative to the current folder when below it; control characters escaped.

    Bytes that are not UTF-8, which no engine takes as a script's name, are U+FFFD.
    """
    if not path.isascii():
        path, here = (each.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for each in (path, here))
    inside = os.path.join(here, "")
    if here and os.path.normcase(path).startswith(os.path.normcase(inside)):
        path = path[len(inside) :]
    return printable(path)


def standard_input(stdin: Callable[[], bytes] | None = None) -> bytes:
    """Return all of standard input, or of what is given in its place.

    Raises:
        ConfigError: there is none, or it cannot be read.
    """
    if stdin is None:
        import sys

        if sys.stdin is None:
            raise ConfigError("there is no standard input to read the config from")
        stdin = sys.stdin.buffer.read
    try:
        return stdin()
    except OSError as error:
        raise ConfigError(f"standard input cannot be read: {error.strerror or error}") from None


def current_folder(target: str) -> str:
    """Return the current folder; where it was deleted, "" for a target that needs none."""
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        if not os.path.isabs(target):
            raise ConfigError("the current folder no longer exists", "Change to a folder that does.") from None
        return ""
