"""The first administrator, without whom nobody could make anybody."""

import secrets

from sqlalchemy import select

from berth.audit.events import SYSTEM
from berth.db.tables import account
from berth.people import accounts, passwords
from berth.site import Site
from berth.words.errors import AlreadyExists

NAME = "admin"


def first_administrator(site: Site) -> str | None:
    """Make `admin` when there is no account yet. Returns the password that was made up for it, to be shown once."""
    with site.db.read() as tx:
        if tx.scalar(select(account.c.id).limit(1)) is not None:
            return None
    given = site.settings.admin_password
    password = secrets.token_urlsafe(12) if given is None else given.get_secret_value()
    hashed = passwords.hashed(password)
    try:
        with site.db.write() as tx:
            accounts.create(tx, SYSTEM, NAME, at=site.now(), password=hashed, administrator=True)
    except AlreadyExists:  # by another process that started at the same time
        return None
    return password if given is None else None
