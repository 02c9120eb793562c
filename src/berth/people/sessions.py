"""Sessions: who has signed in with a browser, until their time is over or somebody ends them.

The browser holds a random token, the database its hash. A session ends with its account's epoch, which a new one
replaces when the password changes or the account is disabled.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import account, session
from berth.people import keys, sign_in
from berth.people.access import Principal

LONGEST_TOKEN = 100


@dataclass(frozen=True)
class Session:
    address: str
    agent: str
    created_at: datetime
    expires_at: datetime
    is_this: bool


def start(tx: Connection, principal: Principal, actor: Actor, agent: str, *, at: datetime, hours: int) -> str:
    """A new session of an account; returns the token that the browser keeps."""
    token = secrets.token_urlsafe(32)
    tx.execute(
        insert(session).values(
            hash=keys.digest(token),
            account_id=principal.account_id,
            epoch=principal.epoch,
            address=actor.address[:64],
            agent=agent[:200],
            created_at=at,
            expires_at=at + timedelta(hours=hours),
        )
    )
    events.record(tx, actor, "session.start", principal.name, at=at)
    return token


def principal_of(tx: Connection, token: str, *, at: datetime) -> Principal | None:
    """Whom a token speaks for; None when its session has ended."""
    if len(token) > LONGEST_TOKEN:
        return None
    return sign_in.by_session(tx, keys.digest(token), at=at)


def of(tx: Connection, principal: Principal, token: str, *, at: datetime) -> list[Session]:
    """The sessions of an account that go on, the newest first."""
    live = (session.c.account_id == principal.account_id, session.c.epoch == principal.epoch, session.c.expires_at > at)
    rows = tx.execute(select(session).where(*live).order_by(session.c.created_at.desc()).limit(100)).mappings()
    mine = keys.digest(token)
    return [
        Session(row["address"], row["agent"], row["created_at"], row["expires_at"], row["hash"] == mine) for row in rows
    ]


def end(tx: Connection, token: str, actor: Actor, *, at: datetime) -> None:
    """End one session; no matter if it has ended."""
    if tx.execute(delete(session).where(session.c.hash == keys.digest(token))).rowcount:
        events.record(tx, actor, "session.end", actor.name, at=at)


def end_everywhere(tx: Connection, principal: Principal, actor: Actor, *, at: datetime) -> int:
    """End all sessions of an account, this one too; its keys live on. Returns how many there were."""
    ended = tx.execute(delete(session).where(session.c.account_id == principal.account_id)).rowcount
    events.record(tx, actor, "session.end-everywhere", actor.name, at=at, after={"sessions": ended})
    return ended


def purge(tx: Connection, at: datetime, most: int) -> int:
    """Forget some sessions that have expired, or whose account has a new epoch; returns how many."""
    current = select(account.c.epoch).where(account.c.id == session.c.account_id).scalar_subquery()
    over = select(session.c.hash).where((session.c.expires_at <= at) | (session.c.epoch != current)).limit(most)
    return tx.execute(delete(session).where(session.c.hash.in_(over))).rowcount
