"""Bearer tokens: signed, short-lived, and good for a few image paths.

A bearer token names its account, the account's epoch and the key it came from, and is checked against them whenever
it is looked at anew: it ends with whichever ends first. All replicas sign with one key, kept in the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any
from weakref import WeakKeyDictionary

from joserfc import jwt
from joserfc.jwk import ECKey

from berth.db import Database
from berth.people import signing_keys
from berth.people.access import Principal
from berth.people.signing_keys import Made
from berth.site import Site
from berth.words.actions import Action, Actions
from berth.words.errors import Unauthenticated

ALGORITHM = "ES256"
PURPOSE = "token"
CATALOG = "registry:catalog"
"""The bound of a token that may list the catalog; no image path has a colon."""
LONGEST = 65_536
ALIAS = "$token"
"""The name with which who knows no `Bearer` gives a token as its password; no account can have it."""
SKEW = timedelta(seconds=60)
"""How far the clocks of replicas may differ."""

Access = Mapping[str, Actions]
"""What a token is good for: actions by image path, as the client writes it."""

_keys: WeakKeyDictionary[Database, ECKey] = WeakKeyDictionary()


@dataclass(frozen=True)
class Verified:
    """A token that is genuine and in time; whether its account and key still are is for `sign_in.by_id`."""

    account_id: int | None
    epoch: str
    key_id: str | None
    access: Access
    expires: datetime


def issue(site: Site, principal: Principal, service: str, access: Access, seconds: int) -> str:
    now = int(site.now().timestamp())
    claims = {
        "iss": site.settings.service,
        "sub": "" if principal.is_anonymous else principal.name,
        "aud": service,
        "iat": now,
        "nbf": now,
        "exp": now + seconds,
        "access": [_entry(name, actions) for name, actions in access.items()],
        "account": principal.account_id,
        "epoch": principal.epoch,
        "key": principal.key_id,
    }
    key = _signing_key(site)
    return jwt.encode({"alg": ALGORITHM, "kid": key.thumbprint()}, claims, key, algorithms=[ALGORITHM])


def verify(site: Site, token: str) -> Verified:
    """Raises `Unauthenticated` for anything that is not a token of this site, made for it and in time."""
    key = _signing_key(site)
    try:
        read = jwt.decode(token[:LONGEST], key, algorithms=[ALGORITHM])
        good = read.header.get("kid") == key.thumbprint() and _is_for_now(site, read.claims)
        found = _verified(read.claims)
    except Exception:  # noqa: BLE001  a stranger wrote this text; however it trips the reader, it is no token
        raise Unauthenticated("the token is invalid") from None
    if not good:
        raise Unauthenticated("the token is for another service, or has expired")
    return found


def _is_for_now(site: Site, claims: dict[str, Any]) -> bool:  # Any: JSON values
    now, service = site.now(), site.settings.service
    begins, ends = datetime.fromtimestamp(claims["nbf"], UTC), datetime.fromtimestamp(claims["exp"], UTC)
    return claims["iss"] == claims["aud"] == service and begins <= now + SKEW and now < ends


def _verified(claims: dict[str, Any]) -> Verified:  # Any: JSON values
    """Raises `TypeError`, `KeyError` or `ValueError` where a claim is missing or is no such thing."""
    expires = datetime.fromtimestamp(claims["exp"], UTC)
    account_id, epoch, key_id = claims["account"], claims["epoch"], claims["key"]
    if type(account_id) not in (int, NoneType) or type(epoch) is not str or type(key_id) not in (str, NoneType):
        raise TypeError(claims)
    return Verified(account_id, epoch, key_id, _read_entries(claims["access"]), expires)


def _entry(name: str, actions: Actions) -> dict[str, object]:
    if name == CATALOG:
        return {"type": "registry", "name": "catalog", "actions": ["*"]}
    return {"type": "repository", "name": name, "actions": sorted(actions)}


def _read_entries(entries: list[dict[str, Any]]) -> Access:  # Any: JSON values
    """The inverse of `_entry`."""
    access: dict[str, Actions] = {}
    if type(entries) is not list:
        raise TypeError(entries)
    for entry in entries:
        if entry["type"] == "registry":
            access[CATALOG] = frozenset({Action.PULL})
        else:
            access[entry["name"]] = frozenset(Action(word) for word in entry["actions"])
    return access


def _signing_key(site: Site) -> ECKey:
    key = _keys.get(site.db)
    if key is None:
        key = _keys[site.db] = ECKey.import_key(signing_keys.kept(site, PURPOSE, _made))
    return key


def _made() -> Made:
    key = ECKey.generate_key("P-256", private=True)
    return Made(key.thumbprint(), key.as_pem(private=True).decode())
