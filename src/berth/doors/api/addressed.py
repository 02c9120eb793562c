"""What clients write to reach an image: at its registry's own hosts, or at the address of this Berth."""

from urllib.parse import urlsplit

from fastapi import Request
from sqlalchemy import Connection

from berth.doors import addresses
from berth.doors.api.shapes.images import Address, Addresses, Endpoints
from berth.registry import registries
from berth.site import Site
from berth.words.names import ImagePath


def image(tx: Connection, site: Site, request: Request, path: ImagePath) -> Endpoints:
    found = registries.find(tx, path.registry)
    short = f"{path.repository}/{path.image}"
    here = addresses.external_url(site.settings, request.scope)
    private = found.private_host or _listening(site, here, found.private_listener)
    public = found.public_host or _listening(site, here, found.public_listener)
    return Endpoints(
        private=f"{private}/{short}" if private else f"{here.partition('://')[2]}/{path}",
        public=f"{public}/{short}" if public and found.public_endpoint else None,
    )


def _listening(site: Site, here: str, name: str | None) -> str | None:
    """The port of a listener at the host of this Berth; behind a proxy that is another one, a host name tells more."""
    port = next((listener.port for listener in site.settings.listeners if listener.name == name), None)
    if port is None:
        return None
    host = urlsplit(here).hostname or ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def digest(endpoints: Endpoints, content: str, tags: list[str]) -> Addresses:
    def at(base: str) -> Address:
        return Address(by_digest=f"{base}@{content}", by_tag=[f"{base}:{tag}" for tag in tags])

    return Addresses(private=at(endpoints.private), public=None if endpoints.public is None else at(endpoints.public))
