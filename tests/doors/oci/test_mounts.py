"""Mounts: a blob of another image without its bytes, for those who may pull it there."""

import pytest

from tests.client import Client, challenge, location
from tests.documents import digest_of
from tests.doors.oci.harbour import PRIVATE, Dock, Harbour

CONTENT = b"a layer that many images have"
DIGEST = digest_of(CONTENT)


def test_a_mount_makes_the_blob_this_images_too(dock: Dock) -> None:
    source, target = dock.image("source"), dock.image("target")
    source.push(CONTENT)
    answer = target.mount(DIGEST, source.name)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v2/{target.name}/blobs/{DIGEST}"
    assert answer.headers["docker-content-digest"] == DIGEST
    assert target.blob(DIGEST).content == CONTENT


def test_a_mounted_blob_stays_when_its_source_goes(dock: Dock) -> None:
    source, target = dock.image("source"), dock.image("target")
    source.push(CONTENT)
    target.mount(DIGEST, source.name)
    assert source.delete(f"blobs/{DIGEST}").status_code == 202
    assert source.blob(DIGEST).status_code == 404
    assert target.blob(DIGEST).content == CONTENT


def test_a_mount_without_a_source_finds_the_blob_wherever_the_caller_may_pull(dock: Dock) -> None:
    content = f"only in {dock.repository}".encode()
    digest = dock.image("source").push(content)
    assert dock.image("target").mount(digest).status_code == 201
    assert dock.image("target").blob(digest).content == content


@pytest.mark.parametrize("source", ["hello", "nowhere", "x", "%zz", "../..", "a b", ""])
def test_what_cannot_be_mounted_becomes_a_session(dock: Dock, source: str) -> None:
    dock.image("hello").push(b"another blob")
    digest = digest_of(f"{dock.repository} lacks this".encode())
    name = f"{dock.repository}/{source}" if source else ""
    answer = dock.image("target").mount(digest, name)
    upload = location(answer, 202)
    assert upload.startswith(f"/v2/{dock.repository}/target/blobs/uploads/")
    content = f"{dock.repository} lacks this".encode()
    assert dock.image("target").finish(upload, digest, content).status_code == 201


def test_a_mount_from_anywhere_of_what_is_nowhere_becomes_a_session(dock: Dock) -> None:
    assert dock.image().mount(digest_of(b"nobody has this")).status_code == 202


@pytest.mark.parametrize("speaks", ["basic", "bearer"])
def test_nobody_mounts_what_they_may_not_pull(harbour: Harbour, dock: Dock, speaks: str) -> None:
    secret = f"secret of {dock.repository}".encode()
    digest = dock.image("private").push(secret)
    mine = harbour.repository()
    stranger = harbour.somebody((mine, "writer"))
    caller = harbour.client(stranger.name, stranger.secret, "bearer" if speaks == "bearer" else "basic")
    image = caller.image(f"{mine}/target")
    for source in (f"{dock.repository}/private", f"{dock.repository}/nothing", None):
        answer = image.mount(digest, source)
        assert (answer.status_code, answer.content) == (202, b"")
    assert image.blob(digest).status_code == 404


def test_a_token_without_the_source_is_asked_to_come_back_with_it(harbour: Harbour, dock: Dock) -> None:
    dock.image("source").push(CONTENT)
    target, source = dock.image("target"), f"{dock.repository}/source"
    narrow = harbour.client("", dock.owner.token(f"repository:{target.name}:pull,push"))
    answer = narrow.image(target.name).mount(DIGEST, source)
    assert answer.status_code == 401
    asked = challenge(answer)
    assert asked["error"] == "insufficient_scope"
    assert asked["scope"] == f"repository:{target.name}:pull,push repository:{source}:pull"
    wide = harbour.client("", dock.owner.token(asked["scope"]))
    assert wide.image(target.name).mount(DIGEST, source).status_code == 201


def test_a_token_for_one_image_mounts_nothing_from_elsewhere(harbour: Harbour, dock: Dock) -> None:
    content = f"only {dock.repository}".encode()
    digest = dock.image("source").push(content)
    target = dock.image("target").name
    narrow = harbour.client("", dock.owner.token(f"repository:{target}:pull,push"))
    assert narrow.image(target).mount(digest).status_code == 202


def test_a_digest_that_cannot_be_is_not_mounted(dock: Dock) -> None:
    assert dock.image().mount("sha256:short", f"{dock.repository}/source").status_code == 400


def test_pulling_is_not_enough_to_mount_into_an_image(harbour: Harbour, dock: Dock) -> None:
    dock.image("source").push(CONTENT)
    reader: Client = harbour.somebody((PRIVATE, "reader"))
    assert reader.image(f"{dock.repository}/target").mount(DIGEST, f"{dock.repository}/source").status_code == 403
