"""Load of small requests, each connection asking anew as soon as it is answered.

`wrk` where it is to be had, else a loop of our own, which costs the machine about the same. A HEAD always takes the
loop: `wrk` waits for the body that the answer's Content-Length speaks of.
"""

import re
import select
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass

from bench.client import Failed, Target, connected
from bench.content import MANIFEST_TYPE

WRK = shutil.which("wrk")
PIECE = 64 << 10
ACCEPT = f"Accept: {MANIFEST_TYPE}, */*"


@dataclass(frozen=True)
class Tally:
    count: int
    seconds: float


def load(target: Target, method: str, path: str, clients: int, seconds: float) -> Tally:
    """Raises `Failed` when one request is not answered with 200."""
    if WRK is not None and method == "GET":
        return _wrk(WRK, target, path, clients, seconds)
    return _loop(target, target.head(method, path, ACCEPT), clients, seconds)


def _wrk(wrk: str, target: Target, path: str, clients: int, seconds: float) -> Tally:
    url = f"http://127.0.0.1:{target.port}{path}"
    fields = [ACCEPT, *target.authorization.decode().splitlines()]
    headers = [word for field in fields for word in ("-H", field)]
    # A busy machine may take longer than the two seconds that wrk allows by itself.
    options = ["-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "60s", *headers]
    said = subprocess.run([wrk, *options, url], check=True, capture_output=True, text=True).stdout
    found = re.search(r"(\d+) requests in ([\d.]+)(m?s)", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise Failed(f"wrk says:\n{said}")
    return Tally(int(found[1]), float(found[2]))


def _loop(target: Target, request: bytes, clients: int, seconds: float) -> Tally:
    sockets = [connected(target.port) for _ in range(clients)]
    try:
        return _Loop({each.fileno(): each for each in sockets}, request).run(seconds)
    finally:
        for each in sockets:
            each.close()


class _Loop:
    def __init__(self, sockets: dict[int, socket.socket], request: bytes) -> None:
        self._sockets = sockets
        self._request = request
        self._with_body = not request.startswith(b"HEAD")
        self._partly: dict[int, bytes] = {}
        self._answered = 0

    def run(self, seconds: float) -> Tally:
        ready = select.epoll()
        for fd, each in self._sockets.items():
            ready.register(fd, select.EPOLLIN)
            each.sendall(self._request)
        began = time.perf_counter()
        ends = began + seconds
        with ready:
            while time.perf_counter() < ends:
                events = ready.poll(1)
                for fd, _ in events:
                    self._take(fd)
        return Tally(self._answered, time.perf_counter() - began)

    def _take(self, fd: int) -> None:
        here = self._sockets[fd]
        received = self._partly.pop(fd, b"") + here.recv(PIECE)
        if not received.startswith(b"HTTP/1.1 200 "):
            raise Failed(f"not answered with 200: {received[:500]!r}")
        if self._is_whole(received):
            self._answered += 1
            here.sendall(self._request)
        else:
            self._partly[fd] = received

    def _is_whole(self, received: bytes) -> bool:
        head, end, body = received.partition(b"\r\n\r\n")
        if not end or not self._with_body:
            return bool(end)
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        return length is not None and len(body) >= int(length[1])
