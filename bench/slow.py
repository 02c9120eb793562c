"""Clients that read slowly, all of them in one thread: a registry must not let them hold up the others."""

import socket
import threading
import time
from typing import Self

from bench.client import Target, connected
from bench.servers import NAME

TURN_SECONDS = 0.02
RECEIVE_BUFFER = 64 << 10


class SlowClients:
    """Download a blob again and again at so many bytes a second each, for as long as the block runs."""

    def __init__(self, target: Target, digest: str, clients: int, rate: int) -> None:
        self._sockets = [connected(target.port, RECEIVE_BUFFER) for _ in range(clients)]
        self._request = target.head("GET", f"/v2/{NAME}/blobs/{digest}")
        self._rate = rate
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._buffer = bytearray(int(rate * TURN_SECONDS) * 4)
        self.received = [0] * clients
        self.errors = 0

    def __enter__(self) -> Self:
        for each in self._sockets:
            each.sendall(self._request)
            each.settimeout(0)
        self._began = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.seconds = time.perf_counter() - self._began
        for each in self._sockets:
            each.close()

    def _read(self) -> None:
        while not self._over.wait(TURN_SECONDS):
            due = int((time.perf_counter() - self._began) * self._rate)
            for number, each in enumerate(self._sockets):
                self._catch_up(number, each, due)

    def _catch_up(self, number: int, here: socket.socket, due: int) -> None:
        most = min(due - self.received[number], len(self._buffer))
        try:
            size = here.recv_into(self._buffer, max(most, 1))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self.errors += 1
        self.received[number] += size

    def said(self) -> str:
        rates = sorted(count / self.seconds / 1e6 for count in self.received)
        return f"slow clients had {rates[0]:.2f} to {rates[-1]:.2f} MB/s each, {self.errors} errors"
