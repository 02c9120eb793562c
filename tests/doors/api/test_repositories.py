"""Repositories through the API."""

import pytest

from tests.doors.api.desk import Desk, problem, somebody
from tests.doors.oci.harbour import Harbour


def test_a_repository_is_created_edited_and_deleted(root: Desk, registry: str) -> None:
    inside = f"/registries/{registry}/repositories"
    made = root.post(inside, {"name": "apps", "description": "first"})
    assert made["path"] == f"{registry}/apps"
    edited = root.patch(f"{inside}/apps", {"description": "second"}, version=made["version"])
    assert root.get(f"{inside}/apps") == edited
    problem(root.ask("PATCH", f"{inside}/apps", {"description": "third"}, if_match=made["version"]), 412, "stale")
    problem(root.ask("PATCH", f"{inside}/apps", {"description": "third"}), 428, "precondition-required")
    root.delete(f"{inside}/apps")
    problem(root.ask("GET", f"{inside}/apps"), 404, "unknown")


def test_a_name_that_is_taken_is_a_conflict(root: Desk, registry: str) -> None:
    inside = f"/registries/{registry}/repositories"
    root.post(inside, {"name": "apps"})
    problem(root.ask("POST", inside, {"name": "apps"}), 409, "already-exists")


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("writer", 403), ("manager", 201), ("owner", 201)])
def test_who_manages_a_registry_creates_repositories(harbour: Harbour, registry: str, role: str, status: int) -> None:
    other = somebody(harbour, (registry, role))
    assert other.ask("POST", f"/registries/{registry}/repositories", {"name": "apps"}).status_code == status


@pytest.mark.parametrize(
    ("role", "edits", "deletes"), [("writer", 403, 403), ("manager", 200, 403), ("owner", 200, 204)]
)
def test_who_manages_a_repository_edits_it_and_an_owner_deletes_it(
    harbour: Harbour, root: Desk, registry: str, role: str, edits: int, deletes: int
) -> None:
    root.post(f"/registries/{registry}/repositories", {"name": "apps"})
    other = somebody(harbour, (f"{registry}/apps", role))
    path = f"/registries/{registry}/repositories/apps"
    assert other.ask("PATCH", path, {"description": "x"}, if_match="*").status_code == edits
    assert other.ask("DELETE", path).status_code == deletes


def test_a_repository_with_an_image_is_not_deleted(harbour: Harbour, root: Desk, registry: str) -> None:
    root.post(f"/registries/{registry}/repositories", {"name": "apps"})
    owner = harbour.somebody((registry, "owner"))
    owner.image(f"{registry}/apps/hello").push_image("v1")
    answer = root.ask("DELETE", f"/registries/{registry}/repositories/apps")
    assert problem(answer, 409, "not-empty")["holds"] == "1 image"


def test_strangers_learn_nothing(harbour: Harbour, root: Desk, registry: str) -> None:
    root.post(f"/registries/{registry}/repositories", {"name": "apps"})
    stranger = somebody(harbour)
    for path in (f"/registries/{registry}/repositories", f"/registries/{registry}/repositories/apps"):
        problem(stranger.ask("GET", path), 404, "unknown")
    problem(stranger.ask("POST", f"/registries/{registry}/repositories", {"name": "apps"}), 404, "unknown")
