"""Identities: whom a provider of OpenID Connect vouches for, and which account that is here.

An identity is the provider's address and its own, lasting word for the person (`sub`), never a name or a mail address:
those can be given to somebody else.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from berth.audit import events
from berth.audit.events import Actor
from berth.db import insert_ignore
from berth.db.tables import identity
from berth.people import accounts, sign_in
from berth.people.access import Principal
from berth.people.passwords import Hash
from berth.words.errors import AlreadyExists, Unauthenticated

LONGEST = 255


def principal_of(tx: Connection, issuer: str, subject: str, *, at: datetime) -> Principal | None:
    """Raises `Unauthenticated` when the account may no longer sign in."""
    query = select(identity.c.account_id).where(identity.c.issuer == issuer, identity.c.subject == subject)
    account_id = tx.scalar(query)
    return None if account_id is None else sign_in.by_id(tx, account_id, None, at=at)


def link(tx: Connection, actor: Actor, name: str, issuer: str, subject: str, *, at: datetime) -> None:
    """Let an account sign in so from now on. Raises `AlreadyExists` when the identity is another account's."""
    if not subject or len(subject) > LONGEST:
        raise Unauthenticated("the provider names nobody")
    user = accounts.find(tx, name)
    values = {"issuer": issuer, "subject": subject, "account_id": user.id, "created_at": at}
    if insert_ignore(tx, identity, values):
        events.record(tx, actor, "user.link", name, at=at, after={"issuer": issuer, "subject": subject})
        return
    query = select(identity.c.account_id).where(identity.c.issuer == issuer, identity.c.subject == subject)
    if tx.scalar(query) != user.id:
        raise AlreadyExists("identity", subject)


def welcome(
    tx: Connection, actor: Actor, name: str, issuer: str, subject: str, *, at: datetime, password: Hash
) -> Principal:
    """A new account, without any right; its password is one that nobody knows.

    Raises `NameInvalid`, and `AlreadyExists` for a name that is taken: whoever has it links their identity themselves.
    """
    made = accounts.create(tx, actor, name, at=at, password=password)
    link(tx, actor, name, issuer, subject, at=at)
    return sign_in.by_id(tx, made.id, None, at=at)
