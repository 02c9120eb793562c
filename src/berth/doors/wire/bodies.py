"""A request's body into a sink, on whichever road the server offers.

The sink is called in threads, with one piece after the other, and may block: hash there, write there. A body
that does not come whole raises `ClientGone` on both roads, never an end.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from starlette.types import Receive, Scope

from berth.doors.wire.bursts import finish
from berth.doors.wire.failures import BodyTooLarge, ClientGone

PIECE: Final = 1 << 20
# Below, one piece through the loop and one visit to a thread cost less than several to the socket.
WORTH_A_TRANSFER: Final = 1 << 20
IDLE_SECONDS: Final = 60.0
THREADS: Final = ThreadPoolExecutor(12, thread_name_prefix="berth-body")


async def pump(
    scope: Scope,
    receive: Receive,
    sink: Callable[[memoryview], None],
    *,
    limit: int | None = None,
    idle_seconds: float = IDLE_SECONDS,
) -> int:
    """Give the whole body to `sink`; answer its length.

    Raises `ClientGone` when the client leaves, or sends nothing for `idle_seconds`; `BodyTooLarge` before a
    byte beyond `limit` is given; and whatever the sink raises. The memory behind a piece is the sink's only
    until it returns.
    """
    length = content_length(scope)
    if limit is not None and length is not None and length > limit:
        raise BodyTooLarge(limit)
    fast = _fast(scope)
    if fast is not None and (length is None or length > WORTH_A_TRANSFER):
        return int(await fast["receive_into"](sink, limit=limit, idle_seconds=idle_seconds))
    return await _Relay(receive, sink, length, limit, idle_seconds).run()


def at_hand(scope: Scope) -> bytes | None:
    """The whole body, if the server has it already; then nothing needs to be waited for."""
    fast = _fast(scope)
    whole: bytes | None = None if fast is None else fast["at_hand"]()
    return whole


def _fast(scope: Scope) -> dict[str, Any] | None:  # Any: an extension is a dict of whatever the server put there
    found: dict[str, Any] | None = scope.get("extensions", {}).get("berth.receive_into")
    return found


def content_length(scope: Scope) -> int | None:
    """Read the body's announced length; None where it is not known before its end."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return None
    value: bytes = headers.get(b"content-length", b"0")
    return int(value) if value.isdigit() else None


class _Relay:
    """The plain road: messages are gathered to a piece, and one piece is taken in while the next is received."""

    def __init__(
        self,
        receive: Receive,
        sink: Callable[[memoryview], None],
        length: int | None,
        limit: int | None,
        idle_seconds: float,
    ) -> None:
        self._receive = receive
        self._sink = sink
        self._length = length
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._received = 0
        self._more = True
        self._taking: asyncio.Future[None] | None = None

    async def run(self) -> int:
        try:
            while self._more:
                piece = await self._gather()
                await self._taken()
                self._take(piece)
            self._must_be_whole()
        finally:
            await self._taken()
        return self._received

    def _take(self, piece: bytearray) -> None:
        if piece:
            loop = asyncio.get_running_loop()
            self._taking = loop.run_in_executor(THREADS, self._sink, memoryview(piece))

    async def _taken(self) -> None:
        """Wait for the piece before, so that there are never more than two."""
        if self._taking is not None:
            taking, self._taking = self._taking, None
            await finish(taking)

    async def _gather(self) -> bytearray:
        piece = bytearray()
        while self._more and len(piece) < PIECE:
            piece += await self._next()
        return piece

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self._idle_seconds):
                message = await self._receive()
        except TimeoutError:
            raise ClientGone(f"the client sent nothing for {self._idle_seconds} seconds") from None
        if message["type"] == "http.disconnect":
            raise ClientGone("the body ended early")
        body: bytes = message.get("body", b"")
        self._more = message.get("more_body", False)
        self._received += len(body)
        if self._limit is not None and self._received > self._limit:
            raise BodyTooLarge(self._limit)
        return body

    def _must_be_whole(self) -> None:
        if self._length is not None and self._length != self._received:
            raise ClientGone("the body ended early")
