"""What is locked, immutable or on its way out: pulls go on, changes are refused with the reason."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, update

from berth.db import tables
from berth.registry import editing, images, locks
from berth.registry.images import Image as Opened
from berth.words import digest, names
from tests import documents
from tests.client import Image, code
from tests.documents import Document, digest_of
from tests.doors.oci.harbour import OPERATOR, Dock


@contextmanager
def opened(dock: Dock, image: Image) -> Iterator[tuple[Connection, Opened]]:
    with dock.harbour.site.db.write() as tx:
        yield tx, images.find(tx, dock.harbour.place(dock.repository), names.image_path(image.name))


def lock(dock: Dock, image: Image, document: Document) -> None:
    with opened(dock, image) as (tx, found):
        locks.lock_digests(tx, found, [digest.parse(document.digest)], OPERATOR, at=dock.harbour.now(), reason="kept")


def put_into(dock: Dock, image: Image, state: str, reason: str = "") -> None:
    with opened(dock, image) as (tx, found):
        values = {"state": state, "state_reason": reason}
        tx.execute(update(tables.image).where(tables.image.c.id == found.id).values(**values))


def test_a_locked_digest_keeps_its_names_and_they_keep_it(dock: Dock, image: Image) -> None:
    locked, other = image.push_image("v1", seed="locked"), image.push_image("other", seed="other")
    lock(dock, image, locked)
    for answer in (
        image.put("v2", locked),
        image.put("other", locked),
        image.put("v1", other),
        image.delete("manifests/v1"),
        image.delete(f"manifests/{locked.digest}"),
    ):
        assert (answer.status_code, code(answer)) == (403, "DENIED")
        assert "kept" in answer.json()["errors"][0]["message"]
    assert image.tags() == ["other", "v1"]
    assert image.get("v1").content == locked.body
    assert image.get("other").content == other.body


def test_the_rest_of_the_image_goes_on(dock: Dock, image: Image) -> None:
    locked, other = image.push_image("v1", seed="locked"), image.push_image("other", seed="other")
    lock(dock, image, locked)
    assert image.put("v1", locked).status_code == 201
    assert image.put_digest(locked).status_code == 201
    assert image.put("more", other).status_code == 201
    assert image.delete("manifests/more").status_code == 202
    assert image.delete(f"manifests/{other.digest}").status_code == 202
    assert image.push_image("new", seed="new")


def test_a_locked_index_keeps_its_children_and_their_blobs(dock: Dock, image: Image) -> None:
    child = image.push_image(seed="child")
    index = documents.index([child])
    image.put("both", index)
    lock(dock, image, index)
    for what in (f"manifests/{child.digest}", f"blobs/{child.fields['layers'][0]['digest']}"):
        assert image.delete(what).status_code == 403
    assert image.has(child.digest)


def test_a_locked_referrer_keeps_its_subject(dock: Dock, image: Image) -> None:
    subject = image.push_image("v1")
    signature = image.push_artifact(subject)
    lock(dock, image, signature)
    answer = image.delete(f"manifests/{subject.digest}")
    assert (answer.status_code, code(answer)) == (403, "DENIED")
    assert signature.digest in answer.json()["errors"][0]["message"]
    assert image.referrers(subject.digest) == [signature.digest]


def test_an_immutable_tag_is_put_once(dock: Dock, image: Image) -> None:
    place = dock.harbour.place(dock.repository)
    with dock.harbour.site.db.write() as tx:
        editing.repository_(tx, place, OPERATOR, at=dock.harbour.now(), immutable_tags="release-*")
    first = image.push_image("release-1", seed="one")
    second = image.push_image("nightly", seed="two")
    assert image.put("release-1", first).status_code == 201
    answer = image.put("release-1", second)
    assert (answer.status_code, code(answer)) == (403, "DENIED")
    assert "release-*" in answer.json()["errors"][0]["message"]
    assert image.get("release-1").content == first.body
    assert image.put("nightly", first).status_code == 201


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [("deleting", "", "being deleted, try again"), ("inactive", "the disk is gone", "the disk is gone")],
)
def test_an_image_on_its_way_out_is_invisible_and_takes_nothing(
    dock: Dock, image: Image, state: str, reason: str, told: str
) -> None:
    pushed = image.push_image("v1")
    layer = pushed.fields["layers"][0]["digest"]
    put_into(dock, image, state, reason)
    for answer in (
        image.get("v1"),
        image.get(pushed.digest, "HEAD"),
        image.blob(layer),
        image.ask("GET", "tags/list"),
        image.delete("manifests/v1"),
    ):
        assert answer.status_code == 404
    assert image.referrers(pushed.digest) == []
    assert image.name not in image.client.ask("GET", "/v2/_catalog").json()["repositories"]
    for answer in (
        image.put("v1", pushed),
        image.append(image.session(), b"new"),
        image.finish(image.session(), digest_of(b"new"), b"new"),
        image.push_whole(b"new"),
        image.mount(layer),
    ):
        assert (answer.status_code, code(answer)) == (403, "DENIED")
        assert told in answer.json()["errors"][0]["message"]


def test_an_image_that_is_being_edited_is_pulled_and_pushed(dock: Dock, image: Image) -> None:
    pushed = image.push_image("v1")
    put_into(dock, image, "editing")
    assert image.get("v1").content == pushed.body
    assert image.push_image("v2", seed="two")
