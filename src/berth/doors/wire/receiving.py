"""A request's body from the socket to a sink, in threads: no byte of it passes through the event loop.

`readv`, the sink's hashing and its writing all run without the interpreter lock.
"""

import asyncio
import os
import select
import threading
from collections.abc import Callable
from typing import Final

from berth.doors.wire.bursts import Line
from berth.doors.wire.failures import BodyTooLarge, ClientGone
from berth.doors.wire.framing import Body

Sink = Callable[[memoryview], None]

PIECE: Final = 1 << 20
MUCH: Final = 256 << 10
# A slow client is looked at again after a moment, when it has sent more than a packet: the
# slower, the longer, since a burst costs the same for a packet as for a hundred.
SHORTEST_PAUSE: Final = 0.005
LONGEST_PAUSE: Final = 0.040

_own = threading.local()


def _buffer() -> bytearray:
    """Give each thread one buffer for life: memory grows with threads, never with clients."""
    try:
        buffer: bytearray = _own.buffer
    except AttributeError:
        buffer = _own.buffer = bytearray(PIECE)
    return buffer


class Delivery:
    """One body on its way from a line to a sink."""

    def __init__(self, line: Line, body: Body, sink: Sink, *, held: bytes, limit: int | None) -> None:
        self.line = line
        self.body = body
        self.delivered = 0
        self.after = b""
        self._sink = sink
        self._held = held
        self._limit = limit

    def burst(self) -> None:
        """Deliver in a thread until the body is complete, the client is too slow or others wait too long."""
        self._deliver_held()
        turn = self.line.turn(select.POLLIN)
        before = self.delivered
        while not self.body.complete and not self.line.cut and not turn.over():
            if not self._step() and not turn.wait():
                break
        self.line.brisk = self.delivered - before >= MUCH

    def _deliver_held(self) -> None:
        """Deliver first what the loop had received before the threads took over."""
        held, self._held = memoryview(self._held), b""
        for at in range(0, len(held), PIECE):
            self._deliver(held[at : at + PIECE])

    def _step(self) -> bool:
        buffer = _buffer()
        left = self.body.left
        with memoryview(buffer) as view:
            try:
                size = os.readv(self.line.fd, [view if left is None else view[:left]])
            except BlockingIOError:
                return False
            except (ConnectionError, TimeoutError) as gone:
                raise ClientGone(str(gone)) from None
            if size == 0:
                raise ClientGone("the body ended early")
            payload, used = self.body.take(buffer, size)
            self.after = bytes(view[used:size])
            self._deliver(view[:payload])
        return True

    def _deliver(self, piece: memoryview) -> None:
        if self._limit is not None and self.delivered + len(piece) > self._limit:
            raise BodyTooLarge(self._limit)
        if piece:
            self._sink(piece)
            self.delivered += len(piece)


async def deliver(delivery: Delivery, idle_seconds: float) -> None:
    """Run bursts until the body is complete."""
    line, body = delivery.line, delivery.body
    pause = SHORTEST_PAUSE
    while True:
        await line.burst(delivery.burst)
        if body.complete:
            return
        if line.brisk:
            pause = max(pause / 2, SHORTEST_PAUSE)
        else:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        await line.readable(idle_seconds)
