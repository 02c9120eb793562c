"""The serving process: doors over one site, and what it does in the background while it serves."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from berth.doors import ops
from berth.doors.api.door import APIDoor
from berth.doors.console.door import ConsoleDoor
from berth.doors.http import Answer, in_thread
from berth.doors.logs import AccessLog, Logged
from berth.doors.oci import errors
from berth.doors.oci.door import OCIDoor
from berth.doors.oci.request import Parts
from berth.doors.oci.waits import Waits
from berth.doors.sign_in import SignIn
from berth.registry import tickets
from berth.registry.gate import Gate
from berth.registry.pulls import Pulls, Taken
from berth.registry.quick import QuickReads
from berth.registry.uploads import Hashes
from berth.restriction import refused
from berth.restriction.refused import Key, Pull, Refusals
from berth.site import Site

FLUSH_SECONDS = 3
LOG_SECONDS = 0.3

log = structlog.get_logger("berth.app")


class Berth:
    """The ASGI application of one process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sign_in = SignIn(site)
        self._pulls = Pulls()
        self._unwritten: Taken | None = None
        self._flushing = threading.Lock()
        self._refusals = Refusals()
        self._untold: dict[Key, Pull] = {}
        parts = Parts(site, Gate(site), QuickReads(site), self._pulls, Hashes(), self._refusals, Waits())
        self._oci = OCIDoor(parts, self._sign_in)
        self._api = APIDoor(site, self._sign_in)
        self._console = ConsoleDoor(site)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path.startswith("/v2"):
            await self._oci(scope, receive, send)
            return
        if path == "/api" or path.startswith("/api/"):
            await self._api(scope, receive, send)
            return
        if path in ("/", "/console") or path.startswith("/console/"):
            await self._console(scope, receive, send)
            return
        answer = await self._operations(path)
        await answer.send(send, head=scope["method"] == "HEAD")

    async def _operations(self, path: str) -> Answer:
        if path == "/healthz":
            return ops.healthz()
        if path == "/metrics":
            return ops.metrics(self._refusals)
        if path == "/readyz":
            return await in_thread(ops.readyz, self._site)
        return errors.error(404, "NAME_UNKNOWN", "no such page; the OCI Distribution API is below /v2/")

    def open_rest(self) -> None:
        """What is slow to open, and not needed at once."""
        self._api.open()
        self._console.open()
        tickets.seal_key(self._site)  # no request has to read it on the loop

    def flush(self, *, everything: bool = False) -> None:
        """Write what was counted in memory. What cannot be written now is kept for the next time."""
        with self._flushing:  # the last flush may begin while one before it still waits for the database
            self._unwritten = self._unwritten or self._pulls.take()
            self._untold = self._untold or self._refusals.take()
            with self._site.db.write(durable=False) as tx:
                if self._unwritten is not None:
                    self._unwritten.write(tx)
                refused.write(tx, self._untold)
                self._sign_in.key_use.flush(tx, everything=everything)
            self._unwritten, self._untold = None, {}

    def flush_rest(self) -> None:
        """Write all that is left, at the end."""
        self.flush(everything=True)
        self.flush(everything=True)


def application(site: Site) -> ASGIApp:
    """The whole application with its log and its life: ready to be served."""
    berth = Berth(site)
    access = AccessLog(site.settings)
    logged = Logged(berth, access)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(berth, access, receive, send)
        else:
            await logged(scope, receive, send)

    return serve


async def _lifespan(berth: Berth, access: AccessLog, receive: Receive, send: Send) -> None:
    await receive()
    async with _background(berth, access):
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


@contextlib.asynccontextmanager
async def _background(berth: Berth, access: AccessLog) -> AsyncIterator[None]:
    rest = asyncio.create_task(in_thread(berth.open_rest))
    tasks = [asyncio.create_task(_flush_counts(berth)), asyncio.create_task(_flush_log(access)), rest]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await in_thread(berth.flush_rest)
        access.flush()


async def _flush_counts(berth: Berth) -> None:
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        try:
            await in_thread(berth.flush)
        except SQLAlchemyError:
            log.exception("counts not written, will be tried again")


async def _flush_log(access: AccessLog) -> None:
    while True:
        await asyncio.sleep(LOG_SECONDS)
        access.flush()
