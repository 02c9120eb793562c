"""Access keys through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.doors.api.desk import Desk, fields, problem, somebody
from tests.doors.oci.harbour import Harbour


def later(**by: float) -> str:
    return (datetime.now(UTC) + timedelta(**by)).isoformat()


def with_key(caller: Desk, key: dict[str, Any]) -> Desk:
    return Desk(caller.http, key["id"], key["secret"])


@pytest.fixture
def alice(harbour: Harbour) -> Desk:
    return somebody(harbour, ("main", "writer"))


def test_the_secret_of_a_key_is_shown_once(alice: Desk) -> None:
    answer = alice.ask("POST", "/keys", {"description": "nightly builds", "scopes": ["main/apps:writer"]})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == f"/api/v1/keys/{made['id']}"
    assert made["scopes"] == ["main/apps:pull,push"]
    secret = made.pop("secret")
    assert alice.get(f"/keys/{made['id']}") == made
    assert secret not in alice.ask("GET", "/keys").text


def test_a_key_speaks_for_its_owner_until_it_is_revoked(alice: Desk) -> None:
    made = alice.post("/keys", {"expires_at": later(days=1)})
    me = with_key(alice, made).get("/me")
    assert (me["name"], me["key"], me["expires_at"]) == (made["owner"], made["id"], made["expires_at"])
    alice.delete(f"/keys/{made['id']}")
    problem(with_key(alice, made).ask("GET", "/me"), 401, "unauthenticated")
    assert alice.get(f"/keys/{made['id']}")["state"] == "revoked"
    assert made["id"] in [key["id"] for key in alice.everything("/keys", state="revoked", limit=1)]
    alice.delete(f"/keys/{made['id']}")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["main/apps"]}, "scopes"),
        ({"scopes": ["main/apps:everything"]}, "actions"),
        ({"scopes": ["Main:pull"]}, "name"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": 4102444800}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"description": "x" * 256}, "description"),
    ],
)
def test_what_is_wrong_with_a_key_is_named(alice: Desk, body: dict[str, Any], field: str) -> None:
    found = fields(problem(alice.ask("POST", "/keys", body), 400, "field-invalid"))
    assert [name.partition(".")[0] for name in found] == [field]


def test_everybody_has_their_own_keys_and_an_administrator_all(harbour: Harbour, root: Desk, alice: Desk) -> None:
    other = somebody(harbour)
    made = alice.post("/keys", {})
    problem(other.ask("GET", f"/keys/{made['id']}"), 404, "unknown")
    problem(other.ask("DELETE", f"/keys/{made['id']}"), 404, "unknown")
    assert other.get("/keys", owner=made["owner"])["items"] == []
    assert made["id"] in [key["id"] for key in root.everything("/keys", owner=made["owner"])]
    root.delete(f"/keys/{made['id']}")


def test_an_administrator_makes_keys_for_robots(root: Desk, alice: Desk, name: str) -> None:
    root.post("/users", {"name": name, "kind": "robot"})
    made = root.post("/keys", {"owner": name})
    assert with_key(root, made).get("/me")["name"] == name
    problem(alice.ask("POST", "/keys", {"owner": name}), 403, "denied")
    problem(root.ask("POST", "/keys", {"owner": "nobody-at-all"}), 404, "unknown")


def test_a_key_with_scopes_makes_and_ends_no_keys(alice: Desk) -> None:
    narrow = alice.post("/keys", {"scopes": ["main:pull"]})
    problem(with_key(alice, narrow).ask("POST", "/keys", {}), 403, "denied")
    problem(with_key(alice, narrow).ask("DELETE", f"/keys/{narrow['id']}"), 403, "denied")


def test_a_key_that_ends_makes_none_that_ends_later(alice: Desk) -> None:
    short = alice.post("/keys", {"expires_at": later(hours=1)})
    for asked in ({}, {"expires_at": later(hours=2)}):
        document = problem(with_key(alice, short).ask("POST", "/keys", asked), 400, "field-invalid")
        assert fields(document) == ["expires_at"]
    with_key(alice, short).post("/keys", {"expires_at": later(minutes=30)})
