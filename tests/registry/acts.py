"""What people do to images, each act in a transaction of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select

from berth.audit.events import Actor
from berth.db.pages import Wanted
from berth.db.tables import manifest
from berth.jobs import run_jobs
from berth.registry import deletion, images, locks, manifests, naming, operations, restoring, tags, trash
from berth.registry.deletion import Requested
from berth.registry.images import Image
from berth.registry.locks import Outcome
from berth.registry.naming import Change, Edit
from berth.registry.operations import Operation
from berth.registry.restoring import Restored
from berth.registry.trash import Item
from berth.site import Site
from berth.words import digest
from berth.words.digest import Digest
from berth.words.errors import ImageUnknown, ManifestUnknown
from berth.worker import JOBS
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


def delete(target: Target, document: Document | str, *, keep: timedelta = timedelta(days=7)) -> None:
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


def edit_tags(target: Target, document: Document, **given: Any) -> list[Change]:  # Any: fields of `Edit` and `edit`
    wanted = Edit(**{name: given.pop(name) for name in ("add", "rename", "move", "remove") if name in given})
    return on(target, naming.edit, of(document), wanted, PERSON, **given)


def request(target: Target, *documents: Document, dry_run: bool = False) -> Requested:
    """Ask for digests to be deleted, or for the whole image."""
    if not documents:
        return on(target, deletion.request_image, PERSON, dry_run=dry_run)
    return on(target, deletion.request_digests, [of(document) for document in documents], PERSON, dry_run=dry_run)


def work(target: Target) -> list[str]:
    return run_jobs(target.site, JOBS)


def operation(target: Target, requested: Requested) -> Operation:
    assert requested.operation is not None
    with target.site.db.read() as tx:
        return operations.find(tx, requested.operation)


def in_trash(target: Target) -> list[Item]:
    with target.site.db.read() as tx:
        return trash.page(tx, target.place, Wanted("deleted_at")).items


def restore(target: Target, *items: Item, rename: dict[str, str] | None = None) -> Restored:
    with target.site.db.write() as tx:
        ids = [item.id for item in items]
        return restoring.restore(tx, target.place, ids, PERSON, at=target.site.now(), rename=rename)


def restore_all(target: Target) -> Restored:
    """All that was deleted with the last one."""
    batch = in_trash(target)[-1].batch
    with target.site.db.write() as tx:
        return restoring.restore_batch(tx, target.place, batch, PERSON, at=target.site.now())


def states(target: Target) -> dict[str, str]:
    """By digest its state, as people see it."""
    with target.site.db.read() as tx:
        image_id = images.seen(tx, target.place, target.path).id
        rows = tx.execute(select(manifest.c.digest, manifest.c.state).where(manifest.c.image_id == image_id))
        return {row.digest: row.state for row in rows}


def purge(target: Target) -> None:
    """Let what has been in the trash for its time go."""
    with target.site.db.write() as tx:
        trash.purge.put(tx, at=target.site.now())
    work(target)


class Crash(BaseException):
    """The process is killed."""


def run_jobs_with_writes(site: Site, allowed: int) -> None:
    """Run jobs until so many transactions of theirs have been committed."""
    left = iter(range(allowed))
    write = site.db.write

    @contextmanager
    def counted(*, durable: bool = True) -> Iterator[object]:
        if next(left, None) is None:
            raise Crash
        with write(durable=durable) as tx:
            yield tx

    site.db.write = counted  # type: ignore[method-assign, assignment]  # the machine loses its power here
    try:
        run_jobs(site, JOBS)
    finally:
        del site.db.write
