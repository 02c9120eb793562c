"""Listing tags, page by page."""

from urllib.parse import quote

import pytest

from tests.client import Image, code

NAMES = ["2", "10", "A", "a", "a-1", "a.1", "a_1", "_x", "latest", "v1", "v10", "v2"]


@pytest.fixture
def tagged(image: Image) -> Image:
    """An image with the tags NAMES."""
    document = image.push_image()
    answer = image.put(document.digest, document, params=[("tag", name) for name in NAMES])
    assert answer.status_code == 201
    return image


def test_tags_come_in_byte_order(tagged: Image) -> None:
    answer = tagged.ask("GET", "tags/list")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"name": tagged.name, "tags": sorted(NAMES)}
    assert "link" not in answer.headers


@pytest.mark.parametrize("count", [1, 2, 5, 11])
def test_pages_follow_each_other_by_their_links(tagged: Image, count: int) -> None:
    found: list[str] = []
    target = f"/v2/{tagged.name}/tags/list?n={count}"
    while target:
        answer = tagged.client.ask("GET", target)
        page = answer.json()["tags"]
        assert len(page) <= count
        found += page
        link = answer.headers.get("link", "")
        assert not link or link.endswith('>; rel="next"')
        target = link.partition(">")[0].removeprefix("<")
    assert found == sorted(NAMES)


def test_a_page_that_holds_all_has_no_link(tagged: Image) -> None:
    for count in (len(NAMES), len(NAMES) + 1, 10**17):
        answer = tagged.ask("GET", "tags/list", params=[("n", str(count))])
        assert len(answer.json()["tags"]) == len(NAMES)
        assert "link" not in answer.headers


def test_no_tags_can_be_asked_for(tagged: Image) -> None:
    answer = tagged.ask("GET", "tags/list", params=[("n", "0")])
    assert (answer.status_code, answer.json()["tags"]) == (200, [])
    assert "link" not in answer.headers


def test_last_need_not_be_there_and_takes_all_after_it_in_byte_order(tagged: Image) -> None:
    assert tagged.tags(last="a.0") == [name for name in sorted(NAMES) if name > "a.0"]
    assert tagged.tags(last="a.1", n="2") == ["a_1", "latest"]
    assert tagged.tags(last="zzz") == []
    assert tagged.tags(last="") == sorted(NAMES)


@pytest.mark.parametrize("last", ["\0", "ä", "' OR 1=1 --", "%", "x" * 5000])
def test_last_may_be_anything(tagged: Image, last: str) -> None:
    assert tagged.ask("GET", f"tags/list?last={quote(last)}").status_code == 200


@pytest.mark.parametrize("count", ["-1", "x", "1.5", "", "+1", "1e3", "9" * 40, "%D9%A3"])
def test_a_count_that_is_none_is_refused(tagged: Image, count: str) -> None:
    answer = tagged.ask("GET", f"tags/list?n={count}")
    assert (answer.status_code, code(answer)) == (400, "PAGINATION_NUMBER_INVALID")


def test_an_image_without_tags_has_an_empty_list(image: Image) -> None:
    image.push_image()
    assert image.ask("GET", "tags/list").json()["tags"] == []


def test_an_image_that_was_never_pushed_to_has_no_list(image: Image) -> None:
    answer = image.ask("GET", "tags/list")
    assert (answer.status_code, code(answer)) == (404, "NAME_UNKNOWN")


def test_the_tags_of_other_images_are_not_listed(tagged: Image) -> None:
    other = tagged.client.image(f"{tagged.name}/other")
    other.push_image("v1")
    assert other.tags() == ["v1"]
