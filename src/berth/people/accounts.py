"""Accounts: persons, who have a password, and robots, who only own keys."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import changes, insert_ignore, pages, versions
from berth.db.pages import Found, Wanted
from berth.db.tables import access_key, account, refresh_token
from berth.people.passwords import Hash
from berth.words import names
from berth.words.errors import AlreadyExists, FieldInvalid, LastAdministrator, NameInvalid, UserUnknown

RESERVED = ("anonymous", "policy", "system")
SORTS = {
    "name": (account.c.name,),
    "created_at": (account.c.created_at, account.c.id),
    "edited_at": (account.c.edited_at, account.c.id),
}
KEY_PREFIX = "bk_"
"""Ids of keys begin so, and names of accounts do not: `docker login` takes either."""


@dataclass(frozen=True)
class Account:
    id: int
    name: str
    kind: str
    administrator: bool
    disabled: bool
    description: str
    version: int
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime

    @property
    def is_robot(self) -> bool:
        return self.kind == "robot"


def create(
    tx: Connection,
    actor: Actor,
    name: str,
    *,
    at: datetime,
    password: Hash | None = None,
    robot: bool = False,
    administrator: bool = False,
    description: str = "",
) -> Account:
    """A person needs the hash of a password, a robot has none.

    Raises `NameInvalid`, `FieldInvalid`, `AlreadyExists`.
    """
    if robot != (password is None):
        raise FieldInvalid("password", "a robot has none" if robot else "a person needs one")
    facts = {
        "kind": "robot" if robot else "person",
        "administrator": administrator,
        "description": names.description(description),
    }
    values = {**facts, "password_hash": password, "epoch": _epoch(), "disabled": False, **_made(actor, at)}
    if not insert_ignore(tx, account, {"name": _name(name), **values}):
        raise AlreadyExists("user", name)
    changes.bump(tx, changes.ACCESS)
    events.record(tx, actor, "user.create", name, at=at, after=facts)
    return find(tx, name)


def find(tx: Connection, name: str) -> Account:
    """Raises `UserUnknown`."""
    row = tx.execute(select(*_COLUMNS).where(account.c.name == _printable(name))).mappings().first()
    if row is None:
        raise UserUnknown(name)
    return _account(row)


def every(tx: Connection, *, after: str = "", limit: int | None = None) -> list[Account]:
    """Accounts by name, those after `after`."""
    rows = tx.execute(select(*_COLUMNS).where(account.c.name > after).order_by(account.c.name).limit(limit)).mappings()
    return [_account(row) for row in rows]


def page(tx: Connection, wanted: Wanted, *where: ColumnElement[bool]) -> Found[Account]:
    return pages.fetch(tx, select(*_COLUMNS).where(*where), SORTS, wanted, _account)


def expect(tx: Connection, name: str, version: int | None) -> Account:
    """An account as somebody has read it, kept so to the end of the transaction. Raises `UserUnknown`, `Stale`."""
    found = find(tx, name)
    versions.expect(tx, account, found.id, version)
    return found


def describe(tx: Connection, actor: Actor, name: str, description: str, *, at: datetime) -> None:
    before = find(tx, name)
    _edit(tx, actor, before, "user.describe", at=at, description=names.description(description))


def disable(tx: Connection, actor: Actor, name: str, *, at: datetime) -> None:
    """Its keys, tokens and sessions end at once, and stay ended. Raises `UserUnknown`, `LastAdministrator`."""
    before = find(tx, name)
    _another_administrator(tx, before)
    if not before.disabled:
        _edit(tx, actor, before, "user.disable", at=at, disabled=True)
        end_all(tx, before.id, at=at)


def enable(tx: Connection, actor: Actor, name: str, *, at: datetime) -> None:
    before = find(tx, name)
    if before.disabled:
        _edit(tx, actor, before, "user.enable", at=at, disabled=False)


def make_administrator(tx: Connection, actor: Actor, name: str, *, at: datetime) -> None:
    before = find(tx, name)
    if not before.administrator:
        _edit(tx, actor, before, "user.make-administrator", at=at, administrator=True)


def unmake_administrator(tx: Connection, actor: Actor, name: str, *, at: datetime) -> None:
    """Raises `LastAdministrator`."""
    before = find(tx, name)
    _another_administrator(tx, before)
    if before.administrator:
        _edit(tx, actor, before, "user.unmake-administrator", at=at, administrator=False)


def reset_password(
    tx: Connection, actor: Actor, name: str, password: Hash, *, at: datetime, action: str = "user.reset"
) -> int:
    """Set a password; keys, tokens and sessions end at once (SPEC 10). Returns how many keys have ended."""
    before = find(tx, name)
    if before.is_robot:
        raise FieldInvalid("password", f"{name!r} is a robot account, which has keys and no password")
    tx.execute(update(account).where(account.c.id == before.id).values(password_hash=password))
    ended = end_all(tx, before.id, at=at)
    _edit(tx, actor, before, action, at=at)
    return ended


def remove(tx: Connection, actor: Actor, name: str, *, at: datetime) -> None:
    """Delete an account with its keys, tokens and grants; what it did keeps its name."""
    before = find(tx, name)
    _another_administrator(tx, before)
    tx.execute(delete(account).where(account.c.id == before.id))
    changes.bump(tx, changes.ACCESS)
    facts = {"kind": before.kind, "administrator": before.administrator, "description": before.description}
    events.record(tx, actor, "user.delete", name, at=at, before=facts)


def end_all(tx: Connection, account_id: int, *, at: datetime) -> int:
    """End every key, token and session of an account; returns how many keys have ended."""
    tx.execute(update(account).where(account.c.id == account_id).values(epoch=_epoch()))
    tx.execute(delete(refresh_token).where(refresh_token.c.account_id == account_id))
    live = (access_key.c.account_id == account_id, access_key.c.revoked_at.is_(None))
    ended = tx.execute(update(access_key).where(*live).values(revoked_at=at)).rowcount
    changes.bump(tx, changes.ACCESS)
    return ended


def _another_administrator(tx: Connection, leaving: Account) -> None:
    """Only persons count: a robot's keys may all have ended. The rows are locked, so that two cannot leave at once."""
    if not leaving.administrator or leaving.disabled or leaving.is_robot:
        return
    active = (account.c.administrator, ~account.c.disabled, account.c.kind == "person")
    ids = tx.scalars(select(account.c.id).where(*active).order_by(account.c.id).with_for_update()).all()
    if not set(ids) - {leaving.id}:
        raise LastAdministrator(leaving.name)


