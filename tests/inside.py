"""The application without a server: every request is one ASGI call, as uvicorn would make it.

A request may carry the extension `target`, its path exactly as it is to stand in the request line, and a body may
raise `BrokenOff`, as when a client goes away in the middle.
"""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp, Message, Scope

PATIENCE = 60.0


class BrokenOff(Exception):
    """Raised by a body: the client is gone."""


class Inside(httpx.BaseTransport):
    """Carries the requests of an `httpx.Client` to an ASGI application, on a loop in a thread of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="inside")
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        call = _Call(request)
        asyncio.run_coroutine_threadsafe(call.run(self._app), self._loop).result(PATIENCE)
        if call.status is None:
            raise httpx.RemoteProtocolError("closed without an answer", request=request)
        return httpx.Response(call.status, headers=call.headers, stream=httpx.ByteStream(call.body))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Call:
    def __init__(self, request: httpx.Request) -> None:
        assert isinstance(request.stream, httpx.SyncByteStream)
        self._request = request
        self._pieces: Iterator[bytes] = iter(request.stream)
        self._body_over = False
        self._gone = False
        self._answered = asyncio.Event()
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""

    async def run(self, app: ASGIApp) -> None:
        await app(self._scope(), self._receive, self._send)

    def _scope(self) -> Scope:
        target: bytes = self._request.extensions.get("target", self._request.url.raw_path)
        path, _, query = target.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": self._request.url.scheme,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self._request.headers.raw],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", self._request.url.port or 5000),
            "extensions": {},
        }

    async def _receive(self) -> Message:
        if self._body_over:
            await self._answered.wait()
            return {"type": "http.disconnect"}
        try:
            piece = next(self._pieces, None)
        except BrokenOff:
            self._body_over = self._gone = True
            self._answered.set()
            return {"type": "http.disconnect"}
        self._body_over = piece is None
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def _send(self, message: Any) -> None:  # Any: ASGI messages hold values of many types
        if self._gone:
            return
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                self._answered.set()
