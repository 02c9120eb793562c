"""Pull restriction through the API: explained, quarantined, listed, and what was refused."""

from typing import Any

import httpx
import pytest

from berth.app import Berth
from tests.client import Client
from tests.doors.api.desk import JSON, fields, problem
from tests.doors.api.docks import Dock
from tests.doors.oci.harbour import URL
from tests.inside import Inside
from tests.restriction.found import Flaw, scanned


def choose(dock: Dock, **policy: Any) -> None:
    shown = dock.manager.get(dock.path)
    chosen = {**shown["policies"]["pull"], "restrict_unscanned": True, "restrict_vulnerable": True, **policy}
    dock.manager.patch(dock.path, {"policies": {"pull": chosen}}, shown["version"])


def verdict(dock: Dock, digest: str) -> JSON:
    found: JSON = dock.reader.get(f"{dock.path}/-/digests/{digest}/pull-verdict")
    return found


@pytest.fixture
def pushed(dock: Dock) -> str:
    return dock.push("v1", dock.repository)


def test_the_verdict_of_the_api_is_that_of_the_pull_and_every_list_shows_it(dock: Dock, pushed: str) -> None:
    assert verdict(dock, pushed)["verdict"] == "allowed"
    choose(dock, critical=0)
    pull = dock.people["reader"].image(dock.image.name)
    assert pull.get("v1").status_code == 403
    assert verdict(dock, pushed)["reasons"][0]["unscanned"] == "never"
    scanned(dock.harbour.site, pushed, [Flaw("CVE-2026-1", fixed="2.1")])
    refused = pull.get("v1").json()["errors"][0]["detail"]
    told = verdict(dock, pushed)
    assert {name: told[name] for name in ("reasons", "worst", "others", "fix", "newest_allowed")} == {
        name: refused[name] for name in ("reasons", "worst", "others", "fix", "newest_allowed")
    }
    assert (told["mode"], told["verdict"], told["yours"]) == ("enforce", "refused", "refused")
    reason = "it has 1 critical vulnerability where none is allowed"
    shown = {"verdict": "refused", "rule": "vulnerable", "reason": reason}
    for what in ("digests", "tags"):
        [row] = dock.reader.get(f"{dock.path}/-/{what}")["items"]
        assert row["pull"] == shown
    assert dock.reader.get(f"{dock.path}/-/tags/v1")["pull"] == shown
    choose(dock, critical=1)
    assert verdict(dock, pushed)["verdict"] == "allowed"
    assert dock.root.get(f"{dock.path}/-/digests/{pushed}/pull-verdict")["yours"] == "allowed"


def test_lists_are_filtered_by_what_may_not_be_pulled(dock: Dock, pushed: str) -> None:
    other = dock.push("v2", f"{dock.repository} again")
    choose(dock)
    scanned(dock.harbour.site, other)

    def listed(what: str, **asked: Any) -> list[str]:
        return [row["digest"] for row in dock.reader.everything(f"{dock.path}/-/{what}", limit=1, **asked)]

    for what in ("digests", "tags"):
        assert listed(what, restricted=True) == [pushed]
        assert listed(what, restricted=False) == [other]
        assert listed(what, restricted=True, name="v2") == []
        assert set(listed(what)) == {pushed, other}


def test_modes_grace_and_waiting_are_kept_within_their_limits(dock: Dock, pushed: str) -> None:
    choose(dock, mode="warn", grace_days=7, wait_seconds=30)
    kept = dock.reader.get(dock.path)
    assert (kept["policies"]["pull"]["mode"], kept["policies"]["pull"]["grace_days"]) == ("warn", 7)
    for name, value in (("mode", "loud"), ("grace_days", 1000), ("wait_seconds", 61)):
        wrong = {**kept["policies"]["pull"], name: value}
        answer = dock.manager.ask("PATCH", dock.path, {"policies": {"pull": wrong}}, if_match=kept["version"])
        assert fields(problem(answer, 400, "field-invalid")) == [f"policies.pull.{name}"]
    del pushed


def test_a_quarantine_is_shown_with_its_reason_and_lifted_again(dock: Dock, pushed: str) -> None:
    where = f"{dock.path}/-/digests/{pushed}/quarantine"
    problem(dock.writer.ask("PUT", where, {"reason": "mine"}), 403, "denied")
    problem(dock.manager.ask("PUT", where, {"reason": " "}), 400, "field-invalid")
    assert dock.manager.ask("PUT", where, {"reason": "holds a stolen key"}).status_code == 204
    shown = dock.reader.get(f"{dock.path}/-/digests/{pushed}")
    assert shown["quarantine"]["reason"] == "holds a stolen key"
    assert (shown["pull"]["verdict"], shown["pull"]["rule"]) == ("refused", "quarantined")
    assert dock.people["reader"].image(dock.image.name).get("v1").status_code == 403
    dock.manager.delete(where)
    assert dock.reader.get(f"{dock.path}/-/digests/{pushed}")["quarantine"] is None
    assert dock.people["reader"].image(dock.image.name).get("v1").status_code == 200


def test_refused_pulls_are_listed_with_who_and_what_would_help(dock: Dock, pushed: str) -> None:
    choose(dock)
    reader, berth = dock.people["reader"], Berth(dock.harbour.site)
    transport = Inside(berth)
    with httpx.Client(transport=transport, base_url=URL) as http:
        for _ in range(3):
            assert Client(http, reader.name, reader.secret).image(dock.image.name).get("v1").status_code == 403
        counted = http.get("/metrics")
    assert counted.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'berth_restricted_pulls_total{verdict="refused",rule="unscanned"} 3' in counted.text.splitlines()
    berth.flush()
    [row] = dock.manager.get(f"{dock.path}/-/refused-pulls", days=3)["items"]
    assert (row["digest"], row["reference"], row["rule"], row["pulls"]) == (pushed, "v1", "unscanned", 3)
    assert row["fix"] == "have it scanned"
    assert reader.name in row["principal"]
    registry, _, repository = dock.repository.partition("/")
    above = f"/registries/{registry}/repositories/{repository}/refused-pulls"
    assert dock.manager.get(above)["items"] == [row]
    assert dock.manager.get(above, verdict="permitted")["items"] == []
    other = dock.image.push_image("v2", seed="two")
    with httpx.Client(transport=Inside(berth), base_url=URL) as http:
        assert Client(http, reader.name, reader.secret).image(dock.image.name).get(other.digest).status_code == 403
    berth.flush()
    for sort in ("pulls", "-last_at"):
        found = dock.manager.everything(above, limit=1, sort=sort)
        assert [(each["reference"], each["pulls"]) for each in found] == [(other.digest, 1), ("v1", 3)]
    problem(dock.reader.ask("GET", above), 403, "denied")
    *_, event = dock.root.get("/events", action="manifest.pull", target=dock.repository)["items"]
    assert (event["outcome"], event["after"]["rule"]) == ("refused", "unscanned")
