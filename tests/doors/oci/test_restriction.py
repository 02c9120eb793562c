"""Pulls under the rules of an image: what is refused to whom, in which words, and what is never refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from berth.app import Berth
from berth.db.tables import access_key, manifest
from berth.db.tables import image as images_
from berth.people import sign_in, tokens
from berth.registry import images
from berth.restriction import quarantine
from berth.words import digest as digests
from berth.words import names
from berth.words.actions import Action
from berth.words.policies import Level, PullPolicy
from tests import documents
from tests.client import Client, code
from tests.doors.oci.harbour import OPERATOR, URL, Dock, Harbour
from tests.inside import BrokenOff, Inside
from tests.restriction.found import Flaw, goes, scanned


class Ruled:
    """An image that its rules are tried on, and somebody who may only pull."""

    def __init__(self, dock: Dock) -> None:
        self.harbour, self.dock = dock.harbour, dock
        self.owner = dock.image()
        self.reader = dock.image(client=dock.harbour.somebody((dock.repository, "reader")))

    def choose(self, **policy: Any) -> None:
        chosen = PullPolicy(**{"restrict_unscanned": True, "restrict_vulnerable": True} | policy)
        site = self.harbour.site
        place = self.harbour.place(self.dock.repository)
        with site.db.write() as tx:
            mine = images_.c.repository_id == place.repository_id
            tx.execute(update(images_).where(mine).values(policy_pull=chosen.to_json()))

    def scanned(self, document: documents.Document, *flaws: Flaw) -> None:
        scanned(self.harbour.site, document.digest, flaws)


@pytest.fixture
def ruled(dock: Dock) -> Ruled:
    return Ruled(dock)


def test_an_unscanned_image_is_pulled_by_nobody_by_tag_or_digest_and_all_else_goes_on(ruled: Ruled) -> None:
    pushed = ruled.owner.push_image("v1")
    ruled.choose()
    for reference in ("v1", pushed.digest):
        refused = ruled.reader.get(reference)
        assert (refused.status_code, code(refused)) == (403, "DENIED")
        assert refused.headers["content-type"] == "application/json"
        assert refused.headers["docker-distribution-api-version"] == "registry/2.0"
    # A client that has it is not told that it may go on using it.
    assert ruled.reader.get("v1", if_none_match=f'"{pushed.digest}"').status_code == 403
    assert ruled.reader.get("v1", "HEAD").status_code == 200
    assert ruled.reader.blob(pushed.digest).status_code == 404
    layer = pushed.fields["layers"][0]["digest"]
    assert ruled.reader.blob(layer).status_code == 200
    assert ruled.owner.push_image("v2").digest == pushed.digest
    other = ruled.dock.image("other")
    assert other.mount(layer, ruled.owner.name).status_code == 201
    ruled.scanned(pushed)
    assert ruled.reader.get("v1").content == pushed.body
    goes(ruled.harbour.site, pushed.digest, "failed", "BAD_ARCHIVE")
    assert ruled.reader.get("v1").status_code == 200
    assert ruled.owner.delete("manifests/v2").status_code == 202


def test_the_refusal_teaches_in_one_line_and_to_programs(ruled: Ruled, dock: Dock) -> None:
    old, new = ruled.owner.push_image("v1", seed="one"), ruled.owner.push_image("v2", seed="two")
    ruled.choose(critical=0, high=0)
    ruled.scanned(old)
    ruled.scanned(new, Flaw("CVE-2026-7", fixed="2.1"), Flaw("CVE-2026-8", Level.HIGH, aliases=("GHSA-a",)))
    [error] = ruled.reader.get("v2").json()["errors"]
    assert "\n" not in error["message"]
    for part in (
        f"{dock.repository}/hello:v2 ({new.digest}) may not be pulled",
        "it has 1 critical vulnerability where none is allowed and 1 high vulnerability where none is allowed",
        "CVE-2026-7 in cve-2026-7-",
        "fixed in 2.1",
        "no fix yet",
        f"Report: http://berth.test/console/images/{dock.repository}/hello/-/tags/{new.digest}/vulnerabilities",
        "Newest tag that may be pulled: v1",
    ):
        assert part in error["message"]
    detail = error["detail"]
    assert (detail["image"], detail["reference"], detail["digest"]) == (f"{dock.repository}/hello", "v2", new.digest)
    [reason] = detail["reasons"]
    counts = {each["severity"]: (each["found"], each["limit"]) for each in reason["counts"]}
    assert (reason["rule"], counts) == ("vulnerable", {"critical": (1, 0), "high": (1, 0)})
    assert [each["vulnerability"] for each in detail["worst"]] == ["CVE-2026-7", "CVE-2026-8"]
    assert detail["newest_allowed"] == "v1"


def test_of_an_index_each_image_is_judged_for_itself_and_what_speaks_of_them_is_exempt(ruled: Ruled) -> None:
    good, bad = ruled.owner.push_image(seed="good"), ruled.owner.push_image(seed="bad")
    index = documents.index([good, bad])
    assert ruled.owner.put("v1", index).status_code == 201
    note = ruled.owner.push_artifact(bad)
    ruled.choose()
    ruled.scanned(good)
    assert ruled.reader.get("v1").content == index.body
    assert ruled.reader.get(good.digest).status_code == 200
    assert ruled.reader.get(note.digest).status_code == 200
    assert ruled.reader.referrers(bad.digest) == [note.digest]
    refused = ruled.reader.get(bad.digest)
    assert refused.status_code == 403
    assert "(listed by v1)" in refused.json()["errors"][0]["message"]


def test_a_change_of_the_policy_counts_at_the_next_request(ruled: Ruled) -> None:
    pushed = ruled.owner.push_image("v1")
    assert ruled.reader.get("v1").status_code == 200
    ruled.choose()
    assert ruled.reader.get("v1").status_code == 403
    ruled.choose(mode="off")
    assert ruled.reader.get("v1").status_code == 200
    ruled.choose(mode="warn")
    warned = ruled.reader.get("v1")
    assert (warned.status_code, warned.content) == (200, pushed.body)
    assert warned.headers["warning"].startswith('299 - "it has not been scanned; this would be refused')
    assert "warning" not in ruled.reader.get("v1", "HEAD").headers


def test_whoever_has_the_right_passes_unless_their_key_is_bound(ruled: Ruled, dock: Dock, harbour: Harbour) -> None:
    ruled.owner.push_image("v1")
    ruled.choose()
    granted = (dock.repository, "reader,pull-restricted")
    for speaks in ("basic", "bearer"):
        signer = harbour.somebody(granted)
        signer.speaks = speaks
        assert dock.image(client=signer).get("v1").status_code == 200
    bound = harbour.somebody(granted, scopes=[f"{dock.repository}:pull"])
    assert dock.image(client=bound).get("v1").status_code == 403


def test_a_scanner_that_is_asked_is_lent_the_right_by_its_token_and_counts_as_no_pull(ruled: Ruled) -> None:
    pushed = ruled.owner.push_image("v1", seed="for a scanner")
    ruled.choose()
    site, name = ruled.harbour.site, ruled.reader.name
    with site.db.read() as tx:
        mine = access_key.c.id == ruled.reader.client.name
        owner = tx.execute(select(access_key.c.account_id).where(mine)).scalar_one()
        principal = sign_in.by_id(tx, owner, None, at=site.now())
    berth = Berth(site)
    with httpx.Client(transport=Inside(berth), base_url=URL) as http:
        for lent, status in ((frozenset({Action.PULL}), 403), (frozenset({Action.PULL, Action.PULL_RESTRICTED}), 200)):
            token = tokens.issue(site, principal, site.settings.service, {name: lent}, 60)
            for client in (Client(http, "", token), Client(http, tokens.ALIAS, token)):
                assert client.image(name).get("v1").status_code == status
    berth.flush()
    with site.db.read() as tx:
        assert tx.scalar(select(manifest.c.pulls).where(manifest.c.digest == pushed.digest)) == 0


def test_a_quarantined_digest_is_refused_whatever_the_mode_and_says_who_knows_more(ruled: Ruled, dock: Dock) -> None:
    note = ruled.owner.push_artifact(None)
    ruled.owner.push_image("v1")
    ruled.choose(mode="off")
    site = dock.harbour.site
    place = dock.harbour.place(dock.repository)
    with site.db.write() as tx:
        found = images.seen(tx, place, names.image_path(f"{dock.repository}/hello", registry_name=None))
        quarantine.put(tx, found, digests.parse(note.digest), OPERATOR, at=site.now(), reason="stolen key")
    refused = ruled.reader.get(note.digest)
    assert refused.status_code == 403
    assert "in quarantine since" in refused.json()["errors"][0]["message"]
    assert "stolen key" in refused.json()["errors"][0]["message"]
    assert ruled.reader.get("v1").status_code == 200


def test_a_pull_waits_for_a_scan_that_goes_on_and_not_for_one_that_rests(ruled: Ruled) -> None:
    pushed = ruled.owner.push_image("v1")
    ruled.choose(wait_seconds=1)
    goes(ruled.harbour.site, pushed.digest, "queued", "NO_DATABASE")
    assert "waits for vulnerability advisories" in ruled.reader.get("v1").text
    goes(ruled.harbour.site, pushed.digest, "running")
    assert ruled.reader.get("v1").status_code == 403


def test_a_pull_that_waits_is_answered_by_what_the_scan_finds(ruled: Ruled) -> None:
    pushed = ruled.owner.push_image("v1")
    ruled.choose(wait_seconds=60, critical=0)
    for flaws, status in (((), 200), ((Flaw(),), 403)):
        with ruled.harbour.site.db.write() as tx:
            tx.execute(update(manifest).where(manifest.c.digest == pushed.digest).values(result_id=None))
        goes(ruled.harbour.site, pushed.digest, "running")
        with ThreadPoolExecutor(1) as pool:
            pull = pool.submit(ruled.reader.get, "v1")
            ruled.scanned(pushed, *flaws)
            assert pull.result().status_code == status


def test_a_pull_that_waits_is_answered_when_the_rules_do_not_ask_for_it_any_more(ruled: Ruled) -> None:
    pushed = ruled.owner.push_image("v1")
    goes(ruled.harbour.site, pushed.digest, "running")
    for easier in ({"mode": "off"}, {"wait_seconds": 60, "restrict_unscanned": False}):
        ruled.choose(wait_seconds=60)
        with ThreadPoolExecutor(1) as pool:
            pull = pool.submit(ruled.reader.get, "v1")
            ruled.choose(**easier)
            assert pull.result(timeout=20).status_code == 200


def test_whoever_does_not_wait_any_more_leaves_no_answer_behind(ruled: Ruled) -> None:
    pushed = ruled.owner.push_image("v1")
    ruled.choose(wait_seconds=60)
    goes(ruled.harbour.site, pushed.digest, "running")

    def leaves() -> Iterator[bytes]:
        yield b""
        raise BrokenOff

    with pytest.raises(httpx.RemoteProtocolError):
        ruled.reader.ask("GET", "manifests/v1", body=leaves())
