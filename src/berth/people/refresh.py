"""Refresh tokens: long-lived, opaque and revocable; a client keeps one in place of a password."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from berth.db.tables import refresh_token
from berth.people import keys, sign_in
from berth.people.access import Principal
from berth.words.errors import Unauthenticated

FEW = 50
"""Expired tokens that a new one takes along."""


def issue(tx: Connection, principal: Principal, service: str, *, at: datetime, days: int) -> str:
    """A new token for an account, and for the key it has signed in with. Forgets some that have expired."""
    purge(tx, at, FEW)
    token = secrets.token_urlsafe(32)
    tx.execute(
        insert(refresh_token).values(
            hash=keys.digest(token),
            account_id=principal.account_id,
            key_id=principal.key_id,
            service=service,
            created_at=at,
            expires_at=at + timedelta(days=days),
        )
    )
    return token


def principal_of(tx: Connection, token: str, service: str, *, at: datetime) -> Principal:
    """Whom a refresh token speaks for. Raises `Unauthenticated`."""
    row = tx.execute(
        select(refresh_token.c.account_id, refresh_token.c.key_id).where(
            refresh_token.c.hash == keys.digest(token),
            refresh_token.c.service == service,
            refresh_token.c.expires_at > at,
        )
    ).first()
    if row is None:
        raise Unauthenticated("the refresh token is no longer good")
    return sign_in.by_id(tx, row.account_id, row.key_id, at=at)


def revoke(tx: Connection, token: str) -> None:
    """End one token; no matter if there is none."""
    tx.execute(delete(refresh_token).where(refresh_token.c.hash == keys.digest(token)))


def purge(tx: Connection, at: datetime, most: int) -> int:
    """Forget some tokens that have expired; returns how many."""
    expired = select(refresh_token.c.hash).where(refresh_token.c.expires_at <= at).limit(most)
    # Rows that another transaction holds are skipped: waiting for them could be waiting in a circle.
    mine = refresh_token.c.hash.in_(expired.with_for_update(skip_locked=True))
    return tx.execute(delete(refresh_token).where(mine)).rowcount
