"""What the fuzzers feed: functions that take any bytes and raise only where jsnpy is at fault.

The suite feeds them by hypothesis (tests/fuzz/test_fuzz.py), `make fuzz` by atheris, guided by coverage.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from typing import TYPE_CHECKING
from unittest import mock

from jsnpy import config, json_text, smtp
from jsnpy.engine import Engine
from jsnpy.errors import JsnpyError
from jsnpy.options import Options
from jsnpy.output import Memory, Output
from jsnpy.redaction import Redactor
from jsnpy.runner import Run
from jsnpy.smtp.pool import Sessions
from support import fuzz_mails, fuzz_options, fuzz_states, fuzz_tokens, truth
from support.counting import EHLO
from support.faulty_link import TO_CLIENT, TO_SERVER, Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOG_MAX = 400_000
_ERROR_MAX = 4_000
_STACK = 64 * 1024 * 1024
_FIELDS: dict[str, object] = {
    "host": "127.0.0.1",
    "port": 25,
    "user": truth.USER,
    "pass": truth.PASSWORD,
    "from": "mon@x.test",
    "to": ["ann@y.test", "bob@y.test"],
    "subject": "disk full",
    "body": "on db1\n.\n",
    "helo": "c.test",
    "timeout": 30,
}
_POLITE = (b"220 hi\r\n", EHLO, b"235 ok\r\n", *[b"250 ok\r\n"] * 3, b"354 go\r\n", b"250 queued\r\n", b"221 bye\r\n")
_SAYS_AT_ONCE = [b"250 ok\r\n" * 3 + b"354 go\r\n", b"250 queued\r\n"]
_END = b"\xff"  # ends what the server says at once; the rest comes after the client's next line


class _Socket:
    """A connection to a server that says the given pieces, one after each thing the client sends."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces
        self._waiting = b""
        self._in_message = False
        self._patience: float | None = None
        self.passage = Passage()
        self._say()

    def _say(self) -> None:
        if self._pieces:
            self._waiting += self._pieces.pop(0)

    def settimeout(self, seconds: float | None) -> None:
        self._patience = seconds

    def recv(self, size: int) -> bytes:
        if not self._waiting:
            if self._patience == 0:
                raise BlockingIOError
            if self._pieces:
                raise TimeoutError
            return b""
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        self.passage.passed[TO_CLIENT] += data
        return data

    def send(self, data: bytes) -> int:
        self.passage.heard[TO_SERVER] += data
        end = bytes(data[-8:])
        dot = end == b".\r\n" or end.endswith(b"\r\n.\r\n")
        if dot or (end.endswith(b"\r\n") and not self._in_message):
            self._say()
        begins = end.endswith(b"DATA\r\n") and b"354" in self._waiting
        self._in_message = begins or (self._in_message and not dot)
        return len(data)

    def sendall(self, data: bytes) -> None:
        self.send(data)

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", 1

    def setsockopt(self, *_: object) -> None: ...

    def shutdown(self, _how: int) -> None: ...

    def close(self) -> None: ...


def _send(fields: object, pieces: list[bytes], base_dir: str = ".") -> tuple[smtp.SendResult, Passage]:
    sock = _Socket(pieces)
    with _connecting(lambda: sock):
        result = smtp.send(fields, smtp.Settings(base_dir=base_dir))
    _check(result)
    return result, sock.passage


@contextlib.contextmanager
def _connecting(make: Callable[[], _Socket]) -> Iterator[None]:
    found = [(2, 1, 6, "", ("127.0.0.1", 25))]
    with (
        mock.patch("jsnpy.smtp.connection.connect", side_effect=lambda *_: make()),
        mock.patch("jsnpy.smtp.connection.resolve", return_value=found),
    ):
        yield


def _check(result: smtp.SendResult) -> None:
    json_text.dumps({"code": result.code, "log": result.log, "error": result.error, "details": result.details})
    assert -10 <= result.code <= 0
    assert (result.code == 0) == (result.error == "")
    assert "a fault of jsnpy itself" not in result.error, result.error
    assert len(result.log) <= _LOG_MAX
    assert len(result.error) <= _ERROR_MAX, result.error[:200]
    assert truth.PASSWORD not in "\n".join([result.log, result.error, str(result.details)])


def polite_send() -> smtp.SendResult:
    """Send a mail to a server that says what it should."""
    return _send(_FIELDS, list(_POLITE))[0]


