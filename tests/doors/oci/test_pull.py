"""Pulling: the bytes that were pushed, with the headers that clients build on."""

import pytest

from tests import documents
from tests.client import Image, code
from tests.documents import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

MISSING = "sha256:" + "0" * 64


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, DOCKER_MANIFEST])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_manifest_comes_back_to_the_byte_with_its_media_type_and_no_charset(
    image: Image, media_type: str, method: str
) -> None:
    pushed = image.push_image("v1", media_type=media_type)
    for reference in ("v1", pushed.digest):
        answer = image.get(reference, method)
        assert answer.status_code == 200
        assert answer.content == (pushed.body if method == "GET" else b"")
        assert answer.headers["content-type"] == media_type
        assert answer.headers["content-length"] == str(len(pushed.body))
        assert answer.headers["docker-content-digest"] == pushed.digest
        assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST])
def test_an_index_comes_back_to_the_byte(image: Image, media_type: str) -> None:
    children = [image.push_image(seed="one"), image.push_image(seed="two")]
    index = documents.index(children, media_type=media_type)
    assert image.put("both", index).status_code == 201
    answer = image.get("both")
    assert (answer.content, answer.headers["content-type"]) == (index.body, media_type)


def test_spaces_and_the_order_of_fields_are_kept(image: Image) -> None:
    pushed = image.push_image("v1")
    odd = documents.Document(b"\n " + pushed.body.replace(b": ", b" :\t") + b"\r\n ")
    assert image.put("odd", odd).status_code == 201
    assert image.get("odd").content == odd.body
    assert image.get(odd.digest).content == odd.body


def test_what_a_client_accepts_changes_nothing(image: Image) -> None:
    pushed = image.push_image("v1")
    for accepted in (OCI_INDEX, "application/vnd.docker.distribution.manifest.v1+prettyjws", "text/html", ""):
        answer = image.get("v1", accept=accepted)
        assert (answer.status_code, answer.content) == (200, pushed.body)
        assert answer.headers["content-type"] == OCI_MANIFEST


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_client_that_has_the_manifest_is_told_so_without_the_body(image: Image, method: str) -> None:
    pushed = image.push_image("v1")
    etag = image.get("v1").headers["etag"]
    for condition in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = image.get("v1", method, if_none_match=condition)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert answer.headers["docker-content-digest"] == pushed.digest
        assert "content-length" not in answer.headers
    assert image.get("v1", method, if_none_match='"other"').status_code == 200


def test_a_moved_tag_is_seen_at_once(image: Image) -> None:
    image.push_image("v1", seed="one")
    etag = image.get("v1").headers["etag"]
    second = image.push_image("v1", seed="two")
    answer = image.get("v1", if_none_match=etag)
    assert (answer.status_code, answer.content) == (200, second.body)


def test_a_blob_comes_back_to_the_byte(image: Image) -> None:
    content = bytes(range(256)) * 5000
    digest = image.push(content)
    answer = image.blob(digest)
    assert (answer.status_code, answer.content) == (200, content)
    head = image.blob(digest, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    for each in (answer, head):
        assert each.headers["content-length"] == str(len(content))
        assert each.headers["docker-content-digest"] == digest
        assert each.headers["content-type"] == "application/octet-stream"
        assert each.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_client_that_has_the_blob_is_told_so(image: Image, method: str) -> None:
    digest = image.push(b"known")
    answer = image.blob(digest, method, if_none_match=f'"{digest}"')
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_not_there_is_404(image: Image, method: str) -> None:
    image.push_image("v1")
    assert image.get("v2", method).status_code == 404
    assert image.get(MISSING, method).status_code == 404
    assert image.blob(MISSING, method).status_code == 404


def test_what_is_missing_is_named_by_its_kind(image: Image) -> None:
    image.push_image("v1")
    assert code(image.get("v2")) == "MANIFEST_UNKNOWN"
    assert code(image.get(MISSING)) == "MANIFEST_UNKNOWN"
    assert code(image.blob(MISSING)) == "BLOB_UNKNOWN"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("reference", [".INVALID_MANIFEST_NAME", "-x", "a" * 129, "a%20b", "%C3%A4", "%00"])
def test_a_tag_that_cannot_be_is_not_found(image: Image, method: str, reference: str) -> None:
    image.push_image("v1")
    assert image.get(reference, method).status_code == 404


@pytest.mark.parametrize("reference", ["sha256:totallywrong", "sha256:" + "A" * 64, "md5:" + "0" * 32, "sha256:", ":"])
def test_a_digest_that_cannot_be_is_refused(image: Image, reference: str) -> None:
    image.push_image("v1")
    for answer in (image.get(reference), image.blob(reference)):
        assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")


def test_a_manifest_is_no_blob(image: Image) -> None:
    pushed = image.push_image("v1")
    for method in ("GET", "HEAD"):
        assert image.blob(pushed.digest, method).status_code == 404


def test_a_blob_is_no_manifest(image: Image) -> None:
    digest = image.push(b'{"schemaVersion": 2}')
    image.push_image("v1")
    assert image.get(digest).status_code == 404
