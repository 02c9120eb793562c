"""Keys that all replicas sign with, kept in the database: one for each purpose, made at first need.

Of two processes that make one, the first is believed. A key never changes, and lives as long as its database.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from berth.db import insert_ignore
from berth.db.tables import signing_key
from berth.site import Site


@dataclass(frozen=True)
class Made:
    id: str
    private: str


def kept(site: Site, purpose: str, make: Callable[[], Made]) -> str:
    """The private key, as it was written when it was made."""
    return _read(site, purpose) or _keep(site, purpose, make())


def _read(site: Site, purpose: str) -> str | None:
    with site.db.read() as tx:
        return tx.scalar(select(signing_key.c.private).where(signing_key.c.purpose == purpose))


def _keep(site: Site, purpose: str, made: Made) -> str:
    values = {"id": made.id, "purpose": purpose, "private": made.private, "created_at": site.now()}
    with site.db.write() as tx:
        insert_ignore(tx, signing_key, values)
    return _read(site, purpose) or made.private
