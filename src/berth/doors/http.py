"""What the doors share about HTTP: a request seen whole, an answer ready to send, bodies with a bound."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qs

from starlette.types import Message, Receive, Scope, Send

from berth.doors.threads import Threads
from berth.doors.wire import bodies
from berth.doors.wire.failures import BodyTooLarge, ClientGone
from berth.words.errors import FieldInvalid

THREADS = 32
MAX_QUERY_FIELDS = 100
BODILESS = (204, 304)
"""Answers that never have a body; the length they could announce is that of another one."""

T = TypeVar("T")

_threads = Threads(THREADS, "acts")


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    pieces: Iterator[bytes] | None = None
    """Instead of a body that fits into memory; none of them is empty, and what makes them may block."""

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Send it; for `head` without the body, whose length is announced all the same where it is known."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.raw_headers()})
        if self.pieces is not None and not head:
            while piece := await in_thread(next, self.pieces, b""):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"" if head else self.body})

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        has_length = self.pieces is None and self.status not in BODILESS
        if has_length and not any(name == b"content-length" for name, _ in raw):
            raw.append((b"content-length", str(len(self.body)).encode()))
        return raw


class Headers:
    """Request headers by lower-case name; the first of several counts."""

    def __init__(self, scope: Scope) -> None:
        self._raw: list[tuple[bytes, bytes]] = scope["headers"]

    def get(self, name: str, default: str = "") -> str:
        wanted = name.encode("latin-1")
        for key, value in self._raw:
            if key == wanted:
                return value.decode("latin-1")
        return default


class Query:
    """The query string, read when it is needed; a name may come several times. Raises `FieldInvalid`."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._fields: dict[str, list[str]] | None = None if raw else {}

    @property
    def fields(self) -> dict[str, list[str]]:
        # Before Python 3.12 a cached property makes threads wait for each other, whoever's it is.
        if self._fields is None:
            self._fields = self._read()
        return self._fields

    def _read(self) -> dict[str, list[str]]:
        # No value that means something has a NUL, and PostgreSQL takes none in a text.
        text = self.raw.decode("latin-1").replace("%00", "%EF%BF%BD")
        try:
            return parse_qs(text, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
        except ValueError:
            raise FieldInvalid("query", f"at most {MAX_QUERY_FIELDS} fields") from None

    def get(self, name: str) -> str | None:
        values = self.fields.get(name)
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])


async def in_thread(act: Callable[..., T], *args: Any, **kwargs: Any) -> T:  # Any: the act's own arguments
    """Run what blocks where it does not hold up the loop."""
    return await _threads.run(partial(act, *args, **kwargs))


async def read_whole(
    headers: Headers, receive: Receive, limit: int, *, idle_seconds: float = bodies.IDLE_SECONDS
) -> bytes:
    """A body that fits into memory. Raises `BodyTooLarge`, and `ClientGone`, also when it stands still too long."""
    announced = headers.get("content-length")
    if announced.isdigit() and int(announced) > limit:
        raise BodyTooLarge(limit)
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await _next(receive, idle_seconds)
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            raise BodyTooLarge(limit)
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _next(receive: Receive, idle_seconds: float) -> Message:
    try:
        async with asyncio.timeout(idle_seconds):
            message = await receive()
    except TimeoutError:
        raise ClientGone(f"the client sent nothing for {idle_seconds} seconds") from None
    if message["type"] != "http.request":
        raise ClientGone("the body ended early")
    return message
