"""Passwords: argon2id hashes, and the turns that bound how much memory hashing takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from berth.words.errors import FieldInvalid, TooManyAttempts

SHORTEST = 8
LONGEST = 256

Hash = NewType("Hash", str)

# 19 MiB, two passes: OWASP's recommendation for argon2id. With two turns, hashing never takes more than 38 MiB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = 2
_WAITING = 24

_turns = BoundedSemaphore(_AT_ONCE)
_places = BoundedSemaphore(_AT_ONCE + _WAITING)

_DUMMY = Hash(_HASHER.hash("the password of nobody"))


@contextmanager
def turn() -> Iterator[None]:
    """Wait to be one of the two who hash.

    Raises `TooManyAttempts` when too many wait already: a flood of sign-ins must not hold every thread there is.
    """
    if not _places.acquire(blocking=False):
        raise TooManyAttempts(retry_after=1)
    try:
        with _turns:
            yield
    finally:
        _places.release()


def hashed(password: str) -> Hash:
    """Outside any transaction, for it takes its time. Raises `FieldInvalid` for one too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise FieldInvalid("password", f"{SHORTEST} to {LONGEST} characters")
    with turn():
        return Hash(_HASHER.hash(_bytes(password)))


def verify(stored: Hash | None, password: str) -> bool:
    """To be called in a `turn`. Without a stored hash it takes as long, so that time does not tell who exists."""
    if len(password) > LONGEST:
        return False
    try:
        return _HASHER.verify(stored or _DUMMY, _bytes(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: Hash) -> bool:
    """True when the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _bytes(password: str) -> bytes:
    # A lone surrogate is no character, but a client can send one in JSON; it must not end in a trace.
    return password.encode("utf-8", "surrogatepass")
