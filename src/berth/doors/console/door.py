"""The console's door: who has signed in, whether a form is ours, which page answers, and what becomes of refusals."""

import threading
from contextlib import suppress
from urllib.parse import urlencode

import structlog
from starlette.types import Receive, Scope, Send

from berth.audit import refusals
from berth.audit.events import Actor
from berth.doors import addresses, session, shortage
from berth.doors.console import assets, errors, signed
from berth.doors.console.languages import mark as _
from berth.doors.console.routes import PREFIX, Route
from berth.doors.console.view import HEADERS, HOME, View
from berth.doors.http import Answer, Headers, Query, in_thread, read_whole
from berth.doors.wire.failures import BodyTooLarge, ClientGone
from berth.people import sessions
from berth.people.access import ANONYMOUS
from berth.people.callers import Caller
from berth.site import Site
from berth.words.errors import FieldInvalid, Invalid, Refusal

MAX_FORM = 256 << 10
PROOF = "proof"

log = structlog.get_logger("berth.console")


class ConsoleDoor:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._routes: list[Route] = []
        self._opening = threading.Lock()

    def open(self) -> list[Route]:
        """Pages and their templates take a while to import: too long for a start, and for the loop."""
        with self._opening:
            if not self._routes:
                from berth.doors.console import pages  # noqa: PLC0415  see above

                self._routes = pages.routes()
        return self._routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = scope["method"] == "HEAD"
        try:
            body = b"" if scope["method"] in ("GET", "HEAD") else await read_whole(Headers(scope), receive, MAX_FORM)
        except ClientGone:
            return
        except BodyTooLarge:
            answer = _plain(413, f"a form has at most {MAX_FORM} bytes")
        else:
            answer = await in_thread(self._answer, scope, body)
        await answer.send(send, head=head)

    def _answer(self, scope: Scope, body: bytes) -> Answer:
        path: str = scope["path"]
        if path in ("/", PREFIX):
            return Answer(303, [("Location", HOME), *HEADERS])
        if path.startswith(assets.PREFIX):
            gzipped = "gzip" in Headers(scope).get("accept-encoding")
            return assets.answer(path, gzipped=gzipped) or _plain(404, "no such file")
        view: View | None = None
        try:
            view = self._view(scope, body)
            return self._routed(view)
        except FieldInvalid as error:  # a query string that cannot be read, which every page asks
            return _plain(400, str(error))
        except Exception as error:
            short = shortage.of(error)
            log.exception(short or "defect", path=path, method=scope["method"], request_id=_request_id(scope))
            return _trouble(scope, view, 500 if short is None else 503)

    def _view(self, scope: Scope, body: bytes) -> View:
        site = self._site
        given = session.cookies(scope)
        token = session.token(site.settings, scope, given)
        principal = ANONYMOUS
        if token is not None:
            with site.db.read() as tx:
                principal = sessions.principal_of(tx, token, at=site.now()) or ANONYMOUS
        if principal.is_anonymous:
            token = None
        actor = Actor(str(principal), addresses.client(site.settings, scope), scope.get("berth.request_id", ""))
        is_form = Headers(scope).get("content-type").startswith("application/x-www-form-urlencoded")
        return View(site, scope, Caller(principal, actor), token, {}, Query(body if is_form else b""), given)

    def _routed(self, view: View) -> Answer:
        method = "GET" if view.scope["method"] == "HEAD" else view.scope["method"]
        path = view.scope["path"].removeprefix(PREFIX)
        for route in self.open():
            if route.method == method:
                params = route.matches(path)
                if params is not None and "\0" not in path:
                    view.params = params
                    return self._admitted(view, route)
        return view.show("error.html", 404, text=view.say(errors.NOT_FOUND))

    def _admitted(self, view: View, route: Route) -> Answer:
        if view.session is None and not route.is_open:
            return _to_sign_in(view)
        if route.method == "POST":
            own = signed.from_own_page(view.site.settings, view.scope)
            # What is open to everybody gives nothing that its own site could not have.
            proven = route.is_open or signed.is_proof(view.session or "", view.field(PROOF))
            if not own or not proven:
                text = view.say(
                    _("This form is from another page or has grown old. Reload the page and send it again.")
                )
                return view.show("error.html", 403, text=text)
        try:
            return route.page(view)
        except Refusal as refusal:
            if route.method == "POST" and not isinstance(refusal, Invalid):
                target = "/".join(view.params.values()) or view.scope["path"]
                refusals.record(view.site, view.caller.actor, route.act, target, refusal)
            view.problem = refusal
        try:
            if route.form is not None:
                return route.form(view)
        except Refusal as refusal:
            view.problem = refusal
        status = errors.status(view.problem)
        return view.show("error.html", status, text=view.problem_text)


def _to_sign_in(view: View) -> Answer:
    """And back to where they were; a form that was sent is gone, so back to where it stood."""
    back = view.address
    if view.scope["method"] == "POST":
        back = Headers(view.scope).get("hx-current-url").partition("/console")[2]
        back = f"/console{back}" if back else HOME
    path = f"/console/login?{urlencode({'next': back})}"
    if view.is_scripted:
        return Answer(401, [("HX-Redirect", path), *HEADERS, *view.headers])
    return view.go(path)


def _trouble(scope: Scope, view: View | None, status: int) -> Answer:
    """Also when the page that tells of it fails."""
    if view is not None:
        view.problem = None
        text = view.say(_("Something failed on the server. Request ID %(id)s. Try again."), id=_request_id(scope))
        with suppress(Exception):
            return view.show("error.html", status, text=text)
    return _plain(status, f"Something failed on the server. Request ID {_request_id(scope)}. Try again.")


def _request_id(scope: Scope) -> str:
    return str(scope.get("berth.request_id", ""))


def _plain(status: int, text: str) -> Answer:
    return Answer(status, [("Content-Type", "text/plain; charset=utf-8"), *HEADERS], text.encode())
