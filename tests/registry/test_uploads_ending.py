"""What becomes of an upload whose image goes while its bytes come."""

import pytest
from sqlalchemy import delete, select, update

from berth.db.tables import image as images_table
from berth.db.tables import repository as repositories_table
from berth.registry import blobs, uploads
from berth.registry.uploads import Upload
from berth.site import Site
from berth.words import digest
from berth.words.errors import ImageDeleting, PlaceDeleting, UploadUnknown
from tests import make
from tests.registry import pulling

CONTENT = b"the bytes of a layer"


def finish(site: Site, started: Upload) -> int:
    with site.blobs.append(started.id, new=True) as part:
        part.write(CONTENT)
        return uploads.finish(site, started, part, digest.of(CONTENT), None, make.ACTOR)


def test_an_image_that_is_being_deleted_takes_no_blob(site: Site) -> None:
    target = make.image(site, "main/apps/web")
    started = make.begun(target)
    with site.db.write() as tx:
        target.for_push(tx)
        tx.execute(update(images_table).values(state="deleting"))
    with pytest.raises(ImageDeleting):
        finish(site, started)
    assert list(site.blobs.objects()) == []


def test_an_image_that_is_not_there_is_made_when_its_first_blob_is_whole(site: Site) -> None:
    """Or made anew, if it has gone since the upload began: whoever pushes now would do no other."""
    target = make.image(site, "main/apps/web")
    started = make.begun(target)
    assert names(site) == []
    with site.db.write() as tx:
        target.for_push(tx)
    with site.db.write() as tx:
        tx.execute(delete(images_table))
    finish(site, started)
    assert names(site) == ["web"]
    assert pulling.blob(target, digest.of(CONTENT)) == CONTENT


def test_a_blob_comes_into_the_image_of_its_name_whatever_has_the_number_of_it(site: Site) -> None:
    """SQLite numbers the next image as the last one that was deleted."""
    target = make.image(site, "main/apps/web")
    started = make.begun(target)
    with site.db.write() as tx:
        target.for_push(tx)
        tx.execute(update(images_table).values(name="another"))
    finish(site, started)
    with site.db.read() as tx:
        holders = [path.image for _, path, _ in blobs.holders(tx, digest.of(CONTENT))]
    assert holders == ["web"]


def test_a_repository_that_is_being_deleted_takes_no_new_image(site: Site) -> None:
    started = make.begun(make.image(site, "main/apps/web"))
    with site.db.write() as tx:
        tx.execute(update(repositories_table).values(state="deleting"))
    with pytest.raises(PlaceDeleting):
        finish(site, started)
    assert list(site.blobs.objects()) == []
    assert names(site) == []


def names(site: Site) -> list[str]:
    """Of all images, born or not."""
    with site.db.read() as tx:
        return list(tx.scalars(select(images_table.c.name)))


def test_whoever_comes_too_late_to_finish_finds_it_ended(site: Site) -> None:
    """Both found the upload, and one of them was faster with all of it."""
    started = make.begun(make.image(site, "main/apps/web"))
    finish(site, started)
    with pytest.raises(UploadUnknown):
        finish(site, started)
    assert list(site.blobs.uploads()) == []
    assert len(list(site.blobs.objects())) == 1
