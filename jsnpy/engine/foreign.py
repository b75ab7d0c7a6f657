"""Names that scripts know from other hosts, and what to use here instead: for errors and for `jsnpy check`."""

from __future__ import annotations

from jsnpy.engine import tokens
from jsnpy.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsnpy.engine.tokens import Token

OURS = (
    "arg", "clearInterval", "clearTimeout", "console", "exit", "http_get", "http_post", "http_request",
    "queueMicrotask", "send_email", "setInterval", "setTimeout", "sleep", "state",
)  # fmt: skip
"""What a script's world has beyond the language."""

_MODULES = 'a script is not a module: name files to share under "include" in the config'
_EXPORTS = 'a script is not a module: all that a file under "include" defines is seen anyway'
_FETCH = "use http_get(url, headers), http_post(url, body, headers) or http_request({ method, url, headers, body })"
_LOG = "use console.log(...)"
_EXIT = "use exit(code)"
_SLEEP = "use sleep(milliseconds)"
_ARG = "values come from the config: use arg (`--set KEY=VALUE` sets one for a run)"
_COM = "there are no COM objects here: send_email sends mail, http_get and http_request fetch"
_SERVER = "this is no web server: console.log prints, http_get and http_request fetch"
_BROWSER = "there is no browser here: console.log prints, globalThis is the global object"
_FILES = 'there is no access to files here: pass values in the config ("${FILE:path}" in a value is a file\'s text)'
_MAIL = "use send_email({ host, port, from, to, subject, body })"
_BASE64 = "strings are text here: btoa and atob do base64, and attachments take it as it is (encoding: 'base64')"

_FORM = "use encodeURIComponent(text) for each name and value"

CURES = {
    "AbortController": "http_request({ method, url, timeout }) ends by itself after so many seconds",
    "ActiveXObject": _COM,
    "alert": _LOG,
    "args": "the config's values are in arg, without s",
    "argv": _ARG,
    "axios": _FETCH,
    "Buffer": _BASE64,
    "Bun": "jsnpy is neither Node nor Bun: " + _LOG + ", " + _EXIT.removeprefix("use "),
    "confirm": "nobody is there to be asked: " + _ARG,
    "CreateObject": _COM,
    "crypto": "there is no cryptography here: Math.random() makes numbers, and arg brings what was made elsewhere",
    "CurlHttpRequest": _FETCH,
    "Deno": "jsnpy is neither Node nor Deno: " + _LOG + ", " + _EXIT.removeprefix("use "),
    "document": _BROWSER,
    "email_send": _MAIL,
    "Enumerator": "use for (const item of list)",
    "exports": _EXPORTS,
    "fetch": _FETCH,
    "FormData": _FORM,
    "fs": _FILES,
    "GetObject": _COM,
    "GmailApp": _MAIL,
    "global": "use globalThis",
    "Headers": 'headers are an object: http_get(url, { Authorization: "…" })',
    "HttpRequest": _FETCH,
    "import": _MODULES,
    "importScripts": _MODULES,
    "Intl": "use toLocaleString(locale, options) of dates and numbers",
    "java": "jsnpy runs on no Java: " + _LOG,
    "load": _MODULES,
    "Logger": _LOG,
    "localStorage": 'values are kept between runs in state, where the config names a "statefile"',
    "MailApp": _MAIL,
    "module": _EXPORTS,
    "MsgBox": _LOG,
    "os": "QuickJS's std and os are not here: use console.log, exit, sleep and http_get",
    "os.sleep": _SLEEP,
    "print": _LOG,
    "process": "this is not Node: use exit(code), arg and console",
    "process.argv": _ARG,
    "process.env": 'write "${ENV:NAME}" into a value of the config, and use arg',
    "process.exit": _EXIT,
    "process.exitCode": _EXIT,
    "process.nextTick": "use queueMicrotask(callback)",
    "process.on": "an error that nobody catches ends the run with exit code 1 and is shown: nothing needs to listen",
    "process.stderr": "use console.error(...)",
    "process.stdout": _LOG,
    "prompt": "nobody is there to be asked: " + _ARG,
    "require": _MODULES,
    "Response": _SERVER,
    "ScriptEngine": "this is not Windows Script Host: `jsnpy --version` names the engine",
    "sendEmail": _MAIL,
    "sendMail": _MAIL,
    "send_mail": _MAIL,
    "sendmail": _MAIL,
    "Server": _SERVER,
    "sessionStorage": 'values are kept between runs in state, where the config names a "statefile"',
    "setImmediate": "use setTimeout(callback, 0)",
    "structuredClone": "use JSON.parse(JSON.stringify(value))",
    "std": "QuickJS's std and os are not here: use console.log, exit, sleep and http_get",
    "std.exit": _EXIT,
    "std.getenv": 'write "${ENV:NAME}" into a value of the config, and use arg',
    "std.loadFile": _FILES,
    "TextDecoder": _BASE64,
    "TextEncoder": _BASE64,
    "URL": "a URL is a text here: encodeURIComponent(text) for its parts, match and split to take it apart",
    "UrlFetchApp": _FETCH,
    "URLSearchParams": _FORM,
    "VBArray": _COM,
    "wait": _SLEEP,
    "window": _BROWSER,
    "WScript": "this is not Windows Script Host: use console.log, exit, sleep and arg",
    "WScript.Arguments": _ARG,
    "WScript.CreateObject": _COM,
    "WScript.Echo": _LOG,
    "WScript.Quit": _EXIT,
    "WScript.Sleep": _SLEEP,
    "WScript.StdErr": "use console.error(...)",
    "WScript.StdOut": _LOG,
    "WSH": "this is not Windows Script Host: use console.log, exit, sleep and arg",
    "XMLHttpRequest": _FETCH,
    "Zabbix": "this is not Zabbix: use console.log(...) and sleep(milliseconds)",
    "Zabbix.Log": _LOG,
    "Zabbix.log": _LOG,
    "Zabbix.sleep": _SLEEP,
    "__dirname": _FILES,
    "__filename": _FILES,
}
"""By name, or by name and member."""

