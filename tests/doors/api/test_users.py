"""Users through the API."""

import pytest

from tests.doors.api.desk import KEEPER, Desk, fields, problem

PASSWORD = "correct horse battery"


@pytest.fixture
def alice(root: Desk, name: str) -> Desk:
    """A person, signed in by password."""
    root.post("/users", {"name": name, "password": PASSWORD})
    return Desk(root.http, name, PASSWORD)


def test_a_person_is_created_and_signs_in(root: Desk, name: str) -> None:
    made = root.post("/users", {"name": name, "password": PASSWORD, "description": "on the night shift"})
    assert (made["kind"], made["administrator"], made["disabled"]) == ("person", False, False)
    assert root.get(f"/users/{name}") == made
    me = Desk(root.http, name, PASSWORD).get("/me")
    assert me == {"name": name, "administrator": False, "key": None, "scopes": None, "expires_at": None}


def test_no_answer_has_a_password_or_its_hash(root: Desk, alice: Desk) -> None:
    for answer in (root.ask("GET", f"/users/{alice.name}"), root.ask("GET", "/users"), root.ask("GET", "/events")):
        assert "argon2" not in answer.text
        assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "person"}, "password"),
        ({"kind": "robot", "password": PASSWORD}, "password"),
        ({"password": "short"}, "password"),
        ({"password": PASSWORD, "name": "Alice"}, "name"),
        ({"password": PASSWORD, "name": "bk_alice"}, "name"),
        ({"password": PASSWORD, "name": "system"}, "name"),
        ({"password": PASSWORD, "kind": "dog"}, "kind"),
    ],
)
def test_what_is_wrong_with_a_user_is_named(root: Desk, name: str, body: dict[str, str], field: str) -> None:
    document = problem(root.ask("POST", "/users", {"name": name, **body}), 400, "field-invalid")
    assert field in fields(document)


def test_a_user_is_disabled_and_enabled_again(root: Desk, alice: Desk) -> None:
    key = alice.post("/keys", {})
    edited = root.patch(f"/users/{alice.name}", {"disabled": True}, version=1)
    problem(alice.ask("GET", "/me"), 401, "unauthenticated")
    problem(Desk(root.http, key["id"], key["secret"]).ask("GET", "/me"), 401, "unauthenticated")
    root.patch(f"/users/{alice.name}", {"disabled": False}, version=edited["version"])
    assert alice.get("/me")["name"] == alice.name
    problem(Desk(root.http, key["id"], key["secret"]).ask("GET", "/me"), 401, "unauthenticated")


def test_two_who_edit_a_user_do_not_lose_each_others_work(root: Desk, alice: Desk) -> None:
    path = f"/users/{alice.name}"
    problem(root.ask("PATCH", path, {"description": "a"}), 428, "precondition-required")
    root.patch(path, {"description": "a"}, version=1)
    problem(root.ask("PATCH", path, {"description": "b"}, if_match=1), 412, "stale")
    problem(root.ask("DELETE", path, if_match=1), 412, "stale")


def test_an_administrator_comes_and_goes(root: Desk, alice: Desk) -> None:
    problem(alice.ask("GET", "/users"), 403, "denied")
    edited = root.patch(f"/users/{alice.name}", {"administrator": True}, version=1)
    assert alice.get("/users", limit=1)["items"]
    root.patch(f"/users/{alice.name}", {"administrator": False}, version=edited["version"])
    problem(alice.ask("GET", "/users"), 403, "denied")


def test_the_last_administrator_stays(root: Desk) -> None:
    """A robot is no administrator who could let people in again."""
    for body in ({"administrator": False}, {"disabled": True}):
        problem(root.ask("PATCH", f"/users/{KEEPER}", body, if_match="*"), 409, "last-administrator")
    problem(root.ask("DELETE", f"/users/{KEEPER}"), 409, "last-administrator")


def test_a_reset_password_ends_what_the_old_one_had_opened(root: Desk, alice: Desk) -> None:
    alice.post("/keys", {})
    answer = root.post(f"/users/{alice.name}/password", {"password": "another good one"}, status=200)
    assert answer == {"keys_ended": 1}
    problem(alice.ask("GET", "/me"), 401, "unauthenticated")
    assert Desk(root.http, alice.name, "another good one").get("/me")["name"] == alice.name


def test_you_change_your_own_password_with_the_old_one(root: Desk, alice: Desk) -> None:
    wrong = {"old": "not the old one", "new": "another good one"}
    problem(alice.ask("POST", "/me/password", wrong), 401, "unauthenticated")
    alice.post("/me/password", {"old": PASSWORD, "new": "another good one"}, status=200)
    problem(alice.ask("GET", "/me"), 401, "unauthenticated")
    assert Desk(root.http, alice.name, "another good one").get("/me")["name"] == alice.name


def test_a_key_does_not_change_a_password(root: Desk, alice: Desk) -> None:
    key = alice.post("/keys", {})
    answer = Desk(root.http, key["id"], key["secret"]).ask(
        "POST", "/me/password", {"old": PASSWORD, "new": "another good one"}
    )
    problem(answer, 403, "denied")


def test_everybody_sees_themselves_and_nobody_else(root: Desk, alice: Desk) -> None:
    assert alice.get(f"/users/{alice.name}")["name"] == alice.name
    admin = root.get("/me")["name"]
    for other in (admin, "nobody-at-all"):
        problem(alice.ask("GET", f"/users/{other}"), 404, "unknown")


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("POST", "", {"name": "mallory", "password": PASSWORD}),
        ("PATCH", "/{me}", {"administrator": True}),
        ("DELETE", "/{me}", None),
        ("POST", "/{me}/password", {"password": PASSWORD}),
    ],
)
def test_only_administrators_change_users(alice: Desk, method: str, rest: str, body: dict[str, str] | None) -> None:
    answer = alice.ask(method, f"/users{rest.format(me=alice.name)}", body, if_match="*")
    problem(answer, 403, "denied")


def test_a_deleted_user_is_gone_and_the_name_is_free(root: Desk, alice: Desk) -> None:
    root.delete(f"/users/{alice.name}")
    problem(alice.ask("GET", "/me"), 401, "unauthenticated")
    problem(root.ask("GET", f"/users/{alice.name}"), 404, "unknown")
    root.post("/users", {"name": alice.name, "kind": "robot"})
