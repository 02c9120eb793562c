"""One's own account: where it is signed in, its password, and signing out."""

from berth.doors.console.languages import mark as _
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import own_password, sessions
from berth.words.errors import FieldInvalid


def show(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = sessions.of(tx, view.caller.principal, view.session or "", at=view.site.now())
    settings = view.site.settings
    provider = settings.oidc_name if settings.oidc_issuer else None
    return view.show("account.html", sessions=found, provider=provider)


def ask_password(view: View) -> Answer:
    return view.show("password.html")


def change_password(view: View) -> Answer:
    new = view.field("new")
    if new != view.field("again"):
        raise FieldInvalid("again", view.say(_("The two new passwords differ.")))
    own_password.change(view.site, view.caller.actor, view.caller.principal.name, view.field("old"), new)
    return view.go("/console/login", view.say(_("Password changed. Sign in again; your keys have ended too.")))


def leave_everywhere(view: View) -> Answer:
    with view.site.db.write() as tx:
        sessions.end_everywhere(tx, view.caller.principal, view.caller.actor, at=view.site.now())
    return view.go("/console/login", view.say(_("Signed out everywhere.")))


ROUTES = (
    get("/account", show),
    get("/account/password", ask_password),
    post("/account/password", change_password, "user.change-password", ask_password),
    post("/account/leave-everywhere", leave_everywhere, "session.end-everywhere"),
)