_LOST = {"description": "{}.message", "number": "{0}.name and {0}.message"}
"""What JScript's errors have besides, and what to use instead."""

_MATCHES = (
    *(f"${n}" for n in range(1, 10)), "$&", "$'", "$+", "$_", "$`", "index", "input", "lastIndex", "lastMatch",
    "lastParen", "leftContext", "rightContext",
)  # fmt: skip
_DECLARING = frozenset(("var", "let", "const", "function", "class", "catch", "import", "async"))
_CONTROL = frozenset(("if", "for", "while", "switch", "with"))
_ENDS = {"(": ")", "[": "]", "{": "}"}


class Warning(Record):  # noqa: A001 - which is what it is; the built-in one is of no use here
    """What in a script will not work here.

    Attributes:
        line: where it stands first, counted from 1; 0 for the script as a whole.
        text: what it is, and what to use instead.
    """

    line: int
    text: str


def cure(name: str, member: str = "") -> str | None:
    """Return what to use instead of another host's name, or of its member; None for a name that is not known."""
    return CURES.get(f"{name}.{member}") or CURES.get(name)


def foreign_names(source: str) -> list[Warning]:
    """Return a warning for each name of another host that a script uses and does not define itself."""
    found: dict[str, Warning] = {}
    read = tokens.read(source)
    own = set(_defined(read))
    for i, token in enumerate(read):
        name, member = token.text, _member(read, i)
        if token.kind != "word" or _text(read, i - 1) in (".", "?.", "#") or _text(read, i + 1) == ":":
            continue
        if name == "RegExp" and member in _MATCHES:
            text = f"RegExp.{member} does not exist here: use what match() or exec() returns"
            found.setdefault(text, Warning(line=token.line, text=text))
        elif name in own or (name == "import" and _text(read, i + 1) != "("):
            continue
        elif known := cure(name, member):
            full = f"{name}.{member}" if f"{name}.{member}" in CURES else name
            found.setdefault(full, Warning(line=token.line, text=f"{full} does not exist here: {known}"))
    for warning in _jscript(read):
        found.setdefault(warning.text, warning)
    return sorted(found.values(), key=lambda one: one.line)


def _jscript(read: list[Token]) -> Iterator[Warning]:
    """Yield a warning for each habit of JScript that is no error here, but gives something else without a word."""
    words = {token.text for token in read}
    own = {token.text for i, token in enumerate(read) if token.kind == "word" and _text(read, i + 1) in (":", "=")}
    caught: list[str] = []  # what each open brace's catch calls its error
    for i, token in enumerate(read):
        name, before, text = token.text, _text(read, i - 1), ""
        if token.kind == "sign" and name == "{":
            is_catch = [_text(read, i - back) for back in (4, 3, 1)] == ["catch", "(", ")"]
            caught.append(_text(read, i - 2) if is_catch else "")
        elif token.kind == "sign" and name == "}" and caught:
            caught.pop()
        elif name == "getYear" and before in (".", "?.") and "1900" not in words:
            text = "getYear() counts from 1900 here, 126 is 2026: use getFullYear()"
        elif name == "Error" and before != "." and (_text(read, i + 1), _text(read, i + 3)) == ("(", ","):
            if _text(read, i + 2).isdigit():
                text = "Error(number, text) is JScript's, and here the text is lost: write Error(text)"
        elif name in caught and token.kind == "word" and before not in (".", "?.", "|", "?", "typeof"):
            member = _member(read, i)
            after = _text(read, i + (4 if _text(read, i + 1) == "[" else 3))
            # What the script gives its own errors, or has something else for, is there.
            if member in _LOST and member not in own and after not in ("|", "?", "="):
                text = f"{name}.{member} does not exist here: use {_LOST[member].format(name)}"
        if text:
            yield Warning(line=token.line, text=text)


def _text(read: list[Token], i: int) -> str:
    return read[i].text if 0 <= i < len(read) else ""


def _member(read: list[Token], i: int) -> str:
    """Return what follows a name as its member: `.env` and `["env"]`."""
    if _text(read, i + 1) == "[" and _text(read, i + 3) == "]" and read[i + 2].kind == "text":
        return _text(read, i + 2)[1:-1]
    return _text(read, i + 2) if _text(read, i + 1) in (".", "?.") else ""


def _defined(read: list[Token]) -> Iterator[str]:
    """Yield each name that a script declares, assigns, takes as a parameter or asks for with `typeof`."""
    opened: list[int] = []
    for i, token in enumerate(read):
        before, after = _text(read, i - 1), _text(read, i + 1)
        if token.kind == "sign" and token.text in _ENDS:
            opened.append(i)
        elif token.text in _ENDS.values() and token.kind == "sign":
            first = opened.pop() if opened else i
            if after == "=>" or _declares(read, first, after):
                method = first - (after == "{" and first > 0)
                yield from (one.text for one in read[method:i] if one.kind == "word")
        elif token.kind == "word" and (before in (*_DECLARING, "typeof") or after in ("=", "=>")) and before != ".":
            yield token.text


def _declares(read: list[Token], bracket: int, after: str) -> bool:
    """Tell whether what stands in a bracket is declared there: parameters, or names taken out of an object."""
    before = _text(read, bracket - 1)
    is_body = read[bracket].text == "(" and after == "{" and before not in _CONTROL
    return before in _DECLARING or is_body
