"""The cookies of somebody who uses the console with a browser; one of them says that they have signed in.

Over TLS what counts is called `__Host-`, which no other host and no plain connection can set. Others have cookies of
their own for the same host, which may be anything, so ours are looked for by name.
"""

from starlette.types import Scope

from berth.doors import addresses
from berth.settings import Settings

OURS = "berth"
HOST_ONLY = "__Host-"
LONGEST = 8192


def is_secure(settings: Settings, scope: Scope) -> bool:
    return addresses.requested_url(settings, scope).startswith("https:")


def cookies(scope: Scope) -> dict[str, str]:
    """Ours; the first of several with one name."""
    found: dict[str, str] = {}
    for header, line in scope["headers"]:
        if header == b"cookie":
            for pair in line.decode("latin-1").split(";"):
                key, _, value = pair.strip().partition("=")
                if key.removeprefix(HOST_ONLY).startswith(OURS) and len(value) <= LONGEST:
                    found.setdefault(key, value)
    return found


def called(settings: Settings, scope: Scope, plain: str) -> str:
    """What a cookie is called that nobody else may set."""
    return HOST_ONLY + plain if is_secure(settings, scope) else plain


def name(settings: Settings, scope: Scope) -> str:
    return called(settings, scope, OURS)


def token(settings: Settings, scope: Scope, given: dict[str, str]) -> str | None:
    return given.get(name(settings, scope)) or None
