"""Threads that move bytes while there are bytes to move, and never wait for a slow client.

A burst runs in a thread of a small pool. It waits for its socket a few milliseconds at most, then hands the
connection back; the event loop waits for it at no cost and starts the next burst. Forty slow clients hold
forty descriptors, and no thread that others need.

A line works on a copy of the connection's descriptor: the loop refuses to watch the transport's own, and a
copy still means this client when the transport has been closed and its number given away.
"""

import asyncio
import os
import select
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import Final, TypeVar

from berth.doors.wire.failures import ClientGone

Result = TypeVar("Result")

THREADS: Final = ThreadPoolExecutor(12, thread_name_prefix="berth-burst")
ONE_WAIT: Final = 0.005
ALL_WAITS: Final = 0.020
LONGEST: Final = 0.050


def _nothing() -> None:
    """Let the thread run to its own end."""


async def finish(work: asyncio.Future[Result], hurry: Callable[[], None] = _nothing) -> Result:
    """Wait for a thread to its end, even when cancelled: until then it may use descriptors and buffers."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        hurry()
        await _outlast(work)
        raise


async def _outlast(work: asyncio.Future[Result]) -> None:
    while not work.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([work])
    if not work.cancelled():
        work.exception()  # Looked at, so that nobody reports it as forgotten.


class Turn:
    """One burst's stay in a thread. It ends early for a client that keeps the thread waiting."""

    def __init__(self, fd: int, event: int, patience: float) -> None:
        self._poll = select.poll()
        self._poll.register(fd, event)
        self._ends = monotonic() + LONGEST
        self._patience = patience

    def over(self) -> bool:
        """Tell whether others should have the thread by now."""
        return monotonic() >= self._ends

    def wait(self) -> bool:
        """Wait a little for the socket; False when the loop should go on waiting instead."""
        if self._patience <= 0:
            return False
        began = monotonic()
        # poll counts whole milliseconds.
        ready = self._poll.poll(min(ONE_WAIT, self._patience) * 1000)
        self._patience -= monotonic() - began
        return bool(ready)


class Line:
    """A client's socket during one transfer: threads move bytes on it, the loop waits for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int) -> None:
        self.fd = os.dup(fd)
        self.cut = False
        self.brisk = True
        self._loop = loop
        self._waiter: asyncio.Future[None] | None = None

    def close(self) -> None:
        os.close(self.fd)

    def hang_up(self) -> None:
        """End the transfer soon, from the loop: the connection is lost, or nobody wants the bytes any more."""
        self.cut = True
        self._wake()

    def turn(self, event: int) -> Turn:
        """Begin a burst. Only a client that moved much in its last one may keep a thread waiting."""
        return Turn(self.fd, event, ALL_WAITS if self.brisk else 0)

    async def burst(self, work: Callable[[], Result]) -> Result:
        """Run `work` in a thread. It must look at `cut` between its steps."""
        self._must_stand()
        return await finish(self._loop.run_in_executor(THREADS, work), self.hang_up)

    async def readable(self, seconds: float) -> None:
        """Wait until there is something to read. Silence for that long is a client gone."""
        await self._ready(self._loop.add_reader, self._loop.remove_reader, seconds)

    async def writable(self, seconds: float) -> None:
        """Wait until there is room to write. No room for that long is a client gone."""
        await self._ready(self._loop.add_writer, self._loop.remove_writer, seconds)

    async def _ready(
        self,
        watch: Callable[[int, Callable[[], None]], object],
        forget: Callable[[int], object],
        seconds: float,
    ) -> None:
        self._must_stand()
        self._waiter = self._loop.create_future()
        watch(self.fd, self._wake)
        try:
            async with asyncio.timeout(seconds):
                await self._waiter
        except TimeoutError:
            raise ClientGone(f"the client did nothing for {seconds} seconds") from None
        finally:
            forget(self.fd)
            self._waiter = None
        self._must_stand()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _must_stand(self) -> None:
        if self.cut:
            raise ClientGone("the client is gone")
