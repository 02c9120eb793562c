"""A range of a file to a socket, by the kernel alone.

The first MiB goes at once on the event loop, as far as the socket takes it: most answers end there. The rest
goes in bursts.
"""

import os
import select
from dataclasses import dataclass
from typing import Final

from berth.doors.wire.bursts import Line
from berth.doors.wire.failures import ClientGone, FileTooShort

AT_ONCE: Final = 1 << 20
STEP: Final = 8 << 20
MUCH: Final = 1 << 20


@dataclass
class Shipment:
    """What is still to be sent of one file."""

    line: Line
    file: int
    offset: int
    count: int

    def step(self, most: int) -> bool:
        """Send what the socket takes now, at most that much; False when it takes nothing."""
        try:
            sent = os.sendfile(self.line.fd, self.file, self.offset, min(self.count, most))
        except BlockingIOError:
            return False
        except ConnectionError as gone:
            raise ClientGone(str(gone)) from None
        if sent == 0:
            raise FileTooShort("the file ended before its promised length")
        self.offset += sent
        self.count -= sent
        return True

    def burst(self) -> None:
        """Send in a thread until all is sent, the client is too slow or others wait too long."""
        turn = self.line.turn(select.POLLOUT)
        before = self.count
        while self.count and not self.line.cut and not turn.over():
            if not self.step(STEP) and not turn.wait():
                break
        self.line.brisk = before - self.count >= MUCH

    async def finish(self, idle_seconds: float) -> None:
        """Send the rest."""
        self.step(AT_ONCE)
        while self.count:
            await self.line.burst(self.burst)
            if self.count:
                await self.line.writable(idle_seconds)


async def send(line: Line, file: int, offset: int, count: int, idle_seconds: float) -> None:
    """Send `count` bytes of `file`. The file is copied first: a caller that is cancelled may close its own."""
    shipment = Shipment(line, os.dup(file), offset, count)
    try:
        await shipment.finish(idle_seconds)
    finally:
        os.close(shipment.file)