def replies(data: bytes) -> None:
    """A server says anything at all: the result is truthful, the log bounded, the password in none of it."""
    result, passage = _send(_FIELDS, data.split(_END))
    if result.code == 0:
        dot_sent, go_ahead, answer = truth.final_answer(passage)
        assert dot_sent
        assert (354, 2) == (go_ahead, (answer or 0) // 100), result.log


def sessions(data: bytes) -> None:
    """A server says anything in a kept session: of three mails none is sent twice, and each yes had its dot."""
    pieces = data.split(_END)
    passages: list[Passage] = []

    def make() -> _Socket:
        sock = _Socket(pieces)  # a further connection hears what the first one did not
        passages.append(sock.passage)
        return sock

    kept = Sessions()
    settings = smtp.Settings(sessions=lambda: kept)
    with _connecting(make):
        results = [smtp.send({**_FIELDS, "keep_alive": True, "subject": f"mail {n}"}, settings) for n in range(3)]
        kept.close()
    for number, result in enumerate(results):
        _check(result)
        heard = b"".join(bytes(passage.heard[TO_SERVER]) + b"\n" for passage in passages)
        dots = heard.count(b"\r\non db1\r\n..\r\n.\r\n")
        assert heard.count(b"Subject: mail %d\r\n" % number) <= 1
        assert sum(each.code == 0 for each in results) <= dots <= len(results)


def fields(data: bytes) -> None:
    """A script passes anything JSON can say: a result, within bounds, and never a second header or recipient."""
    value = _Values(data)
    given = {**_FIELDS, "port": 25}
    for _ in range(value.byte() % 4 + 1):
        given[value.pick(smtp_names())] = value.any(3)
    given.update(ssl=None, starttls=None)
    if value.byte() % 16 == 0:
        _send(value.any(4), list(_POLITE))
    with tempfile.TemporaryDirectory() as folder:
        _, passage = _send(given, list(_POLITE), folder)
    commands, _, message = bytes(passage.heard[TO_SERVER]).partition(b"DATA\r\n")
    assert commands.count(b"MAIL FROM:<") <= 1
    message = message if b"\r\n.\r\n" in message else b""
    head = message.partition(b"\r\n\r\n")[0].split(b"\r\n")
    for name in (b"from:", b"subject:", b"date:", b"message-id:", b"mime-version:", b"content-type:"):
        assert sum(line.lower().startswith(name) for line in head) == (1 if message else 0), head
    assert all(len(line) <= 998 for line in message.split(b"\r\n"))
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert b"\n" not in message.replace(b"\r\n", b"")


def smtp_names() -> list[str]:
    """Return the names of all fields, and one that is none."""
    from jsnpy.smtp.request import FIELDS

    return [name for name in FIELDS if name not in ("ssl", "starttls", "timeout")] + ["sbject"]


def configs(data: bytes) -> None:
    """A config is any bytes: a run or an error of jsnpy's own."""
    encoding = (None, "cp1252", "utf-16", "no-such")[data[0] % 4] if data else None
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "mail.js"), "w", encoding="ascii"):
            pass
        path = os.path.join(folder, "CaEmail.json")
        with open(path, "wb") as file:
            file.write(data[1:])
        with contextlib.suppress(JsnpyError):
            json.loads(config.load(path, encoding=encoding).arg_json)


def bridge(data: bytes) -> None:
    """A script passes any JavaScript value: natives get JSON, the script an answer, and nobody sees a fault of ours."""
    given: list[object] = []

    def send_email(value: object) -> dict[str, object]:
        given.append(value)
        result, _ = _send(value, list(_POLITE))
        return {"code": result.code, "log": result.log, "error": result.error, "details": result.details}

    source = _Script(data).text()
    ending = _run(source, {"send_email": send_email})
    assert ending == "done", (ending, source)
    assert len(given) == 1


