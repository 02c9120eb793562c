"""Where a waiver counts: `registry`, `registry/repository`, an image of that, or a digest of an image.

An image is meant by its name, so what was waived in it counts again when it is restored or pushed anew.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select

from berth.db.tables import manifest, registry, repository, waiver
from berth.people.access import Place
from berth.people.callers import Caller
from berth.people.sight import Sight
from berth.registry import opening
from berth.words import digest as digests
from berth.words.actions import Action
from berth.words.errors import FieldInvalid, ManifestUnknown

PARTS = 3


@dataclass(frozen=True)
class Scope:
    """One that somebody was allowed to open."""

    place: Place
    """A registry or a repository."""
    image: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return written(self.place.registry_name, self.place.repository_name, self.image, self.digest)

    def columns(self) -> dict[str, Any]:  # Any: column values
        return {
            "registry_id": self.place.registry_id,
            "repository_id": self.place.repository_id,
            "image": self.image,
            "digest": self.digest,
        }

    def within(self) -> ColumnElement[bool]:
        """Of waivers: those of exactly this scope, and those of what is in it."""
        asked = [waiver.c.registry_id == self.place.registry_id]
        if self.place.repository_id is not None:
            asked.append(waiver.c.repository_id == self.place.repository_id)
        if self.image:
            asked.append(waiver.c.image == self.image)
        if self.digest:
            asked.append(waiver.c.digest == self.digest)
        return and_(*asked)


def opened(tx: Connection, caller: Caller, text: str, *needed: Action) -> Scope:
    """One that the caller sees, in which they have one of the rights needed, if any is named.

    Raises `FieldInvalid`, `RegistryUnknown`, `RepositoryUnknown`, `ImageUnknown`, `ManifestUnknown`, `Denied`.
    """
    path, at, digest = text.partition("@")
    parts = path.split("/", PARTS - 1)
    if len(parts) < PARTS:
        if at or not path:
            raise FieldInvalid("place", "registry, registry/repository, an image of that, or image@sha256:...")
        return Scope(opening.open_place(tx, caller, path, *needed))
    place, found = opening.open_image(tx, caller, parts[0], parts[1], parts[2], *needed)
    if not at:
        return Scope(place, found.path.image)
    content = str(digests.parse(digest))
    mine = (manifest.c.image_id == found.id) & (manifest.c.digest == content)
    if tx.scalar(select(manifest.c.id).where(mine)) is None:
        raise ManifestUnknown(content)
    return Scope(place, found.path.image, content)


def seen(sight: Sight) -> ColumnElement[bool]:
    """Of waivers joined with their registries and repositories: those that count where somebody sees something."""
    whole = waiver.c.repository_id.is_(None) & sight.of_registries()
    return whole | (waiver.c.repository_id.is_not(None) & sight.of_repositories())


def joined() -> Any:  # Any: a join of three tables
    return waiver.join(registry, registry.c.id == waiver.c.registry_id).outerjoin(
        repository, repository.c.id == waiver.c.repository_id
    )


def written(registry_name: str, repository_name: str | None, image: str, digest: str) -> str:
    path = "/".join(part for part in (registry_name, repository_name, image) if part)
    return f"{path}@{digest}" if digest else path
