"""Things in a registry, made through the rooms as clients make them: blobs, manifests, indexes.

    web = make.image(site, "main/apps/web")
    document = make.manifest(web, b"a layer", tag="v1")
    make.index(web, [document], tag="latest")

What exists is used: a registry or repository is made when it is not there, and so are blobs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, update

from berth.audit.events import Actor
from berth.db.tables import repository as rows
from berth.people.access import Place
from berth.registry import images, manifests, registries, repositories, uploads
from berth.registry.images import Image
from berth.registry.uploads import Upload
from berth.site import Site
from berth.words import digest, names
from berth.words import manifest as words
from berth.words.digest import Digest
from berth.words.errors import RegistryUnknown
from berth.words.names import ImagePath, Reference
from tests import documents
from tests.documents import Document

ACTOR = Actor("maker", "127.0.0.1")


@dataclass(frozen=True)
class Target:
    """An image to push into; nobody sees it before its first manifest."""

    site: Site
    place: Place
    path: ImagePath

    def for_push(self, tx: Connection) -> Image:
        return images.for_push(tx, self.place, self.path, ACTOR, at=self.site.now())


def repository(site: Site, path: str, *, visibility: str = "private") -> Place:
    """The repository `registry/repository`."""
    registry_name, _, name = path.partition("/")
    with site.db.write() as tx:
        try:
            owner = registries.find(tx, registry_name)
        except RegistryUnknown:
            owner = registries.create(tx, ACTOR, registry_name, at=site.now(), visibility=visibility)
        repositories.ensure(tx, ACTOR, registry_name, name, at=site.now())
        found = repositories.find(tx, registry_name, name)
        return Place(owner.id, owner.name, owner.visibility, found.id, found.name)


def image(site: Site, path: str) -> Target:
    """The image `registry/repository/image`."""
    registry_name, name, rest = path.split("/", 2)
    return Target(site, repository(site, f"{registry_name}/{name}"), ImagePath(registry_name, name, rest))


def begun(target: Target, *, algorithm: str = "sha256") -> Upload:
    """An upload into an image, of which nothing has come."""
    return uploads.start(target.site, target.place, target.path, at=target.site.now(), algorithm=algorithm)


def blob(target: Target, content: bytes, *, algorithm: str = "sha256") -> Digest:
    """Push bytes into an image."""
    site, upload = target.site, begun(target, algorithm=algorithm)
    expected = digest.of(content, algorithm)
    with site.blobs.append(upload.id, new=True) as part:
        part.write(content)
        uploads.finish(site, upload, part, expected, None, ACTOR)
    return expected


def manifest(
    target: Target, *layers: bytes, config: bytes = b"{}", tag: str | None = None, **fields: Any
) -> Document:  # Any: JSON values
    """Push an image manifest with the blobs it needs."""
    for content in {config: None, **dict.fromkeys(layers)}:
        blob(target, content)
    document = documents.manifest(config, layers, **fields)
    push(target, document, tag=tag)
    return document


def index(
    target: Target, children: Sequence[Document], *, tag: str | None = None, **fields: Any
) -> Document:  # Any: JSON values
    """Push an index of manifests that are there."""
    document = documents.index(children, **fields)
    push(target, document, tag=tag)
    return document


def push(target: Target, document: Document, *, tag: str | None = None) -> Digest:
    """Push a document whose parts are there, by tag or else by digest."""
    reference: Reference = digest.parse(document.digest) if tag is None else names.tag(tag)
    parsed = words.parse(document.media_type, document.body)
    with target.site.db.write() as tx:
        found = target.for_push(tx)
        pushed = manifests.put(tx, target.place, found, reference, parsed, ACTOR, at=target.site.now())
    return pushed.digest


def choose(target: Target, **columns: Any) -> None:  # Any: column values
    """Set columns of the image's repository, such as its default policies."""
    with target.site.db.write() as tx:
        tx.execute(update(rows).where(rows.c.id == target.place.repository_id).values(**columns))