def natives(data: bytes) -> None:
    """A native is called with any text: it answers JSON text and never raises."""
    redactor = Redactor()
    run = Run(config.from_mapping({"scriptfile": __file__}), Options(), Output(Memory(), Memory(), redactor), redactor)
    from jsnpy import bindings

    known = {name: each for name, each in bindings.natives(run).items() if "http" not in name and name != "timer_wait"}
    value = _Values(data)
    engine = Engine((), known, lambda *_: True, stack_size=_STACK // 2)
    try:
        given = value.any(3)
        text = json.dumps(given) if value.byte() % 4 else data.decode("latin-1")
        name = value.pick([*known, "exit", "none"])
        if name != "send_email":
            # A wrong argument is a fault of the binding's JavaScript: it is noted, and must still answer.
            json.loads(engine._native(name, text))
    finally:
        engine.close()


def _run(source: str, known: dict[str, Callable[[object], object]]) -> str:
    kinds: list[str] = []
    failures: list[BaseException] = []

    def work() -> None:
        engine = Engine(("email",), known, lambda *_: True, stack_size=_STACK // 2, memory_limit=64 * 1024 * 1024)
        try:
            kinds.append(engine.run(source, "script.js", "{}", lambda: None).kind)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)
        finally:
            engine.close()

    before = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=work)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if failures:
        raise failures[0]
    return kinds[0]


class _Values:
    """JSON values, and choices, made of bytes."""

    _SCALARS: tuple[object, ...] = (
        None, True, False, 0, 1, -1, 25, 2**53, 1e308, 0.5, -0.0, 10**30, "", " ", "a@b.test", "\r\n", "\ud800", "\0",
        "<", "a@b.test\r\nBcc: x@y.test", "=?utf-8?q?=0A?=", '"',
        "é", "\U0001f6a8", "ä@ö.test", "x" * 1200, "a, b@c.test",
    )  # fmt: skip
    _KEYS = ("email", "name", "filename", "content", "path", "encoding", "content_type", "cid", "verify", "ca_file")
    _MORE = ("min_version", "server_name", "X-A", "$foreign", "to", "Bcc", "Content-Type", "", "__proto__")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        """Return the next byte, 0 when there are no more."""
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def pick(self, choices: list[str]) -> str:
        """Return one of the choices."""
        return choices[self.byte() % len(choices)]

    def text(self) -> str:
        """Return a text of the next bytes."""
        size = self.byte() % 24
        self._at += size
        return self._data[self._at - size : self._at].decode("utf-8", "surrogateescape")

    def any(self, depth: int) -> object:
        """Return a JSON value nested at most so deep."""
        kind = self.byte()
        if kind % 8 == 0 and depth:
            return [self.any(depth - 1) for _ in range(self.byte() % 4)]
        if kind % 8 in (1, 2) and depth:
            return {self.pick([*self._KEYS, *self._MORE]): self.any(depth - 1) for _ in range(self.byte() % 5)}
        if kind % 8 in (3, 4):
            return self.text()
        return self._SCALARS[self.byte() % len(self._SCALARS)]


class _Script:
    """A hostile script, made of bytes: a few statements, then what it passes to send_email."""

    _STATEMENTS = (
        "Object.prototype.toJSON = () => 7", "Object.prototype.x = 1", "JSON.stringify = JSON.parse = null",
        "Array.prototype[Symbol.iterator] = null", "String = Object = Reflect = undefined",
        "Object.defineProperty(Object.prototype, 'code', {get() { throw 1 }, set() { throw 2 }})",
        "Function.prototype.call = Function.prototype.apply = null",
        "globalThis.Error = class { constructor() { throw 3 } }",
        "Object.defineProperty(Array.prototype, '0', {get() { throw 4 }, set() { throw 5 }})", "var v = {}; v.v = v",
        "Object.prototype.__proto__ = null", "RegExp.prototype.exec = () => 0",
        "Promise.prototype.then = () => { throw 6 }",
    )  # fmt: skip
    _VALUES = (
        "null", "undefined", "NaN", "-0", "1n", "Symbol()",
        "'\\ud800'", "'\\0'", "() => 1", "new Date(NaN)", "[,1]", "/x/",
        "new Proxy({}, {ownKeys() { throw 7 }})", "new Proxy([], {get() { throw 8 }})",
        "{get a() { throw 9 }}", "new Map",
        "Object.create(null)", "new String('a')", "new Uint8Array(9)",
        "globalThis", "{toJSON() { throw 1 }}", "[[[[]]]]",
        "'x'.repeat(99999)", "{__proto__: {host: 'h'}}", "new Proxy(() => 1, {})", "typeof v === 'object' ? v : 0",
        "new Error('e')",
        "{[Symbol.toStringTag]: 'Date'}", "Object.defineProperty({}, 'email', {get() { return 'a@b.c' }})",
        "Object.defineProperty([1], 'length', {value: 4294967295})",
        "(() => { let d = 0; for (let i = 0; i < 500; i++) d = [d]; return d })()",
        "new Proxy({}, {get(_, k) { return k }, has: () => true, ownKeys: () => ['a', 'a']})",
    )  # fmt: skip

    def __init__(self, data: bytes) -> None:
        self._value = _Values(data)

    def text(self) -> str:
        """Return the script's source."""
        value = self._value
        statements = [value.pick(list(self._STATEMENTS)) for _ in range(value.byte() % 3)]
        members = ", ".join(
            f"[{json.dumps(value.pick(smtp_names()))}]: {self._expression(2)}" for _ in range(value.byte() % 4)
        )
        base = json.dumps({**_FIELDS, "body": "b"})
        given = [f"{{...{base}, {members}}}", self._expression(3), "undefined"][value.byte() % 3]
        # What is passed may already throw in a world so spoilt; send_email itself never does.
        spoilt = [f"try {{ {each} }} catch {{}}" for each in statements]
        return "\n".join([*spoilt, f"var given; try {{ given = ({given}) }} catch {{}}", "send_email(given)"])

    def _expression(self, depth: int) -> str:
        value = self._value
        kind = value.byte() % 4
        if kind == 0 and depth:
            return f"[{', '.join(self._expression(depth - 1) for _ in range(value.byte() % 4))}]"
        if kind == 1 and depth:
            inner = (f"{json.dumps(value.text())}: {self._expression(depth - 1)}" for _ in range(value.byte() % 4))
            return f"({{{', '.join(inner)}}})"
        return f"({value.pick(list(self._VALUES))})"


