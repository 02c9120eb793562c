"""Images through the API: lists, detail, description and policies."""

from typing import Any

import pytest

from tests import documents
from tests.doors.api.desk import fields, problem
from tests.doors.api.docks import NAME, Dock

PULL = {"restrict_unscanned": True, "restrict_vulnerable": False, "critical": 0, "high": 3, "exclude_unfixed": False}
JUDGES = {"mode": "enforce", "grace_days": 0, "wait_seconds": 0}
"""What a client that does not know of it gets."""
DELETION = {
    "enabled": True,
    "untagged": {"enabled": True, "days": 30},
    "old": {"enabled": False, "days": 90},
    "expression": "nightly-*",
}
KEEPS = {
    "keep_newest": 0,
    "keep_newest_by": "push",
    "keep_matching": "",
    "keep_pulled_days": 0,
    "keep_untagged_days": 0,
    "breaker_count": 0,
    "breaker_share": 0,
    "breaker_last_tag": False,
}


def repository_of(dock: Dock) -> str:
    return dock.path.partition("/images/")[0]


def test_an_image_shows_all_of_itself(dock: Dock) -> None:
    dock.push("v1")
    dock.push("v2", "two")
    answer = dock.reader.ask("GET", dock.path)
    shown = answer.json()
    assert (shown["name"], shown["path"]) == (NAME, f"{dock.repository}/{NAME}")
    assert (shown["state"], shown["digests"], shown["tags"], shown["lock"]) == ("active", 2, 2, None)
    assert shown["sizes"]["total"] == shown["sizes"]["shared"] + shown["sizes"]["unique"]
    assert shown["created_by"] == dock.writer.get("/me")["name"] + f" ({dock.writer.name})"
    assert shown["policies"]["deletion"]["expression"] == "*"
    assert shown["endpoints"] == {"private": f"berth.test/{dock.repository}/{NAME}", "public": None}
    assert answer.headers["etag"] == f'"{shown["version"]}"'


def test_the_addresses_are_those_of_the_registry(dock: Dock) -> None:
    digest = dock.push("v1")
    registry, _, repository = dock.repository.partition("/")
    hosts = {"private_host": f"in.{registry}.test", "public_host": f"{registry}.test:8443", "public_endpoint": True}
    dock.root.patch(f"/registries/{registry}", hosts, version=1)
    found = dock.reader.get(f"{dock.path}/-/tags/v1")["addresses"]
    for which, host in (("private", f"in.{registry}.test"), ("public", f"{registry}.test:8443")):
        base = f"{host}/{repository}/{NAME}"
        assert found[which] == {"by_digest": f"{base}@{digest}", "by_tag": [f"{base}:v1"]}


def test_images_are_listed_with_what_is_in_them(dock: Dock) -> None:
    for name in ("beta", "alpha", "gamma/delta"):
        dock.people["writer"].image(f"{dock.repository}/{name}").push_image("v1", seed=name)
    images = repository_of(dock) + "/images"
    rows = dock.reader.everything(images, limit=1)
    assert [(row["name"], row["digests"], row["tags"]) for row in rows] == [
        ("alpha", 1, 1),
        ("beta", 1, 1),
        ("gamma/delta", 1, 1),
    ]
    for sort in ("-name", "created_at", "-edited_at", "pulls"):
        assert sorted(row["name"] for row in dock.reader.everything(images, limit=2, sort=sort)) == [
            "alpha",
            "beta",
            "gamma/delta",
        ]
    assert [row["name"] for row in dock.reader.everything(images, name="A/D")] == ["gamma/delta"]
    dock.manager.ask("PUT", f"{images}/beta/-/lock", {})
    assert [row["name"] for row in dock.reader.everything(images, locked="true")] == ["beta"]
    assert len(dock.reader.everything(images, locked="false", state="active")) == 2


def test_the_description_and_the_policies_are_edited(dock: Dock) -> None:
    dock.push("v1")
    version = dock.manager.get(dock.path)["version"]
    body = {"description": "The shop's front", "policies": {"pull": PULL, "deletion": DELETION}}
    edited = dock.manager.patch(dock.path, body, version=version)
    assert edited["description"] == "The shop's front"
    assert (edited["policies"]["pull"], edited["policies"]["deletion"]) == (PULL | JUDGES, DELETION | KEEPS)
    assert dock.manager.get(dock.path) == edited
    problem(dock.manager.ask("PATCH", dock.path, {"description": "x"}, if_match=version), 412, "stale")
    problem(dock.manager.ask("PATCH", dock.path, {"description": "x"}), 428, "precondition-required")
    event = dock.root.get("/events", action="image.edit", outcome="done", target=f"{dock.repository}/{NAME}")["items"][
        0
    ]
    assert event["after"]["pull"] == PULL | JUDGES


