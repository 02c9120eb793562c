"""Pushing blobs: the three shapes of an upload, and what ends one."""

from collections.abc import Iterator

import httpx
import pytest

from tests.client import Image, code, location
from tests.documents import digest_of
from tests.doors.oci.harbour import Harbour
from tests.inside import BrokenOff

CONTENT = b"the quick brown fox " * 500
PIECES = [CONTENT[:4000], CONTENT[4000:7000], CONTENT[7000:]]


@pytest.mark.parametrize("content", [CONTENT, b"", b"\0" * 3_000_000], ids=["some", "empty", "much"])
@pytest.mark.parametrize("shape", ["put", "one", "stream"])
def test_a_blob_pushed_in_any_shape_can_be_pulled(image: Image, shape: str, content: bytes) -> None:
    digest = digest_of(content)
    match shape:
        case "put":
            answer = image.finish(image.session(), digest, content)
        case "one":
            answer = image.push_whole(content)
        case _:
            answer = image.push_stream([content[:10], content[10:]])
    assert answer.status_code == 201
    assert answer.headers["docker-content-digest"] == digest
    assert answer.headers["location"] == f"/v2/{image.name}/blobs/{digest}"
    assert image.client.ask("GET", answer.headers["location"]).content == content


def test_a_put_may_be_streamed_too(image: Image) -> None:
    answer = image.finish(image.session(), digest_of(CONTENT), PIECES)
    assert answer.status_code == 201
    assert image.blob(digest_of(CONTENT)).content == CONTENT


def test_chunks_in_order_make_the_blob(image: Image) -> None:
    assert image.push_chunks(PIECES).status_code == 201
    assert image.blob(digest_of(CONTENT)).content == CONTENT


def test_the_last_chunk_may_come_with_the_closing_put(image: Image) -> None:
    upload = location(image.append(image.session(), CONTENT[:100], "0-99"), 202)
    answer = image.finish(upload, digest_of(CONTENT), CONTENT[100:], f"100-{len(CONTENT) - 1}")
    assert answer.status_code == 201
    assert image.blob(digest_of(CONTENT)).content == CONTENT


def test_a_session_says_where_it_is_and_how_far_it_came(image: Image) -> None:
    started = image.start()
    upload = location(started, 202)
    assert upload.startswith(f"/v2/{image.name}/blobs/uploads/")
    assert started.headers["docker-upload-uuid"]
    assert started.headers["range"] == "0-0"
    assert started.content == b""
    appended = image.append(upload, b"x" * 10)
    assert (appended.status_code, appended.headers["range"]) == (202, "0-9")
    status = image.client.ask("GET", upload)
    assert (status.status_code, status.headers["range"], status.content) == (204, "0-9", b"")
    assert location(status, 204) == upload


def test_posting_without_the_slash_starts_a_session_as_well(image: Image) -> None:
    assert image.ask("POST", "blobs/uploads").status_code == 202


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_the_algorithm_may_be_known_only_at_the_end(image: Image, algorithm: str) -> None:
    digest = digest_of(CONTENT, algorithm)
    upload = location(image.append(image.session(), PIECES), 202)
    answer = image.finish(upload, digest)
    assert (answer.status_code, answer.headers["docker-content-digest"]) == (201, digest)
    read = image.blob(digest)
    assert (read.content, read.headers["docker-content-digest"]) == (CONTENT, digest)


def test_the_algorithm_may_be_said_at_the_beginning(image: Image) -> None:
    upload = location(image.start(**{"digest-algorithm": "sha512"}), 202)
    assert image.finish(upload, digest_of(CONTENT, "sha512"), CONTENT).status_code == 201
    assert code(image.start(**{"digest-algorithm": "md5"})) == "DIGEST_INVALID"


def test_the_same_bytes_may_be_held_under_both_algorithms(image: Image) -> None:
    digests = [image.push(CONTENT, algorithm) for algorithm in ("sha256", "sha512")]
    assert [image.blob(digest).content for digest in digests] == [CONTENT, CONTENT]


def test_a_blob_may_be_pushed_again(image: Image) -> None:
    for _ in range(3):
        image.push(CONTENT)
        assert image.push_whole(CONTENT).status_code == 201
    assert image.blob(digest_of(CONTENT)).content == CONTENT


def test_a_finished_upload_is_gone(image: Image) -> None:
    upload = image.session()
    assert image.finish(upload, digest_of(CONTENT), CONTENT).status_code == 201
    for answer in (
        image.client.ask("GET", upload),
        image.append(upload, b"more"),
        image.finish(upload, digest_of(CONTENT)),
    ):
        assert (answer.status_code, code(answer)) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_cancelled_upload_is_gone(image: Image) -> None:
    upload = location(image.append(image.session(), CONTENT), 202)
    answer = image.client.ask("DELETE", upload)
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("GET", "DELETE"):
        again = image.client.ask(method, upload)
        assert (again.status_code, code(again)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert image.finish(upload, digest_of(CONTENT)).status_code == 404
    assert image.blob(digest_of(CONTENT)).status_code == 404


@pytest.mark.parametrize("upload", ["nothing", "%00", "..", "x" * 300, "12345678-1234-1234-1234-123456789012"])
def test_an_upload_that_never_was_is_unknown(image: Image, upload: str) -> None:
    image.push(b"so the image is there")
    for method in ("GET", "PATCH", "DELETE"):
        answer = image.ask(method, f"blobs/uploads/{upload}")
        assert (answer.status_code, code(answer)) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_an_upload_belongs_to_its_image(image: Image) -> None:
    upload = image.session()
    elsewhere = upload.replace("/hello/", "/other/")
    assert image.append(elsewhere, b"x").status_code == 404
    assert image.append(upload, b"x").status_code == 202


def test_a_client_that_breaks_off_can_go_on_where_it_was(image: Image) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT[:5000]
        raise BrokenOff

    upload = image.session()
    with pytest.raises(httpx.RemoteProtocolError):
        image.append(upload, broken())  # type: ignore[arg-type]  # a body that ends too early
    offset = int(image.client.ask("GET", upload).headers["range"].partition("-")[2]) + 1
    assert offset <= 5000
    rest = CONTENT[offset:] if offset > 1 else CONTENT
    first = len(CONTENT) - len(rest)
    assert image.append(upload, rest, f"{first}-{len(CONTENT) - 1}").status_code == 202
    assert image.finish(upload, digest_of(CONTENT)).status_code == 201


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_body_that_breaks_off_makes_no_blob(image: Image, method: str) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT[:5000]
        raise BrokenOff

    target = f"/v2/{image.name}/blobs/uploads/" if method == "POST" else image.session()
    for digest in (digest_of(CONTENT), digest_of(CONTENT[:5000])):
        with pytest.raises(httpx.RemoteProtocolError):
            image.client.ask(method, target, params=[("digest", digest)], body=broken())  # type: ignore[arg-type]  # see above
        assert image.blob(digest).status_code == 404


def test_an_upload_begins_while_others_write(harbour: Harbour, image: Image) -> None:
    """It writes nothing by itself, so it waits for nobody."""
    image.push_image("v1")
    with harbour.site.db.write():
        assert image.start().status_code == 202
