"""Waivers: who has answered for which finding, where and until when; making, changing and ending them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from berth.db.pages import Found
from berth.db.tables import registry, repository, waiver
from berth.doors.console.drawing import quoted
from berth.doors.console.languages import mark as _
from berth.doors.console.pages import days
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import access, sight
from berth.people.access import Place, Rights
from berth.registry import opening
from berth.restriction import packages, scopes, waivers
from berth.restriction.terms import JUSTIFICATIONS, STATUSES, Terms
from berth.restriction.waivers import Filter, State, Waiver
from berth.words.actions import Action
from berth.words.errors import FieldInvalid, Refusal

SORTS = ("expires_at", "vulnerability", "place", "-created_at")
STATES: tuple[State, ...] = ("active", "expired", "ended")
SUGGESTED = timedelta(days=90)
"""Until when a form proposes."""
LONGEST = 460
DIGITS = 16


def show(view: View) -> Answer:
    wanted, now = view.wanted(SORTS), view.site.now()
    place = _place(view)
    page: Found[Waiver] = Found([])
    with view.site.db.read() as tx:
        rights = access.rights_of(tx, view.caller.principal)
        seen = sight.of(tx, view.caller.principal)
        try:
            page = waivers.page(tx, wanted, seen, _filter(tx, view, place), at=now)
        except Refusal as error:
            # Of a place that is not there, or that they do not see, there are none.
            view.problem = error
        mine = _managed(tx, rights, [each.id for each in page.items])
    return view.show(
        "waivers.html",
        200,
        rows=[(each, each.state(at=now)) for each in page.items],
        next=view.after(page, wanted),
        wanted=wanted,
        place=place,
        mine=mine,
        may_make=view.is_operator or any(Action.MANAGE in each for each in rights.grants.values()),
        filtered=any(view.asked(name) for name in ("place", "vulnerability", "owner", "state")),
    )


def ask(view: View) -> Answer:
    place, digest = _place(view), view.asked("digest")
    parts = place.split("/", 2)
    above = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)] if place else []
    choices = [*([f"{place}@{digest}"] if digest and len(parts) == scopes.PARTS else []), *above]
    return view.show(
        "waiver_new.html",
        place=place,
        choices=choices,
        owner=view.caller.principal.name,
        until=days.shown(view.site.now() + SUGGESTED),
        statuses=STATUSES,
        justifications=JUSTIFICATIONS,
        back=_back(view),
    )


def make(view: View) -> Answer:
    terms = Terms(vulnerability=view.field("vulnerability").strip(), expires_at=_end(view), **_said(view))
    # What a package is called is looked up before anybody has to wait for this one to write.
    with view.site.db.read() as tx:
        scope = scopes.opened(tx, view.caller, view.field("place").strip(), Action.MANAGE)
        name, _version = packages.as_advised(tx, scope, terms.vulnerability, terms.package)
    with view.site.db.write() as tx:
        scope = scopes.opened(tx, view.caller, view.field("place").strip(), Action.MANAGE)
        waivers.create(tx, view.caller.actor, scope, terms.but(package=name), at=view.site.now())
    return view.go(_back(view), view.say(_("Waived.")))


def ask_edit(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = _open(tx, view)
    return view.show(
        "waiver_edit.html",
        waiver=found,
        until=days.shown(found.terms.expires_at),
        statuses=STATUSES,
        justifications=JUSTIFICATIONS,
    )


def edit(view: View) -> Answer:
    said, place = _said(view), view.field("place").strip()
    with view.site.db.read() as tx:
        found = _open(tx, view)
        moves, same = place != found.place, said["package"] == found.terms.package
        said["package_version"] = found.terms.package_version if same else ""
        if said["package"] and not same:
            scope = scopes.opened(tx, view.caller, place, Action.MANAGE)
            said["package"] = packages.as_advised(tx, scope, found.terms.vulnerability, said["package"])[0]
    # A day stands for its end; what ends within it and was not touched stays as it is.
    until = found.terms.expires_at
    terms = found.terms.but(**said, expires_at=until if view.field("expires") == days.shown(until) else _end(view))
    with view.site.db.write() as tx:
        found = _open(tx, view)
        shall = scopes.opened(tx, view.caller, place, Action.MANAGE) if moves else None
        waivers.edit(tx, view.caller.actor, found, terms, at=view.site.now(), expected=view.version, scope=shall)
    return view.go("/console/waivers", view.say(_("Saved.")))


def ask_end(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = _open(tx, view)
    return view.show("waiver_end.html", waiver=found)


def end(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = _open(tx, view)
        waivers.end(tx, view.caller.actor, found, at=view.site.now(), expected=view.version)
    return view.go("/console/waivers", view.say(_("Ended.")))


def _end(view: View) -> datetime:
    expires = days.end_of(view, "expires")
    if expires is None:
        raise FieldInvalid("expires_at", view.say(_("A day such as 2026-12-31.")))
    return expires


def _said(view: View) -> dict[str, Any]:  # Any: parts of terms
    return {
        **{name: view.field(name).strip() for name in ("package", "reason", "owner", "impact")},
        "status": next((each for each in STATUSES if each == view.field("status")), STATUSES[0]),
        "justification": next((each for each in JUSTIFICATIONS if each == view.field("justification")), ""),
    }


def _filter(tx: Connection, view: View, place: str) -> Filter:
    return Filter(
        scope=scopes.opened(tx, view.caller, place) if place else None,
        vulnerability=(view.asked("vulnerability") or "").strip() or None,
        owner=(view.asked("owner") or "").strip() or None,
        state=next((each for each in STATES if each == view.asked("state")), None),
    )


def _managed(tx: Connection, rights: Rights, numbers: Collection[int]) -> set[int]:
    """Those that somebody with these rights may change."""
    place = (registry.c.id, registry.c.name, registry.c.visibility, repository.c.id, repository.c.name)
    query = select(waiver.c.id, *place).select_from(scopes.joined()).where(waiver.c.id.in_(numbers))
    return {row[0] for row in tx.execute(query) if Action.MANAGE in rights.on(Place(*row[1:]))}


def _place(view: View) -> str:
    return (view.asked("place") or "").strip()[:LONGEST]


def _back(view: View) -> str:
    """To the result that a finding was waived in, else to the list."""
    place, digest = _place(view), view.asked("digest")
    return (
        f"/console/images/{quoted(place)}/-/tags/{quoted(digest)}/vulnerabilities"
        if place and digest
        else "/console/waivers"
    )


def _open(tx: Connection, view: View) -> Waiver:
    """One that the caller may change. Raises `WaiverUnknown`."""
    given = view.params["number"]
    number = int(given) if given.isdecimal() and len(given) < DIGITS else 0
    found = waivers.find(tx, number, sight.of(tx, view.caller.principal))
    path = "/".join(part for part in (found.registry, found.repository) if part)
    opening.open_place(tx, view.caller, path, Action.MANAGE)
    return found


ROUTES = (
    get("/waivers", show),
    get("/waivers/-/new", ask),
    post("/waivers/-/new", make, "waiver.create", ask),
    get("/waivers/{number}/edit", ask_edit),
    post("/waivers/{number}/edit", edit, "waiver.edit", ask_edit),
    get("/waivers/{number}/end", ask_end),
    post("/waivers/{number}/end", end, "waiver.end", ask_end),
)
