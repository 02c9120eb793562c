"""Registries through the API: who sees them, who may change them, and how two editors do not lose each other's work."""

import pytest

from tests.doors.api.desk import Desk, fields, problem, somebody
from tests.doors.oci.harbour import Harbour


def test_a_registry_is_created_shown_and_listed(root: Desk, name: str) -> None:
    given = {"name": name, "description": "Images of the shop", "visibility": "public", "create_on_push": True}
    answer = root.ask("POST", "/registries", {**given, "private_host": f"{name}.Example.org"})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/registries/{name}"
    assert {field: made[field] for field in given} == given
    assert made["private_host"] == f"{name}.example.org"
    assert made["created_by"].startswith("robot-")
    assert made["created_at"].endswith("Z")
    assert root.get(f"/registries/{name}") == made
    assert root.get("/registries", name=name)["items"] == [made]


def test_a_name_or_host_that_is_taken_is_a_conflict(root: Desk, registry: str) -> None:
    problem(root.ask("POST", "/registries", {"name": registry}), 409, "already-exists")
    root.patch(f"/registries/{registry}", {"private_host": f"{registry}.test"}, version=1)
    body = {"name": f"{registry}x", "public_host": f"{registry}.test"}
    problem(root.ask("POST", "/registries", body), 409, "already-exists")


def test_what_is_not_given_stays(root: Desk, name: str) -> None:
    root.post("/registries", {"name": name, "description": "first", "private_host": f"{name}.test"})
    edited = root.patch(f"/registries/{name}", {"description": "second"}, version=1)
    assert (edited["description"], edited["private_host"], edited["version"]) == ("second", f"{name}.test", 2)
    assert root.patch(f"/registries/{name}", {"private_host": None}, version=2)["private_host"] is None


def test_the_name_and_the_visibility_are_fixed(root: Desk, registry: str) -> None:
    answer = root.ask("PATCH", f"/registries/{registry}", {"name": "other", "visibility": "public"}, if_match=1)
    assert set(fields(problem(answer, 400, "field-invalid"))) == {"name", "visibility"}


def test_an_edit_says_what_it_has_read(root: Desk, registry: str) -> None:
    path = f"/registries/{registry}"
    problem(root.ask("PATCH", path, {"description": "a"}), 428, "precondition-required")
    read = root.ask("GET", path).headers["etag"]
    assert root.ask("PATCH", path, {"description": "a"}, if_match=read).headers["etag"] != read
    problem(root.ask("PATCH", path, {"description": "b"}, if_match=read), 412, "stale")
    for wrong in ("W/" + read, "1", "nonsense", '"x"'):
        problem(root.ask("PATCH", path, {"description": "b"}, if_match=wrong), 412, "stale")
    assert root.ask("PATCH", path, {"description": "c"}, if_match="*").json()["description"] == "c"


def test_a_registry_that_holds_something_is_not_deleted(root: Desk, registry: str) -> None:
    root.post(f"/registries/{registry}/repositories", {"name": "apps"})
    answer = problem(root.ask("DELETE", f"/registries/{registry}"), 409, "not-empty")
    assert answer["holds"] == "1 repository"
    root.delete(f"/registries/{registry}/repositories/apps")
    problem(root.ask("DELETE", f"/registries/{registry}", if_match=7), 412, "stale")
    root.delete(f"/registries/{registry}")
    problem(root.ask("GET", f"/registries/{registry}"), 404, "unknown")


def test_what_you_may_not_see_is_not_there(harbour: Harbour, registry: str) -> None:
    stranger = somebody(harbour)
    seen = problem(stranger.ask("GET", f"/registries/{registry}"), 404, "unknown")
    absent = problem(stranger.ask("GET", "/registries/absent"), 404, "unknown")
    assert seen["detail"].replace(registry, "absent") == absent["detail"]
    for method in ("PATCH", "DELETE"):
        answer = stranger.ask(method, f"/registries/{registry}", {} if method == "PATCH" else None, if_match="*")
        problem(answer, 404, "unknown")
    assert registry not in [item["name"] for item in stranger.everything("/registries")]


def test_a_public_registry_is_seen_by_everybody_with_a_name(harbour: Harbour) -> None:
    stranger = somebody(harbour)
    assert stranger.get("/registries/open1")["visibility"] == "public"
    assert "open1" in [item["name"] for item in stranger.everything("/registries")]


def test_a_grant_inside_shows_the_registry_and_no_more(harbour: Harbour, root: Desk, registry: str) -> None:
    for name in ("apps", "tools"):
        root.post(f"/registries/{registry}/repositories", {"name": name})
    reader = somebody(harbour, (f"{registry}/apps", "reader"))
    assert reader.get(f"/registries/{registry}")["name"] == registry
    seen = reader.get(f"/registries/{registry}/repositories")["items"]
    assert [item["path"] for item in seen] == [f"{registry}/apps"]
    problem(reader.ask("GET", f"/registries/{registry}/repositories/tools"), 404, "unknown")


@pytest.mark.parametrize("role", ["reader", "writer", "manager"])
def test_only_an_owner_edits_a_registry(harbour: Harbour, registry: str, role: str) -> None:
    other = somebody(harbour, (registry, role))
    answer = other.ask("PATCH", f"/registries/{registry}", {"description": "mine"}, if_match="*")
    assert "admin" in problem(answer, 403, "denied")["detail"]
    owner = somebody(harbour, (registry, "owner"))
    assert owner.patch(f"/registries/{registry}", {"description": "mine"}, version=1)["description"] == "mine"


def test_only_administrators_create_and_delete_registries(harbour: Harbour, registry: str) -> None:
    owner = somebody(harbour, (registry, "owner"))
    problem(owner.ask("POST", "/registries", {"name": f"{registry}x"}), 403, "denied")
    problem(owner.ask("DELETE", f"/registries/{registry}"), 403, "denied")


def test_the_scopes_of_a_key_bound_an_administrator(harbour: Harbour, root: Desk, registry: str) -> None:
    root.post(f"/registries/{registry}/repositories", {"name": "apps"})
    bounded = somebody(harbour, administrator=True, scopes=[f"{registry}/apps:pull"])
    problem(bounded.ask("POST", "/registries", {"name": f"{registry}x"}), 403, "denied")
    problem(bounded.ask("GET", "/users"), 403, "denied")
    answer = bounded.ask("PATCH", f"/registries/{registry}/repositories/apps", {"description": "x"}, if_match="*")
    problem(answer, 403, "denied")
    names = [item["name"] for item in bounded.everything("/registries")]
    assert registry in names
    assert "main" not in names
    problem(bounded.ask("GET", "/registries/main"), 404, "unknown")


def test_a_listener_that_the_server_does_not_have_is_refused(root: Desk, name: str) -> None:
    answer = root.ask("POST", "/registries", {"name": name, "public_listener": "edge"})
    said = problem(answer, 400, "field-invalid")
    assert fields(said) == ["public_listener"]
    assert "BERTH_LISTENERS has no listener 'edge'; there are none" in said["detail"]
