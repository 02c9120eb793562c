"""Uploads of which all comes at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import OperationalError

from berth.blobs import digest_of
from berth.db.joint import Act
from berth.db.tables import blob as blob_rows
from berth.db.tables import image as image_rows
from berth.registry import blobs, images, uploads
from berth.site import Site
from berth.words import digest
from berth.words.errors import DigestMismatch, UploadUnknown
from tests import make

CONTENT = b"the bytes of a layer"

G = TypeVar("G")
T = TypeVar("T")


def until(true: Callable[[], bool]) -> None:
    """Looks until it is so, which it will be: nobody can go on before."""
    while not true():
        threading.Event().wait(0.001)


def waiting(site: Site) -> int:
    queue = site.db._joint._waiting  # noqa: SLF001  what a user cannot see, a test must wait for
    return 0 if queue is None else queue.qsize()


def blocked(site: Site) -> int:
    with site.db.read() as tx:
        return tx.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) or 0


def test_an_upload_that_comes_whole_ends_and_leaves_nothing_but_its_blob(site: Site) -> None:
    target = make.image(site, "main/apps/web")
    started = make.begun(target)
    uploads.finish_whole(site, started, CONTENT, digest.of(CONTENT), make.ACTOR)
    assert list(site.blobs.uploads()) == []
    [stored] = site.blobs.objects()
    assert digest_of(stored.name) == digest.of(CONTENT)
    with site.db.read() as tx, pytest.raises(UploadUnknown):
        uploads.find(tx, site, target.place, target.path, started.id)


def test_an_upload_comes_whole_once(site: Site) -> None:
    started = make.begun(make.image(site, "main/apps/web"))
    uploads.finish_whole(site, started, CONTENT, digest.of(CONTENT), make.ACTOR)
    for content in (CONTENT, b"other bytes"):
        with pytest.raises(UploadUnknown):
            uploads.finish_whole(site, started, content, digest.of(content), make.ACTOR)
    [stored] = site.blobs.objects()
    assert digest_of(stored.name) == digest.of(CONTENT)


def test_a_whole_that_is_not_what_was_said_ends_the_upload_and_leaves_nothing(site: Site) -> None:
    started = make.begun(make.image(site, "main/apps/web"))
    with pytest.raises(DigestMismatch):
        uploads.finish_whole(site, started, CONTENT, digest.of(b"something else"), make.ACTOR)
    with pytest.raises(UploadUnknown):
        uploads.finish_whole(site, started, CONTENT, digest.of(CONTENT), make.ACTOR)
    assert list(site.blobs.objects()) == []


def test_of_uploads_that_share_a_commit_one_that_has_ended_spoils_no_other(site: Site) -> None:
    """And some have the bytes of others, and some the first of their image."""
    many = 12
    targets = [make.image(site, f"main/apps/{name}") for name in ("web", "api")]
    started = [make.begun(targets[number % 2]) for number in range(many)]
    contents = [b"%d" % (number % 5) for number in range(many)]
    uploads.finish_whole(site, started[3], contents[3], digest.of(contents[3]), make.ACTOR)

    def finish_one(number: int) -> bool:
        try:
            uploads.finish_whole(site, started[number], contents[number], digest.of(contents[number]), make.ACTOR)
        except UploadUnknown:
            return False
        return True

    with ThreadPoolExecutor(many) as threads:
        with site.db.write():
            running = [threads.submit(finish_one, number) for number in range(many)]
            until(lambda: not site.db.is_embedded or waiting(site) == many - 1)  # the first is in the writer's hand
        assert [each.result() for each in running] == [number != 3 for number in range(many)]
    assert sorted(str(digest_of(each.name)) for each in site.blobs.objects()) == sorted(
        {str(digest.of(content)) for content in contents}
    )
    with site.db.read() as tx:
        for number in range(many):
            target = targets[number % 2]
            found = images.holding(tx, target.place, target.path)
            blobs.key_and_size(tx, found, digest.of(contents[number]))


def test_an_image_that_goes_as_its_blob_comes_is_made_anew(site: Site) -> None:
    target = make.image(site, "main/apps/web")
    with site.db.write() as tx:
        images.for_blob(tx, target.place, target.path, make.ACTOR, at=site.now())
    started = make.begun(target)
    with ThreadPoolExecutor(1) as threads:
        with site.db.write() as tx:
            tx.execute(delete(image_rows))
            running = threads.submit(uploads.finish_whole, site, started, CONTENT, digest.of(CONTENT), make.ACTOR)
            until(lambda: site.db.is_embedded or blocked(site) > 0)
        running.result()
    with site.db.read() as tx:
        blobs.key_and_size(tx, images.holding(tx, target.place, target.path), digest.of(CONTENT))


def test_an_object_whose_rows_may_have_been_committed_is_kept_for_the_sweep(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection to the database can be lost between the commit and the word of it."""
    started = make.begun(make.image(site, "main/apps/web"))
    together = site.db.together

    def lose(act: Act[G, T], given: G) -> T:
        together(act, given)
        raise OperationalError("COMMIT", None, OSError("connection lost"))

    with monkeypatch.context() as lost:
        lost.setattr(site.db, "together", lose)
        with pytest.raises(OperationalError):
            uploads.finish_whole(site, started, CONTENT, digest.of(CONTENT), make.ACTOR)
    with site.db.read() as tx:
        [key] = tx.scalars(select(blob_rows.c.key))
    with site.blobs.open(key) as stored:
        assert stored.read(0, stored.size) == CONTENT
