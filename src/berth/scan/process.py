"""A child process that is talked to in frames, and that its parent never waits for longer than it wants to."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Self

import structlog

from berth.scan import frames
from berth.scan.failed import ScanFailed

log = structlog.get_logger("berth.scan")

_TICK = 0.2
_TAIL = 4096
_PIECES_OF_TAIL = 16
"""More do not wait in a pipe."""
_MOST_RECEIVED = 512 * 1024 * 1024
_NEEDED = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
"""What Python itself may not start without. Nothing else of the environment is passed on."""


class Canceled(Exception):
    """Whoever asked for it wants it no more."""


class Child:
    """Runs a module of ours, in a process group of its own that ends with the `with` block.

    `send` and `receive` raise `ScanFailed` when the child ends or time is over, and `Canceled`.
    """

    def __init__(self, module: str, seconds: float, cancel: threading.Event | None) -> None:
        self._ends = time.monotonic() + seconds
        self._seconds = seconds
        self._cancel = cancel
        self._received = 0
        self._tail = b""
        environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603  this program's own module
            [sys.executable, "-P", "-s", "-m", module],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=environment | {"TMPDIR": tempfile.gettempdir()},
            start_new_session=True,
        )
        self._stdin, self._stdout, self._stderr = (
            pipe.fileno()
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr)
            if pipe is not None
        )
        for pipe in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(pipe, False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def send(self, kind: frames.Kind, payload: bytes) -> None:
        left = memoryview(frames.frame(kind, payload))
        while left:
            try:
                left = left[os.write(self._stdin, left) :]
            except BlockingIOError:
                self._wait(self._stdin, select.POLLOUT)
            except BrokenPipeError:
                raise self._ended() from None

    def receive(self, longest: Mapping[bytes, int]) -> tuple[bytes, bytes]:
        """A frame of one of these kinds, with a payload that is no longer than it may be."""
        self._check()
        kind, length = frames.HEAD.unpack(self._exactly(frames.HEAD.size))
        self._received += length
        if length > longest.get(kind, -1) or self._received > _MOST_RECEIVED:
            raise self.broken("it said what it may not say")
        return kind, self._exactly(length)

    def broken(self, why: str) -> ScanFailed:
        """It is no more to be trusted."""
        self._kill()
        return self._lost(why)

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                piece = os.read(self._stdout, min(count - len(data), frames.PIECE))
            except BlockingIOError:
                self._wait(self._stdout, select.POLLIN)
                continue
            if not piece:
                raise self._ended()
            data += piece
        return bytes(data)

    def _wait(self, pipe: int, event: int) -> None:
        """Until there is something to do with the pipe."""
        poll = select.poll()
        poll.register(pipe, event)
        poll.register(self._stderr, select.POLLIN)
        while True:
            self._check()
            ready = [each for each, _ in poll.poll(_TICK * 1000)]
            if self._stderr in ready and not self._drain():
                poll.unregister(self._stderr)
            if pipe in ready:
                return

    def _check(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise Canceled
        if time.monotonic() > self._ends:
            raise ScanFailed("LIMIT_TIME", f"it took longer than {self._seconds:g} seconds")

    def _drain(self) -> bool:
        """Keeps the end of what the child complains of. False when there will be no more."""
        try:
            piece = os.read(self._stderr, frames.PIECE)
        except BlockingIOError:
            return True
        self._tail = (self._tail + piece)[-_TAIL:]
        return bool(piece)

    def _ended(self) -> ScanFailed:
        """Why it says nothing any more."""
        while (status := self._status()) is None:
            self._check()
        if status in {frames.OUT_OF_MEMORY, -signal.SIGKILL}:  # The kernel kills who takes the memory of all.
            return ScanFailed("LIMIT_MEMORY", "it takes more memory than a scan may have")
        if status == -signal.SIGXCPU:
            return ScanFailed("LIMIT_TIME", "it takes more time of the processor than a scan may have")
        return self._lost(f"it ended with status {status}")

    def _status(self) -> int | None:
        try:
            return self._process.wait(timeout=_TICK)
        except subprocess.TimeoutExpired:
            return None

    def _lost(self, why: str) -> ScanFailed:
        for _ in range(_PIECES_OF_TAIL):
            if not self._drain():
                break
        log.warning("scan process lost", reason=why, stderr=self._tail.decode("utf-8", "replace"))
        return ScanFailed("WORKER_LOST", f"the process that reads the image was lost: {why}")

    def _kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
