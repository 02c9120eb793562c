"""Deleting through the API: what is refused, what goes, and the operation that tells."""

from tests import documents
from tests.doors.api.desk import Desk, fields, problem, somebody
from tests.doors.api.docks import Dock

ABSENT = "sha256:" + "0" * 64


def test_a_digest_goes_with_its_names_and_the_operation_tells(dock: Dock) -> None:
    digest = dock.push("v1")
    answer = dock.manager.ask("DELETE", f"{dock.path}/-/digests/{digest}")
    assert answer.status_code == 202
    started = answer.json()
    assert answer.headers["location"] == f"/api/v1/operations/{started['operation']}"
    assert not dock.image.has(digest)
    assert dock.manager.get(f"/operations/{started['operation']}")["state"] == "queued"
    ended = dock.operation(started)
    assert (ended["state"], ended["total"], ended["finished"]) == ("done", 1, 1)
    assert [(item["item"], item["state"]) for item in ended["items"]] == [(digest, "done")]
    problem(dock.manager.ask("DELETE", f"{dock.path}/-/digests/{digest}"), 404, "unknown")


def test_many_go_at_once_and_each_is_answered_for(dock: Dock) -> None:
    one, two = dock.push("v1"), dock.push("v2", "two")
    dock.manager.ask("PUT", f"{dock.path}/-/digests/{two}/lock", {})
    body = {"digests": [one, two, ABSENT]}
    preview = dock.manager.post(f"{dock.path}/-/digests/delete", {**body, "dry_run": True}, status=200)
    assert preview["operation"] is None
    answer = dock.manager.post(f"{dock.path}/-/digests/delete", body, status=202)
    assert answer["items"] == preview["items"]
    assert [item["accepted"] for item in answer["items"]] == [True, False, False]
    assert answer["items"][0]["tags"] == ["v1"]
    assert answer["items"][1]["problem"]["type"] == "urn:berth:problem:locked"
    refused = dock.root.get("/events", target=f"{dock.repository}/shop/web", outcome="refused")["items"]
    assert {event["target"].partition("@")[2] for event in refused} == {two, ABSENT}
    assert {item["item"]: item["state"] for item in dock.operation(answer)["items"]} == {
        one: "done",
        two: "refused",
        ABSENT: "refused",
    }


def test_when_all_are_refused_nothing_goes_on(dock: Dock) -> None:
    dock.push("v1")
    answer = dock.manager.post(f"{dock.path}/-/digests/delete", {"digests": [ABSENT]}, status=200)
    assert answer["operation"] is None


def test_a_child_is_kept_by_its_index_and_goes_with_it(dock: Dock) -> None:
    child = dock.image.push_image()
    index = documents.index([child])
    assert dock.image.put("multi", index).status_code == 201
    answer = dock.manager.ask("DELETE", f"{dock.path}/-/digests/{child.digest}")
    assert any("multi" in parent or index.digest in parent for parent in problem(answer, 409, "referenced")["parents"])
    body = {"digests": [child.digest, index.digest]}
    both = dock.manager.post(f"{dock.path}/-/digests/delete", body, status=202)
    assert [item["accepted"] for item in both["items"]] == [True, True]
    assert dock.operation(both)["state"] == "done"


def test_an_image_goes_with_all_in_it(dock: Dock) -> None:
    dock.push("v1")
    dock.push("v2", "two")
    answer = dock.manager.ask("DELETE", f"{dock.path}?dry_run=true")
    assert (answer.status_code, answer.json()["operation"]) == (200, None)
    answer = dock.manager.ask("DELETE", dock.path)
    assert answer.status_code == 202
    problem(dock.manager.ask("DELETE", dock.path), 409, "image-deleting")
    assert dock.operation(answer.json())["state"] == "done"
    problem(dock.manager.ask("DELETE", dock.path), 404, "unknown")


def test_a_repository_goes_with_everything_when_its_name_is_typed(dock: Dock) -> None:
    dock.push("v1")
    path = dock.path.partition("/images/")[0]
    problem(dock.root.ask("DELETE", path), 409, "not-empty")
    for typed in ("", "&name=apps", f"&name={dock.repository}x"):
        answer = dock.root.ask("DELETE", f"{path}?everything=true{typed}")
        assert fields(problem(answer, 400, "field-invalid")) == ["name"]
    problem(dock.manager.ask("DELETE", f"{path}?everything=true&name={dock.repository}"), 403, "denied")
    answer = dock.root.ask("DELETE", f"{path}?everything=true&name={dock.repository}")
    assert answer.status_code == 202
    dock.work()
    problem(dock.root.ask("GET", path), 404, "unknown")
    ended = dock.root.get(f"/operations/{answer.json()['operation']}")
    assert (ended["kind"], ended["state"]) == ("delete repository", "done")


def test_a_registry_goes_with_everything_when_its_name_is_typed(dock: Dock) -> None:
    dock.push("v1")
    registry = dock.repository.partition("/")[0]
    answer = dock.root.ask("DELETE", f"/registries/{registry}?everything=true&name={registry}")
    assert answer.status_code == 202
    dock.work()
    problem(dock.root.ask("GET", f"/registries/{registry}"), 404, "unknown")


def test_only_who_may_delete_does(dock: Dock) -> None:
    digest = dock.push("v1")
    for other in (dock.reader, dock.writer):
        problem(other.ask("DELETE", dock.path), 403, "denied")
        problem(other.ask("DELETE", f"{dock.path}/-/digests/{digest}"), 403, "denied")
        problem(other.ask("POST", f"{dock.path}/-/digests/delete", {"digests": [digest]}), 403, "denied")


def test_operations_are_listed_for_who_has_a_right_there(dock: Dock) -> None:
    digest = dock.push("v1")
    started = dock.manager.ask("DELETE", f"{dock.path}/-/digests/{digest}").json()["operation"]
    dock.work()
    stranger: Desk = somebody(dock.harbour)
    for caller in (dock.manager, dock.reader, dock.root):
        assert started in [operation["id"] for operation in caller.everything("/operations", limit=3)]
        assert started in [found["id"] for found in caller.everything("/operations", place=dock.repository)]
    assert dock.manager.get("/operations", state="queued")["items"] == []
    assert stranger.get("/operations")["items"] == []
    problem(stranger.ask("GET", f"/operations/{started}"), 404, "unknown")
    problem(stranger.ask("GET", f"/operations?place={dock.repository}"), 404, "unknown")
    problem(dock.manager.ask("GET", "/operations/absent"), 404, "unknown")
