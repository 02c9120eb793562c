"""Names: what can be one, what cannot, and tricks with the path that lead nowhere."""

import pytest

from tests.client import Client, Image, code
from tests.doors.oci.harbour import Dock, Harbour

pytestmark = pytest.mark.parametrize("harbour", ["sqlite"], indirect=True, scope="session")  # no database matters here

DIGEST = "sha256:" + "0" * 64
GOOD = [
    "a",
    "a/b/c/d",
    "blobs",
    "manifests",
    "tags/list",
    "x/blobs/uploads",
    "x/manifests/v1",
    f"x/manifests/{'0' * 64}",
    "uploads/tags/referrers",
    "v2",
    "token",
    "a.b_c__d---e",
    "0",
]
BAD = [
    "A",
    "a/B",
    "-a",
    "a-",
    ".a",
    "a..b",
    "a___b",
    "a_.b",
    "a/",
    "/a",
    "a//b",
    "a/./b",
    "a/../b",
    "..",
    "a%20b",
    "a%2F",
    "%2e%2e",
    "%00",
    "a%0A",
    "%C3%A4",
    "a:b",
    "a@b",
    "a%3Fb",
    "a%25b",
    "a\\b",
]


@pytest.mark.parametrize("name", GOOD)
def test_a_name_that_follows_the_rule_is_as_good_as_any(dock: Dock, name: str) -> None:
    image = dock.image(name)
    assert image.push_whole(b"content").status_code == 201
    pushed = image.push_image("v1")
    assert image.get("v1").content == pushed.body
    assert image.tags() == ["v1"]
    assert image.referrers(pushed.digest) == []
    assert image.delete("manifests/v1").status_code == 202
    assert image.delete(f"manifests/{pushed.digest}").status_code == 202


@pytest.mark.parametrize("name", BAD)
def test_a_name_that_breaks_it_is_unknown_to_readers_and_refused_to_writers(dock: Dock, name: str) -> None:
    image = dock.image(name)
    for rest in ("manifests/v1", f"blobs/{DIGEST}", "tags/list", f"referrers/{DIGEST}"):
        assert image.ask("GET", rest).status_code == 404
    for method, rest in (("PUT", "manifests/v1"), ("POST", "blobs/uploads/"), ("DELETE", "manifests/v1")):
        answer = image.ask(method, rest)
        assert answer.status_code in (400, 404)
        assert code(answer) in ("NAME_INVALID", "NAME_UNKNOWN")


@pytest.mark.parametrize("name", ["x", "main", "main/apps", "MAIN/apps/x", "m/apps/x", "main/a/x", "main/-apps/x"])
def test_registry_and_repository_follow_their_own_rules(owner: Client, name: str) -> None:
    image = owner.image(name)
    assert code(image.ask("GET", "tags/list")) in ("NAME_INVALID", "NAME_UNKNOWN")
    assert image.ask("GET", "tags/list").status_code == 404
    answer = image.start()
    assert (answer.status_code, code(answer)) == (400, "NAME_INVALID")


@pytest.mark.parametrize("name", ["x", "main/apps"])
def test_a_name_of_too_few_parts_is_taught_the_form(owner: Client, name: str) -> None:
    assert "registry/repository/image" in owner.image(name).start().json()["errors"][0]["message"]


def test_a_name_may_have_255_characters_and_no_more(dock: Dock) -> None:
    room = 255 - len(dock.repository) - 1
    assert dock.image("a" * room).push_whole(b"x").status_code == 201
    answer = dock.image("a" * (room + 1)).push_whole(b"x")
    assert (answer.status_code, code(answer)) == (400, "NAME_INVALID")


def test_a_name_written_in_percents_is_the_same_name(dock: Dock) -> None:
    pushed = dock.image("a/b").push_image("v1")
    encoded = f"/v2/{dock.repository.replace('/', '%2F')}%2F%61%2Fb/manifests/v1"
    assert dock.owner.ask("GET", encoded).content == pushed.body
    assert dock.harbour.client().ask("GET", encoded).status_code == 401


def test_dots_lead_nowhere(harbour: Harbour, dock: Dock, quay: Dock) -> None:
    """Neither from a public place into a private one, nor out of the API."""
    dock.image("secret").push_image("v1")
    nobody = harbour.client(speaks="bearer")
    for way in ("../../..", "%2e%2e/%2e%2e/%2e%2e", "..%2f..%2f.."):
        answer = nobody.ask("GET", f"/v2/{quay.repository}/x/{way}/{dock.repository}/secret/manifests/v1")
        assert answer.status_code == 404
    assert nobody.ask("GET", "/v2/../healthz").status_code == 404


@pytest.mark.parametrize(
    "target",
    [
        "/v2/x",
        "/v2//",
        "/v2/main",
        "/v2/main/apps/x/other/v1",
        "/v2x/",
        "/v2/main/apps/x/tags",
        "/v2/manifests/v1",
    ],
)
def test_what_is_no_place_of_the_api_is_404(owner: Client, target: str) -> None:
    answer = owner.ask("GET", target)
    assert (answer.status_code, code(answer)) == (404, "NAME_UNKNOWN")


def test_the_last_word_of_the_path_decides(dock: Dock) -> None:
    """`tags/list` of the image `x/manifests` is a list; the manifest `list` of `x/manifests/tags` cannot be meant."""
    image: Image = dock.image("x/manifests")
    image.push_image("list")
    assert image.tags() == ["list"]
