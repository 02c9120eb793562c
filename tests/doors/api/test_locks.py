"""Locks through the API, and that they hold against everybody, by every way in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import code
from tests.doors.api.desk import fields, problem
from tests.doors.api.docks import Dock

ABSENT = "sha256:" + "0" * 64


def test_a_locked_image_is_neither_pushed_to_nor_deleted(dock: Dock) -> None:
    digest = dock.push("v1")
    assert dock.manager.ask("PUT", f"{dock.path}/-/lock", {"reason": "in production"}).status_code == 204
    answer = problem(dock.manager.ask("DELETE", dock.path), 423, "locked")
    assert answer["lock"]["what"] == f"{dock.repository}/shop/web"
    assert answer["lock"]["reason"] == "in production"
    problem(dock.manager.ask("DELETE", f"{dock.path}/-/digests/{digest}"), 423, "locked")
    problem(dock.manager.ask("DELETE", f"{dock.path}/-/tags/v1"), 423, "locked")
    problem(dock.manager.ask("POST", f"{dock.path}/-/digests/{digest}/tags", {"add": ["v2"]}), 423, "locked")
    refused = dock.image.put("v2", dock.image.push_image("v1"))
    assert (refused.status_code, code(refused)) == (403, "DENIED")
    dock.manager.delete(f"{dock.path}/-/lock")
    dock.push("v2")


def test_a_digest_is_locked_and_unlocked_alone(dock: Dock) -> None:
    one, two = dock.push("v1"), dock.push("v2", "two")
    assert dock.manager.ask("PUT", f"{dock.path}/-/digests/{one}/lock", {}).status_code == 204
    assert problem(dock.manager.ask("DELETE", f"{dock.path}/-/tags/v1"), 423, "locked")["lock"]["what"] == one
    dock.manager.delete(f"{dock.path}/-/tags/v2")
    dock.manager.delete(f"{dock.path}/-/digests/{one}/lock")
    dock.manager.delete(f"{dock.path}/-/tags/v1")
    problem(dock.manager.ask("PUT", f"{dock.path}/-/digests/{ABSENT}/lock", {}), 404, "unknown")
    assert two


def test_many_are_locked_at_once_and_each_is_answered_for(dock: Dock) -> None:
    one, two = dock.push("v1"), dock.push("v2", "two")
    items = dock.manager.post(f"{dock.path}/-/digests/lock", {"digests": [one, ABSENT, two]}, status=200)["items"]
    assert [(item["digest"], item["done"]) for item in items] == [(one, True), (ABSENT, False), (two, True)]
    assert items[1]["problem"]["type"] == "urn:berth:problem:unknown"
    items = dock.manager.post(f"{dock.path}/-/digests/unlock", {"digests": [one, two]}, status=200)["items"]
    assert [item["done"] for item in items] == [True, True]


def test_fifty_are_the_most_and_the_answer_says_so(dock: Dock) -> None:
    dock.push("v1")
    many = [f"sha256:{number:064x}" for number in range(51)]
    for act in ("lock", "unlock", "delete"):
        document = problem(
            dock.manager.ask("POST", f"{dock.path}/-/digests/{act}", {"digests": many}), 400, "field-invalid"
        )
        assert fields(document) == ["digests"]
        assert "50" in document["detail"]


def test_one_digest_of_a_locked_image_is_not_unlocked(dock: Dock) -> None:
    digest = dock.push("v1")
    dock.manager.ask("PUT", f"{dock.path}/-/lock", {})
    problem(dock.manager.ask("DELETE", f"{dock.path}/-/digests/{digest}/lock"), 423, "locked")
    items = dock.manager.post(f"{dock.path}/-/digests/unlock", {"digests": [digest]}, status=200)["items"]
    assert items[0]["problem"]["status"] == 423
    assert items[0]["problem"]["lock"]["what"] == f"{dock.repository}/shop/web"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "x" * 256}, "reason"),
        ({"until": "2001-01-01T00:00:00Z"}, "until"),
        ({"until": "soon"}, "until"),
        ({"why": "x"}, "why"),
    ],
)
def test_what_is_wrong_with_a_lock_is_named(dock: Dock, body: dict[str, Any], field: str) -> None:
    dock.push("v1")
    assert fields(problem(dock.manager.ask("PUT", f"{dock.path}/-/lock", body), 400, "field-invalid")) == [field]


def test_a_lock_tells_its_end(dock: Dock) -> None:
    dock.push("v1")
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    dock.manager.ask("PUT", f"{dock.path}/-/lock", {"until": until})
    lock = problem(dock.manager.ask("DELETE", dock.path), 423, "locked")["lock"]
    assert datetime.fromisoformat(lock["until"]) == datetime.fromisoformat(until)


def test_only_who_manages_locks(dock: Dock) -> None:
    digest = dock.push("v1")
    for other in (dock.reader, dock.writer):
        problem(other.ask("PUT", f"{dock.path}/-/lock", {}), 403, "denied")
        problem(other.ask("DELETE", f"{dock.path}/-/lock"), 403, "denied")
        problem(other.ask("PUT", f"{dock.path}/-/digests/{digest}/lock", {}), 403, "denied")
        problem(other.ask("POST", f"{dock.path}/-/digests/lock", {"digests": [digest]}), 403, "denied")


def test_an_image_that_is_not_there(dock: Dock) -> None:
    for name, kind in {
        "absent": "unknown",
        "Not/A-Name": "unknown",
        "a/-/b": "no-such-page",
        "": "no-such-page",
    }.items():
        path = dock.path.replace("shop/web", name)
        problem(dock.manager.ask("PUT", f"{path}/-/lock", {}), 404, kind)
