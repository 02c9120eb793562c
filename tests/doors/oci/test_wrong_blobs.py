"""Blobs whose bytes are not what they were said to be: refused, with nothing left."""

import pytest

from tests.client import Image, code
from tests.documents import digest_of

CONTENT = b"the quick brown fox"
OTHER = digest_of(b"something else")
IMPOSSIBLE = ["sha256:baddigeststring", "sha256:" + "A" * 64, "md5:" + "0" * 32, "sha256", "", "sha512:" + "0" * 64]


def test_a_put_with_the_wrong_digest_is_refused(image: Image) -> None:
    answer = image.finish(image.session(), OTHER, CONTENT)
    assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")
    assert digest_of(CONTENT) in answer.json()["errors"][0]["message"]
    for digest in (OTHER, digest_of(CONTENT)):
        assert image.blob(digest).status_code == 404


def test_a_single_post_with_the_wrong_digest_is_refused(image: Image) -> None:
    answer = image.push_whole(CONTENT, OTHER)
    assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")
    assert image.blob(OTHER).status_code == 404


def test_a_wrong_digest_ends_the_upload(image: Image) -> None:
    upload = image.session()
    assert image.finish(upload, OTHER, CONTENT).status_code == 400
    assert image.finish(upload, digest_of(CONTENT)).status_code == 404


@pytest.mark.parametrize("digest", IMPOSSIBLE)
def test_a_digest_that_cannot_be_is_refused_and_the_upload_lives_on(image: Image, digest: str) -> None:
    upload = image.session()
    answer = image.finish(upload, digest, CONTENT)
    assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")
    posted = image.ask("POST", "blobs/uploads/", params=[("digest", digest)], body=CONTENT)
    assert (posted.status_code, code(posted)) == (400, "DIGEST_INVALID")
    assert image.finish(upload, digest_of(CONTENT), CONTENT).status_code == 201


def test_a_closing_put_without_a_digest_is_refused_and_the_upload_lives_on(image: Image) -> None:
    upload = image.session()
    answer = image.client.ask("PUT", upload, body=CONTENT)
    assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")
    assert image.finish(upload, digest_of(CONTENT), CONTENT).status_code == 201


def test_a_right_digest_of_the_wrong_algorithm_is_refused(image: Image) -> None:
    hex_of_other = digest_of(CONTENT, "sha512").partition(":")[2][:64]
    assert image.push_whole(CONTENT, f"sha256:{hex_of_other}").status_code == 400


def test_a_blob_above_the_limit_is_refused(image: Image) -> None:
    upload = image.session()
    answer = image.client.ask("PATCH", upload, headers={"Content-Length": str(1 << 41)}, body=b"x")
    assert (answer.status_code, code(answer)) == (413, "SIZE_INVALID")
    assert image.client.ask("GET", upload).headers["range"] == "0-0"
