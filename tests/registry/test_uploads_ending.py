"""What becomes of an upload whose image goes while its bytes come."""

import pytest
from sqlalchemy import delete, update

from berth.db.tables import image as images_table
from berth.db.tables import image_blob
from berth.registry import uploads
from berth.registry.uploads import Upload
from berth.site import Site
from berth.words import digest
from berth.words.errors import ImageDeleting, ImageUnknown, UploadUnknown
from tests import make
from tests.make import Target

CONTENT = b"the bytes of a layer"


def begun(target: Target) -> Upload:
    site = target.site
    with site.db.write() as tx:
        found = target.for_push(tx)
    return uploads.start(site, found, at=site.now())


def finish(site: Site, started: Upload) -> int:
    with site.blobs.append(started.id, new=True) as part:
        part.write(CONTENT)
        return uploads.finish(site, started, part, digest.of(CONTENT), None)


def test_an_image_that_is_being_deleted_takes_no_blob(site: Site) -> None:
    target = make.image(site, "main/apps/web")
    started = begun(target)
    with site.db.write() as tx:
        tx.execute(update(images_table).values(state="deleting"))
    with pytest.raises(ImageDeleting):
        finish(site, started)
    assert list(site.blobs.objects()) == []


def test_an_image_that_is_gone_takes_no_blob(site: Site) -> None:
    target = make.image(site, "main/apps/web")
    started = begun(target)
    with site.db.write() as tx:
        for table in (image_blob, images_table):
            tx.execute(delete(table))
    with pytest.raises(ImageUnknown):
        finish(site, started)
    assert list(site.blobs.objects()) == []


def test_an_image_that_has_the_number_of_one_that_is_gone_takes_no_blob_of_it(site: Site) -> None:
    """SQLite numbers the next image as the last one that was deleted."""
    target = make.image(site, "main/apps/web")
    started = begun(target)
    with site.db.write() as tx:
        tx.execute(update(images_table).values(name="another"))
    with pytest.raises(ImageUnknown):
        finish(site, started)
    assert list(site.blobs.objects()) == []


def test_whoever_comes_too_late_to_finish_finds_it_ended(site: Site) -> None:
    """Both found the upload, and one of them was faster with all of it."""
    started = begun(make.image(site, "main/apps/web"))
    finish(site, started)
    with pytest.raises(UploadUnknown):
        finish(site, started)
    assert list(site.blobs.uploads()) == []
    assert len(list(site.blobs.objects())) == 1
