"""Access keys: one's own, and for administrators all. A secret is shown once."""

from sqlalchemy import Connection

from berth.db.tables import access_key
from berth.doors import endpoints
from berth.doors.console.languages import mark as _
from berth.doors.console.pages import days, seen
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import accounts, keys
from berth.people.access import Scope
from berth.people.keys import Key
from berth.words.actions import Action, join
from berth.words.errors import FieldInvalid, KeyUnknown

SORTS = ("-created_at", "id")


def show(view: View) -> Answer:
    wanted = view.wanted(SORTS)
    where = [] if view.is_operator else [access_key.c.account_id == view.caller.principal.account_id]
    with view.site.db.read() as tx:
        found = keys.page(tx, wanted, *where)
    return view.show("keys.html", rows=found.items, next=view.after(found, wanted), wanted=wanted)


def ask(view: View) -> Answer:
    with view.site.db.read() as tx:
        places = seen.places(tx, view.caller)
    return view.show("key_new.html", places=places, actions=list(Action))


def make(view: View) -> Answer:
    now = view.site.now()
    scopes = _scopes(view)
    with view.site.db.write() as tx:
        owner = accounts.find(tx, view.caller.principal.name)
        made, secret = keys.create(
            tx,
            view.caller.actor,
            owner,
            at=now,
            description=view.field("description").strip(),
            scopes=scopes,
            expires_at=days.end_of(view, "expires"),
        )
    return view.show("key_made.html", key=made, secret=secret, host=_host(view))


def ask_revoke(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = _open(tx, view)
    return view.show("key_revoke.html", key=found)


def revoke(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = _open(tx, view)
        keys.revoke(tx, view.caller.actor, found.id, at=view.site.now())
    return view.go("/console/keys", view.say(_("Revoked.")))


def _open(tx: Connection, view: View) -> Key:
    found = keys.find(tx, view.params["key"])
    if not view.is_operator and found.owner != view.caller.principal.name:
        raise KeyUnknown(found.id)
    return found


def _scopes(view: View) -> list[Scope] | None:
    place = view.field("place")
    if not place:
        return None
    actions = frozenset(action for action in Action if action.value in view.form.all("actions"))
    if not actions:
        raise FieldInvalid("actions", view.say(_("Select at least one.")))
    return [Scope.parse(f"{place}:{join(actions)}")]


def _host(view: View) -> str:
    with view.site.db.read() as tx:
        places = seen.places(tx, view.caller)
        if places.first is None:
            return "HOST"
        return endpoints.of_registry(tx, view.site, view.scope, places.first[0]).private.partition("/")[0]


ROUTES = (
    get("/keys", show),
    get("/keys/-/new", ask),
    post("/keys/-/new", make, "key.create", ask),
    get("/keys/{key}/revoke", ask_revoke),
    post("/keys/{key}/revoke", revoke, "key.revoke", ask_revoke),
)
