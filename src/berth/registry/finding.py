"""Finding things by a part of their name, over all places that somebody sees."""

import re
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, Select, select

from berth.db.pages import containing
from berth.db.tables import image, manifest, registry, repository, tag
from berth.people import sight
from berth.people.access import Principal

MOST = 20
_DIGEST = re.compile(r"(?:sha(?:256|512):)?([0-9a-f]{6,128})")


@dataclass(frozen=True)
class Hit:
    path: str
    """Of an image."""
    name: str = ""
    """A tag."""
    digest: str = ""


@dataclass(frozen=True)
class Hits:
    images: list[Hit] = field(default_factory=list)
    tags: list[Hit] = field(default_factory=list)
    digests: list[Hit] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.images or self.tags or self.digests)


NOTHING = Hits()


def find(tx: Connection, principal: Principal, text: str) -> Hits:
    """Up to MOST of each: images whose name has the text, tags and digests that begin with it."""
    visible = sight.of(tx, principal).of_repositories()
    images = tx.execute(_paths().where(visible, containing(image.c.name, text)).order_by(image.c.name).limit(MOST))
    begins = (tag.c.name >= text) & (tag.c.name < _after(text))
    tags = tx.execute(
        _paths(tag.c.name, manifest.c.digest)
        .join(tag, tag.c.image_id == image.c.id)
        .join(manifest, manifest.c.id == tag.c.manifest_id)
        .where(visible, begins)
        .order_by(tag.c.name)
        .limit(MOST)
    )
    found = Hits(
        [Hit("/".join(row[:3])) for row in images],
        [Hit("/".join(row[:3]), row[3], row[4]) for row in tags],
    )
    match = _DIGEST.fullmatch(text.lower())
    if match is not None:
        found.digests.extend(_digests(tx, principal, match[1]))
    return found


def _digests(tx: Connection, principal: Principal, hexadecimal: str) -> list[Hit]:
    visible = sight.of(tx, principal).of_repositories()
    found: list[Hit] = []
    for algorithm in ("sha256", "sha512"):
        start = f"{algorithm}:{hexadecimal}"
        begins = (manifest.c.digest >= start) & (manifest.c.digest < _after(start))
        query = _paths(manifest.c.digest).join(manifest, manifest.c.image_id == image.c.id).where(visible, begins)
        found += [Hit("/".join(row[:3]), digest=row[3]) for row in tx.execute(query.limit(MOST))]
    return found[:MOST]


def _paths(*more: ColumnElement[str]) -> Select[*tuple[str, ...]]:
    return (
        select(registry.c.name, repository.c.name, image.c.name, *more)
        .join_from(image, repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .where(image.c.born_at.is_not(None))
    )


def _after(text: str) -> str:
    """The first text that no longer begins so; names are ASCII."""
    return text + "\x7f"
