"""Waivers, OpenVEX and previews through the API: who may, what is shown, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from berth.db.tables import waiver as waivers
from berth.words import time
from tests.doors.api.desk import JSON, desk, done, fields, problem
from tests.doors.api.docks import NAME, Dock
from tests.restriction.found import Flaw, scanned

PULL: JSON = {
    "restrict_unscanned": False,
    "restrict_vulnerable": True,
    "critical": 0,
    "high": 1,
    "exclude_unfixed": False,
}


@pytest.fixture
def digest(dock: Dock) -> str:
    """Of an image with one Critical finding, none of which it may have."""
    pushed = dock.push("v1")
    scanned(dock.harbour.site, pushed, [Flaw(f"CVE-{pushed[7:15]}")])
    shown = dock.manager.get(dock.path)
    dock.manager.patch(dock.path, {"policies": {"pull": PULL}}, shown["version"])
    return pushed


def waiver(dock: Dock, digest: str, **more: Any) -> JSON:
    ends = time.text(dock.harbour.site.now() + timedelta(days=30))
    given = {"place": f"{dock.repository}/{NAME}", "vulnerability": f"cve-{digest[7:15]}", "reason": "not reachable"}
    return {**given, "expires_at": ends, **more}


def verdict(dock: Dock, digest: str) -> str:
    found: str = dock.reader.get(f"{dock.path}/-/digests/{digest}/pull-verdict")["verdict"]
    return found


def test_a_waiver_is_made_shown_with_the_finding_edited_and_ended(dock: Dock, digest: str) -> None:
    assert verdict(dock, digest) == "refused"
    image = dock.people["reader"].image(dock.image.name)
    assert image.get("v1").status_code == 403
    made = dock.manager.post("/waivers", waiver(dock, digest))
    assert (made["state"], made["status"]) == ("active", "affected")
    assert made["created_by"].startswith(f"{made['owner']} ")
    assert verdict(dock, digest) == "allowed"
    assert image.get("v1").status_code == 200
    [finding] = dock.reader.get(f"{dock.path}/-/digests/{digest}/scan/vulnerabilities")["items"]
    assert finding["waiver"]["id"] == made["id"]
    assert (finding["waiver"]["reason"], finding["waiver"]["expires_at"]) == ("not reachable", made["expires_at"])
    assert dock.reader.get(f"{dock.path}/-/digests/{digest}/scan")["counts"]["critical"] == 1
    one = f"/waivers/{made['id']}"
    edited = dock.manager.patch(one, {"owner": "team web"}, made["version"])
    assert (edited["owner"], edited["reason"], edited["version"]) == ("team web", "not reachable", 2)
    problem(dock.manager.ask("PATCH", one, {"owner": "late"}, if_match=1), 412, "stale")
    registry = dock.repository.partition("/")[0]
    problem(dock.manager.ask("PATCH", one, {"place": registry}, if_match=2), 403, "denied")
    moved = dock.manager.patch(one, {"place": dock.repository, "package": "zlib"}, 2)
    assert (moved["place"], moved["package"], moved["owner"]) == (dock.repository, "zlib", "team web")
    assert verdict(dock, digest) == "refused", "it has no such package"
    dock.manager.patch(one, {"package": ""}, 3)
    assert verdict(dock, digest) == "allowed"
    ended = done(dock.manager.ask("POST", f"{one}/end", {}), 200)
    assert (ended["state"], ended["ended_by"]) == ("ended", made["created_by"])
    assert verdict(dock, digest) == "refused"
    problem(dock.manager.ask("POST", f"{one}/end", {}), 409, "waiver-ended")
    assert dock.reader.get(f"{dock.path}/-/digests/{digest}/scan/vulnerabilities")["items"][0]["waiver"] is None


def test_who_may_not_manage_the_place_may_look_and_not_waive(dock: Dock, digest: str) -> None:
    problem(dock.writer.ask("POST", "/waivers", waiver(dock, digest)), 403, "denied")
    registry = dock.repository.partition("/")[0]
    problem(dock.manager.ask("POST", "/waivers", waiver(dock, digest, place=registry)), 403, "denied")
    made = dock.manager.post("/waivers", waiver(dock, digest))
    assert dock.reader.get(f"/waivers/{made['id']}") == made
    problem(dock.reader.ask("PATCH", f"/waivers/{made['id']}", {"reason": "x"}, if_match=1), 403, "denied")
    problem(dock.reader.ask("POST", f"/waivers/{made['id']}/end", {}), 403, "denied")
    problem(dock.reader.ask("POST", f"{dock.path}/-/pull-restriction/preview", {"pull": PULL}), 403, "denied")
    stranger = dock.harbour.somebody()
    problem(desk(stranger).ask("GET", f"/waivers/{made['id']}"), 404, "unknown")
    assert made not in desk(stranger).everything("/waivers")


def test_what_is_wrong_with_a_waiver_is_told_by_field(dock: Dock, digest: str) -> None:
    late = time.text(dock.harbour.site.now() + timedelta(days=400))
    for wrong, field in (
        ({"expires_at": late}, "expires_at"),
        ({"place": f"{dock.repository}@{digest}"}, "place"),
        ({"status": "not_affected"}, "justification"),
        ({"reason": ""}, "reason"),
    ):
        answer = dock.manager.ask("POST", "/waivers", waiver(dock, digest, **wrong))
        assert fields(problem(answer, 400, "field-invalid")) == [field]
    dock.manager.post("/waivers", waiver(dock, digest))
    problem(dock.manager.ask("POST", "/waivers", waiver(dock, digest)), 409, "already-exists")
    problem(dock.manager.ask("POST", "/waivers", waiver(dock, digest, place=f"{dock.repository}/none")), 404, "unknown")


def test_waivers_are_listed_page_by_page_and_filtered(dock: Dock, digest: str) -> None:
    for number in range(3):
        dock.manager.post("/waivers", waiver(dock, digest, vulnerability=f"CVE-2026-{number}"))
    of_digest = dock.manager.post("/waivers", waiver(dock, digest, place=f"{dock.repository}/{NAME}@{digest}"))
    everything = dock.reader.everything("/waivers", place=dock.repository, limit=2, sort="-created_at")
    assert [each["vulnerability"] for each in everything[1:]] == ["CVE-2026-2", "CVE-2026-1", "CVE-2026-0"]
    assert everything[0] == of_digest
    found = dock.reader.everything("/waivers", place=dock.repository, vulnerability="cve-2026-1", state="active")
    assert [each["vulnerability"] for each in found] == ["CVE-2026-1"]
    assert dock.reader.everything("/waivers", place=dock.repository, state="expired") == []


def test_openvex_is_taken_away_for_a_digest_and_made_into_waivers(dock: Dock, digest: str) -> None:
    dock.manager.post("/waivers", waiver(dock, digest, place=dock.repository, status="fixed"))
    place = f"{dock.repository}/{NAME}@{digest}"
    document = dock.reader.get("/openvex", place=place, applying="true")
    [statement] = document["statements"]
    assert statement["products"][0]["hashes"] == {"sha-256": digest.partition(":")[2]}
    assert dock.repository in statement["products"][0]["@id"]
    [own] = dock.reader.get("/openvex", place=dock.repository)["statements"]
    assert own["products"][0]["@id"].endswith(f"/{dock.repository}")
    given = {"place": dock.repository, "expires_at": waiver(dock, digest)["expires_at"], "document": document}
    problem(dock.writer.ask("POST", "/openvex", given), 403, "denied")
    tried = dock.manager.post("/openvex", {**given, "dry_run": True}, 200)
    assert (tried["dry_run"], tried["created"]) == (True, 1)
    taken = dock.manager.post("/openvex", given, 200)
    [told] = taken["statements"]
    assert (told["outcome"], told["created"], told["unknown"]) == ("taken", [place], [])
    answer = dock.manager.ask("POST", "/openvex", {**given, "document": {"statements": []}})
    assert fields(problem(answer, 400, "field-invalid")) == ["document.@context"]


def test_openvex_has_all_that_is_waived_in_a_place_however_much_it_is(dock: Dock, digest: str) -> None:
    made = dock.manager.post("/waivers", waiver(dock, digest))
    with dock.harbour.site.db.write(durable=False) as tx:
        row = tx.execute(select(waivers).where(waivers.c.id == made["id"])).mappings().one()
        same = {name: value for name, value in row.items() if name != "id"}
        more = [f"cve-1999-{number}" for number in range(501)]
        tx.execute(insert(waivers), [{**same, "vulnerability": name, "name": name} for name in more])
    place = f"{dock.repository}/{NAME}"
    for asked in ({}, {"applying": "true"}):
        statements = dock.reader.get("/openvex", place=place, **asked)["statements"]
        assert {each["vulnerability"]["name"] for each in statements} == {made["vulnerability"], *more}


def test_a_preview_tells_what_would_be_refused_and_saves_nothing(dock: Dock, digest: str) -> None:
    good = dock.push("v2", seed="two")
    scanned(dock.harbour.site, good)
    dock.push("v3", seed="three")
    before = dock.reader.get(dock.path)
    asked = {"pull": {**PULL, "restrict_unscanned": True, "high": 5}, "limit": 1}
    found = dock.manager.post(f"{dock.path}/-/pull-restriction/preview", asked, 200)
    assert (found["tags"], found["now"]["refused"], found["tried"]["refused"]) == (3, 1, 2)
    assert {each["field"]: each["sums"]["more"] for each in found["switches"]} == {"restrict_unscanned": 1, "high": 0}
    [first] = found["items"]
    assert (first["tag"], first["digest"], first["now"]) == ("v1", digest, "refused")
    assert first["reasons"][0]["counts"][0] == {"severity": "critical", "found": 1, "limit": 0, "waived": 0, "fresh": 0}
    rest = dock.manager.post(f"{dock.path}/-/pull-restriction/preview", {**asked, "cursor": found["next"]}, 200)
    assert [(each["tag"], each["now"]) for each in rest["items"]] == [("v3", "allowed")]
    assert rest["next"] is None
    whole = dock.manager.post(f"{dock.path.partition('/images/')[0]}/pull-restriction/preview", asked, 200)
    assert (whole["images"], whole["tried"]) == (1, found["tried"])
    assert dock.reader.get(dock.path) == before
