"""Who may do what in a registry or repository."""

from typing import Any

from sqlalchemy import Connection

from berth.db.pages import Wanted, containing
from berth.db.tables import account
from berth.doors.console.languages import mark as _
from berth.doors.console.routes import Route, get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import accounts, grants
from berth.people.access import Place
from berth.people.grants import Grant
from berth.registry import opening
from berth.words import actions
from berth.words.actions import ROLES, Action
from berth.words.errors import FieldInvalid

SORTS = ("user", "-created_at")


def show(view: View) -> Answer:
    wanted, name = view.wanted(SORTS), view.asked("user")
    with view.site.db.read() as tx:
        place = _place(tx, view)
        where = [] if name is None else [containing(account.c.name, name)]
        found = grants.page(tx, wanted, grants.at_place(place), *where)
    facts: dict[str, Any] = {"place": place, "base": _base(place)}  # Any: whatever a page shows
    return view.show("grants.html", rows=found.items, next=view.after(found, wanted), wanted=wanted, **facts)


def ask(view: View) -> Answer:
    user = view.asked("user")
    with view.site.db.read() as tx:
        place = _place(tx, view)
        found = None if user is None else _there(tx, place, user)
    has = actions.NONE if found is None else found.actions
    version = "" if found is None else found.version
    facts: dict[str, Any] = {
        "place": place,
        "user": user,
        "has": has,
        "version": version,
        "base": _base(place),
    }  # Any: see `show`
    return view.show("grant_edit.html", roles=ROLES, all=list(Action), **facts)


def give(view: View) -> Answer:
    wanted = view.form.all("actions")
    with view.site.db.write() as tx:
        place = _place(tx, view)
        user = accounts.find(tx, view.field("user").strip())
        if not wanted:
            raise FieldInvalid("actions", view.say(_("Select at least one.")))
        if not view.field("version") and _there(tx, place, user.name) is not None:
            text = _("%(user)s has a grant here already. Edit that one.")
            raise FieldInvalid("user", view.say(text, user=user.name))
        grants.expect(tx, user, place, view.version if view.field("version") else None)
        grants.replace(tx, view.caller.actor, user, place, actions.parse(wanted), at=view.site.now())
    return view.go(f"{_base(place)}/-/grants", view.say(_("Saved.")))


def ask_take(view: View) -> Answer:
    with view.site.db.read() as tx:
        place = _place(tx, view)
    return view.show("grant_take.html", place=place, user=view.asked("user") or "", base=_base(place))


def take(view: View) -> Answer:
    with view.site.db.write() as tx:
        place = _place(tx, view)
        grants.take(tx, view.caller.actor, accounts.find(tx, view.asked("user") or ""), place, at=view.site.now())
    return view.go(f"{_base(place)}/-/grants", view.say(_("Deleted.")))


def _there(tx: Connection, place: Place, user: str) -> Grant | None:
    return next(iter(grants.page(tx, Wanted("user", 1), grants.at_place(place), account.c.name == user).items), None)


def _place(tx: Connection, view: View) -> Place:
    within = view.params.get("repository")
    path = view.params["registry"] + (f"/{within}" if within else "")
    return opening.open_place(tx, view.caller, path, Action.ADMIN)


def _base(place: Place) -> str:
    within = f"/repositories/{place.repository_name}" if place.repository_name else ""
    return f"/console/registries/{place.registry_name}{within}"


def _of(path: str) -> tuple[Route, ...]:
    return (
        get(path + "/-/grants", show),
        get(path + "/-/grants/edit", ask),
        post(path + "/-/grants/edit", give, "grant.give", ask),
        get(path + "/-/grants/take", ask_take),
        post(path + "/-/grants/take", take, "grant.take", ask_take),
    )


ROUTES = (*_of("/registries/{registry}"), *_of("/registries/{registry}/repositories/{repository}"))
