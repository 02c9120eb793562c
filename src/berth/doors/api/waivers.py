"""Waivers at this door: who takes responsibility for which finding, where, and until when."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import Connection

from berth.doors.api import given as parts
from berth.doors.api import paging
from berth.doors.api.given import Expected, PerhapsExpected, TheCaller, TheSite
from berth.doors.api.shapes import waivers as shapes
from berth.doors.api.shapes.waivers import NewWaiver, Waivers, WaiversWanted
from berth.people import sight
from berth.people.callers import Caller
from berth.registry import opening
from berth.restriction import packages, scopes, waivers
from berth.restriction.scopes import Scope
from berth.restriction.terms import Terms
from berth.restriction.waivers import Filter, Waiver
from berth.site import Site
from berth.words.actions import Action

router = APIRouter(tags=["waivers"])

WAIVERS = "/waivers"
ONE = WAIVERS + "/{number}"
Number = Annotated[int, Path(ge=1, le=1 << 53, examples=[17])]


@router.get(WAIVERS, name="waiver.list", response_model=Waivers)
def list_waivers(
    wanted: Annotated[WaiversWanted, Query()], site: TheSite, caller: TheCaller, request: Request, response: Response
) -> dict[str, Any]:
    """List the waivers that count where you see something, those that were over first."""
    now = site.now()
    with site.db.read() as tx:
        asked = _filter(tx, caller, wanted)
        seen = sight.of(tx, caller.principal)
        found = waivers.page(tx, wanted.wanted(wanted.sort), seen, asked, at=now)
    return paging.turned(request, response, found, wanted.sort, lambda each: shown(each, site))


@router.post(WAIVERS, name="waiver.create", status_code=201)
def create_waiver(given: NewWaiver, site: TheSite, caller: TheCaller, response: Response) -> shapes.Waiver:
    """Waive a vulnerability in a registry, repository, image or digest. Needs the right to manage there.

    It takes findings away from what pulls are judged by; counts and lists of findings stay as they are.
    """
    fields = given.model_dump(exclude={"place", "owner"})
    terms = Terms(**fields, owner=given.owner or caller.principal.name)
    with site.db.read() as tx:
        scope = scopes.opened(tx, caller, given.place, Action.MANAGE)
        terms = terms.but(**_advised(tx, scope, terms))
    with site.db.write() as tx:
        scope = scopes.opened(tx, caller, given.place, Action.MANAGE)
        number = waivers.create(tx, caller.actor, scope, terms, at=site.now())
        made = waivers.find(tx, number)
    response.headers["Location"] = f"/api/v1{WAIVERS}/{number}"
    parts.tag(response, made.version)
    return shown(made, site)


@router.get(ONE, name="waiver.show")
def show_waiver(number: Number, site: TheSite, caller: TheCaller, response: Response) -> shapes.Waiver:
    """Show a waiver."""
    with site.db.read() as tx:
        found = waivers.find(tx, number, sight.of(tx, caller.principal))
    parts.tag(response, found.version)
    return shown(found, site)


@router.patch(ONE, name="waiver.edit")
def edit_waiver(
    number: Number, given: shapes.WaiverEdit, expected: Expected, site: TheSite, caller: TheCaller, response: Response
) -> shapes.Waiver:
    """Say a waiver anew, or for another place or package, or renew one that has expired.

    Needs the right to manage where it counts, and where it shall.
    """
    fields = given.model_dump(exclude={"place"})
    if given.package:
        with site.db.read() as tx:
            asked = _open(tx, caller, number)
            scope = scopes.opened(tx, caller, given.place or asked.place, Action.MANAGE)
            fields |= _advised(tx, scope, asked.terms.but(**fields))
    with site.db.write() as tx:
        found = _open(tx, caller, number)
        shall = None if given.place is None else scopes.opened(tx, caller, given.place, Action.MANAGE)
        terms = found.terms.but(**fields)
        waivers.edit(tx, caller.actor, found, terms, at=site.now(), expected=expected, scope=shall)
        found = waivers.find(tx, number)
    parts.tag(response, found.version)
    return shown(found, site)


@router.post(ONE + "/end", name="waiver.end")
def end_waiver(
    number: Number, expected: PerhapsExpected, site: TheSite, caller: TheCaller, response: Response
) -> shapes.Waiver:
    """End a waiver before its time. Needs the right to manage where it counts."""
    with site.db.write() as tx:
        found = _open(tx, caller, number)
        waivers.end(tx, caller.actor, found, at=site.now(), expected=expected)
        found = waivers.find(tx, number)
    parts.tag(response, found.version)
    return shown(found, site)


def _advised(tx: Connection, scope: Scope, terms: Terms) -> dict[str, str]:
    """The package as advisories call it; looked up before anybody has to wait for this one to write."""
    name, version = packages.as_advised(tx, scope, terms.vulnerability, terms.package, terms.package_version)
    return {"package": name, "package_version": version}


def _filter(tx: Connection, caller: Caller, wanted: WaiversWanted) -> Filter:
    return Filter(
        scope=None if wanted.place is None else scopes.opened(tx, caller, wanted.place),
        vulnerability=wanted.vulnerability,
        package=wanted.package or None,
        owner=wanted.owner or None,
        state=wanted.state,
        expires_before=wanted.expires_before,
    )


def shown(found: Waiver, site: Site) -> shapes.Waiver:
    facts = {**vars(found.terms), **vars(found), "state": found.state(at=site.now())}
    return shapes.Waiver.model_validate(facts)


def _open(tx: Connection, caller: Caller, number: int) -> Waiver:
    """One that the caller may change."""
    found = waivers.find(tx, number, sight.of(tx, caller.principal))
    if found.repository:
        opening.open_repository(tx, caller, found.registry, found.repository, Action.MANAGE)
    else:
        opening.open_registry(tx, caller, found.registry, Action.MANAGE)
    return found