def test_the_lock_policy_is_the_lock(dock: Dock) -> None:
    dock.push("v1")
    version = dock.manager.get(dock.path)["version"]
    edited = dock.manager.patch(dock.path, {"policies": {"lock": {"locked": True}}}, version=version)
    assert edited["lock"]["what"] == f"{dock.repository}/{NAME}"
    problem(dock.manager.ask("DELETE", dock.path), 423, "locked")
    edited = dock.manager.patch(dock.path, {"policies": {"lock": {"locked": False}}}, version=edited["version"])
    assert edited["lock"] is None


@pytest.mark.parametrize(
    ("policies", "field"),
    [
        ({"pull": {**PULL, "critical": -1}}, "policies.pull.critical"),
        ({"pull": {**PULL, "critical": 10_000_000}}, "policies.pull.critical"),
        ({"pull": {**PULL, "critical": "1"}}, "policies.pull.critical"),
        ({"pull": {"critical": 1}}, "policies.pull.high"),
        ({"deletion": {**DELETION, "expression": ".a"}}, "policies.deletion.expression"),
        ({"deletion": {**DELETION, "old": {"enabled": True, "days": 1000}}}, "policies.deletion.old.days"),
        ({"shipping": {}}, "policies.shipping"),
    ],
)
def test_what_is_wrong_with_a_policy_is_named(dock: Dock, policies: dict[str, Any], field: str) -> None:
    dock.push("v1")
    answer = dock.manager.ask("PATCH", dock.path, {"policies": policies}, if_match="*")
    assert field in fields(problem(answer, 400, "field-invalid"))


def test_defaults_are_for_new_images_and_are_applied_to_old_ones_on_demand(dock: Dock) -> None:
    dock.push("v1")
    path = repository_of(dock)
    body = {"policies": {"pull": PULL}, "immutable_tags": "release-*"}
    edited = dock.manager.patch(path, body, version=dock.manager.get(path)["version"])
    assert (edited["policies"]["pull"], edited["immutable_tags"]) == (PULL | JUDGES, "release-*")
    assert dock.manager.get(dock.path)["policies"]["pull"] != PULL | JUDGES
    preview = dock.manager.post(f"{path}/apply-defaults", {"policies": ["pull"], "dry_run": True}, status=200)
    assert [item["image"] for item in preview["items"]] == [f"{dock.repository}/{NAME}"]
    answer = dock.manager.ask("POST", f"{path}/apply-defaults", {"policies": ["pull"]})
    assert answer.status_code == 202
    busy = dock.manager.ask("PATCH", dock.path, {"description": "x"}, if_match="*")
    assert problem(busy, 409, "image-busy")["operation"] == answer.json()["operation"]
    assert dock.operation(answer.json())["state"] == "done"
    assert dock.manager.get(dock.path)["policies"]["pull"] == PULL | JUDGES


def test_an_immutable_tag_is_not_moved(dock: Dock) -> None:
    path = repository_of(dock)
    dock.manager.patch(path, {"immutable_tags": "release-*"}, version=dock.manager.get(path)["version"])
    dock.push("release-1")
    other = dock.push("v1", "two")
    answer = dock.manager.ask("POST", f"{dock.path}/-/digests/{other}/tags", {"move": ["release-1"]})
    problem(answer, 409, "tag-immutable")


def test_who_reads_sees_and_changes_nothing(dock: Dock) -> None:
    dock.push("v1")
    for other in (dock.reader, dock.writer):
        assert other.get(dock.path)["tags"] == 1
        problem(other.ask("PATCH", dock.path, {"description": "x"}, if_match="*"), 403, "denied")
        problem(other.ask("POST", f"{repository_of(dock)}/apply-defaults", {"policies": ["pull"]}), 403, "denied")


