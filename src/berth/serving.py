"""`berth serve` as a tree of processes: one that watches, servers on the same listening sockets, one background worker.

    berth serve ─┬─ server 1..N     all accept from the same sockets
                 └─ worker          background jobs

The watching process starts anew what dies and passes on the request to stop. It has no threads, so it may fork.
Should it be killed itself, the others notice by the end of a pipe and stop.
"""

import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

import structlog
import uvicorn

from berth.app import application
from berth.doors import logs
from berth.doors.wire import choice
from berth.settings import Settings
from berth.site import open_site

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75
RESTART_SECONDS = 1.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger("berth.serving")


class PortInUseError(OSError):
    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host} port {port}: {reason}")


@dataclass(frozen=True)
class Role:
    name: str
    run: Callable[[], None]
    listens: bool = True


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket. Raises `PortInUseError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortInUseError(host, port, error.strerror or str(error)) from None
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener


def serve_once(settings: Settings, listeners: list[socket.socket]) -> None:
    """Be one server until asked to stop; requests that are running are finished."""
    logs.configure(settings)
    site = open_site(settings)
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        application(site),
        http=choice.http(),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.stop_seconds,
    )
    try:
        uvicorn.Server(config).run(sockets=listeners)
    finally:
        site.close()


class Tree:
    """The watching process and its children."""

    def __init__(self, roles: list[Role], listeners: list[socket.socket]) -> None:
        self._roles = roles
        self._listeners = listeners
        self._running: dict[int, Role] = {}
        self._stopping = False
        self._alive, self._held = os.pipe()

    def run(self, ready: Callable[[], None]) -> None:
        """Start all, say so, and watch until asked to stop."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)
        for role in self._roles:
            self._start(role)
        ready()
        while self._running:
            self._wait()

    def _start(self, role: Role) -> None:
        # A request to stop waits until the child is known, or has handlers of its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        pid = os.fork()
        if pid:
            self._running[pid] = role
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            return
        status = 1
        try:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            os.close(self._held)
            if not role.listens:
                self._close()
            threading.Thread(target=_stop_with_parent, args=(self._alive,), daemon=True).start()
            role.run()
            status = 0
        except KeyboardInterrupt:
            status = 0
        except BaseException:
            log.exception("a process ended by an error", role=role.name)
        finally:
            os._exit(status)

    def _wait(self) -> None:
        try:
            pid, status = os.wait()
        except InterruptedError:
            return
        role = self._running.pop(pid, None)
        if role is None or self._stopping:
            return
        log.error("a process died and is started anew", role=role.name, status=os.waitstatus_to_exitcode(status))
        time.sleep(RESTART_SECONDS)
        if not self._stopping:
            self._start(role)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._close()  # or new connections would wait here for nobody, instead of going to another replica
        for pid in self._running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _close(self) -> None:
        for listener in self._listeners:
            listener.close()


def _stop_with_parent(alive: int) -> None:
    """The pipe ends when nobody holds its other side any more."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
