"""Uploads of which all comes at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from berth.blobs import digest_of
from berth.db.joint import Act
from berth.db.tables import blob as blob_rows
from berth.registry import blobs, images, uploads
from berth.site import Site
from berth.words import digest
from berth.words.errors import DigestMismatch, UploadUnknown
from tests import make

CONTENT = b"the bytes of a layer"

G = TypeVar("G")
T = TypeVar("T")


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
        assert list(threads.map(finish_one, range(many))) == [number != 3 for number in range(many)]
    assert sorted(str(digest_of(each.name)) for each in site.blobs.objects()) == sorted(
        {str(digest.of(content)) for content in contents}
    )
    with site.db.read() as tx:
        for number in range(many):
            target = targets[number % 2]
            found = images.holding(tx, target.place, target.path)
            blobs.key_and_size(tx, found, digest.of(contents[number]))


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
