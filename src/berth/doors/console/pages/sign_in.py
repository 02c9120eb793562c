"""Signing in with a name and password, and out again."""

import string
from urllib.parse import quote

from berth.audit.events import Actor
from berth.doors import session
from berth.doors.console import signed
from berth.doors.console.languages import mark as _
from berth.doors.console.routes import get, post
from berth.doors.console.view import HOME, View
from berth.doors.http import Answer, Headers
from berth.people import sessions
from berth.people import sign_in as people
from berth.people.access import Principal
from berth.words.errors import Denied, Unauthenticated


def show(view: View) -> Answer:
    if view.session is not None and view.problem is None:
        return view.go(next_page(view))
    safe = signed.may_sign_in(view.site.settings, view.scope)
    settings = view.site.settings
    provider = settings.oidc_name if settings.oidc_issuer else None
    return view.show("sign_in.html", safe=safe, next=next_page(view), provider=provider)


def enter(view: View) -> Answer:
    check_safe(view)
    name, secret = view.field("name"), view.field("password")
    principal = people.by_password(view.site, name, secret, view.caller.actor.address)
    if principal.key_id is not None:
        raise Unauthenticated(view.say(_("An access key is for clients. Sign in with a user name and password.")))
    return welcome(view, principal, next_page(view))


def welcome(view: View, principal: Principal, path: str) -> Answer:
    """Somebody is who they say: begin a session, and on to where they wanted to go."""
    site = view.site
    actor = Actor(principal.name, view.caller.actor.address, view.caller.actor.request_id)
    hours = site.settings.session_hours
    with site.db.write() as tx:
        agent = Headers(view.scope).get("user-agent")
        token = sessions.start(tx, principal, actor, agent, at=site.now(), hours=hours)
    view.keep(session.name(site.settings, view.scope), token, hours * 3600)
    return view.go(path)


def leave(view: View) -> Answer:
    if view.session is not None:
        with view.site.db.write() as tx:
            sessions.end(tx, view.session, view.caller.actor, at=view.site.now())
    view.keep(session.name(view.site.settings, view.scope), "", 0)
    return view.go("/console/login")


def check_safe(view: View) -> None:
    """Raises `Denied` where a session could be read on its way."""
    if not signed.may_sign_in(view.site.settings, view.scope):
        raise Denied(view.say(_("over plain HTTP nobody signs in from another machine")))


def next_page(view: View) -> str:
    return own_page(view.query.get("next") or "")


def own_page(asked: str) -> str:
    """Where they wanted to go, when that is a page of ours."""
    own = asked.startswith("/console/") and "\\" not in asked and asked.isprintable()
    return quote(asked, safe=string.punctuation) if own else HOME


ROUTES = (
    get("/login", show, is_open=True),
    post("/login", enter, "session.start", show, is_open=True),
    post("/logout", leave, "session.end", is_open=True),
)
