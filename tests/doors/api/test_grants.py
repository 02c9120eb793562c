"""Grants through the API."""

import pytest

from tests.doors.api.desk import Desk, fields, problem, somebody
from tests.doors.oci.harbour import Harbour


@pytest.fixture
def bob(harbour: Harbour) -> Desk:
    return somebody(harbour)


@pytest.fixture
def user(bob: Desk) -> str:
    found: str = bob.get("/me")["name"]
    return found


def test_a_grant_is_given_changed_and_taken(root: Desk, bob: Desk, user: str, registry: str) -> None:
    path = f"/grants/{user}/{registry}"
    given = root.ask("PUT", path, {"actions": ["writer"]}).json()
    assert (given["user"], given["place"], given["actions"]) == (user, registry, ["pull", "push"])
    assert bob.get(path) == given
    assert bob.get(f"/registries/{registry}")["name"] == registry
    assert root.ask("PUT", path, {"actions": ["push", "delete"]}).json()["actions"] == ["push", "delete"]
    root.delete(path)
    problem(bob.ask("GET", f"/registries/{registry}"), 404, "unknown")
    problem(root.ask("GET", path), 404, "unknown")
    problem(root.ask("DELETE", path), 404, "unknown")


def test_a_grant_may_be_on_a_repository(root: Desk, bob: Desk, user: str, registry: str) -> None:
    root.post(f"/registries/{registry}/repositories", {"name": "apps"})
    root.ask("PUT", f"/grants/{user}/{registry}/apps", {"actions": ["reader"]})
    assert [grant["place"] for grant in bob.get("/grants")["items"]] == [f"{registry}/apps"]
    assert root.get("/grants", place=f"{registry}/apps")["items"] == bob.get("/grants")["items"]
    assert root.get("/grants", place=registry)["items"] == []


def test_what_is_wrong_with_a_grant_is_named(root: Desk, user: str, registry: str) -> None:
    for actions in ([], ["fly"], "pull", None):
        answer = root.ask("PUT", f"/grants/{user}/{registry}", {"actions": actions})
        assert fields(problem(answer, 400, "field-invalid"))[0].startswith("actions")
    problem(root.ask("PUT", f"/grants/nobody-at-all/{registry}", {"actions": ["pull"]}), 404, "unknown")
    problem(root.ask("PUT", f"/grants/{user}/{registry}/absent", {"actions": ["pull"]}), 404, "unknown")
    problem(root.ask("PUT", f"/grants/{user}/absent", {"actions": ["pull"]}), 404, "unknown")


@pytest.mark.parametrize("role", ["reader", "writer", "manager"])
def test_only_an_owner_gives_grants(harbour: Harbour, user: str, registry: str, role: str) -> None:
    other, owner = somebody(harbour, (registry, role)), somebody(harbour, (registry, "owner"))
    path = f"/grants/{user}/{registry}"
    problem(other.ask("PUT", path, {"actions": ["reader"]}), 403, "denied")
    problem(other.ask("GET", f"/grants?place={registry}"), 403, "denied")
    assert owner.ask("PUT", path, {"actions": ["reader"]}).status_code == 200
    assert user in [grant["user"] for grant in owner.everything("/grants", place=registry, limit=1)]
    owner.delete(path)


def test_strangers_learn_nothing_of_places(bob: Desk, user: str, registry: str) -> None:
    for place in (registry, "absent"):
        problem(bob.ask("PUT", f"/grants/{user}/{place}", {"actions": ["owner"]}), 404, "unknown")
        problem(bob.ask("GET", f"/grants/{user}/{place}"), 404, "unknown")


def test_everybody_lists_their_own_grants_and_an_administrator_all(
    harbour: Harbour, root: Desk, bob: Desk, user: str, registry: str
) -> None:
    root.ask("PUT", f"/grants/{user}/{registry}", {"actions": ["reader"]})
    assert [grant["user"] for grant in bob.everything("/grants")] == [user]
    assert {user} == {grant["user"] for grant in root.everything("/grants", user=user)}
    assert len(root.everything("/grants", limit=3, sort="-user")) == len(root.everything("/grants"))
    other = somebody(harbour)
    assert other.get("/grants", user=user)["items"] == []


def test_of_two_who_change_a_grant_the_second_notices(root: Desk, user: str, registry: str) -> None:
    path = f"/grants/{user}/{registry}"
    first = root.ask("PUT", path, {"actions": ["pull"]})
    assert (first.headers["etag"], first.json()["version"]) == (root.ask("GET", path).headers["etag"], 2)
    assert root.ask("PUT", path, {"actions": ["pull", "push"]}, if_match=2).json()["version"] == 3
    problem(root.ask("PUT", path, {"actions": ["delete"]}, if_match=2), 412, "stale")
    problem(root.ask("DELETE", path, if_match=2), 412, "stale")
    assert root.get(path)["actions"] == ["pull", "push"]
    assert root.ask("DELETE", path, if_match=3).status_code == 204
    problem(root.ask("PUT", path, {"actions": ["pull"]}, if_match=3), 412, "stale")
