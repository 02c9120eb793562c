"""Who calls: from the `Authorization` header of a request to a `Caller`.

What was verified is remembered, for argon2 and signatures cost more than the answers they guard. A memory holds
while nothing about people or grants has changed, which one read of a counter tells; so whoever is revoked is
refused at the next request.
"""

import base64
import binascii
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from starlette.types import Scope

from berth.audit.events import Actor
from berth.db import changes
from berth.doors import addresses
from berth.people import sign_in, tokens
from berth.people.access import ANONYMOUS, Principal
from berth.people.callers import Caller
from berth.people.keys import KeyUse
from berth.site import Site
from berth.words.actions import Actions
from berth.words.errors import Unauthenticated

REMEMBERED = 10_000
LONGEST_HEADER = tokens.LONGEST + len("Bearer ")
BASIC_SECONDS = 60
"""How long a name and password are believed without looking again."""

CALLER = "berth.caller"
"""The key of a scope under which whoever made it, in this process, says who calls. No request can set one."""

MALFORMED = "the Authorization header must be 'Basic' with a name and password, or 'Bearer' with a token"


@dataclass(frozen=True, slots=True)
class _Memory:
    principal: Principal
    bounds: Mapping[str, Actions] | None
    until: datetime
    version: int


@dataclass(frozen=True)
class Lent:
    """A token that somebody gives as a password."""

    token: str
    access: tokens.Access
    until: datetime


class SignIn:
    """One per process. `key_use` collects when keys were used, for the application to flush."""

    def __init__(self, site: Site) -> None:
        self.key_use = KeyUse()
        self._site = site
        self._version = changes.Watch(site.db, changes.ACCESS)
        self._secret = secrets.token_bytes(32)
        self._memories: OrderedDict[bytes, _Memory] = OrderedDict()
        self._lock = Lock()
        # Clients come in swarms with one name: who holds the same credentials waits for the first to be verified.
        self._verifying = [Lock() for _ in range(64)]

    def remembered(self, scope: Scope) -> Caller | None:
        """A caller known already, or an anonymous one; None says: ask `caller`, in a thread.

        For the event loop. On PostgreSQL even the counter is a round trip, so only `caller` remembers there.
        """
        trusted: Caller | None = scope.get(CALLER)
        if trusted is not None:
            return trusted
        header = _header(scope)
        if header is None:
            return self._anonymous(scope)
        if not self._site.db.is_embedded:
            return None
        memory = self._recall(self._digest(header), self._version.now())
        return None if memory is None else self._caller(scope, memory)

    def caller(self, scope: Scope) -> Caller:
        """Verify who calls. Raises `Unauthenticated`, `TooManyAttempts`. Blocks, so it is called in a thread."""
        header = _header(scope)
        if header is None:
            return self._anonymous(scope)
        return self._caller(scope, self._find(header, self._address(scope)))

    def by_password(self, scope: Scope, name: str, secret: str) -> Caller:
        """Like `caller`, for a name and password of somebody that came another way."""
        if ":" in name or name == tokens.ALIAS:
            raise Unauthenticated(sign_in.REFUSED)
        pair = f"{name}:{secret}".encode("utf-8", "surrogatepass")
        header = b"Basic " + base64.b64encode(pair)
        return self._caller(scope, self._find(header, self._address(scope)))

    def lent(self, scope: Scope) -> Lent | None:
        """What `caller` took for a token, if it was a password."""
        header = _header(scope) or b""
        kind, _, credentials = header.partition(b" ")
        if kind.lower() != b"basic":
            return None
        name, secret = _pair(credentials.strip())
        if name != tokens.ALIAS:
            return None
        memory = self._find(header, self._address(scope))
        return Lent(secret, memory.bounds or {}, memory.until)

    def _find(self, header: bytes, address: str) -> _Memory:
        if len(header) > LONGEST_HEADER:
            raise Unauthenticated(MALFORMED)
        digest = self._digest(header)
        memory = self._recall(digest, self._version.now())
        if memory is not None:
            return memory
        with self._verifying[digest[0] % len(self._verifying)]:
            # The version is read first: a change while we verify makes the memory stale, never fresh.
            version = self._version.now()
            memory = self._recall(digest, version)
            if memory is None:
                memory = self._verify(header, address, version)
                self._remember(digest, memory)
        return memory

    def _verify(self, header: bytes, address: str, version: int) -> _Memory:
        kind, _, credentials = header.partition(b" ")
        match kind.lower():
            case b"basic":
                return self._basic(credentials.strip(), address, version)
            case b"bearer":
                return self._bearer(credentials.strip().decode("latin-1"), version)
        raise Unauthenticated(MALFORMED)

    def _basic(self, credentials: bytes, address: str, version: int) -> _Memory:
        name, secret = _pair(credentials)
        if name == tokens.ALIAS:
            return self._bearer(secret, version)
        principal = sign_in.by_password(self._site, name, secret, address)
        until = self._site.now() + timedelta(seconds=BASIC_SECONDS)
        return _Memory(principal, None, _earlier(until, principal), version)

    def _bearer(self, token: str, version: int) -> _Memory:
        verified = tokens.verify(self._site, token)
        principal = ANONYMOUS
        if verified.account_id is not None:
            with self._site.db.read() as tx:
                principal = sign_in.by_id(
                    tx, verified.account_id, verified.key_id, at=self._site.now(), epoch=verified.epoch
                )
        return _Memory(principal, verified.access, _earlier(verified.expires, principal), version)

    def _recall(self, digest: bytes, version: int) -> _Memory | None:
        memory = self._memories.get(digest)
        if memory is None or memory.version != version or memory.until <= self._site.now():
            return None
        with self._lock:
            if digest in self._memories:
                self._memories.move_to_end(digest)
        return memory

    def _remember(self, digest: bytes, memory: _Memory) -> None:
        with self._lock:
            self._memories[digest] = memory
            self._memories.move_to_end(digest)
            while len(self._memories) > REMEMBERED:
                self._memories.popitem(last=False)

    def _caller(self, scope: Scope, memory: _Memory) -> Caller:
        principal = memory.principal
        if principal.key_id is not None:
            self.key_use.record(principal.key_id, self._site.now())
        return Caller(principal, self._actor(scope, principal), memory.bounds, memory.version)

    def _anonymous(self, scope: Scope) -> Caller:
        return Caller(ANONYMOUS, self._actor(scope, ANONYMOUS))

    def _actor(self, scope: Scope, principal: Principal) -> Actor:
        return Actor(str(principal), self._address(scope), scope.get("berth.request_id", ""))

    def _address(self, scope: Scope) -> str:
        return addresses.client(self._site.settings, scope)

    def _digest(self, header: bytes) -> bytes:
        """Credentials are not kept, not even hashed in a way that could be tried out elsewhere."""
        return hashlib.blake2b(header, key=self._secret, digest_size=32).digest()


def _pair(credentials: bytes) -> tuple[str, str]:
    """Name and password (RFC 7617). Raises `Unauthenticated`."""
    try:
        name, colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Unauthenticated(MALFORMED) from None
    if not colon:
        raise Unauthenticated(MALFORMED)
    return name, secret


def _header(scope: Scope) -> bytes | None:
    """Raises `Unauthenticated` when there are several."""
    found = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(found) > 1:
        raise Unauthenticated(MALFORMED)
    return found[0] if found else None


def _earlier(until: datetime, principal: Principal) -> datetime:
    return until if principal.good_until is None else min(until, principal.good_until)