TARGETS: dict[str, Callable[[bytes], None]] = {
    "replies": replies,
    "sessions": sessions,
    "fields": fields,
    "configs": configs,
    "bridge": bridge,
    "natives": natives,
    "tokens": fuzz_tokens.tokens,
    "options": fuzz_options.command_lines,
    "addresses": fuzz_mails.addresses,
    "pages": fuzz_mails.pages,
    "states": fuzz_states.states,
}

_CONFIG = b'{"scriptfile": ".\\\\mail.js", "arg": {"pass": "${ENV:HOME}", "l": [1.5e3, null, "\\u00e9"]}}'
SEEDS: dict[str, list[bytes]] = {
    "replies": [
        _END.join(_POLITE),
        _END.join([b"220-hi\r\n220 hi\r\n", b"500 what\r\n", b"250 x\r\n"]),
        _END.join([*_POLITE[:1], b"250-x\r\n250 AUTH CRAM-MD5\r\n", b"334 PDFAeD4=\r\n", *_POLITE[2:]]),
        _END.join(
            [*_POLITE[:1], b"250-x\r\n250 AUTH=LOGIN\r\n", b"334 VXNlcjo=\r\n", b"334 UGFzczo=\r\n", *_POLITE[2:]]
        ),
        _END.join([*_POLITE[:3], b"421 4.3.2 closing\r\n"]),
        _END.join([*_POLITE[:-2], b"250-2.0.0 a\r\n550 5.0.0 b\r\n"]),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
    ],
    "sessions": [
        _END.join([*_POLITE[:3], *_SAYS_AT_ONCE * 3, b"221 bye\r\n"]),
        _END.join([*_POLITE[:3], *_SAYS_AT_ONCE, b"421 bye\r\n", *_POLITE[:3], *_SAYS_AT_ONCE * 2]),
        _END.join([*_POLITE[:3], b"550 no\r\n" + b"503 no\r\n" * 3, b"250 reset\r\n", *_SAYS_AT_ONCE * 2]),
        _END.join([*_POLITE[:3], b"250 ok\r\n550 no\r\n550 no\r\n354 go\r\n", *_POLITE[:3], *_SAYS_AT_ONCE * 2]),
    ],
    "fields": [bytes(range(64)), b"\x03\x08\x03\x0bann@x.test\r\n\x01\x02\x05\x13"],
    "configs": [b"\x00" + _CONFIG, b"\x01" + _CONFIG[:-9], b"\x02" + _CONFIG.decode().encode("utf-16"), b"\x00[1,]"],
    "bridge": [bytes(range(48)), bytes(range(200, 250))],
    "natives": [bytes(range(32)), b"[1,2,3]"],
    "tokens": fuzz_tokens.SEEDS,
    "options": fuzz_options.SEEDS,
    "addresses": fuzz_mails.ADDRESS_SEEDS,
    "pages": fuzz_mails.PAGE_SEEDS,
    "states": fuzz_states.SEEDS,
}
