"""Signing in with a provider of OpenID Connect, and linking one's account to it.

What must be known when the browser comes back is kept in a cookie of it, for ten minutes. A cookie may be another's
work, so whose account is linked is bound to the session that has begun it.
"""

import base64
import json
import secrets
from weakref import WeakKeyDictionary

from berth.audit.events import Actor
from berth.doors import addresses, session
from berth.doors.console import signed
from berth.doors.console.languages import mark as _
from berth.doors.console.pages import sign_in
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import identities, passwords
from berth.people.access import Principal
from berth.people.provider import Claims, Journey, Provider
from berth.site import Site
from berth.words.errors import AlreadyExists, Denied, Unauthenticated

COOKIE = "berth-oidc"
SECONDS = 600


def go(view: View) -> Answer:
    """Off to the provider, to sign in."""
    return view.go(_begin(view, sign_in.next_page(view), link=False))


def link(view: View) -> Answer:
    """A page that leads to the provider: a form that ended elsewhere would be against our policy."""
    return view.show("link.html", address=_begin(view, "/console/account", link=True))


def arrive(view: View) -> Answer:
    """Back from the provider."""
    journey, next_page, linking = _read(view)
    view.keep(_cookie(view), "", 0)
    arrived = view.scope.get("query_string", b"").decode("latin-1")
    if view.query.get("state") != journey.state:
        raise _not_begun(view)
    claims = _provider(view.site).finish(journey, _back(view), arrived)
    if linking:
        return _link(view, journey, linking, claims)
    return sign_in.welcome(view, _principal(view, claims), next_page)


def _begin(view: View, next_page: str, *, link: bool) -> str:
    settings = view.site.settings
    sign_in.check_safe(view)
    if not settings.oidc_issuer:
        raise Denied(view.say(_("no sign-in provider is set")))
    journey = Journey()
    by = signed.bound(view.session, journey.state) if link and view.session else ""
    facts = {**vars(journey), "next": next_page, "link": by}
    view.keep(_cookie(view), base64.urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("="), SECONDS)
    return _provider(view.site).begin(journey, _back(view))


def _cookie(view: View) -> str:
    return session.called(view.site.settings, view.scope, COOKIE)


def _read(view: View) -> tuple[Journey, str, str]:
    """The journey, where it leads, and what binds it to the session that links its account by it, if one does."""
    raw = view.given.get(_cookie(view), "")
    try:
        facts = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
        journey = Journey(str(facts["state"]), str(facts["nonce"]), str(facts["verifier"]))
        return journey, sign_in.own_page(str(facts["next"])), str(facts["link"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _not_begun(view) from None


def _not_begun(view: View) -> Denied:
    return Denied(view.say(_("this sign-in was not begun in this browser, or too long ago")))


def _link(view: View, journey: Journey, by: str, claims: Claims) -> Answer:
    if view.session is None or not signed.is_bound(view.session, journey.state, by):
        raise Denied(view.say(_("sign in first, then link")))
    name = view.caller.principal.name
    with view.site.db.write() as tx:
        issuer, subject = view.site.settings.oidc_issuer, str(claims["sub"])
        identities.link(tx, view.caller.actor, name, issuer, subject, at=view.site.now())
    return view.go("/console/account", view.say(_("Linked.")))


def _principal(view: View, claims: Claims) -> Principal:
    site, settings = view.site, view.site.settings
    issuer, subject = settings.oidc_issuer, str(claims["sub"])
    with site.db.read() as tx:
        known = identities.principal_of(tx, issuer, subject, at=site.now())
    if known is not None:
        return known
    if not settings.oidc_create:
        text = _("nobody here is known by this identity; sign in with a password and link it in Account")
        raise Denied(view.say(text))
    name = str(claims.get(settings.oidc_claim, "")).lower()
    actor = Actor(name[:64], view.caller.actor.address, view.caller.actor.request_id)
    unknown = passwords.hashed(secrets.token_urlsafe(32))
    try:
        with site.db.write() as tx:
            return identities.welcome(tx, actor, name, issuer, subject, at=site.now(), password=unknown)
    except AlreadyExists:
        text = _("There is a user %(name)s already. Sign in with a password and link it in Account.")
        raise Unauthenticated(view.say(text, name=name)) from None


def _back(view: View) -> str:
    return f"{addresses.external_url(view.site.settings, view.scope)}/console/login/oidc/back"


_providers: WeakKeyDictionary[Site, Provider] = WeakKeyDictionary()


def _provider(site: Site) -> Provider:
    return _providers.setdefault(site, Provider(site.settings))


ROUTES = (
    get("/login/oidc", go, is_open=True),
    get("/login/oidc/back", arrive, is_open=True),
    post("/account/link", link, "user.link"),
)