def _edit(
    tx: Connection, actor: Actor, before: Account, action: str, *, at: datetime, **changed: Any
) -> None:  # Any: columns of the account
    edited = {"edited_by": actor.name, "edited_at": at, "version": account.c.version + 1}
    tx.execute(update(account).where(account.c.id == before.id).values(**changed, **edited))
    changes.bump(tx, changes.ACCESS)
    old = {field: getattr(before, field) for field in changed}
    events.record(tx, actor, action, before.name, at=at, before=old or None, after=changed or None)


_FIELDS = tuple(Account.__dataclass_fields__)
_COLUMNS = [account.c[field] for field in _FIELDS]


def _account(row: RowMapping) -> Account:
    return Account(**{field: row[field] for field in _FIELDS})


def _made(actor: Actor, at: datetime) -> dict[str, object]:
    return {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}


def _name(text: str) -> str:
    if text in RESERVED or text.startswith(KEY_PREFIX):
        raise NameInvalid(
            "user name", text, f"{', '.join(RESERVED)} and names that begin with {KEY_PREFIX!r} are taken"
        )
    return names.user(text)


def _printable(name: str) -> str:
    # PostgreSQL refuses a NUL in a text; no name has one.
    return name.replace("\0", "�")


def _epoch() -> str:
    return secrets.token_urlsafe(16)
