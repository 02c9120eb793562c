"""A real server on a real socket, an application that shows what reached it, and a client that hides nothing."""

import asyncio
import hashlib
import os
import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from berth.doors.wire import bodies, files
from berth.doors.wire.failures import BodyTooLarge
from berth.doors.wire.protocol import WireProtocol

PATIENCE = 20.0


@dataclass(frozen=True)
class Road:
    name: str
    protocol: type[HttpToolsProtocol]
    loop: str

    @property
    def fast(self) -> bool:
        return self.protocol is WireProtocol


ROADS = {
    road.name: road
    for road in [
        Road("wire", WireProtocol, "uvloop"),
        Road("wire on asyncio", WireProtocol, "asyncio"),
        Road("plain", HttpToolsProtocol, "uvloop"),
    ]
}


@dataclass
class Harbour:
    """The application. What its requests ended with, answers or exceptions, waits in `ends`."""

    file: Path
    ends: "queue.Queue[str]" = field(default_factory=queue.Queue)
    offered: "queue.Queue[set[str]]" = field(default_factory=queue.Queue)
    gate: threading.Event = field(default_factory=threading.Event)
    full: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ends = self.ends  # A late end belongs to the test that began it.
        self.offered.put(set(scope.get("extensions", {})))
        try:
            await self._route(scope, receive, send)
        except BaseException as reason:
            ends.put(type(reason).__name__)
            if not isinstance(reason, ConnectionError):
                raise
        else:
            ends.put("answered")

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = {name: int(values[0]) for name, values in parse_qs(scope["query_string"].decode()).items()}
        match scope["path"]:
            case "/take":
                await self._take(scope, receive, send, asked)
            case "/file":
                await self._file(scope, send, asked)
            case "/parts":
                await self._parts(send, framed="framed" in asked)
            case "/stream":
                await self._stream(send)
            case "/read":
                await self._read(receive, send)
            case "/404":
                await answer(send, 404, b"nothing here")
            case _:
                await answer(send, 200, b"hello")

    async def _take(self, scope: Scope, receive: Receive, send: Send, asked: dict[str, int]) -> None:
        digest = hashlib.sha256()

        def sink(piece: memoryview) -> None:
            assert threading.current_thread().name.startswith("berth-")
            if self.full:
                raise BlockingIOError("the disk is full")
            digest.update(piece)

        try:
            size = await bodies.pump(
                scope, receive, sink, limit=asked.get("limit"), idle_seconds=asked.get("idle", 60_000) / 1000
            )
        except BodyTooLarge:
            await answer(send, 413, b"too large")
        except BlockingIOError:
            await answer(send, 507, b"full")
        else:
            await answer(send, 200, f"{size} {digest.hexdigest()}".encode())

    async def _file(self, scope: Scope, send: Send, asked: dict[str, int]) -> None:
        offset = asked.get("offset", 0)
        count = asked.get("count", self.file.stat().st_size - offset)
        descriptor = os.open(self.file, os.O_RDONLY)
        try:
            await start(send, 200, count)
            await files.send_file(scope, send, descriptor, offset, count)
        finally:
            os.close(descriptor)

    async def _parts(self, send: Send, *, framed: bool) -> None:
        """A file between two pieces of memory, all of it one body."""
        with self.file.open("rb") as opened:
            size = self.file.stat().st_size
            await start(send, 200, None if framed else size + 6)
            await send({"type": "http.response.body", "body": b"one", "more_body": True})
            part = {"type": "http.response.zerocopysend", "file": opened, "more_body": True}
            await send(part | {"offset": 0, "count": 1000})
            opened.seek(1000)
            await send(part)
        await send({"type": "http.response.body", "body": b"two", "more_body": False})

    async def _stream(self, send: Send) -> None:
        """Start, and say something only when the client has seen the start."""
        await start(send, 200, None)
        await asyncio.to_thread(self.gate.wait, PATIENCE)
        await send({"type": "http.response.body", "body": b"seen", "more_body": False})

    async def _read(self, receive: Receive, send: Send) -> None:
        """Read the body as any ASGI application does."""
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            body += message["body"]
            more = message["more_body"]
        await answer(send, 200, f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode())


