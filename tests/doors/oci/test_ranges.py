"""Ranges of blobs (RFC 9110, section 14)."""

import pytest

from tests.client import Image

pytestmark = pytest.mark.parametrize("harbour", ["sqlite"], indirect=True, scope="session")  # no database matters here

CONTENT = bytes(range(256)) * 8
SIZE = len(CONTENT)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=500-1499", 500, 1500),
        ("bytes=0-0", 0, 1),
        ("bytes=500-", 500, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        ("bytes=-999999", 0, SIZE),
        ("bytes=2000-5000", 2000, SIZE),
        ("bytes=2047-99999999999999999", 2047, SIZE),
        ("Bytes = 0-9".replace(" ", ""), 0, 10),
    ],
)
def test_one_range_is_answered_with_206(image: Image, asked: str, start: int, end: int) -> None:
    answer = image.blob(image.push(CONTENT), range=asked)
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=500-0", "bytes=2048-", "bytes=5000-10000", "bytes=-0"])
def test_a_range_without_a_byte_is_416_and_says_how_many_there_are(image: Image, asked: str) -> None:
    answer = image.blob(image.push(CONTENT), range=asked)
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=", "bytes=-", "bytes=a-b", "pages=1-2", "bytes=1-2-3", "bytes=" + "9" * 30 + "-"]
)
def test_several_ranges_and_what_is_no_range_get_the_whole(image: Image, asked: str) -> None:
    answer = image.blob(image.push(CONTENT), range=asked)
    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_if_range_holds_for_this_content_only(image: Image) -> None:
    digest = image.push(CONTENT)
    assert image.blob(digest, range="bytes=0-9", if_range=f'"{digest}"').content == CONTENT[:10]
    for other in ('"sha256:other"', f'W/"{digest}"', "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert image.blob(digest, range="bytes=0-9", if_range=other).content == CONTENT


def test_no_range_of_an_empty_blob_can_be_had(image: Image) -> None:
    digest = image.push(b"")
    assert image.blob(digest).content == b""
    assert image.blob(digest, range="bytes=0-0").status_code == 416


def test_head_is_about_the_whole(image: Image) -> None:
    answer = image.blob(image.push(CONTENT), "HEAD", range="bytes=0-9")
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(SIZE))
