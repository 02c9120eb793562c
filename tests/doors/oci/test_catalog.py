"""The catalog shows each caller the images they may pull, and no others."""

import pytest

from tests.client import challenge, code
from tests.doors.oci.harbour import Dock, Harbour

CATALOG = "/v2/_catalog"


@pytest.fixture
def full(dock: Dock) -> Dock:
    for name in ("b", "a", "a/deep", "z"):
        dock.image(name).push_image("v1")
    return dock


def paths(dock: Dock, *names: str) -> list[str]:
    return [f"{dock.repository}/{name}" for name in names]


def test_a_caller_sees_what_they_may_pull_in_order(harbour: Harbour, full: Dock) -> None:
    reader = harbour.somebody((full.repository, "reader"))
    answer = reader.ask("GET", CATALOG)
    assert answer.headers["content-type"] == "application/json"
    found = [path for path in answer.json()["repositories"] if path.startswith("main/")]
    assert found == paths(full, "a", "a/deep", "b", "z")


def test_a_stranger_sees_nothing_private(harbour: Harbour, full: Dock) -> None:
    found = harbour.somebody().ask("GET", CATALOG).json()["repositories"]
    assert not [path for path in found if path.startswith(full.repository)]


def test_pages_follow_each_other(harbour: Harbour, full: Dock, quay: Dock) -> None:
    quay.image("public").push_image("v1")
    reader = harbour.somebody((full.repository, "reader"))
    whole = reader.ask("GET", CATALOG).json()["repositories"]
    found: list[str] = []
    target = f"{CATALOG}?n=2"
    while target:
        answer = reader.ask("GET", target)
        found += answer.json()["repositories"]
        target = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert found == whole
    assert set(paths(full, "a", "z") + paths(quay, "public")) <= set(found)


def test_an_image_is_listed_from_its_first_manifest(harbour: Harbour, dock: Dock) -> None:
    reader = harbour.somebody((dock.repository, "reader"))
    image = dock.image("growing")
    image.push(b"only a blob")
    assert image.name not in reader.ask("GET", CATALOG).json()["repositories"]
    image.push_image()
    assert image.name in reader.ask("GET", CATALOG).json()["repositories"]


def test_nobody_is_asked_to_sign_in_and_may_then_see_what_is_public(harbour: Harbour, full: Dock, quay: Dock) -> None:
    quay.image("public").push_image("v1")
    answer = harbour.client().ask("GET", CATALOG)
    assert answer.status_code == 401
    assert challenge(answer)["scope"] == "registry:catalog:*"
    nobody = harbour.client(speaks="bearer").ask("GET", CATALOG).json()["repositories"]
    assert f"{quay.repository}/public" in nobody
    assert not [path for path in nobody if path.startswith(full.repository)]


def test_a_token_for_something_else_does_not_list(harbour: Harbour, full: Dock) -> None:
    token = full.owner.token(f"repository:{full.repository}/a:pull")
    answer = harbour.client("", token).ask("GET", CATALOG)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHORIZED")
    assert challenge(answer)["error"] == "insufficient_scope"
    listing = harbour.client("", full.owner.token("registry:catalog:*"))
    assert set(paths(full, "a")) <= set(listing.ask("GET", CATALOG).json()["repositories"])


@pytest.mark.parametrize("count", ["-1", "x", ""])
def test_a_count_that_is_none_is_refused(full: Dock, count: str) -> None:
    answer = full.owner.ask("GET", f"{CATALOG}?n={count}")
    assert (answer.status_code, code(answer)) == (400, "PAGINATION_NUMBER_INVALID")


def test_last_may_be_anything(full: Dock) -> None:
    for last in ("%00", "zzz", "/", "main/", "%E2%9A%93"):
        assert full.owner.ask("GET", f"{CATALOG}?last={last}").status_code == 200