async def start(send: Send, status: int, length: int | None) -> None:
    headers = [] if length is None else [(b"content-length", b"%d" % length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def answer(send: Send, status: int, body: bytes) -> None:
    await start(send, status, len(body))
    await send({"type": "http.response.body", "body": body, "more_body": False})


def told(body: bytes) -> tuple[int, bytes]:
    """What `/take` and `/read` answer when the whole of `body` has reached them."""
    return 200, f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()


def chunked(body: bytes, size: int, *, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    frames = [body[at : at + size] for at in range(0, len(body), size)]
    lines = [b"%x%s\r\n%s\r\n" % (len(frame), extension, frame) for frame in frames]
    return b"".join(lines) + b"0" + extension + b"\r\n" + trailer + b"\r\n"


def head(target: str, *fields: str, method: str = "PUT") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: berth", *fields, "", ""]).encode()


class Client:
    """One connection. Bytes go out as given; answers are read as the protocol says, to the byte."""

    def __init__(
        self, address: tuple[str, int], *, small_window: bool = False, trust: ssl.SSLContext | None = None
    ) -> None:
        self.socket = socket.socket()
        if small_window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        if trust is not None:
            self.socket = trust.wrap_socket(self.socket)
        self._reader = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()
        self.socket.close()

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def get(self, target: str, *fields: str) -> tuple[int, bytes]:
        self.send(head(target, *fields, method="GET"))
        return self.answer()

    def answer(self, method: str = "GET") -> tuple[int, bytes]:
        status, fields = self.answer_head()
        if method == "HEAD" or status == 100:
            return status, b""
        if fields.get("transfer-encoding") == "chunked":
            return status, self._chunks()
        return status, self._reader.read(int(fields.get("content-length", "0")))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._reader.readline(), 16):
            body += self._reader.read(size)
            assert self._reader.readline() == b"\r\n"
        assert self._reader.readline() == b"\r\n"
        return body

    def answer_head(self) -> tuple[int, dict[str, str]]:
        line = self._reader.readline()
        if not line:
            raise EOFError("closed before an answer")
        fields = {}
        while field_line := self._reader.readline().rstrip():
            name, _, value = field_line.decode().partition(":")
            fields[name.lower()] = value.strip()
        return int(line.split()[1]), fields

    def read(self, size: int) -> bytes:
        return self._reader.read(size)

    def at_end(self) -> bool:
        """Wait for the server to close; anything else it sends is a surprise."""
        try:
            return self._reader.read(1) == b""
        except ConnectionResetError:
            return True


@dataclass(frozen=True)
class Served:
    road: Road
    address: tuple[str, int]
    harbour: Harbour

    def client(self, *, small_window: bool = False, trust: ssl.SSLContext | None = None) -> Client:
        return Client(self.address, small_window=small_window, trust=trust)

    def end(self) -> str:
        return self.harbour.ends.get(timeout=PATIENCE)


@contextmanager
def serve(road: Road, file: Path, *, grace: int = 5, certificate: Path | None = None) -> Iterator[Served]:
    harbour = Harbour(file)
    config = uvicorn.Config(
        harbour,
        http=road.protocol,
        loop=road.loop,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=grace,
        ssl_certfile=certificate,
    )
    server = uvicorn.Server(config)
    # A socket that names its protocol: only there does asyncio's loop send small packets at once.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1024)
        thread = threading.Thread(target=_run, args=(server, listening))
        thread.start()
        try:
            yield Served(road, listening.getsockname(), harbour)
        finally:
            server.should_exit = True
            thread.join()


def _run(server: uvicorn.Server, listening: socket.socket) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listening]))
