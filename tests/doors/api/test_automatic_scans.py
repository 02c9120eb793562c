"""Scans that nobody asks for: of what is pushed for the first time where the image's policy says so."""

from tests.doors.api.docks import Dock


def test_a_push_is_scanned_where_the_policy_says_so_and_nothing_that_was_there_before(dock: Dock) -> None:
    earlier = dock.push("before")
    image = dock.manager.get(dock.path)
    automatic = {**image["policies"]["scan"], "automatic": True}
    dock.manager.patch(dock.path, {"policies": {"scan": automatic}}, version=image["version"])
    later = dock.push("after", "two")
    assert dock.push("again") == earlier
    rows = dock.reader.get(f"{dock.path}/-/digests")["items"]
    assert {row["digest"]: row["scan"]["state"] for row in rows} == {earlier: "not-scanned", later: "queued"}
