"""What clients write to reach an image: at its registry's own hosts, or at the address of this Berth."""

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
    host = addresses.external_url(site.settings, request.scope).partition("://")[2]
    public = f"{found.public_host}/{short}" if found.public_endpoint and found.public_host else None
    return Endpoints(private=f"{found.private_host}/{short}" if found.private_host else f"{host}/{path}", public=public)


def digest(endpoints: Endpoints, content: str, tags: list[str]) -> Addresses:
    def at(base: str) -> Address:
        return Address(by_digest=f"{base}@{content}", by_tag=[f"{base}:{tag}" for tag in tags])

    return Addresses(private=at(endpoints.private), public=None if endpoints.public is None else at(endpoints.public))
