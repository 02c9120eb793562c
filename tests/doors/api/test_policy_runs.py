"""Tests and runs of a deletion policy through the API."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from berth.db.tables import manifest
from tests.doors.api.desk import JSON, fields, problem
from tests.doors.api.docks import Dock

POLICY: dict[str, Any] = {  # Any: a policy as JSON
    "enabled": True,
    "untagged": {"enabled": True, "days": 5},
    "old": {"enabled": True, "days": 30},
    "expression": "v*",
}


@pytest.fixture
def old(dock: Dock) -> str:
    """A digest that was pushed long ago, beside one of today."""
    digest = dock.push("v1")
    dock.push("v2", "two")
    site = dock.harbour.site
    with site.db.write() as tx:
        mine = manifest.c.digest == digest
        tx.execute(update(manifest).where(mine).values(created_at=site.now() - timedelta(days=31)))
    return digest


def ended(dock: Dock, asked: JSON) -> Any:  # Any: JSON values
    dock.work()
    return dock.manager.get(f"{dock.path}/-/policy-runs/{asked['id']}")


def items(dock: Dock, asked: JSON, **query: Any) -> list[Any]:  # Any: JSON values
    found: list[Any] = dock.manager.get(f"{dock.path}/-/policy-runs/{asked['id']}/items", **query)["items"]  # Any: JSON
    return found


def test_a_policy_that_is_not_saved_is_tested_and_deletes_nothing(dock: Dock, old: str) -> None:
    answer = dock.manager.ask("POST", f"{dock.path}/-/policy-runs", {"kind": "test", "policy": POLICY})
    assert answer.status_code == 202
    asked = answer.json()
    assert answer.headers["location"].endswith(f"/-/policy-runs/{asked['id']}")
    assert asked["state"] == "queued"
    found = ended(dock, asked)
    assert (found["state"], found["deleted"], found["kept"]) == ("done", 1, 1)
    assert found["freed"] > 0
    [going] = items(dock, asked, deleted="true")
    assert (going["digest"], going["tags"], going["reason"], going["outcome"]) == (old, ["v1"], "old", "")
    [kept] = items(dock, asked, deleted="false")
    assert (kept["tags"], kept["reason"]) == (["v2"], "too-young")
    assert 0 < going["freed"] == found["freed"] <= going["size"]  # others here may have the same config
    assert (kept["freed"], going["pushed_at"] < kept["pushed_at"]) == (None, True)
    assert dock.image.has(old)


def test_a_run_deletes_what_its_test_has_found(dock: Dock, old: str) -> None:
    version = dock.manager.ask("GET", dock.path).headers["etag"]
    edited = dock.manager.ask("PATCH", dock.path, {"policies": {"deletion": POLICY}}, if_match=version)
    assert edited.status_code == 200, edited.text
    test = dock.manager.post(f"{dock.path}/-/policy-runs", {"kind": "test"}, status=202)
    dock.work()
    run = dock.manager.post(f"{dock.path}/-/policy-runs", {"kind": "run", "source": test["id"]}, status=202)
    problem(dock.manager.ask("POST", f"{dock.path}/-/policy-runs", {"kind": "run"}), 409, "run-goes-on")
    assert ended(dock, run)["deleted"] == 1
    assert [(item["digest"], item["outcome"]) for item in items(dock, run)] == [(old, "deleted")]
    assert not dock.image.has(old)
    assert [entry["digest"] for entry in dock.manager.get(dock.trash)["items"]] == [old]
    listed = dock.reader.get(f"{dock.path}/-/policy-runs")["items"]
    assert [each["kind"] for each in listed] == ["run", "test"]
    events = dock.root.get("/events", target=f"{dock.repository}/shop/web@{old}")["items"]
    assert events[0]["after"] == {"rule": "old", "run": run["id"]}


def test_who_may_test_and_run(dock: Dock) -> None:
    dock.push("v1")
    for desk in (dock.reader, dock.writer):
        for kind in ("test", "run"):
            problem(desk.ask("POST", f"{dock.path}/-/policy-runs", {"kind": kind}), 403, "denied")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kind": "dance"}, "kind"),
        ({"kind": "test", "source": "x"}, "source"),
        ({"kind": "run", "policy": POLICY}, "policy"),
        ({"kind": "test", "policy": {**POLICY, "expression": "-"}}, "policy.expression"),
        ({"kind": "test", "policy": {**POLICY, "old": {"enabled": True, "days": 0}}}, "policy.old.days"),
        ({"kind": "test", "policy": {**POLICY, "keep_newest": -1}}, "policy.keep_newest"),
    ],
)
def test_what_cannot_be_asked_names_the_field(dock: Dock, asked: dict[str, Any], field: str) -> None:
    dock.push("v1")
    found = problem(dock.manager.ask("POST", f"{dock.path}/-/policy-runs", asked), 400, "field-invalid")
    assert fields(found) == [field]


def test_a_run_that_is_not_there_is_unknown(dock: Dock) -> None:
    dock.push("v1")
    problem(dock.manager.ask("GET", f"{dock.path}/-/policy-runs/nothing"), 404, "unknown")
    problem(dock.manager.ask("POST", f"{dock.path}/-/policy-runs", {"kind": "run", "source": "x"}), 404, "unknown")


def test_a_run_that_is_stopped_is_refused_or_approved(dock: Dock, old: str) -> None:
    """By those who may delete; others are told what they lack."""
    policy = {**POLICY, "breaker_last_tag": False, "breaker_share": 10}
    dock.manager.patch(dock.path, {"policies": {"deletion": policy}}, dock.manager.get(dock.path)["version"])
    runs = f"{dock.path}/-/policy-runs"
    first = dock.manager.post(runs, {"kind": "run"}, 202)
    stopped = ended(dock, first)
    assert (stopped["state"], stopped["ended_at"]) == ("waiting", None)
    assert "50.0 % of the digests would be deleted, and 10 % may be" in stopped["breaker"]
    problem(dock.reader.ask("POST", f"{runs}/{first['id']}/approve"), 403, "denied")
    problem(dock.manager.ask("POST", f"{runs}/no-such-run/approve"), 404, "unknown")
    assert dock.manager.ask("POST", f"{runs}/{first['id']}/refuse").json()["state"] == "refused"
    problem(dock.manager.ask("POST", f"{runs}/{first['id']}/approve"), 409, "run-not-waiting")
    second = dock.manager.post(runs, {"kind": "run"}, 202)
    ended(dock, second)
    assert dock.manager.ask("POST", f"{runs}/{second['id']}/approve").status_code == 202
    done = ended(dock, second)
    assert (done["state"], done["deleted"]) == ("done", 1)
    assert done["approved_by"]
    assert not dock.image.has(old)


def test_every_digest_tells_what_its_policy_comes_to(dock: Dock, old: str) -> None:
    [row] = [each for each in dock.manager.get(f"{dock.path}/-/digests")["items"] if each["digest"] == old]
    assert row["forecast"] == {"deleted": False, "reason": "policy-off", "because": "", "due_at": None}
    dock.manager.patch(dock.path, {"policies": {"deletion": POLICY}}, dock.manager.get(dock.path)["version"])
    found = {each["tags"][0]: each["forecast"] for each in dock.manager.get(f"{dock.path}/-/digests")["items"]}
    assert (found["v1"]["deleted"], found["v1"]["reason"]) == (True, "old")
    assert (found["v2"]["deleted"], found["v2"]["reason"]) == (False, "too-young")
    assert found["v2"]["due_at"] == found["v2"]["because"]
    assert dock.manager.get(f"{dock.path}/-/digests/{old}")["forecast"] == found["v1"]
