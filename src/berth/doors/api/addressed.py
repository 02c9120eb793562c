"""The addresses of an image and of a digest, in this door's shapes."""

from fastapi import Request
from sqlalchemy import Connection

from berth.doors import endpoints
from berth.doors.api.shapes.images import Address, Addresses, Endpoints
from berth.site import Site
from berth.words.names import ImagePath


def image(tx: Connection, site: Site, request: Request, path: ImagePath) -> Endpoints:
    found = endpoints.of_registry(tx, site, request.scope, path.registry).below(f"{path.repository}/{path.image}")
    return Endpoints(private=found.private, public=found.public)


def digest(endpoints: Endpoints, content: str, tags: list[str]) -> Addresses:
    def at(base: str) -> Address:
        return Address(by_digest=f"{base}@{content}", by_tag=[f"{base}:{tag}" for tag in tags])

    return Addresses(private=at(endpoints.private), public=None if endpoints.public is None else at(endpoints.public))
