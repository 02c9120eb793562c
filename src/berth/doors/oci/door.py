"""The OCI Distribution API: from an ASGI call to a handler and back.

When the database is in this process, admission and the reads that one indexed look-up answers run on the loop;
everything else that blocks runs in threads; bytes are moved by coroutines.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.types import Message, Receive, Scope, Send

from berth.doors import addresses, shortage
from berth.doors.http import Answer, Headers, Query, in_thread, read_whole
from berth.doors.oci import blobs, challenge, errors, lists, manifests, refused, restricted, routes, token, uploads
from berth.doors.oci.request import Parts, Request
from berth.doors.oci.routes import Kind, Route
from berth.doors.sign_in import SignIn
from berth.doors.wire.failures import BodyTooLarge, ClientGone
from berth.people import tokens
from berth.words.errors import Denied, EndpointOff, ManifestTooLarge, Refusal, TokenTooNarrow, Unauthenticated
from berth.words.manifest import MAX_BYTES

log = structlog.get_logger("berth.oci")

Plain = Callable[[Request], Answer]
Streaming = Callable[[Request], Awaitable[Answer]]
Call = tuple[Scope, Receive, Send, Route]

ACTS: dict[tuple[Kind, str], Plain] = {
    (Kind.MANIFEST, "DELETE"): manifests.delete,
    (Kind.BLOB, "DELETE"): blobs.delete,
    (Kind.UPLOAD, "GET"): uploads.status,
    (Kind.UPLOAD, "DELETE"): uploads.cancel,
    (Kind.TAGS, "GET"): lists.tag_list,
    (Kind.REFERRERS, "GET"): lists.referrer_list,
}
STREAMS: dict[tuple[Kind, str], Streaming] = {
    (Kind.UPLOADS, "POST"): uploads.start,
    (Kind.UPLOAD, "PATCH"): uploads.append,
    (Kind.UPLOAD, "PUT"): uploads.finish,
}
METHODS = {
    Kind.MANIFEST: "GET, HEAD, PUT, DELETE",
    Kind.BLOB: "GET, HEAD, DELETE",
    Kind.UPLOADS: "POST",
    Kind.UPLOAD: "GET, PATCH, PUT, DELETE",
    Kind.TAGS: "GET",
    Kind.REFERRERS: "GET",
}
READS = ("GET", "HEAD")
LARGE_MANIFEST = 1 << 18
"""Bytes from which a manifest waits for others to be read: as Python's values it weighs up to thirty times as much."""
VERSION = (b"docker-distribution-api-version", b"registry/2.0")


class OCIDoor:
    def __init__(self, parts: Parts, sign_in: SignIn) -> None:
        self._parts = parts
        self._sign_in = sign_in
        self._reading_large = asyncio.Lock()
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
        except Exception as error:
            short = shortage.of(error)
            facts = {"path": scope["path"], "method": scope["method"], "request_id": scope.get("berth.request_id")}
            log.exception(short or "defect", **facts)
            if started:
                raise
            answer = _unavailable(short) if short else _defect()
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
        call = (scope, receive, send, route)
        act = (route.kind, scope["method"])
        request = self._admit_here(*call)
        here = request is not None
        if route.kind is Kind.MANIFEST and act[1] in READS:
            return await self._read_manifest(call, request)
        if request is None:
            request = await in_thread(self._admit, *call)
        if route.kind is Kind.BLOB and act[1] in READS:
            return await self._read_blob(request, here=here)
        if act == (Kind.MANIFEST, "PUT"):
            return await self._push_manifest(request)
        if act in STREAMS:
            return await STREAMS[act](request)
        return await in_thread(ACTS[act], request)

    async def _read_manifest(self, call: Call, request: Request | None) -> Answer:
        read = manifests.read(request) if request else await in_thread(lambda: manifests.read(self._admit(*call)))
        if isinstance(read, Answer):
            return read
        return await in_thread(manifests.warned, await restricted.settled(read))

    async def _read_blob(self, request: Request, *, here: bool) -> Answer | None:
        content, found = blobs.find(request) if here else await in_thread(blobs.find, request)
        return await (blobs.head if request.method == "HEAD" else blobs.get)(request, content, found)

    async def _push_manifest(self, request: Request) -> Answer:
        try:
            idle_seconds = request.site.settings.idle_seconds
            body = await read_whole(request.headers, request.receive, MAX_BYTES, idle_seconds=idle_seconds)
        except BodyTooLarge:
            raise ManifestTooLarge(MAX_BYTES) from None
        if len(body) < LARGE_MANIFEST:
            return await in_thread(manifests.push, request, body)
        async with self._reading_large:
            return await in_thread(manifests.push, request, body)

    def _admit_here(self, scope: Scope, receive: Receive, send: Send, route: Route) -> Request | None:
        """On the loop, when signing in is settled, the database is here and the caller may; else ask `_admit`."""
        caller = self._sign_in.remembered(scope) if self._parts.site.db.is_embedded else None
        if caller is None:
            return None
        reached = addresses.reached(self._parts.site.settings, scope)
        known = self._parts.gate.known(caller, reached, route.name, routes.action(route.kind, scope["method"]))
        return None if known is None else Request(self._parts, scope, receive, send, route, reached, caller, *known)

    def _admit(self, scope: Scope, receive: Receive, send: Send, route: Route) -> Request:
        caller = self._sign_in.caller(scope)
        reached = addresses.reached(self._parts.site.settings, scope)
        action = routes.action(route.kind, scope["method"])
        try:
            place, path = self._parts.gate.admit(caller, reached, route.name, action)
        except Denied as refusal:
            refused.at_the_gate(self._parts.site, caller, route, scope["method"], refusal)
            raise
        return Request(self._parts, scope, receive, send, route, reached, caller, place, path)

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
        within = self._parts.gate.registry_at(addresses.reached(self._parts.site.settings, scope))
        return lists.catalog_list(self._parts, caller.principal, within, Query(scope["query_string"]))

    async def _refused(self, scope: Scope, refusal: Refusal) -> Answer:
        answer = errors.answer(refusal, reading=scope["method"] in ("GET", "HEAD"))
        if answer.status == 401:  # noqa: PLR2004  RFC 9110
            asked = await in_thread(self._challenge, scope, refusal)
            answer.headers.append(("WWW-Authenticate", asked))
        return answer

    def _challenge(self, scope: Scope, refusal: Refusal) -> str:
        settings = self._parts.site.settings
        return challenge.of(scope, settings, refusal, own_host=self._is_registrys_own(scope))

    def _is_registrys_own(self, scope: Scope) -> bool:
        try:
            return self._parts.gate.registry_at(addresses.reached(self._parts.site.settings, scope)) is not None
        except EndpointOff:
            return True


def _not_allowed(methods: str) -> Answer:
    answer = errors.error(405, "UNSUPPORTED", f"this path takes {methods}")
    answer.headers.append(("Allow", methods))
    return answer


def _defect() -> Answer:
    return errors.error(500, "UNKNOWN", "an error of the server; the log has it under the request id")


def _unavailable(reason: str) -> Answer:
    answer = errors.error(503, "UNAVAILABLE", reason)
    answer.headers.append(("Retry-After", str(shortage.RETRY_AFTER)))
    return answer


def _cut(gone: ClientGone) -> Answer:
    answer = errors.error(408, "UNKNOWN", str(gone))
    answer.headers.append(("Connection", "close"))
    return answer
