"""The trash through the API."""

from typing import Any

import pytest

from tests.doors.api.desk import done, fields, problem
from tests.doors.api.docks import Dock


@pytest.fixture
def trashed(dock: Dock) -> dict[str, Any]:
    """The entry of a digest that had the tag v1."""
    digest = dock.push("v1")
    dock.push("v2", "two")
    assert dock.manager.ask("DELETE", f"{dock.path}/-/digests/{digest}").status_code == 202
    dock.work()
    found: dict[str, Any] = dock.manager.get(dock.trash)["items"][0]
    assert (found["digest"], found["tags"], found["image"]) == (digest, ["v1"], "shop/web")
    return found


def test_what_was_deleted_is_listed(dock: Dock, trashed: dict[str, Any]) -> None:
    assert trashed["deleted_at"] < trashed["purge_at"]
    assert dock.manager.get(dock.trash, image="other")["items"] == []
    for sort in ("deleted_at", "-purge_at", "image", "-size"):
        assert dock.manager.everything(dock.trash, sort=sort, limit=1) == [trashed]


def test_an_entry_is_restored_with_its_names(dock: Dock, trashed: dict[str, Any]) -> None:
    restored = dock.manager.post(f"{dock.trash}/restore", {"ids": [trashed["id"]]}, status=200)
    assert restored["tags"] == {"v1": trashed["digest"]}
    assert dock.image.get("v1").headers["docker-content-digest"] == trashed["digest"]
    problem(dock.manager.ask("POST", f"{dock.trash}/restore", {"ids": [trashed["id"]]}), 404, "unknown")


def test_a_name_in_use_offers_another_one(dock: Dock, trashed: dict[str, Any]) -> None:
    dock.push("v1", "three")
    body: dict[str, Any] = {"ids": [trashed["id"]]}
    offered = problem(dock.manager.ask("POST", f"{dock.trash}/restore", body), 409, "tag-in-use")["offered"]
    restored = dock.manager.post(f"{dock.trash}/restore", {**body, "rename": {"v1": offered}}, status=200)
    assert restored["tags"] == {offered: trashed["digest"]}


def test_a_whole_image_comes_back_by_its_batch(dock: Dock) -> None:
    dock.push("v1")
    dock.push("v2", "two")
    dock.manager.ask("DELETE", dock.path)
    dock.work()
    batches = {entry["batch"] for entry in dock.manager.get(dock.trash)["items"]}
    assert len(batches) == 1
    restored = dock.manager.post(f"{dock.trash}/restore", {"batch": batches.pop()}, status=200)
    assert sorted(restored["tags"]) == dock.image.tags() == ["v1", "v2"]


def test_an_entry_is_given_up_for_good(dock: Dock, trashed: dict[str, Any]) -> None:
    dock.manager.post(f"{dock.trash}/discard", {"ids": [trashed["id"]]}, status=204)
    assert dock.manager.get(dock.trash)["items"] == []
    problem(dock.manager.ask("POST", f"{dock.trash}/discard", {"ids": [trashed["id"]]}), 404, "unknown")


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": [1], "batch": "x"}, {"ids": ["1"]}, {"ids": [1 << 60]}])
def test_what_is_wrong_with_a_wish_is_named(dock: Dock, body: dict[str, Any]) -> None:
    assert fields(problem(dock.manager.ask("POST", f"{dock.trash}/restore", body), 400, "field-invalid"))


def test_only_who_manages_restores(dock: Dock, trashed: dict[str, Any]) -> None:
    for other in (dock.reader, dock.writer):
        problem(other.ask("GET", dock.trash), 403, "denied")
        problem(other.ask("POST", f"{dock.trash}/restore", {"ids": [trashed["id"]]}), 403, "denied")
        problem(other.ask("POST", f"{dock.trash}/discard", {"ids": [trashed["id"]]}), 403, "denied")


def test_a_repository_is_restored_and_given_up(dock: Dock) -> None:
    dock.push("v1")
    above, _, name = dock.repository.partition("/")
    address, there = f"/registries/{above}/trash", f"/registries/{above}/repositories/{name}"
    inside = done(dock.root.ask("DELETE", f"{there}?everything=true&name={dock.repository}&dry_run=true"), 200)[
        "inside"
    ]
    assert inside == {"repositories": 0, "images": 1, "digests": 1, "tags": 1}
    dock.root.ask("DELETE", f"{there}?everything=true&name={dock.repository}")
    dock.work()
    assert dock.reader.get(address)["items"] == []
    [entry] = dock.root.everything(address, limit=1)
    assert (entry["kind"], entry["path"], entry["images"]) == ("repository", dock.repository, 1)
    problem(dock.reader.ask("POST", f"{address}/restore", {"id": entry["id"]}), 404, "unknown")
    answer = dock.root.ask("POST", f"{address}/restore", {"id": entry["id"]})
    dock.work()
    assert done(dock.root.ask("GET", answer.headers["location"]), 200)["state"] == "done"
    assert dock.image.tags() == ["v1"]
    dock.root.ask("DELETE", f"{there}?everything=true&name={dock.repository}")
    dock.work()
    [entry] = dock.root.get(address)["items"]
    dock.root.post(f"{address}/discard", {"ids": [entry["id"]]}, status=204)
    assert dock.root.get(address)["items"] == []


def test_only_an_administrator_sees_registries_in_the_trash(dock: Dock) -> None:
    problem(dock.manager.ask("GET", "/trash"), 403, "denied")
    registry = dock.repository.partition("/")[0]
    dock.root.ask("DELETE", f"/registries/{registry}?everything=true&name={registry}")
    dock.work()
    [entry] = [each for each in dock.root.everything("/trash") if each["path"] == registry]
    assert dock.root.ask("POST", "/trash/restore", {"id": entry["id"], "name": "No"}).status_code == 400
    dock.root.post("/trash/restore", {"id": entry["id"]}, status=200)
    assert dock.root.get(f"/registries/{registry}")["state"] == "active"
