"""Uploads of which one process saw the beginning and another the end."""

from collections.abc import Iterator

import httpx
import pytest

from berth.app import application
from tests.client import Client, Image, code, location
from tests.documents import digest_of
from tests.doors.oci.harbour import URL, Dock, Harbour
from tests.inside import Inside

CONTENT = b"the bytes of a layer, of which another process has heard more"


@pytest.fixture
def elsewhere(harbour: Harbour, image: Image) -> Iterator[Image]:
    """The same image as another process of the same site serves it, to the same person."""
    client = image.client
    with httpx.Client(transport=Inside(application(harbour.site)), base_url=URL) as http:
        yield Image(Client(http, client.name, client.secret, client.speaks), image.name)


def test_what_was_begun_in_one_process_is_finished_in_another(image: Image, elsewhere: Image) -> None:
    assert elsewhere.finish(image.session(), digest_of(CONTENT), CONTENT).status_code == 201
    assert image.blob(digest_of(CONTENT)).content == CONTENT


def test_what_was_cancelled_elsewhere_is_gone_and_leaves_nothing(
    harbour: Harbour, image: Image, elsewhere: Image
) -> None:
    before = {each.name for each in harbour.site.blobs.objects()}
    upload = image.session()
    assert elsewhere.client.ask("DELETE", upload).status_code == 204
    answer = image.finish(upload, digest_of(CONTENT), CONTENT)
    assert (answer.status_code, code(answer)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert {each.name for each in harbour.site.blobs.objects()} == before
    assert image.blob(digest_of(CONTENT)).status_code == 404


def test_what_was_finished_elsewhere_is_gone_and_its_blob_stays(image: Image, elsewhere: Image) -> None:
    upload = image.session()
    assert elsewhere.finish(upload, digest_of(CONTENT), CONTENT).status_code == 201
    answer = image.finish(upload, digest_of(CONTENT), CONTENT)
    assert (answer.status_code, code(answer)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert image.blob(digest_of(CONTENT)).content == CONTENT


def test_an_upload_that_was_begun_here_belongs_to_its_image(dock: Dock, image: Image) -> None:
    dock.image("other").push(b"so that it is there")
    upload = image.session()
    answer = image.finish(upload.replace("/hello/", "/other/"), digest_of(CONTENT), CONTENT)
    assert (answer.status_code, code(answer)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert location(image.append(upload, CONTENT), 202)
