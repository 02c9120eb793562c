"""Scans through the API: asked for, waited for, looked at, compared and taken away."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from berth.scan import working
from tests import make
from tests.doors.api.desk import JSON, Desk, done, fields, problem, somebody
from tests.doors.api.docks import NAME, Dock
from tests.make import Target
from tests.scan import images

OSV = images.DATA / "osv"


def bundle(folder: Path, *ecosystems: str) -> bytes:
    archive = folder / "given.zip"
    with zipfile.ZipFile(archive, "w") as members:
        for ecosystem in ecosystems:
            for record in sorted((OSV / ecosystem).glob("*.json")):
                members.write(record, f"{ecosystem}/{record.name}")
    return archive.read_bytes()


def import_(root: Desk, dock: Dock, content: bytes) -> JSON:
    answer = root.http.post(
        "/api/v1/advisories",
        content=content,
        auth=(root.name, root.secret),
        headers={"Content-Type": "application/octet-stream"},
    )
    started: JSON = done(answer, 202)
    dock.work()
    ended: JSON = root.get(f"/operations/{started['id']}")
    return ended


@pytest.fixture
def advised(root: Desk, dock: Dock, tmp_path: Path) -> Dock:
    """A registry that has advisories for Debian."""
    ended = import_(root, dock, bundle(tmp_path, "Debian"))
    assert (ended["state"], ended["reason"]) == ("done", "")
    return dock


def target(dock: Dock) -> Target:
    registry, repository = dock.repository.split("/")
    return make.image(dock.harbour.site, f"{registry}/{repository}/{NAME}")


def scanned(dock: Dock, *digests: str) -> None:
    dock.manager.post(f"{dock.path}/-/scans", {"digests": list(digests)}, 202)
    working.run_all(dock.harbour.site)


@pytest.fixture
def minbase(advised: Dock) -> str:
    """The digest of a minimal Debian that was scanned."""
    digest = images.push(target(advised), images.minbase(), tag="v1").digest
    scanned(advised, digest)
    return digest


def test_a_scan_is_asked_for_waited_for_and_counted_on_the_row(advised: Dock) -> None:
    digest = images.push(target(advised), images.minbase(), tag="v1").digest
    [row] = advised.reader.get(f"{advised.path}/-/digests")["items"]
    assert (row["scan"]["state"], row["scan"]["counts"]) == ("not-scanned", None)
    asked = advised.manager.post(f"{advised.path}/-/scans", {"digests": [digest]}, 202)
    assert asked["items"] == [{"digest": digest, "queued": 1, "going_on": 0}]
    again = advised.manager.post(f"{advised.path}/-/scans", {"digests": [digest]}, 202)
    assert again["items"] == [{"digest": digest, "queued": 0, "going_on": 1}]
    working.run_all(advised.harbour.site)
    [row] = advised.reader.get(f"{advised.path}/-/digests")["items"]
    assert row["scan"]["state"] == "done"
    assert row["scan"]["counts"]["critical"] == 1
    assert row["scan"]["counts"]["total"] == 23


def test_who_may_only_pull_may_look_and_not_ask(advised: Dock, minbase: str) -> None:
    answer = advised.reader.ask("POST", f"{advised.path}/-/scans", {"digests": [minbase]})
    problem(answer, 403, "denied")
    assert advised.reader.get(f"{advised.path}/-/digests/{minbase}/scan")["counts"]["total"] == 23


def test_findings_are_filtered_sorted_and_turned_page_by_page(advised: Dock, minbase: str) -> None:
    where = f"{advised.path}/-/digests/{minbase}/scan/vulnerabilities"
    every = advised.reader.everything(where, limit=5)
    assert len(every) == 23
    assert every[0]["severity"] == "critical"
    assert len({json.dumps(item, sort_keys=True) for item in every}) == 23
    [worst] = advised.reader.everything(where, severity="critical")
    assert (worst["vulnerability"], worst["package"]["name"]) == ("CVE-2023-45853", "zlib1g")
    assert worst["score"] == 9.8
    assert len(advised.reader.everything(where, package="zlib")) == 1
    assert advised.reader.everything(where, fixable="true") == []
    up = advised.reader.everything(where, sort="vulnerability", limit=7)
    assert [item["vulnerability"] for item in up] == sorted(item["vulnerability"] for item in up)


def test_a_policy_changes_what_is_counted_at_once(advised: Dock, minbase: str) -> None:
    shown = advised.manager.get(advised.path)
    policy = {**shown["policies"]["scan"], "exclusion": True, "exclude_level": "low"}
    advised.manager.patch(advised.path, {"policies": {"scan": policy}}, shown["version"])
    scan = advised.reader.get(f"{advised.path}/-/digests/{minbase}/scan")
    assert (scan["counts"]["total"], scan["counts"]["hidden"]) == (1, 22)
    assert scan["policy"]["exclude_level"] == "low"
    where = f"{advised.path}/-/digests/{minbase}/scan/vulnerabilities"
    assert len(advised.reader.everything(where)) == 1
    hidden = advised.reader.everything(where, hidden="true")
    assert len(hidden) == 23
    assert {item["hidden"] for item in hidden} == {None, "level"}


def test_packages_are_listed_with_their_findings(advised: Dock, minbase: str) -> None:
    where = f"{advised.path}/-/digests/{minbase}/scan/packages"
    assert len(advised.reader.everything(where, limit=50)) == 88
    first = advised.reader.get(where, sort="-findings", limit=1)["items"][0]
    assert (first["name"], first["counts"]["critical"]) == ("zlib1g", 1)


def test_without_a_result_there_is_nothing_to_list(advised: Dock) -> None:
    digest = images.push(target(advised), images.debian([])).digest
    answer = advised.reader.ask("GET", f"{advised.path}/-/digests/{digest}/scan/vulnerabilities")
    problem(answer, 409, "not-scanned")
    assert advised.reader.get(f"{advised.path}/-/digests/{digest}/scan")["counts"] is None


def test_two_digests_are_compared(advised: Dock, minbase: str) -> None:
    installed = images.packages("debian-12-minbase")
    fewer = [each for each in installed if each["source"] != "zlib"]
    changed = [{**each, "version": "999"} if each["name"] == "bash" else each for each in fewer]
    other = images.push(
        target(advised), images.debian([*changed, {**changed[0], "name": "new", "source": "new"}])
    ).digest
    scanned(advised, other)
    found = advised.reader.get(f"{advised.path}/-/digests/{other}/scan/compare", base=minbase)
    assert [each["name"] for each in found["packages_added"]] == ["new"]
    assert [each["name"] for each in found["packages_removed"]] == ["zlib1g"]
    assert [(each["name"], each["after"]) for each in found["packages_changed"]] == [("bash", ["999"])]
    assert [each["vulnerability"] for each in found["findings_removed"]] == ["CVE-2023-45853"]
    assert found["findings_added"] == []


@pytest.mark.parametrize(
    ("format_", "media_type"),
    [
        ("json", "application/json"),
        ("csv", "text/csv; charset=utf-8; header=present"),
        ("sarif", "application/sarif+json"),
        ("cyclonedx", "application/vnd.cyclonedx+json; version=1.6"),
        ("spdx", "application/spdx+json"),
    ],
)
def test_a_result_is_taken_away(advised: Dock, minbase: str, format_: str, media_type: str) -> None:
    answer = advised.reader.ask("GET", f"{advised.path}/-/digests/{minbase}/scan/export?format={format_}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"].startswith('attachment; filename="shop-web-')
    if format_ == "csv":
        assert len(list(csv.DictReader(io.StringIO(answer.text)))) == 23
    else:
        assert answer.json()


def test_a_vulnerability_and_a_package_are_found_over_all_that_one_sees(
    advised: Dock, minbase: str, harbour: Any
) -> None:
    found = advised.reader.everything("/vulnerabilities", vulnerability="CVE-2023-45853")
    assert [(each["digest"], each["tags"], each["package"]) for each in found] == [(minbase, ["v1"], "zlib")]
    assert len(advised.reader.everything("/vulnerabilities", package="zlib")) == 1
    stranger = somebody(harbour)
    assert stranger.everything("/vulnerabilities", vulnerability="CVE-2023-45853") == []
    assert fields(problem(advised.reader.ask("GET", "/vulnerabilities"), 400, "field-invalid")) == ["vulnerability"]


def test_scans_of_a_digest_are_remembered(advised: Dock, minbase: str) -> None:
    scanned(advised, minbase)
    found = advised.reader.get(f"{advised.path}/-/digests/{minbase}/scan/history")["items"]
    assert [each["state"] for each in found] == ["done", "done"]
    assert found[0]["counts"]["total"] == 23


def test_a_file_that_is_no_archive_changes_nothing_and_says_why(advised: Dock, root: Desk) -> None:
    before = root.get("/advisories")["current"]["id"]
    ended = import_(root, advised, b"no archive")
    assert ended["state"] == "failed"
    assert ended["reason"]
    assert root.get("/advisories")["current"]["id"] == before


def test_advisories_are_of_administrators(advised: Dock) -> None:
    for method, path in (("POST", "/advisories"), ("GET", "/advisories/bundle"), ("POST", "/advisories/roll-back")):
        problem(advised.manager.ask(method, path), 403, "denied")


def test_a_bundle_is_given_away_and_imported_again(advised: Dock, root: Desk) -> None:
    answer = root.ask("GET", "/advisories/bundle")
    assert answer.status_code == 200
    assert import_(root, advised, answer.content)["state"] == "done"


def test_what_an_update_came_to_is_listed_for_those_who_see_it(
    advised: Dock, minbase: str, root: Desk, tmp_path: Path, harbour: Any
) -> None:
    record = json.loads((OSV / "Debian" / "DEBIAN-CVE-2023-45853.json").read_text())
    record |= {"id": "DEBIAN-CVE-2099-1000", "upstream": ["CVE-2099-1000"], "modified": "2099-01-01T00:00:00Z"}
    archive = tmp_path / "more.zip"
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("Debian/DEBIAN-CVE-2099-1000.json", json.dumps(record))
    assert import_(root, advised, archive.read_bytes())["state"] == "done"
    mine = [each for each in advised.reader.everything("/advisories/news") if each["digest"] == minbase]
    assert mine[0]["opened"] == ["CVE-2099-1000"]
    affected = f"{advised.path}/-/digests?newly_affected=true"
    assert [each["digest"] for each in advised.reader.get(affected)["items"]] == [minbase]
    assert somebody(harbour).everything("/advisories/news") == []
    latest = root.get("/advisories/reevaluations")["items"][0]
    assert latest["opened"] >= 1
    withdrawn = {**record, "withdrawn": "2099-01-02T00:00:00Z", "modified": "2099-01-02T00:00:00Z"}
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("Debian/DEBIAN-CVE-2099-1000.json", json.dumps(withdrawn))
    assert import_(root, advised, archive.read_bytes())["state"] == "done"
    assert advised.reader.get(affected)["items"] == []
    scan = advised.reader.get(f"{advised.path}/-/digests/{minbase}/scan")
    assert scan["counts"]["critical"] == 1
