"""A TCP link to a server that breaks at one chosen byte: cut, reset, stalled, delayed, or that byte changed."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from typing import Self

TO_CLIENT = "to client"
TO_SERVER = "to server"

CUT = "cut"
HALF = "half"
RESET = "reset"
STALL = "stall"
DELAY = "delay"
FLIP = "flip"

_LONG = 30.0


class Fault:
    """What goes wrong.

    Args:
        kind: CUT (both directions end, FIN), HALF (this direction alone ends, FIN), RESET (RST to both sides),
            STALL (nothing more in this direction), DELAY (a pause, then on), FLIP (one byte is changed).
        direction: TO_CLIENT or TO_SERVER.
        position: how many bytes of that direction pass before.
        mask: for FLIP, what the byte is xor-ed with.
        pause: for DELAY, in seconds.
    """

    __slots__ = ("direction", "kind", "mask", "pause", "position")

    def __init__(self, kind: str, direction: str, position: int, *, mask: int = 0, pause: float = 0.02) -> None:
        self.kind = kind
        self.direction = direction
        self.position = position
        self.mask = mask
        self.pause = pause

    def __repr__(self) -> str:
        change = f" by 0x{self.mask:02x}" if self.mask else ""
        return f"{self.kind}{change} at byte {self.position} {self.direction}"


class Passage:
    """What passed over one connection.

    Attributes:
        heard: the bytes that came, by direction.
        passed: the bytes handed on, by direction.
        struck: whether the fault happened.
        over: set when both sides are closed.
    """

    def __init__(self) -> None:
        self.heard = {TO_CLIENT: bytearray(), TO_SERVER: bytearray()}
        self.passed = {TO_CLIENT: bytearray(), TO_SERVER: bytearray()}
        self.struck = False
        self.over = threading.Event()


class FaultyLink:
    """A proxy on a loopback port, for one connection at a time; a context manager.

    Args:
        port: where the server listens on loopback.
    """

    host = "127.0.0.1"

    def __init__(self, port: int) -> None:
        self._target = port
        self._fault: Fault | None = None
        self.passages: list[Passage] = []
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(_LONG)

    def prepare(self, fault: Fault | None) -> None:
        """Let the next connection, and any after it, meet a fault."""
        self._fault = fault
        self.passages = []

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            passage = Passage()
            self.passages.append(passage)
            try:
                with client, socket.create_connection((self.host, self._target)) as server:
                    for sock in (client, server):
                        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    with contextlib.suppress(OSError):
                        self._carry(client, server, passage)
            finally:
                passage.over.set()

    def _carry(self, client: socket.socket, server: socket.socket, passage: Passage) -> None:
        fault = self._fault
        ways = {client: (server, TO_SERVER), server: (client, TO_CLIENT)}
        deaf: set[str] = set()  # directions in which nothing is handed on any more, though read
        deadline = time.monotonic() + _LONG
        while ways:
            ready, _, _ = select.select(list(ways), [], [], max(0, deadline - time.monotonic()))
            if not ready:
                return
            for source in ready:
                target, direction = ways[source]
                data = source.recv(65536)
                if not data:
                    del ways[source]
                    with contextlib.suppress(OSError):
                        target.shutdown(socket.SHUT_WR)
                    if source is client and direction in deaf:
                        return
                    continue
                passage.heard[direction] += data
                if direction in deaf:
                    continue
                if fault is None or fault.direction != direction or passage.struck:
                    _hand_on(target, data, passage, direction)
                    continue
                before = fault.position - len(passage.passed[direction])
                if len(data) <= before:
                    _hand_on(target, data, passage, direction)
                    continue
                passage.struck = True
                if fault.kind == FLIP:
                    data = data[:before] + bytes([data[before] ^ fault.mask]) + data[before + 1 :]
                    _hand_on(target, data, passage, direction)
                    continue
                _hand_on(target, data[:before], passage, direction)
                if fault.kind == DELAY:
                    time.sleep(fault.pause)
                    _hand_on(target, data[before:], passage, direction)
                elif fault.kind == STALL:
                    deaf.add(direction)
                elif fault.kind == HALF:
                    target.shutdown(socket.SHUT_WR)
                    deaf.add(direction)
                elif fault.kind == RESET:
                    for sock in (client, server):
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                else:
                    passage.heard[TO_SERVER] += _close_gently(client)
                    _close_gently(server)
                    return


def _hand_on(target: socket.socket, data: bytes, passage: Passage, direction: str) -> None:
    if data:
        passage.passed[direction] += data
        target.sendall(data)


def _close_gently(sock: socket.socket) -> bytes:
    """Close with a FIN and return what came after it: left unread, it would turn the FIN into an RST."""
    rest = b""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(5)
        while data := sock.recv(65536):
            rest += data
    return rest
