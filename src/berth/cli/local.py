"""The management API in this process, over a site that the command has opened itself.

Whoever has the database in their hands needs no credentials: the scope of such a request carries its caller. Nothing
that comes over a network can set a key of a scope.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from typing import IO, Any, cast
from urllib.parse import unquote

import httpx
import structlog
from starlette.types import Message, Scope

from berth.audit.events import Actor
from berth.cli.remote import Remote
from berth.doors.api.door import APIDoor
from berth.doors.sign_in import CALLER, SignIn
from berth.jobs import listed, run_next
from berth.people.access import Principal
from berth.people.callers import Caller
from berth.registry import applying, erasing, place_restoring
from berth.scan import importing, updating, working
from berth.site import Site

FOLLOWED = listed(
    erasing.digests,
    erasing.image_,
    erasing.place_,
    place_restoring.images,
    applying.apply,
    importing.import_,
    importing.roll_back,
    updating.update_,
)
"""The jobs behind operations. A command that waits for one may do it itself, beside any worker."""
IN_MEMORY = 1 << 20
PIECE = 1 << 16
NO_ACCOUNT = 0
"""No account has this number; the rights are an administrator's."""


def over(site: Site, actor: Actor | None, auth: tuple[str, str] | None = None) -> Remote:
    """The API over an open site, for an actor who is trusted, or for whom the credentials speak for."""
    if not structlog.is_configured():
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    caller = None if actor is None else Caller(Principal(NO_ACCOUNT, actor.name, administrator=True), actor)
    client = httpx.Client(base_url="http://localhost", auth=auth, transport=_Inside(site, caller), timeout=None)  # noqa: S113  it waits for itself
    return Remote(client, "this database", work=lambda: run_next(site, FOLLOWED) is not None or working.run_next(site))


class _Inside(httpx.BaseTransport):
    """Carries each request to the door as one ASGI call."""

    def __init__(self, site: Site, caller: Caller | None) -> None:
        self._door = APIDoor(site, SignIn(site))
        self._caller = caller
        self._runner = asyncio.Runner()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        call = _Call(request, self._caller)
        self._runner.run(self._door(call.scope, call.receive, call.send))
        return httpx.Response(call.status, headers=call.headers, stream=_Body(call.body), request=request)

    def close(self) -> None:
        self._runner.close()


class _Call:
    def __init__(self, request: httpx.Request, caller: Caller | None) -> None:
        self.scope = _scope(request, caller)
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the answer closes it
        self._given = iter(cast("httpx.SyncByteStream", request.stream))
        self._answered = asyncio.Event()
        self._sending = True

    async def receive(self) -> Message:
        if self._sending:
            piece = next(self._given, None)
            self._sending = piece is not None
            return {"type": "http.request", "body": piece or b"", "more_body": self._sending}
        await self._answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:  # Any: ASGI messages hold values of many types
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
            return
        self.body.write(message.get("body", b""))
        if not message.get("more_body", False):
            self._answered.set()


class _Body(httpx.SyncByteStream):
    """What was answered, which may be more than fits into memory."""

    def __init__(self, written: IO[bytes]) -> None:
        self._written = written

    def __iter__(self) -> Iterator[bytes]:
        self._written.seek(0)
        while piece := self._written.read(PIECE):
            yield piece

    def close(self) -> None:
        self._written.close()


def _scope(request: httpx.Request, caller: Caller | None) -> Scope:
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": None,
        "server": ("localhost", None),
        "extensions": {},
        **({} if caller is None else {CALLER: caller}),
    }
