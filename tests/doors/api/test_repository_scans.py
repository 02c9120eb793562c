"""Scans of every image of a repository, asked for at once."""

from tests.doors.api.desk import problem
from tests.doors.api.docks import Dock


def test_who_manages_a_repository_has_all_its_images_scanned(dock: Dock) -> None:
    dock.push("v1")
    dock.push("v2", "two")
    path = dock.path.partition("/images/")[0] + "/scans"
    for other in (dock.reader, dock.writer):
        problem(other.ask("POST", path), 403, "denied")
    assert dock.manager.post(path, {}, 202) == {"queued": 2}
    assert dock.manager.post(path, {}, 202) == {"queued": 0}
    rows = dock.reader.get(f"{dock.path}/-/digests")["items"]
    assert {row["scan"]["state"] for row in rows} == {"queued"}
    told = dock.root.get("/events", action="repository.scan", target=dock.repository, outcome="done")["items"]
    assert [event["after"] for event in told] == [{"images": 0}, {"images": 2}]
