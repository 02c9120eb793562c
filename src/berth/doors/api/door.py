"""The door: who calls, how much they may send, and what becomes of errors. What is asked is FastAPI's business.

It answers nobody without a name, and takes no bearer tokens: those of `/v2/token` are bounded to image paths. The
cookie of a console session counts only when the browser says that a page of this very origin asks; a browser that
remembers a password is kept from sending it for another site.
"""

import threading
from dataclasses import replace

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from berth.doors import session, shortage
from berth.doors.api import errors, paths
from berth.doors.api.errors import Problem
from berth.doors.http import Answer, Headers, in_thread, read_whole
from berth.doors.sign_in import SignIn
from berth.doors.wire.failures import BodyTooLarge, ClientGone
from berth.people import sessions
from berth.people.callers import Caller
from berth.site import Site
from berth.words.errors import Refusal, Unauthenticated

MAX_BODY = 1 << 20
READING = ("GET", "HEAD", "OPTIONS")
BEARER = (
    "bearer tokens are for the images they were issued for; here, send a user's name and password or a key's id "
    "and secret by Basic authentication"
)

log = structlog.get_logger("berth.api")


class APIDoor:
    def __init__(self, site: Site, sign_in: SignIn) -> None:
        self._site = site
        self._sign_in = sign_in
        self._app: ASGIApp | None = None
        self._opening = threading.Lock()

    def open(self) -> ASGIApp:
        """FastAPI and the shapes take half a second to import: too long for a start, and for the loop."""
        with self._opening:
            if self._app is None:
                from berth.doors.api import routes  # noqa: PLC0415  see above

                app = routes.application()
                app.state.site = self._site
                self._app = app
        return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = scope.get("berth.request_id", "")
        sender = _Sender(send, head=scope["method"] == "HEAD")
        answer: Answer | None = None
        try:
            await self._pass(scope, receive, sender)
        except Refusal as refusal:
            answer = errors.refused(refusal, request_id)
        except Problem as problem:
            answer = errors.problem(problem.status, problem.kind, str(problem), request_id, fields=problem.fields)
        except ClientGone:
            return
        except Exception as error:
            short = shortage.of(error)
            log.exception(short or "defect", path=scope["path"], method=scope["method"], request_id=request_id)
            if sender.started:
                raise
            answer = _trouble(short, request_id)
        if answer is not None:
            await answer.send(sender)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        reading = scope["method"] in READING
        inner = {**scope, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        if scope["path"] != paths.OPENAPI:
            inner["berth.caller"] = await self._caller(scope)
            if not reading:
                _own_site_only(scope)
        if "\0" in scope["path"]:
            raise Problem(404, "no-such-page", "no such page")
        app = self._app
        if app is None:
            app = await in_thread(self.open)
        await app(inner, receive if reading or _streams(scope) else await _whole(scope, receive), send)

    async def _caller(self, scope: Scope) -> Caller:
        if Headers(scope).get("authorization")[:7].lower() == "bearer ":
            raise Unauthenticated(BEARER)
        caller = self._sign_in.remembered(scope)
        if caller is None:
            caller = await in_thread(self._sign_in.caller, scope)
        if caller.bounds is not None:  # it came as a password
            raise Unauthenticated(BEARER)
        if caller.principal.is_anonymous:
            caller = await in_thread(self._of_session, scope, caller)
        if caller.principal.is_anonymous:
            raise Unauthenticated
        return caller

    def _of_session(self, scope: Scope, anonymous: Caller) -> Caller:
        """Whoever has signed in to the console, when a page of ours asks: only a browser says that, and truly."""
        if Headers(scope).get("sec-fetch-site") != "same-origin":
            return anonymous
        token = session.token(self._site.settings, scope, session.cookies(scope))
        if token is None:
            return anonymous
        with self._site.db.read() as tx:
            principal = sessions.principal_of(tx, token, at=self._site.now())
        return anonymous if principal is None else Caller(principal, replace(anonymous.actor, name=str(principal)))


class _Sender:
    """Passes an answer on, for HEAD without its body, and knows whether one has begun."""

    def __init__(self, send: Send, *, head: bool) -> None:
        self._send = send
        self._head = head
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
        elif self._head:
            message = {**message, "body": b""}
        await self._send(message)


def _trouble(short: str | None, request_id: str) -> Answer:
    if short is None:
        text = "an error of the server; the log has it under the request id"
        return errors.problem(500, "defect", text, request_id)
    answer = errors.problem(503, "unavailable", short, request_id)
    answer.headers.append(("Retry-After", str(shortage.RETRY_AFTER)))
    return answer


def _own_site_only(scope: Scope) -> None:
    """A browser says from where a request comes, and no other program does."""
    if Headers(scope).get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Problem(403, "denied", "a page of another site may not change anything here")


def _streams(scope: Scope) -> bool:
    """Whether the page reads the body piece by piece, for it may be large; its media type keeps forms of pages out."""
    kind = Headers(scope).get("content-type").partition(";")[0].strip().lower()
    return scope["path"] == paths.PREFIX + paths.ADVISORIES and kind == "application/octet-stream"


async def _whole(scope: Scope, receive: Receive) -> Receive:
    """The body, read with a bound and given on in one piece. Raises `Problem`."""
    headers = Headers(scope)
    try:
        body = await read_whole(headers, receive, MAX_BODY)
    except BodyTooLarge:
        raise Problem(413, "too-large", f"a body has at most {MAX_BODY} bytes") from None
    if body and headers.get("content-type").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "media-type-unsupported", "the body must be application/json")
    pieces = iter((body,))

    async def replay() -> Message:
        for piece in pieces:
            return {"type": "http.request", "body": piece, "more_body": False}
        return await receive()

    return replay