def test_the_tags_list_has_digests_with_their_names(dock: Dock) -> None:
    for number in (9, 10, 1):
        dock.push(f"6.0.{number}", seed=str(number))
    untagged = dock.push(None, "none")
    digests = f"{dock.path}/-/digests"
    rows = dock.reader.everything(digests, limit=1)
    assert [row["tags"] for row in rows] == [["6.0.1"], ["6.0.9"], ["6.0.10"], []]
    assert rows[-1]["digest"] == untagged
    assert [row["digest"] for row in dock.reader.everything(digests, tagged="false")] == [untagged]
    for sort in ("-name", "pushed_at", "-size", "pulls", "pulled_at", "-pulled_at"):
        assert len({row["digest"] for row in dock.reader.everything(digests, limit=1, sort=sort)}) == 4
    assert [row["tags"] for row in dock.reader.everything(digests, name=".1", kind="image")] == [["6.0.1"], ["6.0.10"]]


def test_children_and_referrers_stand_below_theirs(dock: Dock) -> None:
    child = dock.image.push_image()
    index = documents.index([child])
    dock.image.put("multi", index)
    note = dock.image.push_artifact(index)
    digests = f"{dock.path}/-/digests"
    assert [row["digest"] for row in dock.reader.everything(digests)] == [index.digest]
    assert len(dock.reader.everything(digests, level="all", limit=1)) == 3
    shown = dock.reader.get(f"{digests}/{index.digest}")
    assert (shown["kind"], shown["children"], shown["referrers"]) == ("index", 1, 1)
    assert [row["digest"] for row in shown["children_rows"]] == [child.digest]
    assert [row["digest"] for row in shown["referrer_rows"]] == [note.digest]
    below = dock.reader.get(f"{digests}/{child.digest}")
    assert below["parents"] == [{"digest": index.digest, "tag": "multi"}]


def test_a_digest_is_shown_by_its_tag_and_described(dock: Dock) -> None:
    digest = dock.push("v1")
    answer = dock.reader.ask("GET", f"{dock.path}/-/tags/v1")
    assert answer.json()["digest"] == digest
    assert answer.json() == dock.reader.get(f"{dock.path}/-/digests/{digest}")
    path = f"{dock.path}/-/digests/{digest}"
    edited = dock.manager.patch(path, {"description": "with the new font"}, version=answer.json()["version"])
    assert edited["description"] == "with the new font"
    problem(dock.manager.ask("PATCH", path, {"description": "x"}, if_match=answer.headers["etag"]), 412, "stale")
    problem(dock.reader.ask("GET", f"{dock.path}/-/tags/absent"), 404, "unknown")
    problem(dock.reader.ask("GET", f"{dock.path}/-/digests/sha256:{'0' * 64}"), 404, "unknown")
    assert fields(problem(dock.reader.ask("GET", f"{dock.path}/-/digests/sha256:0"), 400, "field-invalid")) == [
        "digest"
    ]


def test_an_annotation_may_say_what_utf_8_cannot(dock: Dock) -> None:
    """JSON can say half of a surrogate pair, and whoever pushes may; the digest could not be shown to anybody."""
    document = dock.image.push_image("v1", annotations={"note": "\ud83d", "\udfff": "\U0001f98e"})
    found = dock.reader.get(f"{dock.path}/-/digests/{document.digest}")
    assert found["annotations"] == {"note": "\ufffd", "\ufffd": "\U0001f98e"}


def test_the_manifest_comes_byte_for_byte(dock: Dock) -> None:
    document = dock.image.push_image("v1")
    path = f"{dock.path}/-/digests/{document.digest}/manifest"
    answer = dock.reader.ask("GET", path)
    assert (answer.content, answer.headers["content-type"]) == (document.body, document.media_type)
    assert answer.headers["x-content-type-options"] == "nosniff"
    download = dock.reader.ask("GET", f"{path}?download=true")
    assert download.headers["content-disposition"].endswith('.json"')


def test_tags_are_listed_one_row_for_each_name(dock: Dock) -> None:
    digest = dock.push("6.0.9")
    for name in ("6.0.10", "latest"):
        dock.push(name)
    other = dock.push("edge", "two")
    tags = f"{dock.path}/-/tags"
    rows = dock.reader.everything(tags, limit=1)
    assert [(row["name"], row["digest"]) for row in rows] == [
        ("6.0.9", digest),
        ("6.0.10", digest),
        ("edge", other),
        ("latest", digest),
    ]
    assert [row["name"] for row in dock.reader.everything(tags, digest=other)] == ["edge"]
    assert [row["name"] for row in dock.reader.everything(tags, name="6.0", sort="-name")] == ["6.0.10", "6.0.9"]
    assert len(dock.reader.everything(tags, limit=3, sort="-edited_at")) == 4
