"""Where people may sign in, the cookies they get, and proof that a form came from a page of ours.

Over plain HTTP nobody may sign in from another machine, unless the operator has said so.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
from urllib.parse import urlsplit

from starlette.types import Scope

from berth.doors import addresses, session
from berth.doors.http import Headers
from berth.settings import Settings

YEAR = 365 * 24 * 3600
_SIZE = 32


def may_sign_in(settings: Settings, scope: Scope) -> bool:
    """Whether a password can be sent without others reading it, or the operator takes that."""
    return session.is_secure(settings, scope) or settings.console_over_http or _is_loopback(settings, scope)


def cookie(settings: Settings, scope: Scope, name: str, value: str, seconds: int | None) -> str:
    """A `Set-Cookie`; no time lets it end with the browser, none at all (0) takes it away."""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    secure = "; Secure" if session.is_secure(settings, scope) else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}"


def proof(token: str) -> str:
    """What forms carry, other each time, so that a compressed page gives nothing of it away."""
    mask = secrets.token_bytes(_SIZE)
    hidden = bytes(one ^ other for one, other in zip(mask, _proof(token), strict=True))
    return base64.urlsafe_b64encode(mask + hidden).decode()


def is_proof(token: str, given: str) -> bool:
    try:
        raw = base64.urlsafe_b64decode(given[:200].encode())
    except (ValueError, binascii.Error):
        return False
    if len(raw) != 2 * _SIZE:
        return False
    shown = bytes(one ^ other for one, other in zip(raw[:_SIZE], raw[_SIZE:], strict=True))
    return hmac.compare_digest(shown, _proof(token))


def bound(token: str, journey: str) -> str:
    """Says that a way to a provider was begun by this session."""
    return hashlib.blake2b(journey.encode(), key=token.encode()[:64], person=b"journey", digest_size=_SIZE).hexdigest()


def is_bound(token: str, journey: str, given: str) -> bool:
    return hmac.compare_digest(bound(token, journey).encode(), given.encode())


def from_own_page(settings: Settings, scope: Scope) -> bool:
    """Browsers say where a form comes from; one that says nothing is none."""
    headers = Headers(scope)
    origin = headers.get("origin")
    if origin:
        return origin.lower() in _own_origins(settings, scope)
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _own_origins(settings: Settings, scope: Scope) -> set[str]:
    return {addresses.requested_url(settings, scope), addresses.external_url(settings, scope)}


def _proof(token: str) -> bytes:
    return hashlib.blake2b(b"form", key=token.encode()[:64], digest_size=_SIZE).digest()


def _is_loopback(settings: Settings, scope: Scope) -> bool:
    """Both what was asked for and who asks are this machine."""
    host = urlsplit(addresses.requested_url(settings, scope)).hostname or ""
    asked = (addresses.client(settings, scope), "127.0.0.1" if host == "localhost" else host)
    try:
        return all(ipaddress.ip_address(each).is_loopback for each in asked)
    except ValueError:
        return False
