"""A client for pushes and large pulls that costs little: a plain socket, one buffer, files sent by the kernel."""

import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Self

BUFFER = 256 << 10
PATIENCE = struct.pack("ll", 60, 0)
HEAD = 4 << 10
LONGEST_HEAD = 64 << 10


class Failed(Exception):
    """A server did not do what was asked of it."""


@dataclass(frozen=True)
class Target:
    """Where requests go, and the credentials that go with them."""

    port: int
    authorization: bytes = b""

    def head(self, method: str, path: str, *fields: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *fields]
        text = "".join(f"{line}\r\n" for line in lines).encode()
        return text + self.authorization + b"\r\n"


@dataclass(frozen=True)
class Answer:
    status: int
    fields: dict[bytes, bytes]
    body: bytes

    @property
    def location(self) -> str:
        """The path and query of the `Location`, which may be a whole address."""
        text = self.fields[b"location"].decode()
        return text if text.startswith("/") else "/" + text.split("/", 3)[3]


def connected(port: int, receive_buffer: int | None = None) -> socket.socket:
    made = socket.socket()
    if receive_buffer is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, PATIENCE)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, PATIENCE)
    made.connect(("127.0.0.1", port))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


class Connection:
    """One connection, used for one request after the other."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._socket = connected(target.port)
        self._view = memoryview(bytearray(BUFFER))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, head: bytes, *body: bytes, expect: int, keep: bool = False) -> Answer:
        """Send a request and read its answer; the answer's body is dropped unless it is to be kept."""
        self._send(head, *body)
        return self._answer(expect, keep=keep)

    def send_file(self, head: bytes, file: Path, tail: bytes, *, expect: int) -> Answer:
        """Send a request whose body is a file and a few bytes more."""
        self._socket.sendall(head, socket.MSG_MORE)
        with file.open("rb", buffering=0) as opened:
            offset, end = 0, os.fstat(opened.fileno()).st_size
            while offset < end:
                offset += os.sendfile(self._socket.fileno(), opened.fileno(), offset, end - offset)
        self._socket.sendall(tail)
        return self._answer(expect)

    def _send(self, *parts: bytes) -> None:
        sent = self._socket.sendmsg(parts)
        if sent < sum(map(len, parts)):
            self._socket.sendall(b"".join(parts)[sent:])

    def _answer(self, expect: int, *, keep: bool = False) -> Answer:
        head, rest = self._head()
        lines = head.split(b"\r\n")
        pairs = (line.partition(b":") for line in lines[1:])
        fields = {name.lower(): value.strip() for name, _, value in pairs}
        status, length = int(lines[0].split()[1]), int(fields.get(b"content-length", 0))
        if status != expect or b"transfer-encoding" in fields:
            raise Failed(f"{lines[0].decode()} where {expect} was expected; {rest[:500]!r}")
        left = length - len(rest)
        while left > 0:
            piece = self._receive(min(left, BUFFER))
            left -= len(piece)
            if keep:
                rest += piece
        return Answer(status, fields, rest)

    def _head(self) -> tuple[bytes, bytes]:
        received = b""
        while len(received) < LONGEST_HEAD:
            received += self._receive(HEAD)
            head, end, rest = received.partition(b"\r\n\r\n")
            if end:
                return head, rest
        raise Failed("the head of an answer has no end")

    def _receive(self, most: int) -> memoryview:
        size = self._socket.recv_into(self._view[:most])
        if not size:
            raise Failed("the server closed the connection")
        return self._view[:size]
