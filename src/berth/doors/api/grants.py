"""Grants at this door: who may do what where, given by those who may admin the place."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import ColumnElement, Connection

from berth.db.tables import account, grant_
from berth.doors.api import given as parts
from berth.doors.api import paging
from berth.doors.api.given import PerhapsExpected, TheCaller, TheSite
from berth.doors.api.shapes import people as shapes
from berth.doors.api.shapes.people import Grants, GrantSet, GrantsWanted
from berth.people import accounts, grants
from berth.people.callers import Caller
from berth.people.grants import Grant
from berth.registry import opening
from berth.words import actions
from berth.words.actions import Action

router = APIRouter(tags=["grants"])

ONE = "/grants/{user}/{place:path}"


@router.get("/grants", name="grant.list", response_model=Grants)
def list_grants(
    wanted: Annotated[GrantsWanted, Query()], site: TheSite, caller: TheCaller, request: Request, response: Response
) -> dict[str, Any]:
    """List grants: your own; those on a place that you may admin; for administrators, all."""
    with site.db.read() as tx:
        where = _where(tx, caller, wanted)
        found = grants.page(tx, wanted.wanted(wanted.sort), *where)
    return paging.turned(request, response, found, wanted.sort, _shown)


def _where(tx: Connection, caller: Caller, wanted: GrantsWanted) -> list[ColumnElement[bool]]:
    where = []
    if wanted.user is not None:
        where.append(account.c.name == wanted.user)
    own = wanted.user in (None, caller.principal.name)
    if wanted.place is not None:
        needed = () if own and wanted.user is not None else (Action.ADMIN,)
        where.append(grants.at_place(opening.open_place(tx, caller, wanted.place, *needed)))
    elif not opening.is_operator(caller):
        where.append(grant_.c.account_id == caller.principal.account_id)
    return where


@router.get(ONE, name="grant.show", response_model=shapes.Grant)
def show_grant(user: str, place: str, site: TheSite, caller: TheCaller, response: Response) -> shapes.Grant:
    """Show what a user may do in `registry` or `registry/repository` by grant."""
    needed = () if user == caller.principal.name else (Action.ADMIN,)
    with site.db.read() as tx:
        where = opening.open_place(tx, caller, place, *needed)
        found = grants.find(tx, accounts.find(tx, user), where)
    parts.tag(response, found.version)
    return _shown(found)


@router.put(ONE, name="grant.give", response_model=shapes.Grant)
def set_grant(
    user: str,
    place: str,
    given: GrantSet,
    expected: PerhapsExpected,
    site: TheSite,
    caller: TheCaller,
    response: Response,
) -> shapes.Grant:
    """Let a user do exactly this in a place. Needs the right to admin there."""
    with site.db.write() as tx:
        where = opening.open_place(tx, caller, place, Action.ADMIN)
        whom = accounts.find(tx, user)
        grants.expect(tx, whom, where, expected)
        grants.replace(tx, caller.actor, whom, where, actions.parse(given.actions), at=site.now())
        found = grants.find(tx, whom, where)
    parts.tag(response, found.version)
    return _shown(found)


@router.delete(ONE, name="grant.take", status_code=204)
def take_grant(user: str, place: str, expected: PerhapsExpected, site: TheSite, caller: TheCaller) -> None:
    """Take a grant away. Needs the right to admin in the place."""
    with site.db.write() as tx:
        where = opening.open_place(tx, caller, place, Action.ADMIN)
        whom = accounts.find(tx, user)
        grants.expect(tx, whom, where, expected)
        grants.take(tx, caller.actor, whom, where, at=site.now())


def _shown(grant: Grant) -> shapes.Grant:
    return shapes.Grant(
        user=grant.user,
        place=grant.place,
        actions=[action.value for action in Action if action in grant.actions],
        version=grant.version,
        created_by=grant.created_by,
        created_at=grant.created_at,
    )
