"""Inventories through the API: published by those who push, found and fetched by those who pull."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from berth.scan import working
from tests import make
from tests.client import Image
from tests.documents import Document
from tests.doors.api.desk import JSON, Desk, done, fields, problem
from tests.doors.api.docks import NAME, Dock
from tests.scan import images
from tests.scan.exports import schemas

OSV = images.DATA / "osv"
INSTALLED = images.packages("debian-12-minbase")[:3]
CYCLONEDX, SPDX = "application/vnd.cyclonedx+json", "application/spdx+json"


@pytest.fixture
def advised(root: Desk, dock: Dock, tmp_path: Path) -> Dock:
    """A registry that has advisories."""
    archive = tmp_path / "given.zip"
    with zipfile.ZipFile(archive, "w") as members:
        members.write(OSV / "Debian" / "DEBIAN-CVE-2023-45853.json", "Debian/DEBIAN-CVE-2023-45853.json")
    sent = {"Content-Type": "application/octet-stream"}
    auth = (root.name, root.secret)
    done(root.http.post("/api/v1/advisories", content=archive.read_bytes(), auth=auth, headers=sent), 202)
    dock.work()
    return dock


@pytest.fixture
def digest(advised: Dock) -> str:
    """An image that was scanned."""
    pushed = images.push_layers(advised.image, "v1", images.debian(INSTALLED)).digest
    scanned(advised, pushed)
    return pushed


def scanned(dock: Dock, digest: str) -> None:
    dock.manager.post(f"{dock.path}/-/scans", {"digests": [digest]}, 202)
    working.run_all(dock.harbour.site)


def sbom(dock: Dock, digest: str) -> str:
    return f"{dock.path}/-/digests/{digest}/scan/sbom"


def reading(dock: Dock) -> Image:
    """The image as a client that only pulls has it."""
    return dock.people["reader"].image(f"{dock.repository}/{NAME}")


def listed(dock: Dock, digest: str, **params: str) -> list[JSON]:
    found: list[JSON] = done(reading(dock).ask("GET", f"referrers/{digest}", params=params.items()), 200)["manifests"]
    return found


def document(dock: Dock, referrer: str, schema: str) -> Any:  # Any: JSON
    """What a client gets that fetches a referrer and its only blob."""
    image = reading(dock)
    [layer] = done(image.get(referrer), 200)["layers"]
    answer = image.blob(layer["digest"])
    assert answer.status_code == 200
    return schemas.check(schema, [answer.content])


@pytest.mark.parametrize(
    ("format_", "artifact_type", "schema"),
    [("cyclonedx", CYCLONEDX, schemas.CYCLONEDX), ("spdx", SPDX, schemas.SPDX)],
)
def test_a_client_finds_and_fetches_what_was_published(
    advised: Dock, digest: str, format_: str, artifact_type: str, schema: str
) -> None:
    published = advised.writer.post(sbom(advised, digest), {"format": format_})
    assert published["artifact_type"] == artifact_type
    [found] = listed(advised, digest, artifactType=artifact_type)
    assert (found["digest"], found["artifactType"]) == (published["digest"], artifact_type)
    assert str(digest) in str(document(advised, published["digest"], schema))


def test_the_same_inventory_is_there_the_second_time(advised: Dock, digest: str) -> None:
    first = advised.writer.post(sbom(advised, digest), {"format": "spdx"})
    assert advised.writer.post(sbom(advised, digest), {"format": "spdx"}, 200) == first
    assert [each["digest"] for each in listed(advised, digest)] == [first["digest"]]


def test_publishing_needs_the_right_to_push(advised: Dock, digest: str) -> None:
    problem(advised.reader.ask("POST", sbom(advised, digest), {"format": "spdx"}), 403, "denied")
    assert listed(advised, digest) == []


def test_a_locked_image_refuses_it_and_names_the_lock(advised: Dock, digest: str) -> None:
    done(advised.manager.ask("PUT", f"{advised.path}/-/lock", {"reason": "in production"}), 204)
    answer = problem(advised.writer.ask("POST", sbom(advised, digest), {"format": "spdx"}), 423, "locked")
    assert answer["lock"]["reason"] == "in production"
    assert listed(advised, digest) == []


def test_an_index_is_refused_as_its_export_is(advised: Dock, digest: str) -> None:
    registry, repository = advised.repository.split("/")
    target = make.image(advised.harbour.site, f"{registry}/{repository}/{NAME}")
    answer = advised.image.get(digest)
    child = Document(answer.content, answer.headers["content-type"])
    index = make.index(target, [child], tag="all").digest
    answer = advised.writer.ask("POST", sbom(advised, index), {"format": "spdx"})
    assert fields(problem(answer, 400, "field-invalid")) == ["digest"]
    export = advised.reader.ask("GET", f"{advised.path}/-/digests/{index}/scan/export?format=spdx")
    assert fields(problem(export, 400, "field-invalid")) == ["digest"]


def test_what_was_not_scanned_or_is_not_there_has_no_inventory(advised: Dock) -> None:
    unscanned = advised.push("v2")
    problem(advised.writer.ask("POST", sbom(advised, unscanned), {"format": "spdx"}), 409, "not-scanned")
    absent = sbom(advised, "sha256:" + "0" * 64)
    problem(advised.writer.ask("POST", absent, {"format": "spdx"}), 404, "unknown")


@pytest.mark.parametrize("given", [{}, {"format": ""}, {"format": "json"}, {"format": None}])
def test_another_format_is_refused(advised: Dock, digest: str, given: JSON) -> None:
    assert fields(problem(advised.writer.ask("POST", sbom(advised, digest), given), 400, "field-invalid")) == ["format"]


def test_by_policy_it_is_there_after_a_scan_and_goes_with_its_image(advised: Dock, digest: str) -> None:
    shown = advised.manager.get(advised.path)
    assert shown["policies"]["scan"]["publish_sbom"] == ""
    policy = {**shown["policies"]["scan"], "publish_sbom": "cyclonedx"}
    advised.manager.patch(advised.path, {"policies": {"scan": policy}}, shown["version"])
    scanned(advised, digest)
    advised.work()
    [found] = listed(advised, digest)
    assert found["artifactType"] == CYCLONEDX
    asked = done(advised.manager.ask("DELETE", f"{advised.path}/-/digests/{digest}"), 202)
    assert asked["items"][0]["referrers"] == [found["digest"]]
    advised.operation(asked)
    assert not reading(advised).has(found["digest"])


def test_a_policy_of_a_format_that_is_none_is_refused(advised: Dock, digest: str) -> None:
    assert digest
    shown = advised.manager.get(advised.path)
    policy = {**shown["policies"]["scan"], "publish_sbom": "swid"}
    answer = advised.manager.ask("PATCH", advised.path, {"policies": {"scan": policy}}, if_match=shown["version"])
    assert fields(problem(answer, 400, "field-invalid")) == ["policies.scan.publish_sbom"]


def test_a_policy_that_says_nothing_of_it_publishes_nothing(advised: Dock, digest: str) -> None:
    shown = advised.manager.get(advised.path)
    policy = {name: value for name, value in shown["policies"]["scan"].items() if name != "publish_sbom"}
    edited = advised.manager.patch(advised.path, {"policies": {"scan": policy}}, shown["version"])
    assert edited["policies"]["scan"]["publish_sbom"] == ""
    scanned(advised, digest)
    advised.work()
    assert listed(advised, digest) == []
