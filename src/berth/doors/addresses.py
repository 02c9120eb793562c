"""Where a request comes from and by which address it was reached, behind proxies or not.

`X-Forwarded-*` counts only when the peer itself is a trusted proxy. Each proxy adds to the right of what it was
given, so the client is the rightmost address that is not a trusted proxy's; what stands further left is hearsay.
"""

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from starlette.types import Scope

from berth.registry.gate import Reached
from berth.settings import Network, Settings

Address = IPv4Address | IPv6Address

_HOST = re.compile(r"(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE)
_PORT = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<four>[^:]*))(?::[0-9]+)?")


def client(settings: Settings, scope: Scope) -> str:
    """The client's address; empty where there is none, as on a Unix socket."""
    peer = _peer(scope)
    if not _is_trusted(peer, settings.trusted_proxies):
        return peer
    nearest = peer
    for hop in _from_the_right(scope, b"x-forwarded-for"):
        address = _parse(hop)
        if address is None:
            return nearest
        nearest = str(address)
        if not _is_trusted(nearest, settings.trusted_proxies):
            return nearest
    return nearest


def scheme(settings: Settings, scope: Scope) -> str:
    """`http` or `https`, as the client used it."""
    if _is_trusted(_peer(scope), settings.trusted_proxies):
        said = next(_from_the_right(scope, b"x-forwarded-proto"), "").lower()
        if said in ("http", "https"):
            return said
    return str(scope.get("scheme", "http"))


def host(settings: Settings, scope: Scope) -> str:
    """The host and port that the client asked for, in lower case; empty when it named none that can be."""
    if _is_trusted(_peer(scope), settings.trusted_proxies):
        said = next(_from_the_right(scope, b"x-forwarded-host"), "")
        if _HOST.fullmatch(said):
            return said.lower()
    said = next(_from_the_right(scope, b"host"), "")
    return said.lower() if _HOST.fullmatch(said) else ""


def reached(settings: Settings, scope: Scope) -> Reached:
    """By which listener a request came in, and which host it asked for."""
    return Reached(host(settings, scope), _listener(settings, scope) if settings.listeners else "")


def external_url(settings: Settings, scope: Scope) -> str:
    """The address of this Berth as clients should use it, without a slash at its end."""
    if settings.external_url:
        return settings.external_url
    return requested_url(settings, scope)


def requested_url(settings: Settings, scope: Scope) -> str:
    """The address by which this request reached Berth; the external address says whether there is TLS in front."""
    said, _, _ = settings.external_url.partition("://")
    return f"{said or scheme(settings, scope)}://{host(settings, scope) or _own_address(scope)}"


def _listener(settings: Settings, scope: Scope) -> str:
    address, port = scope.get("server") or ("", None)
    return next((each.name for each in settings.listeners if each.took(address, port)), "")


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


def _own_address(scope: Scope) -> str:
    name, port = scope.get("server") or ("localhost", None)
    name = f"[{name}]" if ":" in name else name
    return name if port is None else f"{name}:{port}"


def _is_trusted(address: str, proxies: tuple[Network, ...]) -> bool:
    if not proxies:
        return False
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in proxies)


def _from_the_right(scope: Scope, name: bytes) -> Iterator[str]:
    """The values of a header that may be a list and may come several times, the last first."""
    for key, value in reversed(scope["headers"]):
        if key == name:
            for part in reversed(value.decode("latin-1").split(",")):
                yield part.strip()


@lru_cache(maxsize=1024)
def _parse(text: str) -> Address | None:
    """An address, perhaps with a port; an IPv4 address written as IPv6 is the IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        match = _PORT.fullmatch(text)
        bare = (match["six"] or match["four"]) if match else ""
        return _parse(bare) if bare and bare != text else None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
