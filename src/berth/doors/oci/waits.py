"""Pulls that wait for the scan of what they pull: so many at a time, and none holds up anything else."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from starlette.types import Receive

from berth.doors.wire.failures import ClientGone

MOST = 64
"""Pulls that wait at the same time; whoever comes then does not wait."""
PAUSE = 0.5


class Waits:
    """Belongs to the loop of one process."""

    def __init__(self, most: int = MOST) -> None:
        self._free = most

    async def until(self, over: Callable[[], Awaitable[bool]], receive: Receive, seconds: float) -> None:
        """Return when it is over or the time is up. Raises `ClientGone` as soon as the client is."""
        if not self._free:
            return
        self._free -= 1
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                if (await asyncio.wait([leaving], timeout=min(PAUSE, left)))[0]:
                    raise ClientGone("the client did not wait for the scan")
                if await over():
                    return
        finally:
            self._free += 1
            leaving.cancel()


async def _gone(receive: Receive) -> None:
    """A GET has no body to wait for, so what comes after its end is that the client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass
