"""Changing one's own password."""

from berth.audit.events import Actor
from berth.people import accounts, passwords, sign_in
from berth.site import Site


def change(site: Site, actor: Actor, name: str, old: str, new: str) -> int:
    """Keys, tokens and sessions of the account end at once (SPEC 10); returns how many keys have ended.

    Raises `Unauthenticated` or `TooManyAttempts` for the old password, and `FieldInvalid` for the new one.
    """
    fresh = passwords.hashed(new)
    sign_in.by_password(site, name, old, actor.address)
    with site.db.write() as tx:
        return accounts.reset_password(tx, actor, name, fresh, at=site.now(), action="user.change-password")
