"""Access keys: an id and a secret that speak for an account, within their scopes, until they expire."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from berth.audit import events
from berth.audit.events import Actor
from berth.db import changes, pages
from berth.db.pages import Found, Wanted
from berth.db.tables import access_key, account, refresh_token
from berth.people.access import Scope
from berth.people.accounts import KEY_PREFIX, Account
from berth.words import actions, names
from berth.words.errors import FieldInvalid, KeyUnknown

MAX_SCOPES = 100
SORTS = {"created_at": (access_key.c.created_at, access_key.c.id), "id": (access_key.c.id,)}

Stored = list[list[str]]
"""Scopes as they are stored: [[place, actions], ...]."""


@dataclass(frozen=True)
class Key:
    id: str
    owner: str
    description: str
    scopes: tuple[Scope, ...] | None
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None
    created_by: str
    created_at: datetime

    def state(self, now: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


def create(
    tx: Connection,
    actor: Actor,
    owner: Account,
    *,
    at: datetime,
    description: str = "",
    scopes: Sequence[Scope] | None = None,
    expires_at: datetime | None = None,
) -> tuple[Key, str]:
    """A new key and its secret, which is not kept and so never shown again. Raises `FieldInvalid`."""
    if expires_at is not None and expires_at <= at:
        raise FieldInvalid("expires_at", "it must be in the future")
    if scopes is not None and not 1 <= len(scopes) <= MAX_SCOPES:
        raise FieldInvalid("scopes", f"1 to {MAX_SCOPES} scopes, or none for all that the owner may do")
    key_id, secret = KEY_PREFIX + secrets.token_hex(10), secrets.token_urlsafe(32)
    tx.execute(
        insert(access_key).values(
            id=key_id,
            account_id=owner.id,
            secret_hash=digest(secret),
            description=names.description(description),
            scopes=None if scopes is None else stored(scopes),
            expires_at=expires_at,
            created_by=actor.name,
            created_at=at,
        )
    )
    changes.bump(tx, changes.ACCESS)
    key = find(tx, key_id)
    events.record(tx, actor, "key.create", key_id, at=at, after=_facts(key))
    return key, secret


def find(tx: Connection, key_id: str) -> Key:
    """Raises `KeyUnknown`."""
    row = tx.execute(_keys().where(access_key.c.id == key_id.replace("\0", "�"))).mappings().first()
    if row is None:
        raise KeyUnknown(key_id)
    return _key(row)


def every(tx: Connection, owner: Account | None = None) -> list[Key]:
    """The keys of one account, or of all, the newest first."""
    query = _keys().order_by(access_key.c.created_at.desc(), access_key.c.id)
    if owner is not None:
        query = query.where(access_key.c.account_id == owner.id)
    return [_key(row) for row in tx.execute(query).mappings()]


def page(tx: Connection, wanted: Wanted, *where: ColumnElement[bool]) -> Found[Key]:
    return pages.fetch(tx, _keys().where(*where), SORTS, wanted, _key)


def revoke(tx: Connection, actor: Actor, key_id: str, *, at: datetime) -> None:
    """End a key, and the tokens it has fetched, at once. Raises `KeyUnknown`."""
    key = find(tx, key_id)
    if key.revoked_at is not None:
        return
    tx.execute(update(access_key).where(access_key.c.id == key_id).values(revoked_at=at))
    tx.execute(delete(refresh_token).where(refresh_token.c.key_id == key_id))
    changes.bump(tx, changes.ACCESS)
    events.record(tx, actor, "key.revoke", key_id, at=at, before=_facts(key))


def digest(secret: str) -> str:
    """Secrets are 256 random bits, so a plain hash is as good as a slow one, and free on every request."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def stored(scopes: Sequence[Scope]) -> Stored:
    return [[scope.place, actions.join(scope.actions)] for scope in scopes]


def read_scopes(document: Stored | None) -> tuple[Scope, ...] | None:
    """The inverse of `stored`."""
    if document is None:
        return None
    return tuple(Scope(place, actions.split(line)) for place, line in document)


def _keys() -> Select[Any]:  # Any: rows are read by name
    return select(access_key, account.c.name.label("owner")).join_from(access_key, account)


def _key(row: RowMapping) -> Key:
    values = {field: row[field] for field in Key.__dataclass_fields__}
    return Key(**{**values, "scopes": read_scopes(row["scopes"])})


def _facts(key: Key) -> events.Facts:
    return {
        "owner": key.owner,
        "description": key.description,
        "scopes": None if key.scopes is None else [str(scope) for scope in key.scopes],
        "expires_at": None if key.expires_at is None else key.expires_at.isoformat(),
    }


class KeyUse:
    """When keys were used: kept in memory, written in bulk, at most once per key and minute."""

    EVERY = timedelta(minutes=1)

    def __init__(self) -> None:
        self._lock = Lock()
        self._used: dict[str, datetime] = {}
        self._written: dict[str, datetime] = {}

    def record(self, key_id: str, at: datetime) -> None:
        self._used[key_id] = at

    def flush(self, tx: Connection, *, everything: bool = False) -> int:
        """Write what is due, or, at shutdown, everything; returns how many keys were written."""
        with self._lock:
            due = self._take(everything=everything)
        if due:
            key_id, at = access_key.c.id, access_key.c.used_at
            newer = and_(key_id == bindparam("key"), or_(at.is_(None), at < bindparam("at")))
            tx.execute(
                update(access_key).where(newer).values(used_at=bindparam("at")),
                [{"key": key, "at": when} for key, when in sorted(due.items())],
            )
        return len(due)

    def _take(self, *, everything: bool) -> dict[str, datetime]:
        due = {}
        for key_id, at in list(self._used.items()):
            written = self._written.get(key_id)
            if everything or written is None or at - written >= self.EVERY:
                due[key_id] = at
                # A use between the look above and this line is newer; it waits for the next flush.
                if self._used.get(key_id) == at:
                    del self._used[key_id]
        self._written.update(due)
        latest = max(self._written.values(), default=None)
        if latest is not None:
            self._written = {key: at for key, at in self._written.items() if latest - at < self.EVERY}
        return due
