"""Users at this door: for administrators, and everybody sees themselves."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import ColumnElement, Connection

from berth.db.pages import containing
from berth.db.tables import account
from berth.doors.api import given as parts
from berth.doors.api import paging
from berth.doors.api.given import Expected, PerhapsExpected, TheCaller, TheSite
from berth.doors.api.shapes.people import Ended, NewUser, PasswordReset, User, UserEdit, Users, UsersWanted
from berth.people import accounts, passwords
from berth.people.accounts import Account
from berth.people.callers import Caller
from berth.registry import opening
from berth.words.errors import UserUnknown

router = APIRouter(tags=["users"])


@router.get("/users", name="user.list", response_model=Users)
def list_users(
    wanted: Annotated[UsersWanted, Query()], site: TheSite, caller: TheCaller, request: Request, response: Response
) -> dict[str, Any]:
    """List users. Only for administrators."""
    opening.operator(caller)
    with site.db.read() as tx:
        found = accounts.page(tx, wanted.wanted(wanted.sort), *_where(wanted))
    return paging.turned(request, response, found, wanted.sort, User.model_validate)


def _where(wanted: UsersWanted) -> list[ColumnElement[bool]]:
    where = []
    if wanted.name is not None:
        where.append(containing(account.c.name, wanted.name))
    if wanted.kind is not None:
        where.append(account.c.kind == wanted.kind)
    if wanted.administrator is not None:
        where.append(account.c.administrator == wanted.administrator)
    if wanted.disabled is not None:
        where.append(account.c.disabled == wanted.disabled)
    return where


@router.post("/users", name="user.create", status_code=201, response_model=User)
def create_user(given: NewUser, site: TheSite, caller: TheCaller, response: Response) -> Account:
    """Create a person or a robot. Only for administrators."""
    opening.operator(caller)
    hashed = None if given.password is None else passwords.hashed(given.password)
    with site.db.write() as tx:
        made = accounts.create(
            tx,
            caller.actor,
            given.name,
            at=site.now(),
            password=hashed,
            robot=given.kind == "robot",
            administrator=given.administrator,
            description=given.description,
        )
    response.headers["Location"] = f"/api/v1/users/{made.name}"
    parts.tag(response, made.version)
    return made


@router.get("/users/{user}", name="user.show", response_model=User)
def show_user(user: str, site: TheSite, caller: TheCaller, response: Response) -> Account:
    """Show a user: yourself, or for administrators anybody."""
    if not opening.is_operator(caller) and user != caller.principal.name:
        raise UserUnknown(user)
    with site.db.read() as tx:
        found = accounts.find(tx, user)
    parts.tag(response, found.version)
    return found


@router.patch("/users/{user}", name="user.edit", response_model=User)
def edit_user(
    user: str, given: UserEdit, expected: Expected, site: TheSite, caller: TheCaller, response: Response
) -> Account:
    """Disable or enable a user, make them administrator or not, describe them. Only for administrators."""
    opening.operator(caller)
    with site.db.write() as tx:
        accounts.expect(tx, user, expected)
        _edit(tx, caller, user, given, site)
        edited = accounts.find(tx, user)
    parts.tag(response, edited.version)
    return edited


def _edit(tx: Connection, caller: Caller, user: str, given: UserEdit, site: TheSite) -> None:
    told = given.model_fields_set
    if "description" in told:
        accounts.describe(tx, caller.actor, user, given.description, at=site.now())
    if "administrator" in told:
        change = accounts.make_administrator if given.administrator else accounts.unmake_administrator
        change(tx, caller.actor, user, at=site.now())
    if "disabled" in told:
        switch = accounts.disable if given.disabled else accounts.enable
        switch(tx, caller.actor, user, at=site.now())


@router.post("/users/{user}/password", name="user.reset")
def reset_password(user: str, given: PasswordReset, site: TheSite, caller: TheCaller) -> Ended:
    """Set the password of a person. Only for administrators. Their keys, tokens and sessions end at once."""
    opening.operator(caller)
    hashed = passwords.hashed(given.password)
    with site.db.write() as tx:
        return Ended(keys_ended=accounts.reset_password(tx, caller.actor, user, hashed, at=site.now()))


@router.delete("/users/{user}", name="user.delete", status_code=204)
def delete_user(user: str, expected: PerhapsExpected, site: TheSite, caller: TheCaller) -> None:
    """Delete a user with their keys and grants. Only for administrators. What they did keeps their name."""
    opening.operator(caller)
    with site.db.write() as tx:
        accounts.expect(tx, user, expected)
        accounts.remove(tx, caller.actor, user, at=site.now())
