"""What may have changed between the beginning of an upload and its end, in the process that saw both."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from berth.db.tables import image as images_table
from berth.db.tables import image_blob, manifest, tag
from berth.registry import images, repositories, tickets
from berth.words import names
from tests.client import Body, Image, code
from tests.documents import digest_of
from tests.doors.oci.harbour import OPERATOR, PRIVATE, Dock

CONTENT = b"the bytes of a layer, which came late"
SENT = pytest.mark.parametrize("body", [CONTENT, [CONTENT]], ids=["at once", "as a stream"])
"""Each takes a way of its own."""


def stored(dock: Dock) -> set[str]:
    """Whole or in part."""
    blobs = dock.harbour.site.blobs
    return {each.name for kind in (blobs.objects(), blobs.uploads()) for each in kind}


def begun(dock: Dock, image: Image, *, hours: int) -> str:
    """The address of an upload that began so long ago."""
    site, place = dock.harbour.site, dock.harbour.place(dock.repository)
    at, path = site.now() - timedelta(hours=hours), str(names.image_path(image.name))
    return f"/v2/{image.name}/blobs/uploads/{tickets.issue(site, place.repository_id or 0, path, 'sha256', at=at)}"


@SENT
def test_an_upload_whose_time_is_over_is_unknown(dock: Dock, image: Image, body: Body) -> None:
    image.push_image("v1")
    before, lasts = stored(dock), dock.harbour.site.settings.upload_hours
    upload = begun(dock, image, hours=lasts)
    for answer in (
        image.client.ask("GET", upload),
        image.append(upload, body),
        image.finish(upload, digest_of(CONTENT)),
        image.finish(upload, digest_of(CONTENT), body),
        image.client.ask("DELETE", upload),
    ):
        assert (answer.status_code, code(answer)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert stored(dock) == before
    assert image.finish(begun(dock, image, hours=lasts - 1), digest_of(CONTENT), body).status_code == 201


@SENT
def test_an_image_that_has_gone_is_made_anew_with_nothing_but_what_came(dock: Dock, image: Image, body: Body) -> None:
    pushed, upload = image.push_image("v1"), image.session()
    with dock.harbour.site.db.write() as tx:
        found = images.find(tx, dock.harbour.place(dock.repository), names.image_path(image.name))
        for table in (tag, manifest, image_blob):
            tx.execute(delete(table).where(table.c.image_id == found.id))
        tx.execute(delete(images_table).where(images_table.c.id == found.id))
    assert image.finish(upload, digest_of(CONTENT), body).status_code == 201
    assert image.blob(digest_of(CONTENT)).content == CONTENT
    assert image.blob(pushed.fields["layers"][0]["digest"]).status_code == 404
    assert image.get("v1").status_code == 404


@SENT
def test_a_repository_that_has_gone_takes_nothing(dock: Dock, image: Image, body: Body) -> None:
    before, upload = stored(dock), image.session()
    with dock.harbour.site.db.write() as tx:
        name = dock.repository.partition("/")[2]
        repositories.remove(tx, OPERATOR, PRIVATE, name, at=dock.harbour.now(), keep=timedelta(days=7))
    answer = image.finish(upload, digest_of(CONTENT), body)
    assert (answer.status_code, code(answer)) == (404, "NAME_UNKNOWN")
    assert stored(dock) == before
