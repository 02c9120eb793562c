"""The cookie of somebody who has signed in with a browser.

Over TLS it is `__Host-berth`, which no other host and no plain connection can set.
"""

from http.cookies import CookieError, SimpleCookie

from starlette.types import Scope

from berth.doors import addresses
from berth.doors.http import Headers
from berth.settings import Settings

PLAIN, HOST_ONLY = "berth", "__Host-berth"
LONGEST = 8192


def is_secure(settings: Settings, scope: Scope) -> bool:
    return addresses.requested_url(settings, scope).startswith("https:")


def cookies(scope: Scope) -> dict[str, str]:
    found: SimpleCookie = SimpleCookie()
    try:
        found.load(Headers(scope).get("cookie")[:LONGEST])
    except CookieError:
        return {}
    return {key: morsel.value for key, morsel in found.items()}


def name(settings: Settings, scope: Scope) -> str:
    return HOST_ONLY if is_secure(settings, scope) else PLAIN


def token(settings: Settings, scope: Scope, given: dict[str, str]) -> str | None:
    return given.get(name(settings, scope)) or None
