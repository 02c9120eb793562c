"""A range of a file to a socket, by the kernel alone.

The first MiB goes at once on the event loop, as far as the socket takes it: most answers end there. The rest
goes in bursts.
"""

import os
import select
from dataclasses import dataclass
from functools import partial
from typing import Final

from berth.doors.wire.bursts import Line
from berth.doors.wire.failures import ClientGone, FileTooShort

AT_ONCE: Final = 1 << 20
STEP: Final = 8 << 20
MUCH: Final = 1 << 20


@dataclass
class Shipment:
    """What is still to be sent of one file."""

    file: int
    offset: int
    count: int

    def step(self, to: int, most: int = STEP) -> bool:
        """Send what the socket takes now, at most that much; False when it takes nothing."""
        try:
            sent = os.sendfile(to, self.file, self.offset, min(self.count, most))
        except BlockingIOError:
            return False
        except (ConnectionError, TimeoutError) as gone:
            raise ClientGone(str(gone)) from None
        if sent == 0:
            raise FileTooShort("the file ended before its promised length")
        self.offset += sent
        self.count -= sent
        return True

    def burst(self, line: Line) -> None:
        """Send in a thread until all is sent, the client is too slow or others wait too long."""
        turn = line.turn(select.POLLOUT)
        before = self.count
        while self.count and not line.cut and not turn.over():
            if not self.step(line.fd) and not turn.wait():
                break
        line.brisk = before - self.count >= MUCH

    async def finish(self, line: Line, idle_seconds: float) -> None:
        """Send the rest."""
        while self.count:
            await line.burst(partial(self.burst, line))
            if self.count:
                await line.writable(idle_seconds)
