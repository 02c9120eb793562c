"""Finding out who asks: by a user's name and password, by a key's id and secret, or by what a token refers to."""

import hmac
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, and_, select, update

from berth.db.tables import access_key, account, session
from berth.people import keys, passwords, throttle
from berth.people.access import Principal
from berth.people.accounts import KEY_PREFIX
from berth.people.passwords import Hash
from berth.people.throttle import Attempt
from berth.site import Site
from berth.words.errors import Unauthenticated

REFUSED = "wrong user name or password, or wrong access key"
LONGEST_NAME = 64


def by_password(site: Site, name: str, secret: str, address: str) -> Principal:
    """Whoever has this name and password, or this key id and secret.

    Raises `Unauthenticated`, in the same words whatever was wrong, or `TooManyAttempts`. To be called in a thread.
    """
    tried = throttle.attempt(name, address)
    found = _by_key(site, tried, name, secret) if name.startswith(KEY_PREFIX) else _by_name(site, tried, name, secret)
    if found is None:
        raise Unauthenticated(REFUSED)
    return found


def by_id(tx: Connection, account_id: int, key_id: str | None, *, at: datetime, epoch: str | None = None) -> Principal:
    """The account, or key of it, that a token speaks for, as it is now; its epoch must be the one given, if any.

    Raises `Unauthenticated` once the account, the key or the epoch has ended.
    """
    query = _people() if key_id is None else _key_holders().where(access_key.c.id == key_id)
    row = tx.execute(query.where(account.c.id == account_id)).mappings().first()
    principal = None if row is None else _principal(row, at)
    if principal is None or epoch not in (None, principal.epoch):
        raise Unauthenticated("the token is no longer good")
    return principal


def by_session(tx: Connection, token_hash: str, *, at: datetime) -> Principal | None:
    """Whom a session speaks for; None when it has ended, or its account's epoch has."""
    joined = _people().join_from(session, account, account.c.id == session.c.account_id)
    live = (session.c.hash == token_hash, session.c.expires_at > at, session.c.epoch == account.c.epoch)
    row = tx.execute(joined.where(*live)).mappings().first()
    return None if row is None else _principal(row, at)


def _by_key(site: Site, tried: Attempt, key_id: str, secret: str) -> Principal | None:
    with site.db.read() as tx:
        throttle.check(tx, tried, site.now())
        row = _look_up(tx, _key_holders().where(access_key.c.id == key_id), key_id)
        failed = throttle.has_failed(tx, tried)
    right = hmac.compare_digest(keys.digest(secret), "" if row is None else row["secret_hash"])
    principal = _principal(row, site.now()) if row is not None and right else None
    if principal is None:
        _count(site, tried)
        return None
    return _welcome(site, tried, principal, failed=failed)


def _by_name(site: Site, tried: Attempt, name: str, secret: str) -> Principal | None:
    with site.db.read() as tx:
        throttle.check(tx, tried, site.now())
    with passwords.turn():
        # Once more, because attempts that came together may have failed while this one waited for its turn.
        with site.db.read() as tx:
            throttle.check(tx, tried, site.now())
            row = _look_up(tx, _people().where(account.c.name == name), name)
            failed = throttle.has_failed(tx, tried)
        stored = None if row is None else row["password_hash"]
        right = passwords.verify(stored, secret)
        principal = _principal(row, site.now()) if row is not None and right else None
        if principal is None:
            _count(site, tried)  # in turn, so that whoever is next finds it counted
            return None
    if row is not None and stored is not None and passwords.is_outdated(stored):
        _renew(site, row, secret)
    return _welcome(site, tried, principal, failed=failed)


def _look_up(tx: Connection, query: Select[*tuple[object, ...]], name: str) -> RowMapping | None:
    if len(name) > LONGEST_NAME or not name.isprintable():
        return None
    return tx.execute(query).mappings().first()


def _count(site: Site, tried: Attempt) -> None:
    with site.db.write(durable=False) as tx:
        throttle.count(tx, tried, site.now())


def _welcome(site: Site, tried: Attempt, principal: Principal, *, failed: bool) -> Principal:
    if failed:
        with site.db.write(durable=False) as tx:
            throttle.clear(tx, tried)
    return principal


def _renew(site: Site, row: RowMapping, secret: str) -> None:
    """Hash a password anew with today's parameters, unless it has been changed meanwhile."""
    fresh: Hash = passwords.hashed(secret)
    same = and_(account.c.id == row["id"], account.c.password_hash == row["password_hash"])
    with site.db.write(durable=False) as tx:
        tx.execute(update(account).where(same).values(password_hash=fresh))


_ACCOUNT = (
    account.c.id,
    account.c.name,
    account.c.administrator,
    account.c.disabled,
    account.c.epoch,
    account.c.password_hash,
)
_KEY = (
    access_key.c.id.label("key_id"),
    access_key.c.secret_hash,
    access_key.c.scopes,
    access_key.c.expires_at,
    access_key.c.revoked_at,
)


def _people() -> Select[*tuple[object, ...]]:
    return select(*_ACCOUNT)


def _key_holders() -> Select[*tuple[object, ...]]:
    return select(*_ACCOUNT, *_KEY).join_from(access_key, account)


def _principal(row: RowMapping, at: datetime) -> Principal | None:
    """None for an account or key that may not sign in any more."""
    key_id = row.get("key_id")
    if row["disabled"] or (key_id is not None and _has_ended(row, at)):
        return None
    return Principal(
        account_id=row["id"],
        name=row["name"],
        administrator=row["administrator"],
        key_id=key_id,
        scopes=keys.read_scopes(row.get("scopes")),
        good_until=row.get("expires_at"),
        epoch=row["epoch"],
    )


def _has_ended(row: RowMapping, at: datetime) -> bool:
    return row["revoked_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= at)
