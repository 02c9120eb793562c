"""Access keys at this door: everybody's own, and for administrators all."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import ColumnElement, Connection, and_, or_

from berth.db.tables import access_key, account
from berth.doors.api import paging
from berth.doors.api.given import TheCaller, TheSite
from berth.doors.api.shapes import people as shapes
from berth.doors.api.shapes.people import Keys, KeysWanted, NewKey, NewlyMadeKey
from berth.people import accounts, keys
from berth.people.access import Scope
from berth.people.callers import Caller
from berth.registry import opening
from berth.words.errors import Denied, FieldInvalid, KeyUnknown

router = APIRouter(tags=["keys"])


@router.get("/keys", name="key.list", response_model=Keys)
def list_keys(
    wanted: Annotated[KeysWanted, Query()], site: TheSite, caller: TheCaller, request: Request, response: Response
) -> dict[str, Any]:
    """List your keys; for administrators, those of all."""
    now = site.now()
    where = [] if opening.is_operator(caller) else [access_key.c.account_id == caller.principal.account_id]
    if wanted.owner is not None:
        where.append(account.c.name == wanted.owner)
    if wanted.state is not None:
        where.append(_is(wanted.state, now))
    with site.db.read() as tx:
        found = keys.page(tx, wanted.wanted(wanted.sort), *where)
    return paging.turned(request, response, found, wanted.sort, lambda key: shapes.Key(**_shown(key, now)))


@router.post("/keys", name="key.create", status_code=201)
def create_key(given: NewKey, site: TheSite, caller: TheCaller, response: Response) -> NewlyMadeKey:
    """Create a key for yourself; administrators also for others. The secret is in this answer and never again."""
    _unbounded(caller)
    _no_longer_than(caller, given.expires_at)
    scopes = None if given.scopes is None else [Scope.parse(scope) for scope in given.scopes]
    with site.db.write() as tx:
        owner = accounts.find(tx, _owner(caller, given.owner))
        made, secret = keys.create(
            tx,
            caller.actor,
            owner,
            at=site.now(),
            description=given.description,
            scopes=scopes,
            expires_at=given.expires_at,
        )
    response.headers["Location"] = f"/api/v1/keys/{made.id}"
    response.headers["Cache-Control"] = "no-store"
    return NewlyMadeKey(**_shown(made, made.created_at), secret=secret)


@router.get("/keys/{key}", name="key.show")
def show_key(key: str, site: TheSite, caller: TheCaller) -> shapes.Key:
    """Show a key, never its secret."""
    with site.db.read() as tx:
        found = _open(tx, caller, key)
    return shapes.Key(**_shown(found, site.now()))


@router.delete("/keys/{key}", name="key.revoke", status_code=204)
def revoke_key(key: str, site: TheSite, caller: TheCaller) -> None:
    """End a key, and the tokens it has fetched, at once. It stays in the list as revoked."""
    _unbounded(caller)
    with site.db.write() as tx:
        _open(tx, caller, key)
        keys.revoke(tx, caller.actor, key, at=site.now())


def _open(tx: Connection, caller: Caller, key_id: str) -> keys.Key:
    found = keys.find(tx, key_id)
    if not opening.is_operator(caller) and found.owner != caller.principal.name:
        raise KeyUnknown(key_id)
    return found


def _owner(caller: Caller, asked: str | None) -> str:
    if asked in (None, caller.principal.name):
        return caller.principal.name
    opening.operator(caller)
    return str(asked)


def _unbounded(caller: Caller) -> None:
    """A key with scopes could otherwise make itself one without."""
    if caller.principal.scopes is not None:
        raise Denied("a key with scopes may not make or end keys")


def _no_longer_than(caller: Caller, expires_at: datetime | None) -> None:
    """A key that ends could otherwise make itself one that does not."""
    until = caller.principal.good_until
    if until is not None and (expires_at is None or expires_at > until):
        raise FieldInvalid("expires_at", f"no later than that of the key that asks, {until.isoformat()}")


def _is(state: str, now: datetime) -> ColumnElement[bool]:
    revoked = access_key.c.revoked_at.is_not(None)
    expired = and_(~revoked, access_key.c.expires_at <= now)
    active = and_(~revoked, or_(access_key.c.expires_at.is_(None), access_key.c.expires_at > now))
    return {"revoked": revoked, "expired": expired, "active": active}[state]


def _shown(key: keys.Key, now: datetime) -> dict[str, Any]:  # Any: the fields of the shape
    same = ("id", "owner", "description", "expires_at", "revoked_at", "used_at", "created_by", "created_at")
    scopes = None if key.scopes is None else [str(scope) for scope in key.scopes]
    return {**{field: getattr(key, field) for field in same}, "scopes": scopes, "state": key.state(now)}
