"""Tags through the API: Edit Tags, removing, history and putting back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.doors.api.desk import fields, problem
from tests.doors.api.docks import Dock


def edit(dock: Dock, digest: str, **body: Any) -> Any:
    return dock.manager.post(f"{dock.path}/-/digests/{digest}/tags", body, status=200)["items"]


def test_names_are_added_renamed_moved_and_removed_in_one_act(dock: Dock) -> None:
    dock.push("latest", "two")
    digest = dock.push("rc")
    dock.image.put("old", dock.image.push_image("rc"))
    changes = edit(dock, digest, add=["v1"], rename={"rc": "v1.0"}, move=["latest"], remove=["old"])
    assert [(change["name"], change["after"] is not None, change["moves"]) for change in changes] == [
        ("latest", True, True),
        ("old", False, False),
        ("rc", False, False),
        ("v1", True, False),
        ("v1.0", True, False),
    ]
    assert dock.image.tags() == ["latest", "v1", "v1.0"]
    assert {dock.image.get(tag).headers["docker-content-digest"] for tag in dock.image.tags()} == {digest}


def test_what_would_move_is_shown_first(dock: Dock) -> None:
    other, digest = dock.push("latest", "two"), dock.push("v1")
    changes = edit(dock, digest, add=["latest"], dry_run=True)
    assert changes == [{"name": "latest", "before": other, "after": digest, "moves": True}]
    assert dock.image.get("latest").headers["docker-content-digest"] == other


def test_a_name_in_use_is_a_conflict_that_changes_nothing(dock: Dock) -> None:
    other, digest = dock.push("latest", "two"), dock.push("v1")
    answer = dock.manager.ask("POST", f"{dock.path}/-/digests/{digest}/tags", {"add": ["v2", "latest"]})
    document = problem(answer, 409, "tag-in-use")
    assert (document["tag"], document["holder"]) == ("latest", other)
    assert document["offered"] not in dock.image.tags()
    assert dock.image.tags() == ["latest", "v1"]


@pytest.mark.parametrize("body", [{}, {"add": ["-"]}, {"add": ["v2"], "remove": ["v2"]}, {"rename": {"v1": "ä"}}])
def test_what_is_wrong_with_an_edit_is_named(dock: Dock, body: dict[str, Any]) -> None:
    digest = dock.push("v1")
    answer = dock.manager.ask("POST", f"{dock.path}/-/digests/{digest}/tags", body)
    assert fields(problem(answer, 400, "field-invalid"))


def test_an_edit_of_names_may_say_what_it_has_read(dock: Dock) -> None:
    digest = dock.push("v1")
    path = f"{dock.path}/-/digests/{digest}/tags"
    problem(dock.manager.ask("POST", path, {"add": ["v2"]}, if_match=99), 412, "stale")
    assert dock.manager.ask("POST", path, {"add": ["v2"]}, if_match="*").status_code == 200


def test_a_removed_name_leaves_its_digest(dock: Dock) -> None:
    digest = dock.push("v1")
    dock.manager.delete(f"{dock.path}/-/tags/v1")
    assert dock.image.tags() == []
    assert dock.image.has(digest)
    problem(dock.manager.ask("DELETE", f"{dock.path}/-/tags/v1"), 404, "unknown")


def test_a_tag_knows_where_it_pointed_and_is_put_back(dock: Dock) -> None:
    one = dock.push("latest")
    moment = datetime.now(UTC).isoformat()
    two = dock.push("latest", "two")
    spans = dock.reader.everything(f"{dock.path}/-/tags/latest/history", limit=1)
    assert [(span["digest"], span["why"]) for span in spans] == [(two, "push"), (one, "push")]
    assert spans[0]["until"] is None
    assert spans[1]["until"] == spans[0]["since"]
    path = f"{dock.path}/-/tags/latest/put-back"
    assert dock.manager.post(path, {"at": moment, "dry_run": True}, status=200)["after"] == one
    assert dock.image.get("latest").headers["docker-content-digest"] == two
    assert dock.manager.post(path, {"at": moment}, status=200)["moves"]
    assert dock.image.get("latest").headers["docker-content-digest"] == one


def test_a_tag_is_not_put_back_to_nothing(dock: Dock) -> None:
    dock.push("latest")
    answer = dock.manager.ask("POST", f"{dock.path}/-/tags/latest/put-back", {"at": "2001-01-01T00:00:00Z"})
    assert fields(problem(answer, 400, "field-invalid")) == ["at"]


def test_who_reads_sees_the_history_and_changes_nothing(dock: Dock) -> None:
    digest = dock.push("v1")
    assert dock.reader.get(f"{dock.path}/-/tags/v1/history")["items"]
    for other in (dock.reader, dock.writer):
        problem(other.ask("POST", f"{dock.path}/-/digests/{digest}/tags", {"add": ["v2"]}), 403, "denied")
        problem(other.ask("DELETE", f"{dock.path}/-/tags/v1"), 403, "denied")
        problem(other.ask("POST", f"{dock.path}/-/tags/v1/put-back", {"at": "2001-01-01T00:00:00Z"}), 403, "denied")
