"""Slowing down who guesses: failed sign-ins are counted in the database, so that replicas count together.

A name tried from an address waits from its 5th failure on, an address from its 20th, whatever names it tries, for
many people may share it: 1 s, 2 s, 4 s, ... up to 15 minutes. A failure is forgotten after an hour without another.
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, select, update

from berth.db import upsert
from berth.db.tables import throttle
from berth.words.errors import TooManyAttempts

OF_PAIR = 5
OF_ADDRESS = 20
LONGEST = timedelta(minutes=15)
FORGOTTEN = timedelta(hours=1)
FEW = 50
"""Failures that one more takes along."""


@dataclass(frozen=True)
class Attempt:
    """A sign-in about to be tried: the rows that count it, each with the failure from which it waits."""

    pair: str
    address: str

    @property
    def limits(self) -> dict[str, int]:
        return {self.pair: OF_PAIR, self.address: OF_ADDRESS}


def attempt(name: str, address: str) -> Attempt:
    network = _network(address)
    # Hashed, because a name that was tried may be anything, also a password typed into the wrong field.
    tried = hashlib.sha256(f"{network}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()
    return Attempt(f"pair {tried}", f"address {network}")


def check(tx: Connection, tried: Attempt, at: datetime) -> None:
    """Raises `TooManyAttempts` while the name or the address must wait."""
    until = tx.scalar(select(func.max(throttle.c.until)).where(throttle.c.key.in_(tried.limits)))
    if until is not None and until > at:
        raise TooManyAttempts(retry_after=math.ceil((until - at).total_seconds()))


def count(tx: Connection, tried: Attempt, at: datetime) -> None:
    """Count a failure, and let go of some that are forgotten."""
    purge(tx, at, FEW)
    one_more = case((throttle.c.failed_at < at - FORGOTTEN, 1), else_=throttle.c.failures + 1)
    for key, limit in tried.limits.items():
        new = {"key": key, "failures": 1, "until": at, "failed_at": at}
        upsert(tx, throttle, new, ["key"], {"failures": one_more, "failed_at": at})
        failures = tx.scalar(select(throttle.c.failures).where(throttle.c.key == key)) or 1
        tx.execute(update(throttle).where(throttle.c.key == key).values(until=at + _wait(failures, limit)))


def has_failed(tx: Connection, tried: Attempt) -> bool:
    """Whether `clear` has anything to do."""
    return tx.scalar(select(throttle.c.key).where(throttle.c.key == tried.pair)) is not None


def clear(tx: Connection, tried: Attempt) -> None:
    """Forget the failures of a pair that has signed in. Those of the address stay: anybody may own an account there."""
    tx.execute(delete(throttle).where(throttle.c.key == tried.pair))


def purge(tx: Connection, at: datetime, most: int) -> int:
    """Forget some failures that are long past; returns how many."""
    # Rows that another transaction holds are skipped: waiting for them could be waiting in a circle.
    old = select(throttle.c.key).where(throttle.c.failed_at < at - FORGOTTEN).limit(most)
    return tx.execute(delete(throttle).where(throttle.c.key.in_(old.with_for_update(skip_locked=True)))).rowcount


def _wait(failures: int, limit: int) -> timedelta:
    if failures < limit:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - limit, 20)), LONGEST)


def _network(address: str) -> str:
    """The address, or for IPv6 its network of 64 bits, all of which one customer has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if parsed.version == 4:  # noqa: PLR2004  IPv4
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
