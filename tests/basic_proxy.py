"""A proxy that signs every request in by Basic, for clients that would rather follow the Bearer challenge.

It reads no more than heads: each connection carries one request, and its bytes go through as they are.
"""

import asyncio
import base64
import contextlib
import threading
from collections.abc import Iterator

LONGEST_HEAD = 64 * 1024
PIECE = 64 * 1024


@contextlib.contextmanager
def signing_in(port: int, name: str, secret: str) -> Iterator[int]:
    """The port of a proxy in front of another port."""
    proxy = _Proxy(port, base64.b64encode(f"{name}:{secret}".encode()))
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(proxy.serve())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(proxy.end())
        loop.close()


class _Proxy:
    def __init__(self, port: int, credentials: bytes) -> None:
        self._port = port
        self._credentials = credentials
        self._carrying: set[asyncio.Task[None]] = set()  # asyncio itself holds its tasks but weakly

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_server(self._take, "127.0.0.1", 0, limit=LONGEST_HEAD)

    async def end(self) -> None:
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await _carry(reader, writer, self._port, self._credentials)
        writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, credentials: bytes) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    answers, requests = await asyncio.open_connection("127.0.0.1", port)
    requests.write(_signed(head, credentials))
    body = asyncio.create_task(_pipe(reader, requests))
    try:
        await _pipe(answers, writer)
    finally:
        body.cancel()
        requests.close()


def _signed(head: bytes, credentials: bytes) -> bytes:
    line, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [field for field in fields if field.partition(b":")[0].lower() not in (b"authorization", b"connection")]
    return b"\r\n".join([line, *kept, b"Authorization: Basic " + credentials, b"Connection: close", b"", b""])


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(PIECE):
        target.write(piece)
        await target.drain()
