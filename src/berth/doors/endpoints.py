"""What clients write to reach an image: at its registry's own hosts, or at the address of this Berth."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.types import Scope

from berth.doors import addresses
from berth.registry import registries
from berth.registry.hosts import Hosts
from berth.registry.registries import Registry
from berth.site import Site


@dataclass(frozen=True)
class Endpoints:
    private: str
    public: str | None
    """None while the public endpoint is off."""

    def below(self, path: str) -> "Endpoints":
        return Endpoints(f"{self.private}/{path}", None if self.public is None else f"{self.public}/{path}")


def of_registry(tx: Connection, site: Site, scope: Scope, name: str) -> Endpoints:
    """What stands before `repository/image`. Raises `RegistryUnknown`."""
    return of(site, scope, name, registries.find(tx, name))


def of_paths(tx: Connection, site: Site, scope: Scope) -> Callable[[str], str]:
    """From a path, as people write it, to where that is pulled from in private; each registry is read once."""
    known = cache(partial(of_registry, tx, site, scope))

    def address(path: str) -> str:
        name, slash, rest = path.partition("/")
        found = known(name)
        return found.below(rest).private if slash else found.private

    return address


def of(site: Site, scope: Scope, name: str, found: Registry | Hosts) -> Endpoints:
    """The same of a registry that was read already."""
    here = addresses.external_url(site.settings, scope)
    private = found.private_host or _listening(site, here, found.private_listener)
    public = found.public_host or _listening(site, here, found.public_listener)
    return Endpoints(
        private=private or f"{here.partition('://')[2]}/{name}",
        public=public if public and found.public_endpoint else None,
    )


def _listening(site: Site, here: str, name: str | None) -> str | None:
    """The port of a listener at the host of this Berth; behind a proxy that is another one, a host name tells more."""
    port = next((listener.port for listener in site.settings.listeners if listener.name == name), None)
    if port is None:
        return None
    host = urlsplit(here).hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
