"""What people do to images, each act in a transaction of its own."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from berth.audit.events import Actor
from berth.registry import images, locks, manifests, tags
from berth.registry.images import Image
from berth.registry.locks import Outcome
from berth.words import digest
from berth.words.digest import Digest
from berth.words.errors import ImageUnknown, ManifestUnknown
from tests.documents import Document
from tests.make import Target

PERSON = Actor("ann", "127.0.0.1")

T = TypeVar("T")


def of(document: Document | str) -> Digest:
    return digest.parse(document if isinstance(document, str) else document.digest)


def on(target: Target, act: Callable[..., T], *arguments: object, **given: object) -> T:
    """Call an act of the rooms on an image as it is now."""
    with target.site.db.write() as tx:
        found = images.seen(tx, target.place, target.path)
        return act(tx, found, *arguments, at=target.site.now(), **given)


def look(target: Target) -> Image:
    with target.site.db.read() as tx:
        return images.seen(tx, target.place, target.path)


def lock(target: Target, *documents: Document, reason: str = "", until: datetime | None = None) -> None:
    if not documents:
        on(target, locks.lock_image, PERSON, reason=reason, until=until)
    else:
        assert all(each.done for each in lock_each(target, documents, reason=reason, until=until))


def lock_each(
    target: Target, documents: Sequence[Document], *, reason: str = "", until: datetime | None = None
) -> list[Outcome]:
    contents = [of(document) for document in documents]
    return on(target, locks.lock_digests, contents, PERSON, reason=reason, until=until)


def unlock(target: Target, *documents: Document) -> list[Outcome]:
    if not documents:
        on(target, locks.unlock_image, PERSON)
        return []
    return on(target, locks.unlock_digests, [of(document) for document in documents], PERSON)


def delete(target: Target, document: Document, *, keep: timedelta = timedelta(days=7)) -> None:
    """As a client does it, by digest."""
    on(target, manifests.remove, of(document), PERSON, keep=keep)


def untag(target: Target, name: str) -> None:
    on(target, tags.remove, name, PERSON)


def tagged(target: Target, name: str) -> str | None:
    """The digest a tag points at, as clients see it."""
    with target.site.db.read() as tx:
        try:
            return manifests.find(tx, images.find(tx, target.place, target.path), name).digest
        except (ManifestUnknown, ImageUnknown):
            return None
