"""The audit log through the API."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.event import listen, remove

from berth.audit import events, trail
from berth.db.tables import audit_event
from berth.site import Site
from tests.doors.api.desk import Desk, fields, problem, somebody
from tests.doors.oci.harbour import Harbour


@pytest.fixture
def busy(root: Desk, registry: str) -> str:
    """A registry that something has happened to."""
    root.patch(f"/registries/{registry}", {"description": "second"}, version=1)
    root.post(f"/registries/{registry}/repositories", {"name": "apps"})
    return registry


def actions(root: Desk, **asked: str | int) -> list[str]:
    return [event["action"] for event in root.everything("/events", **asked)]


def test_a_change_tells_who_when_from_where_before_and_after(root: Desk, busy: str) -> None:
    event = root.get("/events", target=busy, action="registry.edit")["items"][0]
    assert event["actor"].startswith(root.get("/me")["name"])
    assert event["address"] == "127.0.0.1"
    assert event["request_id"]
    assert datetime.fromisoformat(event["at"]) <= datetime.now(UTC)
    assert (event["before"], event["after"]) == ({"description": ""}, {"description": "second"})


def test_events_are_filtered_and_come_in_pages(root: Desk, busy: str) -> None:
    assert actions(root, target=busy, limit=1) == ["repository.create", "registry.edit", "registry.create"]
    assert actions(root, target=busy, sort="at") == ["registry.create", "registry.edit", "repository.create"]
    assert actions(root, target=busy, action="registry") == ["registry.edit", "registry.create"]
    assert actions(root, target=f"{busy}/apps") == ["repository.create"]
    assert actions(root, target=busy, outcome="refused") == []
    assert actions(root, target=busy[:-1], action="registry.edit") == []
    me = root.get("/me")["name"]
    assert actions(root, target=busy, actor=me, limit=2) == actions(root, target=busy)
    assert actions(root, target=busy, actor=me[:-1]) == []


def test_events_are_filtered_by_time(root: Desk, busy: str) -> None:
    at = root.get("/events", target=busy, action="registry.edit")["items"][0]["at"]
    assert actions(root, target=busy, since=at) == ["repository.create", "registry.edit"]
    assert actions(root, target=busy, until=at) == ["registry.create"]
    assert actions(root, target=busy, since=at.replace("Z", "+00:00"), until=at) == []
    for wrong in ("yesterday", "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+12:00", "7"):
        document = problem(root.ask("GET", f"/events?since={wrong.replace('+', '%2B')}"), 400, "field-invalid")
        assert fields(document) == ["since"]


def test_an_export_has_one_event_a_line_the_oldest_first(
    root: Desk, busy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "AT_ONCE", 2)
    answer = root.ask("GET", f"/events/export?target={busy}")
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == root.everything("/events", target=busy, sort="at")
    problem(root.ask("GET", "/events/export?limit=3"), 400, "field-invalid")


def test_only_administrators_read_the_log(harbour: Harbour) -> None:
    owner = somebody(harbour, ("main", "owner"))
    for path in ("/events", "/events/export"):
        problem(owner.ask("GET", path), 403, "denied")


def test_events_go_after_the_set_time(site: Site) -> None:
    """The clock of this site stands still until the test moves it."""
    assert site.settings.audit_days == 365
    with site.db.write() as tx:
        for days in (366, 364):
            events.record(tx, events.SYSTEM, f"day.{days}", "x", at=site.now() - timedelta(days=days))
    trail.purge.run(site)
    assert [event.action for event in trail.every(site, trail.Filter())] == ["day.364"]


def test_many_events_go_in_small_transactions(site: Site) -> None:
    old = {"at": site.now() - timedelta(days=366), "actor": "ann", "action": "x", "target": "y", "outcome": "done"}
    with site.db.write() as tx:
        tx.execute(insert(audit_event), [old] * (2 * trail.AT_ONCE + 1))
        events.record(tx, events.SYSTEM, "kept", "x", at=site.now())
    gone = []

    def note(_: object, cursor: DBAPICursor, statement: str, *_more: object) -> None:
        if statement.startswith("DELETE"):
            gone.append(cursor.rowcount)

    listen(site.db.engine, "after_cursor_execute", note)
    try:
        trail.purge.run(site)
    finally:
        remove(site.db.engine, "after_cursor_execute", note)
    assert gone == [trail.AT_ONCE, trail.AT_ONCE, 1]
    assert [each.action for each in trail.every(site, trail.Filter())] == ["kept"]
