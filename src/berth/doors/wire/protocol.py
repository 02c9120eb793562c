"""uvicorn's HTTP protocol, with bodies kept away from the parser and bounds on what a head may cost.

The parser reads heads only; `framing` says where bodies end. So a body can be taken from the socket by a
thread at any moment, and what follows it is the next request's to the byte. Requests are taken one at a
time: bytes that come before the answer is complete are set aside.

    head -> [body] -> (answer complete) -> head ...          the ordinary round
    any  -> lingering -> closed                              after an answer that left a body unread

This class knows the inside of uvicorn 0.54, and a test fails when that inside changes. Everything here has
a plain ASGI counterpart, so any other server will do.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from berth.doors.wire import framing
from berth.doors.wire.cycle import Wire, WireCycle
from berth.doors.wire.framing import Body, Malformed
from berth.doors.wire.outbox import Outbox

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

LONGEST_HEAD: Final = 64 << 10
HEAD_SECONDS: Final = 30.0
LINGER_SECONDS: Final = 10.0

_END: Final = b"\r\n\r\n"


class WireProtocol(HttpToolsProtocol):
    _wire: Wire

    # Any: uvicorn's own signature.
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now: WireCycle | None = None
        self._body: Body | None = None
        self._ahead = b""
        self._head_size = 0
        self._head_tail = b""
        self._head_done = False
        self._lingering = False
        self._deadline: asyncio.TimerHandle | None = None

    # The connection.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        self._wire = Wire(self.loop, Outbox(transport), _plain_descriptor(transport), self._refuse, self._after_body)
        self._set_deadline(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop_deadline()
        super().connection_lost(exc)
        if self._now is not None:
            self._now.hang_up()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        while data and not self._lingering and not self.transport.is_closing():
            if self._body is not None:
                data = self._take_body(self._body, data)
            elif self._busy():
                data = self._set_aside(data)
            else:
                data = self._take_head(data)
        self._watch()

    def _busy(self) -> bool:
        return self._now is not None and not self._now.response_complete

    def _set_aside(self, data: bytes) -> bytes:
        self._ahead += data
        self.flow.pause_reading()
        return b""

    # Heads.

    def _take_head(self, data: bytes) -> bytes:
        """Feed the parser to the end of the head and no further; answer what follows."""
        seen = self._head_tail + data
        end = seen.find(_END)
        cut = len(data) if end < 0 else end + len(_END) - len(self._head_tail)
        self._head_size += cut
        self._head_tail = seen[1 - len(_END) :] if end < 0 else b""
        if self._head_size > LONGEST_HEAD:
            self._refuse(431, "The head of the request is too large.")
        elif self._parse(data[:cut]) and self._head_done:
            self._head_size = 0
            self._head_done = False
            if end < 0:
                self._refuse(400, "Invalid HTTP request received.")
        return data[cut:]

    def _parse(self, data: bytes) -> bool:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._renew_parser()  # Nobody here speaks another protocol; to ignore the wish is allowed.
        except httptools.HttpParserError as reason:
            self.logger.debug("invalid request: %s", reason)
            self._refuse(400, "Invalid HTTP request received.")
            return False
        if self._body is not None:
            self._renew_parser()
        return True

    def _renew_parser(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def on_message_begin(self) -> None:
        if self._head_done:
            raise Malformed("a second head where the first should have ended")
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._body = framing.of(self.headers)
        super().on_headers_complete()
        self._head_done = True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: "ASGI3Application") -> None:
        self.cycle = self._now = WireCycle(cycle, self._wire, self._body)
        super()._start_asgi_task(self._now, app)

    def _should_upgrade_to_ws(self) -> bool:
        return False

    # Bodies.

    def _take_body(self, body: Body, data: bytes) -> bytes:
        raw = bytearray(data)
        try:
            payload, used = body.take(raw, len(raw))
        except Malformed as reason:
            self._refuse(400, str(reason))
            return b""
        if payload:
            super().on_body(bytes(raw[:payload]))
        if body.complete:
            self._body = None
            super().on_message_complete()
        return data[used:]

    def on_body(self, body: bytes) -> None:
        del body
        raise Malformed("a head that ends before its end")

    def on_chunk_header(self) -> None:
        raise Malformed("a head that ends before its end")

    def on_message_complete(self) -> None:
        """Believe the parser about requests without a body only."""
        if self._body is None:
            super().on_message_complete()

    def _after_body(self, rest: bytes) -> None:
        """Go on after a body that threads have taken; they may have read into the next request."""
        self._body = None
        if rest:
            self._set_aside(rest)
        else:
            self.flow.resume_reading()

    # Answers.

    def on_response_complete(self) -> None:
        self._wire.outbox.flush()  # An answer to HEAD has nothing that would take its head along.
        if self._now is not None and self._now.lingers:
            self.server_state.total_requests += 1
            self._close_politely()
            return
        super().on_response_complete()
        ahead, self._ahead = self._ahead, b""
        if ahead:
            self.data_received(ahead)
        else:
            self._watch()

    def _refuse(self, status: int, reason: str) -> None:
        """Answer for the application, where it has not answered yet, and close."""
        self.logger.warning("%s", reason)
        started = False
        if self._now is not None and not self._now.response_complete:
            started = self._now.response_started
            self._now.disconnected = True
            self._now.message_event.set()
        if not started:
            self.transport.write(_refusal(status, reason))
        self._linger()

    def _close_politely(self) -> None:
        if self._body is None:
            self.transport.close()
        else:
            self._linger()

    def _linger(self) -> None:
        """Close in two steps, so that the client can read the answer while its own bytes are still coming."""
        self._lingering = True
        self._ahead = b""
        if self.transport.is_closing() or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self._set_deadline(LINGER_SECONDS)

    # Time.

    def _watch(self) -> None:
        """Give half a head, or a body that nobody wants any more, a deadline; nothing else here needs one."""
        if self._lingering:
            return
        if self._head_size or (self._body is not None and not self._busy()):
            if self._deadline is None:
                self._set_deadline(HEAD_SECONDS)
        elif self._now is not None:
            self._drop_deadline()

    def _set_deadline(self, seconds: float) -> None:
        self._drop_deadline()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _drop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _plain_descriptor(transport: asyncio.Transport) -> int | None:
    """The descriptor that bytes may be written to past the transport, unless they have to be encrypted."""
    if transport.get_extra_info("sslcontext") is not None:
        return None
    socket = transport.get_extra_info("socket")
    return None if socket is None else int(socket.fileno())


def _refusal(status: int, reason: str) -> bytes:
    return b"".join(
        [
            STATUS_LINE[status],
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\n" % len(reason),
            b"connection: close\r\n\r\n",
            reason.encode("ascii"),
        ]
    )
