"""Chunks: in order, or refused with the place where the upload goes on."""

import pytest

from tests.client import Image, code, location
from tests.documents import digest_of

CONTENT = bytes(range(256)) * 12
SIZE = len(CONTENT)


def test_a_first_chunk_that_does_not_begin_at_0_is_416_and_the_upload_lives_on(image: Image) -> None:
    upload = image.session()
    answer = image.append(upload, CONTENT[22:42], "22-41")
    assert (answer.status_code, code(answer)) == (416, "BLOB_UPLOAD_INVALID")
    assert image.client.ask("GET", upload).headers["range"] == "0-0"
    assert image.append(upload, CONTENT, f"0-{SIZE - 1}").status_code == 202
    assert image.finish(upload, digest_of(CONTENT)).status_code == 201


@pytest.mark.parametrize("span", ["0-1023", "2048-3071", "1023-2046"])
def test_a_chunk_out_of_order_is_416_and_says_where_the_upload_is(image: Image, span: str) -> None:
    upload = location(image.append(image.session(), CONTENT[:1024], "0-1023"), 202)
    answer = image.append(upload, CONTENT[1024:2048], span)
    assert (answer.status_code, code(answer)) == (416, "BLOB_UPLOAD_INVALID")
    assert answer.headers["range"] == "0-1023"
    assert image.append(upload, CONTENT[1024:], f"1024-{SIZE - 1}").status_code == 202
    assert image.finish(upload, digest_of(CONTENT)).status_code == 201
    assert image.blob(digest_of(CONTENT)).content == CONTENT


def test_a_closing_put_with_a_chunk_out_of_order_is_416_and_the_upload_lives_on(image: Image) -> None:
    upload = location(image.append(image.session(), CONTENT[:1024], "0-1023"), 202)
    answer = image.finish(upload, digest_of(CONTENT), CONTENT[2048:], f"2048-{SIZE - 1}")
    assert (answer.status_code, code(answer)) == (416, "BLOB_UPLOAD_INVALID")
    assert image.finish(upload, digest_of(CONTENT), CONTENT[1024:], f"1024-{SIZE - 1}").status_code == 201


def test_the_first_location_finds_the_upload_all_the_time(image: Image) -> None:
    first = image.session()
    image.append(first, CONTENT[:22], "0-21")
    assert image.append(first, CONTENT[:22], "0-21").status_code == 416
    status = image.client.ask("GET", first)
    assert (status.status_code, status.headers["range"]) == (204, "0-21")


@pytest.mark.parametrize("span", ["bytes=0-9", "bytes 0-9/*", "0-", "-9", "9-0", "a-b", "0-9/10", "0-" + "9" * 40])
def test_a_content_range_that_cannot_be_read_is_refused_and_the_upload_lives_on(image: Image, span: str) -> None:
    upload = image.session()
    assert image.append(upload, CONTENT[:10], span).status_code == 400
    assert image.client.ask("GET", upload).headers["range"] == "0-0"
    assert image.append(upload, CONTENT[:10], "0-9").status_code == 202


def test_a_chunk_of_another_length_than_its_range_is_refused(image: Image) -> None:
    upload = image.session()
    answer = image.append(upload, CONTENT[:10], "0-19")
    assert (answer.status_code, code(answer)) == (400, "SIZE_INVALID")
    assert image.append(upload, CONTENT, f"0-{SIZE - 1}").status_code == 202
    assert image.finish(upload, digest_of(CONTENT)).status_code == 201


@pytest.mark.parametrize("sent", [10, 30])
def test_a_streamed_chunk_of_another_length_than_its_range_never_becomes_a_blob(image: Image, sent: int) -> None:
    upload = image.session()
    answer = image.append(upload, [CONTENT[:5], CONTENT[5:sent]], "0-19")
    assert (answer.status_code, code(answer)) == (400, "SIZE_INVALID")
    answer = image.finish(upload, digest_of(CONTENT[:20]))
    assert answer.status_code == 400
    assert image.blob(digest_of(CONTENT[:20])).status_code == 404


def test_pieces_without_a_range_follow_each_other(image: Image) -> None:
    upload = image.session()
    for start in range(0, SIZE, 1000):
        upload = location(image.append(upload, CONTENT[start : start + 1000]), 202)
    assert image.finish(upload, digest_of(CONTENT)).status_code == 201


def test_an_empty_chunk_changes_nothing(image: Image) -> None:
    upload = location(image.append(image.session(), b""), 202)
    answer = image.append(upload, CONTENT, f"0-{SIZE - 1}")
    assert (answer.status_code, answer.headers["range"]) == (202, f"0-{SIZE - 1}")
