"""A range of a file as an answer's body, on whichever road the server offers."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from starlette.types import Scope, Send

from berth.doors.wire.bursts import finish
from berth.doors.wire.failures import ClientGone, FileTooShort

SMALL: Final = 64 << 10
PIECE: Final = 1 << 20
THREADS: Final = ThreadPoolExecutor(8, thread_name_prefix="berth-file")


async def send_file(scope: Scope, send: Send, fd: int, offset: int, count: int) -> None:
    """Send the body of an answer whose start has been sent, and end it.

    The descriptor stays the caller's, who may close it as soon as this returns or raises. Raises `ClientGone`
    when the client leaves and the server says so; `FileTooShort` where the file ends before `count`.
    """
    if scope["method"] == "HEAD" or not count:
        await _send(send, b"", more=False)
    elif count < SMALL:
        await _send(send, _exactly(os.pread(fd, count, offset), count), more=False)
    elif "http.response.zerocopysend" in scope.get("extensions", {}):
        await send(
            {
                "type": "http.response.zerocopysend",
                "file": fd,
                "offset": offset,
                "count": count,
                "more_body": False,
            }
        )
    else:
        await _send_pieces(send, fd, offset, count)


async def _send_pieces(send: Send, fd: int, offset: int, count: int) -> None:
    loop = asyncio.get_running_loop()
    end = offset + count
    while offset < end:
        size = min(PIECE, end - offset)
        piece = await finish(loop.run_in_executor(THREADS, os.pread, fd, size, offset))
        offset += size
        await _send(send, _exactly(piece, size), more=offset < end)


async def _send(send: Send, body: bytes, *, more: bool) -> None:
    try:
        await send({"type": "http.response.body", "body": body, "more_body": more})
    except OSError as gone:
        raise ClientGone(str(gone)) from gone


def _exactly(piece: bytes, size: int) -> bytes:
    """Refuse a short piece. pread stops early only at the end of a file."""
    if len(piece) != size:
        raise FileTooShort("the file ended before its promised length")
    return piece
