"""One request and its answer on the fast road: uvicorn's cycle, with bytes moved by `Line`.

The ASGI message `http.response.zerocopysend` and the callable `berth.receive_into` end here. The cycle's own
account of what was promised and sent is kept, so keep-alive and pipelining work behind both.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from berth.doors.wire import receiving
from berth.doors.wire.bursts import Line
from berth.doors.wire.failures import BodyTooLarge, ClientGone
from berth.doors.wire.framing import Body, Malformed
from berth.doors.wire.outbox import Outbox
from berth.doors.wire.receiving import Delivery, Sink
from berth.doors.wire.sending import AT_ONCE, Shipment

IDLE_SECONDS: Final = 60.0
# An answer given before so little of a body has come leaves the connection usable: the rest is read and dropped.
WORTH_READING: Final = 256 << 10


@dataclass(frozen=True)
class Wire:
    """What a cycle needs of its connection."""

    loop: asyncio.AbstractEventLoop
    outbox: Outbox
    fd: int | None
    refuse: Callable[[int, str], None]
    give_back: Callable[[bytes], None]


class WireCycle(RequestResponseCycle):
    def __init__(self, plain: RequestResponseCycle, wire: Wire, framing: Body | None) -> None:
        super().__init__(
            scope=plain.scope,
            transport=wire.outbox,
            flow=plain.flow,
            logger=plain.logger,
            access_logger=plain.access_logger,
            access_log=plain.access_log,
            default_headers=plain.default_headers,
            message_event=plain.message_event,
            expect_100_continue=plain.waiting_for_100_continue,
            keep_alive=plain.keep_alive,
            on_response=plain.on_response,
        )
        self.lingers = False
        self._wire = wire
        self._framing = framing
        self._line: Line | None = None
        if wire.fd is not None:
            self.scope["extensions"] = self._extensions()

    def _extensions(self) -> dict[str, dict[object, object]]:
        offered: dict[str, dict[object, object]] = {"http.response.zerocopysend": {}}
        if self._framing is not None:
            offered["berth.receive_into"] = {"receive_into": self.receive_into, "at_hand": self.at_hand}
        return offered

    def hang_up(self) -> None:
        """Let a running transfer know that the connection is lost."""
        if self._line is not None:
            self._line.hang_up()

    # Any: uvicorn's union of messages does not know the extension's.
    async def send(self, message: Any) -> None:
        kind = message["type"]
        if kind == "http.response.zerocopysend":
            await self._zerocopysend(message)
        elif kind == "http.response.start":
            await self._start(message)
        else:
            await super().send(message)

    async def receive(self) -> ASGIReceiveEvent:
        """Receive as uvicorn does, but never wait for ever for a body."""
        if not self.more_body:
            return await super().receive()
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                return await super().receive()
        except TimeoutError:
            self._lose()
            return {"type": "http.disconnect"}

    def at_hand(self) -> bytes | None:
        """Take the body, if all of it has come already."""
        if self.more_body or self.disconnected or self.response_complete:
            return None
        whole, self.body = bytes(self.body), bytearray()
        self.flow.resume_reading()
        return whole

    async def receive_into(self, sink: Sink, *, limit: int | None = None, idle_seconds: float = IDLE_SECONDS) -> int:
        """Give the body to `sink` in threads, a MiB at most at a time; answer how many bytes there were.

        The memory behind a piece is used again as soon as the sink returns.
        """
        body = self._body_to_come()
        if limit is not None and len(self.body) + (body.left or 0) > limit:
            raise BodyTooLarge(limit)
        with self._transfer() as line:
            self._say_continue()
            self.flow.pause_reading()
            held, self.body = bytes(self.body), bytearray()
            delivery = Delivery(line, body, sink, held=held, limit=limit)
            await self._deliver(delivery, idle_seconds)
        self.more_body = False
        self.message_event.set()
        return delivery.delivered

    async def _deliver(self, delivery: Delivery, idle_seconds: float) -> None:
        try:
            await receiving.deliver(delivery, idle_seconds)
        except Malformed as reason:
            self._wire.refuse(400, str(reason))
            raise ClientGone(str(reason)) from reason
        except ClientGone:
            self._lose()
            raise
        finally:
            # Whatever became of the body's last piece: what follows it is the next request.
            if delivery.body.complete:
                self._wire.give_back(delivery.after)

    def _body_to_come(self) -> Body:
        if self._framing is None or self.response_complete:
            raise RuntimeError("the request has no body to come")
        return self._framing

    def _say_continue(self) -> None:
        if self.waiting_for_100_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False

    def _unread(self) -> bool:
        return self._framing is not None and not self._framing.complete

    async def _start(self, message: ASGISendEvent) -> None:
        unread = self._unread()
        if unread:
            self._give_up_the_body()
        self._wire.outbox.hold()
        await super().send(message)
        if self.chunked_encoding:
            self._wire.outbox.flush()  # Its bytes may take their time; a length promises them at once.
        if unread and not self.keep_alive:
            self.lingers = self.keep_alive = True

    def _give_up_the_body(self) -> None:
        """Answer without the body. What still comes of it must not be taken for the next request.

        A client that was not told to continue may send the body or not, and nobody could tell; a long body
        is not worth reading. In both cases this is the connection's last answer, and it lingers so that the
        client can read it before it is told that its bytes went nowhere.
        """
        left = self._framing.left if self._framing is not None else 0
        if self.waiting_for_100_continue or left is None or left > WORTH_READING:
            self.keep_alive = False

    # Any: see send.
    async def _zerocopysend(self, message: dict[str, Any]) -> None:
        if not self.response_started or self.response_complete:
            raise RuntimeError("A file can only be sent between an answer's start and its end.")
        if self.scope["method"] != "HEAD":
            await self._send_file(*_range(message))
        end = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
        await super().send(cast("ASGISendEvent", end))

    async def _send_file(self, file: int, offset: int, count: int) -> None:
        if not count:
            return
        if self.chunked_encoding:
            self.transport.write(b"%x\r\n" % count)
        elif count > self.expected_content_length:
            raise RuntimeError("Response content longer than Content-Length")
        try:
            await self._ship(Shipment(file, offset, count))
        except (OSError, asyncio.CancelledError):
            self._lose()  # Nothing can follow half a file.
            raise
        if self.chunked_encoding:
            self.transport.write(b"\r\n")
        else:
            self.expected_content_length -= count

    async def _ship(self, shipment: Shipment) -> None:
        """Send at once what the socket takes, where most files end, and the rest in bursts."""
        await self._drained()
        shipment.step(self._descriptor(), AT_ONCE)
        if shipment.count:
            with self._transfer() as line:
                await shipment.finish(line, IDLE_SECONDS)

    async def _drained(self) -> None:
        """Wait until all earlier bytes have left: the file's must not overtake them."""
        self._wire.outbox.flush()
        if not self.transport.get_write_buffer_size():
            return
        self.transport.set_write_buffer_limits(high=0)
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self.flow.drain()
        except TimeoutError:
            raise ClientGone(f"the client read nothing for {IDLE_SECONDS} seconds") from None
        if self.disconnected:
            raise ClientGone("the client is gone")
        self.transport.set_write_buffer_limits()

    def _descriptor(self) -> int:
        """The socket, if it is still this client's and nobody else moves bytes on it."""
        if self._line is not None or self._wire.fd is None:
            raise RuntimeError("the connection cannot be used for a transfer now")
        if self.disconnected or self.transport.is_closing():
            raise ClientGone("the client is gone")
        return self._wire.fd

    @contextmanager
    def _transfer(self) -> Iterator[Line]:
        self._line = line = Line(self._wire.loop, self._descriptor())
        try:
            yield line
        finally:
            self._line = None
            line.close()

    def _lose(self) -> None:
        self.disconnected = True
        self.transport.abort()


# Any: a message's fields are what the application put there.
def _range(message: dict[str, Any]) -> tuple[int, int, int]:
    """Read the message as the ASGI extension defines it: no offset is the file's own, no count is to its end."""
    file = message["file"]
    fd: int = file if isinstance(file, int) else file.fileno()
    offset: int | None = message.get("offset")
    if offset is None:
        offset = os.lseek(fd, 0, os.SEEK_CUR)
    count: int | None = message.get("count")
    if count is None:
        count = max(0, os.fstat(fd).st_size - offset)
    return fd, offset, count
