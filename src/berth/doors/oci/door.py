"""The OCI Distribution API: from an ASGI call to a handler and back.

Reads that one indexed look-up answers run on the loop when the database is in this process; everything else that
blocks runs in threads; bytes are moved by coroutines.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from starlette.types import Message, Receive, Scope, Send

from berth.doors import addresses
from berth.doors.http import Answer, Headers, Query, in_thread, read_whole
from berth.doors.oci import blobs, challenge, errors, lists, manifests, refused, routes, token, uploads
from berth.doors.oci.request import Parts, Request
from berth.doors.oci.routes import Kind, Route
from berth.doors.sign_in import SignIn
from berth.doors.wire.failures import BodyTooLarge, ClientGone
from berth.people import tokens
from berth.people.callers import Caller
from berth.words.errors import Denied, ManifestTooLarge, Refusal, TokenTooNarrow, Unauthenticated
from berth.words.manifest import MAX_BYTES

log = structlog.get_logger("berth.oci")

Plain = Callable[[Request], Answer]
Call = tuple[Scope, Receive, Send, Route]
T = TypeVar("T")


@dataclass(frozen=True)
class Stream(Generic[T]):
    """An act on bytes that come in: how it begins, in the thread that admitted the caller, and how it goes on."""

    begin: Callable[[Request], Answer | T]
    go_on: Callable[[Request, T], Awaitable[Answer]]


ACTS: dict[tuple[Kind, str], Plain] = {
    (Kind.MANIFEST, "DELETE"): manifests.delete,
    (Kind.BLOB, "DELETE"): blobs.delete,
    (Kind.UPLOAD, "GET"): uploads.status,
    (Kind.UPLOAD, "DELETE"): uploads.cancel,
    (Kind.TAGS, "GET"): lists.tag_list,
    (Kind.REFERRERS, "GET"): lists.referrer_list,
}
STREAMS: dict[tuple[Kind, str], Stream[Any]] = {  # Any: what each gives itself from its beginning
    (Kind.UPLOADS, "POST"): Stream(uploads.begin, uploads.whole),
    (Kind.UPLOAD, "PATCH"): Stream(uploads.begin_append, uploads.append),
    (Kind.UPLOAD, "PUT"): Stream(uploads.begin_finish, uploads.finish),
}
METHODS = {
    Kind.MANIFEST: "GET, HEAD, PUT, DELETE",
    Kind.BLOB: "GET, HEAD, DELETE",
    Kind.UPLOADS: "POST",
    Kind.UPLOAD: "GET, PATCH, PUT, DELETE",
    Kind.TAGS: "GET",
    Kind.REFERRERS: "GET",
}
VERSION = (b"docker-distribution-api-version", b"registry/2.0")


class OCIDoor:
    def __init__(self, parts: Parts, sign_in: SignIn) -> None:
        self._parts = parts
        self._sign_in = sign_in
        self._tokens = token.endpoint(parts.site, sign_in, parts.gate.token_actions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def versioned(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], VERSION]
            await send(message)

        head = scope["method"] == "HEAD"
        try:
            answer = await self._answer(scope, receive, versioned)
        except Refusal as refusal:
            answer = await self._refused(scope, refusal)
        except ClientGone as gone:
            answer = _cut(gone)  # whoever has left does not hear it
        except Exception:
            log.exception(
                "defect", path=scope["path"], method=scope["method"], request_id=scope.get("berth.request_id")
            )
            if started:
                raise
            answer = errors.error(500, "UNKNOWN", "an error of the server; the log has it under the request id")
        if answer is not None and not started:
            await answer.send(versioned, head=head)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Answer | None:
        path: str = scope["path"]
        if path in ("/v2/", "/v2"):
            return await self._ping(scope)
        if path == "/v2/_catalog":
            return await self._catalog(scope)
        if path == token.PATH:
            await self._tokens(scope, receive, send)
            return None
        route = routes.find(path)
        if route is None:
            return errors.error(404, "NAME_UNKNOWN", "no such page; paths are /v2/registry/repository/image/...")
        if scope["method"] not in METHODS[route.kind].split(", "):
            return _not_allowed(METHODS[route.kind])
        return await self._act(scope, receive, send, route)

    async def _act(self, scope: Scope, receive: Receive, send: Send, route: Route) -> Answer | None:
        kind_and_method = (route.kind, scope["method"])
        if kind_and_method[1] in ("GET", "HEAD") and route.kind in (Kind.MANIFEST, Kind.BLOB):
            return await self._read(scope, receive, send, route)
        call = (scope, receive, send, route)
        if kind_and_method == (Kind.MANIFEST, "PUT"):
            return await self._push_manifest(await in_thread(self._admit, *call))
        if kind_and_method in STREAMS:
            return await self._stream(STREAMS[kind_and_method], call)
        act = ACTS[kind_and_method]
        return await in_thread(lambda: act(self._admit(*call)))

    async def _stream(self, stream: Stream[T], call: Call) -> Answer:
        request, begun = await in_thread(self._admitted, stream.begin, call)
        return begun if isinstance(begun, Answer) else await stream.go_on(request, begun)

    def _admitted(self, act: Callable[[Request], T], call: Call) -> tuple[Request, T]:
        """Admit and act in one thread: a change of thread costs more than most acts."""
        request = self._admit(*call)
        return request, act(request)

    async def _read(self, scope: Scope, receive: Receive, send: Send, route: Route) -> Answer | None:
        """Pulls: on the loop when signing in is settled and the database is here."""
        caller = self._sign_in.remembered(scope) if self._parts.site.db.is_embedded else None
        if route.kind is Kind.MANIFEST:
            if caller is None:
                return await in_thread(self._read_manifest, scope, receive, send, route, None)
            return self._read_manifest(scope, receive, send, route, caller)
        request = await in_thread(self._admit, scope, receive, send, route) if caller is None else None
        if request is None:
            request = self._admit(scope, receive, send, route, caller)
        content, found = blobs.find(request) if caller is not None else await in_thread(blobs.find, request)
        return await (blobs.head if request.method == "HEAD" else blobs.get)(request, content, found)

    def _read_manifest(self, scope: Scope, receive: Receive, send: Send, route: Route, caller: Caller | None) -> Answer:
        return manifests.read(self._admit(scope, receive, send, route, caller))

    async def _push_manifest(self, request: Request) -> Answer:
        try:
            idle_seconds = request.site.settings.idle_seconds
            body = await read_whole(request.headers, request.receive, MAX_BYTES, idle_seconds=idle_seconds)
        except BodyTooLarge:
            raise ManifestTooLarge(MAX_BYTES) from None
        return await in_thread(manifests.push, request, body)

    def _admit(self, scope: Scope, receive: Receive, send: Send, route: Route, caller: Caller | None = None) -> Request:
        caller = caller or self._sign_in.caller(scope)
        host = addresses.host(self._parts.site.settings, scope)
        action = routes.action(route.kind, scope["method"])
        try:
            place, path = self._parts.gate.admit(caller, host, route.name, action)
        except Denied as refusal:
            refused.at_the_gate(self._parts.site, caller, route, scope["method"], refusal)
            raise
        return Request(self._parts, scope, receive, send, route, host, caller, place, path)

    async def _ping(self, scope: Scope) -> Answer:
        """`/v2/` tells clients whether to sign in, so without credentials it always asks for them."""
        if scope["method"] not in ("GET", "HEAD"):
            return _not_allowed("GET, HEAD")
        if not Headers(scope).get("authorization"):
            raise Unauthenticated
        await in_thread(self._sign_in.caller, scope)
        return Answer(200, [("Content-Type", "application/json")], b"{}")

    async def _catalog(self, scope: Scope) -> Answer:
        if scope["method"] != "GET":
            return _not_allowed("GET")
        if not Headers(scope).get("authorization"):
            raise Unauthenticated
        return await in_thread(self._catalog_page, scope)

    def _catalog_page(self, scope: Scope) -> Answer:
        caller = self._sign_in.caller(scope)
        if caller.bounds is not None and tokens.CATALOG not in caller.bounds:
            raise TokenTooNarrow("the catalog", "pull")
        within = self._parts.gate.registry_at(addresses.host(self._parts.site.settings, scope))
        return lists.catalog_list(self._parts, caller.principal, within, Query(scope["query_string"]))

    async def _refused(self, scope: Scope, refusal: Refusal) -> Answer:
        answer = errors.answer(refusal, reading=scope["method"] in ("GET", "HEAD"))
        if answer.status == 401:  # noqa: PLR2004  RFC 9110
            asked = await in_thread(self._challenge, scope, refusal)
            answer.headers.append(("WWW-Authenticate", asked))
        return answer

    def _challenge(self, scope: Scope, refusal: Refusal) -> str:
        settings = self._parts.site.settings
        own_host = self._parts.gate.registry_at(addresses.host(settings, scope)) is not None
        return challenge.of(scope, settings, refusal, own_host=own_host)


def _not_allowed(methods: str) -> Answer:
    answer = errors.error(405, "UNSUPPORTED", f"this path takes {methods}")
    answer.headers.append(("Allow", methods))
    return answer


def _cut(gone: ClientGone) -> Answer:
    answer = errors.error(408, "UNKNOWN", str(gone))
    answer.headers.append(("Connection", "close"))
    return answer
